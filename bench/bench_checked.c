/* SPDX-License-Identifier: MIT */
/*
 * What guards cost: expressions over integers compiled with overflow='wrap' and with 'error', over
 * arrays far larger than the caches, on one thread and on two, all taking turns. The operands are
 * random numbers of half their type's bits, so that no guard fires.
 *
 *     bench_checked [million elements] [--json FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/evaluation.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "include/evex.h"

enum { ROUNDS = 9, N_OPERANDS = 3, N_THREADS = 2, MAX_RESULT_BYTES = 8 };

static const struct {
    const char *source;
    evex_dtype dtype; /* of a, b and c */
} cases[] = {
    {"a*b + c", EVEX_I64},    {"a + b", EVEX_I64},        {"a - 7", EVEX_U64},
    {"a*b", EVEX_U64},        {"a*a", EVEX_I64},          {"(a >> 11)**3", EVEX_I64},
    {"a // b", EVEX_I64},     {"int32(a)", EVEX_I64},     {"sum(a)", EVEX_I64},
    {"sum(a + b)", EVEX_I64}, {"a*b + c", EVEX_I32},      {"a*b + c", EVEX_I8},
    {"sum(a*b)", EVEX_I32},   {"a << (b & 7)", EVEX_I32}, {"where(b > 0, a*b, c)", EVEX_I64},
};

enum { N_CASES = sizeof cases / sizeof *cases };

/* Random elements from 1 to about the square root of the greatest. */
static void *make_operand(evex_dtype dtype, size_t n, uint64_t seed) {
    const size_t size = evex_dtype_size(dtype);
    const unsigned bits = (unsigned)(4 * size - 1);
    unsigned char *bytes = malloc(n * size);
    for (size_t i = 0; bytes != NULL && i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        const uint64_t value = (seed >> (64 - bits)) | 1; /* little-endian targets only */
        memcpy(bytes + i * size, &value, size);
    }
    return bytes;
}

static bench_evaluation prepare(size_t which, evex_overflow overflow, evex_pool *pool,
                                void *const *operands, void *result, size_t n) {
    static const char *const names[N_OPERANDS] = {"a", "b", "c"};
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_var vars[N_OPERANDS];
    for (size_t i = 0; i < N_OPERANDS; i++)
        vars[i] = (evex_var){names[i], cases[which].dtype, EVEX_STRONG, 0, 0};
    options.overflow = (uint8_t)overflow;
    bench_evaluation made =
        bench_evaluation_of(cases[which].source, vars, N_OPERANDS, &options, pool, result, n);
    for (size_t i = 0; i < made.n_inputs; i++)
        made.inputs[i] = evex_array_1d(cases[which].dtype, operands[made.vars[i].name[0] - 'a'], n);
    return made;
}

/* One line: milliseconds and the ratio, for each number of threads. */
static void measure(bench_report *report, size_t which, evex_pool *const *pools, void *result,
                    size_t n) {
    bench_contestant contestants[2 * N_THREADS] = {{0}};
    bench_evaluation turns[2 * N_THREADS];
    void *operands[N_OPERANDS];
    char text[64];
    for (size_t i = 0; i < N_OPERANDS; i++)
        if ((operands[i] = make_operand(cases[which].dtype, n, i + 1)) == NULL)
            exit(1);
    for (size_t k = 0; k < 2 * N_THREADS; k++) {
        turns[k] = prepare(which, k % 2 == 0 ? EVEX_OVERFLOW_WRAP : EVEX_OVERFLOW_ERROR,
                           pools[k / 2], operands, result, n);
        contestants[k] = (bench_contestant){.run = bench_evaluate, .context = &turns[k]};
    }
    bench_take_turns(contestants, 2 * N_THREADS, ROUNDS, 0);
    snprintf(text, sizeof text, "%s of %s", cases[which].source,
             evex_dtype_name(cases[which].dtype));
    bench_text(report, text);
    for (size_t k = 0; k < 2 * N_THREADS; k += 2) {
        bench_number(report, contestants[k].median * 1e-6, 2);
        bench_number(report, contestants[k + 1].median * 1e-6, 2);
        bench_number(report, contestants[k + 1].median / contestants[k].median, 2);
    }
    for (size_t k = 0; k < 2 * N_THREADS; k++)
        evex_expr_free(&turns[k].expr);
    for (size_t i = 0; i < N_OPERANDS; i++)
        free(operands[i]);
}

int main(int argc, char **argv) {
    static const char *const columns[] = {"expression",   "wrap, 1 thr.", "error, 1", "ratio",
                                          "wrap, 2 thr.", "error, 2",     "ratio"};
    const double millions = argc > 1 && argv[1][0] != '-' ? strtod(argv[1], NULL) : 20;
    const size_t n = (size_t)(millions * 1e6);
    bench_report report = bench_report_open("bench_checked", argc, argv);
    evex_pool *pools[N_THREADS];
    void *result = malloc((n + 1) * MAX_RESULT_BYTES);
    if (result == NULL)
        return 1;
    for (size_t threads = 1; threads <= N_THREADS; threads++)
        if (evex_pool_create(&pools[threads - 1], threads, NULL, NULL) != EVEX_OK)
            return 1;
    bench_table(&report, "overflow='error' beside 'wrap', milliseconds", columns, 7);
    for (size_t which = 0; which < N_CASES; which++)
        measure(&report, which, pools, result, n);
    for (size_t threads = 0; threads < N_THREADS; threads++)
        evex_pool_free(&pools[threads]);
    free(result);
    return bench_report_close(&report);
}
