/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/single/ for two vectors in lock step, as math_pairs.h for float64.
 * Included by single256.h and single512.h at their end: each word does to both halves of a twin
 * what their word does to a vector, and from then on the words mean twins. A float64 pair has as
 * many lanes as one vector of a twin.
 */
#ifndef EVEX_EVAL_SIMD_SINGLE_PAIRS_H
#define EVEX_EVAL_SIMD_SINGLE_PAIRS_H

typedef struct {
    s_f32 a, b;
} twin_f32;

typedef struct {
    s_i32 a, b;
} twin_i32;

typedef struct {
    s_mask a, b;
} twin_mask;

/* ---- The words, by what they take ----------------------------------------------------------- */

/* R, W and X: f32, i32 or mask. */
#define TWIN_1(word, R, X)                                                                         \
    static inline twin_##R twin_##word(twin_##X x) {                                               \
        return (twin_##R){s_##word(x.a), s_##word(x.b)};                                           \
    }
#define TWIN_2(word, R, X)                                                                         \
    static inline twin_##R twin_##word(twin_##X x, twin_##X y) {                                   \
        return (twin_##R){s_##word(x.a, y.a), s_##word(x.b, y.b)};                                 \
    }
#define TWIN_3(word, R, W, X)                                                                      \
    static inline twin_##R twin_##word(twin_##W w, twin_##X x, twin_##X y) {                       \
        return (twin_##R){s_##word(w.a, x.a, y.a), s_##word(w.b, x.b, y.b)};                       \
    }
#define TWIN_CONSTANT(word, R, C)                                                                  \
    static inline twin_##R twin_##word(C c) {                                                      \
        return (twin_##R){s_##word(c), s_##word(c)};                                               \
    }
#define TWIN_SHIFT(word)                                                                           \
    static inline twin_i32 twin_##word(twin_i32 x, unsigned n) {                                   \
        return (twin_i32){s_##word(x.a, n), s_##word(x.b, n)};                                     \
    }
#define TWIN_LOOKUP(word)                                                                          \
    static inline twin_f32 twin_##word(const float *table, twin_i32 i) {                           \
        return (twin_f32){s_##word(table, i.a), s_##word(table, i.b)};                             \
    }

TWIN_CONSTANT(set, f32, float)
TWIN_CONSTANT(set_i32, i32, int32_t)
TWIN_2(add, f32, f32)
TWIN_2(sub, f32, f32)
TWIN_2(mul, f32, f32)
TWIN_2(div, f32, f32)
TWIN_1(sqrt, f32, f32)
TWIN_3(fma, f32, f32, f32)
TWIN_3(fms, f32, f32, f32)
TWIN_3(fnma, f32, f32, f32)
TWIN_1(neg, f32, f32)
TWIN_1(abs, f32, f32)
TWIN_2(copysign, f32, f32)
TWIN_2(min, f32, f32)
TWIN_2(max, f32, f32)
TWIN_1(rint, f32, f32)
TWIN_1(floor, f32, f32)
TWIN_1(trunc, f32, f32)
TWIN_2(scale, f32, f32)
TWIN_2(lt, mask, f32)
TWIN_2(le, mask, f32)
TWIN_2(eq, mask, f32)
TWIN_2(ne, mask, f32)
TWIN_2(and, mask, mask)
TWIN_2(or, mask, mask)
TWIN_1(not, mask, mask)
TWIN_3(select, f32, mask, f32)
TWIN_3(select_i32, i32, mask, i32)
TWIN_1(bits, i32, f32)
TWIN_1(from_bits, f32, i32)
TWIN_2(add_i32, i32, i32)
TWIN_2(sub_i32, i32, i32)
TWIN_2(and_i32, i32, i32)
TWIN_2(or_i32, i32, i32)
TWIN_2(xor_i32, i32, i32)
TWIN_SHIFT(shl)
TWIN_SHIFT(shr)
TWIN_SHIFT(shr_signed)
TWIN_2(eq_i32, mask, i32)
TWIN_2(lt_i32, mask, i32)
TWIN_1(from_i32, f32, i32)
TWIN_LOOKUP(lookup8)
TWIN_LOOKUP(lookup16)

static inline twin_f32 twin_select_set(twin_mask m, float a, float b) {
    return (twin_f32){s_select_set(m.a, a, b), s_select_set(m.b, a, b)};
}
static inline twin_f32 twin_load(const float *p) {
    return (twin_f32){s_load(p), s_load(p + LANES_f32)};
}
static inline void twin_store(float *p, twin_f32 x) {
    s_store(p, x.a);
    s_store(p + LANES_f32, x.b);
}
static inline int twin_any(twin_mask m) {
    return s_any(s_or(m.a, m.b));
}

static inline pair_f64 twin_low(twin_f32 x) {
    return s_widen(x.a);
}
static inline pair_f64 twin_high(twin_f32 x) {
    return s_widen(x.b);
}
static inline twin_f32 twin_join(pair_f64 low, pair_f64 high) {
    return (twin_f32){s_narrow(low), s_narrow(high)};
}

enum { TWIN_LANES = 2 * LANES_f32 };

/* ---- Their names ---------------------------------------------------------------------------- */

#define S_LANES TWIN_LANES
#define s_f32 twin_f32
#define s_i32 twin_i32
#define s_mask twin_mask
#define s_load twin_load
#define s_store twin_store
#define s_any twin_any
#define s_low twin_low
#define s_high twin_high
#define s_join twin_join
#define s_set twin_set
#define s_set_i32 twin_set_i32
#define s_add twin_add
#define s_sub twin_sub
#define s_mul twin_mul
#define s_div twin_div
#define s_sqrt twin_sqrt
#define s_fma twin_fma
#define s_fms twin_fms
#define s_fnma twin_fnma
#define s_neg twin_neg
#define s_abs twin_abs
#define s_copysign twin_copysign
#define s_min twin_min
#define s_max twin_max
#define s_rint twin_rint
#define s_floor twin_floor
#define s_trunc twin_trunc
#define s_scale twin_scale
#define s_lt twin_lt
#define s_le twin_le
#define s_eq twin_eq
#define s_ne twin_ne
#define s_and twin_and
#define s_or twin_or
#define s_not twin_not
#define s_select twin_select
#define s_select_set twin_select_set
#define s_select_i32 twin_select_i32
#define s_bits twin_bits
#define s_from_bits twin_from_bits
#define s_add_i32 twin_add_i32
#define s_sub_i32 twin_sub_i32
#define s_and_i32 twin_and_i32
#define s_or_i32 twin_or_i32
#define s_xor_i32 twin_xor_i32
#define s_shl twin_shl
#define s_shr twin_shr
#define s_shr_signed twin_shr_signed
#define s_eq_i32 twin_eq_i32
#define s_lt_i32 twin_lt_i32
#define s_from_i32 twin_from_i32
#define s_lookup8 twin_lookup8
#define s_lookup16 twin_lookup16

#endif
