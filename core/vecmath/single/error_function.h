/* SPDX-License-Identifier: MIT */
/*
 * erf and erfc of float32 (vocabulary: single/width1.h). erf is a polynomial from a table for each
 * seventeen thirty-seconds of |x|; erfc x = e^(-x^2) erfcx x with erfcx from a table for each half
 * of a binade of |x| + 1 (tables.py). Products and sums are taken with their errors.
 */
#ifndef EVEX_VECMATH_SINGLE_ERROR_FUNCTION_H
#define EVEX_VECMATH_SINGLE_ERROR_FUNCTION_H

#include "core/vecmath/error_function.h"
#include "core/vecmath/single/exp.h"
#include "core/vecmath/single/float_word.h"
#include "core/vecmath/single/trig.h"
#include "core/vecmath/tables.h"

/* Here erf is 1 in float32, and here erfc is 0. */
#define S_ERF_MOST 3.98f
#define S_ERFC_MOST 10.3f
/* Up to here no part of erfc is subnormal. */
#define S_ERFC_NORMAL 8.0f

/* y, but tiny lanes by float64. */
S_SLOW static s_f32 s_erf_slow(s_f32 y, s_f32 size) {
    s_f32 slow = s_join(math_erf(s_low(size)), math_erf(s_high(size)));
    return s_select(s_is_tiny(size), slow, y);
}

static inline s_f32 single_erf(s_f32 x) {
    s_f32 size = s_min(s_set(S_ERF_MOST), s_abs(x)), rounder = s_set(0x1.8p23f);
    s_f32 rounded = s_fma(size, s_set(32.0f / 17.0f), rounder), n = s_sub(rounded, rounder);
    s_f32 h = s_fnma(n, s_set(17.0f / 32.0f), size), h2 = s_mul(h, h);
    s_i32 i = s_bits(rounded);
#define C(k) s_lookup8(single_erf_table_##k, i)
    s_f32 low = s_fma(h2, s_fma(h, C(5), C(4)), s_fma(h, C(3), C(2)));
    s_f32 p = s_fma(s_mul(h2, h2), s_fma(h, C(7), C(6)), low);
    s_f32 tail = s_fma(h, s_fma(h, p, C(slope_lo)), C(lo));
    s_f32 y = s_fma(h, C(slope), C(hi)), y_lo = s_fma(h, C(slope), s_sub(C(hi), y));
#undef C
    y = s_add(y, s_add(y_lo, tail));
    if (v_unlikely(s_any(s_is_tiny(size))))
        y = s_erf_slow(y, size);
    return s_sign_with(y, x);
}

/* erfcx of 0 <= x < 11. */
static inline s_fw s_erfcx(s_f32 x) {
    s_i32 i = s_shr(s_bits(s_add(x, s_set(1.0f))), 22);
#define C(k) s_lookup8(single_erfcx_table_##k, i)
    s_f32 h = s_sub(x, C(centre)), h2 = s_mul(h, h), h4 = s_mul(h2, h2);
    s_f32 low = s_fma(h2, s_fma(h, C(5), C(4)), s_fma(h, C(3), C(2)));
    s_f32 p = s_fma(h4, s_fma(h2, C(8), s_fma(h, C(7), C(6))), low);
    s_f32 hi = s_fma(h, C(1), C(hi)), lo = s_fma(h, C(1), s_sub(C(hi), hi));
    return fw_fast_two_sum(hi, s_add(lo, s_fma(h2, p, C(lo))));
#undef C
}

/* power (1 + fraction) g as a float-word. */
static inline s_fw s_erfc_product(s_f32 power, s_f32 fraction, s_fw g) {
    s_fw y = fw_two_product(power, g.hi);
    return fw(y.hi, s_fma(power, s_fma(fraction, g.hi, g.lo), y.lo));
}

/* e^(-x^2), split. */
static inline s_exp_parts s_erfc_split(s_f32 x) {
    s_fw square = fw_two_product(x, x);
    s_exp_parts e = s_exp_split(s_neg(square.hi));
    e.r = s_sub(e.r, square.lo);
    return e;
}

/* erfc of positive numbers, where parts of it, or it, may be subnormal. */
S_SLOW static s_f32 s_erfc_slow(s_f32 y, s_f32 size) {
    s_mask special = s_not(s_lt(size, s_set(S_ERFC_NORMAL)));
    size = s_min(s_set(S_ERFC_MOST), size);
    s_exp_parts e = s_erfc_split(size);
    s_f32 power = s_exp_power_of_fraction(e.rounded);
    s_fw product = s_erfc_product(power, s_exp_fraction(e), s_erfcx(size));
    product = fw_fast_two_sum(product.hi, product.lo);
    return s_select(special, s_scale_sum(product.hi, product.lo, e.n), y);
}

static inline s_f32 single_erfc(s_f32 x) {
    s_f32 size = s_abs(x), limited = s_min(s_set(S_ERFC_NORMAL), size);
    s_exp_parts e = s_erfc_split(limited);
    s_f32 power = s_exp_power(e.rounded), fraction = s_exp_fraction(e);
    s_f32 y = fw_round(s_erfc_product(power, fraction, s_erfcx(limited)));
    if (v_unlikely(s_any(s_not(s_lt(size, s_set(S_ERFC_NORMAL))))))
        y = s_erfc_slow(y, size);
    return s_select(s_lt(x, s_set(0.0f)), s_sub(s_set(2.0f), y), y);
}

#endif
