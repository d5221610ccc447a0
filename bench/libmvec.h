/* SPDX-License-Identifier: MIT */
/*
 * glibc's libmvec as a contestant, found at run time: its functions take and give whole vectors
 * and are named by the vector ABI of x86-64 (_ZGVeN8v_exp is exp of eight doubles in a 512-bit
 * register). Only benchmarks touch it; where it is missing, so are its figures.
 */
#ifndef EVEX_BENCH_LIBMVEC_H
#define EVEX_BENCH_LIBMVEC_H

#include <stddef.h>

#include "include/evex.h"

/* A vector function and the loop that applies it to n elements, n a multiple of 16. */
typedef struct {
    void (*function)(void); /* NULL: libmvec has none */
    void (*loop)(void (*function)(void), void *result, const void *const *operands, size_t n);
} bench_libmvec;

/* libmvec's function of C's name ("exp") with one or two operands, of EVEX_F64 or EVEX_F32, in the
 * width of the instruction set that evex calls "base", "avx2" or "avx512". */
bench_libmvec bench_libmvec_find(const char *isa, const char *name, int arity, evex_dtype dtype);

/* bench/libmvec_loops.c, compiled once for each instruction set. */
typedef struct {
    const char *isa;
    char letter; /* of the vector ABI's name */
    size_t vector_bytes;
    void (*loop[2][2])(void (*function)(void), void *result, const void *const *operands,
                       size_t n); /* by arity - 1, then float64, float32 */
} bench_libmvec_loops;

extern const bench_libmvec_loops bench_libmvec_loops_base, bench_libmvec_loops_avx2,
    bench_libmvec_loops_avx512;

#endif
