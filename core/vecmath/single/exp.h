/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, exp10, expm1 in float32 (vocabulary: single/width1.h). All split their argument as
 * b^x = 2^n b^r with n a multiple of 1/8: 2^n comes from a table of 8 and the exponent's bits,
 * b^r - 1 from a polynomial. Coefficients: scripts/minimax_single.py, under the name that the
 * comment gives.
 */
#ifndef EVEX_VECMATH_SINGLE_EXP_H
#define EVEX_VECMATH_SINGLE_EXP_H

#include "core/vecmath/single/float_word.h"
#include "core/vecmath/tables.h"

/* Adding and subtracting it rounds to a multiple of 1/8; the low bits of the sum count them. */
#define S_EXP_ROUNDER 0x1.8p20f
/* log 2 in two floats, and 1 / log 2. n LN2_HI is cancelled exactly, see s_exp_split. */
#define S_LN2_HI 0x1.62e43p-1f
#define S_LN2_LO (-0x1.05c61p-29f)
#define S_LOG2_E 0x1.715476p0f
/* Where |x| is below it, e^x is a normal number. */
#define S_EXP_NORMAL 87.0f

/* An argument split: b^x = 2^n b^r; rounded is n + S_EXP_ROUNDER. */
typedef struct {
    s_f32 rounded, n, r;
} s_exp_parts;

/* |x| <= 110. x - n LN2_HI is exact: both are multiples of 2^-28, and it is below 2^-4.5. */
static inline s_exp_parts s_exp_split(s_f32 x) {
    s_f32 rounded = s_fma(x, s_set(S_LOG2_E), s_set(S_EXP_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_EXP_ROUNDER));
    s_f32 r = s_fnma(n, s_set(S_LN2_HI), x);
    return (s_exp_parts){rounded, n, s_fnma(n, s_set(S_LN2_LO), r)};
}

/* "exp": e^r = 1 + r + r^2 p(r), error 2^-32.5. */
static inline s_f32 s_exp_tail(s_f32 r, s_f32 r2) {
    return s_poly2(r, r2, 0x1p-1f, 0x1.555c76p-3f, 0x1.555a42p-5f);
}

/* b^r - 1 + LO, where 2^n (1 + LO) would be right but s_exp_power gives 2^n. */
static inline s_f32 s_exp_fraction(s_exp_parts e) {
    s_f32 r2 = s_mul(e.r, e.r);
    return s_fma(r2, s_exp_tail(e.r, r2),
                 s_add(e.r, s_lookup8(single_exp_table_lo, s_bits(e.rounded))));
}

/* 2^n but for the table's LO; it must be a normal number. */
static inline s_f32 s_exp_power(s_f32 rounded) {
    s_i32 i = s_bits(rounded);
    return s_from_bits(s_add_i32(s_bits(s_lookup8(single_exp_table_base, i)), s_shl(i, 20)));
}

/* 2^(n - floor n), as s_exp_power. */
static inline s_f32 s_exp_power_of_fraction(s_f32 rounded) {
    return s_exp_power(s_from_bits(s_and_i32(s_bits(rounded), s_set_i32(7))));
}

/* 2^floor(n) (hi + lo), hi being their sum rounded, rounded once, also to a subnormal number: what
 * the scaling's rounding left is rounded there, too. |n| <= 180. */
static inline s_f32 s_scale_sum(s_f32 hi, s_f32 lo, s_f32 n) {
    s_f32 y = s_scale(hi, n);
    s_f32 left = s_add(s_sub(hi, s_scale(y, s_neg(s_floor(n)))), lo);
    return s_select(s_lt(n, s_set(-125.0f)), s_add(y, s_scale(left, n)), y);
}

/* b^x = 2^n (1 + fraction) for any result; a normal one as s_exp_finish_normal gives it. */
static inline s_f32 s_exp_finish(s_exp_parts e, s_f32 fraction) {
    s_f32 power = s_exp_power_of_fraction(e.rounded), hi = s_fma(power, fraction, power);
    return s_scale_sum(hi, s_fma(power, fraction, s_sub(power, hi)), e.n);
}

static inline s_f32 s_exp_finish_normal(s_exp_parts e, s_f32 fraction) {
    s_f32 power = s_exp_power(e.rounded);
    return s_fma(power, fraction, power);
}

/* Any x; beyond the limits e^x is 0 or infinite. */
static S_SLOW s_f32 s_exp_slow(s_f32 x) {
    s_exp_parts e = s_exp_split(s_clamp(x, -105.0f, 89.0f));
    return s_exp_finish(e, s_exp_fraction(e));
}

static inline s_mask s_is_beyond(s_f32 x, float limit) {
    return s_not(s_lt(s_abs(x), s_set(limit)));
}

static inline s_f32 single_exp(s_f32 x) {
    s_exp_parts e = s_exp_split(x);
    s_f32 y = s_exp_finish_normal(e, s_exp_fraction(e));
    s_mask special = s_is_beyond(x, S_EXP_NORMAL);
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_exp_slow(x), y);
    return y;
}

/* x - n is exact. */
static inline s_exp_parts s_exp2_split(s_f32 x) {
    s_f32 rounded = s_add(x, s_set(S_EXP_ROUNDER)), n = s_sub(rounded, s_set(S_EXP_ROUNDER));
    return (s_exp_parts){rounded, n, s_sub(x, n)};
}

/* "exp2": 2^r = 1 + r p(r), error 2^-32.2. */
static inline s_f32 s_exp2_fraction(s_exp_parts e) {
    s_f32 p =
        s_poly3(e.r, s_mul(e.r, e.r), 0x1.62e43p-1f, 0x1.ebfbep-3f, 0x1.c6b8ccp-5f, 0x1.3b2c06p-7f);
    return s_fma(e.r, p, s_lookup8(single_exp_table_lo, s_bits(e.rounded)));
}

static S_SLOW s_f32 s_exp2_slow(s_f32 x) {
    s_exp_parts e = s_exp2_split(s_clamp(x, -152.0f, 129.0f));
    return s_exp_finish(e, s_exp2_fraction(e));
}

static inline s_f32 single_exp2(s_f32 x) {
    s_exp_parts e = s_exp2_split(x);
    s_f32 y = s_exp_finish_normal(e, s_exp2_fraction(e));
    s_mask special = s_is_beyond(x, 125.0f);
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_exp2_slow(x), y);
    return y;
}

/* The constants: log2(10), and log10(2) in two floats; exact as s_exp_split. */
static inline s_exp_parts s_exp10_split(s_f32 x) {
    s_f32 rounded = s_fma(x, s_set(0x1.a934fp1f), s_set(S_EXP_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_EXP_ROUNDER));
    s_f32 r = s_fnma(n, s_set(0x1.344136p-2f), x);
    return (s_exp_parts){rounded, n, s_fnma(n, s_set(-0x1.ec10cp-27f), r)};
}

/* "exp10": 10^r = 1 + r p(r), error 2^-31.4. */
static inline s_f32 s_exp10_fraction(s_exp_parts e) {
    s_f32 p = s_poly3(e.r, s_mul(e.r, e.r), 0x1.26bb1cp+1f, 0x1.53524cp+1f, 0x1.047214p+1f,
                      0x1.2bf1a4p+0f);
    return s_fma(e.r, p, s_lookup8(single_exp_table_lo, s_bits(e.rounded)));
}

static S_SLOW s_f32 s_exp10_slow(s_f32 x) {
    s_exp_parts e = s_exp10_split(s_clamp(x, -46.0f, 39.0f));
    return s_exp_finish(e, s_exp10_fraction(e));
}

static inline s_f32 single_exp10(s_f32 x) {
    s_exp_parts e = s_exp10_split(x);
    s_f32 y = s_exp_finish_normal(e, s_exp10_fraction(e));
    s_mask special = s_is_beyond(x, 37.5f);
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_exp10_slow(x), y);
    return y;
}

/*
 * e^x - 1 = (P - 1) + P main + P (rest + r^2 p(r)) of an argument split, with P = 2^n (1 + LO):
 * main is exact, rest brings LO and the end of log 2. power - 1 is `less_one` and `less_one_lo`,
 * and what the first two sum up to is hi, with what that lost in lo.
 */
static inline s_fw s_expm1_sum(s_exp_parts e, s_f32 power, s_f32 less_one, s_f32 less_one_lo) {
    s_f32 r2 = s_mul(e.r, e.r), lo = s_lookup8(single_exp_table_lo, s_bits(e.rounded));
    s_f32 rest = s_fma(e.n, s_set(-S_LN2_LO), lo);
    s_f32 hi = s_fma(power, e.r, less_one);
    s_f32 lost = s_add(s_fma(power, e.r, s_sub(less_one, hi)), less_one_lo);
    return fw(hi, s_fma(power, s_fma(r2, s_exp_tail(e.r, r2), rest), lost));
}

/* As s_exp_split, but r without the end of log 2. */
static inline s_exp_parts s_expm1_split(s_f32 x) {
    s_f32 rounded = s_fma(x, s_set(S_LOG2_E), s_set(S_EXP_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_EXP_ROUNDER));
    return (s_exp_parts){rounded, n, s_fnma(n, s_set(S_LN2_HI), x)};
}

/* From it on, 2^n - 1 is no sum of two floats, but 2^n that much greater that the rounding of their
 * difference does not count. */
#define S_EXPM1_MOST 16.5f

static S_SLOW s_f32 s_expm1_slow(s_f32 x) {
    s_exp_parts e = s_exp_split(s_clamp(x, 0.0f, 89.0f));
    s_f32 power = s_exp_power_of_fraction(e.rounded), n = s_floor(e.n);
    s_f32 one = s_scale(s_set(1.0f), s_neg(n));
    s_f32 y = s_add(power, s_fms(power, s_exp_fraction(e), one));
    return s_select(s_lt(x, s_set(0.0f)), s_set(-1.0f), s_scale(y, n));
}

static inline s_f32 single_expm1(s_f32 x) {
    s_exp_parts e = s_expm1_split(x);
    s_f32 power = s_exp_power(e.rounded);
    s_fw less_one = fw_fast_two_sum(s_set(-1.0f), power);
    s_f32 y = fw_round(s_expm1_sum(e, power, less_one.hi, less_one.lo));
    y = s_copysign(y, x);
    s_mask special = s_not(s_and(s_lt(s_set(-S_EXP_NORMAL), x), s_lt(x, s_set(S_EXPM1_MOST))));
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_expm1_slow(x), y);
    return y;
}

#endif
