/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong with integers: which operations have results that do not exist or that their
 * type cannot hold, and the conditions, computed from the operands, that say where. guards.c makes
 * guards of them.
 */
#include "compiler/check.h"
#include "compiler/fold.h"

static const evex_ir_failure negative_power = {
    EVEX_GUARD, "an integer cannot be raised to a negative power", "cast the base: float64(...)"};

/* The value of a constant integer; 0: it is none. */
static int read_constant(const evex_ir *ir, evex_ir_id id, int64_t *value) {
    const void *bytes = evex_ir_constant_bytes(ir, id);
    return bytes != NULL &&
           evex_fold_element(EVEX_OP_CAST, EVEX_I64, evex_ir_dtype(ir, id), &bytes, 1, value);
}

/* Whether an integer may be below 0: not if it is a constant or came from bool or unsigned. */
static int may_be_negative(const evex_ir *ir, evex_ir_id id) {
    const evex_ir_value *value = &ir->values[id];
    const int is_cast = value->kind == EVEX_IR_INSN && value->op == EVEX_OP_CAST;
    int64_t known;
    if (evex_dtype_kind((evex_dtype)(is_cast ? value->in_dtype : value->dtype)) != 'i')
        return 0;
    return !read_constant(ir, id, &known) || known < 0;
}

static void note_power(evex_checker *c, const evex_ir_id *operands, evex_ir_id result) {
    if (evex_dtype_kind(evex_ir_dtype(c->ir, result)) == 'i' && may_be_negative(c->ir, operands[1]))
        evex_note_guard(c, result,
                        evex_ir_binary(c->ir, EVEX_OP_POW_NEGATIVE, operands[0], operands[1]),
                        EVEX_IR_NONE, &negative_power);
}

void evex_note_overflow(evex_checker *c, evex_op op, const evex_ir_id *operands,
                        evex_ir_id result) {
    if (op == EVEX_OP_POW)
        note_power(c, operands, result);
}
