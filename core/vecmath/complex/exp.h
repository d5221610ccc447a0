/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, expm1, sinh, cosh, sin, cos of complex numbers in the vector vocabulary
 * (core/vecmath/width1.h): products of the real functions. Where e^x overflows or underflows and
 * the product need not, e^(x - k log 2) 2^k stands in for it. Special values: C99 G.6.
 */
#ifndef EVEX_VECMATH_COMPLEX_EXP_H
#define EVEX_VECMATH_COMPLEX_EXP_H

#include "core/vecmath/complex/parts.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/trig.h"

/* log(2^1021). */
#define COMPLEX_LOG_POWER_HI 0x1.61da04cbafe44p+9
#define COMPLEX_LOG_POWER_LO -0x1.ef76f3b72eae1p-46

/* e^x = first last for an |x| of 707 and more: the power of two, which is exact, and what is left,
 * in the order in which a product with both rounds but once. They are infinite or 0 only where e^x
 * is so far out that a product with any sine but one of a subnormal argument is, too. */
typedef struct {
    v_f64 first, last;
} far_exp;

static inline far_exp far_exp_of(v_dw x) {
    v_mask rising = v_lt(v_set(0.0), x.hi);
    v_dw away = dw_select(rising, dw_set(-COMPLEX_LOG_POWER_HI, -COMPLEX_LOG_POWER_LO),
                          dw_set(COMPLEX_LOG_POWER_HI, COMPLEX_LOG_POWER_LO));
    v_dw rest = two_sum(x.hi, away.hi);
    v_mask finite = is_finite(x.hi);
    rest = dw(v_select(finite, rest.hi, x.hi),
              v_select(finite, v_add(rest.lo, v_add(away.lo, x.lo)), v_set(0.0)));
    v_f64 fraction = exp_of(rest);
    return (far_exp){v_select(rising, v_set(0x1p1021), fraction),
                     v_select(rising, fraction, v_set(0x1p-1021))};
}

static inline v_f64 far_product(far_exp e, v_f64 y) {
    return v_mul(v_mul(y, e.first), e.last);
}

/* ---- exp ------------------------------------------------------------------------------------ */

/* e^x (cosine + i sine) of any x, where the angle is 0 or no number, too. */
V_SLOW static v_complex exp_far(v_dw x, v_f64 angle, both_results turn) {
    far_exp e = far_exp_of(x);
    v_complex r = complex_of(far_product(e, turn.second), far_product(e, turn.first));
    v_mask turning = is_finite(angle), endless = is_infinite(x.hi);
    v_f64 size = v_select(v_lt(x.hi, v_set(0.0)), v_set(0.0), v_set(V_INFINITY));
    v_mask vanishing = v_and(endless, is_zero(size));
    r.re = v_select(v_and(endless, v_not(turning)), size, r.re);
    r.im = v_select(v_and(vanishing, v_not(turning)), v_copysign(size, angle), r.im);
    return complex_of(r.re, v_select(is_zero(angle), angle, r.im));
}

static inline v_complex exp_product(v_dw x, v_f64 power, v_f64 angle, both_results turn) {
    v_complex r = complex_of(v_mul(power, turn.second), v_mul(power, turn.first));
    v_mask ordinary = exp_is_ordinary(x.hi, EXP_ORDINARY);
    if (v_unlikely(!v_all(ordinary)))
        r = complex_select(ordinary, r, exp_far(x, angle, turn));
    return r;
}

static inline v_complex complex_exp(v_complex z) {
    return exp_product(dw(z.re, v_set(0.0)), math_exp(z.re), z.im, math_sincos(z.im));
}

/* By the addition theorems, where x.lo may be many turns, too. */
V_SLOW static both_results sincos_of_large(v_dw x) {
    both_results a = math_sincos(x.hi), b = math_sincos(x.lo);
    v_f64 sine = v_fma(a.first, b.second, v_mul(a.second, b.first));
    return (both_results){sine, v_fnma(a.first, b.first, v_mul(a.second, b.second))};
}

/* The sine and the cosine of x.hi + x.lo. */
static inline both_results sincos_dw(v_dw x) {
    trig_argument t = trig_reduce(v_abs(x.hi));
    v_f64 lo = trig_sign(x.lo, v_bits(x.hi));
    t.r = two_sum(t.r.hi, v_add(t.r.lo, lo));
    trig_powers powers = trig_prepare(t.r);
    v_f64 s = trig_sin_of(powers), c = trig_cos_of(powers);
    v_mask odd = trig_is_odd(t.quadrant);
    v_i64 next = trig_quarter_turn(t).quadrant;
    v_i64 signs = v_xor_i64(trig_half_turn(t.quadrant), v_bits(x.hi));
    both_results r = {.first = trig_sign(v_select(odd, c, s), signs),
                      .second = trig_sign(v_select(odd, s, c), trig_half_turn(next))};
    v_mask large = trig_is_large(v_abs(x.hi));
    if (v_unlikely(v_any(large))) {
        both_results far = sincos_of_large(x);
        r.first = v_select(large, far.first, r.first);
        r.second = v_select(large, far.second, r.second);
    }
    return r;
}

/* e to the power of re + i im, to within some 2 ULP of what these stand for. */
static inline v_complex exp_of_dw(v_dw re, v_dw im) {
    return exp_product(re, exp_of(re), im.hi, sincos_dw(im));
}

/* x log 2; only the product where that is all there is. */
static inline v_dw times_log_2(v_f64 x) {
    v_dw p = two_product(x, v_set(EXP_LN2_HI));
    v_f64 lo = v_fma(x, v_set(EXP_LN2_LO), p.lo);
    v_mask exact = v_and(v_lt(v_set(0x1p-900), v_abs(x)), v_lt(v_abs(x), v_set(0x1p1000)));
    return dw(p.hi, v_select(exact, lo, v_set(0.0)));
}

static inline v_complex complex_exp2(v_complex z) {
    return exp_of_dw(times_log_2(z.re), times_log_2(z.im));
}

/* (e^x cos y - 1) + i e^x sin y: the real part as (e^x - 1) cos y - 2 sin(y/2)^2. What cancels
 * there is small beside the imaginary part. */
static inline v_complex complex_expm1(v_complex z) {
    both_results turn = math_sincos(z.im);
    v_f64 half = math_sin(v_mul(z.im, v_set(0.5))), x = math_expm1(z.re);
    v_f64 versine = v_mul(v_mul(half, half), v_set(2.0));
    v_complex r = complex_of(v_fms(x, turn.second, versine), v_mul(math_exp(z.re), turn.first));
    v_mask ordinary = exp_is_ordinary(z.re, EXP_ORDINARY);
    if (v_unlikely(!v_all(ordinary))) {
        v_complex far = exp_far(dw(z.re, v_set(0.0)), z.im, turn);
        far.re = v_sub(far.re, v_set(1.0));
        far.im = v_select(is_zero(z.im), z.im, far.im);
        r = complex_select(ordinary, r, far);
    }
    return complex_of(v_select(is_zero(z.im), x, r.re), r.im);
}

/* ---- Hyperbolic and trigonometric functions ------------------------------------------------- */

/* True where the products of sinh x, cosh x with sine and cosine of y are right. */
static inline v_mask is_plain_hyperbolic(v_complex z) {
    return v_and(v_lt(v_abs(z.re), v_set(HYPERBOLIC_ORDINARY)), is_finite(z.im));
}

/* sinh |x| and cosh x where e^-|x| is nothing beside them. */
static inline far_exp far_half_exp(v_f64 x) {
    far_exp e = far_exp_of(dw(v_abs(x), v_set(0.0)));
    return (far_exp){v_mul(e.first, v_set(0.5)), e.last};
}

V_SLOW static v_complex sinh_far(v_complex r, v_complex z, both_results turn) {
    far_exp e = far_half_exp(z.re);
    v_mask large = v_lt(v_set(HYPERBOLIC_ORDINARY), v_abs(z.re));
    v_f64 cosine = trig_sign(turn.second, v_bits(z.re));
    v_complex far = complex_of(far_product(e, cosine), far_product(e, turn.first));
    r = complex_select(large, far, r);
    v_mask turning = is_finite(z.im), resting = v_or(is_zero(z.re), is_infinite(z.re));
    r.re = v_select(v_and(resting, v_not(turning)), z.re, r.re);
    return complex_of(r.re, v_select(is_zero(z.im), z.im, r.im));
}

static inline v_complex complex_sinh(v_complex z) {
    both_results turn = math_sincos(z.im);
    v_complex r =
        complex_of(v_mul(math_sinh(z.re), turn.second), v_mul(math_cosh(z.re), turn.first));
    v_mask plain = is_plain_hyperbolic(z);
    if (v_unlikely(!v_all(plain)))
        r = complex_select(plain, r, sinh_far(r, z, turn));
    return r;
}

V_SLOW static v_complex cosh_far(v_complex r, v_complex z, both_results turn) {
    far_exp e = far_half_exp(z.re);
    v_mask large = v_lt(v_set(HYPERBOLIC_ORDINARY), v_abs(z.re));
    v_f64 sine = trig_sign(turn.first, v_bits(z.re));
    v_complex far = complex_of(far_product(e, turn.second), far_product(e, sine));
    r = complex_select(large, far, r);
    v_mask turning = is_finite(z.im), still = v_or(is_zero(z.re), is_zero(z.im));
    v_f64 zero = trig_sign(v_set(0.0), v_xor_i64(v_bits(z.re), v_bits(z.im)));
    r.re = v_select(v_and(is_infinite(z.re), v_not(turning)), v_abs(z.re), r.re);
    return complex_of(r.re, v_select(still, zero, r.im));
}

static inline v_complex complex_cosh(v_complex z) {
    both_results turn = math_sincos(z.im);
    v_complex r =
        complex_of(v_mul(math_cosh(z.re), turn.second), v_mul(math_sinh(z.re), turn.first));
    v_mask plain = is_plain_hyperbolic(z);
    if (v_unlikely(!v_all(plain)))
        r = complex_select(plain, r, cosh_far(r, z, turn));
    return r;
}

/* sin z = -i sinh(i z), cos z = cosh(i z). */
static inline v_complex complex_sin(v_complex z) {
    return complex_swap(complex_sinh(complex_swap(z)));
}

static inline v_complex complex_cos(v_complex z) {
    v_complex r = complex_cosh(complex_swap(z));
    return complex_of(r.re, v_neg(r.im));
}

/* ---- Tangents ------------------------------------------------------------------------------- */

/* Beyond it tanh x is 1, and e^-2x far below its ULP; a normal number still. */
#define TANH_MOST 350.0

/* cos(y)^2 and sin(y) cos(y). */
static inline void turn_products(v_f64 y, v_dw *square, v_dw *product) {
    trig_argument t = trig_reduce(v_abs(y));
    v_dw s, c;
    trig_sin_and_cos(t.r, &s, &c);
    v_mask odd = trig_is_odd(t.quadrant);
    v_dw cosine = dw_select(odd, s, c);
    v_i64 sign = v_xor_i64(v_shl(t.quadrant, 63), v_bits(y));
    *square = dw_mul(cosine, cosine);
    *product = dw_mul(s, c);
    *product = dw(trig_sign(product->hi, sign), trig_sign(product->lo, sign));
}

/* C99 G.6.2.6 where a part is no number. */
V_SLOW static v_complex tanh_fix(v_complex r, v_complex z) {
    v_mask turning = is_finite(z.im);
    v_f64 zero = v_copysign(v_set(0.0), z.im);
    v_mask endless = v_and(is_infinite(z.re), v_not(turning));
    r.re = v_select(v_and(is_zero(z.re), v_not(turning)), z.re, r.re);
    r.re = v_select(endless, v_set(1.0), r.re);
    r.im = v_select(v_or(endless, is_zero(z.im)), zero, r.im);
    return r;
}

/*
 * With q = e^-2x and m = q - 1, x >= 0, it is (-m (2 + m) + 4 i q sin y cos y) / (m^2 + 4 q
 * cos(y)^2), all in double-word. Where q is small it is not 1 + m that gives it.
 */
static inline v_complex complex_tanh(v_complex z) {
    v_f64 x = v_abs(z.re), twice = v_mul(v_min(v_set(TANH_MOST), x), v_set(-2.0));
    v_dw sum = expm1_sum(twice), m = fast_two_sum(sum.hi, sum.lo), square, product;
    turn_products(z.im, &square, &product);
    v_dw q = dw_add_f64(m, v_set(1.0)), two_and_m = dw_add_f64(m, v_set(2.0));
    v_f64 tail = math_exp(v_mul(x, v_set(-2.0)));
    q = dw_select(v_lt(x, v_set(0.5)), q, dw(tail, v_set(0.0)));
    q = dw_scaled(q, 4.0);
    v_dw under = dw_add(dw_mul(m, m), dw_mul(q, square));
    v_f64 re = dw_quotient(dw_mul(dw_neg(m), two_and_m), under);
    v_f64 im = dw_quotient(dw_mul(q, product), under);
    v_complex r = complex_of(re, v_copysign(im, product.hi));
    v_mask plain = v_and(is_finite(z.im), v_eq(z.re, z.re));
    if (v_unlikely(!v_all(plain)))
        r = complex_select(plain, r, tanh_fix(r, z));
    return complex_of(v_copysign(r.re, z.re), r.im);
}

/* tan z = -i tanh(i z). */
static inline v_complex complex_tan(v_complex z) {
    return complex_swap(complex_tanh(complex_swap(z)));
}

#endif
