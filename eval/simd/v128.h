/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary for 128 bits: SSE2 on x86, NEON on Arm through SIMDe. words.h lists the words. A
 * mask is a vector of all-ones and all-zeros lanes.
 *
 * Two words of SIMDe 0.7.4 would give other bits and are avoided: fma without hardware rounds
 * twice, and rounding to nearest on Arm takes ties away from zero.
 */
#ifndef EVEX_EVAL_SIMD_V128_H
#define EVEX_EVAL_SIMD_V128_H

#include <math.h>
#include <simde/x86/fma.h>
#include <simde/x86/sse4.1.h>
#include <stddef.h>
#include <string.h>

#if !defined(SIMDE_X86_SSE2_NATIVE) && !defined(SIMDE_ARM_NEON_A64V8_NATIVE)
#error "v128.h wants SSE2 or AArch64's NEON: SIMDe would emulate silently"
#endif

/* s: suffix, x: SIMDe's, V: vector, C: element, N: lanes */
#define V_DEFINE_WIDTH(s, x, V, C, N)                                                              \
    typedef V v_##s;                                                                               \
    typedef V v_mask_##s;                                                                          \
    enum { LANES_##s = N };                                                                        \
    V_WORD(V v_set_##s(C a), simde_mm_set1_##x(a))                                                 \
    V_WORD(V v_load_##s(const C *p), simde_mm_loadu_##x(p))                                        \
    static inline V v_load_part_##s(const C *p, size_t n) {                                        \
        C padded[N] = {0};                                                                         \
        memcpy(padded, p, n * sizeof(C));                                                          \
        return v_load_##s(padded);                                                                 \
    }                                                                                              \
    V_ACTION(v_store_##s(C *p, V a), simde_mm_storeu_##x(p, a))                                    \
    static inline void v_store_part_##s(C *p, V a, size_t n) {                                     \
        C padded[N];                                                                               \
        v_store_##s(padded, a);                                                                    \
        memcpy(p, padded, n * sizeof(C));                                                          \
    }                                                                                              \
    V_WORD(V v_add_##s(V a, V b), simde_mm_add_##x(a, b))                                          \
    V_WORD(V v_sub_##s(V a, V b), simde_mm_sub_##x(a, b))                                          \
    V_WORD(V v_mul_##s(V a, V b), simde_mm_mul_##x(a, b))                                          \
    V_WORD(V v_div_##s(V a, V b), simde_mm_div_##x(a, b))                                          \
    V_WORD(V v_sqrt_##s(V a), simde_mm_sqrt_##x(a))                                                \
    V_WORD(V v_min_##s(V a, V b), simde_mm_min_##x(a, b))                                          \
    V_WORD(V v_max_##s(V a, V b), simde_mm_max_##x(a, b))                                          \
    V_WORD(V v_and_##s(V a, V b), simde_mm_and_##x(a, b))                                          \
    V_WORD(V v_or_##s(V a, V b), simde_mm_or_##x(a, b))                                            \
    V_WORD(V v_xor_##s(V a, V b), simde_mm_xor_##x(a, b))                                          \
    V_WORD(V v_andnot_##s(V a, V b), simde_mm_andnot_##x(a, b))                                    \
    V_WORD(V v_lt_##s(V a, V b), simde_mm_cmplt_##x(a, b))                                         \
    V_WORD(V v_unordered_##s(V a, V b), simde_mm_cmpunord_##x(a, b))                               \
    V_WORD(V v_select_##s(V m, V a, V b), v_or_##s(v_and_##s(m, a), v_andnot_##s(m, b)))

#if defined(SIMDE_ARM_NEON_A64V8_NATIVE)
#define V_FMA_IS_FAST 1
#define V_DEFINE_FUSED(s, x, V, C, N, m)                                                           \
    V_WORD(V v_fma_##s(V a, V b, V c), simde_mm_fmadd_##x(a, b, c))
#define V_DEFINE_ROUNDING(s, x, V, C, N, digits)                                                   \
    V_WORD(V v_rint_##s(V a), simde_mm_round_##x(a, SIMDE_MM_FROUND_CUR_DIRECTION))                \
    V_WORD(V v_floor_##s(V a), simde_mm_round_##x(a, SIMDE_MM_FROUND_TO_NEG_INF))                  \
    V_WORD(V v_ceil_##s(V a), simde_mm_round_##x(a, SIMDE_MM_FROUND_TO_POS_INF))                   \
    V_WORD(V v_trunc_##s(V a), simde_mm_round_##x(a, SIMDE_MM_FROUND_TO_ZERO))
#else
#define V_FMA_IS_FAST 0
/* The C library's fma is correctly rounded on any hardware. */
#define V_DEFINE_FUSED(s, x, V, C, N, m)                                                           \
    static inline V v_fma_##s(V a, V b, V c) {                                                     \
        C x[N], y[N], z[N];                                                                        \
        v_store_##s(x, a);                                                                         \
        v_store_##s(y, b);                                                                         \
        v_store_##s(z, c);                                                                         \
        for (int i = 0; i < N; i++)                                                                \
            z[i] = fma##m(x[i], y[i], z[i]);                                                       \
        return v_load_##s(z);                                                                      \
    }
/*
 * SSE2 has no rounding instruction. Adding and subtracting limit = 2^(digits - 1), beyond which
 * every float is integral, rounds a smaller magnitude to nearest even; the sign is put back for the
 * zeros.
 */
#define V_DEFINE_ROUNDING(s, x, V, C, N, digits)                                                   \
    static inline V v_with_sign_##s(V a, V sign_of) {                                              \
        const V sign = v_set_##s((C)-0.0);                                                         \
        return v_or_##s(v_andnot_##s(sign, a), v_and_##s(sign, sign_of));                          \
    }                                                                                              \
    static inline V v_rint_##s(V a) {                                                              \
        const V limit = v_set_##s((C)(1LL << (digits - 1)));                                       \
        const V size = v_andnot_##s(v_set_##s((C)-0.0), a);                                        \
        const V rounded = v_sub_##s(v_add_##s(size, limit), limit);                                \
        return v_select_##s(v_lt_##s(size, limit), v_with_sign_##s(rounded, a), a);                \
    }                                                                                              \
    static inline V v_floor_##s(V a) {                                                             \
        const V near = v_rint_##s(a);                                                              \
        const V excess = v_and_##s(v_lt_##s(a, near), v_set_##s(1));                               \
        return v_with_sign_##s(v_sub_##s(near, excess), a);                                        \
    }                                                                                              \
    static inline V v_ceil_##s(V a) {                                                              \
        const V near = v_rint_##s(a);                                                              \
        const V lack = v_and_##s(v_lt_##s(near, a), v_set_##s(1));                                 \
        return v_with_sign_##s(v_add_##s(near, lack), a);                                          \
    }                                                                                              \
    static inline V v_trunc_##s(V a) {                                                             \
        return v_with_sign_##s(v_floor_##s(v_andnot_##s(v_set_##s((C)-0.0), a)), a);               \
    }
#endif

#include "eval/simd/words.h"

V_DEFINE_WIDTH(f32, ps, simde__m128, float, 4)
V_DEFINE_WIDTH(f64, pd, simde__m128d, double, 2)
V_DEFINE_FUSED(f32, ps, simde__m128, float, 4, f)
V_DEFINE_FUSED(f64, pd, simde__m128d, double, 2, )
V_DEFINE_ROUNDING(f32, ps, simde__m128, float, 4, 24)
V_DEFINE_ROUNDING(f64, pd, simde__m128d, double, 2, 53)
V_DEFINE_SHUFFLES(f32, simde__m128, simde_mm_shuffle_ps(a, b, 0x88),
                  simde_mm_shuffle_ps(a, b, 0xdd), simde_mm_unpacklo_ps(a, b),
                  simde_mm_unpackhi_ps(a, b))
V_DEFINE_SHUFFLES(f64, simde__m128d, simde_mm_unpacklo_pd(a, b), simde_mm_unpackhi_pd(a, b),
                  simde_mm_unpacklo_pd(a, b), simde_mm_unpackhi_pd(a, b))
V_DEFINE_WORDS(f32, float)
V_DEFINE_WORDS(f64, double)

#define V_HAS_HALVES 0

static inline void v_stream_line(char *to, const char *from) {
    const simde__m128i *source = (const void *)from;
    simde__m128i *line = (void *)to;
    const simde__m128i a = simde_mm_loadu_si128(source), b = simde_mm_loadu_si128(source + 1),
                       c = simde_mm_loadu_si128(source + 2), d = simde_mm_loadu_si128(source + 3);
    simde_mm_stream_si128(line, a);
    simde_mm_stream_si128(line + 1, b);
    simde_mm_stream_si128(line + 2, c);
    simde_mm_stream_si128(line + 3, d);
}

#endif
