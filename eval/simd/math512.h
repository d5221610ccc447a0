/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/ for two vectors of 512 bits in lock step; core/vecmath/width1.h
 * says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_MATH512_H
#define EVEX_EVAL_SIMD_MATH512_H

#include "core/vecmath/quads.h"
#include "eval/simd/v512.h"

#include "eval/simd/math_words.h"

typedef __m512i v_i64;

V_WORD(v_f64 v_fms(v_f64 a, v_f64 b, v_f64 c), _mm512_fmsub_pd(a, b, c))
V_WORD(v_f64 v_fnma(v_f64 a, v_f64 b, v_f64 c), _mm512_fnmadd_pd(a, b, c))
V_WORD(v_f64 v_min(v_f64 a, v_f64 b), _mm512_min_pd(a, b))
V_WORD(v_f64 v_max(v_f64 a, v_f64 b), _mm512_max_pd(a, b))
V_WORD(v_f64 v_scale(v_f64 y, v_f64 n), _mm512_scalef_pd(y, n))
V_WORD(v_f64 v_round_f32(v_f64 a), _mm512_cvtps_pd(_mm512_cvtpd_ps(a)))
V_WORD(v_f64 v_load_single(const float *p), _mm512_cvtps_pd(_mm256_loadu_ps(p)))
V_ACTION(v_store_single(float *p, v_f64 a), _mm256_storeu_ps(p, _mm512_cvtpd_ps(a)))

V_WORD(v_mask v_le(v_f64 a, v_f64 b), _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ))
V_WORD(v_mask v_eq(v_f64 a, v_f64 b), _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ))
V_WORD(v_mask v_ne(v_f64 a, v_f64 b), _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ))
V_WORD(v_mask v_eq_i64(v_i64 a, v_i64 b), _mm512_cmpeq_epi64_mask(a, b))
V_WORD(v_mask v_lt_i64(v_i64 a, v_i64 b), _mm512_cmplt_epi64_mask(a, b))
V_WORD(v_mask v_and(v_mask a, v_mask b), (v_mask)(a &b))
V_WORD(v_mask v_or(v_mask a, v_mask b), (v_mask)(a | b))
V_WORD(v_mask v_not(v_mask a), (v_mask)~a)
V_WORD(int v_any(v_mask a), a)
V_WORD(int v_all(v_mask a), a == 0xff)

V_WORD(v_i64 v_set_i64(int64_t c), _mm512_set1_epi64(c))
V_WORD(v_i64 v_bits(v_f64 a), _mm512_castpd_si512(a))
V_WORD(v_f64 v_from_bits(v_i64 a), _mm512_castsi512_pd(a))
V_WORD(v_i64 v_select_i64(v_mask m, v_i64 a, v_i64 b), _mm512_mask_blend_epi64(m, b, a))
V_WORD(v_i64 v_add_i64(v_i64 a, v_i64 b), _mm512_add_epi64(a, b))
V_WORD(v_i64 v_sub_i64(v_i64 a, v_i64 b), _mm512_sub_epi64(a, b))
V_WORD(v_i64 v_and_i64(v_i64 a, v_i64 b), _mm512_and_si512(a, b))
V_WORD(v_i64 v_or_i64(v_i64 a, v_i64 b), _mm512_or_si512(a, b))
V_WORD(v_i64 v_xor_i64(v_i64 a, v_i64 b), _mm512_xor_si512(a, b))
V_WORD(v_i64 v_shl_by(v_i64 a, v_i64 n), _mm512_sllv_epi64(a, n))
V_WORD(v_i64 v_shr_by(v_i64 a, v_i64 n), _mm512_srlv_epi64(a, n))
V_WORD(v_i64 v_shl(v_i64 a, unsigned n), _mm512_sll_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_shr(v_i64 a, unsigned n), _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_mul_u32(v_i64 a, v_i64 b), _mm512_mul_epu32(a, b))
V_WORD(v_f64 v_from_i64(v_i64 a), _mm512_cvtepi64_pd(a))

/* The permutation looks at the low four bits of an index alone. */
V_WORD(v_f64 v_lookup16(const double *table, v_i64 i),
       _mm512_permutex2var_pd(v_load_f64(table), i, v_load_f64(table + 8)))
static inline v_pair v_lookup16x2(const v_pairs *table, v_i64 i) {
    return (v_pair){v_lookup16(table->column[0], i), v_lookup16(table->column[1], i)};
}
static inline v_quad v_lookup16x4(const v_quads *table, v_i64 i) {
    return (v_quad){v_lookup16(table->column[0], i), v_lookup16(table->column[1], i),
                    v_lookup16(table->column[2], i), v_lookup16(table->column[3], i)};
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
V_WORD(v_i64 v_lookup_i64(const int64_t *table, v_i64 i), _mm512_i64gather_epi64(i, table, 8))

#include "eval/simd/math_pairs.h"

#endif
