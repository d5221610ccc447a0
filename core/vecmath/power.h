/* SPDX-License-Identifier: MIT */
/*
 * power, cbrt, hypot in the vector vocabulary (width1.h). power is e^(y log x) with the logarithm
 * and the product in double-word; roots take their last step from a remainder in double-word.
 */
#ifndef EVEX_VECMATH_POWER_H
#define EVEX_VECMATH_POWER_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"

/* The exponent y brought to at most 2^65: from 2^64 on x^y is 0, 1 or infinite, since |log x| is 0
 * or at least 2^-53. */
static inline v_f64 pow_limit(v_f64 y) {
    return v_copysign(v_min(v_set(0x1p65), v_abs(y)), y);
}

/* C99 F.9.4.4, for all but powers of positive numbers; r is |x|^y where x and y are numbers. */
static inline v_f64 pow_fix(v_f64 r, v_f64 x, v_f64 y) {
    v_f64 size = v_abs(x), half = v_mul(y, v_set(0.5));
    v_mask integral = v_eq(v_rint(y), y), odd = v_and(integral, v_ne(v_rint(half), half));
    v_mask falling = v_lt(y, v_set(0.0)), infinite = v_eq(size, v_set(V_INFINITY));
    v_mask signed_x = v_lt_i64(v_bits(x), v_set_i64(0));
    r = v_select(v_eq(size, v_set(0.0)), v_select(falling, v_set(V_INFINITY), v_set(0.0)), r);
    r = v_select(infinite, v_select(falling, v_set(0.0), v_set(V_INFINITY)), r);
    r = v_select(v_and(signed_x, odd), v_neg(r), r);
    v_mask no_number = v_and(v_lt(x, v_set(0.0)), v_not(v_or(integral, infinite)));
    r = v_select(no_number, v_set(V_NAN), r);
    r = v_select(v_or(v_ne(x, x), v_ne(y, y)), v_add(x, y), r);
    return v_select(v_or(v_eq(x, v_set(1.0)), v_eq(y, v_set(0.0))), v_set(1.0), r);
}

static inline v_f64 math_pow(v_f64 x, v_f64 y) {
    v_f64 base = x, exponent = y, e_shift = v_set(0.0);
    v_mask special = v_or(log_is_special(x), v_not(v_lt(v_abs(y), v_set(0x1p64))));
    if (v_unlikely(v_any(special))) {
        v_f64 size = v_abs(x);
        v_mask number = v_and(v_lt(v_set(0.0), size), v_lt(size, v_set(V_INFINITY)));
        base = log_prepare(v_select(number, size, v_set(1.0)), &e_shift);
        exponent = pow_limit(y);
    }
    v_dw l = log_dw(log_reduce(base, e_shift));
    v_f64 hi = v_mul(exponent, l.hi), lo = v_fma(exponent, l.lo, v_fms(exponent, l.hi, hi));
    v_f64 r = exp_of(dw(hi, lo));
    if (v_unlikely(v_any(special)))
        r = pow_fix(r, x, y);
    return r;
}

/*
 * |x| = 2^(3k) 2^j m with j in 0..2, m in [1, 2). s ~ m^(-1/3) from "cbrt" (error 2^-20.2), times
 * 2^(-j/3), and one step of third order bring it to a few ULP; t = m s^2 is the root to the same,
 * and its last step takes m - t^3 in double-word.
 */
static inline v_f64 cbrt_of(v_f64 m, v_mask j1, v_mask j2) {
    v_f64 m2 = v_mul(m, m), m4 = v_mul(m2, m2);
    v_f64 s =
        v_fma(m4, poly2(m, m2, 0x1.043e10767011fp-1, -0x1.cb315b58733f0p-4, 0x1.5a98712e7e517p-7),
              poly3(m, m2, 0x1.e1af84d4feab4p+0, -0x1.fe3740d950673p+0, 0x1.fd87d7d820082p+0,
                    -0x1.49214cb0ae99fp+0));
    s = v_mul(s, v_select(j2, v_set(0x1.428a2f98d728bp-1),
                          v_select(j1, v_set(0x1.965fea53d6e3dp-1), v_set(1.0))));
    m = v_mul(m, v_select(j2, v_set(4.0), v_select(j1, v_set(2.0), v_set(1.0))));
    v_f64 e = v_fnma(v_mul(m, s), v_mul(s, s), v_set(1.0));
    s = v_fma(v_mul(s, e), poly1(e, 0x1.5555555555555p-2, 0x1.c71c71c71c71cp-3), s);
    v_f64 s2 = v_mul(s, s), t = v_mul(m, s2);
    v_dw t2 = two_product(t, t);
    v_f64 cube = v_mul(t2.hi, t), cube_lo = v_fma(t2.lo, t, v_fms(t2.hi, t, cube));
    v_f64 remainder = v_sub(v_sub(m, cube), cube_lo);
    return v_fma(v_mul(remainder, s2), v_set(0x1.5555555555555p-2), t);
}

static inline v_f64 math_cbrt(v_f64 x) {
    v_f64 size = v_abs(x), e_shift = v_set(0.0);
    v_mask special = log_is_special(size);
    if (v_unlikely(v_any(special)))
        size = log_prepare(size, &e_shift);
    v_i64 bits = v_bits(size);
    v_f64 e = v_add(v_from_i64(v_sub_i64(v_shr(bits, 52), v_set_i64(1023))), e_shift);
    v_f64 k = v_floor(v_mul(v_add(e, v_set(0.25)), v_set(0x1.5555555555555p-2)));
    v_f64 j = v_fnma(k, v_set(3.0), e);
    v_i64 fraction = v_and_i64(bits, v_set_i64(INT64_C(0xfffffffffffff)));
    v_f64 m = v_from_bits(v_or_i64(fraction, v_set_i64(INT64_C(0x3ff) << 52)));
    v_f64 r = v_scale(cbrt_of(m, v_eq(j, v_set(1.0)), v_eq(j, v_set(2.0))), k);
    if (v_unlikely(v_any(special))) {
        v_mask number = v_and(v_ne(x, v_set(0.0)), v_lt(v_abs(x), v_set(V_INFINITY)));
        r = v_select(number, r, v_abs(x));
    }
    return v_copysign(r, x);
}

/* sqrt(a^2 + b^2), a >= b >= 0, in double-word; a within what hypot_factor says. */
static inline v_f64 hypot_of(v_f64 a, v_f64 b) {
    v_dw a2 = two_product(a, a), b2 = two_product(b, b), sum = fast_two_sum(a2.hi, b2.hi);
    return dw_round(dw_sqrt(dw(sum.hi, v_add(sum.lo, v_add(a2.lo, b2.lo)))));
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
