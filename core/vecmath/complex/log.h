/* SPDX-License-Identifier: MIT */
/*
 * log, log2, log10, log1p of complex numbers in the vector vocabulary (core/vecmath/width1.h): half
 * the logarithm of x^2 + y^2 and the angle. The sum is a double-word 1 + u where it is near 1, u
 * being exact to beyond 2^-104, so that the real part is accurate around the unit circle, too.
 */
#ifndef EVEX_VECMATH_COMPLEX_LOG_H
#define EVEX_VECMATH_COMPLEX_LOG_H

#include "core/vecmath/complex/parts.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"

/* 1 + u, u being a double-word whose low part counts beside a sum of 1. */
static inline v_dw one_and(v_dw u) {
    v_dw s = two_sum(v_set(1.0), u.hi);
    return dw(s.hi, v_add(s.lo, u.lo));
}

/* a^2 + b^2, a >= b >= 0; a is what has_good_square says. */
static inline v_dw sum_of_squares(v_f64 a, v_f64 b) {
    v_dw a2 = two_product(a, a), b2 = two_product(b, b);
    v_mask near = v_and(v_le(v_set(0.5), a2.hi), v_le(a2.hi, v_set(2.0)));
    v_dw u = sum_with_squares(v_select(near, v_set(-1.0), v_set(0.0)), a2, b2);
    return dw_select(near, one_and(u), u);
}

/* The larger and the smaller part, scaled so that has_good_square is true; e_shift is the power of
 * two to put back into the sum of squares. */
typedef struct {
    v_f64 a, b, e_shift;
} scaled_sides;

static inline scaled_sides sides_of(v_complex z) {
    v_f64 x = v_abs(z.re), y = v_abs(z.im), a = v_max(x, y), b = v_min(y, x);
    v_mask ordinary = has_good_square(a);
    scaled_sides s = {a, b, v_set(0.0)};
    if (v_unlikely(!v_all(ordinary))) {
        v_f64 factor = v_select(ordinary, v_set(1.0), hypot_factor(a));
        v_f64 shift = v_select(v_lt(v_set(1.0), a), v_set(1200.0), v_set(-1200.0));
        s.a = v_mul(a, factor);
        s.b = v_mul(b, factor);
        s.e_shift = v_select(ordinary, v_set(0.0), shift);
    }
    return s;
}

/* log |z|, where y is that for numbers other than 0. */
V_SLOW static v_f64 log_size_fix(v_f64 y, v_complex z) {
    v_mask endless = v_or(is_infinite(z.re), is_infinite(z.im));
    y = v_select(v_or(is_nan(z.re), is_nan(z.im)), v_add(z.re, z.im), y);
    y = v_select(v_and(is_zero(z.re), is_zero(z.im)), v_set(-V_INFINITY), y);
    return v_select(endless, v_set(V_INFINITY), y);
}

/* True where |z| is finite and not 0. */
static inline v_mask has_log_size(v_complex z) {
    v_f64 sum = v_add(v_abs(z.re), v_abs(z.im));
    return v_and(v_lt(v_set(0.0), sum), v_lt(sum, v_set(V_INFINITY)));
}

/* |z|^2, split for the logarithm to the table's base, and what its low part adds to the natural
 * logarithm: a quotient times 1 - r, as in log_of_dw. */
static inline log_split split_size(v_complex z, const v_quads *table, v_f64 *added) {
    scaled_sides sides = sides_of(z);
    v_dw x = sum_of_squares(sides.a, sides.b);
    log_split s = log_split_shifted(x.hi, sides.e_shift, table);
    v_f64 q = log_quotient(s, x.lo);
    *added = v_fnma(s.r, q, q);
    return s;
}

/* Half of y, the logarithm of |z|^2, or what there is instead. */
static inline v_f64 log_size_from(v_f64 y, v_complex z) {
    v_mask plain = has_log_size(z);
    y = v_mul(y, v_set(0.5));
    if (v_unlikely(!v_all(plain)))
        y = v_select(plain, y, log_size_fix(y, z));
    return y;
}

/* log |z|. */
static inline v_f64 log_size(v_complex z) {
    v_f64 added;
    log_parts parts = log_parts_of(split_size(z, log_quads, &added));
    v_f64 r = parts.r, r2 = v_mul(r, r);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 rest = v_add(sum.lo, v_fma(r2, log_tail(r, r2), parts.e_log.lo));
    return log_size_from(v_add(sum.hi, v_add(rest, added)), z);
}

static inline v_complex complex_log(v_complex z) {
    return complex_of(log_size(z), math_arctan2(z.im, z.re));
}

/* An angle by a double-word factor. */
static inline v_f64 angle_by(v_complex z, double hi, double lo) {
    v_f64 angle = math_arctan2(z.im, z.re);
    return v_fma(angle, v_set(hi), v_mul(angle, v_set(lo)));
}

/* Over log 2. */
static inline v_complex complex_log2(v_complex z) {
    v_f64 added, y = log2_of(split_size(z, log2_quads, &added));
    y = v_fma(added, v_set(0x1.71547652b82fep+0), y);
    return complex_of(log_size_from(y, z),
                      angle_by(z, 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56));
}

/* Over log 10. */
static inline v_complex complex_log10(v_complex z) {
    v_f64 added, y = log10_of(split_size(z, log10_quads, &added));
    y = v_fma(added, v_set(0x1.bcb7b1526e50ep-2), y);
    return complex_of(log_size_from(y, z),
                      angle_by(z, 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57));
}

/* Around 0 the logarithm of 1 + (2 x + x^2 + y^2), the sum in parentheses to beyond 2^-104. Where
 * it is not near 0, |1 + z| is as good. */
static inline v_complex complex_log1p(v_complex z) {
    v_f64 one = v_set(1.0), zero = v_set(0.0);
    v_complex sum = complex_of(v_add(z.re, one), z.im);
    v_mask near = v_and(v_lt(v_abs(z.re), v_set(0.5)), v_lt(v_abs(z.im), one));
    v_f64 x = v_select(near, z.re, zero), y = v_select(near, z.im, zero);
    v_dw u = sum_with_squares(v_add(x, x), two_product(x, x), two_product(y, y));
    v_f64 small = v_mul(log_of_dw(one_and(u), 1), v_set(0.5)), angle = math_arctan2(sum.im, sum.re);
    v_f64 re = v_select(near, small, log_size(sum));
    return complex_of(v_select(v_and(is_zero(z.re), is_zero(z.im)), z.re, re), angle);
}

#endif
