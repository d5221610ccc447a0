/* SPDX-License-Identifier: MIT */
/*
 * The algorithms of core/vecmath/ at width 1, under the names that core/scalar.h declares. A float32
 * function is the float64 one between two conversions, so its error is half an ULP and a hair;
 * remainders, whose intermediate results NumPy rounds to the type, are float32 algorithms of their own.
 */
#include "core/scalar.h"

#include "core/vecmath/width1.h"

#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/trig.h"

#define DEFINE_UNARY(name)                                                       \
    double evex_##name##_f64(double x) { return math_##name(v_set(x)).lane; }    \
    float evex_##name##_f32(float x) { return (float)math_##name(v_set(x)).lane; }
#define DEFINE_BINARY(name)                                                                         \
    double evex_##name##_f64(double x, double y) { return math_##name(v_set(x), v_set(y)).lane; }   \
    float evex_##name##_f32(float x, float y) { return (float)math_##name(v_set(x), v_set(y)).lane; }

EVEX_FOR_UNARY_MATH(DEFINE_UNARY)
EVEX_FOR_BINARY_MATH(DEFINE_BINARY)
