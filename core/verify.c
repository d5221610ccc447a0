/* SPDX-License-Identifier: MIT */
/*
 * The program verifier: after it, eval/ may trust every offset, register and dtype of a program. It
 * goes through the sections in the order in which they depend on each other and through the code in
 * the order in which it runs, with one table of what each register holds at that point.
 *
 * Cost: one pass over the instructions and operands; the table has a byte a register.
 */
#include <string.h>

#include "core/program.h"

enum { UNDEFINED = 0xff };

typedef struct {
    const evex_program *program;
    uint8_t *dtypes; /* by register: its dtype now, or UNDEFINED */
    evex_error *error;
} verifier;

static evex_status reject(const verifier *v, const char *what, uint32_t number) {
    return evex_fail(v->error, EVEX_INVALID_ARGUMENT, (evex_place){0, 0}, "bad program: %s (%zu)",
                     what, (size_t)number);
}

/* ---- Sections ------------------------------------------------------------------------------- */

static int section_fits(const evex_program *p, uint32_t offset, uint64_t count, size_t size_bytes) {
    return offset % 16 == 0 && offset >= sizeof *p && offset <= p->total_bytes &&
           count * size_bytes <= p->total_bytes - offset;
}

static int sections_fit(const evex_program *p) {
    return section_fits(p, p->insns, p->n_insns, sizeof(evex_insn)) &&
           section_fits(p, p->places, p->n_insns, sizeof(evex_insn_place)) &&
           section_fits(p, p->operands, p->n_operands, sizeof(evex_register)) &&
           section_fits(p, p->constants, p->n_constants, sizeof(evex_constant)) &&
           section_fits(p, p->inputs, p->n_inputs, sizeof(evex_program_input)) &&
           section_fits(p, p->outputs, p->n_outputs, sizeof(evex_program_output)) &&
           section_fits(p, p->reductions, p->n_reductions, sizeof(evex_reduction)) &&
           section_fits(p, p->stages, p->n_stages, sizeof(evex_stage)) &&
           section_fits(p, p->guards, p->n_guards, sizeof(evex_guard)) &&
           section_fits(p, p->text, p->text_bytes, 1);
}

static uint32_t class_size(const evex_program *p, evex_register_class class) {
    return p->first_register[class + 1] - p->first_register[class];
}

static int classes_fit(const evex_program *p) {
    if (p->first_register[0] != 0 || p->first_register[EVEX_N_CLASSES] > EVEX_MAX_REGISTERS)
        return 0;
    for (int class = 0; class < EVEX_N_CLASSES; class ++)
        if (p->first_register[class] > p->first_register[class + 1])
            return 0;
    return class_size(p, EVEX_CLASS_INPUT) == p->n_inputs &&
           class_size(p, EVEX_CLASS_CONSTANT) == p->n_constants &&
           class_size(p, EVEX_CLASS_OUTPUT) == p->n_outputs;
}

static int text_fits(const evex_program *p, uint32_t offset, uint64_t n_bytes) {
    return offset <= p->text_bytes && n_bytes <= p->text_bytes - offset;
}

static int str_set_fits(const evex_program *p, uint32_t offset, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t range[2];
        memcpy(range, evex_program_text(p) + offset + 8 * (size_t)i, sizeof range);
        if (!text_fits(p, range[0], range[1]))
            return 0;
    }
    return 1;
}

static int constant_fits(const evex_program *p, const evex_constant *constant) {
    const uint32_t offset = constant->payload.list.offset, n = constant->payload.list.n;
    if (constant->dtype >= EVEX_N_DTYPES)
        return 0;
    switch ((evex_constant_kind)constant->kind) {
    case EVEX_CONSTANT_VALUE:
        return constant->dtype != EVEX_STR || text_fits(p, offset, n);
    case EVEX_CONSTANT_FUNCTION:
        return text_fits(p, offset, n);
    case EVEX_CONSTANT_PATTERN:
        return constant->dtype == EVEX_STR && text_fits(p, offset, n);
    case EVEX_CONSTANT_SET:
        if (offset % 8 != 0)
            return 0;
        if (constant->dtype == EVEX_STR)
            return text_fits(p, offset, (uint64_t)n * 8) && str_set_fits(p, offset, n);
        return text_fits(p, offset, (uint64_t)n * evex_dtype_size((evex_dtype)constant->dtype));
    }
    return 0;
}

static evex_status verify_input_validity(const verifier *v) {
    const evex_program *p = v->program;
    const evex_program_input *inputs = evex_program_inputs(p);
    const uint32_t n_own = evex_program_own_inputs(p);
    uint32_t k = 0;
    for (uint32_t i = 0; i < p->n_inputs; i++) {
        if (!inputs[i].is_nullable)
            continue;
        if (i >= n_own || inputs[i].validity != n_own + k || n_own + k >= p->n_inputs ||
            inputs[n_own + k].dtype != EVEX_BOOL || inputs[n_own + k].kind != inputs[i].kind)
            return reject(v, "validity of input", i);
        k++;
    }
    return EVEX_OK;
}

static evex_status verify_output_validity(const verifier *v) {
    const evex_program *p = v->program;
    const evex_program_output *outputs = evex_program_outputs(p);
    const uint32_t n_own = evex_program_own_outputs(p);
    uint32_t k = 0;
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (!outputs[i].is_nullable)
            continue;
        if (i >= n_own || outputs[i].validity != p->first_register[EVEX_CLASS_OUTPUT] + n_own + k ||
            outputs[n_own + k].dtype != EVEX_BOOL)
            return reject(v, "validity of output", i);
        k++;
    }
    return EVEX_OK;
}

static evex_status verify_tables(const verifier *v) {
    const evex_program *p = v->program;
    for (uint32_t i = 0; i < p->n_inputs; i++) {
        const evex_program_input *input = &evex_program_inputs(p)[i];
        if (input->dtype >= EVEX_N_DTYPES || !text_fits(p, input->name, input->name_bytes))
            return reject(v, "input", i);
        v->dtypes[i] = input->dtype;
    }
    for (uint32_t i = 0; i < p->n_constants; i++) {
        const evex_constant *constant = &evex_program_constants(p)[i];
        if (!constant_fits(p, constant))
            return reject(v, "constant", i);
        if (constant->kind == EVEX_CONSTANT_VALUE)
            v->dtypes[p->first_register[EVEX_CLASS_CONSTANT] + i] = constant->dtype;
    }
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        const evex_program_output *output = &evex_program_outputs(p)[i];
        if (output->dtype >= EVEX_N_DTYPES || !text_fits(p, output->name, output->name_bytes))
            return reject(v, "output", i);
    }
    const evex_status status = verify_input_validity(v);
    return status == EVEX_OK ? verify_output_validity(v) : status;
}

/* ---- Code ----------------------------------------------------------------------------------- */

static const evex_constant *constant_of(const evex_program *p, evex_register reg,
                                        evex_constant_kind kind) {
    if (evex_program_class(p, reg) != EVEX_CLASS_CONSTANT)
        return NULL;
    const evex_constant *constant =
        &evex_program_constants(p)[reg - p->first_register[EVEX_CLASS_CONSTANT]];
    return constant->kind == kind ? constant : NULL;
}

/* Whether code in this section may read the register: scalar sections see no blocks. */
static int may_read(const evex_program *p, evex_register reg, int in_body) {
    switch (evex_program_class(p, reg)) {
    case EVEX_CLASS_INPUT:
        return in_body || evex_program_inputs(p)[reg].kind == EVEX_WEAK;
    case EVEX_CLASS_CONSTANT:
    case EVEX_CLASS_SCALAR:
        return 1;
    case EVEX_CLASS_KEPT:
    case EVEX_CLASS_TEMP:
        return in_body;
    default:
        return 0;
    }
}

static int holds(const verifier *v, evex_register reg, uint8_t dtype, int in_body) {
    return reg < v->program->first_register[EVEX_N_CLASSES] && v->dtypes[reg] == dtype &&
           may_read(v->program, reg, in_body);
}

/* What operand k of an instruction must hold. */
static uint8_t operand_dtype(const evex_insn *insn, const evex_op_info *info, int k) {
    if (k == 1 && info->signature == EVEX_SIG_T_GI)
        return EVEX_I64;
    return k == 0 && info->takes_bool ? EVEX_BOOL : insn->in_dtype;
}

static int call_operands_defined(const verifier *v, const evex_insn *insn,
                                 const evex_register *operands, int in_body) {
    if (insn->n_operands == 0 ||
        constant_of(v->program, operands[0], EVEX_CONSTANT_FUNCTION) == NULL)
        return 0;
    for (int k = 1; k < insn->n_operands; k++)
        if (operands[k] >= v->program->first_register[EVEX_N_CLASSES] ||
            v->dtypes[operands[k]] == UNDEFINED || !may_read(v->program, operands[k], in_body))
            return 0;
    return 1;
}

/* Whether the register can be read whole: it is what a grouped reduction keeps, or an input. */
static int is_grouped_result(const evex_program *p, evex_register reg) {
    if (evex_program_class(p, reg) == EVEX_CLASS_INPUT)
        return 1;
    if (evex_program_class(p, reg) != EVEX_CLASS_KEPT)
        return 0;
    for (uint32_t i = 0; i < p->n_reductions; i++)
        if (evex_program_reductions(p)[i].dst == reg)
            return evex_program_reductions(p)[i].is_grouped;
    return 0;
}

static int operands_agree(const verifier *v, const evex_insn *insn, int in_body) {
    const evex_op_info *info = &evex_op_infos[insn->op];
    const evex_register *operands = evex_program_operands(v->program) + insn->first_operand;
    if (info->signature == EVEX_SIG_T_F)
        return call_operands_defined(v, insn, operands, in_body);
    if (insn->n_operands != info->arity)
        return 0;
    if (info->signature == EVEX_SIG_T_GI && !is_grouped_result(v->program, operands[0]))
        return 0;
    const int is_set = info->signature == EVEX_SIG_B_TS;
    const int is_pattern = info->signature == EVEX_SIG_B_TP || info->signature == EVEX_SIG_BB_TP;
    for (int k = 0; k < info->arity; k++) {
        if (k == 1 && (is_set || is_pattern)) {
            const evex_constant *list = constant_of(
                v->program, operands[k], is_set ? EVEX_CONSTANT_SET : EVEX_CONSTANT_PATTERN);
            if (list == NULL || list->dtype != insn->in_dtype)
                return 0;
        } else if (!holds(v, operands[k], operand_dtype(insn, info, k), in_body)) {
            return 0;
        }
    }
    return 1;
}

static int result_agrees(const evex_insn *insn) {
    const evex_op_info *info = &evex_op_infos[insn->op];
    if (insn->out_dtype >= EVEX_N_DTYPES || insn->in_dtype >= EVEX_N_DTYPES)
        return 0;
    return info->result == EVEX_GIVES_NAMED ||
           insn->out_dtype == evex_op_dtype((evex_op)insn->op, (evex_dtype)insn->in_dtype);
}

/* Notes that a register is written; 0 when its class or the code's place forbids it. */
static int define(const verifier *v, evex_register reg, uint8_t dtype, int in_body) {
    const evex_program *p = v->program;
    switch (evex_program_class(p, reg)) {
    case EVEX_CLASS_TEMP:
        if (!in_body)
            return 0;
        break;
    case EVEX_CLASS_SCALAR:
        if (in_body || v->dtypes[reg] != UNDEFINED)
            return 0;
        break;
    case EVEX_CLASS_OUTPUT:
        if (v->dtypes[reg] != UNDEFINED ||
            evex_program_outputs(p)[reg - p->first_register[EVEX_CLASS_OUTPUT]].dtype != dtype)
            return 0;
        break;
    default:
        return 0;
    }
    v->dtypes[reg] = dtype;
    return 1;
}

/* Two results stand in different registers of one class, and only in bodies: so both are outputs,
 * which eval/ writes in one pass, or neither is. */
static int define_second(const verifier *v, const evex_insn *insn, int in_body) {
    if (!evex_op_has_two_results((evex_op)insn->op))
        return insn->dst2 == EVEX_NO_REGISTER;
    return in_body && insn->dst2 != insn->dst &&
           evex_program_class(v->program, insn->dst) ==
               evex_program_class(v->program, insn->dst2) &&
           define(v, insn->dst2, insn->out_dtype, in_body);
}

static evex_status verify_insn(const verifier *v, uint32_t number, int in_body) {
    const evex_program *p = v->program;
    const evex_insn *insn = &evex_program_insns(p)[number];
    if (insn->op >= EVEX_N_OPS)
        return reject(v, "unknown operation in instruction", number);
    if (insn->first_operand > p->n_operands ||
        insn->n_operands > p->n_operands - insn->first_operand)
        return reject(v, "operand list of instruction", number);
    if (!result_agrees(insn) || !operands_agree(v, insn, in_body))
        return reject(v, "operands of instruction", number);
    if (!define(v, insn->dst, insn->out_dtype, in_body) || !define_second(v, insn, in_body))
        return reject(v, "destination of instruction", number);
    return EVEX_OK;
}

static evex_status verify_code(const verifier *v, uint32_t first, uint32_t n, int in_body) {
    if (first > v->program->n_insns || n > v->program->n_insns - first)
        return reject(v, "instruction range", first);
    for (uint32_t i = first; i < first + n; i++) {
        const evex_status status = verify_insn(v, i, in_body);
        if (status != EVEX_OK)
            return status;
    }
    return EVEX_OK;
}

/* ---- Reductions, guards, stages ------------------------------------------------------------- */

static int axes_agree(const evex_reduction *r) {
    if (r->n_axes > EVEX_MAX_DIMS || (r->all_axes && r->n_axes > 0))
        return 0;
    for (int i = 0; i < r->n_axes; i++)
        if (r->axes[i] < -EVEX_MAX_DIMS || r->axes[i] >= EVEX_MAX_DIMS)
            return 0;
    return 1;
}

static int source_agrees(const verifier *v, const evex_reduction *r) {
    if (r->mask != EVEX_NO_REGISTER && !holds(v, r->mask, EVEX_BOOL, 1))
        return 0;
    if (r->is_grouped && !holds(v, r->group, EVEX_I64, 1))
        return 0;
    if (r->source == EVEX_NO_REGISTER)
        return r->kind == EVEX_RED_COUNT;
    return holds(v, r->source, r->in_dtype, 1);
}

/* A value for each place along the kept axes is an array, one for all is a scalar. */
static int destination_agrees(const verifier *v, const evex_reduction *r) {
    const int is_scalar = r->all_axes && !r->keepdims && !r->is_grouped;
    switch (evex_program_class(v->program, r->dst)) {
    case EVEX_CLASS_SCALAR:
        return is_scalar && v->dtypes[r->dst] == UNDEFINED;
    case EVEX_CLASS_KEPT:
        return !is_scalar && v->dtypes[r->dst] == UNDEFINED;
    case EVEX_CLASS_OUTPUT: {
        const uint32_t first = v->program->first_register[EVEX_CLASS_OUTPUT];
        return v->dtypes[r->dst] == UNDEFINED &&
               evex_program_outputs(v->program)[r->dst - first].dtype == r->out_dtype;
    }
    default:
        return 0;
    }
}

static evex_status verify_reductions(const verifier *v, const evex_stage *stage) {
    const evex_program *p = v->program;
    if (stage->first_reduction > p->n_reductions ||
        stage->n_reductions > p->n_reductions - stage->first_reduction)
        return reject(v, "reduction range", stage->first_reduction);
    const evex_reduction *reductions = evex_program_reductions(p) + stage->first_reduction;
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        const evex_reduction *r = &reductions[i];
        if (r->kind >= EVEX_N_REDUCTIONS || r->out_dtype >= EVEX_N_DTYPES ||
            r->in_dtype >= EVEX_N_DTYPES || !axes_agree(r) || !source_agrees(v, r) ||
            !destination_agrees(v, r))
            return reject(v, "reduction", stage->first_reduction + i);
    }
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        if (v->dtypes[reductions[i].dst] != UNDEFINED)
            return reject(v, "destination of reduction", stage->first_reduction + i);
        v->dtypes[reductions[i].dst] = reductions[i].out_dtype;
    }
    return EVEX_OK;
}

static evex_status verify_guards(const verifier *v, const evex_stage *stage) {
    const evex_program *p = v->program;
    if (stage->first_guard > p->n_guards || stage->n_guards > p->n_guards - stage->first_guard)
        return reject(v, "guard range", stage->first_guard);
    for (uint32_t i = 0; i < stage->n_guards; i++) {
        const evex_guard *guard = &evex_program_guards(p)[stage->first_guard + i];
        if (!holds(v, guard->index, EVEX_I64, 0) || guard->status == EVEX_OK ||
            guard->status >= EVEX_N_STATUSES || guard->kind > EVEX_GUARD_OF_SCALAR ||
            !text_fits(p, guard->message, guard->message_bytes) ||
            !text_fits(p, guard->hint, guard->hint_bytes))
            return reject(v, "guard", stage->first_guard + i);
    }
    return EVEX_OK;
}

static evex_status verify_stage(const verifier *v, const evex_stage *stage) {
    const evex_program *p = v->program;
    memset(v->dtypes + p->first_register[EVEX_CLASS_TEMP], UNDEFINED,
           class_size(p, EVEX_CLASS_TEMP));
    evex_status status = verify_code(v, stage->first_scalar_insn, stage->n_scalar_insns, 0);
    if (status == EVEX_OK)
        status = verify_code(v, stage->first_insn, stage->n_insns, 1);
    if (status == EVEX_OK)
        status = verify_reductions(v, stage);
    return status == EVEX_OK ? verify_guards(v, stage) : status;
}

static evex_status verify_outputs_written(const verifier *v) {
    const uint32_t first = v->program->first_register[EVEX_CLASS_OUTPUT];
    for (uint32_t i = 0; i < v->program->n_outputs; i++)
        if (v->dtypes[first + i] == UNDEFINED)
            return reject(v, "output never written", i);
    return EVEX_OK;
}

/* Whether a part of a stage begins where the last one ended; moves the end. */
static int follows(uint64_t *end, uint32_t first, uint32_t n) {
    const int is_next = n == 0 || first == *end;
    *end += n;
    return is_next;
}

/* The stages' parts follow one another and leave nothing out, so that those who walk all
 * instructions or reductions of a program (the linker) meet verified ones only. */
static evex_status verify_cover(const verifier *v) {
    const evex_program *p = v->program;
    uint64_t insns = 0, reductions = 0, guards = 0;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const evex_stage *stage = &evex_program_stages(p)[i];
        if (!follows(&insns, stage->first_scalar_insn, stage->n_scalar_insns) ||
            !follows(&insns, stage->first_insn, stage->n_insns) ||
            !follows(&reductions, stage->first_reduction, stage->n_reductions) ||
            !follows(&guards, stage->first_guard, stage->n_guards))
            return reject(v, "stage out of order", i);
    }
    if (insns != p->n_insns || reductions != p->n_reductions || guards != p->n_guards)
        return reject(v, "code outside the stages", p->n_stages);
    return EVEX_OK;
}

static evex_status verify_in(const verifier *v) {
    memset(v->dtypes, UNDEFINED, v->program->first_register[EVEX_N_CLASSES]);
    evex_status status = verify_tables(v);
    if (status == EVEX_OK)
        status = verify_cover(v);
    for (uint32_t i = 0; status == EVEX_OK && i < v->program->n_stages; i++)
        status = verify_stage(v, &evex_program_stages(v->program)[i]);
    return status == EVEX_OK ? verify_outputs_written(v) : status;
}

static evex_status verify_header(const verifier *v, size_t n_bytes) {
    const evex_program *p = v->program;
    if (n_bytes < sizeof *p || (uintptr_t)p % 8 != 0)
        return reject(v, "size", (uint32_t)n_bytes);
    if (p->magic != EVEX_PROGRAM_MAGIC || p->version != EVEX_PROGRAM_VERSION ||
        p->total_bytes != n_bytes)
        return reject(v, "header", 0);
    if (!sections_fit(p))
        return reject(v, "section outside the block", 0);
    return classes_fit(p) ? EVEX_OK : reject(v, "register classes", 0);
}

/* Programs of ordinary size are checked without an allocation. */
enum { REGISTERS_ON_STACK = 1024 };

evex_status evex_program_verify(const void *program, size_t n_bytes,
                                const evex_allocator *allocator, evex_error *error) {
    uint8_t few[REGISTERS_ON_STACK];
    verifier v = {program, few, error};
    evex_status status = verify_header(&v, n_bytes);
    if (status != EVEX_OK)
        return status;
    const uint32_t n_registers = v.program->first_register[EVEX_N_CLASSES];
    if (n_registers > REGISTERS_ON_STACK)
        v.dtypes = evex_allocate(allocator, n_registers);
    if (v.dtypes == NULL)
        return evex_fail_memory(error);
    status = verify_in(&v);
    if (v.dtypes != few)
        evex_free(allocator, v.dtypes);
    return status;
}
