/* SPDX-License-Identifier: MIT */
/*
 * The values of each type at which arithmetic goes wrong: limits, signs, halves, powers of two at
 * the borders of other types, nan, infinities, subnormals.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "tests/kernels/kernel_trial.h"

static const uint8_t edges_bool[] = {0, 1, 2, 0x80, 0xff};

/* clang-format off */
#define SIGNED_EDGES(bits, T)                                                                      \
    static const T edges_i##bits[] = {                                                             \
        0, 1, -1, 2, -2, 3, -3, 5, 7, 8, 10, -10, 15, 16, 31, 32, 63, 64, -64, 100, 127, -128,     \
        INT##bits##_MAX, INT##bits##_MIN, INT##bits##_MAX - 1, INT##bits##_MIN + 1,                \
        INT##bits##_MAX / 2, INT##bits##_MIN / 2};
#define UNSIGNED_EDGES(bits, T)                                                                    \
    static const T edges_u##bits[] = {                                                             \
        0, 1, 2, 3, 5, 7, 8, 10, 15, 16, 31, 32, 63, 64, 100, 127, 128, 129, 200, 254, 255,        \
        UINT##bits##_MAX, UINT##bits##_MAX - 1, UINT##bits##_MAX / 2, UINT##bits##_MAX / 2 + 1};
SIGNED_EDGES(8, int8_t)
SIGNED_EDGES(16, int16_t)
SIGNED_EDGES(32, int32_t)
SIGNED_EDGES(64, int64_t)
UNSIGNED_EDGES(8, uint8_t)
UNSIGNED_EDGES(16, uint16_t)
UNSIGNED_EDGES(32, uint32_t)
UNSIGNED_EDGES(64, uint64_t)

/* Ties and neighbours of halves: at 1, where they become subnormal, at the least and the largest. */
#define HALF_BORDERS(T)                                                                            \
    (T)0x1.002p0, (T)0x1.006p0, (T)-0x1.00200000000001p0, (T)0x1.001ffffffffffp0, (T)0x1.002002p0, \
    (T)0x1p-14, (T)0x1.ffcp-15, (T)0x1.ffep-15, (T)-0x1.ff8p-15, (T)0x1p-24, (T)0x1p-25,           \
    (T)0x1.000002p-25, (T)0x1.0000000000001p-25, (T)0x1.8p-24, (T)-0x1.7ffffffffffffp-24,          \
    65504, 65519, 65520, (T)65519.996, (T)65519.999999999, -65536, (T)0x1p127

/* Borders of the integer types among others, rounded to T where it has fewer digits. */
#define FLOAT_EDGES(T, least, tiny, huge)                                                          \
    {(T)0.0, (T)-0.0, 1, -1, (T)0.5, (T)-0.5, (T)1.5, (T)-1.5, (T)2.5, (T)-2.5, (T)0.3, (T)-0.7,   \
     2, 3, -3, 10, 100, (T)-127.5, 128, 255, 256, (T)-32768.5, 65536,                              \
     (T)0x1p23, (T)0x1.000002p23, (T)-0x1.fffffep22, (T)0x1p31, (T)-0x1p31, (T)0x1.fffffffep30,    \
     (T)0x1p32, (T)0x1.fffffffffp31, (T)5e9, (T)-3e9,                                              \
     (T)0x1p52, (T)0x1.fffffffffffffp51, (T)-0x1p53, (T)0x1p62, (T)0x1p63, (T)-0x1p63,             \
     (T)0x1.fffffep62, (T)-0x1.000002p63, (T)0x1.8p63, (T)0x1p64, (T)0x1.fffffep63, (T)1e20,       \
     least, -least, (tiny) - (least), tiny, -tiny, huge, -huge,                                    \
     HALF_BORDERS(T), (T)INFINITY, (T)-INFINITY, (T)NAN, -(T)NAN}
static const uint16_t edges_f16[] = {0, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x7c00, 0x7c01, 0x7e00, 0x8000, 0x8001, 0xfc00};
static const float edges_f32[] = FLOAT_EDGES(float, FLT_TRUE_MIN, FLT_MIN, FLT_MAX);
static const double edges_f64[] = FLOAT_EDGES(double, DBL_TRUE_MIN, DBL_MIN, DBL_MAX);

#define STR(text) {text, sizeof(text) - 1}
static const evex_str edges_str[] = {
    STR(""), STR("a"), STR("b"), STR("ab"), STR("a\0b"), STR("aa"), STR("abc"), STR("\xc3\xa9"),
    STR("\xf0\x9f\x98\x80"), STR("\x7f"), {NULL, 0},
    STR("c"), STR("d"), STR("e"), STR("f"), STR("g"), STR("h"), STR("i"), STR("j"), STR("k"),
    STR("a long text, longer than any vector register is, really")};
/* clang-format on */

/* Every pair of the edges of a type is one of its complex type. */
#define COMPLEX_EDGES(s, C, part)                                                                  \
    enum { N_##s = sizeof edges_##part / sizeof edges_##part[0] };                                 \
    static C edges_##s[N_##s * N_##s];                                                             \
    static void pair_##s(void) {                                                                   \
        for (size_t i = 0; i < N_##s * N_##s; i++)                                                 \
            edges_##s[i] = (C){edges_##part[i % N_##s], edges_##part[i / N_##s]};                  \
    }
COMPLEX_EDGES(c64, evex_c64, f32)
COMPLEX_EDGES(c128, evex_c128, f64)

const void *kernel_edges(evex_dtype dtype, size_t *n) {
#define EDGES(s, ID, C, ...)                                                                       \
    case EVEX_##ID:                                                                                \
        *n = sizeof edges_##s / sizeof edges_##s[0];                                               \
        return edges_##s;
    static int are_paired;
    if (!are_paired) {
        pair_c64();
        pair_c128();
        are_paired = 1;
    }
    switch (dtype) {
        EVEX_FOR_ANY(EDGES, )
        EDGES(f16, F16, uint16_t, )
    default:
        *n = 0;
        return NULL;
    }
}
