/* SPDX-License-Identifier: MIT */
/*
 * Kernels vector by vector, for the files that are compiled once per instruction set: loops over a
 * word of the vocabulary (eval/simd/words.h), which the includer has chosen before. One loop for
 * each combination of vector and scalar operands, so that scalars stay in registers.
 */
#ifndef EVEX_EVAL_VECTOR_LOOPS_H
#define EVEX_EVAL_VECTOR_LOOPS_H

#include "core/op.h"

/* Not inlined into the rows that share it. */
#define KERNEL(name)                                                                               \
    static __attribute__((noinline)) void name(void *const *dst, const evex_operand *src,          \
                                               size_t n, void *context)

/* Operand p: its address, and its vector for all elements if it is a scalar. */
#define OPERAND(p, j, s, C)                                                                        \
    const C *p = src[j].data;                                                                      \
    const v_##s p##_splat = src[j].step == 0 ? v_load_##s(p) : v_set_##s(0)
#define OPERANDS_1(s, C) OPERAND(pa, 0, s, C)
#define OPERANDS_2(s, C)                                                                           \
    OPERANDS_1(s, C);                                                                              \
    OPERAND(pb, 1, s, C)
#define OPERANDS_3(s, C)                                                                           \
    OPERANDS_2(s, C);                                                                              \
    OPERAND(pc, 2, s, C)

/* The vector of operand p at element k, if it is a vector operand and if it is a scalar. */
#define V(p, s) v_load_##s(p + k)
#define S(p, s) p##_splat

/* Stores the vector `expression`, in which k is the first of its elements. */
#define STORE_AT(s, expression, place)                                                             \
    do {                                                                                           \
        const size_t k = place;                                                                    \
        v_store_##s(out + k, expression);                                                          \
    } while (0)

/* Does so for each whole vector, four a turn where possible. */
#define RUN(s, expression)                                                                         \
    do {                                                                                           \
        for (; n - i >= 4 * LANES_##s; i += 4 * LANES_##s) {                                       \
            STORE_AT(s, expression, i);                                                            \
            STORE_AT(s, expression, i + LANES_##s);                                                \
            STORE_AT(s, expression, i + 2 * LANES_##s);                                            \
            STORE_AT(s, expression, i + 3 * LANES_##s);                                            \
        }                                                                                          \
        for (; n - i >= LANES_##s; i += LANES_##s)                                                 \
            STORE_AT(s, expression, i);                                                            \
    } while (0)

/* A loop for each combination of vectors and scalars; bit j of its number: is operand j a scalar */
#define IS_SCALAR(j) (src[j].step == 0 ? 1 : 0)
#define CASE_1(form, s, f, A)                                                                      \
    case form:                                                                                     \
        RUN(s, f(A(pa, s)));                                                                       \
        break;
#define CASE_2(form, s, f, A, B)                                                                   \
    case form:                                                                                     \
        RUN(s, f(A(pa, s), B(pb, s)));                                                             \
        break;
#define CASE_3(form, s, f, A, B, C)                                                                \
    case form:                                                                                     \
        RUN(s, f(A(pa, s), B(pb, s), C(pc, s)));                                                   \
        break;
#define FORM_1 IS_SCALAR(0)
#define FORM_2 FORM_1 + 2 * IS_SCALAR(1)
#define FORM_3 FORM_2 + 4 * IS_SCALAR(2)
#define FORMS_1(s, f) CASE_1(0, s, f, V) CASE_1(1, s, f, S)
#define FORMS_2(s, f)                                                                              \
    CASE_2(0, s, f, V, V)                                                                          \
    CASE_2(1, s, f, S, V)                                                                          \
    CASE_2(2, s, f, V, S)                                                                          \
    CASE_2(3, s, f, S, S)
#define FORMS_3(s, f)                                                                              \
    CASE_3(0, s, f, V, V, V)                                                                       \
    CASE_3(1, s, f, S, V, V)                                                                       \
    CASE_3(2, s, f, V, S, V)                                                                       \
    CASE_3(3, s, f, S, S, V)                                                                       \
    CASE_3(4, s, f, V, V, S)                                                                       \
    CASE_3(5, s, f, S, V, S)                                                                       \
    CASE_3(6, s, f, V, S, S)                                                                       \
    CASE_3(7, s, f, S, S, S)

/* The last n - i < LANES elements go through the same word. */
#define PART(p, j, s) v_load_part_##s(p + i * src[j].step, n - i)
#define LAST_1(s, f) f(PART(pa, 0, s))
#define LAST_2(s, f) f(PART(pa, 0, s), PART(pb, 1, s))
#define LAST_3(s, f) f(PART(pa, 0, s), PART(pb, 1, s), PART(pc, 2, s))

#define VECTOR_KERNEL(s, ID, C, id, arity, word)                                                   \
    KERNEL(kernel_##id##_##s) {                                                                    \
        OPERANDS_##arity(s, C);                                                                    \
        C *out = dst[0];                                                                           \
        size_t i = 0;                                                                              \
        (void)context;                                                                             \
        switch (FORM_##arity) { FORMS_##arity(s, v_##word##_##s) }                                 \
        if (i < n)                                                                                 \
            v_store_part_##s(out + i, LAST_##arity(s, v_##word##_##s), n - i);                     \
    }

#endif
