/* SPDX-License-Identifier: MIT */
/*
 * The tree over leaves as a binary counter: adding one to the number of leaves carries exactly
 * where two nodes of a level meet. See eval/reduce.h for the two edges.
 */
#include <string.h>

#include "eval/reduce.h"

unsigned evex_tree_levels(uint64_t n_leaves) {
    return n_leaves < 2 ? 1 : 64 - (unsigned)__builtin_clzll(n_leaves);
}

void evex_tree_init(evex_tree *tree, evex_node *nodes, unsigned levels, size_t w,
                    uint64_t first_leaf) {
    *tree = (evex_tree){.next_leaf = first_leaf,
                        .first_leaf = first_leaf,
                        .w = w,
                        .levels = levels,
                        .nodes = nodes};
}

static evex_node *right_edge(const evex_tree *tree, unsigned level) {
    return tree->nodes + level * tree->w;
}

static evex_node *left_edge(const evex_tree *tree, unsigned level) {
    return tree->nodes + (tree->levels + level) * tree->w;
}

static int has(uint64_t levels, unsigned level) {
    return (int)(levels >> level & 1);
}

void evex_tree_push(const evex_reducer *reducer, evex_tree *tree, const evex_node *nodes,
                    unsigned level) {
    const evex_node *carried = nodes;
    tree->next_leaf += UINT64_C(1) << level;
    while (has(tree->present, level)) {
        evex_node_merge(reducer, right_edge(tree, level), carried, tree->w);
        carried = right_edge(tree, level);
        tree->present &= ~(UINT64_C(1) << level);
        level++;
    }
    /* The node ends at next_leaf; after an even number of its like it is a left child. */
    const int is_left_child = ((tree->next_leaf >> level) & 1) == 1;
    evex_node *place = is_left_child ? right_edge(tree, level) : left_edge(tree, level);
    memcpy(place, carried, tree->w * sizeof *place);
    if (is_left_child)
        tree->present |= UINT64_C(1) << level;
    else
        tree->left_present |= UINT64_C(1) << level;
}

void evex_tree_append(const evex_reducer *reducer, evex_tree *left, const evex_tree *right) {
    for (unsigned level = 0; level < right->levels; level++)
        if (has(right->left_present, level))
            evex_tree_push(reducer, left, left_edge(right, level), level);
    for (unsigned level = right->levels; level-- > 0;)
        if (has(right->present, level))
            evex_tree_push(reducer, left, right_edge(right, level), level);
}

/* out, which follows node, becomes both. */
static void prepend(const evex_reducer *reducer, const evex_node *nodes, evex_node *out, size_t w) {
    for (size_t c = 0; c < w; c++) {
        evex_node both = nodes[c];
        evex_node_merge(reducer, &both, &out[c], 1);
        out[c] = both;
    }
}

void evex_tree_total(const evex_reducer *reducer, const evex_tree *tree, evex_node *out) {
    for (size_t c = 0; c < tree->w; c++)
        out[c] = evex_node_empty(reducer);
    for (unsigned level = 0; level < tree->levels; level++)
        if (has(tree->present, level))
            prepend(reducer, right_edge(tree, level), out, tree->w);
    for (unsigned level = tree->levels; level-- > 0;)
        if (has(tree->left_present, level))
            prepend(reducer, left_edge(tree, level), out, tree->w);
}
