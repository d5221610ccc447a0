/* SPDX-License-Identifier: MIT */
/*
 * The kernels of one instruction set that eval/kernels.tmpl.h calls COMPLEX: words of
 * eval/simd/complex_words.h, vector by vector. eval/simd/meson.build compiles this file once per
 * set; all that leaves the object are the tables evex_complex_c64_<isa> and
 * evex_complex_c128_<isa>, to whose slots the kernels of eval/kernels.c go on.
 */
#include <string.h>

#include "eval/kernels.h"

#include EVEX_SIMD_HEADER

#include "eval/simd/complex_words.h"

#define AT(j, s) v_load_##s(p##j + i * src[j].step, src[j].step)
#define ARGUMENTS_1(s) AT(0, s)
#define ARGUMENTS_2(s) AT(0, s), AT(1, s)
#define POINTERS_1(C) const C *p0 = src[0].data
#define POINTERS_2(C)                                                                              \
    POINTERS_1(C);                                                                                 \
    const C *p1 = src[1].data

/* n is a multiple of the vector's length. Scalars are read anew for each vector: two shuffles. */
#define BLOCK(id, s, C, arity, word)                                                               \
    static __attribute__((noinline)) void block_##id##_##s(C *out, const evex_operand *src,        \
                                                           size_t n) {                             \
        POINTERS_##arity(C);                                                                       \
        for (size_t i = 0; i < n; i += LANES_##s)                                                  \
            v_store_##s(out + i, v_##word##_##s(ARGUMENTS_##arity(s)));                            \
    }

/* The last elements of a vector operand, and the first of them again to fill a vector. */
#define DEFINE_PAD(s, ID, C, ...)                                                                  \
    static evex_operand pad_##s(C *padded, const evex_operand *operand, size_t at, size_t n) {     \
        const C *from = operand->data;                                                             \
        if (operand->step == 0)                                                                    \
            return *operand;                                                                       \
        for (size_t i = 0; i < LANES_##s; i++)                                                     \
            padded[i] = from[at + (i < n ? i : 0)];                                                \
        return (evex_operand){padded, 1};                                                          \
    }
EVEX_FOR_COMPLEX(DEFINE_PAD, )

enum { MAX_ARITY = 2 };

#define KERNEL(s, ID, C, id, arity, word)                                                          \
    BLOCK(id, s, C, arity, word)                                                                   \
    static void kernel_##id##_##s(void *const *dst, const evex_operand *src, size_t n,             \
                                  void *context) {                                                 \
        const size_t rest = n % LANES_##s, whole = n - rest;                                       \
        C padded[MAX_ARITY][LANES_##s], results[LANES_##s];                                        \
        evex_operand operands[MAX_ARITY];                                                          \
        (void)context;                                                                             \
        block_##id##_##s(dst[0], src, whole);                                                      \
        if (rest == 0)                                                                             \
            return;                                                                                \
        for (int k = 0; k < arity; k++)                                                            \
            operands[k] = pad_##s(padded[k], &src[k], whole, rest);                                \
        block_##id##_##s(results, operands, LANES_##s);                                            \
        memcpy((C *)dst[0] + whole, results, rest * sizeof(C));                                    \
    }

/* The rows of eval/kernels.tmpl.h that are for other files. */
#define LOOP(id, types)
#define QUICK(id, arity, types)
#define TEST(id, types)
#define SCREEN(id, types)
#define DIVIDE(id, types)
#define STRINGS(id)
#define TWIN(id, types)
#define LIKE(id, other, types)
#define VECTOR(id, arity, types, word)
#define MATH(id, arity, name)
#define MATH_FMA(id, arity, name)
#define MATH_BOTH(id, name)
#define MATH_POWER(id, name)
#define MATH_COMPLEX(id, arity, name)
#define CHOICE(id, types)
#define HALVES(id, other)
#define PARTS(id, other, first, second)

#define COMPLEX(id, arity, word) EVEX_FOR_COMPLEX(KERNEL, id, arity, word)
#include "eval/kernels.tmpl.h"
#undef COMPLEX

#define TABLE_NAME_(suffix, isa) evex_complex_##suffix##_##isa
#define TABLE_NAME(suffix, isa) TABLE_NAME_(suffix, isa)

#define COMPLEX(id, arity, word) [EVEX_OP_##id] = kernel_##id##_c64,
const evex_kernel TABLE_NAME(c64, EVEX_ISA)[EVEX_N_OPS] = {
#include "eval/kernels.tmpl.h"
};
#undef COMPLEX

#define COMPLEX(id, arity, word) [EVEX_OP_##id] = kernel_##id##_c128,
const evex_kernel TABLE_NAME(c128, EVEX_ISA)[EVEX_N_OPS] = {
#include "eval/kernels.tmpl.h"
};
