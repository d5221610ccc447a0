/* SPDX-License-Identifier: MIT */
/*
 * erf and erfc in the vector vocabulary (width1.h). Below 1/2 erf is an odd polynomial. From there
 * on erfc x = e^(-x^2) g, with g = erfcx x a polynomial of y = 4 / (4 + x), from a table for each
 * sixteenth of y (tables.py); everything that decides the last bit is double-word.
 */
#ifndef EVEX_VECMATH_ERROR_FUNCTION_H
#define EVEX_VECMATH_ERROR_FUNCTION_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/tables.h"

/* erfc is 0 from here on. */
#define ERFC_MOST 27.3

/* 2 / sqrt(pi) x + x^3 p(x^2), "erf" of scripts/minimax.py, for |x| <= 1/2. */
static inline v_dw erf_small(v_f64 x) {
    v_f64 z = v_mul(x, x), z2 = v_mul(z, z), z4 = v_mul(z2, z2);
    v_f64 low = poly3(z, z2, -0x1.812746b0379e7p-2, 0x1.ce2f21a042c7cp-4, -0x1.b82ce31291005p-6,
                      0x1.565bcd11e93e7p-8);
    v_f64 high = poly5(z, z2, -0x1.c02db5aab0cd7p-11, 0x1.f9a3a18cc6219p-14, -0x1.f4e8048eec0e0p-17,
                       0x1.bc3277180db00p-20, -0x1.817de58e198c4p-23, 0x1.caa72c3a10d58p-26);
    v_dw line = two_product(x, v_set(0x1.20dd750429b6dp+0));
    v_f64 tail = v_fma(x, v_set(0x1.1ae3a914fed80p-56), line.lo);
    return fast_two_sum(line.hi, v_fma(v_mul(x, z), v_fma(high, z4, low), tail));
}

/* erfcx of x, 1/2 <= x <= 28. Rounding y - 1/32 to a sixteenth gives the table's index. */
static inline v_dw erfcx_dw(v_f64 x) {
    v_dw under = two_sum(v_set(4.0), x), y = dw_div(dw_set(4.0, 0.0), under);
    v_f64 rounded = v_add(v_sub(y.hi, v_set(0x1p-5)), v_set(EXP_ROUNDER));
    v_f64 centre = v_add(v_sub(rounded, v_set(EXP_ROUNDER)), v_set(0x1p-5));
    v_f64 h = v_add(v_sub(y.hi, centre), y.lo), h2 = v_mul(h, h), h4 = v_mul(h2, h2);
    v_i64 i = v_bits(rounded);
#define C(k) v_lookup16(erfcx_table_##k, i)
    v_f64 low = v_fma(h2, v_fma(h, C(4), C(3)), v_fma(h, C(2), C(1)));
    v_f64 high = v_fma(h2, v_fma(h, C(8), C(7)), v_fma(h, C(6), C(5)));
    v_f64 top = v_fma(h, C(10), C(9));
    v_f64 p = v_fma(v_fma(top, h4, high), h4, low);
    return fast_two_sum(C(hi), v_fma(h, p, C(lo)));
#undef C
}

/* erfc x = 2^floor(n) (a double-word), 1/2 <= x <= 28. */
static inline v_dw erfc_dw(v_f64 x, v_f64 *n) {
    v_dw square = two_product(x, x);
    return dw_mul(exp_dw(dw_neg(square), n), erfcx_dw(x));
}

/* c - a, rounded. */
static inline v_f64 subtract_from(double c, v_dw a) {
    v_dw sum = two_sum(v_set(c), v_neg(a.hi));
    return v_add(sum.hi, v_sub(sum.lo, a.lo));
}

static inline v_f64 math_erf(v_f64 x) {
    v_f64 size = v_abs(x), n;
    v_mask small = v_lt(size, v_set(0.5));
    v_dw e = erfc_dw(v_clamp(size, 0.5, ERFC_MOST), &n);
    v_f64 large = subtract_from(1.0, dw(v_scale(e.hi, n), v_scale(e.lo, n)));
    return v_copysign(v_select(small, dw_round(erf_small(size)), large), x);
}

static inline v_f64 math_erfc(v_f64 x) {
    v_f64 size = v_abs(x), n;
    v_mask small = v_lt(size, v_set(0.5)), left = v_lt(x, v_set(0.0));
    v_dw e = erfc_dw(v_clamp(size, 0.5, ERFC_MOST), &n);
    v_f64 mirrored = subtract_from(2.0, dw(v_scale(e.hi, n), v_scale(e.lo, n)));
    v_f64 large = v_select(left, mirrored, v_scale(dw_round(e), n));
    return v_select(small, subtract_from(1.0, erf_small(x)), large);
}

#endif
