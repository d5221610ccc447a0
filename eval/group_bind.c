/* SPDX-License-Identifier: MIT */
/*
 * Codes of groups as an input, and the kernels of TAKE: see group_bind.h. TAKE moves elements, so
 * that one kernel serves all types of a size. It looks at each place, for codes are checked where
 * they are reduced by, which is not everywhere that they are read.
 */
#include "eval/group_bind.h"

#include "core/dtype.h"
#include "core/error.h"

static const evex_place nowhere = {0, 0};

/* ---- Codes ---------------------------------------------------------------------------------- */

static evex_status bind_unknown(evex_binding *binding, uint32_t i) {
    evex_value *value = &binding->values[i];
    value->shape = (evex_shape){0, NULL};
    return evex_view_fresh(binding->arena, value->view, EVEX_I64, sizeof(int64_t), value->shape) ==
                   EVEX_OK
               ? EVEX_OK
               : evex_fail_memory(binding->error);
}

evex_status evex_check_codes(const evex_eval_options *options, evex_error *error) {
    const evex_array *codes = options->groups;
    if (codes == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the expression reduces by group, but the options have no groups");
    if (codes->dtype != EVEX_I32 && codes->dtype != EVEX_I64)
        return evex_fail(error, EVEX_BAD_TYPE, nowhere,
                         "the codes of the groups are %s, but must be int32 or int64",
                         evex_dtype_size(codes->dtype) == 0 ? "of no known type"
                                                            : evex_dtype_name(codes->dtype));
    if (options->n_groups < 0 || options->n_groups > EVEX_MAX_GROUPS)
        return evex_fail(error, EVEX_OUT_OF_RANGE, nowhere,
                         "the number of groups must be between 0 and 2**32 - 2");
    return EVEX_OK;
}

evex_status evex_bind_codes(evex_binding *binding, uint32_t i, const evex_eval_options *options) {
    if (options == NULL)
        return bind_unknown(binding, i);
    evex_status status = evex_check_codes(options, binding->error);
    evex_view *view = binding->values[i].view;
    if (status == EVEX_OK)
        status = evex_bind_array(binding, view, options->groups, (int32_t)i, "the codes: input");
    if (status != EVEX_OK)
        return status;
    if (view->data == NULL && evex_shape_size(view->shape) > 0)
        return evex_fail(binding->error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the codes of the groups have no data");
    binding->n_groups = options->n_groups;
    binding->values[i].shape = view->shape;
    binding->has_f_input |= (uint8_t)evex_view_is_f_order(view);
    return EVEX_OK;
}

/* How many elements an input has that TAKE reads; negative: it cannot. */
static int64_t length_of(const evex_view *view) {
    if (view->shape.ndim == 0)
        return 0;
    if (view->shape.ndim > 1 || !view->is_plain || view->strides[0] != (int64_t)view->item_bytes)
        return -1;
    return view->shape.dims[0];
}

evex_status evex_bind_whole(const evex_binding *binding, evex_register reg) {
    evex_value *value = &binding->values[reg];
    if (value->whole != NULL)
        return EVEX_OK;
    const int is_input = evex_is_in_class(binding->program, reg, EVEX_CLASS_INPUT);
    const int64_t n = is_input ? length_of(value->view) : binding->n_groups;
    if (is_input && n < 0)
        return evex_fail(binding->error, EVEX_BAD_SHAPE, nowhere,
                         "an array that is read by place must be one row of native elements");
    evex_set *whole = evex_arena_push(binding->arena, sizeof *whole);
    if (whole == NULL)
        return evex_fail_memory(binding->error);
    whole->n = n > 0 ? (size_t)n : 0;
    whole->values = value->view->data;
    value->whole = whole;
    return EVEX_OK;
}

/* ---- TAKE ----------------------------------------------------------------------------------- */

typedef struct {
    uint64_t words[2];
} pair_of_words;

#define TAKE_KERNEL(type)                                                                          \
    static void take_##type(void *const *dst, const evex_operand *src, size_t n, void *context) {  \
        const evex_set *whole = src[0].data;                                                       \
        const type *values = whole->values;                                                        \
        const int64_t *places = src[1].data;                                                       \
        const size_t step = src[1].step;                                                           \
        const type nothing = {0};                                                                  \
        type *out = dst[0];                                                                        \
        (void)context;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            const uint64_t place = (uint64_t)places[i * step];                                     \
            out[i] = place < whole->n ? values[place] : nothing;                                   \
        }                                                                                          \
    }

TAKE_KERNEL(uint8_t)
TAKE_KERNEL(uint16_t)
TAKE_KERNEL(uint32_t)
TAKE_KERNEL(uint64_t)
TAKE_KERNEL(pair_of_words)

evex_kernel evex_take_kernel(evex_dtype dtype) {
    switch (evex_dtype_size(dtype)) {
    case 1:
        return take_uint8_t;
    case 2:
        return take_uint16_t;
    case 4:
        return take_uint32_t;
    case 8:
        return take_uint64_t;
    case 16:
        return take_pair_of_words;
    default:
        return NULL;
    }
}
