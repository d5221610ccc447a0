/* SPDX-License-Identifier: MIT */
/*
 * Evaluations that take turns: see evaluation.h.
 */
#include "bench/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const evex_error *error) {
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(EXIT_FAILURE);
}

bench_evaluation bench_evaluation_of(const char *source, const evex_var *vars, size_t n_vars,
                                     const evex_compile_options *options, evex_pool *pool,
                                     void *result, size_t n) {
    evex_error error = EVEX_ERROR_INIT;
    bench_evaluation made = {.pool = pool};
    size_t n_outputs;
    if (evex_compile(&made.expr, source, strlen(source), vars, n_vars, options, &error) != EVEX_OK)
        fail(source, &error);
    made.vars = evex_expr_inputs(made.expr, &made.n_inputs);
    const evex_output *output = evex_expr_outputs(made.expr, &n_outputs);
    if (made.n_inputs > BENCH_MAX_INPUTS || n_outputs != 1)
        fail(source, &(evex_error){.message = "too many inputs, or not one result"});
    made.output = output->is_reduced ? evex_array_0d(output->dtype, result)
                                     : evex_array_1d(output->dtype, result, n);
    return made;
}

void bench_evaluate(void *context) {
    bench_evaluation *e = context;
    evex_error error = EVEX_ERROR_INIT;
    if (evex_eval(e->expr, e->pool, e->inputs, e->n_inputs, &e->output, 1, NULL, &error) != EVEX_OK)
        fail("evaluating", &error);
}
