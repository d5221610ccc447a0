/* SPDX-License-Identifier: MIT */
/*
 * All memory of the library: one allocator vector, and an arena on top of it for what lives and
 * dies together. No other file calls malloc. The vector comes from the user (evex_allocator) or is
 * malloc and free; tests replace it with one that fails on demand.
 */
#ifndef EVEX_CORE_MEMORY_H
#define EVEX_CORE_MEMORY_H

#include <stdalign.h>
#include <stddef.h>

#include "include/evex.h"

enum { EVEX_CACHE_LINE = 64 };

/* malloc and free as an allocator. */
extern const evex_allocator evex_system_allocator;

/* n_bytes aligned for any type, or NULL. n_bytes of 0 gives a pointer that may be freed. */
void *evex_allocate(const evex_allocator *allocator, size_t n_bytes);
/* The same for count elements of size bytes; NULL also when the product overflows. */
void *evex_allocate_array(const evex_allocator *allocator, size_t count, size_t size_bytes);
void evex_free(const evex_allocator *allocator, void *memory); /* memory may be NULL */

/* As evex_allocate, on a border of 64 bytes; freed by evex_free_aligned only. */
void *evex_allocate_aligned(const evex_allocator *allocator, size_t n_bytes);
void evex_free_aligned(const evex_allocator *allocator, void *memory);

/*
 * A region that only grows and is freed as a whole. The first bytes can come from memory that the
 * caller has (a buffer on the stack), so that small jobs allocate nothing.
 */
typedef struct evex_arena {
    const evex_allocator *allocator;
    struct evex_arena_chunk *chunks; /* newest first; those taken from the allocator */
    char *next, *end;                /* free bytes of the current chunk */
} evex_arena;

/* buffer may be NULL when n_bytes is 0; otherwise it must be aligned to 16 bytes. */
void evex_arena_init(evex_arena *arena, const evex_allocator *allocator, void *buffer,
                     size_t n_bytes);
/* n_bytes of zeroed memory aligned to 16 bytes, or NULL. */
void *evex_arena_push(evex_arena *arena, size_t n_bytes);
/* Room for count elements of size bytes each, zeroed; NULL also when the product overflows. */
void *evex_arena_push_array(evex_arena *arena, size_t count, size_t size_bytes);
/*
 * Grows *array from *capacity elements to at least n_needed by doubling; contents are kept. The
 * old room is not reused. Returns 0 when out of memory, with everything as before.
 */
int evex_arena_grow(evex_arena *arena, void **array, size_t *capacity, size_t n_needed,
                    size_t size_bytes);
void evex_arena_free(evex_arena *arena);

#endif
