/* SPDX-License-Identifier: MIT */
/*
 * Plans: how a bound program is run. The sinks of a stage that iterate over the same shape share a
 * pass; a pass runs the instructions that its sinks need, block by block, over a box.
 *
 * A box is a list of dimensions, outer to inner, each with a length and a stride for every array:
 *
 *     [ outer ... | rows ... | columns ]
 *
 * An elementwise pass and a reduction to one value have rows only. A reduction along axes has one
 * result for each outer index and column: rows are its reduced dimensions, in C order, columns at
 * most one dimension, cut into tiles so that the accumulators of a tile stay in L2. A unit of work
 * is one outer index, one tile and one chunk of rows; within it, elements are numbered row * w +
 * column, and a block is any range of these numbers.
 */
#ifndef EVEX_EVAL_PLAN_H
#define EVEX_EVAL_PLAN_H

#include "eval/bind.h"
#include "eval/gather.h"

struct evex_worker;
struct evex_port;

/* Operands that are kept for a reduction: a value and a mask, or those of what it is fused with. */
enum { EVEX_SINK_OPERANDS = EVEX_FUSED_SUM_OPERANDS };
/* Arrays that a reduction reads as they lie. */
enum { EVEX_PANEL_PORTS = 2 };

/* Where a block begins. */
typedef struct {
    int64_t index[EVEX_MAX_DIMS]; /* in the dimensions of a unit: rows, columns */
    int64_t flat;
} evex_cursor;

/* Moves a block of n elements. at is where it begins for ports that are walked; others find it in
 * their state. */
typedef void (*evex_port_fn)(struct evex_worker *worker, const struct evex_port *port,
                             const evex_cursor *at, size_t n);

/* An array that a pass reads or writes. */
typedef struct evex_port {
    const evex_view *view;
    evex_register reg;
    evex_dtype dtype; /* of the register's elements */
    uint8_t is_output;
    uint8_t must_stage;     /* written only when the block's last instruction has read its inputs */
    uint8_t is_in_place;    /* kernels use the memory itself */
    uint8_t is_splat;       /* constant along a row: a step of 0 */
    uint8_t is_walked;      /* a block has elements of several rows, not adjacent */
    uint8_t is_past_caches; /* written by non-temporal stores, from a block */
    uint8_t is_strip;       /* read several rows at once; see eval/strips.h */
    int64_t *strides;       /* in bytes, one a dimension of the box */
    /* What to do at the start of a row, before and after a block's instructions, or NULL. */
    evex_port_fn at_row, before, after;
    evex_gather_fn gather;
    evex_mover mover;     /* in its place for long runs; or NULL */
    evex_rows_mover rows; /* for whole rows of a walk, in and out; or NULL: one by one */
    evex_scatter_fn scatter;
    evex_kernel cast;    /* outputs in memory of another type than the register */
    size_t block_offset; /* staging block in a worker's memory */
    size_t strip_offset; /* a strip in a worker's memory */
    size_t extra_offset; /* inputs: room for texts; outputs: the block after the cast */
} evex_port;

typedef struct evex_pass {
    uint32_t stage;      /* its number */
    evex_sink_kind kind; /* ELEMENTWISE when it has no reduction */
    evex_shape shape;
    uint32_t axes;
    uint8_t is_f_order;                  /* rows in Fortran order */
    uint8_t is_grouped;                  /* its reductions have a result a group (eval/group.h) */
    uint32_t *insns;                     /* numbers of the instructions that the sinks need */
    size_t n_insns, n_calls, n_operands; /* calls: those that are not hoisted; operands of all */
    uint32_t *reductions;                /* their numbers */
    size_t n_reductions;
    evex_port *ports;
    size_t n_ports;
    evex_port *results; /* one a reduction */

    /* The box. */
    int32_t n_outer_dims, n_dims; /* n_dims: rows and columns, behind the outer ones; at least 1 */
    int64_t *lengths;             /* n_outer_dims + n_dims */
    int64_t n_outer, n_rows, n_columns;
    int64_t tile, n_tiles; /* columns of a tile; the last tile may be narrower */
    int64_t chunk_rows, n_chunks;
    unsigned chunk_level; /* a whole chunk has 2^chunk_level leaves */
    int64_t leaf_rows;    /* EVEX_LEAF; a chunk's rows when no reduction's order shows */
    int64_t n_units, units_a_claim;
    uint8_t is_panel; /* arrays are reduced as they lie (eval/panel.h): a unit is rows, columns */
    size_t *panel_ports; /* EVEX_PANEL_PORTS a reduction: what it reads; one of them twice, if there
                            is no second */
    int32_t row_dim, column_dim; /* of such a pass; -1: there is none */
    uint8_t is_row_by_row;       /* a block never goes over the end of the innermost dimension */
    uint8_t is_walked, has_before, has_after; /* some port is, or has such a function */
    uint8_t is_streamed;                      /* arrays come from memory and go there */
    uint8_t is_past_caches;                   /* outputs are better written so, where they can be */
    int64_t lead; /* by so many elements the first block is shorter, so that all others begin on a
                     line of the outputs */
    size_t line_port; /* 1 + the output past the caches on whose lines blocks of a row begin; 0:
                         there is none, or no row but one */

    /* The run. */
    size_t block_length;
    uint8_t is_fetched_ahead; /* while a block is worked at, a later one comes from memory */
    uint64_t work_ns;         /* a guess at what it takes one worker */
    size_t n_workers;

    /* A worker's memory: offsets in bytes. */
    size_t share_offset, calls_offset, operands_offset, moves_offset, map_offset, states_offset,
        temps_offset, leaves_offset, trees_offset, nodes_offset, panel_offset, groups_offset,
        worker_bytes;
    size_t temp_bytes;              /* of one TEMP's block */
    size_t *leaf_offsets;           /* one a reduction, from leaves_offset */
    unsigned tree_levels;           /* of a chunk's tree; 0: a chunk is one leaf */
    struct evex_group_plan *groups; /* of a grouped pass */
    evex_node *chunk_nodes;         /* of several chunks: [column unit][chunk][reduction][tile] */
    evex_node *merge_nodes;         /* for merging them: a tree and two rows */
} evex_pass;

/* Groups the sinks of all stages into passes, with their instructions and ports. */
evex_status evex_plan_passes(evex_binding *binding);
/* eval/overlap.c: finds outputs that cannot be written and inputs that must be copied first. */
evex_status evex_plan_overlap(evex_binding *binding);
/* Gives every pass its box, blocks and workers, when all views are known. pool: may be NULL for the
 * default one; with fewer than 2 threads allowed it is not asked. */
evex_status evex_plan_layout(evex_binding *binding, const evex_eval_options *options,
                             evex_pool *pool);
/* eval/box.c: the order and lengths of a pass's dimensions and the strides of its ports. */
evex_status evex_box_build(evex_binding *binding, evex_pass *pass);

#endif
