/* SPDX-License-Identifier: MIT */
/*
 * What each transcendental function costs with all data in the first-level cache: cycles an element
 * on every instruction set of the machine, beside glibc's libmvec in the same width and the same
 * run, and the geometric means of the ratios. Functions that libmvec lacks are listed, not counted.
 *
 *     bench_vecmath [function] [--dtype float64|float32] [--json FILE]
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/libmvec.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "core/dtype.h"
#include "eval/kernels.h"

enum { N = 512, ROUNDS = 27, MIN_NS = 15000, MAX_ISAS = 3, CELLS = 3 };

typedef struct {
    double low, high;
} range;

/* A function, C's name for it (NULL where libmvec has none) and the arguments: what is typical, for
 * special cases are the accuracy program's business, not this one's. */
typedef struct {
    evex_op op;
    const char *c_name;
    range a, b;
} function;

static const function functions[] = {
    {EVEX_OP_EXP, "exp", {-10, 10}, {0, 0}},
    {EVEX_OP_EXP2, "exp2", {-10, 10}, {0, 0}},
    {EVEX_OP_EXP10, "exp10", {-5, 5}, {0, 0}},
    {EVEX_OP_EXPM1, "expm1", {-1, 1}, {0, 0}},
    {EVEX_OP_LOG, "log", {0.1, 10}, {0, 0}},
    {EVEX_OP_LOG2, "log2", {0.1, 10}, {0, 0}},
    {EVEX_OP_LOG10, "log10", {0.1, 10}, {0, 0}},
    {EVEX_OP_LOG1P, "log1p", {0.1, 10}, {0, 0}},
    {EVEX_OP_LOGADDEXP, NULL, {-3, 3}, {-3, 3}},
    {EVEX_OP_SIN, "sin", {-3.15, 3.15}, {0, 0}},
    {EVEX_OP_COS, "cos", {-3.15, 3.15}, {0, 0}},
    {EVEX_OP_TAN, "tan", {-3.15, 3.15}, {0, 0}},
    {EVEX_OP_SINPI, NULL, {-1, 1}, {0, 0}},
    {EVEX_OP_COSPI, NULL, {-1, 1}, {0, 0}},
    {EVEX_OP_ARCSIN, "asin", {-1, 1}, {0, 0}},
    {EVEX_OP_ARCCOS, "acos", {-1, 1}, {0, 0}},
    {EVEX_OP_ARCTAN, "atan", {-2, 2}, {0, 0}},
    {EVEX_OP_ARCTAN2, "atan2", {-2, 2}, {-2, 2}},
    {EVEX_OP_SINH, "sinh", {-3, 3}, {0, 0}},
    {EVEX_OP_COSH, "cosh", {-3, 3}, {0, 0}},
    {EVEX_OP_TANH, "tanh", {-3, 3}, {0, 0}},
    {EVEX_OP_ARCSINH, "asinh", {-3, 3}, {0, 0}},
    {EVEX_OP_ARCCOSH, "acosh", {1, 10}, {0, 0}},
    {EVEX_OP_ARCTANH, "atanh", {-0.95, 0.95}, {0, 0}},
    {EVEX_OP_POW, "pow", {0.1, 10}, {-5, 5}},
    {EVEX_OP_CBRT, "cbrt", {-10, 10}, {0, 0}},
    {EVEX_OP_HYPOT, "hypot", {-10, 10}, {-10, 10}},
    {EVEX_OP_ERF, "erf", {-3, 3}, {0, 0}},
    {EVEX_OP_ERFC, "erfc", {-3, 3}, {0, 0}},
    {EVEX_OP_GAMMA, NULL, {0.5, 20}, {0, 0}},
    {EVEX_OP_LGAMMA, NULL, {0.5, 20}, {0, 0}},
    {EVEX_OP_FMOD, NULL, {-100, 100}, {0.1, 10}},
    {EVEX_OP_MOD, NULL, {-100, 100}, {0.1, 10}},
    {EVEX_OP_FLOORDIV, NULL, {-100, 100}, {0.1, 10}},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static _Alignas(64) double operands[2][N], result[N];
static const void *const operand_data[2] = {operands[0], operands[1]};

/* ---- Contestants ---------------------------------------------------------------------------- */

typedef struct {
    evex_kernel kernel; /* NULL: libmvec's turn */
    bench_libmvec libmvec;
} turn;

static void run_turn(void *context) {
    const turn *t = context;
    if (t->kernel != NULL)
        t->kernel((void *[]){result}, (evex_operand[]){{operands[0], 1}, {operands[1], 1}}, N,
                  NULL);
    else
        t->libmvec.loop(t->libmvec.function, result, operand_data, N);
}

/* Points in no order that a branch predictor could learn: multiples of the golden ratio, modulo 1.
 */
static void fill(int k, range r, evex_dtype dtype) {
    for (size_t i = 0; i < N; i++) {
        const double t =
            fmod((double)(i + 1) * (k == 0 ? 0.6180339887498949 : 0.4142135623730951), 1);
        const double x = r.low + (r.high - r.low) * t;
        if (dtype == EVEX_F32)
            ((float *)operands[k])[i] = (float)x;
        else
            operands[k][i] = x;
    }
}

/* The instruction sets but `ref`, which is one scalar at a time. */
static size_t isas(const evex_kernel_table **tables) {
    size_t n_all, n = 0;
    const evex_kernel_table *const *all = evex_kernels_all(&n_all);
    for (size_t i = 0; i < n_all && n < MAX_ISAS; i++)
        if (strcmp(all[i]->isa, "ref") != 0)
            tables[n++] = all[i];
    return n;
}

/* ---- Figures -------------------------------------------------------------------------------- */

/* Nanoseconds an element of one function and dtype: evex's, libmvec's (nan: it has none). */
typedef struct {
    double evex[MAX_ISAS], libmvec[MAX_ISAS];
} figures;

static figures measure(const function *f, evex_dtype dtype) {
    const evex_kernel_table *tables[MAX_ISAS];
    const size_t n_isas = isas(tables);
    turn turns[2 * MAX_ISAS];
    bench_contestant contestants[2 * MAX_ISAS];
    double *wanted[2 * MAX_ISAS];
    figures found;
    size_t n = 0;
    fill(0, f->a, dtype);
    fill(1, f->b, dtype);
    for (size_t i = 0; i < n_isas; i++) {
        found.evex[i] = found.libmvec[i] = NAN;
        turns[n] = (turn){evex_kernel_find(tables[i], f->op, dtype, dtype), {NULL, NULL}};
        wanted[n++] = &found.evex[i];
        turns[n] = (turn){
            NULL, bench_libmvec_find(tables[i]->isa, f->c_name, evex_op_infos[f->op].arity, dtype)};
        wanted[n] = &found.libmvec[i];
        n += turns[n].libmvec.function != NULL;
    }
    for (size_t i = 0; i < n; i++)
        contestants[i] = (bench_contestant){.run = run_turn, .context = &turns[i]};
    bench_take_turns(contestants, n, ROUNDS, MIN_NS);
    for (size_t i = 0; i < n; i++)
        *wanted[i] = contestants[i].best / N;
    return found;
}

/* A geometric mean in the making, with the worst of its ratios. */
typedef struct {
    double log_sum, worst;
    size_t n;
    const char *worst_name;
} mean;

static void take_ratio(mean *m, double ratio, const char *name) {
    if (isnan(ratio))
        return;
    m->log_sum += log(ratio);
    m->n++;
    if (ratio > m->worst) {
        m->worst = ratio;
        m->worst_name = name;
    }
}

/* ---- Tables --------------------------------------------------------------------------------- */

static void begin_table(bench_report *report, evex_dtype dtype) {
    static char names[MAX_ISAS * CELLS][32], title[96];
    const char *columns[2 + MAX_ISAS * CELLS] = {"function", "ns"};
    const evex_kernel_table *tables[MAX_ISAS];
    const size_t n_isas = isas(tables);
    for (size_t i = 0; i < n_isas; i++) {
        snprintf(names[CELLS * i], sizeof *names, "%s", tables[i]->isa);
        snprintf(names[CELLS * i + 1], sizeof *names, "libmvec");
        snprintf(names[CELLS * i + 2], sizeof *names, "ratio");
    }
    for (size_t i = 0; i < n_isas * CELLS; i++)
        columns[2 + i] = names[i];
    snprintf(title, sizeof title, "%s: cycles an element, %d elements; ns on %s",
             evex_dtype_name(dtype), N, tables[n_isas - 1]->isa);
    bench_table(report, title, columns, 2 + n_isas * CELLS);
}

static void report_function(bench_report *report, const function *f, evex_dtype dtype,
                            mean *means) {
    const evex_kernel_table *tables[MAX_ISAS];
    const size_t n_isas = isas(tables);
    const figures found = measure(f, dtype);
    bench_text(report, evex_op_infos[f->op].name);
    bench_number(report, found.evex[n_isas - 1], 3);
    for (size_t i = 0; i < n_isas; i++) {
        const double ratio = found.evex[i] / found.libmvec[i];
        bench_number(report, found.evex[i] * report->clock_ghz, 2);
        bench_number(report, found.libmvec[i] * report->clock_ghz, 2);
        bench_number(report, ratio, 2);
        take_ratio(&means[i], ratio, evex_op_infos[f->op].name);
    }
}

static void report_mean(bench_report *report, const char *dtype, const char *isa, const mean *m) {
    char name[64];
    if (m->n == 0)
        return;
    snprintf(name, sizeof name, "%s %s", dtype, isa);
    bench_text(report, name);
    bench_number(report, (double)m->n, 0);
    bench_number(report, exp(m->log_sum / (double)m->n), 2);
    bench_number(report, m->worst, 2);
    bench_text(report, m->worst_name);
}

int main(int argc, char **argv) {
    static const evex_dtype dtypes[] = {EVEX_F64, EVEX_F32};
    static const char *const columns[] = {"evex / libmvec", "functions", "mean", "worst", "of"};
    const char *only = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    const char *dtype = bench_option(argc, argv, "--dtype");
    bench_report report = bench_report_open("bench_vecmath", argc, argv);
    mean means[2][MAX_ISAS] = {{{0}}};
    for (int d = 0; d < 2; d++) {
        if (dtype != NULL && strcmp(dtype, evex_dtype_name(dtypes[d])) != 0)
            continue;
        begin_table(&report, dtypes[d]);
        for (size_t i = 0; i < N_FUNCTIONS; i++)
            if (only == NULL || strcmp(only, evex_op_infos[functions[i].op].name) == 0)
                report_function(&report, &functions[i], dtypes[d], means[d]);
    }
    const evex_kernel_table *tables[MAX_ISAS];
    const size_t n_isas = isas(tables);
    bench_table(&report, "geometric means of the ratios", columns, 5);
    for (int d = 0; d < 2; d++)
        for (size_t i = 0; i < n_isas; i++)
            report_mean(&report, evex_dtype_name(dtypes[d]), tables[i]->isa, &means[d][i]);
    return bench_report_close(&report);
}
