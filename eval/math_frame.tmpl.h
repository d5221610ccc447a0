/* SPDX-License-Identifier: MIT */
/*
 * What eval/math_kernels.c and eval/math_kernels_single.c share: how an algorithm of core/vecmath/
 * becomes a kernel. Include it after the vocabulary and these macros about the element type:
 *
 *   ELEMENT, SUFFIX       double and f64, or float and f32
 *   LANES, LOAD, STORE    of a vector
 *   FUNCTION(name)        the algorithm's name; BOTH its type of two results
 *
 * It ends with the kernels of all lines of eval/kernels.tmpl.h and the table of them.
 */
#ifndef EVEX_EVAL_MATH_FRAME_TMPL_H
#define EVEX_EVAL_MATH_FRAME_TMPL_H

#include <string.h>

#include "core/scalar.h"
#include "eval/kernels.h"

/* ---- Whole vectors -------------------------------------------------------------------------- */

/*
 * An algorithm over n elements, a multiple of LANES. An operand moves on by its step, so that
 * vectors and scalars are one loop: algorithms are long, and one copy of each is enough for the
 * compiler and the instruction cache.
 */
typedef void math_block(void *dst, const evex_operand *src, size_t n);

/* Flattened, as compilers otherwise leave calls that pass vectors through memory. */
#define BLOCK(id, ...) static __attribute__((noinline, flatten)) void block_##id(__VA_ARGS__)

#define BLOCK_1(id, name)                                                                          \
    BLOCK(id, void *dst, const evex_operand *src, size_t n) {                                      \
        const ELEMENT *pa = src[0].data;                                                           \
        const size_t step = src[0].step;                                                           \
        ELEMENT *out = dst;                                                                        \
        for (size_t i = 0; i < n; i += LANES)                                                      \
            STORE(out + i, FUNCTION(name)(LOAD(pa + i * step)));                                   \
    }

#define BLOCK_2(id, name)                                                                          \
    BLOCK(id, void *dst, const evex_operand *src, size_t n) {                                      \
        const ELEMENT *pa = src[0].data, *pb = src[1].data;                                        \
        const size_t step_a = src[0].step, step_b = src[1].step;                                   \
        ELEMENT *out = dst;                                                                        \
        for (size_t i = 0; i < n; i += LANES)                                                      \
            STORE(out + i, FUNCTION(name)(LOAD(pa + i * step_a), LOAD(pb + i * step_b)));          \
    }

/* The second operand is a scalar, and the algorithm takes it as an int. */
#define BLOCK_POWER(id, name)                                                                      \
    BLOCK(id, void *dst, const evex_operand *src, size_t n) {                                      \
        const ELEMENT *pa = src[0].data;                                                           \
        const size_t step = src[0].step;                                                           \
        const int exponent = pown_exponent((double)*(const ELEMENT *)src[1].data);                 \
        ELEMENT *out = dst;                                                                        \
        for (size_t i = 0; i < n; i += LANES)                                                      \
            STORE(out + i, FUNCTION(name)(LOAD(pa + i * step), exponent));                         \
    }

/* Either result may lie over the operand. */
#define BLOCK_BOTH(id, name)                                                                       \
    BLOCK(id, ELEMENT *first, ELEMENT *second, evex_operand operand, size_t n) {                   \
        const ELEMENT *pa = operand.data;                                                          \
        for (size_t i = 0; i < n; i += LANES) {                                                    \
            const BOTH both = FUNCTION(name)(LOAD(pa + i * operand.step));                         \
            STORE(first + i, both.first);                                                          \
            STORE(second + i, both.second);                                                        \
        }                                                                                          \
    }

/* ---- Any length ----------------------------------------------------------------------------- */

enum { MAX_ARITY = 2 };

/*
 * A scalar is repeated for a vector. The elements behind the last whole vector are copied to one,
 * whose other lanes repeat the first of them: a lane that nobody asked for must not be a special
 * case.
 */
static evex_operand pad(ELEMENT *padded, const evex_operand *operand, size_t at, size_t n) {
    const ELEMENT *from = (const ELEMENT *)operand->data + at * operand->step;
    for (size_t i = 0; i < LANES; i++)
        padded[i] = from[i < n ? i * operand->step : 0];
    return (evex_operand){padded, operand->step};
}

static void run(math_block *block, int arity, ELEMENT *out, const evex_operand *src, size_t n) {
    const size_t rest = n % LANES, whole = n - rest;
    ELEMENT padded[MAX_ARITY][LANES], results[LANES];
    evex_operand operands[MAX_ARITY];
    for (int k = 0; k < arity; k++)
        operands[k] = src[k].step != 0 ? src[k] : pad(padded[k], &src[k], 0, 1);
    block(out, operands, whole);
    if (rest != 0) {
        for (int k = 0; k < arity; k++)
            operands[k] = pad(padded[k], &src[k], whole, rest);
        block(results, operands, LANES);
        memcpy(out + whole, results, rest * sizeof(ELEMENT));
    }
}

/* ---- The kernels ---------------------------------------------------------------------------- */

#define KERNEL(id)                                                                                 \
    static void kernel_##id(void *const *dst, const evex_operand *src, size_t n, void *context)

#define MATH_KERNEL(id, arity, name)                                                               \
    BLOCK_##arity(id, name) KERNEL(id) {                                                           \
        (void)context;                                                                             \
        run(block_##id, arity, dst[0], src, n);                                                    \
    }

#define BOTH_KERNEL(id, name)                                                                      \
    BLOCK_BOTH(id, name) KERNEL(id) {                                                              \
        const size_t rest = n % LANES, whole = n - rest;                                           \
        ELEMENT padded[LANES], results[2][LANES];                                                  \
        (void)context;                                                                             \
        block_##id(dst[0], dst[1], src[0].step != 0 ? src[0] : pad(padded, src, 0, 1), whole);     \
        if (rest != 0) {                                                                           \
            block_##id(results[0], results[1], pad(padded, src, whole, rest), LANES);              \
            for (int k = 0; k < 2; k++)                                                            \
                memcpy((ELEMENT *)dst[k] + whole, results[k], rest * sizeof(ELEMENT));             \
        }                                                                                          \
    }

#define SCALAR_NAME_(name, suffix) evex_##name##_##suffix
#define SCALAR_NAME(name, suffix) SCALAR_NAME_(name, suffix)

#define POWER_KERNEL(id, name)                                                                     \
    BLOCK_POWER(id, name) KERNEL(id) {                                                             \
        const ELEMENT *pa = src[0].data, *pb = src[1].data;                                        \
        ELEMENT *out = dst[0];                                                                     \
        (void)context;                                                                             \
        if (src[1].step == 0)                                                                      \
            run(block_##id, 2, out, src, n);                                                       \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                out[i] = SCALAR_NAME(name, SUFFIX)(pa[i * src[0].step], pb[i]);                    \
    }

#define KERNEL_SLOT(id) [EVEX_OP_##id] = kernel_##id,

#define TABLE_NAME_(suffix, isa) evex_math_##suffix##_##isa
#define TABLE_NAME(suffix, isa) TABLE_NAME_(suffix, isa)
/* evex_math_<SUFFIX>_<EVEX_ISA> */
#define KERNEL_TABLE evex_kernel TABLE_NAME(SUFFIX, EVEX_ISA)[EVEX_N_OPS]

/* The rows of eval/kernels.tmpl.h that are not for vector math. */
#define LOOP(id, types)
#define QUICK(id, arity, types)
#define TEST(id, types)
#define SCREEN(id, types)
#define DIVIDE(id, types)
#define STRINGS(id)
#define TWIN(id, types)
#define LIKE(id, other, types)
#define VECTOR(id, arity, types, word)
#define CHOICE(id, types)
#define HALVES(id, other)
#define PARTS(id, other, first, second)
#define COMPLEX(id, arity, word)
#define MATH_COMPLEX(id, arity, name)

/* ---- All of them, and the table ------------------------------------------------------------- */

#define MATH(id, arity, name) MATH_KERNEL(id, arity, name)
#if V_FMA_IS_FAST
#define MATH_FMA(id, arity, name) MATH(id, arity, name)
#define MATH_BOTH(id, name) BOTH_KERNEL(id, name)
#define MATH_POWER(id, name) POWER_KERNEL(id, name)
#else
#define MATH_FMA(id, arity, name)
#define MATH_BOTH(id, name)
#define MATH_POWER(id, name)
#endif
#include "eval/kernels.tmpl.h"
#undef MATH

#if V_FMA_IS_FAST
#undef MATH_BOTH
#undef MATH_POWER
#define MATH_BOTH(id, name) KERNEL_SLOT(id)
#define MATH_POWER(id, name) KERNEL_SLOT(id)
#endif
#define MATH(id, arity, name) KERNEL_SLOT(id)
const KERNEL_TABLE = {
#include "eval/kernels.tmpl.h"
};

#endif
