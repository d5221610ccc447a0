/* SPDX-License-Identifier: MIT */
/*
 * Grouped passes: reductions with a result a group. A pass iterates over rows as any reduction to
 * one value does; a worker adds them to tables of its own (eval/group_tables.h). Chunks are aligned
 * powers of two of leaves; ordered tables leave their nodes with each chunk, which merge in the
 * tree over chunks, the others are one table a worker.
 *
 * Reductions of the same elements share a table, and every mask has a table that counts its rows.
 */
#ifndef EVEX_EVAL_GROUP_H
#define EVEX_EVAL_GROUP_H

#include "eval/run.h"

/* Makes pass->groups; 0: out of memory. */
int evex_group_plan_pass(const evex_binding *binding, evex_pass *pass);
/* Cuts the rows into chunks of about so many. */
void evex_group_chunks(evex_pass *pass, int64_t rows);
/* Bytes of pass->groups_offset. */
size_t evex_group_worker_bytes(const evex_pass *pass);
/* Takes workers away whose tables would cost more than they bring, then checks that the tables are
 * within what the options allow: EVEX_LIMIT_MEMORY. */
evex_status evex_group_limit(const evex_binding *binding, evex_pass *pass,
                             const evex_eval_options *options);

/* Runs the pass, whose workers run `work`, and writes the results. */
evex_status evex_group_run(evex_run *run, evex_work_fn work);
/* Makes the tables of a worker that begins. */
void evex_group_begin(evex_worker *worker, size_t number);
/* Runs a chunk of rows. */
void evex_group_unit(evex_worker *worker, int64_t chunk);
/* Takes in a block of n rows, the first of which is number `row`. */
void evex_group_block(evex_worker *worker, int64_t row, size_t n);

#endif
