/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of float32 vector math, and its words for one lane. As in core/vecmath/width1.h,
 * the algorithms beside this file use these words and types and nothing else; every word is exact
 * or rounds once as IEEE 754 says, so that every width gives the same bits. Lanes are float32;
 * s_i32 and s_mask have as many lanes.
 *
 *   s_set(c), s_set_i32(c)      a constant in every lane
 *   s_add, s_sub, s_mul, s_div, s_sqrt      IEEE
 *   s_fma(a,b,c) a*b+c   s_fms(a,b,c) a*b-c   s_fnma(a,b,c) c-a*b      rounded once
 *   s_neg, s_abs, s_copysign(magnitude, sign)      bit operations, NaN included
 *   s_min, s_max      a < b ? a : b and a > b ? a : b: the second operand if either is NaN
 *   s_rint, s_floor, s_trunc      IEEE, exact
 *   s_scale(y, n)     y * 2^floor(n), rounded once; |n| <= 250, and y * 2^(n/2) is normal, or y is
 *                     0; any value if y or n is NaN and y NaN then
 *   s_lt, s_le, s_eq, s_ne      IEEE comparisons; s_ne is true for NaN
 *   s_and, s_or, s_not, s_any   of masks; s_any is an int
 *   s_select(m,a,b), s_select_i32     m ? a : b
 *   s_select_set(m,a,b)         the same of two constants, which is cheaper
 *   s_bits, s_from_bits         float32 as int32 and back
 *   s_add_i32, s_sub_i32, s_and_i32, s_or_i32, s_xor_i32      wrap; bitwise
 *   s_shl(a,n), s_shr(a,n), s_shr_signed(a,n)   by a constant; s_shr is logical
 *   s_eq_i32, s_lt_i32          signed comparisons
 *   s_from_i32(a)               to float32, rounded once
 *   s_lookup8(table, i), s_lookup16(table, i)   table[i & 7], table[i & 15]; the table of 8 is
 *                               written twice, so that it can be read as one of 16
 *
 * and the way to float64 and back, for what float32 cannot do: the lanes of a vector are those of
 * two float64 vectors (v_f64, with the words of core/vecmath/width1.h).
 *
 *   s_low(a), s_high(a)         the lower and the higher half of the lanes, widened
 *   s_join(low, high)           the float32 vector of two such halves, rounded once
 *
 * At width 1 both halves are the one lane.
 */
#ifndef EVEX_VECMATH_SINGLE_WIDTH1_H
#define EVEX_VECMATH_SINGLE_WIDTH1_H

#include "core/vecmath/width1.h"

/* Before a function for special lanes. */
#define S_SLOW V_SLOW

typedef struct {
    float lane;
} s_f32;

typedef struct {
    int32_t lane;
} s_i32;

typedef struct {
    bool lane;
} s_mask;

#define S_WORD1(name, expression)                                                                  \
    static inline s_f32 name(s_f32 a) {                                                            \
        return (s_f32){expression};                                                                \
    }
#define S_WORD2(name, expression)                                                                  \
    static inline s_f32 name(s_f32 a, s_f32 b) {                                                   \
        return (s_f32){expression};                                                                \
    }
#define S_WORD3(name, expression)                                                                  \
    static inline s_f32 name(s_f32 a, s_f32 b, s_f32 c) {                                          \
        return (s_f32){expression};                                                                \
    }
#define S_OPERATOR_I32(name, sign)                                                                 \
    static inline s_i32 name(s_i32 a, s_i32 b) {                                                   \
        return (s_i32){(int32_t)((uint32_t)a.lane sign(uint32_t) b.lane)};                         \
    }
#define S_COMPARISON(name, type, sign)                                                             \
    static inline s_mask name(type a, type b) {                                                    \
        return (s_mask){a.lane sign b.lane};                                                       \
    }

static inline s_f32 s_set(float c) {
    return (s_f32){c};
}
static inline s_i32 s_set_i32(int32_t c) {
    return (s_i32){c};
}

S_WORD2(s_add, a.lane + b.lane)
S_WORD2(s_sub, a.lane - b.lane)
S_WORD2(s_mul, a.lane *b.lane)
S_WORD2(s_div, a.lane / b.lane)
S_WORD1(s_sqrt, sqrtf(a.lane))
S_WORD3(s_fma, fmaf(a.lane, b.lane, c.lane))
S_WORD3(s_fms, fmaf(a.lane, b.lane, -c.lane))
S_WORD3(s_fnma, fmaf(-a.lane, b.lane, c.lane))
S_WORD1(s_neg, -a.lane)
S_WORD1(s_abs, fabsf(a.lane))
S_WORD2(s_copysign, copysignf(a.lane, b.lane))
S_WORD2(s_min, a.lane < b.lane ? a.lane : b.lane)
S_WORD2(s_max, a.lane > b.lane ? a.lane : b.lane)
S_WORD1(s_rint, rintf(a.lane))
S_WORD1(s_floor, floorf(a.lane))
S_WORD1(s_trunc, truncf(a.lane))

S_COMPARISON(s_lt, s_f32, <)
S_COMPARISON(s_le, s_f32, <=)
S_COMPARISON(s_eq, s_f32, ==)
S_COMPARISON(s_ne, s_f32, !=)
S_COMPARISON(s_eq_i32, s_i32, ==)
S_COMPARISON(s_lt_i32, s_i32, <)

static inline s_mask s_and(s_mask a, s_mask b) {
    return (s_mask){a.lane & b.lane};
}
static inline s_mask s_or(s_mask a, s_mask b) {
    return (s_mask){a.lane | b.lane};
}
static inline s_mask s_not(s_mask a) {
    return (s_mask){!a.lane};
}
static inline int s_any(s_mask a) {
    return a.lane;
}

static inline s_f32 s_select(s_mask m, s_f32 a, s_f32 b) {
    return m.lane ? a : b;
}
static inline s_f32 s_select_set(s_mask m, float a, float b) {
    return s_set(m.lane ? a : b);
}
static inline s_i32 s_select_i32(s_mask m, s_i32 a, s_i32 b) {
    return m.lane ? a : b;
}

static inline s_i32 s_bits(s_f32 a) {
    s_i32 b;
    memcpy(&b.lane, &a.lane, sizeof b.lane);
    return b;
}

static inline s_f32 s_from_bits(s_i32 a) {
    s_f32 b;
    memcpy(&b.lane, &a.lane, sizeof b.lane);
    return b;
}

S_OPERATOR_I32(s_add_i32, +)
S_OPERATOR_I32(s_sub_i32, -)
S_OPERATOR_I32(s_and_i32, &)
S_OPERATOR_I32(s_or_i32, |)
S_OPERATOR_I32(s_xor_i32, ^)

static inline s_i32 s_shl(s_i32 a, int n) {
    return (s_i32){(int32_t)((uint32_t)a.lane << n)};
}
static inline s_i32 s_shr(s_i32 a, int n) {
    return (s_i32){(int32_t)((uint32_t)a.lane >> n)};
}
/* Bits shifted out of a negative number are those shifted out of its complement. */
static inline s_i32 s_shr_signed(s_i32 a, int n) {
    uint32_t sign = a.lane < 0 ? UINT32_MAX : 0;
    return (s_i32){(int32_t)((((uint32_t)a.lane ^ sign) >> n) ^ sign)};
}

static inline s_f32 s_from_i32(s_i32 a) {
    return (s_f32){(float)a.lane};
}

/* 2^n for |n| <= 126, as a float32 made of its exponent field. */
static inline s_f32 s_power_of_2(int32_t n) {
    return s_from_bits(s_shl(s_set_i32(n + 127), 23));
}

/* In two steps, so that both factors exist; the first product is exact. An n of NaN goes with a y
 * of NaN: any factor will do, but its conversion to an integer must not trap. */
static inline s_f32 s_scale(s_f32 y, s_f32 n) {
    int32_t whole = n.lane == n.lane ? (int32_t)floorf(n.lane) : 0, half = whole / 2;
    return s_mul(s_mul(y, s_power_of_2(half)), s_power_of_2(whole - half));
}

static inline s_f32 s_lookup8(const float *table, s_i32 i) {
    return s_set(table[i.lane & 7]);
}
static inline s_f32 s_lookup16(const float *table, s_i32 i) {
    return s_set(table[i.lane & 15]);
}

static inline v_f64 s_low(s_f32 a) {
    return v_set((double)a.lane);
}
static inline v_f64 s_high(s_f32 a) {
    return s_low(a);
}
static inline s_f32 s_join(v_f64 low, v_f64 high) {
    (void)high;
    return s_set((float)low.lane);
}

#undef S_WORD1
#undef S_WORD2
#undef S_WORD3
#undef S_OPERATOR_I32
#undef S_COMPARISON

#endif
