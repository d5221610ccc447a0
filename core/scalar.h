/* SPDX-License-Identifier: MIT */
/*
 * The transcendental functions and float remainders, a scalar at a time: op.def's definitions of
 * them, for real and complex numbers. core/scalar.c compiles the algorithms of core/vecmath/ at
 * width 1; the same headers compiled wider are eval's kernels, with the same bits. Accuracy and
 * special values: docs/NUMERICS.md.
 *
 * Assumes round-to-nearest. Pure functions: no errno, any thread.
 *
 *   FUNCTION(name)   declares evex_<name>_f64 and evex_<name>_f32; of complex functions,
 *                    evex_<name>_c128 and evex_<name>_c64
 */
#ifndef EVEX_CORE_SCALAR_H
#define EVEX_CORE_SCALAR_H

#include "core/dtype.h"

#define EVEX_FOR_UNARY_MATH(FUNCTION)                                                              \
    FUNCTION(exp)                                                                                  \
    FUNCTION(exp2)                                                                                 \
    FUNCTION(exp10)                                                                                \
    FUNCTION(expm1)                                                                                \
    FUNCTION(log)                                                                                  \
    FUNCTION(log2)                                                                                 \
    FUNCTION(log10)                                                                                \
    FUNCTION(log1p)                                                                                \
    FUNCTION(sin)                                                                                  \
    FUNCTION(cos)                                                                                  \
    FUNCTION(tan)                                                                                  \
    FUNCTION(sinpi)                                                                                \
    FUNCTION(cospi)                                                                                \
    FUNCTION(arcsin)                                                                               \
    FUNCTION(arccos)                                                                               \
    FUNCTION(arctan)                                                                               \
    FUNCTION(sinh)                                                                                 \
    FUNCTION(cosh)                                                                                 \
    FUNCTION(tanh)                                                                                 \
    FUNCTION(arcsinh)                                                                              \
    FUNCTION(arccosh)                                                                              \
    FUNCTION(arctanh)                                                                              \
    FUNCTION(cbrt)                                                                                 \
    FUNCTION(erf)                                                                                  \
    FUNCTION(erfc)                                                                                 \
    FUNCTION(gamma)                                                                                \
    FUNCTION(lgamma)

/* fmod, floordiv and mod are exact: fmod as C99's, floordiv and mod as NumPy's // and %. */
#define EVEX_FOR_BINARY_MATH(FUNCTION)                                                             \
    FUNCTION(arctan2)                                                                              \
    FUNCTION(pow)                                                                                  \
    FUNCTION(hypot)                                                                                \
    FUNCTION(logaddexp)                                                                            \
    FUNCTION(fmod)                                                                                 \
    FUNCTION(floordiv)                                                                             \
    FUNCTION(mod)

/* Branch cuts and special values: C99 Annex G. */
#define EVEX_FOR_UNARY_COMPLEX(FUNCTION)                                                           \
    FUNCTION(sqrt)                                                                                 \
    FUNCTION(exp)                                                                                  \
    FUNCTION(exp2)                                                                                 \
    FUNCTION(expm1)                                                                                \
    FUNCTION(log)                                                                                  \
    FUNCTION(log2)                                                                                 \
    FUNCTION(log10)                                                                                \
    FUNCTION(log1p)                                                                                \
    FUNCTION(sin)                                                                                  \
    FUNCTION(cos)                                                                                  \
    FUNCTION(tan)                                                                                  \
    FUNCTION(arcsin)                                                                               \
    FUNCTION(arccos)                                                                               \
    FUNCTION(arctan)                                                                               \
    FUNCTION(sinh)                                                                                 \
    FUNCTION(cosh)                                                                                 \
    FUNCTION(tanh)                                                                                 \
    FUNCTION(arcsinh)                                                                              \
    FUNCTION(arccosh)                                                                              \
    FUNCTION(arctanh)

#define EVEX_FOR_BINARY_COMPLEX(FUNCTION) FUNCTION(pow)

#define EVEX_DECLARE_UNARY_MATH(name)                                                              \
    double evex_##name##_f64(double x);                                                            \
    float evex_##name##_f32(float x);
#define EVEX_DECLARE_BINARY_MATH(name)                                                             \
    double evex_##name##_f64(double x, double y);                                                  \
    float evex_##name##_f32(float x, float y);

#define EVEX_DECLARE_UNARY_COMPLEX(name)                                                           \
    evex_c128 evex_##name##_c128(evex_c128 z);                                                     \
    evex_c64 evex_##name##_c64(evex_c64 z);
#define EVEX_DECLARE_BINARY_COMPLEX(name)                                                          \
    evex_c128 evex_##name##_c128(evex_c128 z, evex_c128 w);                                        \
    evex_c64 evex_##name##_c64(evex_c64 z, evex_c64 w);

EVEX_FOR_UNARY_MATH(EVEX_DECLARE_UNARY_MATH)
EVEX_FOR_BINARY_MATH(EVEX_DECLARE_BINARY_MATH)
EVEX_FOR_UNARY_COMPLEX(EVEX_DECLARE_UNARY_COMPLEX)
EVEX_FOR_BINARY_COMPLEX(EVEX_DECLARE_BINARY_COMPLEX)

/* The sine; *cosine is the cosine. The bits of evex_sin and evex_cos at little more than the cost
 * of one of them. */
double evex_sincos_f64(double x, double *cosine);
float evex_sincos_f32(float x, float *cosine);

/* x to the integral part of n, |n| <= 64, by multiplications; 1 for any other n. */
double evex_pown_f64(double x, double n);
float evex_pown_f32(float x, float n);

#endif
