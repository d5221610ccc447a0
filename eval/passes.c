/* SPDX-License-Identifier: MIT */
/*
 * From sinks to passes: which sinks of a stage can share one run over the data, which instructions
 * they need and which arrays these read and write; see plan.h. Layout and memory come later, in
 * box.c and layout.c.
 */
#include <string.h>

#include "core/error.h"
#include "eval/plan.h"

/* ---- Slices --------------------------------------------------------------------------------- */

/* Marks, by register, what a sink reads at the end of the body. */
static void need_sink(const evex_binding *binding, const evex_sink *sink, uint8_t *needed) {
    if (sink->kind == EVEX_SINK_ELEMENTWISE) {
        needed[sink->reg] = 1;
        return;
    }
    const evex_reduction *reduction = &evex_program_reductions(binding->program)[sink->reduction];
    if (reduction->source != EVEX_NO_REGISTER)
        needed[reduction->source] = 1;
    if (reduction->mask != EVEX_NO_REGISTER)
        needed[reduction->mask] = 1;
    if (reduction->is_grouped)
        needed[reduction->group] = 1;
}

/*
 * Walks a body backward: an instruction is needed when its result is, and then its operands are. At
 * the end `needed` has the registers that must be there before the body. chosen (may be NULL)
 * receives a 1 for each needed instruction of the stage.
 */
static void close_slice(const evex_binding *binding, const evex_stage *stage, uint8_t *needed,
                        uint8_t *chosen) {
    const evex_insn *insns = evex_program_insns(binding->program) + stage->first_insn;
    const evex_register *operands = evex_program_operands(binding->program);
    for (uint32_t i = stage->n_insns; i-- > 0;) {
        const evex_insn *insn = &insns[i];
        const int second = insn->dst2 != EVEX_NO_REGISTER && needed[insn->dst2];
        if (!needed[insn->dst] && !second)
            continue;
        if (chosen != NULL)
            chosen[i] = 1;
        needed[insn->dst] = 0;
        if (second)
            needed[insn->dst2] = 0;
        /* What TAKE reads whole is no port of the pass. */
        for (uint32_t k = insn->op == EVEX_OP_TAKE; k < insn->n_operands; k++)
            needed[operands[insn->first_operand + k]] = 1;
    }
}

/* ---- Fortran order -------------------------------------------------------------------------- */

static int has_index(evex_reduction_kind kind) {
    return kind == EVEX_RED_ARGMIN || kind == EVEX_RED_ARGMAX || kind == EVEX_RED_FIRST_TRUE;
}

static int is_array(const evex_binding *binding, uint32_t reg) {
    return (reg < binding->program->n_inputs ||
            evex_is_in_class(binding->program, reg, EVEX_CLASS_KEPT)) &&
           !evex_shape_is_scalar(binding->values[reg].shape);
}

static int n_long_dims(evex_shape shape) {
    int n = 0;
    for (int32_t d = 0; d < shape.ndim; d++)
        n += shape.dims[d] > 1;
    return n;
}

/* NUMERICS.md: every operand with more than one dimension longer than 1 is F-contiguous. `needed`
 * as close_slice leaves it. Kept arrays are C-contiguous. */
static int all_in_f_order(const evex_binding *binding, const uint8_t *needed) {
    int n_f = 0;
    for (uint32_t r = 0; r < binding->program->first_register[EVEX_CLASS_TEMP]; r++) {
        if (!needed[r] || !is_array(binding, r) || n_long_dims(binding->values[r].shape) < 2)
            continue;
        if (r >= binding->program->n_inputs || !evex_view_is_f_order(binding->values[r].view))
            return 0;
        n_f++;
    }
    return n_f > 0;
}

/* Results that are an index count in C order whatever the memory, as NumPy's do. */
static void choose_order(const evex_binding *binding, const evex_stage *stage, evex_sink *sink,
                         uint8_t *needed) {
    if (!binding->has_f_input || sink->kind != EVEX_SINK_FULL)
        return;
    const evex_reduction *reduction = &evex_program_reductions(binding->program)[sink->reduction];
    if (has_index((evex_reduction_kind)reduction->kind))
        return;
    memset(needed, 0, evex_n_registers(binding->program));
    need_sink(binding, sink, needed);
    close_slice(binding, stage, needed, NULL);
    sink->is_f_order = (uint8_t)all_in_f_order(binding, needed);
}

/* ---- Grouping ------------------------------------------------------------------------------- */

static int can_join(const evex_pass *pass, const evex_sink *sink) {
    if (!evex_shape_equal(pass->shape, sink->shape))
        return 0;
    if (pass->kind == EVEX_SINK_AXES || sink->kind == EVEX_SINK_AXES)
        return pass->kind == sink->kind && pass->axes == sink->axes;
    if (pass->kind == EVEX_SINK_FULL && sink->kind == EVEX_SINK_FULL)
        return pass->is_f_order == sink->is_f_order && pass->is_grouped == sink->is_grouped;
    return 1;
}

static void join(evex_pass *pass, const evex_sink *sink) {
    if (sink->kind == EVEX_SINK_FULL && pass->kind == EVEX_SINK_ELEMENTWISE) {
        pass->kind = EVEX_SINK_FULL;
        pass->axes = sink->axes;
        pass->is_f_order = sink->is_f_order;
        pass->is_grouped = sink->is_grouped;
    }
    if (sink->kind != EVEX_SINK_ELEMENTWISE)
        pass->n_reductions++;
}

/* The pass of a sink: one of the stage's, or a new one. */
static uint32_t place_sink(evex_binding *binding, uint32_t first_pass, uint32_t stage,
                           const evex_sink *sink) {
    uint32_t p = first_pass;
    while (p < binding->n_passes && !can_join(&binding->passes[p], sink))
        p++;
    if (p == binding->n_passes) {
        binding->passes[p] = (evex_pass){.stage = stage,
                                         .kind = sink->kind,
                                         .shape = sink->shape,
                                         .axes = sink->axes,
                                         .is_f_order = sink->is_f_order,
                                         .is_grouped = sink->is_grouped};
        binding->n_passes++;
    }
    join(&binding->passes[p], sink);
    return p;
}

/* ---- Instructions and ports of a pass ------------------------------------------------------- */

static int collect_insns(evex_binding *binding, evex_pass *pass, const evex_stage *stage,
                         const uint8_t *chosen) {
    const evex_insn *insns = evex_program_insns(binding->program);
    pass->insns =
        evex_arena_push_array(binding->arena, (size_t)stage->n_insns + 1, sizeof *pass->insns);
    if (pass->insns == NULL)
        return 0;
    for (uint32_t i = 0; i < stage->n_insns; i++) {
        if (!chosen[i])
            continue;
        const uint32_t number = stage->first_insn + i;
        pass->insns[pass->n_insns++] = number;
        pass->n_calls += (size_t)evex_is_called(binding, number);
        pass->n_operands += insns[number].n_operands;
    }
    pass->n_operands += EVEX_SINK_OPERANDS * pass->n_reductions;
    return 1;
}

static void set_port(const evex_binding *binding, evex_port *port, uint32_t reg, evex_dtype dtype,
                     int is_output) {
    *port = (evex_port){.view = binding->values[reg].view,
                        .reg = (evex_register)reg,
                        .dtype = dtype,
                        .is_output = (uint8_t)is_output};
}

static evex_dtype output_dtype(const evex_binding *binding, evex_register reg) {
    const uint32_t first = binding->program->first_register[EVEX_CLASS_OUTPUT];
    return (evex_dtype)evex_program_outputs(binding->program)[reg - first].dtype;
}

/* What an array's elements are in the code: the view's, but for int32 codes of groups. */
static evex_dtype input_dtype(const evex_binding *binding, uint32_t reg) {
    return reg < binding->program->n_inputs
               ? (evex_dtype)evex_program_inputs(binding->program)[reg].dtype
               : binding->values[reg].view->dtype;
}

static int collect_ports(evex_binding *binding, evex_pass *pass, const uint8_t *needed,
                         const evex_sink *const *sinks, size_t n_sinks) {
    size_t n = n_sinks - pass->n_reductions;
    const uint32_t end = binding->program->first_register[EVEX_CLASS_TEMP];
    for (uint32_t r = 0; r < end; r++)
        n += needed[r] && is_array(binding, r);
    pass->ports = evex_arena_push_array(binding->arena, n + 1, sizeof *pass->ports);
    pass->results =
        evex_arena_push_array(binding->arena, pass->n_reductions + 1, sizeof *pass->results);
    pass->reductions =
        evex_arena_push_array(binding->arena, pass->n_reductions + 1, sizeof *pass->reductions);
    if (pass->ports == NULL || pass->results == NULL || pass->reductions == NULL)
        return 0;
    for (uint32_t r = 0; r < end; r++)
        if (needed[r] && is_array(binding, r))
            set_port(binding, &pass->ports[pass->n_ports++], r, input_dtype(binding, r), 0);
    size_t n_reductions = 0;
    for (size_t i = 0; i < n_sinks; i++) {
        if (sinks[i]->kind == EVEX_SINK_ELEMENTWISE) {
            set_port(binding, &pass->ports[pass->n_ports++], sinks[i]->reg,
                     output_dtype(binding, sinks[i]->reg), 1);
            continue;
        }
        const evex_reduction *reduction =
            &evex_program_reductions(binding->program)[sinks[i]->reduction];
        set_port(binding, &pass->results[n_reductions], sinks[i]->reg,
                 (evex_dtype)reduction->out_dtype, 1);
        pass->reductions[n_reductions++] = sinks[i]->reduction;
    }
    return 1;
}

/* ---- Stages --------------------------------------------------------------------------------- */

/* Memory for planning one stage at a time. */
typedef struct {
    uint8_t *needed;         /* one a register */
    uint8_t *chosen;         /* one an instruction of the stage */
    uint32_t *pass_of_sink;  /* one a sink of the program */
    const evex_sink **sinks; /* of one pass */
} planner;

static int fill_pass(evex_binding *binding, const planner *memory, uint32_t p) {
    evex_pass *pass = &binding->passes[p];
    const evex_stage *stage = &evex_program_stages(binding->program)[pass->stage];
    memset(memory->needed, 0, evex_n_registers(binding->program));
    memset(memory->chosen, 0, (size_t)stage->n_insns + 1);
    size_t n_sinks = 0;
    for (uint32_t s = binding->first_sink[pass->stage]; s < binding->first_sink[pass->stage + 1];
         s++) {
        if (memory->pass_of_sink[s] != p)
            continue;
        memory->sinks[n_sinks++] = &binding->sinks[s];
        need_sink(binding, &binding->sinks[s], memory->needed);
    }
    close_slice(binding, stage, memory->needed, memory->chosen);
    return collect_insns(binding, pass, stage, memory->chosen) &&
           collect_ports(binding, pass, memory->needed, memory->sinks, n_sinks);
}

static int plan_stage(evex_binding *binding, const planner *memory, uint32_t number) {
    const uint32_t first_pass = binding->n_passes;
    for (uint32_t s = binding->first_sink[number]; s < binding->first_sink[number + 1]; s++) {
        choose_order(binding, &evex_program_stages(binding->program)[number], &binding->sinks[s],
                     memory->needed);
        memory->pass_of_sink[s] = place_sink(binding, first_pass, number, &binding->sinks[s]);
    }
    for (uint32_t p = first_pass; p < binding->n_passes; p++)
        if (!fill_pass(binding, memory, p))
            return 0;
    return 1;
}

evex_status evex_plan_passes(evex_binding *binding) {
    const evex_program *program = binding->program;
    evex_arena *arena = binding->arena;
    const size_t n_sinks = binding->first_sink[program->n_stages];
    const planner memory = {
        evex_arena_push(arena, evex_n_registers(program) + 1),
        evex_arena_push(arena, (size_t)program->n_insns + 1),
        evex_arena_push_array(arena, n_sinks + 1, sizeof *memory.pass_of_sink),
        evex_arena_push_array(arena, n_sinks + 1, sizeof *memory.sinks),
    };
    binding->passes = evex_arena_push_array(arena, n_sinks + 1, sizeof *binding->passes);
    if (memory.needed == NULL || memory.chosen == NULL || memory.pass_of_sink == NULL ||
        memory.sinks == NULL || binding->passes == NULL)
        return evex_fail_memory(binding->error);
    for (uint32_t s = 0; s < program->n_stages; s++)
        if (!plan_stage(binding, &memory, s))
            return evex_fail_memory(binding->error);
    return EVEX_OK;
}
