/* SPDX-License-Identifier: MIT */
/*
 * The vector vocabulary of eval/. A width header (v128.h, v256.h, v512.h) defines for s = f32 and
 * f64 the types v_<s>, v_mask_<s>, the constant LANES_<s> and these words; each is exact or rounds
 * once, as IEEE 754 says, so that every width gives the same bits:
 *
 *   v_set(c)                               c in every lane
 *   v_load(p), v_store(p, a)               any alignment
 *   v_load_part(p, n), v_store_part(p, a, n)   the first n < LANES lanes; touch nothing behind them
 *   v_add, v_sub, v_mul, v_div, v_sqrt, v_fma(a, b, c)
 *   v_min, v_max                           for operands that are no nan; either zero of two
 *   v_rint, v_floor, v_ceil, v_trunc
 *   v_and, v_or, v_xor, v_andnot(a, b)     bits; the last is ~a & b
 *   v_lt, v_unordered                      masks
 *   v_select(m, a, b)                      m ? a : b
 *   v_evens(a, b), v_odds(a, b)            of the lanes of a and then b those in even and odd
 *                                          places, in some order; v_zip_low, v_zip_high(evens,
 *                                          odds) are a and b
 *   v_stream_line(to, from)                copies a line of 64 bytes to the border of one, past the
 *                                          caches where there are such stores
 *
 * and V_FMA_IS_FAST: 1 if v_fma is an instruction, 0 if it is the C library's, lane by lane; and
 * V_HAS_HALVES: 1 if there are v_load_halves(p), LANES_f32 of float16 as float32, and
 * v_store_halves(p, a), which rounds to nearest even.
 *
 * This header makes from them the words that are the same text at every width.
 */
#ifndef EVEX_EVAL_SIMD_WORDS_H
#define EVEX_EVAL_SIMD_WORDS_H

#define V_WORD(head, expression)                                                                   \
    static inline head {                                                                           \
        return expression;                                                                         \
    }
#define V_ACTION(head, statement)                                                                  \
    static inline void head {                                                                      \
        statement;                                                                                 \
    }

#define V_DEFINE_SHUFFLES(s, V, evens, odds, low, high)                                            \
    V_WORD(V v_evens_##s(V a, V b), evens)                                                         \
    V_WORD(V v_odds_##s(V a, V b), odds)                                                           \
    V_WORD(V v_zip_low_##s(V a, V b), low)                                                         \
    V_WORD(V v_zip_high_##s(V a, V b), high)

/*
 * maximum and minimum: of two zeros, v_max(a, b) and v_max(b, a) may give either, but and-ing their
 * bits gives +0 if there is one, or-ing gives -0; all other equal numbers have equal bits. The sum
 * of operands one of which is nan is nan.
 */
#define V_DEFINE_WORDS(s, C)                                                                       \
    V_WORD(v_##s v_neg_##s(v_##s a), v_xor_##s(v_set_##s((C)-0.0), a))                             \
    V_WORD(v_##s v_abs_##s(v_##s a), v_andnot_##s(v_set_##s((C)-0.0), a))                          \
    V_WORD(v_##s v_square_##s(v_##s a), v_mul_##s(a, a))                                           \
    V_WORD(v_##s v_reciprocal_##s(v_##s a), v_div_##s(v_set_##s(1), a))                            \
    V_WORD(v_mask_##s v_isnan_##s(v_##s a), v_unordered_##s(a, a))                                 \
    static inline v_##s v_copysign_##s(v_##s a, v_##s b) {                                         \
        const v_##s sign = v_set_##s((C)-0.0);                                                     \
        return v_or_##s(v_andnot_##s(sign, a), v_and_##s(sign, b));                                \
    }                                                                                              \
    static inline v_##s v_sign_##s(v_##s a) {                                                      \
        const v_##s zero = v_set_##s(0);                                                           \
        const v_##s of_rest = v_select_##s(v_isnan_##s(a), a, zero);                               \
        const v_##s of_negative = v_select_##s(v_lt_##s(a, zero), v_set_##s(-1), of_rest);         \
        return v_select_##s(v_lt_##s(zero, a), v_set_##s(1), of_negative);                         \
    }                                                                                              \
    static inline v_##s v_larger_##s(v_##s a, v_##s b) {                                           \
        return v_and_##s(v_max_##s(a, b), v_max_##s(b, a));                                        \
    }                                                                                              \
    static inline v_##s v_smaller_##s(v_##s a, v_##s b) {                                          \
        return v_or_##s(v_min_##s(a, b), v_min_##s(b, a));                                         \
    }                                                                                              \
    static inline v_##s v_maximum_##s(v_##s a, v_##s b) {                                          \
        return v_select_##s(v_unordered_##s(a, b), v_add_##s(a, b), v_larger_##s(a, b));           \
    }                                                                                              \
    static inline v_##s v_minimum_##s(v_##s a, v_##s b) {                                          \
        return v_select_##s(v_unordered_##s(a, b), v_add_##s(a, b), v_smaller_##s(a, b));          \
    }                                                                                              \
    static inline v_##s v_fmax_##s(v_##s a, v_##s b) {                                             \
        const v_##s x = v_select_##s(v_isnan_##s(a), b, a);                                        \
        return v_larger_##s(x, v_select_##s(v_isnan_##s(b), x, b));                                \
    }                                                                                              \
    static inline v_##s v_fmin_##s(v_##s a, v_##s b) {                                             \
        const v_##s x = v_select_##s(v_isnan_##s(a), b, a);                                        \
        return v_smaller_##s(x, v_select_##s(v_isnan_##s(b), x, b));                               \
    }

#endif
