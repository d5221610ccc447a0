/* SPDX-License-Identifier: MIT */
/*
 * Strips; see strips.h. The transposition is the mover table's, which has it where a set's vectors
 * make it worth while.
 */
#include "eval/strips.h"

#include <string.h>

enum {
    /* A strip of so many columns still leaves room in a usual L2. (20,000 rows of 1,000 columns,
     * 2*a + 3*b with a transposed: 5.3 ns an element row by row, 1.5 by strips.) */
    MOST_COLUMNS = 8192,
    /* Rows of a strip lie further apart than their elements take, so that their like columns do not
     * all fall into one set of L1. */
    PADDING_BYTES = EVEX_CACHE_LINE
};

static int32_t last_dim(const evex_pass *pass) {
    return pass->n_outer_dims + pass->n_dims - 1;
}

static int64_t rows_of(const evex_port *port) {
    return EVEX_CACHE_LINE / (int64_t)port->view->item_bytes;
}

/* From one row of a strip to the next, in bytes. */
static size_t pitch_of(const evex_pass *pass, const evex_port *port) {
    const size_t n = (size_t)(pass->n_tiles > 1 ? pass->tile : pass->lengths[last_dim(pass)]);
    return evex_align_up(n * port->view->item_bytes) + PADDING_BYTES;
}

static evex_transposer transposer_of(const evex_mover_table *movers, const evex_port *port) {
    return port->view->item_bytes == 4   ? movers->transpose4
           : port->view->item_bytes == 8 ? movers->transpose8
                                         : NULL;
}

int evex_strip_is_for(const evex_pass *pass, const evex_port *port,
                      const evex_mover_table *movers) {
    const int32_t last = last_dim(pass);
    const int64_t size = (int64_t)port->view->item_bytes;
    return pass->is_row_by_row && pass->lengths[last] <= MOST_COLUMNS && port->view->is_plain &&
           port->strides[last - 1] == size && pass->lengths[last - 1] >= rows_of(port) &&
           (port->strides[last] >= EVEX_CACHE_LINE || port->strides[last] <= -EVEX_CACHE_LINE) &&
           transposer_of(movers, port) != NULL;
}

size_t evex_strip_bytes(const evex_pass *pass, const evex_port *port) {
    return port->is_strip ? pitch_of(pass, port) * (size_t)rows_of(port) : 0;
}

/* With a size that the compiler knows, so that each copy is a load and a store. */
#define TRANSPOSE_FEW(size)                                                                        \
    for (size_t r = 0; r < n_rows; r++)                                                            \
        for (size_t c = 0; c < n; c++)                                                             \
            memcpy(to + r * pitch + c * (size), from + (int64_t)c * stride + r * (size), size);

/* What is left of the rows at the end of a matrix. */
static void transpose_few(char *to, size_t pitch, const char *from, int64_t stride, size_t size,
                          size_t n_rows, size_t n) {
    if (size == 8)
        TRANSPOSE_FEW(8)
    else
        TRANSPOSE_FEW(4)
}

static int64_t width_of(const evex_worker *worker) {
    const evex_pass *pass = worker->pass;
    return pass->n_tiles > 1 ? worker->width : pass->lengths[last_dim(pass)];
}

/* Transposes the strip that holds a row, whose first element is at `from`. Strips begin at
 * multiples of their rows, where lines as a rule do. */
static void fill(const evex_worker *worker, const evex_port *port, evex_port_state *state,
                 int64_t row, const char *from, int64_t row_begin) {
    const evex_pass *pass = worker->pass;
    const int32_t last = last_dim(pass);
    const int64_t skipped = row % rows_of(port), rest = pass->lengths[last - 1] - row + skipped;
    const int64_t n_rows = rest < rows_of(port) ? rest : rows_of(port), width = width_of(worker);
    const size_t pitch = pitch_of(pass, port), size = port->view->item_bytes;
    from -= skipped * port->strides[last - 1];
    state->strip_begin = row_begin - skipped * width;
    state->strip_end = state->strip_begin + n_rows * width;
    if (n_rows < rows_of(port))
        transpose_few(state->strip, pitch, from, port->strides[last], size, (size_t)n_rows,
                      (size_t)width);
    else
        transposer_of(worker->run->binding->expr->kernels->move,
                      port)(state->strip, pitch, from, port->strides[last], (size_t)width);
}

void evex_strip_gather(evex_worker *worker, const evex_port *port, const evex_cursor *at,
                       size_t n) {
    const evex_pass *pass = worker->pass;
    evex_port_state *state = &worker->states[port - pass->ports];
    const size_t size = port->view->item_bytes, pitch = pitch_of(pass, port);
    const int64_t width = width_of(worker), column = at->flat % width;
    if (at->flat < state->strip_begin || at->flat >= state->strip_end)
        fill(worker, port, state, at->index[pass->n_dims - 2],
             state->place - column * port->strides[last_dim(pass)], at->flat - column);
    const size_t row = (size_t)((at->flat - column - state->strip_begin) / width);
    memcpy(state->block, state->strip + row * pitch + (size_t)column * size, n * size);
}
