/* SPDX-License-Identifier: MIT */
/*
 * One evaluation as a contestant of bench/measure.h: an expression of one result with the arrays
 * that it is given each time. What goes wrong ends the process with a message.
 */
#ifndef EVEX_BENCH_EVALUATION_H
#define EVEX_BENCH_EVALUATION_H

#include "include/evex.h"

enum { BENCH_MAX_INPUTS = 8 };

typedef struct {
    evex_expr *expr;
    evex_pool *pool;
    evex_array inputs[BENCH_MAX_INPUTS], output; /* for the caller to fill in */
    const evex_var *vars;                        /* what the inputs are, in their order */
    size_t n_inputs;
} bench_evaluation;

/* Compiles; options may be NULL. The output is an array of n elements at result, or the first of
 * them where the program reduces. */
bench_evaluation bench_evaluation_of(const char *source, const evex_var *vars, size_t n_vars,
                                     const evex_compile_options *options, evex_pool *pool,
                                     void *result, size_t n);

/* Evaluates once: a bench_contestant's run, the context being a bench_evaluation. */
void bench_evaluate(void *context);

#endif
