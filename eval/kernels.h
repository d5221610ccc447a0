/* SPDX-License-Identifier: MIT */
/*
 * The kernel table: all that an instruction set gives to the rest of eval/. eval/kernels.c is
 * compiled once per instruction set and exports one table; eval/dispatch.c chooses among them.
 */
#ifndef EVEX_EVAL_KERNELS_H
#define EVEX_EVAL_KERNELS_H

#include "core/op.h"

/*
 * Accumulates n elements into a ring of accumulators in memory: element i goes to accumulator
 * (first + i) % ring_length. state points to the ring's arrays as eval/reduce.c lays them out for the
 * kind (e.g. SUM of floats: one array of ring_length doubles). mask.data NULL: every element counts;
 * otherwise only those whose mask byte is not 0. index is the index of the element at ring position
 * 0 of the leaf, used by ARGMIN, ARGMAX and FIRST_TRUE.
 */
typedef void (*evex_reduce_kernel)(void *state, size_t ring_length, size_t first, evex_operand value,
                                   evex_operand mask, size_t n, uint64_t index, size_t columns);

typedef struct {
    const char *isa; /* "ref", "base", "avx2", "avx512" */
    evex_kernel of[EVEX_N_OPS][EVEX_N_DTYPES];     /* by operand dtype */
    evex_kernel cast[EVEX_N_DTYPES][EVEX_N_DTYPES]; /* [from][to] */
    evex_reduce_kernel reduce[EVEX_N_REDUCTIONS][EVEX_N_DTYPES];
} evex_kernel_table;

/* The kernel of an instruction, NULL if the table has none. */
static inline evex_kernel evex_kernel_find(const evex_kernel_table *table, evex_op op,
                                           evex_dtype in, evex_dtype out) {
    return op == EVEX_OP_CAST ? table->cast[in][out] : table->of[op][in];
}

/* eval/dispatch.c: the widest table that this CPU can run and that cap allows; the choice of the CPU
 * is made once. EVEX_ISA_BEST: no cap. A cap above what the CPU has gives what it has. */
const evex_kernel_table *evex_kernels_usable(evex_isa_cap cap);
/* All tables this CPU can run, ref first; *n of them. For tests and benchmarks. */
const evex_kernel_table *const *evex_kernels_all(size_t *n);

#endif
