/* SPDX-License-Identifier: MIT */
/*
 * The frame of a Check program: one suite of one case, with the time that a slow machine under a
 * sanitizer may need.
 */
#ifndef EVEX_TESTS_SUITE_H
#define EVEX_TESTS_SUITE_H

#include <check.h>

/* Check notes each assertion that holds in a file, to tell where a test was that crashed. That is
 * most of the time of a test that compares element by element, and crashes have their sanitizers;
 * so assertions note nothing. */
#define _mark_point(file, line) ((void)0)

typedef void (*add_tests_fn)(TCase *tests);

/* Runs what add() adds; the exit status for main. */
static inline int run_suite(const char *name, add_tests_fn add) {
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    add(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}

#endif
