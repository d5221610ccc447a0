/* SPDX-License-Identifier: MIT */
/*
 * The corpus through the C API: at one large size on one thread and on two, in turn with the loop
 * that a person would write, and at every size from ten elements up, as a call decides by itself.
 *
 *     bench_expr CORPUS [expression] [--elements N] [--json FILE]
 *
 * Figures of large sizes are medians, those of small ones the best of many short timings, some of
 * which nothing interrupted. "of floor" is the speed beside the hand-written loop's: 1 is as fast.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/corpus.h"
#include "bench/floors.h"
#include "bench/measure.h"
#include "bench/report.h"

enum { ROUNDS = 9, SMALL_ROUNDS = 15, N_THREADS = 2 };
static const double small_min_ns = 20000;
static const size_t small_sizes[] = {10, 100, 1000, 10000, 100000, 1000000};
enum { N_SMALL = sizeof small_sizes / sizeof *small_sizes };

/* ---- Contestants ---------------------------------------------------------------------------- */

typedef struct {
    const corpus_case *of;
    const floor_info *floor; /* NULL: evex's turn */
    const corpus_memory *memory;
    size_t n, n_threads; /* threads 0: as many as evex chooses */
} turn;

static void run_evex(const turn *t) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_array output = t->of->output;
    options.max_threads = t->n_threads;
    if (evex_eval(t->of->expr, NULL, t->of->inputs, t->of->n_inputs, &output, 1, &options,
                  &error) != EVEX_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
}

static void run_turn(void *context) {
    const turn *t = context;
    if (t->floor == NULL) {
        run_evex(t);
        return;
    }
    const void *sources[CORPUS_MAX_OPERANDS];
    for (size_t i = 0; i < t->of->n_inputs; i++)
        sources[i] = t->of->inputs[i].data;
    floor_run(t->floor, sources, t->memory->blocks[CORPUS_MAX_OPERANDS], t->n, t->n_threads);
}

/* The line's floor, if it has one that reads what the expression reads; a loop for other operands
 * would measure something else, and ends the program. */
static const floor_info *find_floor(const corpus_line *line, const corpus_case *of) {
    if (*line->floor == '\0')
        return NULL;
    const floor_info *floor = floor_find(line->floor);
    for (size_t i = 0; floor != NULL && i < FLOOR_MAX_SOURCES; i++) {
        const size_t bytes = i < of->n_inputs ? evex_dtype_size(of->inputs[i].dtype) : 0;
        if (floor->source_bytes[i] != bytes)
            floor = NULL;
    }
    if (floor == NULL) {
        fprintf(stderr, "%s: no floor %s for these operands\n", line->name, line->floor);
        exit(EXIT_FAILURE);
    }
    return floor;
}

/* ---- The large size ------------------------------------------------------------------------- */

/* Geometric means over the lines that have a floor, and the least. */
typedef struct {
    double log_sum[N_THREADS], least[N_THREADS];
    size_t n;
} summary;

static void report_large(bench_report *report, const corpus_line *line, size_t n,
                         const corpus_memory *memory, summary *all) {
    corpus_case made;
    corpus_case_create(&made, line, n, memory);
    const floor_info *floor = find_floor(line, &made);
    bench_contestant contestants[2 * N_THREADS];
    turn turns[2 * N_THREADS];
    const size_t n_turns = floor == NULL ? N_THREADS : 2 * N_THREADS;
    for (size_t i = 0; i < n_turns; i++) {
        turns[i] = (turn){&made, i < N_THREADS ? NULL : floor, memory, n, i % N_THREADS + 1};
        contestants[i] = (bench_contestant){.run = run_turn, .context = &turns[i]};
    }
    bench_take_turns(contestants, n_turns, ROUNDS, 0);
    bench_text(report, line->name);
    bench_text(report, line->class);
    for (size_t i = 0; i < N_THREADS; i++) {
        const double ns = contestants[i].median;
        const double ratio = floor == NULL ? NAN : contestants[N_THREADS + i].median / ns;
        bench_number(report, ns / (double)n, 3);
        bench_number(report, made.bytes / ns, 1);
        bench_number(report, ratio, 2);
        if (floor != NULL) {
            all->log_sum[i] += log(ratio);
            all->least[i] = all->n == 0 || ratio < all->least[i] ? ratio : all->least[i];
        }
    }
    all->n += floor != NULL;
    bench_number(report, contestants[0].median / contestants[1].median, 2);
    corpus_case_free(&made);
}

static void report_summary(bench_report *report, const summary *all) {
    static const char *const columns[] = {"of floor", "lines", "1 thread", "2 threads"};
    if (all->n == 0)
        return;
    bench_table(report, "memory-bound lines beside their floors", columns, 4);
    bench_text(report, "geometric mean");
    bench_number(report, (double)all->n, 0);
    for (size_t i = 0; i < N_THREADS; i++)
        bench_number(report, exp(all->log_sum[i] / (double)all->n), 2);
    bench_text(report, "least");
    bench_number(report, (double)all->n, 0);
    for (size_t i = 0; i < N_THREADS; i++)
        bench_number(report, all->least[i], 2);
}

/* ---- Every size ----------------------------------------------------------------------------- */

static void report_sizes(bench_report *report, const corpus_line *line,
                         const corpus_memory *memory) {
    bench_text(report, line->name);
    for (size_t i = 0; i < N_SMALL; i++) {
        corpus_case made;
        corpus_case_create(&made, line, small_sizes[i], memory);
        turn t = {&made, NULL, memory, small_sizes[i], 0};
        bench_contestant contestant = {.run = run_turn, .context = &t};
        bench_take_turns(&contestant, 1, SMALL_ROUNDS, small_min_ns);
        bench_number(report, contestant.best / (double)small_sizes[i], 3);
        corpus_case_free(&made);
    }
}

int main(int argc, char **argv) {
    static corpus_line lines[CORPUS_MAX_LINES];
    static const char *const large[] = {"expression", "class",       "ns, 1 thr.",
                                        "GB/s, 1",    "of floor, 1", "ns, 2 thr.",
                                        "GB/s, 2",    "of floor, 2", "speed-up"};
    static const char *const small[] = {"expression", "10",     "100",    "1000",
                                        "10000",      "100000", "1000000"};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_expr CORPUS [expression] [--elements N] [--json FILE]\n");
        return EXIT_FAILURE;
    }
    const size_t n_lines = corpus_read(argv[1], lines);
    const char *only = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    const char *elements = bench_option(argc, argv, "--elements");
    const size_t n = (size_t)(elements != NULL ? strtod(elements, NULL) : 20e6) / 64000 * 64000;
    bench_report report = bench_report_open("bench_expr", argc, argv);
    corpus_memory memory = corpus_memory_create(n < 1000000 ? 1000000 : n);
    summary all = {0};
    char title[64];
    snprintf(title, sizeof title, "%zu elements: ns an element", n);
    bench_table(&report, title, large, 9);
    for (size_t i = 0; i < n_lines; i++)
        if (only == NULL || strcmp(only, lines[i].name) == 0)
            report_large(&report, &lines[i], n, &memory, &all);
    report_summary(&report, &all);
    bench_table(&report, "every size: ns an element", small, 1 + N_SMALL);
    for (size_t i = 0; i < n_lines; i++)
        if (only == NULL || strcmp(only, lines[i].name) == 0)
            report_sizes(&report, &lines[i], &memory);
    corpus_memory_free(&memory);
    return bench_report_close(&report);
}
