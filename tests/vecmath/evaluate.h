/* SPDX-License-Identifier: MIT */
/*
 * Every function of core/vecmath/ over arrays: evaluate_<name>(x, y, r, n, single), r[i] = f(x[i],
 * y[i]) for n a multiple of 32. By core/scalar.h, or, compiled with EVEX_SINGLE_HEADER the
 * vocabularies of an instruction set, by the vectors of that set. Arguments and results of float32
 * are passed as doubles.
 */
#ifndef EVEX_TESTS_VECMATH_EVALUATE_H
#define EVEX_TESTS_VECMATH_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/scalar.h"

typedef void (*evaluate_function)(const double *x, const double *y, double *r, size_t n,
                                  bool single);

#define EVALUATE(name)                                                                             \
    static void evaluate_##name(const double *x, const double *y, double *r, size_t n, bool single)

#if defined(EVEX_SINGLE_HEADER)

#include EVEX_SINGLE_HEADER

#include "core/vecmath/single/functions.h"

static inline s_f32 load_single(const double *p) {
    float lanes[S_LANES];
    for (int i = 0; i < S_LANES; i++)
        lanes[i] = (float)p[i];
    return s_load(lanes);
}

static inline void store_single(double *p, s_f32 a) {
    float lanes[S_LANES];
    s_store(lanes, a);
    for (int i = 0; i < S_LANES; i++)
        p[i] = (double)lanes[i];
}

#define EVALUATE_UNARY(name)                                                                       \
    EVALUATE(name) {                                                                               \
        (void)y;                                                                                   \
        for (size_t i = 0; single && i < n; i += S_LANES)                                          \
            store_single(r + i, single_##name(load_single(x + i)));                                \
        for (size_t i = 0; !single && i < n; i += LANES_f64)                                       \
            v_store_f64(r + i, math_##name(v_load_f64(x + i)));                                    \
    }
#define EVALUATE_BINARY(name)                                                                      \
    EVALUATE(name) {                                                                               \
        for (size_t i = 0; single && i < n; i += S_LANES)                                          \
            store_single(r + i, single_##name(load_single(x + i), load_single(y + i)));            \
        for (size_t i = 0; !single && i < n; i += LANES_f64)                                       \
            v_store_f64(r + i, math_##name(v_load_f64(x + i), v_load_f64(y + i)));                 \
    }

#else

#define EVALUATE_UNARY(name)                                                                       \
    EVALUATE(name) {                                                                               \
        (void)y;                                                                                   \
        for (size_t i = 0; i < n; i++)                                                             \
            r[i] = single ? (double)evex_##name##_f32((float)x[i]) : evex_##name##_f64(x[i]);      \
    }
#define EVALUATE_BINARY(name)                                                                      \
    EVALUATE(name) {                                                                               \
        for (size_t i = 0; i < n; i++)                                                             \
            r[i] = single ? (double)evex_##name##_f32((float)x[i], (float)y[i])                    \
                          : evex_##name##_f64(x[i], y[i]);                                         \
    }

#endif

EVEX_FOR_UNARY_MATH(EVALUATE_UNARY)
EVEX_FOR_BINARY_MATH(EVALUATE_BINARY)

#endif
