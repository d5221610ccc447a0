/* SPDX-License-Identifier: MIT */
/*
 * Panels by layout; see panel.h:
 *
 *   lines    adjacent rows, enough of them: one column after the other
 *   columns  adjacent columns: row after row
 *   narrow   few columns without gaps: the accumulators of a leaf, or, where the order does not
 *            show, several rows side by side as if they were more columns
 *   copied   anything else of few rows: moved into a buffer, as adjacent columns
 *
 * Each leaves accumulators with merged lanes (eval/accumulators.h), or nodes.
 */
#include "eval/panel.h"

#include <string.h>

#include "eval/accumulators.h"

enum {
    LINE_ROWS = EVEX_LANES_32,            /* fewer are copied */
    NARROW = 16,                          /* columns: the ring of a leaf then fits in L1, */
    NARROW_MOMENTS = 8,                   /* also with its four accumulators a lane */
    LEAF_BYTES = 20 << 10,                /* of such a leaf, by evex_leaf_bytes */
    SPREAD = 64,                          /* columns that fewer are made into, at most */
    SPREAD_ELEMENTS = 2048,               /* from where that pays */
    COPIED = 64,                          /* columns and rows of the buffer, at most */
    WIDTH_MOMENTS = EVEX_PANEL_WIDTH / 2, /* their stack is twice as high */
    STACK_DOUBLES = 16                    /* a column of moments, by evex_panel_kernel, and more */
};

static int64_t size_of(const evex_reducer *reducer) {
    return (int64_t)evex_dtype_size((evex_dtype)reducer->spec->in_dtype);
}

static const evex_panel_kernels *kernels_of(const evex_reducer *reducer) {
    return &reducer->kernels->panels[reducer->spec->kind][reducer->spec->in_dtype];
}

static const evex_panel_kernels *kernels_for(const evex_reducer *reducer, const evex_panel *panel) {
    return panel->fused != NULL ? panel->fused : kernels_of(reducer);
}

static int are_columns_adjacent(int64_t size, int64_t row_stride, int64_t column_stride) {
    return column_stride == size && row_stride > 0 && row_stride % size == 0;
}

int evex_panel_is_possible(const evex_reducer *reducer, int64_t row_stride, int64_t column_stride,
                           int64_t n_rows) {
    const int64_t size = size_of(reducer);
    if (reducer->kernels->panels == NULL || reducer->kernel == NULL || n_rows < 1 ||
        reducer->accumulator == EVEX_ACC_FIRST ||
        (reducer->is_ordered && kernels_of(reducer)->panel == NULL))
        return 0;
    return n_rows <= COPIED || row_stride == size ||
           are_columns_adjacent(size, row_stride, column_stride);
}

static int are_rows_adjacent(int64_t size, int64_t row_stride, int64_t n_rows) {
    return row_stride == size && n_rows >= LINE_ROWS;
}

int evex_panel_is_fusible(const evex_reducer *reducer, const int64_t row_strides[2],
                          const int64_t column_strides[2], int64_t n_rows, int64_t w) {
    const int64_t size = size_of(reducer);
    const int has_lines = are_rows_adjacent(size, row_strides[0], n_rows);
    if (n_rows < 1 || n_rows > EVEX_LEAF || (!has_lines && w <= NARROW))
        return 0;
    for (int i = 0; i < 2; i++) {
        const int has_columns =
            column_strides[i] == size && row_strides[i] >= 0 && row_strides[i] % size == 0;
        if (has_lines ? row_strides[i] != size : !has_columns)
            return 0;
    }
    return 1;
}

/* Of accumulators, in front of the buffer. */
static size_t accumulator_bytes(size_t w) {
    const size_t stack = STACK_DOUBLES * sizeof(double) * (w < WIDTH_MOMENTS ? w : WIDTH_MOMENTS);
    return w > 1 && stack < LEAF_BYTES ? LEAF_BYTES : stack;
}

size_t evex_panel_bytes(size_t w) {
    return accumulator_bytes(w) + COPIED * (w < COPIED ? w : COPIED) * sizeof(uint64_t);
}

/* ---- Lines ---------------------------------------------------------------------------------- */

/* Column c. */
static void reduce_line(const evex_reducer *reducer, void *at, const evex_panel *panel, size_t c,
                        uint64_t leaf_index) {
    const size_t n = panel->n_rows;
    const char *x = panel->data + (int64_t)c * panel->column_stride;
    if (reducer->is_ordered) {
        const evex_panel_source from = {
            .x = x,
            .y = panel->fused == NULL ? x
                                      : panel->second + (int64_t)c * panel->second_column_stride};
        kernels_for(reducer, panel)->line(at, &from, n);
        return;
    }
    evex_accumulators_begin(reducer, at, 1, n);
    reducer->kernel(at, 1, 0, x, 1, NULL, n, leaf_index);
}

/* Bytes of a column's first and second accumulator, which stand in arrays of w. */
static void accumulator_sizes(const evex_reducer *reducer, size_t sizes[2]) {
    sizes[0] = sizeof(uint64_t);
    sizes[1] = 0;
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_MOMENTS:
    case EVEX_ACC_WORDS:
    case EVEX_ACC_MAGNITUDE:
        sizes[1] = sizeof(uint64_t);
        break;
    case EVEX_ACC_EXTREME:
    case EVEX_ACC_LOGIC:
        sizes[0] = (size_t)size_of(reducer);
        break;
    case EVEX_ACC_PLACED:
        sizes[1] = (size_t)size_of(reducer);
        break;
    default:
        break;
    }
}

static void reduce_lines(const evex_reducer *reducer, char *at, const evex_panel *panel,
                         uint64_t leaf_index) {
    size_t sizes[2];
    accumulator_sizes(reducer, sizes);
    for (size_t c = 0; c < panel->w; c++) {
        uint64_t line[2];
        reduce_line(reducer, line, panel, c, leaf_index);
        memcpy(at + c * sizes[0], line, sizes[0]);
        memcpy(at + panel->w * sizes[0] + c * sizes[1], line + 1, sizes[1]);
    }
}

/* ---- Columns -------------------------------------------------------------------------------- */

static void reduce_columns(const evex_reducer *reducer, void *at, const evex_panel *panel,
                           uint64_t leaf_index) {
    const int64_t size = size_of(reducer);
    const size_t pitch = panel->n_rows > 1 ? (size_t)(panel->row_stride / size) : panel->w;
    if (reducer->is_ordered) {
        const evex_panel_source from = {panel->data, panel->second, pitch,
                                        (size_t)(panel->second_row_stride / size)};
        kernels_for(reducer, panel)->panel(at, &from, panel->n_rows, panel->w);
        return;
    }
    evex_accumulators_begin(reducer, at, panel->w, panel->n_rows);
    reducer->kernel(at, panel->w, 0, panel->data, pitch, NULL, panel->n_rows * panel->w,
                    leaf_index);
}

/* ---- Narrow panels -------------------------------------------------------------------------- */

static int is_narrow(const evex_reducer *reducer, const evex_panel *panel) {
    const int64_t size = size_of(reducer);
    if (panel->w == 1 || panel->fused != NULL || panel->column_stride != size ||
        panel->row_stride != (int64_t)panel->w * size)
        return 0;
    if (reducer->is_ordered)
        return panel->w <= (reducer->accumulator == EVEX_ACC_MOMENTS ? NARROW_MOMENTS : NARROW);
    return panel->w <= SPREAD / 2 && panel->n_rows * panel->w >= SPREAD_ELEMENTS;
}

static void reduce_by_leaf(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                           evex_node *nodes) {
    evex_leaf_begin_rows(reducer, memory, panel->w, panel->n_rows);
    evex_leaf_add(reducer, memory, panel->w, 0, (evex_operand){panel->data, 1},
                  (evex_operand){NULL, 0}, panel->n_rows * panel->w, 0);
    evex_leaf_end(reducer, memory, panel->w, nodes);
}

/* a becomes b if that is better, or as good and earlier. */
static void keep_earlier(const evex_reducer *reducer, evex_node *a, const evex_node *b) {
    evex_node a_then_b = *a, b_then_a = *b;
    evex_node_merge(reducer, &a_then_b, b, 1);
    evex_node_merge(reducer, &b_then_a, a, 1);
    *a = a->as.best.index < b->as.best.index ? a_then_b : b_then_a;
}

/* Row k stands in row k / n_sides of a panel of n_sides * w columns, at k % n_sides * w + c. */
static void reduce_spread(const evex_reducer *reducer, void *at, const evex_panel *panel,
                          uint64_t leaf_index, evex_node *nodes) {
    const size_t n_sides = SPREAD / panel->w, w = n_sides * panel->w;
    evex_accumulators_begin(reducer, at, w, panel->n_rows);
    reducer->kernel(at, w, 0, panel->data, w, NULL, panel->n_rows * panel->w, 0);
    for (size_t side = 0; side < n_sides; side++)
        for (size_t c = 0; c < panel->w; c++) {
            evex_node node = {.count = (panel->n_rows - side + n_sides - 1) / n_sides};
            evex_accumulators_read(reducer, at, w, side * panel->w + c, NULL, &node);
            if (reducer->accumulator == EVEX_ACC_PLACED)
                node.as.best.index = leaf_index + node.as.best.index * n_sides + side;
            if (side == 0)
                nodes[c] = node;
            else if (reducer->accumulator == EVEX_ACC_PLACED)
                keep_earlier(reducer, &nodes[c], &node);
            else
                evex_node_merge(reducer, &nodes[c], &node, 1);
        }
}

static void reduce_narrow(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                          uint64_t leaf_index, evex_node *nodes) {
    if (reducer->is_ordered)
        reduce_by_leaf(reducer, memory, panel, nodes);
    else
        reduce_spread(reducer, memory, panel, leaf_index, nodes);
}

/* ---- Copied panels -------------------------------------------------------------------------- */

#define COPY(T)                                                                                    \
    case sizeof(T):                                                                                \
        for (size_t c = 0; c < panel->w; c++) {                                                    \
            const char *x = panel->data + (int64_t)c * panel->column_stride;                       \
            for (size_t k = 0; k < panel->n_rows; k++, x += panel->row_stride)                     \
                ((T *)buffer)[k * panel->w + c] = *(const T *)x;                                   \
        }                                                                                          \
        break;

/* The panel with adjacent columns and no gaps. */
static evex_panel copy(const evex_reducer *reducer, void *buffer, const evex_panel *panel) {
    const int64_t size = size_of(reducer);
    switch (size) {
        COPY(uint8_t)
        COPY(uint16_t)
        COPY(uint32_t)
        COPY(uint64_t)
    }
    return (evex_panel){.data = buffer,
                        .row_stride = (int64_t)panel->w * size,
                        .column_stride = size,
                        .n_rows = panel->n_rows,
                        .w = panel->w};
}

/* ---- All ------------------------------------------------------------------------------------ */

/* Leaves accumulators of the panel's w columns, of which copied panels have at most COPIED. */
static void reduce(const evex_reducer *reducer, void *at, void *buffer, const evex_panel *panel,
                   uint64_t leaf_index) {
    const int64_t size = size_of(reducer);
    if (are_rows_adjacent(size, panel->row_stride, (int64_t)panel->n_rows)) {
        reduce_lines(reducer, at, panel, leaf_index);
    } else if (panel->fused != NULL ||
               are_columns_adjacent(size, panel->row_stride, panel->column_stride)) {
        reduce_columns(reducer, at, panel, leaf_index);
    } else {
        const evex_panel copied = copy(reducer, buffer, panel);
        reduce_columns(reducer, at, &copied, leaf_index);
    }
}

static size_t width_of(const evex_reducer *reducer, const evex_panel *panel) {
    if (panel->fused == NULL &&
        !are_columns_adjacent(size_of(reducer), panel->row_stride, panel->column_stride))
        return COPIED;
    return reducer->accumulator == EVEX_ACC_MOMENTS ? WIDTH_MOMENTS : EVEX_PANEL_WIDTH;
}

/* Columns from `first` on, as many as can be reduced at once. */
static evex_panel part_of(const evex_reducer *reducer, const evex_panel *panel, size_t first) {
    const size_t most = width_of(reducer, panel);
    evex_panel part = *panel;
    part.data += (int64_t)first * panel->column_stride;
    if (panel->fused != NULL)
        part.second += (int64_t)first * panel->second_column_stride;
    part.w = panel->w - first < most ? panel->w - first : most;
    return part;
}

void evex_panel_reduce(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                       uint64_t leaf_index, evex_node *nodes) {
    double *at = memory;
    if (is_narrow(reducer, panel)) {
        reduce_narrow(reducer, at, panel, leaf_index, nodes);
        return;
    }
    for (size_t first = 0; first < panel->w;) {
        const evex_panel part = part_of(reducer, panel, first);
        reduce(reducer, at, (char *)memory + accumulator_bytes(panel->w), &part, leaf_index);
        for (size_t c = 0; c < part.w; c++, first++) {
            nodes[first] = (evex_node){.count = part.n_rows};
            evex_accumulators_read(reducer, at, part.w, c, at + part.w + c, &nodes[first]);
        }
    }
}

static void finish_narrow(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                          char *results) {
    evex_node nodes[SPREAD];
    const size_t size = evex_dtype_size((evex_dtype)reducer->spec->out_dtype);
    reduce_narrow(reducer, memory, panel, 0, nodes);
    for (size_t c = 0; c < panel->w; c++)
        evex_node_finish(reducer, &nodes[c], results + c * size);
}

void evex_panel_finish(const evex_reducer *reducer, void *memory, const evex_panel *panel,
                       void *results) {
    double *at = memory;
    if (is_narrow(reducer, panel)) {
        finish_narrow(reducer, at, panel, results);
        return;
    }
    const size_t size = evex_dtype_size((evex_dtype)reducer->spec->out_dtype);
    for (size_t first = 0; first < panel->w;) {
        const evex_panel part = part_of(reducer, panel, first);
        reduce(reducer, at, (char *)memory + accumulator_bytes(panel->w), &part, 0);
        evex_accumulators_finish(reducer, at, part.w, at + part.w, part.n_rows,
                                 (char *)results + first * size);
        first += part.w;
    }
}
