/* SPDX-License-Identifier: MIT */
/*
 * Plans that are used again; see prepared.h. One is kept only where nothing in it can differ the
 * next time: one worker a pass, no memory beside the arrays, no strings, and outputs that lie apart
 * from everything, which is asked anew with each call.
 */
#include "eval/prepared.h"

#include <string.h>

#include "core/dtype.h"
#include "eval/nulls.h"
#include "eval/pool.h"

enum {
    MAX_ARRAYS = 24, /* inputs and outputs */
    ARENA_BYTES = 8 << 10,
    ALIGNMENT = 16 /* the address modulo this is part of what is compared */
};

/* The bytes that an array reaches over, from its first element. */
typedef struct {
    int64_t low, high;
} extent;

struct evex_prepared {
    evex_arena arena;
    evex_binding binding;
    uint32_t n_inputs, n_arrays;
    evex_array arrays[MAX_ARRAYS]; /* inputs, then outputs */
    extent extents[MAX_ARRAYS];
    size_t max_threads, block_length;
    int is_ready;
    _Alignas(16) char buffer[ARENA_BYTES];
};

/* ---- The slot ------------------------------------------------------------------------------- */

/* The expression is immutable but for its slots. */
static evex_prepared_slot *slot_of(const evex_expr *expr) {
    return (evex_prepared_slot *)(uintptr_t)&expr->prepared;
}

evex_prepared *evex_prepared_take(const evex_expr *expr) {
    evex_prepared_slot *slot = slot_of(expr);
    evex_prepared *taken = atomic_exchange_explicit(&slot->prepared, NULL, memory_order_acquire);
    if (taken != NULL || atomic_exchange_explicit(&slot->exists, 1, memory_order_relaxed))
        return taken;
    taken = evex_allocate(&expr->allocator, sizeof *taken);
    if (taken == NULL) {
        atomic_store_explicit(&slot->exists, 0, memory_order_relaxed);
        return NULL;
    }
    taken->is_ready = 0;
    evex_arena_init(&taken->arena, &expr->allocator, taken->buffer, sizeof taken->buffer);
    return taken;
}

void evex_prepared_give(const evex_expr *expr, evex_prepared *prepared) {
    atomic_store_explicit(&slot_of(expr)->prepared, prepared, memory_order_release);
}

void evex_prepared_free(evex_expr *expr) {
    evex_prepared *dead =
        atomic_exchange_explicit(&expr->prepared.prepared, NULL, memory_order_acquire);
    if (dead == NULL)
        return;
    evex_arena_free(&dead->arena);
    evex_free(&expr->allocator, dead);
}

evex_arena *evex_prepared_arena(evex_prepared *prepared) {
    return &prepared->arena;
}

evex_binding *evex_prepared_binding(evex_prepared *prepared) {
    return &prepared->binding;
}

/* ---- Addresses ------------------------------------------------------------------------------ */

static evex_view *view_of(evex_prepared *prepared, uint32_t k) {
    evex_binding *binding = &prepared->binding;
    const uint32_t reg =
        k < prepared->n_inputs
            ? k
            : evex_first_register(binding->program, EVEX_CLASS_OUTPUT) + k - prepared->n_inputs;
    return binding->values[reg].view;
}

/* Whether output k reaches nowhere near any input or any output before it. */
static int is_apart(const evex_prepared *prepared, const evex_array *inputs,
                    const evex_array *outputs, uint32_t k) {
    const uint32_t n_inputs = prepared->n_inputs;
    const uintptr_t begin = (uintptr_t)outputs[k - n_inputs].data;
    const extent *own = &prepared->extents[k];
    for (uint32_t i = 0; i < k; i++) {
        const uintptr_t other =
            (uintptr_t)(i < n_inputs ? inputs[i].data : outputs[i - n_inputs].data);
        const extent *its = &prepared->extents[i];
        if (begin + (uintptr_t)own->low <= other + (uintptr_t)its->high &&
            other + (uintptr_t)its->low <= begin + (uintptr_t)own->high)
            return 0;
    }
    return 1;
}

static int are_apart(const evex_prepared *prepared, const evex_array *inputs,
                     const evex_array *outputs) {
    for (uint32_t k = prepared->n_inputs; k < prepared->n_arrays; k++)
        if (!is_apart(prepared, inputs, outputs, k))
            return 0;
    return 1;
}

/* ---- Recalling ------------------------------------------------------------------------------ */

static int has_dims(const evex_array *array, const int64_t *given, const int64_t *kept) {
    for (int32_t d = 0; d < array->ndim; d++)
        if (given[d] != kept[d])
            return 0;
    return 1;
}

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

static int is_alike(const evex_array *given, const evex_array *kept) {
    if (given->dtype != kept->dtype || given->ndim != kept->ndim ||
        given->byte_swapped != kept->byte_swapped || given->read_only != kept->read_only ||
        evex_validity_form_of(given) != evex_validity_form_of(kept) || given->data == NULL ||
        ((uintptr_t)given->data - (uintptr_t)kept->data) % ALIGNMENT != 0 ||
        (given->strides == NULL) != (kept->strides == NULL) ||
        (given->ndim > 1 && given->shape == NULL))
        return 0;
    return has_dims(given, dims_of(given), dims_of(kept)) &&
           (given->strides == NULL || has_dims(given, given->strides, kept->strides));
}

int evex_prepared_recall(evex_prepared *prepared, const evex_array *inputs,
                         const evex_array *outputs, const evex_eval_options *options) {
    if (!prepared->is_ready || options->max_threads != prepared->max_threads ||
        options->block_length != prepared->block_length || options->force_threads ||
        options->store != EVEX_STORE_BEST || inputs == NULL || outputs == NULL)
        return 0;
    const uint32_t n_inputs = prepared->n_inputs;
    for (uint32_t k = 0; k < prepared->n_arrays; k++)
        if (!is_alike(k < n_inputs ? &inputs[k] : &outputs[k - n_inputs], &prepared->arrays[k]))
            return 0;
    if (!are_apart(prepared, inputs, outputs))
        return 0;
    for (uint32_t k = 0; k < prepared->n_arrays; k++)
        view_of(prepared, k)->data = k < n_inputs ? inputs[k].data : outputs[k - n_inputs].data;
    for (uint32_t i = 0; i < n_inputs; i++)
        if (prepared->binding.values[i].whole != NULL)
            prepared->binding.values[i].whole->values = inputs[i].data;
    return 1;
}

/* ---- Keeping -------------------------------------------------------------------------------- */

static const int64_t *copy_dims(evex_arena *arena, const int64_t *dims, int32_t ndim) {
    int64_t *copy = evex_arena_push_array(arena, (size_t)ndim + 1, sizeof *copy);
    if (copy != NULL && ndim > 0)
        memcpy(copy, dims, (size_t)ndim * sizeof *copy);
    return copy;
}

static int copy_array(evex_prepared *prepared, const evex_array *array) {
    if (array->ndim < 0 || array->ndim > EVEX_MAX_DIMS || array->data == NULL ||
        array->dtype == EVEX_STR || evex_validity_form_of(array) == EVEX_VALIDITY_BITS ||
        (array->ndim > 1 && array->shape == NULL))
        return 0;
    evex_array *copy = &prepared->arrays[prepared->n_arrays++];
    *copy = *array;
    if (array->shape != NULL)
        copy->shape = copy_dims(&prepared->arena, array->shape, array->ndim);
    if (array->strides != NULL)
        copy->strides = copy_dims(&prepared->arena, array->strides, array->ndim);
    return (array->shape == NULL || copy->shape != NULL) &&
           (array->strides == NULL || copy->strides != NULL);
}

int evex_prepared_begin(evex_prepared *prepared, const evex_expr *expr, const evex_array **inputs,
                        size_t n_inputs, evex_array **outputs, size_t n_outputs,
                        const evex_eval_options *options) {
    prepared->is_ready = 0;
    if (n_inputs + n_outputs > MAX_ARRAYS || *inputs == NULL || *outputs == NULL ||
        options->force_threads || options->store != EVEX_STORE_BEST)
        return 0;
    evex_arena_free(&prepared->arena);
    evex_arena_init(&prepared->arena, &expr->allocator, prepared->buffer, sizeof prepared->buffer);
    prepared->n_arrays = 0;
    prepared->n_inputs = (uint32_t)n_inputs;
    prepared->max_threads = options->max_threads;
    prepared->block_length = options->block_length;
    for (size_t i = 0; i < n_inputs; i++)
        if (!copy_array(prepared, &(*inputs)[i]))
            return 0;
    for (size_t i = 0; i < n_outputs; i++)
        if (!copy_array(prepared, &(*outputs)[i]))
            return 0;
    *inputs = prepared->arrays;
    *outputs = prepared->arrays + n_inputs;
    return 1;
}

static extent extent_of(const evex_view *view) {
    extent reach = {0, (int64_t)view->item_bytes - 1};
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        const int64_t step = view->strides[d] * (view->shape.dims[d] - 1);
        *(step < 0 ? &reach.low : &reach.high) += step;
    }
    return reach;
}

/* Whether the plan would be the same for the same arrays. */
static int is_repeatable(const evex_binding *binding, size_t max_threads) {
    if (binding->memory_bytes > 0)
        return 0;
    for (uint32_t p = 0; p < binding->n_passes; p++) {
        const evex_pass *pass = &binding->passes[p];
        if (pass->n_workers != 1 || pass->n_chunks != 1 || pass->n_units == 0 ||
            (max_threads != 1 && pass->work_ns >= EVEX_LEAST_SHARED_NS))
            return 0;
    }
    return 1;
}

void evex_prepared_end(evex_prepared *prepared) {
    for (uint32_t k = 0; k < prepared->n_arrays; k++) {
        const evex_view *view = view_of(prepared, k);
        if (evex_shape_size(view->shape) == 0)
            return;
        prepared->extents[k] = extent_of(view);
    }
    prepared->is_ready =
        is_repeatable(&prepared->binding, prepared->max_threads) &&
        are_apart(prepared, prepared->arrays, prepared->arrays + prepared->n_inputs);
}
