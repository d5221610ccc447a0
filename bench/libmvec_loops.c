/* SPDX-License-Identifier: MIT */
/*
 * The loops around libmvec's vector functions, compiled once for each instruction set (as
 * BENCH_ISA, BENCH_LETTER, BENCH_VECTOR_BYTES), so that vectors pass in its registers.
 */
#include "bench/libmvec.h"

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
#define PASTE_OF(a, b) a##b
#define PASTE(a, b) PASTE_OF(a, b)

#define LOOPS(suffix, element)                                                                     \
    typedef element vector_##suffix __attribute__((vector_size(BENCH_VECTOR_BYTES)));              \
    typedef vector_##suffix (*unary_##suffix)(vector_##suffix);                                    \
    typedef vector_##suffix (*binary_##suffix)(vector_##suffix, vector_##suffix);                  \
    static void loop_unary_##suffix(void (*function)(void), void *result,                          \
                                    const void *const *operands, size_t n) {                       \
        const unary_##suffix f = (unary_##suffix)function;                                         \
        const vector_##suffix *a = operands[0];                                                    \
        vector_##suffix *r = result;                                                               \
        for (size_t i = 0; i < n * sizeof(element) / BENCH_VECTOR_BYTES; i++)                      \
            r[i] = f(a[i]);                                                                        \
    }                                                                                              \
    static void loop_binary_##suffix(void (*function)(void), void *result,                         \
                                     const void *const *operands, size_t n) {                      \
        const binary_##suffix f = (binary_##suffix)function;                                       \
        const vector_##suffix *a = operands[0], *b = operands[1];                                  \
        vector_##suffix *r = result;                                                               \
        for (size_t i = 0; i < n * sizeof(element) / BENCH_VECTOR_BYTES; i++)                      \
            r[i] = f(a[i], b[i]);                                                                  \
    }

LOOPS(f64, double)
LOOPS(f32, float)

const bench_libmvec_loops PASTE(bench_libmvec_loops_, BENCH_ISA) = {
    STRING(BENCH_ISA),
    BENCH_LETTER,
    BENCH_VECTOR_BYTES,
    {{loop_unary_f64, loop_unary_f32}, {loop_binary_f64, loop_binary_f32}}};
