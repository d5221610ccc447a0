/* SPDX-License-Identifier: MIT */
/*
 * An allocator for tests that counts what is outstanding and fails on demand: allocation number
 * `fail_at` (from 1) fails, and every later one too when `fail_on` is set. Counters are atomic, so
 * worker threads may use it.
 */
#ifndef EVEX_TESTS_FAILING_ALLOCATOR_H
#define EVEX_TESTS_FAILING_ALLOCATOR_H

#include <stdatomic.h>
#include <stdlib.h>

#include "include/evex.h"

typedef struct {
    evex_allocator allocator; /* give the address of this */
    atomic_long n_calls, n_outstanding;
    long fail_at; /* 0: never */
    int fail_on;
} failing_allocator;

static inline void *failing_allocate(void *user, size_t n_bytes) {
    failing_allocator *self = user;
    const long call = atomic_fetch_add(&self->n_calls, 1) + 1;
    if (self->fail_at != 0 && (call == self->fail_at || (self->fail_on && call > self->fail_at)))
        return NULL;
    void *memory = malloc(n_bytes);
    if (memory != NULL)
        atomic_fetch_add(&self->n_outstanding, 1);
    return memory;
}

static inline void failing_free(void *user, void *memory) {
    failing_allocator *self = user;
    if (memory != NULL)
        atomic_fetch_sub(&self->n_outstanding, 1);
    free(memory);
}

/* Starts over: counters at 0, the given failure. */
static inline void failing_allocator_init(failing_allocator *self, long fail_at, int fail_on) {
    self->allocator = (evex_allocator){failing_allocate, failing_free, self};
    atomic_init(&self->n_calls, 0);
    atomic_init(&self->n_outstanding, 0);
    self->fail_at = fail_at;
    self->fail_on = fail_on;
}

#endif
