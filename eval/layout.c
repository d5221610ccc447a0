/* SPDX-License-Identifier: MIT */
/*
 * Layout: how large blocks, chunks and claims are, how many workers a pass gets and where
 * everything lies in a worker's memory; see plan.h. The figures are guesses of cost in picoseconds;
 * they decide how fast a program runs, never what it computes.
 */
#include "core/error.h"
#include "eval/accumulators.h"
#include "eval/group.h"
#include "eval/panel.h"
#include "eval/run.h"
#include "eval/splat.h"
#include "eval/strips.h"

enum {
    BLOCK_BYTES = 24 << 10, /* half of a usual L1: the other half is for arrays used in place */
    BLOCK_STEP = 64,
    MAX_BLOCK = 1024,
    MIN_ROW = 64, /* shorter rows are gathered, several to a block */
    /* From memory, bursts of loads with a pause for arithmetic behind them keep the prefetchers
     * from getting into step, unless the processor looks past the pause by itself: short blocks, of
     * so many bytes of the widest array, where there are few calls. Where there are more, their
     * number counts, and blocks are longer. Later ones are then fetched by prefetches, a share of
     * them before each call (run.c): sent for at once, they are more than the processor keeps under
     * way, and it waits. (20 million elements, one thread, ns: all before the first call, in blocks
     * of 3 KiB / a share before each, in blocks of 6 KiB: a filter of 3 inputs 0.76 / 0.66, a band
     * of int32 0.27 / 0.23, nested choices 0.74 / 0.66, a**2 + b**2 + 2*a*b 0.63 / 0.57, a
     * polynomial of degree 12 0.76 / 0.72. Fewer calls are slower with them: 2*a + 3*b by 8 %,
     * sqrt(a*a + b*b) 0.50 / 0.55.) Movers ask for what they read by themselves,
     * so that blocks behind them may be longer; so are those of few calls that take longer than
     * memory, for kernels of functions begin slowly (a**b: 1.43 ns with short blocks, 1.11 with 4
     * KiB). */
    LIGHT_CALLS = 2,
    LIGHT_BLOCK_BYTES = 512,
    REDUCED_BLOCK_BYTES = 1024,
    GATHERED_BLOCK_BYTES = 2048,
    HEAVY_BLOCK_BYTES = 4096,
    LONG_BLOCK_BYTES = 8192,
    /* What a block that is fetched ahead has of all inputs; more where its prefetches are spread
     * over many calls. (A step of a Mandelbrot set, of 8 calls, 1.16 / 1.02.) */
    FETCHED_BYTES = 6144,
    MANY_CALLS = 6,
    FETCHED_BYTES_OF_MANY = 8192,
    NEAREST = BLOCK_STEP / 2 - 1, /* rounded, so that a few bytes of masks do not halve a block */
    /* Read and written by a pass, and written alone: more than its share of a usual L3. (Stores
     * past the caches and short blocks / not, one thread: 2*a + 3*b of 23 MB 0.36 / 0.25 ns, a
     * larger one of two of 20 MB 0.32 / 0.21; but of 20 MB that half are written, a cubic 0.25 /
     * 0.33.) */
    STREAMED_BYTES = 26 << 20,
    STREAMED_OUTPUT_BYTES = 8 << 20,
    BARE_BLOCK = 16384,  /* of one reduction that reads arrays in place: its kernel does all */
    SHARED_BLOCK = 1024, /* of several, so that all but the first find the elements in L1 */

    PORT_BYTE_PS = 8,      /* to or from an array in place; */
    STREAMED_BYTE_PS = 22, /* from memory: 46 GB/s; */
    GATHER_COST = 500,     /* through a staging block, an element */
    REDUCTION_COST = 100,

    CLAIM_PS = 100 * 1000000, /* worth a claim of its own; small ones disturb the prefetchers */
    LEAST_CLAIM_PS = 1000000  /* when there is little to share */
};

static const uint64_t chunk_ps = 2000u * 1000000; /* between looks at the cancel flag */

/* ---- Ports ---------------------------------------------------------------------------------- */

static void choose_ports(const evex_binding *binding, evex_pass *pass) {
    const int32_t last = pass->n_outer_dims + pass->n_dims - 1;
    const int64_t row = pass->n_tiles > 1 ? pass->tile : pass->lengths[last];
    pass->is_row_by_row = pass->n_dims > 1 && row >= MIN_ROW;
    for (size_t p = 0; p < pass->n_ports; p++) {
        evex_port_choose(binding, pass, &pass->ports[p]);
        pass->is_walked |= pass->ports[p].is_walked;
        pass->has_before |= pass->ports[p].before != NULL;
        pass->has_after |= pass->ports[p].after != NULL;
    }
    for (size_t k = 0; k < pass->n_reductions; k++)
        evex_port_choose_result(binding, &pass->results[k]);
}

/* Bytes of an element of a port's staging block, and of its texts or converted elements. */
static size_t staging_bytes(const evex_port *port) {
    return port->is_in_place ? 0 : evex_dtype_size(port->dtype);
}

static size_t extra_bytes(const evex_port *port) {
    if (port->is_output)
        return port->cast != NULL ? port->view->item_bytes : 0;
    return port->view->str_form == EVEX_STR_UCS4 ? port->view->item_bytes : 0;
}

/* ---- Blocks --------------------------------------------------------------------------------- */

static size_t n_temp_blocks(const evex_binding *binding) {
    const uint32_t *first = binding->program->first_register;
    return first[EVEX_CLASS_TEMP + 1] - first[EVEX_CLASS_TEMP] + binding->expr->n_spare_blocks;
}

/* Block memory for each element of a block. */
static size_t element_bytes(const evex_binding *binding, const evex_pass *pass) {
    size_t n_bytes = n_temp_blocks(binding) * binding->expr->element_bytes;
    for (size_t p = 0; p < pass->n_ports; p++)
        n_bytes += staging_bytes(&pass->ports[p]) + extra_bytes(&pass->ports[p]);
    return n_bytes;
}

static size_t n_elements(const evex_pass *pass) {
    return (size_t)(pass->n_outer * pass->n_columns * pass->n_rows);
}

/* The bytes of the lines that an array's elements fill, or nearly. */
static size_t footprint(const evex_pass *pass, const evex_port *port) {
    uint64_t n = 1, step = EVEX_CACHE_LINE;
    for (int32_t d = 0; d < pass->n_outer_dims + pass->n_dims; d++) {
        const int64_t stride = port->strides[d];
        const uint64_t distance = stride < 0 ? -(uint64_t)stride : (uint64_t)stride;
        if (stride == 0 || pass->lengths[d] == 1)
            continue;
        n *= (uint64_t)pass->lengths[d];
        step = distance < step ? distance : step;
    }
    return n * (step > port->view->item_bytes ? step : port->view->item_bytes);
}

/* Whether the arrays of a pass come from memory and go there, not from caches. A few elements do
 * not, a line for each of them. */
static int is_from_memory(const evex_pass *pass) {
    size_t all = 0, outputs = 0;
    if (n_elements(pass) <= STREAMED_OUTPUT_BYTES / EVEX_CACHE_LINE / (pass->n_ports + 1))
        return 0;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const size_t n_bytes = footprint(pass, &pass->ports[p]);
        all += n_bytes;
        outputs += pass->ports[p].is_output ? n_bytes : 0;
    }
    return all > STREAMED_BYTES || outputs > STREAMED_OUTPUT_BYTES;
}

/* Whether reductions alone read the arrays, in place: then blocks need no memory, and a long one
 * costs nothing. */
static int is_bare(const evex_pass *pass) {
    for (size_t p = 0; p < pass->n_ports; p++)
        if (!pass->ports[p].is_in_place)
            return 0;
    return pass->n_reductions > 0 && pass->n_calls == 0;
}

static size_t clamp_size(size_t value, size_t least, size_t most) {
    return value < least ? least : value > most ? most : value;
}

/* Lets all blocks but the first begin on a line of the first output that is written so: each line
 * is then written whole, by one worker. Beside reductions that holds for each range of leaves, as
 * these begin where a line would if the array did. Where rows begin anywhere, each has its own
 * way to a line (run.c). */
static void choose_lead(evex_pass *pass) {
    if (pass->kind == EVEX_SINK_AXES || pass->is_grouped)
        return;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const evex_view *view = pass->ports[p].view;
        if (!pass->ports[p].is_past_caches)
            continue;
        if (pass->n_dims > 1) {
            pass->line_port = pass->n_reductions == 0 ? p + 1 : 0;
            return;
        }
        const size_t head = -(uintptr_t)view->data % EVEX_CACHE_LINE / view->item_bytes;
        if (head > 0 && head < pass->block_length)
            pass->lead = (int64_t)(pass->block_length - head);
        return;
    }
}

/* What the instructions take an element. */
static uint64_t insns_ps(const evex_binding *binding, const evex_pass *pass) {
    uint64_t ps = 0;
    for (size_t i = 0; i < pass->n_insns; i++)
        ps += binding->is_hoisted[pass->insns[i]] ? 0 : binding->expr->links[pass->insns[i]].cost;
    return ps;
}

/* Where rows end in the midst of arrays the prefetchers begin anew anyway, and moments along an
 * axis are arithmetic rather than memory. (20 million elements, blocks of 1 KiB / of 8 KiB, ns:
 * max(a*b, axis=0) of 10,000 columns 1.60 / 0.89, std(a*b, axis=0) of 100 columns 1.91 / 0.90.) */
static int wants_long_blocks(const evex_binding *binding, const evex_pass *pass) {
    if (pass->kind != EVEX_SINK_AXES)
        return 0;
    for (size_t k = 0; k < pass->n_reductions; k++)
        if (binding->expr->reducers[pass->reductions[k]].accumulator == EVEX_ACC_MOMENTS)
            return 1;
    return pass->is_row_by_row;
}

static size_t fetched_length(const evex_pass *pass, size_t input_bytes) {
    const size_t n_bytes = pass->n_calls < MANY_CALLS ? FETCHED_BYTES : FETCHED_BYTES_OF_MANY;
    return n_bytes / (input_bytes > 0 ? input_bytes : 1) + NEAREST;
}

static size_t longest_block(const evex_binding *binding, const evex_pass *pass) {
    if (is_bare(pass))
        return pass->n_reductions == 1 ? BARE_BLOCK : SHARED_BLOCK;
    if (!pass->is_streamed || pass->is_walked)
        return MAX_BLOCK;
    size_t widest = 1, inputs = 0, all = 0;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const size_t n_bytes = pass->ports[p].view->item_bytes;
        widest = widest < n_bytes ? n_bytes : widest;
        inputs += pass->ports[p].is_output ? 0 : n_bytes;
        all += n_bytes;
    }
    const int is_heavy = insns_ps(binding, pass) > all * STREAMED_BYTE_PS;
    const size_t length = pass->is_fetched_ahead             ? fetched_length(pass, inputs)
                          : wants_long_blocks(binding, pass) ? LONG_BLOCK_BYTES / widest
                          : is_heavy                         ? HEAVY_BLOCK_BYTES / widest
                          : pass->has_before                 ? GATHERED_BLOCK_BYTES / widest
                          : pass->n_reductions > 0           ? REDUCED_BLOCK_BYTES / widest
                                                             : LIGHT_BLOCK_BYTES / widest;
    return clamp_size(length / BLOCK_STEP * BLOCK_STEP, BLOCK_STEP, MAX_BLOCK);
}

static void choose_block(const evex_binding *binding, const evex_eval_options *options,
                         evex_pass *pass) {
    const size_t n_bytes = (is_bare(pass) ? 0 : element_bytes(binding, pass)) + 1;
    const size_t unit = (size_t)(pass->n_rows * pass->tile);
    size_t length = clamp_size(BLOCK_BYTES / n_bytes / BLOCK_STEP * BLOCK_STEP, BLOCK_STEP,
                               longest_block(binding, pass));
    if (length > unit)
        length = (unit + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
    while (length > 1 && length > binding->expr->scratch_bytes / n_bytes)
        length /= 2;
    if (options->block_length > 0)
        length = options->block_length;
    pass->block_length = length > 0 ? length : 1;
}

/* ---- Costs ---------------------------------------------------------------------------------- */

static uint64_t port_ps(const evex_port *port, int is_streamed_pass) {
    const unsigned byte_ps = is_streamed_pass ? STREAMED_BYTE_PS : PORT_BYTE_PS;
    return port->view->item_bytes * byte_ps + (port->is_in_place ? 0 : GATHER_COST);
}

static uint64_t element_ps(const evex_binding *binding, const evex_pass *pass) {
    uint64_t ps = REDUCTION_COST * pass->n_reductions + 1 + insns_ps(binding, pass);
    for (size_t p = 0; p < pass->n_ports; p++)
        ps += port_ps(&pass->ports[p], pass->is_streamed);
    return ps;
}

static size_t choose_workers(const evex_pass *pass, const evex_eval_options *options,
                             evex_pool *pool) {
    const size_t most = options->max_threads;
    if (most == 1) /* do not make the default pool for that */
        return 1;
    if (options->force_threads)
        return most > 0 && most < evex_pool_size(pool) ? most : evex_pool_size(pool);
    return evex_pool_worth(pool, most > 0 ? most : SIZE_MAX, pass->work_ns);
}

/* ---- Chunks --------------------------------------------------------------------------------- */

/* The last chunk is one worker's alone: many make it short. Each chunk of a reduction leaves nodes
 * to merge. */
enum { CHUNKS_A_WORKER = 16, REDUCED_CHUNKS_A_WORKER = 32 };

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static int64_t divide_up(int64_t a, int64_t b) {
    return a / b + (a % b != 0);
}

/* Rows of an elementwise chunk: whole blocks, unless threads are forced on few elements. */
static void chunk_elements(evex_pass *pass, uint64_t ps, int is_forced) {
    const int64_t block = (int64_t)pass->block_length;
    int64_t rows = (int64_t)(chunk_ps / ps);
    if (pass->n_workers > 1) {
        const int64_t share = divide_up(pass->n_rows, (int64_t)(pass->n_workers * CHUNKS_A_WORKER));
        const int64_t least = is_forced ? 1 : (int64_t)(LEAST_CLAIM_PS / ps);
        rows = clamp(share, least, is_forced ? rows : (int64_t)(CLAIM_PS / ps));
    }
    pass->chunk_rows = is_forced ? clamp(rows, 1, INT64_MAX) : divide_up(rows + 1, block) * block;
    pass->n_chunks = divide_up(pass->n_rows + pass->lead, pass->chunk_rows);
}

static int has_order(const evex_binding *binding, const evex_pass *pass) {
    int is_ordered = 0;
    for (size_t k = 0; k < pass->n_reductions; k++)
        is_ordered |= binding->expr->reducers[pass->reductions[k]].is_ordered;
    return is_ordered;
}

/* Leaves of a reduction's chunk: a power of two, or all. */
static void chunk_leaves(const evex_binding *binding, evex_pass *pass, uint64_t ps) {
    const int64_t column_units = pass->n_outer * pass->n_tiles;
    const int64_t leaves = pass->n_rows > 0 ? divide_up(pass->n_rows, EVEX_LEAF) : 1;
    const uint64_t leaf_ps = ps * EVEX_LEAF * (uint64_t)(pass->tile > 0 ? pass->tile : 1);
    int64_t most = clamp((int64_t)(chunk_ps / leaf_ps), 1, EVEX_FREE_ROWS / EVEX_LEAF);
    if (pass->n_workers > 1 && column_units > 0) {
        const int64_t wanted =
            divide_up((int64_t)(pass->n_workers * REDUCED_CHUNKS_A_WORKER), column_units);
        most = clamp(leaves / wanted, 1, most);
    }
    pass->chunk_level = 0;
    while (pass->chunk_level < 40 && (int64_t)2 << pass->chunk_level <= most)
        pass->chunk_level++;
    if (leaves <= (int64_t)1 << pass->chunk_level)
        pass->chunk_rows = pass->n_rows > 0 ? pass->n_rows : 1;
    else
        pass->chunk_rows = (int64_t)EVEX_LEAF << pass->chunk_level;
    pass->n_chunks = pass->n_rows > 0 ? divide_up(pass->n_rows, pass->chunk_rows) : 1;
    pass->leaf_rows = has_order(binding, pass) ? EVEX_LEAF : pass->chunk_rows;
    pass->tree_levels = pass->chunk_rows <= pass->leaf_rows
                            ? 0
                            : evex_tree_levels((uint64_t)divide_up(pass->chunk_rows, EVEX_LEAF));
}

static void choose_chunks(const evex_binding *binding, evex_pass *pass, uint64_t ps,
                          int is_forced) {
    if (pass->is_grouped)
        evex_group_chunks(pass, (int64_t)(chunk_ps / ps));
    else if (pass->n_reductions > 0)
        chunk_leaves(binding, pass, ps);
    else
        chunk_elements(pass, ps, is_forced);
    pass->n_units = pass->n_outer * pass->n_tiles * pass->n_chunks;
    const uint64_t unit_ps = (uint64_t)clamp(pass->chunk_rows, 1, 1 << 20) *
                                 (uint64_t)clamp(pass->tile, 1, 1 << 12) * ps +
                             1;
    const int64_t fair = pass->n_units / (int64_t)(pass->n_workers * CHUNKS_A_WORKER);
    pass->units_a_claim =
        is_forced ? 1 : clamp((int64_t)(CLAIM_PS / unit_ps), 1, clamp(fair, 1, INT64_MAX));
    if (pass->n_units < (int64_t)pass->n_workers)
        pass->n_workers = pass->n_units > 1 ? (size_t)pass->n_units : 1;
}

/* ---- A worker's memory ---------------------------------------------------------------------- */

static size_t take(size_t *end, size_t n_bytes) {
    const size_t begin = *end;
    *end = begin + evex_align_up(n_bytes);
    return begin;
}

static void place_code(const evex_binding *binding, evex_pass *pass, size_t *end) {
    pass->share_offset = take(end, EVEX_CACHE_LINE);
    pass->calls_offset = take(end, pass->n_calls * sizeof(evex_call));
    pass->operands_offset = take(end, pass->n_operands * sizeof(evex_operand));
    pass->moves_offset = take(end, (pass->n_operands + pass->n_ports) * sizeof(evex_move));
    pass->map_offset = take(end, evex_n_registers(binding->program) * sizeof(evex_binding_entry));
    pass->states_offset = take(end, pass->n_ports * sizeof(evex_port_state));
}

static void place_blocks(const evex_binding *binding, evex_pass *pass, size_t *end) {
    const size_t length = pass->block_length;
    pass->temp_bytes = pass->n_calls > 0 ? evex_align_up(length * binding->expr->element_bytes) : 0;
    pass->temps_offset = take(end, n_temp_blocks(binding) * pass->temp_bytes);
    for (size_t p = 0; p < pass->n_ports; p++) {
        evex_port *port = &pass->ports[p];
        const size_t staging = staging_bytes(port) * length;
        port->block_offset =
            take(end, port->is_splat && staging < EVEX_SPLAT_BYTES ? EVEX_SPLAT_BYTES : staging);
        port->extra_offset = take(end, extra_bytes(port) * length);
        port->strip_offset = take(end, evex_strip_bytes(pass, port));
    }
}

static int place_reductions(const evex_binding *binding, evex_pass *pass, size_t *end) {
    if (pass->is_grouped) {
        pass->groups_offset = take(end, evex_group_worker_bytes(pass));
        return 1;
    }
    pass->leaf_offsets =
        evex_arena_push_array(binding->arena, pass->n_reductions + 1, sizeof *pass->leaf_offsets);
    if (pass->leaf_offsets == NULL)
        return 0;
    size_t leaves = 0;
    for (size_t k = 0; k < pass->n_reductions; k++)
        pass->leaf_offsets[k] = take(
            &leaves, pass->is_panel ? 0
                                    : evex_leaf_bytes(&binding->expr->reducers[pass->reductions[k]],
                                                      (size_t)pass->tile));
    pass->leaves_offset = take(end, leaves);
    pass->trees_offset = take(end, pass->n_reductions * sizeof(evex_tree));
    const size_t rows = pass->n_reductions > 0 ? pass->n_reductions * pass->tree_levels + 2 : 0;
    pass->nodes_offset = take(end, rows * (size_t)pass->tile * sizeof(evex_node));
    const size_t tile = (size_t)pass->tile;
    pass->panel_offset =
        take(end, pass->is_panel ? evex_panel_bytes(tile) + 2 * EVEX_RESULT_BYTES * tile : 0);
    return 1;
}

/* Nodes that wait until all chunks are done. */
static int place_chunk_nodes(const evex_binding *binding, evex_pass *pass) {
    if (pass->n_reductions == 0 || pass->n_chunks <= 1 || pass->is_grouped)
        return 1;
    const unsigned levels = evex_tree_levels((uint64_t)pass->n_chunks << pass->chunk_level);
    const size_t tile = (size_t)pass->tile;
    pass->chunk_nodes =
        evex_arena_push_array(binding->arena, (size_t)pass->n_units * pass->n_reductions,
                              tile * sizeof *pass->chunk_nodes);
    pass->merge_nodes =
        evex_arena_push_array(binding->arena, (size_t)levels + 1, tile * sizeof *pass->merge_nodes);
    return pass->chunk_nodes != NULL && pass->merge_nodes != NULL;
}

/* As many workers as the limit on scratch allows. */
static evex_status limit_workers(const evex_binding *binding, evex_pass *pass) {
    const size_t limit = binding->expr->scratch_bytes;
    if (pass->worker_bytes <= limit / pass->n_workers)
        return EVEX_OK;
    pass->n_workers = limit / pass->worker_bytes;
    if (pass->n_workers > 0)
        return EVEX_OK;
    return evex_fail(binding->error, EVEX_LIMIT_MEMORY, (evex_place){0, 0},
                     "the evaluation needs %zu bytes of scratch; the limit is %zu",
                     pass->worker_bytes, limit);
}

static evex_status lay_out_pass(evex_binding *binding, evex_pass *pass,
                                const evex_eval_options *options, evex_pool *pool) {
    const evex_status status = evex_box_build(binding, pass);
    if (status != EVEX_OK)
        return status;
    if (pass->kind == EVEX_SINK_ELEMENTWISE && pass->n_rows == 0) {
        pass->n_units = 0;
        return EVEX_OK;
    }
    const int is_to_memory = options->store == EVEX_STORE_PAST_CACHES;
    pass->is_streamed = is_from_memory(pass);
    pass->is_past_caches = options->store == EVEX_STORE_BEST ? pass->is_streamed : is_to_memory;
    pass->is_fetched_ahead = (pass->is_streamed || is_to_memory) && pass->n_calls > LIGHT_CALLS;
    if (pass->is_grouped && !evex_group_plan_pass(binding, pass))
        return evex_fail_memory(binding->error);
    choose_ports(binding, pass);
    choose_block(binding, options, pass);
    choose_lead(pass);
    const uint64_t ps = element_ps(binding, pass);
    const uint64_t n = n_elements(pass);
    pass->work_ns = n > UINT64_MAX / ps ? UINT64_MAX / 1000 : n * ps / 1000;
    pass->n_workers = choose_workers(pass, options, pool);
    choose_chunks(binding, pass, ps, options->force_threads);
    size_t end = 0;
    place_code(binding, pass, &end);
    place_blocks(binding, pass, &end);
    if (!place_reductions(binding, pass, &end) || !place_chunk_nodes(binding, pass))
        return evex_fail_memory(binding->error);
    pass->worker_bytes = end;
    const evex_status limited = limit_workers(binding, pass);
    return limited == EVEX_OK && pass->is_grouped ? evex_group_limit(binding, pass, options)
                                                  : limited;
}

/* Splats for the results of hoisted instructions, if there are any. */
static int place_hoisted(evex_binding *binding) {
    const uint32_t n = binding->program->n_insns;
    for (uint32_t i = 0; i < n; i++) {
        if (!binding->is_hoisted[i])
            continue;
        if (binding->hoisted == NULL)
            binding->hoisted = evex_arena_push_array(binding->arena, n, sizeof *binding->hoisted);
        if (binding->hoisted == NULL ||
            (binding->hoisted[i] = evex_splats_push(binding->arena, 2)) == NULL)
            return 0;
    }
    return 1;
}

evex_status evex_plan_layout(evex_binding *binding, const evex_eval_options *options,
                             evex_pool *pool) {
    if (!place_hoisted(binding))
        return evex_fail_memory(binding->error);
    evex_status status = EVEX_OK;
    for (uint32_t p = 0; p < binding->n_passes && status == EVEX_OK; p++)
        status = lay_out_pass(binding, &binding->passes[p], options, pool);
    return status;
}
