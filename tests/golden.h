/* SPDX-License-Identifier: MIT */
/*
 * Golden files: text in, text out. A file is a list of cases, each an input, a line "----", and the
 * output that is expected for it; a line "====" ends a case. Lines before the first "====" are a
 * comment. The runner compares, or with --update rewrites the expectations for review.
 */
#ifndef EVEX_TESTS_GOLDEN_H
#define EVEX_TESTS_GOLDEN_H

#include <stddef.h>
#include <stdio.h>

/* Writes what the code under test makes of input, ending in a newline. */
typedef void (*golden_writer)(FILE *out, const char *input, size_t length);

/* Runs all cases of all .txt files in directory; returns how many differ, or -1 if there are none.
 */
int golden_run(const char *directory, golden_writer write, int update);

#endif
