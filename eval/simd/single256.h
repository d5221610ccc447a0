/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/single/ for two vectors of 256 bits in lock step;
 * core/vecmath/single/width1.h says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_SINGLE256_H
#define EVEX_EVAL_SIMD_SINGLE256_H

#include "eval/simd/math256.h"

#include "eval/simd/single_words.h"

typedef __m256i s_i32;

V_WORD(s_i32 s_bits(s_f32 a), _mm256_castps_si256(a))
V_WORD(s_f32 s_from_bits(s_i32 a), _mm256_castsi256_ps(a))

V_WORD(s_f32 s_fms(s_f32 a, s_f32 b, s_f32 c), _mm256_fmsub_ps(a, b, c))
V_WORD(s_f32 s_fnma(s_f32 a, s_f32 b, s_f32 c), _mm256_fnmadd_ps(a, b, c))
V_WORD(s_f32 s_min(s_f32 a, s_f32 b), _mm256_min_ps(a, b))
V_WORD(s_f32 s_max(s_f32 a, s_f32 b), _mm256_max_ps(a, b))

V_WORD(s_mask s_le(s_f32 a, s_f32 b), _mm256_cmp_ps(a, b, _CMP_LE_OQ))
V_WORD(s_mask s_eq(s_f32 a, s_f32 b), _mm256_cmp_ps(a, b, _CMP_EQ_OQ))
V_WORD(s_mask s_ne(s_f32 a, s_f32 b), _mm256_cmp_ps(a, b, _CMP_NEQ_UQ))
V_WORD(s_mask s_eq_i32(s_i32 a, s_i32 b), s_from_bits(_mm256_cmpeq_epi32(a, b)))
V_WORD(s_mask s_lt_i32(s_i32 a, s_i32 b), s_from_bits(_mm256_cmpgt_epi32(b, a)))
V_WORD(s_mask s_and(s_mask a, s_mask b), _mm256_and_ps(a, b))
V_WORD(s_mask s_or(s_mask a, s_mask b), _mm256_or_ps(a, b))
V_WORD(s_mask s_not(s_mask a), _mm256_xor_ps(a, s_from_bits(_mm256_set1_epi32(-1))))
V_WORD(int s_any(s_mask a), _mm256_movemask_ps(a))

V_WORD(s_i32 s_set_i32(int32_t c), _mm256_set1_epi32(c))
/* A blend would take a multiplier's turn. */
V_WORD(s_f32 s_select_set(s_mask m, float a, float b),
       _mm256_xor_ps(s_set(b), _mm256_and_ps(m, _mm256_xor_ps(s_set(a), s_set(b)))))
V_WORD(s_i32 s_select_i32(s_mask m, s_i32 a, s_i32 b), _mm256_blendv_epi8(b, a, s_bits(m)))
V_WORD(s_i32 s_add_i32(s_i32 a, s_i32 b), _mm256_add_epi32(a, b))
V_WORD(s_i32 s_sub_i32(s_i32 a, s_i32 b), _mm256_sub_epi32(a, b))
V_WORD(s_i32 s_and_i32(s_i32 a, s_i32 b), _mm256_and_si256(a, b))
V_WORD(s_i32 s_or_i32(s_i32 a, s_i32 b), _mm256_or_si256(a, b))
V_WORD(s_i32 s_xor_i32(s_i32 a, s_i32 b), _mm256_xor_si256(a, b))
V_WORD(s_i32 s_shl(s_i32 a, unsigned n), _mm256_sll_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr(s_i32 a, unsigned n), _mm256_srl_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr_signed(s_i32 a, unsigned n), _mm256_sra_epi32(a, _mm_cvtsi32_si128((int)n)))
V_WORD(s_f32 s_from_i32(s_i32 a), _mm256_cvtepi32_ps(a))

/* y * 2^floor(n) in two steps, so that both factors exist; the first product is exact. */
static inline s_f32 s_scale(s_f32 y, s_f32 n) {
    s_i32 whole = _mm256_cvtps_epi32(s_floor(n)), bias = s_set_i32(127);
    s_i32 half = s_shr_signed(whole, 1), rest = s_sub_i32(whole, half);
    y = s_mul(y, s_from_bits(s_shl(s_add_i32(half, bias), 23)));
    return s_mul(y, s_from_bits(s_shl(s_add_i32(rest, bias), 23)));
}

/* The permutation looks at the low three bits of an index alone; the blend at the sign, to which
 * the fourth goes. */
V_WORD(s_f32 s_lookup8(const float *table, s_i32 i), _mm256_permutevar8x32_ps(v_load_f32(table), i))
V_WORD(s_f32 s_lookup16(const float *table, s_i32 i),
       s_select(s_from_bits(s_shl(i, 28)), s_lookup8(table + 8, i), s_lookup8(table, i)))

static inline pair_f64 s_widen(s_f32 a) {
    return (pair_f64){_mm256_cvtps_pd(_mm256_castps256_ps128(a)),
                      _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))};
}
static inline s_f32 s_narrow(pair_f64 a) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a.a)), _mm256_cvtpd_ps(a.b),
                                1);
}

#include "eval/simd/single_pairs.h"

#endif
