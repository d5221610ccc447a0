/* SPDX-License-Identifier: MIT */
/*
 * Timing, shared by all benchmarks: see measure.h.
 */
#include "bench/measure.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

double bench_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n) {
    qsort(values, n, sizeof *values, compare);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double time_once(const bench_contestant *c) {
    const double start = bench_now_ns();
    for (size_t r = 0; r < c->repeats; r++)
        c->run(c->context);
    return (bench_now_ns() - start) / (double)c->repeats;
}

/* The second timing decides, for the first also fills caches and page tables. */
static void calibrate(bench_contestant *c, double min_ns) {
    c->repeats = 1;
    time_once(c);
    double ns = time_once(c);
    while (ns * (double)c->repeats < min_ns) {
        const double wanted = min_ns / (ns + 1);
        c->repeats = wanted > 2.0 * (double)c->repeats ? (size_t)wanted + 1 : 2 * c->repeats;
        ns = time_once(c);
    }
}

void bench_take_turns(bench_contestant *contestants, size_t n, size_t rounds, double min_ns) {
    for (size_t i = 0; i < n; i++)
        calibrate(&contestants[i], min_ns);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < n; i++)
            contestants[i].ns[round] = time_once(&contestants[i]);
    for (size_t i = 0; i < n; i++) {
        contestants[i].median = bench_median(contestants[i].ns, rounds); /* sorts */
        contestants[i].best = contestants[i].ns[0];
    }
}

/* The empty statement hides the product from the compiler, which would else shorten the chain. */
static double time_multiplications(size_t n) {
    uint64_t x = 3;
    const double start = bench_now_ns();
    for (size_t i = 0; i < n; i++) {
        x *= x;
        __asm__ volatile("" : "+r"(x));
    }
    return bench_now_ns() - start;
}

double bench_clock_ghz(void) {
    enum { N = 20000, TRIES = 1000, CYCLES = 3 };
    double best = time_multiplications(N);
    for (int i = 0; i < TRIES; i++) {
        const double ns = time_multiplications(N);
        best = ns < best ? ns : best;
    }
    return CYCLES * (double)N / best;
}
