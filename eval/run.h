/* SPDX-License-Identifier: MIT */
/*
 * Running a planned program: the state of one evaluation and of its workers. A worker has its own
 * copy of a pass's code, assembled into calls whose operands point into its own blocks
 * (assemble.c), and runs units (run.c, pass_reduce.c) until none is left.
 */
#ifndef EVEX_EVAL_RUN_H
#define EVEX_EVAL_RUN_H

#include <stdatomic.h>

#include "eval/fp_state.h"
#include "eval/plan.h"
#include "eval/pool.h"

/* An instruction, ready to be called. */
typedef struct {
    evex_kernel kernel;
    void *dst[2];
    const evex_operand *src;
} evex_call;

/* What a register is at the current place in a worker's code. */
typedef struct {
    evex_operand operand;
    uint32_t port;  /* 1 + its port, for arrays; else 0 */
    uint32_t block; /* TEMP: its block */
} evex_binding_entry;

/* A worker's side of a port. */
typedef struct {
    char *base;  /* the unit's first element */
    char *place; /* the block's first element */
    char *block; /* staging */
    char *extra;
    char *strip; /* of elements [strip_begin, strip_end) of the unit; see eval/strips.h */
    int64_t strip_begin, strip_end;
} evex_port_state;

/* A pointer to a port's elements: of an operand, a result or the port's state. */
typedef struct {
    void *pointer;
    int64_t step; /* what it moves on by for each block, in bytes */
    size_t port;
    size_t ahead; /* bytes of a block, as many of which are fetched further on; 0: none are */
} evex_move;

typedef struct evex_worker {
    struct evex_run *run;
    const evex_pass *pass;
    void *context; /* of kernels: its matcher, or NULL */
    evex_call *calls;
    evex_operand *operands;            /* of all calls, then of the reductions */
    const evex_operand *sink_operands; /* EVEX_SINK_OPERANDS for each reduction */
    evex_move *moves;
    size_t n_moves;
    evex_binding_entry *map; /* one a register */
    evex_port_state *states; /* one a port */
    char *temps;
    char *leaves;                     /* accumulators, at the pass's leaf_offsets */
    evex_tree *trees;                 /* one a reduction: over the leaves of a chunk */
    evex_node *nodes;                 /* of the trees, then two rows of a tile's width */
    char *panel;                      /* memory for panels, then two rows of results */
    struct evex_group_worker *groups; /* of a grouped pass */
    int64_t width;                    /* columns of the current unit */
    int64_t chunk_row;                /* its first row */
} evex_worker;

/* One evaluation under way. */
typedef struct evex_run {
    evex_binding *binding;
    const evex_eval_options *options;
    evex_pool *pool;
    const evex_pass *pass;   /* the current one */
    char *memory;            /* of the workers */
    evex_matcher **matchers; /* one a worker; NULL: the program has no pattern */
    uint64_t last_poll_ns;
    _Atomic int status;     /* evex_status of the first failure */
    _Atomic int is_decided; /* no further element can change what the current pass gives */
    unsigned generation;    /* of the process: a fork leaves the other workers behind */
    evex_fp_state fp_state; /* of the caller, for calls back into its code */
} evex_run;

/* Runs all stages of a planned program. */
evex_status evex_run_program(evex_run *run);
/* Notes a failure; workers stop before their next claim. The first one stands. */
void evex_run_stop(evex_run *run, evex_status status);
/* Runs the units of run->pass on its workers. */
evex_status evex_run_units(evex_run *run, evex_work_fn work_fn);
/* eval/claim.c: shares the units of run->pass out to its workers. */
void evex_share_out(evex_run *run);
/* Units for a worker: of its own share, then of others'. *owner, at first the worker's number, is
 * whose share it takes from. 0: none is left. */
int evex_claim(const evex_run *run, size_t *owner, int64_t *first, int64_t *end);
/* Elements [begin, end) of the worker's unit. For reductions, leaf_row is the leaf's first row. */
void evex_run_range(evex_worker *worker, int64_t begin, int64_t end, int64_t leaf_row);

/* eval/assemble.c: makes a worker's code for run->pass in its memory. */
void evex_worker_assemble(evex_worker *worker, evex_run *run, size_t number);
/* Runs the hoisted instructions of run->pass: their results are splats. */
void evex_run_hoisted(evex_run *run);
/* Runs the scalar section of a stage. */
void evex_run_scalars(evex_run *run, const evex_stage *stage);

/* eval/ports.c: chooses how a port is brought to and from blocks. */
void evex_port_choose(const evex_binding *binding, const evex_pass *pass, evex_port *port);
/* The same for the result of a reduction or scalar section, which is written element by element. */
void evex_port_choose_result(const evex_binding *binding, evex_port *port);
/* Writes one element, of the register's type and aligned, at a place of the port's array. */
void evex_port_write(const evex_port *port, char *to, const void *element);

/* eval/pass_reduce.c: takes a block of the current leaf into the accumulators. */
void evex_reduce_block(evex_worker *worker, int64_t flat, size_t n, int64_t leaf_row);
/* Runs a chunk of rows of a column unit: an outer index and a tile. */
void evex_reduce_unit(evex_worker *worker, int64_t column_unit, int64_t chunk);
/* Ends the pass: merges chunks and completes the results. */
evex_status evex_reduce_finish(evex_run *run);

static inline size_t evex_align_up(size_t n_bytes) {
    return (n_bytes + EVEX_CACHE_LINE - 1) & ~(size_t)(EVEX_CACHE_LINE - 1);
}

#endif
