/* SPDX-License-Identifier: MIT */
/*
 * Which worker runs which units. Every worker has a share of neighbouring units, the same one in
 * every evaluation of the same size: so what it wrote is still in its caches when the next
 * evaluation reads it, and its prefetchers never run into another's elements. Whoever is done with
 * his own share takes from the others', so that all end together.
 */
#include "eval/run.h"

struct evex_share {
    _Alignas(EVEX_CACHE_LINE) _Atomic int64_t next;
    int64_t end;
};

static struct evex_share *share_of(const evex_run *run, size_t number) {
    return (void *)(run->memory + number * run->pass->worker_bytes + run->pass->share_offset);
}

void evex_share_out(evex_run *run) {
    const evex_pass *pass = run->pass;
    const int64_t n = (int64_t)pass->n_workers;
    int64_t begin = 0;
    for (int64_t k = 0; k < n; k++) {
        const int64_t rest = k < pass->n_units % n;
        struct evex_share *share = share_of(run, (size_t)k);
        atomic_init(&share->next, begin);
        share->end = begin += pass->n_units / n + rest;
    }
}

int evex_claim(const evex_run *run, size_t *owner, int64_t *first, int64_t *end) {
    const evex_pass *pass = run->pass;
    for (size_t k = 0; k < pass->n_workers; k++) {
        struct evex_share *share = share_of(run, *owner);
        if (atomic_load_explicit(&share->next, memory_order_relaxed) < share->end) {
            *first =
                atomic_fetch_add_explicit(&share->next, pass->units_a_claim, memory_order_relaxed);
            *end = share->end - *first < pass->units_a_claim ? share->end
                                                             : *first + pass->units_a_claim;
            if (*first < *end)
                return 1;
        }
        *owner = *owner + 1 < pass->n_workers ? *owner + 1 : 0;
    }
    return 0;
}
