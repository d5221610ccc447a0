/* SPDX-License-Identifier: MIT */
/*
 * The run of a grouped pass: see group.h. Rows come block by block, are turned into slots once for
 * each mask, in pieces that stay in L1, and added to every table in turn.
 */
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "eval/group_plan.h"

/* ---- Leaves --------------------------------------------------------------------------------- */

void evex_group_begin(evex_worker *worker, size_t number) {
    evex_group_plan *plan = worker->pass->groups;
    worker->groups->tables = plan->memory + number * plan->table_bytes;
    plan->is_begun[number] = 1;
    for (size_t t = 0; t < plan->n_tables; t++) {
        const evex_group_table *table = &plan->tables[t];
        table->sort->begin(worker->groups->tables + table->entries, plan->n_groups + 1);
    }
}

static void open_leaf(evex_worker *worker, int64_t row) {
    const evex_group_plan *plan = worker->pass->groups;
    const int64_t length = plan->batch_rows > 0 ? plan->batch_rows : EVEX_LEAF;
    worker->groups->is_open = 1;
    worker->groups->leaf_end = (row / length + 1) * length;
    if (plan->batch_rows > 0) {
        evex_group_begin_batch(worker, row);
        return;
    }
    for (size_t t = 0; t < plan->n_tables; t++) {
        const evex_group_table *table = &plan->tables[t];
        if (table->sort->is_ordered)
            table->sort->begin(worker->groups->tables + table->entries, plan->n_groups + 1);
    }
}

/* Carries a leaf or batch into the tree of one table, where levels in `present` hold nodes. */
static void push_leaf(const evex_worker *worker, const evex_group_table *table) {
    const evex_group_plan *plan = worker->pass->groups;
    const size_t row = evex_group_row_bytes(plan, table);
    char *tables = worker->groups->tables, *nodes = tables + table->nodes;
    const unsigned level = (unsigned)__builtin_ctzll(~worker->groups->present);
    char *to = nodes + level * row;
    const char *carried = tables + (plan->batch_rows > 0 ? table->batch : table->entries);
    if (plan->batch_rows == 0 && table->sort->close != NULL) {
        table->sort->close(to, carried, plan->n_groups);
        carried = to;
    }
    for (unsigned l = 0; l < level; l++) {
        table->sort->merge(nodes + l * row, carried, plan->n_groups);
        carried = nodes + l * row;
    }
    if (carried != to)
        memcpy(to, carried, plan->n_groups * table->sort->node_bytes);
}

static void close_leaf(evex_worker *worker) {
    const evex_group_plan *plan = worker->pass->groups;
    if (!worker->groups->is_open)
        return;
    if (plan->batch_rows > 0)
        evex_group_end_batch(worker);
    for (size_t t = 0; t < plan->n_tables; t++)
        if (plan->tables[t].sort->is_ordered)
            push_leaf(worker, &plan->tables[t]);
    worker->groups->present++; /* a binary counter of leaves */
    worker->groups->is_open = 0;
}

/* Merges what the tree holds, from the right, into the chunk's nodes. */
static void end_tree(const evex_worker *worker, const evex_group_table *table, char *to) {
    const evex_group_plan *plan = worker->pass->groups;
    const size_t row = evex_group_row_bytes(plan, table);
    char *tables = worker->groups->tables, *nodes = tables + table->nodes, *total = NULL;
    for (unsigned level = 0; level < plan->levels; level++) {
        if (!(worker->groups->present >> level & 1))
            continue;
        if (total != NULL)
            table->sort->merge(nodes + level * row, total, plan->n_groups);
        total = nodes + level * row;
    }
    if (total != NULL)
        memcpy(to, total, plan->n_groups * table->sort->node_bytes);
    else
        table->sort->begin_nodes(to, plan->n_groups);
}

void evex_group_unit(evex_worker *worker, int64_t chunk) {
    const evex_pass *pass = worker->pass;
    const int64_t row = chunk * pass->chunk_rows;
    const int64_t end =
        pass->n_rows - row < pass->chunk_rows ? pass->n_rows : row + pass->chunk_rows;
    worker->groups->present = 0;
    worker->groups->is_open = 0;
    evex_run_range(worker, row, end, row);
    close_leaf(worker);
    for (size_t t = 0; t < pass->groups->n_tables; t++) {
        const evex_group_table *table = &pass->groups->tables[t];
        if (table->sort->is_ordered)
            end_tree(worker, table, evex_group_chunk_nodes(pass, chunk, table));
    }
}

/* ---- Blocks --------------------------------------------------------------------------------- */

/* Notes the first row whose code is beyond the last group. */
static void note_bad_row(evex_group_plan *plan, evex_operand codes, size_t n, int64_t row) {
    const int64_t *code = codes.data;
    size_t i = 0;
    while (i < n && code[i * codes.step] < (int64_t)plan->n_groups)
        i++;
    const int64_t found = row + (int64_t)i;
    int64_t known = atomic_load_explicit(&plan->bad_row, memory_order_relaxed);
    while (found < known &&
           !atomic_compare_exchange_weak_explicit(&plan->bad_row, &known, found,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* The slot of each row; returns whether a code is beyond the last group. */
static int make_slots(uint32_t *restrict slots, evex_operand codes, size_t n, uint64_t n_groups) {
    const int64_t *code = codes.data;
    int64_t greatest = -1;
    for (size_t i = 0; i < n; i++) {
        const int64_t c = code[i * codes.step];
        greatest = c > greatest ? c : greatest;
        slots[i] = (uint32_t)((uint64_t)c < n_groups ? (uint64_t)c : n_groups);
    }
    return greatest >= (int64_t)n_groups;
}

/* Leaves out the rows for which the mask does not hold. */
static void filter_slots(uint32_t *restrict slots, const uint32_t *restrict all, evex_operand mask,
                         size_t n, uint32_t nowhere) {
    const uint8_t *holds = mask.data;
    for (size_t i = 0; i < n; i++)
        slots[i] = holds[i * mask.step] != 0 ? all[i] : nowhere;
}

/* Makes the slots of every filter for rows i, ... of the block. The first filter's are made from
 * the codes, and filtered last. */
static void fill_slots(evex_worker *worker, size_t i, size_t n, int64_t row) {
    evex_group_plan *plan = worker->pass->groups;
    uint32_t *first = worker->groups->slots;
    const evex_operand codes =
        evex_group_from(evex_group_operands(worker, 0)[2], sizeof(int64_t), i);
    if (make_slots(first, codes, n, plan->n_groups))
        note_bad_row(plan, codes, n, row);
    for (size_t f = plan->n_filters; f-- > 0;) {
        const evex_operand mask = evex_group_operands(worker, plan->filters[f].reduction)[1];
        if (mask.data != NULL)
            filter_slots(first + f * EVEX_GROUP_SLOTS, first, evex_group_from(mask, 1, i), n,
                         (uint32_t)plan->n_groups);
        else if (f > 0)
            memcpy(first + f * EVEX_GROUP_SLOTS, first, n * sizeof *first);
    }
}

/* Rows i, ... of the block, all in one leaf. */
static void add_rows(evex_worker *worker, size_t i, size_t n, int64_t row) {
    const evex_group_plan *plan = worker->pass->groups;
    fill_slots(worker, i, n, row);
    if (plan->batch_rows > 0)
        evex_group_collect(worker, i, n, row);
    for (size_t t = 0; t < plan->n_tables; t++) {
        const evex_group_table *table = &plan->tables[t];
        if (plan->batch_rows > 0 && table->is_batched)
            continue;
        const evex_reducer *reducer =
            &worker->run->binding->expr->reducers[worker->pass->reductions[table->reduction]];
        const evex_operand value =
            evex_group_from(evex_group_operands(worker, table->reduction)[0],
                            evex_dtype_size((evex_dtype)reducer->spec->in_dtype), i);
        table->sort->add(worker->groups->tables + table->entries,
                         worker->groups->slots + table->filter * EVEX_GROUP_SLOTS, value, n,
                         (uint64_t)row);
    }
}

void evex_group_block(evex_worker *worker, int64_t row, size_t n) {
    for (size_t i = 0; i < n;) {
        const int64_t here = row + (int64_t)i;
        if (!worker->groups->is_open)
            open_leaf(worker, here);
        const size_t rest = (size_t)(worker->groups->leaf_end - here);
        size_t length = n - i < EVEX_GROUP_SLOTS ? n - i : EVEX_GROUP_SLOTS;
        length = length < rest ? length : rest;
        add_rows(worker, i, length, here);
        i += length;
        if (length == rest)
            close_leaf(worker);
    }
}

/* ---- The pass ------------------------------------------------------------------------------- */

static evex_status check_codes(const evex_run *run) {
    const int64_t row = atomic_load_explicit(&run->pass->groups->bad_row, memory_order_relaxed);
    if (row == INT64_MAX)
        return EVEX_OK;
    char text[24];
    evex_text number = evex_text_in(text, sizeof text);
    evex_text_format(&number, "%lld", (long long)row);
    const evex_place nowhere = {0, 0};
    evex_fail(run->binding->error, EVEX_OUT_OF_RANGE, nowhere,
              "the code of row %s is beyond the last of %zu groups", text,
              run->pass->groups->n_groups);
    if (run->binding->error != NULL)
        run->binding->error->index = row;
    return EVEX_OUT_OF_RANGE;
}

static evex_status run_in(evex_run *run, evex_work_fn work) {
    evex_status status = evex_run_units(run, work);
    if (status == EVEX_OK)
        status = check_codes(run);
    if (status == EVEX_OK)
        evex_group_finish(run);
    return status;
}

evex_status evex_group_run(evex_run *run, evex_work_fn work) {
    evex_group_plan *plan = run->pass->groups;
    const evex_allocator *allocator = &run->binding->expr->allocator;
    const size_t n_bytes = evex_group_memory_bytes(run->pass), n_workers = run->pass->n_workers;
    if (n_bytes > SIZE_MAX - EVEX_CACHE_LINE - n_workers)
        return evex_fail_memory(run->binding->error);
    plan->memory = evex_allocate_aligned(allocator, n_bytes + n_workers);
    if (plan->memory == NULL)
        return evex_fail_memory(run->binding->error);
    plan->is_begun = (uint8_t *)plan->memory + n_bytes;
    memset(plan->is_begun, 0, n_workers);
    atomic_init(&plan->bad_row, INT64_MAX);
    const evex_status status = run_in(run, work);
    evex_free_aligned(allocator, plan->memory);
    return status;
}
