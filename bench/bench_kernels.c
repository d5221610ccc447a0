/* SPDX-License-Identifier: MIT */
/*
 * What each elementwise kernel costs: nanoseconds per element with all data in the first-level
 * cache, for every operation, type and instruction set. A row whose sets hardly differ did not
 * vectorise.
 *
 *     bench_kernels [operation [form]]     one operation (its id, or - for all); form: vv, vs or sv
 *
 * The best of several rounds, in which the tables take turns, so that all see the same machine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/dtype.h"
#include "eval/kernels.h"

enum { N = 512, ROUNDS = 7, MAX_TABLES = 4, MAX_BYTES = sizeof(evex_str) };

static _Alignas(64) unsigned char operands[3][N * MAX_BYTES], splats[3][EVEX_SPLAT_BYTES],
    result[N * MAX_BYTES];
static const evex_set set = {3, operands[1]};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Small positive numbers: no operation meets a special case. */
static void fill(evex_dtype dtype, unsigned char *to, size_t i) {
    const double x = 1 + (double)(i * 37 % 100) / 64;
    const uint64_t u = 1 + i * 37 % 100;
    const float y = (float)x;
    const evex_str text = {"some text", 5 + i % 4};
    const size_t bytes = evex_dtype_size(dtype);
    const void *from = dtype == EVEX_STR   ? (const void *)&text
                       : dtype == EVEX_F64 ? (const void *)&x
                       : dtype == EVEX_F32 ? (const void *)&y
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

static double time_call(evex_kernel kernel, const evex_operand *src, size_t repeats) {
    const double start = now_ns();
    for (size_t r = 0; r < repeats; r++)
        kernel((void *[]){result}, src, N, NULL);
    return (now_ns() - start) / ((double)repeats * N);
}

/* scalars: bit k makes operand k a scalar. */
static void measure(evex_op op, evex_dtype in, evex_dtype out, int scalars, double *best,
                    size_t n_tables) {
    const evex_op_info *info = &evex_op_infos[op];
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    evex_operand src[3];
    for (int k = 0; k < info->arity; k++) {
        fill_operand(k, info->takes_bool && k == 0 ? EVEX_BOOL : in);
        src[k] = scalars >> k & 1 ? (evex_operand){splats[k], 0} : (evex_operand){operands[k], 1};
    }
    if (op == EVEX_OP_IN)
        src[1] = (evex_operand){&set, 0};
    for (size_t t = 0; t < n_tables; t++)
        best[t] = 1e30;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t t = 0; t < n_tables; t++) {
            const evex_kernel kernel = evex_kernel_find(tables[t], op, in, out);
            const double once = time_call(kernel, src, 4) * N;
            const double ns = time_call(kernel, src, 1 + (size_t)(40000 / (once + 1)));
            best[t] = ns < best[t] ? ns : best[t];
        }
}

static void print_row(evex_op op, evex_dtype in, evex_dtype out, int scalars) {
    double best[MAX_TABLES];
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    if (evex_kernel_find(tables[0], op, in, out) == NULL)
        return;
    measure(op, in, out, scalars, best, n_tables);
    printf("%-10s %-8s %-8s", evex_op_infos[op].id, evex_dtype_name(in),
           op == EVEX_OP_CAST ? evex_dtype_name(out) : "");
    for (size_t t = 0; t < n_tables; t++)
        printf(" %9.4f", best[t]);
    printf(" %8.1f\n", best[0] / best[n_tables - 1]);
}

int main(int argc, char **argv) {
    const char *only = argc > 1 && strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
    const char *form = argc > 2 ? argv[2] : "vv";
    const int scalars = strcmp(form, "vs") == 0 ? 2 : strcmp(form, "sv") == 0 ? 1 : 0;
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    printf("ns per element, %d elements, form %s\n%-28s", N, form, "");
    for (size_t t = 0; t < n_tables; t++)
        printf(" %9s", tables[t]->isa);
    printf(" %8s\n", "gain");
    for (int op = 0; op < EVEX_N_OPS; op++)
        for (int in = 0; in < EVEX_N_DTYPES; in++)
            for (int out = 0; out < (op == EVEX_OP_CAST ? EVEX_N_DTYPES : 1); out++)
                if (only == NULL || strcmp(only, evex_op_infos[op].id) == 0)
                    print_row((evex_op)op, (evex_dtype)in, (evex_dtype)out, scalars);
    return 0;
}
