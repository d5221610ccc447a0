/* SPDX-License-Identifier: MIT */
/*
 * The run: stage by stage, pass by pass, unit by unit, block by block. The block loop makes one
 * kernel call an instruction and knows neither ops nor types; what surrounds it hands out units to
 * workers and asks, between them, whether to go on. What a unit of a reduction adds is in
 * pass_reduce.c.
 */
#include "eval/run.h"

#include <string.h>

#include "core/error.h"
#include "core/system.h"
#include "eval/fp_state.h"
#include "eval/group.h"
#include "eval/guards.h"

/* ---- Blocks --------------------------------------------------------------------------------- */

/* A block that is nearer comes too late. (10 million elements, one thread, of the speed of a fused
 * loop, with the next block / so far ahead: a**2 + b**2 + 2*a*b 0.84 / 0.88, i*a + 2*f of three
 * types 0.78 / 0.86, a filter of 3 inputs 0.82 / 0.87.) */
enum { LEAST_AHEAD = 2048 };

/* Has memory bring a part of a later block. That may lie behind the end of an array, where a
 * prefetch does nothing. */
static void fetch_ahead(const evex_worker *worker, size_t part) {
    const size_t n_parts = worker->pass->n_calls;
    const evex_move *end = worker->moves + worker->n_moves;
    for (const evex_move *move = worker->moves; move < end; move++) {
        if (move->ahead == 0)
            continue;
        uintptr_t place;
        memcpy(&place, move->pointer, sizeof place);
        place += move->ahead < LEAST_AHEAD ? LEAST_AHEAD : move->ahead;
        const size_t n_lines = (move->ahead + EVEX_CACHE_LINE - 1) / EVEX_CACHE_LINE;
        for (size_t k = n_lines * part / n_parts; k < n_lines * (part + 1) / n_parts; k++)
            __builtin_prefetch((const void *)(place + k * EVEX_CACHE_LINE));
    }
}

/* The calls of a block; before each a share of a later block is sent for, which so comes while
 * this one's arithmetic goes on, and never is more than the processor keeps under way. */
static void call_fetching(const evex_worker *worker, size_t n) {
    for (size_t c = 0; c < worker->pass->n_calls; c++) {
        const evex_call *call = &worker->calls[c];
        fetch_ahead(worker, c);
        call->kernel(call->dst, call->src, n, worker->context);
    }
}

static void call_kernels(const evex_worker *worker, size_t n) {
    const evex_call *end = worker->calls + worker->pass->n_calls;
    for (const evex_call *call = worker->calls; call < end; call++)
        call->kernel(call->dst, call->src, n, worker->context);
}

/* A block of n elements from the cursor on. */
static void run_block(evex_worker *worker, const evex_cursor *at, size_t n, int64_t leaf_row) {
    const evex_pass *pass = worker->pass;
    const evex_port *ports_end = pass->ports + pass->n_ports;
    if (pass->has_before)
        for (const evex_port *port = pass->ports; port < ports_end; port++)
            if (port->before != NULL)
                port->before(worker, port, at, n);
    if (pass->is_fetched_ahead)
        call_fetching(worker, n);
    else
        call_kernels(worker, n);
    if (pass->is_grouped)
        evex_group_block(worker, at->flat, n);
    else if (pass->n_reductions > 0)
        evex_reduce_block(worker, at->flat, n, leaf_row);
    if (pass->has_after)
        for (const evex_port *port = pass->ports; port < ports_end; port++)
            if (port->after != NULL)
                port->after(worker, port, at, n);
}

static inline void set_pointer(const evex_move *move, char *place) {
    memcpy(move->pointer, &place, sizeof place);
}

/* Takes all pointers past a whole block. */
static void move_on(const evex_worker *worker) {
    const evex_move *end = worker->moves + worker->n_moves;
    for (const evex_move *move = worker->moves; move < end; move++) {
        char *place;
        memcpy(&place, move->pointer, sizeof place);
        set_pointer(move, place + move->step);
    }
}

/* The place of an element in the dimensions of the unit; returns how many follow it in its row. */
static int64_t set_cursor(const evex_worker *worker, evex_cursor *at, int64_t flat) {
    const evex_pass *pass = worker->pass;
    const int64_t *lengths = pass->lengths + pass->n_outer_dims;
    const int32_t last = pass->n_dims - 1;
    const int64_t row = pass->n_tiles > 1 ? worker->width : lengths[last];
    at->flat = flat;
    if (last == 0) {
        at->index[0] = flat;
        return row - flat;
    }
    int64_t rest = flat / row;
    at->index[last] = flat % row;
    for (int32_t d = last - 1; d > 0; d--) {
        at->index[d] = rest % lengths[d];
        rest /= lengths[d];
    }
    at->index[0] = rest;
    return row - at->index[last];
}

/* Points everything at the element under the cursor. */
static void start_row(evex_worker *worker, const evex_cursor *at) {
    const evex_pass *pass = worker->pass;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const int64_t *strides = pass->ports[p].strides + pass->n_outer_dims;
        char *place = worker->states[p].base;
        for (int32_t d = 0; d < pass->n_dims; d++)
            place += at->index[d] * strides[d];
        worker->states[p].place = place;
    }
    for (size_t m = 0; m < worker->n_moves; m++)
        set_pointer(&worker->moves[m], worker->states[worker->moves[m].port].place);
    for (size_t p = 0; p < pass->n_ports; p++)
        if (pass->ports[p].at_row != NULL)
            pass->ports[p].at_row(worker, &pass->ports[p], at, 1);
}

/* How many of n elements stand before a line of the output past the caches; all, where there is no
 * such output or no whole block behind them. */
static int64_t length_to_line(const evex_worker *worker, int64_t n) {
    const evex_pass *pass = worker->pass;
    if (pass->line_port == 0 || n <= (int64_t)pass->block_length)
        return n;
    const size_t item_bytes = pass->ports[pass->line_port - 1].view->item_bytes;
    const uintptr_t place = (uintptr_t)worker->states[pass->line_port - 1].place;
    const size_t n_bytes = -place % EVEX_CACHE_LINE;
    const int64_t head = (int64_t)(n_bytes / item_bytes);
    return n_bytes % item_bytes == 0 && head > 0 && head < n ? head : n;
}

/* For how many elements of a row that has been started pointers only move on: up to its end, to
 * that of a block where a port is walked, to a line, or all n that are left. */
static int64_t row_length(const evex_worker *worker, int64_t row_rest, int64_t n) {
    const evex_pass *pass = worker->pass;
    if (pass->is_row_by_row && n > row_rest)
        n = row_rest;
    if (pass->is_walked && n > (int64_t)pass->block_length)
        n = (int64_t)pass->block_length;
    return length_to_line(worker, n);
}

void evex_run_range(evex_worker *worker, int64_t begin, int64_t end, int64_t leaf_row) {
    const size_t block = worker->pass->block_length;
    evex_cursor at;
    while (begin < end) {
        const int64_t row_rest = set_cursor(worker, &at, begin);
        start_row(worker, &at);
        size_t n = (size_t)row_length(worker, row_rest, end - begin);
        begin += (int64_t)n;
        for (; n > block; n -= block, at.flat += (int64_t)block) {
            run_block(worker, &at, block, leaf_row);
            move_on(worker);
        }
        run_block(worker, &at, n, leaf_row);
    }
}

/* ---- Units ---------------------------------------------------------------------------------- */

/* Points the worker's ports at the first element of an outer index and tile. */
static void set_unit(evex_worker *worker, int64_t outer, int64_t tile) {
    const evex_pass *pass = worker->pass;
    const int32_t columns = pass->n_outer_dims + pass->n_dims - 1;
    const int64_t first_column = tile * pass->tile;
    worker->width = pass->n_columns - first_column;
    if (worker->width > pass->tile)
        worker->width = pass->tile;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const evex_port *port = &pass->ports[p];
        char *base = port->view->data;
        int64_t rest = outer;
        for (int32_t d = pass->n_outer_dims - 1; d >= 0; d--) {
            base += rest % pass->lengths[d] * port->strides[d];
            rest /= pass->lengths[d];
        }
        if (first_column > 0)
            base += first_column * port->strides[columns];
        worker->states[p].base = base;
        worker->states[p].strip_end = 0;
    }
}

/* The first block of the first chunk is shorter by the pass's lead. */
static void run_rows(evex_worker *worker, int64_t begin, int64_t end) {
    const int64_t lead = worker->pass->lead;
    if (begin == 0 && lead > 0) {
        begin = (int64_t)worker->pass->block_length - lead;
        evex_run_range(worker, 0, begin < end ? begin : end, 0);
    }
    evex_run_range(worker, begin, end, 0);
}

static void run_unit(evex_worker *worker, int64_t unit) {
    const evex_pass *pass = worker->pass;
    const int64_t chunk = unit % pass->n_chunks, column_unit = unit / pass->n_chunks;
    set_unit(worker, column_unit / pass->n_tiles, column_unit % pass->n_tiles);
    if (pass->is_grouped) {
        evex_group_unit(worker, chunk);
        return;
    }
    if (pass->n_reductions > 0) {
        evex_reduce_unit(worker, column_unit, chunk);
        return;
    }
    const int64_t begin = chunk * pass->chunk_rows - pass->lead;
    const int64_t end =
        pass->n_rows - begin < pass->chunk_rows ? pass->n_rows : begin + pass->chunk_rows;
    run_rows(worker, begin < 0 ? 0 : begin, end);
}

/* ---- Workers -------------------------------------------------------------------------------- */

void evex_run_stop(evex_run *run, evex_status status) {
    int expected = EVEX_OK;
    atomic_compare_exchange_strong_explicit(&run->status, &expected, status, memory_order_relaxed,
                                            memory_order_relaxed);
}

/* Asks the caller, who may run code of its own for that, under its own floating-point state. */
static void poll(evex_run *run) {
    const evex_eval_options *options = run->options;
    if (options->poll == NULL)
        return;
    const uint64_t now = evex_system_in_use()->now_ns();
    if (now - run->last_poll_ns < (uint64_t)options->poll_interval_ms * 1000000u)
        return;
    run->last_poll_ns = now;
    evex_fp_restore(run->fp_state);
    const int stop = options->poll(options->poll_user);
    evex_fp_default();
    /* The child of a fork has none of the other workers, nor what they were at work on. */
    if (stop || (run->pass->n_workers > 1 && evex_fork_generation() != run->generation))
        evex_run_stop(run, EVEX_CANCELLED);
}

static int may_go_on(evex_run *run, size_t number) {
    if (run->options->cancel != NULL && __atomic_load_n(run->options->cancel, __ATOMIC_RELAXED))
        evex_run_stop(run, EVEX_CANCELLED);
    if (number == 0)
        poll(run);
    return atomic_load_explicit(&run->status, memory_order_relaxed) == EVEX_OK;
}

static void work(void *argument, size_t number) {
    evex_run *run = argument;
    evex_worker worker;
    evex_worker_assemble(&worker, run, number);
    if (run->pass->is_grouped)
        evex_group_begin(&worker, number);
    size_t owner = number;
    int64_t first, end;
    while (may_go_on(run, number) && evex_claim(run, &owner, &first, &end))
        for (int64_t unit = first; unit < end; unit++)
            run_unit(&worker, unit);
    if (run->pass->is_past_caches)
        run->binding->expr->kernels->move->fence();
}

evex_status evex_run_units(evex_run *run, evex_work_fn work_fn) {
    evex_share_out(run);
    if (run->pass->n_workers > 1)
        evex_pool_run(run->pool, run->pass->n_workers, work_fn, run);
    else
        work_fn(run, 0);
    if (evex_matchers_lacked_memory(run->matchers, run->pass->n_workers))
        return evex_fail_memory(run->binding->error);
    return (evex_status)atomic_load_explicit(&run->status, memory_order_relaxed);
}

static evex_status run_pass(evex_run *run, const evex_pass *pass) {
    run->pass = pass;
    atomic_store_explicit(&run->is_decided, 0, memory_order_relaxed);
    if (pass->n_units == 0)
        return EVEX_OK;
    evex_run_hoisted(run);
    if (pass->is_grouped)
        return evex_group_run(run, work);
    const evex_status status = evex_run_units(run, work);
    return status == EVEX_OK && pass->n_reductions > 0 ? evex_reduce_finish(run) : status;
}

/* ---- Stages --------------------------------------------------------------------------------- */

static evex_status check_guards(const evex_run *run, const evex_stage *stage) {
    const evex_binding *binding = run->binding;
    const evex_guard *guards = evex_program_guards(binding->program) + stage->first_guard;
    evex_guard_choice choice = {0};
    for (uint32_t g = 0; g < stage->n_guards; g++)
        evex_guard_consider(&choice, &guards[g],
                            *(const int64_t *)binding->values[guards[g].index].scalar);
    return evex_guard_report(binding->program, &choice, binding->error);
}

static evex_status explain(const evex_run *run, evex_status status) {
    const evex_place nowhere = {0, 0};
    switch (status) {
    case EVEX_CANCELLED:
        return evex_fail(run->binding->error, status, nowhere, "the evaluation was cancelled");
    case EVEX_EMPTY:
        return evex_fail(run->binding->error, status, nowhere,
                         "a reduction whose where= excludes every element has no answer");
    default:
        return status;
    }
}

evex_status evex_run_program(evex_run *run) {
    const evex_binding *binding = run->binding;
    uint32_t p = 0;
    evex_status status = EVEX_OK;
    for (uint32_t s = 0; s < binding->program->n_stages && status == EVEX_OK; s++) {
        const evex_stage *stage = &evex_program_stages(binding->program)[s];
        evex_run_scalars(run, stage);
        for (; p < binding->n_passes && binding->passes[p].stage == s && status == EVEX_OK; p++)
            status = explain(run, run_pass(run, &binding->passes[p]));
        if (status == EVEX_OK)
            status = check_guards(run, stage);
    }
    return status;
}
