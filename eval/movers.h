/* SPDX-License-Identifier: MIT */
/*
 * Moving elements between memory and blocks, as far as it is worth vectors: a part of the kernel
 * table. eval/movers.c is compiled once per instruction set; gather.c has the scalar movers.
 */
#ifndef EVEX_EVAL_MOVERS_H
#define EVEX_EVAL_MOVERS_H

#include <stddef.h>
#include <stdint.h>

/* Brings n elements that lie stride bytes apart into a block. */
typedef void (*evex_mover)(char *restrict to, const char *restrict from, int64_t stride, size_t n);

/* Brings n columns that lie stride bytes apart, a line of adjacent elements each, into as many rows
 * of n elements, pitch bytes apart. */
typedef void (*evex_transposer)(char *restrict to, size_t pitch, const char *restrict from,
                                int64_t stride, size_t n);

typedef struct {
    /*
     * memcpy to lines that are written past the caches. An ordinary store first reads the line that
     * it writes to; a result far larger than the caches has left them before anyone reads it, so
     * that this read is for nothing: a third of the traffic of a + b. Kernels write a block, which
     * stays in L1, and it is moved from there: over 20 million elements that is as fast as if each
     * kernel had such stores of its own.
     */
    void (*past_caches)(char *to, const char *from, size_t n_bytes);
    /* Must come between past_caches and whatever tells another thread of it. */
    void (*fence)(void);
    /* Elements of 4 and 8 bytes, as they are and with their bytes reversed. For smaller ones the
     * scalar loops of gather.c are as fast. NULL: those serve here, too. */
    evex_mover gather4, gather8, gather_swapped4, gather_swapped8;
    /* Elements of 4 and 8 bytes. NULL where vectors are too narrow to gain by it. */
    evex_transposer transpose4, transpose8;
} evex_mover_table;

extern const evex_mover_table evex_movers_ref, evex_movers_base, evex_movers_avx2,
    evex_movers_avx512;

#endif
