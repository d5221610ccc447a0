/* SPDX-License-Identifier: MIT */
/*
 * The float64 kernels of one instruction set that eval/kernels.tmpl.h calls MATH: the algorithms of
 * core/vecmath/, vector by vector; eval/math_kernels_single.c has those for float32.
 * eval/simd/meson.build compiles this file once per set, with EVEX_ISA its name and
 * EVEX_MATH_HEADER its vocabulary; all that leaves the object is the table evex_math_f64_<isa>, to
 * whose slots the kernels of eval/kernels.c go on.
 */
#include EVEX_MATH_HEADER

#include "core/vecmath/error_function.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/gamma.h"
#include "core/vecmath/hyperbolic.h"
#include "core/vecmath/inverse_trig.h"
#include "core/vecmath/log.h"
#include "core/vecmath/power.h"
#include "core/vecmath/remainder.h"
#include "core/vecmath/trig.h"

#define ELEMENT double
#define SUFFIX f64
#define LANES LANES_f64
#define LOAD v_load_f64
#define STORE v_store_f64
#define BOTH both_results
#define FUNCTION(name) math_##name

#include "eval/math_frame.tmpl.h"
