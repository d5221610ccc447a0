/* SPDX-License-Identifier: MIT */
/*
 * Evaluating slices of a stream's program over a piece: into buffers, from which carries take their
 * operands in, or into the caller's outputs; see stream.h and stream_run.h.
 */
#include "eval/stream_run.h"

#include <string.h>

#include "core/error.h"
#include "eval/bind.h"
#include "eval/nulls.h"

static const evex_place nowhere = {0, 0};
static const _Alignas(16) char zeros[16];

/* ---- Arrays of a slice -------------------------------------------------------------------- */

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

static evex_array value_array(const evex_carry *carry) {
    const evex_dtype dtype = (evex_dtype)carry->reducer->spec->out_dtype;
    if (carry->value == NULL)
        return evex_array_0d(dtype, zeros);
    return evex_array_nd(dtype, carry->value, carry->result.ndim, carry->result.shape);
}

int evex_piece_make(const evex_stream *stream, evex_arena *arena, const evex_array *inputs,
                    evex_piece *whole) {
    const uint32_t n_inputs = stream->expr->program->n_inputs;
    whole->arrays = evex_arena_push_array(arena, (size_t)n_inputs + stream->n_carries + 1,
                                          sizeof *whole->arrays);
    whole->first_dims = evex_arena_push_array(arena, (size_t)n_inputs * EVEX_MAX_DIMS + 1,
                                              sizeof *whole->first_dims);
    if (whole->arrays == NULL || whole->first_dims == NULL)
        return 0;
    for (uint32_t i = 0; i < n_inputs; i++) {
        int64_t *dims = whole->first_dims + (size_t)i * EVEX_MAX_DIMS;
        whole->arrays[i] = inputs[i];
        for (int32_t d = 0; d < inputs[i].ndim; d++)
            dims[d] = dims_of(&inputs[i])[d];
        whole->arrays[i].shape = dims;
    }
    for (uint32_t c = 0; c < stream->n_carries; c++)
        whole->arrays[n_inputs + c] = value_array(&stream->carries[c]);
    return 1;
}

int64_t evex_piece_row_stride(const evex_array *array) {
    if (array->strides != NULL)
        return array->strides[0];
    int64_t stride = (int64_t)evex_array_item_bytes(array);
    for (int32_t d = 1; d < array->ndim; d++)
        stride *= array->shape[d];
    return stride;
}

/* Rows [first, end) of a piece in `part`, which has the same number of arrays. */
static void cut_rows(const evex_stream *stream, const evex_piece *whole, evex_piece *part,
                     int64_t first, int64_t end) {
    const uint32_t n_inputs = stream->expr->program->n_inputs;
    for (uint32_t i = 0; i < n_inputs; i++) {
        if (!evex_stream_is_cut(stream, i))
            continue;
        part->arrays[i].data =
            (char *)whole->arrays[i].data + first * evex_piece_row_stride(&whole->arrays[i]);
        part->first_dims[(size_t)i * EVEX_MAX_DIMS] = end - first;
    }
}

/* ---- One evaluation of an operands slice -------------------------------------------------- */

/* Output o of the slice in memory order: reduced axes first, then kept ones. */
static void lay_out(const evex_result *shape, uint32_t axes, int64_t n_rows, int64_t *dims,
                    int64_t *strides) {
    int64_t stride = (int64_t)evex_dtype_size(shape->dtype);
    for (int32_t d = 0; d < shape->ndim; d++)
        dims[d] = d == 0 && n_rows >= 0 ? n_rows : shape->shape[d];
    for (int reduced = 0; reduced < 2; reduced++)
        for (int32_t d = shape->ndim - 1; d >= 0; d--)
            if ((int)(axes >> d & 1) == reduced) {
                strides[d] = stride;
                stride *= dims[d] > 0 ? dims[d] : 1;
            }
}

static int64_t size_of(const evex_result *shape, int64_t n_rows) {
    int64_t n = 1;
    for (int32_t d = 0; d < shape->ndim; d++)
        n *= d == 0 && n_rows >= 0 ? n_rows : shape->shape[d];
    return n;
}

int evex_scratch_make(const evex_pass_run *run, evex_arena *arena, int64_t n_rows,
                      evex_scratch *made) {
    const evex_stream *stream = run->stream;
    size_t n_outputs = 0;
    evex_expr_outputs(run->slice->expr, &n_outputs);
    made->outputs = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->outputs);
    made->dims = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->dims);
    made->strides = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->strides);
    made->buffers = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->buffers);
    if (made->outputs == NULL || made->dims == NULL || made->strides == NULL ||
        made->buffers == NULL || !evex_piece_make(stream, arena, run->whole.arrays, &made->part))
        return 0;
    for (size_t o = 0; o < n_outputs && !run->is_direct; o++) {
        const int64_t n = size_of(&run->shapes[o], n_rows);
        /* Elements start at multiples of their size within the arena's alignment of 16. */
        made->buffers[o] =
            evex_arena_push_array(arena, (size_t)n + 1, evex_dtype_size(run->shapes[o].dtype));
        if (made->buffers[o] == NULL)
            return 0;
    }
    return 1;
}

evex_status evex_scratch_evaluate(const evex_pass_run *run, evex_scratch *into, int64_t first,
                                  int64_t end, int is_constant, size_t n_threads,
                                  evex_error *error) {
    const evex_stream *stream = run->stream;
    size_t n_outputs = 0;
    evex_expr_outputs(run->slice->expr, &n_outputs);
    if (!is_constant)
        cut_rows(stream, &run->whole, &into->part, first, end);
    for (uint32_t g = 0; g < run->slice->n_operands; g++) {
        const evex_stream_operand *operand = &run->slice->operands[g];
        const int32_t outputs[] = {operand->value_output, operand->mask_output,
                                   operand->codes_output};
        for (int k = 0; k < 3; k++) {
            const int32_t o = outputs[k];
            if (o < 0)
                continue;
            lay_out(&run->shapes[o], operand->axes, is_constant ? -1 : end - first, into->dims[o],
                    into->strides[o]);
            into->outputs[o] = evex_array_nd(run->shapes[o].dtype, into->buffers[o],
                                             run->shapes[o].ndim, into->dims[o]);
            into->outputs[o].strides = into->strides[o];
        }
    }
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = n_threads;
    options.cancel = run->options->cancel;
    options.block_length = run->options->block_length;
    options.max_memory = run->options->max_memory;
    return evex_eval(run->slice->expr, run->pool, into->part.arrays,
                     stream->expr->program->n_inputs + stream->n_carries, into->outputs, n_outputs,
                     &options, error);
}

evex_stream_items evex_scratch_operands(const evex_pass_run *run, const evex_carry *carry,
                                        const evex_scratch *from, int64_t first) {
    const evex_stream_operand *operand = &run->slice->operands[carry->operand];
    evex_stream_items items = {{NULL, 1}, {NULL, 0}, NULL};
    if (run->is_direct) {
        const evex_array *array = &run->whole.arrays[operand->direct_input];
        const int64_t offset = carry->is_constant ? 0 : first * evex_piece_row_stride(array);
        items.value.data = (const char *)array->data + offset;
        return items;
    }
    items.value.data = from->buffers[operand->value_output];
    if (operand->mask_output >= 0)
        items.mask = (evex_operand){from->buffers[operand->mask_output], 1};
    if (operand->codes_output >= 0)
        items.codes = (const int64_t *)(const void *)from->buffers[operand->codes_output];
    return items;
}

/* ---- Outputs ------------------------------------------------------------------------------ */

typedef struct {
    const evex_slice *slice;
    const evex_eval_options *options;
} allocation;

/* The program's number for a slice's output. */
static void *allocate_output(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                             const int64_t *shape, int f_order) {
    const allocation *to = user;
    return to->options->alloc_output(to->options->alloc_user, to->slice->outputs[output], dtype,
                                     ndim, shape, f_order);
}

evex_status evex_piece_evaluate(const evex_slice *slice, evex_pool *pool, const evex_piece *whole,
                                evex_array *outputs, const evex_eval_options *options,
                                evex_arena *arena, evex_error *error) {
    evex_array *chosen = evex_arena_push_array(arena, (size_t)slice->n_outputs + 1, sizeof *chosen);
    if (chosen == NULL)
        return evex_fail_memory(error);
    if (outputs == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "outputs is NULL");
    for (uint32_t k = 0; k < slice->n_outputs; k++)
        chosen[k] = outputs[slice->outputs[k]];
    allocation to = {slice, options};
    evex_eval_options own = *options;
    own.alloc_output = options->alloc_output != NULL ? allocate_output : NULL;
    own.alloc_user = &to;
    const evex_status status =
        evex_eval_whole(slice->expr, pool, whole->arrays, chosen, &own, error);
    for (uint32_t k = 0; k < slice->n_outputs; k++) {
        outputs[slice->outputs[k]].data = chosen[k].data;
        outputs[slice->outputs[k]].dtype = chosen[k].dtype;
    }
    if (status != EVEX_OK && error != NULL && error->operand >= 0 &&
        (uint32_t)error->operand < slice->n_outputs)
        error->operand = (int32_t)slice->outputs[error->operand];
    return status;
}

/* Weak inputs as the pieces gave them; the others are not read. */
static evex_array final_input(const evex_stream *stream, uint32_t i) {
    const evex_program_input *input = &evex_program_inputs(stream->expr->program)[i];
    if (input->kind != EVEX_WEAK)
        return evex_array_0d((evex_dtype)input->dtype, zeros);
    return evex_array_0d((evex_dtype)stream->weak_dtypes[i], stream->weak[i]);
}

/* The piece of a slice that reads no array. */
static evex_status make_final(const evex_stream *stream, evex_arena *arena, evex_piece *whole,
                              evex_error *error) {
    const uint32_t n_inputs = stream->expr->program->n_inputs;
    evex_array *inputs = evex_arena_push_array(arena, (size_t)n_inputs + 1, sizeof *inputs);
    for (uint32_t i = 0; inputs != NULL && i < n_inputs; i++)
        inputs[i] = final_input(stream, i);
    if (inputs == NULL || !evex_piece_make(stream, arena, inputs, whole))
        return evex_fail_memory(error);
    return EVEX_OK;
}

evex_status evex_stream_run_scalars(evex_stream *stream, const evex_slice *slice,
                                    evex_array *outputs, evex_error *error) {
    evex_arena arena;
    evex_piece whole;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = 1;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_status status = make_final(stream, &arena, &whole, error);
    if (status == EVEX_OK)
        status = evex_eval(slice->expr, NULL, whole.arrays,
                           stream->expr->program->n_inputs + stream->n_carries, outputs,
                           slice->n_outputs, &options, error);
    evex_arena_free(&arena);
    return status;
}

evex_status evex_stream_run_final(evex_stream *stream, evex_array *outputs,
                                  const evex_eval_options *options, evex_error *error) {
    evex_arena arena;
    evex_piece whole;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_status status = make_final(stream, &arena, &whole, error);
    if (status == EVEX_OK && stream->final.n_outputs > 0)
        status = evex_piece_evaluate(&stream->final, NULL, &whole, outputs, options, &arena, error);
    evex_arena_free(&arena);
    return status;
}
