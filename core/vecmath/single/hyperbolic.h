/* SPDX-License-Identifier: MIT */
/*
 * sinh, cosh, tanh and their inverses in float32 (vocabulary: single/width1.h). Coefficients:
 * scripts/minimax_single.py, under the name that the comment gives.
 */
#ifndef EVEX_VECMATH_SINGLE_HYPERBOLIC_H
#define EVEX_VECMATH_SINGLE_HYPERBOLIC_H

#include "core/vecmath/single/exp.h"
#include "core/vecmath/single/float_word.h"
#include "core/vecmath/single/log.h"

/*
 * With x = n log 2 + r, n integral, and M, D = 2^(n-1) +- 2^(-n-1):
 * sinh x = M sinh r + D cosh r, cosh x = M cosh r + D sinh r. r = main + rest, main exact.
 */
typedef struct {
    s_fw sum, difference;
    s_f32 main, rest, r, r2;
} s_hyperbolic_parts;

/* Rounds to an integer, which the low bits of the sum then hold. */
#define S_HYPERBOLIC_ROUNDER 0x1.8p23f

static inline s_hyperbolic_parts s_hyperbolic_split(s_f32 size) {
    s_f32 rounded = s_fma(size, s_set(S_LOG2_E), s_set(S_HYPERBOLIC_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_HYPERBOLIC_ROUNDER));
    s_f32 main = s_fnma(n, s_set(S_LN2_HI), size), rest = s_mul(n, s_set(-S_LN2_LO));
    s_i32 field = s_shl(s_bits(rounded), 23), half = s_bits(s_set(0.5f));
    s_f32 rising = s_from_bits(s_add_i32(half, field)), r = s_add(main, rest);
    s_f32 falling = s_from_bits(s_sub_i32(half, field));
    return (s_hyperbolic_parts){
        .sum = fw_fast_two_sum(rising, falling),
        .difference = fw_fast_two_sum(rising, s_neg(falling)),
        .main = main,
        .rest = rest,
        .r = r,
        .r2 = s_mul(r, r),
    };
}

/* "sinh": sinh r = r + this, error 2^-34.3 of r. */
static inline s_f32 s_sinh_tail(s_hyperbolic_parts p) {
    s_f32 q = s_fma(p.r2, s_set(0x1.a2e33cp-13f), s_set(0x1.110fbep-7f));
    return s_mul(s_mul(p.r2, p.r), s_fma(p.r2, q, s_set(0x1.555556p-3f)));
}

/* "cosh": cosh r = 1 + this, error 2^-33.2. */
static inline s_f32 s_cosh_tail(s_hyperbolic_parts p) {
    s_f32 q = s_fma(p.r2, s_set(0x1.6d4f1p-10f), s_set(0x1.5554e6p-5f));
    return s_mul(p.r2, s_fma(p.r2, q, s_set(0.5f)));
}

/* e^x / 2 for x > 80 or NaN, which overflows a little later than e^x. */
static S_SLOW s_f32 s_half_exp(s_f32 x) {
    s_exp_parts e = s_exp_split(s_min(s_set(91.0f), x));
    s_f32 power = s_exp_power_of_fraction(e.rounded);
    return s_scale(s_fma(power, s_exp_fraction(e), power), s_sub(e.n, s_set(1.0f)));
}

static inline s_f32 single_sinh(s_f32 x) {
    s_f32 size = s_abs(x);
    s_hyperbolic_parts p = s_hyperbolic_split(size);
    s_f32 tail = s_add(s_sinh_tail(p), p.rest);
    s_f32 hi = s_fma(p.sum.hi, p.main, p.difference.hi);
    s_f32 lo = s_fma(p.sum.hi, p.main, s_sub(p.difference.hi, hi));
    lo = s_add(lo, s_fma(p.sum.lo, p.main, p.difference.lo));
    lo = s_fma(p.sum.hi, tail, s_fma(p.difference.hi, s_cosh_tail(p), lo));
    s_f32 y = s_add(hi, lo);
    s_mask special = s_is_beyond(x, S_EXP_NORMAL);
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_half_exp(size), y);
    return s_copysign(y, x);
}

static inline s_f32 single_cosh(s_f32 x) {
    s_f32 size = s_abs(x);
    s_hyperbolic_parts p = s_hyperbolic_split(size);
    s_f32 tail = s_add(s_sinh_tail(p), p.rest);
    s_f32 hi = s_fma(p.difference.hi, p.main, p.sum.hi);
    s_f32 lo = s_fma(p.difference.hi, p.main, s_sub(p.sum.hi, hi));
    lo = s_add(lo, p.sum.lo);
    lo = s_fma(p.difference.hi, tail, s_fma(p.sum.hi, s_cosh_tail(p), lo));
    s_f32 y = s_add(hi, lo);
    s_mask special = s_is_beyond(x, S_EXP_NORMAL);
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_half_exp(size), y);
    return y;
}

/* By a table of polynomials, one for each half of a binade of |x|; from 9.02 on it is 1. */
static inline s_f32 single_tanh(s_f32 x) {
    s_f32 size = s_min(s_set(9.02f), s_abs(x));
    s_i32 i = s_shr(s_bits(s_max(s_set(0x1.8p-5f), size)), 22);
    s_f32 t = s_sub(size, s_lookup16(single_tanh_table_centre, i));
    s_f32 p = s_lookup16(single_tanh_table_c7, i);
    p = s_fma(p, t, s_lookup16(single_tanh_table_c6, i));
    p = s_fma(p, t, s_lookup16(single_tanh_table_c5, i));
    p = s_fma(p, t, s_lookup16(single_tanh_table_c4, i));
    p = s_fma(p, t, s_lookup16(single_tanh_table_c3, i));
    p = s_fma(p, t, s_lookup16(single_tanh_table_c2, i));
    p = s_fma(p, t, s_lookup16(single_tanh_table_c1, i));
    s_mask first = s_lt(size, s_set(0x1p-4f));
    s_f32 value = s_select(first, t, s_lookup16(single_tanh_table_value, i));
    return s_copysign(s_fma(t, p, value), x);
}

/* ---- Inverses ------------------------------------------------------------------------------- */

/* Above it, x^2 +- 1 is x^2 and its square may overflow. */
#define S_INVERSE_LARGE 0x1p60f
/* Below it, odd functions with f'(0) = 1 return their argument. */
#define S_INVERSE_SMALL 0x1p-13f

/* log(2 x) for x > 1 */
static inline s_f32 s_log_of_double(s_f32 x) {
    s_log_parts parts = s_log_split(x);
    parts.e = s_add(parts.e, s_set(1.0f));
    return s_log_of(parts, x);
}

/* The root of a.hi + a.lo >= 0; of 0, the maximum keeps the remainder finite. */
static inline s_fw s_root(s_fw a) {
    s_f32 s = s_sqrt(a.hi);
    s_f32 remainder = s_add(s_fnma(s, s, a.hi), a.lo);
    s_f32 half = s_div(s_set(0.5f), s_max(s_set(0x1p-60f), s));
    return fw(s, s_mul(remainder, half));
}

static S_SLOW s_f32 s_arcsinh_slow(s_f32 size) {
    return s_select(s_lt(size, s_set(S_INFINITY)), s_log_of_double(size), size);
}

/* log(|x| + sqrt(x^2 + 1)) */
static inline s_f32 single_arcsinh(s_f32 x) {
    s_f32 size = s_abs(x);
    s_fw square = fw_two_product(size, size), a = fw_fast_two_sum(s_set(1.0f), square.hi);
    s_fw root = s_root(fw(a.hi, s_add(a.lo, square.lo)));
    s_fw sum = fw_fast_two_sum(root.hi, size);
    s_f32 y = fw_round(s_log_word(fw(sum.hi, s_add(sum.lo, root.lo))));
    y = s_select(s_lt(size, s_set(S_INVERSE_SMALL)), size, y);
    s_mask special = s_not(s_lt(size, s_set(S_INVERSE_LARGE)));
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_arcsinh_slow(size), y);
    return s_copysign(y, x);
}

static S_SLOW s_f32 s_arccosh_slow(s_f32 x) {
    s_f32 y = s_select(s_lt(x, s_set(S_INFINITY)), s_log_of_double(x), x);
    return s_select(s_lt(x, s_set(1.0f)), s_set(S_NAN), y);
}

/* log(x + sqrt(t^2 + 2 t)), t = x - 1 */
static inline s_f32 single_arccosh(s_f32 x) {
    s_f32 t = s_sub(x, s_set(1.0f)), twice = s_add(t, t), a = s_fma(t, t, twice);
    s_fw root = s_root(fw(a, s_fma(t, t, s_sub(twice, a))));
    s_fw sum = fw_fast_two_sum(x, root.hi);
    s_f32 y = fw_round(s_log_word(fw(sum.hi, s_add(sum.lo, root.lo))));
    s_mask special = s_not(s_and(s_le(s_set(1.0f), x), s_lt(x, s_set(S_INVERSE_LARGE))));
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_arccosh_slow(x), y);
    return y;
}

static S_SLOW s_f32 s_arctanh_slow(s_f32 size) {
    s_f32 y = s_select(s_eq(size, s_set(1.0f)), s_set(S_INFINITY), s_set(S_NAN));
    return s_select(s_ne(size, size), size, y);
}

/*
 * log(q) / 2, q = (1 + |x|) / (1 - |x|). q chooses e and i; then with s = inverse 2^-e,
 * 1 + r = s q, so r = (s - d + s |x|) / d, d = 1 - |x|. d, the numerator and the quotient are kept
 * in two parts.
 */
static inline s_f32 single_arctanh(s_f32 x) {
    s_f32 size = s_abs(x), one = s_set(1.0f), d = s_sub(one, size);
    s_f32 d_lo = s_sub(s_sub(one, d), size), reciprocal = s_div(one, d);
    s_log_parts parts = s_log_split(s_mul(s_add(one, size), reciprocal));
    s_f32 inverse = s_lookup8(single_log_table_inverse, parts.i);
    s_f32 s = s_from_bits(s_sub_i32(s_bits(inverse), parts.e_field)), less_d = s_sub(s, d);
    s_f32 n = s_fma(s, size, less_d);
    s_f32 n_lo = s_sub(s_fma(s, size, s_sub(less_d, n)), d_lo);
    s_f32 r = s_mul(n, reciprocal);
    s_f32 remainder = s_add(s_fnma(r, d, n), s_fnma(r, d_lo, n_lo));
    s_f32 r_lo = s_mul(remainder, reciprocal);
    s_fw sum = s_log_sum(parts, r);
    s_f32 y = s_add(sum.hi, s_add(sum.lo, s_fnma(r_lo, r, r_lo)));
    y = s_select(s_lt(size, s_set(S_INVERSE_SMALL)), size, s_mul(y, s_set(0.5f)));
    s_mask special = s_not(s_lt(size, one));
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_arctanh_slow(size), y);
    return s_copysign(y, x);
}

#endif
