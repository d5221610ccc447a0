/* SPDX-License-Identifier: MIT */
/*
 * Register allocation: a register of its own for every scalar and kept array, and for the blocks of
 * a body as few TEMP registers as their order allows: a register is free again after its value's
 * last use. A result that nothing else in its body reads is computed straight into its output.
 */
#include "compiler/schedule.h"

/* Beside the numbers of steps: not in this section; read behind the body; given back already. */
#define NO_STEP UINT32_MAX
#define AT_END UINT32_MAX
#define RELEASED (UINT32_MAX - 1)

typedef struct {
    evex_schedule *schedule;
    const evex_ir *ir;
    uint32_t *definition; /* by value: the step of this body that computes it */
    uint32_t *last_use;   /* by value: the last step of this body that reads it, or AT_END */
    uint32_t *n_reads;    /* by value of this body: how many steps and reductions of it read it */
    uint32_t *n_copies;   /* by value of this body: how many of these are copies to outputs */
    uint32_t *temps;      /* by value: its TEMP register in this body */
    uint32_t *free_list;  /* a stack: what was freed last is still in cache */
    size_t n_free;
} allocation;

static evex_location location(evex_register_class class, uint32_t number) {
    return (evex_location){class, number};
}

static evex_location new_register(allocation *a, evex_register_class class) {
    return location(class, a->schedule->class_sizes[class]++);
}

static const evex_ir_value *value_at(const allocation *a, evex_ir_id id) {
    return &a->ir->values[id];
}

static int is_block(const allocation *a, evex_ir_id id) {
    const evex_ir_value *v = value_at(a, id);
    return v->kind == EVEX_IR_INSN && !v->is_scalar;
}

/* ---- Merging copies into what they copy ----------------------------------------------------- */

/* Scalars may be read in later stages too, so every use in the program counts. */
static void merge_scalar_copies(const allocation *a, evex_step *steps, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        a->definition[steps[i].value] = NO_STEP;
    for (uint32_t i = 0; i < n; i++) {
        const evex_ir_id id = steps[i].value;
        if (!steps[i].is_copy) {
            a->definition[id] = i;
        } else if (a->schedule->uses[id] == 1 && a->definition[id] != NO_STEP) {
            steps[a->definition[id]].output = steps[i].output;
            steps[i].value = EVEX_IR_NONE;
        }
    }
}

/* Makes the step that computes a value write it to an output. */
static void direct(evex_step *step, evex_ir_id id, uint32_t output) {
    if (step->second == id)
        step->second_output = output;
    else
        step->output = output;
}

static int only_copied(const allocation *a, evex_ir_id id) {
    return a->n_reads[id] == 1 && a->n_copies[id] == 1;
}

/* A block that only one copy reads goes straight to the output. Both results of a step do, or
 * neither: core/verify.c wants them in one class. */
static void merge_block_copies(const allocation *a, evex_step *steps, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const evex_ir_id id = steps[i].value;
        if (!steps[i].is_copy || !is_block(a, id))
            continue;
        evex_step *computing = &steps[a->definition[id]];
        if (only_copied(a, computing->value) &&
            (computing->second == EVEX_IR_NONE || only_copied(a, computing->second))) {
            direct(computing, id, steps[i].output);
            steps[i].value = EVEX_IR_NONE;
        }
    }
}

/* ---- Uses in a body ------------------------------------------------------------------------- */

static void note_use(const allocation *a, evex_ir_id id, uint32_t step) {
    a->n_reads[id]++;
    a->last_use[id] = step;
}

static void note_uses(const allocation *a, const evex_step *step, uint32_t i) {
    const evex_ir_value *v = value_at(a, step->value);
    if (step->is_copy) {
        note_use(a, step->value, i);
        a->n_copies[step->value]++;
    }
    for (size_t k = 0; k < v->n_operands && !step->is_copy; k++)
        note_use(a, a->ir->operands[v->first_operand + k], i);
}

static void find_uses(const allocation *a, const evex_planned_stage *stage,
                      const evex_step *steps) {
    for (uint32_t i = 0; i < stage->n_body; i++) {
        a->n_reads[steps[i].value] = a->n_reads[steps[i].second] = 0;
        a->n_copies[steps[i].value] = a->n_copies[steps[i].second] = 0;
        if (!steps[i].is_copy)
            a->definition[steps[i].value] = a->definition[steps[i].second] = i;
    }
    for (uint32_t i = 0; i < stage->n_body; i++)
        note_uses(a, &steps[i], i);
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        const evex_planned_reduction *r = &a->schedule->reductions[stage->first_reduction + i];
        const evex_ir_reduction *reduction = &a->ir->reductions[value_at(a, r->value)->index];
        note_use(a, reduction->source, AT_END);
        note_use(a, reduction->mask, AT_END);
    }
}

/* ---- Registers ------------------------------------------------------------------------------ */

static void release(allocation *a, evex_ir_id id) {
    a->free_list[a->n_free++] = a->temps[id];
    a->last_use[id] = RELEASED; /* an operand named twice is freed once */
}

/* Frees the operands whose last use is step i: those with elements of this size, which the
 * destination may overwrite, or all others. */
static void release_operands(allocation *a, const evex_step *step, uint32_t i, size_t size_bytes,
                             int is_same_size) {
    const evex_ir_value *v = value_at(a, step->value);
    const evex_ir_id *operands = step->is_copy ? &step->value : &a->ir->operands[v->first_operand];
    const size_t n = step->is_copy ? 1 : v->n_operands;
    for (size_t k = 0; k < n; k++) {
        const evex_ir_id id = operands[k];
        if (is_block(a, id) && a->last_use[id] == i &&
            (evex_dtype_size((evex_dtype)value_at(a, id)->dtype) == size_bytes) == is_same_size)
            release(a, id);
    }
}

static uint32_t take_temp(allocation *a) {
    if (a->n_free > 0)
        return a->free_list[--a->n_free];
    return a->schedule->class_sizes[EVEX_CLASS_TEMP]++;
}

static evex_location place_result(allocation *a, evex_ir_id id, uint32_t output) {
    if (output != EVEX_NO_OUTPUT)
        return location(EVEX_CLASS_OUTPUT, output);
    a->temps[id] = take_temp(a);
    return location(EVEX_CLASS_TEMP, a->temps[id]);
}

static void allocate_step(allocation *a, evex_step *step, uint32_t i) {
    const size_t size_bytes = evex_dtype_size((evex_dtype)value_at(a, step->value)->dtype);
    release_operands(a, step, i, size_bytes, 1);
    step->destination = place_result(a, step->value, step->output);
    if (step->second != EVEX_IR_NONE)
        step->second_destination = place_result(a, step->second, step->second_output);
    release_operands(a, step, i, size_bytes, 0);
}

static void allocate_scalars(allocation *a, const evex_planned_stage *stage) {
    evex_step *steps = a->schedule->steps + stage->first_scalar;
    merge_scalar_copies(a, steps, stage->n_scalars);
    for (uint32_t i = 0; i < stage->n_scalars; i++)
        steps[i].destination = steps[i].output != EVEX_NO_OUTPUT
                                   ? location(EVEX_CLASS_OUTPUT, steps[i].output)
                                   : new_register(a, EVEX_CLASS_SCALAR);
}

/* Each body has all of TEMP for itself. */
static void allocate_body(allocation *a, const evex_planned_stage *stage) {
    evex_step *steps = a->schedule->steps + stage->first_body;
    find_uses(a, stage, steps);
    merge_block_copies(a, steps, stage->n_body);
    a->n_free = 0;
    for (uint32_t t = a->schedule->class_sizes[EVEX_CLASS_TEMP]; t-- > 0;)
        a->free_list[a->n_free++] = t;
    for (uint32_t i = 0; i < stage->n_body; i++)
        if (steps[i].value != EVEX_IR_NONE)
            allocate_step(a, &steps[i], i);
}

static void allocate_reductions(allocation *a, const evex_planned_stage *stage) {
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        evex_planned_reduction *r = &a->schedule->reductions[stage->first_reduction + i];
        if (r->output != EVEX_NO_OUTPUT)
            r->destination = location(EVEX_CLASS_OUTPUT, r->output);
        else
            r->destination = new_register(a, value_at(a, r->value)->is_scalar ? EVEX_CLASS_SCALAR
                                                                              : EVEX_CLASS_KEPT);
    }
}

evex_status evex_schedule_allocate(evex_schedule *schedule, const evex_ir *ir, evex_arena *arena,
                                   evex_error *error) {
    const size_t n = ir->n_values;
    allocation a = {.schedule = schedule, .ir = ir};
    a.definition = evex_arena_push_array(arena, n, sizeof *a.definition);
    a.last_use = evex_arena_push_array(arena, n, sizeof *a.last_use);
    a.n_reads = evex_arena_push_array(arena, n, sizeof *a.n_reads);
    a.n_copies = evex_arena_push_array(arena, n, sizeof *a.n_copies);
    a.temps = evex_arena_push_array(arena, n, sizeof *a.temps);
    a.free_list = evex_arena_push_array(arena, n, sizeof *a.free_list);
    if (a.definition == NULL || a.last_use == NULL || a.n_reads == NULL || a.n_copies == NULL ||
        a.temps == NULL || a.free_list == NULL)
        return evex_fail_memory(error);
    for (size_t i = 0; i < schedule->n_stages; i++) {
        allocate_scalars(&a, &schedule->stages[i]);
        allocate_body(&a, &schedule->stages[i]);
        allocate_reductions(&a, &schedule->stages[i]);
    }
    return EVEX_OK;
}
