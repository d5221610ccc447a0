/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of reductions, without iteration: how the elements of one leaf are accumulated,
 * how a leaf becomes a node, how nodes merge and what a node finishes to. NUMERICS.md fixes the
 * order: leaves of EVEX_LEAF elements by index, virtual lanes in a leaf, lanes merged by halving,
 * leaves by the aligned binary tree on their numbers. eval/run.c brings the blocks, eval/stream.c
 * the pieces.
 *
 * An axis reduction accumulates w columns side by side: its elements come as index k of the reduced
 * axis times w plus the column. One column (w = 1) is a whole reduction.
 */
#ifndef EVEX_EVAL_REDUCE_H
#define EVEX_EVAL_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/program.h"
#include "eval/kernels.h"

/* An extreme value (f64 also holds float32 ones, u64 bool) and, for argmin and argmax, its place.
 */
typedef struct {
    union {
        double f64;
        int64_t i64;
        uint64_t u64;
    } value;
    uint64_t index;
} evex_best;

/* What is known of a range of elements of one column; count is of the included ones. */
typedef struct {
    uint64_t count;
    union {
        double f64;   /* sums and products of floats */
        uint64_t u64; /* products of integers, any, all, the index of FIRST_TRUE */
        struct {
            uint64_t low;
            int64_t high;
        } wide; /* 128-bit two's complement */
        struct {
            uint64_t size, facts; /* eval/accumulators.h */
        } product;
        struct {
            double mean, m2;
        } moments;
        evex_best best;
        evex_c128 z; /* products of complex numbers */
    } as;
    uint64_t unused;
} evex_node;

/* A reduction linked to an instruction set. */
typedef struct {
    const evex_reduction *spec;
    const evex_kernel_table *kernels;
    evex_reduce_kernel kernel, count_excluded; /* kernel NULL: COUNT, which looks at masks only */
    size_t lanes;                              /* EVEX_LANES_64 or EVEX_LANES_32 */
    uint8_t accumulator;                       /* evex_accumulator */
    uint8_t is_ordered; /* where a leaf ends shows in the result; else it can have any length */
} evex_reducer;

/* spec must outlive the reducer. EVEX_UNSUPPORTED when there is no kernel for the kind and dtype.
 */
evex_status evex_reducer_link(evex_reducer *reducer, const evex_reduction *spec,
                              const evex_kernel_table *kernels, evex_error *error);

/* A leaf of a reduction whose result does not depend on the order may have so many rows: 32-bit
 * halves of as many operands cannot overflow 64 bits. */
#define EVEX_FREE_ROWS (INT64_C(1) << 30)

/* Bytes of the lane accumulators of one leaf of w columns; they want 64-byte alignment. */
size_t evex_leaf_bytes(const evex_reducer *reducer, size_t w);
/* Empties the accumulators. */
void evex_leaf_begin(const evex_reducer *reducer, void *leaf, size_t w);
/* The same when no more than n_rows rows will come: lanes beyond them are left as they are. */
void evex_leaf_begin_rows(const evex_reducer *reducer, void *leaf, size_t w, size_t n_rows);
/*
 * Takes n elements in, the first of which has offset `first` in the leaf (first = k * w + column, k
 * counted from the leaf's start; first + n <= EVEX_LEAF * w where the order shows, and at most
 * EVEX_FREE_ROWS * w where not). value and mask may be scalars (step
 * 0); mask.data NULL: all included. leaf_index: the index k of the leaf's first element, for
 * argmin. Blocks come in order, without gaps, the first at offset 0; where the borders lie never
 * shows in the result. value.data may be NULL for COUNT.
 */
void evex_leaf_add(const evex_reducer *reducer, void *leaf, size_t w, size_t first,
                   evex_operand value, evex_operand mask, size_t n, uint64_t leaf_index);
/* The same where a kernel computes the elements from the operands of an instruction. */
void evex_leaf_add_fused(void *leaf, size_t w, size_t first, evex_fused_sum_kernel kernel,
                         const evex_operand *src, size_t n);
/* Whether no further element can change what the leaf gives: any() has met a true one in each
 * column, all() a false one. */
int evex_leaf_is_decided(const evex_reducer *reducer, const void *leaf, size_t w);
/* Merges the lanes of each column into nodes[0..w). The accumulators are used up. */
void evex_leaf_end(const evex_reducer *reducer, void *leaf, size_t w, evex_node *nodes);

/* For eval/panel.c: fills accumulators as eval/accumulators.h draws them, for n_rows rows. */
void evex_accumulators_begin(const evex_reducer *reducer, void *at, size_t w, size_t n_rows);
/* Column c of w whose lanes are merged as a node, but for its count. second: where the column's m2
 * is when it has moments, its imaginary part when it is complex. */
void evex_accumulators_read(const evex_reducer *reducer, const void *at, size_t w, size_t c,
                            const double *second, evex_node *node);
/* The results of w columns of n_rows > 0 elements each, m2[w] as above, as elements of
 * spec->out_dtype. */
void evex_accumulators_finish(const evex_reducer *reducer, const void *at, size_t w,
                              const double *m2, uint64_t n_rows, void *results);

/* Whether bytes from outside can be the accumulators of a leaf that has taken in n elements. */
int evex_leaf_is_valid(const evex_reducer *reducer, const void *leaf, size_t w, uint64_t n);

/* eval/reduce_complex.c: merges the lanes of products of complex numbers into the first ones. */
void evex_pair_lanes_merge(double *ring, size_t lanes, size_t w, size_t n_rows);

/* left[c] takes in right[c], whose elements follow left's, for n columns. */
void evex_node_merge(const evex_reducer *reducer, evex_node *left, const evex_node *right,
                     size_t n);
/* Writes the result for one column as an element of spec->out_dtype. EVEX_EMPTY (no error text)
 * where nothing has no answer. */
evex_status evex_node_finish(const evex_reducer *reducer, const evex_node *node, void *result);

/*
 * The aligned binary tree over leaf numbers, as a binary counter: level l holds a node of 2^l
 * leaves starting at a multiple of 2^l. Push nodes in order; the shape of the tree depends on the
 * numbers alone. w nodes a level. The right edge holds left children that wait for their right
 * sibling; the left edge right children whose left sibling lies before first_leaf.
 */
typedef struct {
    uint64_t next_leaf;    /* the first leaf not yet pushed */
    uint64_t first_leaf;   /* where the tree began: non-zero for parts that are merged later */
    uint64_t present;      /* bit l: level l of the right edge holds a node */
    uint64_t left_present; /* bit l: level l of the left edge */
    size_t w;
    unsigned levels; /* room in nodes */
    evex_node
        *nodes; /* levels * w of the right edge, then, if first_leaf > 0, as many of the left */
} evex_tree;

enum { EVEX_TREE_LEVELS = 53 }; /* 2^64 elements in leaves of 2^12 */

/* Levels that suffice for a tree whose next_leaf will not exceed n_leaves: at least 1. */
unsigned evex_tree_levels(uint64_t n_leaves);
/* nodes: room for levels * w, and twice that when first_leaf > 0. */
void evex_tree_init(evex_tree *tree, evex_node *nodes, unsigned levels, size_t w,
                    uint64_t first_leaf);
/* Adds w nodes that cover the 2^level leaves from tree->next_leaf, which must be a multiple of
 * 2^level. nodes may not lie in the tree. */
void evex_tree_push(const evex_reducer *reducer, evex_tree *tree, const evex_node *nodes,
                    unsigned level);
/* Appends right, which begins where left ends. */
void evex_tree_append(const evex_reducer *reducer, evex_tree *left, const evex_tree *right);
/* The node of everything pushed, merged from the right: out[0..w), which may not lie in the tree.
 * An empty tree gives the node of nothing. */
void evex_tree_total(const evex_reducer *reducer, const evex_tree *tree, evex_node *out);
/* The node of no element. */
evex_node evex_node_empty(const evex_reducer *reducer);

#endif
