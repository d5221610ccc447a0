/* SPDX-License-Identifier: MIT */
/*
 * What the files of grouped passes share: the plan that group_plan.c makes, the worker's side,
 * which group.c fills, and where nodes lie until group_finish.c merges them. See group.h.
 */
#ifndef EVEX_EVAL_GROUP_PLAN_H
#define EVEX_EVAL_GROUP_PLAN_H

#include "eval/group.h"
#include "eval/group_tables.h"

/* Rows of a piece: their slots take 8 KiB. */
enum { EVEX_GROUP_SLOTS = 2048 };

/* What of the rows counts: those in a group, or those for which a mask holds. */
typedef struct {
    evex_register mask;  /* EVEX_NO_REGISTER: all */
    size_t reduction;    /* one that has it, whose operands are read */
    size_t rows, n_rows; /* of a batch: offsets in a worker's tables */
} evex_group_filter;

typedef struct {
    const evex_group_sort *sort;
    evex_register source;
    size_t filter;
    size_t reduction;             /* whose operands are read */
    size_t entries, nodes, chunk; /* offsets: in a worker's tables, in a chunk's nodes */
    /* Of a batch. */
    uint8_t is_batched;
    size_t value_bytes; /* of an element that is kept; 0: the rows alone count */
    size_t values;      /* of the rows as they come */
    size_t batch;       /* ordered: the nodes of the batch */
} evex_group_table;

typedef struct evex_group_plan {
    evex_group_filter *filters;
    evex_group_table *tables; /* counts of the filters first, in their order */
    size_t n_filters, n_tables;
    size_t *table_of; /* one a reduction */
    size_t n_groups;
    /* Of batches, where groups are many (group_batch.c); batch_rows 0: there are none. */
    int64_t batch_rows;
    unsigned batch_level, slot_bits; /* leaves of a batch, groups of a bucket, as powers of two */
    size_t n_buckets;
    size_t sorted_bytes; /* of the largest element */
    /* In a worker's tables: by bucket, and of the bucket that is added. */
    size_t keys, places, borders, sorted, local_entries, local_nodes, local_trees;
    unsigned levels;                 /* of a chunk's tree of nodes */
    size_t table_bytes, chunk_bytes; /* of a worker, of a chunk's nodes */
    char *memory;                    /* while it runs: of the workers, then of the chunks */
    uint8_t *is_begun;               /* one a worker */
    _Atomic int64_t bad_row;         /* the first with a code that is none; INT64_MAX: no such */
} evex_group_plan;

/* A worker's side. */
typedef struct evex_group_worker {
    char *tables;
    uint64_t present; /* levels of the tree that hold nodes */
    int64_t leaf_end; /* of the open leaf or batch, if there is one */
    int is_open;
    int64_t batch_row; /* the first of the open batch */
    uint8_t takes_part[EVEX_GROUP_SLOTS];
    uint32_t slots[]; /* EVEX_GROUP_SLOTS for each filter */
} evex_group_worker;

/* Bytes of the tables of all workers and of the nodes of all chunks; SIZE_MAX: too many. */
size_t evex_group_memory_bytes(const evex_pass *pass);

/* Where a chunk leaves the nodes of an ordered table. */
static inline char *evex_group_chunk_nodes(const evex_pass *pass, int64_t chunk,
                                           const evex_group_table *table) {
    const evex_group_plan *plan = pass->groups;
    return plan->memory + pass->n_workers * plan->table_bytes + (size_t)chunk * plan->chunk_bytes +
           table->chunk;
}

/* Bytes of a row of nodes, one a group. */
static inline size_t evex_group_row_bytes(const evex_group_plan *plan,
                                          const evex_group_table *table) {
    return evex_align_up((plan->n_groups + 1) * table->sort->node_bytes);
}
/* What reduction number `reduction` of the pass reads: value, mask, codes. */
static inline const evex_operand *evex_group_operands(const evex_worker *worker, size_t reduction) {
    return worker->sink_operands + EVEX_SINK_OPERANDS * reduction;
}

/* Element i of a block and those behind it. */
static inline evex_operand evex_group_from(evex_operand operand, size_t size_bytes, size_t i) {
    if (operand.data != NULL)
        operand.data = (const char *)operand.data + i * operand.step * size_bytes;
    return operand;
}

/* group_batch.c: lays batches of rows out in a worker's tables. */
void evex_group_place_batch(evex_group_plan *plan, size_t *end);
void evex_group_begin_batch(evex_worker *worker, int64_t row);
/* Takes in rows i, ... of a block, of which the first n slots are known. */
void evex_group_collect(evex_worker *worker, size_t i, size_t n, int64_t row);
/* Adds the batch to the tables, and leaves the nodes of ordered ones. */
void evex_group_end_batch(evex_worker *worker);

/* group_finish.c: merges what workers and chunks have left and writes the results. */
void evex_group_finish(const evex_run *run);

#endif
