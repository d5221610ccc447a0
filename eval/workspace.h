/* SPDX-License-Identifier: MIT */
/*
 * Block scratch that outlives one evaluation. An expression keeps at most one idle workspace behind
 * an atomic pointer: an evaluation takes it, grows it if it must and leaves it there, so that
 * steady calls allocate nothing. Two evaluations at once simply find the slot empty and allocate.
 */
#ifndef EVEX_EVAL_WORKSPACE_H
#define EVEX_EVAL_WORKSPACE_H

#include <stdatomic.h>
#include <stddef.h>

#include "core/memory.h"

typedef struct evex_workspace evex_workspace;

typedef struct {
    _Atomic(evex_workspace *) workspace;
} evex_workspace_slot;

/* A workspace of at least n_bytes, the slot's own if it is large enough; NULL: out of memory. */
evex_workspace *evex_workspace_take(evex_workspace_slot *slot, const evex_allocator *allocator,
                                    size_t n_bytes);
/* Its memory, on a border of 64 bytes; contents unspecified. */
void *evex_workspace_memory(evex_workspace *workspace);
/* Leaves the workspace in the slot, or frees it if the slot is full or it is very large. */
void evex_workspace_give(evex_workspace_slot *slot, const evex_allocator *allocator,
                         evex_workspace *workspace);
/* Frees what is in the slot. */
void evex_workspace_free(evex_workspace_slot *slot, const evex_allocator *allocator);

#endif
