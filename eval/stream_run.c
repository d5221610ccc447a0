/* SPDX-License-Identifier: MIT */
/*
 * A piece on its way through a pass of a stream. The operands of carried reductions are evaluated into
 * buffers, a part of the piece at a time so that they stay in cache, and taken in from there; where
 * they are an input as it lies in memory there is nothing to evaluate. Pieces with several whole leaves
 * are shared among workers: each makes the nodes of some leaves, which are then pushed in order.
 */
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/system.h"
#include "eval/fp_state.h"
#include "eval/pool.h"
#include "eval/stream.h"

static const evex_place nowhere = {0, 0};
static const _Alignas(16) char zeros[16];

/* ---- Arrays of a slice -------------------------------------------------------------------------- */

/* A piece, or rows of it, as the arrays that slices take. */
typedef struct {
    evex_array *arrays;  /* the program's inputs, then the carries' values */
    int64_t *first_dims; /* shapes whose axis 0 can be shortened, EVEX_MAX_DIMS an input */
} piece;

static int is_cut(const evex_stream *stream, uint32_t input) {
    return stream->max_ndim > 0 && stream->ndims[input] == stream->max_ndim;
}

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

static size_t item_bytes(const evex_array *array) {
    return array->dtype == EVEX_STR && array->str_form != EVEX_STR_VIEWS
               ? array->item_bytes
               : evex_dtype_size(array->dtype);
}

static evex_array value_array(const evex_carry *carry) {
    const evex_dtype dtype = (evex_dtype)carry->reducer->spec->out_dtype;
    if (carry->value == NULL)
        return evex_array_0d(dtype, zeros);
    return evex_array_nd(dtype, carry->value, carry->result.ndim, carry->result.shape);
}

static int make_piece(const evex_stream *stream, evex_arena *arena, const evex_array *inputs,
                      piece *whole) {
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

/* Bytes from one row to the next. */
static int64_t row_stride(const evex_array *array) {
    if (array->strides != NULL)
        return array->strides[0];
    int64_t stride = (int64_t)item_bytes(array);
    for (int32_t d = 1; d < array->ndim; d++)
        stride *= array->shape[d];
    return stride;
}

/* Rows [first, end) of a piece in `part`, which has the same number of arrays. */
static void cut_rows(const evex_stream *stream, const piece *whole, piece *part, int64_t first,
                     int64_t end) {
    const uint32_t n_inputs = stream->expr->program->n_inputs;
    for (uint32_t i = 0; i < n_inputs; i++) {
        if (!is_cut(stream, i))
            continue;
        part->arrays[i].data = (char *)whole->arrays[i].data + first * row_stride(&whole->arrays[i]);
        part->first_dims[(size_t)i * EVEX_MAX_DIMS] = end - first;
    }
}

/* ---- One evaluation of an operands slice -------------------------------------------------------- */

/* What a worker evaluates into. */
typedef struct {
    piece part;
    evex_array *outputs;          /* of the slice */
    int64_t (*dims)[EVEX_MAX_DIMS], (*strides)[EVEX_MAX_DIMS]; /* one an output */
    char **buffers;               /* one an output */
} scratch;

typedef struct {
    evex_stream *stream;
    evex_pool *pool;
    const evex_eval_options *options;
    evex_error *error;
    const evex_slice *slice;
    piece whole;
    int64_t n_rows;
    const evex_result *shapes; /* of the slice's outputs for the whole piece */
    int is_direct;             /* all operands are inputs as they lie in memory */
    uint64_t last_poll_ns;
    evex_fp_state fp_state; /* of the caller, for calls back into its code */
} pass_run;

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

/* Buffers for n_rows rows of the piece, or, n_rows being negative, for all there is. */
static int make_scratch(const pass_run *run, evex_arena *arena, int64_t n_rows, scratch *made) {
    const evex_stream *stream = run->stream;
    size_t n_outputs = 0;
    evex_expr_outputs(run->slice->expr, &n_outputs);
    made->outputs = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->outputs);
    made->dims = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->dims);
    made->strides = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->strides);
    made->buffers = evex_arena_push_array(arena, n_outputs + 1, sizeof *made->buffers);
    if (made->outputs == NULL || made->dims == NULL || made->strides == NULL ||
        made->buffers == NULL || !make_piece(stream, arena, run->whole.arrays, &made->part))
        return 0;
    for (size_t o = 0; o < n_outputs && !run->is_direct; o++) {
        const int64_t n = size_of(&run->shapes[o], n_rows);
        /* Elements start at multiples of their size within the arena's alignment of 16. */
        made->buffers[o] = evex_arena_push_array(arena, (size_t)n + 1,
                                                 evex_dtype_size(run->shapes[o].dtype));
        if (made->buffers[o] == NULL)
            return 0;
    }
    return 1;
}

/* Evaluates the slice over rows [first, end) of the piece into the buffers. */
static evex_status evaluate(const pass_run *run, scratch *into, int64_t first, int64_t end,
                            int is_constant, size_t n_threads, evex_error *error) {
    const evex_stream *stream = run->stream;
    size_t n_outputs = 0;
    evex_expr_outputs(run->slice->expr, &n_outputs);
    if (!is_constant)
        cut_rows(stream, &run->whole, &into->part, first, end);
    for (uint32_t g = 0; g < run->slice->n_operands; g++) {
        const evex_stream_operand *operand = &run->slice->operands[g];
        const int32_t outputs[] = {operand->value_output, operand->mask_output};
        for (int k = 0; k < 2; k++) {
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

/* The operand and mask of a carry for rows from `first` on, evaluated or in place. */
static void operands_of(const pass_run *run, const evex_carry *carry, const scratch *from,
                        int64_t first, evex_operand *value, evex_operand *mask) {
    const evex_stream_operand *operand = &run->slice->operands[carry->operand];
    *mask = (evex_operand){NULL, 0};
    if (run->is_direct) {
        const evex_array *array = &run->whole.arrays[operand->direct_input];
        const int64_t offset = carry->is_constant ? 0 : first * row_stride(array);
        *value = (evex_operand){(const char *)array->data + offset, 1};
        return;
    }
    *value = (evex_operand){from->buffers[operand->value_output], 1};
    if (operand->mask_output >= 0)
        *mask = (evex_operand){from->buffers[operand->mask_output], 1};
}

/* ---- In place ----------------------------------------------------------------------------------- */

static int is_c_contiguous(const evex_array *array) {
    int64_t expected = (int64_t)item_bytes(array);
    for (int32_t d = array->ndim - 1; d >= 0 && array->strides != NULL; d--) {
        if (array->shape[d] != 1 && array->strides[d] != expected)
            return 0;
        expected *= array->shape[d];
    }
    return 1;
}

static int can_be_direct(const piece *whole, const evex_stream_operand *operand) {
    if (operand->direct_input < 0)
        return 0;
    const evex_array *array = &whole->arrays[operand->direct_input];
    return !array->byte_swapped && (uintptr_t)array->data % evex_dtype_size(array->dtype) == 0 &&
           is_c_contiguous(array);
}

static int all_direct(const piece *whole, const evex_slice *slice) {
    for (uint32_t g = 0; g < slice->n_operands; g++)
        if (!can_be_direct(whole, &slice->operands[g]))
            return 0;
    return 1;
}

/* ---- Shapes ------------------------------------------------------------------------------------- */

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

static int find_shape(const pass_run *run, const evex_carry *carry, carry_shape *found) {
    const evex_result *shape =
        &run->shapes[run->slice->operands[carry->operand].value_output];
    const evex_reduction *spec = carry->reducer->spec;
    found->result.dtype = (evex_dtype)spec->out_dtype;
    found->result.ndim = 0;
    for (int32_t d = 0; d < shape->ndim; d++)
        if (!(carry->axes >> d & 1))
            found->result.shape[found->result.ndim++] = shape->shape[d];
        else if (spec->keepdims)
            found->result.shape[found->result.ndim++] = 1;
    return multiply(shape, carry->axes, carry->is_constant ? 0 : 1, 1, &found->n_inner) &&
           multiply(shape, carry->axes, 0, 0, &found->w) &&
           !__builtin_mul_overflow(carry->is_constant ? 0 : run->stream->first_row, found->n_inner,
                                   &found->first);
}

/* The first piece of a pass gives a carry its shape, the others must agree with it. */
static evex_status shape_carry(const pass_run *run, evex_carry *carry) {
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

static int is_of_run(const pass_run *run, const evex_carry *carry, int is_constant) {
    return carry->pass == run->stream->pass && carry->is_constant == is_constant;
}

static evex_status begin_run(pass_run *run, evex_arena *arena, int is_constant) {
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
        if (is_of_run(run, &stream->carries[c], is_constant))
            status = shape_carry(run, &stream->carries[c]);
    return status;
}

/* ---- Going on, or not --------------------------------------------------------------------------- */

static evex_status may_go_on(pass_run *run) {
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

/* ---- One after another -------------------------------------------------------------------------- */

enum {
    PART_ELEMENTS = 32 << 10,  /* of a buffer */
    DIRECT_ELEMENTS = 1 << 20, /* taken in from memory before asking whether to go on */
};

/* Rows that are taken in at a time. */
static int64_t rows_of_part(const pass_run *run) {
    uint64_t most = 1;
    for (uint32_t c = 0; c < run->stream->n_carries; c++) {
        const evex_carry *carry = &run->stream->carries[c];
        uint64_t n;
        if (!is_of_run(run, carry, 0))
            continue;
        if (__builtin_mul_overflow(carry->n_inner, (uint64_t)carry->w, &n))
            n = UINT64_MAX;
        most = n > most ? n : most;
    }
    const uint64_t n = run->is_direct ? DIRECT_ELEMENTS : PART_ELEMENTS;
    return most < n ? (int64_t)(n / most) : 1;
}

/* Takes rows [first, end) into all carries, but for the first `begin` and the last `drop` elements,
 * which only runs whose carries all have rows alike leave out. */
static evex_status take_rows(pass_run *run, scratch *buffers, int64_t first, int64_t end,
                             uint64_t begin, uint64_t drop) {
    evex_stream *stream = run->stream;
    evex_status status = EVEX_OK;
    if (!run->is_direct)
        status = evaluate(run, buffers, first, end, 0, run->options->max_threads, run->error);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++) {
        evex_carry *carry = &stream->carries[c];
        evex_operand value, mask;
        if (!is_of_run(run, carry, 0))
            continue;
        operands_of(run, carry, buffers, first, &value, &mask);
        const size_t n_skipped = (size_t)begin * carry->w;
        value.data = (const char *)value.data + n_skipped * evex_carry_item_bytes(carry);
        if (mask.data != NULL)
            mask.data = (const char *)mask.data + n_skipped;
        status = evex_carry_add(stream, carry, value, mask,
                                (uint64_t)(end - first) * carry->n_inner - begin - drop,
                                run->error);
    }
    return status;
}

/* Takes elements [begin, end), counted from the piece's first, each row having n_inner. */
static evex_status take_elements(pass_run *run, scratch *buffers, uint64_t begin, uint64_t end,
                                 uint64_t n_inner) {
    const int64_t step = rows_of_part(run);
    evex_status status = EVEX_OK;
    while (begin < end && status == EVEX_OK) {
        const int64_t first = (int64_t)(begin / n_inner);
        const int64_t rest = (int64_t)((end + n_inner - 1) / n_inner) - first;
        const int64_t last = first + (rest < step ? rest : step);
        const uint64_t stop = (uint64_t)last * n_inner;
        const uint64_t drop = stop > end ? stop - end : 0;
        if ((status = may_go_on(run)) == EVEX_OK)
            status = take_rows(run, buffers, first, last, begin - (uint64_t)first * n_inner, drop);
        begin = stop - drop;
    }
    return status;
}

/* ---- Several workers ---------------------------------------------------------------------------- */

/* Leaves that workers share: [0, n_leaves) from element `begin` of the piece on. */
typedef struct {
    pass_run *run;
    const evex_carry *like; /* any of the run's: all have the same rows */
    uint64_t begin, n_leaves, leaves_a_unit;
    evex_node **nodes; /* one a carry: w for each leaf */
    scratch *buffers;  /* one a worker */
    void **leaves;     /* one a worker */
    _Atomic uint64_t next;
    _Atomic int status;
    evex_error error; /* of the first that failed */
} shared_leaves;

static void make_nodes(const shared_leaves *all, const evex_carry *carry, evex_node *nodes,
                       const scratch *from, void *leaf, uint64_t begin, uint64_t n_leaves) {
    const pass_run *run = all->run;
    const size_t w = carry->w, size = evex_carry_item_bytes(carry);
    const int64_t first_row = (int64_t)(begin / carry->n_inner);
    size_t at = (size_t)(begin - (uint64_t)first_row * carry->n_inner) * w;
    evex_operand value, mask;
    operands_of(run, carry, from, first_row, &value, &mask);
    for (uint64_t i = 0; i < n_leaves; i++, at += EVEX_LEAF * w, nodes += w) {
        const evex_operand x = {(const char *)value.data + at * size, 1};
        const evex_operand included = {
            mask.data == NULL ? NULL : (const char *)mask.data + at, 1};
        evex_leaf_begin(carry->reducer, leaf, w);
        evex_leaf_add(carry->reducer, leaf, w, 0, x, included, EVEX_LEAF * w,
                      carry->next - all->begin + begin + i * EVEX_LEAF);
        evex_leaf_end(carry->reducer, leaf, w, nodes);
    }
}

static evex_status run_unit(shared_leaves *all, size_t number, uint64_t unit, evex_error *error) {
    pass_run *run = all->run;
    const uint64_t first = unit * all->leaves_a_unit;
    const uint64_t n = all->n_leaves - first < all->leaves_a_unit ? all->n_leaves - first
                                                                  : all->leaves_a_unit;
    const uint64_t begin = all->begin + first * EVEX_LEAF, end = begin + n * EVEX_LEAF;
    const uint64_t n_inner = all->like->n_inner;
    if (!run->is_direct) {
        const evex_status status =
            evaluate(run, &all->buffers[number], (int64_t)(begin / n_inner),
                     (int64_t)((end + n_inner - 1) / n_inner), 0, 1, error);
        if (status != EVEX_OK)
            return status;
    }
    for (uint32_t c = 0; c < run->stream->n_carries; c++)
        if (is_of_run(run, &run->stream->carries[c], 0))
            make_nodes(all, &run->stream->carries[c],
                       all->nodes[c] + (size_t)first * run->stream->carries[c].w,
                       &all->buffers[number], all->leaves[number], begin, n);
    return EVEX_OK;
}

static void work(void *argument, size_t number) {
    shared_leaves *all = argument;
    const uint64_t n_units = (all->n_leaves + all->leaves_a_unit - 1) / all->leaves_a_unit;
    while (atomic_load(&all->status) == EVEX_OK) {
        const uint64_t unit = atomic_fetch_add(&all->next, 1);
        if (unit >= n_units)
            return;
        evex_error error = EVEX_ERROR_INIT;
        evex_status status = number == 0 ? may_go_on(all->run) : EVEX_OK;
        if (status == EVEX_OK)
            status = run_unit(all, number, unit, &error);
        int none = EVEX_OK;
        if (status != EVEX_OK && atomic_compare_exchange_strong(&all->status, &none, (int)status))
            all->error = error;
    }
}

static int make_shared(shared_leaves *all, evex_arena *arena, size_t n_workers) {
    const pass_run *run = all->run;
    const evex_stream *stream = run->stream;
    const int64_t n_rows =
        (int64_t)(all->leaves_a_unit * EVEX_LEAF / all->like->n_inner) + 2;
    size_t leaf_bytes = 0;
    all->nodes = evex_arena_push_array(arena, stream->n_carries, sizeof *all->nodes);
    all->buffers = evex_arena_push_array(arena, n_workers, sizeof *all->buffers);
    all->leaves = evex_arena_push_array(arena, n_workers, sizeof *all->leaves);
    if (all->nodes == NULL || all->buffers == NULL || all->leaves == NULL)
        return 0;
    for (uint32_t c = 0; c < stream->n_carries; c++) {
        const evex_carry *carry = &stream->carries[c];
        if (!is_of_run(run, carry, 0))
            continue;
        const size_t n_bytes = evex_leaf_bytes(carry->reducer, carry->w);
        leaf_bytes = n_bytes > leaf_bytes ? n_bytes : leaf_bytes;
        all->nodes[c] = evex_arena_push_array(arena, (size_t)all->n_leaves * carry->w + 1,
                                              sizeof **all->nodes);
        if (all->nodes[c] == NULL)
            return 0;
    }
    for (size_t k = 0; k < n_workers; k++) {
        char *leaf = evex_arena_push(arena, leaf_bytes + EVEX_CACHE_LINE);
        if (leaf == NULL || !make_scratch(run, arena, n_rows, &all->buffers[k]))
            return 0;
        all->leaves[k] = leaf + (-(uintptr_t)leaf & (EVEX_CACHE_LINE - 1));
    }
    return 1;
}

static evex_status push_shared(const shared_leaves *all) {
    evex_stream *stream = all->run->stream;
    evex_status status = EVEX_OK;
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++)
        if (is_of_run(all->run, &stream->carries[c], 0))
            status = evex_carry_push(stream, &stream->carries[c], all->nodes[c], all->n_leaves,
                                     all->run->error);
    return status;
}

static evex_status share_leaves(pass_run *run, evex_arena *arena, const evex_carry *like,
                                uint64_t begin, uint64_t n_leaves, size_t n_workers) {
    const uint64_t wide = PART_ELEMENTS / EVEX_LEAF / like->w;
    const uint64_t tall = 4 * like->n_inner / EVEX_LEAF;
    shared_leaves all = {.run = run, .like = like, .begin = begin, .n_leaves = n_leaves,
                         .leaves_a_unit = (wide > tall ? wide : tall) + 1,
                         .error = EVEX_ERROR_INIT};
    atomic_init(&all.next, 0);
    atomic_init(&all.status, EVEX_OK);
    if (!make_shared(&all, arena, n_workers))
        return evex_fail_memory(run->error);
    evex_pool_run(run->pool, n_workers, work, &all);
    const evex_status status = (evex_status)atomic_load(&all.status);
    if (status == EVEX_OK)
        return push_shared(&all);
    if (run->error != NULL && run->error->status == EVEX_OK)
        *run->error = all.error;
    return status;
}

/* ---- A piece ------------------------------------------------------------------------------------ */

enum { MIN_SHARED_ELEMENTS = 1 << 18 };

/* Any carry of the run if all have the same elements in a row, else NULL. */
static const evex_carry *carries_alike(const pass_run *run) {
    const evex_carry *first = NULL;
    for (uint32_t c = 0; c < run->stream->n_carries; c++) {
        const evex_carry *carry = &run->stream->carries[c];
        if (!is_of_run(run, carry, 0))
            continue;
        if (first != NULL && (carry->n_inner != first->n_inner || carry->w != first->w))
            return NULL;
        first = carry;
    }
    return first;
}

static size_t n_workers_for(const pass_run *run, const evex_carry *like, uint64_t n) {
    size_t most = evex_pool_size(run->pool);
    if (run->options->max_threads > 0 && run->options->max_threads < most)
        most = run->options->max_threads;
    uint64_t n_items;
    if (__builtin_mul_overflow(n, (uint64_t)like->w, &n_items))
        n_items = UINT64_MAX;
    return n_items >= MIN_SHARED_ELEMENTS || run->options->force_threads ? most : 1;
}

/* All carries have rows alike: whole leaves can be shared out. */
static evex_status take_alike(pass_run *run, evex_arena *arena, scratch *buffers,
                              const evex_carry *like) {
    const uint64_t n = (uint64_t)run->n_rows * like->n_inner;
    const uint64_t to_border = (EVEX_LEAF - like->next % EVEX_LEAF) % EVEX_LEAF;
    const uint64_t begin = to_border < n ? to_border : n, n_leaves = (n - begin) / EVEX_LEAF;
    const size_t n_workers = n_workers_for(run, like, n);
    if (n_workers < 2 || n_leaves < 2)
        return take_elements(run, buffers, 0, n, like->n_inner);
    evex_status status = take_elements(run, buffers, 0, begin, like->n_inner);
    if (status == EVEX_OK)
        status = share_leaves(run, arena, like, begin, n_leaves, n_workers);
    return status == EVEX_OK
               ? take_elements(run, buffers, begin + n_leaves * EVEX_LEAF, n, like->n_inner)
               : status;
}

static evex_status take_different(pass_run *run, scratch *buffers) {
    const int64_t step = rows_of_part(run);
    evex_status status = EVEX_OK;
    for (int64_t row = 0; row < run->n_rows && status == EVEX_OK; row += step) {
        const int64_t rest = run->n_rows - row;
        if ((status = may_go_on(run)) == EVEX_OK)
            status = take_rows(run, buffers, row, row + (rest < step ? rest : step), 0, 0);
    }
    return status;
}

static evex_status take_piece(pass_run *run, evex_arena *arena) {
    const int64_t step = rows_of_part(run);
    const evex_carry *like = carries_alike(run);
    scratch buffers;
    if (!make_scratch(run, arena, step < run->n_rows ? step : run->n_rows, &buffers))
        return evex_fail_memory(run->error);
    if (like != NULL && like->w > 0 && like->n_inner > 0)
        return take_alike(run, arena, &buffers, like);
    return take_different(run, &buffers);
}

/* Constant reductions: evaluated once a pass, with its first piece. */
static evex_status take_constants(pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    scratch buffers;
    if (!make_scratch(run, arena, -1, &buffers))
        return evex_fail_memory(run->error);
    evex_status status = run->is_direct ? EVEX_OK : evaluate(run, &buffers, 0, 0, 1, 1, run->error);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK; c++) {
        evex_carry *carry = &stream->carries[c];
        if (!is_of_run(run, carry, 1) || carry->next > 0)
            continue;
        evex_operand value, mask;
        operands_of(run, carry, &buffers, 0, &value, &mask);
        status = evex_carry_add(stream, carry, value, mask, carry->n_inner, run->error);
    }
    return status;
}

static int has_carries(const evex_stream *stream, int is_constant) {
    for (uint32_t c = 0; c < stream->n_carries; c++)
        if (stream->carries[c].pass == stream->pass && stream->carries[c].is_constant == is_constant)
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

/* ---- Outputs ------------------------------------------------------------------------------------ */

typedef struct {
    const evex_slice *slice;
    const evex_eval_options *options;
} allocation;

/* The program's number for a slice's output. */
static void *allocate_output(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                             const int64_t *shape, int f_order) {
    const allocation *to = user;
    return to->options->alloc_output(to->options->alloc_user, to->slice->outputs[output], dtype, ndim,
                                     shape, f_order);
}

/* Evaluates a slice straight into the caller's outputs. */
static evex_status evaluate_outputs(const evex_stream *stream, const evex_slice *slice,
                                    evex_pool *pool, const piece *whole, evex_array *outputs,
                                    const evex_eval_options *options, evex_arena *arena,
                                    evex_error *error) {
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
        evex_eval(slice->expr, pool, whole->arrays,
                  stream->expr->program->n_inputs + stream->n_carries, chosen, slice->n_outputs,
                  &own, error);
    for (uint32_t k = 0; k < slice->n_outputs; k++) {
        outputs[slice->outputs[k]].data = chosen[k].data;
        outputs[slice->outputs[k]].dtype = chosen[k].dtype;
    }
    if (status != EVEX_OK && error != NULL && error->operand >= 0 &&
        (uint32_t)error->operand < slice->n_outputs)
        error->operand = (int32_t)slice->outputs[error->operand];
    return status;
}

/* ---- The calls ---------------------------------------------------------------------------------- */

static evex_status run_constants(pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    run->slice = &stream->constants[stream->pass];
    evex_status status = begin_run(run, arena, 1);
    if (status == EVEX_OK)
        status = take_constants(run, arena);
    for (uint32_t c = 0; c < stream->n_carries && status != EVEX_OK; c++)
        if (is_of_run(run, &stream->carries[c], 1))
            stream->carries[c].is_shaped = 0; /* the next piece tries again */
    return status;
}

static evex_status run_carries(pass_run *run, evex_arena *arena) {
    evex_stream *stream = run->stream;
    run->slice = &stream->operands[stream->pass];
    evex_status status = begin_run(run, arena, 0);
    if (status != EVEX_OK)
        return status;
    stream->is_broken = 1; /* until all carries have taken in the same */
    status = take_piece(run, arena);
    stream->is_broken = status != EVEX_OK;
    return status;
}

/* First what can fail because of the caller's arrays, so that a failure leaves the stream alone. */
static evex_status run_piece(pass_run *run, const evex_array *inputs, evex_array *outputs,
                             evex_arena *arena) {
    evex_stream *stream = run->stream;
    evex_status status = EVEX_OK;
    if (!make_piece(stream, arena, inputs, &run->whole))
        return evex_fail_memory(run->error);
    if (evex_stream_is_last_pass(stream) && stream->local.n_outputs > 0)
        status = evaluate_outputs(stream, &stream->local, run->pool, &run->whole, outputs,
                                  run->options, arena, run->error);
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
    pass_run run = {.stream = stream,
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

/* Weak inputs as the pieces gave them; the others are not read. */
static evex_array final_input(const evex_stream *stream, uint32_t i) {
    const evex_program_input *input = &evex_program_inputs(stream->expr->program)[i];
    if (input->kind != EVEX_WEAK)
        return evex_array_0d((evex_dtype)input->dtype, zeros);
    evex_array array = evex_array_0d((evex_dtype)stream->weak_dtypes[i], stream->weak[i]);
    array.is_weak = 1;
    return array;
}

evex_status evex_stream_run_final(evex_stream *stream, evex_array *outputs,
                                  const evex_eval_options *options, evex_error *error) {
    const uint32_t n_inputs = stream->expr->program->n_inputs;
    evex_arena arena;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_array *inputs = evex_arena_push_array(&arena, (size_t)n_inputs + 1, sizeof *inputs);
    piece whole;
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; inputs != NULL && i < n_inputs; i++)
        inputs[i] = final_input(stream, i);
    if (inputs == NULL || !make_piece(stream, &arena, inputs, &whole))
        status = evex_fail_memory(error);
    else if (stream->final.n_outputs > 0)
        status = evaluate_outputs(stream, &stream->final, NULL, &whole, outputs, options, &arena,
                                  error);
    evex_arena_free(&arena);
    return status;
}
