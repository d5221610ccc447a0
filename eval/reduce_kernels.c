/* SPDX-License-Identifier: MIT */
/*
 * The reduction kernels of one instruction set; they give the bits of eval/reduce_ref.c.
 * eval/simd/meson.build compiles this file once per set, with EVEX_ISA its name and its flags; all
 * that leaves the object is the table evex_reduce_<isa>. EVEX_REDUCE_TABLE (eval/accumulators.h)
 * says which function serves which row and dtype.
 *
 * All loops are plain C over arrays of fixed length or over runs of a ring, shaped so that gcc and
 * clang turn them into vectors of whatever width this object is compiled for: virtual lanes are
 * independent of each other, so nothing is reassociated. The file is long since all families of
 * kernels share these shapes and their macros:
 *
 *   run    elements that fall on consecutive accumulators: any w, masks, borders of blocks
 *   rows   whole rows of a single column's lanes, accumulators in registers
 *   scan   a block of a single column, where the order does not show
 */
#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/kernels.h"

/* Inlined into a caller that knows whether there is a mask; not every dtype uses every shape. */
#define RED_INLINE static inline __attribute__((always_inline, unused))
#define RED_UNUSED __attribute__((unused))
#define RED_PARAMETERS                                                                             \
    void *at, size_t w, size_t first, const void *value, RED_UNUSED size_t pitch,                  \
        RED_UNUSED const uint8_t *mask, size_t n, RED_UNUSED uint64_t leaf_index

/* The body of a kernel, compiled once without and once with a mask. */
#define RED_KERNEL(name, s)                                                                        \
    RED_INLINE void name##_body_##s(RED_PARAMETERS);                                               \
    static void reduce_##name##_##s(RED_PARAMETERS) {                                              \
        if (mask == NULL)                                                                          \
            name##_body_##s(at, w, first, value, pitch, NULL, n, leaf_index);                      \
        else                                                                                       \
            name##_body_##s(at, w, first, value, w, mask, n, leaf_index);                          \
    }                                                                                              \
    RED_INLINE void name##_body_##s(RED_PARAMETERS)

#define RED_EACH(i, n) for (size_t i = 0; i < (n); i++)
#define RED_FROM(mask, i) ((mask) == NULL ? NULL : (mask) + (i))
#define RED_INCLUDED(mask, i) ((mask) == NULL || (mask)[i] != 0)

/* Runs `step` on each run [i, i + run) of the block that falls on the consecutive positions
 * [p, p + run) of a ring of `length`. */
#define RED_FOR_RUNS(length, step)                                                                 \
    for (size_t i = 0, p = first % (length), run; i < n; i += run, p = 0) {                        \
        run = n - i < (length)-p ? n - i : (length)-p;                                             \
        step;                                                                                      \
    }

/* The same where the order does not show and rows may lie apart: a run is in a row, of w columns,
 * and `here` its first element. Where a row goes on beyond the columns, these come next. */
#define RED_FOR_ROWS(T, step)                                                                      \
    {                                                                                              \
        const T *here = value;                                                                     \
        for (size_t i = 0, p = first % w, run; i < n;                                              \
             i += run, here += run + (pitch - w), p = 0) {                                         \
            run = n - i < w - p ? n - i : w - p;                                                   \
            if (pitch != w)                                                                        \
                evex_prefetch_line(here + w);                                                      \
            step;                                                                                  \
        }                                                                                          \
    }

/* choose_<s>(included, a, b) is included ? a : b, by masks of the operands' width: in this form
 * gcc 12 vectorises a condition that is narrower than what it chooses. */
#define RED_CHOOSE(s, T, U, to_bits, from_bits)                                                    \
    RED_INLINE T choose_##s(int included, T a, T b) {                                              \
        const U keep = (U)0 - (U)(included != 0);                                                  \
        return from_bits((U)((to_bits(a) & keep) | (to_bits(b) & (U)~keep)));                      \
    }
RED_CHOOSE(bool, uint8_t, uint8_t, (uint8_t), (uint8_t))
RED_CHOOSE(i8, int8_t, uint8_t, (uint8_t), (int8_t))
RED_CHOOSE(i16, int16_t, uint16_t, (uint16_t), (int16_t))
RED_CHOOSE(i32, int32_t, uint32_t, (uint32_t), (int32_t))
RED_CHOOSE(i64, int64_t, uint64_t, (uint64_t), (int64_t))
RED_CHOOSE(u8, uint8_t, uint8_t, (uint8_t), (uint8_t))
RED_CHOOSE(u16, uint16_t, uint16_t, (uint16_t), (uint16_t))
RED_CHOOSE(u32, uint32_t, uint32_t, (uint32_t), (uint32_t))
RED_CHOOSE(u64, uint64_t, uint64_t, (uint64_t), (uint64_t))
RED_CHOOSE(f32, float, uint32_t, bits_f32, from_bits_f32)
RED_CHOOSE(f64, double, uint64_t, bits_f64, from_bits_f64)

#define RED_AS_IS(a) (a)
#define RED_TRUTH(a) ((a) != 0)

/* ---- Sums and products of floats ---------------------------------------------------------- */

#define RED_LANES(T) (sizeof(T) == 4 ? (size_t)EVEX_LANES_32 : (size_t)EVEX_LANES_64)

/* An excluded element counts as the identity, which changes no bit of any accumulator. */
#define RED_RING(name, s, T, op, identity)                                                         \
    RED_INLINE void name##_run_##s(double *restrict ring, const T *restrict x,                     \
                                   const uint8_t *restrict mask, size_t n) {                       \
        RED_EACH(i, n) {                                                                           \
            const double a = (double)x[i];                                                         \
            ring[i] = ring[i] op choose_f64(RED_INCLUDED(mask, i), a, identity);                   \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE void name##_rows_##s(double *restrict ring, const T *restrict x,                    \
                                    const uint8_t *restrict mask, size_t n_rows) {                 \
        double lane[RED_LANES(T)];                                                                 \
        RED_EACH(j, RED_LANES(T))                                                                  \
        lane[j] = ring[j];                                                                         \
        for (size_t i = 0; i < n_rows * RED_LANES(T); i += RED_LANES(T))                           \
            RED_EACH(j, RED_LANES(T)) {                                                            \
                const double a = (double)x[i + j];                                                 \
                lane[j] = lane[j] op choose_f64(RED_INCLUDED(mask, i + j), a, identity);           \
            }                                                                                      \
        RED_EACH(j, RED_LANES(T))                                                                  \
        ring[j] = lane[j];                                                                         \
    }                                                                                              \
    RED_KERNEL(name, s) {                                                                          \
        const T *x = value;                                                                        \
        const size_t length = RED_LANES(T) * w;                                                    \
        RED_FOR_RUNS(                                                                              \
            length, if (w == 1 && p == 0 && n - i >= length) {                                     \
                run = (n - i) / length * length;                                                   \
                name##_rows_##s(at, x + i, RED_FROM(mask, i), run / length);                       \
            } else name##_run_##s((double *)at + p, x + i, RED_FROM(mask, i), run))                \
    }

#define RED_FLOAT_TOTALS(s, ID, T, unused)                                                         \
    RED_RING(sum, s, T, +, -0.0)                                                                   \
    RED_RING(prod, s, T, *, 1.0)
EVEX_FOR_FLOATS(RED_FLOAT_TOTALS, )

/* ---- Moments ------------------------------------------------------------------------------ */

/* Lanes of a pass over the rows: three accumulators each must fit in registers. */
enum { RED_PART = 32 };

#define RED_MOMENTS(s, ID, T, unused)                                                              \
    RED_INLINE void moments_run_##s(double *restrict shift, double *restrict s1,                   \
                                    double *restrict s2, double *restrict count,                   \
                                    const T *restrict x, const uint8_t *restrict mask, size_t n) { \
        RED_EACH(i, n) {                                                                           \
            const double a = (double)x[i], base = count[i] == 0 ? a : shift[i], d = a - base;      \
            const double sum = s1[i] + d, square = s2[i] + d * d, next = count[i] + 1;             \
            shift[i] = choose_f64(RED_INCLUDED(mask, i), base, shift[i]);                          \
            s1[i] = choose_f64(RED_INCLUDED(mask, i), sum, s1[i]);                                 \
            s2[i] = choose_f64(RED_INCLUDED(mask, i), square, s2[i]);                              \
            count[i] = choose_f64(RED_INCLUDED(mask, i), next, count[i]);                          \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE void moments_rows_##s(const double *restrict shift, double *restrict s1,            \
                                     double *restrict s2, const T *restrict x, size_t n_rows) {    \
        double base[RED_PART], sum[RED_PART], square[RED_PART];                                    \
        RED_EACH(j, RED_PART)                                                                      \
        base[j] = shift[j], sum[j] = s1[j], square[j] = s2[j];                                     \
        for (; n_rows > 0; n_rows--, x += RED_LANES(T))                                            \
            RED_EACH(j, RED_PART) {                                                                \
                const double d = (double)x[j] - base[j];                                           \
                sum[j] += d;                                                                       \
                square[j] += d * d;                                                                \
            }                                                                                      \
        RED_EACH(j, RED_PART)                                                                      \
        s1[j] = sum[j], s2[j] = square[j];                                                         \
    }                                                                                              \
    /* Every lane has its shift, so rows need no test. */                                          \
    RED_INLINE int moments_are_begun_##s(const double *count) {                                    \
        size_t n_begun = 0;                                                                        \
        RED_EACH(j, RED_LANES(T))                                                                  \
        n_begun += count[j] > 0;                                                                   \
        return n_begun == RED_LANES(T);                                                            \
    }                                                                                              \
    RED_KERNEL(moments, s) {                                                                       \
        const T *x = value;                                                                        \
        const size_t length = RED_LANES(T) * w;                                                    \
        double *shift = at, *s1 = shift + length, *s2 = s1 + length, *count = s2 + length;         \
        RED_FOR_RUNS(                                                                              \
            length,                                                                                \
            if (w == 1 && p == 0 && mask == NULL && n - i >= length &&                             \
                moments_are_begun_##s(count)) {                                                    \
                const size_t n_rows = (n - i) / length;                                            \
                run = n_rows * length;                                                             \
                for (size_t j = 0; j < length; j += RED_PART)                                      \
                    moments_rows_##s(shift + j, s1 + j, s2 + j, x + i + j, n_rows);                \
                RED_EACH(j, length)                                                                \
                count[j] += (double)n_rows;                                                        \
            } else moments_run_##s(shift + p, s1 + p, s2 + p, count + p, x + i, RED_FROM(mask, i), \
                                   run))                                                           \
    }
EVEX_FOR_FLOATS(RED_MOMENTS, )

/* ---- Sums and products of integers -------------------------------------------------------- */

#define RED_IS_WIDE(T) (sizeof(T) == 8)
/* The halves of a 64-bit operand, so that 4,096 of them cannot overflow; see EVEX_ACC_WORDS. */
#define RED_LOW(T, a) (RED_IS_WIDE(T) ? (int64_t)(uint32_t)(a) : (int64_t)(a))
#define RED_HIGH(T, a) (RED_IS_WIDE(T) ? (int64_t)((a) >> (RED_IS_WIDE(T) ? 32 : 0)) : 0)

/* Sums of one column under way at once, and how many operands each takes in, so that 32 bits
 * suffice for operands of 16. */
enum { RED_SUMS = 32, RED_ROUNDS = 1 << 15 };

/* partial: the type of the sums under way. */
#define RED_INTEGER_SCAN(s, T, partial)                                                            \
    RED_INLINE void sum_round_##s(partial *restrict lows, int64_t *restrict highs,                 \
                                  const T *restrict x, const uint8_t *restrict mask, size_t n) {   \
        RED_EACH(j, n) {                                                                           \
            const T a = choose_##s(RED_INCLUDED(mask, j), x[j], 0);                                \
            lows[j] += (partial)RED_LOW(T, a);                                                     \
            if (RED_IS_WIDE(T))                                                                    \
                highs[j] += RED_HIGH(T, a);                                                        \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE void sum_scan_##s(int64_t *low, int64_t *high, const T *x, const uint8_t *mask,     \
                                 size_t n) {                                                       \
        for (size_t i = 0; i < n;) {                                                               \
            partial lows[RED_SUMS] = {0};                                                          \
            int64_t highs[RED_SUMS] = {0};                                                         \
            for (int k = 1; k < RED_ROUNDS && i + RED_SUMS <= n; k++, i += RED_SUMS) {             \
                evex_prefetch_ahead(x + i, RED_SUMS * sizeof(T), EVEX_AHEAD_FAR);                  \
                sum_round_##s(lows, highs, x + i, RED_FROM(mask, i), RED_SUMS);                    \
            }                                                                                      \
            const size_t rest = n - i < RED_SUMS ? n - i : 0;                                      \
            sum_round_##s(lows, highs, x + i, RED_FROM(mask, i), rest);                            \
            i += rest;                                                                             \
            RED_EACH(j, RED_SUMS) {                                                                \
                *low += lows[j];                                                                   \
                *high += highs[j];                                                                 \
            }                                                                                      \
        }                                                                                          \
    }
RED_INTEGER_SCAN(i16, int16_t, int32_t)
RED_INTEGER_SCAN(i32, int32_t, int64_t)
RED_INTEGER_SCAN(i64, int64_t, int64_t)
RED_INTEGER_SCAN(u16, uint16_t, int32_t)
RED_INTEGER_SCAN(u32, uint32_t, int64_t)
RED_INTEGER_SCAN(u64, uint64_t, int64_t)

/* Bytes: 64 counters, narrow and so many a vector, take in up to n_rounds operands each. */
enum { RED_COUNTERS = 64 };

#define RED_BYTE_SCAN(s, T, counter, n_rounds, read)                                               \
    RED_INLINE void sum_round_##s(counter *restrict counts, const T *restrict x,                   \
                                  const uint8_t *restrict mask, size_t n) {                        \
        RED_EACH(j, n)                                                                             \
        counts[j] = (counter)(counts[j] + read(choose_##s(RED_INCLUDED(mask, j), x[j], 0)));       \
    }                                                                                              \
    RED_INLINE void sum_scan_##s(int64_t *low, int64_t *high, const T *x, const uint8_t *mask,     \
                                 size_t n) {                                                       \
        (void)high;                                                                                \
        for (size_t i = 0; i < n;) {                                                               \
            counter counts[RED_COUNTERS] = {0};                                                    \
            int32_t total = 0;                                                                     \
            for (int k = 1; k < (n_rounds) && i + RED_COUNTERS <= n; k++, i += RED_COUNTERS) {     \
                evex_prefetch_ahead(x + i, RED_COUNTERS, EVEX_AHEAD_FAR);                          \
                sum_round_##s(counts, x + i, RED_FROM(mask, i), RED_COUNTERS);                     \
            }                                                                                      \
            const size_t rest = n - i < RED_COUNTERS ? n - i : 0;                                  \
            sum_round_##s(counts, x + i, RED_FROM(mask, i), rest);                                 \
            i += rest;                                                                             \
            RED_EACH(j, RED_COUNTERS)                                                              \
            total += counts[j];                                                                    \
            *low += total;                                                                         \
        }                                                                                          \
    }
RED_BYTE_SCAN(bool, uint8_t, uint8_t, 255, RED_TRUTH)
RED_BYTE_SCAN(i8, int8_t, int16_t, 128, RED_AS_IS)
RED_BYTE_SCAN(u8, uint8_t, int16_t, 128, RED_AS_IS)

#define RED_INTEGER_SUM(s, T, read)                                                                \
    RED_INLINE void sum_run_##s(int64_t *restrict low, int64_t *restrict high,                     \
                                const T *restrict x, const uint8_t *restrict mask, size_t n) {     \
        RED_EACH(i, n) {                                                                           \
            const T a = choose_##s(RED_INCLUDED(mask, i), x[i], 0);                                \
            low[i] += RED_LOW(T, read(a));                                                         \
            if (RED_IS_WIDE(T))                                                                    \
                high[i] += RED_HIGH(T, a);                                                         \
        }                                                                                          \
    }                                                                                              \
    RED_KERNEL(sum, s) {                                                                           \
        const T *x = value;                                                                        \
        int64_t *low = at, *high = low + w;                                                        \
        if (pitch == 1)                                                                            \
            sum_scan_##s(low, high, x, mask, n);                                                   \
        else                                                                                       \
            RED_FOR_ROWS(T, sum_run_##s(low + p, high + p, here, RED_FROM(mask, i), run))          \
    }

/* Products of one column under way at once: a single one would wait for each multiplication. */
enum { RED_WAYS = 16 };

#define RED_INTEGER_PRODUCT(s, T, read)                                                            \
    RED_INLINE void prod_run_##s(uint64_t *restrict product, const T *restrict x,                  \
                                 const uint8_t *restrict mask, size_t n) {                         \
        RED_EACH(i, n) {                                                                           \
            const uint64_t a = (uint64_t)read(x[i]);                                               \
            product[i] *= choose_u64(RED_INCLUDED(mask, i), a, 1);                                 \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE void prod_scan_##s(uint64_t *product, const T *restrict x,                          \
                                  const uint8_t *restrict mask, size_t n) {                        \
        uint64_t way[RED_WAYS];                                                                    \
        size_t i = 0;                                                                              \
        RED_EACH(j, RED_WAYS)                                                                      \
        way[j] = 1;                                                                                \
        for (; i + RED_WAYS <= n; i += RED_WAYS)                                                   \
            prod_run_##s(way, x + i, RED_FROM(mask, i), RED_WAYS);                                 \
        prod_run_##s(way, x + i, RED_FROM(mask, i), n - i);                                        \
        RED_EACH(j, RED_WAYS)                                                                      \
        *product *= way[j];                                                                        \
    }                                                                                              \
    RED_KERNEL(prod, s) {                                                                          \
        uint64_t *product = at;                                                                    \
        const T *x = value;                                                                        \
        if (pitch == 1)                                                                            \
            prod_scan_##s(product, x, mask, n);                                                    \
        else                                                                                       \
            RED_FOR_ROWS(T, prod_run_##s(product + p, here, RED_FROM(mask, i), run))               \
    }

#define RED_INTEGER_TOTALS(s, ID, T, read)                                                         \
    RED_INTEGER_SUM(s, T, read)                                                                    \
    RED_INTEGER_PRODUCT(s, T, read)
EVEX_FOR_BOOL(RED_INTEGER_TOTALS, RED_TRUTH)
EVEX_FOR_INTS(RED_INTEGER_TOTALS, RED_AS_IS)

/* ---- Extremes ----------------------------------------------------------------------------- */

/* What no element is better than. */
#define RED_IS_SIGNED(T) ((T)-1 < (T)1)
#define RED_SIGN_BIT(T) (UINT64_C(1) << (8 * sizeof(T) - 1))
#define RED_HIGHEST_INTEGER(T) ((T)(RED_IS_SIGNED(T) ? RED_SIGN_BIT(T) - 1 : UINT64_MAX))
#define RED_LOWEST_INTEGER(T) ((T)(RED_IS_SIGNED(T) ? RED_SIGN_BIT(T) : 0))
#define RED_HIGHEST_FLOAT(T) ((T)INFINITY)
#define RED_LOWEST_FLOAT(T) ((T)-INFINITY)

/* Accumulators of a scan. Fewer than 32 make gcc 12 unroll the loop before it looks for vectors. */
#define RED_WIDTH(T) (sizeof(T) < 4 ? 64 / sizeof(T) : 32)

/*
 * The best included number of a block, by `better` (< or >) alone; the bound when there is none.
 * *has_nan: an included element is nan. flag: an integer type as wide as T.
 */
#define RED_SCAN(name, s, T, flag, better, bound, read)                                            \
    RED_INLINE void name##_step_##s(T *restrict best, flag *restrict nans, const T *restrict x,    \
                                    const uint8_t *restrict mask, size_t n) {                      \
        RED_EACH(j, n) {                                                                           \
            const T a = choose_##s(RED_INCLUDED(mask, j), (T)read(x[j]), bound(T));                \
            best[j] = a better best[j] ? a : best[j];                                              \
            nans[j] |= a != a;                                                                     \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE T name##_scan_##s(const T *x, const uint8_t *mask, size_t n, int *has_nan) {        \
        T best[RED_WIDTH(T)];                                                                      \
        flag nans[RED_WIDTH(T)];                                                                   \
        size_t i = 0;                                                                              \
        RED_EACH(j, RED_WIDTH(T))                                                                  \
        best[j] = bound(T), nans[j] = 0;                                                           \
        for (; i + RED_WIDTH(T) <= n; i += RED_WIDTH(T)) {                                         \
            evex_prefetch_ahead(x + i, RED_WIDTH(T) * sizeof(T), EVEX_AHEAD_FAR);              \
            name##_step_##s(best, nans, x + i, RED_FROM(mask, i), RED_WIDTH(T));                   \
        }                                                                                          \
        name##_step_##s(best, nans, x + i, RED_FROM(mask, i), n - i);                              \
        for (size_t half = RED_WIDTH(T) / 2; half > 0; half /= 2)                                  \
            RED_EACH(j, half) {                                                                    \
                best[j] = best[j + half] better best[j] ? best[j + half] : best[j];                \
                nans[j] |= nans[j + half];                                                         \
            }                                                                                      \
        *has_nan = nans[0] != 0;                                                                   \
        return best[0];                                                                            \
    }

#define RED_INTEGER_EXTREME(name, s, T, merge)                                                     \
    RED_INLINE void name##_run_##s(T *restrict best, const T *restrict x,                          \
                                   const uint8_t *restrict mask, size_t n) {                       \
        RED_EACH(i, n) {                                                                           \
            const T merged = merge##_##s(best[i], x[i]);                                           \
            best[i] = choose_##s(RED_INCLUDED(mask, i), merged, best[i]);                          \
        }                                                                                          \
    }                                                                                              \
    RED_KERNEL(name, s) {                                                                          \
        T *best = at;                                                                              \
        const T *x = value;                                                                        \
        int has_nan;                                                                               \
        if (pitch == 1)                                                                            \
            *best = merge##_##s(*best, name##_scan_##s(x, mask, n, &has_nan));                     \
        else                                                                                       \
            RED_FOR_ROWS(T, name##_run_##s(best + p, here, RED_FROM(mask, i), run))                \
    }

/* Whether an included element has exactly the bits of wanted. */
#define RED_FIND_BITS(s, ID, T, unused)                                                            \
    RED_INLINE int has_bits_##s(const T *x, const uint8_t *mask, size_t n, T wanted) {             \
        int found = 0;                                                                             \
        RED_EACH(i, n)                                                                             \
        found |= RED_INCLUDED(mask, i) & (bits_##s(x[i]) == bits_##s(wanted));                     \
        return found;                                                                              \
    }
EVEX_FOR_FLOATS(RED_FIND_BITS, )

/*
 * The functions of core/definitions.h without branches: a compares with best first, equal ones are
 * zeros of either sign or the same, and nan is decided last. nan_wins: min and max, else nanmin and
 * nanmax, whose best is nan until the first number.
 */
#define RED_FLOAT_MERGE(name, s, T, better, join, nan_wins)                                        \
    RED_INLINE T name##_merge_##s(T best, T a) {                                                   \
        const T equal = from_bits_##s(bits_##s(a) join bits_##s(best));                            \
        const T ordered = a better best ? a : a == best ? equal : best;                            \
        return (nan_wins ? a != a : best != best) ? a : ordered;                                   \
    }

/*
 * A scan cannot tell the zeros apart, nor, ignoring nan, an infinity from nothing at all: those
 * rare answers are looked at again. best_zero is the one that wins among zeros.
 */
#define RED_FLOAT_EXTREME(name, s, T, scan, bound, best_zero, nan_wins)                            \
    RED_INLINE void name##_run_##s(T *restrict best, const T *restrict x,                          \
                                   const uint8_t *restrict mask, size_t n) {                       \
        RED_EACH(i, n) {                                                                           \
            const T merged = name##_merge_##s(best[i], x[i]);                                      \
            best[i] = choose_##s(RED_INCLUDED(mask, i), merged, best[i]);                          \
        }                                                                                          \
    }                                                                                              \
    RED_INLINE T name##_of_block_##s(const T *x, const uint8_t *mask, size_t n) {                  \
        int has_nan;                                                                               \
        const T best = scan##_scan_##s(x, mask, n, &has_nan);                                      \
        if (nan_wins && has_nan)                                                                   \
            return (T)NAN;                                                                         \
        if (best == 0)                                                                             \
            return has_bits_##s(x, mask, n, (T)(best_zero)) ? (T)(best_zero) : (T)(-(best_zero));  \
        if (!nan_wins && best == bound(T) && !has_bits_##s(x, mask, n, best))                      \
            return (T)NAN;                                                                         \
        return best;                                                                               \
    }                                                                                              \
    RED_KERNEL(name, s) {                                                                          \
        T *best = at;                                                                              \
        const T *x = value;                                                                        \
        if (pitch == 1)                                                                            \
            *best = name##_merge_##s(*best, name##_of_block_##s(x, mask, n));                      \
        else                                                                                       \
            RED_FOR_ROWS(T, name##_run_##s(best + p, here, RED_FROM(mask, i), run))                \
    }

/* ---- Extremes with their places ----------------------------------------------------------- */

/* Elements that a search passes over at once: first in long stretches, then in short ones. */
enum { RED_STRETCH = 128, RED_STEP = 16 };
/* Elements whose best is found before its place: so few that a search finds them in L1. */
enum { RED_SEARCHED = 2048 };

/*
 * The first element that is better than all before, or the first nan. Of a block of one column the
 * best is found first; only if it beats what is known its place is looked for.
 */
#define RED_PLACED(name, s, T, scan, better, read)                                                 \
    RED_INLINE int name##_is_before_##s(T a, T best) {                                             \
        return (a better best) | ((a != a) & (best == best));                                      \
    }                                                                                              \
    RED_INLINE void name##_run_##s(uint64_t *restrict index, T *restrict best,                     \
                                   const T *restrict x, const uint8_t *restrict mask, size_t n,    \
                                   uint64_t place) {                                               \
        RED_EACH(i, n) {                                                                           \
            const T a = (T)read(x[i]);                                                             \
            const int is_new = RED_INCLUDED(mask, i) &                                             \
                               ((index[i] == EVEX_NO_INDEX) | name##_is_before_##s(a, best[i]));   \
            best[i] = is_new ? a : best[i];                                                        \
            index[i] = is_new ? place : index[i];                                                  \
        }                                                                                          \
    }                                                                                              \
    /* Whether one of `length` elements is included and wanted, or nan. */                         \
    RED_INLINE int name##_has_##s(const T *x, const uint8_t *mask, size_t length, T wanted,        \
                                  int is_nan) {                                                    \
        int found = 0;                                                                             \
        RED_EACH(j, length) {                                                                      \
            const T a = (T)read(x[j]);                                                             \
            found |= RED_INCLUDED(mask, j) & ((a == wanted) | (is_nan & (a != a)));                \
        }                                                                                          \
        return found;                                                                              \
    }                                                                                              \
    /* The first such element; n if there is none. Stretches without one are passed over. */       \
    RED_INLINE size_t name##_find_##s(const T *x, const uint8_t *mask, size_t n, T wanted,         \
                                      int is_nan) {                                                \
        size_t i = 0;                                                                              \
        while (i + RED_STRETCH <= n &&                                                             \
               !name##_has_##s(x + i, RED_FROM(mask, i), RED_STRETCH, wanted, is_nan))             \
            i += RED_STRETCH;                                                                      \
        while (i + RED_STEP <= n &&                                                                \
               !name##_has_##s(x + i, RED_FROM(mask, i), RED_STEP, wanted, is_nan))                \
            i += RED_STEP;                                                                         \
        for (; i < n; i++) {                                                                       \
            const T a = (T)read(x[i]);                                                             \
            if (RED_INCLUDED(mask, i) && (is_nan ? a != a : a == wanted))                          \
                break;                                                                             \
        }                                                                                          \
        return i;                                                                                  \
    }                                                                                              \
    RED_INLINE void name##_block_##s(uint64_t *index, T *best, const T *x, const uint8_t *mask,    \
                                     size_t n, uint64_t place) {                                   \
        int has_nan;                                                                               \
        const T found = scan##_scan_##s(x, mask, n, &has_nan);                                     \
        if (*index != EVEX_NO_INDEX &&                                                             \
            !(has_nan ? *best == *best : name##_is_before_##s(found, *best)))                      \
            return;                                                                                \
        const size_t i = name##_find_##s(x, mask, n, found, has_nan);                              \
        if (i < n) {                                                                               \
            *best = (T)read(x[i]);                                                                 \
            *index = place + i;                                                                    \
        }                                                                                          \
    }                                                                                              \
    RED_KERNEL(name, s) {                                                                          \
        uint64_t *index = at;                                                                      \
        T *best = (T *)(index + w);                                                                \
        const T *x = value;                                                                        \
        if (pitch == 1)                                                                            \
            for (size_t i = 0; i < n; i += RED_SEARCHED)                                           \
                name##_block_##s(index, best, x + i, RED_FROM(mask, i),                            \
                                 n - i < RED_SEARCHED ? n - i : RED_SEARCHED,                      \
                                 leaf_index + first + i);                                          \
        else                                                                                       \
            RED_FOR_ROWS(T, name##_run_##s(index + p, best + p, here, RED_FROM(mask, i), run,      \
                                           leaf_index + (first + i) / w))                          \
    }

#define RED_INTEGER_EXTREMES(s, T, flag, read)                                                     \
    RED_SCAN(min, s, T, flag, <, RED_HIGHEST_INTEGER, read)                                        \
    RED_SCAN(max, s, T, flag, >, RED_LOWEST_INTEGER, read)                                         \
    RED_INTEGER_EXTREME(min, s, T, minimum)                                                        \
    RED_INTEGER_EXTREME(max, s, T, maximum)                                                        \
    RED_PLACED(argmin, s, T, min, <, read)                                                         \
    RED_PLACED(argmax, s, T, max, >, read)
RED_INTEGER_EXTREMES(bool, uint8_t, int8_t, RED_TRUTH)
RED_INTEGER_EXTREMES(i8, int8_t, int8_t, RED_AS_IS)
RED_INTEGER_EXTREMES(i16, int16_t, int16_t, RED_AS_IS)
RED_INTEGER_EXTREMES(i32, int32_t, int32_t, RED_AS_IS)
RED_INTEGER_EXTREMES(i64, int64_t, int64_t, RED_AS_IS)
RED_INTEGER_EXTREMES(u8, uint8_t, int8_t, RED_AS_IS)
RED_INTEGER_EXTREMES(u16, uint16_t, int16_t, RED_AS_IS)
RED_INTEGER_EXTREMES(u32, uint32_t, int32_t, RED_AS_IS)
RED_INTEGER_EXTREMES(u64, uint64_t, int64_t, RED_AS_IS)

#define RED_FLOAT_EXTREMES(s, T, flag)                                                             \
    RED_SCAN(min, s, T, flag, <, RED_HIGHEST_FLOAT, RED_AS_IS)                                     \
    RED_SCAN(max, s, T, flag, >, RED_LOWEST_FLOAT, RED_AS_IS)                                      \
    RED_FLOAT_MERGE(min, s, T, <, |, 1)                                                            \
    RED_FLOAT_MERGE(max, s, T, >, &, 1)                                                            \
    RED_FLOAT_MERGE(nanmin, s, T, <, |, 0)                                                         \
    RED_FLOAT_MERGE(nanmax, s, T, >, &, 0)                                                         \
    RED_FLOAT_EXTREME(min, s, T, min, RED_HIGHEST_FLOAT, -0.0, 1)                                  \
    RED_FLOAT_EXTREME(max, s, T, max, RED_LOWEST_FLOAT, 0.0, 1)                                    \
    RED_FLOAT_EXTREME(nanmin, s, T, min, RED_HIGHEST_FLOAT, -0.0, 0)                               \
    RED_FLOAT_EXTREME(nanmax, s, T, max, RED_LOWEST_FLOAT, 0.0, 0)                                 \
    RED_PLACED(argmin, s, T, min, <, RED_AS_IS)                                                    \
    RED_PLACED(argmax, s, T, max, >, RED_AS_IS)
RED_FLOAT_EXTREMES(f32, float, int32_t)
RED_FLOAT_EXTREMES(f64, double, int64_t)

/* ---- Magnitudes of products --------------------------------------------------------------- */

#define RED_MAGNITUDE(s, ID, T, unused)                                                            \
    RED_KERNEL(magnitude, s) {                                                                     \
        uint64_t *size = at, *facts = size + w;                                                    \
        RED_FOR_ROWS(T, RED_EACH(j, run) if (RED_INCLUDED(mask, i + j)) evex_magnitude_add(        \
                            size + p + j, facts + p + j, evex_magnitude_of_##s(here[j]),           \
                            here[j] < 1 && here[j] != 0))                                          \
    }
EVEX_FOR_INTS(RED_MAGNITUDE, )

/* ---- bool --------------------------------------------------------------------------------- */

/* Whether an included byte is true (wanted 1) or false (wanted 0). */
RED_INLINE int has_truth(const uint8_t *x, const uint8_t *mask, size_t n, int wanted) {
    uint8_t found = 0;
    RED_EACH(i, n)
    found |= RED_INCLUDED(mask, i) & ((x[i] != 0) == wanted);
    return found;
}

RED_KERNEL(any, bool) {
    uint8_t *result = at;
    const uint8_t *x = value;
    if (pitch == 1)
        *result |= (uint8_t)has_truth(x, mask, n, 1);
    else
        RED_FOR_ROWS(uint8_t,
                     RED_EACH(j, run) result[p + j] |= RED_INCLUDED(mask, i + j) & (here[j] != 0))
}

RED_KERNEL(all, bool) {
    uint8_t *result = at;
    const uint8_t *x = value;
    if (pitch == 1)
        *result &= (uint8_t)!has_truth(x, mask, n, 0);
    else
        RED_FOR_ROWS(uint8_t,
                     RED_EACH(j, run) result[p + j] &= !RED_INCLUDED(mask, i + j) | (here[j] != 0))
}

RED_KERNEL(excluded, bool) {
    uint64_t *count = at;
    const uint8_t *x = value;
    uint32_t n_false = 0;
    if (pitch == 1) {
        RED_EACH(i, n)
        n_false += x[i] == 0;
        *count += n_false;
    } else {
        RED_FOR_RUNS(w, RED_EACH(j, run) count[p + j] += x[i + j] == 0)
    }
}

RED_KERNEL(first, bool) {
    uint64_t *index = at;
    const uint8_t *x = value;
    if (!has_truth(x, mask, n, 1))
        return;
    for (size_t i = 0; i < n; i++)
        if (RED_INCLUDED(mask, i) && x[i] != 0 && index[(first + i) % w] == EVEX_NO_INDEX)
            index[(first + i) % w] = leaf_index + (first + i) / w;
}

#define RED_TABLE_(isa) evex_reduce_##isa
#define RED_TABLE(isa) RED_TABLE_(isa)
evex_reduce_row RED_TABLE(EVEX_ISA)[EVEX_N_REDUCTIONS] = EVEX_REDUCE_TABLE;
