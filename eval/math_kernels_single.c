/* SPDX-License-Identifier: MIT */
/*
 * The float32 kernels of one instruction set that eval/kernels.tmpl.h calls MATH: the algorithms of
 * core/vecmath/single/, as eval/math_kernels.c has those of core/vecmath/ for float64. Compiled
 * once per set, with EVEX_SINGLE_HEADER its vocabulary; what leaves the object is the table
 * evex_math_f32_<isa>.
 */
#include EVEX_SINGLE_HEADER

#include "core/vecmath/single/functions.h"

#define ELEMENT float
#define SUFFIX f32
#define LANES S_LANES
#define LOAD s_load
#define STORE s_store
#define BOTH single_both_results
#define FUNCTION(name) single_##name

#include "eval/math_frame.tmpl.h"
