/* SPDX-License-Identifier: MIT */
/*
 * A trial of one kernel against its definition in op.def: every length up to four vectors and a
 * bit, buffers at guard pages, scalar operands in every place, results written over operands, edge
 * values in all combinations.
 */
#ifndef EVEX_TESTS_KERNEL_TRIAL_H
#define EVEX_TESTS_KERNEL_TRIAL_H

#include <stddef.h>

#include "eval/kernels.h"

/* What went wrong first; "" while nothing has. */
typedef struct {
    char text[400];
} kernel_failure;

/* Tries one kernel of a table: an op for operands of dtype, or a cast (op CAST) to result. Returns
 * whether it agrees with the definition; else says in *failure where it does not. A slot that the
 * row's types lack must be empty in both. */
int kernel_trial(const evex_kernel_table *table, evex_op op, evex_dtype dtype, evex_dtype result,
                 kernel_failure *failure);

/* The edge values of a type, *n of them. */
const void *kernel_edges(evex_dtype dtype, size_t *n);

#endif
