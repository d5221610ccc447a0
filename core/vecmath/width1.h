/* SPDX-License-Identifier: MIT */
/*
 * The vector vocabulary, and its words for one lane. The algorithms beside this file use these
 * words and types and nothing else, so that another header with the same words compiles them for
 * 128, 256 or 512 bits, or records them; the bits are the same because every word is exact or
 * rounds once as IEEE 754 says, to nearest, ties to even. Lanes are float64; v_i64 and v_mask have
 * as many lanes. The types are structs so that no C operator slips into an algorithm.
 *
 *   v_set(c), v_set_i64(c)      a constant in every lane
 *   v_add, v_sub, v_mul, v_div, v_sqrt      IEEE
 *   v_fma(a,b,c) a*b+c   v_fms(a,b,c) a*b-c   v_fnma(a,b,c) c-a*b      rounded once
 *   v_neg, v_abs, v_copysign(magnitude, sign)      bit operations, NaN included
 *   v_min, v_max      a < b ? a : b and a > b ? a : b: the second operand if either is NaN
 *   v_rint, v_floor, v_trunc      IEEE, exact
 *   v_scale(y, n)     y * 2^floor(n), rounded once; |n| <= 2040, and y * 2^(n/2) is normal, or y is
 *                     0; any value if y or n is NaN and y NaN then
 *   v_round_f32(a)    to float32 and back; rounded once
 *   v_lt, v_le, v_eq, v_ne      IEEE comparisons; v_ne is true for NaN
 *   v_and, v_or, v_not, v_any, v_all   of masks; the last two are ints
 *   v_select(m,a,b), v_select_i64     m ? a : b
 *   v_bits, v_from_bits      float64 as int64 and back
 *   v_add_i64, v_sub_i64, v_and_i64, v_or_i64, v_xor_i64      wrap; bitwise
 *   v_shl(a,n), v_shr(a,n)   by a constant; v_shr is logical
 *   v_shl_by(a,b), v_shr_by(a,b)      by a lane's own count, 0..63; logical
 *   v_mul_u32(a,b)           low 32 bits times low 32 bits, 64-bit product
 *   v_eq_i64, v_lt_i64       signed comparisons
 *   v_from_i64(a)            to float64; exact, |a| < 2^51
 *   v_lookup16(table, i)     table[i & 15], of 16 doubles
 *   v_lookup16x2(table, i), v_lookup16x4(table, i)    the entries of row i & 15 of a table of
 *                            quads.h
 *   v_horner16x4(table, n, i, x)     the sum over k below n of x^k times
 *                            v_lookup16x4(table + k, i), by Horner's rule with v_fma; n >= 1
 *   v_lookup_i64(table, i)   table[i], of int64_t
 */
#ifndef EVEX_VECMATH_WIDTH1_H
#define EVEX_VECMATH_WIDTH1_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/vecmath/quads.h"

typedef struct {
    double lane;
} v_f64;

typedef struct {
    int64_t lane;
} v_i64;

typedef struct {
    bool lane;
} v_mask;

typedef struct {
    v_f64 c0, c1;
} v_pair;

typedef struct {
    v_f64 c0, c1, c2, c3;
} v_quad;

#if defined(__GNUC__)
#define v_unlikely(x) __builtin_expect((x) != 0, 0)
#define V_SLOW __attribute__((noinline, cold))
#else
#define v_unlikely(x) (x)
#define V_SLOW
#endif

#define V_WORD1(name, expression)                                                                  \
    static inline v_f64 name(v_f64 a) {                                                            \
        return (v_f64){expression};                                                                \
    }
#define V_WORD2(name, expression)                                                                  \
    static inline v_f64 name(v_f64 a, v_f64 b) {                                                   \
        return (v_f64){expression};                                                                \
    }
#define V_WORD3(name, expression)                                                                  \
    static inline v_f64 name(v_f64 a, v_f64 b, v_f64 c) {                                          \
        return (v_f64){expression};                                                                \
    }
#define V_OPERATOR(name, sign)                                                                     \
    static inline v_f64 name(v_f64 a, v_f64 b) {                                                   \
        return (v_f64){a.lane sign b.lane};                                                        \
    }
#define V_OPERATOR_I64(name, sign)                                                                 \
    static inline v_i64 name(v_i64 a, v_i64 b) {                                                   \
        return (v_i64){(int64_t)((uint64_t)a.lane sign(uint64_t) b.lane)};                         \
    }
#define V_COMPARISON(name, type, sign)                                                             \
    static inline v_mask name(type a, type b) {                                                    \
        return (v_mask){a.lane sign b.lane};                                                       \
    }

static inline v_f64 v_set(double c) {
    return (v_f64){c};
}
static inline v_i64 v_set_i64(int64_t c) {
    return (v_i64){c};
}

V_OPERATOR(v_add, +)
V_OPERATOR(v_sub, -)
V_OPERATOR(v_mul, *)
V_OPERATOR(v_div, /)
V_WORD1(v_sqrt, sqrt(a.lane))
V_WORD3(v_fma, fma(a.lane, b.lane, c.lane))
V_WORD3(v_fms, fma(a.lane, b.lane, -c.lane))
V_WORD3(v_fnma, fma(-a.lane, b.lane, c.lane))
V_WORD1(v_neg, -a.lane)
V_WORD1(v_abs, fabs(a.lane))
V_WORD2(v_copysign, copysign(a.lane, b.lane))
V_WORD2(v_min, a.lane < b.lane ? a.lane : b.lane)
V_WORD2(v_max, a.lane > b.lane ? a.lane : b.lane)
V_WORD1(v_rint, rint(a.lane))
V_WORD1(v_floor, floor(a.lane))
V_WORD1(v_trunc, trunc(a.lane))
V_WORD1(v_round_f32, (double)(float)a.lane)

V_COMPARISON(v_lt, v_f64, <)
V_COMPARISON(v_le, v_f64, <=)
V_COMPARISON(v_eq, v_f64, ==)
V_COMPARISON(v_ne, v_f64, !=)
V_COMPARISON(v_eq_i64, v_i64, ==)
V_COMPARISON(v_lt_i64, v_i64, <)

static inline v_mask v_and(v_mask a, v_mask b) {
    return (v_mask){a.lane & b.lane};
}
static inline v_mask v_or(v_mask a, v_mask b) {
    return (v_mask){a.lane | b.lane};
}
static inline v_mask v_not(v_mask a) {
    return (v_mask){!a.lane};
}
static inline int v_any(v_mask a) {
    return a.lane;
}
static inline int v_all(v_mask a) {
    return a.lane;
}

static inline v_f64 v_select(v_mask m, v_f64 a, v_f64 b) {
    return m.lane ? a : b;
}
static inline v_i64 v_select_i64(v_mask m, v_i64 a, v_i64 b) {
    return m.lane ? a : b;
}

static inline v_i64 v_bits(v_f64 a) {
    v_i64 b;
    memcpy(&b.lane, &a.lane, sizeof b.lane);
    return b;
}

static inline v_f64 v_from_bits(v_i64 a) {
    v_f64 b;
    memcpy(&b.lane, &a.lane, sizeof b.lane);
    return b;
}

V_OPERATOR_I64(v_add_i64, +)
V_OPERATOR_I64(v_sub_i64, -)
V_OPERATOR_I64(v_and_i64, &)
V_OPERATOR_I64(v_or_i64, |)
V_OPERATOR_I64(v_xor_i64, ^)
V_OPERATOR_I64(v_shl_by, <<)
V_OPERATOR_I64(v_shr_by, >>)

static inline v_i64 v_mul_u32(v_i64 a, v_i64 b) {
    uint64_t low_a = (uint32_t)a.lane, low_b = (uint32_t)b.lane;
    return (v_i64){(int64_t)(low_a * low_b)};
}

static inline v_i64 v_shl(v_i64 a, int n) {
    return (v_i64){(int64_t)((uint64_t)a.lane << n)};
}
static inline v_i64 v_shr(v_i64 a, int n) {
    return (v_i64){(int64_t)((uint64_t)a.lane >> n)};
}

static inline v_f64 v_from_i64(v_i64 a) {
    return (v_f64){(double)a.lane};
}

/* 2^n for |n| <= 1022, as a float64 made of its exponent field. */
static inline v_f64 v_power_of_2(int64_t n) {
    return v_from_bits(v_set_i64((int64_t)((uint64_t)(n + 1023) << 52)));
}

/* In two steps, so that both factors exist; the first product is exact. An n of NaN goes with a y
 * of NaN: any factor will do, but its conversion to an integer must not trap. */
static inline v_f64 v_scale(v_f64 y, v_f64 n) {
    int64_t whole = n.lane == n.lane ? (int64_t)floor(n.lane) : 0, half = whole / 2;
    return v_mul(v_mul(y, v_power_of_2(half)), v_power_of_2(whole - half));
}

static inline v_f64 v_lookup16(const double *table, v_i64 i) {
    return v_set(table[i.lane & 15]);
}
static inline v_pair v_lookup16x2(const v_pairs *table, v_i64 i) {
    const double *row = table->row[i.lane & 15];
    return (v_pair){v_set(row[0]), v_set(row[1])};
}
static inline v_quad v_lookup16x4(const v_quads *table, v_i64 i) {
    const double *row = table->row[i.lane & 15];
    return (v_quad){v_set(row[0]), v_set(row[1]), v_set(row[2]), v_set(row[3])};
}
static inline v_quad v_horner16x4(const v_quads *table, int n, v_i64 i, v_f64 x) {
    v_quad sum = v_lookup16x4(table + n - 1, i);
    for (int k = n - 2; k >= 0; k--) {
        v_quad c = v_lookup16x4(table + k, i);
        sum = (v_quad){v_fma(sum.c0, x, c.c0), v_fma(sum.c1, x, c.c1), v_fma(sum.c2, x, c.c2),
                       v_fma(sum.c3, x, c.c3)};
    }
    return sum;
}
static inline v_i64 v_lookup_i64(const int64_t *table, v_i64 i) {
    return v_set_i64(table[i.lane]);
}

#undef V_WORD1
#undef V_WORD2
#undef V_WORD3
#undef V_OPERATOR
#undef V_OPERATOR_I64
#undef V_COMPARISON

#endif
