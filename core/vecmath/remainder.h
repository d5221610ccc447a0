/* SPDX-License-Identifier: MIT */
/*
 * fmod, and NumPy's // and % of floats, in the vector vocabulary (width1.h). fmod is exact: a - q b
 * with an integral q < 2^53 has no rounding error when it ends up below b, as it is a multiple of
 * ulp(b); larger quotients are taken off in pieces.
 */
#ifndef EVEX_VECMATH_REMAINDER_H
#define EVEX_VECMATH_REMAINDER_H

#include <stdbool.h>

#include "core/vecmath/double_word.h"

/* Quotients from here on are taken in pieces of FMOD_PIECE_BITS. */
#define FMOD_LARGE 0x1p52
#define FMOD_PIECE_BITS 50

/* a mod b for a / b < 2^53: the quotient rounds up to an integer at worst, which the last step
 * mends. */
static inline v_f64 fmod_step(v_f64 a, v_f64 b) {
    v_f64 r = v_fnma(v_trunc(v_div(a, b)), b, a);
    return v_select(v_lt(r, v_set(0.0)), v_add(r, b), r);
}

/* The exponent field of a normal number >= 0. */
static inline v_f64 exponent_field(v_f64 a) {
    return v_from_i64(v_shr(v_bits(a), 52));
}

/*
 * a mod (b 2^k), with a k that leaves a quotient below 2^52, until a / b is so itself; lanes that
 * have no remainder get NaN. At most 42 rounds. b 2^k is exact: it is b scaled up, by way of a
 * normal b.
 */
V_SLOW static v_f64 fmod_large(v_f64 a, v_f64 b) {
    v_mask subnormal = v_lt(b, v_set(V_LEAST_NORMAL));
    v_f64 b_normal = v_select(subnormal, v_mul(b, v_set(0x1p54)), b);
    v_mask number = v_and(v_lt(a, v_set(V_INFINITY)), v_lt(v_set(0.0), b));
    v_mask large = v_and(number, v_le(v_set(FMOD_LARGE), v_div(a, b)));
    v_f64 r = v_select(number, a, v_set(V_NAN));
    while (v_any(large)) {
        v_f64 k = v_sub(v_sub(exponent_field(r), exponent_field(b_normal)), v_set(FMOD_PIECE_BITS));
        v_f64 piece = v_scale(b_normal, v_select(large, k, v_set(0.0)));
        r = v_select(large, fmod_step(r, piece), r);
        large = v_and(large, v_le(v_set(FMOD_LARGE), v_div(r, b)));
    }
    return r;
}

static inline v_f64 math_fmod(v_f64 x, v_f64 y) {
    v_f64 a = v_abs(x), b = v_abs(y), rest = a;
    v_mask special = v_not(v_lt(v_div(a, b), v_set(FMOD_LARGE)));
    if (v_unlikely(v_any(special)))
        rest = v_select(special, fmod_large(a, b), a);
    return v_copysign(v_select(v_lt(a, b), a, fmod_step(rest, b)), x);
}

typedef struct {
    v_f64 quotient, remainder;
} divmod_result;

static inline v_f64 round_to_type(v_f64 a, bool single) {
    return single ? v_round_f32(a) : a;
}

/* Python's divmod as NumPy rounds it, each operation in the type: float32 if single. */
static inline divmod_result divmod(v_f64 x, v_f64 y, bool single) {
    v_f64 zero = v_set(0.0), one = v_set(1.0), m = math_fmod(x, y);
    v_f64 d = round_to_type(v_div(round_to_type(v_sub(x, m), single), y), single);
    v_mask exact = v_eq(m, zero), y_negative = v_lt(y, zero), m_negative = v_lt(m, zero);
    v_mask differ = v_and(v_or(y_negative, m_negative), v_not(v_and(y_negative, m_negative)));
    differ = v_and(differ, v_not(exact));
    m = v_select(differ, round_to_type(v_add(m, y), single), m);
    d = v_select(differ, round_to_type(v_sub(d, one), single), d);
    v_f64 whole = v_floor(d);
    whole = v_select(v_lt(v_set(0.5), v_sub(d, whole)), v_add(whole, one), whole);
    v_f64 plain = v_div(x, y), q = v_select(v_eq(d, zero), v_copysign(zero, plain), whole);
    return (divmod_result){
        .quotient = v_select(v_eq(y, zero), plain, q),
        .remainder = v_select(exact, v_copysign(zero, y), m),
    };
}

static inline v_f64 math_floordiv(v_f64 x, v_f64 y) {
    return divmod(x, y, false).quotient;
}

static inline v_f64 math_mod(v_f64 x, v_f64 y) {
    return divmod(x, y, false).remainder;
}

static inline v_f64 math_floordiv_single(v_f64 x, v_f64 y) {
    return divmod(x, y, true).quotient;
}

static inline v_f64 math_mod_single(v_f64 x, v_f64 y) {
    return divmod(x, y, true).remainder;
}

#endif
