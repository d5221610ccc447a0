/* SPDX-License-Identifier: MIT */
/*
 * Views: what is known of an array's memory; see bind.h. The checks of the caller's arrays are in
 * bind.c.
 */
#include "core/dtype.h"
#include "eval/bind.h"

size_t evex_dtype_alignment(evex_dtype dtype) {
    switch (dtype) {
    case EVEX_C64:
        return sizeof(float);
    case EVEX_C128:
        return sizeof(double);
    case EVEX_STR:
        return sizeof(void *);
    default:
        return evex_dtype_size(dtype);
    }
}

size_t evex_array_item_bytes(const evex_array *array) {
    if (array->dtype != EVEX_STR)
        return evex_dtype_size(array->dtype);
    switch ((evex_str_form)array->str_form) {
    case EVEX_STR_BYTES:
    case EVEX_STR_UCS4:
        return array->item_bytes;
    case EVEX_STR_OFFSETS32:
        return sizeof(int32_t);
    case EVEX_STR_OFFSETS64:
        return sizeof(int64_t);
    case EVEX_STR_VIEWS:
        break;
    }
    return sizeof(evex_str);
}

int evex_view_is_f_order(const evex_view *view) {
    int64_t expected = (int64_t)view->item_bytes;
    int n_long = 0;
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        if (view->shape.dims[d] <= 1)
            continue;
        if (view->strides[d] != expected)
            return 0;
        if (__builtin_mul_overflow(expected, view->shape.dims[d], &expected))
            return 0;
        n_long++;
    }
    return n_long > 1;
}

evex_status evex_view_fresh(evex_arena *arena, evex_view *view, evex_dtype dtype, size_t item_bytes,
                            evex_shape shape) {
    int64_t *strides = evex_arena_push_array(arena, (size_t)shape.ndim + 1, sizeof *strides);
    if (strides == NULL)
        return EVEX_NO_MEMORY;
    uint64_t stride = item_bytes; /* may wrap where another dimension is 0 */
    for (int32_t d = shape.ndim - 1; d >= 0; d--) {
        strides[d] = (int64_t)stride;
        stride *= shape.dims[d] > 0 ? (uint64_t)shape.dims[d] : 1;
    }
    *view = (evex_view){.shape = shape,
                        .strides = strides,
                        .item_bytes = item_bytes,
                        .dtype = dtype,
                        .is_plain = 1};
    return EVEX_OK;
}
