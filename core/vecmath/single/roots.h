/* SPDX-License-Identifier: MIT */
/*
 * cbrt and hypot of float32 (vocabulary: single/width1.h): an approximation of the root, mended
 * from its remainder, which takes the exact square or cube.
 */
#ifndef EVEX_VECMATH_SINGLE_ROOTS_H
#define EVEX_VECMATH_SINGLE_ROOTS_H

#include "core/vecmath/power.h"
#include "core/vecmath/single/float_word.h"
#include "core/vecmath/single/inverse_trig.h"

/* Adding it to minus a third of the bits of x over 256 makes the upper 24 bits of x^(-1/3),
 * within 3.5 %. */
#define S_CBRT_ROUNDER 13935055.0f

/* Below it a remainder could be subnormal. */
#define S_CBRT_LEAST 0x1p-80f

/*
 * Of S_CBRT_LEAST and above. s ~ x^(-1/3) from the bits of x, which are nearly its logarithm; with
 * e = 1 - x s^3 below 0.105, "cbrt": (1 - e)^(-1/3) = 1 + e p(e), error 2^-14.6 of e. Then t = x
 * s^2 is the root to 2^-14, and its remainder mends that.
 */
static inline s_f32 s_cbrt_of(s_f32 x) {
    s_f32 third = s_from_i32(s_shr(s_bits(x), 8));
    third = s_fnma(third, s_set(0x1.555556p-2f), s_set(S_CBRT_ROUNDER));
    s_f32 s = s_from_bits(s_shl(s_bits(third), 8));
    s_f32 e = s_fnma(s_mul(x, s), s_mul(s, s), s_set(1.0f));
    s_f32 p = s_poly2(e, s_mul(e, e), 0x1.55543p-2f, 0x1.c98b6ep-3f, 0x1.65f28p-3f);
    s = s_fma(s_mul(s, e), p, s);
    s_f32 s2 = s_mul(s, s), t = s_mul(x, s2);
    s_fw t2 = fw_two_product(t, t);
    s_f32 remainder = s_fnma(t2.lo, t, s_fnma(t2.hi, t, x));
    return s_fma(remainder, s_mul(s2, s_set(0x1.555556p-2f)), t);
}

static inline s_mask s_cbrt_is_special(s_f32 size) {
    return s_not(s_and(s_lt(s_set(S_CBRT_LEAST), size), s_lt(size, s_set(S_INFINITY))));
}

/* Zeros, infinities and NaN are their own roots. */
S_SLOW static s_f32 s_cbrt_slow(s_f32 r, s_f32 size) {
    s_mask tiny = s_le(size, s_set(S_CBRT_LEAST));
    s_f32 scaled = s_mul(s_cbrt_of(s_mul(size, s_set(0x1p72f))), s_set(0x1p-24f));
    r = s_select(tiny, scaled, r);
    s_mask number = s_and(s_lt(s_set(0.0f), size), s_lt(size, s_set(S_INFINITY)));
    return s_select(number, r, size);
}

static inline s_f32 single_cbrt(s_f32 x) {
    s_f32 size = s_abs(x), r = s_cbrt_of(size);
    if (v_unlikely(s_any(s_cbrt_is_special(size))))
        r = s_cbrt_slow(r, size);
    return s_sign_with(r, x);
}

/* r, but special lanes by float64. */
S_SLOW static s_f32 s_hypot_slow(s_f32 r, s_f32 x, s_f32 y, s_mask special) {
    s_f32 slow = s_join(math_hypot(s_low(x), s_low(y)), math_hypot(s_high(x), s_high(y)));
    return s_select(special, slow, r);
}

/* In the range that is not special no square overflows and none loses its low part. */
static inline s_f32 single_hypot(s_f32 x, s_f32 y) {
    s_f32 ax = s_abs(x), ay = s_abs(y), a = s_max(ax, ay), b = s_min(ay, ax);
    s_fw a2 = fw_two_product(a, a);
    s_f32 sum = s_fma(b, b, a2.hi), lo = s_add(s_fma(b, b, s_sub(a2.hi, sum)), a2.lo);
    s_f32 root = s_sqrt(sum), remainder = s_add(s_fnma(root, root, sum), lo);
    s_f32 r = s_fma(remainder, s_half_reciprocal(root), root);
    s_mask special = s_not(s_and(s_lt(s_set(0x1p-50f), a), s_lt(a, s_set(0x1p62f))));
    if (v_unlikely(s_any(special)))
        r = s_hypot_slow(r, x, y, special);
    return r;
}

#endif
