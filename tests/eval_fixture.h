/* SPDX-License-Identifier: MIT */
/*
 * What the tests of eval/ share: expressions from text, and the settings under which every answer
 * must be the same.
 */
#ifndef EVEX_TESTS_EVAL_FIXTURE_H
#define EVEX_TESTS_EVAL_FIXTURE_H

#include "tests/caps.h"
#include "tests/eval_arrays.h"
#include "tests/suite.h"

/* Compiles text over variables, or fails the test. */
static inline evex_expr *expr_of(const char *text, const evex_var *vars, size_t n_vars,
                                 evex_isa_cap isa) {
    evex_compile_options options = caps_compile_options();
    if (options.isa == EVEX_ISA_BEST)
        options.isa = isa;
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    const evex_status status =
        evex_compile(&expr, text, strlen(text), vars, n_vars, &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s: %s", text, error.message);
    return expr;
}

/* Settings that must not change a bit of any result. */
typedef struct {
    evex_isa_cap isa;
    size_t block_length, n_threads;
    evex_store store;
} setting;

static inline setting pick_setting(uint64_t *seed) {
    static const size_t blocks[] = {0, 1, 3, 16, 64}, threads[] = {1, 2, 3, 8};
    return (setting){(evex_isa_cap)pick(seed, 5), blocks[pick(seed, 5)], threads[pick(seed, 4)],
                     (evex_store)pick(seed, 3)};
}

static inline evex_eval_options options_of(setting s) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.block_length = s.block_length;
    options.max_threads = s.n_threads;
    options.force_threads = s.n_threads > 1;
    options.store = (uint8_t)s.store;
    return options;
}

/* The pool of 8 threads that all tests of a process share. */
static inline evex_pool *test_pool(void) {
    static evex_pool *pool;
    if (pool == NULL)
        ck_assert_int_eq(evex_pool_create(&pool, 8, NULL, NULL), EVEX_OK);
    return pool;
}

#endif
