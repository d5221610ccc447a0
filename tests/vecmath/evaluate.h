/* SPDX-License-Identifier: MIT */
/*
 * Every function of core/vecmath/ over arrays: evaluate_<name>(x, y, r, n, single), r[i] = f(x[i],
 * y[i]) for n a multiple of 16. By core/scalar.h, or, compiled with EVEX_MATH_HEADER the vocabulary
 * of an instruction set, by the vectors of that set. Arguments and results of float32 are passed as
 * doubles.
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

#if defined(EVEX_MATH_HEADER)

#include EVEX_MATH_HEADER

#include "core/vecmath/error_function.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"

#define EVALUATE_UNARY(name)                                                                       \
    EVALUATE(name) {                                                                               \
        (void)y;                                                                                   \
        for (size_t i = 0; i < n; i += LANES_f64)                                                  \
            v_store_f64(r + i, math_##name(v_load_f64(x + i)));                                    \
        for (size_t i = 0; single && i < n; i++)                                                   \
            r[i] = (double)(float)r[i];                                                            \
    }
#define EVALUATE_BINARY(name)                                                                      \
    EVALUATE(name) {                                                                               \
        for (size_t i = 0; i < n; i += LANES_f64) {                                                \
            v_f64 a = v_load_f64(x + i), b = v_load_f64(y + i);                                    \
            v_store_f64(r + i, single ? math_##name##_single(a, b) : math_##name(a, b));           \
        }                                                                                          \
        for (size_t i = 0; single && i < n; i++)                                                   \
            r[i] = (double)(float)r[i];                                                            \
    }

#define math_arctan2_single math_arctan2
#define math_pow_single math_pow
#define math_hypot_single math_hypot
#define math_logaddexp_single math_logaddexp
#define math_fmod_single math_fmod

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
