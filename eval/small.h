/* SPDX-License-Identifier: MIT */
/*
 * The short way for small calls, where planning would cost more than computing.
 */
#ifndef EVEX_EVAL_SMALL_H
#define EVEX_EVAL_SMALL_H

#include "eval/expr.h"

/* Notes in the expression what the short way needs to know; NULL stays where it cannot be taken.
 * 0: out of memory. */
int evex_small_link(evex_expr *expr);

/*
 * Evaluates if the program is elementwise in one stage, all arrays are contiguous ones of the same
 * shape or 0-d, there is little to do, and outputs lie apart from all else, or exactly on an input
 * whose elements are read before theirs are written. Returns 0 having done nothing if anything is
 * out of the ordinary, also what is an error: then the general way is to be taken.
 */
int evex_small_eval(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                    const evex_array *outputs, size_t n_outputs, const evex_eval_options *options);

#endif
