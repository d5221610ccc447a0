/* SPDX-License-Identifier: MIT */
/*
 * Whole leaves of a piece shared among workers: each evaluates the operands of some leaves and
 * makes their nodes, which are pushed in order when all are there; see stream_run.h.
 */
#include <stdatomic.h>

#include "core/error.h"
#include "eval/pool.h"
#include "eval/stream_run.h"

/* Leaves that workers share: [0, n_leaves) from element `begin` of the piece on. */
typedef struct {
    evex_pass_run *run;
    const evex_carry *like; /* any of the run's: all have the same rows */
    uint64_t begin, n_leaves, leaves_a_unit;
    evex_node **nodes;     /* one a carry: w for each leaf */
    evex_scratch *buffers; /* one a worker */
    void **leaves;         /* one a worker */
    _Atomic uint64_t next;
    _Atomic int status;
    evex_error error; /* of the first that failed */
} shared_leaves;

static void make_nodes(const shared_leaves *all, const evex_carry *carry, evex_node *nodes,
                       const evex_scratch *from, void *leaf, uint64_t begin, uint64_t n_leaves) {
    const evex_pass_run *run = all->run;
    const size_t w = carry->w, size = evex_carry_item_bytes(carry);
    const int64_t first_row = (int64_t)(begin / carry->n_inner);
    size_t at = (size_t)(begin - (uint64_t)first_row * carry->n_inner) * w;
    const evex_stream_items items = evex_scratch_operands(run, carry, from, first_row);
    const evex_operand value = items.value, mask = items.mask;
    for (uint64_t i = 0; i < n_leaves; i++, at += EVEX_LEAF * w, nodes += w) {
        const evex_operand x = {(const char *)value.data + at * size, 1};
        const evex_operand included = {mask.data == NULL ? NULL : (const char *)mask.data + at, 1};
        evex_leaf_begin(carry->reducer, leaf, w);
        evex_leaf_add(carry->reducer, leaf, w, 0, x, included, EVEX_LEAF * w,
                      carry->next - all->begin + begin + i * EVEX_LEAF);
        evex_leaf_end(carry->reducer, leaf, w, nodes);
    }
}

static evex_status run_unit(shared_leaves *all, size_t number, uint64_t unit, evex_error *error) {
    evex_pass_run *run = all->run;
    const uint64_t first = unit * all->leaves_a_unit;
    const uint64_t n =
        all->n_leaves - first < all->leaves_a_unit ? all->n_leaves - first : all->leaves_a_unit;
    const uint64_t begin = all->begin + first * EVEX_LEAF, end = begin + n * EVEX_LEAF;
    const uint64_t n_inner = all->like->n_inner;
    if (!run->is_direct) {
        const evex_status status =
            evex_scratch_evaluate(run, &all->buffers[number], (int64_t)(begin / n_inner),
                                  (int64_t)((end + n_inner - 1) / n_inner), 0, 1, error);
        if (status != EVEX_OK)
            return status;
    }
    for (uint32_t c = 0; c < run->stream->n_carries; c++)
        if (evex_pass_has(run, &run->stream->carries[c], 0))
            make_nodes(all, &run->stream->carries[c],
                       all->nodes[c] + (size_t)first * run->stream->carries[c].w,
                       &all->buffers[number], all->leaves[number], begin, n);
    return EVEX_OK;
}

static void work(void *argument, size_t number) {
    shared_leaves *all = argument;
    const uint64_t n_units = (all->n_leaves + all->leaves_a_unit - 1) / all->leaves_a_unit;
    while (atomic_load(&all->status) == EVEX_OK) {
        const uint64_t unit = atomic_fetch_add(&all->next, 1);
        if (unit >= n_units)
            return;
        evex_error error = EVEX_ERROR_INIT;
        evex_status status = number == 0 ? evex_pass_may_go_on(all->run) : EVEX_OK;
        if (status == EVEX_OK)
            status = run_unit(all, number, unit, &error);
        int none = EVEX_OK;
        if (status != EVEX_OK && atomic_compare_exchange_strong(&all->status, &none, (int)status))
            all->error = error;
    }
}

static int make_shared(shared_leaves *all, evex_arena *arena, size_t n_workers) {
    const evex_pass_run *run = all->run;
    const evex_stream *stream = run->stream;
    const int64_t n_rows = (int64_t)(all->leaves_a_unit * EVEX_LEAF / all->like->n_inner) + 2;
    size_t leaf_bytes = 0;
    all->nodes = evex_arena_push_array(arena, stream->n_carries, sizeof *all->nodes);
    all->buffers = evex_arena_push_array(arena, n_workers, sizeof *all->buffers);
    all->leaves = evex_arena_push_array(arena, n_workers, sizeof *all->leaves);
    if (all->nodes == NULL || all->buffers == NULL || all->leaves == NULL)
        return 0;
    for (uint32_t c = 0; c < stream->n_carries; c++) {
        const evex_carry *carry = &stream->carries[c];
        if (!evex_pass_has(run, carry, 0))
            continue;
        const size_t n_bytes = evex_leaf_bytes(carry->reducer, carry->w);
        leaf_bytes = n_bytes > leaf_bytes ? n_bytes : leaf_bytes;
        all->nodes[c] =
            evex_arena_push_array(arena, (size_t)all->n_leaves * carry->w + 1, sizeof **all->nodes);
        if (all->nodes[c] == NULL)
            return 0;
    }
    for (size_t k = 0; k < n_workers; k++) {
        char *leaf = evex_arena_push(arena, leaf_bytes + EVEX_CACHE_LINE);
        if (leaf == NULL || !evex_scratch_make(run, arena, n_rows, &all->buffers[k]))
            return 0;
        all->leaves[k] = leaf + (-(uintptr_t)leaf & (EVEX_CACHE_LINE - 1));
    }
    return 1;
}

static evex_status push_shared(const shared_leaves *all) {
    evex_stream *stream = all->run->stream;
    evex_status status = EVEX_OK;
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++)
        if (evex_pass_has(all->run, &stream->carries[c], 0))
            status = evex_carry_push(stream, &stream->carries[c], all->nodes[c], all->n_leaves,
                                     all->run->error);
    return status;
}

evex_status evex_pass_share(evex_pass_run *run, evex_arena *arena, const evex_carry *like,
                            uint64_t begin, uint64_t n_leaves, size_t n_workers) {
    const uint64_t wide = EVEX_STREAM_PART / EVEX_LEAF / like->w;
    const uint64_t tall = 4 * like->n_inner / EVEX_LEAF;
    shared_leaves all = {.run = run,
                         .like = like,
                         .begin = begin,
                         .n_leaves = n_leaves,
                         .leaves_a_unit = (wide > tall ? wide : tall) + 1,
                         .error = EVEX_ERROR_INIT};
    atomic_init(&all.next, 0);
    atomic_init(&all.status, EVEX_OK);
    if (!make_shared(&all, arena, n_workers))
        return evex_fail_memory(run->error);
    evex_pool_run(run->pool, n_workers, work, &all);
    const evex_status status = (evex_status)atomic_load(&all.status);
    if (status == EVEX_OK)
        return push_shared(&all);
    if (run->error != NULL && run->error->status == EVEX_OK)
        *run->error = all.error;
    return status;
}
