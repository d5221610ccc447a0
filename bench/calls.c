/* SPDX-License-Identifier: MIT */
/*
 * Timing calls of evex_eval from C for bench_peers.py, in which a call through ctypes would cost
 * more than the evaluation of a short array.
 */
#include <time.h>

#include "evex.h"

EVEX_API double bench_time_calls(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                                 evex_array *output, size_t n_threads, size_t n_calls);

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The nanoseconds that n_calls calls take together; negative if one fails. */
double bench_time_calls(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                        evex_array *output, size_t n_threads, size_t n_calls) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = n_threads;
    const double start = now_ns();
    for (size_t i = 0; i < n_calls; i++)
        if (evex_eval(expr, NULL, inputs, n_inputs, output, 1, &options, NULL) != EVEX_OK)
            return -1;
    return now_ns() - start;
}
