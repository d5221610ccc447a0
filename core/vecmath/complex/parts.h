/* SPDX-License-Identifier: MIT */
/*
 * What the complex functions share, in the vector vocabulary (core/vecmath/width1.h): a complex
 * number as two lanes, double-words of sums that cancel, and scaling by powers of two that do not
 * depend on the instruction set. functions.h lists the functions.
 *
 * Errors are meant for |result| (docs/NUMERICS.md); most functions keep each part to a few ULP.
 */
#ifndef EVEX_VECMATH_COMPLEX_PARTS_H
#define EVEX_VECMATH_COMPLEX_PARTS_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/root.h"

typedef struct {
    v_f64 re, im;
} v_complex;

static inline v_complex complex_of(v_f64 re, v_f64 im) {
    return (v_complex){re, im};
}

/* i times the conjugate: many a function of i z is that of z, seen in this mirror. */
static inline v_complex complex_swap(v_complex z) {
    return (v_complex){z.im, z.re};
}

static inline v_complex complex_select(v_mask m, v_complex a, v_complex b) {
    return (v_complex){v_select(m, a.re, b.re), v_select(m, a.im, b.im)};
}

/* ---- Kinds of numbers ----------------------------------------------------------------------- */

static inline v_mask is_zero(v_f64 x) {
    return v_eq(x, v_set(0.0));
}
static inline v_mask is_nan(v_f64 x) {
    return v_ne(x, x);
}
static inline v_mask is_infinite(v_f64 x) {
    return v_eq(v_abs(x), v_set(V_INFINITY));
}
static inline v_mask is_finite(v_f64 x) {
    return v_lt(v_abs(x), v_set(V_INFINITY));
}
/* The sign bit, of zeros and NaN too. */
static inline v_mask is_signed(v_f64 x) {
    return v_lt_i64(v_bits(x), v_set_i64(0));
}

/* ---- Double-words --------------------------------------------------------------------------- */

/* dw_add, but for the sums' cancelling: exact as long as both parts cancel together. */
static inline v_dw dw_add_exactly(v_dw a, v_dw b) {
    v_dw s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
    s = fast_two_sum(s.hi, v_add(s.lo, t.hi));
    return fast_two_sum(s.hi, v_add(s.lo, t.lo));
}

static inline v_dw dw_scaled(v_dw a, double factor) {
    return dw(v_mul(a.hi, v_set(factor)), v_mul(a.lo, v_set(factor)));
}

/* a, negated where a.hi is negative. */
static inline v_dw dw_abs(v_dw a) {
    return dw_select(is_signed(a.hi), dw_neg(a), a);
}

/* a + b + c of squares b and c, or their negatives: what a sum of high parts loses is kept, so that
 * the error is below 2^-104 of what is left when the greater ones have cancelled. */
static inline v_dw sum_with_squares(v_f64 a, v_dw b, v_dw c) {
    v_dw s = two_sum(a, b.hi), t = two_sum(s.hi, c.hi);
    v_dw u = two_sum(t.hi, b.lo), w = two_sum(u.hi, c.lo);
    return two_sum(w.hi, v_add(v_add(s.lo, t.lo), v_add(u.lo, w.lo)));
}

/* sqrt(a), a >= 0, its second part good to 5 %. */
static inline v_dw dw_sqrt(v_dw a) {
    return sqrt_dw(a.hi, a.lo);
}

/* a / b rounded, b > 0: half an ULP and a hair. */
static inline v_f64 dw_quotient(v_dw a, v_dw b) {
    v_f64 q = v_div(a.hi, b.hi);
    v_f64 rest = v_add(v_fnma(q, b.hi, a.hi), v_fnma(q, b.lo, a.lo));
    return v_fma(rest, rough_reciprocal(b.hi), q);
}

/* ---- Scaling -------------------------------------------------------------------------------- */

/* 2^n for an integral n, |n| <= 1022. */
static inline v_f64 power_of_2(v_f64 n) {
    v_i64 biased = v_bits(v_add(n, v_set(0x1.8p52 + 1023.0)));
    return v_from_bits(v_shl(biased, 52));
}

/* y 2^n for an integral n, |n| <= 2040, in two multiplications: unlike v_scale, with the same bits
 * everywhere where the first of them underflows, too. */
static inline v_f64 scale_in_two(v_f64 y, v_f64 n) {
    v_f64 half = v_floor(v_mul(n, v_set(0.5)));
    return v_mul(v_mul(y, power_of_2(half)), power_of_2(v_sub(n, half)));
}

/* True where squares of numbers up to a, and their sum, neither overflow nor lose low parts that
 * count. */
static inline v_mask has_good_square(v_f64 a) {
    return v_and(v_lt(v_set(0x1p-450), a), v_lt(a, v_set(0x1p510)));
}

#endif
