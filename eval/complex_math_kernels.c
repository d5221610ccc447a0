/* SPDX-License-Identifier: MIT */
/*
 * The kernels of one instruction set that eval/kernels.tmpl.h calls MATH_COMPLEX: the algorithms of
 * core/vecmath/complex/, vector by vector. eval/simd/meson.build compiles this file once per set;
 * all that leaves the object are the tables evex_complex_math_c64_<isa> and _c128_<isa>, to whose
 * slots the kernels of eval/kernels.c go on.
 *
 * Elements are taken apart into tiles of float64 parts, so that an algorithm is compiled once for
 * both types: next to it, the way through the cache is little.
 */
#include EVEX_MATH_HEADER

#include "core/scalar.h"
#include "core/vecmath/complex/functions.h"
#include "eval/kernels.h"

/* What the table of an instruction set without fused multiply-add leaves to scalar code. */
#if V_FMA_IS_FAST

/* ---- Tiles ---------------------------------------------------------------------------------- */

enum { TILE = 128, MAX_ARITY = 2 };

/* The parts of some elements. */
typedef struct {
    double re[TILE], im[TILE];
} tile;

static size_t to_whole_vectors(size_t n) {
    return (n + LANES_f64 - 1) / LANES_f64 * LANES_f64;
}

/* n elements from the at-th on; the rest of the last vector repeats the first of them: a lane that
 * nobody asked for must not be a special case. */
#define DEFINE_SPLIT(s, ID, C, ...)                                                                \
    static void split_##s(tile *parts, const evex_operand *operand, size_t at, size_t n) {         \
        const C *from = (const C *)operand->data + at * operand->step;                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            parts->re[i] = (double)from[i * operand->step].re;                                     \
            parts->im[i] = (double)from[i * operand->step].im;                                     \
        }                                                                                          \
        for (size_t i = n; i < to_whole_vectors(n); i++) {                                         \
            parts->re[i] = parts->re[0];                                                           \
            parts->im[i] = parts->im[0];                                                           \
        }                                                                                          \
    }
EVEX_FOR_COMPLEX(DEFINE_SPLIT, )

/* Rounds once. */
#define DEFINE_JOIN(s, ID, C, ...)                                                                 \
    static void join_##s(C *out, const tile *parts, size_t n) {                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = (C){(EVEX_PART_OF_##s)parts->re[i], (EVEX_PART_OF_##s)parts->im[i]};          \
    }
EVEX_FOR_COMPLEX(DEFINE_JOIN, )

/* ---- Algorithms over tiles ------------------------------------------------------------------ */

/* n elements, a multiple of LANES_f64; the result takes the place of the first operand. */
typedef void complex_block(tile *parts, size_t n);

static inline v_complex load(const tile *parts, size_t i) {
    return complex_of(v_load_f64(parts->re + i), v_load_f64(parts->im + i));
}

#define ARGUMENTS_1 load(parts, i)
#define ARGUMENTS_2 load(parts, i), load(parts + 1, i)

/* Flattened, as compilers otherwise leave calls that pass vectors through memory. */
#define BLOCK(id, arity, name)                                                                     \
    static __attribute__((noinline, flatten)) void block_##id(tile *parts, size_t n) {             \
        for (size_t i = 0; i < n; i += LANES_f64) {                                                \
            const v_complex r = complex_##name(ARGUMENTS_##arity);                                 \
            v_store_f64(parts->re + i, r.re);                                                      \
            v_store_f64(parts->im + i, r.im);                                                      \
        }                                                                                          \
    }

#define DEFINE_RUN(s, ID, C, ...)                                                                  \
    static void run_##s(complex_block *block, int arity, C *out, const evex_operand *src,          \
                        size_t n) {                                                                \
        _Alignas(64) tile parts[MAX_ARITY];                                                        \
        for (size_t at = 0, length; at < n; at += length) {                                        \
            length = n - at < TILE ? n - at : TILE;                                                \
            for (int k = 0; k < arity; k++)                                                        \
                split_##s(&parts[k], &src[k], at, length);                                         \
            block(parts, to_whole_vectors(length));                                                \
            join_##s(out + at, parts, length);                                                     \
        }                                                                                          \
    }
EVEX_FOR_COMPLEX(DEFINE_RUN, )

#define KERNEL(s, ID, C, id, arity)                                                                \
    static void kernel_##id##_##s(void *const *dst, const evex_operand *src, size_t n,             \
                                  void *context) {                                                 \
        (void)context;                                                                             \
        run_##s(block_##id, arity, dst[0], src, n);                                                \
    }

#define MATH_COMPLEX(id, arity, name)                                                              \
    BLOCK(id, arity, name)                                                                         \
    EVEX_FOR_COMPLEX(KERNEL, id, arity)
#define SLOT(id, s) [EVEX_OP_##id] = kernel_##id##_##s,
#else
#define MATH_COMPLEX(id, arity, name)
#define SLOT(id, s) [EVEX_OP_##id] = NULL,
#endif

/* ---- All of them, and the tables ------------------------------------------------------------ */

/* The rows of eval/kernels.tmpl.h that are for other files. */
#define LOOP(id, types)
#define QUICK(id, arity, types)
#define DIVIDE(id, types)
#define TWIN(id, types)
#define LIKE(id, other, types)
#define VECTOR(id, arity, types, word)
#define TEST(id, types)
#define SCREEN(id, types)
#define STRINGS(id)
#define MATH(id, arity, name)
#define MATH_FMA(id, arity, name)
#define MATH_BOTH(id, name)
#define MATH_POWER(id, name)
#define CHOICE(id, types)
#define HALVES(id, other)
#define PARTS(id, other, first, second)
#define COMPLEX(id, arity, word)
#include "eval/kernels.tmpl.h"
#undef MATH_COMPLEX

#define TABLE_NAME_(suffix, isa) evex_complex_math_##suffix##_##isa
#define TABLE_NAME(suffix, isa) TABLE_NAME_(suffix, isa)

#define MATH_COMPLEX(id, arity, name) SLOT(id, c64)
const evex_kernel TABLE_NAME(c64, EVEX_ISA)[EVEX_N_OPS] = {
#include "eval/kernels.tmpl.h"
};
#undef MATH_COMPLEX

#define MATH_COMPLEX(id, arity, name) SLOT(id, c128)
const evex_kernel TABLE_NAME(c128, EVEX_ISA)[EVEX_N_OPS] = {
#include "eval/kernels.tmpl.h"
};
