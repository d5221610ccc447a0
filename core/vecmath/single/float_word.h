/* SPDX-License-Identifier: MIT */
/*
 * What the float32 algorithms share: arithmetic on pairs of floats, and short polynomials, in the
 * vocabulary of single/width1.h. A float-word {hi, lo} stands for hi + lo with |lo| <= ulp(hi) / 2
 * or a little more: some 46 bits. core/vecmath/double_word.h, its model, names the methods.
 */
#ifndef EVEX_VECMATH_SINGLE_FLOAT_WORD_H
#define EVEX_VECMATH_SINGLE_FLOAT_WORD_H

#include <math.h>

#define S_LEAST_NORMAL 0x1p-126f
#define S_MOST_FINITE 0x1.fffffep127f
#define S_INFINITY ((float)INFINITY)
#define S_NAN ((float)NAN)

/* NaN stays NaN. */
static inline s_f32 s_clamp(s_f32 x, float least, float most) {
    return s_max(s_set(least), s_min(s_set(most), x));
}

typedef struct {
    s_f32 hi, lo;
} s_fw;

static inline s_fw fw(s_f32 hi, s_f32 lo) {
    return (s_fw){hi, lo};
}

/* a + b exactly, when |a| >= |b| or a is a multiple of ulp(b). */
static inline s_fw fw_fast_two_sum(s_f32 a, s_f32 b) {
    s_f32 s = s_add(a, b);
    return fw(s, s_add(s_sub(a, s), b));
}

/* a + b exactly. */
static inline s_fw fw_two_sum(s_f32 a, s_f32 b) {
    s_f32 s = s_add(a, b), of_b = s_sub(s, a);
    return fw(s, s_add(s_sub(a, s_sub(s, of_b)), s_sub(b, of_b)));
}

/* a * b exactly, unless it underflows. */
static inline s_fw fw_two_product(s_f32 a, s_f32 b) {
    s_f32 p = s_mul(a, b);
    return fw(p, s_fms(a, b, p));
}

static inline s_f32 fw_round(s_fw a) {
    return s_add(a.hi, a.lo);
}

/* ---- Polynomials: c0 + c1 x + ..., pairs first (Estrin), given x and x^2 ---- */

static inline s_f32 s_poly1(s_f32 x, float c0, float c1) {
    return s_fma(x, s_set(c1), s_set(c0));
}

static inline s_f32 s_poly2(s_f32 x, s_f32 x2, float c0, float c1, float c2) {
    return s_fma(x2, s_set(c2), s_poly1(x, c0, c1));
}

static inline s_f32 s_poly3(s_f32 x, s_f32 x2, float c0, float c1, float c2, float c3) {
    return s_fma(x2, s_poly1(x, c2, c3), s_poly1(x, c0, c1));
}

static inline s_f32 s_poly4(s_f32 x, s_f32 x2, float c0, float c1, float c2, float c3, float c4) {
    return s_fma(x2, s_poly2(x, x2, c2, c3, c4), s_poly1(x, c0, c1));
}

static inline s_f32 s_poly5(s_f32 x, s_f32 x2, float c0, float c1, float c2, float c3, float c4,
                            float c5) {
    return s_fma(x2, s_poly3(x, x2, c2, c3, c4, c5), s_poly1(x, c0, c1));
}

#endif
