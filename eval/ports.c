/* SPDX-License-Identifier: MIT */
/*
 * Ports: how the elements of an array come into a block and leave it. Each port gets, once a pass,
 * the functions that the block loop calls at the start of a row and before and after the
 * instructions of a block, so that the loop itself asks nothing. In-place ports need none: the loop
 * keeps pointers on their elements.
 */
#include "eval/run.h"
#include "eval/splat.h"
#include "eval/strips.h"

static evex_port_state *state_of(const evex_worker *worker, const evex_port *port) {
    return &worker->states[port - worker->pass->ports];
}

/* Elements along the innermost dimension of the worker's unit. */
static int64_t length_of(const evex_worker *worker, int32_t d) {
    const evex_pass *pass = worker->pass;
    return pass->n_tiles > 1 && d == pass->n_dims - 1 ? worker->width
                                                      : pass->lengths[pass->n_outer_dims + d];
}

static int64_t innermost_stride(const evex_worker *worker, const evex_port *port) {
    return port->strides[worker->pass->n_outer_dims + worker->pass->n_dims - 1];
}

/* ---- Blocks of several rows ----------------------------------------------------------------- */

/* Where a block is in an array, run by run along the innermost dimension. */
typedef struct {
    const evex_worker *worker;
    const evex_port *port;
    evex_cursor at;
    char *place;
    size_t left;
} run_walk;

static run_walk start_walk(const evex_worker *worker, const evex_port *port, const evex_cursor *at,
                           size_t n) {
    run_walk walk = {.worker = worker, .port = port, .left = n};
    for (int32_t d = 0; d < worker->pass->n_dims; d++)
        walk.at.index[d] = at->index[d];
    walk.place = state_of(worker, port)->place;
    return walk;
}

/* The elements up to the end of the row or of the block. */
static size_t run_length(const run_walk *walk) {
    const int32_t last = walk->worker->pass->n_dims - 1;
    const size_t rest = (size_t)(length_of(walk->worker, last) - walk->at.index[last]);
    return rest < walk->left ? rest : walk->left;
}

/* Goes n steps along dimension d, at most to its end: then to the start of the next row. */
static void step_along(run_walk *walk, int32_t d, size_t n) {
    const int64_t *strides = walk->port->strides + walk->worker->pass->n_outer_dims;
    walk->at.index[d] += (int64_t)n;
    walk->place += (int64_t)n * strides[d];
    while (d > 0 && walk->at.index[d] == length_of(walk->worker, d)) {
        walk->place += strides[d - 1] - walk->at.index[d] * strides[d];
        walk->at.index[d] = 0;
        walk->at.index[--d]++;
    }
}

/* Goes past a run of n elements. */
static void advance(run_walk *walk, size_t n) {
    walk->left -= n;
    if (walk->left > 0)
        step_along(walk, walk->worker->pass->n_dims - 1, n);
}

/* Goes past whole rows; returns how many elements they have. */
static size_t advance_rows(run_walk *walk, size_t n_rows) {
    const int32_t last = walk->worker->pass->n_dims - 1;
    const size_t n = n_rows * (size_t)length_of(walk->worker, last);
    walk->left -= n;
    if (walk->left > 0)
        step_along(walk, last - 1, n_rows);
    return n;
}

/* How many whole rows begin here. */
static size_t whole_rows(const run_walk *walk) {
    const int32_t last = walk->worker->pass->n_dims - 1;
    if (last == 0 || walk->at.index[last] != 0)
        return 0;
    const size_t in_block = walk->left / (size_t)length_of(walk->worker, last);
    const size_t in_array = (size_t)(length_of(walk->worker, last - 1) - walk->at.index[last - 1]);
    return in_block < in_array ? in_block : in_array;
}

static evex_steps steps_of(const run_walk *walk) {
    const int32_t last = walk->worker->pass->n_outer_dims + walk->worker->pass->n_dims - 1;
    return (evex_steps){walk->port->strides[last], walk->port->strides[last - 1]};
}

static evex_steps block_steps(const run_walk *walk) {
    const int64_t size = (int64_t)walk->port->view->item_bytes;
    return (evex_steps){size, size * length_of(walk->worker, walk->worker->pass->n_dims - 1)};
}

/* ---- Inputs --------------------------------------------------------------------------------- */

static evex_gather target_of(const evex_worker *worker, const evex_port *port) {
    const evex_port_state *state = state_of(worker, port);
    return (evex_gather){state->block, state->extra, port->view->item_bytes, port->view->texts};
}

static void gather_walk(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                        size_t n) {
    evex_gather to = target_of(worker, port);
    run_walk walk = start_walk(worker, port, at, n);
    while (walk.left > 0) {
        const size_t n_rows = port->rows != NULL ? whole_rows(&walk) : 0;
        const size_t length = run_length(&walk);
        if (n_rows > 0) {
            port->rows(to.block, block_steps(&walk), walk.place, steps_of(&walk), length, n_rows);
            to.block += advance_rows(&walk, n_rows) * port->view->item_bytes;
            continue;
        }
        port->gather(&to, walk.place, innermost_stride(worker, port), length);
        advance(&walk, length);
    }
}

static void gather_row(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                       size_t n) {
    (void)at;
    evex_gather to = target_of(worker, port);
    if (port->mover != NULL)
        port->mover(to.block, state_of(worker, port)->place, innermost_stride(worker, port), n);
    else
        port->gather(&to, state_of(worker, port)->place, innermost_stride(worker, port), n);
}

static void gather_splat(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                         size_t n) {
    (void)at;
    (void)n;
    const evex_port_state *state = state_of(worker, port);
    evex_gather to = target_of(worker, port);
    port->gather(&to, state_of(worker, port)->place, 0, 1);
    evex_splat_fill(state->block, state->block, evex_dtype_size(port->dtype));
}

/* ---- Outputs -------------------------------------------------------------------------------- */

static void scatter_walk(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                         size_t n, const char *from) {
    run_walk walk = start_walk(worker, port, at, n);
    while (walk.left > 0) {
        const size_t n_rows = port->rows != NULL ? whole_rows(&walk) : 0;
        const size_t length = run_length(&walk);
        if (n_rows > 0) {
            port->rows(walk.place, steps_of(&walk), from, block_steps(&walk), length, n_rows);
            from += advance_rows(&walk, n_rows) * port->view->item_bytes;
            continue;
        }
        port->scatter(walk.place, innermost_stride(worker, port), from, length);
        from += length * port->view->item_bytes;
        advance(&walk, length);
    }
}

static const evex_kernel_table *kernels_of(const evex_worker *worker) {
    return worker->run->binding->expr->kernels;
}

/* Brings a block of the array's type to the array. */
static void scatter_from(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                         size_t n, const char *from) {
    if (port->is_past_caches)
        kernels_of(worker)->move->past_caches(state_of(worker, port)->place, from,
                                              n * port->view->item_bytes);
    else if (port->is_walked)
        scatter_walk(worker, port, at, n, from);
    else
        port->scatter(state_of(worker, port)->place, innermost_stride(worker, port), from, n);
}

static void scatter_block(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                          size_t n) {
    scatter_from(worker, port, at, n, state_of(worker, port)->block);
}

static void cast_block(evex_worker *worker, const evex_port *port, void *to, size_t n) {
    const evex_operand from = {state_of(worker, port)->block, 1};
    port->cast((void *[]){to}, &from, n, NULL);
}

static void cast_in_place(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                          size_t n) {
    (void)at;
    cast_block(worker, port, state_of(worker, port)->place, n);
}

static void cast_and_scatter(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                             size_t n) {
    cast_block(worker, port, state_of(worker, port)->extra, n);
    scatter_from(worker, port, at, n, state_of(worker, port)->extra);
}

/* ---- Choice --------------------------------------------------------------------------------- */

/* Whether the elements of a whole unit follow each other. */
static int is_contiguous(const evex_pass *pass, const evex_port *port) {
    const int64_t *strides = port->strides + pass->n_outer_dims;
    const int64_t *lengths = pass->lengths + pass->n_outer_dims;
    if (pass->n_tiles > 1 && pass->n_dims > 1)
        return 0; /* a row goes on behind the tile */
    uint64_t expected = port->view->item_bytes;
    for (int32_t d = pass->n_dims - 1; d >= 0; d--) {
        if (lengths[d] != 1 && (uint64_t)strides[d] != expected)
            return 0;
        expected *= (uint64_t)lengths[d];
    }
    return 1;
}

static void choose_input(const evex_binding *binding, const evex_pass *pass, evex_port *port,
                         int is_direct, int is_constant) {
    const int is_same = port->dtype == port->view->dtype;
    port->gather = evex_gather_find_as(port->view, port->dtype);
    if (is_same)
        port->mover = evex_gather_find_mover(port->view, binding->expr->kernels->move);
    else
        port->rows = NULL;
    port->is_in_place = is_direct && is_same && port->view->is_plain;
    if (port->is_in_place)
        return;
    port->is_splat = (uint8_t)is_constant;
    port->is_strip = is_same && evex_strip_is_for(pass, port, binding->expr->kernels->move);
    if (is_constant)
        port->at_row = gather_splat;
    else if (port->is_strip)
        port->before = evex_strip_gather;
    else
        port->before = port->is_walked ? gather_walk : gather_row;
}

/* Whether the pass reads what it writes here: lines that are in the cache are best written there.
 */
static int is_read(const evex_pass *pass, const evex_port *output) {
    for (size_t p = 0; p < pass->n_ports; p++)
        if (!pass->ports[p].is_output && pass->ports[p].view->data == output->view->data)
            return 1;
    return 0;
}

/* Whether blocks that begin on lines of the first output past the caches begin on lines of this one
 * too (choose_lead in layout.c): parts of lines are best left to the caches. */
static int shares_lines(const evex_pass *pass, const evex_port *output) {
    const evex_port *port = pass->ports;
    while (port < output && !port->is_past_caches)
        port++;
    if (port == output || pass->n_dims > 1)
        return 1;
    const uintptr_t head = -(uintptr_t)port->view->data % EVEX_CACHE_LINE / port->view->item_bytes;
    return ((uintptr_t)output->view->data + head * output->view->item_bytes) % EVEX_CACHE_LINE == 0;
}

static void choose_output(const evex_binding *binding, const evex_pass *pass, evex_port *port,
                          int is_direct) {
    const int may_touch = is_direct && port->view->is_plain;
    port->scatter = evex_scatter_find(port->view);
    port->is_past_caches =
        may_touch && pass->is_past_caches && !is_read(pass, port) && shares_lines(pass, port);
    if (port->view->dtype != port->dtype) {
        port->cast = binding->expr->kernels->cast[port->dtype][port->view->dtype];
        port->after = may_touch && !port->is_past_caches ? cast_in_place : cast_and_scatter;
        return;
    }
    port->is_in_place = may_touch && !port->must_stage && !port->is_past_caches;
    if (!port->is_in_place)
        port->after = scatter_block;
}

void evex_port_choose(const evex_binding *binding, const evex_pass *pass, evex_port *port) {
    const int32_t last = pass->n_outer_dims + pass->n_dims - 1;
    const int is_one_row = pass->n_dims == 1 || pass->is_row_by_row;
    const int is_direct = is_contiguous(pass, port) ||
                          (is_one_row && port->strides[last] == (int64_t)port->view->item_bytes);
    port->is_walked = !is_direct && !is_one_row;
    port->rows = evex_gather_find_rows(port->view);
    if (port->is_output)
        choose_output(binding, pass, port, is_direct);
    else
        choose_input(binding, pass, port, is_direct,
                     is_one_row && port->strides[last] == 0 && pass->lengths[last] > 1);
}

/* ---- Single elements ------------------------------------------------------------------------ */

void evex_port_choose_result(const evex_binding *binding, evex_port *port) {
    port->scatter = evex_scatter_find(port->view);
    if (port->view->dtype != port->dtype)
        port->cast = binding->expr->kernels->cast[port->dtype][port->view->dtype];
}

void evex_port_write(const evex_port *port, char *to, const void *element) {
    _Alignas(16) char converted[16];
    if (port->cast != NULL) {
        const evex_operand from = {element, 1};
        port->cast((void *[]){converted}, &from, 1, NULL);
        element = converted;
    }
    port->scatter(to, 0, element, 1);
}
