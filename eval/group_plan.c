/* SPDX-License-Identifier: MIT */
/*
 * The plan of a grouped pass: which tables its reductions need, how its rows are cut into chunks
 * and where everything lies; see group_plan.h.
 */
#include "eval/group_plan.h"
#include "core/error.h"

enum {
    MIN_ROWS = 16,         /* for each group, of a chunk: fewer rows than entries do not pay */
    CHUNKS_A_WORKER = 8,   /* of ordered tables: their nodes merge */
    DENSE_GROUPS = 12288,  /* so many or fewer are merged all at the end of each leaf */
    BUCKET_LEVEL = 11,     /* 2,048 groups, whose trees stay in L2 */
    MOST_BUCKETS = 1024,   /* more streams are slow to write */
    LEAST_BATCH_LEVEL = 6, /* 262,144 rows */
    MOST_BATCH_LEVEL = 10, /* with the groups of a bucket in 32 bits */
    MOST_CHUNK_LEVELS = 40
};

/* ---- Plan ----------------------------------------------------------------------------------- */

static size_t find_filter(evex_group_plan *plan, evex_register mask, size_t reduction) {
    size_t f = 0;
    while (f < plan->n_filters && plan->filters[f].mask != mask)
        f++;
    if (f == plan->n_filters)
        plan->filters[plan->n_filters++] =
            (evex_group_filter){.mask = mask, .reduction = reduction};
    return f;
}

static size_t find_table(evex_group_plan *plan, const evex_group_table *wanted) {
    size_t t = 0;
    while (t < plan->n_tables &&
           !(plan->tables[t].sort == wanted->sort && plan->tables[t].source == wanted->source &&
             plan->tables[t].filter == wanted->filter))
        t++;
    if (t == plan->n_tables)
        plan->tables[plan->n_tables++] = *wanted;
    return t;
}

static size_t take(size_t *end, size_t n_bytes) {
    const size_t begin = *end;
    *end = begin + evex_align_up(n_bytes);
    return begin;
}

static const evex_reduction *reduction_of(const evex_binding *binding, const evex_pass *pass,
                                          size_t k) {
    return &evex_program_reductions(binding->program)[pass->reductions[k]];
}

static int has_order(const evex_group_plan *plan) {
    for (size_t t = 0; t < plan->n_tables; t++)
        if (plan->tables[t].sort->is_ordered)
            return 1;
    return 0;
}

/* Every group has an entry, and the rows in no group have one. */
static void place_tables(evex_group_plan *plan) {
    for (size_t t = 0; t < plan->n_tables; t++) {
        evex_group_table *table = &plan->tables[t];
        table->entries = take(&plan->table_bytes, (plan->n_groups + 1) * table->sort->entry_bytes);
    }
}

static void choose_tables(const evex_binding *binding, const evex_pass *pass,
                          evex_group_plan *plan) {
    for (size_t k = 0; k < pass->n_reductions; k++)
        find_filter(plan, reduction_of(binding, pass, k)->mask, k);
    for (size_t f = 0; f < plan->n_filters; f++)
        plan->tables[plan->n_tables++] =
            (evex_group_table){.sort = &evex_group_counts,
                               .source = EVEX_NO_REGISTER,
                               .is_batched = 1,
                               .filter = f,
                               .reduction = plan->filters[f].reduction};
    for (size_t k = 0; k < pass->n_reductions; k++) {
        const evex_reduction *spec = reduction_of(binding, pass, k);
        const evex_group_sort *sort = evex_group_sort_of(spec);
        const evex_group_table wanted = {
            .sort = sort,
            .source = sort == &evex_group_counts ? EVEX_NO_REGISTER : spec->source,
            .filter = find_filter(plan, spec->mask, k),
            .is_batched = !sort->is_placed,
            .value_bytes =
                sort == &evex_group_counts ? 0 : evex_dtype_size((evex_dtype)spec->in_dtype),
            .reduction = k};
        plan->table_of[k] = find_table(plan, &wanted);
    }
}

int evex_group_plan_pass(const evex_binding *binding, evex_pass *pass) {
    const size_t n = pass->n_reductions;
    evex_group_plan *plan = evex_arena_push(binding->arena, sizeof *plan);
    if (plan == NULL)
        return 0;
    pass->groups = plan;
    plan->filters = evex_arena_push_array(binding->arena, n + 1, sizeof *plan->filters);
    plan->tables = evex_arena_push_array(binding->arena, 2 * n + 1, sizeof *plan->tables);
    plan->table_of = evex_arena_push_array(binding->arena, n + 1, sizeof *plan->table_of);
    if (plan->filters == NULL || plan->tables == NULL || plan->table_of == NULL)
        return 0;
    plan->n_groups = (size_t)binding->n_groups;
    choose_tables(binding, pass, plan);
    plan->batch_rows = has_order(plan) && plan->n_groups > DENSE_GROUPS;
    place_tables(plan);
    return 1;
}

/* ---- Layout --------------------------------------------------------------------------------- */

static int64_t divide_up(int64_t a, int64_t b) {
    return a / b + (a % b != 0);
}

/* Room for the tree of a chunk's leaves and for what a chunk leaves. */
static void place_nodes(evex_group_plan *plan, int64_t chunk_rows) {
    plan->levels = evex_tree_levels(
        (uint64_t)divide_up(chunk_rows, plan->batch_rows > 0 ? plan->batch_rows : EVEX_LEAF));
    for (size_t t = 0; t < plan->n_tables; t++) {
        evex_group_table *table = &plan->tables[t];
        if (!table->sort->is_ordered)
            continue;
        const size_t n_bytes = evex_group_row_bytes(plan, table);
        table->nodes = take(&plan->table_bytes, plan->levels * n_bytes);
        table->chunk = take(&plan->chunk_bytes, n_bytes);
    }
}

/* Batches with more rows than groups, so that merging their nodes costs less than they do. */
static void choose_batch(evex_group_plan *plan, int64_t n_rows) {
    if (plan->batch_rows == 0)
        return;
    plan->batch_level = LEAST_BATCH_LEVEL;
    while (plan->batch_level < MOST_BATCH_LEVEL &&
           (uint64_t)EVEX_LEAF << plan->batch_level < plan->n_groups)
        plan->batch_level++;
    while (plan->batch_level > 0 && (int64_t)EVEX_LEAF << (plan->batch_level - 1) >= n_rows)
        plan->batch_level--;
    plan->batch_rows = (int64_t)EVEX_LEAF << plan->batch_level;
    plan->slot_bits = BUCKET_LEVEL;
    while (plan->n_groups >> plan->slot_bits >= MOST_BUCKETS)
        plan->slot_bits++;
    plan->n_buckets = (plan->n_groups >> plan->slot_bits) + 1;
}

void evex_group_chunks(evex_pass *pass, int64_t rows) {
    evex_group_plan *plan = pass->groups;
    const int64_t n_workers = (int64_t)pass->n_workers;
    const int64_t share = pass->n_rows / (n_workers * CHUNKS_A_WORKER);
    choose_batch(plan, pass->n_rows);
    const int64_t least = has_order(plan) ? (int64_t)plan->n_groups * MIN_ROWS : EVEX_LEAF;
    int64_t most = rows > least ? rows : least;
    if (n_workers > 1 && most > share)
        most = share;
    pass->chunk_level = plan->batch_level;
    while (pass->chunk_level < MOST_CHUNK_LEVELS &&
           (int64_t)EVEX_LEAF << (pass->chunk_level + 1) <= most)
        pass->chunk_level++;
    pass->chunk_rows = (int64_t)EVEX_LEAF << pass->chunk_level;
    if (pass->n_rows <= pass->chunk_rows)
        pass->chunk_rows = pass->n_rows > 0 ? pass->n_rows : 1;
    pass->n_chunks = pass->n_rows > 0 ? divide_up(pass->n_rows, pass->chunk_rows) : 1;
    place_nodes(plan, pass->chunk_rows);
    if (plan->batch_rows > 0)
        evex_group_place_batch(plan, &plan->table_bytes);
}

size_t evex_group_worker_bytes(const evex_pass *pass) {
    return sizeof(struct evex_group_worker) +
           pass->groups->n_filters * EVEX_GROUP_SLOTS * sizeof(uint32_t);
}

size_t evex_group_memory_bytes(const evex_pass *pass) {
    const evex_group_plan *plan = pass->groups;
    size_t workers, chunks, sum;
    if (__builtin_mul_overflow(plan->table_bytes, pass->n_workers, &workers) ||
        __builtin_mul_overflow(plan->chunk_bytes, (size_t)pass->n_chunks, &chunks) ||
        __builtin_add_overflow(workers, chunks, &sum))
        return SIZE_MAX;
    return sum;
}

evex_status evex_group_limit(const evex_binding *binding, evex_pass *pass,
                             const evex_eval_options *options) {
    const size_t limit = options->max_memory, kept = binding->memory_bytes;
    const evex_place nowhere = {0, 0};
    for (; limit > 0 && pass->n_workers > 1; pass->n_workers--)
        if (evex_group_memory_bytes(pass) <= limit - (kept < limit ? kept : limit))
            break;
    const size_t needed = evex_group_memory_bytes(pass);
    if (limit == 0 || (kept <= limit && needed <= limit - kept))
        return EVEX_OK;
    return evex_fail(binding->error, EVEX_LIMIT_MEMORY, nowhere,
                     "the evaluation needs %zu bytes for its groups and %zu beside its arrays; the "
                     "limit is %zu",
                     needed, kept, limit);
}
