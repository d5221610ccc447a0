/* SPDX-License-Identifier: MIT */
/*
 * The kernels of eval/pairs.def for one instruction set: see eval/kernels.c, which is compiled the
 * same way. What leaves the object is the table evex_pairs_<isa>.
 */
#include "eval/kernels.h"

#include EVEX_SIMD_HEADER

#include "eval/vector_loops.h"

/* ---- Words ---------------------------------------------------------------------------------- */

#define DEFINE_WORDS(s, ...)                                                                       \
    V_WORD(v_##s v_mul_add_##s(v_##s a, v_##s b, v_##s c), v_add_##s(v_mul_##s(a, b), c))          \
    V_WORD(v_##s v_mul_sub_##s(v_##s a, v_##s b, v_##s c), v_sub_##s(v_mul_##s(a, b), c))          \
    V_WORD(v_##s v_mul_rsub_##s(v_##s a, v_##s b, v_##s c), v_sub_##s(c, v_mul_##s(a, b)))         \
    V_WORD(v_##s v_sum_mul_##s(v_##s a, v_##s b, v_##s c), v_mul_##s(v_add_##s(a, b), c))          \
    V_WORD(v_##s v_difference_mul_##s(v_##s a, v_##s b, v_##s c), v_mul_##s(v_sub_##s(a, b), c))   \
    V_WORD(v_##s v_square_add_##s(v_##s a, v_##s b), v_add_##s(v_square_##s(a), b))                \
    V_WORD(v_##s v_square_sub_##s(v_##s a, v_##s b), v_sub_##s(v_square_##s(a), b))                \
    V_WORD(v_##s v_difference_square_##s(v_##s a, v_##s b), v_square_##s(v_sub_##s(a, b)))         \
    V_WORD(v_##s v_squares_add_##s(v_##s a, v_##s b), v_add_##s(v_square_##s(a), v_square_##s(b))) \
    V_WORD(v_##s v_squares_sub_##s(v_##s a, v_##s b), v_sub_##s(v_square_##s(a), v_square_##s(b))) \
    V_WORD(v_##s v_products_add_##s(v_##s a, v_##s b, v_##s c, v_##s d),                           \
           v_add_##s(v_mul_##s(a, b), v_mul_##s(c, d)))                                            \
    V_WORD(v_##s v_products_sub_##s(v_##s a, v_##s b, v_##s c, v_##s d),                           \
           v_sub_##s(v_mul_##s(a, b), v_mul_##s(c, d)))                                            \
    V_WORD(v_##s v_lt_select_##s(v_##s a, v_##s b, v_##s x, v_##s y),                              \
           v_select_##s(v_lt_##s(a, b), x, y))                                                     \
    V_WORD(v_##s v_gt_select_##s(v_##s a, v_##s b, v_##s x, v_##s y), v_lt_select_##s(b, a, x, y)) \
    V_WORD(v_##s v_le_select_##s(v_##s a, v_##s b, v_##s x, v_##s y),                              \
           v_select_##s(v_unordered_##s(a, b), y, v_lt_select_##s(b, a, y, x)))                    \
    V_WORD(v_##s v_ge_select_##s(v_##s a, v_##s b, v_##s x, v_##s y), v_le_select_##s(b, a, x, y))
EVEX_FOR_FLOATS(DEFINE_WORDS, )

/* ---- Kernels -------------------------------------------------------------------------------- */

/* Sixteen loops for each kernel of four operands would be too much code for what they save: a
 * scalar is read for each vector. */
#define STEPPED(p, j, s, C)                                                                        \
    const C *p = src[j].data;                                                                      \
    const size_t p##_step = src[j].step
#define STEPPED_RUN(s, word)                                                                       \
    do {                                                                                           \
        for (; n - i >= LANES_##s; i += LANES_##s)                                                 \
            v_store_##s(out + i, v_##word##_##s(AT(pa, s), AT(pb, s), AT(pc, s), AT(pd, s)));      \
        if (i < n)                                                                                 \
            v_store_part_##s(                                                                      \
                out + i,                                                                           \
                v_##word##_##s(PART_AT(pa, s), PART_AT(pb, s), PART_AT(pc, s), PART_AT(pd, s)),    \
                n - i);                                                                            \
    } while (0)
#define AT(p, s) v_load_##s(p + i * p##_step)
#define PART_AT(p, s) v_load_part_##s(p + i * p##_step, n - i)
#define VECTOR_KERNEL_4(s, C, id, word)                                                            \
    KERNEL(kernel_##id##_##s) {                                                                    \
        STEPPED(pa, 0, s, C);                                                                      \
        STEPPED(pb, 1, s, C);                                                                      \
        STEPPED(pc, 2, s, C);                                                                      \
        STEPPED(pd, 3, s, C);                                                                      \
        C *out = dst[0];                                                                           \
        size_t i = 0;                                                                              \
        (void)context;                                                                             \
        STEPPED_RUN(s, word);                                                                      \
    }

/* A scalar factor is put first. The usual forms, scalars times vectors and vectors times vectors,
 * have loops of their own; STEPPED_RUN does what they leave, and all other forms. */
#define PRODUCTS_KERNEL(s, ID, C, word)                                                            \
    KERNEL(kernel_##word##_##s) {                                                                  \
        const size_t a = src[1].step == 0, c = 2 + (src[3].step == 0), d = c == 2 ? 3 : 2;         \
        STEPPED(pa, a, s, C);                                                                      \
        STEPPED(pb, 1 - a, s, C);                                                                  \
        STEPPED(pc, c, s, C);                                                                      \
        STEPPED(pd, d, s, C);                                                                      \
        C *out = dst[0];                                                                           \
        size_t i = 0;                                                                              \
        (void)context;                                                                             \
        if (n == 0)                                                                                \
            return;                                                                                \
        const int has_vectors = pb_step != 0 && pd_step != 0;                                      \
        if (has_vectors && pa_step == 0 && pc_step == 0) {                                         \
            const v_##s pa_splat = v_load_##s(pa), pc_splat = v_load_##s(pc);                      \
            RUN(s, v_##word##_##s(S(pa, s), V(pb, s), S(pc, s), V(pd, s)));                        \
        } else if (has_vectors && pa_step != 0 && pc_step != 0) {                                  \
            RUN(s, v_##word##_##s(V(pa, s), V(pb, s), V(pc, s), V(pd, s)));                        \
        }                                                                                          \
        STEPPED_RUN(s, word);                                                                      \
    }

#define KERNEL_2(s, ID, C, word) VECTOR_KERNEL(s, ID, C, word, 2, word)
#define KERNEL_3(s, ID, C, word) VECTOR_KERNEL(s, ID, C, word, 3, word)
#define KERNEL_4(s, ID, C, word) VECTOR_KERNEL_4(s, C, word, word)
EVEX_FOR_FLOATS(PRODUCTS_KERNEL, products_add)
EVEX_FOR_FLOATS(PRODUCTS_KERNEL, products_sub)
EVEX_FOR_FLOATS(KERNEL_2, squares_add)
EVEX_FOR_FLOATS(KERNEL_2, squares_sub)
EVEX_FOR_FLOATS(KERNEL_3, mul_add)
EVEX_FOR_FLOATS(KERNEL_3, mul_sub)
EVEX_FOR_FLOATS(KERNEL_3, mul_rsub)
EVEX_FOR_FLOATS(KERNEL_3, sum_mul)
EVEX_FOR_FLOATS(KERNEL_3, difference_mul)
EVEX_FOR_FLOATS(KERNEL_2, square_add)
EVEX_FOR_FLOATS(KERNEL_2, square_sub)
EVEX_FOR_FLOATS(KERNEL_2, difference_square)
EVEX_FOR_FLOATS(KERNEL_4, lt_select)
EVEX_FOR_FLOATS(KERNEL_4, le_select)
EVEX_FOR_FLOATS(KERNEL_4, gt_select)
EVEX_FOR_FLOATS(KERNEL_4, ge_select)

/* ---- The table ------------------------------------------------------------------------------ */

#define FOR_ISA_(name, isa) name##_##isa
#define FOR_ISA(name, isa) FOR_ISA_(name, isa)
#define SLOT(s, ID, C, word) [EVEX_##ID] = kernel_##word##_##s,
#define PAIR(first, second, place, word) {EVEX_FOR_FLOATS(SLOT, word)},
evex_kernel_row FOR_ISA(evex_pairs, EVEX_ISA)[] = {
#include "eval/pairs.def"
};
