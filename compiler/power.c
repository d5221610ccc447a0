/* SPDX-License-Identifier: MIT */
/*
 * x ** n for a literal n: NumPy's shortcuts, and chains of multiplications for small integral n.
 * For float64 the chain carries each power as a double-word h + l (T. J. Dekker, "A floating-point
 * technique for extending the available precision", 1971; errors of products by FMA), so that
 * only the last step rounds: within 1 ULP. For float32 a plain chain in float64 is as good.
 */
#include "compiler/check.h"

enum { MAX_POWER = 64 };

/* A power of the base; l is EVEX_IR_NONE where it is zero. */
typedef struct {
    evex_ir_id h, l;
} double_word;

/* What is raised: h + l, and l / h where there is an l. */
typedef struct {
    evex_ir_id h, l, ratio;
} power_base;

static evex_ir_id multiply(evex_ir *ir, evex_ir_id a, evex_ir_id b) {
    return evex_ir_binary(ir, EVEX_OP_MUL, a, b);
}

static evex_ir_id fused(evex_ir *ir, evex_ir_id a, evex_ir_id b, evex_ir_id c) {
    return evex_ir_ternary(ir, EVEX_OP_FMA, a, b, c);
}

/* What the rounded product p of a and b lacks: a*b - p, exactly unless it underflows. */
static evex_ir_id product_error(evex_ir *ir, evex_ir_id a, evex_ir_id b, evex_ir_id p) {
    return fused(ir, a, b, evex_ir_unary(ir, EVEX_OP_NEG, p));
}

/* ---- Steps of the chain --------------------------------------------------------------------- */

/* l need not be renormalised: it stays below 64 units in the last place of h, so that the neglected
 * l*l is below 2^-94 of the result. */
static double_word square(evex_ir *ir, double_word a) {
    const evex_ir_id p = multiply(ir, a.h, a.h), e = product_error(ir, a.h, a.h, p);
    if (a.l == EVEX_IR_NONE)
        return (double_word){p, e};
    return (double_word){p, fused(ir, evex_ir_binary(ir, EVEX_OP_ADD, a.h, a.h), a.l, e)};
}

static double_word times_base(evex_ir *ir, double_word a, const power_base *b) {
    const evex_ir_id p = multiply(ir, a.h, b->h);
    evex_ir_id l = fused(ir, a.l, b->h, product_error(ir, a.h, b->h, p));
    if (b->l != EVEX_IR_NONE)
        l = fused(ir, a.h, b->l, l);
    return (double_word){p, l};
}

/*
 * The last step adds the small terms in one FMA, so it rounds once, also among subnormals, where
 * the sum of the small terms is off by at most half a unit more. They are infinite or nan where an
 * intermediate power overflowed, they did so themselves (with whatever sign), or x is infinite or
 * nan: there the plain product is right.
 */
static evex_ir_id last_step(evex_ir *ir, evex_ir_id a, evex_ir_id b, evex_ir_id small) {
    const evex_ir_id result = fused(ir, a, b, small), plain = multiply(ir, a, b);
    return evex_ir_ternary(ir, EVEX_OP_SELECT, evex_ir_unary(ir, EVEX_OP_ISFINITE, small), result,
                           plain);
}

static evex_ir_id last_square(evex_ir *ir, double_word a) {
    return last_step(ir, a.h, a.h, multiply(ir, evex_ir_binary(ir, EVEX_OP_ADD, a.h, a.h), a.l));
}

static evex_ir_id last_times_base(evex_ir *ir, double_word a, const power_base *b) {
    const evex_ir_id l = b->l == EVEX_IR_NONE ? a.l : fused(ir, a.h, b->ratio, a.l);
    return last_step(ir, a.h, b->h, multiply(ir, l, b->h));
}

/* ---- Chains --------------------------------------------------------------------------------- */

static unsigned highest_bit(unsigned n) {
    unsigned bit = 1;
    while (bit <= n / 2)
        bit *= 2;
    return bit;
}

/* By squaring, from n's highest bit down to its lowest, which is left to the last step; n >= 2. */
static evex_ir_id double_word_chain(evex_ir *ir, const power_base *base, unsigned n) {
    double_word a = {base->h, base->l};
    for (unsigned bit = highest_bit(n) / 2; bit > 1; bit /= 2) {
        a = square(ir, a);
        if (n & bit)
            a = times_base(ir, a, base);
    }
    return n % 2 == 0 ? last_square(ir, a) : last_times_base(ir, square(ir, a), base);
}

static evex_ir_id plain_chain(evex_ir *ir, evex_ir_id x, unsigned n) {
    evex_ir_id a = x;
    for (unsigned bit = highest_bit(n) / 2; bit > 0; bit /= 2) {
        a = multiply(ir, a, a);
        if (n & bit)
            a = multiply(ir, a, x);
    }
    return a;
}

/* 1/x as a double-word: the remainder 1 - q*x of the rounded quotient is exact. */
static power_base reciprocal_of(evex_ir *ir, evex_ir_id x) {
    const evex_ir_id q = evex_ir_unary(ir, EVEX_OP_RECIPROCAL, x);
    const evex_ir_id negative = evex_ir_unary(ir, EVEX_OP_NEG, q);
    const evex_ir_id remainder = fused(ir, negative, x, evex_ir_float(ir, EVEX_F64, 1));
    return (power_base){q, multiply(ir, q, remainder), remainder};
}

static evex_ir_id power_f64(evex_ir *ir, evex_ir_id x, int n) {
    const unsigned size = n < 0 ? 0u - (unsigned)n : (unsigned)n;
    const power_base base =
        n < 0 ? reciprocal_of(ir, x) : (power_base){x, EVEX_IR_NONE, EVEX_IR_NONE};
    const evex_ir_id result = double_word_chain(ir, &base, size);
    /* An underflow to zero may have lost the sign. Not so for x*x*x, whose one small term is a
     * multiple of x by something that is not negative where x*x is zero. */
    return n % 2 != 0 && n != 3 ? evex_ir_binary(ir, EVEX_OP_COPYSIGN, result, x) : result;
}

/* float64 has range and precision to spare: 64 roundings of 2^-53 against one of 2^-24. */
static evex_ir_id power_f32(evex_ir *ir, evex_ir_id x, int n) {
    const evex_ir_id wide = evex_ir_cast(ir, x, EVEX_F64);
    evex_ir_id power = plain_chain(ir, wide, n < 0 ? 0u - (unsigned)n : (unsigned)n);
    if (n < 0)
        power = evex_ir_unary(ir, EVEX_OP_RECIPROCAL, power);
    return evex_ir_cast(ir, power, EVEX_F32);
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
    return evex_ir_dtype(ir, x) == EVEX_F64 ? power_f64(ir, x, (int)n) : power_f32(ir, x, (int)n);
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
        value = plain_chain(ir, base->value, (unsigned)n);
    *is_done = value != EVEX_IR_NONE;
    if (*is_done)
        *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}
