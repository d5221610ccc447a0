/* SPDX-License-Identifier: MIT */
/*
 * sinh, cosh, tanh and their inverses in the vector vocabulary (width1.h): sinh and cosh by the
 * addition theorems from 2^n, 2^-n and short polynomials, tanh from e^x - 1, the inverses as
 * logarithms of a double-word. Coefficients: scripts/minimax.py, under the name that the comment
 * gives.
 */
#ifndef EVEX_VECMATH_HYPERBOLIC_H
#define EVEX_VECMATH_HYPERBOLIC_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"

/* Above it sqrt(x^2 +- 1) is x to beyond half an ULP. */
#define INVERSE_HYPERBOLIC_LARGE 0x1p28
/* Below it odd functions with f'(0) = 1 return their argument. */
#define HYPERBOLIC_SMALL 0x1p-28
/* Up to this size half of e^x and of e^-x is a normal number. */
#define HYPERBOLIC_ORDINARY 707.0

/*
 * x = n log 2 + r, x >= 0. rising is 2^n / 2, falling 2^-n / 2, both rounded, and
 * cosh x = (rising + falling) cosh r + (rising - falling) sinh r, sinh x likewise.
 */
typedef struct {
    v_f64 n, rising, rising_error, falling, falling_error;
    v_f64 exact, r, r2;               /* exact is r before n EXP_LN2_LO is taken off */
    v_f64 sinh, sinh_tail, cosh_tail; /* sinh r = r + r r2 sinh_tail, cosh r = 1 + r2 cosh_tail */
} hyperbolic_parts;

/* "cosh": error 2^-66.2, "sinh": error 2^-69.3. */
static inline hyperbolic_parts hyperbolic_reduce(v_f64 x) {
    v_f64 rounded = v_fma(x, v_set(EXP_LOG2_E), v_set(EXP_ROUNDER));
    hyperbolic_parts h = {.n = v_sub(rounded, v_set(EXP_ROUNDER))};
    v_quad entry = v_lookup16x4(hyperbolic_quads, v_bits(rounded));
    v_i64 exponent = v_shl(v_bits(rounded), 48);
    h.rising = v_from_bits(v_add_i64(v_bits(entry.c0), exponent));
    h.rising_error = v_mul(h.rising, entry.c1);
    h.falling = v_from_bits(v_sub_i64(v_bits(entry.c2), exponent));
    h.falling_error = v_mul(h.falling, entry.c3);
    h.exact = v_fnma(h.n, v_set(EXP_LN2_HI), x);
    h.r = v_fnma(h.n, v_set(EXP_LN2_LO), h.exact);
    h.r2 = v_mul(h.r, h.r);
    v_f64 r4 = v_mul(h.r2, h.r2);
    h.cosh_tail =
        poly2(h.r2, r4, 0x1.0000000000004p-1, 0x1.5555555484df3p-5, 0x1.6c183db9ab730p-10);
    h.sinh_tail =
        poly2(h.r2, r4, 0x1.5555555555557p-3, 0x1.11111110b6fc1p-7, 0x1.a01b502d31e2fp-13);
    h.sinh = v_fma(v_mul(h.r2, h.sinh_tail), h.r, h.r);
    return h;
}

/* e^x / 2 for x >= 0, which overflows a little later than e^x. */
static inline v_f64 half_exp(v_f64 x) {
    exp_parts e = exp_reduce(v_clamp(x, 0.0, 712.0));
    v_f64 p = exp_less_one(e.r, e.scale.excess), power = exp_fraction_power(e.scale);
    return v_scale(v_fma(power, p, power), v_sub(e.scale.n, v_set(1.0)));
}

/* With c = rising - falling and a = rising + falling - 1, sinh x is c + r, added exactly, and
 * small terms: a sinh r + (sinh r - r) + c (cosh r - 1). */
static inline v_f64 math_sinh(v_f64 x) {
    v_f64 size = v_abs(x), half = v_set(0.5);
    hyperbolic_parts h = hyperbolic_reduce(size);
    v_dw c = fast_two_sum(h.rising, v_neg(h.falling)), sum = fast_two_sum(c.hi, h.exact);
    v_f64 a = v_add(v_sub(h.rising, half), v_sub(h.falling, half));
    a = v_add(a, v_add(h.rising_error, h.falling_error));
    v_f64 lo = v_add(v_add(sum.lo, c.lo), v_sub(h.rising_error, h.falling_error));
    lo = v_fnma(h.n, v_set(EXP_LN2_LO), lo);
    lo = v_fma(v_mul(h.r, h.r2), h.sinh_tail, lo);
    lo = v_fma(v_mul(c.hi, h.r2), h.cosh_tail, lo);
    lo = v_fma(a, h.sinh, lo);
    v_f64 y = v_add(sum.hi, lo);
    v_mask ordinary = v_lt(size, v_set(HYPERBOLIC_ORDINARY));
    if (v_unlikely(!v_all(ordinary)))
        y = v_select(ordinary, y, half_exp(size));
    return v_copysign(y, x);
}

static inline v_f64 math_cosh(v_f64 x) {
    v_f64 size = v_abs(x);
    hyperbolic_parts h = hyperbolic_reduce(size);
    v_dw a = fast_two_sum(h.rising, h.falling);
    v_f64 c = v_sub(h.rising, h.falling);
    v_f64 lo = v_add(a.lo, v_add(h.rising_error, h.falling_error));
    lo = v_fma(v_mul(a.hi, h.r2), h.cosh_tail, lo);
    v_f64 y = v_add(a.hi, v_fma(c, h.sinh, lo));
    v_mask ordinary = v_lt(size, v_set(HYPERBOLIC_ORDINARY));
    if (v_unlikely(!v_all(ordinary)))
        y = v_select(ordinary, y, half_exp(size));
    return y;
}

/* -E / (E + 2) with E = e^(-2x) - 1, which is in (-1, 0]; from 22 on it is 1. */
static inline v_f64 math_tanh(v_f64 x) {
    v_f64 size = v_min(v_set(22.0), v_abs(x));
    v_dw sum = expm1_sum(v_mul(size, v_set(-2.0))), over = fast_two_sum(sum.hi, sum.lo);
    v_dw under = fast_two_sum(v_set(2.0), over.hi);
    v_f64 reciprocal = v_div(v_set(1.0), under.hi), q = v_mul(over.hi, reciprocal);
    v_f64 remainder = v_add(v_fnma(q, under.hi, over.hi), over.lo);
    remainder = v_fnma(q, v_add(under.lo, over.lo), remainder);
    return v_copysign(v_fma(remainder, reciprocal, q), x);
}

/* y, the logarithm of a sum, or the logarithm of twice size where that is large. */
static inline v_f64 log_of_sum(v_f64 y, v_f64 size, v_mask ordinary) {
    if (v_unlikely(!v_all(ordinary))) {
        v_f64 twice = log_of(log_reduce_shifted(size, v_set(1.0)));
        y = v_select(ordinary, y, v_select(v_lt(size, v_set(V_INFINITY)), twice, size));
    }
    return y;
}

/* sqrt(x.hi + x.lo) as an unnormalized sum. */
static inline v_dw sqrt_sum(v_dw x) {
    v_f64 root = v_sqrt(x.hi), remainder = v_add(v_fnma(root, root, x.hi), x.lo);
    return dw(root, v_mul(remainder, v_div(v_set(0.5), root)));
}

/* log(x + sqrt(x^2 + 1)). */
static inline v_f64 math_arcsinh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask ordinary = v_lt(size, v_set(INVERSE_HYPERBOLIC_LARGE));
    v_dw square = two_product(size, size), s = fast_two_sum(v_set(1.0), square.hi);
    v_dw root = sqrt_sum(dw(s.hi, v_add(s.lo, square.lo)));
    v_dw sum = fast_two_sum(root.hi, size);
    v_f64 y = log_of_dw(dw(sum.hi, v_add(sum.lo, root.lo)), 1);
    y = log_of_sum(y, size, ordinary);
    return v_copysign(v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y), x);
}

/* log(x + sqrt(x^2 - 1)). */
static inline v_f64 math_arccosh(v_f64 x) {
    v_mask ordinary = v_and(v_lt(v_set(1.0), x), v_lt(x, v_set(INVERSE_HYPERBOLIC_LARGE)));
    v_dw square = two_product(x, x), s = fast_two_sum(square.hi, v_set(-1.0));
    v_dw root = sqrt_sum(dw(s.hi, v_add(s.lo, square.lo)));
    v_dw sum = fast_two_sum(x, root.hi);
    v_f64 y = log_of_dw(dw(sum.hi, v_add(sum.lo, root.lo)), 2);
    y = log_of_sum(y, x, ordinary);
    if (v_unlikely(!v_all(ordinary))) {
        y = v_select(v_eq(x, v_set(1.0)), v_set(0.0), y);
        y = v_select(v_lt(x, v_set(1.0)), v_set(V_NAN), y);
    }
    return y;
}

/* log((1 + x) / (1 - x)) / 2. The quotient's rounding error is a remainder over 1 - x; times 1 + x
 * is as good where x is small and it counts. */
static inline v_f64 math_arctanh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask ordinary = v_lt(size, v_set(1.0));
    v_dw over = fast_two_sum(v_set(1.0), size), under = fast_two_sum(v_set(1.0), v_neg(size));
    v_f64 q = v_div(over.hi, under.hi);
    v_f64 remainder = v_add(v_fnma(q, under.hi, over.hi), v_fnma(q, under.lo, over.lo));
    v_f64 y = v_mul(log_of_dw(dw(q, v_mul(remainder, over.hi)), 1), v_set(0.5));
    y = v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y);
    if (v_unlikely(!v_all(ordinary))) {
        y = v_select(v_eq(size, v_set(1.0)), v_set(V_INFINITY), y);
        y = v_select(v_lt(v_set(1.0), size), v_set(V_NAN), y);
        y = v_select(v_ne(x, x), x, y);
    }
    return v_copysign(y, x);
}

#endif
