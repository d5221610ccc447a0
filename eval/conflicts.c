/* SPDX-License-Identifier: MIT */
/*
 * Outputs that share memory. Among each other, or with themselves, that is an error. With an input
 * the answer must be as if the input had been copied first; it is copied only where an element
 * could be overwritten before its last use:
 *
 * - an input that no pass from the writing one on reads is safe;
 * - in the writing pass, the exact same view is safe: a block's elements are read before the block
 * is written (must_stage sees to it where an instruction reads them after the result's);
 * - everything else is copied.
 */
#include "core/error.h"
#include "eval/nulls.h"
#include "eval/overlap.h"
#include "eval/plan.h"

static evex_status bad_output(const evex_binding *binding, uint32_t i, const char *what) {
    const int is_validity = i >= binding->expr->n_own_outputs;
    return evex_bind_at_output(binding, (int32_t)i,
                               evex_fail(binding->error, EVEX_BAD_OUTPUT, (evex_place){0, 0},
                                         "%soutput %d overlaps %s",
                                         is_validity ? "the validity of " : "",
                                         (int)evex_output_owner(binding->expr, (int32_t)i), what));
}

static const evex_view *output_view(const evex_binding *binding, uint32_t i) {
    return binding->values[evex_first_register(binding->program, EVEX_CLASS_OUTPUT) + i].view;
}

static evex_status check_outputs(const evex_binding *binding) {
    for (uint32_t i = 0; i < binding->program->n_outputs; i++) {
        const evex_view *view = output_view(binding, i);
        if (view->data == NULL)
            continue;
        if (evex_view_overlaps_itself(view))
            return bad_output(binding, i, "itself");
        for (uint32_t k = 0; k < i; k++)
            if (output_view(binding, k)->data != NULL &&
                evex_views_overlap(view, output_view(binding, k)))
                return bad_output(binding, i, "another output");
    }
    return EVEX_OK;
}

/* ---- Inputs --------------------------------------------------------------------------------- */

static int reads(const evex_binding *binding, const evex_insn *insn, evex_register reg) {
    const evex_register *operands = evex_program_operands(binding->program) + insn->first_operand;
    for (uint32_t k = 0; k < insn->n_operands; k++)
        if (operands[k] == reg)
            return 1;
    return 0;
}

/* Whether a block's elements of an input are still needed after the output is written. */
static int is_read_after(const evex_binding *binding, const evex_pass *pass, evex_register input,
                         evex_register output) {
    int is_written = 0;
    for (size_t i = 0; i < pass->n_insns; i++) {
        const evex_insn *insn = &evex_program_insns(binding->program)[pass->insns[i]];
        if (is_written && reads(binding, insn, input))
            return 1;
        is_written |= insn->dst == output || insn->dst2 == output;
    }
    for (size_t k = 0; k < pass->n_reductions; k++) {
        const evex_reduction *reduction =
            &evex_program_reductions(binding->program)[pass->reductions[k]];
        if (reduction->source == input || reduction->mask == input)
            return 1;
    }
    return 0;
}

/* What writing an output does to the inputs that a pass reads. same: the pass's own port of the
 * output when it writes it block by block, else NULL. */
static void protect_inputs(evex_binding *binding, const evex_pass *pass, const evex_view *output,
                           evex_port *same) {
    for (size_t p = 0; p < pass->n_ports; p++) {
        const evex_port *port = &pass->ports[p];
        evex_value *value = &binding->values[port->reg];
        if (port->reg >= binding->program->n_inputs || value->must_copy ||
            !evex_views_overlap(value->view, output))
            continue;
        if (same == NULL || !evex_views_are_same(value->view, output))
            value->must_copy = 1;
        else
            same->must_stage |= (uint8_t)is_read_after(binding, pass, port->reg, same->reg);
    }
}

static void protect_from(evex_binding *binding, uint32_t first_pass, const evex_view *output) {
    if (output->data == NULL)
        return;
    for (uint32_t p = first_pass; p < binding->n_passes; p++)
        protect_inputs(binding, &binding->passes[p], output, NULL);
}

static int is_output(const evex_binding *binding, uint32_t reg) {
    return evex_is_in_class(binding->program, reg, EVEX_CLASS_OUTPUT);
}

static void protect_from_pass(evex_binding *binding, uint32_t number) {
    evex_pass *pass = &binding->passes[number];
    for (size_t p = 0; p < pass->n_ports; p++) {
        evex_port *port = &pass->ports[p];
        if (!port->is_output || port->view->data == NULL)
            continue;
        protect_inputs(binding, pass, port->view, port);
        protect_from(binding, number + 1, port->view);
    }
    /* A result along axes is written while other units still read; one of all when they are done.
     */
    const uint32_t first = pass->kind == EVEX_SINK_AXES ? number : number + 1;
    for (size_t k = 0; k < pass->n_reductions; k++)
        if (is_output(binding, pass->results[k].reg))
            protect_from(binding, first, pass->results[k].view);
}

/* Outputs of scalar sections, which run before the passes of their stage. */
static void protect_from_scalars(evex_binding *binding, uint32_t stage_number,
                                 uint32_t first_pass) {
    const evex_stage *stage = &evex_program_stages(binding->program)[stage_number];
    for (uint32_t i = 0; i < stage->n_scalar_insns; i++) {
        const evex_insn *insn = &evex_program_insns(binding->program)[stage->first_scalar_insn + i];
        if (is_output(binding, insn->dst))
            protect_from(binding, first_pass, binding->values[insn->dst].view);
    }
}

evex_status evex_plan_overlap(evex_binding *binding) {
    const evex_status status = check_outputs(binding);
    if (status != EVEX_OK)
        return status;
    uint32_t p = 0;
    for (uint32_t s = 0; s < binding->program->n_stages; s++) {
        protect_from_scalars(binding, s, p);
        for (; p < binding->n_passes && binding->passes[p].stage == s; p++)
            protect_from_pass(binding, p);
    }
    return EVEX_OK;
}
