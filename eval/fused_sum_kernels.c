/* SPDX-License-Identifier: MIT */
/*
 * The kernels of eval/fused_sums.def for one instruction set, compiled as eval/reduce_kernels.c is;
 * like there, plain loops over virtual lanes, which are independent of each other. They leave the
 * bits that the instruction and the reduction's own kernel leave one after the other. What leaves
 * the object is the table evex_fused_sums_<isa>.
 */
#include "eval/accumulators.h"
#include "eval/kernels.h"

#define FUSED_INLINE static inline __attribute__((always_inline))
#define FUSED_EACH(i, n) for (size_t i = 0; i < (n); i++)

/* ---- Words ---------------------------------------------------------------------------------- */

/* name_includes: whether an element counts. name_term: what is added for it, rounded to T as the
 * instruction does; for one that does not count the identity, which changes no bit of any sum. */
#define FUSED_WORD(name, s, T, condition, value)                                                   \
    FUSED_INLINE int name##_includes_##s(T x, T y, T z) {                                          \
        (void)x, (void)y, (void)z;                                                                 \
        return condition;                                                                          \
    }                                                                                              \
    FUSED_INLINE double name##_term_##s(T x, T y, T z) {                                           \
        (void)y;                                                                                   \
        const T term = value;                                                                      \
        return (double)(name##_includes_##s(x, y, z) ? term : (T)-0.0);                            \
    }
#define FUSED_WORDS(s, ID, T, unused)                                                              \
    FUSED_WORD(product, s, T, 1, x *y)                                                             \
    FUSED_WORD(square, s, T, 1, x *x)                                                              \
    FUSED_WORD(difference_square, s, T, 1, (x - y) * (x - y))                                      \
    FUSED_WORD(where_lt, s, T, y < z, x)                                                           \
    FUSED_WORD(where_le, s, T, y <= z, x)
EVEX_FOR_FLOATS(FUSED_WORDS, )

/* ---- Loops ---------------------------------------------------------------------------------- */

#define FUSED_LANES(T) (sizeof(T) == 4 ? (size_t)EVEX_LANES_32 : (size_t)EVEX_LANES_64)

/* Three operands with their steps; from element i on; the elements i. */
#define FUSED_OPERANDS(T) const T *x, size_t dx, const T *y, size_t dy, const T *z, size_t dz
#define FUSED_FROM(i) x + (i)*dx, dx, y + (i)*dy, dy, z + (i)*dz, dz
#define FUSED_AT(i) x[(i)*dx], y[(i)*dy], z[(i)*dz]

/* So many bytes of the operands are about to be read; a scalar is where it is, and one of them is
 * often another one. */
FUSED_INLINE void prefetch_operands(const void *x, size_t dx, const void *y, size_t dy,
                                    const void *z, size_t dz, size_t n_bytes) {
    if (dx > 0)
        evex_prefetch_ahead(x, n_bytes, EVEX_AHEAD_SHARED);
    if (dy > 0 && y != x)
        evex_prefetch_ahead(y, n_bytes, EVEX_AHEAD_SHARED);
    if (dz > 0 && z != x && z != y)
        evex_prefetch_ahead(z, n_bytes, EVEX_AHEAD_SHARED);
}

/*
 * _rows: n_rows rows of all lanes of a single column, _lanes: n elements of one such row,
 * _columns: of adjacent columns of a row. can_exclude is 0 for words that include everything.
 * _one and _all cut a block into these; has_rows is 0 where rows are not worth their code.
 */
#define FUSED_LOOPS(name, s, T, counter, can_exclude)                                              \
    FUSED_INLINE void name##_rows_##s(double *restrict ring, uint64_t *restrict excluded,          \
                                      FUSED_OPERANDS(T), size_t n_rows) {                          \
        enum { L = FUSED_LANES(T) };                                                               \
        double lane[L];                                                                            \
        counter n_in[L] = {0};                                                                     \
        FUSED_EACH(j, L)                                                                           \
            lane[j] = ring[j];                                                                     \
        for (size_t i = 0; i < n_rows * L; i += L) {                                               \
            prefetch_operands(FUSED_FROM(i), L * sizeof(T));                                       \
            FUSED_EACH(j, L) {                                                                     \
                lane[j] += name##_term_##s(FUSED_AT(i + j));                                       \
                if (can_exclude)                                                                   \
                    n_in[j] += (counter)name##_includes_##s(FUSED_AT(i + j));                      \
            }                                                                                      \
        }                                                                                          \
        FUSED_EACH(j, L)                                                                           \
            ring[j] = lane[j];                                                                     \
        for (size_t j = 0; can_exclude && j < L; j++)                                              \
            *excluded += n_rows - (uint64_t)n_in[j];                                               \
    }                                                                                              \
    static __attribute__((noinline)) void name##_lanes_##s(                                        \
        double *restrict ring, uint64_t *restrict excluded, FUSED_OPERANDS(T), size_t n) {         \
        FUSED_EACH(i, n) {                                                                         \
            ring[i] += name##_term_##s(FUSED_AT(i));                                               \
            *excluded += !name##_includes_##s(FUSED_AT(i));                                        \
        }                                                                                          \
    }                                                                                              \
    FUSED_INLINE void name##_columns_##s(double *restrict ring, uint64_t *restrict excluded,       \
                                         FUSED_OPERANDS(T), size_t n) {                            \
        FUSED_EACH(i, n)                                                                           \
            ring[i] += name##_term_##s(FUSED_AT(i));                                               \
        for (size_t i = 0; can_exclude && i < n; i++)                                              \
            excluded[i] += !name##_includes_##s(FUSED_AT(i));                                      \
    }                                                                                              \
    FUSED_INLINE void name##_one_##s(double *ring, uint64_t *excluded, size_t first,               \
                                     FUSED_OPERANDS(T), size_t n, int has_rows) {                  \
        const size_t lanes = FUSED_LANES(T);                                                       \
        for (size_t i = 0, run; i < n; i += run) {                                                 \
            const size_t lane = (first + i) % lanes;                                               \
            if (has_rows && lane == 0 && n - i >= lanes) {                                         \
                run = (n - i) / lanes * lanes;                                                     \
                name##_rows_##s(ring, excluded, FUSED_FROM(i), run / lanes);                       \
            } else {                                                                               \
                run = n - i < lanes - lane ? n - i : lanes - lane;                                 \
                name##_lanes_##s(ring + lane, excluded, FUSED_FROM(i), run);                       \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    FUSED_INLINE void name##_all_##s(double *ring, uint64_t *excluded, size_t w, size_t first,     \
                                     FUSED_OPERANDS(T), size_t n, int has_rows) {                  \
        if (w == 1) {                                                                              \
            name##_one_##s(ring, excluded, first, FUSED_FROM(0), n, has_rows);                     \
            return;                                                                                \
        }                                                                                          \
        size_t place = first % (FUSED_LANES(T) * w), column = first % w;                           \
        for (size_t i = 0, run; i < n; i += run, column = 0) {                                     \
            run = n - i < w - column ? n - i : w - column;                                         \
            name##_columns_##s(ring + place, excluded + column, FUSED_FROM(i), run);               \
            place += run;                                                                          \
            place = place < FUSED_LANES(T) * w ? place : 0;                                        \
        }                                                                                          \
    }

/* ---- Kernels -------------------------------------------------------------------------------- */

/* A loop for each form of the operands that is common; the last one is for any. */
#define FUSED_KERNEL(name, s, T, forms)                                                            \
    static void fused_##name##_##s(void *ring, uint64_t *excluded, size_t w, size_t first,         \
                                   const evex_operand *src, size_t n) {                            \
        forms(name, s, T) FUSED_FORM(name, s, T, src[0].step, src[Y].step, src[Z].step, 0)         \
    }
#define FUSED_FORM(name, s, T, dx, dy, dz, has_rows)                                               \
    name##_all_##s(ring, excluded, w, first, src[0].data, dx, src[Y].data, dy, src[Z].data, dz, n, \
                   has_rows);
#define FUSED_IF(name, s, T, dx, dy, dz)                                                           \
    if (src[0].step == dx && src[Y].step == dy && src[Z].step == dz) {                             \
        FUSED_FORM(name, s, T, dx, dy, dz, 1)                                                      \
        return;                                                                                    \
    }

/* One, two and three operands; those that there are not are read as the first is. */
#define FUSED_FORMS_1(name, s, T)                                                                  \
    enum { Y = 0, Z = 0 };                                                                         \
    FUSED_IF(name, s, T, 1, 1, 1)
#define FUSED_FORMS_2(name, s, T)                                                                  \
    enum { Y = 1, Z = 1 };                                                                         \
    FUSED_IF(name, s, T, 1, 1, 1)                                                                  \
    FUSED_IF(name, s, T, 1, 0, 0)                                                                  \
    FUSED_IF(name, s, T, 0, 1, 1)
#define FUSED_FORMS_3(name, s, T)                                                                  \
    enum { Y = 1, Z = 2 };                                                                         \
    FUSED_IF(name, s, T, 1, 1, 0)                                                                  \
    FUSED_IF(name, s, T, 1, 0, 1)                                                                  \
    FUSED_IF(name, s, T, 1, 1, 1)

#define FUSED_SUM_OF(name, s, T, counter, can_exclude, forms)                                      \
    FUSED_LOOPS(name, s, T, counter, can_exclude)                                                  \
    FUSED_KERNEL(name, s, T, forms)
/* The comparison with its operands the other way round. */
#define FUSED_SWAPPED(name, other, s)                                                              \
    static void fused_##name##_##s(void *ring, uint64_t *excluded, size_t w, size_t first,         \
                                   const evex_operand *src, size_t n) {                            \
        const evex_operand swapped[] = {src[0], src[2], src[1]};                                   \
        fused_##other##_##s(ring, excluded, w, first, swapped, n);                                 \
    }
/* Counters are as wide as the elements, which makes them vectors of as many lanes. */
#define FUSED_KERNELS(s, counter, T)                                                               \
    FUSED_SUM_OF(product, s, T, counter, 0, FUSED_FORMS_2)                                         \
    FUSED_SUM_OF(square, s, T, counter, 0, FUSED_FORMS_1)                                          \
    FUSED_SUM_OF(difference_square, s, T, counter, 0, FUSED_FORMS_2)                               \
    FUSED_SUM_OF(where_lt, s, T, counter, 1, FUSED_FORMS_3)                                        \
    FUSED_SUM_OF(where_le, s, T, counter, 1, FUSED_FORMS_3)                                        \
    FUSED_SWAPPED(where_gt, where_lt, s)                                                           \
    FUSED_SWAPPED(where_ge, where_le, s)
FUSED_KERNELS(f32, int32_t, float)
FUSED_KERNELS(f64, int64_t, double)

/* ---- The table ------------------------------------------------------------------------------ */

#define FOR_ISA_(name, isa) name##_##isa
#define FOR_ISA(name, isa) FOR_ISA_(name, isa)
#define FUSED_SUM(role, first, op, word)                                                           \
    {[EVEX_F32] = fused_##word##_f32, [EVEX_F64] = fused_##word##_f64},
evex_fused_sum_row FOR_ISA(evex_fused_sums, EVEX_ISA)[] = {
#include "eval/fused_sums.def"
};
