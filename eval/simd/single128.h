/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/single/ for 128 bits, on SSE2 and NEON through SIMDe;
 * core/vecmath/single/width1.h says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_SINGLE128_H
#define EVEX_EVAL_SIMD_SINGLE128_H

#include "eval/simd/math128.h"

#include "eval/simd/single_words.h"

typedef simde__m128i s_i32;

V_WORD(s_i32 s_bits(s_f32 a), simde_mm_castps_si128(a))
V_WORD(s_f32 s_from_bits(s_i32 a), simde_mm_castsi128_ps(a))

V_WORD(s_f32 s_fms(s_f32 a, s_f32 b, s_f32 c), v_fma_f32(a, b, v_neg_f32(c)))
V_WORD(s_f32 s_fnma(s_f32 a, s_f32 b, s_f32 c), v_fma_f32(v_neg_f32(a), b, c))
/* Spelled out, as NEON's own minimum is NaN if either operand is. */
V_WORD(s_f32 s_min(s_f32 a, s_f32 b), s_select(s_lt(a, b), a, b))
V_WORD(s_f32 s_max(s_f32 a, s_f32 b), s_select(s_lt(b, a), a, b))

V_WORD(s_mask s_le(s_f32 a, s_f32 b), simde_mm_cmple_ps(a, b))
V_WORD(s_mask s_eq(s_f32 a, s_f32 b), simde_mm_cmpeq_ps(a, b))
V_WORD(s_mask s_ne(s_f32 a, s_f32 b), simde_mm_cmpneq_ps(a, b))
V_WORD(s_mask s_eq_i32(s_i32 a, s_i32 b), s_from_bits(simde_mm_cmpeq_epi32(a, b)))
V_WORD(s_mask s_lt_i32(s_i32 a, s_i32 b), s_from_bits(simde_mm_cmplt_epi32(a, b)))
V_WORD(s_mask s_and(s_mask a, s_mask b), simde_mm_and_ps(a, b))
V_WORD(s_mask s_or(s_mask a, s_mask b), simde_mm_or_ps(a, b))
V_WORD(s_mask s_not(s_mask a), simde_mm_xor_ps(a, s_from_bits(simde_mm_set1_epi32(-1))))
V_WORD(int s_any(s_mask a), simde_mm_movemask_ps(a))

V_WORD(s_i32 s_set_i32(int32_t c), simde_mm_set1_epi32(c))
V_WORD(s_i32 s_add_i32(s_i32 a, s_i32 b), simde_mm_add_epi32(a, b))
V_WORD(s_i32 s_sub_i32(s_i32 a, s_i32 b), simde_mm_sub_epi32(a, b))
V_WORD(s_i32 s_and_i32(s_i32 a, s_i32 b), simde_mm_and_si128(a, b))
V_WORD(s_i32 s_or_i32(s_i32 a, s_i32 b), simde_mm_or_si128(a, b))
V_WORD(s_i32 s_xor_i32(s_i32 a, s_i32 b), simde_mm_xor_si128(a, b))
V_WORD(s_i32 s_shl(s_i32 a, unsigned n), simde_mm_sll_epi32(a, simde_mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr(s_i32 a, unsigned n), simde_mm_srl_epi32(a, simde_mm_cvtsi32_si128((int)n)))
V_WORD(s_i32 s_shr_signed(s_i32 a, unsigned n),
       simde_mm_sra_epi32(a, simde_mm_cvtsi32_si128((int)n)))
V_WORD(s_f32 s_select_set(s_mask m, float a, float b), s_select(m, s_set(a), s_set(b)))
V_WORD(s_i32 s_select_i32(s_mask m, s_i32 a, s_i32 b),
       s_bits(s_select(m, s_from_bits(a), s_from_bits(b))))
V_WORD(s_f32 s_from_i32(s_i32 a), simde_mm_cvtepi32_ps(a))

/* y * 2^floor(n) in two steps, so that both factors exist; the first product is exact. Adding
 * 1.5 2^23 to an integer leaves it in the low bits. */
static inline s_f32 s_scale(s_f32 y, s_f32 n) {
    s_i32 rounder = s_bits(s_set(0x1.8p23f)), bias = s_set_i32(127);
    s_i32 whole = s_sub_i32(s_bits(s_add(s_floor(n), s_set(0x1.8p23f))), rounder);
    s_i32 half = s_shr_signed(whole, 1), rest = s_sub_i32(whole, half);
    y = s_mul(y, s_from_bits(s_shl(s_add_i32(half, bias), 23)));
    return s_mul(y, s_from_bits(s_shl(s_add_i32(rest, bias), 23)));
}

static inline s_f32 s_lookup16(const float *table, s_i32 i) {
    int32_t at[4];
    simde_mm_storeu_si128((void *)at, s_and_i32(i, s_set_i32(15)));
    return simde_mm_set_ps(table[at[3]], table[at[2]], table[at[1]], table[at[0]]);
}
V_WORD(s_f32 s_lookup8(const float *table, s_i32 i), s_lookup16(table, i))

V_WORD(v_f64 s_low(s_f32 a), simde_mm_cvtps_pd(a))
V_WORD(v_f64 s_high(s_f32 a), simde_mm_cvtps_pd(simde_mm_movehl_ps(a, a)))
V_WORD(s_f32 s_join(v_f64 low, v_f64 high),
       simde_mm_movelh_ps(simde_mm_cvtpd_ps(low), simde_mm_cvtpd_ps(high)))

#endif
