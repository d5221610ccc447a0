/* SPDX-License-Identifier: MIT */
/*
 * erf and erfc in the vector vocabulary (width1.h): erf by polynomials from a table, erfc x as
 * e^(-x^2) g, with g = erfcx x a polynomial of y = 4 / (4 + x) from a table (tables.py).
 */
#ifndef EVEX_VECMATH_ERROR_FUNCTION_H
#define EVEX_VECMATH_ERROR_FUNCTION_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/root.h"
#include "core/vecmath/tables.h"

/* erfc is 0 from ERFC_MOST on. From ERFC_FAR on erfcx is taken from its asymptotic series, as an
 * interval of the table is a large part of y there. */
#define ERFC_MOST 27.3
#define ERFC_FAR 10.0
/* Adding and subtracting it rounds to an integer, which the low bits of the sum hold. */
#define ERF_ROUNDER 0x1.8p52

/* erf by polynomials about multiples of 11/32 (erf_quads), that of the last one up to 6, where erf
 * is 1. Below 1/2 what is tabulated is erf x - x, which keeps the rounding errors of the polynomial
 * small beside the result. */
static inline v_f64 math_erf(v_f64 x) {
    v_f64 size = v_min(v_set(6.0), v_abs(x));
    v_f64 rounded = v_fma(size, v_set(32.0 / 11.0), v_set(ERF_ROUNDER));
    rounded = v_min(v_set(ERF_ROUNDER + 15.0), rounded);
    v_f64 n = v_sub(rounded, v_set(ERF_ROUNDER)), t = v_fnma(n, v_set(11.0 / 32.0), size);
    v_i64 i = v_bits(rounded);
    v_f64 t2 = v_mul(t, t);
    v_quad c = v_horner16x4(erf_quads, 4, i, v_mul(t2, t2));
    v_f64 tail = v_fma(v_fma(c.c3, t, c.c2), t2, v_fma(c.c1, t, c.c0));
    v_f64 main_part = v_select(v_lt(n, v_set(1.5)), size, v_lookup16(erf_quads[4].column[0], i));
    return v_copysign(v_add(main_part, tail), x);
}

/*
 * erfcx x = hi + lo of x >= 0. About y = n/16 the polynomial is one of h = 16 y - n, found as
 * (64 - 4 n - n x) / (4 + x), so that its rounding errors are relative to h. A rough y, to 0.3 %,
 * gives n.
 */
static inline v_dw erfcx_dw(v_f64 x) {
    v_f64 under = v_add(v_set(4.0), x), y = rough_reciprocal(under);
    y = v_fma(y, v_fnma(under, y, v_set(1.0)), y);
    v_f64 rounded = v_fma(y, v_set(64.0), v_set(ERF_ROUNDER));
    v_f64 n = v_sub(rounded, v_set(ERF_ROUNDER));
    v_f64 h = v_div(v_fnma(n, x, v_fnma(n, v_set(4.0), v_set(64.0))), under), h2 = v_mul(h, h);
    v_quad c = v_horner16x4(erfcx_quads, 3, v_bits(rounded), v_mul(h2, h2));
    v_f64 lo = v_fma(v_fma(c.c3, h, c.c2), h2, v_fma(c.c1, h, c.c0));
    return fast_two_sum(v_lookup16(erfcx_quads[3].column[0], v_bits(rounded)), lo);
}

/* power (1 + q) (g.hi + g.lo), |q| < 0.022, so that only power g.hi needs a second part. */
static inline v_f64 erfc_finish(v_f64 power, v_f64 q, v_dw g) {
    v_dw product = two_product(power, g.hi);
    return v_add(product.hi, v_fma(power, v_fma(q, g.hi, g.lo), product.lo));
}

/* erfcx x = (1 + s) / (sqrt(pi) x) of x >= 10, s = -w + 3 w^2 - 15 w^3 + ..., w = 1 / (2 x^2)
 * (Abramowitz and Stegun 7.1.23); the first term left out is below 2^-59. */
static inline v_dw erfcx_far(v_f64 x) {
    v_f64 w = v_div(v_set(0.5), v_mul(x, x)), w2 = v_mul(w, w), w4 = v_mul(w2, w2);
    v_f64 low = poly3(w, w2, -1.0, 3.0, -15.0, 105.0);
    v_f64 middle = poly3(w, w2, -945.0, 10395.0, -135135.0, 2027025.0);
    v_f64 high =
        poly4(w, w2, -34459425.0, 654729075.0, -13749310575.0, 316234143225.0, -7905853580625.0);
    v_f64 s = v_mul(w, v_fma(v_fma(high, w4, middle), w4, low));
    v_f64 c = v_set(0x1.20dd750429b6dp-1), q = v_div(c, x);
    v_f64 rest = v_div(v_add(v_fnma(q, x, c), v_set(0x1.1ae3a914fed80p-57)), x);
    return fast_two_sum(q, v_fma(q, s, rest));
}

V_SLOW static v_f64 erfc_far(v_f64 x) {
    v_dw square = two_product(x, x);
    exp_parts e = exp_reduce(v_neg(square.hi));
    v_f64 q = exp_less_one(v_sub(e.r, square.lo), e.scale.excess);
    return v_scale(erfc_finish(exp_fraction_power(e.scale), q, erfcx_far(x)), e.scale.n);
}

/* Of negative numbers as 2 - erfc |x|. */
static inline v_f64 math_erfc(v_f64 x) {
    v_f64 size = v_min(v_set(ERFC_MOST), v_abs(x));
    v_dw g = erfcx_dw(size), square = two_product(size, size);
    exp_parts e = exp_reduce(v_neg(square.hi));
    v_f64 q = exp_less_one(v_sub(e.r, square.lo), e.scale.excess);
    v_f64 y = erfc_finish(e.scale.power, q, g);
    v_mask far = v_lt(v_set(ERFC_FAR), size);
    if (v_unlikely(v_any(far)))
        y = v_select(far, erfc_far(size), y);
    return v_select(v_lt(x, v_set(0.0)), v_sub(v_set(2.0), y), y);
}

#endif
