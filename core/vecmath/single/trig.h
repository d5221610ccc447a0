/* SPDX-License-Identifier: MIT */
/*
 * sin, cos, tan, sinpi, cospi of float32 (vocabulary: single/width1.h). The argument's magnitude
 * becomes r + n pi/8 with |r| <= pi/16 and r in two floats: below 3200 with pi/8 in three floats
 * (Cody and Waite), above by the float64 functions. The functions of n pi/8 come from tables of 8,
 * those of r from short polynomials (Tang, ARITH 10, 1991, "Table-lookup algorithms for elementary
 * functions"). Coefficients: scripts/minimax_single.py, under the names that the comments give.
 */
#ifndef EVEX_VECMATH_SINGLE_TRIG_H
#define EVEX_VECMATH_SINGLE_TRIG_H

#include "core/vecmath/single/float_word.h"
#include "core/vecmath/tables.h"
#include "core/vecmath/trig.h"

/* Adding and subtracting it rounds to an integer, which the low bits of the sum hold. */
#define S_TRIG_ROUNDER 0x1.8p23f
/* pi/8 in three floats: the first one below it, the second one of 11 bits; 8/pi. */
#define S_PI_8_1 0x1.921fb4p-2f
#define S_PI_8_2 0x1.444p-26f
#define S_PI_8_3 0x1.68c234p-41f
#define S_8_OVER_PI 0x1.45f306p+1f
/* pi in two floats. */
#define S_PI 0x1.921fb6p+1f
#define S_PI_LO -0x1.777a5cp-24f
/* Above it by float64; n is below 2^13. */
#define S_TRIG_MOST 3200.0f

/* An argument: r + n pi/8, n modulo 16 (its low four bits). */
typedef struct {
    s_fw r;
    s_i32 n;
} s_trig_argument;

/* ---- Reduction ------------------------------------------------------------------------------ */

/*
 * Of 0 <= x <= S_TRIG_MOST. x - n PI_8_1 is exact, a multiple of 2^-26 below 1/4. n PI_8_2 is
 * exact, too: if subtracting it cancels, the difference is exact and the difference of the
 * differences is it; if not, they are the rounding error. lo stays below 2^-27.
 */
static inline s_trig_argument s_trig_reduce(s_f32 x) {
    s_f32 rounded = s_fma(x, s_set(S_8_OVER_PI), s_set(S_TRIG_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_TRIG_ROUNDER)), near = s_fnma(n, s_set(S_PI_8_1), x);
    s_f32 r = s_fnma(n, s_set(S_PI_8_2), near);
    s_f32 lo = s_fnma(n, s_set(S_PI_8_2), s_sub(near, r));
    return (s_trig_argument){fw(r, s_fnma(n, s_set(S_PI_8_3), lo)), s_bits(rounded)};
}

/* NaN is. */
static inline s_mask s_trig_is_large(s_f32 size) {
    return s_lt_i32(s_bits(s_set(S_TRIG_MOST)), s_bits(size));
}

/* Any lanes that are not large, and the large ones, infinities and NaN by float64. */
#define S_TRIG_LARGE_LANES(name)                                                                   \
    S_SLOW static s_f32 s_trig_large_##name(s_f32 y, s_f32 x) {                                    \
        s_f32 large = s_join(math_##name(s_low(x)), math_##name(s_high(x)));                       \
        return s_select(s_trig_is_large(s_abs(x)), large, y);                                      \
    }
S_TRIG_LARGE_LANES(sin)
S_TRIG_LARGE_LANES(cos)
S_TRIG_LARGE_LANES(tan)

/* y with the sign of x added to its own. */
static inline s_f32 s_sign_with(s_f32 y, s_f32 x) {
    return s_from_bits(s_xor_i32(s_bits(y), s_and_i32(s_bits(x), s_set_i32(INT32_MIN))));
}

/* ---- Kernels -------------------------------------------------------------------------------- */

/* sin(r.hi + r.lo) - r.hi and cos r.hi - 1. */
typedef struct {
    s_f32 r, sine, cosine;
} s_trig_turn;

/* "sin": sin r = r + r^3 p(r^2), error 2^-31; "cos": cos r = 1 + r^2 p(r^2), error 2^-28. */
static inline s_trig_turn s_trig_small(s_fw r) {
    s_f32 z = s_mul(r.hi, r.hi);
    s_f32 p = s_poly1(z, -0x1.555544p-3f, 0x1.10b712p-7f);
    s_f32 q = s_poly1(z, -0x1.ffffc4p-2f, 0x1.54b87ap-5f);
    return (s_trig_turn){r.hi, s_fma(s_mul(r.hi, z), p, r.lo), s_mul(z, q)};
}

/* y, negated where the xor of bit 3 of n with the sign of x says so. */
static inline s_f32 s_trig_sign(s_f32 y, s_i32 n, s_f32 x) {
    return s_sign_with(y, s_from_bits(s_xor_i32(s_shl(n, 28), s_bits(x))));
}

/* sin(n pi/8 + r), with the sign of x besides. */
static inline s_f32 s_trig_sine(s_trig_turn r, s_i32 n, s_f32 x) {
    s_f32 sine = s_lookup8(single_sine_table_hi, n),
          cosine = s_lookup8(single_sine_table_cosine, n);
    s_f32 tail = s_fma(sine, r.cosine, s_lookup8(single_sine_table_lo, n));
    s_f32 y = s_add(sine, s_fma(cosine, r.r, s_fma(cosine, r.sine, tail)));
    return s_trig_sign(y, n, x);
}

static inline s_i32 s_trig_quarter_turn(s_i32 n) {
    return s_add_i32(n, s_set_i32(4));
}

/* a + b c as a float-word, but for an error of lo's last bit; |a| >= |b c|, or a is 0. */
static inline s_fw s_trig_sum(s_f32 a, s_f32 b, s_f32 c, s_f32 lo) {
    s_f32 hi = s_fma(b, c, a);
    return fw(hi, s_add(s_fma(b, c, s_sub(a, hi)), lo));
}

/*
 * tan(n pi/8 + r) = (over + under t) / (under - over t) with the table's over and under and
 * t = tan r; "tan": tan r = r + r^3 p(r^2), error 2^-31. The quotient's error comes from its
 * remainder.
 */
static inline s_f32 s_trig_tangent(s_trig_argument a) {
    s_f32 r = a.r.hi, z = s_mul(r, r);
    s_f32 p = s_poly2(z, s_mul(z, z), 0x1.555566p-2f, 0x1.10fd06p-3f, 0x1.c7d372p-5f);
    s_f32 t_lo = s_fma(s_mul(r, z), p, a.r.lo);
    s_f32 over = s_lookup8(single_tangent_table_over, a.n);
    s_f32 under = s_lookup8(single_tangent_table_under, a.n);
    s_f32 over_lo = s_fma(under, t_lo, s_lookup8(single_tangent_table_over_lo, a.n));
    s_f32 under_lo = s_fnma(over, t_lo, s_lookup8(single_tangent_table_under_lo, a.n));
    s_fw x = s_trig_sum(over, under, r, over_lo), y = s_trig_sum(under, s_neg(over), r, under_lo);
    s_f32 reciprocal = s_div(s_set(1.0f), fw_round(y)), q = s_mul(x.hi, reciprocal);
    s_f32 rest = s_fnma(q, y.lo, s_add(s_fnma(q, y.hi, x.hi), x.lo));
    return s_fma(rest, reciprocal, q);
}

/* ---- The functions -------------------------------------------------------------------------- */

/* An odd function takes the argument's sign last, for -0. */
static inline s_f32 single_sin(s_f32 x) {
    s_f32 size = s_abs(x);
    s_trig_argument a = s_trig_reduce(size);
    s_f32 y = s_trig_sine(s_trig_small(a.r), a.n, x);
    if (v_unlikely(s_any(s_trig_is_large(size))))
        y = s_trig_large_sin(y, x);
    return y;
}

static inline s_f32 single_cos(s_f32 x) {
    s_f32 size = s_abs(x);
    s_trig_argument a = s_trig_reduce(size);
    s_f32 y = s_trig_sine(s_trig_small(a.r), s_trig_quarter_turn(a.n), size);
    if (v_unlikely(s_any(s_trig_is_large(size))))
        y = s_trig_large_cos(y, x);
    return y;
}

static inline s_f32 single_tan(s_f32 x) {
    s_f32 size = s_abs(x), y = s_sign_with(s_trig_tangent(s_trig_reduce(size)), x);
    if (v_unlikely(s_any(s_trig_is_large(size))))
        y = s_trig_large_tan(y, x);
    return y;
}

/* The sine and the cosine. */
typedef struct {
    s_f32 first, second;
} single_both_results;

static inline single_both_results single_sincos(s_f32 x) {
    s_f32 size = s_abs(x);
    s_trig_argument a = s_trig_reduce(size);
    s_trig_turn r = s_trig_small(a.r);
    single_both_results y = {s_trig_sine(r, a.n, x),
                             s_trig_sine(r, s_trig_quarter_turn(a.n), size)};
    if (v_unlikely(s_any(s_trig_is_large(size)))) {
        y.first = s_trig_large_sin(y.first, x);
        y.second = s_trig_large_cos(y.second, x);
    }
    return y;
}

/* pi times x: x mod 2 is exact, and so is its distance from a multiple of 1/8. */
static inline s_trig_argument s_trig_reduce_pi(s_f32 x) {
    s_f32 f = s_fnma(s_rint(s_mul(x, s_set(0.5f))), s_set(2.0f), x);
    s_f32 rounded = s_fma(f, s_set(8.0f), s_set(S_TRIG_ROUNDER));
    s_f32 n = s_sub(rounded, s_set(S_TRIG_ROUNDER)), r = s_fnma(n, s_set(0.125f), f);
    s_fw p = fw_two_product(r, s_set(S_PI));
    return (s_trig_argument){fw(p.hi, s_fma(r, s_set(S_PI_LO), p.lo)), s_bits(rounded)};
}

/* Not 0, but so small that a part of a small multiple of it could be subnormal. The bits of 0, less
 * 1, wrap round to the greatest integer. */
static inline s_mask s_is_tiny(s_f32 size) {
    s_i32 bits = s_add_i32(s_bits(size), s_set_i32(INT32_MAX));
    return s_lt_i32(bits, s_add_i32(s_bits(s_set(0x1p-100f)), s_set_i32(INT32_MAX)));
}

S_SLOW static s_f32 s_sinpi_slow(s_f32 y, s_f32 size) {
    s_f32 slow = s_join(math_sinpi(s_low(size)), math_sinpi(s_high(size)));
    return s_select(s_is_tiny(size), slow, y);
}

/* Adding 0 makes every zero positive; then a zero takes the argument's sign, at every integer. */
static inline s_f32 single_sinpi(s_f32 x) {
    s_f32 size = s_abs(x);
    s_trig_argument a = s_trig_reduce_pi(size);
    s_f32 y = s_add(s_trig_sine(s_trig_small(a.r), a.n, size), s_set(0.0f));
    if (v_unlikely(s_any(s_is_tiny(size))))
        y = s_sinpi_slow(y, size);
    return s_sign_with(y, x);
}

static inline s_f32 single_cospi(s_f32 x) {
    s_f32 size = s_abs(x);
    s_trig_argument a = s_trig_reduce_pi(size);
    return s_add(s_trig_sine(s_trig_small(a.r), s_trig_quarter_turn(a.n), size), s_set(0.0f));
}

#endif
