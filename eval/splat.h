/* SPDX-License-Identifier: MIT */
/*
 * Splats: how a scalar operand lies in memory. The element is repeated to fill EVEX_SPLAT_BYTES,
 * aligned to as much, so that a kernel can read it as a vector of any width (core/op.h).
 */
#ifndef EVEX_EVAL_SPLAT_H
#define EVEX_EVAL_SPLAT_H

#include <stdint.h>
#include <string.h>

#include "core/memory.h"
#include "core/op.h"

/* Room for n adjacent splats in the arena; NULL: out of memory. */
static inline void *evex_splats_push(evex_arena *arena, size_t n) {
    char *memory = evex_arena_push(arena, (n + 1) * EVEX_SPLAT_BYTES - 1);
    return memory == NULL ? NULL : memory + (-(uintptr_t)memory & (EVEX_SPLAT_BYTES - 1));
}

static inline void *evex_splat_push(evex_arena *arena) {
    return evex_splats_push(arena, 1);
}

/* element may be the splat's own first element. n_bytes is a power of two of at most 16. */
static inline void evex_splat_fill(void *splat, const void *element, size_t n_bytes) {
    memmove(splat, element, n_bytes);
    for (size_t filled = n_bytes; filled < EVEX_SPLAT_BYTES; filled *= 2)
        memcpy((char *)splat + filled, splat, filled);
}

#endif
