/* SPDX-License-Identifier: MIT */
/*
 * See text_index.h. A list is text that anybody may have written, so its strings may have been
 * chosen to fall into one place: that is noticed when the index is made.
 */
#include "eval/text_index.h"

enum { MIN_BITS = 4, MOST_TRIES = 16 };

/* Puts string `number` in its slot; 0: too many others are there. */
static int put(const evex_text_index *index, evex_str a, uint32_t number) {
    const uint64_t head = text_head(a.text, a.n_bytes);
    size_t i = evex_text_slot_of(index, head, a);
    for (int tries = 0; tries < MOST_TRIES; tries++, i = (i + 1) & index->mask) {
        if (index->slots[i].number != 0)
            continue;
        index->slots[i] = (evex_text_slot){head, (uint32_t)a.n_bytes, number + 1};
        return 1;
    }
    return 0;
}

int evex_text_index_make(evex_text_set *set, evex_arena *arena) {
    unsigned bits = MIN_BITS;
    set->index = NULL;
    while ((size_t)1 << bits < 4 * set->set.n)
        bits++;
    evex_text_index *made = evex_arena_push(arena, sizeof *made);
    if (made == NULL)
        return 0;
    made->shift = 64 - bits;
    made->mask = ((size_t)1 << bits) - 1;
    made->slots = evex_arena_push_array(arena, made->mask + 1, sizeof *made->slots);
    if (made->slots == NULL)
        return 0;
    const evex_str *values = set->set.values;
    for (uint32_t i = 0; i < set->set.n; i++)
        if (!put(made, values[i], i))
            return 1;
    set->index = made;
    return 1;
}
