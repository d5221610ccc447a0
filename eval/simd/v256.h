/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary for 256 bits: AVX2, FMA and F16C. words.h lists the words. A mask is a vector of
 * all-ones and all-zeros lanes. Only for x86: SIMDe 0.7.4's 256-bit fma is not fused on Arm.
 */
#ifndef EVEX_EVAL_SIMD_V256_H
#define EVEX_EVAL_SIMD_V256_H

#include <simde/x86/avx2.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(SIMDE_X86_AVX2_NATIVE) || !defined(SIMDE_X86_FMA_NATIVE) || !defined(__F16C__)
#error "v256.h wants -mavx2 -mfma -mf16c: SIMDe would emulate silently"
#endif

/* 32 bytes read n elements of `bytes` before the middle select the first n lanes. */
static const int32_t v_first_lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

static inline simde__m256i v_first(size_t n, size_t bytes) {
    const char *middle = (const char *)(v_first_lanes + 8);
    return simde_mm256_loadu_si256((const void *)(middle - n * bytes));
}

/* s: suffix, x: SIMDe's, V: vector, C: element, N: lanes */
#define V_DEFINE_WIDTH(s, x, V, C, N)                                                              \
    typedef V v_##s;                                                                               \
    typedef V v_mask_##s;                                                                          \
    enum { LANES_##s = N };                                                                        \
    V_WORD(V v_set_##s(C a), simde_mm256_set1_##x(a))                                              \
    V_WORD(V v_load_##s(const C *p), simde_mm256_loadu_##x(p))                                     \
    V_WORD(V v_load_part_##s(const C *p, size_t n),                                                \
           simde_mm256_maskload_##x(p, v_first(n, sizeof(C))))                                     \
    V_ACTION(v_store_##s(C *p, V a), simde_mm256_storeu_##x(p, a))                                 \
    V_ACTION(v_store_part_##s(C *p, V a, size_t n),                                                \
             simde_mm256_maskstore_##x(p, v_first(n, sizeof(C)), a))                               \
    V_WORD(V v_add_##s(V a, V b), simde_mm256_add_##x(a, b))                                       \
    V_WORD(V v_sub_##s(V a, V b), simde_mm256_sub_##x(a, b))                                       \
    V_WORD(V v_mul_##s(V a, V b), simde_mm256_mul_##x(a, b))                                       \
    V_WORD(V v_div_##s(V a, V b), simde_mm256_div_##x(a, b))                                       \
    V_WORD(V v_fma_##s(V a, V b, V c), simde_mm256_fmadd_##x(a, b, c))                             \
    V_WORD(V v_sqrt_##s(V a), simde_mm256_sqrt_##x(a))                                             \
    V_WORD(V v_min_##s(V a, V b), simde_mm256_min_##x(a, b))                                       \
    V_WORD(V v_max_##s(V a, V b), simde_mm256_max_##x(a, b))                                       \
    V_WORD(V v_rint_##s(V a), simde_mm256_round_##x(a, SIMDE_MM_FROUND_TO_NEAREST_INT))            \
    V_WORD(V v_floor_##s(V a), simde_mm256_round_##x(a, SIMDE_MM_FROUND_TO_NEG_INF))               \
    V_WORD(V v_ceil_##s(V a), simde_mm256_round_##x(a, SIMDE_MM_FROUND_TO_POS_INF))                \
    V_WORD(V v_trunc_##s(V a), simde_mm256_round_##x(a, SIMDE_MM_FROUND_TO_ZERO))                  \
    V_WORD(V v_and_##s(V a, V b), simde_mm256_and_##x(a, b))                                       \
    V_WORD(V v_or_##s(V a, V b), simde_mm256_or_##x(a, b))                                         \
    V_WORD(V v_xor_##s(V a, V b), simde_mm256_xor_##x(a, b))                                       \
    V_WORD(V v_andnot_##s(V a, V b), simde_mm256_andnot_##x(a, b))                                 \
    V_WORD(V v_lt_##s(V a, V b), simde_mm256_cmp_##x(a, b, SIMDE_CMP_LT_OQ))                       \
    V_WORD(V v_unordered_##s(V a, V b), simde_mm256_cmp_##x(a, b, SIMDE_CMP_UNORD_Q))              \
    V_WORD(V v_select_##s(V m, V a, V b), simde_mm256_blendv_##x(b, a, m))

#define V_FMA_IS_FAST 1

#include "eval/simd/words.h"

V_DEFINE_WIDTH(f32, ps, simde__m256, float, 8)
V_DEFINE_WIDTH(f64, pd, simde__m256d, double, 4)
V_DEFINE_SHUFFLES(f32, simde__m256, simde_mm256_shuffle_ps(a, b, 0x88),
                  simde_mm256_shuffle_ps(a, b, 0xdd), simde_mm256_unpacklo_ps(a, b),
                  simde_mm256_unpackhi_ps(a, b))
V_DEFINE_SHUFFLES(f64, simde__m256d, simde_mm256_unpacklo_pd(a, b), simde_mm256_unpackhi_pd(a, b),
                  simde_mm256_unpacklo_pd(a, b), simde_mm256_unpackhi_pd(a, b))
V_DEFINE_WORDS(f32, float)
V_DEFINE_WORDS(f64, double)

#define V_HAS_HALVES 1
V_WORD(v_f32 v_load_halves(const uint16_t *p),
       simde_mm256_cvtph_ps(simde_mm_loadu_si128((const void *)p)))
V_ACTION(v_store_halves(uint16_t *p, v_f32 a),
         simde_mm_storeu_si128((void *)p,
                               _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)))

static inline void v_stream_line(char *to, const char *from) {
    const simde__m256i *source = (const void *)from;
    simde__m256i *line = (void *)to;
    const simde__m256i a = simde_mm256_loadu_si256(source), b = simde_mm256_loadu_si256(source + 1);
    simde_mm256_stream_si256(line, a);
    simde_mm256_stream_si256(line + 1, b);
}

#endif
