/* SPDX-License-Identifier: MIT */
/*
 * sinh, cosh, tanh and their inverses in the vector vocabulary (width1.h): formulas in e^x - 1 and
 * log(1 + w), in double-word so that what they cancel or add up is still exact.
 */
#ifndef EVEX_VECMATH_HYPERBOLIC_H
#define EVEX_VECMATH_HYPERBOLIC_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"

/* Above it e^-x is beyond half an ULP of e^x. */
#define HYPERBOLIC_LARGE 40.0
/* Above it sqrt(x^2 +- 1) is x to beyond half an ULP. */
#define INVERSE_HYPERBOLIC_LARGE 0x1p28
/* Below it odd functions with f'(0) = 1 return their argument. */
#define HYPERBOLIC_SMALL 0x1p-28

/* e^x / 2 for x >= 0, which overflows a little later than e^x; r.lo as in math_exp. */
static inline v_f64 half_exp(v_f64 x) {
    exp_parts e = exp_reduce(dw(v_clamp(x, 0.0, 712.0), v_set(0.0)));
    v_f64 r = e.r.hi;
    return v_scale(exp_finish(e.power, v_add(r, exp_tail_short(r))), v_sub(e.n, v_set(1.0)));
}

/* (E + E / (E + 1)) / 2 with E = e^x - 1. */
static inline v_f64 math_sinh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_dw e = expm1_dw(v_min(v_set(HYPERBOLIC_LARGE), size));
    v_dw twice = dw_add(e, dw_div(e, dw_add_f64(e, v_set(1.0))));
    v_f64 y = v_mul(dw_round(twice), v_set(0.5));
    y = v_select(v_lt(v_set(HYPERBOLIC_LARGE), size), half_exp(size), y);
    return v_copysign(v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y), x);
}

static inline v_f64 math_cosh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_dw e = dw_add_f64(expm1_dw(v_min(v_set(HYPERBOLIC_LARGE), size)), v_set(1.0));
    v_dw twice = dw_add(e, dw_div(dw_set(1.0, 0.0), e));
    v_f64 y = v_mul(dw_round(twice), v_set(0.5));
    return v_select(v_lt(v_set(HYPERBOLIC_LARGE), size), half_exp(size), y);
}

/* E / (E + 2) with E = e^(2x) - 1; from 22 on it is 1. */
static inline v_f64 math_tanh(v_f64 x) {
    v_f64 size = v_min(v_set(22.0), v_abs(x));
    v_dw e = expm1_dw(v_add(size, size));
    v_f64 y = dw_round(dw_div(e, dw_add_f64(e, v_set(2.0))));
    return v_copysign(v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y), x);
}

/* log(1 + w), or log(2 x) where large. */
static inline v_f64 log_of_sum_or_double(v_dw w, v_f64 x, v_mask large) {
    v_f64 y = log_of(log_reduce_dw(dw_select(large, dw(x, v_set(0.0)), one_plus(w)),
                                   v_select(large, v_set(1.0), v_set(0.0))));
    return v_select(v_lt(x, v_set(V_INFINITY)), y, x);
}

/* log(1 + w), w = x + x^2 / (1 + sqrt(1 + x^2)). */
static inline v_f64 math_arcsinh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask large = v_lt(v_set(INVERSE_HYPERBOLIC_LARGE), size);
    v_dw square = two_product(size, size);
    v_dw root = dw_sqrt(dw_add_f64(square, v_set(1.0)));
    v_dw w = dw_add_f64(dw_div(square, dw_add_f64(root, v_set(1.0))), size);
    v_f64 y = log_of_sum_or_double(w, size, large);
    return v_copysign(v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y), x);
}

/* log(1 + w), w = t + sqrt(2 t + t^2), t = x - 1. */
static inline v_f64 math_arccosh(v_f64 x) {
    v_mask large = v_lt(v_set(INVERSE_HYPERBOLIC_LARGE), x);
    v_f64 t = v_sub(x, v_set(1.0));
    v_dw root = dw_sqrt(dw_add_f64(two_product(t, t), v_add(t, t)));
    v_f64 y = log_of_sum_or_double(dw_add_f64(root, t), x, large);
    return v_select(v_lt(x, v_set(1.0)), v_set(V_NAN), y);
}

/* log(1 + w) / 2, w = 2 x / (1 - x). */
static inline v_f64 math_arctanh(v_f64 x) {
    v_f64 size = v_abs(x);
    v_dw w = dw_div(dw(v_add(size, size), v_set(0.0)), two_sum(v_set(1.0), v_neg(size)));
    v_f64 y = v_mul(log_of(log_reduce_dw(one_plus(w), v_set(0.0))), v_set(0.5));
    y = v_select(v_lt(size, v_set(HYPERBOLIC_SMALL)), size, y);
    y = v_select(v_eq(size, v_set(1.0)), v_set(V_INFINITY), y);
    y = v_select(v_lt(v_set(1.0), size), v_set(V_NAN), y);
    return v_copysign(v_select(v_ne(x, x), x, y), x);
}

#endif
