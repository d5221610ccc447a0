/* SPDX-License-Identifier: MIT */
/*
 * Fusing: which instructions eval/ runs as one call, two or three of them. It is decided when a
 * program is linked, so a program never depends on what an instruction set has pairs for.
 */
#ifndef EVEX_EVAL_FUSE_H
#define EVEX_EVAL_FUSE_H

#include "core/op.h"
#include "core/program.h"

enum { EVEX_MAX_PAIR_OPERANDS = 4, EVEX_PAIR_BOTH = 2 /* a place: eval/pairs.def */ };

/* What an instruction runs as when those that make operands of it are run by the same call. */
typedef struct {
    evex_kernel kernel;
    uint32_t first;     /* the other instruction: it is skipped then */
    uint8_t has_both;   /* two others are in the call, and run by it even where they are hoisted */
    uint8_t n_operands; /* all of the result's size, so that it may take the place of any */
    evex_register operands[EVEX_MAX_PAIR_OPERANDS];
} evex_pair;

/* Whether an instruction leaves n registers alone, and all outputs: what reads the registers may be
 * put off until behind it. */
int evex_insn_leaves(const evex_program *program, const evex_insn *insn,
                     const evex_register *registers, uint32_t n);

struct evex_expr;

/* Fills links[].pair and links[].is_absorbed of a linked program; 0: out of memory. */
int evex_fuse(struct evex_expr *expr);

#endif
