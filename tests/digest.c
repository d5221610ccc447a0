/* SPDX-License-Identifier: MIT */
/*
 * Prints a hash of what every operation and reduction of evex_ops() gives for every operand type,
 * on the same pseudo-random and edge values everywhere. Fails where an instruction set, a thread
 * count or a block length changes a hash; scripts/test.sh compares the lines of different machines.
 * NaN is hashed as one NaN: its sign and payload are unspecified.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"

enum { N = 4999, MAX_OPERANDS = 3 };

typedef struct {
    evex_isa_cap isa;
    size_t threads, block;
} setting;

static const setting settings[] = {
    {EVEX_ISA_REF, 1, 0},  {EVEX_ISA_BASE, 1, 0},   {EVEX_ISA_BASE, 3, 16},
    {EVEX_ISA_AVX2, 1, 3}, {EVEX_ISA_AVX512, 1, 0}, {EVEX_ISA_AVX512, 8, 64},
};

/* splitmix64, of which any state is as good as another. */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n_bytes) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n_bytes; i++)
        hash = (hash ^ p[i]) * 0x100000001b3;
    return hash;
}

/* ---- Operands ------------------------------------------------------------------------------ */

static double float_value(uint64_t random, uint64_t style) {
    static const double edges[] = {0.0, -0.0,  1.0,    -1.0,      0.5,
                                   2.0, 1e300, 1e-300, 0x1p-1074, 0x1p63};
    const double unit = (double)(random >> 11) * 0x1p-53;
    switch (style % 8) {
    case 0:
        return edges[random % (sizeof edges / sizeof *edges)];
    case 1:
        return (unit - 0.5) * 1e6;
    case 2:
        return random % 2 ? HUGE_VAL : -HUGE_VAL;
    case 3:
        return unit * 2 - 1;
    default:
        return (unit - 0.5) * 40;
    }
}

static void fill(void *data, evex_dtype dtype, uint64_t seed) {
    uint64_t state = seed;
    const size_t size = evex_dtype_size(dtype);
    for (size_t i = 0; i < N; i++) {
        const uint64_t random = next_random(&state), style = next_random(&state);
        const double real = float_value(random, style);
        const float narrow = (float)real;
        const int64_t small = (int64_t)(random % 21) - (dtype >= EVEX_U8 ? 0 : 10);
        const int64_t whole = style % 2 ? small : (int64_t)random;
        const uint8_t truth = random & 1;
        const void *from = dtype == EVEX_F64    ? (const void *)&real
                           : dtype == EVEX_F32  ? (const void *)&narrow
                           : dtype == EVEX_BOOL ? (const void *)&truth
                                                : (const void *)&whole;
        memcpy((char *)data + i * size, from, size);
    }
}

/* The variables that a signature names, with their dtype: bool for a condition, else T. */
typedef struct {
    char names[MAX_OPERANDS][16];
    evex_var vars[MAX_OPERANDS];
    size_t n;
    evex_dtype dtype;
} operands;

static int add_operand(void *user, const char *name, size_t n_bytes) {
    operands *o = user;
    if (o->n == MAX_OPERANDS || n_bytes >= sizeof *o->names)
        return 1;
    memcpy(o->names[o->n], name, n_bytes);
    o->names[o->n][n_bytes] = '\0';
    const int is_condition = strcmp(o->names[o->n], "condition") == 0;
    o->vars[o->n] =
        (evex_var){o->names[o->n], is_condition ? EVEX_BOOL : o->dtype, EVEX_STRONG, 0, 0};
    o->n++;
    return 0;
}

/* ---- One line ------------------------------------------------------------------------------ */

static _Alignas(64) char memory[MAX_OPERANDS + 1][N * 16];

static uint64_t hash_result(const char *data, evex_dtype dtype, size_t n) {
    const size_t size = evex_dtype_size(dtype);
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < n; i++) {
        double wide = 0;
        float narrow = 0;
        if (dtype == EVEX_F64)
            memcpy(&wide, data + i * size, size);
        if (dtype == EVEX_F32)
            memcpy(&narrow, data + i * size, size);
        const int is_nan = wide != wide || narrow != narrow;
        hash = is_nan ? hash_bytes(hash, "nan", 3) : hash_bytes(hash, data + i * size, size);
    }
    return hash;
}

/* As many threads as a setting asks for, whatever the machine has. */
static evex_pool *pool;

/* The hash of one evaluation, or the status in *status. */
static uint64_t evaluate(const char *source, const operands *o, setting s, evex_status *status) {
    evex_expr *expr = NULL;
    evex_compile_options compile = EVEX_COMPILE_OPTIONS_INIT;
    compile.isa = s.isa;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = s.threads;
    options.force_threads = 1;
    options.block_length = s.block;
    uint64_t hash = 0;
    *status = evex_compile(&expr, source, strlen(source), o->vars, o->n, &compile, NULL);
    if (*status != EVEX_OK)
        return 0;
    evex_array in[MAX_OPERANDS];
    size_t n_inputs;
    const evex_var *inputs = evex_expr_inputs(expr, &n_inputs);
    for (size_t i = 0; i < n_inputs; i++)
        for (size_t k = 0; k < o->n; k++)
            if (strcmp(inputs[i].name, o->vars[k].name) == 0)
                in[i] = evex_array_1d(o->vars[k].dtype, memory[k], N);
    evex_result result;
    *status = evex_result_shape(expr, in, n_inputs, &result, NULL, NULL);
    if (*status == EVEX_OK) {
        evex_array out = result.ndim == 0 ? evex_array_0d(result.dtype, memory[MAX_OPERANDS])
                                          : evex_array_1d(result.dtype, memory[MAX_OPERANDS], N);
        *status = evex_eval(expr, pool, in, n_inputs, &out, 1, &options, NULL);
        hash = hash_result(memory[MAX_OPERANDS], result.dtype, result.ndim == 0 ? 1 : N);
    }
    evex_expr_free(&expr);
    return hash;
}

/* Prints a line for one operation and type; adds to the counts. */
static void digest(const evex_op_doc *doc, evex_dtype dtype, size_t *n_good, size_t *n_bad) {
    operands o = {.n = 0, .dtype = dtype};
    evex_error error = EVEX_ERROR_INIT;
    if (evex_names(doc->signature, strlen(doc->signature), NULL, add_operand, &o, &error) !=
        EVEX_OK)
        return;
    for (size_t i = 0; i < o.n; i++)
        fill(memory[i], o.vars[i].dtype, 1 + i);
    evex_status first_status = EVEX_OK;
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        evex_status status;
        const uint64_t hash = evaluate(doc->signature, &o, settings[i], &status);
        if (i == 0) {
            first = hash;
            first_status = status;
        } else if (status != first_status || (status == EVEX_OK && hash != first)) {
            fprintf(stderr, "%s of %s: setting %zu gives other bits than the definition\n",
                    doc->name, evex_dtype_name(dtype), i);
            ++*n_bad;
        }
    }
    if (first_status == EVEX_OK)
        ++*n_good;
    printf("%-12s %-8s ", doc->name, evex_dtype_name(dtype));
    if (first_status == EVEX_OK)
        printf("%016llx\n", (unsigned long long)first);
    else
        printf("%s\n", evex_status_text(first_status));
}

int main(void) {
    size_t n, n_good = 0, n_bad = 0;
    const evex_op_doc *docs = evex_ops(&n);
    if (evex_pool_create(&pool, 8, NULL, NULL) != EVEX_OK)
        return 1;
    for (size_t i = 0; i < n; i++)
        for (int dtype = EVEX_BOOL; dtype <= EVEX_F64; dtype++)
            digest(&docs[i], (evex_dtype)dtype, &n_good, &n_bad);
    evex_pool_free(&pool);
    evex_shutdown();
    fprintf(stderr, "%zu operations and reductions: %zu digests, %zu disagreements\n", n, n_good,
            n_bad);
    return n_bad != 0 || n_good < 5 * n;
}
