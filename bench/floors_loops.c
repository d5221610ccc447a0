/* SPDX-License-Identifier: MIT */
/*
 * Loops as a person would write them for one expression, compiled once for each instruction set
 * (as BENCH_ISA, with its vocabulary as EVEX_SIMD_HEADER). Each fills one vector of the result at a
 * time, from an inner loop of fixed length that the compiler turns into vector instructions, and
 * stores it past the caches: a store into a line that no cache holds would first read it.
 */
#include "bench/floors.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include EVEX_SIMD_HEADER

#define PASTE_OF(a, b) a##b
#define PASTE(a, b) PASTE_OF(a, b)

/* A vector as bytes, and the store that passes the caches by. SIMDe 0.7.4 has none of 512 bits. */
#if defined(__AVX512F__)
typedef __m512i vector;
#define STREAM(to, from) _mm512_stream_si512((vector *)(to), from)
#elif defined(__AVX2__)
typedef simde__m256i vector;
#define STREAM(to, from) simde_mm256_stream_si256((vector *)(to), from)
#else
typedef simde__m128i vector;
#define STREAM(to, from) simde_mm_stream_si128((vector *)(to), from)
#endif

/* The source k as elements of a type. */
#define SOURCE(type, name, k) const type *name = sources[k];

/* Defines a loop of its sources and one expression in i, of a result type. */
#define FUSED(name, result_type, declare, expression)                                              \
    static void name(const void *const *sources, void *result, size_t n) {                         \
        enum { LANES = sizeof(vector) / sizeof(result_type) };                                     \
        declare;                                                                                   \
        for (size_t at = 0; at < n; at += LANES) {                                                 \
            result_type values[LANES];                                                             \
            vector v;                                                                              \
            for (size_t i = at; i < at + LANES; i++)                                               \
                values[i - at] = expression;                                                       \
            memcpy(&v, values, sizeof v);                                                          \
            STREAM((result_type *)result + at, v);                                                 \
        }                                                                                          \
        simde_mm_sfence();                                                                         \
    }

/* The same with ordinary stores. */
#define STORED(name, result_type, declare, expression)                                             \
    static void name(const void *const *sources, void *result, size_t n) {                         \
        declare;                                                                                   \
        result_type *restrict r = result;                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            r[i] = expression;                                                                     \
    }

/* Sums a vector expression in i, in as many chains as hide the latency of an addition. */
#define SUMMED(name, s, type, declare, expression)                                                 \
    static void name(const void *const *sources, void *result, size_t n) {                         \
        declare;                                                                                   \
        v_##s sums[CHAINS];                                                                        \
        for (size_t k = 0; k < CHAINS; k++)                                                        \
            sums[k] = v_set_##s(0);                                                                \
        for (size_t i = 0; i < n;)                                                                 \
            for (size_t k = 0; k < CHAINS; k++, i += LANES_##s)                                    \
                sums[k] = v_add_##s(sums[k], expression);                                          \
        for (size_t k = 1; k < CHAINS; k++)                                                        \
            sums[0] = v_add_##s(sums[0], sums[k]);                                                 \
        memcpy(result, sums, sizeof(type));                                                        \
    }
enum { CHAINS = 4 };

/* In eval's vocabulary: of a choice, compilers make one scalar at a time here. */
static void larger(const void *const *sources, void *result, size_t n) {
    const double *a = sources[0], *b = sources[1];
    for (size_t at = 0; at < n; at += LANES_f64) {
        const v_f64 x = v_load_f64(a + at), y = v_load_f64(b + at);
        const v_f64 chosen = v_select_f64(v_lt_f64(y, x), x, y);
        vector v;
        memcpy(&v, &chosen, sizeof v);
        STREAM((double *)result + at, v);
    }
    simde_mm_sfence();
}

#define A SOURCE(double, a, 0)
#define A_B SOURCE(double, a, 0) SOURCE(double, b, 1)
#define A_B_C SOURCE(double, a, 0) SOURCE(double, b, 1) SOURCE(double, c, 2)
#define A_B_32 SOURCE(float, a, 0) SOURCE(float, b, 1)
#define I_J SOURCE(int32_t, i32, 0) SOURCE(int32_t, j32, 1)
#define MIXED SOURCE(int32_t, i32, 0) SOURCE(double, a, 1) SOURCE(float, f, 2)
#define I64 SOURCE(int64_t, i64, 0)

FUSED(linear, double, A_B, 2 * a[i] + 3 * b[i])
FUSED(linear32, float, A_B_32, 2 * a[i] + 3 * b[i])
FUSED(square, double, A_B, a[i] * a[i] + b[i] * b[i] + 2 * a[i] * b[i])
FUSED(cubic, double, A, ((0.25 * a[i] + 0.75) * a[i] - 1.5) * a[i] - 2)
FUSED(length, double, A_B, sqrt(a[i] * a[i] + b[i] * b[i]))
FUSED(mixed, double, MIXED, i32[i] * a[i] + 2 * (double)f[i])
FUSED(filter, uint8_t, A_B_C, ((a[i] > 0.5) & (b[i] < 0.25)) | (c[i] >= 0.75))
FUSED(disc, uint8_t, A_B, a[i] * a[i] + b[i] * b[i] < 1)
FUSED(affine, int32_t, I_J, 3 * i32[i] - 2 * j32[i] + 7)
FUSED(hash, int64_t, I64, (i64[i] ^ (i64[i] >> 3)) & 255)
FUSED(triad, double, A_B, a[i] + 3 * b[i])
STORED(triad_stored, double, A_B, a[i] + 3 * b[i])
FUSED(copied, double, A, a[i])
SUMMED(read, f64, double, A, v_load_f64(a + i))
SUMMED(read32, f32, float, SOURCE(float, a, 0), v_load_f32(a + i))
SUMMED(read2, f64, double, A_B, v_mul_f64(v_load_f64(a + i), v_load_f64(b + i)))

const floor_info PASTE(floor_loops_, BENCH_ISA)[] = {
    {"read", "sum of a", read, {8}, 0},
    {"read32", "sum of a, float32", read32, {4}, 0},
    {"read2", "sum of a*b", read2, {8, 8}, 0},
    {"copy", "a, streamed", copied, {8}, 8},
    {"triad_stored", "a + 3*b, ordinary stores", triad_stored, {8, 8}, 8},
    {"triad", "a + 3*b, streamed", triad, {8, 8}, 8},
    {"linear", "2*a + 3*b", linear, {8, 8}, 8},
    {"linear32", "2*a + 3*b, float32", linear32, {4, 4}, 4},
    {"square", "a**2 + b**2 + 2*a*b", square, {8, 8}, 8},
    {"cubic", "((0.25*a + 0.75)*a - 1.5)*a - 2", cubic, {8}, 8},
    {"length", "sqrt(a*a + b*b)", length, {8, 8}, 8},
    {"larger", "where(a > b, a, b)", larger, {8, 8}, 8},
    {"mixed", "i*a + 2*f of int32, float64, float32", mixed, {4, 8, 4}, 8},
    {"filter", "(a > 0.5) & (b < 0.25) | (c >= 0.75)", filter, {8, 8, 8}, 1},
    {"disc", "a*a + b*b < 1", disc, {8, 8}, 1},
    {"affine", "3*i - 2*j + 7 of int32", affine, {4, 4}, 4},
    {"hash", "(i ^ (i >> 3)) & 255 of int64", hash, {8}, 8},
    {NULL, NULL, NULL, {0}, 0},
};
