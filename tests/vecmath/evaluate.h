/* SPDX-License-Identifier: MIT */
/*
 * Every function of core/vecmath/ over arrays: evaluate_<name>(x, y, r, n, single), r[i] = f(x[i],
 * y[i]) for n a multiple of 32; and evaluate_complex_<name>(x, y, re, im, n), the function of x[i]
 * + y[i] i, the second operand, of those that have one, being y[i] + x[i] i or an integer near
 * y[i]. By core/scalar.h, or, compiled with EVEX_SINGLE_HEADER the vocabularies of an instruction
 * set, by the vectors of that set. Arguments and results of float32 are passed as doubles.
 */
#ifndef EVEX_TESTS_VECMATH_EVALUATE_H
#define EVEX_TESTS_VECMATH_EVALUATE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/scalar.h"

typedef void (*evaluate_function)(const double *x, const double *y, double *r, size_t n,
                                  bool single);

typedef void (*evaluate_complex)(const double *x, const double *y, double *re, double *im,
                                 size_t n);

#define EVALUATE_COMPLEX(name)                                                                     \
    static void evaluate_complex_##name(const double *x, const double *y, double *re, double *im,  \
                                        size_t n)

#define EVALUATE(name)                                                                             \
    static void evaluate_##name(const double *x, const double *y, double *r, size_t n, bool single)

#if defined(EVEX_SINGLE_HEADER)

#include EVEX_SINGLE_HEADER

#include "core/vecmath/complex/functions.h"
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

#define EVALUATE_POINTS(function, ...)                                                             \
    for (size_t i = 0; i < n; i += LANES_f64) {                                                    \
        const v_complex z = complex_of(v_load_f64(x + i), v_load_f64(y + i));                      \
        const v_complex r = function(z __VA_ARGS__);                                               \
        v_store_f64(re + i, r.re);                                                                 \
        v_store_f64(im + i, r.im);                                                                 \
    }
#define COMPLEX_FUNCTION(name) complex_##name
#define SWAPPED complex_swap(z)
#define WHOLE complex_of(v_rint(z.im), v_set(0.0))

#else

#define EVALUATE_POINTS(function, ...)                                                             \
    for (size_t i = 0; i < n; i++) {                                                               \
        const evex_c128 z = {x[i], y[i]}, r = function(z __VA_ARGS__);                             \
        re[i] = r.re;                                                                              \
        im[i] = r.im;                                                                              \
    }
#define COMPLEX_FUNCTION(name) evex_##name##_c128
#define SWAPPED                                                                                    \
    (evex_c128) {                                                                                  \
        z.im, z.re                                                                                 \
    }
#define WHOLE                                                                                      \
    (evex_c128) {                                                                                  \
        rint(z.im), 0.0                                                                            \
    }

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

#define EVALUATE_UNARY_COMPLEX(name)                                                               \
    EVALUATE_COMPLEX(name) {                                                                       \
        EVALUATE_POINTS(COMPLEX_FUNCTION(name), )                                                  \
    }
#define COMMA ,
#define EVALUATE_BINARY_COMPLEX(name)                                                              \
    EVALUATE_COMPLEX(name){                                                                        \
        EVALUATE_POINTS(COMPLEX_FUNCTION(name), COMMA SWAPPED)} EVALUATE_COMPLEX(name##_whole) {   \
        EVALUATE_POINTS(COMPLEX_FUNCTION(name), COMMA WHOLE)                                       \
    }

EVEX_FOR_UNARY_MATH(EVALUATE_UNARY)
EVEX_FOR_BINARY_MATH(EVALUATE_BINARY)
EVEX_FOR_UNARY_COMPLEX(EVALUATE_UNARY_COMPLEX)
EVEX_FOR_BINARY_COMPLEX(EVALUATE_BINARY_COMPLEX)

#endif
