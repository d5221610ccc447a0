/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the library; see system.h. Linux first: affinity by sched_getaffinity, the
 * CPU quota from the cgroup file system (version 2, then 1).
 */
#include "core/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A worker must never run a handler of the host: signals stay with the host's own threads. */
static int create_with_signals_blocked(pthread_t *thread, void *(*run)(void *), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return EAGAIN;
    const int failure = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static int join(pthread_t thread) {
    return pthread_join(thread, NULL);
}

/* ---- CPUs ----------------------------------------------------------------------------------- */

/* Reads a small file of the kernel as text; 0 when there is none. */
static int read_text(const char *path, char *buffer, size_t capacity) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t n = read(file, buffer, capacity - 1);
    close(file);
    buffer[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* A decimal number at *p, which moves behind it and the blanks that follow; -1 when there is none.
 */
static long long take_number(const char **p) {
    long long value = -1;
    for (; **p >= '0' && **p <= '9'; ++*p) {
        if (value > 100000000000000)
            return -1;
        value = (value < 0 ? 0 : value) * 10 + (**p - '0');
    }
    while (**p == ' ' || **p == '\n')
        ++*p;
    return value;
}

static size_t quota_cpus(long long quota, long long period) {
    if (quota <= 0 || period <= 0)
        return SIZE_MAX;
    const long long cpus = (quota + period - 1) / period;
    return cpus < 1 ? 1 : (size_t)cpus;
}

/* How many CPUs the cgroup's quota allows; SIZE_MAX: no quota. */
static size_t cgroup_cpus(void) {
    char text[64];
    const char *p = text;
    if (read_text("/sys/fs/cgroup/cpu.max", text, sizeof text)) {
        const long long quota = take_number(&p); /* "max 100000" has none */
        return quota_cpus(quota, take_number(&p));
    }
    if (!read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", text, sizeof text))
        return SIZE_MAX;
    const long long quota = take_number(&p);
    p = text;
    if (!read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us", text, sizeof text))
        return SIZE_MAX;
    return quota_cpus(quota, take_number(&p));
}

static size_t affinity_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

static size_t usable_cpus(void) {
    const size_t affinity = affinity_cpus(), quota = cgroup_cpus();
    return affinity < quota ? affinity : quota;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- The table in use ----------------------------------------------------------------------- */

const evex_system evex_system_default = {create_with_signals_blocked, join, usable_cpus, now_ns};

static const evex_system *_Atomic in_use = &evex_system_default;

const evex_system *evex_system_in_use(void) {
    return atomic_load_explicit(&in_use, memory_order_acquire);
}

void evex_system_replace(const evex_system *table) {
    atomic_store_explicit(&in_use, table != NULL ? table : &evex_system_default,
                          memory_order_release);
}
