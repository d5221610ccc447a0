/* SPDX-License-Identifier: MIT */
/*
 * sin, cos, tan, sinpi, cospi in the vector vocabulary (width1.h).
 *
 * The argument becomes r + n pi/2 with |r| <= pi/4 and r a double-word: below 2^40 with pi/2 in
 * three doubles (Cody and Waite), above with as many bits of 2/pi as it takes (Payne and Hanek,
 * 1983). A lane's result is the same whichever way its neighbours go. Then polynomials;
 * coefficients: scripts/minimax.py sin and cos, with errors 2^-58 and 2^-64.
 */
#ifndef EVEX_VECMATH_TRIG_H
#define EVEX_VECMATH_TRIG_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/tables.h"

/* Adding and subtracting it rounds to an integer, which the low bits of the sum hold. */
#define TRIG_ROUNDER 0x1.8p52
/* pi/2 in three doubles; 2/pi. */
#define TRIG_HALF_PI_1 0x1.921fb54442d18p+0
#define TRIG_HALF_PI_2 0x1.1a62633145c07p-54
#define TRIG_HALF_PI_3 -0x1.f1976b7ed8fbcp-110
#define TRIG_TWO_OVER_PI 0x1.45f306dc9c883p-1
/* From here on by Payne and Hanek. */
#define TRIG_LARGE 0x1p40
/* Below it sin x and tan x are x to a thousandth of an ULP. */
#define TRIG_SMALL 0x1p-32

/* x = r + quadrant pi/2, the quadrant modulo 4 (its low two bits). */
typedef struct {
    v_dw r;
    v_i64 quadrant;
} trig_argument;

/* ---- Payne and Hanek ------------------------------------------------------------------------ */

/* One 32-bit column of (m1 2^32 + m0) times a number whose limbs here and one to the right are u
 * and u_right; *carry comes from the column to the right and goes to the left. */
static inline v_i64 trig_column(v_i64 m0, v_i64 u, v_i64 m1, v_i64 u_right, v_i64 *carry) {
    v_i64 low32 = v_set_i64(0xffffffff), a = v_mul_u32(m0, u), b = v_mul_u32(m1, u_right);
    v_i64 sum = v_add_i64(v_add_i64(v_and_i64(a, low32), v_and_i64(b, low32)), *carry);
    *carry = v_add_i64(v_shr(sum, 32), v_add_i64(v_shr(a, 32), v_shr(b, 32)));
    return v_and_i64(sum, low32);
}

/* 32 bits of 2/pi from the shift-th bit of entry i on. */
static inline v_i64 trig_bits(v_i64 i, int64_t k, v_i64 shift) {
    v_i64 left = v_lookup_i64(two_over_pi, v_add_i64(i, v_set_i64(k)));
    v_i64 right = v_lookup_i64(two_over_pi, v_add_i64(i, v_set_i64(k + 1)));
    return v_shr(v_shl_by(v_or_i64(v_shl(left, 32), right), shift), 32);
}

static inline v_f64 trig_limb(v_i64 limb, double weight) {
    return v_mul(v_from_i64(limb), v_set(weight));
}

/*
 * x >= 2^40. x = m 2^e with an integer m of 53 bits: the bits of 2/pi of weight above 2^(1 - e)
 * make whole turns of 2 pi only, so the 192 bits after them are multiplied by m; the top two bits
 * of the product are the quadrant, the others its fraction, of which at most some 62 are zeros.
 */
V_SLOW static trig_argument trig_reduce_large(v_f64 x) {
    v_i64 bits = v_bits(x), fraction = v_set_i64(INT64_C(0xfffffffffffff));
    v_i64 m = v_or_i64(v_and_i64(bits, fraction), v_set_i64(INT64_C(1) << 52));
    v_i64 place = v_sub_i64(v_shr(bits, 52), v_set_i64(1075 - 62));
    v_i64 i = v_shr(place, 5), shift = v_and_i64(place, v_set_i64(31));
    v_i64 u0 = trig_bits(i, 0, shift), u1 = trig_bits(i, 1, shift), u2 = trig_bits(i, 2, shift);
    v_i64 u3 = trig_bits(i, 3, shift), u4 = trig_bits(i, 4, shift), u5 = trig_bits(i, 5, shift);
    v_i64 m0 = v_and_i64(m, v_set_i64(0xffffffff)), m1 = v_shr(m, 32), carry = v_set_i64(0);
    v_i64 d5 = trig_column(m0, u5, m1, v_set_i64(0), &carry);
    v_i64 d4 = trig_column(m0, u4, m1, u5, &carry);
    v_i64 d3 = trig_column(m0, u3, m1, u4, &carry);
    v_i64 d2 = trig_column(m0, u2, m1, u3, &carry);
    v_i64 d1 = trig_column(m0, u1, m1, u2, &carry);
    v_i64 d0 = trig_column(m0, u0, m1, u1, &carry);
    v_i64 quadrant = v_shr(v_add_i64(d0, v_set_i64(1 << 29)), 30);
    d0 = v_sub_i64(d0, v_shl(quadrant, 30));
    /* Summed from the top: a sum that cancels is exact, one that rounds cannot cancel any more. */
    v_dw a = two_sum(trig_limb(d0, 0x1p-30), trig_limb(d1, 0x1p-62));
    v_dw b = two_sum(a.hi, trig_limb(d2, 0x1p-94));
    v_dw c = two_sum(b.hi, trig_limb(d3, 0x1p-126));
    v_f64 rest = v_add(trig_limb(d4, 0x1p-158), trig_limb(d5, 0x1p-190));
    v_dw turn = fast_two_sum(c.hi, v_add(a.lo, v_add(b.lo, v_add(c.lo, rest))));
    v_dw r = dw_mul(turn, dw_set(TRIG_HALF_PI_1, TRIG_HALF_PI_2));
    return (trig_argument){.r = r, .quadrant = quadrant};
}

/* The large lanes reduced; infinities and NaN become NaN; the others keep their reduction. */
V_SLOW static trig_argument trig_replace_large(trig_argument small, v_f64 x, v_mask large) {
    trig_argument t = trig_reduce_large(v_select(large, x, v_set(TRIG_LARGE)));
    v_mask number = v_lt(x, v_set(V_INFINITY));
    t.r.hi = v_select(number, t.r.hi, v_sub(x, x));
    return (trig_argument){.r = dw_select(large, t.r, small.r),
                           .quadrant = v_select_i64(large, t.quadrant, small.quadrant)};
}

/* ---- Reduction ------------------------------------------------------------------------------ */

/* x = r + n part pi/2, x < 2^40, `part` a power of two, n counted in the argument's quadrant.
 * x - n HALF_PI_1 is exact, a multiple of 2^-53 below 1, and so is what n HALF_PI_2 took from it;
 * that less n HALF_PI_2, in one rounding, is what is left. */
static inline trig_argument trig_reduce_small(v_f64 x, double part) {
    v_f64 rounded = v_fma(x, v_set(TRIG_TWO_OVER_PI / part), v_set(TRIG_ROUNDER));
    v_f64 n = v_sub(rounded, v_set(TRIG_ROUNDER));
    v_f64 r = v_fnma(n, v_set(part * TRIG_HALF_PI_1), x);
    v_f64 hi = v_sub(r, v_mul(n, v_set(part * TRIG_HALF_PI_2))), taken = v_sub(r, hi);
    v_f64 lo = v_fnma(n, v_set(part * TRIG_HALF_PI_2), taken);
    lo = v_fnma(n, v_set(part * TRIG_HALF_PI_3), lo);
    return (trig_argument){.r = dw(hi, lo), .quadrant = v_bits(rounded)};
}

static inline v_mask trig_is_large(v_f64 x) {
    return v_not(v_lt(x, v_set(TRIG_LARGE)));
}

/* x >= 0. */
static inline trig_argument trig_reduce(v_f64 x) {
    trig_argument t = trig_reduce_small(x, 1.0);
    v_mask large = trig_is_large(x);
    if (v_unlikely(v_any(large)))
        t = trig_replace_large(t, x, large);
    return t;
}

/* pi x: first to |f| <= 1, which is exact, then to a quarter. */
static inline trig_argument trig_reduce_pi(v_f64 x) {
    v_f64 f = v_fnma(v_set(2.0), v_rint(v_mul(x, v_set(0.5))), x);
    v_f64 rounded = v_fma(f, v_set(2.0), v_set(TRIG_ROUNDER));
    v_f64 n = v_sub(rounded, v_set(TRIG_ROUNDER)), r = v_fnma(n, v_set(0.5), f);
    v_dw p = two_product(r, v_set(2.0 * TRIG_HALF_PI_1));
    return (trig_argument){.r = dw(p.hi, v_fma(r, v_set(2.0 * TRIG_HALF_PI_2), p.lo)),
                           .quadrant = v_bits(rounded)};
}

/* ---- Kernels -------------------------------------------------------------------------------- */

static inline v_mask trig_is_odd(v_i64 quadrant) {
    return v_eq_i64(v_and_i64(quadrant, v_set_i64(1)), v_set_i64(1));
}

/* y, negated where the top bit of `signs` is set. */
static inline v_f64 trig_sign(v_f64 y, v_i64 signs) {
    return v_from_bits(v_xor_i64(v_bits(y), v_and_i64(signs, v_set_i64(INT64_MIN))));
}

/* Bit 1 of the quadrant at the top: in half of the turn the sign changes. */
static inline v_i64 trig_half_turn(v_i64 quadrant) {
    return v_shl(quadrant, 62);
}

/* sin r = r + z r p(z), cos r = 1 - z/2 + z^2 p(z), z = r^2: the coefficients of both p. */
static const double trig_of_sin[6] = {-0x1.5555555555549p-3,  0x1.111111110f8a6p-7,
                                      -0x1.a01a019c1618ep-13, 0x1.71de357b1a3aep-19,
                                      -0x1.ae5e689d1f3b2p-26, 0x1.5d93a3c4f1a71p-33};
static const double trig_of_cos[6] = {0x1.555555555554cp-5,  -0x1.6c16c16c1521fp-10,
                                      0x1.a01a019cbf617p-16, -0x1.27e4f812b4963p-22,
                                      0x1.1ee9f15098010p-29, -0x1.8fb12f9a4fb08p-37};

static inline v_f64 trig_polynomial(v_f64 z, const double c[6]) {
    v_f64 z2 = v_mul(z, z), p0 = poly1(z, c[0], c[1]), p1 = poly1(z, c[2], c[3]);
    return v_fma(v_fma(poly1(z, c[4], c[5]), z2, p1), z2, p0);
}

/* Two terms of the cosine's where the mask is set, of the sine's elsewhere. */
static inline v_f64 trig_terms(v_mask cosine, v_f64 z, int k) {
    v_f64 c0 = v_select(cosine, v_set(trig_of_cos[k]), v_set(trig_of_sin[k]));
    v_f64 c1 = v_select(cosine, v_set(trig_of_cos[k + 1]), v_set(trig_of_sin[k + 1]));
    return v_fma(z, c1, c0);
}

/* What both need besides: z, and 1 - z/2 in two parts. */
typedef struct {
    v_dw r;
    v_f64 z, w, w_lo;
} trig_powers;

static inline trig_powers trig_prepare(v_dw r) {
    v_f64 z = v_mul(r.hi, r.hi), w = v_fnma(z, v_set(0.5), v_set(1.0));
    return (trig_powers){r, z, w, v_fnma(z, v_set(0.5), v_sub(v_set(1.0), w))};
}

static inline v_f64 trig_sin_of(trig_powers t) {
    v_f64 p = trig_polynomial(t.z, trig_of_sin);
    return v_add(t.r.hi, v_fma(v_mul(t.z, t.r.hi), p, v_mul(t.w, t.r.lo)));
}

static inline v_f64 trig_cos_of(trig_powers t) {
    v_f64 p = trig_polynomial(t.z, trig_of_cos);
    v_f64 tail = v_fnma(t.r.hi, t.r.lo, t.w_lo);
    return v_add(t.w, v_fma(v_mul(t.z, t.z), p, tail));
}

/* The bits of trig_cos_of where the mask is set, of trig_sin_of elsewhere, at the cost of one. */
static inline v_f64 trig_sin_or_cos(v_dw r, v_mask cosine) {
    trig_powers t = trig_prepare(r);
    v_f64 z2 = v_mul(t.z, t.z), p = trig_terms(cosine, t.z, 4);
    p = v_fma(p, z2, trig_terms(cosine, t.z, 2));
    p = v_fma(p, z2, trig_terms(cosine, t.z, 0));
    v_f64 tail =
        v_fma(r.lo, v_select(cosine, v_neg(r.hi), t.w), v_select(cosine, t.w_lo, v_set(0.0)));
    v_f64 power = v_mul(t.z, v_select(cosine, t.z, r.hi));
    return v_add(v_select(cosine, t.w, r.hi), v_fma(power, p, tail));
}

/* But for its sign, that is the top bit of trig_half_turn. */
static inline v_f64 trig_sine_size(trig_argument t) {
    return trig_sin_or_cos(t.r, trig_is_odd(t.quadrant));
}

static inline v_f64 trig_sine(trig_argument t) {
    return trig_sign(trig_sine_size(t), trig_half_turn(t.quadrant));
}

static inline trig_argument trig_quarter_turn(trig_argument t) {
    t.quadrant = v_add_i64(t.quadrant, v_set_i64(1));
    return t;
}

/* Both as double-words with error about 2^-57. The leading term of sin r - r takes r^3 in two
 * parts. */
static inline void trig_sin_and_cos(v_dw r, v_dw *sine, v_dw *cosine) {
    v_dw z = two_product(r.hi, r.hi), cube = two_product(z.hi, r.hi);
    v_f64 cube_lo = v_fma(z.lo, r.hi, cube.lo), z2 = v_mul(z.hi, z.hi);
    v_f64 s = poly5(z.hi, z2, -0x1.5555555555549p-3, 0x1.111111110f8a6p-7, -0x1.a01a019c1618ep-13,
                    0x1.71de357b1a3aep-19, -0x1.ae5e689d1f3b2p-26, 0x1.5d93a3c4f1a71p-33);
    v_f64 c = poly5(z.hi, z2, 0x1.555555555554cp-5, -0x1.6c16c16c1521fp-10, 0x1.a01a019cbf617p-16,
                    -0x1.27e4f812b4963p-22, 0x1.1ee9f15098010p-29, -0x1.8fb12f9a4fb08p-37);
    v_f64 w = v_fnma(z.hi, v_set(0.5), v_set(1.0));
    v_f64 w_excess = v_fma(z.hi, v_set(0.5), v_sub(w, v_set(1.0)));
    *sine = fast_two_sum(r.hi, v_fma(cube.hi, s, v_fma(cube_lo, s, v_mul(w, r.lo))));
    v_f64 tail = v_fma(r.hi, r.lo, v_fma(z.lo, v_set(0.5), w_excess));
    *cosine = fast_two_sum(w, v_fms(z2, c, tail));
}

/* ---- The functions -------------------------------------------------------------------------- */

static inline v_f64 math_sin(v_f64 x) {
    trig_argument t = trig_reduce(v_abs(x));
    return trig_sign(trig_sine_size(t), v_xor_i64(trig_half_turn(t.quadrant), v_bits(x)));
}

static inline v_f64 math_cos(v_f64 x) {
    return trig_sine(trig_quarter_turn(trig_reduce(v_abs(x))));
}

/* The sine and the cosine. */
typedef struct {
    v_f64 first, second;
} both_results;

/* The bits of math_sin and math_cos, which share the reduction. */
static inline both_results math_sincos(v_f64 x) {
    trig_argument t = trig_reduce(v_abs(x));
    trig_powers powers = trig_prepare(t.r);
    v_f64 s = trig_sin_of(powers), c = trig_cos_of(powers);
    v_mask odd = trig_is_odd(t.quadrant);
    v_i64 next = trig_quarter_turn(t).quadrant;
    v_i64 signs = v_xor_i64(trig_half_turn(t.quadrant), v_bits(x));
    return (both_results){.first = trig_sign(v_select(odd, c, s), signs),
                          .second = trig_sign(v_select(odd, s, c), trig_half_turn(next))};
}

/* x = r + n pi/16, where reduced by pi/2. */
static inline trig_argument tan_split(trig_argument t) {
    v_f64 n = v_rint(v_mul(t.r.hi, v_set(8.0 * TRIG_TWO_OVER_PI)));
    v_f64 hi = v_fnma(n, v_set(0.125 * TRIG_HALF_PI_1), t.r.hi);
    v_i64 i = v_bits(v_add(n, v_set(TRIG_ROUNDER)));
    return (trig_argument){
        .r = two_sum(hi, v_fnma(n, v_set(0.125 * TRIG_HALF_PI_2), t.r.lo)),
        .quadrant = v_add_i64(v_shl(t.quadrant, 3), i),
    };
}

V_SLOW static trig_argument tan_replace_large(trig_argument small, v_f64 x, v_mask large) {
    trig_argument t = tan_split(trig_replace_large(small, x, large));
    return (trig_argument){.r = dw_select(large, t.r, small.r),
                           .quadrant = v_select_i64(large, t.quadrant, small.quadrant)};
}

/* tan(n pi/16 + r) = (N + D tan r) / (D - N tan r), N / D = tan(n pi/16), |r| < 0.099: tan_quads
 * has N, D and what they lack, the larger one being 1. Both sides of the fraction, and r z p(z),
 * "tan", get a second part each. */
static inline v_f64 math_tan(v_f64 x) {
    v_f64 size = v_abs(x);
    trig_argument t = trig_reduce_small(size, 0.125);
    v_mask large = trig_is_large(size);
    if (v_unlikely(v_any(large)))
        t = tan_replace_large(t, size, large);
    v_quad row = v_lookup16x4(tan_quads, t.quadrant);
    v_f64 r = t.r.hi, z = v_mul(r, r);
    v_f64 p = poly4(z, v_mul(z, z), 0x1.55555555555dcp-2, 0x1.11111110b0757p-3,
                    0x1.ba1ba48a2836dp-5, 0x1.664ab5f932687p-6, 0x1.25ccf75caa5e6p-7);
    v_dw tangent = fast_two_sum(r, v_fma(v_mul(r, z), p, t.r.lo));
    v_f64 over = v_fma(row.c1, tangent.hi, row.c0), under = v_fnma(row.c0, tangent.hi, row.c1);
    v_f64 over_lo = v_add(v_fma(row.c1, tangent.hi, v_sub(row.c0, over)), row.c2);
    v_f64 under_lo = v_add(v_fnma(row.c0, tangent.hi, v_sub(row.c1, under)), row.c3);
    over_lo = v_fma(row.c1, tangent.lo, over_lo);
    under_lo = v_fnma(row.c0, tangent.lo, under_lo);
    v_f64 reciprocal = v_div(v_set(1.0), under), q = v_mul(over, reciprocal);
    v_f64 remainder = v_add(v_fnma(q, under, over), v_fnma(q, under_lo, over_lo));
    return trig_sign(v_fma(remainder, reciprocal, q), v_bits(x));
}

/* pi x where its low part would underflow. */
static inline v_f64 sinpi_tiny(v_f64 x) {
    v_dw pi = dw_set(2.0 * TRIG_HALF_PI_1, 2.0 * TRIG_HALF_PI_2);
    return v_mul(dw_round(dw_mul_f64(pi, v_mul(x, v_set(0x1p200)))), v_set(0x1p-200));
}

/* A zero has the argument's sign, at every integer. */
static inline v_f64 math_sinpi(v_f64 x) {
    v_f64 y = trig_sine(trig_reduce_pi(x));
    v_mask tiny = v_lt(v_abs(x), v_set(0x1p-900));
    if (v_unlikely(v_any(tiny)))
        y = v_select(tiny, sinpi_tiny(x), y);
    /* Not v_copysign(y, x): clang 14 loses that sign with AVX-512 and -fsanitize=pointer-overflow.
     */
    return v_select(v_eq(y, v_set(0.0)), v_copysign(v_set(0.0), x), y);
}

/* Adding 0 makes every zero positive. */
static inline v_f64 math_cospi(v_f64 x) {
    return v_add(trig_sine(trig_quarter_turn(trig_reduce_pi(x))), v_set(0.0));
}

#endif
