/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, exp10, expm1 in the vector vocabulary (width1.h), and the double-word exponentials
 * that power, hyperbolic, error and gamma functions are built on.
 *
 * All split their argument as b^x = 2^n e^r with n a multiple of 1/16: 2^(n - floor n) comes from a
 * table of 16 pairs, e^r - 1 from a polynomial on |r| <= log(2) / 32 (Tang, ACM TOMS 15, 1989).
 * Coefficients: scripts/minimax.py, under the name that the comment gives.
 */
#ifndef EVEX_VECMATH_EXP_H
#define EVEX_VECMATH_EXP_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/tables.h"

/* Adding and subtracting it rounds to a multiple of 1/16; the low bits of the sum count them. */
#define EXP_ROUNDER 0x1.8p48
/* log 2 in two doubles, and 1 / log 2. n LN2_HI is cancelled exactly, see exp_reduce. */
#define EXP_LN2_HI 0x1.62e42fefa39efp-1
#define EXP_LN2_LO 0x1.abc9e3b39803fp-56
#define EXP_LOG2_E 0x1.71547652b82fep0
/* Beyond these, e^x is 0 or infinite in float64. */
#define EXP_LEAST -746.0
#define EXP_MOST 710.0

/* An argument split: e^x = 2^floor(n) (power.hi + power.lo) e^(r.hi + r.lo). */
typedef struct {
    v_f64 n;
    v_dw power, r;
} exp_parts;

/* 2^(n - floor n), given n + EXP_ROUNDER. */
static inline v_dw exp_power(v_f64 rounded) {
    v_i64 i = v_bits(rounded);
    return dw(v_lookup16(exp_table_hi, i), v_lookup16(exp_table_lo, i));
}

/* |x| <= 800. x - n LN2_HI is exact: both are multiples of 2^-58, or n is 0, and it is below 2^-5.
 */
static inline exp_parts exp_reduce(v_dw x) {
    v_f64 rounded = v_fma(x.hi, v_set(EXP_LOG2_E), v_set(EXP_ROUNDER));
    exp_parts e = {.n = v_sub(rounded, v_set(EXP_ROUNDER)), .power = exp_power(rounded)};
    v_f64 r = v_fnma(e.n, v_set(EXP_LN2_HI), x.hi), n_lo = v_mul(e.n, v_set(EXP_LN2_LO));
    v_f64 hi = v_sub(r, n_lo);
    e.r = dw(hi, v_add(v_sub(v_sub(r, hi), n_lo), x.lo));
    return e;
}

/* e^r - 1 - r, "exp": the short polynomial, with error 2^-56.3. */
static inline v_f64 exp_tail_short(v_f64 r) {
    v_f64 r2 = v_mul(r, r);
    return v_mul(r2, poly4(r, r2, 0x1.0000000000005p-1, 0x1.555555548f966p-3, 0x1.555555545927fp-5,
                           0x1.11123aaaf4decp-7, 0x1.6c1864761ed48p-10));
}

/* e^(r.hi + r.lo) - 1 - r.hi, "exp_long": error 2^-64. */
static inline v_f64 exp_tail(v_dw r) {
    v_f64 r2 = v_mul(r.hi, r.hi);
    v_f64 p = poly5(r.hi, r2, 0x1.0000000000001p-1, 0x1.5555555555705p-3, 0x1.55555554d1438p-5,
                    0x1.111110cf056a6p-7, 0x1.6c180a30d673ep-10, 0x1.a09461a591354p-13);
    return v_fma(r2, p, v_fma(r.hi, r.lo, r.lo));
}

/* power (1 + p), rounded. */
static inline v_f64 exp_finish(v_dw power, v_f64 p) {
    return v_add(power.hi, v_fma(power.hi, p, power.lo));
}

/* e^x to within a hair of half an ULP before the scaling; any x.hi; x.lo is ignored outside the
 * range where e^x is a number. */
static inline v_f64 exp_of(v_dw x) {
    v_mask inside = v_lt(v_abs(x.hi), v_set(-EXP_LEAST));
    exp_parts e = exp_reduce(dw(v_clamp(x.hi, EXP_LEAST, EXP_MOST), v_set(0.0)));
    v_f64 r = v_add(e.r.hi, v_add(e.r.lo, v_select(inside, x.lo, v_set(0.0))));
    return v_scale(exp_finish(e.power, v_add(r, exp_tail_short(r))), e.n);
}

/* e^x = 2^floor(n) (a double-word) with relative error 2^-63; |x| <= 800. */
static inline v_dw exp_dw(v_dw x, v_f64 *n) {
    exp_parts e = exp_reduce(x);
    v_dw product = two_product(e.power.hi, e.r.hi), sum = fast_two_sum(e.power.hi, product.hi);
    v_f64 tail = v_fma(e.power.hi, exp_tail(e.r), v_fma(e.power.lo, e.r.hi, e.power.lo));
    *n = e.n;
    return fast_two_sum(sum.hi, v_add(sum.lo, v_add(product.lo, tail)));
}

/* e^x - 1 with relative error 2^-63, for |x| <= 60. */
static inline v_dw expm1_dw(v_f64 x) {
    exp_parts e = exp_reduce(dw(x, v_set(0.0)));
    v_f64 scale = v_scale(v_set(1.0), e.n);
    v_f64 power = v_mul(e.power.hi, scale), power_lo = v_mul(e.power.lo, scale);
    v_dw less_one = two_sum(power, v_set(-1.0)), product = two_product(power, e.r.hi);
    v_dw sum = two_sum(less_one.hi, product.hi);
    v_f64 tail = v_fma(power, exp_tail(e.r), v_add(product.lo, v_fma(power_lo, e.r.hi, power_lo)));
    return fast_two_sum(sum.hi, v_add(v_add(sum.lo, less_one.lo), tail));
}

/* r.lo is the rounding error of r.hi here, which adding it would not change. */
static inline v_f64 math_exp(v_f64 x) {
    exp_parts e = exp_reduce(dw(v_clamp(x, EXP_LEAST, EXP_MOST), v_set(0.0)));
    v_f64 r = e.r.hi;
    return v_scale(exp_finish(e.power, v_add(r, exp_tail_short(r))), e.n);
}

/* "exp2": 2^r = 1 + r p(r), error 2^-57. */
static inline v_f64 math_exp2(v_f64 x) {
    x = v_clamp(x, -1080.0, 1025.0);
    v_f64 rounded = v_add(x, v_set(EXP_ROUNDER)), n = v_sub(rounded, v_set(EXP_ROUNDER));
    v_f64 r = v_sub(x, n), r2 = v_mul(r, r);
    v_f64 p = poly5(r, r2, 0x1.62e42fefa39fdp-1, 0x1.ebfbdff82c5a1p-3, 0x1.c6b08d6e8ca81p-5,
                    0x1.3b2ab6fa553ebp-7, 0x1.5d89bd798d109p-10, 0x1.430ad11f23684p-13);
    return v_scale(exp_finish(exp_power(rounded), v_mul(r, p)), n);
}

/* "exp10": 10^r = 1 + r p(r), error 2^-57. The constants: log2(10), and log10(2) in two doubles. */
static inline v_f64 math_exp10(v_f64 x) {
    x = v_clamp(x, -326.0, 309.0);
    v_f64 rounded = v_fma(x, v_set(0x1.a934f0979a371p1), v_set(EXP_ROUNDER));
    v_f64 n = v_sub(rounded, v_set(EXP_ROUNDER));
    v_f64 r = v_fnma(n, v_set(0x1.34413509f79ffp-2), x);
    r = v_fnma(n, v_set(-0x1.9dc1da994fd21p-59), r);
    v_f64 p =
        poly5(r, v_mul(r, r), 0x1.26bb1bbb55521p+1, 0x1.53524c73cea75p+1, 0x1.0470591ce3553p+1,
              0x1.2bd7609e9e032p+0, 0x1.142b612ee4e4dp-1, 0x1.a7efb59c00e25p-3);
    return v_scale(exp_finish(exp_power(rounded), v_mul(r, p)), n);
}

/* Past 45 the 1 is below half an ULP; below 2^-54 the result is x, which keeps -0 too. */
static inline v_f64 math_expm1(v_f64 x) {
    v_f64 y = dw_round(expm1_dw(v_clamp(x, -45.0, 45.0)));
    y = v_select(v_lt(v_set(45.0), x), math_exp(x), y);
    return v_select(v_lt(v_abs(x), v_set(0x1p-54)), x, y);
}

#endif
