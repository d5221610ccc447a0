/* SPDX-License-Identifier: MIT */
/*
 * The idle workspace of an expression; see workspace.h. Exchange, never compare-and-swap in a loop:
 * whoever takes the pointer owns it until it is put back.
 */
#include "eval/workspace.h"

#include <stdint.h>

struct evex_workspace {
    size_t n_bytes; /* behind this header */
    char unused[EVEX_CACHE_LINE - sizeof(size_t)];
};

/* What an expression may hold on to between evaluations. */
static const size_t kept_bytes = (size_t)4 << 20;

evex_workspace *evex_workspace_take(evex_workspace_slot *slot, const evex_allocator *allocator,
                                    size_t n_bytes) {
    evex_workspace *workspace =
        atomic_exchange_explicit(&slot->workspace, NULL, memory_order_acquire);
    if (workspace != NULL && workspace->n_bytes >= n_bytes)
        return workspace;
    evex_free_aligned(allocator, workspace);
    if (n_bytes > SIZE_MAX - sizeof *workspace)
        return NULL;
    workspace = evex_allocate_aligned(allocator, sizeof *workspace + n_bytes);
    if (workspace != NULL)
        workspace->n_bytes = n_bytes;
    return workspace;
}

void *evex_workspace_memory(evex_workspace *workspace) {
    return workspace + 1;
}

void evex_workspace_give(evex_workspace_slot *slot, const evex_allocator *allocator,
                         evex_workspace *workspace) {
    if (workspace != NULL && workspace->n_bytes <= kept_bytes)
        workspace = atomic_exchange_explicit(&slot->workspace, workspace, memory_order_acq_rel);
    evex_free_aligned(allocator, workspace);
}

void evex_workspace_free(evex_workspace_slot *slot, const evex_allocator *allocator) {
    evex_free_aligned(allocator,
                      atomic_exchange_explicit(&slot->workspace, NULL, memory_order_acquire));
}
