/* SPDX-License-Identifier: MIT */
/*
 * arcsin, arccos, arctan, arctan2 in the vector vocabulary (width1.h). Coefficients:
 * scripts/minimax.py atan (error 2^-62.5) and asin (2^-58.9).
 */
#ifndef EVEX_VECMATH_INVERSE_TRIG_H
#define EVEX_VECMATH_INVERSE_TRIG_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/tables.h"
#include "core/vecmath/trig.h"

/* Adding and subtracting it rounds to a multiple of 1/8; the low bits of the sum count them. */
#define ATAN_ROUNDER 0x1.8p49

/*
 * atan(a / b) for 0 <= a <= b, 2^-1000 < b < 2^1000: with c the nearest multiple of 1/8 of a / b,
 * it is atan c, from a table, plus atan u of u = (a - c b) / (b + c a), below 1/15.9.
 */
static inline v_dw atan_of_ratio(v_f64 a, v_f64 b) {
    v_f64 rounded = v_add(v_div(a, b), v_set(ATAN_ROUNDER));
    v_f64 c = v_sub(rounded, v_set(ATAN_ROUNDER));
    v_i64 i = v_bits(rounded);
    v_f64 over = v_fnma(c, b, a), under = v_fma(c, a, b), under_lo = v_fma(c, a, v_sub(b, under));
    v_dw u = dw_div(dw(over, v_set(0.0)), dw(under, under_lo));
    v_f64 z = v_mul(u.hi, u.hi);
    v_f64 p = poly4(z, v_mul(z, z), -0x1.5555555555535p-2, 0x1.9999999960ad2p-3,
                    -0x1.24924820ded79p-3, 0x1.c718686639e1cp-4, -0x1.70b76140ca4f9p-4);
    v_dw sum = fast_two_sum(v_lookup16(atan_table_hi, i), u.hi);
    v_f64 tail = v_add(v_fma(v_mul(u.hi, z), p, u.lo), v_lookup16(atan_table_lo, i));
    return fast_two_sum(sum.hi, v_add(sum.lo, tail));
}

/* base times pi/2, plus a. */
static inline v_f64 add_half_pis(double base, v_dw a) {
    v_dw sum = two_sum(v_set(base * TRIG_HALF_PI_1), a.hi);
    return v_add(sum.hi, v_add(sum.lo, v_add(v_set(base * TRIG_HALF_PI_2), a.lo)));
}

/* Above 1, pi/2 - atan(1 / x); 1e300 stands for everything beyond it. */
static inline v_f64 math_arctan(v_f64 x) {
    v_f64 size = v_min(v_set(1e300), v_abs(x)), one = v_set(1.0);
    v_mask above = v_lt(one, size);
    v_dw t = atan_of_ratio(v_select(above, one, size), v_select(above, size, one));
    return v_copysign(v_select(above, add_half_pis(1.0, dw_neg(t)), dw_round(t)), x);
}

/* The two sides of a triangle brought to a range in which atan_of_ratio can divide them: scaled,
 * or, if they have no ratio, replaced by ones that have the right angle. */
static inline void atan2_prepare(v_f64 *a, v_f64 *b) {
    v_f64 factor = v_select(v_lt(*b, v_set(1.0)), v_set(0x1p200), v_set(0x1p-200));
    v_mask infinite = v_eq(*b, v_set(V_INFINITY)), zero = v_eq(*b, v_set(0.0));
    v_f64 beside = v_select(v_eq(*a, *b), v_set(1.0), v_set(0.0));
    *a = v_select(zero, v_set(0.0), v_select(infinite, beside, v_mul(*a, factor)));
    *b = v_select(v_or(zero, infinite), v_set(1.0), v_mul(*b, factor));
}

/* A quotient below 2^-500 is its own arctangent, and rounded once even where it is subnormal. */
static inline v_f64 math_arctan2(v_f64 y, v_f64 x) {
    v_f64 ay = v_abs(y), ax = v_abs(x);
    v_mask steep = v_lt(ax, ay), left = v_lt_i64(v_bits(x), v_set_i64(0));
    v_f64 a = v_select(steep, ax, ay), b = v_select(steep, ay, ax);
    v_mask special = v_not(v_and(v_lt(v_set(0x1p-900), b), v_lt(b, v_set(0x1p900))));
    if (v_unlikely(v_any(special))) {
        v_f64 scaled_a = a, scaled_b = b;
        atan2_prepare(&scaled_a, &scaled_b);
        a = v_select(special, scaled_a, a);
        b = v_select(special, scaled_b, b);
    }
    v_dw t = atan_of_ratio(a, b);
    v_f64 quotient = v_div(a, b);
    v_mask add = v_or(v_and(steep, left), v_not(v_or(steep, left)));
    v_f64 r = v_select(v_lt(quotient, v_set(0x1p-500)), quotient, dw_round(t));
    t = dw_select(add, t, dw_neg(t));
    r = v_select(left, add_half_pis(2.0, t), r);
    r = v_select(steep, add_half_pis(1.0, t), r);
    return v_select(v_or(v_ne(x, x), v_ne(y, y)), v_add(x, y), v_copysign(r, y));
}

/* asin t = t + t z p(z) with z = t^2 <= 1/4; z is given, as it is the more exact one for a square
 * root. */
static inline v_dw asin_of(v_dw t, v_f64 z) {
    v_f64 z2 = v_mul(z, z), z4 = v_mul(z2, z2);
    v_f64 low = poly3(z, z2, 0x1.5555555555553p-3, 0x1.33333333339f3p-4, 0x1.6db6db6d499cfp-5,
                      0x1.f1c71ca97a8c3p-6);
    v_f64 middle = poly3(z, z2, 0x1.6e8b9a863f4a2p-6, 0x1.1c4f94e3a6e3cp-6, 0x1.c97e4eeb3117cp-7,
                         0x1.7bc752d39368fp-7);
    v_f64 high = poly5(z, z2, 0x1.358300d73a6bep-7, 0x1.4fb82c6c74d0cp-7, -0x1.27633e487d554p-12,
                       0x1.c0037cfb9728cp-6, -0x1.eaaa0dfeed957p-6, 0x1.28377114a34e9p-5);
    v_f64 p = v_fma(v_fma(high, z4, middle), z4, low);
    return dw(t.hi, v_fma(v_mul(t.hi, z), p, t.lo));
}

/* asin |x| if |x| <= 1/2, else asin of sqrt((1 - |x|) / 2), which is (pi/2 - asin |x|) / 2; NaN
 * beyond 1. */
static inline v_dw asin_or_half(v_f64 size, v_mask wide) {
    v_f64 rest = v_fnma(size, v_set(0.5), v_set(0.5));
    v_dw t = dw_select(wide, dw_sqrt(dw(rest, v_set(0.0))), dw(size, v_set(0.0)));
    return asin_of(t, v_select(wide, rest, v_mul(size, size)));
}

static inline v_f64 math_arcsin(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask wide = v_lt(v_set(0.5), size);
    v_dw t = asin_or_half(size, wide);
    v_dw twice = dw(v_mul(t.hi, v_set(-2.0)), v_mul(t.lo, v_set(-2.0)));
    return v_copysign(v_select(wide, add_half_pis(1.0, twice), dw_round(t)), x);
}

static inline v_f64 math_arccos(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask wide = v_lt(v_set(0.5), size), left = v_lt(x, v_set(0.0));
    v_dw t = asin_or_half(size, wide);
    v_dw twice = dw(v_add(t.hi, t.hi), v_add(t.lo, t.lo));
    v_f64 far = v_select(left, add_half_pis(2.0, dw_neg(twice)), dw_round(twice));
    return v_select(wide, far, add_half_pis(1.0, dw_select(left, t, dw_neg(t))));
}

#endif
