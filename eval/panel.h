/* SPDX-License-Identifier: MIT */
/*
 * Panels: all rows of a leaf for some columns at once, straight from an array, with any strides. A
 * reduction that only reads an array takes this way, past blocks and ring accumulators, and along
 * axes so does a sum of products or squares of arrays; it gives the bits of evex_leaf_begin, _add
 * and _end (eval/reduce.h). The kernels for floats are in eval/panel_kernels.c;
 * eval/pass_reduce.c brings the panels.
 */
#ifndef EVEX_EVAL_PANEL_H
#define EVEX_EVAL_PANEL_H

#include "eval/reduce.h"

/* Element (row, column) is at data + row * row_stride + column * column_stride, in bytes, aligned
 * and native. n_rows and w are at least 1. Where the order shows, n_rows is at most EVEX_LEAF. */
typedef struct {
    const char *data;
    int64_t row_stride, column_stride;
    size_t n_rows, w;
    /* Of a sum whose elements are computed from arrays (eval/fused_sums.def): its kernels, and the
     * second array where it has one, else the first again. NULL: elements are as they stand. */
    const evex_panel_kernels *fused;
    const char *second;
    int64_t second_row_stride, second_column_stride;
} evex_panel;

/* Whether a panel of these rows and strides can be reduced: adjacent rows or columns, or few rows.
 */
int evex_panel_is_possible(const evex_reducer *reducer, int64_t row_stride, int64_t column_stride,
                           int64_t n_rows);
/* The same for a fused sum of w columns, by the strides of both arrays: adjacent rows, or adjacent
 * columns. */
int evex_panel_is_fusible(const evex_reducer *reducer, const int64_t row_strides[2],
                          const int64_t column_strides[2], int64_t n_rows, int64_t w);
/* The most columns to hand over at once. */
enum { EVEX_PANEL_WIDTH = 512 };
/* No element of a result is larger. */
enum { EVEX_RESULT_BYTES = 16 };
/* Bytes of working memory for panels of up to w columns, which wants 64-byte alignment. */
size_t evex_panel_bytes(size_t w);

/* The nodes of the panel's columns: nodes[0..w). leaf_index as for evex_leaf_add. */
void evex_panel_reduce(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                       uint64_t leaf_index, evex_node *nodes);
/* The same, finished to w elements of spec->out_dtype in results. */
void evex_panel_finish(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                       void *results);

#endif
