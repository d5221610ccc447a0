/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary for 512 bits: AVX-512 F, BW, DQ and VL. words.h lists the words. A mask is an
 * integer with a bit a lane. SIMDe 0.7.4 has no masked loads and stores of floats: those are the
 * compiler's.
 */
#ifndef EVEX_EVAL_SIMD_V512_H
#define EVEX_EVAL_SIMD_V512_H

#include <simde/x86/avx512.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(SIMDE_X86_AVX512F_NATIVE) || !defined(SIMDE_X86_AVX512BW_NATIVE) ||                   \
    !defined(SIMDE_X86_AVX512DQ_NATIVE) || !defined(SIMDE_X86_AVX512VL_NATIVE)
#error "v512.h wants -mavx512f -mavx512bw -mavx512dq -mavx512vl: SIMDe would emulate silently"
#endif

#define V_ZEROING_LOAD(x, mask, p) _mm512_maskz_loadu_##x(mask, p)
#define V_MASKED_STORE(x, p, mask, a) _mm512_mask_storeu_##x(p, mask, a)

/* s: suffix, x: SIMDe's, V: vector, C: element, N: lanes, M: mask */
#define V_DEFINE_WIDTH(s, x, V, C, N, M)                                                           \
    typedef V v_##s;                                                                               \
    typedef M v_mask_##s;                                                                          \
    enum { LANES_##s = N };                                                                        \
    V_WORD(V v_set_##s(C a), simde_mm512_set1_##x(a))                                              \
    V_WORD(V v_load_##s(const C *p), simde_mm512_loadu_##x(p))                                     \
    V_WORD(V v_load_part_##s(const C *p, size_t n), V_ZEROING_LOAD(x, (M)((1u << n) - 1), p))      \
    V_ACTION(v_store_##s(C *p, V a), simde_mm512_storeu_##x(p, a))                                 \
    V_ACTION(v_store_part_##s(C *p, V a, size_t n), V_MASKED_STORE(x, p, (M)((1u << n) - 1), a))   \
    V_WORD(V v_add_##s(V a, V b), simde_mm512_add_##x(a, b))                                       \
    V_WORD(V v_sub_##s(V a, V b), simde_mm512_sub_##x(a, b))                                       \
    V_WORD(V v_mul_##s(V a, V b), simde_mm512_mul_##x(a, b))                                       \
    V_WORD(V v_div_##s(V a, V b), simde_mm512_div_##x(a, b))                                       \
    V_WORD(V v_fma_##s(V a, V b, V c), simde_mm512_fmadd_##x(a, b, c))                             \
    V_WORD(V v_sqrt_##s(V a), simde_mm512_sqrt_##x(a))                                             \
    V_WORD(V v_min_##s(V a, V b), simde_mm512_min_##x(a, b))                                       \
    V_WORD(V v_max_##s(V a, V b), simde_mm512_max_##x(a, b))                                       \
    V_WORD(V v_rint_##s(V a), simde_mm512_roundscale_##x(a, SIMDE_MM_FROUND_TO_NEAREST_INT))       \
    V_WORD(V v_floor_##s(V a), simde_mm512_roundscale_##x(a, SIMDE_MM_FROUND_TO_NEG_INF))          \
    V_WORD(V v_ceil_##s(V a), simde_mm512_roundscale_##x(a, SIMDE_MM_FROUND_TO_POS_INF))           \
    V_WORD(V v_trunc_##s(V a), simde_mm512_roundscale_##x(a, SIMDE_MM_FROUND_TO_ZERO))             \
    V_WORD(V v_and_##s(V a, V b), simde_mm512_and_##x(a, b))                                       \
    V_WORD(V v_or_##s(V a, V b), simde_mm512_or_##x(a, b))                                         \
    V_WORD(V v_xor_##s(V a, V b), simde_mm512_xor_##x(a, b))                                       \
    V_WORD(V v_andnot_##s(V a, V b), simde_mm512_andnot_##x(a, b))                                 \
    V_WORD(M v_lt_##s(V a, V b), simde_mm512_cmp_##x##_mask(a, b, SIMDE_CMP_LT_OQ))                \
    V_WORD(M v_unordered_##s(V a, V b), simde_mm512_cmp_##x##_mask(a, b, SIMDE_CMP_UNORD_Q))       \
    V_WORD(V v_select_##s(M m, V a, V b), simde_mm512_mask_blend_##x(m, b, a))

#define V_FMA_IS_FAST 1

#include "eval/simd/words.h"

V_DEFINE_WIDTH(f32, ps, simde__m512, float, 16, simde__mmask16)
V_DEFINE_WIDTH(f64, pd, simde__m512d, double, 8, simde__mmask8)
V_DEFINE_SHUFFLES(f32, simde__m512, simde_mm512_shuffle_ps(a, b, 0x88),
                  simde_mm512_shuffle_ps(a, b, 0xdd), simde_mm512_unpacklo_ps(a, b),
                  simde_mm512_unpackhi_ps(a, b))
V_DEFINE_SHUFFLES(f64, simde__m512d, simde_mm512_unpacklo_pd(a, b), simde_mm512_unpackhi_pd(a, b),
                  simde_mm512_unpacklo_pd(a, b), simde_mm512_unpackhi_pd(a, b))
V_DEFINE_WORDS(f32, float)
V_DEFINE_WORDS(f64, double)

/* SIMDe 0.7.4 lacks these words. */
#define V_HAS_HALVES 1
V_WORD(v_f32 v_load_halves(const uint16_t *p),
       _mm512_cvtph_ps(simde_mm256_loadu_si256((const void *)p)))
V_ACTION(v_store_halves(uint16_t *p, v_f32 a),
         simde_mm256_storeu_si256((void *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT |
                                                                    _MM_FROUND_NO_EXC)))

static inline void v_stream_line(char *to, const char *from) {
    _mm512_stream_si512((void *)to, simde_mm512_loadu_si512(from));
}

#endif
