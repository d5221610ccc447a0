/* SPDX-License-Identifier: MIT */
/*
 * The public calls on streams: they check order and shapes and leave the work to stream_run.c,
 * stream_carry.c and stream_save.c; see stream.h.
 */
#include "eval/stream.h"

#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "eval/fp_state.h"
#include "eval/nulls.h"

static const evex_place nowhere = {0, 0};

/* ---- Life --------------------------------------------------------------------------------- */

/* Numbers the stages that read arrays: each wants the whole data once. 0: out of memory. */
static int number_passes(evex_stream *stream) {
    const evex_program *program = stream->expr->program;
    const int is_grouped = evex_stream_is_grouped(stream);
    uint8_t *reads_rows = NULL;
    if (is_grouped && !evex_stream_find_rows(program, &stream->arena, &reads_rows))
        return 0;
    for (uint32_t s = 0; s < program->n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(program)[s];
        const int reads =
            is_grouped ? reads_rows[s] : stage->n_insns > 0 || stage->n_reductions > 0;
        stream->pass_of_stage[s] = reads ? stream->n_passes++ : UINT32_MAX;
    }
    if (stream->n_passes == 0)
        stream->n_passes = 1;
    return 1;
}

static evex_status create(evex_stream **stream, const evex_expr *expr, uint64_t first_row,
                          evex_error *error) {
    if (stream == NULL || expr == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "stream or expr is NULL");
    evex_stream *made = evex_allocate(&expr->allocator, sizeof *made);
    if (made == NULL)
        return evex_fail_memory(error);
    *made = (evex_stream){
        .expr = expr, .allocator = expr->allocator, .first_row = first_row, .next_row = first_row};
    evex_arena *arena = &made->arena;
    evex_arena_init(arena, &made->allocator, NULL, 0);
    const size_t n_inputs = (size_t)expr->program->n_inputs + 1;
    made->pass_of_stage = evex_arena_push_array(arena, (size_t)expr->program->n_stages + 1,
                                                sizeof *made->pass_of_stage);
    made->ndims = evex_arena_push_array(arena, n_inputs, sizeof *made->ndims);
    made->inner = evex_arena_push_array(arena, n_inputs, sizeof *made->inner);
    made->weak = evex_arena_push_array(arena, n_inputs, sizeof *made->weak);
    made->weak_dtypes = evex_arena_push_array(arena, n_inputs, sizeof *made->weak_dtypes);
    *stream = made;
    if (made->pass_of_stage == NULL || made->ndims == NULL || made->inner == NULL ||
        made->weak == NULL || made->weak_dtypes == NULL || !number_passes(made)) {
        evex_stream_free(stream);
        return evex_fail_memory(error);
    }
    return EVEX_OK;
}

evex_status evex_stream_create(evex_stream **stream, const evex_expr *expr, uint64_t first_index,
                               evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    if (stream != NULL)
        *stream = NULL;
    return evex_report(error, &fresh, create(stream, expr, first_index, &fresh));
}

void evex_stream_free(evex_stream **stream) {
    if (stream == NULL || *stream == NULL)
        return;
    evex_stream *dead = *stream;
    *stream = NULL;
    const evex_allocator allocator = dead->allocator;
    evex_stream_unplan(dead);
    evex_arena_free(&dead->arena);
    evex_free(&allocator, dead);
}

size_t evex_stream_passes(const evex_stream *stream) {
    return stream != NULL ? stream->n_passes : 0;
}

/* ---- Checks ------------------------------------------------------------------------------- */

static evex_status check_usable(const evex_stream *stream, evex_error *error) {
    if (stream == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "stream is NULL");
    if (stream->is_broken)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "a failed update has left the stream without part of its piece");
    return EVEX_OK;
}

static evex_status check_open(const evex_stream *stream, evex_error *error) {
    const evex_status status = check_usable(stream, error);
    if (status != EVEX_OK || !stream->is_closed)
        return status;
    return evex_fail(error, EVEX_BAD_STATE, nowhere,
                     "the stream has been finished or merged into another");
}

static evex_status fail_input(evex_error *error, evex_status status, uint32_t input,
                              const char *what) {
    evex_fail(error, status, nowhere, "input %d of the piece %s", (int)input, what);
    if (error != NULL)
        error->operand = (int32_t)input;
    return status;
}

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

static evex_status check_array(const evex_stream *stream, const evex_array *array, uint32_t input,
                               evex_error *error) {
    if (array->ndim < 0 || array->ndim > EVEX_MAX_DIMS)
        return fail_input(error, EVEX_LIMIT_DIMS, input, "has an impossible number of dimensions");
    if (array->ndim > 1 && array->shape == NULL)
        return fail_input(error, EVEX_INVALID_ARGUMENT, input, "has no shape");
    if (array->dtype != (evex_dtype)evex_program_inputs(stream->expr->program)[input].dtype)
        return fail_input(error, EVEX_BAD_TYPE, input, "has another type than its variable");
    if (stream->is_planned && array->ndim != stream->ndims[input])
        return fail_input(error, EVEX_BAD_SHAPE, input,
                          "has another number of dimensions than before");
    return EVEX_OK;
}

/* Dimensions that must be the same in all pieces: from `first` on. */
static evex_status check_inner(const evex_stream *stream, const evex_array *array, uint32_t input,
                               evex_error *error) {
    const int32_t first = evex_stream_is_cut(stream, input);
    if (stream->is_shaped && array->ndim > first &&
        memcmp(stream->inner[input] + first, dims_of(array) + first,
               (size_t)(array->ndim - first) * sizeof(int64_t)) != 0)
        return fail_input(error, EVEX_BAD_SHAPE, input, "has rows of another shape than before");
    return EVEX_OK;
}

static int is_f_order(const evex_array *array) {
    const int64_t *dims = dims_of(array);
    int64_t expected = array->ndim > 0 ? array->strides[0] : 0;
    for (int32_t d = 0; d < array->ndim; d++) {
        if (dims[d] > 1 && array->strides[d] != expected)
            return 0;
        if (__builtin_mul_overflow(expected, dims[d], &expected))
            return 0;
    }
    return 1;
}

/* Elements of arrays that all are in Fortran order are numbered in that order (NUMERICS.md), which
 * cannot be had piece by piece along axis 0. */
static evex_status check_order(const evex_stream *stream, const evex_array *inputs,
                               evex_error *error) {
    int n_long = 0, all = 1;
    for (uint32_t i = 0; i < stream->expr->program->n_inputs; i++) {
        int n_dims = 0;
        for (int32_t d = 0; d < inputs[i].ndim; d++)
            n_dims += dims_of(&inputs[i])[d] > 1;
        if (n_dims < 2)
            continue;
        n_long++;
        all &= inputs[i].strides != NULL && is_f_order(&inputs[i]);
    }
    if (n_long == 0 || !all)
        return EVEX_OK;
    evex_fail(error, EVEX_UNSUPPORTED, nowhere,
              "pieces in Fortran order cannot be streamed along axis 0");
    evex_hint(error, "pass the pieces in C order");
    return EVEX_UNSUPPORTED;
}

/* The rows of the piece: the length of axis 0, which all inputs that come in pieces share. */
static evex_status count_rows(const evex_stream *stream, const evex_array *inputs, int64_t *n_rows,
                              evex_error *error) {
    *n_rows = -1;
    if (stream->max_ndim == 0)
        return evex_fail(error, EVEX_BAD_SHAPE, nowhere,
                         "a stream needs an input of at least one dimension");
    for (uint32_t i = 0; i < stream->expr->program->n_inputs; i++) {
        if (!evex_stream_is_cut(stream, i))
            continue;
        const int64_t n = dims_of(&inputs[i])[0];
        if (n < 0)
            return fail_input(error, EVEX_BAD_SHAPE, i, "has a negative dimension");
        if (*n_rows >= 0 && n != *n_rows)
            return fail_input(error, EVEX_BAD_SHAPE, i,
                              "has another length along axis 0 than those before it");
        *n_rows = n;
    }
    uint64_t end;
    if (__builtin_add_overflow(stream->next_row, (uint64_t)*n_rows, &end) ||
        (stream->pass > 0 && end - stream->first_row > stream->n_rows))
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "this pass has more rows than the first had");
    return EVEX_OK;
}

/* ---- Taking pieces in --------------------------------------------------------------------- */

/* inputs NULL, no piece has come: what is not a Python-like scalar is taken to have one dimension.
 */
static evex_status plan_for(evex_stream *stream, const evex_array *inputs, evex_error *error) {
    if (stream->is_planned)
        return EVEX_OK;
    const evex_program *program = stream->expr->program;
    for (uint32_t i = 0; i < program->n_inputs; i++)
        stream->ndims[i] =
            inputs != NULL ? inputs[i].ndim : evex_program_inputs(program)[i].kind != EVEX_WEAK;
    return evex_stream_plan(stream, error);
}

static evex_status check_piece(evex_stream *stream, const evex_array *inputs, size_t n_inputs,
                               int64_t *n_rows, evex_error *error) {
    const evex_expr *expr = stream->expr;
    if (n_inputs != expr->n_own_inputs || (inputs == NULL && n_inputs > 0))
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression has %d inputs, but %zu arrays were given",
                         (int)expr->n_own_inputs, n_inputs);
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < expr->program->n_inputs && status == EVEX_OK; i++)
        status = check_array(stream, &inputs[i], i, error);
    if (status == EVEX_OK)
        status = plan_for(stream, inputs, error);
    for (uint32_t i = 0; i < expr->program->n_inputs && status == EVEX_OK; i++)
        status = check_inner(stream, &inputs[i], i, error);
    if (status == EVEX_OK)
        status = check_order(stream, inputs, error);
    return status == EVEX_OK ? count_rows(stream, inputs, n_rows, error) : status;
}

/* What later pieces are compared with, and scalars that the results need at the end. */
static void remember(evex_stream *stream, const evex_array *inputs, int64_t n_groups) {
    if (evex_stream_is_grouped(stream))
        stream->n_groups = n_groups;
    for (uint32_t i = 0; i < stream->expr->program->n_inputs && !stream->is_shaped; i++) {
        for (int32_t d = 0; d < inputs[i].ndim; d++)
            stream->inner[i][d] = dims_of(&inputs[i])[d];
        if (evex_program_inputs(stream->expr->program)[i].kind != EVEX_WEAK)
            continue;
        const size_t size = evex_dtype_size(inputs[i].dtype);
        const char *bytes = inputs[i].data;
        for (size_t k = 0; k < size; k++)
            stream->weak[i][k] = bytes[inputs[i].byte_swapped ? size - 1 - k : k];
        stream->weak_dtypes[i] = (uint8_t)inputs[i].dtype;
    }
    stream->is_shaped = 1;
}

static evex_status fail_options(evex_error *error) {
    return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                     "the options are not initialised by EVEX_EVAL_OPTIONS_INIT");
}

/* With arrays for all of the program's inputs and, in the last pass, outputs. */
static evex_status update(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                          size_t n_inputs, evex_array *outputs, size_t n_outputs,
                          const evex_eval_options *options, evex_error *error) {
    int64_t n_rows = 0;
    evex_status status = options != NULL ? check_open(stream, error) : fail_options(error);
    if (status == EVEX_OK)
        status = check_piece(stream, inputs, n_inputs, &n_rows, error);
    if (status != EVEX_OK)
        return status;
    if (evex_stream_is_last_pass(stream) && stream->local.n_outputs > 0 &&
        n_outputs != stream->expr->n_own_outputs)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression has %d outputs, but %zu arrays were given",
                         (int)stream->expr->n_own_outputs, n_outputs);
    status = evex_stream_run(stream, pool, inputs, outputs, options, n_rows, error);
    if (status != EVEX_OK)
        return status;
    remember(stream, inputs, options->n_groups);
    stream->next_row += (uint64_t)n_rows;
    return evex_stream_check_guards(stream, EVEX_AFTER_PIECE, error);
}

/* What a call is given, for all of the program's inputs and outputs; freed with the arena. */
typedef struct {
    evex_arena arena;
    const evex_array *inputs;
    evex_array *outputs;
    evex_nulls_options options;
    const evex_eval_options *in_use;
} whole_call;

static evex_status widen_call(const evex_expr *expr, whole_call *call, size_t n_inputs,
                              size_t n_outputs, const evex_eval_options *options,
                              evex_error *error) {
    evex_status status = EVEX_OK;
    evex_arena_init(&call->arena, &expr->allocator, NULL, 0);
    call->in_use = options;
    if (n_inputs == expr->n_own_inputs)
        status = evex_nulls_widen_inputs(expr, &call->arena, &call->inputs, 1, error);
    if (status == EVEX_OK && n_outputs == expr->n_own_outputs)
        status = evex_nulls_widen_outputs(expr, &call->arena, &call->outputs, error);
    if (status == EVEX_OK && options != NULL)
        call->in_use = evex_nulls_widen_options(&call->options, expr, options);
    return status;
}

/* With the codes of the groups behind the listed inputs. */
static evex_status update_grouped(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                                  size_t n_inputs, evex_array *outputs, size_t n_outputs,
                                  const evex_eval_options *options, evex_error *error) {
    if (stream == NULL || !evex_stream_is_grouped(stream) || options == NULL ||
        n_inputs != stream->expr->n_own_inputs || (inputs == NULL && n_inputs > 0))
        return update(stream, pool, inputs, n_inputs, outputs, n_outputs, options, error);
    const uint32_t n = stream->expr->n_inputs;
    evex_arena arena;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_array *all = evex_arena_push_array(&arena, (size_t)n + 1, sizeof *all);
    evex_status status = all != NULL ? EVEX_OK : evex_fail_memory(error);
    if (status == EVEX_OK)
        status = evex_stream_codes(stream, &arena, options, &all[n], error);
    if (status == EVEX_OK && n > 0)
        memcpy(all, inputs, n * sizeof *all);
    if (status == EVEX_OK)
        status = update(stream, pool, all, n_inputs, outputs, n_outputs, options, error);
    evex_arena_free(&arena);
    return status;
}

static evex_status update_nullable(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                                   size_t n_inputs, evex_array *outputs, size_t n_outputs,
                                   const evex_eval_options *options, evex_error *error) {
    if (stream == NULL || !evex_has_nulls(stream->expr))
        return update_grouped(stream, pool, inputs, n_inputs, outputs, n_outputs, options, error);
    const int is_last = evex_stream_is_last_pass(stream);
    whole_call call = {.inputs = inputs, .outputs = is_last ? outputs : NULL};
    evex_status status = widen_call(stream->expr, &call, n_inputs, n_outputs, options, error);
    if (status == EVEX_OK)
        status = update_grouped(stream, pool, call.inputs, n_inputs, call.outputs, n_outputs,
                                call.in_use, error);
    if (is_last && n_outputs == stream->expr->n_own_outputs)
        evex_nulls_take_back(stream->expr, call.outputs, outputs);
    evex_arena_free(&call.arena);
    return status;
}

evex_status evex_stream_update(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                               size_t n_inputs, evex_array *outputs, size_t n_outputs,
                               const evex_eval_options *options, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    evex_eval_options room;
    options = evex_known_eval_options(options, &room);
    return evex_report(
        error, &fresh,
        update_nullable(stream, pool, inputs, n_inputs, outputs, n_outputs, options, &fresh));
}

/* ---- Ending a pass ------------------------------------------------------------------------ */

static uint32_t all_axes(int32_t ndim) {
    return ndim == 0 ? 0 : UINT32_MAX >> (32 - ndim);
}

/* Nothing has come: a result that is one value needs no shape. */
static evex_status shape_of_nothing(const evex_stream *stream, evex_carry *carry,
                                    evex_error *error) {
    if (carry->is_shaped)
        return EVEX_OK;
    if (carry->sort != NULL)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "no piece has come, so the number of groups is not known");
    if (carry->is_constant || carry->axes != all_axes(carry->ndim) || stream->next_row > 0)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "no piece has come, so the shape of a result is not known");
    const evex_reduction *spec = carry->reducer->spec;
    carry->w = 1;
    carry->n_inner = 1;
    carry->result.dtype = (evex_dtype)spec->out_dtype;
    carry->result.ndim = spec->keepdims ? carry->ndim : 0;
    for (int32_t d = 0; d < carry->result.ndim; d++)
        carry->result.shape[d] = 1;
    evex_carry_begin(carry, 0);
    carry->is_shaped = 1;
    return EVEX_OK;
}

static evex_status finish_carries(evex_stream *stream, evex_error *error) {
    evex_status status = EVEX_OK;
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++) {
        evex_carry *carry = &stream->carries[c];
        if (carry->pass != stream->pass)
            continue;
        status = shape_of_nothing(stream, carry, error);
        if (status == EVEX_OK)
            status = evex_carry_finish(stream, carry, error);
    }
    return status;
}

static evex_status end_pass(evex_stream *stream, evex_error *error) {
    if (stream->first_row != 0)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "the stream does not begin at the first element: merge it into the one "
                         "before it");
    if (stream->pass > 0 && stream->next_row != stream->n_rows)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "this pass has fewer rows than the first had");
    evex_status status = plan_for(stream, NULL, error);
    if (status == EVEX_OK)
        status = evex_stream_check_guards(stream, EVEX_BEFORE_END, error);
    if (status != EVEX_OK)
        return status;
    const evex_fp_state fp_state = evex_fp_save();
    evex_fp_default();
    status = finish_carries(stream, error);
    evex_fp_restore(fp_state);
    return status == EVEX_OK ? evex_stream_check_guards(stream, EVEX_AFTER_PASS, error) : status;
}

static evex_status next_pass(evex_stream *stream, evex_error *error) {
    evex_status status = check_open(stream, error);
    if (status != EVEX_OK)
        return status;
    if (evex_stream_is_last_pass(stream))
        return evex_fail(error, EVEX_BAD_STATE, nowhere, "this is the last pass");
    if ((status = end_pass(stream, error)) != EVEX_OK) {
        stream->is_broken |= status == EVEX_NO_MEMORY;
        return status;
    }
    if (stream->pass == 0)
        stream->n_rows = stream->next_row;
    stream->pass++;
    stream->next_row = 0;
    return EVEX_OK;
}

evex_status evex_stream_next_pass(evex_stream *stream, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    return evex_report(error, &fresh, next_pass(stream, &fresh));
}

static int needs_weak_inputs(const evex_stream *stream) {
    for (uint32_t i = 0; i < stream->expr->program->n_inputs; i++)
        if (evex_program_inputs(stream->expr->program)[i].kind == EVEX_WEAK)
            return stream->final.n_outputs > 0;
    return 0;
}

static evex_status finish(evex_stream *stream, evex_array *outputs, size_t n_outputs,
                          const evex_eval_options *options, evex_error *error) {
    evex_status status = options != NULL ? check_usable(stream, error) : fail_options(error);
    if (status != EVEX_OK)
        return status;
    if (!evex_stream_is_last_pass(stream))
        return evex_fail(error, EVEX_BAD_STATE, nowhere, "there are passes to come");
    if (n_outputs != stream->expr->n_own_outputs)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression has %d outputs, but %zu arrays were given",
                         (int)stream->expr->n_own_outputs, n_outputs);
    if ((status = end_pass(stream, error)) != EVEX_OK)
        return status;
    stream->is_closed = 1;
    if (!stream->is_shaped && needs_weak_inputs(stream))
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "no piece has come, so the value of a scalar is not known");
    return evex_stream_run_final(stream, outputs, options, error);
}

static evex_status finish_nullable(evex_stream *stream, evex_array *outputs, size_t n_outputs,
                                   const evex_eval_options *options, evex_error *error) {
    if (stream == NULL || !evex_has_nulls(stream->expr))
        return finish(stream, outputs, n_outputs, options, error);
    whole_call call = {.outputs = outputs};
    evex_status status = widen_call(stream->expr, &call, 0, n_outputs, options, error);
    if (status == EVEX_OK)
        status = finish(stream, call.outputs, n_outputs, call.in_use, error);
    if (n_outputs == stream->expr->n_own_outputs)
        evex_nulls_take_back(stream->expr, call.outputs, outputs);
    evex_arena_free(&call.arena);
    return status;
}

evex_status evex_stream_finish(evex_stream *stream, evex_array *outputs, size_t n_outputs,
                               const evex_eval_options *options, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    evex_eval_options room;
    options = evex_known_eval_options(options, &room);
    return evex_report(error, &fresh, finish_nullable(stream, outputs, n_outputs, options, &fresh));
}

/* ---- Merging ------------------------------------------------------------------------------ */

static int is_same_program(const evex_stream *a, const evex_stream *b) {
    const evex_program *p = a->expr->program, *q = b->expr->program;
    return p == q || (p->total_bytes == q->total_bytes && memcmp(p, q, p->total_bytes) == 0);
}

static int is_same_memory(const evex_stream *a, const evex_stream *b) {
    return a->allocator.allocate == b->allocator.allocate &&
           a->allocator.free == b->allocator.free && a->allocator.user == b->allocator.user;
}

static evex_status check_merge(const evex_stream *left, const evex_stream *right,
                               evex_error *error) {
    evex_status status = check_open(left, error);
    if (status == EVEX_OK)
        status = check_open(right, error);
    if (status != EVEX_OK)
        return status;
    if (left == right || !is_same_program(left, right) || !is_same_memory(left, right))
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the streams are not two of one program and allocator");
    if (left->pass != right->pass || left->next_row != right->first_row)
        return evex_fail(error, EVEX_BAD_STATE, nowhere, "the streams do not follow each other");
    if (left->is_planned && right->is_planned &&
        memcmp(left->ndims, right->ndims, left->expr->program->n_inputs * sizeof *left->ndims) != 0)
        return evex_fail(error, EVEX_BAD_SHAPE, nowhere,
                         "the streams' pieces have different numbers of dimensions");
    if (left->is_shaped && right->is_shaped && left->n_groups != right->n_groups)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the streams have different numbers of groups");
    return EVEX_OK;
}

static evex_status check_inner_alike(const evex_stream *left, const evex_stream *right,
                                     evex_error *error) {
    for (uint32_t i = 0; left->is_shaped && right->is_shaped && i < left->expr->program->n_inputs;
         i++) {
        const int32_t first = evex_stream_is_cut(left, i);
        if (left->ndims[i] > first &&
            memcmp(left->inner[i] + first, right->inner[i] + first,
                   (size_t)(left->ndims[i] - first) * sizeof(int64_t)) != 0)
            return fail_input(error, EVEX_BAD_SHAPE, i, "has other rows in one stream");
    }
    return EVEX_OK;
}

/* All checks, and all memory, before anything changes. */
static evex_status prepare_merge(evex_stream *left, const evex_stream *right, evex_error *error) {
    evex_status status = check_inner_alike(left, right, error);
    if (status == EVEX_OK && !left->is_planned) {
        memcpy(left->ndims, right->ndims, left->expr->program->n_inputs * sizeof *left->ndims);
        status = evex_stream_plan(left, error);
    }
    for (uint32_t c = 0; c < left->n_carries && status == EVEX_OK; c++) {
        evex_carry *to = &left->carries[c];
        const evex_carry *from = &right->carries[c];
        if (to->pass != left->pass)
            continue;
        status = evex_carry_check_append(to, from, error);
        if (status == EVEX_OK && to->is_shaped && from->is_shaped)
            status = evex_carry_reserve_for(left, to, from->next - from->first, error);
    }
    return status;
}

static void copy_inputs(evex_stream *left, const evex_stream *right) {
    const size_t n = left->expr->program->n_inputs;
    if (left->is_shaped || !right->is_shaped)
        return;
    memcpy(left->inner, right->inner, n * sizeof *left->inner);
    memcpy(left->weak, right->weak, n * sizeof *left->weak);
    memcpy(left->weak_dtypes, right->weak_dtypes, n);
    left->n_groups = right->n_groups;
    left->is_shaped = 1;
}

static evex_status merge(evex_stream *left, evex_stream *right, evex_error *error) {
    evex_status status = check_merge(left, right, error);
    if (status == EVEX_OK && right->is_planned)
        status = prepare_merge(left, right, error);
    if (status != EVEX_OK)
        return status;
    const evex_fp_state fp_state = evex_fp_save();
    evex_fp_default();
    for (uint32_t c = 0; right->is_planned && c < left->n_carries; c++)
        if (left->carries[c].pass == left->pass)
            evex_carry_append(left, &left->carries[c], &right->carries[c], error);
    evex_fp_restore(fp_state);
    copy_inputs(left, right);
    left->next_row = right->next_row;
    right->is_closed = 1;
    return EVEX_OK;
}

evex_status evex_stream_merge(evex_stream *left, evex_stream *right, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    return evex_report(error, &fresh, merge(left, right, &fresh));
}
