/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/single/ for two vectors of 512 bits in lock step;
 * core/vecmath/single/width1.h says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_SINGLE512_H
#define EVEX_EVAL_SIMD_SINGLE512_H

#include "eval/simd/math512.h"

#include "eval/simd/single_words.h"

typedef __m512i s_i32;

V_WORD(s_f32 s_fms(s_f32 a, s_f32 b, s_f32 c), _mm512_fmsub_ps(a, b, c))
V_WORD(s_f32 s_fnma(s_f32 a, s_f32 b, s_f32 c), _mm512_fnmadd_ps(a, b, c))
V_WORD(s_f32 s_min(s_f32 a, s_f32 b), _mm512_min_ps(a, b))
V_WORD(s_f32 s_max(s_f32 a, s_f32 b), _mm512_max_ps(a, b))
V_WORD(s_f32 s_scale(s_f32 y, s_f32 n), _mm512_scalef_ps(y, n))

V_WORD(s_mask s_le(s_f32 a, s_f32 b), _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ))
V_WORD(s_mask s_eq(s_f32 a, s_f32 b), _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ))
V_WORD(s_mask s_ne(s_f32 a, s_f32 b), _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ))
V_WORD(s_mask s_eq_i32(s_i32 a, s_i32 b), _mm512_cmpeq_epi32_mask(a, b))
V_WORD(s_mask s_lt_i32(s_i32 a, s_i32 b), _mm512_cmplt_epi32_mask(a, b))
V_WORD(s_mask s_and(s_mask a, s_mask b), (s_mask)(a &b))
V_WORD(s_mask s_or(s_mask a, s_mask b), (s_mask)(a | b))
V_WORD(s_mask s_not(s_mask a), (s_mask)~a)
V_WORD(int s_any(s_mask a), a)

V_WORD(s_i32 s_set_i32(int32_t c), _mm512_set1_epi32(c))
V_WORD(s_i32 s_bits(s_f32 a), _mm512_castps_si512(a))
V_WORD(s_f32 s_from_bits(s_i32 a), _mm512_castsi512_ps(a))
V_WORD(s_f32 s_select_set(s_mask m, float a, float b), s_select(m, s_set(a), s_set(b)))
V_WORD(s_i32 s_select_i32(s_mask m, s_i32 a, s_i32 b), _mm512_mask_blend_epi32(m, b, a))
V_WORD(s_i32 s_add_i32(s_i32 a, s_i32 b), _mm512_add_epi32(a, b))
V_WORD(s_i32 s_sub_i32(s_i32 a, s_i32 b), _mm512_sub_epi32(a, b))
V_WORD(s_i32 s_and_i32(s_i32 a, s_i32 b), _mm512_and_si512(a, b))
V_WORD(s_i32 s_or_i32(s_i32 a, s_i32 b), _mm512_or_si512(a, b))
V_WORD(s_i32 s_xor_i32(s_i32 a, s_i32 b), _mm512_xor_si512(a, b))
V_WORD(s_i32 s_shl(s_i32 a, unsigned n), _mm512_sll_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr(s_i32 a, unsigned n), _mm512_srl_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr_signed(s_i32 a, unsigned n), _mm512_sra_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_f32 s_from_i32(s_i32 a), _mm512_cvtepi32_ps(a))

/* The permutation looks at the low four bits of an index alone. */
V_WORD(s_f32 s_lookup16(const float *table, s_i32 i), _mm512_permutexvar_ps(i, v_load_f32(table)))
V_WORD(s_f32 s_lookup8(const float *table, s_i32 i), s_lookup16(table, i))

static inline pair_f64 s_widen(s_f32 a) {
    return (pair_f64){_mm512_cvtps_pd(_mm512_castps512_ps256(a)),
                      _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1))};
}
static inline s_f32 s_narrow(pair_f64 a) {
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a.a)), _mm512_cvtpd_ps(a.b),
                              1);
}

#include "eval/simd/single_pairs.h"

#endif
