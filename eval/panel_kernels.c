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

/* Element (k, c) as the word makes it of x and y, rounded to T as its instruction does. */
#define PANEL_TERM(word, s, T, has_second, value)                                                  \
    PANEL_INLINE double word##_term_##s(evex_panel_source p, size_t k, size_t c) {                 \
        const T x = ((const T *)p.x)[k * p.x_pitch + c];                                           \
        const T y = has_second ? ((const T *)p.y)[k * p.y_pitch + c] : x;                          \
        const T term = value;                                                                      \
        (void)y;                                                                                   \
        return (double)term;                                                                       \
    }                                                                                              \
    /* Behind w columns of row k, of an array of rows; ahead of element c of a line. */            \
    PANEL_INLINE void word##_wake_##s(evex_panel_source p, size_t k, size_t w) {                   \
        evex_prefetch_line((const T *)p.x + k * p.x_pitch + w);                                    \
        if (has_second)                                                                            \
            evex_prefetch_line((const T *)p.y + k * p.y_pitch + w);                                \
    }                                                                                              \
    PANEL_INLINE void word##_ahead_##s(evex_panel_source p, size_t c) {                            \
        const size_t distance = has_second       ? EVEX_AHEAD_SHARED                               \
                                : sizeof(T) == 4 ? EVEX_AHEAD_FARTHEST                             \
                                                 : EVEX_AHEAD;                                     \
        evex_prefetch_ahead((const T *)p.x + c, PANEL_LANES(T) * sizeof(T), distance);             \
        if (has_second)                                                                            \
            evex_prefetch_ahead((const T *)p.y + c, PANEL_LANES(T) * sizeof(T), distance);         \
    }
#define PANEL_TERMS(s, ID, T, unused)                                                              \
    PANEL_TERM(sum, s, T, 0, x)                                                                    \
    PANEL_TERM(prod, s, T, 0, x)                                                                   \
    PANEL_TERM(product, s, T, 1, x *y)                                                             \
    PANEL_TERM(square, s, T, 0, x *x)                                                              \
    PANEL_TERM(difference_square, s, T, 1, (x - y) * (x - y))
EVEX_FOR_FLOATS(PANEL_TERMS, )

#define PANEL_ROWS(word, s, op)                                                                    \
    /* Takes n rows at a distance of step into the sums of a lane. */                              \
    PANEL_INLINE void word##_rows_##s(double *restrict lane, evex_panel_source p, size_t row,      \
                                      size_t step, size_t n, size_t w) {                           \
        for (size_t k = 0; k < n; k++)                                                             \
            word##_wake_##s(p, row + k * step, w);                                                 \
        for (; n >= 4; n -= 4, row += 4 * step)                                                    \
            PANEL_EACH(c, w)                                                                       \
                lane[c] =                                                                          \
                    (((lane[c] op word##_term_##s(p, row, c))op word##_term_##s(p, row + step, c)) \
                         op word##_term_##s(p, row + 2 * step, c))                                 \
                        op word##_term_##s(p, row + 3 * step, c);                                  \
        for (; n > 0; n--, row += step)                                                            \
            PANEL_EACH(c, w)                                                                       \
                lane[c] = lane[c] op word##_term_##s(p, row, c);                                   \
    }                                                                                              \
    PANEL_INLINE void word##_merge_##s(double *restrict left, const double *restrict right,        \
                                       size_t w) {                                                 \
        PANEL_EACH(c, w)                                                                           \
            left[c] = left[c] op right[c];                                                         \
    }

#define PANEL_SHORT(word, s, T, op)                                                                \
    /* Up to four of the rows that lie quarter apart, as the lanes that they are merge. */         \
    PANEL_INLINE void word##_four_##s(double *restrict sum, evex_panel_source p, size_t row,       \
                                      size_t quarter, size_t n, size_t w) {                        \
        const size_t second = row + quarter, third = second + quarter, fourth = third + quarter;   \
        for (size_t k = 0; k < n; k++)                                                             \
            word##_wake_##s(p, row + k * quarter, w);                                              \
        if (n == 1)                                                                                \
            PANEL_EACH(c, w)                                                                       \
                sum[c] = word##_term_##s(p, row, c);                                               \
        else if (n == 2)                                                                           \
            PANEL_EACH(c, w)                                                                       \
                sum[c] = word##_term_##s(p, row, c) op word##_term_##s(p, second, c);              \
        else if (n == 3)                                                                           \
            PANEL_EACH(c, w)                                                                       \
                sum[c] = (word##_term_##s(p, row, c)                                               \
                              op word##_term_##s(p, third, c))op word##_term_##s(p, second, c);    \
        else                                                                                       \
            PANEL_EACH(c, w)                                                                       \
                sum[c] = (word##_term_##s(p, row, c) op word##_term_##s(p, third, c))op(           \
                    word##_term_##s(p, second, c) op word##_term_##s(p, fourth, c));               \
    }                                                                                              \
    /* No lane has a second row. */                                                                \
    PANEL_INLINE void word##_short_##s(double *memory, evex_panel_source p, size_t n_rows,         \
                                       size_t w) {                                                 \
        const size_t lanes = lanes_used(PANEL_LANES(T), n_rows);                                   \
        const size_t quarter = lanes < 4 ? 1 : lanes / 4;                                          \
        double *top = memory;                                                                      \
        for (size_t t = 0, j = 0; t < quarter; t++, j = next_lane(j, quarter)) {                   \
            if (j < n_rows) {                                                                      \
                word##_four_##s(top, p, j, quarter, (n_rows - 1 - j) / quarter + 1, w);            \
                top += w;                                                                          \
            }                                                                                      \
            for (size_t level = 0; t >> level & 1; level++)                                        \
                if ((j & ((quarter >> level) - 1)) < n_rows) {                                     \
                    top -= w;                                                                      \
                    word##_merge_##s(top - w, top, w);                                             \
                }                                                                                  \
        }                                                                                          \
    }

#define PANEL_COLUMNS(word, s, T)                                                                  \
    static void panel_##word##_##s(double *memory, const evex_panel_source *from, size_t n_rows,   \
                                   size_t w) {                                                     \
        const evex_panel_source p = *from;                                                         \
        const size_t lanes = PANEL_LANES(T);                                                       \
        double *top = memory;                                                                      \
        if (n_rows <= lanes) {                                                                     \
            word##_short_##s(memory, p, n_rows, w);                                                \
            return;                                                                                \
        }                                                                                          \
        for (size_t t = 0, j = 0; t < lanes; t++, j = next_lane(j, lanes)) {                       \
            PANEL_EACH(c, w)                                                                       \
                top[c] = word##_term_##s(p, j, c);                                                 \
            word##_rows_##s(top, p, j + lanes, lanes, (n_rows - 1 - j) / lanes, w);                \
            top += w;                                                                              \
            for (size_t level = 0; t >> level & 1; level++) {                                      \
                top -= w;                                                                          \
                word##_merge_##s(top - w, top, w);                                                 \
            }                                                                                      \
        }                                                                                          \
    }

#define PANEL_LINE(word, s, T, op, identity)                                                       \
    static void line_##word##_##s(double *result, const evex_panel_source *from, size_t n) {       \
        const evex_panel_source p = *from;                                                         \
        double lane[PANEL_LANES(T)], last[PANEL_LANES(T)];                                         \
        const size_t whole = n / PANEL_LANES(T) * PANEL_LANES(T);                                  \
        PANEL_EACH(j, PANEL_LANES(T))                                                              \
            lane[j] = word##_term_##s(p, 0, j);                                                    \
        for (size_t i = PANEL_LANES(T); i < whole; i += PANEL_LANES(T)) {                          \
            word##_ahead_##s(p, i);                                                                \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
                lane[j] = lane[j] op word##_term_##s(p, 0, i + j);                                 \
        }                                                                                          \
        if (whole < n) {                                                                           \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
                last[j] = j < n - whole ? word##_term_##s(p, 0, whole + j) : identity;             \
            PANEL_EACH(j, PANEL_LANES(T))                                                          \
                lane[j] = lane[j] op last[j];                                                      \
        }                                                                                          \
        for (size_t half = PANEL_LANES(T) / 2; half > 0; half /= 2)                                \
            PANEL_EACH(j, half)                                                                    \
                lane[j] = lane[j] op lane[j + half];                                               \
        result[0] = lane[0];                                                                       \
    }

#define PANEL_TOTAL(word, s, T, op, identity)                                                      \
    PANEL_ROWS(word, s, op)                                                                        \
    PANEL_SHORT(word, s, T, op)                                                                    \
    PANEL_COLUMNS(word, s, T)                                                                      \
    PANEL_LINE(word, s, T, op, identity)
#define PANEL_TOTALS(s, ID, T, unused)                                                             \
    PANEL_TOTAL(sum, s, T, +, -0.0)                                                                \
    PANEL_TOTAL(prod, s, T, *, 1.0)                                                                \
    PANEL_TOTAL(product, s, T, +, -0.0)                                                            \
    PANEL_TOTAL(square, s, T, +, -0.0)                                                             \
    PANEL_TOTAL(difference_square, s, T, +, -0.0)
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
    static void panel_moments_##s(double *memory, const evex_panel_source *from, size_t n_rows,    \
                                  size_t w) {                                                      \
        const size_t lanes = lanes_used(PANEL_LANES(T), n_rows), pitch = from->x_pitch;            \
        const size_t step = pitch * PANEL_LANES(T);                                                \
        double counts[8], *top = memory;                                                           \
        size_t depth = 0;                                                                          \
        for (size_t t = 0, j = 0; t < lanes; t++, j = next_lane(j, lanes)) {                       \
            if (j < n_rows) {                                                                      \
                const size_t n = (n_rows - 1 - j) / PANEL_LANES(T) + 1;                            \
                moments_lane_##s(top, top + w, (const T *)from->x + j * pitch, step, n, w);        \
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
    static void line_moments_##s(double *result, const evex_panel_source *from, size_t n) {        \
        enum { L = PANEL_LANES(T) };                                                               \
        const T *x = from->x;                                                                      \
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
            evex_prefetch_ahead(x + k * L, L * sizeof(T), EVEX_AHEAD_FAR);                         \
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

/* ---- Fused sums --------------------------------------------------------------------------- */

#define FUSED_SLOT(s, ID, T, word) PANEL_SLOT(s, ID, T, word)
#define FUSED_SUM_SOURCE(word) {EVEX_FOR_FLOATS(FUSED_SLOT, word)},
#define FUSED_SUM_MASK(word) {[EVEX_F64] = {NULL, NULL}},
#define FUSED_SUM(role, first, op, word) FUSED_SUM_##role(word)
#define FUSED_TABLE_(isa) evex_fused_panels_##isa
#define FUSED_TABLE(isa) FUSED_TABLE_(isa)
evex_panel_row FUSED_TABLE(EVEX_ISA)[] = {
#include "eval/fused_sums.def"
};
