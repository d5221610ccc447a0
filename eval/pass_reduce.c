/* SPDX-License-Identifier: MIT */
/*
 * Reductions inside a pass: leaves of a chunk, the tree over them, and how chunks that different
 * workers ran become one result. A chunk is an aligned power of two of leaves, so that its node is
 * a node of the one tree over all leaves (NUMERICS.md) and merging chunks in order gives the bits
 * that one worker alone would have got. The arithmetic is in reduce.c.
 */
#include "core/error.h"
#include "eval/run.h"
#include "eval/splat.h"

static const evex_reducer *reducer_of(const evex_run *run, size_t k) {
    return &run->binding->expr->reducers[run->pass->reductions[k]];
}

/* ---- Results -------------------------------------------------------------------------------- */

/* Where the result of a column unit's first column goes. */
static char *result_place(const evex_pass *pass, const evex_port *result, int64_t column_unit) {
    char *place = result->view->data;
    int64_t rest = column_unit / pass->n_tiles;
    for (int32_t d = pass->n_outer_dims - 1; d >= 0; d--) {
        place += rest % pass->lengths[d] * result->strides[d];
        rest /= pass->lengths[d];
    }
    const int64_t first_column = column_unit % pass->n_tiles * pass->tile;
    return place + first_column * result->strides[pass->n_outer_dims + pass->n_dims - 1];
}

static int64_t width_of(const evex_pass *pass, int64_t column_unit) {
    const int64_t first_column = column_unit % pass->n_tiles * pass->tile;
    const int64_t rest = pass->n_columns - first_column;
    return rest < pass->tile ? rest : pass->tile;
}

/* Writes the results of all columns of a unit. */
static void finish_columns(evex_run *run, size_t k, int64_t column_unit, const evex_node *nodes) {
    const evex_pass *pass = run->pass;
    const evex_port *result = &pass->results[k];
    const int64_t stride = result->strides[pass->n_outer_dims + pass->n_dims - 1];
    const int64_t width = width_of(pass, column_unit);
    char *place = result_place(pass, result, column_unit);
    for (int64_t c = 0; c < width; c++) {
        _Alignas(16) char element[16];
        const evex_status status = evex_node_finish(reducer_of(run, k), &nodes[c], element);
        if (status != EVEX_OK) {
            evex_run_stop(run, status);
            return;
        }
        evex_port_write(result, place + c * stride, element);
    }
}

/* ---- One chunk ------------------------------------------------------------------------------ */

void evex_reduce_block(evex_worker *worker, int64_t flat, size_t n, int64_t leaf_row) {
    const evex_pass *pass = worker->pass;
    const size_t first = (size_t)(flat - leaf_row * worker->width);
    for (size_t k = 0; k < pass->n_reductions; k++)
        evex_leaf_add(reducer_of(worker->run, k), worker->leaves + pass->leaf_offsets[k],
                      (size_t)worker->width, first, worker->sink_operands[2 * k],
                      worker->sink_operands[2 * k + 1], n, (uint64_t)leaf_row);
}

/* The node row in which a leaf or a tree's total is made. */
static evex_node *node_row(const evex_worker *worker, int number) {
    const evex_pass *pass = worker->pass;
    return worker->nodes +
           (pass->n_reductions * pass->tree_levels + (size_t)number) * (size_t)pass->tile;
}

static void begin_trees(evex_worker *worker) {
    const evex_pass *pass = worker->pass;
    const size_t tree_nodes = pass->tree_levels * (size_t)pass->tile;
    for (size_t k = 0; pass->tree_levels > 0 && k < pass->n_reductions; k++)
        evex_tree_init(&worker->trees[k], worker->nodes + k * tree_nodes, pass->tree_levels,
                       (size_t)worker->width, 0);
}

/* The node of a chunk is done: it is the result, or waits for the other chunks. */
static void keep_chunk(evex_worker *worker, size_t k, int64_t column_unit, int64_t chunk,
                       const evex_node *nodes) {
    const evex_pass *pass = worker->pass;
    if (pass->n_chunks == 1) {
        finish_columns(worker->run, k, column_unit, nodes);
        return;
    }
    const size_t place = ((size_t)(column_unit * pass->n_chunks + chunk) * pass->n_reductions + k) *
                         (size_t)pass->tile;
    for (int64_t c = 0; c < worker->width; c++)
        pass->chunk_nodes[place + (size_t)c] = nodes[c];
}

static void begin_leaf(const evex_worker *worker) {
    for (size_t k = 0; k < worker->pass->n_reductions; k++)
        evex_leaf_begin(reducer_of(worker->run, k), worker->leaves + worker->pass->leaf_offsets[k],
                        (size_t)worker->width);
}

static void end_leaf(evex_worker *worker, int64_t column_unit, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    for (size_t k = 0; k < pass->n_reductions; k++) {
        evex_node *nodes = node_row(worker, 0);
        evex_leaf_end(reducer_of(worker->run, k), worker->leaves + pass->leaf_offsets[k],
                      (size_t)worker->width, nodes);
        if (pass->tree_levels > 0)
            evex_tree_push(reducer_of(worker->run, k), &worker->trees[k], nodes, 0);
        else
            keep_chunk(worker, k, column_unit, chunk, nodes);
    }
}

void evex_reduce_unit(evex_worker *worker, int64_t column_unit, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    int64_t row = chunk * pass->chunk_rows;
    const int64_t end =
        pass->n_rows - row < pass->chunk_rows ? pass->n_rows : row + pass->chunk_rows;
    begin_trees(worker);
    do { /* also once for no row at all: the results of nothing */
        const int64_t leaf_end = end - row < EVEX_LEAF ? end : row + EVEX_LEAF;
        begin_leaf(worker);
        evex_run_range(worker, row * worker->width, leaf_end * worker->width, row);
        end_leaf(worker, column_unit, chunk);
        row = leaf_end;
    } while (row < end);
    for (size_t k = 0; pass->tree_levels > 0 && k < pass->n_reductions; k++) {
        evex_tree_total(reducer_of(worker->run, k), &worker->trees[k], node_row(worker, 1));
        keep_chunk(worker, k, column_unit, chunk, node_row(worker, 1));
    }
}

/* ---- All chunks ----------------------------------------------------------------------------- */

static void merge_chunks(evex_run *run, size_t k, int64_t column_unit) {
    const evex_pass *pass = run->pass;
    const size_t width = (size_t)width_of(pass, column_unit);
    const unsigned levels = evex_tree_levels((uint64_t)pass->n_chunks << pass->chunk_level);
    evex_tree tree;
    evex_tree_init(&tree, pass->merge_nodes + pass->tile, levels, width, 0);
    for (int64_t chunk = 0; chunk < pass->n_chunks; chunk++)
        evex_tree_push(
            reducer_of(run, k), &tree,
            pass->chunk_nodes +
                ((size_t)(column_unit * pass->n_chunks + chunk) * pass->n_reductions + k) *
                    (size_t)pass->tile,
            pass->chunk_level);
    evex_tree_total(reducer_of(run, k), &tree, pass->merge_nodes);
    finish_columns(run, k, column_unit, pass->merge_nodes);
}

evex_status evex_reduce_finish(evex_run *run) {
    const evex_pass *pass = run->pass;
    if (pass->n_chunks > 1)
        for (int64_t unit = 0; unit < pass->n_outer * pass->n_tiles; unit++)
            for (size_t k = 0; k < pass->n_reductions; k++)
                merge_chunks(run, k, unit);
    for (size_t k = 0; k < pass->n_reductions; k++) {
        void *scalar = run->binding->values[pass->results[k].reg].scalar;
        if (scalar != NULL)
            evex_splat_fill(scalar, scalar, evex_dtype_size(pass->results[k].dtype));
    }
    return (evex_status)atomic_load_explicit(&run->status, memory_order_relaxed);
}
