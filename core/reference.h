/* SPDX-License-Identifier: MIT */
/*
 * The definitions of op.def as tables of kernels: what evex_definition looks up, and what eval/
 * offers as the instruction set `ref`.
 */
#ifndef EVEX_CORE_REFERENCE_H
#define EVEX_CORE_REFERENCE_H

#include "core/op.h"

extern const evex_kernel evex_definition_of[EVEX_N_OPS][EVEX_N_DTYPES];      /* by operand dtype */
extern const evex_kernel evex_definition_cast[EVEX_N_DTYPES][EVEX_N_DTYPES]; /* [from][to] */

#endif
