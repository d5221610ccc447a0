/* SPDX-License-Identifier: MIT */
/*
 * What each elementwise kernel costs: nanoseconds per element with all data in the first-level
 * cache, for every operation, type and instruction set. A row whose sets hardly differ did not
 * vectorise.
 *
 *     bench_kernels [operation] [--form vv|vs|sv] [--json FILE]
 *
 * operation is an id of core/op.def (ADD); the form says which of two operands is a scalar.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/report.h"
#include "core/dtype.h"
#include "eval/kernels.h"

enum { N = 512, ROUNDS = 7, MAX_TABLES = 4, MAX_BYTES = sizeof(evex_str) };
static const double min_ns = 20000;

static _Alignas(64) unsigned char operands[3][N * MAX_BYTES], splats[3][EVEX_SPLAT_BYTES],
    results[2][N * MAX_BYTES];
static const evex_set set = {3, operands[1]};

/* Small positive numbers: no operation meets a special case. */
static void fill(evex_dtype dtype, unsigned char *to, size_t i) {
    const double x = 1 + (double)(i * 37 % 100) / 64;
    const uint64_t u = 1 + i * 37 % 100;
    const float y = (float)x;
    const evex_str text = {"some text", 5 + i % 4};
    const evex_c64 z = {y, 2 - y};
    const evex_c128 w = {x, 2 - x};
    const size_t bytes = evex_dtype_size(dtype);
    const void *from = dtype == EVEX_STR    ? (const void *)&text
                       : dtype == EVEX_F64  ? (const void *)&x
                       : dtype == EVEX_F32  ? (const void *)&y
                       : dtype == EVEX_C64  ? (const void *)&z
                       : dtype == EVEX_C128 ? (const void *)&w
                                            : (const void *)&u;
    const uint8_t truth = i * 37 % 100 < 50;
    memcpy(to + i * bytes, dtype == EVEX_BOOL ? &truth : from, bytes);
}

static void fill_operand(int k, evex_dtype dtype) {
    const size_t bytes = evex_dtype_size(dtype);
    for (size_t i = 0; i < N; i++)
        fill(dtype, operands[k], dtype == EVEX_BOOL && k == 0 ? i : (i + (size_t)k * 5) % N);
    for (size_t at = 0; at < EVEX_SPLAT_BYTES; at += bytes)
        memcpy(splats[k] + at, operands[k], bytes);
}

typedef struct {
    evex_kernel kernel;
    const evex_operand *operands;
} turn;

static void run_turn(void *context) {
    const turn *t = context;
    t->kernel((void *[]){results[0], results[1]}, t->operands, N, NULL);
}

/* scalars: bit k makes operand k a scalar. */
static void prepare(evex_op op, evex_dtype in, int scalars, evex_operand *src) {
    const evex_op_info *info = &evex_op_infos[op];
    for (int k = 0; k < info->arity; k++) {
        fill_operand(k, info->takes_bool && k == 0 ? EVEX_BOOL : in);
        src[k] = scalars >> k & 1 ? (evex_operand){splats[k], 0} : (evex_operand){operands[k], 1};
    }
    if (op == EVEX_OP_IN)
        src[1] = (evex_operand){&set, 0};
}

/* Lists and patterns of strings are prepared by a binding: bench_strings.py measures them. */
static int is_prepared(evex_op op, evex_dtype in) {
    return in == EVEX_STR && (op == EVEX_OP_IN || op == EVEX_OP_MATCHES || op == EVEX_OP_EXCEEDS ||
                              op == EVEX_OP_SEARCH);
}

static void report_kernel(bench_report *report, evex_op op, evex_dtype in, evex_dtype out,
                          int scalars) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    if (evex_kernel_find(tables[0], op, in, out) == NULL || is_prepared(op, in))
        return;
    evex_operand src[3];
    turn turns[MAX_TABLES];
    bench_contestant contestants[MAX_TABLES];
    prepare(op, in, scalars, src);
    for (size_t t = 0; t < n_tables; t++) {
        turns[t] = (turn){evex_kernel_find(tables[t], op, in, out), src};
        contestants[t] = (bench_contestant){.run = run_turn, .context = &turns[t]};
    }
    bench_take_turns(contestants, n_tables, ROUNDS, min_ns);
    bench_text(report, evex_op_infos[op].id);
    bench_text(report, evex_dtype_name(in));
    bench_text(report, op == EVEX_OP_CAST ? evex_dtype_name(out) : "");
    for (size_t t = 0; t < n_tables; t++)
        bench_number(report, contestants[t].best / N, 4);
    bench_number(report, contestants[0].best / contestants[n_tables - 1].best, 1);
}

static void begin_table(bench_report *report) {
    const char *columns[4 + MAX_TABLES] = {"operation", "operands", "result"};
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (size_t t = 0; t < n_tables; t++)
        columns[3 + t] = tables[t]->isa;
    columns[3 + n_tables] = "gain";
    bench_table(report, "ns an element, in the first-level cache", columns, 4 + n_tables);
}

int main(int argc, char **argv) {
    const char *only = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    const char *form = bench_option(argc, argv, "--form");
    const int scalars = form == NULL ? 0 : (form[0] == 's') + 2 * (form[1] == 's');
    bench_report report = bench_report_open("bench_kernels", argc, argv);
    begin_table(&report);
    for (int op = 0; op < EVEX_N_OPS; op++)
        for (int in = 0; in < EVEX_N_DTYPES; in++)
            for (int out = 0; out < (op == EVEX_OP_CAST ? EVEX_N_DTYPES : 1); out++)
                if (only == NULL || strcmp(only, evex_op_infos[op].id) == 0)
                    report_kernel(&report, (evex_op)op, (evex_dtype)in, (evex_dtype)out, scalars);
    return bench_report_close(&report);
}
