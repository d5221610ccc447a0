/* SPDX-License-Identifier: MIT */
/*
 * Folding: what an instruction's value is when it can be told without running it. Used by ir.c on
 * every instruction before it is made.
 */
#ifndef EVEX_COMPILER_FOLD_H
#define EVEX_COMPILER_FOLD_H

#include "compiler/ir.h"

/*
 * A value with the bits of `op` on these operands, for all inputs: a constant when all operands are
 * constant numbers, or an operand that the operation leaves unchanged. EVEX_IR_NONE: none is
 * known. Never drops an operand that could add to the result's shape.
 */
evex_ir_id evex_fold(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                     const evex_ir_id *operands, size_t n);

/* One element of `op` by its definition; out and operands are elements. Returns 0 when op has no
 * definition for the type. */
int evex_fold_element(evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                      const void *const *operands, size_t n, void *out);

#endif
