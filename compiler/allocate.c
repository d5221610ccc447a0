/* SPDX-License-Identifier: MIT */
/*
 * Register allocation: a register of its own for every scalar and kept array, and for the blocks of
 * a body as few TEMP registers as their order allows: a register is free again after its value's
 * last use. A result that nothing else in its body reads is computed straight into its output.
 */
#include "compiler/schedule.h"

#define NO_STEP UINT32_MAX
#define AT_END UINT32_MAX

typedef struct {
    evex_schedule *schedule;
    const evex_ir *ir;
    uint32_t *definition; /* by value: the step of this body that computes it */
    uint32_t *last_use;   /* by value: the last step of this body that reads it, or AT_END */
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

/* Within a body, last_use is still NO_STEP for values that only copies read. */
static void merge_block_copy(const allocation *a, evex_step *steps, uint32_t i) {
    const evex_ir_id id = steps[i].value;
    if (!is_block(a, id) || a->last_use[id] != i)
        return;
    const uint32_t definition = a->definition[id];
    if (steps[definition].output == EVEX_NO_OUTPUT) {
        steps[definition].output = steps[i].output;
        steps[i].value = EVEX_IR_NONE;
    }
}

/* ---- Uses in a body ------------------------------------------------------------------------- */

static void note_uses(const allocation *a, const evex_step *step, uint32_t i) {
    const evex_ir_value *v = value_at(a, step->value);
    if (step->is_copy) {
        a->last_use[step->value] = i;
        return;
    }
    for (size_t k = 0; k < v->n_operands; k++)
        a->last_use[a->ir->operands[v->first_operand + k]] = i;
}

static void find_last_uses(const allocation *a, const evex_planned_stage *stage,
                           const evex_step *steps) {
    for (uint32_t i = 0; i < stage->n_body; i++)
        if (!steps[i].is_copy)
            a->definition[steps[i].value] = i;
    for (uint32_t i = 0; i < stage->n_body; i++)
        note_uses(a, &steps[i], i);
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        const evex_planned_reduction *r = &a->schedule->reductions[stage->first_reduction + i];
        const evex_ir_reduction *reduction = &a->ir->reductions[value_at(a, r->value)->index];
        a->last_use[reduction->source] = AT_END;
        a->last_use[reduction->mask] = AT_END;
    }
}

/* Whether some step between the definition and the copy reads the value as well: then it needs a
 * register. Counted, because the last use alone does not tell. */
static void merge_block_copies(const allocation *a, const evex_planned_stage *stage,
                               evex_step *steps, uint32_t *n_reads) {
    for (uint32_t i = 0; i < stage->n_body; i++)
        n_reads[steps[i].value] = 0;
    for (uint32_t i = 0; i < stage->n_body; i++) {
        const evex_ir_value *v = value_at(a, steps[i].value);
        if (steps[i].is_copy)
            n_reads[steps[i].value]++;
        for (size_t k = 0; k < v->n_operands && !steps[i].is_copy; k++)
            n_reads[a->ir->operands[v->first_operand + k]]++;
    }
    for (uint32_t i = 0; i < stage->n_body; i++)
        if (steps[i].is_copy && n_reads[steps[i].value] == 1)
            merge_block_copy(a, steps, i);
}

/* ---- Registers ------------------------------------------------------------------------------ */

static void release(allocation *a, evex_ir_id id) {
    a->free_list[a->n_free++] = a->temps[id];
    a->last_use[id] = NO_STEP - 1; /* an operand named twice is freed once */
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

static void allocate_step(allocation *a, evex_step *step, uint32_t i) {
    const evex_ir_id id = step->value;
    const size_t size_bytes = evex_dtype_size((evex_dtype)value_at(a, id)->dtype);
    release_operands(a, step, i, size_bytes, 1);
    if (step->output != EVEX_NO_OUTPUT) {
        step->destination = location(EVEX_CLASS_OUTPUT, step->output);
    } else {
        a->temps[id] = take_temp(a);
        step->destination = location(EVEX_CLASS_TEMP, a->temps[id]);
    }
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
static void allocate_body(allocation *a, const evex_planned_stage *stage, uint32_t *n_reads) {
    evex_step *steps = a->schedule->steps + stage->first_body;
    find_last_uses(a, stage, steps);
    merge_block_copies(a, stage, steps, n_reads);
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
    uint32_t *n_reads = evex_arena_push_array(arena, n, sizeof *n_reads);
    a.definition = evex_arena_push_array(arena, n, sizeof *a.definition);
    a.last_use = evex_arena_push_array(arena, n, sizeof *a.last_use);
    a.temps = evex_arena_push_array(arena, n, sizeof *a.temps);
    a.free_list = evex_arena_push_array(arena, n, sizeof *a.free_list);
    if (n_reads == NULL || a.definition == NULL || a.last_use == NULL || a.temps == NULL ||
        a.free_list == NULL)
        return evex_fail_memory(error);
    for (size_t i = 0; i < schedule->n_stages; i++) {
        allocate_scalars(&a, &schedule->stages[i]);
        allocate_body(&a, &schedule->stages[i], n_reads);
        allocate_reductions(&a, &schedule->stages[i]);
    }
    return EVEX_OK;
}
