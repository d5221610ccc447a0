/* SPDX-License-Identifier: MIT */
/*
 * Emission: from the schedule to the program's sections. Inputs keep their numbers; constants get
 * theirs at first use, so that what folding left over takes no room. Values are looked up in one
 * table of current registers, which follows the code as it is written.
 */
#include <string.h>

#include "compiler/schedule.h"

#define NO_CONSTANT UINT32_MAX

typedef struct {
    const evex_schedule *schedule;
    const evex_ir *ir;
    evex_arena *arena;
    evex_program_parts parts;
    uint32_t first[EVEX_N_CLASSES + 1]; /* registers before each class */
    evex_register *registers;           /* by value: where it is now */
    uint32_t *constant_numbers;         /* by constant of the intermediate form */
    evex_insn *insns;
    evex_insn_place *places;
    evex_register *operands;
    evex_constant *constants;
    evex_program_input *inputs;
    evex_program_output *outputs;
    evex_reduction *reductions;
    evex_stage *stages;
    evex_guard *guards;
    char *text;
    size_t text_capacity;
    int is_out_of_memory;
} emitter;

static const evex_ir_value *value_at(const emitter *e, evex_ir_id id) {
    return &e->ir->values[id];
}

/* ---- Text ----------------------------------------------------------------------------------- */

/* Room for n_bytes of the text section on a border of `alignment`; its offset goes to *offset.
 * NULL: out of memory. */
static char *push_text(emitter *e, size_t n_bytes, size_t alignment, uint32_t *offset) {
    const size_t begin = (e->parts.text_bytes + alignment - 1) / alignment * alignment;
    void *text = e->text;
    if (!evex_arena_grow(e->arena, &text, &e->text_capacity, begin + n_bytes + 1, 1)) {
        e->is_out_of_memory = 1;
        return NULL;
    }
    e->text = text;
    e->parts.text_bytes = begin + n_bytes;
    *offset = (uint32_t)begin;
    return e->text + begin;
}

static uint32_t add_text(emitter *e, const char *bytes, size_t n_bytes) {
    uint32_t offset = 0;
    char *room = push_text(e, n_bytes, 1, &offset);
    if (room != NULL && n_bytes > 0)
        memcpy(room, bytes, n_bytes);
    return offset;
}

/* ---- Constants ------------------------------------------------------------------------------ */

/* A list of texts is one of ranges, with the texts behind it. */
static void place_texts(emitter *e, const evex_str *texts, size_t n, uint32_t *offset) {
    if (push_text(e, 8 * n, 8, offset) == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        uint32_t range[2] = {0, (uint32_t)texts[i].n_bytes};
        range[0] = add_text(e, texts[i].text, texts[i].n_bytes);
        memcpy(e->text + *offset + 8 * i, range, sizeof range);
    }
}

static void place_data(emitter *e, const evex_ir_constant *source, evex_constant *constant) {
    uint32_t offset = 0;
    if (constant->kind != EVEX_CONSTANT_SET) {
        offset = add_text(e, source->data, source->n);
    } else if (constant->dtype == EVEX_STR) {
        place_texts(e, source->data, source->n, &offset);
    } else {
        const size_t n_bytes = source->n * evex_dtype_size((evex_dtype)constant->dtype);
        char *room = push_text(e, n_bytes, 8, &offset);
        if (room != NULL && n_bytes > 0)
            memcpy(room, source->data, n_bytes);
    }
    constant->payload.list.offset = offset;
    constant->payload.list.n = (uint32_t)source->n;
}

/* Numbers the constant that a value is. */
static void use_constant(emitter *e, evex_ir_id id) {
    const evex_ir_value *v = value_at(e, id);
    if (v->kind != EVEX_IR_CONSTANT || e->constant_numbers[v->index] != NO_CONSTANT)
        return;
    const evex_ir_constant *source = &e->ir->constants[v->index];
    evex_constant *constant = &e->constants[e->parts.n_constants];
    e->constant_numbers[v->index] = (uint32_t)e->parts.n_constants++;
    *constant = source->constant;
    if (source->data != NULL)
        place_data(e, source, constant);
}

static void use_constants(emitter *e) {
    const evex_ir *ir = e->ir;
    for (size_t i = 0; i < ir->n_constants; i++)
        e->constant_numbers[i] = NO_CONSTANT;
    for (size_t i = 0; i < e->schedule->n_steps; i++) {
        const evex_step *step = &e->schedule->steps[i];
        const evex_ir_value *v = value_at(e, step->value);
        use_constant(e, step->value);
        for (size_t k = 0; k < v->n_operands; k++)
            use_constant(e, ir->operands[v->first_operand + k]);
    }
    for (size_t i = 0; i < e->schedule->n_reductions; i++) {
        const evex_ir_reduction *r =
            &ir->reductions[value_at(e, e->schedule->reductions[i].value)->index];
        use_constant(e, r->source);
        use_constant(e, r->mask);
    }
    for (size_t i = 0; i < ir->n_guards; i++)
        use_constant(e, ir->guards[i].index);
}

/* ---- Registers ------------------------------------------------------------------------------ */

static evex_status number_registers(emitter *e, evex_error *error) {
    const uint32_t sizes[EVEX_N_CLASSES] = {
        [EVEX_CLASS_INPUT] = (uint32_t)e->ir->n_inputs,
        [EVEX_CLASS_CONSTANT] = (uint32_t)e->parts.n_constants,
        [EVEX_CLASS_SCALAR] = e->schedule->class_sizes[EVEX_CLASS_SCALAR],
        [EVEX_CLASS_KEPT] = e->schedule->class_sizes[EVEX_CLASS_KEPT],
        [EVEX_CLASS_TEMP] = e->schedule->class_sizes[EVEX_CLASS_TEMP],
        [EVEX_CLASS_OUTPUT] = (uint32_t)e->ir->n_outputs};
    for (int class = 0; class < EVEX_N_CLASSES; class ++) {
        e->parts.class_sizes[class] = sizes[class];
        e->first[class + 1] = e->first[class] + sizes[class];
    }
    if (e->first[EVEX_N_CLASSES] > EVEX_MAX_REGISTERS)
        return evex_fail(error, EVEX_LIMIT_NODES, (evex_place){0, 0},
                         "the program needs more than %d registers", EVEX_MAX_REGISTERS);
    return EVEX_OK;
}

static evex_register register_at(const emitter *e, evex_location where) {
    return (evex_register)(e->first[where.class] + where.number);
}

static evex_register register_of(const emitter *e, evex_ir_id id) {
    const evex_ir_value *v = value_at(e, id);
    switch (v->kind) {
    case EVEX_IR_INPUT:
        return register_at(e, (evex_location){EVEX_CLASS_INPUT, v->index});
    case EVEX_IR_CONSTANT:
        return register_at(e, (evex_location){EVEX_CLASS_CONSTANT, e->constant_numbers[v->index]});
    case EVEX_IR_INSN:
    case EVEX_IR_REDUCTION:
        return e->registers[id];
    default:
        return EVEX_NO_REGISTER;
    }
}

/* ---- Code ----------------------------------------------------------------------------------- */

static void emit_step(emitter *e, const evex_step *step) {
    const evex_ir_value *v = value_at(e, step->value);
    const evex_register dst = register_at(e, step->destination);
    evex_insn *insn = &e->insns[e->parts.n_insns];
    *insn = (evex_insn){.op = v->op,
                        .out_dtype = v->dtype,
                        .in_dtype = v->in_dtype,
                        .n_operands = v->n_operands,
                        .dst = dst,
                        .dst2 = EVEX_NO_REGISTER,
                        .first_operand = (uint32_t)e->parts.n_operands};
    e->places[e->parts.n_insns++] = v->place;
    if (step->is_copy) {
        insn->op = EVEX_OP_COPY;
        insn->in_dtype = v->dtype;
        insn->n_operands = 1;
        e->operands[e->parts.n_operands++] = register_of(e, step->value);
        return;
    }
    for (size_t k = 0; k < v->n_operands; k++)
        e->operands[e->parts.n_operands++] = register_of(e, e->ir->operands[v->first_operand + k]);
    e->registers[step->value] = dst;
    if (step->second != EVEX_IR_NONE) {
        insn->op = v->op == EVEX_OP_SIN ? EVEX_OP_SINCOS : EVEX_OP_SEARCH;
        insn->dst2 = register_at(e, step->second_destination);
        e->registers[step->second] = insn->dst2;
    }
}

static void emit_steps(emitter *e, uint32_t first, uint32_t n, uint32_t *first_insn,
                       uint32_t *n_insns) {
    *first_insn = (uint32_t)e->parts.n_insns;
    for (uint32_t i = first; i < first + n; i++)
        if (e->schedule->steps[i].value != EVEX_IR_NONE)
            emit_step(e, &e->schedule->steps[i]);
    *n_insns = (uint32_t)e->parts.n_insns - *first_insn;
}

static void emit_reduction(emitter *e, const evex_planned_reduction *planned) {
    const evex_ir_reduction *source = &e->ir->reductions[value_at(e, planned->value)->index];
    evex_reduction *r = &e->reductions[e->parts.n_reductions++];
    *r = source->spec;
    r->dst = register_at(e, planned->destination);
    r->source = register_of(e, source->source);
    r->mask = register_of(e, source->mask);
    if (source->group != EVEX_IR_NONE)
        r->group = register_of(e, source->group);
    e->registers[planned->value] = r->dst;
}

static void emit_guard(emitter *e, const evex_ir_guard *source) {
    evex_guard *guard = &e->guards[e->parts.n_guards++];
    const char *hint = source->failure.hint != NULL ? source->failure.hint : "";
    const size_t n_bytes = strlen(source->failure.message), n_hint = strlen(hint);
    *guard = (evex_guard){.index = register_of(e, source->index),
                          .status = (uint8_t)source->failure.status,
                          .kind = source->kind,
                          .place = source->place,
                          .message_bytes = (uint32_t)n_bytes,
                          .hint_bytes = (uint32_t)n_hint};
    guard->message = add_text(e, source->failure.message, n_bytes);
    guard->hint = add_text(e, hint, n_hint);
}

static void emit_stage(emitter *e, const evex_planned_stage *planned) {
    evex_stage *stage = &e->stages[e->parts.n_stages++];
    emit_steps(e, planned->first_scalar, planned->n_scalars, &stage->first_scalar_insn,
               &stage->n_scalar_insns);
    emit_steps(e, planned->first_body, planned->n_body, &stage->first_insn, &stage->n_insns);
    stage->first_reduction = (uint32_t)e->parts.n_reductions;
    stage->n_reductions = planned->n_reductions;
    for (uint32_t i = 0; i < planned->n_reductions; i++)
        emit_reduction(e, &e->schedule->reductions[planned->first_reduction + i]);
    stage->first_guard = (uint32_t)e->parts.n_guards;
    stage->n_guards = planned->n_guards;
    for (uint32_t i = 0; i < planned->n_guards; i++)
        emit_guard(e, &e->ir->guards[e->schedule->guards[planned->first_guard + i]]);
}

/* ---- Inputs and outputs --------------------------------------------------------------------- */

static void emit_inputs(emitter *e) {
    for (size_t i = 0; i < e->ir->n_inputs; i++) {
        const evex_ir_input *source = &e->ir->inputs[i];
        const int is_nullable = source->validity != EVEX_IR_NO_INPUT;
        e->inputs[e->parts.n_inputs++] = (evex_program_input){
            .name = add_text(e, source->name, source->name_bytes),
            .name_bytes = (uint32_t)source->name_bytes,
            .dtype = (uint8_t)evex_ir_input_dtype(source),
            .kind = evex_ir_is_weak(source->var) ? EVEX_WEAK : EVEX_STRONG,
            .is_nullable = (uint8_t)is_nullable,
            .unit = source->is_validity ? 0 : source->var->unit,
            .must_fit = source->must_fit,
            .validity = is_nullable ? (evex_register)source->validity : EVEX_NO_REGISTER,
            .place = source->place};
    }
}

static void emit_outputs(emitter *e) {
    for (size_t i = 0; i < e->ir->n_outputs; i++) {
        const evex_ir_output *source = &e->ir->outputs[i];
        const evex_ir_value *v = value_at(e, source->value);
        e->outputs[e->parts.n_outputs++] = (evex_program_output){
            .name = add_text(e, source->name, source->name_bytes),
            .name_bytes = (uint32_t)source->name_bytes,
            .dtype = v->dtype,
            .is_reduced = evex_schedule_is_once(e->ir, source) ||
                          evex_schedule_is_reduction(e->schedule, e->ir, source),
            .is_nullable = source->validity != EVEX_IR_NO_OUTPUT,
            .unit = source->unit,
            .is_grouped = v->is_grouped,
            .validity = EVEX_NO_REGISTER};
    }
}

/* When the registers have their numbers. */
static void link_validities(emitter *e) {
    for (size_t i = 0; i < e->ir->n_outputs; i++)
        if (e->outputs[i].is_nullable)
            e->outputs[i].validity =
                (evex_register)(e->first[EVEX_CLASS_OUTPUT] + e->ir->outputs[i].validity);
}

/* ---- The whole ------------------------------------------------------------------------------ */

/* ROOM(e, things, n): an array of n for e->things. */
#define ROOM(e, list, n) ((e)->list = evex_arena_push_array((e)->arena, (n), sizeof *(e)->list))

static int make_room(emitter *e) {
    const evex_schedule *s = e->schedule;
    size_t n_operands = 0;
    for (size_t i = 0; i < s->n_steps; i++) {
        const evex_step *step = &s->steps[i];
        n_operands += step->is_copy ? 1 : value_at(e, step->value)->n_operands;
    }
    return ROOM(e, registers, e->ir->n_values) != NULL &&
           ROOM(e, constant_numbers, e->ir->n_constants) != NULL &&
           ROOM(e, insns, s->n_steps) != NULL && ROOM(e, places, s->n_steps) != NULL &&
           ROOM(e, operands, n_operands) != NULL &&
           ROOM(e, constants, e->ir->n_constants) != NULL &&
           ROOM(e, inputs, e->ir->n_inputs) != NULL && ROOM(e, outputs, e->ir->n_outputs) != NULL &&
           ROOM(e, reductions, s->n_reductions) != NULL && ROOM(e, stages, s->n_stages) != NULL &&
           ROOM(e, guards, s->n_guards) != NULL;
}

static evex_program *build(emitter *e, const evex_allocator *allocator) {
    e->parts.insns = e->insns;
    e->parts.places = e->places;
    e->parts.operands = e->operands;
    e->parts.constants = e->constants;
    e->parts.inputs = e->inputs;
    e->parts.outputs = e->outputs;
    e->parts.reductions = e->reductions;
    e->parts.stages = e->stages;
    e->parts.guards = e->guards;
    e->parts.text = e->text;
    return evex_program_build(&e->parts, allocator);
}

evex_status evex_schedule_emit(evex_program **program, const evex_schedule *schedule,
                               const evex_ir *ir, evex_arena *arena,
                               const evex_allocator *allocator, evex_error *error) {
    emitter e = {.schedule = schedule, .ir = ir, .arena = arena};
    *program = NULL;
    if (!make_room(&e))
        return evex_fail_memory(error);
    emit_inputs(&e);
    emit_outputs(&e);
    use_constants(&e);
    const evex_status status = number_registers(&e, error);
    if (status != EVEX_OK)
        return status;
    link_validities(&e);
    for (size_t i = 0; i < schedule->n_stages; i++)
        emit_stage(&e, &schedule->stages[i]);
    if (!e.is_out_of_memory)
        *program = build(&e, allocator);
    return *program != NULL ? EVEX_OK : evex_fail_memory(error);
}
