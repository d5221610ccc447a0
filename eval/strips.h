/* SPDX-License-Identifier: MIT */
/*
 * Strips: inputs that lie across the rows of a pass, as a transposed matrix does. Each line of
 * memory has elements of several rows, and taken row by row it would come from far away as often.
 * A strip is as many rows as a line has elements, transposed into a worker's memory when the first
 * of them is due; blocks are copied from there.
 */
#ifndef EVEX_EVAL_STRIPS_H
#define EVEX_EVAL_STRIPS_H

#include "eval/run.h"

/* Whether an input of a pass that goes row by row is read by strips, and is worth it. */
int evex_strip_is_for(const evex_pass *pass, const evex_port *port, const evex_mover_table *movers);
/* Bytes of a strip, which wants 64-byte alignment; 0 for ports without one. */
size_t evex_strip_bytes(const evex_pass *pass, const evex_port *port);
/* An evex_port_fn: brings a block, and first its strip if that is not there. */
void evex_strip_gather(evex_worker *worker, const evex_port *port, const evex_cursor *at, size_t n);

#endif
