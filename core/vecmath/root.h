/* SPDX-License-Identifier: MIT */
/*
 * Roots in the vector vocabulary (width1.h): square root and quotient with their rounding errors,
 * from an exact remainder and a rough reciprocal; cbrt, hypot. Coefficients: scripts/minimax.py.
 */
#ifndef EVEX_VECMATH_ROOT_H
#define EVEX_VECMATH_ROOT_H

#include "core/vecmath/double_word.h"

/* 1 / a to 5 %, a >= 0: subtracting the bits of a negates its exponent and, roughly, the logarithm
 * of its fraction. Finite for 0; a up to 2^1020. */
static inline v_f64 rough_reciprocal(v_f64 a) {
    return v_from_bits(v_sub_i64(v_set_i64(INT64_C(0x7fde666666666666)), v_bits(a)));
}

/* a / b, b > 0; the second part is good to 5 %. */
static inline v_dw quotient_dw(v_f64 a, v_f64 b) {
    v_f64 q = v_div(a, b);
    return dw(q, v_mul(v_fnma(q, b, a), rough_reciprocal(b)));
}

/* The square root of a + a_lo, which is below an ULP of a; the second part is good to 5 %. */
static inline v_dw sqrt_dw(v_f64 a, v_f64 a_lo) {
    v_f64 s = v_sqrt(a), remainder = v_add(v_fnma(s, s, a), a_lo);
    return dw(s, v_mul(remainder, rough_reciprocal(v_add(s, s))));
}

/*
 * |x| as bits, by 3, from a constant is x^(-1/3) to 3.4 %, as the bits of a number are, roughly,
 * its logarithm. With e = 1 - x s^3 then s times a polynomial ("cbrt" of scripts/minimax.py, error
 * 2^-18.9) and s (1 + e/3) bring s to 2^-36. t = x s^2 is the root to as much; the rounding error
 * of t^2 is all that counts in its last step, a third of an ULP at most.
 */
static inline v_f64 cbrt_of(v_f64 x) {
    v_i64 third = v_mul_u32(v_shr(v_bits(x), 32), v_set_i64(0x55555556));
    v_f64 s = v_from_bits(v_sub_i64(v_set_i64(INT64_C(0x553ee99999999999)), third));
    v_f64 e = v_fnma(v_mul(x, s), v_mul(s, s), v_set(1.0));
    s = v_mul(s, poly3(e, v_mul(e, e), 0x1.ffffbca15bd59p-1, 0x1.555380f9b6706p-2,
                       0x1.ca3bf3e489dbfp-3, 0x1.660b6828c713fp-3));
    e = v_fnma(v_mul(x, s), v_mul(s, s), v_set(1.0));
    s = v_fma(v_mul(s, v_set(0x1.5555555555555p-2)), e, s);
    v_f64 s2 = v_mul(s, s), t = v_mul(x, s2), rest = v_fnma(v_mul(t, t), t, x);
    return v_fma(rest, v_mul(s2, v_set(0x1.5555555555555p-2)), t);
}

/* Only arguments of moderate size keep clear of overflow and of the loss of low parts. */
static inline v_f64 math_cbrt(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask special = v_not(v_and(v_lt(v_set(0x1p-900), size), v_lt(size, v_set(0x1p900))));
    v_f64 scaled = size, factor = v_set(1.0);
    if (v_unlikely(v_any(special))) {
        v_mask tiny = v_lt(size, v_set(1.0));
        v_f64 scale = v_select(tiny, v_set(0x1p300), v_set(0x1p-300));
        scaled = v_select(special, v_mul(size, scale), size);
        factor = v_select(tiny, v_set(0x1p-100), v_set(0x1p100));
    }
    v_f64 r = cbrt_of(scaled);
    if (v_unlikely(v_any(special))) {
        v_mask number = v_and(v_lt(v_set(0.0), size), v_lt(size, v_set(V_INFINITY)));
        r = v_select(special, v_select(number, v_mul(r, factor), size), r);
    }
    return v_copysign(r, x);
}

/* A power of two that brings a between 2^-450 and 2^510, so that no square overflows and none loses
 * its low part. */
static inline v_f64 hypot_factor(v_f64 a) {
    return v_select(v_lt(v_set(1.0), a), v_set(0x1p-600), v_set(0x1p600));
}

/* a is 0, infinite or NaN, or b is NaN beside an infinity; r is the result otherwise. */
static inline v_f64 hypot_fix(v_f64 r, v_f64 x, v_f64 y) {
    v_mask infinite = v_or(v_eq(v_abs(x), v_set(V_INFINITY)), v_eq(v_abs(y), v_set(V_INFINITY)));
    v_mask zero = v_and(v_eq(x, v_set(0.0)), v_eq(y, v_set(0.0)));
    return v_select(infinite, v_set(V_INFINITY), v_select(zero, v_set(0.0), r));
}

/* sqrt(a^2 + b^2), a >= b >= 0, a within what hypot_factor says: the sum in double-word. */
static inline v_f64 hypot_of(v_f64 a, v_f64 b) {
    v_dw b2 = two_product(b, b);
    v_f64 sum = v_fma(a, a, b2.hi), sum_lo = v_add(v_fma(a, a, v_sub(b2.hi, sum)), b2.lo);
    return dw_round(sqrt_dw(sum, sum_lo));
}

static inline v_f64 math_hypot(v_f64 x, v_f64 y) {
    v_f64 ax = v_abs(x), ay = v_abs(y), a = v_max(ax, ay), b = v_min(ay, ax);
    v_mask special = v_not(v_and(v_lt(v_set(0x1p-450), a), v_lt(a, v_set(0x1p510))));
    v_f64 factor = v_set(1.0);
    if (v_unlikely(v_any(special))) {
        factor = v_select(special, hypot_factor(a), factor);
        a = v_mul(a, factor);
        b = v_mul(b, factor);
    }
    v_f64 r = hypot_of(a, b);
    if (v_unlikely(v_any(special)))
        r = v_select(special, hypot_fix(v_div(r, factor), x, y), r);
    return r;
}

#endif
