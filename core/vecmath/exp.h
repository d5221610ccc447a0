/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, exp10, expm1 in the vector vocabulary (width1.h), and the double-word exponentials
 * that power, hyperbolic, error and gamma functions are built on.
 *
 * All split their argument as b^x = 2^n e^r with n a multiple of 1/16: 2^n comes from a table of 16
 * and integer addition to its exponent, e^r - 1 from a polynomial on |r| <= log(2) / 32 (Tang, ACM
 * TOMS 15, 1989). Coefficients: scripts/minimax.py, under the name that the comment gives.
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
/* Up to this size, e^x and e^-x are normal numbers. */
#define EXP_ORDINARY 708.0
/* Up to this size e^x is below 2^53. */
#define EXPM1_ORDINARY 36.7

/* 2^n = power (1 + excess), power being 2^n rounded. */
typedef struct {
    v_f64 n, power, excess;
    v_i64 count; /* 16 n in its 16 low bits */
} exp_scale;

/* 2^n for n = rounded - EXP_ROUNDER, |n| <= 1022. Beyond that, power is 2^n modulo 2^2048, so to
 * speak, which exp_finish_any can use. */
static inline exp_scale exp_scale_of(v_f64 rounded) {
    v_i64 count = v_bits(rounded);
    v_pair entry = v_lookup16x2(exp_pairs, count);
    v_f64 power = v_from_bits(v_add_i64(v_bits(entry.c0), v_shl(count, 48)));
    return (exp_scale){v_sub(rounded, v_set(EXP_ROUNDER)), power, entry.c1, count};
}

/* 2^n (1 + p) where that is a normal number; p includes excess. */
static inline v_f64 exp_finish(exp_scale s, v_f64 p) {
    return v_fma(s.power, p, s.power);
}

/* 2^(n - floor n). */
static inline v_f64 exp_fraction_power(exp_scale s) {
    v_i64 whole = v_sub_i64(s.count, v_and_i64(s.count, v_set_i64(15)));
    return v_from_bits(v_sub_i64(v_bits(s.power), v_shl(whole, 48)));
}

/* The same wherever it is; of normal numbers with the same bits. */
static inline v_f64 exp_finish_any(exp_scale s, v_f64 p) {
    v_f64 power = exp_fraction_power(s);
    return v_scale(v_fma(power, p, power), s.n);
}

/* True where e^x is a normal number, with EXP_ORDINARY or its like. */
static inline v_mask exp_is_ordinary(v_f64 x, double ordinary) {
    return v_lt(v_abs(x), v_set(ordinary));
}

/* An argument split: e^x = 2^n e^r. exact is r before n EXP_LN2_LO is taken off. */
typedef struct {
    exp_scale scale;
    v_f64 exact, r;
} exp_parts;

/* |x| <= 800. x - n LN2_HI is exact: both are multiples of 2^-58, or n is 0, and it is below 2^-5.
 */
static inline exp_parts exp_reduce(v_f64 x) {
    exp_parts e = {.scale = exp_scale_of(v_fma(x, v_set(EXP_LOG2_E), v_set(EXP_ROUNDER)))};
    e.exact = v_fnma(e.scale.n, v_set(EXP_LN2_HI), x);
    e.r = v_fnma(e.scale.n, v_set(EXP_LN2_LO), e.exact);
    return e;
}

/* (e^r - 1 - r) / r^2, "exp": the short polynomial, with error 2^-56.3 for the whole. */
static inline v_f64 exp_tail_short(v_f64 r, v_f64 r2) {
    return poly4(r, r2, 0x1.0000000000005p-1, 0x1.555555548f966p-3, 0x1.555555545927fp-5,
                 0x1.11123aaaf4decp-7, 0x1.6c1864761ed48p-10);
}

/* The same, "exp_long", with error 2^-52.9 r^2 for the whole. */
static inline v_f64 exp_tail_long(v_f64 r, v_f64 r2) {
    return poly5(r, r2, 0x1.0000000000001p-1, 0x1.5555555555705p-3, 0x1.55555554d1438p-5,
                 0x1.111110cf056a6p-7, 0x1.6c180a30d673ep-10, 0x1.a09461a591354p-13);
}

/* e^r (1 + excess) - 1, short. */
static inline v_f64 exp_less_one(v_f64 r, v_f64 excess) {
    v_f64 r2 = v_mul(r, r);
    return v_fma(r2, exp_tail_short(r, r2), v_add(r, excess));
}

/* e^x to within a hair of half an ULP before it leaves the normal numbers; any x.hi; x.lo is
 * ignored outside the range where e^x is a number. */
static inline v_f64 exp_of(v_dw x) {
    v_mask ordinary = exp_is_ordinary(x.hi, EXP_ORDINARY);
    if (v_unlikely(!v_all(ordinary))) {
        v_mask inside = v_lt(v_abs(x.hi), v_set(-EXP_LEAST));
        x = dw(v_clamp(x.hi, EXP_LEAST, EXP_MOST), v_select(inside, x.lo, v_set(0.0)));
    }
    exp_parts e = exp_reduce(x.hi);
    v_f64 p = exp_less_one(v_add(e.r, x.lo), e.scale.excess);
    if (v_unlikely(!v_all(ordinary)))
        return exp_finish_any(e.scale, p);
    return exp_finish(e.scale, p);
}

/* e^x = 2^floor(n) (a double-word) with relative error 2^-63; |x| <= 800. */
static inline v_dw exp_dw(v_dw x, v_f64 *n) {
    exp_parts e = exp_reduce(x.hi);
    v_f64 n_lo = v_mul(e.scale.n, v_set(EXP_LN2_LO)), r = v_sub(e.exact, n_lo), r2 = v_mul(r, r);
    v_f64 r_lo = v_add(v_sub(v_sub(e.exact, r), n_lo), x.lo), power = exp_fraction_power(e.scale);
    v_f64 tail = v_fma(r2, exp_tail_long(r, r2), v_fma(r, r_lo, r_lo));
    tail = v_add(tail, v_fma(e.scale.excess, r, e.scale.excess));
    v_dw product = two_product(power, r), sum = fast_two_sum(power, product.hi);
    *n = e.scale.n;
    return fast_two_sum(sum.hi, v_add(sum.lo, v_fma(power, tail, product.lo)));
}

/*
 * e^x - 1 as an unnormalized sum hi + lo with relative error 2^-57, for -EXP_ORDINARY <= x <=
 * EXPM1_ORDINARY. With s = 2^n and c = s - 1 it is s e^r - 1 = c + r + (s - 1 - c) + c (e^r - 1) +
 * (e^r - 1 - r): the first two add up exactly, and near 0, where it counts, all others are small
 * beside them.
 */
static inline v_dw expm1_sum(v_f64 x) {
    exp_parts e = exp_reduce(x);
    v_f64 r = e.r, r2 = v_mul(r, r), q = exp_tail_long(r, r2), power = e.scale.power;
    v_dw c = fast_two_sum(v_set(-1.0), power), sum = fast_two_sum(c.hi, e.exact);
    v_f64 lo = v_fnma(e.scale.n, v_set(EXP_LN2_LO), v_add(sum.lo, c.lo));
    lo = v_fma(power, v_fma(e.scale.excess, r, e.scale.excess), lo);
    lo = v_fma(r2, q, lo);
    return dw(sum.hi, v_fma(c.hi, v_fma(r2, q, r), lo));
}

static inline v_f64 math_exp(v_f64 x) {
    v_mask ordinary = exp_is_ordinary(x, EXP_ORDINARY);
    if (v_unlikely(!v_all(ordinary)))
        x = v_clamp(x, EXP_LEAST, EXP_MOST);
    exp_parts e = exp_reduce(x);
    v_f64 p = exp_less_one(e.r, e.scale.excess);
    if (v_unlikely(!v_all(ordinary)))
        return exp_finish_any(e.scale, p);
    return exp_finish(e.scale, p);
}

/* "exp2": 2^r = 1 + r p(r), error 2^-57. */
static inline v_f64 math_exp2(v_f64 x) {
    v_mask ordinary = exp_is_ordinary(x, 1020.0);
    if (v_unlikely(!v_all(ordinary)))
        x = v_clamp(x, -1080.0, 1025.0);
    exp_scale s = exp_scale_of(v_add(x, v_set(EXP_ROUNDER)));
    v_f64 r = v_sub(x, s.n), r2 = v_mul(r, r);
    v_f64 p = poly5(r, r2, 0x1.62e42fefa39fdp-1, 0x1.ebfbdff82c5a1p-3, 0x1.c6b08d6e8ca81p-5,
                    0x1.3b2ab6fa553ebp-7, 0x1.5d89bd798d109p-10, 0x1.430ad11f23684p-13);
    p = v_fma(r, p, s.excess);
    if (v_unlikely(!v_all(ordinary)))
        return exp_finish_any(s, p);
    return exp_finish(s, p);
}

/* "exp10": 10^r = 1 + r p(r), error 2^-57. The constants: log2(10), and log10(2) in two doubles. */
static inline v_f64 math_exp10(v_f64 x) {
    v_mask ordinary = exp_is_ordinary(x, 307.0);
    if (v_unlikely(!v_all(ordinary)))
        x = v_clamp(x, -326.0, 309.0);
    exp_scale s = exp_scale_of(v_fma(x, v_set(0x1.a934f0979a371p1), v_set(EXP_ROUNDER)));
    v_f64 r = v_fnma(s.n, v_set(0x1.34413509f79ffp-2), x);
    r = v_fnma(s.n, v_set(-0x1.9dc1da994fd21p-59), r);
    v_f64 p =
        poly5(r, v_mul(r, r), 0x1.26bb1bbb55521p+1, 0x1.53524c73cea75p+1, 0x1.0470591ce3553p+1,
              0x1.2bd7609e9e032p+0, 0x1.142b612ee4e4dp-1, 0x1.a7efb59c00e25p-3);
    p = v_fma(r, p, s.excess);
    if (v_unlikely(!v_all(ordinary)))
        return exp_finish_any(s, p);
    return exp_finish(s, p);
}

/* e^x - 1 where it is large: the 1 is taken off in the last bits. */
static inline v_f64 expm1_large(v_f64 x) {
    exp_parts e = exp_reduce(v_clamp(x, -EXP_ORDINARY, EXP_ORDINARY));
    v_f64 p = exp_less_one(e.r, e.scale.excess), one = v_set(1.0);
    v_f64 y = v_add(e.scale.power, v_fms(e.scale.power, p, one));
    return v_select(exp_is_ordinary(x, EXP_ORDINARY), y, v_sub(math_exp(x), one));
}

static inline v_f64 math_expm1(v_f64 x) {
    v_mask ordinary = exp_is_ordinary(x, EXPM1_ORDINARY);
    v_f64 y = dw_round(expm1_sum(x));
    if (v_unlikely(!v_all(ordinary)))
        y = v_select(ordinary, y, expm1_large(x));
    return v_copysign(y, x);
}

#endif
