/* SPDX-License-Identifier: MIT */
/*
 * What core/scalar.h's functions give at special values (C99 Annex F, IEEE 754-2019 for sinpi,
 * cospi and exp10, NumPy for // and %), where results must be exact, and the float remainders
 * against NumPy's definition. Accuracy is accuracy.c's matter, equal bits on all targets
 * vecmath/digests.c's.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/scalar.h"
#include "tests/suite.h"

#define INF HUGE_VAL
#define NONE ((double)NAN)
#define PI 0x1.921fb54442d18p+1
#define HALF_PI 0x1.921fb54442d18p+0
#define QUARTER_PI 0x1.921fb54442d18p-1
#define THREE_QUARTERS_PI 0x1.2d97c7f3321d2p+1

static bool same(double a, double b) {
    return (isnan(a) && isnan(b)) || (a == b && !signbit(a) == !signbit(b));
}

/* ---- Special values ------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    double (*f64)(double);
    float (*f32)(float);
    double x, expected;
} unary_case;

#define ROW(name, x, expected)                                                                     \
    { #name, evex_##name##_f64, evex_##name##_f32, x, expected }
#define ODD(name, x, expected) ROW(name, x, expected), ROW(name, -(x), -(expected))
#define EVEN(name, x, expected) ROW(name, x, expected), ROW(name, -(x), expected)

/* Arguments and results are values of both types, or round to what the type's result is. */
static const unary_case unary_cases[] = {
    EVEN(exp, 0.0, 1),
    ROW(exp, INF, INF),
    ROW(exp, -INF, 0),
    ROW(exp, NONE, NONE),
    ROW(exp, 1e30, INF),
    ROW(exp, -1e30, 0),
    EVEN(exp2, 0.0, 1),
    ROW(exp2, INF, INF),
    ROW(exp2, -INF, 0),
    ROW(exp2, NONE, NONE),
    ROW(exp2, 1024, INF),
    ROW(exp2, -1076, 0),
    ROW(exp2, 10, 1024),
    EVEN(exp10, 0.0, 1),
    ROW(exp10, INF, INF),
    ROW(exp10, -INF, 0),
    ROW(exp10, NONE, NONE),
    ROW(exp10, 309, INF),
    ROW(exp10, -325, 0),
    ROW(exp10, 3, 1000),
    ODD(expm1, 0.0, 0.0),
    ROW(expm1, INF, INF),
    ROW(expm1, -INF, -1),
    ROW(expm1, NONE, NONE),
    ROW(expm1, -100, -1),
    ODD(expm1, 0x1p-140, 0x1p-140),
    EVEN(log, 0.0, -INF),
    ROW(log, 1, 0),
    ROW(log, INF, INF),
    ROW(log, -1, NONE),
    ROW(log, -INF, NONE),
    ROW(log, NONE, NONE),
    ROW(log, -0x1p-149, NONE),
    EVEN(log2, 0.0, -INF),
    ROW(log2, 1, 0),
    ROW(log2, INF, INF),
    ROW(log2, -1, NONE),
    ROW(log2, -INF, NONE),
    ROW(log2, NONE, NONE),
    ROW(log2, 0x1p-149, -149),
    EVEN(log10, 0.0, -INF),
    ROW(log10, 1, 0),
    ROW(log10, INF, INF),
    ROW(log10, -1, NONE),
    ROW(log10, -INF, NONE),
    ROW(log10, NONE, NONE),
    ROW(log10, 1e10, 10),
    ODD(log1p, 0.0, 0.0),
    ROW(log1p, -1, -INF),
    ROW(log1p, INF, INF),
    ROW(log1p, -2, NONE),
    ROW(log1p, -INF, NONE),
    ROW(log1p, NONE, NONE),
    ODD(log1p, 0x1p-140, 0x1p-140),
    ODD(sin, 0.0, 0.0),
    EVEN(sin, INF, NONE),
    ROW(sin, NONE, NONE),
    ODD(sin, 0x1p-140, 0x1p-140),
    EVEN(cos, 0.0, 1),
    EVEN(cos, INF, NONE),
    ROW(cos, NONE, NONE),
    EVEN(cos, 0x1p-140, 1),
    ODD(tan, 0.0, 0.0),
    EVEN(tan, INF, NONE),
    ROW(tan, NONE, NONE),
    ODD(tan, 0x1p-140, 0x1p-140),
    ODD(sinpi, 0.0, 0.0),
    ODD(sinpi, 1, 0.0),
    ODD(sinpi, 2, 0.0),
    ODD(sinpi, 3, 0.0),
    ODD(sinpi, 0x1p100, 0.0),
    ODD(sinpi, 0.5, 1),
    ODD(sinpi, 1.5, -1),
    ODD(sinpi, 2.5, 1),
    EVEN(sinpi, INF, NONE),
    ROW(sinpi, NONE, NONE),
    ODD(sinpi, 8388607.5, -1),
    EVEN(cospi, 0.0, 1),
    EVEN(cospi, 0.5, 0),
    EVEN(cospi, 1.5, 0),
    EVEN(cospi, 1, -1),
    EVEN(cospi, 2, 1),
    EVEN(cospi, 3, -1),
    EVEN(cospi, 0x1p100, 1),
    EVEN(cospi, INF, NONE),
    ROW(cospi, NONE, NONE),
    ODD(arcsin, 0.0, 0.0),
    ODD(arcsin, 1, HALF_PI),
    EVEN(arcsin, 1.25, NONE),
    EVEN(arcsin, INF, NONE),
    ROW(arcsin, NONE, NONE),
    ODD(arcsin, 0x1p-140, 0x1p-140),
    EVEN(arccos, 0.0, HALF_PI),
    ROW(arccos, 1, 0),
    ROW(arccos, -1, PI),
    EVEN(arccos, 1.25, NONE),
    EVEN(arccos, INF, NONE),
    ROW(arccos, NONE, NONE),
    ODD(arctan, 0.0, 0.0),
    ODD(arctan, 1, QUARTER_PI),
    ODD(arctan, INF, HALF_PI),
    ODD(arctan, 1e30, HALF_PI),
    ROW(arctan, NONE, NONE),
    ODD(arctan, 0x1p-140, 0x1p-140),
    ODD(sinh, 0.0, 0.0),
    ODD(sinh, INF, INF),
    ROW(sinh, NONE, NONE),
    ODD(sinh, 711, INF),
    ODD(sinh, 0x1p-140, 0x1p-140),
    EVEN(cosh, 0.0, 1),
    EVEN(cosh, INF, INF),
    ROW(cosh, NONE, NONE),
    EVEN(cosh, 711, INF),
    ODD(tanh, 0.0, 0.0),
    ODD(tanh, INF, 1),
    ODD(tanh, 30, 1),
    ROW(tanh, NONE, NONE),
    ODD(tanh, 0x1p-140, 0x1p-140),
    ODD(arcsinh, 0.0, 0.0),
    ODD(arcsinh, INF, INF),
    ROW(arcsinh, NONE, NONE),
    ODD(arcsinh, 0x1p-140, 0x1p-140),
    ROW(arccosh, 1, 0),
    ROW(arccosh, INF, INF),
    ROW(arccosh, 0.75, NONE),
    ROW(arccosh, -2, NONE),
    ROW(arccosh, -INF, NONE),
    ROW(arccosh, NONE, NONE),
    EVEN(arccosh, 0.0, NONE),
    ODD(arctanh, 0.0, 0.0),
    ODD(arctanh, 1, INF),
    EVEN(arctanh, 1.25, NONE),
    EVEN(arctanh, INF, NONE),
    ROW(arctanh, NONE, NONE),
    ODD(arctanh, 0x1p-140, 0x1p-140),
    ODD(cbrt, 0.0, 0.0),
    ODD(cbrt, INF, INF),
    ROW(cbrt, NONE, NONE),
    ODD(cbrt, 27, 3),
    ODD(cbrt, 0x1p-147, 0x1p-49),
    ODD(erf, 0.0, 0.0),
    ODD(erf, INF, 1),
    ODD(erf, 7, 1),
    ROW(erf, NONE, NONE),
    EVEN(erfc, 0.0, 1),
    ROW(erfc, INF, 0),
    ROW(erfc, -INF, 2),
    ROW(erfc, 28, 0),
    ROW(erfc, -7, 2),
    ROW(erfc, NONE, NONE),
    ODD(gamma, 0.0, INF),
    ROW(gamma, INF, INF),
    ROW(gamma, -INF, NONE),
    ROW(gamma, NONE, NONE),
    ROW(gamma, -1, NONE),
    ROW(gamma, -0x1p100, NONE),
    ROW(gamma, 172, INF),
    ROW(gamma, 1, 1),
    ROW(gamma, 5, 24),
    ROW(gamma, -190.5, -0.0),
    ROW(gamma, -191.5, 0.0),
    EVEN(lgamma, 0.0, INF),
    EVEN(lgamma, INF, INF),
    ROW(lgamma, NONE, NONE),
    ROW(lgamma, -1, INF),
    ROW(lgamma, -0x1p100, INF),
    ROW(lgamma, 1, 0),
    ROW(lgamma, 2, 0),
};

START_TEST(unary_special_values) {
    for (size_t i = 0; i < sizeof unary_cases / sizeof *unary_cases; i++) {
        const unary_case *c = &unary_cases[i];
        double wide = c->f64(c->x), narrow = (double)c->f32((float)c->x);
        ck_assert_msg(same(wide, c->expected), "%s_f64(%a) = %a, not %a", c->name, c->x, wide,
                      c->expected);
        ck_assert_msg(same(narrow, (double)(float)c->expected), "%s_f32(%a) = %a, not %a", c->name,
                      c->x, narrow, (double)(float)c->expected);
    }
}
END_TEST

typedef struct {
    const char *name;
    double (*f64)(double, double);
    float (*f32)(float, float);
    double x, y, expected;
} binary_case;

#define ROW2(name, x, y, expected)                                                                 \
    { #name, evex_##name##_f64, evex_##name##_f32, x, y, expected }

static const binary_case binary_cases[] = {
    ROW2(pow, 0.0, -3, INF),
    ROW2(pow, -0.0, -3, -INF),
    ROW2(pow, 0.0, -2, INF),
    ROW2(pow, -0.0, -2, INF),
    ROW2(pow, -0.0, -0.5, INF),
    ROW2(pow, 0.0, -INF, INF),
    ROW2(pow, -0.0, -INF, INF),
    ROW2(pow, 0.0, 3, 0.0),
    ROW2(pow, -0.0, 3, -0.0),
    ROW2(pow, -0.0, 2, 0.0),
    ROW2(pow, -0.0, 0.5, 0.0),
    ROW2(pow, -0.0, INF, 0.0),
    ROW2(pow, -1, INF, 1),
    ROW2(pow, -1, -INF, 1),
    ROW2(pow, 1, INF, 1),
    ROW2(pow, 1, NONE, 1),
    ROW2(pow, 1, 7.5, 1),
    ROW2(pow, NONE, 0.0, 1),
    ROW2(pow, NONE, -0.0, 1),
    ROW2(pow, INF, 0.0, 1),
    ROW2(pow, 0.0, 0.0, 1),
    ROW2(pow, -0.0, -0.0, 1),
    ROW2(pow, -2, 0.5, NONE),
    ROW2(pow, -0x1p-149, 0.5, NONE),
    ROW2(pow, 0.5, -INF, INF),
    ROW2(pow, -0.5, -INF, INF),
    ROW2(pow, 2, -INF, 0),
    ROW2(pow, -2, -INF, 0),
    ROW2(pow, 0.5, INF, 0),
    ROW2(pow, -0.5, INF, 0),
    ROW2(pow, 2, INF, INF),
    ROW2(pow, -2, INF, INF),
    ROW2(pow, -INF, -3, -0.0),
    ROW2(pow, -INF, -2, 0),
    ROW2(pow, -INF, -0.5, 0),
    ROW2(pow, -INF, 3, -INF),
    ROW2(pow, -INF, 2, INF),
    ROW2(pow, -INF, 0.5, INF),
    ROW2(pow, -INF, INF, INF),
    ROW2(pow, -INF, -INF, 0),
    ROW2(pow, INF, -0.5, 0),
    ROW2(pow, INF, 0.5, INF),
    ROW2(pow, INF, INF, INF),
    ROW2(pow, NONE, 1, NONE),
    ROW2(pow, 2, NONE, NONE),
    ROW2(pow, NONE, NONE, NONE),
    ROW2(pow, -2, 3, -8),
    ROW2(pow, -2, 2, 4),
    ROW2(pow, -2, -1, -0.5),
    ROW2(pow, -1, 0x1p60, 1),
    ROW2(pow, 2, 1e30, INF),
    ROW2(pow, -2, 1e30, INF),
    ROW2(pow, 2, -1e30, 0),
    ROW2(pow, 0x1p-148, 0.5, 0x1p-74),
    ROW2(pow, -0x1p-147, 1, -0x1p-147),
    ROW2(pow, 1.5, 2, 2.25),
    ROW2(arctan2, 0.0, 0.0, 0.0),
    ROW2(arctan2, -0.0, 0.0, -0.0),
    ROW2(arctan2, 0.0, -0.0, PI),
    ROW2(arctan2, -0.0, -0.0, -PI),
    ROW2(arctan2, 0.0, 1, 0.0),
    ROW2(arctan2, -0.0, 1, -0.0),
    ROW2(arctan2, 0.0, -1, PI),
    ROW2(arctan2, -0.0, -1, -PI),
    ROW2(arctan2, 1, 0.0, HALF_PI),
    ROW2(arctan2, 1, -0.0, HALF_PI),
    ROW2(arctan2, -1, 0.0, -HALF_PI),
    ROW2(arctan2, 1, 1, QUARTER_PI),
    ROW2(arctan2, 1, -1, THREE_QUARTERS_PI),
    ROW2(arctan2, 0x1p-149, 0x1p-149, QUARTER_PI),
    ROW2(arctan2, INF, INF, QUARTER_PI),
    ROW2(arctan2, -INF, INF, -QUARTER_PI),
    ROW2(arctan2, INF, -INF, THREE_QUARTERS_PI),
    ROW2(arctan2, 1, INF, 0.0),
    ROW2(arctan2, -1, INF, -0.0),
    ROW2(arctan2, 1, -INF, PI),
    ROW2(arctan2, -1, -INF, -PI),
    ROW2(arctan2, INF, 1, HALF_PI),
    ROW2(arctan2, -INF, -1, -HALF_PI),
    ROW2(arctan2, NONE, 1, NONE),
    ROW2(arctan2, 1, NONE, NONE),
    ROW2(arctan2, NONE, INF, NONE),
    ROW2(arctan2, 0.0, INF, 0.0),
    ROW2(arctan2, -0.0, -INF, -PI),
    ROW2(hypot, 3, 4, 5),
    ROW2(hypot, -3, -4, 5),
    ROW2(hypot, 0.0, -0.0, 0.0),
    ROW2(hypot, -0.0, -2, 2),
    ROW2(hypot, INF, NONE, INF),
    ROW2(hypot, NONE, -INF, INF),
    ROW2(hypot, -INF, 1, INF),
    ROW2(hypot, NONE, 1, NONE),
    ROW2(hypot, 1, NONE, NONE),
    ROW2(hypot, 0x3p-149, 0x4p-149, 0x5p-149),
    ROW2(hypot, 0x3p120, 0x4p120, 0x5p120),
    ROW2(logaddexp, INF, INF, INF),
    ROW2(logaddexp, -INF, -INF, -INF),
    ROW2(logaddexp, INF, -INF, INF),
    ROW2(logaddexp, -INF, INF, INF),
    ROW2(logaddexp, -INF, 3, 3),
    ROW2(logaddexp, 3, -INF, 3),
    ROW2(logaddexp, INF, 3, INF),
    ROW2(logaddexp, NONE, INF, NONE),
    ROW2(logaddexp, 1, NONE, NONE),
    ROW2(logaddexp, -2000, 3, 3),
    ROW2(logaddexp, 0.0, 0.0, 0x1.62e42fefa39efp-1),
    ROW2(logaddexp, 0.0, -0x1p14, 0.0),
    ROW2(fmod, 0.0, 3, 0.0),
    ROW2(fmod, -0.0, 3, -0.0),
    ROW2(fmod, 5, 3, 2),
    ROW2(fmod, -5, 3, -2),
    ROW2(fmod, 5, -3, 2),
    ROW2(fmod, 5, INF, 5),
    ROW2(fmod, -5, INF, -5),
    ROW2(fmod, INF, 3, NONE),
    ROW2(fmod, 3, 0.0, NONE),
    ROW2(fmod, NONE, 3, NONE),
    ROW2(fmod, 3, NONE, NONE),
    ROW2(fmod, 6, 3, 0.0),
    ROW2(fmod, -6, 3, -0.0),
    ROW2(fmod, 0x1.fffffep127, 0x3p-149, 0.0),
    ROW2(fmod, 0x1p127, 0x3p-149, 0x1p-149),
    ROW2(floordiv, 7, 2, 3),
    ROW2(floordiv, -7, 2, -4),
    ROW2(floordiv, 7, -2, -4),
    ROW2(floordiv, -7, -2, 3),
    ROW2(floordiv, 1, INF, 0.0),
    ROW2(floordiv, -5, INF, -1),
    ROW2(floordiv, INF, 2, NONE),
    ROW2(floordiv, 1, 0.0, INF),
    ROW2(floordiv, -1, 0.0, -INF),
    ROW2(floordiv, 1, -0.0, -INF),
    ROW2(floordiv, 0.0, 0.0, NONE),
    ROW2(floordiv, 0.0, 3, 0.0),
    ROW2(floordiv, -0.0, 3, -0.0),
    ROW2(floordiv, 0.0, -3, -0.0),
    ROW2(floordiv, NONE, 1, NONE),
    ROW2(floordiv, 1, NONE, NONE),
    ROW2(floordiv, 0.5, 1, 0.0),
    ROW2(floordiv, 6, 3, 2),
    ROW2(mod, 7, 2, 1),
    ROW2(mod, -7, 2, 1),
    ROW2(mod, 7, -2, -1),
    ROW2(mod, -7, -2, -1),
    ROW2(mod, -5, INF, INF),
    ROW2(mod, 5, -INF, -INF),
    ROW2(mod, 5, INF, 5),
    ROW2(mod, 0.0, -3, -0.0),
    ROW2(mod, -0.0, 3, 0.0),
    ROW2(mod, 6, -3, -0.0),
    ROW2(mod, INF, 2, NONE),
    ROW2(mod, 1, 0.0, NONE),
    ROW2(mod, NONE, 1, NONE),
    ROW2(mod, 1, NONE, NONE),
};

START_TEST(binary_special_values) {
    for (size_t i = 0; i < sizeof binary_cases / sizeof *binary_cases; i++) {
        const binary_case *c = &binary_cases[i];
        double wide = c->f64(c->x, c->y), narrow = (double)c->f32((float)c->x, (float)c->y);
        ck_assert_msg(same(wide, c->expected), "%s_f64(%a, %a) = %a, not %a", c->name, c->x, c->y,
                      wide, c->expected);
        ck_assert_msg(same(narrow, (double)(float)c->expected), "%s_f32(%a, %a) = %a, not %a",
                      c->name, c->x, c->y, narrow, (double)(float)c->expected);
    }
}
END_TEST

/* NumPy's answer to 1. // 0.1, where the quotient itself rounds to 10. */
START_TEST(floordiv_of_a_tenth) {
    ck_assert(evex_floordiv_f64(1.0, 0.1) == 9.0);
    ck_assert(evex_floordiv_f32(1.0f, 0.1f) == 9.0f);
}
END_TEST

/* ---- Overflow and underflow begin where they must ------------------------------------------- */

typedef struct {
    const char *name;
    double (*f)(double);
    double last_finite, first_infinite;
} threshold;

static const threshold thresholds[] = {
    {"exp", evex_exp_f64, 0x1.62e42fefa39efp+9, 0x1.62e42fefa39f0p+9},
    {"expm1", evex_expm1_f64, 0x1.62e42fefa39efp+9, 0x1.62e42fefa39f0p+9},
    {"exp2", evex_exp2_f64, 0x1.fffffffffffffp+9, 0x1p+10},
    {"exp10", evex_exp10_f64, 0x1.34413509f79fep+8, 0x1.34413509f79ffp+8},
    {"sinh", evex_sinh_f64, 0x1.633ce8fb9f87dp+9, 0x1.633ce8fb9f87ep+9},
    {"cosh", evex_cosh_f64, 0x1.633ce8fb9f87dp+9, 0x1.633ce8fb9f87ep+9},
    {"gamma", evex_gamma_f64, 0x1.573fae561f647p+7, 0x1.573fae561f648p+7},
    {"lgamma", evex_lgamma_f64, 0x1.754d9278b51a7p+1014, 0x1.754d9278b51a8p+1014},
};

START_TEST(overflow_thresholds) {
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
        const threshold *t = &thresholds[i];
        ck_assert_msg(isfinite(t->f(t->last_finite)), "%s(%a) overflows", t->name, t->last_finite);
        ck_assert_msg(t->f(t->first_infinite) == INF, "%s(%a) does not overflow", t->name,
                      t->first_infinite);
    }
}
END_TEST

START_TEST(least_subnormal_results) {
    ck_assert(evex_exp_f64(-0x1.74910d52d3051p+9) == 0x1p-1074);
    ck_assert(evex_exp_f64(-0x1.74910d52d3052p+9) == 0.0);
    ck_assert(evex_exp2_f64(-1074.0) == 0x1p-1074);
    ck_assert(evex_exp2_f64(-0x1.0cbffffffffffp+10) == 0x1p-1074);
    ck_assert(evex_pow_f64(2.0, -1074.0) == 0x1p-1074);
    ck_assert(evex_arctan2_f64(0x1p-1074, 1.0) == 0x1p-1074);
    ck_assert(evex_hypot_f64(0x1p-1074, 0.0) == 0x1p-1074);
}
END_TEST

/* ---- Results that are numbers come out as those numbers ------------------------------------- */

START_TEST(exact_powers_of_two) {
    for (int n = -1074; n <= 1023; n++) {
        double power = ldexp(1.0, n);
        ck_assert_msg(evex_exp2_f64(n) == power, "exp2(%d)", n);
        ck_assert_msg(evex_log2_f64(power) == n, "log2(2^%d)", n);
        ck_assert_msg(evex_pow_f64(2.0, n) == power, "2^%d", n);
        ck_assert_msg(evex_pow_f64(-0.5, n) == (n % 2 ? -1.0 : 1.0) * ldexp(1.0, -n) || n == -1074,
                      "(-1/2)^%d", n);
        if (n % 3 == 0)
            ck_assert_msg(evex_cbrt_f64(power) == ldexp(1.0, n / 3), "cbrt(2^%d)", n);
    }
}
END_TEST

START_TEST(exact_powers_of_ten_and_factorials) {
    double power = 1.0, factorial = 1.0;
    for (int n = 0; n <= 22; n++, power *= 10.0) {
        ck_assert_msg(evex_exp10_f64(n) == power, "exp10(%d)", n);
        ck_assert_msg(evex_log10_f64(power) == n, "log10(1e%d)", n);
        ck_assert_msg(evex_pow_f64(10.0, n) == power, "10^%d", n);
        ck_assert_msg(evex_gamma_f64(n + 1) == factorial, "gamma(%d)", n + 1);
        factorial *= n + 1;
    }
}
END_TEST

START_TEST(exact_cubes_and_squares) {
    for (double n = 1; n < 3000; n++) {
        ck_assert(evex_cbrt_f64(n * n * n) == n);
        ck_assert(evex_pow_f64(n, 2.0) == n * n);
        ck_assert(evex_pow_f64(-n, 3.0) == -n * n * n);
        ck_assert(evex_hypot_f64(3.0 * n, 4.0 * n) == 5.0 * n);
        ck_assert(evex_pow_f64(n * n, 0.5) == n);
    }
}
END_TEST

/* Arguments on which reductions of too few bits of pi fail; correctly rounded values by MPFR. */
START_TEST(hard_arguments) {
    ck_assert(evex_sin_f64(1e22) == -0x1.b453ab76bf397p-1);
    ck_assert(evex_cos_f64(0x1.6ac5b262ca1ffp+849) == -0x1.14ae72e6ba22fp-61);
    ck_assert(evex_sin_f64(0x1.fffffffffffffp+1023) == 0x1.452fc98b34e97p-8);
    ck_assert(evex_cos_f64(0x1.fffffffffffffp+1023) == -0x1.fffe62ecfab75p-1);
}
END_TEST

/* ---- Float remainders ----------------------------------------------------------------------- */

/* NumPy's divmod of floats, in each type, as the definition to compare with. */
#define DEFINE_DIVMOD(name, type, suffix)                                                          \
    static type name(type a, type b, type *mod) {                                                  \
        type m = fmod##suffix(a, b), d = (a - m) / b, q;                                           \
        *mod = m;                                                                                  \
        if (b == 0)                                                                                \
            return a / b;                                                                          \
        if (m != 0) {                                                                              \
            if ((b < 0) != (m < 0)) {                                                              \
                *mod = m + b;                                                                      \
                d -= 1;                                                                            \
            }                                                                                      \
        } else {                                                                                   \
            *mod = copysign##suffix(0, b);                                                         \
        }                                                                                          \
        if (d == 0)                                                                                \
            return copysign##suffix(0, a / b);                                                     \
        q = floor##suffix(d);                                                                      \
        return d - q > (type)0.5 ? q + 1 : q;                                                      \
    }

DEFINE_DIVMOD(divmod_f64, double, )
DEFINE_DIVMOD(divmod_f32, float, f)

static uint64_t random_bits(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 32) | (*state << 32);
}

/* Any bit pattern, or a small number of halves, so that quotients of every size and exact ones
 * occur. */
static double draw(uint64_t *state, bool single) {
    uint64_t bits = random_bits(state);
    uint32_t low = (uint32_t)(bits >> 8);
    double x;
    float f;
    memcpy(&x, &bits, sizeof x);
    memcpy(&f, &low, sizeof f);
    if (bits & 64)
        return (double)((int)(bits >> 50) - 8192) * 0.5;
    return single ? (double)f : x;
}

START_TEST(remainders_are_numpys) {
    uint64_t state = 7;
    for (int i = 0; i < 300000; i++) {
        double a = draw(&state, false), b = draw(&state, false), m, q = divmod_f64(a, b, &m);
        ck_assert_msg(same(evex_fmod_f64(a, b), fmod(a, b)), "fmod(%a, %a)", a, b);
        ck_assert_msg(same(evex_mod_f64(a, b), m), "%a %% %a = %a, not %a", a, b,
                      evex_mod_f64(a, b), m);
        ck_assert_msg(same(evex_floordiv_f64(a, b), q), "%a // %a = %a, not %a", a, b,
                      evex_floordiv_f64(a, b), q);
    }
}
END_TEST

START_TEST(sincos_is_sin_and_cos) {
    uint64_t state = 9;
    for (int i = 0; i < 300000; i++) {
        double x = draw(&state, false), cosine, sine = evex_sincos_f64(x, &cosine);
        float y = (float)draw(&state, true), cosine_f32, sine_f32 = evex_sincos_f32(y, &cosine_f32);
        ck_assert_msg(same(sine, evex_sin_f64(x)) && same(cosine, evex_cos_f64(x)), "%a", x);
        ck_assert_msg(same((double)sine_f32, (double)evex_sin_f32(y)) &&
                          same((double)cosine_f32, (double)evex_cos_f32(y)),
                      "float %a", (double)y);
    }
}
END_TEST

START_TEST(single_remainders_are_numpys) {
    uint64_t state = 8;
    for (int i = 0; i < 300000; i++) {
        float a = (float)draw(&state, true), b = (float)draw(&state, true), m,
              q = divmod_f32(a, b, &m);
        double x = (double)a, y = (double)b;
        ck_assert_msg(same((double)evex_fmod_f32(a, b), (double)fmodf(a, b)), "fmod(%a, %a)", x, y);
        ck_assert_msg(same((double)evex_mod_f32(a, b), (double)m), "%a %% %a", x, y);
        ck_assert_msg(same((double)evex_floordiv_f32(a, b), (double)q), "%a // %a", x, y);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, unary_special_values);
    tcase_add_test(tests, binary_special_values);
    tcase_add_test(tests, overflow_thresholds);
    tcase_add_test(tests, least_subnormal_results);
    tcase_add_test(tests, hard_arguments);
    tcase_add_test(tests, exact_powers_of_two);
    tcase_add_test(tests, exact_powers_of_ten_and_factorials);
    tcase_add_test(tests, exact_cubes_and_squares);
    tcase_add_test(tests, floordiv_of_a_tenth);
    tcase_add_test(tests, remainders_are_numpys);
    tcase_add_test(tests, single_remainders_are_numpys);
    tcase_add_test(tests, sincos_is_sin_and_cos);
}

int main(void) {
    return run_suite("vecmath", add_tests);
}
