/* SPDX-License-Identifier: MIT */
/*
 * log, log2, log10, log1p, logaddexp in the vector vocabulary (width1.h), and the double-word
 * logarithm that power, inverse hyperbolic and gamma functions are built on.
 *
 * x = 2^e z with z in [0.70, 1.41); a table of 16 short reciprocals makes r = z inverse - 1 small
 * and exact; log x = e log 2 - log inverse + log(1 + r). The part of the table around z = 1 has
 * inverse = 1 and log 0, so that results near 0 keep their relative accuracy (Tang, ACM TOMS 16,
 * 1990).
 */
#ifndef EVEX_VECMATH_LOG_H
#define EVEX_VECMATH_LOG_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/tables.h"

/* log x = (e_log.hi + e_log.lo) + log(1 + r.hi + r.lo), where 1 + r is x 2^-own_e times inverse. */
typedef struct {
    v_dw e_log, r;
    v_f64 own_e, inverse;
} log_parts;

/* Splits x, positive and normal, times 2^e_shift. e_log.hi is exact: both its parts are multiples
 * of 2^-42. r.hi + r.lo is exact. */
static inline log_parts log_reduce(v_f64 x, v_f64 e_shift) {
    v_i64 bits = v_bits(x), offset = v_sub_i64(bits, v_set_i64(LOG_OFFSET));
    v_i64 biased = v_shr(v_add_i64(offset, v_set_i64(INT64_C(1) << 62)), 52);
    v_f64 own_e = v_from_i64(v_sub_i64(biased, v_set_i64(1024))), e = v_add(own_e, e_shift);
    v_i64 e_field = v_and_i64(offset, v_set_i64((int64_t)0xfff0000000000000));
    v_f64 z = v_from_bits(v_sub_i64(bits, e_field));
    v_i64 i = v_shr(offset, 48);
    v_f64 inverse = v_lookup16(log_table_inverse, i);
    v_dw p = two_product(z, inverse);
    return (log_parts){
        .e_log = dw(v_fma(e, v_set(LOG_LN2_HI), v_lookup16(log_table_hi, i)),
                    v_fma(e, v_set(LOG_LN2_LO), v_lookup16(log_table_lo, i))),
        .r = dw(v_sub(p.hi, v_set(1.0)), p.lo),
        .own_e = own_e,
        .inverse = inverse,
    };
}

/* The same for x.hi + x.lo; r is rounded. */
static inline log_parts log_reduce_dw(v_dw x, v_f64 e_shift) {
    log_parts parts = log_reduce(x.hi, e_shift);
    parts.r.lo = v_fma(v_scale(x.lo, v_neg(parts.own_e)), parts.inverse, parts.r.lo);
    return parts;
}

/* The logarithm of what was split, to within some 0.05 ULP before its one rounding. "log":
 * log(1 + r) = r + r^2 p(r), error 2^-62.9. */
static inline v_f64 log_of(log_parts parts) {
    v_f64 r = parts.r.hi, r2 = v_mul(r, r), r4 = v_mul(r2, r2);
    v_f64 low = poly3(r, r2, -0x1.0000000000000p-1, 0x1.555555555550dp-2, -0x1.fffffffffffecp-3,
                      0x1.9999999b19da5p-3);
    v_f64 high = poly4(r, r2, -0x1.55555555bfb87p-3, 0x1.2492354daded1p-3, -0x1.ffffee8bc7111p-4,
                       0x1.c7eb5a21a7669p-4, -0x1.9a1f0be78ead4p-4);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 rest = v_add(sum.lo, v_fnma(parts.r.lo, r, parts.r.lo));
    v_f64 tail = v_fma(r2, v_fma(r4, high, low), parts.e_log.lo);
    return v_add(sum.hi, v_add(rest, tail));
}

/* The same with relative error 2^-63. "log_long": log(1 + r) = r - r^2/2 + r^3 p(r), error 2^-65.6
 */
static inline v_dw log_dw(log_parts parts) {
    v_f64 r = parts.r.hi;
    v_dw r2 = two_product(r, r);
    v_f64 r2_lo = v_fma(v_add(r, r), parts.r.lo, r2.lo), r4 = v_mul(r2.hi, r2.hi);
    v_f64 low = poly3(r, r2.hi, 0x1.555555555554ap-2, -0x1.fffffffffffe8p-3, 0x1.99999999d77b0p-3,
                      -0x1.55555555d0b33p-3);
    v_f64 high = poly4(r, r2.hi, 0x1.249245da9719ep-3, -0x1.ffffebef95e28p-4, 0x1.c73fb951bb6f0p-4,
                       -0x1.9a2b9aa4657bbp-4, 0x1.335e1a4510428p-4);
    v_dw sum = fast_two_sum(parts.e_log.hi, r);
    v_f64 hi = v_fnma(r2.hi, v_set(0.5), sum.hi), lo = v_fnma(r2.hi, v_set(0.5), v_sub(sum.hi, hi));
    v_f64 r_lo = v_fma(parts.r.lo, r2.hi, v_fnma(r2_lo, v_set(0.5), parts.r.lo));
    lo = v_add(v_add(sum.lo, lo), v_add(parts.e_log.lo, r_lo));
    lo = v_fma(v_mul(r, r2.hi), v_fma(r4, high, low), lo);
    return fast_two_sum(hi, lo);
}

/* True where x needs log_prepare and log_fix: not a positive normal number. */
static inline v_mask log_is_special(v_f64 x) {
    return v_not(v_and(v_le(v_set(V_LEAST_NORMAL), x), v_le(x, v_set(V_MOST_FINITE))));
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

static inline v_f64 math_log(v_f64 x) {
    v_f64 e_shift = v_set(0.0), scaled = x;
    v_mask special = log_is_special(x);
    if (v_unlikely(v_any(special)))
        scaled = log_prepare(x, &e_shift);
    v_f64 y = log_of(log_reduce(scaled, e_shift));
    if (v_unlikely(v_any(special)))
        y = log_fix(y, x);
    return y;
}

/* log x times a constant: powers of the base come out exact, since the product is good to 2^-62. */
static inline v_f64 log_times(v_f64 x, v_dw factor) {
    v_f64 e_shift = v_set(0.0), scaled = x;
    v_mask special = log_is_special(x);
    if (v_unlikely(v_any(special)))
        scaled = log_prepare(x, &e_shift);
    v_f64 y = dw_round(dw_mul(log_dw(log_reduce(scaled, e_shift)), factor));
    if (v_unlikely(v_any(special)))
        y = log_fix(y, x);
    return y;
}

/* 1 / log 2 and 1 / log 10 in two doubles. */
static inline v_f64 math_log2(v_f64 x) {
    return log_times(x, dw_set(0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56));
}

static inline v_f64 math_log10(v_f64 x) {
    return log_times(x, dw_set(0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57));
}

/* 1 + w in two parts, w >= 0 in two parts that may be tiny. */
static inline v_dw one_plus(v_dw w) {
    v_dw sum = two_sum(v_set(1.0), w.hi);
    return fast_two_sum(sum.hi, v_add(sum.lo, w.lo));
}

static inline v_f64 math_log1p(v_f64 x) {
    v_dw sum = two_sum(v_set(1.0), x);
    v_f64 y = log_of(log_reduce_dw(sum, v_set(0.0)));
    y = v_select(v_lt(v_abs(x), v_set(0x1p-54)), x, y);
    if (v_unlikely(v_any(log_is_special(sum.hi))))
        y = log_fix(y, sum.hi);
    return y;
}

/* max + log(1 + e^d), d = min - max, which is kept in two parts, since e^d magnifies its error. */
static inline v_f64 math_logaddexp(v_f64 x, v_f64 y) {
    v_mask swapped = v_lt(x, y);
    v_f64 most = v_select(swapped, y, x), least = v_select(swapped, x, y);
    v_dw d = two_sum(least, v_neg(most));
    v_mask near = v_lt(v_set(EXP_LEAST), d.hi);
    v_f64 n;
    v_dw e = exp_dw(dw_select(near, d, dw_set(EXP_LEAST, 0.0)), &n);
    v_dw w = dw(v_scale(e.hi, n), v_scale(e.lo, n));
    v_dw l = log_dw(log_reduce_dw(one_plus(w), v_set(0.0)));
    v_dw sum = two_sum(most, l.hi);
    v_f64 r = v_add(sum.hi, v_add(sum.lo, l.lo));
    v_mask infinite = v_or(v_eq(v_abs(most), v_set(V_INFINITY)), v_eq(least, v_set(-V_INFINITY)));
    r = v_select(infinite, most, r);
    return v_select(v_or(v_ne(x, x), v_ne(y, y)), v_add(x, y), r);
}

#endif
