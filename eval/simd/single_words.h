/* SPDX-License-Identifier: MIT */
/*
 * The words of core/vecmath/single/ (its width1.h lists them) that are words of eval/ under another
 * name. Included by single128.h, single256.h and single512.h after their header for float64; the
 * words on integers, masks, tables and conversions are theirs.
 */
#ifndef EVEX_EVAL_SIMD_SINGLE_WORDS_H
#define EVEX_EVAL_SIMD_SINGLE_WORDS_H

/* Flattened as V_SLOW is not: these ways are seldom taken, but then by whole arrays. */
#if defined(__GNUC__)
#define S_SLOW __attribute__((noinline, flatten, unused))
#else
#define S_SLOW
#endif

typedef v_f32 s_f32;
typedef v_mask_f32 s_mask;

V_WORD(s_f32 s_set(float c), v_set_f32(c))
V_WORD(s_f32 s_load(const float *p), v_load_f32(p))
V_ACTION(s_store(float *p, s_f32 a), v_store_f32(p, a))
V_WORD(s_f32 s_add(s_f32 a, s_f32 b), v_add_f32(a, b))
V_WORD(s_f32 s_sub(s_f32 a, s_f32 b), v_sub_f32(a, b))
V_WORD(s_f32 s_mul(s_f32 a, s_f32 b), v_mul_f32(a, b))
V_WORD(s_f32 s_div(s_f32 a, s_f32 b), v_div_f32(a, b))
V_WORD(s_f32 s_sqrt(s_f32 a), v_sqrt_f32(a))
V_WORD(s_f32 s_fma(s_f32 a, s_f32 b, s_f32 c), v_fma_f32(a, b, c))
V_WORD(s_f32 s_neg(s_f32 a), v_neg_f32(a))
V_WORD(s_f32 s_abs(s_f32 a), v_abs_f32(a))
V_WORD(s_f32 s_copysign(s_f32 a, s_f32 b), v_copysign_f32(a, b))
V_WORD(s_f32 s_rint(s_f32 a), v_rint_f32(a))
V_WORD(s_f32 s_floor(s_f32 a), v_floor_f32(a))
V_WORD(s_f32 s_trunc(s_f32 a), v_trunc_f32(a))
V_WORD(s_mask s_lt(s_f32 a, s_f32 b), v_lt_f32(a, b))
V_WORD(s_f32 s_select(s_mask m, s_f32 a, s_f32 b), v_select_f32(m, a, b))

enum { S_LANES = LANES_f32 };

#endif
