/* SPDX-License-Identifier: MIT */
/*
 * Complex powers in the vector vocabulary (core/vecmath/width1.h): z^w = e^(w log z), logarithm and
 * product in double-word, since w log z may be a thousand times larger than its error may be;
 * integral exponents up to POWN_MOST by multiplications of double-words. What a power of 0 is, and
 * that integral exponents are products, follows NumPy.
 */
#ifndef EVEX_VECMATH_COMPLEX_POWER_H
#define EVEX_VECMATH_COMPLEX_POWER_H

#include "core/vecmath/complex/exp.h"
#include "core/vecmath/complex/log.h"
#include "core/vecmath/complex/parts.h"
#include "core/vecmath/power.h"

typedef struct {
    v_dw re, im;
} complex_dw;

/* ---- The logarithm in double-word ----------------------------------------------------------- */

/* math_arctan2 of a triangle that needs no atan2_prepare, with relative error 2^-61: all but the
 * series' second term and what follows is in double-word. */
static inline v_dw angle_dw(v_f64 y, v_f64 x) {
    v_f64 a = v_abs(y), b = v_abs(x);
    v_quad row = atan_row(v_div(a, b));
    v_dw over = dw_add(two_product(a, row.c1), dw_neg(two_product(b, row.c0)));
    v_dw under = dw_add(two_product(a, row.c0), two_product(b, row.c1));
    v_dw u = dw_div(over, under);
    v_dw near = dw_add(dw(row.c2, row.c3), fast_two_sum(u.hi, atan_tail(u, v_set(0.0))));
    v_dw opposite = dw_add(dw_set(2.0 * TRIG_HALF_PI_1, 2.0 * TRIG_HALF_PI_2), dw_neg(near));
    v_dw angle = dw_select(is_signed(x), opposite, near);
    return dw(trig_sign(angle.hi, v_bits(y)), trig_sign(angle.lo, v_bits(y)));
}

/* log z of a finite z other than 0. */
static inline complex_dw log_of_complex(v_complex z) {
    scaled_sides sides = sides_of(z);
    v_dw size = log_dw(log_reduce_dw(sum_of_squares(sides.a, sides.b), sides.e_shift));
    v_f64 x = z.re, y = z.im;
    v_mask plain = is_zero(sides.e_shift);
    if (v_unlikely(!v_all(plain))) {
        v_f64 factor = v_select(plain, v_set(1.0), hypot_factor(v_max(v_abs(x), v_abs(y))));
        x = v_mul(x, factor);
        y = v_mul(y, factor);
    }
    return (complex_dw){dw_scaled(size, 0.5), angle_dw(y, x)};
}

/* ---- Any exponent --------------------------------------------------------------------------- */

/* a b, for numbers that are so large that their low parts are none: no infinity less infinity. */
static inline v_dw power_product(v_dw a, v_f64 b) {
    v_dw p = dw_mul_f64(a, b);
    v_f64 plain = v_mul(a.hi, b);
    v_mask whole = v_lt(v_abs(plain), v_set(0x1p1000));
    return dw(v_select(whole, p.hi, plain), v_select(whole, p.lo, v_set(0.0)));
}

/* a + b likewise. */
static inline v_dw power_sum(v_dw a, v_dw b) {
    v_dw s = dw_add(a, b);
    v_f64 plain = v_add(a.hi, b.hi);
    v_mask whole = v_lt(v_abs(plain), v_set(0x1p1000));
    return dw(v_select(whole, s.hi, plain), v_select(whole, s.lo, v_set(0.0)));
}

static inline v_complex power_of_log(complex_dw l, v_complex w) {
    v_dw re = power_sum(power_product(l.re, w.re), dw_neg(power_product(l.im, w.im)));
    v_dw im = power_sum(power_product(l.im, w.re), power_product(l.re, w.im));
    return exp_of_dw(re, im);
}

static inline v_f64 product_or_zero(v_f64 a, v_f64 b) {
    return v_select(v_or(is_zero(a), is_zero(b)), v_set(0.0), v_mul(a, b));
}

/* 0 to any power, and powers of and with infinities and NaN: the latter by the plain formula, in
 * which a part that is 0 adds nothing. */
V_SLOW static v_complex power_fix(v_complex r, v_complex z, v_complex w) {
    v_f64 zero = v_set(0.0), one = v_set(1.0), none = v_set(V_NAN);
    v_mask real = is_zero(w.im), no_base = v_and(is_zero(z.re), is_zero(z.im));
    v_complex l = complex_log(z);
    v_f64 re = v_sub(product_or_zero(l.re, w.re), product_or_zero(l.im, w.im));
    v_f64 im = v_add(product_or_zero(l.im, w.re), product_or_zero(l.re, w.im));
    v_mask plain = v_and(has_log_size(z), v_and(is_finite(w.re), is_finite(w.im)));
    r = complex_select(plain, r, complex_exp(complex_of(re, im)));
    v_complex of_zero =
        complex_select(v_lt(zero, w.re), complex_of(zero, zero), complex_of(none, none));
    r = complex_select(no_base, of_zero, r);
    return complex_select(v_and(is_zero(w.re), real), complex_of(one, zero), r);
}

/* ---- Integral exponents --------------------------------------------------------------------- */

static inline complex_dw complex_dw_mul(complex_dw a, complex_dw b) {
    return (complex_dw){dw_add(dw_mul(a.re, b.re), dw_neg(dw_mul(a.im, b.im))),
                        dw_add(dw_mul(a.re, b.im), dw_mul(a.im, b.re))};
}

static inline complex_dw complex_dw_square(complex_dw a) {
    v_dw product = dw_mul(a.re, a.im);
    return (complex_dw){dw_add(dw_mul(a.re, a.re), dw_neg(dw_mul(a.im, a.im))),
                        dw_scaled(product, 2.0)};
}

static inline complex_dw complex_dw_select(v_mask m, complex_dw a, complex_dw b) {
    return (complex_dw){dw_select(m, a.re, b.re), dw_select(m, a.im, b.im)};
}

/* a^n, n integral in [0, POWN_MOST]. */
static inline complex_dw chain_of(complex_dw a, v_f64 n) {
    complex_dw r = {dw_set(1.0, 0.0), dw_set(0.0, 0.0)};
    while (v_any(v_lt(v_set(0.0), n))) {
        v_f64 half = v_floor(v_mul(n, v_set(0.5)));
        v_mask odd = v_ne(v_add(half, half), n);
        if (v_any(odd))
            r = complex_dw_select(odd, complex_dw_mul(r, a), r);
        n = half;
        if (v_any(v_lt(v_set(0.0), n)))
            a = complex_dw_select(v_lt(v_set(0.0), n), complex_dw_square(a), a);
    }
    return r;
}

/* 1 / a. */
static inline complex_dw complex_dw_inverse(complex_dw a) {
    v_dw size = dw_add(dw_mul(a.re, a.re), dw_mul(a.im, a.im));
    return (complex_dw){dw_div(a.re, size), dw_div(dw_neg(a.im), size)};
}

/* The exponent of a power of two that is at least half of a and at most a, a positive and finite.
 */
static inline v_f64 exponent_of(v_f64 a) {
    v_mask tiny = v_lt(a, v_set(V_LEAST_NORMAL));
    v_f64 normal = v_select(tiny, v_mul(a, v_set(0x1p100)), a);
    v_f64 biased = v_from_i64(v_shr(v_bits(normal), 52));
    return v_sub(biased, v_select(tiny, v_set(1123.0), v_set(1023.0)));
}

/* The sum of an exponent that only scale_in_two puts back is within these. */
static inline v_f64 limit_exponent(v_f64 n) {
    return v_clamp(n, -2040.0, 2040.0);
}

/* z^n of a finite z other than 0, n integral, |n| <= POWN_MOST: of z 2^-e, whose powers neither
 * overflow nor underflow. */
V_SLOW static v_complex power_by_chain(v_complex z, v_f64 n) {
    v_f64 e = exponent_of(v_max(v_abs(z.re), v_abs(z.im))), zero = v_set(0.0);
    complex_dw a = {dw(scale_in_two(z.re, v_neg(e)), zero), dw(scale_in_two(z.im, v_neg(e)), zero)};
    complex_dw r = chain_of(a, v_abs(n));
    v_mask falling = v_lt(n, zero);
    if (v_any(falling))
        r = complex_dw_select(falling, complex_dw_inverse(r), r);
    v_f64 scale = limit_exponent(v_mul(e, n));
    return complex_of(scale_in_two(dw_round(r.re), scale), scale_in_two(dw_round(r.im), scale));
}

/* ---- z^w ------------------------------------------------------------------------------------ */

static inline v_complex complex_pow(v_complex z, v_complex w) {
    v_mask plain = v_and(has_log_size(z), v_and(is_finite(w.re), is_finite(w.im)));
    v_mask whole = v_and(is_zero(w.im), v_eq(v_rint(w.re), w.re));
    whole = v_and(v_and(whole, plain), v_le(v_abs(w.re), v_set((double)POWN_MOST)));
    v_complex r = complex_of(v_set(V_NAN), v_set(V_NAN));
    if (v_any(v_not(whole)))
        r = power_of_log(log_of_complex(z), w);
    if (v_any(whole))
        r = complex_select(whole, power_by_chain(z, v_select(whole, w.re, v_set(0.0))), r);
    if (v_unlikely(!v_all(plain)))
        r = complex_select(plain, r, power_fix(r, z, w));
    return r;
}

#endif
