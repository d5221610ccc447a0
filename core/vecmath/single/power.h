/* SPDX-License-Identifier: MIT */
/*
 * pow in float32 (vocabulary: single/width1.h): 2^(y log2 x) with the logarithm's end, the product
 * and its rounding in float64. Coefficients: scripts/minimax_single.py, under the name that the
 * comment gives.
 */
#ifndef EVEX_VECMATH_SINGLE_POWER_H
#define EVEX_VECMATH_SINGLE_POWER_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/single/exp.h"
#include "core/vecmath/single/log.h"

/* Adding and subtracting it rounds to a multiple of 1/8. */
#define S_POW_ROUNDER 0x1.8p49

/* A product: n, a multiple of 1/8, and the rest. */
typedef struct {
    v_f64 n, rest;
} s_pow_product;

/* y (before + before_lo + log2(1 + r)). "pow": log2(1 + r) = r p(r), error 2^-36.7. */
static inline s_pow_product s_pow_multiply(v_f64 y, v_f64 before, v_f64 before_lo, v_f64 r) {
    v_f64 r2 = v_mul(r, r), r4 = v_mul(r2, r2);
    v_f64 low = poly3(r, r2, 0x1.71547652b7a62p+0, -0x1.7154765b95fd9p-1, 0x1.ec709dfbeeeb5p-2,
                      -0x1.7153e1fb04291p-2);
    v_f64 high = poly2(r, r2, 0x1.2775d0303d0ddp-2, -0x1.eedcb1a0cc6d9p-3, 0x1.a8dc23dab5560p-3);
    v_f64 log2_x = v_add(before, v_fma(r, v_fma(r4, high, low), before_lo));
    v_f64 product = v_mul(y, log2_x);
    v_f64 n = v_sub(v_add(product, v_set(S_POW_ROUNDER)), v_set(S_POW_ROUNDER));
    return (s_pow_product){n, v_sub(product, n)};
}

/* y log2 x, x being what was split. */
static inline s_exp_parts s_pow_exponent(s_log_parts parts, s_f32 x, s_f32 y) {
    s_f32 r = s_log_remainder(parts, x), before_lo = s_lookup8(single_log_table_lo2, parts.i);
    s_f32 before = s_add(parts.e, s_lookup8(single_log_table_hi2, parts.i));
    s_pow_product low = s_pow_multiply(s_low(y), s_low(before), s_low(before_lo), s_low(r));
    s_pow_product high = s_pow_multiply(s_high(y), s_high(before), s_high(before_lo), s_high(r));
    s_f32 n = s_join(low.n, high.n);
    return (s_exp_parts){s_add(n, s_set(S_EXP_ROUNDER)), n, s_join(low.rest, high.rest)};
}

/* C99 F.9.4.4, for all but powers of positive numbers; r is |x|^y where x and y are numbers. */
static inline s_f32 s_pow_fix(s_f32 r, s_f32 x, s_f32 y) {
    s_f32 size = s_abs(x), half = s_mul(y, s_set(0.5f));
    s_mask integral = s_eq(s_rint(y), y), odd = s_and(integral, s_ne(s_rint(half), half));
    s_mask falling = s_lt(y, s_set(0.0f)), infinite = s_eq(size, s_set(S_INFINITY));
    s_mask signed_x = s_lt_i32(s_bits(x), s_set_i32(0));
    s_f32 of_zero = s_select(falling, s_set(S_INFINITY), s_set(0.0f));
    s_f32 of_infinity = s_select(falling, s_set(0.0f), s_set(S_INFINITY));
    r = s_select(s_eq(size, s_set(0.0f)), of_zero, s_select(infinite, of_infinity, r));
    r = s_select(s_and(signed_x, odd), s_neg(r), r);
    s_mask no_number = s_and(s_lt(x, s_set(0.0f)), s_not(s_or(integral, infinite)));
    r = s_select(no_number, s_set(S_NAN), r);
    r = s_select(s_or(s_ne(x, x), s_ne(y, y)), s_add(x, y), r);
    return s_select(s_or(s_eq(x, s_set(1.0f)), s_eq(y, s_set(0.0f))), s_set(1.0f), r);
}

/*
 * Any operands and results. y is brought to at most 2^100, from where on x^y is 0, 1 or infinite;
 * so it is beyond the limits of n, where the rest does not count.
 */
static S_SLOW s_f32 s_pow_slow(s_f32 x, s_f32 y) {
    s_f32 size = s_abs(x), scaled;
    s_mask number = s_and(s_lt(s_set(0.0f), size), s_lt(size, s_set(S_INFINITY)));
    s_log_parts parts = s_log_split_any(s_select(number, size, s_set(1.0f)), &scaled);
    s_exp_parts e = s_pow_exponent(parts, scaled, s_clamp(y, -0x1p100f, 0x1p100f));
    e.r = s_select(s_lt(s_abs(e.n), s_set(170.0f)), e.r, s_set(0.0f));
    e.n = s_clamp(e.n, -160.0f, 136.0f);
    e.rounded = s_add(e.n, s_set(S_EXP_ROUNDER));
    return s_pow_fix(s_exp_finish(e, s_exp2_fraction(e)), x, y);
}

static inline s_f32 single_pow(s_f32 x, s_f32 y) {
    s_exp_parts e = s_pow_exponent(s_log_split(x), x, y);
    s_f32 power = s_exp_finish_normal(e, s_exp2_fraction(e));
    if (v_unlikely(s_any(s_or(s_log_is_special(x), s_is_beyond(e.n, 125.0f)))))
        power = s_pow_slow(x, y);
    return power;
}

#endif
