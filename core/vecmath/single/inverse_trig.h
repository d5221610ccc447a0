/* SPDX-License-Identifier: MIT */
/*
 * arcsin, arccos, arctan, arctan2 of float32 (vocabulary: single/width1.h). Each is a multiple of
 * pi/2 plus or minus (or twice) an odd polynomial of t + t_lo, t_lo being the error of the root or
 * quotient t. Coefficients: scripts/minimax_single.py, under the names that the comments give.
 */
#ifndef EVEX_VECMATH_SINGLE_INVERSE_TRIG_H
#define EVEX_VECMATH_SINGLE_INVERSE_TRIG_H

#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/single/float_word.h"
#include "core/vecmath/single/trig.h"

/* pi/2, and what the float's relative error takes off it. */
#define S_HALF_PI 0x1.921fb6p+0f
#define S_HALF_PI_EXCESS -0x1.de12cap-26f

/* base + factor t + tail, rounded nearly once; the base is a multiple of pi/2, and not below
 * |factor t| unless it is 0. */
static inline s_f32 s_turned(s_f32 base, s_f32 factor, s_f32 t, s_f32 tail) {
    s_f32 hi = s_fma(t, factor, base), lo = s_fma(t, factor, s_sub(base, hi));
    return s_add(hi, s_add(s_fma(base, s_set(S_HALF_PI_EXCESS), lo), tail));
}

/* ---- Sine and cosine ------------------------------------------------------------------------ */

/* 1 / (2 s) within an eighth: bits of a float are nearly the logarithm of its value. */
static inline s_f32 s_half_reciprocal(s_f32 s) {
    return s_from_bits(s_sub_i32(s_set_i32(0x7e7311c7), s_bits(s)));
}

/* asin t = t + tail: of |x| itself up to 1/2, above of sqrt((1 - |x|) / 2), whose arcsine is half
 * the arccosine of |x|. "asin": asin t = t + t^3 p(t^2), error 2^-27.6. */
typedef struct {
    s_mask large;
    s_f32 t, tail;
} s_asin_parts;

static inline s_asin_parts s_asin_split(s_f32 size) {
    s_mask large = s_lt(s_set(0.5f), size);
    s_f32 square = s_fnma(size, s_set(0.5f), s_set(0.5f)), root = s_sqrt(square);
    s_f32 root_lo = s_mul(s_fnma(root, root, square), s_half_reciprocal(root));
    s_f32 t = s_select(large, root, size), z = s_select(large, square, s_mul(size, size));
    s_f32 p = s_poly4(z, s_mul(z, z), 0x1.5555cap-3f, 0x1.33016cp-4f, 0x1.7489e4p-5f,
                      0x1.8bb868p-6f, 0x1.59c9aap-5f);
    s_f32 t_lo = s_select(large, root_lo, s_set(0.0f));
    return (s_asin_parts){large, t, s_fma(s_mul(t, z), p, t_lo)};
}

static inline s_f32 single_arcsin(s_f32 x) {
    s_asin_parts a = s_asin_split(s_abs(x));
    s_f32 base = s_select_set(a.large, S_HALF_PI, 0.0f);
    s_f32 factor = s_select_set(a.large, -2.0f, 1.0f);
    return s_sign_with(s_turned(base, factor, a.t, s_mul(factor, a.tail)), x);
}

/* pi/2 - asin x up to 1/2, above 2 asin t for positive x and pi - 2 asin t for negative x. */
static inline s_f32 single_arccos(s_f32 x) {
    s_asin_parts a = s_asin_split(s_abs(x));
    s_f32 ends = s_select_set(s_lt(x, s_set(0.0f)), 2.0f * S_HALF_PI, 0.0f);
    s_f32 base = s_select(a.large, ends, s_set(S_HALF_PI));
    s_f32 factor = s_select_set(a.large, 2.0f, -1.0f);
    return s_turned(base, factor, s_sign_with(a.t, x), s_mul(factor, s_sign_with(a.tail, x)));
}

/* ---- Tangent -------------------------------------------------------------------------------- */

/*
 * atan(t + rest reciprocal) - 7/8 t for 0 <= t <= 1, which is small beside t, and so are its
 * rounding errors. "atan": atan t = t + t^3 p(t^2), error 2^-28.7; atan' is near enough 1 - t^2
 * / 2.
 */
static inline s_f32 s_atan_tail(s_f32 t, s_f32 rest, s_f32 reciprocal) {
    s_f32 z = s_mul(t, t), z2 = s_mul(z, z), z4 = s_mul(z2, z2);
    s_f32 low = s_poly3(z, z2, 0x1.999266p-3f, -0x1.24263p-3f, 0x1.c0c994p-4f, -0x1.58c0bep-4f);
    s_f32 high = s_poly3(z, z2, 0x1.dcabf2p-5f, -0x1.014a04p-5f, 0x1.69b0acp-7f, -0x1.dd693ep-10f);
    s_f32 p = s_fma(z2, s_fma(z4, high, low), s_poly1(z, 0.125f, -0x1.55554p-2f));
    s_f32 slope = s_fnma(s_mul(z, s_set(0.5f)), reciprocal, reciprocal);
    return s_fma(t, p, s_mul(rest, slope));
}

/* Above 1, pi/2 - atan(1 / x); 2^90 stands for everything beyond it. */
static inline s_f32 single_arctan(s_f32 x) {
    s_f32 size = s_min(s_set(0x1p90f), s_abs(x)), one = s_set(1.0f);
    s_mask above = s_lt(one, size);
    s_f32 over = s_min(one, size), under = s_max(one, size), t = s_div(over, under);
    s_f32 tail = s_atan_tail(t, s_fnma(t, under, over), t);
    s_f32 base = s_select_set(above, S_HALF_PI, 0.0f), factor = s_select_set(above, -1.0f, 1.0f);
    return s_sign_with(s_turned(base, s_mul(factor, s_set(0.875f)), t, s_mul(factor, tail)), x);
}

/* The sides of a triangle that float32 cannot divide exactly: out of [2^-60, 2^40], or a short one
 * that is tiny, but not 0; infinities and NaN. */
static inline s_mask s_atan2_is_special(s_f32 over, s_f32 under) {
    s_mask inside = s_and(s_lt(s_set(0x1p-60f), under), s_lt(under, s_set(0x1p40f)));
    s_mask tiny = s_and(s_lt(s_set(0.0f), over), s_lt(over, s_set(0x1p-60f)));
    return s_or(s_not(inside), tiny);
}

/* r, but special lanes by float64. */
S_SLOW static s_f32 s_atan2_slow(s_f32 r, s_f32 y, s_f32 x, s_mask special) {
    s_f32 slow = s_join(math_arctan2(s_low(y), s_low(x)), math_arctan2(s_high(y), s_high(x)));
    return s_select(special, slow, r);
}

static inline s_f32 single_arctan2(s_f32 y, s_f32 x) {
    /* A NaN of y is over, one of x under. */
    s_f32 ay = s_abs(y), ax = s_abs(x), over = s_min(ax, ay), under = s_max(ay, ax);
    s_mask steep = s_lt(ax, ay), left = s_lt_i32(s_bits(x), s_set_i32(0));
    s_f32 reciprocal = s_div(s_set(1.0f), under), t = s_mul(over, reciprocal);
    s_f32 tail = s_atan_tail(t, s_fnma(t, under, over), reciprocal);
    s_f32 flat_base = s_select_set(left, 2.0f * S_HALF_PI, 0.0f);
    s_f32 base = s_select(steep, s_set(S_HALF_PI), flat_base);
    /* The factor is -1 where just one of steep and left holds. */
    s_f32 factor = s_sign_with(s_select_set(steep, -1.0f, 1.0f), x);
    s_f32 r = s_sign_with(s_turned(base, s_mul(factor, s_set(0.875f)), t, s_mul(factor, tail)), y);
    s_mask special = s_atan2_is_special(over, under);
    if (v_unlikely(s_any(special)))
        r = s_atan2_slow(r, y, x, special);
    return r;
}

#endif
