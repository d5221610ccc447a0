/* SPDX-License-Identifier: MIT */
/*
 * x ** n for a literal n: NumPy's shortcuts, for floats the operation POWN, which is a chain of
 * multiplications within 1 ULP (core/vecmath/power.h), and for integers such a chain.
 */
#include "compiler/check.h"

enum { MAX_POWER = 64 };

static evex_ir_id multiply(evex_ir *ir, evex_ir_id a, evex_ir_id b) {
    return evex_ir_binary(ir, EVEX_OP_MUL, a, b);
}

static unsigned highest_bit(unsigned n) {
    unsigned bit = 1;
    while (bit <= n / 2)
        bit *= 2;
    return bit;
}

/* By squaring, from n's highest bit down to its lowest; n >= 1. */
static evex_ir_id chain(evex_ir *ir, evex_ir_id x, unsigned n) {
    evex_ir_id a = x;
    for (unsigned bit = highest_bit(n) / 2; bit > 0; bit /= 2) {
        a = multiply(ir, a, a);
        if (n & bit)
            a = multiply(ir, a, x);
    }
    return a;
}

/* ---- Literal exponents ---------------------------------------------------------------------- */

static evex_status fail_negative(const evex_checker *c, const evex_ast_node *node) {
    evex_fail(c->error, EVEX_OUT_OF_RANGE, c->ast->nodes[node->children[1]].place,
              "an integer cannot be raised to a negative power");
    evex_outer(c->error, node->place);
    evex_hint(c->error, "cast the base: float64(...)");
    return EVEX_OUT_OF_RANGE;
}

/* EVEX_IR_NONE: no shortcut. */
static evex_ir_id float_power(evex_ir *ir, evex_ir_id x, double n) {
    if (n == 0.5)
        return evex_ir_unary(ir, EVEX_OP_SQRT, x);
    if (n == -1)
        return evex_ir_unary(ir, EVEX_OP_RECIPROCAL, x);
    if (!(n >= -MAX_POWER && n <= MAX_POWER) || n != (int)n)
        return EVEX_IR_NONE;
    return evex_ir_binary(ir, EVEX_OP_POWN, x, evex_ir_float(ir, evex_ir_dtype(ir, x), n));
}

evex_status evex_check_literal_power(evex_checker *c, const evex_ast_node *node,
                                     const evex_term *base, const evex_term *exponent,
                                     evex_term *result, int *is_done) {
    evex_ir *ir = c->ir;
    const int is_float = evex_dtype_kind((evex_dtype)base->dtype) == 'f';
    evex_ir_id value = EVEX_IR_NONE;
    *is_done = 0;
    if (!evex_term_is_literal(exponent))
        return EVEX_OK;
    const double n = evex_term_number(exponent);
    if (!is_float && n < 0)
        return fail_negative(c, node);
    if (n == 0)
        value = evex_ir_unary(ir, EVEX_OP_ONES, base->value);
    else if (n == 1)
        value = base->value;
    else if (n == 2)
        value = evex_ir_unary(ir, EVEX_OP_SQUARE, base->value);
    else if (is_float)
        value = float_power(ir, base->value, n);
    else if (n <= MAX_POWER)
        value = chain(ir, base->value, (unsigned)n);
    *is_done = value != EVEX_IR_NONE;
    if (*is_done)
        *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}
