/* SPDX-License-Identifier: MIT */
/*
 * NUMERICS.md's reductions once more, as directly as they can be said: recursion over index ranges,
 * one element at a time, integers in 128 bits. Shares no code with eval/. Used by the tests of
 * reductions and streams.
 */
#ifndef EVEX_TESTS_REDUCE_ORACLE_H
#define EVEX_TESTS_REDUCE_ORACLE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/op.h"

__extension__ typedef __int128 oracle_int;

/* One column: element k is the one at x + (k * w) elements, if its mask byte is not 0. */
typedef struct {
    evex_reduction_kind kind;
    evex_dtype dtype, out_dtype;
    int ddof;
    const void *x;
    const uint8_t *mask; /* NULL: all included */
    size_t w;
} oracle_column;

typedef struct {
    int64_t count;
    double f, mean, m2;
    oracle_int i;
    int64_t index;
} oracle_node;

static inline int oracle_is_float(evex_dtype dtype) {
    return dtype == EVEX_F32 || dtype == EVEX_F64;
}

static inline double oracle_float(const oracle_column *c, int64_t k) {
    const size_t at = (size_t)k * c->w;
    return c->dtype == EVEX_F32 ? (double)((const float *)c->x)[at] : ((const double *)c->x)[at];
}

static inline oracle_int oracle_integer(const oracle_column *c, int64_t k) {
    const size_t at = (size_t)k * c->w;
    switch (c->dtype) {
    case EVEX_BOOL:
        return ((const uint8_t *)c->x)[at] != 0;
    case EVEX_I8:
        return ((const int8_t *)c->x)[at];
    case EVEX_I16:
        return ((const int16_t *)c->x)[at];
    case EVEX_I32:
        return ((const int32_t *)c->x)[at];
    case EVEX_I64:
        return ((const int64_t *)c->x)[at];
    case EVEX_U8:
        return ((const uint8_t *)c->x)[at];
    case EVEX_U16:
        return ((const uint16_t *)c->x)[at];
    case EVEX_U32:
        return ((const uint32_t *)c->x)[at];
    default:
        return ((const uint64_t *)c->x)[at];
    }
}

static inline int oracle_is_included(const oracle_column *c, int64_t k) {
    return c->mask == NULL || c->mask[(size_t)k * c->w] != 0;
}

/* ---- Two ranges into one ------------------------------------------------------------------ */

static inline oracle_node oracle_join_moments(oracle_node a, oracle_node b) {
    const double na = (double)a.count, nb = (double)b.count, n = na + nb, d = b.mean - a.mean;
    oracle_node r = {.count = a.count + b.count};
    r.mean = a.mean + d * (nb / n);
    r.m2 = (a.m2 + b.m2) + d * d * (na * (nb / n));
    return r;
}

static inline oracle_node oracle_join(const oracle_column *c, oracle_node a, oracle_node b) {
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    if (c->kind == EVEX_RED_VAR || c->kind == EVEX_RED_STD)
        return oracle_join_moments(a, b);
    a.f = c->kind == EVEX_RED_PROD ? a.f * b.f : a.f + b.f;
    a.i = c->kind == EVEX_RED_PROD ? (oracle_int)((uint64_t)a.i * (uint64_t)b.i) : a.i + b.i;
    a.count += b.count;
    return a;
}

/* ---- Sums, products and moments: the tree ------------------------------------------------- */

static inline oracle_node oracle_lane(const oracle_column *c, int64_t low, int64_t high,
                                      int64_t step) {
    const int is_product = c->kind == EVEX_RED_PROD;
    oracle_node r = {.f = is_product ? 1.0 : -0.0, .i = is_product};
    double shift = 0, s1 = 0, s2 = 0;
    for (int64_t k = low; k < high; k += step) {
        if (!oracle_is_included(c, k))
            continue;
        r.count++;
        if (!oracle_is_float(c->dtype)) {
            const oracle_int a = oracle_integer(c, k);
            r.i = is_product ? (oracle_int)((uint64_t)r.i * (uint64_t)a) : r.i + a;
            continue;
        }
        const double a = oracle_float(c, k);
        r.f = is_product ? r.f * a : r.f + a;
        shift = r.count == 1 ? a : shift;
        s1 += a - shift;
        s2 += (a - shift) * (a - shift);
    }
    if (r.count > 0) {
        r.mean = shift + s1 / (double)r.count;
        r.m2 = s2 - s1 * (s1 / (double)r.count);
        r.m2 = r.m2 < 0 ? 0 : r.m2; /* of infinite deviations it is nan */
    }
    return r;
}

/* Lane j of `width` lanes that stand for the leaf's `lanes`. */
static inline oracle_node oracle_lanes(const oracle_column *c, int64_t low, int64_t high,
                                       int64_t lanes, int64_t width, int64_t j) {
    if (width == lanes)
        return oracle_lane(c, low + j, high, lanes);
    return oracle_join(c, oracle_lanes(c, low, high, lanes, 2 * width, j),
                       oracle_lanes(c, low, high, lanes, 2 * width, j + width));
}

/* Elements [low, high) of an aligned range: a leaf, or the largest power of two of leaves and the
 * rest. */
static inline oracle_node oracle_range(const oracle_column *c, int64_t low, int64_t high) {
    int64_t split = 4096;
    if (high - low <= split)
        return oracle_lanes(c, low, high, c->dtype == EVEX_F32 ? 64 : 32, 1, 0);
    while (2 * split < high - low)
        split *= 2;
    return oracle_join(c, oracle_range(c, low, low + split), oracle_range(c, low + split, high));
}

/* ---- Everything else: the first element that beats all before ----------------------------- */

/* -1, 0, 1: order of a and b; -0 below +0 unless the place is what is asked for. */
static inline int oracle_compare(const oracle_column *c, int64_t a, int64_t b) {
    if (!oracle_is_float(c->dtype)) {
        const oracle_int x = oracle_integer(c, a), y = oracle_integer(c, b);
        return (x > y) - (x < y);
    }
    const double x = oracle_float(c, a), y = oracle_float(c, b);
    const int places = c->kind == EVEX_RED_ARGMIN || c->kind == EVEX_RED_ARGMAX;
    if (x == y && x == 0 && !places)
        return (signbit(y) != 0) - (signbit(x) != 0);
    return (x > y) - (x < y);
}

static inline int oracle_beats(const oracle_column *c, int64_t a, int64_t best) {
    const int order = oracle_compare(c, a, best);
    const int a_is_nan = oracle_is_float(c->dtype) && isnan(oracle_float(c, a));
    const int best_is_nan = oracle_is_float(c->dtype) && isnan(oracle_float(c, best));
    switch (c->kind) {
    case EVEX_RED_MIN:
    case EVEX_RED_ARGMIN:
        return !best_is_nan && (a_is_nan || order < 0);
    case EVEX_RED_MAX:
    case EVEX_RED_ARGMAX:
        return !best_is_nan && (a_is_nan || order > 0);
    case EVEX_RED_NANMIN:
        return !a_is_nan && (best_is_nan || order < 0);
    default:
        return !a_is_nan && (best_is_nan || order > 0);
    }
}

/* The place of the extreme, or -1. */
static inline int64_t oracle_place(const oracle_column *c, int64_t n) {
    int64_t best = -1;
    for (int64_t k = 0; k < n; k++)
        if (oracle_is_included(c, k) && (best < 0 || oracle_beats(c, k, best)))
            best = k;
    return best;
}

static inline int64_t oracle_first_true(const oracle_column *c, int64_t n) {
    for (int64_t k = 0; k < n; k++)
        if (oracle_is_included(c, k) && oracle_integer(c, k) != 0)
            return k;
    return -1;
}

/* Whether the exact sum or product is out of range: a product that has left 2^64 once comes back by
 * a zero only. */
static inline int oracle_overflows(const oracle_column *c, int64_t n) {
    const int is_product = c->kind == EVEX_RED_PROD_OVERFLOWS;
    const oracle_int least = c->dtype < EVEX_U8 ? (oracle_int)INT64_MIN : 0;
    const oracle_int greatest = c->dtype < EVEX_U8 ? (oracle_int)INT64_MAX : (oracle_int)UINT64_MAX;
    oracle_int value = is_product;
    int is_huge = 0, has_zero = 0;
    for (int64_t k = 0; k < n; k++) {
        if (!oracle_is_included(c, k))
            continue;
        const oracle_int a = oracle_integer(c, k);
        has_zero |= is_product && a == 0;
        if (!is_huge && __builtin_mul_overflow(value, is_product ? a : 1, &value))
            is_huge = 1;
        value += is_product ? 0 : a;
        is_huge |=
            is_product && (value > (oracle_int)UINT64_MAX || value < -(oracle_int)UINT64_MAX);
    }
    return !has_zero && (is_huge || value < least || value > greatest);
}

/* ---- Results ------------------------------------------------------------------------------ */

static inline void oracle_write(evex_dtype dtype, double f, oracle_int i, void *result) {
    const uint64_t bits = (uint64_t)i;
    const float narrow = (float)f;
    if (dtype == EVEX_F32)
        memcpy(result, &narrow, 4);
    else if (dtype == EVEX_F64)
        memcpy(result, &f, 8);
    else
        memcpy(result, &bits, evex_dtype_size(dtype)); /* little-endian targets only */
}

static inline double oracle_divide(const oracle_column *c, oracle_node all) {
    if (c->kind == EVEX_RED_MEAN)
        return (oracle_is_float(c->dtype) ? all.f : (double)all.i) / (double)all.count;
    const double divisor = fmax((double)(all.count - c->ddof), 0.0);
    return c->kind == EVEX_RED_VAR ? all.m2 / divisor : sqrt(all.m2 / divisor);
}

/* The result over n elements, as an element of out_dtype; 0 when nothing has no answer. */
static inline int oracle_reduce(const oracle_column *c, int64_t n, void *result) {
    const oracle_node all = oracle_range(c, 0, n);
    const int64_t place = c->kind == EVEX_RED_COUNT ? -1 : oracle_place(c, n);
    switch (c->kind) {
    case EVEX_RED_SUM:
    case EVEX_RED_COUNT_NONZERO:
        oracle_write(c->out_dtype, all.count == 0 ? 0.0 : all.f, all.i, result);
        return 1;
    case EVEX_RED_PROD:
        oracle_write(c->out_dtype, all.f, all.i, result);
        return 1;
    case EVEX_RED_MEAN:
    case EVEX_RED_VAR:
    case EVEX_RED_STD:
        oracle_write(c->out_dtype, oracle_divide(c, all), 0, result);
        return 1;
    case EVEX_RED_ANY:
        oracle_write(c->out_dtype, 0, all.i != 0, result);
        return 1;
    case EVEX_RED_ALL:
        oracle_write(c->out_dtype, 0, all.i == all.count, result);
        return 1;
    case EVEX_RED_COUNT:
        oracle_write(c->out_dtype, 0, all.count, result);
        return 1;
    case EVEX_RED_FIRST_TRUE:
        oracle_write(c->out_dtype, 0, oracle_first_true(c, n), result);
        return 1;
    case EVEX_RED_SUM_OVERFLOWS:
    case EVEX_RED_PROD_OVERFLOWS:
        oracle_write(c->out_dtype, 0, oracle_overflows(c, n) ? 0 : -1, result);
        return 1;
    case EVEX_RED_ARGMIN:
    case EVEX_RED_ARGMAX:
        oracle_write(c->out_dtype, 0, place, result);
        return place >= 0;
    default:
        if (place >= 0)
            oracle_write(c->out_dtype, oracle_is_float(c->dtype) ? oracle_float(c, place) : 0,
                         oracle_is_float(c->dtype) ? 0 : oracle_integer(c, place), result);
        return place >= 0;
    }
}

#endif
