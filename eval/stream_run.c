/* SPDX-License-Identifier: MIT */
/*
 * A piece on its way through a pass of a stream. The operands of carried reductions are evaluated
 * into buffers, a part of the piece at a time so that they stay in cache, and taken in from there;
 * where they are an input as it lies in memory there is nothing to evaluate. Pieces with several
 * whole leaves are shared among workers (stream_share.c).
 */
#include "eval/stream_run.h"

#include <string.h>

#include "core/error.h"
#include "core/system.h"
#include "eval/nulls.h"

static const evex_place nowhere = {0, 0};

/* ---- In place ----------------------------------------------------------------------------- */

static int is_c_contiguous(const evex_array *array) {
    int64_t expected = (int64_t)evex_dtype_size(array->dtype);
    for (int32_t d = array->ndim - 1; d >= 0 && array->strides != NULL; d--) {
        if (array->shape[d] != 1 && array->strides[d] != expected)
            return 0;
        expected *= array->shape[d];
    }
    return 1;
}

static int can_be_direct(const evex_piece *whole, const evex_stream_operand *operand) {
    if (operand->direct_input < 0)
        return 0;
    const evex_array *array = &whole->arrays[operand->direct_input];
    if (array->dtype == EVEX_STR && array->str_form != EVEX_STR_VIEWS)
        return 0;
    if (evex_validity_form_of(array) != EVEX_VALIDITY_BYTES)
        return 0;
    return !array->byte_swapped && (uintptr_t)array->data % evex_dtype_size(array->dtype) == 0 &&
           is_c_contiguous(array);
}

static int all_direct(const evex_piece *whole, const evex_slice *slice) {
    for (uint32_t g = 0; g < slice->n_operands; g++)
        if (!can_be_direct(whole, &slice->operands[g]))
            return 0;
    return 1;
}

/* ---- Shapes ------------------------------------------------------------------------------- */

/* The product of a shape's dimensions from `first` on whose axis is reduced or not; 0: too many. */
static int multiply(const evex_result *shape, uint32_t axes, int32_t first, int reduced,
                    uint64_t *product) {
    *product = 1;
    for (int32_t d = first; d < shape->ndim; d++)
        if ((int)(axes >> d & 1) == reduced &&
            __builtin_mul_overflow(*product, (uint64_t)shape->shape[d], product))
            return 0;
    return 1;
}

/* What a piece says of a carry, beginning at element `first`. */
typedef struct {
    uint64_t n_inner, w, first;
    evex_result result;
} carry_shape;

/* By group there is one column and one element of the result a group. */
static int shape_by_group(const evex_pass_run *run, const evex_carry *carry, carry_shape *found) {
    if (carry->sort == NULL)
        return 1;
    found->w = (uint64_t)run->options->n_groups;
    found->result.ndim = 1;
    found->result.shape[0] = run->options->n_groups;
    return 1;
}

static int find_shape(const evex_pass_run *run, const evex_carry *carry, carry_shape *found) {
    const evex_result *shape = &run->shapes[run->slice->operands[carry->operand].value_output];
    const evex_reduction *spec = carry->reducer->spec;
    found->result.dtype = (evex_dtype)spec->out_dtype;
    found->result.ndim = 0;
    for (int32_t d = 0; d < shape->ndim; d++)
        if (!(carry->axes >> d & 1))
            found->result.shape[found->result.ndim++] = shape->shape[d];
        else if (spec->keepdims)
            found->result.shape[found->result.ndim++] = 1;
    return multiply(shape, carry->axes, carry->is_constant ? 0 : 1, 1, &found->n_inner) &&
           multiply(shape, carry->axes, 0, 0, &found->w) && shape_by_group(run, carry, found) &&
           !__builtin_mul_overflow(carry->is_constant ? 0 : run->stream->first_row, found->n_inner,
                                   &found->first);
}

/* The first piece of a pass gives a carry its shape, the others must agree with it. */
static evex_status shape_carry(const evex_pass_run *run, evex_carry *carry) {
    carry_shape found;
    if (!find_shape(run, carry, &found))
        return evex_fail(run->error, EVEX_BAD_SHAPE, nowhere, "the stream has too many elements");
    if (!carry->is_shaped) {
        carry->w = (size_t)found.w;
        carry->n_inner = found.n_inner;
        carry->result = found.result;
        evex_carry_begin(carry, found.first);
        carry->is_shaped = 1;
        return EVEX_OK;
    }
    const size_t n_bytes = (size_t)found.result.ndim * sizeof *found.result.shape;
    if (carry->w != found.w || carry->n_inner != found.n_inner || carry->first != found.first ||
        carry->result.ndim != found.result.ndim ||
        memcmp(carry->result.shape, found.result.shape, n_bytes) != 0)
        return evex_fail(run->error, EVEX_BAD_SHAPE, nowhere,
                         "the piece's rows have another shape than those before");
    return EVEX_OK;
}

static evex_status begin_run(evex_pass_run *run, evex_arena *arena, int is_constant) {
    evex_stream *stream = run->stream;
    size_t n_outputs = 0;
    evex_expr_outputs(run->slice->expr, &n_outputs);
    evex_result *shapes = evex_arena_push_array(arena, n_outputs + 1, sizeof *shapes);
    if (shapes == NULL)
        return evex_fail_memory(run->error);
    evex_status status = evex_result_shape(run->slice->expr, run->whole.arrays,
                                           stream->expr->program->n_inputs + stream->n_carries,
                                           shapes, NULL, run->error);
    run->shapes = shapes;
    run->is_direct = all_direct(&run->whole, run->slice);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++)
        if (evex_pass_has(run, &stream->carries[c], is_constant))
            status = shape_carry(run, &stream->carries[c]);
    return status;
}

/* ---- Going on, or not --------------------------------------------------------------------- */

evex_status evex_pass_may_go_on(evex_pass_run *run) {
    const evex_eval_options *options = run->options;
    int stop = options->cancel != NULL && __atomic_load_n(options->cancel, __ATOMIC_RELAXED);
    if (!stop && options->poll != NULL) {
        const uint64_t now = evex_system_in_use()->now_ns();
        if (now - run->last_poll_ns >= (uint64_t)options->poll_interval_ms * 1000000u) {
            run->last_poll_ns = now;
            evex_fp_restore(run->fp_state);
            stop = options->poll(options->poll_user);
            evex_fp_default();
        }
    }
    return stop ? evex_fail(run->error, EVEX_CANCELLED, nowhere, "the evaluation was cancelled")
                : EVEX_OK;
}

/* ---- One after another -------------------------------------------------------------------- */

enum { DIRECT_ELEMENTS = 1 << 20 }; /* taken in from memory before asking whether to go on */

/* Rows that are taken in at a time. */
static int64_t rows_of_part(const evex_pass_run *run) {
    uint64_t most = 1;
    for (uint32_t c = 0; c < run->stream->n_carries; c++) {
        const evex_carry *carry = &run->stream->carries[c];
        uint64_t n;
        if (!evex_pass_has(run, carry, 0))
            continue;
        if (__builtin_mul_overflow(carry->n_inner, (uint64_t)evex_carry_columns(carry), &n))
            n = UINT64_MAX;
        most = n > most ? n : most;
    }
    const uint64_t n = run->is_direct ? DIRECT_ELEMENTS : EVEX_STREAM_PART;
    return most < n ? (int64_t)(n / most) : 1;
}

/* Takes rows [first, end) into all carries, but for the first `begin` and the last `drop` elements,
 * which only runs whose carries all have rows alike leave out. */
static evex_status take_rows(evex_pass_run *run, evex_scratch *buffers, int64_t first, int64_t end,
                             uint64_t begin, uint64_t drop) {
    evex_stream *stream = run->stream;
    evex_status status = EVEX_OK;
    if (!run->is_direct)
        status = evex_scratch_evaluate(run, buffers, first, end, 0, run->options->max_threads,
                                       run->error);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++) {
        evex_carry *carry = &stream->carries[c];
        if (!evex_pass_has(run, carry, 0))
            continue;
        const evex_stream_items items = evex_stream_skip(
            evex_scratch_operands(run, carry, buffers, first),
            (size_t)begin * evex_carry_columns(carry), (size_t)begin, evex_carry_item_bytes(carry));
        status =
            evex_carry_add(stream, carry, items,
                           (uint64_t)(end - first) * carry->n_inner - begin - drop, run->error);
    }
    return status;
}

/* Takes elements [begin, end), counted from the piece's first, each row having n_inner. */
static evex_status take_elements(evex_pass_run *run, evex_scratch *buffers, uint64_t begin,
                                 uint64_t end, uint64_t n_inner) {
    const int64_t step = rows_of_part(run);
    evex_status status = EVEX_OK;
    while (begin < end && status == EVEX_OK) {
        const int64_t first = (int64_t)(begin / n_inner);
        const int64_t rest = (int64_t)((end + n_inner - 1) / n_inner) - first;
        const int64_t last = first + (rest < step ? rest : step);
        const uint64_t stop = (uint64_t)last * n_inner;
        const uint64_t drop = stop > end ? stop - end : 0;
        if ((status = evex_pass_may_go_on(run)) == EVEX_OK)
            status = take_rows(run, buffers, first, last, begin - (uint64_t)first * n_inner, drop);
        begin = stop - drop;
    }
    return status;
}

/* ---- A piece ------------------------------------------------------------------------------ */

enum { MIN_SHARED_ELEMENTS = 1 << 18 };

/* Any carry of the run if all have the same elements in a row and none is by group, else NULL. */
static const evex_carry *carries_alike(const evex_pass_run *run) {
    const evex_carry *first = NULL;
    for (uint32_t c = 0; c < run->stream->n_carries; c++) {
        const evex_carry *carry = &run->stream->carries[c];
        if (!evex_pass_has(run, carry, 0))
            continue;
        if (carry->sort != NULL)
            return NULL;
        if (first != NULL && (carry->n_inner != first->n_inner || carry->w != first->w))
            return NULL;
        first = carry;
    }
    return first;
}

static size_t n_workers_for(const evex_pass_run *run, const evex_carry *like, uint64_t n) {
    size_t most = evex_pool_size(run->pool);
    if (run->options->max_threads > 0 && run->options->max_threads < most)
        most = run->options->max_threads;
    uint64_t n_items;
    if (__builtin_mul_overflow(n, (uint64_t)like->w, &n_items))
        n_items = UINT64_MAX;
    return n_items >= MIN_SHARED_ELEMENTS || run->options->force_threads ? most : 1;
}

/* All carries have rows alike: whole leaves can be shared out. */
static evex_status take_alike(evex_pass_run *run, evex_arena *arena, evex_scratch *buffers,
                              const evex_carry *like) {
    const uint64_t n = (uint64_t)run->n_rows * like->n_inner;
    const uint64_t to_border = (EVEX_LEAF - like->next % EVEX_LEAF) % EVEX_LEAF;
    const uint64_t begin = to_border < n ? to_border : n, n_leaves = (n - begin) / EVEX_LEAF;
    const size_t n_workers = n_workers_for(run, like, n);
    if (n_workers < 2 || n_leaves < 2)
        return take_elements(run, buffers, 0, n, like->n_inner);
    evex_status status = take_elements(run, buffers, 0, begin, like->n_inner);
    if (status == EVEX_OK)
        status = evex_pass_share(run, arena, like, begin, n_leaves, n_workers);
    return status == EVEX_OK
               ? take_elements(run, buffers, begin + n_leaves * EVEX_LEAF, n, like->n_inner)
               : status;
}

static evex_status take_different(evex_pass_run *run, evex_scratch *buffers) {
    const int64_t step = rows_of_part(run);
    evex_status status = EVEX_OK;
    for (int64_t row = 0; row < run->n_rows && status == EVEX_OK; row += step) {
        const int64_t rest = run->n_rows - row;
        if ((status = evex_pass_may_go_on(run)) == EVEX_OK)
            status = take_rows(run, buffers, row, row + (rest < step ? rest : step), 0, 0);
    }
    return status;
}

static evex_status take_piece(evex_pass_run *run, evex_arena *arena) {
    const int64_t step = rows_of_part(run);
    const evex_carry *like = carries_alike(run);
    evex_scratch buffers;
    if (!evex_scratch_make(run, arena, step < run->n_rows ? step : run->n_rows, &buffers))
        return evex_fail_memory(run->error);
    if (like != NULL && like->w > 0 && like->n_inner > 0)
        return take_alike(run, arena, &buffers, like);
    return take_different(run, &buffers);
}

/* Constant reductions: evaluated once a pass, with its first piece. */
static evex_status take_constants(evex_pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    evex_scratch buffers;
    if (!evex_scratch_make(run, arena, -1, &buffers))
        return evex_fail_memory(run->error);
    evex_status status =
        run->is_direct ? EVEX_OK : evex_scratch_evaluate(run, &buffers, 0, 0, 1, 1, run->error);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++) {
        evex_carry *carry = &stream->carries[c];
        if (!evex_pass_has(run, carry, 1) || carry->next > 0)
            continue;
        status = evex_carry_add(stream, carry, evex_scratch_operands(run, carry, &buffers, 0),
                                carry->n_inner, run->error);
    }
    return status;
}

static int has_carries(const evex_stream *stream, int is_constant) {
    for (uint32_t c = 0; c < stream->n_carries; c++)
        if (stream->carries[c].pass == stream->pass &&
            stream->carries[c].is_constant == is_constant)
            return 1;
    return 0;
}

static int needs_constants(const evex_stream *stream) {
    for (uint32_t c = 0; c < stream->n_carries; c++)
        if (stream->carries[c].pass == stream->pass && stream->carries[c].is_constant &&
            !stream->carries[c].is_shaped)
            return 1;
    return 0;
}

/* ---- The calls ---------------------------------------------------------------------------- */

static evex_status run_constants(evex_pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    run->slice = &stream->constants[stream->pass];
    evex_status status = begin_run(run, arena, 1);
    if (status == EVEX_OK)
        status = take_constants(run, arena);
    for (uint32_t c = 0; c < stream->n_carries && status != EVEX_OK; c++)
        if (evex_pass_has(run, &stream->carries[c], 1))
            stream->carries[c].is_shaped = 0; /* the next piece tries again */
    return status;
}

/* Whether what the stream keeps by group is within the limit once it has the piece. */
static evex_status limit_groups(const evex_pass_run *run) {
    const evex_stream *stream = run->stream;
    const size_t limit = run->options->max_memory;
    size_t needed = 0;
    for (uint32_t c = 0; c < stream->n_carries; c++) {
        const evex_carry *carry = &stream->carries[c];
        const uint64_t n = (uint64_t)run->n_rows * carry->n_inner;
        if (carry->is_shaped &&
            __builtin_add_overflow(needed, evex_carry_group_bytes(carry, n), &needed))
            needed = SIZE_MAX;
    }
    if (limit == 0 || needed <= limit)
        return EVEX_OK;
    return evex_fail(run->error, EVEX_LIMIT_MEMORY, nowhere,
                     "the stream needs %zu bytes for its groups; the limit is %zu", needed, limit);
}

static evex_status run_carries(evex_pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    run->slice = &stream->operands[stream->pass];
    evex_status status = begin_run(run, arena, 0);
    if (status == EVEX_OK)
        status = limit_groups(run);
    if (status != EVEX_OK)
        return status;
    stream->is_broken = 1; /* until all carries have taken in the same */
    status = take_piece(run, arena);
    stream->is_broken = status != EVEX_OK;
    return status;
}

/* First what can fail because of the caller's arrays, so that a failure leaves the stream alone. */
static evex_status run_piece(evex_pass_run *run, const evex_array *inputs, evex_array *outputs,
                             evex_arena *arena) {
    evex_stream *stream = run->stream;
    evex_status status = EVEX_OK;
    if (!evex_piece_make(stream, arena, inputs, &run->whole))
        return evex_fail_memory(run->error);
    if (evex_stream_is_last_pass(stream) && stream->local.n_outputs > 0)
        status = evex_piece_evaluate(&stream->local, run->pool, &run->whole, outputs, run->options,
                                     arena, run->error);
    if (status == EVEX_OK && needs_constants(stream))
        status = run_constants(run, arena);
    if (status == EVEX_OK && has_carries(stream, 0))
        status = run_carries(run, arena);
    return status;
}

evex_status evex_stream_run(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                            evex_array *outputs, const evex_eval_options *options, int64_t n_rows,
                            evex_error *error) {
    evex_arena arena;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_pass_run run = {.stream = stream,
                         .pool = pool,
                         .options = options,
                         .error = error,
                         .n_rows = n_rows,
                         .last_poll_ns = evex_system_in_use()->now_ns(),
                         .fp_state = evex_fp_save()};
    evex_fp_default();
    const evex_status status = run_piece(&run, inputs, outputs, &arena);
    evex_fp_restore(run.fp_state);
    evex_arena_free(&arena);
    return status;
}
