/* SPDX-License-Identifier: MIT */
/* See accuracy_single.h. The patterns are cut into blocks, which the threads take in turn. */
#include "tests/accuracy_single.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { MAX_THREADS = 64 };

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The reciprocal of float32's ULP at x, at 1 if x is smaller and `at_least_one`. */
static double ulps_in_one(double x, bool at_least_one) {
    enum { BIAS = 1023, DIGITS = 23 };
    const int least = at_least_one ? BIAS : BIAS - 126, most = BIAS + 127;
    int exponent = (int)(bits_of(x) >> 52 & 0x7ff);
    exponent = exponent < least ? least : exponent > most ? most : exponent;
    return from_bits((uint64_t)(2 * BIAS + DIGITS - exponent) << 52);
}

/* An infinity counts as 2^128. */
static double limit(double x) {
    return x > 0x1p128 ? 0x1p128 : x < -0x1p128 ? -0x1p128 : x;
}

/* HUGE_VAL for a wrong NaN or sign of zero. */
static double error_in_ulp(double result, double exact, bool at_least_one) {
    if (isnan(result) || isnan(exact))
        return !isnan(result) == !isnan(exact) ? 0.0 : HUGE_VAL;
    const bool one_is_zero = result == 0.0 || exact == 0.0;
    if (one_is_zero && !at_least_one && !signbit(result) != !signbit(exact))
        return HUGE_VAL;
    return fabs(limit(result) - limit(exact)) * ulps_in_one(exact, at_least_one);
}

static double widen(float x) {
    return (double)x;
}

static single_error worse(single_error a, single_error b) {
    return b.worst > a.worst ? b : a;
}

single_error single_block_error(const single_scan *scan, const float *x, const float *y) {
    _Alignas(64) float results[SINGLE_BLOCK];
    _Alignas(64) double exact[SINGLE_BLOCK], wide[2][SINGLE_BLOCK];
    single_error e = {0};
    for (int i = 0; i < SINGLE_BLOCK; i++) {
        wide[0][i] = widen(x[i]);
        wide[1][i] = widen(y[i]);
    }
    const evex_operand narrow_operands[2] = {{x, 1}, {y, 1}};
    const evex_operand wide_operands[2] = {{wide[0], 1}, {wide[1], 1}};
    scan->single((void *[]){results}, narrow_operands, SINGLE_BLOCK, NULL);
    scan->twice((void *[]){exact}, wide_operands, SINGLE_BLOCK, NULL);
    for (int i = 0; i < SINGLE_BLOCK; i++) {
        const bool one = scan->one_below_minus_2 && x[i] < -2.0f;
        e = worse(e, (single_error){error_in_ulp(widen(results[i]), exact[i], one), x[i], y[i]});
    }
    return e;
}

typedef struct {
    const single_scan *scan;
    int number;
    single_error error;
    pthread_t thread;
} worker;

static void *work(void *argument) {
    worker *w = argument;
    const single_scan *s = w->scan;
    const uint64_t n = ((UINT64_C(1) << 32) + s->step - 1) / s->step;
    _Alignas(64) float x[SINGLE_BLOCK];
    for (uint64_t k = (uint64_t)w->number * SINGLE_BLOCK; k < n;
         k += (uint64_t)s->n_threads * SINGLE_BLOCK) {
        for (uint64_t i = 0; i < SINGLE_BLOCK; i++) {
            const uint32_t pattern = (uint32_t)((k + i < n ? k + i : k) * s->step);
            memcpy(&x[i], &pattern, sizeof pattern);
        }
        w->error = worse(w->error, single_block_error(s, x, x));
    }
    return NULL;
}

single_error single_scan_run(const single_scan *scan) {
    worker workers[MAX_THREADS];
    single_scan s = *scan;
    s.n_threads = s.n_threads < 1 ? 1 : s.n_threads > MAX_THREADS ? MAX_THREADS : s.n_threads;
    int n_started = 1;
    for (int i = 0; i < s.n_threads; i++)
        workers[i] = (worker){.scan = &s, .number = i};
    while (n_started < s.n_threads &&
           pthread_create(&workers[n_started].thread, NULL, work, &workers[n_started]) == 0)
        n_started++;
    work(&workers[0]);
    for (int i = 1; i < s.n_threads; i++) {
        if (i < n_started)
            pthread_join(workers[i].thread, NULL);
        else
            work(&workers[i]);
        workers[0].error = worse(workers[0].error, workers[i].error);
    }
    return workers[0].error;
}
