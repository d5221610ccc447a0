/* SPDX-License-Identifier: MIT */
/*
 * What the environment asks of a test run, for the C suites. scripts/test.sh runs the whole suite
 * once a setting; the library itself reads no environment. Unset or 0 means the default.
 *
 *   EVEX_TEST_ISA      ref, base, avx2, avx512: the cap on the instruction set
 *   EVEX_TEST_THREADS  workers of an evaluation, however small it is
 *   EVEX_TEST_BLOCK    elements a block
 *   EVEX_TEST_STORE    an evex_store: 2 writes all outputs past the caches
 *   EVEX_TEST_NO_OPT   1: compile without optimisation
 *   EVEX_TEST_REDUCED  1: a smaller matrix, for runs under sanitizers and emulation
 */
#ifndef EVEX_TESTS_CAPS_H
#define EVEX_TESTS_CAPS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"

/* A non-negative number from the environment; anything else ends the run, lest a typing error make
 * a matrix of equal runs. */
static inline size_t caps_number(const char *variable) {
    const char *text = getenv(variable);
    if (text == NULL || *text == '\0')
        return 0;
    char *end;
    const long value = strtol(text, &end, 10);
    if (*end != '\0' || value < 0) {
        fprintf(stderr, "%s=%s is no number\n", variable, text);
        exit(2);
    }
    return (size_t)value;
}

static inline evex_isa_cap caps_isa(void) {
    static const char *const names[] = {"", "ref", "base", "avx2", "avx512"};
    const char *text = getenv("EVEX_TEST_ISA");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text == NULL ? "" : text, names[i]) == 0)
            return (evex_isa_cap)i;
    fprintf(stderr, "EVEX_TEST_ISA=%s is no instruction set\n", text);
    exit(2);
}

static inline int caps_is_reduced(void) {
    return caps_number("EVEX_TEST_REDUCED") != 0;
}

static inline evex_compile_options caps_compile_options(void) {
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.isa = caps_isa();
    options.no_optimise = caps_number("EVEX_TEST_NO_OPT") != 0;
    return options;
}

static inline evex_eval_options caps_eval_options(void) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = caps_number("EVEX_TEST_THREADS");
    options.force_threads = options.max_threads != 0;
    options.block_length = caps_number("EVEX_TEST_BLOCK");
    options.store = (uint8_t)caps_number("EVEX_TEST_STORE");
    return options;
}

#endif
