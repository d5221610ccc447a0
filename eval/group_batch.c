/* SPDX-License-Identifier: MIT */
/*
 * Batches: how rows of very many groups are added. Entries of so many groups lie in no cache, so a
 * batch of leaves is first collected, sorted by bucket of neighbouring groups, stably, and then
 * added bucket by bucket, whose entries and trees stay in L2. What a batch leaves are nodes of all
 * groups, which merge as those of a leaf do: it is an aligned power of two of leaves.
 */
#include <string.h>

#include "eval/group_plan.h"

static size_t take(size_t *end, size_t n_bytes) {
    const size_t begin = *end;
    *end = begin + evex_align_up(n_bytes);
    return begin;
}

void evex_group_place_batch(evex_group_plan *plan, size_t *end) {
    const size_t n = (size_t)plan->batch_rows, bucket = (size_t)1 << plan->slot_bits;
    size_t entry_bytes = 0, node_bytes = 0;
    for (size_t f = 0; f < plan->n_filters; f++) {
        plan->filters[f].rows = take(end, n * sizeof(uint64_t));
        plan->filters[f].n_rows = take(end, sizeof(size_t));
    }
    plan->keys = take(end, n * sizeof(uint32_t));
    plan->places = take(end, n * sizeof(uint32_t));
    plan->borders = take(end, (plan->n_buckets + 1) * sizeof(uint32_t));
    for (size_t t = 0; t < plan->n_tables; t++) {
        evex_group_table *table = &plan->tables[t];
        if (table->is_batched)
            table->values = take(end, n * table->value_bytes);
        if (plan->sorted_bytes < table->value_bytes)
            plan->sorted_bytes = table->value_bytes;
        if (!table->sort->is_ordered)
            continue;
        table->batch = take(end, evex_group_row_bytes(plan, table));
        if (entry_bytes < table->sort->entry_bytes)
            entry_bytes = table->sort->entry_bytes;
        if (node_bytes < table->sort->node_bytes)
            node_bytes = table->sort->node_bytes;
    }
    plan->sorted = take(end, n * plan->sorted_bytes);
    plan->local_entries = take(end, bucket * entry_bytes);
    plan->local_nodes = take(end, bucket * node_bytes * (plan->batch_level + 1));
    plan->local_trees = take(end, bucket * sizeof(evex_group_tree));
}

/* ---- Collecting ----------------------------------------------------------------------------- */

static size_t *n_rows_of(const evex_worker *worker, size_t filter) {
    return (void *)(worker->groups->tables + worker->pass->groups->filters[filter].n_rows);
}

void evex_group_begin_batch(evex_worker *worker, int64_t row) {
    worker->groups->batch_row = row;
    for (size_t f = 0; f < worker->pass->groups->n_filters; f++)
        *n_rows_of(worker, f) = 0;
}

/* Keeps the rows that take part, with their slots; returns how many. */
static size_t keep_rows(uint64_t *rows, const uint32_t *slots, uint8_t *takes_part, size_t n,
                        uint32_t nowhere, uint64_t row) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        takes_part[i] = slots[i] != nowhere;
        rows[n_kept] = (row + i) << 32 | slots[i];
        n_kept += takes_part[i];
    }
    return n_kept;
}

#define KEEP_VALUES(type)                                                                          \
    case sizeof(type): {                                                                           \
        const type *x = value.data;                                                                \
        type *out = (type *)to + at;                                                               \
        for (size_t i = 0; i < n; i++) {                                                           \
            *out = x[i * value.step];                                                              \
            out += takes_part[i];                                                                  \
        }                                                                                          \
        break;                                                                                     \
    }

/* The values of the rows that take part. One element beyond them may be written. */
static void keep_values(void *to, size_t at, evex_operand value, size_t size_bytes,
                        const uint8_t *takes_part, size_t n) {
    switch (size_bytes) {
        KEEP_VALUES(uint8_t)
        KEEP_VALUES(uint16_t)
        KEEP_VALUES(uint32_t)
        KEEP_VALUES(uint64_t)
        KEEP_VALUES(evex_c128)
    }
}

void evex_group_collect(evex_worker *worker, size_t i, size_t n, int64_t row) {
    const evex_group_plan *plan = worker->pass->groups;
    evex_group_worker *own = worker->groups;
    for (size_t f = 0; f < plan->n_filters; f++) {
        size_t *n_rows = n_rows_of(worker, f);
        uint64_t *rows = (void *)(own->tables + plan->filters[f].rows);
        const size_t n_kept =
            keep_rows(rows + *n_rows, own->slots + f * EVEX_GROUP_SLOTS, own->takes_part, n,
                      (uint32_t)plan->n_groups, (uint64_t)(row - own->batch_row));
        for (size_t t = 0; t < plan->n_tables; t++) {
            const evex_group_table *table = &plan->tables[t];
            if (table->filter == f && table->is_batched && table->value_bytes > 0)
                keep_values(own->tables + table->values, *n_rows,
                            evex_group_from(evex_group_operands(worker, table->reduction)[0],
                                            table->value_bytes, i),
                            table->value_bytes, own->takes_part, n);
        }
        *n_rows += n_kept;
    }
}

/* ---- Sorting -------------------------------------------------------------------------------- */

/* The first place of each bucket, and the end. */
static void find_borders(uint32_t *borders, size_t n_buckets, const uint64_t *rows, size_t n,
                         unsigned slot_bits) {
    memset(borders, 0, (n_buckets + 1) * sizeof *borders);
    for (size_t i = 0; i < n; i++)
        borders[((uint32_t)rows[i] >> slot_bits) + 1]++;
    for (size_t b = 0; b < n_buckets; b++)
        borders[b + 1] += borders[b];
}

/* Puts the keys in their places; afterwards borders[b] is the end of bucket b. */
static void sort_rows(uint32_t *keys, uint32_t *places, uint32_t *borders, const uint64_t *rows,
                      size_t n, unsigned slot_bits) {
    const uint32_t slot_mask = (UINT32_C(1) << slot_bits) - 1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t slot = (uint32_t)rows[i], place = borders[slot >> slot_bits]++;
        keys[place] = (uint32_t)(rows[i] >> 32) / EVEX_LEAF << slot_bits | (slot & slot_mask);
        places[i] = place;
    }
}

#define SORT_VALUES(type)                                                                          \
    case sizeof(type):                                                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            ((type *)to)[places[i]] = ((const type *)from)[i];                                     \
        break;

static void sort_values(void *to, const void *from, size_t size_bytes, const uint32_t *places,
                        size_t n) {
    switch (size_bytes) {
        SORT_VALUES(uint8_t)
        SORT_VALUES(uint16_t)
        SORT_VALUES(uint32_t)
        SORT_VALUES(uint64_t)
        SORT_VALUES(evex_c128)
    }
}

/* ---- Adding --------------------------------------------------------------------------------- */

/* Rows of a bucket, by their keys. */
typedef struct {
    size_t bucket, first, end;
} bucket_rows;

static void add_ordered(const evex_worker *worker, const evex_group_table *table,
                        bucket_rows rows) {
    const evex_group_plan *plan = worker->pass->groups;
    char *tables = worker->groups->tables;
    const size_t first_group = rows.bucket << plan->slot_bits;
    const size_t rest = plan->n_groups - first_group, most = (size_t)1 << plan->slot_bits;
    const size_t n_groups = rest < most ? rest : most;
    const unsigned levels = plan->batch_level + 1;
    evex_group_tree *trees = (void *)(tables + plan->local_trees);
    const evex_group_keys keys = {(uint32_t *)(void *)(tables + plan->keys) + rows.first,
                                  plan->slot_bits};
    memset(trees, 0, n_groups * sizeof *trees);
    table->sort->add_leaves(tables + plan->local_entries, tables + plan->local_nodes, levels, trees,
                            keys, tables + plan->sorted + rows.first * table->value_bytes,
                            rows.end - rows.first);
    table->sort->total(tables + table->batch + first_group * table->sort->node_bytes,
                       tables + plan->local_entries, tables + plan->local_nodes, levels, trees,
                       n_groups);
}

static void add_free(evex_worker *worker, const evex_group_table *table, bucket_rows rows) {
    const evex_group_plan *plan = worker->pass->groups;
    evex_group_worker *own = worker->groups;
    const uint32_t *keys = (void *)(own->tables + plan->keys);
    const uint32_t slot_mask = (UINT32_C(1) << plan->slot_bits) - 1;
    char *entries =
        own->tables + table->entries + (rows.bucket << plan->slot_bits) * table->sort->entry_bytes;
    for (size_t i = rows.first; i < rows.end; i += EVEX_GROUP_SLOTS) {
        const size_t rest = rows.end - i, n = rest < EVEX_GROUP_SLOTS ? rest : EVEX_GROUP_SLOTS;
        for (size_t k = 0; k < n; k++)
            own->slots[k] = keys[i + k] & slot_mask;
        const evex_operand value = {own->tables + plan->sorted + i * table->value_bytes, 1};
        table->sort->add(entries, own->slots, value, n, 0);
    }
}

static void add_table(evex_worker *worker, const evex_group_table *table, size_t n) {
    const evex_group_plan *plan = worker->pass->groups;
    char *tables = worker->groups->tables;
    const uint32_t *ends = (void *)(tables + plan->borders);
    sort_values(tables + plan->sorted, tables + table->values, table->value_bytes,
                (void *)(tables + plan->places), n);
    for (size_t b = 0; b < plan->n_buckets; b++) {
        const bucket_rows rows = {b, b > 0 ? ends[b - 1] : 0, ends[b]};
        if (table->sort->is_ordered)
            add_ordered(worker, table, rows);
        else
            add_free(worker, table, rows);
    }
}

void evex_group_end_batch(evex_worker *worker) {
    const evex_group_plan *plan = worker->pass->groups;
    char *tables = worker->groups->tables;
    for (size_t f = 0; f < plan->n_filters; f++) {
        const size_t n = *n_rows_of(worker, f);
        const uint64_t *rows = (void *)(tables + plan->filters[f].rows);
        uint32_t *borders = (void *)(tables + plan->borders);
        find_borders(borders, plan->n_buckets, rows, n, plan->slot_bits);
        sort_rows((void *)(tables + plan->keys), (void *)(tables + plan->places), borders, rows, n,
                  plan->slot_bits);
        for (size_t t = 0; t < plan->n_tables; t++)
            if (plan->tables[t].filter == f && plan->tables[t].is_batched)
                add_table(worker, &plan->tables[t], n);
    }
}
