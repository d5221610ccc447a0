/* SPDX-License-Identifier: MIT */
/*
 * The caller's arrays, checked one by one and made into views; see bind.h. What arrays mean for
 * each other (shapes of results, overlap) is in infer.c and overlap.c.
 */
#include "eval/bind.h"

#include <string.h>

#include "core/dtype.h"
#include "core/error.h"
#include "eval/gather.h"
#include "eval/group_bind.h"
#include "eval/nulls.h"
#include "eval/splat.h"

static const evex_place nowhere = {0, 0};

evex_status evex_bind_at_input(const evex_binding *binding, int32_t input, evex_status status) {
    if (binding->error != NULL)
        binding->error->operand = evex_input_owner(binding->expr, input);
    return status;
}

evex_status evex_bind_at_output(const evex_binding *binding, int32_t output, evex_status status) {
    if (binding->error != NULL)
        binding->error->operand = evex_output_owner(binding->expr, output);
    return status;
}

/* ---- One array ------------------------------------------------------------------------------ */

static int is_contiguous_row(const evex_array *array) {
    const int64_t n = array->shape != NULL && array->ndim == 1 ? array->shape[0] : array->length;
    return array->ndim == 0 ||
           (array->ndim == 1 && (array->strides == NULL || n <= 1 ||
                                 array->strides[0] == (int64_t)evex_array_item_bytes(array)));
}

/* What is wrong with the form of strings, or NULL. */
static const char *fault_of_strings(const evex_array *array) {
    switch ((evex_str_form)array->str_form) {
    case EVEX_STR_VIEWS:
        return array->byte_swapped ? "views of strings cannot be byte-swapped" : NULL;
    case EVEX_STR_UCS4:
        if (array->item_bytes % 4 != 0)
            return "its item size is no multiple of 4";
        break;
    case EVEX_STR_BYTES:
        break;
    case EVEX_STR_OFFSETS32:
    case EVEX_STR_OFFSETS64:
        if (array->byte_swapped)
            return "offsets of strings cannot be byte-swapped";
        return is_contiguous_row(array) ? NULL : "offsets of strings must be one contiguous row";
    default:
        return "its form of strings is unknown";
    }
    return array->item_bytes > INT32_MAX ? "its item size is too large" : NULL;
}

/* What is wrong with an array as such, or NULL. */
static const char *fault_of(const evex_array *array) {
    if (array->ndim > 0 && array->shape == NULL && array->ndim != 1)
        return "its shape is NULL";
    const int64_t *dims = array->shape != NULL ? array->shape : &array->length;
    for (int32_t d = 0; d < array->ndim; d++)
        if (dims[d] < 0)
            return "a dimension is negative";
    return array->dtype == EVEX_STR ? fault_of_strings(array) : NULL;
}

/* Whether all elements' places, relative to the first, fit an int64. */
static int span_fits(const evex_view *view) {
    int64_t reach = (int64_t)view->item_bytes;
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        int64_t step;
        const int64_t length = view->shape.dims[d];
        if (length == 0)
            return 1;
        if (view->strides[d] == INT64_MIN ||
            __builtin_mul_overflow(
                length - 1, view->strides[d] < 0 ? -view->strides[d] : view->strides[d], &step) ||
            __builtin_add_overflow(reach, step, &reach) || reach > INT64_MAX / 8)
            return 0;
    }
    return reach <= INT64_MAX / 8; /* eval/overlap.c adds and doubles them */
}

static int is_aligned(const evex_view *view) {
    const size_t mask = evex_dtype_alignment(view->dtype) - 1;
    size_t bits = (uintptr_t)view->data;
    for (int32_t d = 0; d < view->shape.ndim; d++)
        if (view->shape.dims[d] > 1)
            bits |= (size_t)view->strides[d];
    return (bits & mask) == 0;
}

static int is_plain(const evex_view *view) {
    const int is_fixed_width = view->dtype == EVEX_STR && view->str_form != EVEX_STR_VIEWS;
    return view->validity_form == EVEX_VALIDITY_BYTES && !is_fixed_width &&
           (!view->is_swapped || view->item_bytes == 1) && is_aligned(view);
}

static evex_status fill_view(evex_arena *arena, evex_view *view, const evex_array *array) {
    const evex_shape shape = {array->ndim, array->shape != NULL ? array->shape : &array->length};
    const evex_status status =
        array->strides != NULL
            ? EVEX_OK
            : evex_view_fresh(arena, view, array->dtype, evex_array_item_bytes(array), shape);
    if (status != EVEX_OK)
        return status;
    if (array->strides != NULL)
        view->strides = array->strides;
    view->shape = shape;
    view->data = array->data;
    view->dtype = array->dtype;
    view->item_bytes = evex_array_item_bytes(array);
    view->str_form = array->dtype == EVEX_STR ? array->str_form : 0;
    view->is_swapped = array->byte_swapped;
    view->validity_form = evex_validity_form_of(array);
    view->is_plain = (uint8_t)is_plain(view);
    view->texts = (evex_texts){0};
    return EVEX_OK;
}

evex_status evex_bind_array(evex_binding *binding, evex_view *view, const evex_array *array,
                            int32_t i, const char *what) {
    evex_status (*const at)(const evex_binding *, int32_t, evex_status) =
        strcmp(what, "output") == 0 ? evex_bind_at_output : evex_bind_at_input;
    if (array->ndim > EVEX_MAX_DIMS)
        return at(binding, i,
                  evex_fail(binding->error, EVEX_LIMIT_DIMS, nowhere,
                            "%s %d has %d dimensions; at most %d are supported", what, (int)i,
                            (int)array->ndim, (int)EVEX_MAX_DIMS));
    const char *fault = array->ndim < 0 ? "its number of dimensions is negative" : fault_of(array);
    if (fault != NULL)
        return at(binding, i,
                  evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                            "%s %d is no valid array: %s", what, (int)i, fault));
    if (fill_view(binding->arena, view, array) != EVEX_OK)
        return evex_fail_memory(binding->error);
    if (evex_shape_size(view->shape) < 0 || !span_fits(view))
        return at(binding, i,
                  evex_fail(binding->error, EVEX_BAD_SHAPE, nowhere,
                            "%s %d has more elements than memory can hold", what, (int)i));
    return EVEX_OK;
}

/* ---- Inputs --------------------------------------------------------------------------------- */

static int64_t load_offset(const evex_view *view, int64_t number) {
    int32_t narrow;
    int64_t wide;
    if (view->item_bytes == sizeof wide) {
        memcpy(&wide, view->data + number * (int64_t)sizeof wide, sizeof wide);
        return wide;
    }
    memcpy(&narrow, view->data + number * (int64_t)sizeof narrow, sizeof narrow);
    return narrow;
}

/* The bytes that strings by offsets lie in: from the first offset to the last. Those between are
 * held to them when they are read (gather.c), so that none leads astray. */
static evex_status find_texts(evex_binding *binding, evex_view *view, const evex_array *array,
                              int32_t i) {
    const int64_t n = evex_shape_size(view->shape);
    if (!evex_has_offsets(view->dtype, view->str_form) || n == 0)
        return EVEX_OK;
    view->texts = (evex_texts){array->text, load_offset(view, 0), load_offset(view, n)};
    const char *fault = NULL;
    if (view->texts.low < 0 || view->texts.high < view->texts.low)
        fault = "its offsets are negative or decrease";
    else if (view->texts.high > view->texts.low && array->text == NULL)
        fault = "its text is NULL";
    if (fault == NULL)
        return EVEX_OK;
    return evex_bind_at_input(binding, i,
                              evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                                        "input %d is no valid array: %s", (int)i, fault));
}

static evex_status check_input(evex_binding *binding, const evex_array *array, int32_t i,
                               int has_data) {
    const evex_var *var = &binding->expr->inputs[i];
    if (array->dtype != var->dtype) {
        const int is_dtype = evex_dtype_size(array->dtype) > 0;
        return evex_bind_at_input(
            binding, i,
            evex_fail(binding->error, EVEX_BAD_TYPE, nowhere,
                      "input '%s' is %s, but the expression wants %s", var->name,
                      is_dtype ? evex_dtype_name(array->dtype) : "of no known type",
                      evex_dtype_name(var->dtype)));
    }
    evex_view *view = binding->values[i].view;
    const evex_status status = evex_bind_array(binding, view, array, i, "input");
    if (status != EVEX_OK)
        return status;
    if (var->kind == EVEX_WEAK && view->shape.ndim > 0)
        return evex_bind_at_input(
            binding, i,
            evex_fail(binding->error, EVEX_BAD_SHAPE, nowhere,
                      "input '%s' was declared a scalar, but has %d dimensions", var->name,
                      (int)view->shape.ndim));
    if (has_data && view->data == NULL && evex_shape_size(view->shape) > 0)
        return evex_bind_at_input(binding, i,
                                  evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                                            "input '%s' has no data", var->name));
    binding->values[i].shape = view->shape;
    binding->has_f_input |= (uint8_t)evex_view_is_f_order(view);
    return has_data ? find_texts(binding, view, array, i) : EVEX_OK;
}

static int make_tables(evex_binding *binding) {
    const evex_program *program = binding->program;
    const uint32_t n_registers = evex_n_registers(program);
    const uint32_t n_views = program->n_inputs + program->n_outputs +
                             program->first_register[EVEX_CLASS_KEPT + 1] -
                             program->first_register[EVEX_CLASS_KEPT];
    evex_view *views = evex_arena_push_array(binding->arena, n_views + 1, sizeof *views);
    binding->values =
        evex_arena_push_array(binding->arena, n_registers + 1, sizeof *binding->values);
    if (views == NULL || binding->values == NULL)
        return 0;
    for (uint32_t r = 0; r < n_registers; r++)
        if (r < program->n_inputs || evex_is_in_class(program, r, EVEX_CLASS_KEPT) ||
            r >= program->first_register[EVEX_CLASS_OUTPUT])
            binding->values[r].view = views++;
    const uint32_t first_constant = program->first_register[EVEX_CLASS_CONSTANT];
    for (uint32_t k = 0; k < program->n_constants; k++)
        binding->values[first_constant + k].scalar = (void *)(uintptr_t)binding->expr->constants[k];
    return 1;
}

/* An input that the caller does not list. */
static evex_status bind_hidden(evex_binding *binding, uint32_t i,
                               const evex_eval_options *options) {
    return evex_bind_codes(binding, i, options);
}

evex_status evex_bind_all_inputs(evex_binding *binding, const evex_expr *expr, evex_arena *arena,
                                 const evex_array *inputs, size_t n_inputs, int has_data,
                                 const evex_eval_options *options, evex_error *error) {
    *binding = (evex_binding){
        .expr = expr, .program = expr->program, .error = error, .arena = arena, .n_groups = -1};
    if (n_inputs != expr->n_own_inputs)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression has %d inputs, but %zu arrays were given",
                         (int)expr->n_own_inputs, n_inputs);
    if (n_inputs > 0 && inputs == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "inputs is NULL");
    if (!make_tables(binding))
        return evex_fail_memory(error);
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < expr->n_inputs && status == EVEX_OK; i++)
        status = check_input(binding, &inputs[i], (int32_t)i, has_data);
    for (uint32_t i = expr->n_inputs; i < expr->program->n_inputs && status == EVEX_OK; i++)
        status = bind_hidden(binding, i, options);
    return status == EVEX_OK ? evex_infer(binding) : status;
}

evex_status evex_bind_inputs(evex_binding *binding, const evex_expr *expr, evex_arena *arena,
                             const evex_array *inputs, size_t n_inputs, int has_data,
                             evex_error *error) {
    return evex_bind_all_inputs(binding, expr, arena, inputs, n_inputs, has_data, NULL, error);
}

/* ---- Scalars -------------------------------------------------------------------------------- */

/* Whether a weak integer has an exact image in dtype. */
static int fits(evex_dtype from, const void *element, evex_dtype dtype) {
    int64_t value;
    memcpy(&value, element, sizeof value);
    const int is_huge = from == EVEX_U64 && value < 0; /* 2^63 and above */
    switch (evex_dtype_kind(dtype)) {
    case 'b':
        return value == 0 || value == 1;
    case 'i': {
        const int64_t limit = INT64_MAX >> (64 - 8 * evex_dtype_size(dtype));
        return !is_huge && value <= limit && value >= -limit - 1;
    }
    case 'u': {
        const uint64_t limit = UINT64_MAX >> (64 - 8 * evex_dtype_size(dtype));
        return (is_huge || value >= 0) && (uint64_t)value <= limit;
    }
    default:
        return 1; /* a float rounds, as NumPy's does */
    }
}

static evex_status check_weak(evex_binding *binding, int32_t i, const void *element) {
    const evex_program_input *input = &evex_program_inputs(binding->program)[i];
    if (input->kind != EVEX_WEAK || (input->dtype != EVEX_I64 && input->dtype != EVEX_U64))
        return EVEX_OK;
    for (int d = 0; d < EVEX_N_DTYPES; d++) {
        if (!(input->must_fit >> d & 1) || fits((evex_dtype)input->dtype, element, (evex_dtype)d))
            continue;
        const evex_place place = {input->place.offset, input->place.length};
        return evex_bind_at_input(
            binding, i,
            evex_fail(binding->error, EVEX_OUT_OF_RANGE, place, "the value of '%s' does not fit %s",
                      binding->expr->inputs[i].name, evex_dtype_name((evex_dtype)d)));
    }
    return EVEX_OK;
}

/* Whether a scalar of the caller's is null: then its value does not matter. */
static int is_null(const evex_binding *binding, uint32_t i) {
    const evex_program_input *input = &evex_program_inputs(binding->program)[i];
    return input->is_nullable && input->kind == EVEX_WEAK &&
           *binding->values[input->validity].view->data == 0;
}

static evex_status bind_scalar(evex_binding *binding, uint32_t i) {
    evex_value *value = &binding->values[i];
    if (value->scalar == NULL) /* a plan that is used again has it */
        value->scalar = evex_splat_push(binding->arena);
    char *text = NULL;
    if (value->view->dtype == EVEX_STR && value->view->str_form == EVEX_STR_UCS4)
        text = evex_arena_push(binding->arena, value->view->item_bytes + 1);
    else
        text = value->scalar; /* not used */
    if (value->scalar == NULL || text == NULL)
        return evex_fail_memory(binding->error);
    evex_gather gather = {value->scalar, text, value->view->item_bytes, value->view->texts};
    const evex_dtype dtype = (evex_dtype)evex_program_inputs(binding->program)[i].dtype;
    evex_gather_find_as(value->view, dtype)(&gather, value->view->data, 0, 1);
    evex_splat_fill(value->scalar, value->scalar, evex_dtype_size(dtype));
    return is_null(binding, i) ? EVEX_OK : check_weak(binding, (int32_t)i, value->scalar);
}

evex_status evex_bind_scalars(evex_binding *binding) {
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < binding->program->n_inputs && status == EVEX_OK; i++)
        if (evex_shape_is_scalar(binding->values[i].shape))
            status = bind_scalar(binding, i);
    return status;
}

/* ---- Outputs -------------------------------------------------------------------------------- */

static evex_status wrong_shape(evex_binding *binding, int32_t i, evex_shape found,
                               evex_shape wanted) {
    char wanted_text[EVEX_SHAPE_TEXT_BYTES], found_text[EVEX_SHAPE_TEXT_BYTES];
    const evex_status status =
        evex_fail(binding->error, EVEX_BAD_SHAPE, nowhere,
                  "output %d has shape %s, but the result has shape %s", (int)i,
                  evex_shape_write(found_text, found), evex_shape_write(wanted_text, wanted));
    evex_expected(binding->error, wanted_text, found_text);
    return evex_bind_at_output(binding, i, status);
}

static evex_status check_output_type(evex_binding *binding, const evex_array *array, int32_t i) {
    const evex_dtype result = (evex_dtype)evex_program_outputs(binding->program)[i].dtype;
    if (array->dtype == result && array->dtype != EVEX_STR)
        return EVEX_OK;
    if (evex_dtype_size(array->dtype) == 0 || !evex_casts_within_kind(result, array->dtype))
        return evex_bind_at_output(
            binding, i,
            evex_fail(binding->error, EVEX_BAD_TYPE, nowhere,
                      "output %d is %s, which a result of %s cannot be written to", (int)i,
                      evex_dtype_size(array->dtype) == 0 ? "of no known type"
                                                         : evex_dtype_name(array->dtype),
                      evex_dtype_name(result)));
    if (array->dtype == result ? array->str_form != EVEX_STR_VIEWS
                               : binding->expr->kernels->cast[result][array->dtype] == NULL)
        return evex_bind_at_output(
            binding, i,
            evex_fail(binding->error, EVEX_UNSUPPORTED, nowhere,
                      "results of %s cannot be written as %s of this form yet",
                      evex_dtype_name(result), evex_dtype_name(array->dtype)));
    return EVEX_OK;
}

static evex_status check_output(evex_binding *binding, const evex_array *array, int32_t i) {
    evex_value *value =
        &binding->values[evex_first_register(binding->program, EVEX_CLASS_OUTPUT) + (uint32_t)i];
    evex_status status = check_output_type(binding, array, i);
    if (status == EVEX_OK)
        status = evex_bind_array(binding, value->view, array, i, "output");
    if (status != EVEX_OK)
        return status;
    if (!evex_shape_equal(value->view->shape, value->shape))
        return wrong_shape(binding, i, value->view->shape, value->shape);
    if (array->read_only)
        return evex_bind_at_output(
            binding, i,
            evex_fail(binding->error, EVEX_BAD_OUTPUT, nowhere, "output %d is read-only", (int)i));
    return EVEX_OK;
}

/* A fixed-width UCS-4 text exists as UTF-8 only while its block is worked on. */
static evex_status check_str_output(evex_binding *binding, int32_t i) {
    if (evex_program_outputs(binding->program)[i].dtype != EVEX_STR)
        return EVEX_OK;
    for (uint32_t k = 0; k < binding->program->n_inputs; k++)
        if (binding->values[k].view->dtype == EVEX_STR &&
            binding->values[k].view->str_form == EVEX_STR_UCS4)
            return evex_bind_at_output(
                binding, i,
                evex_fail(binding->error, EVEX_UNSUPPORTED, nowhere,
                          "results of str from UCS-4 inputs are not supported"));
    return EVEX_OK;
}

evex_status evex_bind_outputs(evex_binding *binding, evex_array *outputs, size_t n_outputs,
                              const evex_eval_options *options) {
    if (n_outputs != binding->expr->n_own_outputs)
        return evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression has %d outputs, but %zu arrays were given",
                         (int)binding->expr->n_own_outputs, n_outputs);
    if (n_outputs > 0 && outputs == NULL)
        return evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere, "outputs is NULL");
    const uint32_t first = evex_first_register(binding->program, EVEX_CLASS_OUTPUT);
    evex_status status = EVEX_OK;
    for (size_t i = 0; i < binding->program->n_outputs && status == EVEX_OK; i++) {
        const int is_empty = evex_shape_size(binding->values[first + i].shape) == 0;
        status = check_str_output(binding, (int32_t)i);
        if (status != EVEX_OK)
            break;
        if (outputs[i].data != NULL || (options->alloc_output == NULL && is_empty))
            status = check_output(binding, &outputs[i], (int32_t)i);
        else if (options->alloc_output == NULL)
            status = evex_bind_at_output(binding, (int32_t)i,
                                         evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                                                   "output %d has no data and nothing allocates it",
                                                   (int)i));
    }
    return status;
}

/* Fortran order for an elementwise result whose arrays all are in it. */
static int wants_f_order(const evex_binding *binding, uint32_t output) {
    if (!binding->has_f_input || evex_program_outputs(binding->program)[output].is_reduced)
        return 0;
    for (uint32_t i = 0; i < binding->program->n_inputs; i++) {
        const evex_view *view = binding->values[i].view;
        int n_long = 0;
        for (int32_t d = 0; d < view->shape.ndim; d++)
            n_long += view->shape.dims[d] > 1;
        if (n_long > 1 && !evex_view_is_f_order(view))
            return 0;
    }
    return 1;
}

static void make_f_order(evex_view *view) {
    uint64_t stride = view->item_bytes;
    int64_t *strides = (int64_t *)(uintptr_t)view->strides; /* made by evex_view_fresh */
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        strides[d] = (int64_t)stride;
        stride *= view->shape.dims[d] > 0 ? (uint64_t)view->shape.dims[d] : 1;
    }
}

evex_status evex_bind_allocate(evex_binding *binding, evex_array *outputs,
                               const evex_eval_options *options) {
    if (options->alloc_output == NULL)
        return EVEX_OK;
    for (uint32_t i = 0; i < binding->program->n_outputs; i++) {
        if (outputs[i].data != NULL)
            continue;
        evex_value *value =
            &binding->values[evex_first_register(binding->program, EVEX_CLASS_OUTPUT) + i];
        const evex_dtype dtype = (evex_dtype)evex_program_outputs(binding->program)[i].dtype;
        if (evex_view_fresh(binding->arena, value->view, dtype, evex_dtype_size(dtype),
                            value->shape) != EVEX_OK)
            return evex_fail_memory(binding->error);
        const int f_order = wants_f_order(binding, i);
        if (f_order)
            make_f_order(value->view);
        void *data = options->alloc_output(options->alloc_user, i, dtype, value->shape.ndim,
                                           value->shape.dims, f_order);
        if (data == NULL)
            return evex_bind_at_output(binding, (int32_t)i, evex_fail_memory(binding->error));
        value->view->data = data;
        value->view->is_plain = (uint8_t)is_aligned(value->view);
        outputs[i].data = data;
        outputs[i].dtype = dtype;
    }
    return EVEX_OK;
}
