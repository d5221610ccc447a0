/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of grouped reductions: tables of accumulators, an entry a group, and what is done
 * with them. Rows come as slots: the number of the row's group, or the number of groups where the
 * row takes part in none, so that every table has an entry for these and the loops no branch.
 *
 * NUMERICS.md: within a leaf a group's elements are added in index order in one accumulator, and
 * leaves merge in the tree over their numbers, those without the group being skipped. The identity
 * of an operation changes no bit of what it meets, so tables merge entry by entry as if they had
 * skipped. Everything else is exact, whatever the order.
 */
#ifndef EVEX_EVAL_GROUP_TABLES_H
#define EVEX_EVAL_GROUP_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "eval/reduce.h"

/*
 * Where groups are many and leaves touch few of them, each group has a tree of its own: `leaf` is 1
 * + the last leaf that touched it, 0 for none, and bit l of `present` says that level l holds a
 * node. What a new leaf differs in from the last one tells what is complete by then.
 */
typedef struct {
    uint32_t leaf, present;
} evex_group_tree;

/* A group's row among some leaves: the leaf's number above so many bits of the group's. */
typedef struct {
    const uint32_t *keys;
    unsigned slot_bits;
} evex_group_keys;

/*
 * A sort of table. Ordered ones have accumulators for one leaf, which close to nodes; others
 * accumulate all rows, and their entries are the nodes.
 */
typedef struct {
    size_t entry_bytes, node_bytes;
    uint8_t is_ordered;
    uint8_t is_placed; /* `add` looks at the index */
    /* n entries, or nodes, of no row. */
    void (*begin)(void *entries, size_t n);
    void (*begin_nodes)(void *nodes, size_t n);
    /* Takes n rows in; index: of the first row. value.step is 0 for a scalar. */
    void (*add)(void *entries, const uint32_t *slots, evex_operand value, size_t n, uint64_t index);
    /* Makes nodes of n entries; NULL: entries are nodes. */
    void (*close)(void *nodes, const void *entries, size_t n);
    /* left takes in right, whose rows follow left's where the table is ordered. */
    void (*merge)(void *left, const void *right, size_t n);
    /* Ordered: n adjacent values, in the order of their leaves; nodes[slot][levels]. */
    void (*add_leaves)(void *entries, void *nodes, unsigned levels, evex_group_tree *trees,
                       evex_group_keys keys, const void *values, size_t n);
    /* The trees of n groups, with their entries, as one node each. */
    void (*total)(void *to, const void *entries, const void *nodes, unsigned levels,
                  const evex_group_tree *trees, size_t n);
    /* Reads node g for evex_node_finish, but for its count. */
    void (*read)(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node);
} evex_group_sort;

/* The sort for a reduction; NULL: there is none for its kind and dtype. */
const evex_group_sort *evex_group_sort_of(const evex_reduction *spec);
/* EVEX_UNSUPPORTED for a grouped reduction without a sort. */
evex_status evex_group_check(const evex_reduction *spec, evex_error *error);
/* Counts rows. */
extern const evex_group_sort evex_group_counts;

#endif
