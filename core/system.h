/* SPDX-License-Identifier: MIT */
/*
 * Every system call of the library goes through this table, so that tests can make each of them
 * fail. There is one table a process; only a test replaces it, before any other call.
 */
#ifndef EVEX_CORE_SYSTEM_H
#define EVEX_CORE_SYSTEM_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    /* As pthread_create with all signals blocked in the new thread. */
    int (*thread_create)(pthread_t *thread, void *(*run)(void *), void *argument);
    int (*thread_join)(pthread_t thread);
    /* How many CPUs this process may use: affinity and cgroup quota, at least 1. */
    size_t (*usable_cpus)(void);
    /* Monotonic nanoseconds. */
    uint64_t (*now_ns)(void);
} evex_system;

extern const evex_system evex_system_default;
/* The table in use. */
const evex_system *evex_system_in_use(void);
/* For tests: NULL restores the default. */
void evex_system_replace(const evex_system *table);

#endif
