/* SPDX-License-Identifier: MIT */
/*
 * The panel kernels of one instruction set: a whole leaf of floats at once, without accumulators in
 * between. eval/simd/meson.build compiles this file once per set, as it does eval/reduce_kernels.c,
 * whose remarks on loops hold here too; eval/kernels.h has the contracts, eval/panel.c the callers.
 *
 * A panel of columns goes through the lanes in the order in which they merge, so that a lane is
 * read from first row to last while its sum stays in L1, and at most log2(lanes) + 1 rows of sums
 * wait on a stack. A lane without rows is left out: merging the identity changes no bit.
 */
#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/kernels.h"
#include "eval/moments.h"

#define PANEL_INLINE static inline __attribute__((always_inline))
#define PANEL_LANES(T) (sizeof(T) == 4 ? (size_t)EVEX_LANES_32 : (size_t)EVEX_LANES_64)
#define PANEL_EACH(i, n) for (size_t i = 0; i < (n); i++)

/* The lanes that n_rows rows need, up to the next power of two. */
PANEL_INLINE size_t lanes_used(size_t lanes, size_t n_rows) {
    while (lanes / 2 >= n_rows && lanes > 1)
        lanes /= 2;
    return lanes;
}

/* Lanes in the order 0, half, quarter, ...: the number after lane in bit-reversed counting. */
PANEL_INLINE size_t next_lane(size_t lane, size_t lanes) {
    size_t bit = lanes / 2;
    for (; lane & bit; bit /= 2)
        lane ^= bit;
    return lane | bit;
}

/* ---- Sums and products -------------------------------------------------------------------- */

#define PANEL_ROWS(name, s, T, op)                                                                 \
    /* Takes n rows at a distance of step into the sums of a lane. */                              \
    PANEL_INLINE void name##_rows_##s(double *restrict lane, const T *x, size_t step, size_t n,    \
                                      size_t w) {                                                  \
        for (size_t k = 0; k < n; k++)                                                             \
            evex_prefetch_line(x + k * step + w);                                                  \
        for (; n >= 4; n -= 4, x += 4 * step)                                                      \
            PANEL_EACH(c, w)                                                                       \
        lane[c] = (((lane[c] op(double) x[c])op(double) x[step + c]) op(double) x[2 * step + c])   \
            op(double) x[3 * step + c];                                                            \
        for (; n > 0; n--, x += step)                                                              \
            PANEL_EACH(c, w)                                                                       \
        lane[c] = lane[c] op(double) x[c];                                                         \
    }
PANEL_ROWS(sum, f32, float, +)
PANEL_ROWS(sum, f64, double, +)
PANEL_ROWS(prod, f32, float, *)
PANEL_ROWS(prod, f64, double, *)

#define PANEL_TOTAL(name, s, T, op, identity)                                                      \
    /* Up to four of the rows that lie quarter apart, as the lanes that they are merge. */         \
    PANEL_INLINE void name##_four_##s(double *restrict sum, const T *x, size_t quarter, size_t n,  \
                                      size_t w) {                                                  \
        for (size_t k = 0; k < n; k++)                                                             \
            evex_prefetch_line(x + k * quarter + w);                                               \
        if (n == 1)                                                                                \
            PANEL_EACH(c, w)                                                                       \
        sum[c] = (double)x[c];                                                                     \
        else if (n == 2) PANEL_EACH(c, w) sum[c] = (double)x[c] op(double) x[quarter + c];         \
        else if (n == 3) PANEL_EACH(c, w) sum[c] =                                                 \
            ((double)x[c] op(double) x[2 * quarter + c]) op(double) x[quarter + c];                \
        else PANEL_EACH(c, w) sum[c] = ((double)x[c] op(double) x[2 * quarter + c])                \
            op((double)x[quarter + c] op(double) x[3 * quarter + c]);                              \
    }                                                                                              \
    /* No lane has a second row. */                                                                \
    PANEL_INLINE void name##_short_##s(double *memory, const T *x, size_t pitch, size_t n_rows,    \
                                       size_t w) {                                                 \
        const size_t lanes = lanes_used(PANEL_LANES(T), n_rows);                                   \
        const size_t quarter = lanes < 4 ? 1 : lanes / 4;                                          \
        double *top = memory;                                                                      \
        for (size_t t = 0, j = 0; t < quarter; t++, j = next_lane(j, quarter)) {                   \
            if (j < n_rows) {                                                                      \
                name##_four_##s(top, x + j * pitch, quarter * pitch,                               \
                                (n_rows - 1 - j) / quarter + 1, w);                                \
                top += w;                                                                          \
            }                                                                                      \
            for (size_t level = 0; t >> level & 1; level++)                                        \
                if ((j & ((quarter >> level) - 1)) < n_rows) {                                     \
                    top -= w;                                                                      \
                    name##_rows_f64(top - w, top, 0, 1, w);                                        \
                }                                                                                  \
        }                                                                                          \
    }                                                                                              \
    static void panel_##name##_##s(double *memory, const void *value, size_t pitch, size_t n_rows, \
                                   size_t w) {                                                     \
        const T *x = value;                                                                        \
        const size_t lanes = PANEL_LANES(T);                                                       \
        double *top = memory;                                                                      \
        if (n_rows <= lanes) {                                                                     \
            name##_short_##s(memory, x, pitch, n_rows, w);                                         \
            return;                                                                                \
        }                                                                                          \
        for (size_t t = 0, j = 0; t < lanes; t++, j = next_lane(j, lanes)) {                       \
            PANEL_EACH(c, w)                                                                       \
            top[c] = (double)x[j * pitch + c];                                                     \
            name##_rows_##s(top, x + (j + lanes) * pitch, lanes * pitch, (n_rows - 1 - j) / lanes, \
                            w);                                                                    \
            top += w;                                                                              \
            for (size_t level = 0; t >> level & 1; level++) {                                      \
                top -= w;                                                                          \
                name##_rows_f64(top - w, top, 0, 1, w);                                            \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void line_##name##_##s(double *result, const void *value, size_t n) {                   \
        const T *x = value;                                                                        \
        double lane[PANEL_LANES(T)], last[PANEL_LANES(T)];                                         \
        const size_t whole = n / PANEL_LANES(T) * PANEL_LANES(T);                                  \
        PANEL_EACH(j, PANEL_LANES(T))                                                              \
        lane[j] = (double)x[j];                                                                    \
        for (size_t i = PANEL_LANES(T); i < whole; i += PANEL_LANES(T)) {                          \
            evex_prefetch_ahead(x + i, PANEL_LANES(T) * sizeof(T));                                \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
            lane[j] = lane[j] op(double) x[i + j];                                                 \
        }                                                                                          \
        if (whole < n) {                                                                           \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
            last[j] = j < n - whole ? (double)x[whole + j] : identity;                             \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
            lane[j] = lane[j] op last[j];                                                          \
        }                                                                                          \
        for (size_t half = PANEL_LANES(T) / 2; half > 0; half /= 2)                                \
            PANEL_EACH(j, half)                                                                    \
        lane[j] = lane[j] op lane[j + half];                                                       \
        result[0] = lane[0];                                                                       \
    }

#define PANEL_TOTALS(s, ID, T, unused)                                                             \
    PANEL_TOTAL(sum, s, T, +, -0.0)                                                                \
    PANEL_TOTAL(prod, s, T, *, 1.0)
EVEX_FOR_FLOATS(PANEL_TOTALS, )

/* ---- Moments ------------------------------------------------------------------------------ */

/* left takes in right for w columns whose lanes have the same counts. */
PANEL_INLINE void merge_moments(double *restrict left, const double *restrict right, size_t w,
                                double left_count, double right_count) {
    PANEL_EACH(c, w) {
        const evex_moments both =
            evex_moments_merge((evex_moments){left_count, left[c], left[w + c]},
                               (evex_moments){right_count, right[c], right[w + c]});
        left[c] = both.mean;
        left[w + c] = both.m2;
    }
}

/* An entry of the stack is mean[w], m2[w]; while a lane is read, these are its s1 and s2. */
#define PANEL_MOMENTS(s, ID, T, unused)                                                            \
    PANEL_INLINE void moments_lane_##s(double *restrict s1, double *restrict s2, const T *x,       \
                                       size_t step, size_t n, size_t w) {                          \
        PANEL_EACH(c, w) {                                                                         \
            const double d = (double)x[c] - (double)x[c];                                          \
            s1[c] = d;                                                                             \
            s2[c] = d * d;                                                                         \
        }                                                                                          \
        for (size_t k = 1; k < n; k++)                                                             \
            PANEL_EACH(c, w) {                                                                     \
                const double d = (double)x[k * step + c] - (double)x[c];                           \
                s1[c] += d;                                                                        \
                s2[c] += d * d;                                                                    \
            }                                                                                      \
        if (n == 1) /* a division less */                                                          \
            PANEL_EACH(c, w) {                                                                     \
                const evex_moments lane = evex_moments_of_sums((double)x[c], s1[c], s2[c], 1.0);   \
                s1[c] = lane.mean;                                                                 \
                s2[c] = lane.m2;                                                                   \
            }                                                                                      \
        else                                                                                       \
            PANEL_EACH(c, w) {                                                                     \
                const evex_moments lane =                                                          \
                    evex_moments_of_sums((double)x[c], s1[c], s2[c], (double)n);                   \
                s1[c] = lane.mean;                                                                 \
                s2[c] = lane.m2;                                                                   \
            }                                                                                      \
    }                                                                                              \
    static void panel_moments_##s(double *memory, const void *value, size_t pitch, size_t n_rows,  \
                                  size_t w) {                                                      \
        const size_t lanes = lanes_used(PANEL_LANES(T), n_rows), step = pitch * PANEL_LANES(T);    \
        double counts[8], *top = memory;                                                           \
        size_t depth = 0;                                                                          \
        for (size_t t = 0, j = 0; t < lanes; t++, j = next_lane(j, lanes)) {                       \
            if (j < n_rows) {                                                                      \
                const size_t n = (n_rows - 1 - j) / PANEL_LANES(T) + 1;                            \
                moments_lane_##s(top, top + w, (const T *)value + j * pitch, step, n, w);          \
                counts[depth++] = (double)n;                                                       \
                top += 2 * w;                                                                      \
            }                                                                                      \
            for (size_t level = 0; t >> level & 1; level++) {                                      \
                if ((j & ((lanes >> level) - 1)) >= n_rows)                                        \
                    continue;                                                                      \
                depth--;                                                                           \
                top -= 2 * w;                                                                      \
                merge_moments(top - 2 * w, top, w, counts[depth - 1], counts[depth]);              \
                counts[depth - 1] += counts[depth];                                                \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void line_moments_##s(double *result, const void *value, size_t n) {                    \
        enum { L = PANEL_LANES(T) };                                                               \
        const T *x = value;                                                                        \
        const size_t n_rows = n / L, rest = n % L;                                                 \
        double shift[L], s1[L], s2[L], count[L];                                                   \
        PANEL_EACH(j, L) {                                                                         \
            const double d = (double)x[j] - (double)x[j];                                          \
            shift[j] = (double)x[j];                                                               \
            s1[j] = d;                                                                             \
            s2[j] = d * d;                                                                         \
            count[j] = (double)(n_rows + (j < rest));                                              \
        }                                                                                          \
        for (size_t k = 1; k < n_rows; k++) {                                                      \
            evex_prefetch_ahead(x + k * L, L * sizeof(T));                                         \
            PANEL_EACH(j, L) {                                                                     \
                const double d = (double)x[k * L + j] - shift[j];                                  \
                s1[j] += d;                                                                        \
                s2[j] += d * d;                                                                    \
            }                                                                                      \
        }                                                                                          \
        PANEL_EACH(j, rest) {                                                                      \
            const double d = (double)x[n_rows * L + j] - shift[j];                                 \
            s1[j] += d;                                                                            \
            s2[j] += d * d;                                                                        \
        }                                                                                          \
        PANEL_EACH(j, L) {                                                                         \
            const evex_moments lane = evex_moments_of_sums(shift[j], s1[j], s2[j], count[j]);      \
            shift[j] = lane.mean;                                                                  \
            s2[j] = lane.m2;                                                                       \
        }                                                                                          \
        for (size_t half = L / 2; half > 0; half /= 2)                                             \
            PANEL_EACH(j, half) {                                                                  \
                const evex_moments both = evex_moments_merge(                                      \
                    (evex_moments){count[j], shift[j], s2[j]},                                     \
                    (evex_moments){count[j + half], shift[j + half], s2[j + half]});               \
                count[j] = both.count;                                                             \
                shift[j] = both.mean;                                                              \
                s2[j] = both.m2;                                                                   \
            }                                                                                      \
        result[0] = shift[0];                                                                      \
        result[1] = s2[0];                                                                         \
    }
EVEX_FOR_FLOATS(PANEL_MOMENTS, )

#define PANEL_SLOT(s, ID, T, name) [EVEX_##ID] = {panel_##name##_##s, line_##name##_##s},
#define PANEL_TABLE_(isa) evex_panels_##isa
#define PANEL_TABLE(isa) PANEL_TABLE_(isa)
evex_panel_row PANEL_TABLE(EVEX_ISA)[EVEX_N_REDUCTIONS] = {
    [EVEX_RED_SUM] = {EVEX_FOR_FLOATS(PANEL_SLOT, sum)},
    [EVEX_RED_MEAN] = {EVEX_FOR_FLOATS(PANEL_SLOT, sum)},
    [EVEX_RED_PROD] = {EVEX_FOR_FLOATS(PANEL_SLOT, prod)},
    [EVEX_RED_VAR] = {EVEX_FOR_FLOATS(PANEL_SLOT, moments)},
    [EVEX_RED_STD] = {EVEX_FOR_FLOATS(PANEL_SLOT, moments)},
};
