/* SPDX-License-Identifier: MIT */
/*
 * The machine's floor: loops over memory as a person would write them for one expression, fused,
 * with streaming stores, for the widest vectors of the machine, on as many threads as evex has.
 * What the corpus calls a floor is one of these by name.
 */
#ifndef EVEX_BENCH_FLOORS_H
#define EVEX_BENCH_FLOORS_H

#include <stddef.h>

enum { FLOOR_MAX_SOURCES = 3, FLOOR_MAX_THREADS = 64 };

/* result[i] for i < n of the sources' elements i; a loop that only reads leaves one number. All
 * addresses are aligned to FLOOR_ALIGNMENT bytes, n is a multiple of FLOOR_GRAIN. */
typedef void (*floor_loop)(const void *const *sources, void *result, size_t n);
enum { FLOOR_ALIGNMENT = 64, FLOOR_GRAIN = 64 };

typedef struct {
    const char *name, *text;
    floor_loop loop;
    size_t source_bytes[FLOOR_MAX_SOURCES]; /* of an element of each source; 0: no such source */
    size_t result_bytes;                    /* 0: it only reads */
} floor_info;

/* The loops for this machine's instruction set, the last of which has no name. */
const floor_info *floor_all(void);
/* NULL: there is no such loop. */
const floor_info *floor_find(const char *name);

/* Runs the loop over n elements, a multiple of FLOOR_GRAIN, in n_threads equal parts. result has
 * room for FLOOR_MAX_THREADS lines of a loop that only reads. */
void floor_run(const floor_info *loop, const void *const *sources, void *result, size_t n,
               size_t n_threads);

/* The bytes that the loop moves an element. */
double floor_bytes(const floor_info *loop);

/* bench/floors_loops.c, compiled once for each instruction set. */
extern const floor_info floor_loops_base[], floor_loops_avx2[], floor_loops_avx512[];

#endif
