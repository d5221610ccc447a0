/* SPDX-License-Identifier: MIT */
/*
 * User functions: the kernel behind CALL instructions, and what their first operand points to.
 */
#ifndef EVEX_EVAL_CALL_H
#define EVEX_EVAL_CALL_H

#include "core/memory.h"
#include "core/op.h"
#include "core/program.h"

/* Resolves a user function by its name into *linked, which lives in the arena. */
evex_status evex_call_link(const void **linked, evex_arena *arena, const evex_functions *functions,
                           evex_str name, evex_error *error);

/* Whether a CALL has the linked function's arity and result type. */
int evex_call_agrees(const void *linked, const evex_insn *insn);

/* An evex_kernel: src[0].data is what evex_call_link gave, src[1...] are the arguments. */
void evex_call_kernel(void *const *dst, const evex_operand *src, size_t n, void *context);

#endif
