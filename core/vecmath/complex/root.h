/* SPDX-License-Identifier: MIT */
/*
 * The complex square root, in the vector vocabulary (core/vecmath/width1.h): sqrt((|z| + |x|) / 2)
 * is one part but for its sign, y by twice of it the other (Kahan, "Branch cuts for complex
 * elementary functions", 1987); here with |z| in double-word.
 */
#ifndef EVEX_VECMATH_COMPLEX_ROOT_H
#define EVEX_VECMATH_COMPLEX_ROOT_H

#include "core/vecmath/complex/parts.h"

/* sqrt(a^2 + b^2) and more bits; has_good_square of the larger. */
static inline v_dw complex_size(v_f64 a, v_f64 b) {
    v_dw a2 = two_product(a, a), b2 = two_product(b, b), s = two_sum(a2.hi, b2.hi);
    return sqrt_dw(s.hi, v_add(s.lo, v_add(a2.lo, b2.lo)));
}

/* The root of a + i b, a, b >= 0, that has_good_square is true of. */
static inline v_complex sqrt_of_quadrant(v_f64 a, v_f64 b) {
    v_dw size = complex_size(a, b), sum = two_sum(size.hi, a);
    v_dw root = dw_sqrt(dw_scaled(dw(sum.hi, v_add(sum.lo, size.lo)), 0.5));
    return complex_of(dw_round(root), dw_quotient(dw(b, v_set(0.0)), dw_scaled(root, 2.0)));
}

/* C99 G.6.4.2, for what has no size or none that can be squared. r is for |x| + i |y|, and so is
 * what comes out. */
static inline v_complex sqrt_fix(v_complex r, v_complex z) {
    v_f64 size = v_abs(z.re), nothing = v_set(0.0), endless = v_set(V_INFINITY);
    v_complex beside = complex_of(size, v_select(is_nan(z.im), z.im, nothing));
    r = complex_select(is_infinite(z.re), beside, r);
    r = complex_select(v_and(is_zero(z.re), is_zero(z.im)), complex_of(nothing, nothing), r);
    return complex_select(is_infinite(z.im), complex_of(endless, endless), r);
}

V_SLOW static v_complex sqrt_scaled(v_complex z) {
    v_f64 a = v_abs(z.re), b = v_abs(z.im);
    v_mask large = v_or(v_lt(v_set(1.0), a), v_lt(v_set(1.0), b));
    v_f64 factor = v_select(large, v_set(0x1p-600), v_set(0x1p600));
    v_f64 back = v_select(large, v_set(0x1p300), v_set(0x1p-300));
    v_complex r = sqrt_of_quadrant(v_mul(a, factor), v_mul(b, factor));
    return sqrt_fix(complex_of(v_mul(r.re, back), v_mul(r.im, back)), z);
}

static inline v_complex complex_sqrt(v_complex z) {
    v_f64 a = v_abs(z.re), b = v_abs(z.im);
    v_complex r = sqrt_of_quadrant(a, b);
    v_mask ordinary = v_and(has_good_square(v_max(a, b)), is_finite(v_add(a, b)));
    if (v_unlikely(!v_all(ordinary)))
        r = complex_select(ordinary, r, sqrt_scaled(z));
    r = complex_select(v_lt(z.re, v_set(0.0)), complex_swap(r), r);
    return complex_of(r.re, v_copysign(r.im, z.im));
}

#endif
