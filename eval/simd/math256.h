/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/ for two vectors of 256 bits in lock step; core/vecmath/width1.h
 * says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_MATH256_H
#define EVEX_EVAL_SIMD_MATH256_H

#include "eval/simd/v256.h"

#include "eval/simd/math_words.h"

typedef __m256i v_i64;

V_WORD(v_i64 v_bits(v_f64 a), _mm256_castpd_si256(a))
V_WORD(v_f64 v_from_bits(v_i64 a), _mm256_castsi256_pd(a))

V_WORD(v_f64 v_fms(v_f64 a, v_f64 b, v_f64 c), _mm256_fmsub_pd(a, b, c))
V_WORD(v_f64 v_fnma(v_f64 a, v_f64 b, v_f64 c), _mm256_fnmadd_pd(a, b, c))
V_WORD(v_f64 v_min(v_f64 a, v_f64 b), _mm256_min_pd(a, b))
V_WORD(v_f64 v_max(v_f64 a, v_f64 b), _mm256_max_pd(a, b))
V_WORD(v_f64 v_round_f32(v_f64 a), _mm256_cvtps_pd(_mm256_cvtpd_ps(a)))
V_WORD(v_f64 v_load_single(const float *p), _mm256_cvtps_pd(_mm_loadu_ps(p)))
V_ACTION(v_store_single(float *p, v_f64 a), _mm_storeu_ps(p, _mm256_cvtpd_ps(a)))

V_WORD(v_mask v_le(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_LE_OQ))
V_WORD(v_mask v_eq(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_EQ_OQ))
V_WORD(v_mask v_ne(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_NEQ_UQ))
V_WORD(v_mask v_eq_i64(v_i64 a, v_i64 b), v_from_bits(_mm256_cmpeq_epi64(a, b)))
V_WORD(v_mask v_lt_i64(v_i64 a, v_i64 b), v_from_bits(_mm256_cmpgt_epi64(b, a)))
V_WORD(v_mask v_and(v_mask a, v_mask b), _mm256_and_pd(a, b))
V_WORD(v_mask v_or(v_mask a, v_mask b), _mm256_or_pd(a, b))
V_WORD(v_mask v_not(v_mask a), _mm256_xor_pd(a, v_from_bits(_mm256_set1_epi64x(-1))))
V_WORD(int v_any(v_mask a), _mm256_movemask_pd(a))

V_WORD(v_i64 v_set_i64(int64_t c), _mm256_set1_epi64x(c))
V_WORD(v_i64 v_select_i64(v_mask m, v_i64 a, v_i64 b), _mm256_blendv_epi8(b, a, v_bits(m)))
V_WORD(v_i64 v_add_i64(v_i64 a, v_i64 b), _mm256_add_epi64(a, b))
V_WORD(v_i64 v_sub_i64(v_i64 a, v_i64 b), _mm256_sub_epi64(a, b))
V_WORD(v_i64 v_and_i64(v_i64 a, v_i64 b), _mm256_and_si256(a, b))
V_WORD(v_i64 v_or_i64(v_i64 a, v_i64 b), _mm256_or_si256(a, b))
V_WORD(v_i64 v_xor_i64(v_i64 a, v_i64 b), _mm256_xor_si256(a, b))
V_WORD(v_i64 v_shl_by(v_i64 a, v_i64 n), _mm256_sllv_epi64(a, n))
V_WORD(v_i64 v_shr_by(v_i64 a, v_i64 n), _mm256_srlv_epi64(a, n))
V_WORD(v_i64 v_shl(v_i64 a, unsigned n), _mm256_sll_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_shr(v_i64 a, unsigned n), _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_mul_u32(v_i64 a, v_i64 b), _mm256_mul_epu32(a, b))

/* An integer added to the bits of 1.5 2^52 is added to its value. */
V_WORD(v_f64 v_from_i64(v_i64 a),
       v_sub(v_from_bits(v_add_i64(a, v_bits(v_set(0x1.8p52)))), v_set(0x1.8p52)))

/* y * 2^floor(n) in two steps, so that both factors exist; the first product is exact. */
static inline v_f64 v_scale(v_f64 y, v_f64 n) {
    v_i64 rounder = v_bits(v_set(0x1.8p52)), bias = v_set_i64(1023);
    v_i64 whole = v_sub_i64(v_bits(v_add(v_floor(n), v_set(0x1.8p52))), rounder);
    v_i64 half = _mm256_srai_epi32(whole, 1), rest = v_sub_i64(whole, half);
    y = v_mul(y, v_from_bits(v_shl(v_add_i64(half, bias), 52)));
    return v_mul(y, v_from_bits(v_shl(v_add_i64(rest, bias), 52)));
}

V_WORD(v_f64 v_lookup16(const double *table, v_i64 i),
       _mm256_i64gather_pd(table, v_and_i64(i, v_set_i64(15)), 8))
V_WORD(v_i64 v_lookup_i64(const int64_t *table, v_i64 i),
       _mm256_i64gather_epi64((const long long *)table, i, 8))

#include "eval/simd/math_pairs.h"

#endif
