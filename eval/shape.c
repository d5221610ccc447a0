/* SPDX-License-Identifier: MIT */
/*
 * Broadcasting and printing of shapes; see shape.h.
 */
#include "eval/shape.h"

#include <string.h>

#include "core/text.h"

int64_t evex_shape_size(evex_shape shape) {
    int64_t size = 1;
    int overflows = 0;
    for (int32_t d = 0; d < shape.ndim; d++) {
        if (shape.dims[d] == 0)
            return 0;
        overflows |= __builtin_mul_overflow(size, shape.dims[d], &size);
    }
    return overflows ? -1 : size;
}

int evex_shape_equal(evex_shape a, evex_shape b) {
    if (a.ndim != b.ndim)
        return 0;
    for (int32_t d = 0; d < a.ndim; d++)
        if (a.dims[d] != b.dims[d])
            return 0;
    return 1;
}

int evex_shape_is_scalar(evex_shape shape) {
    for (int32_t d = 0; d < shape.ndim; d++)
        if (shape.dims[d] != 1)
            return 0;
    return 1;
}

/* The length of dimension d of the broadcast; -1: they do not agree. d counts from the end. */
static int64_t broadcast_length(evex_shape a, evex_shape b, int32_t from_end) {
    const int64_t x = from_end < a.ndim ? a.dims[a.ndim - 1 - from_end] : 1;
    const int64_t y = from_end < b.ndim ? b.dims[b.ndim - 1 - from_end] : 1;
    if (x == y || y == 1)
        return x;
    return x == 1 ? y : -1;
}

evex_status evex_shape_broadcast(evex_arena *arena, evex_shape *into, evex_shape with) {
    if (with.ndim == 0 || with.dims == into->dims || evex_shape_equal(*into, with))
        return EVEX_OK;
    if (into->ndim == 0) {
        *into = with;
        return EVEX_OK;
    }
    int64_t dims[EVEX_MAX_DIMS];
    const int32_t ndim = into->ndim > with.ndim ? into->ndim : with.ndim;
    for (int32_t k = 0; k < ndim; k++)
        if ((dims[ndim - 1 - k] = broadcast_length(*into, with, k)) < 0)
            return EVEX_BAD_SHAPE;
    const evex_shape wide = {ndim, dims};
    if (evex_shape_equal(wide, *into))
        return EVEX_OK;
    if (evex_shape_equal(wide, with)) {
        *into = with;
        return EVEX_OK;
    }
    int64_t *kept = evex_arena_push_array(arena, (size_t)ndim, sizeof *kept);
    if (kept == NULL)
        return EVEX_NO_MEMORY;
    memcpy(kept, dims, (size_t)ndim * sizeof *kept);
    *into = (evex_shape){ndim, kept};
    return EVEX_OK;
}

const char *evex_shape_write(char text[EVEX_SHAPE_TEXT_BYTES], evex_shape shape) {
    evex_text out = evex_text_in(text, EVEX_SHAPE_TEXT_BYTES);
    evex_text_format(&out, "(");
    for (int32_t d = 0; d < shape.ndim; d++)
        evex_text_format(&out, d > 0 ? ", %lld" : "%lld", (long long)shape.dims[d]);
    evex_text_format(&out, shape.ndim == 1 ? ",)" : ")");
    return text;
}
