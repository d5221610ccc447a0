/* SPDX-License-Identifier: MIT */
/*
 * All float32 functions in one place: single_<name>(s_f32[, s_f32]) for every name of
 * core/scalar.h, which core/scalar.c compiles at width 1 and eval/math_kernels_single.c at the
 * width of an instruction set; include it after the vocabulary of either.
 *
 * To add a function: write single_<name> in a header beside this one, in the words of
 * single/width1.h and nothing else, include the header below and take the name off the list of
 * widened functions at the end. Rules: no lane depends on its neighbours (s_any only chooses
 * between ways that give an ordinary lane the same bits, and skips work for special ones); the same
 * bits on every instruction set follow from the words. A float32 step that is not exact enough can
 * be done in float64: s_low, s_high and s_join. Coefficients: scripts/minimax_single.py.
 * Check with the programs of tests/vecmath/ (digests, accuracy, test_vecmath).
 */
#ifndef EVEX_VECMATH_SINGLE_FUNCTIONS_H
#define EVEX_VECMATH_SINGLE_FUNCTIONS_H

#include "core/vecmath/error_function.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"
#include "core/vecmath/trig.h"

#include "core/vecmath/single/error_function.h"
#include "core/vecmath/single/exp.h"
#include "core/vecmath/single/hyperbolic.h"
#include "core/vecmath/single/inverse_trig.h"
#include "core/vecmath/single/log.h"
#include "core/vecmath/single/power.h"
#include "core/vecmath/single/roots.h"
#include "core/vecmath/single/trig.h"

/* ---- Through float64: the error is half an ULP and a hair ----------------------------------- */

#define WIDENED_1(name)                                                                            \
    static inline s_f32 single_##name(s_f32 x) {                                                   \
        return s_join(math_##name(s_low(x)), math_##name(s_high(x)));                              \
    }
#define WIDENED_2(name, math)                                                                      \
    static inline s_f32 single_##name(s_f32 x, s_f32 y) {                                          \
        return s_join(math(s_low(x), s_low(y)), math(s_high(x), s_high(y)));                       \
    }

WIDENED_1(gamma)
WIDENED_1(lgamma)
/* |n| <= POWN_MOST. */
static inline s_f32 single_pown(s_f32 x, int n) {
    return s_join(pown_plain(s_low(x), n), pown_plain(s_high(x), n));
}

/* Remainders are exact in float64, but // and % round their intermediate results to the type. */
WIDENED_2(fmod, math_fmod)
WIDENED_2(floordiv, math_floordiv_single)
WIDENED_2(mod, math_mod_single)

#endif
