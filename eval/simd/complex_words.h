/* SPDX-License-Identifier: MIT */
/*
 * Complex numbers in the vocabulary of words.h: v_c64 and v_c128 are a vector of real and one of
 * imaginary parts, of LANES_<s> numbers in an order of the vocabulary's own. The words are the
 * definitions of core/definitions.h with selections in the place of branches, so they have the same
 * bits; they are written out because compilers fuse the products of what they vectorise themselves
 * (gcc 12 does, to fmaddsub, whatever -ffp-contract says).
 *
 *   v_load_c64(p, step), v_store_c64(p, a)     step 0: a scalar, whose splat p is
 *   v_mul, v_div, v_square, v_reciprocal, v_conj
 */
#ifndef EVEX_EVAL_SIMD_COMPLEX_WORDS_H
#define EVEX_EVAL_SIMD_COMPLEX_WORDS_H

#include <float.h>

#include "core/dtype.h"

/* s: suffix, C: element, r: suffix of its parts, LEAST: their least positive number */
#define V_DEFINE_COMPLEX(s, C, r, LEAST)                                                           \
    typedef struct {                                                                               \
        v_##r re, im;                                                                              \
    } v_##s;                                                                                       \
    enum { LANES_##s = LANES_##r };                                                                \
    static inline v_##s v_load_##s(const C *p, size_t step) {                                      \
        const v_##r low = v_load_##r(&p->re), high = v_load_##r(&p->re + step * LANES_##r);        \
        return (v_##s){v_evens_##r(low, high), v_odds_##r(low, high)};                             \
    }                                                                                              \
    static inline void v_store_##s(C *p, v_##s a) {                                                \
        v_store_##r(&p->re, v_zip_low_##r(a.re, a.im));                                            \
        v_store_##r(&p->re + LANES_##r, v_zip_high_##r(a.re, a.im));                               \
    }                                                                                              \
    static inline v_##s v_conj_##s(v_##s a) {                                                      \
        return (v_##s){a.re, v_neg_##r(a.im)};                                                     \
    }                                                                                              \
    static inline v_##s v_mul_##s(v_##s a, v_##s b) {                                              \
        return (v_##s){v_sub_##r(v_mul_##r(a.re, b.re), v_mul_##r(a.im, b.im)),                    \
                       v_add_##r(v_mul_##r(a.re, b.im), v_mul_##r(a.im, b.re))};                   \
    }                                                                                              \
    static inline v_##s v_square_##s(v_##s a) {                                                    \
        return v_mul_##s(a, a);                                                                    \
    }                                                                                              \
    /* Where the imaginary part of b is the larger one, the parts of both are                      \
     * exchanged. A nan in b gives nans either way; by 0 both parts of a are divided. */           \
    static inline v_##s v_div_##s(v_##s a, v_##s b) {                                              \
        const v_##r zero = v_set_##r(0);                                                           \
        const v_##r size_re = v_abs_##r(b.re), size_im = v_abs_##r(b.im);                          \
        const v_##r least = v_set_##r(LEAST);                                                      \
        const v_mask_##r is_swapped = v_lt_##r(size_re, size_im);                                  \
        const v_mask_##r is_zero = v_lt_##r(v_add_##r(size_re, size_im), least);                   \
        const v_##r large = v_select_##r(is_swapped, b.im, b.re);                                  \
        const v_##r small = v_select_##r(is_swapped, b.re, b.im);                                  \
        const v_##r ratio = v_div_##r(small, large);                                               \
        const v_##r divisor = v_add_##r(large, v_mul_##r(small, ratio));                           \
        const v_##r scale = v_div_##r(v_set_##r(1), v_select_##r(is_zero, zero, divisor));         \
        const v_##r x = v_select_##r(is_swapped, a.im, a.re);                                      \
        const v_##r y = v_select_##r(is_swapped, a.re, a.im);                                      \
        const v_##r y_ratio = v_mul_##r(y, ratio), x_ratio = v_mul_##r(x, ratio);                  \
        const v_##r im =                                                                           \
            v_sub_##r(v_select_##r(is_swapped, x_ratio, y), v_select_##r(is_swapped, y, x_ratio)); \
        return (v_##s){v_mul_##r(v_select_##r(is_zero, a.re, v_add_##r(x, y_ratio)), scale),       \
                       v_mul_##r(v_select_##r(is_zero, a.im, im), scale)};                         \
    }                                                                                              \
    static inline v_##s v_reciprocal_##s(v_##s a) {                                                \
        const v_##r one = v_set_##r(1);                                                            \
        const v_mask_##r is_swapped = v_lt_##r(v_abs_##r(a.re), v_abs_##r(a.im));                  \
        const v_##r large = v_select_##r(is_swapped, a.im, a.re);                                  \
        const v_##r small = v_select_##r(is_swapped, a.re, a.im);                                  \
        const v_##r ratio = v_div_##r(small, large);                                               \
        const v_##r divisor = v_add_##r(large, v_mul_##r(small, ratio));                           \
        const v_##r of_one = v_div_##r(one, divisor), of_ratio = v_div_##r(ratio, divisor);        \
        return (v_##s){v_select_##r(is_swapped, of_ratio, of_one),                                 \
                       v_neg_##r(v_select_##r(is_swapped, of_one, of_ratio))};                     \
    }

V_DEFINE_COMPLEX(c64, evex_c64, f32, FLT_TRUE_MIN)
V_DEFINE_COMPLEX(c128, evex_c128, f64, DBL_TRUE_MIN)

#endif
