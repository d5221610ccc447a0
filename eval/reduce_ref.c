/* SPDX-License-Identifier: MIT */
/*
 * The reduction kernels as scalar loops, element by element in order: the meaning that every
 * instruction set's kernels (eval/reduce_kernels.c) must reproduce bit for bit, and the kernels of
 * the `ref` table. eval/accumulators.h draws the accumulators.
 */
#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/kernels.h"

/*
 * Defines reduce_<name>_<s>, which runs `step` once for each included element a, at `row` of
 * `column`. In it, `at` is the accumulators' address and `ring` the element's ring position.
 */
#define KERNEL(name, s, ID, T, step)                                                               \
    static void reduce_##name##_##s(void *at, size_t w, size_t first, const void *value,           \
                                    size_t pitch, const uint8_t *mask, size_t n,                   \
                                    uint64_t leaf_index) {                                         \
        const T *x = value;                                                                        \
        size_t row = first / w, column = first % w;                                                \
        (void)leaf_index;                                                                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x_i = x[i + i / w * (pitch - w)];                                              \
            const T a = EVEX_##ID == EVEX_BOOL ? (T)(x_i != 0) : x_i;                              \
            const size_t ring = row % evex_lanes_of(EVEX_##ID) * w + column;                       \
            (void)ring;                                                                            \
            if (mask == NULL || mask[i] != 0) {                                                    \
                step;                                                                              \
            }                                                                                      \
            column = column + 1 < w ? column + 1 : 0;                                              \
            row += column == 0;                                                                    \
        }                                                                                          \
    }

static inline void add_moment(double *at, size_t length, double a) {
    double *shift = at, *s1 = at + length, *s2 = at + 2 * length, *count = at + 3 * length;
    if (*count == 0)
        *shift = a;
    const double d = a - *shift;
    *s1 += d;
    *s2 += d * d;
    *count += 1;
}

#define FLOAT_KERNELS(s, ID, T, unused)                                                            \
    KERNEL(sum, s, ID, T, ((double *)at)[ring] += (double)a)                                       \
    KERNEL(prod, s, ID, T, ((double *)at)[ring] *= (double)a)                                      \
    KERNEL(nanmin, s, ID, T, ((T *)at)[column] = fmin_##s(((T *)at)[column], a))                   \
    KERNEL(nanmax, s, ID, T, ((T *)at)[column] = fmax_##s(((T *)at)[column], a))                   \
    KERNEL(moments, s, ID, T, add_moment((double *)at + ring, evex_lanes_of(EVEX_##ID) * w, a))

/* The halves of a 64-bit operand are added apart, so that no leaf's sum overflows. */
#define IS_WIDE(T) (sizeof(T) == 8)
#define INTEGER_KERNELS(s, ID, T, unused)                                                          \
    KERNEL(sum, s, ID, T, ((int64_t *)at)[column] += IS_WIDE(T) ? (uint32_t)a : (int64_t)a;        \
           ((int64_t *)at)[w + column] += IS_WIDE(T) ? (int64_t)(a >> (IS_WIDE(T) ? 32 : 0)) : 0)  \
    KERNEL(prod, s, ID, T, ((uint64_t *)at)[column] *= (uint64_t)a)

/* a takes the place of best: strictly better, or the first nan. */
#define IS_BEFORE(less, a, best) (less || ((a) != (a) && (best) == (best)))
#define PLACED(T, less)                                                                            \
    uint64_t *index = (uint64_t *)at + column;                                                     \
    T *best = (T *)((uint64_t *)at + w) + column;                                                  \
    if (*index == EVEX_NO_INDEX || IS_BEFORE(less, a, *best)) {                                    \
        *best = a;                                                                                 \
        *index = leaf_index + row;                                                                 \
    }
#define REAL_KERNELS(s, ID, T, unused)                                                             \
    KERNEL(min, s, ID, T, ((T *)at)[column] = minimum_##s(((T *)at)[column], a))                   \
    KERNEL(max, s, ID, T, ((T *)at)[column] = maximum_##s(((T *)at)[column], a))                   \
    KERNEL(argmin, s, ID, T, PLACED(T, lt_##s(a, *best)))                                          \
    KERNEL(argmax, s, ID, T, PLACED(T, lt_##s(*best, a)))

EVEX_FOR_FLOATS(FLOAT_KERNELS, )
#define MAGNITUDE_KERNELS(s, ID, T, unused)                                                        \
    KERNEL(magnitude, s, ID, T,                                                                    \
           evex_magnitude_add((uint64_t *)at + column, (uint64_t *)at + w + column,                \
                              evex_magnitude_of_##s(a), a < 1 && a != 0))

EVEX_FOR_BITS(INTEGER_KERNELS, )
EVEX_FOR_INTS(MAGNITUDE_KERNELS, )
EVEX_FOR_REALS(REAL_KERNELS, )

KERNEL(any, bool, BOOL, uint8_t, ((uint8_t *)at)[column] |= a)
KERNEL(all, bool, BOOL, uint8_t, ((uint8_t *)at)[column] &= a)
KERNEL(excluded, bool, BOOL, uint8_t, ((uint64_t *)at)[column] += a == 0)
KERNEL(first, bool, BOOL, uint8_t, uint64_t *index = (uint64_t *)at + column;
       if (a && *index == EVEX_NO_INDEX) *index = leaf_index + row)

evex_reduce_row evex_reduce_ref[EVEX_N_REDUCTIONS] = EVEX_REDUCE_TABLE;
