/* SPDX-License-Identifier: MIT */
/*
 * The algorithms of core/vecmath/ at width 1, under the names that core/scalar.h declares. A
 * float32 function is the float64 one between two conversions, so its error is half an ULP and a
 * hair; NumPy's floor division and modulo, whose intermediate results are rounded to the type, have
 * a float32 variant.
 */
#include "core/scalar.h"

#include "core/vecmath/width1.h"

#include "core/vecmath/error_function.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"
#include "core/vecmath/trig.h"

#define math_arctan2_single math_arctan2
#define math_pow_single math_pow
#define math_hypot_single math_hypot
#define math_logaddexp_single math_logaddexp
#define math_fmod_single math_fmod

#define DEFINE_UNARY(name)                                                                         \
    double evex_##name##_f64(double x) {                                                           \
        return math_##name(v_set(x)).lane;                                                         \
    }                                                                                              \
    float evex_##name##_f32(float x) {                                                             \
        return (float)math_##name(v_set(x)).lane;                                                  \
    }

#define DEFINE_BINARY(name)                                                                        \
    double evex_##name##_f64(double x, double y) {                                                 \
        return math_##name(v_set(x), v_set(y)).lane;                                               \
    }                                                                                              \
    float evex_##name##_f32(float x, float y) {                                                    \
        return (float)math_##name##_single(v_set(x), v_set(y)).lane;                               \
    }

EVEX_FOR_UNARY_MATH(DEFINE_UNARY)
EVEX_FOR_BINARY_MATH(DEFINE_BINARY)
