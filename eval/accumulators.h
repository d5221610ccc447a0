/* SPDX-License-Identifier: MIT */
/*
 * How the accumulators of one leaf lie in memory: what eval/reduce.c prepares and reduction kernels
 * (eval/reduce_ref.c, eval/reduce_kernels.c) fill. A leaf has w columns; w = 1 is a whole
 * reduction.
 *
 * Where the order of additions shows in the result, an element of row k and column c has the ring
 * position (k % lanes) * w + c, and every ring array has R = lanes * w entries. Where it does not,
 * one entry a column suffices, at c.
 */
#ifndef EVEX_EVAL_ACCUMULATORS_H
#define EVEX_EVAL_ACCUMULATORS_H

#include <stddef.h>
#include <stdint.h>

#include "core/program.h"
#include "eval/prefetch.h"

typedef enum {
    EVEX_ACC_NONE,    /* COUNT: nothing but the number of elements */
    EVEX_ACC_LANES,   /* double[R]: sums from -0.0, the identity of +; products from 1 */
    EVEX_ACC_MOMENTS, /* double shift[R], s1[R], s2[R], count[R]: sums of x - shift and its square,
                         shift being the first element included; from 0 */
    EVEX_ACC_PAIRS,   /* double re[R], im[R], count[R]: products of complex numbers, the first
                         element included being what they begin with, for 1 times an infinite part
                         is nan; from 0 */
    EVEX_ACC_WORDS,   /* int64_t low[w], high[w]: sums of x mod 2^32 and of x >> 32, which 2^30 rows
                         (EVEX_FREE_ROWS) cannot overflow; operands of at most 32 bits are added to
                         low as they are */
    EVEX_ACC_PRODUCT, /* uint64_t[w]: product mod 2^64, from 1 */
    EVEX_ACC_EXTREME, /* T best[w], from the infinity or limit that any element replaces; nan for
                         NANMIN and NANMAX */
    EVEX_ACC_LOGIC,   /* uint8_t[w]: 0 or 1; ANY from 0, ALL from 1 */
    EVEX_ACC_PLACED,  /* uint64_t index[w], then T best[w]: index EVEX_NO_INDEX means nothing yet */
    EVEX_ACC_FIRST,   /* uint64_t index[w], from EVEX_NO_INDEX */
    EVEX_ACC_MAGNITUDE /* uint64_t size[w], from 1: product of the magnitudes other than 0;
                          facts[w]: EVEX_FACT_ bits */
} evex_accumulator;

/* What is known of a product beside its size. */
enum { EVEX_FACT_NEGATIVE = 1, EVEX_FACT_ZERO = 2, EVEX_FACT_HUGE = 4 };

/* size and facts take in those of another product: beyond 64 bits a product without zeros stays
 * there, so the order does not show. */
static inline void evex_magnitude_merge(uint64_t *size, uint64_t *facts, uint64_t by,
                                        uint64_t by_facts) {
    if (__builtin_mul_overflow(*size, by, size))
        *facts |= EVEX_FACT_HUGE;
    *facts =
        (*facts ^ (by_facts & EVEX_FACT_NEGATIVE)) | (by_facts & (EVEX_FACT_ZERO | EVEX_FACT_HUGE));
}

#define EVEX_MAGNITUDE_SIGNED(s, ID, T, ...)                                                       \
    static inline uint64_t evex_magnitude_of_##s(T a) {                                            \
        return a < 0 ? -(uint64_t)a : (uint64_t)a;                                                 \
    }
#define EVEX_MAGNITUDE_UNSIGNED(s, ID, T, ...)                                                     \
    static inline uint64_t evex_magnitude_of_##s(T a) {                                            \
        return a;                                                                                  \
    }
EVEX_FOR_SIGNED(EVEX_MAGNITUDE_SIGNED, )
EVEX_FOR_UNSIGNED(EVEX_MAGNITUDE_UNSIGNED, )

/* The same for an element, of this magnitude. */
static inline void evex_magnitude_add(uint64_t *size, uint64_t *facts, uint64_t magnitude,
                                      int is_negative) {
    evex_magnitude_merge(size, facts, magnitude + (magnitude == 0),
                         (magnitude == 0 ? EVEX_FACT_ZERO : 0) |
                             (is_negative ? EVEX_FACT_NEGATIVE : 0));
}

#define EVEX_NO_INDEX UINT64_MAX

/* The accumulator of a row for operands of dtype. */
static inline evex_accumulator evex_accumulator_of(evex_reduction_kind kind, evex_dtype dtype) {
    const int is_float = dtype == EVEX_F32 || dtype == EVEX_F64;
    switch (kind) {
    case EVEX_RED_SUM:
    case EVEX_RED_MEAN:
    case EVEX_RED_COUNT_NONZERO:
        return is_float ? EVEX_ACC_LANES : EVEX_ACC_WORDS;
    case EVEX_RED_PROD:
        if (dtype == EVEX_C64 || dtype == EVEX_C128)
            return EVEX_ACC_PAIRS;
        return is_float ? EVEX_ACC_LANES : EVEX_ACC_PRODUCT;
    case EVEX_RED_MIN:
    case EVEX_RED_MAX:
    case EVEX_RED_NANMIN:
    case EVEX_RED_NANMAX:
        return EVEX_ACC_EXTREME;
    case EVEX_RED_VAR:
    case EVEX_RED_STD:
        return EVEX_ACC_MOMENTS;
    case EVEX_RED_ANY:
    case EVEX_RED_ALL:
        return EVEX_ACC_LOGIC;
    case EVEX_RED_ARGMIN:
    case EVEX_RED_ARGMAX:
        return EVEX_ACC_PLACED;
    case EVEX_RED_FIRST_TRUE:
        return EVEX_ACC_FIRST;
    case EVEX_RED_SUM_OVERFLOWS:
        return EVEX_ACC_WORDS;
    case EVEX_RED_PROD_OVERFLOWS:
        return EVEX_ACC_MAGNITUDE;
    default:
        return EVEX_ACC_NONE;
    }
}

/* Virtual lanes of a leaf: twice as many for float32, whose vectors hold twice as many. */
static inline size_t evex_lanes_of(evex_dtype dtype) {
    return dtype == EVEX_F32 ? EVEX_LANES_32 : EVEX_LANES_64;
}

/*
 * The initialiser of evex_reduce_<isa> (eval/kernels.h): which kernel serves which row and dtype.
 * Whoever uses it defines static functions reduce_<kernel>_<dtype>.
 */
#define EVEX_REDUCE_SLOT(s, ID, T, kernel) [EVEX_##ID] = reduce_##kernel##_##s,
#define EVEX_REDUCE_TABLE                                                                          \
    {                                                                                              \
        [EVEX_RED_SUM] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, sum)},                                  \
        [EVEX_RED_PROD] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, prod)[EVEX_C64] =                      \
                               evex_reduce_prod_c64,                                               \
                           [EVEX_C128] = evex_reduce_prod_c128},                                   \
        [EVEX_RED_MIN] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, min)},                                  \
        [EVEX_RED_MAX] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, max)},                                  \
        [EVEX_RED_NANMIN] = {EVEX_FOR_BITS(EVEX_REDUCE_SLOT, min)                                  \
                                 EVEX_FOR_FLOATS(EVEX_REDUCE_SLOT, nanmin)},                       \
        [EVEX_RED_NANMAX] = {EVEX_FOR_BITS(EVEX_REDUCE_SLOT, max)                                  \
                                 EVEX_FOR_FLOATS(EVEX_REDUCE_SLOT, nanmax)},                       \
        [EVEX_RED_MEAN] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, sum)},                                 \
        [EVEX_RED_VAR] = {EVEX_FOR_FLOATS(EVEX_REDUCE_SLOT, moments)},                             \
        [EVEX_RED_STD] = {EVEX_FOR_FLOATS(EVEX_REDUCE_SLOT, moments)},                             \
        [EVEX_RED_ANY] = {EVEX_FOR_BOOL(EVEX_REDUCE_SLOT, any)},                                   \
        [EVEX_RED_ALL] = {EVEX_FOR_BOOL(EVEX_REDUCE_SLOT, all)},                                   \
        [EVEX_RED_COUNT] = {EVEX_FOR_BOOL(EVEX_REDUCE_SLOT, excluded)},                            \
        [EVEX_RED_COUNT_NONZERO] = {EVEX_FOR_BOOL(EVEX_REDUCE_SLOT, sum)},                         \
        [EVEX_RED_ARGMIN] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, argmin)},                            \
        [EVEX_RED_ARGMAX] = {EVEX_FOR_REALS(EVEX_REDUCE_SLOT, argmax)},                            \
        [EVEX_RED_FIRST_TRUE] = {EVEX_FOR_BOOL(EVEX_REDUCE_SLOT, first)},                          \
        [EVEX_RED_SUM_OVERFLOWS] = {EVEX_FOR_INTS(EVEX_REDUCE_SLOT, sum)},                         \
        [EVEX_RED_PROD_OVERFLOWS] = {EVEX_FOR_INTS(EVEX_REDUCE_SLOT, magnitude)},                  \
    }

#endif
