/* SPDX-License-Identifier: MIT */
/*
 * The end of a grouped pass: tables of workers and nodes of chunks become one of each, and their
 * entries results; see group_plan.h.
 */
#include <string.h>

#include "eval/group_plan.h"
#include "eval/panel.h"
#include "eval/splat.h"

/* ---- Results -------------------------------------------------------------------------------- */

/* The tree over chunks, in the chunks' places: each level merges neighbours. */
static void merge_chunks(const evex_pass *pass, const evex_group_table *table) {
    for (int64_t step = 1; step < pass->n_chunks; step *= 2)
        for (int64_t chunk = 0; chunk + step < pass->n_chunks; chunk += 2 * step)
            table->sort->merge(evex_group_chunk_nodes(pass, chunk, table),
                               evex_group_chunk_nodes(pass, chunk + step, table),
                               pass->groups->n_groups);
}

/* Merges the tables of all workers into the first one's, which always is there. */
static void merge_workers(const evex_pass *pass, const evex_group_table *table) {
    const evex_group_plan *plan = pass->groups;
    for (size_t w = 1; w < pass->n_workers; w++)
        if (plan->is_begun[w])
            table->sort->merge(plan->memory + table->entries,
                               plan->memory + w * plan->table_bytes + table->entries,
                               plan->n_groups);
}

static const void *merged(const evex_pass *pass, size_t t) {
    const evex_group_table *table = &pass->groups->tables[t];
    return table->sort->is_ordered ? evex_group_chunk_nodes(pass, 0, table)
                                   : pass->groups->memory + table->entries;
}

enum { FINISHED = 64 }; /* results that are written at once */

/* The result of a group; zeros for an extreme of no element. */
static void finish_group(const evex_pass *pass, const evex_reducer *reducer, size_t k, size_t g,
                         char *element) {
    const evex_group_plan *plan = pass->groups;
    const size_t t = plan->table_of[k];
    const uint64_t *counts = merged(pass, plan->tables[t].filter);
    evex_node node = {.count = counts[g]};
    plan->tables[t].sort->read(reducer->spec, merged(pass, t), g, &node);
    if (evex_node_finish(reducer, &node, element) != EVEX_OK)
        memset(element, 0, evex_dtype_size((evex_dtype)reducer->spec->out_dtype));
}

static void write_results(const evex_run *run, size_t k) {
    const evex_pass *pass = run->pass;
    const evex_port *port = &pass->results[k];
    const evex_reducer *reducer = &run->binding->expr->reducers[pass->reductions[k]];
    const size_t size = evex_dtype_size(port->dtype), n = pass->groups->n_groups;
    const int64_t stride = port->view->strides[0];
    _Alignas(EVEX_CACHE_LINE) char elements[FINISHED * EVEX_RESULT_BYTES];
    _Alignas(EVEX_CACHE_LINE) char room[FINISHED * EVEX_RESULT_BYTES];
    for (size_t g = 0; g < n; g += FINISHED) {
        const size_t length = n - g < FINISHED ? n - g : FINISHED;
        const char *from = elements;
        for (size_t i = 0; i < length; i++)
            finish_group(pass, reducer, k, g + i, elements + i * size);
        if (port->cast != NULL) {
            const evex_operand operand = {elements, 1};
            port->cast((void *[]){room}, &operand, length, NULL);
            from = room;
        }
        port->scatter(port->view->data + (int64_t)g * stride, stride, from, length);
    }
    void *scalar = run->binding->values[port->reg].scalar;
    if (scalar != NULL)
        evex_splat_fill(scalar, scalar, size);
}

void evex_group_finish(const evex_run *run) {
    const evex_pass *pass = run->pass;
    for (size_t t = 0; t < pass->groups->n_tables; t++) {
        const evex_group_table *table = &pass->groups->tables[t];
        if (table->sort->is_ordered)
            merge_chunks(pass, table);
        else
            merge_workers(pass, table);
    }
    for (size_t k = 0; k < pass->n_reductions; k++)
        write_results(run, k);
}
