/* SPDX-License-Identifier: MIT */
/*
 * Reductions inside a pass: leaves of a chunk, the tree over them, and how chunks that different
 * workers ran become one result. A chunk is an aligned power of two of leaves, so that its node is
 * a node of the one tree over all leaves (NUMERICS.md) and merging chunks in order gives the bits
 * that one worker alone would have got. The arithmetic is in reduce.c.
 */
#include "core/error.h"
#include "eval/panel.h"
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

static int64_t column_stride(const evex_pass *pass, const evex_port *port) {
    return port->strides[pass->n_outer_dims + pass->n_dims - 1];
}

/* Writes n results side by side; room has place for them in the array's type. */
static void write_results(const evex_pass *pass, const evex_port *result, char *place,
                          const char *elements, char *room, size_t n) {
    if (result->cast != NULL) {
        const evex_operand from = {elements, 1};
        result->cast((void *[]){room}, &from, n, NULL);
        elements = room;
    }
    result->scatter(place, column_stride(pass, result), elements, n);
}

enum { FINISHED = 64 }; /* results that are written at once */

/* Writes the results of all columns of a unit. */
static void finish_columns(evex_run *run, size_t k, int64_t column_unit, const evex_node *nodes) {
    const evex_pass *pass = run->pass;
    const evex_port *result = &pass->results[k];
    const size_t size = evex_dtype_size(result->dtype);
    const int64_t width = width_of(pass, column_unit);
    char *place = result_place(pass, result, column_unit);
    _Alignas(EVEX_CACHE_LINE) char elements[FINISHED * EVEX_RESULT_BYTES];
    _Alignas(EVEX_CACHE_LINE) char room[FINISHED * EVEX_RESULT_BYTES];
    for (int64_t c = 0; c < width; c += FINISHED) {
        const size_t n = (size_t)(width - c < FINISHED ? width - c : FINISHED);
        for (size_t i = 0; i < n; i++) {
            const evex_status status =
                evex_node_finish(reducer_of(run, k), &nodes[(size_t)c + i], elements + i * size);
            if (status != EVEX_OK) {
                evex_run_stop(run, status);
                return;
            }
        }
        write_results(pass, result, place + c * column_stride(pass, result), elements, room, n);
    }
}

/* ---- One chunk ------------------------------------------------------------------------------ */

/* The first row of the leaf that a reduction is at: one whose order does not show has a single leaf
 * for the whole chunk. */
static int64_t first_row(const evex_worker *worker, const evex_reducer *reducer, int64_t leaf_row) {
    return reducer->is_ordered ? leaf_row : worker->chunk_row;
}

void evex_reduce_block(evex_worker *worker, int64_t flat, size_t n, int64_t leaf_row) {
    const evex_pass *pass = worker->pass;
    for (size_t k = 0; k < pass->n_reductions; k++) {
        const evex_reducer *reducer = reducer_of(worker->run, k);
        const evex_fused_sum *fused = evex_fused_sum_of(worker->run->binding, pass->reductions[k]);
        const evex_operand *operands = worker->sink_operands + EVEX_SINK_OPERANDS * k;
        const int64_t row = first_row(worker, reducer, leaf_row);
        const size_t w = (size_t)worker->width, first = (size_t)(flat - row * worker->width);
        void *leaf = worker->leaves + pass->leaf_offsets[k];
        if (fused != NULL)
            evex_leaf_add_fused(leaf, w, first, fused->kernel, operands, n);
        else
            evex_leaf_add(reducer, leaf, w, first, operands[0], operands[1], n, (uint64_t)row);
    }
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

static void begin_leaves(const evex_worker *worker, int is_ordered, size_t n_rows) {
    for (size_t k = 0; k < worker->pass->n_reductions; k++)
        if (reducer_of(worker->run, k)->is_ordered == is_ordered)
            evex_leaf_begin_rows(reducer_of(worker->run, k),
                                 worker->leaves + worker->pass->leaf_offsets[k],
                                 (size_t)worker->width, n_rows);
}

/* Leaves that are a whole chunk go by the tree. */
static void end_leaves(evex_worker *worker, int is_ordered, int64_t column_unit, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    evex_node *nodes = node_row(worker, 0);
    for (size_t k = 0; k < pass->n_reductions; k++) {
        const evex_reducer *reducer = reducer_of(worker->run, k);
        if (reducer->is_ordered != is_ordered)
            continue;
        evex_leaf_end(reducer, worker->leaves + pass->leaf_offsets[k], (size_t)worker->width,
                      nodes);
        if (is_ordered && pass->tree_levels > 0)
            evex_tree_push(reducer, &worker->trees[k], nodes, 0);
        else
            keep_chunk(worker, k, column_unit, chunk, nodes);
    }
}

static void end_trees(evex_worker *worker, int64_t column_unit, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    for (size_t k = 0; pass->tree_levels > 0 && k < pass->n_reductions; k++) {
        if (!reducer_of(worker->run, k)->is_ordered)
            continue;
        evex_tree_total(reducer_of(worker->run, k), &worker->trees[k], node_row(worker, 1));
        keep_chunk(worker, k, column_unit, chunk, node_row(worker, 1));
    }
}

/* Whether the pass is for nothing but one any() or all(), with all its columns in one unit. */
static int is_for_logic(const evex_run *run) {
    const evex_pass *pass = run->pass;
    for (size_t p = 0; p < pass->n_ports; p++)
        if (pass->ports[p].is_output)
            return 0;
    const int kind = reducer_of(run, 0)->spec->kind;
    return pass->n_reductions == 1 && pass->n_outer * pass->n_tiles == 1 &&
           (kind == EVEX_RED_ANY || kind == EVEX_RED_ALL);
}

static int is_decided(const evex_run *run) {
    return atomic_load_explicit(&run->is_decided, memory_order_relaxed);
}

/* Between looks at whether the result is known: some ten microseconds. */
enum { LOOK_ELEMENTS = 1 << 15 };

/* Runs rows of a chunk; those that come when the result is known are left out. */
static void run_logic(evex_worker *worker, int64_t row, int64_t end) {
    evex_run *run = worker->run;
    const int64_t w = worker->width, step = LOOK_ELEMENTS / (w + 1) + 1;
    for (int64_t next; row < end && !is_decided(run); row = next) {
        next = end - row < step ? end : row + step;
        evex_run_range(worker, row * w, next * w, worker->chunk_row);
        if (evex_leaf_is_decided(reducer_of(run, 0), worker->leaves + run->pass->leaf_offsets[0],
                                 (size_t)w))
            atomic_store_explicit(&run->is_decided, 1, memory_order_relaxed);
    }
}

/* Runs the rows of leaves; what comes before the first whole line of an output is a block of its
 * own. */
static void run_leaves(evex_worker *worker, int64_t row, int64_t end) {
    const evex_pass *pass = worker->pass;
    const int64_t w = worker->width;
    int64_t begin = row;
    if (pass->lead > 0) {
        begin += (int64_t)pass->block_length - pass->lead;
        evex_run_range(worker, row, begin < end ? begin : end, row);
    }
    evex_run_range(worker, begin * w, end * w, row);
}

static void reduce_blocks(evex_worker *worker, int64_t column_unit, int64_t chunk, int64_t row,
                          int64_t end) {
    const int64_t leaf_rows = worker->pass->leaf_rows;
    begin_leaves(worker, 0, (size_t)(end - row));
    do { /* also once for no row at all: the results of nothing */
        const int64_t leaf_end = end - row < leaf_rows ? end : row + leaf_rows;
        begin_leaves(worker, 1, (size_t)(leaf_end - row));
        if (is_for_logic(worker->run))
            run_logic(worker, row, leaf_end);
        else
            run_leaves(worker, row, leaf_end);
        end_leaves(worker, 1, column_unit, chunk);
        row = leaf_end;
    } while (row < end);
    end_leaves(worker, 0, column_unit, chunk);
}

/* ---- Panels --------------------------------------------------------------------------------- */

/* From one row or column of the unit to the next; d: -1 where there is one only. */
static int64_t panel_stride(const evex_pass *pass, size_t port, int32_t d) {
    return d < 0 ? 0 : pass->ports[port].strides[d];
}

/* What reduction k reads of the unit, from a row on. */
static evex_panel panel_of(const evex_worker *worker, size_t k, int64_t row) {
    const evex_pass *pass = worker->pass;
    const size_t *ports = pass->panel_ports + EVEX_PANEL_PORTS * k;
    const evex_fused_sum *fused = evex_fused_sum_of(worker->run->binding, pass->reductions[k]);
    evex_panel panel = {.data = worker->states[ports[0]].base,
                        .row_stride = panel_stride(pass, ports[0], pass->row_dim),
                        .column_stride = panel_stride(pass, ports[0], pass->column_dim),
                        .w = (size_t)worker->width};
    panel.data += row * panel.row_stride;
    if (fused == NULL)
        return panel;
    panel.fused = fused->panels;
    panel.second_row_stride = panel_stride(pass, ports[1], pass->row_dim);
    panel.second_column_stride = panel_stride(pass, ports[1], pass->column_dim);
    panel.second = worker->states[ports[1]].base + row * panel.second_row_stride;
    return panel;
}

/* All rows are one leaf: the results need no nodes. */
static void finish_panel(evex_worker *worker, size_t k, int64_t column_unit) {
    const evex_pass *pass = worker->pass;
    evex_panel panel = panel_of(worker, k, 0);
    panel.n_rows = (size_t)pass->n_rows;
    const evex_port *result = &pass->results[k];
    char *place = result_place(pass, result, column_unit);
    char *results = worker->panel + evex_panel_bytes((size_t)pass->tile);
    const int is_direct = result->cast == NULL && result->view->is_plain &&
                          column_stride(pass, result) == (int64_t)evex_dtype_size(result->dtype);
    evex_panel_finish(reducer_of(worker->run, k), worker->panel, &panel,
                      is_direct ? place : results);
    if (!is_direct)
        write_results(pass, result, place, results, results + EVEX_RESULT_BYTES * pass->tile,
                      panel.w);
}

static void reduce_panel(evex_worker *worker, size_t k, int64_t column_unit, int64_t chunk,
                         int64_t row, int64_t end) {
    const evex_reducer *reducer = reducer_of(worker->run, k);
    const int64_t leaf_rows = worker->pass->leaf_rows;
    evex_node *nodes = node_row(worker, 0);
    for (; row < end; row += leaf_rows) {
        evex_panel panel = panel_of(worker, k, row);
        panel.n_rows = (size_t)(end - row < leaf_rows ? end - row : leaf_rows);
        evex_panel_reduce(reducer, worker->panel, &panel, (uint64_t)row, nodes);
        if (reducer->is_ordered && worker->pass->tree_levels > 0)
            evex_tree_push(reducer, &worker->trees[k], nodes, 0);
        else
            keep_chunk(worker, k, column_unit, chunk, nodes);
    }
}

static void reduce_panels(evex_worker *worker, int64_t column_unit, int64_t chunk, int64_t row,
                          int64_t end) {
    const evex_pass *pass = worker->pass;
    const int is_whole = pass->n_chunks == 1 && pass->n_rows <= pass->leaf_rows;
    for (size_t k = 0; k < pass->n_reductions; k++)
        if (is_whole)
            finish_panel(worker, k, column_unit);
        else
            reduce_panel(worker, k, column_unit, chunk, row, end);
}

/* ---- Units ---------------------------------------------------------------------------------- */

void evex_reduce_unit(evex_worker *worker, int64_t column_unit, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    const int64_t row = chunk * pass->chunk_rows;
    const int64_t end =
        pass->n_rows - row < pass->chunk_rows ? pass->n_rows : row + pass->chunk_rows;
    worker->chunk_row = row;
    begin_trees(worker);
    if (pass->is_panel)
        reduce_panels(worker, column_unit, chunk, row, end);
    else
        reduce_blocks(worker, column_unit, chunk, row, end);
    end_trees(worker, column_unit, chunk);
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
