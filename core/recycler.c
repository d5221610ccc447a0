/* SPDX-License-Identifier: MIT */
/*
 * Recyclers: memory for large arrays that is used again; see evex.h. A block is a header, a gap and
 * the caller's bytes. Large blocks are pages of the system's own, others come from the allocator.
 * Idle blocks stand in slots, each an atomic pointer that is taken and put by exchange: no lock, so
 * that any thread may come at any time, also in the child of a fork.
 *
 * A recycler lives until it has been freed and every block of it has.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "core/dtype.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/system.h"

enum {
    N_SLOTS = 64,
    LEAST_KEPT = 256 << 10, /* below, malloc is fast enough and keeps memory itself */
    /* Arrays that begin at the same place of a page get into each other's way in the caches, and
     * loads wait for stores that only seem to be to their address: so blocks begin at different
     * places. */
    N_GAPS = 8,
    GAP_STEP = 9 * EVEX_CACHE_LINE,
    MOST_GAP = (N_GAPS - 1) * GAP_STEP
};

static const size_t default_idle_bytes = (size_t)512 << 20;

typedef struct block {
    size_t n_bytes; /* in all */
    int is_mapped;
    struct block *start;
} block;

/* n_bytes is a hint, which saves a look at blocks of other sizes. */
typedef struct {
    _Atomic(block *) idle;
    atomic_size_t n_bytes;
} slot;

struct evex_recycler {
    evex_allocator allocator;
    atomic_size_t most_idle;
    atomic_size_t n_idle_bytes;
    atomic_size_t n_users; /* blocks in callers' hands, and the owner */
    atomic_uint n_made, victim;
    slot slots[N_SLOTS];
};

/* ---- Blocks --------------------------------------------------------------------------------- */

/* The size of the block for n bytes: few different ones, so that similar arrays share; 0: too
 * large. */
static size_t block_bytes(size_t n) {
    if (n > SIZE_MAX / 2)
        return 0;
    n += 2 * EVEX_CACHE_LINE;
    if (n < LEAST_KEPT)
        return n;
    n += MOST_GAP;
    size_t step = EVEX_HUGE_PAGE;
    if (n < EVEX_HUGE_PAGE)
        step = LEAST_KEPT / 4;
    while (step < n / 16)
        step *= 2;
    return (n + step - 1) / step * step;
}

static block *make_block(evex_recycler *recycler, size_t n_bytes) {
    const int is_mapped = n_bytes >= EVEX_HUGE_PAGE;
    block *made = is_mapped ? evex_system_in_use()->map_pages(n_bytes)
                            : evex_allocate_aligned(&recycler->allocator, n_bytes);
    if (made != NULL)
        *made = (block){.n_bytes = n_bytes, .is_mapped = is_mapped};
    return made;
}

static void destroy_block(const evex_recycler *recycler, block *dead) {
    if (dead->is_mapped)
        evex_system_in_use()->unmap_pages(dead, dead->n_bytes);
    else
        evex_free_aligned(&recycler->allocator, dead);
}

/* A copy of the header stands right before the caller's bytes. */
static void *hand_out(evex_recycler *recycler, block *given) {
    const size_t gap = given->n_bytes < LEAST_KEPT
                           ? 0
                           : atomic_fetch_add_explicit(&recycler->n_made, 1, memory_order_relaxed) %
                                 N_GAPS * GAP_STEP;
    char *bytes = (char *)given + EVEX_CACHE_LINE + gap;
    block *copy = (block *)(void *)(bytes + EVEX_CACHE_LINE) - 1;
    const block header = {given->n_bytes, given->is_mapped, given};
    *given = header;
    *copy = header;
    atomic_fetch_add_explicit(&recycler->n_users, 1, memory_order_relaxed);
    return copy + 1;
}

/* ---- Idle blocks ---------------------------------------------------------------------------- */

static block *take(evex_recycler *recycler, slot *from) {
    block *taken = atomic_exchange_explicit(&from->idle, NULL, memory_order_acquire);
    if (taken != NULL)
        atomic_fetch_sub_explicit(&recycler->n_idle_bytes, taken->n_bytes, memory_order_relaxed);
    return taken;
}

/* 0: the slot has a block already. */
static int put(evex_recycler *recycler, slot *to, block *given) {
    block *nothing = NULL;
    const size_t n_bytes = given->n_bytes;
    if (atomic_load_explicit(&to->idle, memory_order_relaxed) != NULL)
        return 0;
    atomic_fetch_add_explicit(&recycler->n_idle_bytes, n_bytes, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&to->idle, &nothing, given, memory_order_release,
                                                memory_order_relaxed)) {
        atomic_store_explicit(&to->n_bytes, n_bytes, memory_order_relaxed);
        return 1;
    }
    atomic_fetch_sub_explicit(&recycler->n_idle_bytes, n_bytes, memory_order_relaxed);
    return 0;
}

/* Gives the system one idle block, of whatever size comes next in turn. */
static void evict(evex_recycler *recycler) {
    const unsigned turn = atomic_fetch_add_explicit(&recycler->victim, 1, memory_order_relaxed);
    block *dead = take(recycler, &recycler->slots[turn % N_SLOTS]);
    if (dead != NULL)
        destroy_block(recycler, dead);
}

/* Evicts what is idle until it is at most so much. */
static void make_room(evex_recycler *recycler, size_t most_bytes) {
    for (int k = 0; k < N_SLOTS && atomic_load(&recycler->n_idle_bytes) > most_bytes; k++)
        evict(recycler);
}

static void keep(evex_recycler *recycler, block *given) {
    const size_t most = atomic_load(&recycler->most_idle); /* read once: it falls to 0 at the end */
    if (given->n_bytes < LEAST_KEPT || given->n_bytes > most) {
        destroy_block(recycler, given);
        return;
    }
    make_room(recycler, most - given->n_bytes);
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < N_SLOTS; k++)
            if (put(recycler, &recycler->slots[k], given))
                return;
        evict(recycler);
    }
    destroy_block(recycler, given);
}

static block *find_idle(evex_recycler *recycler, size_t n_bytes) {
    for (slot *s = recycler->slots; s < recycler->slots + N_SLOTS; s++) {
        if (atomic_load_explicit(&s->n_bytes, memory_order_relaxed) != n_bytes)
            continue;
        block *found = take(recycler, s);
        if (found != NULL && found->n_bytes == n_bytes)
            return found;
        if (found != NULL)
            keep(recycler, found);
    }
    return NULL;
}

/* ---- The allocator -------------------------------------------------------------------------- */

static void *allocate(void *user, size_t n) {
    evex_recycler *recycler = user;
    const size_t n_bytes = block_bytes(n);
    block *given = n_bytes >= LEAST_KEPT ? find_idle(recycler, n_bytes) : NULL;
    if (given == NULL && n_bytes > 0)
        given = make_block(recycler, n_bytes);
    if (given == NULL && n_bytes > 0) { /* what is idle may be what is missing */
        evex_recycler_trim(recycler);
        given = make_block(recycler, n_bytes);
    }
    return given != NULL ? hand_out(recycler, given) : NULL;
}

static void leave(evex_recycler *recycler) {
    if (atomic_fetch_sub_explicit(&recycler->n_users, 1, memory_order_acq_rel) != 1)
        return;
    evex_recycler_trim(recycler);
    const evex_allocator allocator = recycler->allocator;
    evex_free(&allocator, recycler);
}

static void release(void *user, void *memory) {
    evex_recycler *recycler = user;
    if (memory == NULL)
        return;
    keep(recycler, ((block *)memory - 1)->start);
    leave(recycler);
}

evex_allocator evex_recycler_allocator(evex_recycler *recycler) {
    return (evex_allocator){allocate, release, recycler};
}

void *evex_recycler_output(void *recycler, size_t output, evex_dtype dtype, int32_t ndim,
                           const int64_t *shape, int f_order) {
    (void)output, (void)f_order;
    size_t n_bytes = evex_dtype_size(dtype);
    for (int32_t d = 0; d < ndim; d++)
        if (__builtin_mul_overflow(n_bytes, (size_t)shape[d], &n_bytes))
            return NULL;
    return allocate(recycler, n_bytes);
}

/* ---- Life ----------------------------------------------------------------------------------- */

evex_status evex_recycler_create(evex_recycler **recycler, size_t most_idle_bytes,
                                 const evex_allocator *allocator, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    if (recycler == NULL)
        return evex_report(
            error, &fresh,
            evex_fail(&fresh, EVEX_INVALID_ARGUMENT, (evex_place){0, 0}, "recycler is NULL"));
    if (allocator == NULL)
        allocator = &evex_system_allocator;
    evex_recycler *made = *recycler = evex_allocate(allocator, sizeof *made);
    if (made == NULL)
        return evex_report(error, &fresh, evex_fail_memory(&fresh));
    made->allocator = *allocator;
    atomic_init(&made->most_idle, most_idle_bytes > 0 ? most_idle_bytes : default_idle_bytes);
    atomic_init(&made->n_idle_bytes, 0);
    atomic_init(&made->n_users, 1);
    atomic_init(&made->n_made, 0);
    atomic_init(&made->victim, 0);
    for (int k = 0; k < N_SLOTS; k++) {
        atomic_init(&made->slots[k].idle, NULL);
        atomic_init(&made->slots[k].n_bytes, 0);
    }
    return EVEX_OK;
}

void evex_recycler_trim(evex_recycler *recycler) {
    for (int k = 0; k < N_SLOTS; k++)
        evict(recycler);
}

size_t evex_recycler_idle_bytes(const evex_recycler *recycler) {
    return atomic_load_explicit(&recycler->n_idle_bytes, memory_order_relaxed);
}

void evex_recycler_free(evex_recycler **recycler) {
    if (recycler == NULL || *recycler == NULL)
        return;
    evex_recycler *dead = *recycler;
    *recycler = NULL;
    atomic_store(&dead->most_idle, 0); /* first: from now on nothing is kept */
    evex_recycler_trim(dead);
    leave(dead);
}
