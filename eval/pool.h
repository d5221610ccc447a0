/* SPDX-License-Identifier: MIT */
/*
 * Pools of threads. An evaluation is a job: the caller works on it and threads of the pool that
 * have nothing to do join in. Any number of jobs run on one pool at once, from any threads, also
 * from the pool's own.
 */
#ifndef EVEX_EVAL_POOL_H
#define EVEX_EVAL_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "include/evex.h"

typedef void (*evex_work_fn)(void *argument, size_t number);

/*
 * Calls work(argument, 0) here and work(argument, k) on other threads, for different k below n, for
 * as many of them as get to it before this one returns from its own call; then waits for those that
 * have begun. pool NULL: the default pool. After a fork inside work only the caller is left, and
 * nothing is waited for.
 */
void evex_pool_run(evex_pool *pool, size_t n, evex_work_fn work, void *argument);

/* Less than this is never worth sharing. */
enum { EVEX_LEAST_SHARED_NS = 6000 };

/*
 * How many threads of the pool are worth having for work_ns of work on the calling thread alone, at
 * most n: those awake for small work, sleeping ones for work that pays for waking them. When small
 * work comes again and again, it is taken to go on, and sleepers are worth waking for what is
 * still to come.
 */
size_t evex_pool_worth(evex_pool *pool, size_t n, uint64_t work_ns);

/* Changes in the child of a fork. */
unsigned evex_fork_generation(void);
/* Joins and frees the default pool. */
void evex_pool_shutdown(void);

#endif
