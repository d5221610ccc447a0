/* SPDX-License-Identifier: MIT */
/*
 * From the caller's nullable arrays to arrays for every input and output of the program; see
 * nulls.h.
 */
#include "eval/nulls.h"

#include <string.h>

#include "core/error.h"

static const evex_place nowhere = {0, 0};
static const uint8_t always = 1;
static const int64_t no_strides[EVEX_MAX_DIMS];

static int64_t size_of(const evex_array *array) {
    int64_t n = array->ndim == 1 && array->shape == NULL ? array->length : 1;
    for (int32_t d = 0; d < array->ndim && array->shape != NULL; d++)
        if (__builtin_mul_overflow(n, array->shape[d], &n))
            return 1;
    return n;
}

/* ---- Inputs --------------------------------------------------------------------------------- */

/* What is wrong with the way in which validity is given, or NULL. */
static const char *fault_of(const evex_array *owner) {
    if (owner->validity == NULL)
        return NULL;
    if (owner->validity_form > EVEX_VALIDITY_BITS)
        return "is of no known form";
    if (owner->validity_form == EVEX_VALIDITY_BITS && owner->validity_strides != NULL)
        return "is a bitmap, which has no strides";
    if (owner->validity_form == EVEX_VALIDITY_BITS && owner->validity_offset < 0)
        return "is a bitmap with a negative offset";
    return NULL;
}

/* Of bytes or a mask as it is; of a bitmap in bits. */
static evex_array array_of(const evex_array *owner) {
    evex_array made = EVEX_ARRAY_INIT;
    made.ndim = owner->ndim;
    made.shape = owner->shape;
    made.length = owner->length;
    made.data = owner->validity;
    made.validity_form = owner->validity_form;
    made.strides = owner->validity_strides;
    made.read_only = owner->read_only;
    made.unused = EVEX_IS_VALIDITY;
    if (owner->validity_form == EVEX_VALIDITY_BITS)
        made.data = (void *)((uintptr_t)owner->validity * 8 + (uintptr_t)owner->validity_offset);
    return made;
}

static evex_array always_valid(const evex_array *owner) {
    evex_array made = array_of(owner);
    made.data = (void *)(uintptr_t)&always;
    made.validity_form = EVEX_VALIDITY_BYTES;
    made.strides = no_strides;
    return made;
}

static int scalar_is_valid(const evex_array *owner) {
    const uint8_t *bytes = owner->validity;
    const size_t bit = (size_t)owner->validity_offset;
    if (owner->validity_form == EVEX_VALIDITY_BITS)
        return bytes[bit / 8] >> bit % 8 & 1;
    return (*bytes != 0) == (owner->validity_form == EVEX_VALIDITY_BYTES);
}

/* One element is decoded at once, so that scalars are bytes everywhere. */
static int decode_scalar(evex_arena *arena, const evex_array *owner, evex_array *made) {
    uint8_t *byte = evex_arena_push(arena, 1);
    if (byte == NULL)
        return 0;
    *byte = (uint8_t)scalar_is_valid(owner);
    made->data = byte;
    made->validity_form = EVEX_VALIDITY_BYTES;
    return 1;
}

evex_status evex_nulls_widen_inputs(const evex_expr *expr, evex_arena *arena,
                                    const evex_array **inputs, int has_data, evex_error *error) {
    const uint32_t n_own = expr->n_own_inputs, n = expr->n_inputs;
    const evex_array *given = *inputs;
    if (n_own == n || given == NULL)
        return EVEX_OK;
    evex_array *all = evex_arena_push_array(arena, n, sizeof *all);
    if (all == NULL)
        return evex_fail_memory(error);
    memcpy(all, given, n_own * sizeof *all);
    for (uint32_t i = n_own; i < n; i++) {
        const uint32_t k = expr->input_owners[i - n_own];
        const char *fault = fault_of(&given[k]);
        if (fault != NULL) {
            evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "the validity of input '%s' %s",
                      expr->inputs[k].name, fault);
            error->operand = (int32_t)k;
            return EVEX_INVALID_ARGUMENT;
        }
        all[i] = given[k].validity != NULL ? array_of(&given[k]) : always_valid(&given[k]);
        if (has_data && given[k].ndim == 0 && given[k].validity != NULL &&
            !decode_scalar(arena, &given[k], &all[i]))
            return evex_fail_memory(error);
    }
    *inputs = all;
    return EVEX_OK;
}

/* ---- Outputs -------------------------------------------------------------------------------- */

static evex_status check_output(const evex_expr *expr, const evex_array *owner, uint32_t k,
                                evex_error *error) {
    const char *name = expr->outputs[k].name;
    if (owner->validity == NULL && owner->data != NULL && size_of(owner) != 0) {
        evex_fail(error, EVEX_BAD_OUTPUT, nowhere,
                  "the result %s%s%smay be null, but output %d has no room for its validity",
                  *name != '\0' ? "'" : "", name, *name != '\0' ? "' " : "", (int)k);
        evex_hint(error, "give the array validity, or replace nulls: x ?"
                         "? 0");
        error->operand = (int32_t)k;
        return EVEX_BAD_OUTPUT;
    }
    if (owner->validity == NULL || owner->validity_form <= EVEX_VALIDITY_MASK)
        return EVEX_OK;
    evex_fail(error, EVEX_BAD_OUTPUT, nowhere,
              "the validity of output %d is of a form that is not written: only bytes are", (int)k);
    error->operand = (int32_t)k;
    return EVEX_BAD_OUTPUT;
}

evex_status evex_nulls_widen_outputs(const evex_expr *expr, evex_arena *arena, evex_array **outputs,
                                     evex_error *error) {
    const uint32_t n_own = expr->n_own_outputs, n = expr->program->n_outputs;
    const evex_array *given = *outputs;
    if (n_own == n || given == NULL)
        return EVEX_OK;
    evex_array *all = evex_arena_push_array(arena, n, sizeof *all);
    if (all == NULL)
        return evex_fail_memory(error);
    memcpy(all, given, n_own * sizeof *all);
    for (uint32_t i = n_own; i < n; i++) {
        const uint32_t k = expr->output_owners[i - n_own];
        const evex_status status = check_output(expr, &given[k], k, error);
        if (status != EVEX_OK)
            return status;
        all[i] = array_of(&given[k]);
    }
    *outputs = all;
    return EVEX_OK;
}

static void *allocate(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                      const int64_t *shape, int f_order) {
    const evex_nulls_options *made = user;
    const size_t n_own = made->expr->n_own_outputs;
    const size_t number =
        output < n_own ? output : n_own + made->expr->output_owners[output - n_own];
    return made->given->alloc_output(made->given->alloc_user, number, dtype, ndim, shape, f_order);
}

const evex_eval_options *evex_nulls_widen_options(evex_nulls_options *made, const evex_expr *expr,
                                                  const evex_eval_options *given) {
    if (given->alloc_output == NULL)
        return given;
    *made = (evex_nulls_options){expr, given, *given};
    made->options.alloc_output = allocate;
    made->options.alloc_user = made;
    return &made->options;
}

void evex_nulls_take_back(const evex_expr *expr, const evex_array *all, evex_array *outputs) {
    const uint32_t n_own = expr->n_own_outputs;
    if (all == outputs || all == NULL)
        return;
    for (uint32_t k = 0; k < n_own; k++) {
        outputs[k].data = all[k].data;
        outputs[k].dtype = all[k].dtype;
    }
    for (uint32_t i = n_own; i < expr->program->n_outputs; i++)
        if (outputs[expr->output_owners[i - n_own]].validity == NULL) {
            evex_array *owner = &outputs[expr->output_owners[i - n_own]];
            owner->validity = all[i].data;
            owner->validity_form = EVEX_VALIDITY_BYTES;
            owner->validity_strides = NULL;
        }
}
