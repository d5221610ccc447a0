/* SPDX-License-Identifier: MIT */
/*
 * Evaluation against its floor, in one run: expressions over arrays far larger than the caches
 * beside a loop that a person would write for each (fused, ordinary stores, the same number of
 * threads), and what a call costs when there is next to nothing to compute.
 *
 *     bench_eval [million elements]
 *
 * Contestants take turns; each figure is the median of ROUNDS, of calls the best of many batches,
 * so short that some are not interrupted. Machines are shared: only ratios within a run mean
 * anything.
 */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/evex.h"

enum { ROUNDS = 7, MAX_WORKERS = 2, BATCHES = 200, CALLS = 200 };

typedef void (*fused_fn)(const double *a, const double *b, double *r, size_t n);

static void fused_linear(const double *a, const double *b, double *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        r[i] = 2 * a[i] + 3 * b[i];
}

static void fused_cubic(const double *a, const double *b, double *r, size_t n) {
    (void)b;
    for (size_t i = 0; i < n; i++)
        r[i] = ((0.25 * a[i] + 0.75) * a[i] - 1.5) * a[i] - 2;
}

static void fused_length(const double *a, const double *b, double *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        r[i] = sqrt(a[i] * a[i] + b[i] * b[i]);
}

static void fused_larger(const double *a, const double *b, double *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        r[i] = a[i] > b[i] ? a[i] : b[i];
}

static void fused_dot(const double *a, const double *b, double *r, size_t n) {
    double sums[8] = {0};
    for (size_t i = 0; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            sums[k] += a[i + k] * b[i + k];
    r[0] = sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

static const struct {
    const char *text;
    fused_fn fused;
} rows[] = {
    {"2*a + 3*b", fused_linear},       {"((0.25*a + 0.75)*a - 1.5)*a - 2", fused_cubic},
    {"sqrt(a*a + b*b)", fused_length}, {"where(a > b, a, b)", fused_larger},
    {"sum(a*b)", fused_dot},
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times) {
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

/* ---- The hand-written loops on threads ------------------------------------------------------ */

typedef struct {
    fused_fn fused;
    const double *a, *b;
    double *r;
    size_t n;
} part;

static void *run_part(void *argument) {
    const part *p = argument;
    p->fused(p->a, p->b, p->r, p->n);
    return NULL;
}

static void run_fused(fused_fn fused, const double *a, const double *b, double *r, size_t n,
                      size_t n_workers) {
    pthread_t threads[MAX_WORKERS];
    part parts[MAX_WORKERS];
    const size_t share = n / n_workers / 8 * 8;
    for (size_t k = 0; k < n_workers; k++) {
        const size_t begin = k * share, end = k + 1 == n_workers ? n : begin + share;
        parts[k] = (part){fused, a + begin, b + begin, r + begin, end - begin};
        if (k > 0)
            pthread_create(&threads[k], NULL, run_part, &parts[k]);
    }
    run_part(&parts[0]);
    for (size_t k = 1; k < n_workers; k++)
        pthread_join(threads[k], NULL);
}

/* ---- Expressions ---------------------------------------------------------------------------- */

static evex_expr *compile(const char *text) {
    const evex_var vars[] = {{"a", EVEX_F64, EVEX_STRONG, 0}, {"b", EVEX_F64, EVEX_STRONG, 0}};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    if (evex_compile(&expr, text, strlen(text), vars, 2, NULL, &error) != EVEX_OK) {
        fprintf(stderr, "%s: %s\n", text, error.message);
        exit(1);
    }
    return expr;
}

static void run_expr(const evex_expr *expr, const double *a, const double *b, double *r, size_t n,
                     size_t n_workers) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = n_workers;
    size_t n_inputs, n_outputs;
    const evex_var *vars = evex_expr_inputs(expr, &n_inputs);
    const int is_reduced = evex_expr_outputs(expr, &n_outputs)[0].is_reduced;
    evex_array in[2];
    for (size_t i = 0; i < n_inputs; i++)
        in[i] = evex_array_1d(EVEX_F64, vars[i].name[0] == 'a' ? a : b, n);
    evex_array out = is_reduced ? evex_array_0d(EVEX_F64, r) : evex_array_1d(EVEX_F64, r, n);
    evex_error error = EVEX_ERROR_INIT;
    if (evex_eval(expr, NULL, in, n_inputs, &out, 1, &options, &error) != EVEX_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
}

static void bench_row(size_t row, const double *a, const double *b, double *r, size_t n,
                      size_t n_workers) {
    evex_expr *expr = compile(rows[row].text);
    double fused[ROUNDS], evex[ROUNDS];
    for (int k = 0; k < ROUNDS; k++) {
        double start = now_ms();
        run_fused(rows[row].fused, a, b, r, n, n_workers);
        fused[k] = now_ms() - start;
        start = now_ms();
        run_expr(expr, a, b, r, n, n_workers);
        evex[k] = now_ms() - start;
    }
    const double floor = median(fused), own = median(evex);
    printf("%-34s %8zu %12.2f %12.2f %8.2f\n", rows[row].text, n_workers, floor, own, own / floor);
    evex_expr_free(&expr);
}

/* ---- Calls ---------------------------------------------------------------------------------- */

static void bench_call(const char *text, const double *a, const double *b, double *r, size_t n) {
    evex_expr *expr = compile(text);
    size_t n_inputs;
    evex_expr_inputs(expr, &n_inputs);
    const evex_array in[2] = {evex_array_1d(EVEX_F64, a, n), evex_array_1d(EVEX_F64, b, n)};
    double best = INFINITY;
    for (int k = 0; k < BATCHES; k++) {
        const double start = now_ms();
        for (int call = 0; call < CALLS; call++) {
            evex_array out = evex_array_1d(EVEX_F64, r, n);
            evex_eval(expr, NULL, in, n_inputs, &out, 1, NULL, NULL);
        }
        best = fmin(best, (now_ms() - start) * 1e6 / CALLS);
    }
    printf("%-34s %8zu %12.0f\n", text, n, best);
    evex_expr_free(&expr);
}

int main(int argc, char **argv) {
    const size_t n = (size_t)((argc > 1 ? strtod(argv[1], NULL) : 20) * 1e6);
    double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b), *r = malloc(n * sizeof *r);
    if (a == NULL || b == NULL || r == NULL)
        return 1;
    for (size_t i = 0; i < n; i++) {
        a[i] = (double)(i % 1000) / 500 - 1;
        b[i] = (double)(i % 777) / 400 - 1;
        r[i] = 0;
    }
    printf("%zu elements of float64, %s\n", n, evex_isa());
    printf("%-34s %8s %12s %12s %8s\n", "expression", "threads", "fused ms", "evex ms", "ratio");
    for (size_t w = 1; w <= MAX_WORKERS; w++)
        for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
            bench_row(row, a, b, r, n, w);
    printf("\n%-34s %8s %12s\n", "call", "elements", "ns");
    for (size_t size = 10; size <= 10000; size *= 10)
        bench_call("2*a + 3*b", a, b, r, size);
    free(a);
    free(b);
    free(r);
    return 0;
}
