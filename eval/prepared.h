/* SPDX-License-Identifier: MIT */
/*
 * Plans that outlive their evaluation. Programs are mostly called again with arrays like those of
 * the last call: of the same types, shapes and strides, only elsewhere in memory. Then the last
 * plan is right but for the addresses. An expression keeps at most one such plan, of a small
 * evaluation, behind an atomic pointer, as it keeps its workspace: whoever takes it owns it until
 * he gives it back.
 */
#ifndef EVEX_EVAL_PREPARED_H
#define EVEX_EVAL_PREPARED_H

#include "eval/plan.h"

typedef struct evex_prepared evex_prepared;

/* The expression's plan; NULL: somebody else has it, or there is no memory for one. */
evex_prepared *evex_prepared_take(const evex_expr *expr);
void evex_prepared_give(const evex_expr *expr, evex_prepared *prepared);
void evex_prepared_free(evex_expr *expr);

/* Whether it is the plan for these arrays and options. If so, its binding is for them now, but for
 * the values of scalars. */
int evex_prepared_recall(evex_prepared *prepared, const evex_array *inputs,
                         const evex_array *outputs, const evex_eval_options *options);
/*
 * Begins a new plan: empties the arena, and copies what describes the arrays, so that the plan does
 * not point to the caller's shapes. *inputs and *outputs become the copies. Returns 0 when arrays
 * are malformed, missing or too many: then the plan can be none to keep.
 */
int evex_prepared_begin(evex_prepared *prepared, const evex_expr *expr, const evex_array **inputs,
                        size_t n_inputs, evex_array **outputs, size_t n_outputs,
                        const evex_eval_options *options);
/* Notes that the binding is planned and has been run: it will be recalled, if it can be. */
void evex_prepared_end(evex_prepared *prepared);

evex_arena *evex_prepared_arena(evex_prepared *prepared);
evex_binding *evex_prepared_binding(evex_prepared *prepared);

#endif
