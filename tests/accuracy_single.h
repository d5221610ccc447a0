/* SPDX-License-Identifier: MIT */
/*
 * The error of float32 functions over many arguments, of unary ones over all 2^32: the float32
 * kernel against the float64 kernel of the same function, whose own error is 2^-29 of a float32's
 * ULP. tests/accuracy.c uses it, and asks MPFR about the worst arguments found.
 */
#ifndef EVEX_TESTS_ACCURACY_SINGLE_H
#define EVEX_TESTS_ACCURACY_SINGLE_H

#include <stdbool.h>
#include <stdint.h>

#include "eval/kernels.h"

typedef struct {
    evex_kernel single, twice; /* the function for float32 and for float64 */
    uint64_t step;             /* single_scan_run looks at every step-th bit pattern */
    int n_threads;
    bool one_below_minus_2; /* errors of x < -2 are in ULP of max(1, |result|) */
} single_scan;

typedef struct {
    double worst; /* in ULP; HUGE_VAL for a wrong NaN, infinity or sign of zero */
    float x, y;
} single_error;

enum { SINGLE_BLOCK = 1024 };

/* The worst of SINGLE_BLOCK arguments; a unary function does not look at y. */
single_error single_block_error(const single_scan *scan, const float *x, const float *y);

/* The worst of a unary function's patterns; of several equally bad ones any. */
single_error single_scan_run(const single_scan *scan);

#endif
