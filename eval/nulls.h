/* SPDX-License-Identifier: MIT */
/*
 * Validity at the border: the program has inputs and outputs of its own for it, the caller has it
 * beside the elements of his arrays. What is made here are arrays for all of the program's inputs
 * and outputs; from there on validity is an array like any other.
 */
#ifndef EVEX_EVAL_NULLS_H
#define EVEX_EVAL_NULLS_H

#include "eval/expr.h"

/* Arrays of a validity are marked, so that what is made of them (slices of streams) knows as well.
 */
enum { EVEX_IS_VALIDITY = 1 };

/* How the elements of an array that is a validity are written; BYTES of all others. */
static inline uint8_t evex_validity_form_of(const evex_array *array) {
    return array->unused == EVEX_IS_VALIDITY ? array->validity_form : EVEX_VALIDITY_BYTES;
}

static inline int evex_has_nulls(const evex_expr *expr) {
    return expr->n_own_inputs < expr->n_inputs || expr->n_own_outputs < expr->program->n_outputs;
}

/*
 * The caller's arrays and behind them those of their validity, whose validity_form says how it is
 * written; a bitmap's data is the address of its first bit, in bits, and its strides count bits.
 * With has_data 0 no memory is looked at.
 */
evex_status evex_nulls_widen_inputs(const evex_expr *expr, evex_arena *arena,
                                    const evex_array **inputs, int has_data, evex_error *error);
evex_status evex_nulls_widen_outputs(const evex_expr *expr, evex_arena *arena, evex_array **outputs,
                                     evex_error *error);

/* eval.c: evex_eval with such arrays and with options that are known to be complete. */
evex_status evex_eval_whole(const evex_expr *expr, evex_pool *pool, const evex_array *inputs,
                            evex_array *outputs, const evex_eval_options *options,
                            evex_error *error);

/* Options whose alloc_output tells the caller which output's validity it is to allocate. */
typedef struct {
    const evex_expr *expr;
    const evex_eval_options *given;
    evex_eval_options options;
} evex_nulls_options;

const evex_eval_options *evex_nulls_widen_options(evex_nulls_options *made, const evex_expr *expr,
                                                  const evex_eval_options *given);
/* Hands what was allocated to the caller's arrays. */
void evex_nulls_take_back(const evex_expr *expr, const evex_array *all, evex_array *outputs);

/* The input or output that one of the program is, or belongs to, in the caller's numbers. */
static inline int32_t evex_input_owner(const evex_expr *expr, int32_t i) {
    return i < (int32_t)expr->n_own_inputs || i >= (int32_t)expr->n_inputs
               ? i
               : (int32_t)expr->input_owners[i - (int32_t)expr->n_own_inputs];
}
static inline int32_t evex_output_owner(const evex_expr *expr, int32_t i) {
    return i < (int32_t)expr->n_own_outputs
               ? i
               : (int32_t)expr->output_owners[i - (int32_t)expr->n_own_outputs];
}

#endif
