/* SPDX-License-Identifier: MIT */
/*
 * gamma and lgamma in the vector vocabulary (width1.h).
 *
 * Stirling's series from 8 on; below, gamma(z) = gamma(z + k) / (z (z + 1) ... (z + k - 1)); for
 * negative x the reflection gamma(x) gamma(1 - x) = pi / sin(pi x). All in double-word, since the
 * exponential magnifies the error of a logarithm of 700. lgamma has zeros at 1 and 2: between 3/4
 * and 5/2 it is (z - 1)(z - 2) times a polynomial from a table for each eighth (tables.py).
 */
#ifndef EVEX_VECMATH_GAMMA_H
#define EVEX_VECMATH_GAMMA_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"
#include "core/vecmath/trig.h"

/* Stirling's series is taken from here on. */
#define STIRLING_LEAST 8.0
/* log(2 pi)/2 - 1/2 in two doubles. */
#define STIRLING_CONSTANT_HI 0x1.acfe390c97d69p-2
#define STIRLING_CONSTANT_LO 0x1.3494bc9001442p-56
/* Below it, gamma(x) is 1 / x and log gamma(x) is -log |x|. */
#define GAMMA_TINY 0x1p-60
/* Arguments whose gamma is beyond float64 either way; exp_dw takes its logarithm still. */
#define GAMMA_MOST 172.0
#define GAMMA_REFLECTED_MOST 186.0
/* The greatest x whose log gamma is finite. */
#define LGAMMA_MOST 0x1.754d9278b51a7p+1014
/* Where the table of the quotient begins, and its range ends. */
#define LGAMMA_TABLE_FIRST 0.75
#define LGAMMA_TABLE_END 2.5

/* gamma(z) = gamma(shifted) / product, shifted >= STIRLING_LEAST. */
typedef struct {
    v_dw shifted, product;
} gamma_parts;

static inline gamma_parts gamma_step(gamma_parts g) {
    v_mask below = v_lt(g.shifted.hi, v_set(STIRLING_LEAST));
    g.product = dw_select(below, dw_mul(g.product, g.shifted), g.product);
    g.shifted = dw_select(below, dw_add_f64(g.shifted, v_set(1.0)), g.shifted);
    return g;
}

static inline gamma_parts gamma_shift(v_dw z) {
    gamma_parts g = {.shifted = z, .product = dw_set(1.0, 0.0)};
    g = gamma_step(gamma_step(gamma_step(gamma_step(g))));
    return gamma_step(gamma_step(gamma_step(gamma_step(g))));
}

/* (z - 1/2) (log z - 1) + log(2 pi)/2 - 1/2 + w p(w^2), w = 1 / z; "stirling" of
 * scripts/minimax.py, absolute error 2^-64.5. Taking the 1 from log z keeps the product finite as
 * long as the sum is. */
static inline v_dw stirling(v_dw z) {
    v_f64 w = v_div(v_set(1.0), z.hi), w2 = v_mul(w, w), w4 = v_mul(w2, w2);
    v_f64 low = poly3(w2, w4, 0x1.5555555555555p-4, -0x1.6c16c16c10779p-9, 0x1.a01a015b60a61p-11,
                      -0x1.38132e314a696p-11);
    v_f64 high = poly3(w2, w4, 0x1.b91e18a0c3d1ap-11, -0x1.ede9269595a48p-10, 0x1.407b2a292ccffp-8,
                       0x1.b493ed230fa5fp-10);
    v_f64 series = v_mul(w, v_fma(high, v_mul(w4, w4), low));
    v_dw log_less_one = dw_add_f64(log_dw(log_reduce_dw(z, v_set(0.0))), v_set(-1.0));
    v_dw main_part = dw_mul(dw_add_f64(z, v_set(-0.5)), log_less_one);
    v_dw constant = dw_set(STIRLING_CONSTANT_HI, STIRLING_CONSTANT_LO);
    return dw_add(main_part, dw_add_f64(constant, series));
}

/* sin(pi x) with its sign. */
static inline v_dw sine_of_pi_times(v_f64 x) {
    trig_argument t = trig_reduce_pi(x);
    v_dw sine, cosine;
    trig_sin_and_cos(t.r, &sine, &cosine);
    v_dw s = dw_select(trig_is_odd(t.quadrant), cosine, sine);
    v_i64 signs = trig_half_turn(t.quadrant);
    return dw(trig_sign(s.hi, signs), trig_sign(s.lo, signs));
}

static inline v_mask is_negative_integer(v_f64 x) {
    return v_and(v_lt(x, v_set(0.0)), v_eq(v_rint(x), x));
}

/* x, or 1 - x where it is negative; at most `most`, or `reflected_most`. */
static inline v_dw gamma_argument(v_f64 x, v_mask negative, double most, double reflected_most) {
    v_f64 limited = v_min(v_set(most), v_max(v_set(1.0 - reflected_most), x));
    return dw_select(negative, two_sum(v_set(1.0), v_neg(limited)), dw(limited, v_set(0.0)));
}

static inline v_f64 math_gamma(v_f64 x) {
    v_mask negative = v_lt(x, v_set(0.0)), tiny = v_lt(v_abs(x), v_set(GAMMA_TINY));
    gamma_parts g = gamma_shift(
        gamma_argument(v_select(tiny, v_set(1.0), x), negative, GAMMA_MOST, GAMMA_REFLECTED_MOST));
    v_dw log_shifted = stirling(g.shifted);
    v_f64 n;
    v_dw power = exp_dw(dw_select(negative, dw_neg(log_shifted), log_shifted), &n);
    v_dw pi_product = dw_mul(g.product, dw_set(2.0 * TRIG_HALF_PI_1, 2.0 * TRIG_HALF_PI_2));
    v_dw over = dw_select(negative, dw_mul(power, pi_product), power);
    v_dw under = dw_select(negative, sine_of_pi_times(x), g.product);
    v_f64 y = v_scale(dw_round(dw_div(over, under)), n);
    y = v_select(tiny, v_div(v_set(1.0), x), y);
    y = v_select(is_negative_integer(x), v_set(V_NAN), y);
    return v_select(v_ne(x, x), x, y);
}

/* log gamma(z) for 3/4 <= z < 5/2, or for z + 1 if z is below: from the table. */
static inline v_dw lgamma_small(v_dw z) {
    v_mask low = v_lt(z.hi, v_set(LGAMMA_TABLE_FIRST));
    z = dw_select(low, dw_add_f64(z, v_set(1.0)), z);
    z = dw_select(v_lt(z.hi, v_set(LGAMMA_TABLE_END)), z, dw_set(LGAMMA_TABLE_END, 0.0));
    v_f64 from_centre = v_sub(z.hi, v_set(LGAMMA_TABLE_FIRST + 0.0625));
    v_f64 rounded = v_add(from_centre, v_set(0x1.8p49)), centre = v_sub(rounded, v_set(0x1.8p49));
    v_f64 h = v_add(v_sub(from_centre, centre), z.lo), h2 = v_mul(h, h), h4 = v_mul(h2, h2);
    v_i64 i = v_bits(rounded);
#define C(k) v_lookup16(lgamma_table_##k, i)
    v_f64 bottom = v_fma(h2, v_fma(h, C(4), C(3)), v_fma(h, C(2), C(1)));
    v_f64 middle = v_fma(h2, v_fma(h, C(8), C(7)), v_fma(h, C(6), C(5)));
    v_f64 top = v_fma(h2, C(11), v_fma(h, C(10), C(9)));
    v_dw quotient = fast_two_sum(C(hi), v_fma(h, v_fma(v_fma(top, h4, middle), h4, bottom), C(lo)));
#undef C
    v_dw zeros = dw_mul(dw_add_f64(z, v_set(-1.0)), dw_add_f64(z, v_set(-2.0)));
    return dw_mul(zeros, quotient);
}

/*
 * log |gamma(x)| = main - log(factor), where main is the table's or Stirling's value at x or, for
 * negative x, log pi less the value at 1 - x, and factor gathers what the recurrence divided by and
 * |sin(pi x)|.
 */
static inline v_f64 math_lgamma(v_f64 x) {
    v_f64 size = v_abs(x), e_shift = v_set(0.0);
    v_mask tiny = v_lt(size, v_set(GAMMA_TINY)), negative = v_and(v_lt(x, v_set(0.0)), v_not(tiny));
    v_dw z = gamma_argument(v_select(tiny, v_set(1.0), x), negative, LGAMMA_MOST, 0x1p53);
    v_mask small = v_lt(z.hi, v_set(LGAMMA_TABLE_END)), low = v_lt(z.hi, v_set(LGAMMA_TABLE_FIRST));
    gamma_parts g = gamma_shift(z);
    v_dw main_part = dw_select(small, lgamma_small(z), stirling(g.shifted));
    v_dw factor = dw_select(small, dw_select(low, z, dw_set(1.0, 0.0)), g.product);
    v_dw sine = sine_of_pi_times(v_select(negative, size, v_set(0.5)));
    sine = dw_select(v_lt(sine.hi, v_set(0.0)), dw_neg(sine), sine);
    factor = dw_select(negative, dw_div(sine, factor), factor);
    v_dw log_pi = dw_set(0x1.250d048e7a1bdp+0, 0x1.7abf2ad8d5088p-57);
    main_part = dw_select(negative, dw_add(log_pi, dw_neg(main_part)), main_part);
    if (v_unlikely(v_any(tiny))) {
        factor = dw_select(tiny, dw(log_prepare(size, &e_shift), v_set(0.0)), factor);
        main_part = dw_select(tiny, dw_set(0.0, 0.0), main_part);
        e_shift = v_select(tiny, e_shift, v_set(0.0));
    }
    v_f64 y = dw_round(dw_add(main_part, dw_neg(log_dw(log_reduce_dw(factor, e_shift)))));
    v_mask pole = v_or(is_negative_integer(x), v_eq(x, v_set(0.0)));
    y = v_select(v_or(pole, v_lt(v_set(LGAMMA_MOST), size)), v_set(V_INFINITY), y);
    return v_select(v_ne(x, x), x, y);
}

#endif
