/* SPDX-License-Identifier: MIT */
/*
 * The allocator vector and the arena; see memory.h. This is the only file that calls malloc and
 * free, and only through evex_system_allocator.
 */
#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *system_allocate(void *user, size_t n_bytes) {
    (void)user;
    return malloc(n_bytes);
}

static void system_free(void *user, void *memory) {
    (void)user;
    free(memory);
}

const evex_allocator evex_system_allocator = {system_allocate, system_free, NULL};

void *evex_allocate(const evex_allocator *allocator, size_t n_bytes) {
    return allocator->allocate(allocator->user, n_bytes != 0 ? n_bytes : 1);
}

void *evex_allocate_array(const evex_allocator *allocator, size_t count, size_t size_bytes) {
    size_t n_bytes;
    if (__builtin_mul_overflow(count, size_bytes, &n_bytes))
        return NULL;
    return evex_allocate(allocator, n_bytes);
}

void evex_free(const evex_allocator *allocator, void *memory) {
    if (memory != NULL)
        allocator->free(allocator->user, memory);
}

/* The allocator's own pointer stands in the word before the aligned one. */
void *evex_allocate_aligned(const evex_allocator *allocator, size_t n_bytes) {
    if (n_bytes > SIZE_MAX - EVEX_CACHE_LINE - sizeof(void *))
        return NULL;
    char *raw = evex_allocate(allocator, n_bytes + EVEX_CACHE_LINE + sizeof(void *));
    if (raw == NULL)
        return NULL;
    const uintptr_t after_word = (uintptr_t)(raw + sizeof(void *));
    char *aligned = raw + sizeof(void *) + (-after_word & (EVEX_CACHE_LINE - 1));
    memcpy(aligned - sizeof(void *), &raw, sizeof raw);
    return aligned;
}

void evex_free_aligned(const evex_allocator *allocator, void *memory) {
    if (memory == NULL)
        return;
    void *raw;
    memcpy(&raw, (char *)memory - sizeof(void *), sizeof raw);
    evex_free(allocator, raw);
}

/* ---- Arena ---------------------------------------------------------------------------------- */

struct evex_arena_chunk {
    struct evex_arena_chunk *older;
    size_t n_bytes; /* behind this header */
};

enum {
    ARENA_ALIGNMENT = 16,
    /* A first chunk that holds the compilation of an ordinary expression; later ones double. */
    ARENA_FIRST_CHUNK = 16 << 10,
    CHUNK_HEADER = (sizeof(struct evex_arena_chunk) + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1)
};

void evex_arena_init(evex_arena *arena, const evex_allocator *allocator, void *buffer,
                     size_t n_bytes) {
    *arena =
        (evex_arena){allocator, NULL, buffer, buffer == NULL ? NULL : (char *)buffer + n_bytes};
}

static int add_chunk(evex_arena *arena, size_t n_needed) {
    size_t n_bytes = arena->chunks != NULL ? 2 * arena->chunks->n_bytes : ARENA_FIRST_CHUNK;
    if (n_bytes < n_needed)
        n_bytes = n_needed;
    if (n_bytes > SIZE_MAX / 4)
        return 0;
    struct evex_arena_chunk *chunk = evex_allocate(arena->allocator, CHUNK_HEADER + n_bytes);
    if (chunk == NULL)
        return 0;
    chunk->older = arena->chunks;
    chunk->n_bytes = n_bytes;
    arena->chunks = chunk;
    arena->next = (char *)chunk + CHUNK_HEADER;
    arena->end = arena->next + n_bytes;
    return 1;
}

void *evex_arena_push(evex_arena *arena, size_t n_bytes) {
    if (n_bytes > SIZE_MAX / 4)
        return NULL;
    const size_t rounded = (n_bytes + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    /* An arena without a chunk gets one for 0 bytes too, whose address must not be NULL. */
    const int is_full = arena->next == NULL || rounded > (size_t)(arena->end - arena->next);
    if (is_full && !add_chunk(arena, rounded))
        return NULL;
    void *memory = arena->next;
    arena->next += rounded;
    return memset(memory, 0, rounded);
}

void *evex_arena_push_array(evex_arena *arena, size_t count, size_t size_bytes) {
    size_t n_bytes;
    if (__builtin_mul_overflow(count, size_bytes, &n_bytes))
        return NULL;
    return evex_arena_push(arena, n_bytes);
}

int evex_arena_grow(evex_arena *arena, void **array, size_t *capacity, size_t n_needed,
                    size_t size_bytes) {
    if (n_needed <= *capacity)
        return 1;
    size_t grown = *capacity > 0 ? *capacity : 8;
    while (grown < n_needed) {
        if (grown > SIZE_MAX / 2)
            return 0;
        grown *= 2;
    }
    void *room = evex_arena_push_array(arena, grown, size_bytes);
    if (room == NULL)
        return 0;
    if (*capacity > 0)
        memcpy(room, *array, *capacity * size_bytes);
    *array = room;
    *capacity = grown;
    return 1;
}

void evex_arena_free(evex_arena *arena) {
    struct evex_arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct evex_arena_chunk *older = chunk->older;
        evex_free(arena->allocator, chunk);
        chunk = older;
    }
    *arena = (evex_arena){arena->allocator, NULL, NULL, NULL};
}
