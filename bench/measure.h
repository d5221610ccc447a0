/* SPDX-License-Identifier: MIT */
/*
 * Timing, shared by all benchmarks: contestants take turns, round after round, so that whatever the
 * machine does meanwhile happens to all of them. Machines are shared and their clocks move: only
 * ratios of figures from one call of bench_take_turns mean much.
 */
#ifndef EVEX_BENCH_MEASURE_H
#define EVEX_BENCH_MEASURE_H

#include <stddef.h>

enum { BENCH_MAX_ROUNDS = 64 };

/* Something to be timed: run(context), repeated so often that one timing is long enough to trust.
 * The results are nanoseconds of one run. */
typedef struct {
    void (*run)(void *context);
    void *context;
    size_t repeats;
    double ns[BENCH_MAX_ROUNDS];
    double median, best;
} bench_contestant;

double bench_now_ns(void);

/* Warms each contestant up, chooses its repeats for timings of at least min_ns, then lets them take
 * turns for the rounds (at most BENCH_MAX_ROUNDS) and fills in their results. */
void bench_take_turns(bench_contestant *contestants, size_t n, size_t rounds, double min_ns);

/* The middle value; sorts values. */
double bench_median(double *values, size_t n);

/* The clock in cycles per nanosecond, from a chain of dependent integer multiplications, each of
 * which takes three cycles on every x86-64 since 2008 and on most 64-bit ARM cores. The time-stamp
 * counter would tell the nominal clock, not this. */
double bench_clock_ghz(void);

#endif
