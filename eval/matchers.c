/* SPDX-License-Identifier: MIT */
/*
 * See matchers.h. Exchange, never compare-and-swap in a loop: whoever takes a pointer owns it until
 * it is put back.
 */
#include "eval/matchers.h"

void evex_matchers_init(evex_matcher_slots *slots) {
    for (size_t i = 0; i < EVEX_IDLE_MATCHERS; i++)
        atomic_init(&slots->idle[i], NULL);
}

static evex_matcher *exchange(evex_matcher_slots *slots, size_t i, evex_matcher *matcher) {
    return atomic_exchange_explicit(&slots->idle[i], matcher, memory_order_acq_rel);
}

static evex_matcher *take_one(evex_matcher_slots *slots, const evex_allocator *allocator,
                              size_t i) {
    evex_matcher *matcher = i < EVEX_IDLE_MATCHERS ? exchange(slots, i, NULL) : NULL;
    return matcher != NULL ? matcher : evex_matcher_create(allocator);
}

evex_matcher **evex_matchers_take(evex_matcher_slots *slots, const evex_allocator *allocator,
                                  size_t n) {
    evex_matcher **matchers = evex_allocate_array(allocator, n, sizeof(evex_matcher *));
    for (size_t i = 0; matchers != NULL && i < n; i++) {
        matchers[i] = take_one(slots, allocator, i);
        if (matchers[i] == NULL) {
            evex_matchers_give(slots, allocator, matchers, i);
            return NULL;
        }
    }
    return matchers;
}

int evex_matchers_lacked_memory(evex_matcher *const *matchers, size_t n) {
    int lacked = 0;
    for (size_t i = 0; matchers != NULL && i < n; i++)
        lacked |= evex_matcher_lacked_memory(matchers[i]);
    return lacked;
}

void evex_matchers_give(evex_matcher_slots *slots, const evex_allocator *allocator,
                        evex_matcher **matchers, size_t n) {
    for (size_t i = 0; i < n; i++)
        evex_matcher_free(i < EVEX_IDLE_MATCHERS ? exchange(slots, i, matchers[i]) : matchers[i]);
    evex_free(allocator, matchers);
}

void evex_matchers_free(evex_matcher_slots *slots) {
    for (size_t i = 0; i < EVEX_IDLE_MATCHERS; i++)
        evex_matcher_free(exchange(slots, i, NULL));
}
