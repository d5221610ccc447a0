/* SPDX-License-Identifier: MIT */
/*
 * A hash index of the strings on the right of `in`, so that a long list costs as much as a short
 * one. Open addressing, at most a quarter full; where a list's strings crowd, there is no index,
 * and kernels search the sorted list.
 */
#ifndef EVEX_EVAL_TEXT_INDEX_H
#define EVEX_EVAL_TEXT_INDEX_H

#include "core/memory.h"
#include "core/op.h"
#include "eval/quick_strings.h"

typedef struct {
    uint64_t head;    /* text_head of the string */
    uint32_t n_bytes; /* its length */
    uint32_t number;  /* 1 + its place in the list; 0: the slot is empty */
} evex_text_slot;

typedef struct {
    unsigned shift; /* of a hash, to its slot */
    size_t mask;    /* slots - 1 */
    evex_text_slot *slots;
} evex_text_index;

/* What kernels of strings find in the place of an evex_set. */
typedef struct {
    evex_set set;
    const evex_text_index *index; /* NULL: there is none */
} evex_text_set;

/* Indexes the strings of a set, unless they crowd. 0: out of memory. */
int evex_text_index_make(evex_text_set *set, evex_arena *arena);

static inline size_t evex_text_slot_of(const evex_text_index *index, uint64_t head, evex_str a) {
    const uint64_t tail = a.n_bytes > 8 ? text_load8(a.text + a.n_bytes - 8) : 0;
    const uint64_t mixed = (head ^ tail * 0x9e3779b97f4a7c15u) + a.n_bytes;
    return (size_t)((mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u >> index->shift);
}

static inline int evex_text_index_has(const evex_text_set *set, evex_str a) {
    const evex_text_index *index = set->index;
    const uint64_t head = text_head(a.text, a.n_bytes);
    const evex_str *values = set->set.values;
    for (size_t i = evex_text_slot_of(index, head, a);; i = (i + 1) & index->mask) {
        const evex_text_slot *slot = &index->slots[i];
        if (slot->number == 0)
            return 0;
        if (slot->head == head && slot->n_bytes == a.n_bytes &&
            (a.n_bytes <= 8 || text_same(values[slot->number - 1].text, a.text, a.n_bytes)))
            return 1;
    }
}

#endif
