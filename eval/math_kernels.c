/* SPDX-License-Identifier: MIT */
/*
 * The kernels of one instruction set that eval/kernels.tmpl.h calls MATH: the algorithms of
 * core/vecmath/, vector by vector. eval/simd/meson.build compiles this file once per set, with
 * EVEX_ISA its name and EVEX_MATH_HEADER its vocabulary; all that leaves the object is the table
 * evex_math_<isa>, to whose slots the kernels of eval/kernels.c go on.
 */
#include <string.h>

#include "eval/kernels.h"

#include EVEX_MATH_HEADER

#include "core/vecmath/error_function.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"
#include "core/vecmath/trig.h"

/* ---- Whole vectors -------------------------------------------------------------------------- */

/*
 * An algorithm over n elements, a multiple of LANES_f64; float32 is widened, so its vectors have as
 * many lanes. An operand moves on by its step, so that vectors and scalars are one loop: algorithms
 * are long, and one copy of each is enough for the compiler and the instruction cache.
 */
typedef void math_block(void *dst, const evex_operand *src, size_t n);

/* Only // and % round their intermediate results to the type. */
#define IN_f64(name) math_##name
#define IN_f32(name) math_##name##_single
#define math_arctan2_single math_arctan2
#define math_fmod_single math_fmod
#define math_hypot_single math_hypot
#define math_logaddexp_single math_logaddexp
#define math_pow_single math_pow

#define LOAD_f64 v_load_f64
#define LOAD_f32 v_load_single
#define STORE_f64 v_store_f64
#define STORE_f32 v_store_single

/* Flattened, as compilers otherwise leave calls that pass vectors through memory. */
#define BLOCK(id, s)                                                                               \
    static __attribute__((noinline, flatten)) void block_##id##_##s(                               \
        void *dst, const evex_operand *src, size_t n)

#define BLOCK_1(id, s, C, name)                                                                    \
    BLOCK(id, s) {                                                                                 \
        const C *pa = src[0].data;                                                                 \
        const size_t step = src[0].step;                                                           \
        C *out = dst;                                                                              \
        for (size_t i = 0; i < n; i += LANES_f64)                                                  \
            STORE_##s(out + i, math_##name(LOAD_##s(pa + i * step)));                              \
    }

#define BLOCK_2(id, s, C, name)                                                                    \
    BLOCK(id, s) {                                                                                 \
        const C *pa = src[0].data, *pb = src[1].data;                                              \
        const size_t step_a = src[0].step, step_b = src[1].step;                                   \
        C *out = dst;                                                                              \
        for (size_t i = 0; i < n; i += LANES_f64)                                                  \
            STORE_##s(out + i,                                                                     \
                      IN_##s(name)(LOAD_##s(pa + i * step_a), LOAD_##s(pb + i * step_b)));         \
    }

/* ---- Any length ----------------------------------------------------------------------------- */

enum { MAX_ARITY = 2 };

/*
 * A scalar is repeated for a vector. The elements behind the last whole vector are copied to one,
 * whose other lanes repeat the first of them: a lane that nobody asked for must not be a special
 * case.
 */
#define DEFINE_RUN(s, C)                                                                           \
    static evex_operand pad_##s(C *padded, const evex_operand *operand, size_t at, size_t n) {     \
        const C *from = (const C *)operand->data + at * operand->step;                             \
        for (size_t i = 0; i < LANES_f64; i++)                                                     \
            padded[i] = from[i < n ? i * operand->step : 0];                                       \
        return (evex_operand){padded, operand->step};                                              \
    }                                                                                              \
    static void run_##s(math_block *block, int arity, C *out, const evex_operand *src, size_t n) { \
        const size_t rest = n % LANES_f64, whole = n - rest;                                       \
        C padded[MAX_ARITY][LANES_f64], results[LANES_f64];                                        \
        evex_operand operands[MAX_ARITY];                                                          \
        for (int k = 0; k < arity; k++)                                                            \
            operands[k] = src[k].step != 0 ? src[k] : pad_##s(padded[k], &src[k], 0, 1);           \
        block(out, operands, whole);                                                               \
        if (rest != 0) {                                                                           \
            for (int k = 0; k < arity; k++)                                                        \
                operands[k] = pad_##s(padded[k], &src[k], whole, rest);                            \
            block(results, operands, LANES_f64);                                                   \
            memcpy(out + whole, results, rest * sizeof(C));                                        \
        }                                                                                          \
    }
DEFINE_RUN(f32, float)
DEFINE_RUN(f64, double)

/* ---- The kernels ---------------------------------------------------------------------------- */

#define MATH_KERNEL(s, ID, C, id, arity, name)                                                     \
    BLOCK_##arity(id, s, C, name) static void kernel_##id##_##s(                                   \
        void *const *dst, const evex_operand *src, size_t n, void *context) {                      \
        (void)context;                                                                             \
        run_##s(block_##id##_##s, arity, dst[0], src, n);                                          \
    }

#define LOOP(id, types)
#define QUICK(id, arity, types)
#define DIVIDE(id, types)
#define TWIN(id, types)
#define LIKE(id, other, types)
#define VECTOR(id, arity, types, word)
#if V_FMA_IS_FAST
#define MATH_FMA(id, arity, name) MATH(id, arity, name)
#else
#define MATH_FMA(id, arity, name)
#endif
#define MATH(id, arity, name) EVEX_FOR_FLOATS(MATH_KERNEL, id, arity, name)
#include "eval/kernels.tmpl.h"
#undef MATH

#define FOR_ISA_(name, isa) name##_##isa
#define FOR_ISA(name, isa) FOR_ISA_(name, isa)
#define SLOT(s, ID, C, id) [EVEX_OP_##id][EVEX_##ID] = kernel_##id##_##s,
#define MATH(id, arity, name) EVEX_FOR_FLOATS(SLOT, id)
evex_kernel_row FOR_ISA(evex_math, EVEX_ISA)[EVEX_N_OPS] = {
#include "eval/kernels.tmpl.h"
};
