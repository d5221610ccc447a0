/* SPDX-License-Identifier: MIT */
/*
 * The kernel table: all that an instruction set gives to the rest of eval/. eval/kernels.c is
 * compiled once per instruction set and exports one table (see eval/simd/meson.build); its parts
 * are made by files beside it that are compiled likewise and named below. eval/dispatch.c chooses
 * among the tables.
 */
#ifndef EVEX_EVAL_KERNELS_H
#define EVEX_EVAL_KERNELS_H

#include "core/op.h"
#include "eval/movers.h"

/*
 * Takes n elements into the accumulators of a leaf of w columns (eval/accumulators.h draws them).
 * The first has offset `first` in the leaf, so element i is row (first + i) / w of column
 * (first + i) % w. value is contiguous and of the kernel's dtype. mask NULL: every element counts;
 * otherwise those whose byte is not 0. leaf_index is the index of the leaf's row 0, for ARGMIN,
 * ARGMAX and FIRST_TRUE. COUNT's kernel (dtype BOOL) takes a mask as value and counts the bytes
 * that are 0. Rows that share an accumulator kernel fill their slots with the same function.
 *
 * pitch is the distance of rows in elements: w, or more where the order does not show, there is no
 * mask and whole rows are given.
 */
typedef void (*evex_reduce_kernel)(void *accumulators, size_t w, size_t first, const void *value,
                                   size_t pitch, const uint8_t *mask, size_t n,
                                   uint64_t leaf_index);

/*
 * The same for a sum of floats that is computed from an instruction's operands, without a mask
 * (eval/fused_sums.def); excluded[w] counts the elements of each column that it leaves out.
 */
typedef void (*evex_fused_sum_kernel)(void *accumulators, uint64_t *excluded, size_t w,
                                      size_t first, const evex_operand *src, size_t n);

/* What a panel is made of: x and, where a kernel computes its elements from two arrays, y. Columns
 * are adjacent, rows lie so many elements apart, of y perhaps none. */
typedef struct {
    const void *x, *y;
    size_t x_pitch, y_pitch;
} evex_panel_source;

/*
 * Takes in n_rows <= EVEX_LEAF rows of w columns of floats: a whole leaf. memory has room for
 * 7 * w doubles, for moments 14 * w, and receives the results of the columns: double total[w], or
 * mean[w] and m2[w].
 */
typedef void (*evex_panel_kernel)(double *memory, const evex_panel_source *from, size_t n_rows,
                                  size_t w);
/* The same for a single column of n adjacent elements, at least as many as there are lanes. */
typedef void (*evex_line_kernel)(double *result, const evex_panel_source *from, size_t n);

typedef struct {
    evex_panel_kernel panel;
    evex_line_kernel line;
} evex_panel_kernels;

typedef const evex_kernel evex_kernel_row[EVEX_N_DTYPES];
typedef const evex_reduce_kernel evex_reduce_row[EVEX_N_DTYPES];
typedef const evex_fused_sum_kernel evex_fused_sum_row[EVEX_N_DTYPES];
typedef const evex_panel_kernels evex_panel_row[EVEX_N_DTYPES];

typedef struct {
    const char *isa;               /* "ref", "base", "avx2", "avx512" */
    const evex_kernel_row *of;     /* [EVEX_N_OPS], by operand dtype */
    const evex_kernel_row *cast;   /* [from][to] */
    const evex_reduce_row *reduce; /* [EVEX_N_REDUCTIONS], by operand dtype */
    const evex_kernel_row *pairs;  /* in the order of eval/pairs.def, by operand dtype; or NULL */
    const evex_panel_row *panels;  /* [EVEX_N_REDUCTIONS], by operand dtype; NULL: none */
    const evex_mover_table *move;
    const evex_fused_sum_row *fused_sums; /* in the order of eval/fused_sums.def; or NULL */
    const evex_panel_row *fused_panels;   /* in the same order; those with masks have none */
} evex_kernel_table;

/* One instruction set's part of each: evex_kernels_avx2 is made by eval/kernels.c and points to
 * evex_reduce_avx2, made by eval/reduce_kernels.c; evex_reduce_ref is in eval/reduce_ref.c. Which
 * of them exist depends on the target. */
extern const evex_kernel_table evex_kernels_ref, evex_kernels_base, evex_kernels_avx2,
    evex_kernels_avx512;
extern evex_reduce_row evex_reduce_ref[EVEX_N_REDUCTIONS], evex_reduce_base[EVEX_N_REDUCTIONS],
    evex_reduce_avx2[EVEX_N_REDUCTIONS], evex_reduce_avx512[EVEX_N_REDUCTIONS];
/* eval/reduce_complex.c: products of complex numbers, the same for all instruction sets. */
void evex_reduce_prod_c64(void *accumulators, size_t w, size_t first, const void *value,
                          size_t pitch, const uint8_t *mask, size_t n, uint64_t leaf_index);
void evex_reduce_prod_c128(void *accumulators, size_t w, size_t first, const void *value,
                           size_t pitch, const uint8_t *mask, size_t n, uint64_t leaf_index);
/* eval/panel_kernels.c: for sums, products and moments of floats, and for fused sums. */
extern evex_panel_row evex_panels_base[EVEX_N_REDUCTIONS], evex_panels_avx2[EVEX_N_REDUCTIONS],
    evex_panels_avx512[EVEX_N_REDUCTIONS];
extern evex_panel_row evex_fused_panels_base[], evex_fused_panels_avx2[],
    evex_fused_panels_avx512[];
/* eval/pair_kernels.c */
extern evex_kernel_row evex_pairs_base[], evex_pairs_avx2[], evex_pairs_avx512[];
/* eval/fused_sum_kernels.c */
extern evex_fused_sum_row evex_fused_sums_base[], evex_fused_sums_avx2[], evex_fused_sums_avx512[];
/* The kernels that eval/kernels.tmpl.h calls MATH; other slots are NULL. */
extern const evex_kernel evex_math_f32_base[EVEX_N_OPS], evex_math_f32_avx2[EVEX_N_OPS],
    evex_math_f32_avx512[EVEX_N_OPS], evex_math_f64_base[EVEX_N_OPS],
    evex_math_f64_avx2[EVEX_N_OPS], evex_math_f64_avx512[EVEX_N_OPS];

/* Those that it calls COMPLEX: eval/complex_kernels.c. */
extern const evex_kernel evex_complex_c64_base[EVEX_N_OPS], evex_complex_c64_avx2[EVEX_N_OPS],
    evex_complex_c64_avx512[EVEX_N_OPS], evex_complex_c128_base[EVEX_N_OPS],
    evex_complex_c128_avx2[EVEX_N_OPS], evex_complex_c128_avx512[EVEX_N_OPS];

/* Those that it calls MATH_COMPLEX: eval/complex_math_kernels.c. */
extern const evex_kernel evex_complex_math_c64_base[EVEX_N_OPS],
    evex_complex_math_c64_avx2[EVEX_N_OPS], evex_complex_math_c64_avx512[EVEX_N_OPS],
    evex_complex_math_c128_base[EVEX_N_OPS], evex_complex_math_c128_avx2[EVEX_N_OPS],
    evex_complex_math_c128_avx512[EVEX_N_OPS];

/* The kernel of an instruction, NULL if the table has none. */
static inline evex_kernel evex_kernel_find(const evex_kernel_table *table, evex_op op,
                                           evex_dtype in, evex_dtype out) {
    return op == EVEX_OP_CAST ? table->cast[in][out] : table->of[op][in];
}

/* eval/dispatch.c: the widest table that this CPU can run and that cap allows; the choice of the
 * CPU is made once. EVEX_ISA_BEST: no cap. A cap above what the CPU has gives what it has. */
const evex_kernel_table *evex_kernels_usable(evex_isa_cap cap);
/* All tables this CPU can run, ref first; *n of them. For tests and benchmarks. */
const evex_kernel_table *const *evex_kernels_all(size_t *n);

#endif
