/* SPDX-License-Identifier: MIT */
/*
 * The algorithms of core/vecmath/, core/vecmath/single/ and core/vecmath/complex/ at width 1, under
 * the names that core/scalar.h declares.
 */
#include "core/scalar.h"

#include "core/vecmath/single/width1.h"
#include "core/vecmath/width1.h"

#include "core/vecmath/complex/functions.h"
#include "core/vecmath/error_function.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"
#include "core/vecmath/single/functions.h"
#include "core/vecmath/trig.h"

#define DEFINE_UNARY(name)                                                                         \
    double evex_##name##_f64(double x) {                                                           \
        return math_##name(v_set(x)).lane;                                                         \
    }                                                                                              \
    float evex_##name##_f32(float x) {                                                             \
        return single_##name(s_set(x)).lane;                                                       \
    }

#define DEFINE_BINARY(name)                                                                        \
    double evex_##name##_f64(double x, double y) {                                                 \
        return math_##name(v_set(x), v_set(y)).lane;                                               \
    }                                                                                              \
    float evex_##name##_f32(float x, float y) {                                                    \
        return single_##name(s_set(x), s_set(y)).lane;                                             \
    }

EVEX_FOR_UNARY_MATH(DEFINE_UNARY)
EVEX_FOR_BINARY_MATH(DEFINE_BINARY)

/* ---- Complex functions ---------------------------------------------------------------------- */

static v_complex widen(double re, double im) {
    return complex_of(v_set(re), v_set(im));
}

static evex_c128 result_of(v_complex r) {
    return (evex_c128){r.re.lane, r.im.lane};
}

static evex_c64 single_result_of(v_complex r) {
    return (evex_c64){(float)r.re.lane, (float)r.im.lane};
}

#define DEFINE_UNARY_COMPLEX(name)                                                                 \
    evex_c128 evex_##name##_c128(evex_c128 z) {                                                    \
        return result_of(complex_##name(widen(z.re, z.im)));                                       \
    }                                                                                              \
    evex_c64 evex_##name##_c64(evex_c64 z) {                                                       \
        return single_result_of(complex_##name(widen((double)z.re, (double)z.im)));                \
    }

#define DEFINE_BINARY_COMPLEX(name)                                                                \
    evex_c128 evex_##name##_c128(evex_c128 z, evex_c128 w) {                                       \
        return result_of(complex_##name(widen(z.re, z.im), widen(w.re, w.im)));                    \
    }                                                                                              \
    evex_c64 evex_##name##_c64(evex_c64 z, evex_c64 w) {                                           \
        return single_result_of(                                                                   \
            complex_##name(widen((double)z.re, (double)z.im), widen((double)w.re, (double)w.im))); \
    }

EVEX_FOR_UNARY_COMPLEX(DEFINE_UNARY_COMPLEX)
EVEX_FOR_BINARY_COMPLEX(DEFINE_BINARY_COMPLEX)

/* ---- Of other kinds ------------------------------------------------------------------------- */

double evex_sincos_f64(double x, double *cosine) {
    both_results both = math_sincos(v_set(x));
    *cosine = both.second.lane;
    return both.first.lane;
}

float evex_sincos_f32(float x, float *cosine) {
    single_both_results both = single_sincos(s_set(x));
    *cosine = both.second.lane;
    return both.first.lane;
}

double evex_pown_f64(double x, double n) {
    return math_pown(v_set(x), pown_exponent(n)).lane;
}

float evex_pown_f32(float x, float n) {
    return single_pown(s_set(x), pown_exponent((double)n)).lane;
}
