/* SPDX-License-Identifier: MIT */
/*
 * What the algorithms share: double-word arithmetic and short polynomials, in the vector vocabulary
 * (width1.h). A double-word {hi, lo} stands for hi + lo with |lo| <= ulp(hi) / 2 or a little more:
 * some 104 bits. Methods: Dekker 1971, Knuth's TwoSum; with FMA as in Joldes, Muller, Popescu,
 * "Tight and rigorous error bounds for basic building blocks of double-word arithmetic", ACM TOMS
 * 44 (2017).
 */
#ifndef EVEX_VECMATH_DOUBLE_WORD_H
#define EVEX_VECMATH_DOUBLE_WORD_H

#include <math.h>

#define V_LEAST_NORMAL 0x1p-1022
#define V_MOST_FINITE 0x1.fffffffffffffp1023
#define V_INFINITY ((double)INFINITY)
#define V_NAN ((double)NAN)

/* NaN stays NaN. */
static inline v_f64 v_clamp(v_f64 x, double least, double most) {
    return v_max(v_set(least), v_min(v_set(most), x));
}

typedef struct {
    v_f64 hi, lo;
} v_dw;

static inline v_dw dw(v_f64 hi, v_f64 lo) {
    return (v_dw){hi, lo};
}
static inline v_dw dw_set(double hi, double lo) {
    return (v_dw){v_set(hi), v_set(lo)};
}

/* a + b exactly, when |a| >= |b| or a is a multiple of ulp(b). */
static inline v_dw fast_two_sum(v_f64 a, v_f64 b) {
    v_f64 s = v_add(a, b);
    return dw(s, v_add(v_sub(a, s), b));
}

/* a + b exactly. */
static inline v_dw two_sum(v_f64 a, v_f64 b) {
    v_f64 s = v_add(a, b), of_b = v_sub(s, a);
    return dw(s, v_add(v_sub(a, v_sub(s, of_b)), v_sub(b, of_b)));
}

/* a * b exactly, unless it underflows. */
static inline v_dw two_product(v_f64 a, v_f64 b) {
    v_f64 p = v_mul(a, b);
    return dw(p, v_fms(a, b, p));
}

static inline v_f64 dw_round(v_dw a) {
    return v_add(a.hi, a.lo);
}
static inline v_dw dw_neg(v_dw a) {
    return dw(v_neg(a.hi), v_neg(a.lo));
}

static inline v_dw dw_select(v_mask m, v_dw a, v_dw b) {
    return dw(v_select(m, a.hi, b.hi), v_select(m, a.lo, b.lo));
}

static inline v_dw dw_add(v_dw a, v_dw b) {
    v_dw s = two_sum(a.hi, b.hi);
    return fast_two_sum(s.hi, v_add(s.lo, v_add(a.lo, b.lo)));
}

static inline v_dw dw_add_f64(v_dw a, v_f64 b) {
    v_dw s = two_sum(a.hi, b);
    return fast_two_sum(s.hi, v_add(s.lo, a.lo));
}

static inline v_dw dw_mul(v_dw a, v_dw b) {
    v_dw p = two_product(a.hi, b.hi);
    return fast_two_sum(p.hi, v_add(p.lo, v_fma(a.hi, b.lo, v_mul(a.lo, b.hi))));
}

static inline v_dw dw_mul_f64(v_dw a, v_f64 b) {
    v_dw p = two_product(a.hi, b);
    return fast_two_sum(p.hi, v_fma(a.lo, b, p.lo));
}

/* One division: the quotient's error comes from the remainder, times the same reciprocal. */
static inline v_dw dw_div(v_dw a, v_dw b) {
    v_f64 reciprocal = v_div(v_set(1.0), b.hi), q = v_mul(a.hi, reciprocal);
    v_f64 remainder = v_add(v_fnma(q, b.hi, a.hi), v_fnma(q, b.lo, a.lo));
    return fast_two_sum(q, v_mul(remainder, reciprocal));
}

/* ---- Polynomials: c0 + c1 x + ..., pairs first (Estrin), given x and x^2 ---- */

static inline v_f64 poly1(v_f64 x, double c0, double c1) {
    return v_fma(x, v_set(c1), v_set(c0));
}

static inline v_f64 poly2(v_f64 x, v_f64 x2, double c0, double c1, double c2) {
    return v_fma(x2, v_set(c2), poly1(x, c0, c1));
}

static inline v_f64 poly3(v_f64 x, v_f64 x2, double c0, double c1, double c2, double c3) {
    return v_fma(x2, poly1(x, c2, c3), poly1(x, c0, c1));
}

static inline v_f64 poly4(v_f64 x, v_f64 x2, double c0, double c1, double c2, double c3,
                          double c4) {
    return v_fma(x2, poly2(x, x2, c2, c3, c4), poly1(x, c0, c1));
}

static inline v_f64 poly5(v_f64 x, v_f64 x2, double c0, double c1, double c2, double c3, double c4,
                          double c5) {
    return v_fma(x2, poly3(x, x2, c2, c3, c4, c5), poly1(x, c0, c1));
}

#endif
