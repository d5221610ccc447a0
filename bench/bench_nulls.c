/* SPDX-License-Identifier: MIT */
/*
 * What nulls cost: float64 expressions over plain operands and over nullable ones, with validity as
 * bytes and as bitmaps, over arrays far larger than the caches, on one thread and on two, all
 * taking turns. Every eighth element is null.
 *
 *     bench_nulls [million elements] [--json FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/evaluation.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "include/evex.h"

enum { ROUNDS = 9, N_OPERANDS = 3, N_THREADS = 2, N_FORMS = 3, N_TURNS = N_FORMS * N_THREADS };

static const char *const cases[] = {"a*b + c", "a + b",   "sqrt(a*a + b*b)", "where(a > b, a, c)",
                                    "sum(a)",  "sum(a*b)"};

enum { N_CASES = sizeof cases / sizeof *cases };

typedef enum { PLAIN, AS_BYTES, AS_BITS } form;

/* What all cases share. */
typedef struct {
    size_t n;
    double *operands[N_OPERANDS];
    uint8_t *bytes, *bits; /* validity of every operand */
    double *result;
    uint8_t *result_bytes;
    evex_pool *pools[N_THREADS];
} material;

static bench_evaluation prepare(const material *m, const char *source, form how, evex_pool *pool) {
    static const char *const names[N_OPERANDS] = {"a", "b", "c"};
    evex_var vars[N_OPERANDS];
    for (size_t i = 0; i < N_OPERANDS; i++)
        vars[i] = (evex_var){names[i], EVEX_F64, EVEX_STRONG, how != PLAIN, 0};
    bench_evaluation made =
        bench_evaluation_of(source, vars, N_OPERANDS, NULL, pool, m->result, m->n);
    for (size_t i = 0; i < made.n_inputs; i++) {
        evex_array *input = &made.inputs[i];
        *input = evex_array_1d(EVEX_F64, m->operands[made.vars[i].name[0] - 'a'], m->n);
        input->validity = how == PLAIN ? NULL : how == AS_BYTES ? m->bytes : m->bits;
        input->validity_form = how == AS_BITS ? EVEX_VALIDITY_BITS : EVEX_VALIDITY_BYTES;
    }
    made.output.validity = m->result_bytes;
    return made;
}

/* One line: milliseconds and ratios to the plain one, for each number of threads. */
static void measure(bench_report *report, const material *m, const char *source) {
    bench_contestant contestants[N_TURNS] = {{0}};
    bench_evaluation turns[N_TURNS];
    for (size_t k = 0; k < N_TURNS; k++) {
        turns[k] = prepare(m, source, (form)(k % N_FORMS), m->pools[k / N_FORMS]);
        contestants[k] = (bench_contestant){.run = bench_evaluate, .context = &turns[k]};
    }
    bench_take_turns(contestants, N_TURNS, ROUNDS, 0);
    bench_text(report, source);
    for (size_t k = 0; k < N_TURNS; k += N_FORMS) {
        bench_number(report, contestants[k].median * 1e-6, 2);
        bench_number(report, contestants[k + AS_BYTES].median / contestants[k].median, 2);
        bench_number(report, contestants[k + AS_BITS].median / contestants[k].median, 2);
    }
    for (size_t k = 0; k < N_TURNS; k++)
        evex_expr_free(&turns[k].expr);
}

static void *allocate(size_t n_bytes) {
    void *memory = malloc(n_bytes);
    if (memory == NULL)
        exit(1);
    return memory;
}

static void fill(material *m) {
    for (size_t k = 0; k < N_OPERANDS; k++) {
        m->operands[k] = allocate((m->n + 1) * sizeof(double));
        for (size_t i = 0; i < m->n; i++)
            m->operands[k][i] = (double)((i + k) % 1000) / 8;
    }
    m->bytes = allocate(m->n + 1);
    m->bits = allocate(m->n / 8 + 1);
    m->result = allocate((m->n + 1) * sizeof(double));
    m->result_bytes = allocate(m->n + 1);
    for (size_t i = 0; i < m->n; i++)
        m->bytes[i] = i % 8 != 0;
    memset(m->bits, 0xfe, m->n / 8 + 1);
}

static void empty(material *m) {
    for (size_t k = 0; k < N_OPERANDS; k++)
        free(m->operands[k]);
    free(m->bytes);
    free(m->bits);
    free(m->result);
    free(m->result_bytes);
    for (size_t threads = 0; threads < N_THREADS; threads++)
        evex_pool_free(&m->pools[threads]);
}

int main(int argc, char **argv) {
    static const char *const columns[] = {"expression",    "plain, 1 thr.", "bytes",  "bitmaps",
                                          "plain, 2 thr.", "bytes",         "bitmaps"};
    const double millions = argc > 1 && argv[1][0] != '-' ? strtod(argv[1], NULL) : 20;
    material m = {.n = (size_t)(millions * 1e6)};
    bench_report report = bench_report_open("bench_nulls", argc, argv);
    for (size_t threads = 1; threads <= N_THREADS; threads++)
        if (evex_pool_create(&m.pools[threads - 1], threads, NULL, NULL) != EVEX_OK)
            return 1;
    fill(&m);
    bench_table(&report, "nullable operands: milliseconds of plain ones, and ratios to these",
                columns, 7);
    for (size_t which = 0; which < N_CASES; which++)
        measure(&report, &m, cases[which]);
    empty(&m);
    return bench_report_close(&report);
}
