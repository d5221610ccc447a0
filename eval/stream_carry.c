/* SPDX-License-Identifier: MIT */
/*
 * The state of one reduction that a stream carries from piece to piece; see stream.h. All memory
 * that taking elements in can need is had before the first of them is, so that a failure leaves the
 * carry as it was.
 */
#include <string.h>

#include "core/error.h"
#include "eval/stream.h"

static size_t round_up(size_t n_bytes) {
    return (n_bytes + EVEX_CACHE_LINE - 1) / EVEX_CACHE_LINE * EVEX_CACHE_LINE;
}

static const evex_reduction *spec_of(const evex_carry *carry) {
    return carry->reducer->spec;
}

size_t evex_carry_item_bytes(const evex_carry *carry) {
    return spec_of(carry)->kind == EVEX_RED_COUNT
               ? evex_dtype_size(EVEX_BOOL)
               : evex_dtype_size((evex_dtype)spec_of(carry)->in_dtype);
}

size_t evex_carry_value_bytes(const evex_carry *carry) {
    return carry->w * evex_dtype_size((evex_dtype)spec_of(carry)->out_dtype);
}

size_t evex_carry_leaf_bytes(const evex_carry *carry) {
    return carry->sort != NULL ? evex_group_leaf_bytes(carry)
                               : evex_leaf_bytes(carry->reducer, carry->w);
}

static int has_mask(const evex_carry *carry) {
    return spec_of(carry)->mask != EVEX_NO_REGISTER;
}

/* ---- Memory ------------------------------------------------------------------------------- */

/* No kind takes more bytes a column than this allows for, so that sizes cannot wrap. */
#define MOST_COLUMNS (SIZE_MAX / (64 * 64))

void evex_carry_begin(evex_carry *carry, uint64_t first) {
    const uint64_t offset = first % EVEX_LEAF;
    carry->first = carry->next = first;
    carry->n_head = offset == 0 ? 0 : EVEX_LEAF - offset;
    evex_tree_init(&carry->tree, carry->tree.nodes,
                   carry->tree.nodes == NULL ? 0 : carry->tree.levels, carry->w,
                   first / EVEX_LEAF + (offset != 0));
}

evex_status evex_carry_reserve(const evex_stream *stream, evex_carry *carry, uint64_t n_leaves,
                               evex_error *error) {
    evex_tree *tree = &carry->tree;
    const unsigned levels = evex_tree_levels(n_leaves);
    const size_t edges = tree->first_leaf > 0 ? 2 : 1;
    if (levels <= tree->levels)
        return EVEX_OK;
    size_t n_nodes;
    if (__builtin_mul_overflow(carry->w, edges * levels, &n_nodes))
        return evex_fail_memory(error);
    evex_node *nodes = evex_allocate_array(&stream->allocator, n_nodes, sizeof *nodes);
    if (nodes == NULL)
        return evex_fail_memory(error);
    const size_t edge_bytes = tree->levels * carry->w * sizeof *nodes;
    for (size_t edge = 0; edge < edges && edge_bytes > 0; edge++)
        memcpy(nodes + edge * levels * carry->w, tree->nodes + edge * tree->levels * carry->w,
               edge_bytes);
    evex_free(&stream->allocator, tree->nodes);
    tree->nodes = nodes;
    tree->levels = levels;
    return EVEX_OK;
}

/* Accumulators, and behind them a row of nodes and what ending a leaf by group needs. */
static evex_node *leaf_nodes(const evex_carry *carry) {
    return (evex_node *)(void *)((char *)carry->leaf + round_up(evex_carry_leaf_bytes(carry)));
}

evex_status evex_carry_reserve_leaf(const evex_stream *stream, evex_carry *carry,
                                    evex_error *error) {
    if (carry->leaf != NULL)
        return EVEX_OK;
    if (carry->w > MOST_COLUMNS)
        return evex_fail_memory(error);
    const size_t n_room = carry->sort != NULL ? evex_group_leaf_nodes_bytes(carry) : 0;
    const size_t n_bytes = round_up(evex_carry_leaf_bytes(carry));
    carry->leaf =
        evex_allocate_aligned(&stream->allocator, n_bytes + carry->w * sizeof(evex_node) + n_room);
    if (carry->leaf == NULL)
        return evex_fail_memory(error);
    if (carry->sort != NULL) /* it is saved with the bytes between its tables */
        memset(carry->leaf, 0, n_bytes);
    return EVEX_OK;
}

size_t evex_carry_head_bytes(const evex_carry *carry) {
    return evex_carry_columns(carry) * (evex_carry_item_bytes(carry) + (size_t)has_mask(carry)) +
           (carry->sort != NULL ? sizeof(int64_t) : 0);
}

evex_stream_items evex_carry_head(const evex_carry *carry) {
    const size_t n_rows = (size_t)carry->n_head;
    evex_stream_items head = {{carry->head, 1}, {NULL, 1}, NULL};
    if (carry->head == NULL)
        return head;
    if (carry->sort != NULL) {
        head.codes = (const int64_t *)(const void *)carry->head;
        head.value.data = head.codes + n_rows;
    }
    if (has_mask(carry))
        head.mask.data = (const char *)head.value.data +
                         n_rows * evex_carry_columns(carry) * evex_carry_item_bytes(carry);
    return head;
}

evex_status evex_carry_reserve_head(const evex_stream *stream, evex_carry *carry,
                                    evex_error *error) {
    if (carry->head != NULL || carry->n_head == 0)
        return EVEX_OK;
    size_t n_bytes;
    if (carry->w > SIZE_MAX / 64 ||
        __builtin_mul_overflow((size_t)carry->n_head, evex_carry_head_bytes(carry), &n_bytes))
        return evex_fail_memory(error);
    carry->head = evex_allocate(&stream->allocator, n_bytes);
    return carry->head != NULL ? EVEX_OK : evex_fail_memory(error);
}

evex_status evex_carry_reserve_for(const evex_stream *stream, evex_carry *carry, uint64_t n,
                                   evex_error *error) {
    uint64_t end;
    if (__builtin_add_overflow(carry->next, n, &end))
        return evex_fail(error, EVEX_BAD_STATE, (evex_place){0, 0},
                         "the stream has more than 2^64 elements");
    evex_status status = evex_carry_reserve_head(stream, carry, error);
    if (status == EVEX_OK)
        status = evex_carry_reserve_leaf(stream, carry, error);
    return status == EVEX_OK ? evex_carry_reserve(stream, carry, end / EVEX_LEAF + 1, error)
                             : status;
}

/* The results take the place of the nodes: both are there only while one becomes the other. */
size_t evex_carry_group_bytes(const evex_carry *carry, uint64_t n) {
    const unsigned levels = evex_tree_levels((carry->next + n) / EVEX_LEAF + 1);
    const size_t edges = carry->tree.first_leaf > 0 ? 2 : 1;
    size_t nodes;
    if (carry->sort == NULL)
        return 0;
    if (carry->value != NULL)
        return evex_carry_value_bytes(carry);
    if (carry->w > MOST_COLUMNS ||
        __builtin_mul_overflow(carry->w, (edges * levels + 1) * sizeof(evex_node), &nodes))
        return SIZE_MAX;
    const size_t leaf = evex_carry_leaf_bytes(carry) + evex_group_leaf_nodes_bytes(carry);
    return leaf > SIZE_MAX - nodes ? SIZE_MAX : leaf + nodes;
}

static void free_leaves(const evex_stream *stream, evex_carry *carry) {
    evex_free(&stream->allocator, carry->tree.nodes);
    evex_free_aligned(&stream->allocator, carry->leaf);
    evex_free(&stream->allocator, carry->head);
    carry->tree.nodes = NULL;
    carry->tree.levels = 0;
    carry->leaf = carry->head = NULL;
}

void evex_carry_free(const evex_stream *stream, evex_carry *carry) {
    free_leaves(stream, carry);
    evex_free(&stream->allocator, carry->value);
    carry->value = NULL;
}

/* ---- Elements ----------------------------------------------------------------------------- */

static void copy_items(char *to, evex_operand from, size_t size, size_t n) {
    if (from.step != 0) {
        memcpy(to, from.data, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * size, from.data, size);
}

static void add_to_head(evex_carry *carry, const evex_stream_items *items, uint64_t n) {
    const size_t size = evex_carry_item_bytes(carry), columns = evex_carry_columns(carry);
    const size_t row = (size_t)(carry->next - carry->first), n_items = (size_t)n * columns;
    const evex_stream_items to = evex_stream_skip(evex_carry_head(carry), row * columns, row, size);
    copy_items((char *)(uintptr_t)to.value.data, items->value, size, n_items);
    if (items->mask.data != NULL)
        copy_items((char *)(uintptr_t)to.mask.data, items->mask, 1, n_items);
    if (items->codes != NULL)
        memcpy((int64_t *)(uintptr_t)to.codes, items->codes, (size_t)n * sizeof(int64_t));
}

/* Makes nodes of the open leaf, which is used up, and pushes them. */
static void end_leaf(evex_carry *carry) {
    evex_node *nodes = leaf_nodes(carry);
    if (carry->sort != NULL)
        evex_group_leaf_end(carry, nodes, nodes + carry->w);
    else
        evex_leaf_end(carry->reducer, carry->leaf, carry->w, nodes);
    evex_tree_push(carry->reducer, &carry->tree, nodes, 0);
}

static void begin_leaf(evex_carry *carry) {
    if (carry->sort != NULL)
        evex_group_leaf_begin(carry);
    else
        evex_leaf_begin(carry->reducer, carry->leaf, carry->w);
}

static void add_to_leaf(evex_carry *carry, const evex_stream_items *items, uint64_t n) {
    const uint64_t offset = carry->next % EVEX_LEAF;
    if (offset == 0)
        begin_leaf(carry);
    if (carry->sort != NULL)
        evex_group_leaf_add(carry, items, (size_t)n, carry->next);
    else
        evex_leaf_add(carry->reducer, carry->leaf, carry->w, (size_t)offset * carry->w,
                      items->value, items->mask, (size_t)n * carry->w, carry->next - offset);
    if (offset + n == EVEX_LEAF)
        end_leaf(carry);
}

evex_status evex_carry_add(const evex_stream *stream, evex_carry *carry, evex_stream_items items,
                           uint64_t n, evex_error *error) {
    const evex_status status = evex_carry_reserve_for(stream, carry, n, error);
    while (status == EVEX_OK && n > 0) {
        const uint64_t room = EVEX_LEAF - carry->next % EVEX_LEAF, taken = n < room ? n : room;
        if (carry->w > 0 && carry->next - carry->first < carry->n_head)
            add_to_head(carry, &items, taken);
        else if (carry->w > 0)
            add_to_leaf(carry, &items, taken);
        items = evex_stream_skip(items, (size_t)taken * evex_carry_columns(carry), (size_t)taken,
                                 evex_carry_item_bytes(carry));
        carry->next += taken;
        n -= taken;
    }
    return status;
}

evex_status evex_carry_push(const evex_stream *stream, evex_carry *carry, const evex_node *nodes,
                            uint64_t n, evex_error *error) {
    const evex_status status = evex_carry_reserve_for(stream, carry, n * EVEX_LEAF, error);
    for (uint64_t i = 0; status == EVEX_OK && i < n; i++)
        evex_tree_push(carry->reducer, &carry->tree, nodes + i * carry->w, 0);
    if (status == EVEX_OK)
        carry->next += n * EVEX_LEAF;
    return status;
}

/* ---- Merging ------------------------------------------------------------------------------ */

/* What the elements have made of a carry; its reducer belongs to the stream's own expression. */
static void swap_states(evex_carry *a, evex_carry *b) {
    const evex_carry c = *a;
    const evex_reducer *a_reducer = a->reducer, *b_reducer = b->reducer;
    *a = *b;
    *b = c;
    a->reducer = a_reducer;
    b->reducer = b_reducer;
}

static int is_same_shape(const evex_carry *a, const evex_carry *b) {
    return a->w == b->w && a->n_inner == b->n_inner && a->result.ndim == b->result.ndim &&
           memcmp(a->result.shape, b->result.shape,
                  (size_t)a->result.ndim * sizeof *a->result.shape) == 0;
}

evex_status evex_carry_check_append(const evex_carry *left, const evex_carry *right,
                                    evex_error *error) {
    if (!left->is_shaped || !right->is_shaped)
        return EVEX_OK;
    if (!is_same_shape(left, right))
        return evex_fail(error, EVEX_BAD_SHAPE, (evex_place){0, 0},
                         "the streams' pieces have rows of different shapes");
    if (!left->is_constant && left->next != right->first)
        return evex_fail(error, EVEX_BAD_STATE, (evex_place){0, 0},
                         "the streams do not follow each other");
    return EVEX_OK;
}

evex_status evex_carry_append(const evex_stream *stream, evex_carry *left, evex_carry *right,
                              evex_error *error) {
    if (!right->is_shaped)
        return EVEX_OK;
    if (!left->is_shaped) {
        swap_states(left, right);
        return EVEX_OK;
    }
    if (left->is_constant)
        return EVEX_OK;
    evex_status status = evex_carry_reserve_for(stream, left, right->next - right->first, error);
    const uint64_t n_head = evex_carry_head_rows(right);
    if (status == EVEX_OK && n_head > 0)
        status = evex_carry_add(stream, left, evex_carry_head(right), n_head, error);
    if (status != EVEX_OK || right->next - right->first == n_head)
        return status;
    if (left->w > 0)
        evex_tree_append(left->reducer, &left->tree, &right->tree);
    void *leaf = left->leaf;
    left->leaf = right->leaf;
    right->leaf = leaf;
    left->next = right->next;
    return EVEX_OK;
}

/* ---- Results ------------------------------------------------------------------------------ */

static evex_status fail_empty(const evex_carry *carry, evex_error *error) {
    const evex_reduction *spec = spec_of(carry);
    return evex_fail(error, EVEX_EMPTY, (evex_place){spec->place.offset, spec->place.length},
                     "%s of no element has no answer", evex_reduction_infos[spec->kind].name);
}

static evex_status write_values(evex_carry *carry, const evex_node *nodes, evex_error *error) {
    const size_t size = evex_dtype_size((evex_dtype)spec_of(carry)->out_dtype);
    for (size_t c = 0; c < carry->w; c++)
        if (evex_node_finish(carry->reducer, &nodes[c], (char *)carry->value + c * size) !=
            EVEX_OK) {
            if (carry->sort == NULL)
                return fail_empty(carry, error);
            memset((char *)carry->value + c * size, 0, size); /* null: its validity says so */
        }
    return EVEX_OK;
}

/* All nodes into one row; an open leaf is used up. */
static void total(evex_carry *carry, evex_node *nodes) {
    if (carry->w > 0 && carry->next % EVEX_LEAF != 0)
        end_leaf(carry);
    evex_tree_total(carry->reducer, &carry->tree, nodes);
}

evex_status evex_carry_finish(const evex_stream *stream, evex_carry *carry, evex_error *error) {
    if (carry->value != NULL)
        return EVEX_OK;
    evex_status status = evex_carry_reserve(stream, carry, carry->next / EVEX_LEAF + 1, error);
    if (status != EVEX_OK)
        return status;
    evex_node *nodes = evex_allocate_array(&stream->allocator, carry->w, sizeof *nodes);
    carry->value = evex_allocate(&stream->allocator, evex_carry_value_bytes(carry));
    if (nodes == NULL || carry->value == NULL) {
        status = evex_fail_memory(error);
    } else {
        total(carry, nodes);
        status = write_values(carry, nodes, error);
        free_leaves(stream, carry);
    }
    evex_free(&stream->allocator, nodes);
    if (status != EVEX_OK) {
        evex_free(&stream->allocator, carry->value);
        carry->value = NULL;
    }
    return status;
}

enum { PEEK_BYTES = 256 };

int64_t evex_carry_peek(const evex_carry *carry) {
    _Alignas(EVEX_CACHE_LINE) char leaf[PEEK_BYTES];
    int64_t index = -1;
    evex_node node, open;
    evex_tree_total(carry->reducer, &carry->tree, &node);
    if (carry->next - carry->first > carry->n_head && carry->next % EVEX_LEAF != 0) {
        memcpy(leaf, carry->leaf, evex_leaf_bytes(carry->reducer, 1));
        evex_leaf_end(carry->reducer, leaf, 1, &open);
        evex_node_merge(carry->reducer, &node, &open, 1);
    }
    evex_node_finish(carry->reducer, &node, &index);
    return index;
}
