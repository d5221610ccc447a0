/* SPDX-License-Identifier: MIT */
/*
 * log, log2, log10, log1p, logaddexp in float32 (vocabulary: single/width1.h), as
 * core/vecmath/log.h, with a table of 8: x = 2^e z, r = z inverse - 1 is exact, and
 * log x = e log 2 - log inverse + log(1 + r). Coefficients: scripts/minimax_single.py, under the
 * name that the comment gives.
 */
#ifndef EVEX_VECMATH_SINGLE_LOG_H
#define EVEX_VECMATH_SINGLE_LOG_H

#include "core/vecmath/single/exp.h"
#include "core/vecmath/single/float_word.h"
#include "core/vecmath/tables.h"

/* log 2 and log10 2 in two floats; of the first's multiples up to 2^8, sums with the table's HI are
 * exact. */
#define S_LOG_LN2_HI 0x1.62e4p-1f
#define S_LOG_LN2_LO 0x1.7f7d1cp-20f
#define S_LOG_LOG10_2_HI 0x1.344p-2f
#define S_LOG_LOG10_2_LO 0x1.3509f8p-18f

/* x = 2^e z; i is the table's index, and e_field e as the bits of an exponent. */
typedef struct {
    s_i32 i, e_field;
    s_f32 e;
} s_log_parts;

static inline s_log_parts s_log_split(s_f32 x) {
    s_i32 offset = s_sub_i32(s_bits(x), s_set_i32(SINGLE_LOG_OFFSET));
    return (s_log_parts){
        .i = s_shr(offset, 20),
        .e_field = s_and_i32(offset, s_set_i32((int32_t)0xff800000)),
        .e = s_from_i32(s_shr_signed(offset, 23)),
    };
}

/* z inverse - 1, exact. */
static inline s_f32 s_log_remainder(s_log_parts parts, s_f32 x) {
    s_f32 z = s_from_bits(s_sub_i32(s_bits(x), parts.e_field));
    return s_fms(z, s_lookup8(single_log_table_inverse, parts.i), s_set(1.0f));
}

/* True where x is not a positive normal number: the addition makes of those the integers from 2^24
 * on, of zeros, subnormals and NaN smaller or negative ones. */
static inline s_mask s_log_is_special(s_f32 x) {
    s_i32 shifted = s_add_i32(s_bits(x), s_set_i32(0x00800000));
    return s_lt_i32(shifted, s_set_i32(0x01000000));
}

/* The results that are no logarithms: of 0, negative numbers, infinity and NaN. */
static inline s_f32 s_log_fix(s_f32 y, s_f32 x) {
    y = s_select(s_eq(x, s_set(0.0f)), s_set(-S_INFINITY), y);
    y = s_select(s_lt(x, s_set(0.0f)), s_set(S_NAN), y);
    return s_select(s_lt(x, s_set(S_INFINITY)), y, x);
}

/* e log 2 - log inverse + log(1 + r). "log": log(1 + r) = r + r^2 p(r), error 2^-31.7. */
static inline s_fw s_log_sum(s_log_parts parts, s_f32 r) {
    s_f32 hi = s_fma(parts.e, s_set(S_LOG_LN2_HI), s_lookup8(single_log_table_hi, parts.i));
    s_f32 lo = s_fma(parts.e, s_set(S_LOG_LN2_LO), s_lookup8(single_log_table_lo, parts.i));
    s_f32 r2 = s_mul(r, r);
    s_f32 p =
        s_poly4(r, r2, -0x1p-1f, 0x1.55551cp-2f, -0x1.ffff6ap-3f, 0x1.9b1f0cp-3f, -0x1.56e554p-3f);
    s_fw sum = fw_fast_two_sum(hi, r);
    return fw(sum.hi, s_add(sum.lo, s_fma(r2, p, lo)));
}

static inline s_f32 s_log_of(s_log_parts parts, s_f32 x) {
    return fw_round(s_log_sum(parts, s_log_remainder(parts, x)));
}

/* The split of a subnormal number, too, where *scaled is not x. */
static inline s_log_parts s_log_split_any(s_f32 x, s_f32 *scaled) {
    s_mask subnormal = s_lt(x, s_set(S_LEAST_NORMAL));
    *scaled = s_select(subnormal, s_mul(x, s_set(0x1p24f)), x);
    s_log_parts parts = s_log_split(*scaled);
    parts.e = s_add(parts.e, s_select(subnormal, s_set(-24.0f), s_set(0.0f)));
    return parts;
}

static S_SLOW s_f32 s_log_slow(s_f32 x) {
    s_f32 scaled;
    s_log_parts parts = s_log_split_any(x, &scaled);
    return s_log_fix(s_log_of(parts, scaled), x);
}

static inline s_f32 single_log(s_f32 x) {
    s_f32 y = s_log_of(s_log_split(x), x);
    if (v_unlikely(s_any(s_log_is_special(x))))
        y = s_log_slow(x);
    return y;
}

/* e - log2 inverse + r / log 2 + r^2 p(r), "log2", error 2^-30.7; 1 / log 2 in two floats. */
static inline s_f32 s_log2_of(s_log_parts parts, s_f32 x) {
    s_f32 hi = s_add(parts.e, s_lookup8(single_log_table_hi2, parts.i));
    s_f32 r = s_log_remainder(parts, x), r2 = s_mul(r, r);
    s_f32 p = s_poly4(r, r2, -0x1.715476p-1f, 0x1.ec703ap-2f, -0x1.715834p-2f, 0x1.28a7eep-2f,
                      -0x1.e638d8p-3f);
    s_f32 small = s_fma(r2, p, s_lookup8(single_log_table_lo2, parts.i));
    s_f32 factor = s_set(0x1.715476p+0f), product = s_mul(r, factor);
    small = s_fma(r, s_set(0x1.4ae0cp-26f), small);
    s_fw sum = fw_fast_two_sum(hi, product);
    return s_add(sum.hi, s_add(s_add(sum.lo, s_fms(r, factor, product)), small));
}

static S_SLOW s_f32 s_log2_slow(s_f32 x) {
    s_f32 scaled;
    s_log_parts parts = s_log_split_any(x, &scaled);
    return s_log_fix(s_log2_of(parts, scaled), x);
}

static inline s_f32 single_log2(s_f32 x) {
    s_f32 y = s_log2_of(s_log_split(x), x);
    if (v_unlikely(s_any(s_log_is_special(x))))
        y = s_log2_slow(x);
    return y;
}

/* The same with "log10", error 2^-32.3. Here 1 / log 10 is so small that the first sum's remainder
 * is exact without the product's. */
static inline s_f32 s_log10_of(s_log_parts parts, s_f32 x) {
    s_f32 hi = s_fma(parts.e, s_set(S_LOG_LOG10_2_HI), s_lookup8(single_log_table_hi10, parts.i));
    s_f32 lo = s_fma(parts.e, s_set(S_LOG_LOG10_2_LO), s_lookup8(single_log_table_lo10, parts.i));
    s_f32 r = s_log_remainder(parts, x), r2 = s_mul(r, r);
    s_f32 p = s_poly4(r, r2, -0x1.bcb7b2p-3f, 0x1.287a38p-3f, -0x1.bcafap-4f, 0x1.653becp-4f,
                      -0x1.312be6p-4f);
    s_f32 factor = s_set(0x1.bcb7b2p-2f), sum = s_fma(r, factor, hi);
    s_f32 sum_lo = s_fma(r, factor, s_sub(hi, sum));
    return s_add(sum, s_add(sum_lo, s_fma(r, s_set(-0x1.5b235ep-27f), s_fma(r2, p, lo))));
}

static S_SLOW s_f32 s_log10_slow(s_f32 x) {
    s_f32 scaled;
    s_log_parts parts = s_log_split_any(x, &scaled);
    return s_log_fix(s_log10_of(parts, scaled), x);
}

static inline s_f32 single_log10(s_f32 x) {
    s_f32 y = s_log10_of(s_log_split(x), x);
    if (v_unlikely(s_any(s_log_is_special(x))))
        y = s_log10_slow(x);
    return y;
}

/* The limits between which log(1 + x) needs no care. */
#define S_LOG1P_LEAST -0x1.fffffep-1f
#define S_LOG1P_MOST 0x1p60f

/* log(a.hi + a.lo), a.hi normal: a.lo is a change of r by lo inverse 2^-e. */
static inline s_fw s_log_word(s_fw a) {
    s_log_parts parts = s_log_split(a.hi);
    s_f32 inverse = s_lookup8(single_log_table_inverse, parts.i);
    s_f32 z = s_from_bits(s_sub_i32(s_bits(a.hi), parts.e_field));
    s_f32 r = s_fms(z, inverse, s_set(1.0f));
    s_f32 change = s_mul(a.lo, s_from_bits(s_sub_i32(s_bits(inverse), parts.e_field)));
    s_fw sum = s_log_sum(parts, r);
    return fw(sum.hi, s_add(sum.lo, s_fnma(change, r, change)));
}

/* 1 + x as a sum. What the rounding left, x - (hi - 1), is exact up to 2^24 and does not count from
 * there on. */
static inline s_fw s_one_plus(s_f32 x) {
    s_f32 u = s_add(s_set(1.0f), x);
    return fw(u, s_sub(x, s_sub(u, s_set(1.0f))));
}

/* Beyond the limits 1 + x is x to within its rounding, or log's argument is no positive number. */
static S_SLOW s_f32 s_log1p_slow(s_f32 x) {
    return s_log_slow(s_add(s_set(1.0f), x));
}

static inline s_f32 single_log1p(s_f32 x) {
    s_f32 y = s_copysign(fw_round(s_log_word(s_one_plus(x))), x);
    s_mask special = s_not(s_and(s_le(s_set(S_LOG1P_LEAST), x), s_le(x, s_set(S_LOG1P_MOST))));
    if (v_unlikely(s_any(special)))
        y = s_select(special, s_log1p_slow(x), y);
    return y;
}

/* Any operands; r is the result for ordinary ones. */
static S_SLOW s_f32 s_logaddexp_fix(s_f32 r, s_f32 x, s_f32 y) {
    s_mask swapped = s_lt(x, y);
    s_f32 most = s_select(swapped, y, x), least = s_select(swapped, x, y);
    s_mask infinite = s_or(s_eq(s_abs(most), s_set(S_INFINITY)), s_eq(least, s_set(-S_INFINITY)));
    s_f32 d = s_sub(least, most);
    r = s_select(s_lt(d, s_set(-S_EXP_NORMAL)), s_add(most, s_exp_slow(d)), r);
    r = s_select(infinite, most, r);
    return s_select(s_or(s_ne(x, x), s_ne(y, y)), s_add(x, y), r);
}

/* max + log(1 + e^d), d = min - max. From -87 on, e^d does not count but beside a tiny maximum. */
static inline s_f32 single_logaddexp(s_f32 x, s_f32 y) {
    s_mask swapped = s_lt(x, y);
    s_f32 most = s_select(swapped, y, x), least = s_select(swapped, x, y), d = s_sub(least, most);
    s_exp_parts e = s_exp_split(s_max(s_set(-S_EXP_NORMAL), d));
    s_f32 fraction = s_exp_fraction(e), power = s_exp_power(e.rounded);
    s_f32 w = s_fma(power, fraction, power), w_lo = s_fma(power, fraction, s_sub(power, w));
    s_fw one_more = s_one_plus(w);
    s_fw l = s_log_word(fw(one_more.hi, s_add(one_more.lo, w_lo)));
    s_fw sum = fw_two_sum(most, l.hi);
    s_f32 r = s_add(sum.hi, s_add(sum.lo, l.lo)), size = s_abs(most);
    s_mask usual = s_and(s_le(s_set(0x1p-60f), size), s_lt(size, s_set(S_INFINITY)));
    s_mask near = s_lt(s_set(-S_EXP_NORMAL), d);
    usual = s_and(s_or(usual, near), s_lt(s_abs(d), s_set(S_INFINITY)));
    if (v_unlikely(s_any(s_not(usual))))
        r = s_logaddexp_fix(r, x, y);
    return r;
}

#endif
