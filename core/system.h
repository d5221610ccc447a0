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
    /* Lets other threads that want this one's CPU have it. */
    void (*yield)(void);
    /* How many CPUs the calling thread may run on; 0: unknown. */
    size_t (*affinity_cpus)(void);
    /* Reads the beginning of a file as text, closed by a NUL; 0 when there is none. */
    int (*read_text)(const char *path, char *buffer, size_t capacity);
    /* How many CPUs this process may use: the lesser of affinity and cgroup quota, at least 1. */
    size_t (*usable_cpus)(void);
    /* Monotonic nanoseconds. */
    uint64_t (*now_ns)(void);
    /* Fresh zeroed pages, huge ones where the system has them, on a border of EVEX_HUGE_PAGE;
     * n_bytes is a multiple of that. NULL: out of memory. */
    void *(*map_pages)(size_t n_bytes);
    void (*unmap_pages)(void *pages, size_t n_bytes);
} evex_system;

enum { EVEX_HUGE_PAGE = 2 << 20 };

extern const evex_system evex_system_default;
/* The table in use. */
const evex_system *evex_system_in_use(void);
/* For tests: NULL restores the default. */
void evex_system_replace(const evex_system *table);

#endif
