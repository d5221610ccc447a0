/* SPDX-License-Identifier: MIT */
/*
 * arcsin, arccos, arctan and their hyperbolic counterparts, of complex numbers, in the vector
 * vocabulary (core/vecmath/width1.h).
 *
 * Kahan ("Branch cuts for complex elementary functions", 1987) takes arcsin and arccos from the
 * roots of 1 - z and 1 + z; Hull, Fairgrieve and Tang (ACM TOMS 23, 1997) show which sums must not
 * cancel. Here: with F = 1 - x^2 - y^2, D = 1 - x^2 + y^2 and N = |1 - z^2| = sqrt(F^2 + 4 y^2),
 *
 *   R = Re sqrt(1 - z^2) = sqrt((N + D) / 2),  T = sqrt((N - F) / 2),
 *   arcsin z = atan2(x, R) + i arcsinh T,      arccos z = atan2(R, x) - i arcsinh T
 *
 * for y >= 0, the root of the difference that cancels being a product over the other one. F, D, N
 * and the roots are double-words, so that arctangent and arcsinh see arguments good to an ULP.
 */
#ifndef EVEX_VECMATH_COMPLEX_INVERSE_H
#define EVEX_VECMATH_COMPLEX_INVERSE_H

#include "core/vecmath/complex/log.h"
#include "core/vecmath/complex/parts.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"

/* From here on 1 is nothing beside z^2. */
#define INVERSE_LARGE 0x1p60
/* Up to here y^2 may be lost. */
#define INVERSE_TINY 0x1p-450

/* R above and |Im arcsin z| = arcsinh T. */
typedef struct {
    v_f64 cosine, height;
} inverse_parts;

/* R = |y| and log |2 z| where z is large, infinite or no number. */
V_SLOW static inverse_parts inverse_far(v_complex z) {
    v_f64 height = v_add(log_size(z), v_set(EXP_LN2_HI));
    return (inverse_parts){v_abs(z.im), height};
}

/* N where y^2 is lost: |F| unless x is 1. */
V_SLOW static v_dw inverse_fix_size(v_dw size, v_f64 y, v_dw f) {
    v_mask tiny = v_lt(y, v_set(INVERSE_TINY));
    v_f64 twice = v_add(y, y);
    v_dw n = dw_select(v_lt(twice, v_abs(f.hi)), dw_abs(f), dw(twice, v_set(0.0)));
    return dw_select(tiny, n, size);
}

static inline inverse_parts inverse_parts_of(v_complex z) {
    v_f64 x = v_abs(z.re), y = v_abs(z.im), one = v_set(1.0), zero = v_set(0.0);
    v_dw x2 = two_product(x, x), y2 = two_product(y, y), xy = two_product(x, y);
    v_dw f = sum_with_squares(one, dw_neg(x2), dw_neg(y2));
    v_dw d = sum_with_squares(one, dw_neg(x2), y2);
    v_dw size = dw_sqrt(dw_add(dw_mul(f, f), dw_scaled(y2, 4.0)));
    if (v_unlikely(v_any(v_lt(y, v_set(INVERSE_TINY)))))
        size = inverse_fix_size(size, y, f);
    v_dw high = dw_sqrt(dw_scaled(dw_add(size, dw_abs(f)), 0.5));
    v_dw wide = dw_sqrt(dw_scaled(dw_add(size, dw_abs(d)), 0.5));
    v_f64 t = v_select(v_lt(zero, f.hi), dw_quotient(dw(y, zero), high), dw_round(high));
    v_f64 r = v_select(v_lt(d.hi, zero), dw_quotient(xy, wide), dw_round(wide));
    inverse_parts parts = {r, math_arcsinh(t)};
    v_mask far = v_not(v_and(v_lt(x, v_set(INVERSE_LARGE)), v_lt(y, v_set(INVERSE_LARGE))));
    if (v_unlikely(v_any(far))) {
        inverse_parts there = inverse_far(z);
        parts.cosine = v_select(far, there.cosine, parts.cosine);
        parts.height = v_select(far, there.height, parts.height);
    }
    return parts;
}

/* A part that is 0 is that part of the result whatever the other one is. */
static inline v_complex complex_arcsin(v_complex z) {
    inverse_parts parts = inverse_parts_of(z);
    v_f64 re = math_arctan2(z.re, parts.cosine);
    v_mask plain = v_and(is_finite(z.re), is_finite(z.im));
    if (v_unlikely(!v_all(plain)))
        re = v_select(is_zero(z.re), z.re, re);
    return complex_of(re, v_copysign(parts.height, z.im));
}

static inline v_complex complex_arccos(v_complex z) {
    inverse_parts parts = inverse_parts_of(z);
    v_f64 re = math_arctan2(parts.cosine, z.re);
    v_mask plain = v_and(is_finite(z.re), is_finite(z.im));
    if (v_unlikely(!v_all(plain)))
        re = v_select(is_zero(z.re), v_set(TRIG_HALF_PI_1), re);
    return complex_of(re, v_copysign(parts.height, v_neg(z.im)));
}

/* arcsinh z = i arcsin(-i z). */
static inline v_complex complex_arcsinh(v_complex z) {
    return complex_swap(complex_arcsin(complex_swap(z)));
}

/* arccosh z is i or -i times arccos z, whichever has a real part that is not negative. */
static inline v_complex complex_arccosh(v_complex z) {
    v_complex r = complex_arccos(z);
    return complex_of(v_abs(r.im), v_copysign(r.re, z.im));
}

/* ---- arctanh and arctan --------------------------------------------------------------------- */

/* The real part of arctanh where (1 - x)^2 + y^2 is lost or overflows, x >= 0: at 1 it is half of
 * log(2 / y), for large z that of 1 / z. */
V_SLOW static v_f64 arctanh_far_re(v_f64 re, v_f64 x, v_f64 y) {
    v_f64 half = v_set(0.5), size = math_hypot(v_mul(x, half), v_mul(y, half));
    v_mask pole = v_and(v_eq(x, v_set(1.0)), v_lt(y, v_set(INVERSE_TINY)));
    v_mask far = v_or(v_lt(v_set(0x1p500), x), v_lt(v_set(0x1p500), y));
    v_f64 beside = v_mul(v_sub(v_set(EXP_LN2_HI), math_log(y)), half);
    v_f64 inverse = v_mul(v_div(v_div(x, size), size), v_set(0.25));
    inverse = v_select(v_or(is_infinite(x), is_infinite(y)), v_set(0.0), inverse);
    return v_select(pole, beside, v_select(far, inverse, re));
}

/* C99 G.6.2.3 where a part is infinite or no number. */
V_SLOW static v_complex arctanh_of_endless(v_complex z) {
    v_mask endless = v_or(is_infinite(z.re), is_infinite(z.im));
    v_f64 none = v_set(V_NAN), zero = v_set(0.0);
    v_f64 quarter = v_select(is_nan(z.im), none, v_set(TRIG_HALF_PI_1));
    return complex_of(v_select(v_or(endless, is_zero(z.re)), zero, none),
                      v_select(endless, quarter, none));
}

/* log(1 + 4 x / ((1 - x)^2 + y^2)) / 4 + i atan2(2 y, 1 - x^2 - y^2) / 2 (Kahan), in the first
 * quadrant. */
static inline v_complex complex_arctanh(v_complex z) {
    v_f64 x = v_abs(z.re), y = v_abs(z.im), one = v_set(1.0), zero = v_set(0.0);
    v_dw x2 = two_product(x, x), y2 = two_product(y, y), gap = two_sum(one, v_neg(x));
    v_dw under = dw_add(dw_mul(gap, gap), y2);
    v_f64 f = dw_round(sum_with_squares(one, dw_neg(x2), dw_neg(y2)));
    v_f64 quotient = dw_quotient(dw(v_mul(x, v_set(4.0)), zero), under);
    v_f64 re = v_mul(math_log1p(quotient), v_set(0.25));
    v_mask plain = v_and(v_lt(x, v_set(0x1p500)), v_lt(v_set(INVERSE_TINY), y));
    plain = v_and(plain, v_lt(y, v_set(0x1p500)));
    f = v_select(v_or(v_lt(v_set(0x1p500), x), v_lt(v_set(0x1p500), y)), v_set(-V_INFINITY), f);
    v_f64 twice = v_min(v_set(V_MOST_FINITE), v_add(y, y));
    v_f64 im = v_mul(math_arctan2(twice, f), v_set(0.5));
    v_complex r = complex_of(re, im);
    if (v_unlikely(!v_all(plain))) {
        r.re = v_select(plain, re, arctanh_far_re(re, x, y));
        v_mask finite = v_and(is_finite(z.re), is_finite(z.im));
        r = complex_select(finite, r, arctanh_of_endless(z));
    }
    return complex_of(v_copysign(r.re, z.re), v_copysign(r.im, z.im));
}

/* arctan z = -i arctanh(i z). */
static inline v_complex complex_arctan(v_complex z) {
    return complex_swap(complex_arctanh(complex_swap(z)));
}

#endif
