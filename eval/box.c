/* SPDX-License-Identifier: MIT */
/*
 * Boxes: which dimensions a pass goes through, in which order, with what strides; see plan.h. Here
 * dimensions of length 1 vanish and neighbours that all arrays step through evenly become one, so
 * that contiguous arrays of any number of dimensions are run as one long row.
 *
 * The order of rows fixes the numbering of elements and with it the bits of floating sums
 * (NUMERICS.md): it depends on shapes and strides alone. All else here is free to be fast.
 */
#include <string.h>

#include "core/error.h"
#include "eval/panel.h"
#include "eval/plan.h"

typedef enum { GROUP_OUTER, GROUP_ROWS, GROUP_COLUMNS } box_group;

/* The dimensions of the pass's shape in the order of the box. */
typedef struct {
    int32_t n;
    int32_t dims[EVEX_MAX_DIMS];
    box_group groups[EVEX_MAX_DIMS];
} box_order;

static void append(box_order *order, int32_t dim, box_group group) {
    order->dims[order->n] = dim;
    order->groups[order->n++] = group;
}

static int64_t magnitude(int64_t stride) {
    return stride < 0 ? (int64_t)(0 - (uint64_t)stride) : stride;
}

/* ---- Strides over the pass's shape ---------------------------------------------------------- */

/* An array that is broadcast to the shape: aligned at the last dimension, 0 where it has length 1.
 */
static void expand_operand(evex_port *port, evex_shape shape) {
    const int32_t missing = shape.ndim - port->view->shape.ndim;
    for (int32_t d = 0; d < shape.ndim; d++)
        port->strides[d] = d < missing || port->view->shape.dims[d - missing] == 1
                               ? 0
                               : port->view->strides[d - missing];
}

/* A result of a reduction: its dimensions are those kept, or all with keepdims. */
static void expand_result(evex_port *port, evex_shape shape, uint32_t axes) {
    const int has_all = port->view->shape.ndim == shape.ndim;
    int32_t kept = 0;
    for (int32_t d = 0; d < shape.ndim; d++) {
        const int is_reduced = axes >> d & 1;
        port->strides[d] =
            is_reduced || shape.dims[d] == 1 ? 0 : port->view->strides[has_all ? d : kept];
        kept += !is_reduced;
    }
}

static int expand(evex_binding *binding, evex_pass *pass) {
    const size_t n = pass->n_ports + pass->n_reductions;
    const size_t width = (size_t)pass->shape.ndim + 1;
    int64_t *strides = evex_arena_push_array(binding->arena, n * width + 1, sizeof *strides);
    pass->lengths = evex_arena_push_array(binding->arena, width, sizeof *pass->lengths);
    if (strides == NULL || pass->lengths == NULL)
        return 0;
    for (size_t p = 0; p < pass->n_ports; p++, strides += width) {
        pass->ports[p].strides = strides;
        expand_operand(&pass->ports[p], pass->shape);
    }
    for (size_t k = 0; k < pass->n_reductions; k++, strides += width) {
        pass->results[k].strides = strides;
        expand_result(&pass->results[k], pass->shape, pass->axes);
    }
    return 1;
}

/* ---- Order ---------------------------------------------------------------------------------- */

/* How far apart, summed over the arrays, neighbours along a dimension lie. */
static int64_t operand_step(const evex_pass *pass, int32_t d) {
    int64_t sum = 0;
    for (size_t p = 0; p < pass->n_ports; p++)
        if (__builtin_add_overflow(sum, magnitude(pass->ports[p].strides[d]), &sum))
            return INT64_MAX;
    return sum;
}

/* Orders dims[first...) by descending step, equal ones as they are. */
static void sort_by_step(box_order *order, int32_t first, const int64_t *step) {
    for (int32_t k = first + 1; k < order->n; k++) {
        const int32_t dim = order->dims[k];
        int32_t m = k;
        for (; m > first && step[order->dims[m - 1]] < step[dim]; m--)
            order->dims[m] = order->dims[m - 1];
        order->dims[m] = dim;
    }
}

/* Whether most arrays have neighbours along dimension a farther apart than along b: 1, less than 0
 * for closer, 0 for undecided. An array that is repeated along one of them does not mind. */
static int vote(const evex_pass *pass, int32_t a, int32_t b) {
    int sum = 0;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const int64_t x = magnitude(pass->ports[p].strides[a]);
        const int64_t y = magnitude(pass->ports[p].strides[b]);
        if (x != 0 && y != 0)
            sum += (x > y) - (x < y);
    }
    return sum;
}

/* As most of the arrays lie in memory; where that is undecided, as the first output. */
static void order_elementwise(const evex_pass *pass, box_order *order) {
    const evex_port *output = pass->ports;
    while (!output->is_output)
        output++;
    int64_t step[EVEX_MAX_DIMS];
    for (int32_t d = 0; d < pass->shape.ndim; d++) {
        step[d] = magnitude(output->strides[d]);
        if (pass->shape.dims[d] != 1)
            append(order, d, GROUP_ROWS);
    }
    sort_by_step(order, 0, step);
    for (int32_t k = 1; k < order->n; k++)
        for (int32_t m = k; m > 0 && vote(pass, order->dims[m - 1], order->dims[m]) < 0; m--) {
            const int32_t dim = order->dims[m];
            order->dims[m] = order->dims[m - 1];
            order->dims[m - 1] = dim;
        }
}

static void order_full(const evex_pass *pass, box_order *order) {
    const int32_t ndim = pass->shape.ndim;
    for (int32_t k = 0; k < ndim; k++) {
        const int32_t d = pass->is_f_order ? ndim - 1 - k : k;
        if (pass->shape.dims[d] != 1)
            append(order, d, GROUP_ROWS);
    }
}

/* Strides of arrays without elements can be anything, so the product may wrap. */
static int port_follows(const evex_port *port, int32_t outer, int32_t inner, int64_t length) {
    return (uint64_t)port->strides[outer] == (uint64_t)port->strides[inner] * (uint64_t)length;
}

/* Whether all arrays step evenly from dimension `outer` to the next, inner one. */
static int follows(const evex_pass *pass, int32_t outer, int32_t inner, int with_results) {
    for (size_t p = 0; p < pass->n_ports; p++)
        if (!port_follows(&pass->ports[p], outer, inner, pass->shape.dims[inner]))
            return 0;
    for (size_t k = 0; with_results && k < pass->n_reductions; k++)
        if (!port_follows(&pass->results[k], outer, inner, pass->shape.dims[inner]))
            return 0;
    return 1;
}

enum {
    /* Fewer rows than this are not worth a leaf of their own for each result. */
    MIN_ROWS = 512
};

/* The kept dimension that becomes the columns, -1: none. Columns pay when results lie closer
 * together than the elements of one of them, or when each has few elements. */
static int32_t choose_column(const evex_pass *pass, const int64_t *step) {
    int32_t best = -1;
    int64_t least_row_step = INT64_MAX;
    for (int32_t d = 0; d < pass->shape.ndim; d++) {
        if (pass->shape.dims[d] == 1)
            continue;
        if (pass->axes >> d & 1)
            least_row_step = step[d] < least_row_step ? step[d] : least_row_step;
        else if (best < 0 || step[d] <= step[best])
            best = d;
    }
    const int64_t few = pass->is_panel ? EVEX_LEAF + 1 : MIN_ROWS;
    return best >= 0 && (pass->n_rows < few || step[best] < least_row_step) ? best : -1;
}

/* Outer dimensions by memory, rows in C order, then the columns: the chosen dimension and those
 * that it evenly continues. */
static void order_axes(const evex_pass *pass, box_order *order) {
    int64_t step[EVEX_MAX_DIMS] = {0};
    for (int32_t d = 0; d < pass->shape.ndim; d++)
        step[d] = operand_step(pass, d);
    int32_t columns[EVEX_MAX_DIMS], n_columns = 0;
    uint32_t taken = 0;
    for (int32_t d = choose_column(pass, step); d >= 0;) {
        columns[n_columns++] = d;
        taken |= 1u << d;
        int32_t next = -1;
        for (int32_t k = 0; k < pass->shape.ndim; k++)
            if (pass->shape.dims[k] != 1 && !((pass->axes | taken) >> k & 1) &&
                follows(pass, k, d, 1))
                next = k;
        d = next;
    }
    for (int32_t d = 0; d < pass->shape.ndim; d++)
        if (pass->shape.dims[d] != 1 && !((pass->axes | taken) >> d & 1))
            append(order, d, GROUP_OUTER);
    sort_by_step(order, 0, step);
    for (int32_t d = 0; d < pass->shape.ndim; d++)
        if (pass->shape.dims[d] != 1 && (pass->axes >> d & 1))
            append(order, d, GROUP_ROWS);
    while (n_columns > 0)
        append(order, columns[--n_columns], GROUP_COLUMNS);
}

/* ---- Lengths -------------------------------------------------------------------------------- */

static void count(evex_pass *pass, const box_order *order) {
    pass->n_outer = pass->n_columns = pass->n_rows = 1;
    for (int32_t k = 0; k < order->n; k++) {
        int64_t *n = order->groups[k] == GROUP_OUTER  ? &pass->n_outer
                     : order->groups[k] == GROUP_ROWS ? &pass->n_rows
                                                      : &pass->n_columns;
        *n *= pass->shape.dims[order->dims[k]];
    }
}

enum {
    /* Of a tile: a part of L2. Every element then takes a line from there and back, which is less
     * than what short pieces of rows cost: a sum of products along 20,000 rows of 1,000 columns ran
     * at 0.12 of the speed of reading with tiles for L1, and at 0.89 with these. */
    ACCUMULATOR_BYTES = 320 << 10,
    MEASURED_COLUMNS = 64,
    PANEL_COLUMNS = 2048,     /* at most, and */
    PANEL_ELEMENTS = 1 << 18, /* of a tile that is read in place: work enough for a unit */
    TILE_STEP = 8
};

static int64_t most_ring_columns(const evex_binding *binding, const evex_pass *pass) {
    size_t n_bytes = 0;
    for (size_t k = 0; k < pass->n_reductions; k++)
        n_bytes += evex_leaf_bytes(&binding->expr->reducers[pass->reductions[k]], MEASURED_COLUMNS);
    const int64_t most = (int64_t)((size_t)ACCUMULATOR_BYTES * MEASURED_COLUMNS / (n_bytes + 1));
    return most < TILE_STEP ? TILE_STEP : most > 4096 ? 4096 : most;
}

static int64_t most_panel_columns(const evex_pass *pass) {
    const int64_t most = PANEL_ELEMENTS / (pass->n_rows > 0 ? pass->n_rows : 1);
    return most < MEASURED_COLUMNS ? MEASURED_COLUMNS : most > PANEL_COLUMNS ? PANEL_COLUMNS : most;
}

/* Columns of a tile: all, or even parts that keep the accumulators small. */
static void cut_tiles(const evex_binding *binding, evex_pass *pass) {
    pass->tile = pass->n_columns;
    pass->n_tiles = pass->n_columns > 0;
    if (pass->n_columns <= TILE_STEP)
        return;
    const int64_t most =
        pass->is_panel ? most_panel_columns(pass) : most_ring_columns(binding, pass);
    if (pass->n_columns <= most)
        return;
    const int64_t n = (pass->n_columns + most - 1) / most;
    const int64_t even = (pass->n_columns + n - 1) / n;
    pass->tile = (even + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
    pass->n_tiles = (pass->n_columns + pass->tile - 1) / pass->tile;
}

/* Whether dimension k of the order can be one with the one before it, whose innermost is `outer`.
 */
static int can_merge(const evex_pass *pass, const box_order *order, int32_t k, int32_t outer) {
    const box_group before = order->groups[k - 1], here = order->groups[k];
    if (before == here)
        return follows(pass, outer, order->dims[k], 1);
    /* Rows of all columns, next to each other. */
    return before == GROUP_ROWS && here == GROUP_COLUMNS && pass->n_tiles == 1 && !pass->is_panel &&
           follows(pass, outer, order->dims[k], 0);
}

/* Writes the merged dimensions' lengths; sources[] receives the dimension whose strides each has.
 */
static void merge(evex_pass *pass, const box_order *order, int32_t *sources) {
    int32_t n = 0;
    for (int32_t k = 0; k < order->n; k++) {
        const int32_t d = order->dims[k];
        if (k > 0 && can_merge(pass, order, k, sources[n - 1])) {
            sources[n - 1] = d;
            pass->lengths[n - 1] *= pass->shape.dims[d];
            continue;
        }
        if (order->groups[k] == GROUP_OUTER)
            pass->n_outer_dims = n + 1;
        sources[n] = d;
        pass->lengths[n++] = pass->shape.dims[d];
    }
    pass->n_dims = n - pass->n_outer_dims;
}

static void pick_strides(evex_port *port, const int32_t *sources, int32_t n) {
    int64_t picked[EVEX_MAX_DIMS];
    for (int32_t k = 0; k < n; k++)
        picked[k] = port->strides[sources[k]];
    memcpy(port->strides, picked, (size_t)n * sizeof *picked);
}

/* A unit of one element is a row of length 1. */
static void add_unit_dim(evex_pass *pass) {
    const int32_t n = pass->n_outer_dims;
    pass->lengths[n] = 1;
    pass->n_dims = 1;
    for (size_t p = 0; p < pass->n_ports; p++)
        pass->ports[p].strides[n] = (int64_t)pass->ports[p].view->item_bytes;
    for (size_t k = 0; k < pass->n_reductions; k++)
        pass->results[k].strides[n] = 0;
}

static int64_t rows_of(const evex_pass *pass) {
    int64_t n = 1;
    for (int32_t d = 0; d < pass->shape.ndim; d++)
        n *= pass->axes >> d & 1 ? pass->shape.dims[d] : 1;
    return n;
}

/* ---- Panels --------------------------------------------------------------------------------- */

/* The plain array that a register is, -1: none. */
static int64_t find_array(const evex_pass *pass, evex_register reg) {
    for (size_t p = 0; p < pass->n_ports; p++)
        if (pass->ports[p].reg == reg && pass->ports[p].view->is_plain)
            return (int64_t)p;
    return -1;
}

/* The ports of the arrays that reduction k reads as they are: its source, or what it computes its
 * elements from. 0: there are no such. */
static int find_sources(const evex_binding *binding, const evex_pass *pass, size_t k) {
    const evex_fused_sum *fused = evex_fused_sum_of(binding, pass->reductions[k]);
    const evex_reduction *reduction =
        &evex_program_reductions(binding->program)[pass->reductions[k]];
    if (reduction->mask != EVEX_NO_REGISTER ||
        (fused != NULL && (fused->panels == NULL || pass->kind != EVEX_SINK_AXES)))
        return 0;
    const evex_register *read = fused == NULL ? &reduction->source : fused->operands;
    const size_t n_read = fused == NULL ? 1 : fused->n_operands;
    for (size_t i = 0; i < EVEX_PANEL_PORTS; i++) {
        const int64_t port = find_array(pass, read[i < n_read ? i : 0]);
        if (port < 0)
            return 0;
        pass->panel_ports[EVEX_PANEL_PORTS * k + i] = (size_t)port;
    }
    return 1;
}

/* Whether the pass does nothing but reduce arrays. Several reductions of many rows are better
 * served block by block, so that they share what has been read. */
static int may_be_panel(const evex_binding *binding, evex_pass *pass) {
    for (size_t p = 0; p < pass->n_ports; p++)
        if (pass->ports[p].is_output)
            return 0;
    if (pass->is_grouped || pass->n_calls > 0 || pass->n_rows < 1 ||
        (pass->n_reductions > 1 && pass->n_rows > EVEX_LEAF))
        return 0;
    for (size_t k = 0; k < pass->n_reductions; k++)
        if (!find_sources(binding, pass, k))
            return 0;
    return 1;
}

/* Whether reduction k can be run as a panel, when `sources` tells the strides of the dimensions. */
static int has_panel(const evex_binding *binding, const evex_pass *pass, size_t k,
                     const int32_t *sources) {
    const evex_reducer *reducer = &binding->expr->reducers[pass->reductions[k]];
    int64_t rows[EVEX_PANEL_PORTS], columns[EVEX_PANEL_PORTS];
    for (size_t i = 0; i < EVEX_PANEL_PORTS; i++) {
        const evex_port *port = &pass->ports[pass->panel_ports[EVEX_PANEL_PORTS * k + i]];
        rows[i] = pass->row_dim < 0 ? 0 : port->strides[sources[pass->row_dim]];
        columns[i] = pass->column_dim < 0 ? 0 : port->strides[sources[pass->column_dim]];
    }
    if (evex_fused_sum_of(binding, pass->reductions[k]) != NULL)
        return evex_panel_is_fusible(reducer, rows, columns, pass->n_rows, pass->n_columns);
    return evex_panel_is_possible(reducer, rows[0], columns[0], pass->n_rows);
}

/* Finds the dimensions of a unit, whose strides `sources` tells; 0 if it is no panel. */
static int find_panel(const evex_binding *binding, evex_pass *pass, const box_order *order,
                      const int32_t *sources) {
    const int has_columns = order->n > 0 && order->groups[order->n - 1] == GROUP_COLUMNS;
    const int32_t first = pass->n_outer_dims, n_row_dims = pass->n_dims - has_columns;
    if (n_row_dims > 1)
        return 0;
    pass->row_dim = n_row_dims > 0 ? first : -1;
    pass->column_dim = has_columns ? first + n_row_dims : -1;
    for (size_t k = 0; k < pass->n_reductions; k++)
        if (!has_panel(binding, pass, k, sources))
            return 0;
    return 1;
}

/* ---- The box -------------------------------------------------------------------------------- */

/* Orders, cuts and merges; sources[] receives the dimension whose strides each of the box has. */
static void arrange(const evex_binding *binding, evex_pass *pass, box_order *order,
                    int32_t *sources) {
    order->n = 0;
    pass->n_outer_dims = 0;
    if (pass->kind == EVEX_SINK_ELEMENTWISE)
        order_elementwise(pass, order);
    else if (pass->kind == EVEX_SINK_FULL)
        order_full(pass, order);
    else
        order_axes(pass, order);
    count(pass, order);
    cut_tiles(binding, pass);
    merge(pass, order, sources);
}

static int arrange_panel(const evex_binding *binding, evex_pass *pass, box_order *order,
                         int32_t *sources) {
    pass->is_panel = 1;
    arrange(binding, pass, order, sources);
    pass->is_panel = (uint8_t)find_panel(binding, pass, order, sources);
    return pass->is_panel;
}

evex_status evex_box_build(evex_binding *binding, evex_pass *pass) {
    pass->panel_ports = evex_arena_push_array(
        binding->arena, EVEX_PANEL_PORTS * pass->n_reductions + 1, sizeof *pass->panel_ports);
    if (pass->panel_ports == NULL || !expand(binding, pass))
        return evex_fail_memory(binding->error);
    box_order order;
    int32_t sources[EVEX_MAX_DIMS];
    pass->n_rows = rows_of(pass);
    if (pass->n_reductions == 0 || !may_be_panel(binding, pass) ||
        !arrange_panel(binding, pass, &order, sources))
        arrange(binding, pass, &order, sources);
    for (size_t p = 0; p < pass->n_ports; p++)
        pick_strides(&pass->ports[p], sources, pass->n_outer_dims + pass->n_dims);
    for (size_t k = 0; k < pass->n_reductions; k++)
        pick_strides(&pass->results[k], sources, pass->n_outer_dims + pass->n_dims);
    if (pass->n_dims == 0)
        add_unit_dim(pass);
    return EVEX_OK;
}
