/* SPDX-License-Identifier: MIT */
/*
 * Levels of values in a grouped program: see ir.h. A reduction has an element a group, and so has
 * what is computed from such and from scalars. Where it meets rows, each row takes its own group's:
 *
 *     take(reduction) = TAKE reduction, codes        take(op(a, b)) = op(take(a), take(b))
 *
 * for only what a reduction keeps outlives its stage. Values are walked with a list of those that
 * wait for their operands, so that no depth of an expression can exhaust the stack.
 */
#include "compiler/ir.h"

#include <string.h>

static const evex_var codes_variable = {.name = "", .dtype = EVEX_I64, .kind = EVEX_STRONG};

evex_ir_id evex_ir_codes(evex_ir *ir) {
    if (ir->codes != EVEX_IR_NONE || ir->is_out_of_memory)
        return ir->codes;
    ir->inputs[ir->n_inputs] = (evex_ir_input){
        .var = &codes_variable, .name = "", .validity = EVEX_IR_NO_INPUT, .place = ir->place};
    ir->codes = evex_ir_input_value(ir, (uint32_t)ir->n_inputs++);
    return ir->codes;
}

evex_ir_id evex_ir_in_group(evex_ir *ir) {
    const evex_ir_id codes = evex_ir_codes(ir);
    return evex_ir_binary(ir, EVEX_OP_GE, codes, evex_ir_i64(ir, 0));
}

int evex_ir_is_taken(const evex_ir *ir, evex_ir_id value) {
    return ir->values[value].is_grouped && value < ir->taken_capacity &&
           ir->taken[value] != EVEX_IR_NONE;
}

/* Room for n elements of a list that begins with zeros; 0: out of memory. */
static int make_room(evex_ir *ir, evex_ir_id **list, size_t *capacity, size_t n) {
    void *array = *list;
    const size_t before = *capacity;
    if (n <= before)
        return 1;
    if (!evex_arena_grow(ir->arena, &array, capacity, n, sizeof **list)) {
        ir->is_out_of_memory = 1;
        return 0;
    }
    *list = array;
    memset(*list + before, 0, (*capacity - before) * sizeof **list);
    return 1;
}

/* What each row reads of a value whose operands have been taken. */
static evex_ir_id rebuild(evex_ir *ir, evex_ir_id id) {
    const evex_ir_value v = ir->values[id]; /* building moves the values */
    ir->place = v.place;
    if (v.kind == EVEX_IR_REDUCTION) {
        const evex_ir_id operands[] = {id, evex_ir_codes(ir)};
        return evex_ir_make(ir, EVEX_OP_TAKE, (evex_dtype)v.dtype, (evex_dtype)v.dtype, operands,
                            2);
    }
    evex_ir_id *operands = evex_arena_push_array(ir->arena, v.n_operands, sizeof *operands);
    if (operands == NULL) {
        ir->is_out_of_memory = 1;
        return EVEX_IR_NONE;
    }
    for (size_t k = 0; k < v.n_operands; k++) {
        const evex_ir_id operand = ir->operands[v.first_operand + k];
        operands[k] = ir->values[operand].is_grouped ? ir->taken[operand] : operand;
    }
    return evex_ir_make(ir, (evex_op)v.op, (evex_dtype)v.dtype, (evex_dtype)v.in_dtype, operands,
                        v.n_operands);
}

/* Adds the operands that have not been taken to the list of what waits; returns how many. */
static size_t wait_for_operands(evex_ir *ir, evex_ir_id id, size_t n_waiting) {
    const evex_ir_value *v = &ir->values[id];
    size_t n = 0;
    if (!make_room(ir, &ir->waiting, &ir->waiting_capacity, n_waiting + v->n_operands))
        return 0;
    for (size_t k = 0; k < v->n_operands; k++) {
        const evex_ir_id operand = ir->operands[v->first_operand + k];
        if (ir->values[operand].is_grouped && ir->taken[operand] == EVEX_IR_NONE)
            ir->waiting[n_waiting + n++] = operand;
    }
    return n;
}

evex_ir_id evex_ir_take(evex_ir *ir, evex_ir_id value) {
    if (ir->is_out_of_memory || !ir->values[value].is_grouped)
        return value;
    const evex_insn_place place = ir->place;
    /* Operands lie before the value: what is made meanwhile needs no room in `taken`. */
    if (!make_room(ir, &ir->taken, &ir->taken_capacity, (size_t)value + 1) ||
        !make_room(ir, &ir->waiting, &ir->waiting_capacity, 1))
        return EVEX_IR_NONE;
    size_t n_waiting = 1;
    ir->waiting[0] = value;
    while (n_waiting > 0 && !ir->is_out_of_memory) {
        const evex_ir_id id = ir->waiting[n_waiting - 1];
        const size_t n = ir->taken[id] == EVEX_IR_NONE ? wait_for_operands(ir, id, n_waiting) : 0;
        n_waiting += n;
        if (n > 0)
            continue;
        if (ir->taken[id] == EVEX_IR_NONE)
            ir->taken[id] = rebuild(ir, id);
        n_waiting--;
    }
    ir->place = place;
    return ir->is_out_of_memory ? EVEX_IR_NONE : ir->taken[value];
}

evex_ir_id evex_ir_beside(evex_ir *ir, evex_ir_id value, evex_ir_id other) {
    const evex_ir_value *v = &ir->values[other];
    return v->is_grouped || v->is_scalar ? value : evex_ir_take(ir, value);
}

const evex_ir_id *evex_ir_level(evex_ir *ir, const evex_ir_id *operands, size_t n,
                                evex_ir_id *list) {
    int has_rows = 0, has_groups = 0;
    for (size_t i = 0; i < n; i++) {
        const evex_ir_value *v = &ir->values[operands[i]];
        has_groups |= v->is_grouped;
        has_rows |= !v->is_grouped && !v->is_scalar;
    }
    if (!has_rows || !has_groups)
        return operands;
    for (size_t i = 0; i < n; i++)
        list[i] = evex_ir_take(ir, operands[i]);
    return list;
}
