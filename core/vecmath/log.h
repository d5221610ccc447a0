/* SPDX-License-Identifier: MIT */
/*
 * log, log2, log10, log1p, logaddexp in the vector vocabulary (width1.h), and the double-word
 * logarithm that power, inverse hyperbolic and gamma functions are built on.
 *
 * x = 2^e z with z in [0.70, 1.41); a table of 16 short reciprocals makes r = z inverse - 1 small
 * and exact; log x = e log 2 - log inverse + log(1 + r). The part of the table around z = 1 has
 * inverse = 1 and log 0, so that results near 0 keep their relative accuracy (Tang, ACM TOMS 16,
 * 1990). Coefficients: scripts/minimax.py, under the name that the comment gives.
 */
#ifndef EVEX_VECMATH_LOG_H
#define EVEX_VECMATH_LOG_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/tables.h"

#define LOG_EXPONENT_FIELD ((int64_t)0xfff0000000000000)

/* x = 2^(e - LOG_BIAS) (1 + r) / inverse; log of inverse, and of 2^LOG_BIAS, is -offset. */
typedef struct {
    v_i64 biased; /* e in the exponent's field, something below */
    v_f64 e, inverse, r;
    v_dw offset;
} log_split;

/* Splits x, positive and normal; log_quads, log2_quads or log10_quads says what base offset is of.
 * r is exact, see exact_reciprocal in tables.py. */
static inline log_split log_split_of(v_f64 x, const v_quads *table) {
    v_i64 biased = v_sub_i64(v_bits(x), v_set_i64(LOG_OFFSET - (LOG_BIAS << 52)));
    v_i64 fraction = v_and_i64(biased, v_set_i64(~LOG_EXPONENT_FIELD));
    v_f64 z = v_from_bits(v_add_i64(fraction, v_set_i64(LOG_OFFSET)));
    v_quad entry = v_lookup16x4(table, v_shr(biased, 48));
    return (log_split){.biased = biased,
                       .e = v_from_i64(v_shr(biased, 52)),
                       .inverse = entry.c0,
                       .r = v_fms(z, entry.c0, v_set(1.0)),
                       .offset = dw(entry.c1, entry.c2)};
}

/* Splits x 2^e_shift. */
static inline log_split log_split_shifted(v_f64 x, v_f64 e_shift, const v_quads *table) {
    log_split s = log_split_of(x, table);
    s.e = v_add(s.e, e_shift);
    return s;
}

/* log x = (e_log.hi + e_log.lo) + log(1 + r). */
typedef struct {
    v_dw e_log;
    v_f64 r;
} log_parts;

/* e_log.hi is exact: both its parts are multiples of 2^-42. */
static inline log_parts log_parts_of(log_split s) {
    return (log_parts){.e_log = dw(v_fma(s.e, v_set(LOG_LN2_HI), s.offset.hi),
                                   v_fma(s.e, v_set(LOG_LN2_LO), s.offset.lo)),
                       .r = s.r};
}

/* The parts of x, or of x 2^e_shift. */
static inline log_parts log_reduce(v_f64 x) {
    return log_parts_of(log_split_of(x, log_quads));
}
static inline log_parts log_reduce_shifted(v_f64 x, v_f64 e_shift) {
    return log_parts_of(log_split_shifted(x, e_shift, log_quads));
}

/* x_lo / x, for x = x.hi + x.lo that was split without x.lo, |x.lo| <= ulp(x.hi), but for the
 * factor 1 / (1 + r); x.hi below 2^1000. */
static inline v_f64 log_quotient(log_split s, v_f64 x_lo) {
    v_i64 field = v_and_i64(s.biased, v_set_i64(LOG_EXPONENT_FIELD));
    v_i64 reciprocal = v_sub_i64(v_set_i64((LOG_BIAS + 1023) << 52), field);
    return v_mul(v_mul(x_lo, v_from_bits(reciprocal)), s.inverse);
}

/* The parts of (x.hi + x.lo) 2^e_shift. */
static inline log_parts log_reduce_dw(v_dw x, v_f64 e_shift) {
    log_split s = log_split_shifted(x.hi, e_shift, log_quads);
    log_parts parts = log_parts_of(s);
    v_f64 q = log_quotient(s, x.lo);
    parts.e_log.lo = v_add(parts.e_log.lo, v_fnma(s.r, v_fnma(s.r, q, q), q));
    return parts;
}

/* (log(1 + r) - r) / r^2, "log": error 2^-61.4 |r| for the whole. */
static inline v_f64 log_tail(v_f64 r, v_f64 r2) {
    v_f64 low = poly3(r, r2, -0x1.0000000000000p-1, 0x1.55555555554b3p-2, -0x1.0000000000268p-2,
                      0x1.9999999c53cdfp-3);
    v_f64 high = poly4(r, r2, -0x1.55555550a2e81p-3, 0x1.24922ba573ce8p-3, -0x1.0000106168b79p-3,
                       0x1.c818cc3f5f305p-4, -0x1.99dbedc1cf840p-4);
    return v_fma(v_mul(r2, r2), high, low);
}

/* The logarithm of what was split, to within some 0.05 ULP before its one rounding. */
static inline v_f64 log_of(log_parts parts) {
    v_f64 r = parts.r, r2 = v_mul(r, r);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    return v_add(sum.hi, v_add(sum.lo, v_fma(r2, log_tail(r, r2), parts.e_log.lo)));
}

/* The same with relative error 2^-63. "log_long": log(1 + r) = r - r^2/2 + r^3 p(r), error
 * 2^-67.1 |r|. */
static inline v_dw log_dw(log_parts parts) {
    v_f64 r = parts.r;
    v_dw r2 = two_product(r, r);
    v_f64 low = poly3(r, r2.hi, 0x1.5555555555555p-2, -0x1.ffffffffffe20p-3, 0x1.999999999b8f2p-3,
                      -0x1.55555558b278cp-3);
    v_f64 high = poly4(r, r2.hi, 0x1.2492490b876e0p-3, -0x1.ffffbfe794ddcp-4, 0x1.c71d53e71e09ap-4,
                       -0x1.9a92e9c7a6d70p-4, 0x1.73613c5aea586p-4);
    v_f64 tail = v_fma(v_mul(r2.hi, r2.hi), high, low);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 hi = v_fnma(r2.hi, v_set(0.5), sum.hi), lo = v_fnma(r2.hi, v_set(0.5), v_sub(sum.hi, hi));
    lo = v_add(v_add(sum.lo, lo), v_fnma(r2.lo, v_set(0.5), parts.e_log.lo));
    return fast_two_sum(hi, v_fma(v_mul(r, r2.hi), tail, lo));
}

/* True where x needs no log_prepare and log_fix: a positive normal number. The bits of those are
 * one range of unsigned numbers. */
static inline v_mask log_is_ordinary(v_f64 x) {
    const int64_t first = INT64_C(1) << 52, end = INT64_C(0x7ff) << 52;
    v_i64 from_least = v_sub_i64(v_bits(x), v_set_i64(INT64_MIN + first));
    return v_lt_i64(from_least, v_set_i64(INT64_MIN + (end - first)));
}

/* Makes subnormals normal; *e_shift becomes the power of two to put back. */
static inline v_f64 log_prepare(v_f64 x, v_f64 *e_shift) {
    v_mask subnormal = v_lt(x, v_set(V_LEAST_NORMAL));
    *e_shift = v_select(subnormal, v_set(-54.0), v_set(0.0));
    return v_select(subnormal, v_mul(x, v_set(0x1p54)), x);
}

/* The results that are no logarithms: of 0, negative numbers, infinity and NaN. */
static inline v_f64 log_fix(v_f64 y, v_f64 x) {
    y = v_select(v_eq(x, v_set(0.0)), v_set(-V_INFINITY), y);
    y = v_select(v_lt(x, v_set(0.0)), v_set(V_NAN), y);
    return v_select(v_lt(x, v_set(V_INFINITY)), y, x);
}

static inline v_f64 log_any(v_f64 x) {
    v_f64 e_shift, scaled = log_prepare(x, &e_shift);
    return log_fix(log_of(log_reduce_shifted(scaled, e_shift)), x);
}

static inline v_f64 math_log(v_f64 x) {
    if (v_unlikely(!v_all(log_is_ordinary(x))))
        return log_any(x);
    return log_of(log_reduce(x));
}

/* log x to another base b: of (r + r^2 tail) / log b the first term is taken exactly. */
static inline v_f64 log_to_base(v_dw e_log, v_f64 r, v_dw per_log_b, v_f64 r2, v_f64 tail) {
    v_dw product = two_product(r, per_log_b.hi), sum = fast_two_sum(e_log.hi, product.hi);
    v_f64 low = v_add(v_fma(r, per_log_b.lo, product.lo), e_log.lo);
    return v_add(sum.hi, v_add(sum.lo, v_fma(r2, tail, low)));
}

/* "log2": as log_tail, over log 2; error 2^-60.9 |r|. */
static inline v_f64 log2_of(log_split s) {
    v_f64 r = s.r, r2 = v_mul(r, r);
    v_f64 low = poly3(r, r2, -0x1.71547652b82fep-1, 0x1.ec709dc3a030cp-2, -0x1.71547652b8f71p-2,
                      0x1.2776c51101ea3p-2);
    v_f64 high = poly4(r, r2, -0x1.ec709dabc880cp-3, 0x1.a6173713d626ep-3, -0x1.7154eceb68415p-3,
                       0x1.49035c44c516fp-3, -0x1.26fa8f4a1d718p-3);
    v_dw e_log = dw(v_add(s.e, s.offset.hi), s.offset.lo);
    return log_to_base(e_log, r, dw_set(0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56), r2,
                       v_fma(v_mul(r2, r2), high, low));
}

static inline v_f64 math_log2(v_f64 x) {
    if (v_unlikely(!v_all(log_is_ordinary(x)))) {
        v_f64 e_shift, scaled = log_prepare(x, &e_shift);
        return log_fix(log2_of(log_split_shifted(scaled, e_shift, log2_quads)), x);
    }
    return log2_of(log_split_of(x, log2_quads));
}

/* "log10": as log_tail, over log 10; error 2^-62.5 |r|. */
static inline v_f64 log10_of(log_split s) {
    v_f64 r = s.r, r2 = v_mul(r, r);
    v_f64 low = poly3(r, r2, -0x1.bcb7b1526e50ep-3, 0x1.287a7636f42c6p-3, -0x1.bcb7b1526ff9fp-4,
                      0x1.63c62777adfbap-4);
    v_f64 high = poly4(r, r2, -0x1.287a761d687bbp-4, 0x1.fc3f706ba29c0p-5, -0x1.bcb8b96d14259p-5,
                       0x1.8c2e3801e02efp-5, -0x1.625c15699eeaep-5);
    v_dw e_log =
        dw(v_fma(s.e, v_set(LOG_LG2_HI), s.offset.hi), v_fma(s.e, v_set(LOG_LG2_LO), s.offset.lo));
    return log_to_base(e_log, r, dw_set(0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57), r2,
                       v_fma(v_mul(r2, r2), high, low));
}

static inline v_f64 math_log10(v_f64 x) {
    if (v_unlikely(!v_all(log_is_ordinary(x)))) {
        v_f64 e_shift, scaled = log_prepare(x, &e_shift);
        return log_fix(log10_of(log_split_shifted(scaled, e_shift, log10_quads)), x);
    }
    return log10_of(log_split_of(x, log10_quads));
}

/*
 * The logarithm of x.hi + x.lo, x.hi ordinary and below 2^1000, to within some 0.05 ULP before its
 * one rounding. What x.lo adds is a quotient q times 1 - r, of which n_terms are taken: 1, or 2 for
 * an x.lo of up to 2^8 ULP where x.hi is 1 or a little more. x.lo is asked for last, as it tends to
 * be known last.
 */
static inline v_f64 log_of_dw(v_dw x, int n_terms) {
    log_split s = log_split_of(x.hi, log_quads);
    log_parts parts = log_parts_of(s);
    v_f64 r = s.r, r2 = v_mul(r, r), q = log_quotient(s, x.lo);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 rest = v_add(sum.lo, v_fma(r2, log_tail(r, r2), parts.e_log.lo));
    v_f64 product = n_terms == 1 ? q : v_fnma(r, q, q);
    return v_add(sum.hi, v_add(rest, v_fnma(r, product, q)));
}

/* 1 + x: what it lacks is exact up to 2^53, and beyond that hardly counts. */
static inline v_f64 math_log1p(v_f64 x) {
    v_dw sum = fast_two_sum(v_set(1.0), x);
    v_f64 y = log_of_dw(sum, 1);
    v_mask ordinary = v_and(v_lt(v_set(-1.0), x), v_lt(x, v_set(0x1p1000)));
    if (v_unlikely(!v_all(ordinary)))
        y = v_select(ordinary, y, log_any(sum.hi));
    return v_copysign(y, x);
}

/*
 * most + log(1 + e^d), d = least - most <= 0. e^d is s e^r with s a power of 2^(1/16); 1 + s and
 * s (e^r - 1) are added up as a double-word, and so is the logarithm, since the measure of the
 * error may be the larger of two small operands.
 */
static inline v_f64 logaddexp_of(v_f64 most, v_f64 least) {
    v_dw d = two_sum(least, v_neg(most));
    v_mask near = v_lt(v_set(-EXP_ORDINARY), d.hi);
    exp_parts e = exp_reduce(v_select(near, d.hi, v_set(0.0)));
    v_f64 p = exp_less_one(v_add(e.r, d.lo), e.scale.excess);
    v_dw one_and_power = fast_two_sum(v_set(1.0), e.scale.power);
    v_dw x = fast_two_sum(one_and_power.hi, v_mul(e.scale.power, p));
    log_split s = log_split_of(x.hi, log_quads);
    log_parts parts = log_parts_of(s);
    v_f64 q = log_quotient(s, v_add(x.lo, one_and_power.lo)), r = s.r, r2 = v_mul(r, r);
    v_dw log_sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 low = v_fma(r2, log_tail(r, r2), v_add(parts.e_log.lo, v_fnma(r, q, q)));
    v_dw sum = two_sum(most, log_sum.hi);
    v_f64 y = v_add(sum.hi, v_add(sum.lo, v_add(log_sum.lo, low)));
    return v_select(near, y, most);
}

static inline v_f64 math_logaddexp(v_f64 x, v_f64 y) {
    v_f64 most = v_max(x, y), least = v_min(x, y), r = logaddexp_of(most, least);
    v_mask comparable = v_or(v_le(x, y), v_lt(y, x));
    if (v_unlikely(!v_all(comparable)))
        r = v_select(comparable, r, v_add(x, y));
    return r;
}

#endif
