/* SPDX-License-Identifier: MIT */
/*
 * arcsin, arccos, arctan, arctan2 in the vector vocabulary (width1.h). Coefficients:
 * scripts/minimax.py atan (error 2^-63.5) and asin (2^-55.9).
 */
#ifndef EVEX_VECMATH_INVERSE_TRIG_H
#define EVEX_VECMATH_INVERSE_TRIG_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/root.h"
#include "core/vecmath/tables.h"
#include "core/vecmath/trig.h"

/* The ends of the ranges that atan_quads has entries for; entries for less and more are the first
 * and the last. */
#define ATAN_FIRST 0x1p-4
#define ATAN_LAST 12.0

/*
 * atan q = c + atan u, u = (alpha q - beta) / (beta q + alpha), |u| < 0.0991: atan_quads has beta,
 * alpha and c in two parts for each half of a binade of q. The cuts are relative to q, so u and its
 * rounding errors are small beside the result.
 */
static inline v_quad atan_row(v_f64 q) {
    return v_lookup16x4(atan_quads, v_shr(v_bits(v_clamp(q, ATAN_FIRST, ATAN_LAST)), 51));
}

/* atan u - u.hi + lo. */
static inline v_f64 atan_tail(v_dw u, v_f64 lo) {
    v_f64 z = v_mul(u.hi, u.hi);
    v_f64 p =
        poly5(z, v_mul(z, z), -0x1.555555555554dp-2, 0x1.999999999168dp-3, -0x1.2492490f47577p-3,
              0x1.c71c3f02f2c89p-4, -0x1.743e821f16228p-4, 0x1.31fecd790ea53p-4);
    return v_fma(v_mul(u.hi, z), p, v_add(u.lo, lo));
}

static inline v_f64 math_arctan(v_f64 x) {
    v_f64 size = v_min(v_set(0x1p1000), v_abs(x));
    v_quad row = atan_row(size);
    v_dw u = quotient_dw(v_fms(size, row.c1, row.c0), v_fma(size, row.c0, row.c1));
    return v_copysign(v_add(row.c2, v_add(u.hi, atan_tail(u, row.c3))), x);
}

/* Two sides of a triangle brought to a range in which arctan2 can divide them: scaled, or, if they
 * have no ratio, replaced by ones that have the right angle. */
static inline void atan2_prepare(v_f64 *y, v_f64 *x) {
    v_f64 longest = v_max(*y, *x);
    v_f64 factor = v_select(v_lt(longest, v_set(1.0)), v_set(0x1p200), v_set(0x1p-200));
    v_mask zero = v_eq(longest, v_set(0.0)), infinite = v_eq(longest, v_set(V_INFINITY));
    v_f64 y_beside = v_select(v_eq(*y, longest), v_set(1.0), v_set(0.0));
    v_f64 x_beside = v_select(v_eq(*x, longest), v_set(1.0), v_set(0.0));
    *y = v_select(zero, v_set(0.0), v_select(infinite, y_beside, v_mul(*y, factor)));
    *x = v_select(zero, v_set(1.0), v_select(infinite, x_beside, v_mul(*x, factor)));
}

/* Left of the y axis, pi less the angle on the right. A tiny quotient is its own arctangent, and
 * comes out rounded once even where it is subnormal. */
static inline v_f64 math_arctan2(v_f64 y, v_f64 x) {
    v_f64 a = v_abs(y), b = v_abs(x), longest = v_max(a, b);
    v_mask special = v_not(v_and(v_lt(v_set(0x1p-900), longest), v_lt(longest, v_set(0x1p900))));
    if (v_unlikely(v_any(special))) {
        v_f64 scaled_a = a, scaled_b = b;
        atan2_prepare(&scaled_a, &scaled_b);
        a = v_select(special, scaled_a, a);
        b = v_select(special, scaled_b, b);
    }
    v_quad row = atan_row(v_div(a, b));
    v_f64 over = v_fnma(b, row.c0, v_mul(a, row.c1)), under = v_fma(a, row.c0, v_mul(b, row.c1));
    v_dw u = quotient_dw(over, under);
    v_f64 rest = v_add(u.hi, atan_tail(u, row.c3));
    v_mask left = v_lt_i64(v_bits(x), v_set_i64(0));
    v_f64 base = v_select(left, v_set(2.0 * TRIG_HALF_PI_1), v_set(0.0));
    v_f64 base_lo = v_select(left, v_set(2.0 * TRIG_HALF_PI_2), v_set(0.0));
    v_dw sum = fast_two_sum(base, v_select(left, v_neg(row.c2), row.c2));
    v_f64 tail = v_add(v_add(sum.lo, base_lo), v_select(left, v_neg(rest), rest));
    v_f64 r = v_copysign(v_add(sum.hi, tail), y);
    if (v_unlikely(v_any(special)))
        r = v_select(v_or(v_ne(x, x), v_ne(y, y)), v_add(x, y), r);
    return r;
}

/* asin t = t + t z p(z), z = t^2 <= 1/4; z is given, as it is the more exact one for a square root,
 * and so is what to add to the second part. */
static inline v_f64 asin_tail(v_f64 t, v_f64 t_lo, v_f64 z) {
    v_f64 z2 = v_mul(z, z), z4 = v_mul(z2, z2);
    v_f64 low = poly3(z, z2, 0x1.5555555555387p-3, 0x1.333333336f85bp-4, 0x1.6db6db41d5f09p-5,
                      0x1.f1c72c6ca3379p-6);
    v_f64 middle = poly3(z, z2, 0x1.6e89ef894b704p-6, 0x1.1c6c26e165f11p-6, 0x1.c6f88dd98fb64p-7,
                         0x1.8ee442ab64e22p-7);
    v_f64 high = poly3(z, z2, 0x1.aab6dc4554753p-8, 0x1.40afd1665465bp-6, -0x1.0af1c45a0dabap-6,
                       0x1.05cd5ab2124b5p-5);
    return v_fma(v_mul(t, z), v_fma(v_fma(high, z4, middle), z4, low), t_lo);
}

/* base - factor asin t, or asin of sqrt((1 - |x|) / 2), which is (pi/2 - asin |x|) / 2, where |x|
 * is above 1/2 (`wide`), t being x or |x|. NaN beyond 1. base is a multiple of pi/2 in [0, pi]. */
static inline v_f64 asin_from(v_f64 base, v_f64 factor, v_f64 x, v_f64 t, v_mask wide) {
    v_f64 rest = v_fnma(v_abs(x), v_set(0.5), v_set(0.5));
    v_dw root = sqrt_dw(rest, v_set(0.0));
    t = v_select(wide, root.hi, t);
    v_f64 t_lo = v_select(wide, root.lo, v_set(0.0));
    v_f64 tail = asin_tail(t, t_lo, v_select(wide, rest, v_mul(x, x)));
    v_f64 hi = v_fnma(factor, t, base), lo = v_fnma(factor, t, v_sub(base, hi));
    lo = v_fma(base, v_set(TRIG_HALF_PI_2 / TRIG_HALF_PI_1), lo);
    return v_add(hi, v_fnma(factor, tail, lo));
}

static inline v_f64 math_arcsin(v_f64 x) {
    v_f64 size = v_abs(x);
    v_mask wide = v_lt(v_set(0.5), size);
    v_f64 base = v_select(wide, v_set(TRIG_HALF_PI_1), v_set(0.0));
    v_f64 factor = v_select(wide, v_set(2.0), v_set(-1.0));
    return v_copysign(asin_from(base, factor, x, size, wide), x);
}

static inline v_f64 math_arccos(v_f64 x) {
    v_mask wide = v_lt(v_set(0.5), v_abs(x)), left = v_lt(x, v_set(0.0));
    v_f64 far = v_select(left, v_set(2.0 * TRIG_HALF_PI_1), v_set(0.0));
    v_f64 base = v_select(wide, far, v_set(TRIG_HALF_PI_1));
    v_f64 far_factor = v_select(left, v_set(2.0), v_set(-2.0));
    v_f64 factor = v_select(wide, far_factor, v_set(1.0));
    return asin_from(base, factor, x, x, wide);
}

#endif
