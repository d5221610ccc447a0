/* SPDX-License-Identifier: MIT */
/*
 * Fusing reductions with the instruction behind them. As for pairs of instructions (eval/fuse.h),
 * it is decided when a program is linked and never shows in it.
 */
#ifndef EVEX_EVAL_FUSE_REDUCE_H
#define EVEX_EVAL_FUSE_REDUCE_H

#include "core/program.h"
#include "eval/kernels.h"

enum { EVEX_FUSED_SUM_OPERANDS = 3 };

/* What a reduction runs as, unless its instruction is hoisted. */
typedef struct {
    evex_fused_sum_kernel kernel;     /* NULL: always as itself */
    const evex_panel_kernels *panels; /* for arrays; NULL: none */
    uint32_t insn;                    /* which is skipped then */
    uint8_t n_operands;
    evex_register operands[EVEX_FUSED_SUM_OPERANDS];
} evex_fused_sum;

struct evex_expr;

/* Fills fused_sums of a linked program whose pairs are known, and sets links[].is_absorbed. */
void evex_fuse_reductions(struct evex_expr *expr);

#endif
