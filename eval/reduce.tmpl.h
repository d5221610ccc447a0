/* SPDX-License-Identifier: MIT */
/*
 * The reduction kernels of one instruction set, for inclusion by eval/kernels.c: static functions
 * reduce_<kernel>_<dtype>, which EVEX_REDUCE_TABLE (eval/accumulators.h) puts in their slots. They give
 * the bits of eval/reduce_ref.c.
 *
 * All loops are plain C over arrays of fixed length or over runs of a ring, shaped so that gcc and
 * clang turn them into vectors of whatever width this object is compiled for: virtual lanes are
 * independent of each other, so nothing is reassociated. Three shapes:
 *
 *   run    elements that fall on consecutive accumulators: any w, masks, borders of blocks
 *   rows   whole rows of a single column's lanes, accumulators in registers
 *   scan   a block of a single column, where the order does not show
 */
#ifndef EVEX_EVAL_REDUCE_TMPL_H
#define EVEX_EVAL_REDUCE_TMPL_H

#include "core/definitions.h"
#include "eval/accumulators.h"

/* Not every dtype uses every shape. */
#define RED_INLINE static inline __attribute__((unused))
#define RED_PARAMETERS                                                                             \
    void *at, size_t w, size_t first, const void *value, const uint8_t *mask, size_t n,            \
        uint64_t leaf_index
#define RED_EACH(i, n) for (size_t i = 0; i < (n); i++)

/* Runs `step` on each run [i, i + run) of the block that falls on the consecutive positions
 * [p, p + run) of a ring of `length`. */
#define RED_FOR_RUNS(length, step)                                                                 \
    for (size_t i = 0, p = first % (length), run; i < n; i += run, p = 0) {                        \
        run = n - i < (length)-p ? n - i : (length)-p;                                             \
        step;                                                                                      \
    }

/* ---- Sums and products of floats ---------------------------------------------------------------- */

#define RED_LANES(s) (sizeof(s) == sizeof(float) ? (size_t)EVEX_LANES_32 : (size_t)EVEX_LANES_64)

/* An excluded element counts as the identity, which changes no bit of any accumulator. */
#define RED_RING(name, s, ID, T, op, identity)                                                     \
    RED_INLINE void name##_run_##s(double *restrict ring, const T *restrict x,                     \
                                   const uint8_t *restrict mask, size_t n) {                       \
        if (mask == NULL)                                                                          \
            RED_EACH(i, n) ring[i] = ring[i] op (double)x[i];                                      \
        else                                                                                       \
            RED_EACH(i, n) ring[i] = ring[i] op (mask[i] != 0 ? (double)x[i] : identity);          \
    }                                                                                              \
    RED_INLINE void name##_rows_##s(double *restrict ring, const T *restrict x, size_t n_rows) {   \
        double lane[RED_LANES(T)];                                                                 \
        RED_EACH(j, RED_LANES(T)) lane[j] = ring[j];                                               \
        for (; n_rows > 0; n_rows--, x += RED_LANES(T))                                            \
            RED_EACH(j, RED_LANES(T)) lane[j] = lane[j] op (double)x[j];                           \
        RED_EACH(j, RED_LANES(T)) ring[j] = lane[j];                                               \
    }                                                                                              \
    static void reduce_##name##_##s(RED_PARAMETERS) {                                              \
        const T *x = value;                                                                        \
        const size_t length = RED_LANES(T) * w;                                                    \
        (void)leaf_index;                                                                          \
        RED_FOR_RUNS(length, if (w == 1 && p == 0 && mask == NULL && n - i >= length) {            \
            run = (n - i) / length * length;                                                       \
            name##_rows_##s(at, x + i, run / length);                                              \
        } else name##_run_##s((double *)at + p, x + i, mask == NULL ? NULL : mask + i, run))       \
    }

/* ---- Moments ------------------------------------------------------------------------------------ */

#define RED_MOMENTS(s, ID, T, unused)                                                              \
    RED_INLINE void moments_run_##s(double *restrict shift, double *restrict s1,                   \
                                    double *restrict s2, double *restrict count,                   \
                                    const T *restrict x, const uint8_t *restrict mask, size_t n) { \
        RED_EACH(i, n) {                                                                           \
            const double a = (double)x[i];                                                         \
            const int included = mask == NULL || mask[i] != 0;                                     \
            const double base = count[i] == 0 ? a : shift[i], d = a - base;                        \
            shift[i] = included ? base : shift[i];                                                 \
            s1[i] = included ? s1[i] + d : s1[i];                                                  \
            s2[i] = included ? s2[i] + d * d : s2[i];                                              \
            count[i] = included ? count[i] + 1 : count[i];                                         \
        }                                                                                          \
    }                                                                                              \
    /* Half or a quarter of the lanes at a time: three accumulators each must fit in registers. */ \
    RED_INLINE void moments_rows_##s(double *restrict shift, double *restrict s1,                  \
                                     double *restrict s2, const T *restrict x, size_t n_rows) {    \
        enum { PART = 16 };                                                                        \
        double base[PART], sum[PART], square[PART];                                                \
        RED_EACH(j, PART) base[j] = shift[j], sum[j] = s1[j], square[j] = s2[j];                   \
        for (; n_rows > 0; n_rows--, x += RED_LANES(T))                                            \
            RED_EACH(j, PART) {                                                                    \
                const double d = (double)x[j] - base[j];                                           \
                sum[j] += d;                                                                       \
                square[j] += d * d;                                                                \
            }                                                                                      \
        RED_EACH(j, PART) s1[j] = sum[j], s2[j] = square[j];                                       \
    }                                                                                              \
    RED_INLINE int moments_ready_##s(const double *count) {                                        \
        int n_ready = 0;                                                                           \
        RED_EACH(j, RED_LANES(T)) n_ready += count[j] > 0;                                         \
        return n_ready == (int)RED_LANES(T);                                                       \
    }                                                                                              \
    static void reduce_moments_##s(RED_PARAMETERS) {                                               \
        const T *x = value;                                                                        \
        const size_t length = RED_LANES(T) * w;                                                    \
        double *shift = at, *s1 = shift + length, *s2 = s1 + length, *count = s2 + length;         \
        (void)leaf_index;                                                                          \
        RED_FOR_RUNS(length, if (w == 1 && p == 0 && mask == NULL && n - i >= length &&            \
                                 moments_ready_##s(count)) {                                       \
            const size_t n_rows = (n - i) / length;                                                \
            run = n_rows * length;                                                                 \
            for (size_t j = 0; j < length; j += 16)                                                \
                moments_rows_##s(shift + j, s1 + j, s2 + j, x + i + j, n_rows);                    \
            RED_EACH(j, length) count[j] += (double)n_rows;                                        \
        } else moments_run_##s(shift + p, s1 + p, s2 + p, count + p, x + i,                        \
                               mask == NULL ? NULL : mask + i, run))                               \
    }

/* ---- Sums and products of integers -------------------------------------------------------------- */

/* A block's sum fits in 32 bits for operands of 8 and 16 bits, and narrow sums are faster. */
#define RED_PARTIAL(T) __typeof__(__builtin_choose_expr(sizeof(T) < 4, (int32_t)0, (int64_t)0))
#define RED_IS_WIDE(T) (sizeof(T) == 8)
/* The halves of a 64-bit operand, so that 4,096 of them cannot overflow; see EVEX_ACC_WORDS. */
#define RED_LOW(T, a) (RED_IS_WIDE(T) ? (int64_t)(uint32_t)(a) : (int64_t)(a))
#define RED_HIGH(T, a) (RED_IS_WIDE(T) ? (int64_t)((a) >> (RED_IS_WIDE(T) ? 32 : 0)) : 0)

#define RED_INTEGER_SUM(s, ID, T, read)                                                            \
    RED_INLINE void sum_scan_##s(int64_t *low, int64_t *high, const T *restrict x,                 \
                                 const uint8_t *restrict mask, size_t n) {                         \
        RED_PARTIAL(T) lows = 0;                                                                   \
        int64_t highs = 0;                                                                         \
        if (mask == NULL)                                                                          \
            RED_EACH(i, n) {                                                                       \
                lows += (RED_PARTIAL(T))RED_LOW(T, read(x[i]));                                    \
                highs += RED_HIGH(T, x[i]);                                                        \
            }                                                                                      \
        else                                                                                       \
            RED_EACH(i, n) {                                                                       \
                const T a = mask[i] != 0 ? x[i] : 0;                                               \
                lows += (RED_PARTIAL(T))RED_LOW(T, read(a));                                       \
                highs += RED_HIGH(T, a);                                                           \
            }                                                                                      \
        *low += lows;                                                                              \
        *high += highs;                                                                            \
    }                                                                                              \
    RED_INLINE void sum_run_##s(int64_t *restrict low, int64_t *restrict high,                     \
                                const T *restrict x, const uint8_t *restrict mask, size_t n) {     \
        RED_EACH(i, n) {                                                                           \
            const T a = mask == NULL || mask[i] != 0 ? x[i] : 0;                                   \
            low[i] += RED_LOW(T, read(a));                                                         \
            if (RED_IS_WIDE(T))                                                                    \
                high[i] += RED_HIGH(T, a);                                                         \
        }                                                                                          \
    }                                                                                              \
    static void reduce_sum_##s(RED_PARAMETERS) {                                                   \
        const T *x = value;                                                                        \
        int64_t *low = at, *high = low + w;                                                        \
        (void)leaf_index;                                                                          \
        if (w == 1) {                                                                              \
            sum_scan_##s(low, high, x, mask, n);                                                   \
            return;                                                                                \
        }                                                                                          \
        RED_FOR_RUNS(w, sum_run_##s(low + p, high + p, x + i, mask == NULL ? NULL : mask + i,      \
                                    run))                                                          \
    }

#define RED_INTEGER_PRODUCT(s, ID, T, read)                                                        \
    RED_INLINE void prod_run_##s(uint64_t *restrict product, const T *restrict x,                  \
                                 const uint8_t *restrict mask, size_t n) {                         \
        RED_EACH(i, n)                                                                             \
        product[i] *= mask == NULL || mask[i] != 0 ? (uint64_t)read(x[i]) : 1;                     \
    }                                                                                              \
    RED_INLINE void prod_scan_##s(uint64_t *product, const T *restrict x,                          \
                                  const uint8_t *restrict mask, size_t n) {                        \
        enum { WAYS = 16 }; /* products under way at once: one alone waits for each multiplier */  \
        uint64_t way[WAYS];                                                                        \
        RED_EACH(j, WAYS) way[j] = 1;                                                              \
        size_t i = 0;                                                                              \
        for (; i + WAYS <= n; i += WAYS)                                                           \
            prod_run_##s(way, x + i, mask == NULL ? NULL : mask + i, WAYS);                        \
        prod_run_##s(way, x + i, mask == NULL ? NULL : mask + i, n - i);                           \
        RED_EACH(j, WAYS) *product *= way[j];                                                      \
    }                                                                                              \
    static void reduce_prod_##s(RED_PARAMETERS) {                                                  \
        uint64_t *product = at;                                                                    \
        const T *x = value;                                                                        \
        (void)leaf_index;                                                                          \
        if (w == 1) {                                                                              \
            prod_scan_##s(product, x, mask, n);                                                    \
            return;                                                                                \
        }                                                                                          \
        RED_FOR_RUNS(w, prod_run_##s(product + p, x + i, mask == NULL ? NULL : mask + i, run))     \
    }

#define RED_AS_IS(a) (a)
#define RED_TRUTH(a) ((a) != 0)

/* ---- Extremes ----------------------------------------------------------------------------------- */

/*
 * What a scan finds in a block of one column: the extreme of the included numbers, or bound when there
 * is none, and whether there was a nan. is_better is < or >, so an integer has no nan.
 */
#define RED_SCAN(name, s, T, is_better)                                                            \
    RED_INLINE T name##_scan_##s(const T *restrict x, const uint8_t *restrict mask, size_t n,      \
                                 T bound, int *has_nan) {                                          \
        enum { WAYS = 256 / sizeof(T) };                                                           \
        T best[WAYS];                                                                              \
        int nans = 0;                                                                              \
        RED_EACH(j, WAYS) best[j] = bound;                                                         \
        size_t i = 0;                                                                              \
        for (; i + WAYS <= n; i += WAYS)                                                           \
            RED_EACH(j, WAYS) {                                                                    \
                const T a = mask == NULL || mask[i + j] != 0 ? x[i + j] : bound;                   \
                best[j] = a is_better best[j] ? a : best[j];                                       \
            }                                                                                      \
        for (size_t j = 0; i + j < n; j++) {                                                       \
            const T a = mask == NULL || mask[i + j] != 0 ? x[i + j] : bound;                       \
            best[j] = a is_better best[j] ? a : best[j];                                           \
        }                                                                                          \
        RED_EACH(k, n) nans |= (mask == NULL || mask[k] != 0) & (x[k] != x[k]);                    \
        *has_nan = nans;                                                                           \
        RED_EACH(j, WAYS) best[0] = best[j] is_better best[0] ? best[j] : best[0];                 \
        return best[0];                                                                            \
    }

#endif
