/* SPDX-License-Identifier: MIT */
/*
 * What evex costs beside the arithmetic: compiling, calls on next to nothing, and callers that work
 * at once on one pool.
 *
 *     bench_overhead [--json FILE]
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/report.h"
#include "include/evex.h"

enum { ROUNDS = 31, N = 1000000, CALLS_NS = 4000000 };
static const double min_ns = 20000;

static double a[N], b[N], r[2][N];

/* Ends the program with the library's sentence unless the call went well. */
static void expect(evex_status status, const char *text, const evex_error *error) {
    if (status == EVEX_OK)
        return;
    fprintf(stderr, "%s: %s\n", text, error->message);
    exit(EXIT_FAILURE);
}

static evex_expr *compile(const char *text) {
    static const evex_var vars[] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                    {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                    {"x", EVEX_F32, EVEX_STRONG, 0, 0},
                                    {"i", EVEX_I32, EVEX_STRONG, 0, 0}};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    expect(evex_compile(&expr, text, strlen(text), vars, sizeof vars / sizeof *vars, NULL, &error),
           text, &error);
    return expr;
}

/* ---- Compiling ------------------------------------------------------------------------------ */

static void run_compile(void *text) {
    evex_expr *expr = compile(text);
    evex_expr_free(&expr);
}

static void report_compile(bench_report *report) {
    static const char *const columns[] = {"compiled and freed", "us"};
    static char sources[][96] = {
        "2*a + 3*b - a*b",
        "a",
        "sum(a*b)",
        "(a - mean(a)) / std(a)",
        "r = sqrt(a**2 + b**2), t = arctan2(b, a)",
        "where((x > 0) & (i in (1, 2, 3, 5, 8)), sin(x)**3, clip(x, -1, None))",
    };
    bench_table(report, "compiling", columns, 2);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        bench_contestant contestant = {.run = run_compile, .context = sources[i]};
        bench_take_turns(&contestant, 1, ROUNDS, min_ns);
        bench_text(report, sources[i]);
        bench_number(report, contestant.median * 1e-3, 2);
    }
}

/* ---- Calls ---------------------------------------------------------------------------------- */

/* A call on n elements of a and b in `rows` rows; 0: one dimension. */
typedef struct {
    const char *text;
    evex_expr *expr;
    size_t n, rows, n_threads;
    double *result;
} call;

static void run_call(void *context) {
    const call *c = context;
    const int64_t shape[2] = {(int64_t)c->rows, (int64_t)(c->rows > 0 ? c->n / c->rows : 0)};
    size_t n_inputs, n_outputs;
    evex_error error = EVEX_ERROR_INIT;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = c->n_threads;
    const int is_reduced = evex_expr_outputs(c->expr, &n_outputs)[0].is_reduced;
    evex_expr_inputs(c->expr, &n_inputs);
    evex_array in[2] = {evex_array_1d(EVEX_F64, a, c->n), evex_array_1d(EVEX_F64, b, c->n)};
    evex_array out = evex_array_1d(EVEX_F64, c->result, c->n);
    if (c->rows > 0) {
        in[0] = evex_array_nd(EVEX_F64, a, 2, shape);
        in[1] = evex_array_nd(EVEX_F64, b, 2, shape);
        out = evex_array_nd(EVEX_F64, c->result, 2, shape);
    }
    if (is_reduced)
        out = evex_array_0d(EVEX_F64, c->result);
    expect(evex_eval(c->expr, NULL, in, n_inputs, &out, 1, &options, &error), c->text, &error);
}

static void report_calls(bench_report *report) {
    static const char *const columns[] = {"call", "rows", "elements", "ns"};
    static const struct {
        const char *text;
        size_t n, rows;
    } calls[] = {
        {"2*a + 3*b - a*b", 10, 0}, {"2*a + 3*b - a*b", 100, 0},  {"2*a + 3*b - a*b", 1000, 0},
        {"2*a + 3*b - a*b", 10, 2}, {"2*a + 3*b - a*b", 100, 10}, {"sum(a*b)", 10, 0},
        {"sum(a*b)", 1000, 0},
    };
    bench_table(report, "calls of a compiled expression", columns, 4);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        call c = {calls[i].text, compile(calls[i].text), calls[i].n, calls[i].rows, 0, r[0]};
        bench_contestant contestant = {.run = run_call, .context = &c};
        bench_take_turns(&contestant, 1, ROUNDS, min_ns);
        bench_text(report, c.text);
        bench_number(report, (double)c.rows, 0);
        bench_number(report, (double)c.n, 0);
        bench_number(report, contestant.best, 0);
        evex_expr_free(&c.expr);
    }
}

/* ---- Several callers ------------------------------------------------------------------------ */

/* Callers that each make the same calls at once, on the default pool. */
typedef struct {
    call calls[2];
    size_t n_callers, n_calls;
} callers;

typedef struct {
    call *of;
    size_t n_calls;
    int number;
    const cpu_set_t *processors; /* that callers may use */
} caller;

/* Calls on one thread stay on a processor, each caller on its own: where the system puts a new
 * thread at first is not what is measured. */
static void stay_on(const cpu_set_t *processors, int number) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int p = 0, seen = 0; p < CPU_SETSIZE; p++)
        if (CPU_ISSET(p, processors) && seen++ == number)
            CPU_SET(p, &one);
    if (CPU_COUNT(&one) > 0)
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void *run_caller(void *argument) {
    caller *c = argument;
    if (c->of->n_threads == 1)
        stay_on(c->processors, c->number);
    for (size_t i = 0; i < c->n_calls; i++)
        run_call(c->of);
    return NULL;
}

static void run_callers(void *context) {
    callers *all = context;
    cpu_set_t processors;
    caller second = {&all->calls[1], all->n_calls, 1, &processors};
    caller first = {&all->calls[0], all->n_calls, 0, &processors};
    pthread_t thread;
    pthread_getaffinity_np(pthread_self(), sizeof processors, &processors);
    const int has_second =
        all->n_callers == 2 && pthread_create(&thread, NULL, run_caller, &second) == 0;
    run_caller(&first);
    if (has_second)
        pthread_join(thread, NULL);
    pthread_setaffinity_np(pthread_self(), sizeof processors, &processors);
}

/* The throughput of two callers, in units of what one thread or both can do: twice that of a lone
 * caller of one thread, or just that of one whose calls use both threads already. */
static void report_callers(bench_report *report, const char *text, size_t n, size_t n_threads) {
    evex_expr *expr = compile(text);
    call one = {text, expr, n, 0, n_threads, r[0]}, two = {text, expr, n, 0, n_threads, r[1]};
    bench_contestant alone = {.run = run_call, .context = &one};
    bench_take_turns(&alone, 1, ROUNDS, min_ns);
    const size_t n_calls = 1 + (size_t)(CALLS_NS / alone.median);
    callers groups[2] = {{{one, two}, 1, n_calls}, {{one, two}, 2, n_calls}};
    bench_contestant contestants[2] = {{.run = run_callers, .context = &groups[0]},
                                       {.run = run_callers, .context = &groups[1]}};
    bench_take_turns(contestants, 2, ROUNDS, 0);
    const double possible = n_threads == 1 ? 1 : 2;
    bench_text(report, text);
    bench_number(report, (double)n, 0);
    bench_number(report, (double)n_threads, 0);
    bench_number(report, contestants[0].median / (double)n_calls, 0);
    bench_number(report, contestants[1].median / (double)(2 * n_calls), 0);
    bench_number(report, possible * contestants[0].median / contestants[1].median, 2);
    evex_expr_free(&expr);
}

int main(int argc, char **argv) {
    static const char *const columns[] = {
        "two callers at once", "elements", "threads each", "ns, one", "ns, two", "throughput"};
    bench_report report = bench_report_open("bench_overhead", argc, argv);
    for (size_t i = 0; i < N; i++) {
        a[i] = (double)(i % 1000) / 500 - 1;
        b[i] = (double)(i % 777) / 400 - 1;
        r[0][i] = r[1][i] = 0;
    }
    report_compile(&report);
    report_calls(&report);
    bench_table(&report, "callers side by side: ns a call, throughput of the possible", columns, 6);
    report_callers(&report, "2*a + 3*b - a*b", 10, 1);
    report_callers(&report, "2*a + 3*b - a*b", 1000, 1);
    report_callers(&report, "sin(a)**2 + cos(b)**2", 10000, 1);
    report_callers(&report, "sin(a)**2 + cos(b)**2", 100000, 2);
    report_callers(&report, "sin(a)**2 + cos(b)**2", 1000000, 2);
    return bench_report_close(&report);
}
