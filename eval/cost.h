/* SPDX-License-Identifier: MIT */
/*
 * What instructions are guessed to cost. The guesses decide whether a pass is shared between
 * threads and in what portions, never what is computed.
 */
#ifndef EVEX_EVAL_COST_H
#define EVEX_EVAL_COST_H

#include "core/program.h"
#include "eval/kernels.h"

/* Picoseconds an element, all data being in the first-level cache. */
unsigned evex_insn_cost(const evex_insn *insn, const evex_kernel_table *kernels);

#endif
