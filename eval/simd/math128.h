/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/ for 128 bits, on SSE2 and NEON through SIMDe;
 * core/vecmath/width1.h says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_MATH128_H
#define EVEX_EVAL_SIMD_MATH128_H

#include <simde/x86/avx2.h>

#include "core/vecmath/quads.h"
#include "eval/simd/v128.h"

#include "eval/simd/math_words.h"

typedef simde__m128i v_i64;

V_WORD(v_i64 v_bits(v_f64 a), simde_mm_castpd_si128(a))
V_WORD(v_f64 v_from_bits(v_i64 a), simde_mm_castsi128_pd(a))

V_WORD(v_f64 v_fms(v_f64 a, v_f64 b, v_f64 c), v_fma_f64(a, b, v_neg_f64(c)))
V_WORD(v_f64 v_fnma(v_f64 a, v_f64 b, v_f64 c), v_fma_f64(v_neg_f64(a), b, c))
/* Spelled out, as NEON's own minimum is NaN if either operand is. */
V_WORD(v_f64 v_min(v_f64 a, v_f64 b), v_select(v_lt(a, b), a, b))
V_WORD(v_f64 v_max(v_f64 a, v_f64 b), v_select(v_lt(b, a), a, b))
V_WORD(v_f64 v_round_f32(v_f64 a), simde_mm_cvtps_pd(simde_mm_cvtpd_ps(a)))
V_WORD(v_f64 v_load_single(const float *p),
       simde_mm_cvtps_pd(simde_mm_castsi128_ps(simde_mm_loadl_epi64((const void *)p))))
V_ACTION(v_store_single(float *p, v_f64 a),
         simde_mm_storel_epi64((void *)p, simde_mm_castps_si128(simde_mm_cvtpd_ps(a))))

V_WORD(v_mask v_le(v_f64 a, v_f64 b), simde_mm_cmple_pd(a, b))
V_WORD(v_mask v_eq(v_f64 a, v_f64 b), simde_mm_cmpeq_pd(a, b))
V_WORD(v_mask v_ne(v_f64 a, v_f64 b), simde_mm_cmpneq_pd(a, b))
V_WORD(v_mask v_eq_i64(v_i64 a, v_i64 b), v_from_bits(simde_mm_cmpeq_epi64(a, b)))
V_WORD(v_mask v_lt_i64(v_i64 a, v_i64 b), v_from_bits(simde_mm_cmpgt_epi64(b, a)))
V_WORD(v_mask v_and(v_mask a, v_mask b), simde_mm_and_pd(a, b))
V_WORD(v_mask v_or(v_mask a, v_mask b), simde_mm_or_pd(a, b))
V_WORD(v_mask v_not(v_mask a), simde_mm_xor_pd(a, v_from_bits(simde_mm_set1_epi64x(-1))))
V_WORD(int v_any(v_mask a), simde_mm_movemask_pd(a))
V_WORD(int v_all(v_mask a), simde_mm_movemask_pd(a) == 3)

V_WORD(v_i64 v_set_i64(int64_t c), simde_mm_set1_epi64x(c))
V_WORD(v_i64 v_add_i64(v_i64 a, v_i64 b), simde_mm_add_epi64(a, b))
V_WORD(v_i64 v_sub_i64(v_i64 a, v_i64 b), simde_mm_sub_epi64(a, b))
V_WORD(v_i64 v_and_i64(v_i64 a, v_i64 b), simde_mm_and_si128(a, b))
V_WORD(v_i64 v_or_i64(v_i64 a, v_i64 b), simde_mm_or_si128(a, b))
V_WORD(v_i64 v_xor_i64(v_i64 a, v_i64 b), simde_mm_xor_si128(a, b))
V_WORD(v_i64 v_shl(v_i64 a, unsigned n), simde_mm_sll_epi64(a, simde_mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_shr(v_i64 a, unsigned n), simde_mm_srl_epi64(a, simde_mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_shl_by(v_i64 a, v_i64 n), simde_mm_sllv_epi64(a, n))
V_WORD(v_i64 v_shr_by(v_i64 a, v_i64 n), simde_mm_srlv_epi64(a, n))
V_WORD(v_i64 v_mul_u32(v_i64 a, v_i64 b), simde_mm_mul_epu32(a, b))
V_WORD(v_i64 v_select_i64(v_mask m, v_i64 a, v_i64 b),
       v_bits(v_select(m, v_from_bits(a), v_from_bits(b))))

/* An integer added to the bits of 1.5 2^52 is added to its value. */
V_WORD(v_f64 v_from_i64(v_i64 a),
       v_sub(v_from_bits(v_add_i64(a, v_bits(v_set(0x1.8p52)))), v_set(0x1.8p52)))

/* y * 2^floor(n) in two steps, so that both factors exist; the first product is exact. */
static inline v_f64 v_scale(v_f64 y, v_f64 n) {
    v_i64 rounder = v_bits(v_set(0x1.8p52)), bias = v_set_i64(1023);
    v_i64 whole = v_sub_i64(v_bits(v_add(v_floor(n), v_set(0x1.8p52))), rounder);
    v_i64 half = simde_mm_srai_epi32(whole, 1), rest = v_sub_i64(whole, half);
    y = v_mul(y, v_from_bits(v_shl(v_add_i64(half, bias), 52)));
    return v_mul(y, v_from_bits(v_shl(v_add_i64(rest, bias), 52)));
}

V_WORD(int64_t v_first_i64(v_i64 a), simde_mm_cvtsi128_si64(a))
V_WORD(int64_t v_second_i64(v_i64 a), simde_mm_cvtsi128_si64(simde_mm_unpackhi_epi64(a, a)))
V_WORD(v_f64 v_lookup16(const double *table, v_i64 i),
       simde_mm_set_pd(table[v_second_i64(i) & 15], table[v_first_i64(i) & 15]))
static inline v_pair v_lookup16x2(const v_pairs *table, v_i64 i) {
    v_f64 p = simde_mm_load_pd(table->row[v_first_i64(i) & 15]);
    v_f64 q = simde_mm_load_pd(table->row[v_second_i64(i) & 15]);
    return (v_pair){simde_mm_unpacklo_pd(p, q), simde_mm_unpackhi_pd(p, q)};
}
static inline v_quad v_lookup16x4(const v_quads *table, v_i64 i) {
    const double *p = table->row[v_first_i64(i) & 15], *q = table->row[v_second_i64(i) & 15];
    v_f64 p0 = simde_mm_loadu_pd(p), p2 = simde_mm_loadu_pd(p + 2);
    v_f64 q0 = simde_mm_loadu_pd(q), q2 = simde_mm_loadu_pd(q + 2);
    return (v_quad){simde_mm_unpacklo_pd(p0, q0), simde_mm_unpackhi_pd(p0, q0),
                    simde_mm_unpacklo_pd(p2, q2), simde_mm_unpackhi_pd(p2, q2)};
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
V_WORD(v_i64 v_lookup_i64(const int64_t *table, v_i64 i),
       simde_mm_set_epi64x(table[v_second_i64(i)], table[v_first_i64(i)]))

#endif
