/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzing harnesses share: operands for any expression over the names of fuzz_vars, and a
 * trap for broken promises. A harness is a function of some bytes; libFuzzer drives it with new
 * ones (meson's option fuzzers), replay.c with those of tests/corpus/ in every ordinary test run.
 */
#ifndef EVEX_TESTS_FUZZ_H
#define EVEX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"
#include "tests/failing_allocator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

enum { FUZZ_ROWS = 3, FUZZ_COLUMNS = 7, FUZZ_MAX_RESULTS = 64, FUZZ_RESULT_BYTES = 1 << 16 };

/* Ends the process, so that the fuzzer keeps the input. */
#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

#define FUZZ_N_VARS 9
static const evex_var fuzz_vars[FUZZ_N_VARS] = {
    {"a", EVEX_F64, EVEX_STRONG, 0, 0},  {"b", EVEX_I32, EVEX_STRONG, 0, 0},
    {"c", EVEX_BOOL, EVEX_STRONG, 0, 0}, {"d", EVEX_U8, EVEX_STRONG, 0, 0},
    {"e", EVEX_F32, EVEX_STRONG, 0, 0},  {"f", EVEX_STR, EVEX_STRONG, 0, 0},
    {"g", EVEX_I64, EVEX_WEAK, 0, 0},    {"n", EVEX_F64, EVEX_STRONG, 1, 0},
    {"z", EVEX_C128, EVEX_STRONG, 0, 0},
};

/* An array of FUZZ_ROWS x FUZZ_COLUMNS, or one element for a weak variable. Never freed. */
static inline evex_array fuzz_operand(const evex_var *var) {
    static const int64_t shape[] = {FUZZ_ROWS, FUZZ_COLUMNS};
    static evex_str texts[FUZZ_ROWS * FUZZ_COLUMNS];
    static double memory[2 * FUZZ_ROWS * FUZZ_COLUMNS];
    for (size_t i = 0; i < FUZZ_ROWS * FUZZ_COLUMNS; i++)
        texts[i] = (evex_str){"text", i % 5};
    for (size_t i = 0; i < 2 * FUZZ_ROWS * FUZZ_COLUMNS; i++)
        memset(&memory[i], (int)(i * 37 % 256), sizeof memory[i]);
    static uint8_t truths[FUZZ_ROWS * FUZZ_COLUMNS] = {0, 1, 1, 0, 1};
    const void *data = var->dtype == EVEX_STR    ? (const void *)texts
                       : var->dtype == EVEX_BOOL ? (const void *)truths
                                                 : (const void *)memory;
    evex_array array = var->kind == EVEX_WEAK ? evex_array_0d(var->dtype, data)
                                              : evex_array_nd(var->dtype, data, 2, shape);
    array.validity = var->nullable ? truths : NULL;
    return array;
}

/* ---- Reductions by group: a text behind "grouped:" ------------------------------------------ */

enum { FUZZ_GROUPS = 5 };

/* Takes the mark off the text, and says so in the options. */
static inline const char *fuzz_unmark(const char *text, size_t *length,
                                      evex_compile_options *options) {
    static const char mark[] = "grouped:";
    const size_t n = sizeof mark - 1;
    options->grouped = *length >= n && memcmp(text, mark, n) == 0;
    *length -= options->grouped ? n : 0;
    return text + (options->grouped ? n : 0);
}

static inline void fuzz_give_groups(int is_grouped, evex_eval_options *options) {
    static const int64_t shape[] = {FUZZ_ROWS, FUZZ_COLUMNS};
    static int32_t memory[FUZZ_ROWS * FUZZ_COLUMNS];
    static evex_array codes;
    for (size_t i = 0; i < FUZZ_ROWS * FUZZ_COLUMNS; i++)
        memory[i] = (int32_t)(i * 5 % (FUZZ_GROUPS + 1)) - 1;
    codes = evex_array_nd(EVEX_I32, memory, 2, shape);
    options->groups = is_grouped ? &codes : NULL;
    options->n_groups = is_grouped ? FUZZ_GROUPS : 0;
}

/* Dimensions that are the number of groups are negative until then. */
static inline void fuzz_set_groups(evex_result *result) {
    for (int32_t d = 0; d < result->ndim; d++)
        if (result->shape[d] < 0)
            result->shape[d] = FUZZ_GROUPS;
}

/* ---- Evaluating ----------------------------------------------------------------------------- */

static inline size_t fuzz_n_elements(const evex_result *result) {
    size_t n = 1;
    for (int32_t d = 0; d < result->ndim; d++)
        n *= (size_t)result->shape[d];
    return n;
}

/* Evaluates over the operands into memory of its own; any status will do. The block length and
 * thread count come from `how`. */
static inline evex_status fuzz_evaluate(const evex_expr *expr, int is_grouped, uint8_t how,
                                        evex_error *error) {
    static _Alignas(64) char memory[FUZZ_MAX_RESULTS][FUZZ_RESULT_BYTES / FUZZ_MAX_RESULTS];
    static uint8_t validity[FUZZ_MAX_RESULTS][FUZZ_RESULT_BYTES / FUZZ_MAX_RESULTS];
    evex_result results[FUZZ_MAX_RESULTS];
    evex_array in[FUZZ_N_VARS], out[FUZZ_MAX_RESULTS];
    size_t n_inputs, n_outputs;
    const evex_var *inputs = evex_expr_inputs(expr, &n_inputs);
    const evex_output *outputs = evex_expr_outputs(expr, &n_outputs);
    if (n_inputs > FUZZ_N_VARS || n_outputs > FUZZ_MAX_RESULTS)
        return EVEX_OK;
    for (size_t i = 0; i < n_inputs; i++)
        in[i] = fuzz_operand(&inputs[i]);
    evex_status status = evex_result_shape(expr, in, n_inputs, results, NULL, error);
    for (size_t i = 0; status == EVEX_OK && i < n_outputs; i++) {
        fuzz_set_groups(&results[i]);
        if (fuzz_n_elements(&results[i]) * evex_dtype_size(results[i].dtype) > sizeof memory[i])
            return EVEX_OK;
        out[i] = evex_array_nd(results[i].dtype, memory[i], results[i].ndim, results[i].shape);
        out[i].validity = outputs[i].nullable ? validity[i] : NULL;
    }
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.block_length = how & 15;
    options.max_threads = 1 + (how >> 6);
    options.force_threads = how >> 6 != 0;
    fuzz_give_groups(is_grouped, &options);
    if (status == EVEX_OK)
        status = evex_eval(expr, NULL, in, n_inputs, out, n_outputs, &options, error);
    return status;
}

/* A write function that takes everything and keeps nothing. */
static inline int fuzz_discard(void *user, const char *text, size_t n_bytes) {
    size_t *total = user;
    FUZZ_REQUIRE(text != NULL || n_bytes == 0);
    *total += n_bytes;
    return 0;
}

/* Changes bytes where the input says: triples of a place (two bytes) and a value. */
static inline void fuzz_mutate(uint8_t *bytes, size_t n_bytes, const uint8_t *data, size_t n_data) {
    for (; n_data >= 3 && n_bytes != 0; data += 3, n_data -= 3)
        bytes[(data[0] | (size_t)data[1] << 8) % n_bytes] = data[2];
}

/* Splits the input at its first line end: a source before it, other bytes after. */
static inline size_t fuzz_source_bytes(const uint8_t *data, size_t n_bytes) {
    const uint8_t *end = n_bytes == 0 ? NULL : memchr(data, '\n', n_bytes);
    return end == NULL ? n_bytes : (size_t)(end - data);
}

#endif
