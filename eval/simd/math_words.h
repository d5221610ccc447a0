/* SPDX-License-Identifier: MIT */
/*
 * The words of core/vecmath/ (core/vecmath/width1.h lists them) that are words of eval/ under a
 * longer name, or made of them. Included by math128.h, math256.h and math512.h after their v128.h,
 * v256.h or v512.h; the words on integers, masks and tables are theirs, and so are two for memory:
 *
 *   v_load_single(p), v_store_single(p, a)   LANES_f64 floats from and to memory; rounded once
 */
#ifndef EVEX_EVAL_SIMD_MATH_WORDS_H
#define EVEX_EVAL_SIMD_MATH_WORDS_H

#if defined(__GNUC__)
#define v_unlikely(x) __builtin_expect((x) != 0, 0)
#define V_SLOW __attribute__((noinline, cold, unused))
#else
#define v_unlikely(x) (x)
#define V_SLOW
#endif

typedef v_mask_f64 v_mask;

typedef struct {
    v_f64 c0, c1;
} v_pair;

typedef struct {
    v_f64 c0, c1, c2, c3;
} v_quad;

V_WORD(v_f64 v_set(double c), v_set_f64(c))
V_WORD(v_f64 v_add(v_f64 a, v_f64 b), v_add_f64(a, b))
V_WORD(v_f64 v_sub(v_f64 a, v_f64 b), v_sub_f64(a, b))
V_WORD(v_f64 v_mul(v_f64 a, v_f64 b), v_mul_f64(a, b))
V_WORD(v_f64 v_div(v_f64 a, v_f64 b), v_div_f64(a, b))
V_WORD(v_f64 v_sqrt(v_f64 a), v_sqrt_f64(a))
V_WORD(v_f64 v_fma(v_f64 a, v_f64 b, v_f64 c), v_fma_f64(a, b, c))
V_WORD(v_f64 v_neg(v_f64 a), v_neg_f64(a))
V_WORD(v_f64 v_abs(v_f64 a), v_abs_f64(a))
V_WORD(v_f64 v_copysign(v_f64 a, v_f64 b), v_copysign_f64(a, b))
V_WORD(v_f64 v_rint(v_f64 a), v_rint_f64(a))
V_WORD(v_f64 v_floor(v_f64 a), v_floor_f64(a))
V_WORD(v_f64 v_trunc(v_f64 a), v_trunc_f64(a))
V_WORD(v_mask v_lt(v_f64 a, v_f64 b), v_lt_f64(a, b))
V_WORD(v_f64 v_select(v_mask m, v_f64 a, v_f64 b), v_select_f64(m, a, b))

#endif
