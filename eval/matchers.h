/* SPDX-License-Identifier: MIT */
/*
 * The matchers of an expression's regular expressions, one a worker. An expression keeps a few idle
 * ones, each behind an atomic pointer as its workspace is (workspace.h), for a matcher costs more
 * than many searches.
 */
#ifndef EVEX_EVAL_MATCHERS_H
#define EVEX_EVAL_MATCHERS_H

#include <stdatomic.h>
#include <stddef.h>

#include "core/regex.h"

enum { EVEX_IDLE_MATCHERS = 8 };

typedef struct {
    _Atomic(evex_matcher *) idle[EVEX_IDLE_MATCHERS];
} evex_matcher_slots;

void evex_matchers_init(evex_matcher_slots *slots);
/* An array of n matchers, idle ones first; NULL: out of memory. */
evex_matcher **evex_matchers_take(evex_matcher_slots *slots, const evex_allocator *allocator,
                                  size_t n);
/* Whether a search of the first n lacked memory, so that what was found is void; matchers may be
 * NULL. */
int evex_matchers_lacked_memory(evex_matcher *const *matchers, size_t n);
/* Gives them back. */
void evex_matchers_give(evex_matcher_slots *slots, const evex_allocator *allocator,
                        evex_matcher **matchers, size_t n);
/* Frees the idle ones. */
void evex_matchers_free(evex_matcher_slots *slots);

#endif
