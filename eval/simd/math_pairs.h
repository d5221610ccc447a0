/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/ for two vectors in lock step. Included by math256.h and math512.h
 * at their end: each word does to both halves of a pair what their word does to a vector, and from
 * then on the words mean pairs.
 *
 * An algorithm is one long chain of dependent operations, and a processor looks ahead too short a
 * way to find the next vector's; lock step puts two chains side by side.
 */
#ifndef EVEX_EVAL_SIMD_MATH_PAIRS_H
#define EVEX_EVAL_SIMD_MATH_PAIRS_H

typedef struct {
    v_f64 a, b;
} pair_f64;

typedef struct {
    v_i64 a, b;
} pair_i64;

typedef struct {
    v_mask a, b;
} pair_mask;

typedef struct {
    pair_f64 c0, c1;
} pair_pair;

typedef struct {
    pair_f64 c0, c1, c2, c3;
} pair_quad;

enum { PAIR_LANES = 2 * LANES_f64 };

/* ---- The words, by what they take ----------------------------------------------------------- */

/* R, W and X: f64, i64 or mask. */
#define PAIR_1(word, R, X)                                                                         \
    static inline pair_##R pair_##word(pair_##X x) {                                               \
        return (pair_##R){v_##word(x.a), v_##word(x.b)};                                           \
    }
#define PAIR_2(word, R, X)                                                                         \
    static inline pair_##R pair_##word(pair_##X x, pair_##X y) {                                   \
        return (pair_##R){v_##word(x.a, y.a), v_##word(x.b, y.b)};                                 \
    }
#define PAIR_3(word, R, W, X)                                                                      \
    static inline pair_##R pair_##word(pair_##W w, pair_##X x, pair_##X y) {                       \
        return (pair_##R){v_##word(w.a, x.a, y.a), v_##word(w.b, x.b, y.b)};                       \
    }
#define PAIR_CONSTANT(word, R, C)                                                                  \
    static inline pair_##R pair_##word(C c) {                                                      \
        return (pair_##R){v_##word(c), v_##word(c)};                                               \
    }
#define PAIR_SHIFT(word)                                                                           \
    static inline pair_i64 pair_##word(pair_i64 x, unsigned n) {                                   \
        return (pair_i64){v_##word(x.a, n), v_##word(x.b, n)};                                     \
    }
#define PAIR_LOOKUP(word, R, C)                                                                    \
    static inline pair_##R pair_##word(const C *table, pair_i64 i) {                               \
        return (pair_##R){v_##word(table, i.a), v_##word(table, i.b)};                             \
    }
#define PAIR_LOAD(word, C)                                                                         \
    static inline pair_f64 pair_##word(const C *p) {                                               \
        return (pair_f64){v_##word(p), v_##word(p + LANES_f64)};                                   \
    }
#define PAIR_STORE(word, C)                                                                        \
    static inline void pair_##word(C *p, pair_f64 x) {                                             \
        v_##word(p, x.a);                                                                          \
        v_##word(p + LANES_f64, x.b);                                                              \
    }

PAIR_LOAD(load_f64, double)
PAIR_LOAD(load_single, float)
PAIR_STORE(store_f64, double)
PAIR_STORE(store_single, float)
PAIR_CONSTANT(set, f64, double)
PAIR_CONSTANT(set_i64, i64, int64_t)
PAIR_2(add, f64, f64)
PAIR_2(sub, f64, f64)
PAIR_2(mul, f64, f64)
PAIR_2(div, f64, f64)
PAIR_1(sqrt, f64, f64)
PAIR_3(fma, f64, f64, f64)
PAIR_3(fms, f64, f64, f64)
PAIR_3(fnma, f64, f64, f64)
PAIR_1(neg, f64, f64)
PAIR_1(abs, f64, f64)
PAIR_2(copysign, f64, f64)
PAIR_2(min, f64, f64)
PAIR_2(max, f64, f64)
PAIR_1(rint, f64, f64)
PAIR_1(floor, f64, f64)
PAIR_1(trunc, f64, f64)
PAIR_2(scale, f64, f64)
PAIR_1(round_f32, f64, f64)
PAIR_2(lt, mask, f64)
PAIR_2(le, mask, f64)
PAIR_2(eq, mask, f64)
PAIR_2(ne, mask, f64)
PAIR_2(and, mask, mask)
PAIR_2(or, mask, mask)
PAIR_1(not, mask, mask)
PAIR_3(select, f64, mask, f64)
PAIR_3(select_i64, i64, mask, i64)
PAIR_1(bits, i64, f64)
PAIR_1(from_bits, f64, i64)
PAIR_2(add_i64, i64, i64)
PAIR_2(sub_i64, i64, i64)
PAIR_2(and_i64, i64, i64)
PAIR_2(or_i64, i64, i64)
PAIR_2(xor_i64, i64, i64)
PAIR_SHIFT(shl)
PAIR_SHIFT(shr)
PAIR_2(shl_by, i64, i64)
PAIR_2(shr_by, i64, i64)
PAIR_2(mul_u32, i64, i64)
PAIR_2(eq_i64, mask, i64)
PAIR_2(lt_i64, mask, i64)
PAIR_1(from_i64, f64, i64)
PAIR_LOOKUP(lookup16, f64, double)
PAIR_LOOKUP(lookup_i64, i64, int64_t)

static inline pair_pair pair_lookup16x2(const v_pairs *table, pair_i64 i) {
    v_pair a = v_lookup16x2(table, i.a), b = v_lookup16x2(table, i.b);
    return (pair_pair){{a.c0, b.c0}, {a.c1, b.c1}};
}

static inline pair_quad pair_lookup16x4(const v_quads *table, pair_i64 i) {
    v_quad a = v_lookup16x4(table, i.a), b = v_lookup16x4(table, i.b);
    return (pair_quad){{a.c0, b.c0}, {a.c1, b.c1}, {a.c2, b.c2}, {a.c3, b.c3}};
}

static inline pair_quad pair_horner16x4(const v_quads *table, int n, pair_i64 i, pair_f64 x) {
    v_quad a = v_horner16x4(table, n, i.a, x.a), b = v_horner16x4(table, n, i.b, x.b);
    return (pair_quad){{a.c0, b.c0}, {a.c1, b.c1}, {a.c2, b.c2}, {a.c3, b.c3}};
}

static inline int pair_any(pair_mask m) {
    return v_any(v_or(m.a, m.b));
}

static inline int pair_all(pair_mask m) {
    return v_all(v_and(m.a, m.b));
}

/* ---- Their names ---------------------------------------------------------------------------- */

#define LANES_f64 PAIR_LANES
#define v_f64 pair_f64
#define v_i64 pair_i64
#define v_mask pair_mask
#define v_pair pair_pair
#define v_quad pair_quad
#define v_load_f64 pair_load_f64
#define v_load_single pair_load_single
#define v_store_f64 pair_store_f64
#define v_store_single pair_store_single
#define v_set pair_set
#define v_set_i64 pair_set_i64
#define v_add pair_add
#define v_sub pair_sub
#define v_mul pair_mul
#define v_div pair_div
#define v_sqrt pair_sqrt
#define v_fma pair_fma
#define v_fms pair_fms
#define v_fnma pair_fnma
#define v_neg pair_neg
#define v_abs pair_abs
#define v_copysign pair_copysign
#define v_min pair_min
#define v_max pair_max
#define v_rint pair_rint
#define v_floor pair_floor
#define v_trunc pair_trunc
#define v_scale pair_scale
#define v_round_f32 pair_round_f32
#define v_lt pair_lt
#define v_le pair_le
#define v_eq pair_eq
#define v_ne pair_ne
#define v_and pair_and
#define v_or pair_or
#define v_not pair_not
#define v_select pair_select
#define v_select_i64 pair_select_i64
#define v_bits pair_bits
#define v_from_bits pair_from_bits
#define v_add_i64 pair_add_i64
#define v_sub_i64 pair_sub_i64
#define v_and_i64 pair_and_i64
#define v_or_i64 pair_or_i64
#define v_xor_i64 pair_xor_i64
#define v_shl pair_shl
#define v_shr pair_shr
#define v_shl_by pair_shl_by
#define v_shr_by pair_shr_by
#define v_mul_u32 pair_mul_u32
#define v_eq_i64 pair_eq_i64
#define v_lt_i64 pair_lt_i64
#define v_from_i64 pair_from_i64
#define v_lookup16 pair_lookup16
#define v_lookup16x2 pair_lookup16x2
#define v_lookup16x4 pair_lookup16x4
#define v_horner16x4 pair_horner16x4
#define v_lookup_i64 pair_lookup_i64
#define v_any pair_any
#define v_all pair_all

#endif
