/* SPDX-License-Identifier: MIT */
/*
 * The kernels of one instruction set. eval/simd/meson.build compiles this file once per set, with
 * EVEX_ISA its name, EVEX_SIMD_HEADER its vocabulary and its flags; all that leaves the object is
 * the table evex_kernels_<isa>. Which kernels there are, and how each is made, stands in
 * eval/kernels.tmpl.h; this file has the two ways: the definition as a loop, and vector by vector.
 */
#include "eval/kernels.h"

#include EVEX_SIMD_HEADER

#include "core/elements.h"
#include "eval/half_loops.h"
#include "eval/quick.h"
#include "eval/text_kernels.h"
#include "eval/vector_loops.h"

/*
 * The iterations of a kernel's loop are independent: its destination is an operand's very address
 * or overlaps none. restrict could not say that, and a check at run time would send the in-place
 * case down a scalar path.
 */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* out[i] = expression for each i < n */
#define FILL(expression)                                                                           \
    do {                                                                                           \
        INDEPENDENT for (size_t i = 0; i < n; i++) out[i] = expression;                            \
    } while (0)

#define FOR_ISA_(name, isa) name##_##isa
#define FOR_ISA(name, isa) FOR_ISA_(name, isa)

/* ---- The definition as a loop --------------------------------------------------------------- */

/*
 * MAKE_<signature>(id, s, C) defines make_<id>_<s>, inline, from op.def's definition, for n > 0:
 * one loop for each usual combination of vector and scalar operands, so that scalars stay in
 * registers.
 */
#define MAKE(id, s)                                                                                \
    static inline void make_##id##_##s(void *const *dst, const evex_operand *src, size_t n)

#define MAKE_UNARY(element, R, C)                                                                  \
    {                                                                                              \
        const C *pa = src[0].data;                                                                 \
        R *out = dst[0];                                                                           \
        if (src[0].step != 0) {                                                                    \
            FILL(element(pa[i]));                                                                  \
        } else {                                                                                   \
            const R r = element(pa[0]);                                                            \
            FILL(r);                                                                               \
        }                                                                                          \
    }

/* A scalar is read only where it is one: else clang takes the first element out of the loop, for
 * which it has the operand already, and does not vectorise the rest. */
#define MAKE_BINARY(element, R, C)                                                                 \
    {                                                                                              \
        const C *pa = src[0].data, *pb = src[1].data;                                              \
        R *out = dst[0];                                                                           \
        if (src[0].step != 0 && src[1].step != 0) {                                                \
            FILL(element(pa[i], pb[i]));                                                           \
        } else if (src[0].step != 0) {                                                             \
            const C b = pb[0];                                                                     \
            FILL(element(pa[i], b));                                                               \
        } else if (src[1].step != 0) {                                                             \
            const C a = pa[0];                                                                     \
            FILL(element(a, pb[i]));                                                               \
        } else {                                                                                   \
            const R r = element(pa[0], pb[0]);                                                     \
            FILL(r);                                                                               \
        }                                                                                          \
    }

/* A range, as a rule of scalar bounds. */
#define MAKE_RANGE(element, C)                                                                     \
    {                                                                                              \
        const C *pa = src[0].data, *pb = src[1].data, *pc = src[2].data;                           \
        const size_t step = src[0].step, step_b = src[1].step, step_c = src[2].step;               \
        uint8_t *out = dst[0];                                                                     \
        if (step != 0 && step_b == 0 && step_c == 0) {                                             \
            const C b = pb[0], c = pc[0];                                                          \
            FILL(element(pa[i], b, c));                                                            \
        } else {                                                                                   \
            FILL(element(pa[i * step], pb[i * step_b], pc[i * step_c]));                           \
        }                                                                                          \
    }

/* Both results of one operand. */
#define MAKE_BOTH(element, C)                                                                      \
    {                                                                                              \
        const C *pa = src[0].data;                                                                 \
        const size_t step = src[0].step;                                                           \
        C *out = dst[0], *second = dst[1];                                                         \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = element(pa[i * step], second + i);                                            \
    }

/* A scalar condition chooses one operand for all elements. */
#define MAKE_CHOICE(element, copy, C)                                                              \
    {                                                                                              \
        const uint8_t *pa = src[0].data;                                                           \
        const C *pb = src[1].data, *pc = src[2].data;                                              \
        C *out = dst[0];                                                                           \
        if (src[0].step == 0) {                                                                    \
            copy(dst, &src[pa[0] != 0 ? 1 : 2], n);                                                \
        } else if (src[1].step != 0 && src[2].step != 0) {                                         \
            FILL(element(pa[i], pb[i], pc[i]));                                                    \
        } else if (src[1].step != 0) {                                                             \
            const C c = pc[0];                                                                     \
            FILL(element(pa[i], pb[i], c));                                                        \
        } else if (src[2].step != 0) {                                                             \
            const C b = pb[0];                                                                     \
            FILL(element(pa[i], b, pc[i]));                                                        \
        } else {                                                                                   \
            const C b = pb[0], c = pc[0];                                                          \
            FILL(element(pa[i], b, c));                                                            \
        }                                                                                          \
    }

/* Short lists are compared value by value, with a tile of elements, so that the comparisons
 * vectorise; the tile has its own place because dst may be the operand. */
#define MAKE_MEMBERSHIP(element, equal, C)                                                         \
    {                                                                                              \
        enum { TILE = 256, SHORT = 16 };                                                           \
        const C *pa = src[0].data;                                                                 \
        const evex_set *set = src[1].data;                                                         \
        const C *values = set->values;                                                             \
        uint8_t *out = dst[0];                                                                     \
        if (src[0].step == 0) {                                                                    \
            memset(out, element(pa[0], set), n);                                                   \
        } else if (set->n > SHORT) {                                                               \
            FILL(element(pa[i], set));                                                             \
        } else {                                                                                   \
            for (; n != 0; n -= n < TILE ? n : TILE, pa += TILE, out += TILE) {                    \
                const size_t length = n < TILE ? n : TILE;                                         \
                uint8_t found[TILE] = {0};                                                         \
                for (size_t j = 0; j < set->n; j++)                                                \
                    for (size_t i = 0; i < length; i++)                                            \
                        found[i] |= (uint8_t)equal(pa[i], values[j]);                              \
                memcpy(out, found, length);                                                        \
            }                                                                                      \
        }                                                                                          \
    }

#define MAKE_T_T(id, s, C) MAKE(id, s) MAKE_UNARY(element_##id##_##s, C, C)
#define MAKE_B_T(id, s, C) MAKE(id, s) MAKE_UNARY(element_##id##_##s, uint8_t, C)
#define MAKE_I_T(id, s, C) MAKE(id, s) MAKE_UNARY(element_##id##_##s, int64_t, C)
#define MAKE_T_TT(id, s, C) MAKE(id, s) MAKE_BINARY(element_##id##_##s, C, C)
#define MAKE_B_TT(id, s, C) MAKE(id, s) MAKE_BINARY(element_##id##_##s, uint8_t, C)
#define MAKE_B_TTT(id, s, C) MAKE(id, s) MAKE_RANGE(element_##id##_##s, C)
#define MAKE_T_BTT(id, s, C) MAKE(id, s) MAKE_CHOICE(element_##id##_##s, make_COPY_##s, C)
#define MAKE_B_TS(id, s, C) MAKE(id, s) MAKE_MEMBERSHIP(element_##id##_##s, eq_##s, C)
#define MAKE_B_TP(id, s, C)
#define MAKE_BB_TP(id, s, C)
#define MAKE_TT_T(id, s, C) MAKE(id, s) MAKE_BOTH(element_##id##_##s, C)
#define MAKE_R_T(id, s, C) MAKE(id, s) MAKE_UNARY(element_##id##_##s, EVEX_PART_OF_##s, C)
#define MAKE_C_TT(id, s, C) MAKE(id, s) MAKE_BINARY(element_##id##_##s, EVEX_COMPLEX_OF_##s, C)
#define MAKE_T_TTT(id, s, C)

#define MAKE_ROW(s, ID, C, id, signature) MAKE_##signature(id, s, C)
#define OP(id, name, signature, types, definition, summary)                                        \
    EVEX_FOR_##types(MAKE_ROW, id, signature)
#define ALIAS(name, id)
#include "core/op.def"
#undef OP

#define QUICK_KERNEL(s, ID, C, id)                                                                 \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        if (n != 0)                                                                                \
            MAKE_BINARY(quick_##id##_##s, C, C)                                                    \
    }

#define TEST_KERNEL(s, ID, C, id)                                                                  \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        if (n != 0)                                                                                \
            MAKE_BINARY(quick_##id##_##s, uint8_t, C)                                              \
    }

/* Elements are looked at together: does `small` for parts whose operands have so few bits, bits_a
 * and bits_b, that is_small holds, and `other` for the rest; both find a part's operands, its
 * length and, in `part`, its place of the result, of type R. */
#define IN_PARTS(s, C, R, is_small, small, other)                                                  \
    for (size_t at = 0; at < n; at += QUICK_SCREENED) {                                            \
        const size_t length = n - at < QUICK_SCREENED ? n - at : QUICK_SCREENED;                   \
        const C *pa = (const C *)src[0].data + at * src[0].step;                                   \
        const C *pb = (const C *)src[1].data + at * src[1].step;                                   \
        const evex_operand operands[] = {{pa, src[0].step}, {pb, src[1].step}};                    \
        const unsigned bits_a = quick_union_##s(pa, src[0].step != 0 ? length : 1);                \
        const unsigned bits_b = quick_union_##s(pb, src[1].step != 0 ? length : 1);                \
        void *part = (R *)dst[0] + at;                                                             \
        if (is_small)                                                                              \
            small;                                                                                 \
        else                                                                                       \
            other;                                                                                 \
    }

#define SCREEN_KERNEL(s, ID, C, id)                                                                \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        IN_PARTS(s, C, uint8_t, bits_a + bits_b <= QUICK_BITS_##s, memset(part, 0, length),        \
                 make_##id##_##s(&part, operands, length))                                         \
    }

#define LOOP_KERNEL(s, ID, C, id)                                                                  \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        if (n != 0)                                                                                \
            make_##id##_##s(dst, src, n);                                                          \
    }

/* From how many elements on it pays to prepare a divisor. */
enum { MANY = 16 };

#define DIVIDE_BY(s, C, id)                                                                        \
    static void divide_##id##_##s(void *const *dst, const evex_operand *src, size_t n) {           \
        if (n >= MANY && src[0].step != 0 && src[1].step == 0 && *(const C *)src[1].data != 0) {   \
            const quick_divisor by = quick_prepare_##s(*(const C *)src[1].data);                   \
            const C *pa = src[0].data;                                                             \
            C *out = dst[0];                                                                       \
            FILL(quick_##id##_by_##s(by, pa[i]));                                                  \
        } else if (n != 0) {                                                                       \
            make_##id##_##s(dst, src, n);                                                          \
        }                                                                                          \
    }

#if V_FMA_IS_FAST
/* Most elements are small. */
#define DIVIDE_SMALL(s, C, id)                                                                     \
    static void small_##id##_##s(void *const *dst, const evex_operand *src, size_t n) {            \
        MAKE_BINARY((C)quick_small_##id, C, int64_t)                                               \
    }
#define DIVIDE_KERNEL(s, ID, C, id)                                                                \
    DIVIDE_BY(s, C, id)                                                                            \
    DIVIDE_SMALL(s, C, id)                                                                         \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        IN_PARTS(s, C, C, bits_a <= QUICK_SMALL_BITS && bits_b <= QUICK_SMALL_BITS,                \
                 small_##id##_##s(&part, operands, length),                                        \
                 divide_##id##_##s(&part, operands, length))                                       \
    }
#else
#define DIVIDE_KERNEL(s, ID, C, id)                                                                \
    DIVIDE_BY(s, C, id)                                                                            \
    KERNEL(kernel_##id##_##s) {                                                                    \
        (void)context;                                                                             \
        divide_##id##_##s(dst, src, n);                                                            \
    }
#endif

/* ---- The kernels ---------------------------------------------------------------------------- */

#define CHECK_ARITY(id, arity)                                                                     \
    _Static_assert(EVEX_ARITY_##id == arity, #id ": arity differs from core/op.def");
/* sizeof makes sure that op.def has the row with the type. */
#define HAS_ROW(s, ID, C, id)                                                                      \
    _Static_assert(sizeof(&element_##id##_##s) != 0, "not in core/op.def: " #id);

#define TWIN_OF_u8 i8
#define TWIN_OF_u16 i16
#define TWIN_OF_u32 i32
#define TWIN_OF_u64 i64
#define KERNEL_OF_(id, s) kernel_##id##_##s
#define KERNEL_OF(id, s) KERNEL_OF_(id, s)
#define TWIN_KERNEL(s, ID, C, id)                                                                  \
    KERNEL(kernel_##id##_##s) {                                                                    \
        KERNEL_OF(id, TWIN_OF_##s)(dst, src, n, context);                                          \
    }
#define LIKE_KERNEL(s, ID, C, id, other)                                                           \
    KERNEL(kernel_##id##_##s) {                                                                    \
        kernel_##other##_##s(dst, src, n, context);                                                \
    }

#define TWIN(id, types) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(TWIN_KERNEL, id)
#define LIKE(id, other, types)                                                                     \
    CHECK_ARITY(id, EVEX_ARITY_##other)                                                            \
    EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(LIKE_KERNEL, id, other)
#define LOOP(id, types) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(LOOP_KERNEL, id)
#define QUICK(id, arity, types)                                                                    \
    CHECK_ARITY(id, arity) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(QUICK_KERNEL, id)
#define TEST(id, types)                                                                            \
    CHECK_ARITY(id, 2) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(TEST_KERNEL, id)
#define SCREEN(id, types)                                                                          \
    CHECK_ARITY(id, 2) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(SCREEN_KERNEL, id)
#define DIVIDE(id, types)                                                                          \
    CHECK_ARITY(id, 2) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(DIVIDE_KERNEL, id)
#define STRINGS(id)                                                                                \
    EVEX_FOR_STR(HAS_ROW, id)                                                                      \
    KERNEL(kernel_##id##_str) {                                                                    \
        if (n != 0)                                                                                \
            text_##id(dst, src, n, context);                                                       \
    }
#define VECTOR(id, arity, types, word)                                                             \
    CHECK_ARITY(id, arity)                                                                         \
    EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(VECTOR_KERNEL, id, arity, word)
/* In eval/math_kernels.c and eval/math_kernels_single.c. */
#define MATH_KERNEL(s, ID, C, id)                                                                  \
    KERNEL(kernel_##id##_##s) {                                                                    \
        FOR_ISA(evex_math_##s, EVEX_ISA)[EVEX_OP_##id](dst, src, n, context);                      \
    }
#define MATH(id, arity, name)                                                                      \
    CHECK_ARITY(id, arity) EVEX_FOR_FLOATS(HAS_ROW, id) EVEX_FOR_FLOATS(MATH_KERNEL, id)
#if V_FMA_IS_FAST
#define MATH_FMA(id, arity, name) MATH(id, arity, name)
#define MATH_BOTH(id, name) MATH(id, 1, name)
#define MATH_POWER(id, name) MATH(id, 2, name)
#else
#define MATH_FMA(id, arity, name) LOOP(id, FLOATS)
#define MATH_BOTH(id, name) LOOP(id, FLOATS)
#define MATH_POWER(id, name) LOOP(id, FLOATS)
#endif

/* Elements of two parts, chosen by masks of the parts' width: compilers vectorise that, but not a
 * choice of structures. */
typedef uint32_t __attribute__((may_alias)) bits_c64;
typedef uint64_t __attribute__((may_alias)) bits_c128;
#define CHOOSE(s, j, k)                                                                            \
    INDEPENDENT for (size_t i = 0; i < n; i++) {                                                   \
        const bits_##s keep = (bits_##s)0 - (bits_##s)(pa[i] != 0);                                \
        out[2 * i] = (pb[2 * j] & keep) | (pc[2 * k] & ~keep);                                     \
        out[2 * i + 1] = (pb[2 * j + 1] & keep) | (pc[2 * k + 1] & ~keep);                         \
    }
#define CHOICE_KERNEL(s, ID, C, id)                                                                \
    KERNEL(kernel_##id##_##s) {                                                                    \
        const uint8_t *pa = src[0].data;                                                           \
        const bits_##s *pb = src[1].data, *pc = src[2].data;                                       \
        bits_##s *out = dst[0];                                                                    \
        if (n != 0 && src[0].step == 0)                                                            \
            kernel_COPY_##s(dst, &src[pa[0] != 0 ? 1 : 2], n, context);                            \
        else if (src[1].step != 0 && src[2].step != 0)                                             \
            CHOOSE(s, i, i)                                                                        \
        else if (src[1].step != 0)                                                                 \
            CHOOSE(s, i, 0)                                                                        \
        else if (src[2].step != 0)                                                                 \
            CHOOSE(s, 0, i)                                                                        \
        else                                                                                       \
            CHOOSE(s, 0, 0)                                                                        \
    }
#define CHOICE(id, types)                                                                          \
    CHECK_ARITY(id, 3) EVEX_FOR_##types(HAS_ROW, id) EVEX_FOR_##types(CHOICE_KERNEL, id)

#define HALVES_KERNEL(s, ID, C, id, other)                                                         \
    KERNEL(kernel_##id##_##s) {                                                                    \
        KERNEL_OF(other, EVEX_PART_SUFFIX_##s)(dst, src, 2 * n, context);                          \
    }
#define HALVES(id, other)                                                                          \
    CHECK_ARITY(id, EVEX_ARITY_##other)                                                            \
    EVEX_FOR_COMPLEX(HAS_ROW, id) EVEX_FOR_COMPLEX(HALVES_KERNEL, id, other)

/* A tile of elements is split into their parts, which another kernel takes. */
#define PARTS_KERNEL(s, ID, C, id, other, first, second)                                           \
    KERNEL(kernel_##id##_##s) {                                                                    \
        enum { TILE = 256 };                                                                       \
        EVEX_PART_OF_##s re[TILE], im[TILE], *out = dst[0];                                        \
        const C *pa = src[0].data;                                                                 \
        const evex_operand parts[] = {{first, 1}, {second, 1}};                                    \
        const size_t step = src[0].step;                                                           \
        for (size_t length; n != 0; n -= length, out += length, pa += length * step) {             \
            length = n < TILE ? n : TILE;                                                          \
            for (size_t i = 0; step != 0 && i < length; i++)                                       \
                re[i] = pa[i].re, im[i] = pa[i].im;                                                \
            for (size_t i = 0; step == 0 && i < length; i++)                                       \
                re[i] = pa->re, im[i] = pa->im;                                                    \
            KERNEL_OF(other, EVEX_PART_SUFFIX_##s)((void *[]){out}, parts, length, context);       \
        }                                                                                          \
    }
#define PARTS(id, other, first, second)                                                            \
    CHECK_ARITY(id, 1)                                                                             \
    EVEX_FOR_COMPLEX(HAS_ROW, id) EVEX_FOR_COMPLEX(PARTS_KERNEL, id, other, first, second)

/* In eval/complex_kernels.c. */
#define COMPLEX_KERNEL(s, ID, C, id)                                                               \
    KERNEL(kernel_##id##_##s) {                                                                    \
        FOR_ISA(evex_complex_##s, EVEX_ISA)[EVEX_OP_##id](dst, src, n, context);                   \
    }
#define COMPLEX(id, arity, word)                                                                   \
    CHECK_ARITY(id, arity) EVEX_FOR_COMPLEX(HAS_ROW, id) EVEX_FOR_COMPLEX(COMPLEX_KERNEL, id)

/* In eval/complex_math_kernels.c. */
#define MATH_COMPLEX_KERNEL(s, ID, C, id)                                                          \
    KERNEL(kernel_##id##_##s) {                                                                    \
        FOR_ISA(evex_complex_math_##s, EVEX_ISA)[EVEX_OP_##id](dst, src, n, context);              \
    }
#if V_FMA_IS_FAST
#define MATH_COMPLEX(id, arity, name)                                                              \
    CHECK_ARITY(id, arity)                                                                         \
    EVEX_FOR_COMPLEX(HAS_ROW, id) EVEX_FOR_COMPLEX(MATH_COMPLEX_KERNEL, id)
#else
#define MATH_COMPLEX(id, arity, name) LOOP(id, COMPLEX)
#endif
#include "eval/kernels.tmpl.h"

#define CAST_KERNEL(to, TO, R, from, C)                                                            \
    KERNEL(cast_##from##_##to) {                                                                   \
        (void)context;                                                                             \
        if (n != 0)                                                                                \
            MAKE_UNARY(element_cast_##from##_##to, R, C)                                           \
    }
#define CAST_KERNELS(from, FROM, C, ...) EVEX_FOR_CASTS_TO(CAST_KERNEL, from, C)
EVEX_FOR_NUMERIC(CAST_KERNELS, )

/* float16: integers one by one, floats by the instruction where there is one. */
#define HALF_KERNEL(from, FROM, C, ...) CAST_KERNEL(f16, F16, uint16_t, from, C)
EVEX_FOR_BITS(HALF_KERNEL, )
#define HALF_FILL(name, R, fill)                                                                   \
    KERNEL(name) {                                                                                 \
        (void)context;                                                                             \
        fill(dst[0], src[0].data, src[0].step != 0 || n == 0 ? n : 1);                             \
        R *out = dst[0];                                                                           \
        for (size_t i = 1; src[0].step == 0 && i < n; i++)                                         \
            out[i] = out[0];                                                                       \
    }
HALF_FILL(cast_f16_f32, float, widen_halves)
HALF_FILL(cast_f32_f16, uint16_t, narrow_f32)
HALF_FILL(cast_f64_f16, uint16_t, narrow_f64)

/* ---- The table ------------------------------------------------------------------------------ */

#define SLOT(s, ID, C, id) [EVEX_OP_##id][EVEX_##ID] = kernel_##id##_##s,
static const evex_kernel kernel_of[EVEX_N_OPS][EVEX_N_DTYPES] = {
#define OP(id, name, signature, types, definition, summary) EVEX_FOR_##types(SLOT, id)
#include "core/op.def"
#undef OP
};

#define CAST_SLOT(to, TO, R, from, FROM) [EVEX_##FROM][EVEX_##TO] = cast_##from##_##to,
#define CAST_SLOTS(from, FROM, C, ...) EVEX_FOR_CASTS_TO(CAST_SLOT, from, FROM)
#define HALF_SLOT(from, FROM, ...) [EVEX_##FROM][EVEX_F16] = cast_##from##_f16,
static const evex_kernel kernel_cast[EVEX_N_DTYPES][EVEX_N_DTYPES] = {
    EVEX_FOR_NUMERIC(CAST_SLOTS, ) EVEX_FOR_REALS(HALF_SLOT, )[EVEX_F16][EVEX_F32] = cast_f16_f32};

#define TEXT_(isa) #isa
#define TEXT(isa) TEXT_(isa)
const evex_kernel_table FOR_ISA(evex_kernels, EVEX_ISA) = {TEXT(EVEX_ISA),
                                                           kernel_of,
                                                           kernel_cast,
                                                           FOR_ISA(evex_reduce, EVEX_ISA),
                                                           FOR_ISA(evex_pairs, EVEX_ISA),
                                                           FOR_ISA(evex_panels, EVEX_ISA),
                                                           &FOR_ISA(evex_movers, EVEX_ISA),
                                                           FOR_ISA(evex_fused_sums, EVEX_ISA),
                                                           FOR_ISA(evex_fused_panels, EVEX_ISA)};
