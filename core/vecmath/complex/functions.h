/* SPDX-License-Identifier: MIT */
/*
 * All complex functions in one place: complex_<name>(v_complex[, v_complex]) for every name of
 * core/scalar.h's lists of complex functions, which core/scalar.c compiles at width 1 and
 * eval/complex_kernels.c at the width of an instruction set; include it after the vocabulary of
 * either. Numbers are pairs of float64 lanes; those of float32 are widened, and rounded at the end.
 *
 * To add a function: write complex_<name> in a header beside this one, in the words of width1.h and
 * nothing else, and list it in core/scalar.h. Rules: no lane depends on its neighbours (v_any only
 * chooses between ways that give an ordinary lane the same bits, and skips work for special ones);
 * and no v_scale of what may be subnormal half way, see scale_in_two. Check with the programs of
 * tests/vecmath/ (digests, accuracy_complex, test_complex).
 */
#ifndef EVEX_VECMATH_COMPLEX_FUNCTIONS_H
#define EVEX_VECMATH_COMPLEX_FUNCTIONS_H

#include "core/vecmath/complex/exp.h"
#include "core/vecmath/complex/inverse.h"
#include "core/vecmath/complex/log.h"
#include "core/vecmath/complex/power.h"
#include "core/vecmath/complex/root.h"

#endif
