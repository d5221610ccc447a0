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

/* EVEX_IR_NONE: no shortcut. Up to MAX_COMPLEX_POWER the products' errors add up to less than a
 * general power's: each has at most sqrt(5)/2 ULP of the magnitude (Brent, Percival and Zimmermann,
 * Math. Comp. 76, 2007), and those of a factor count as often as it is in the power. */
enum { MAX_COMPLEX_POWER = 12 };

static evex_ir_id complex_power(evex_ir *ir, evex_ir_id x, double n) {
    if (n == 0.5)
        return evex_ir_unary(ir, EVEX_OP_SQRT, x);
    if (!(n >= -MAX_COMPLEX_POWER && n <= MAX_COMPLEX_POWER) || n != (int)n)
        return EVEX_IR_NONE;
    const evex_ir_id power = chain(ir, x, (unsigned)(n < 0 ? -n : n));
    return n < 0 ? evex_ir_unary(ir, EVEX_OP_RECIPROCAL, power) : power;
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
    const int is_complex = evex_term_is_complex(base);
    evex_ir_id value = EVEX_IR_NONE;
    *is_done = 0;
    if (!evex_term_is_literal(exponent) || evex_term_is_complex(exponent))
        return EVEX_OK;
    const double n = evex_term_number(exponent);
    if (!is_float && !is_complex && n < 0)
        return fail_negative(c, node);
    if (n == 0)
        value = evex_ir_unary(ir, EVEX_OP_ONES, base->value);
    else if (n == 1)
        value = base->value;
    else if (n == 2)
        value = evex_ir_unary(ir, EVEX_OP_SQUARE, base->value);
    else if (is_complex)
        value = complex_power(ir, base->value, n);
    else if (is_float)
        value = float_power(ir, base->value, n);
    else if (n <= MAX_POWER)
        value = chain(ir, base->value, (unsigned)n);
    *is_done = value != EVEX_IR_NONE;
    if (*is_done) {
        *result = evex_term_strong(c, value);
        evex_note_power(c, base->value, (int64_t)n, value);
    }
    return evex_check_memory(c);
}
