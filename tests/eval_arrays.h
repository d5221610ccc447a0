/* SPDX-License-Identifier: MIT */
/*
 * Arrays in any layout for the tests of eval/: the same logical elements, in C order of their
 * shape, can be laid out with permuted, negative, zero, wide or odd strides, unaligned and in the
 * other byte order, and read back. Elements are set and read as double, so tests use values that
 * every type of theirs holds exactly.
 */
#ifndef EVEX_TESTS_EVAL_ARRAYS_H
#define EVEX_TESTS_EVAL_ARRAYS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"

/* ---- Chance --------------------------------------------------------------------------------- */

/* A 64-bit linear congruential generator with Knuth's multiplier; the high bits are used. */
static inline uint32_t chance(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}
static inline int pick(uint64_t *seed, int n) {
    return (int)(chance(seed) % (uint32_t)n);
}

/* ---- Elements ------------------------------------------------------------------------------- */

static inline void swap_bytes(char *element, size_t n_bytes) {
    for (size_t k = 0; k < n_bytes / 2; k++) {
        const char c = element[k];
        element[k] = element[n_bytes - 1 - k];
        element[n_bytes - 1 - k] = c;
    }
}

#define ARRAY_TYPES(TYPE)                                                                          \
    TYPE(EVEX_BOOL, uint8_t)                                                                       \
    TYPE(EVEX_I8, int8_t)                                                                          \
    TYPE(EVEX_I32, int32_t)                                                                        \
    TYPE(EVEX_I64, int64_t)                                                                        \
    TYPE(EVEX_F32, float)                                                                          \
    TYPE(EVEX_F64, double)

static inline double load_element(evex_dtype dtype, const char *from, int is_swapped) {
    char bytes[8];
    memcpy(bytes, from, evex_dtype_size(dtype));
    if (is_swapped)
        swap_bytes(bytes, evex_dtype_size(dtype));
    switch (dtype) {
#define LOAD(id, type)                                                                             \
    case id: {                                                                                     \
        type x;                                                                                    \
        memcpy(&x, bytes, sizeof x);                                                               \
        return (double)x;                                                                          \
    }
        ARRAY_TYPES(LOAD)
    default:
        abort();
    }
}

static inline void store_element(evex_dtype dtype, char *to, int is_swapped, double value) {
    switch (dtype) {
#define STORE(id, type)                                                                            \
    case id: {                                                                                     \
        const type x = (type)value;                                                                \
        memcpy(to, &x, sizeof x);                                                                  \
        break;                                                                                     \
    }
        ARRAY_TYPES(STORE)
    default:
        abort();
    }
    if (is_swapped)
        swap_bytes(to, evex_dtype_size(dtype));
}

/* ---- Arrays --------------------------------------------------------------------------------- */

typedef struct {
    evex_array array; /* its shape and strides point into this struct: do not copy it */
    int64_t shape[EVEX_MAX_DIMS], strides[EVEX_MAX_DIMS];
    char *memory;
    size_t memory_bytes;
} test_array;

static inline int64_t shape_size(int32_t ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int32_t d = 0; d < ndim; d++)
        n *= shape[d];
    return n;
}

/* Where the element with a C-order number lies. */
static inline char *element_at(const test_array *a, int64_t number) {
    char *place = a->array.data;
    for (int32_t d = a->array.ndim - 1; d >= 0; d--) {
        place += number % a->shape[d] * a->strides[d];
        number /= a->shape[d];
    }
    return place;
}

static inline double array_get(const test_array *a, int64_t number) {
    return load_element(a->array.dtype, element_at(a, number), a->array.byte_swapped);
}
static inline void array_set(test_array *a, int64_t number, double value) {
    store_element(a->array.dtype, element_at(a, number), a->array.byte_swapped, value);
}

typedef enum { LAYOUT_C, LAYOUT_F, LAYOUT_ANY } layout_kind;

/* Memory for the shape, zeroed. ANY: dimensions in any order, gaps, negative strides, and at times
 * unaligned or byte-swapped. */
static inline void array_make(test_array *a, evex_dtype dtype, int32_t ndim, const int64_t *shape,
                              layout_kind layout, uint64_t *seed) {
    const int64_t size = (int64_t)evex_dtype_size(dtype);
    memset(a, 0, sizeof *a);
    int32_t order[EVEX_MAX_DIMS];
    for (int32_t d = 0; d < ndim; d++) {
        a->shape[d] = shape[d];
        order[d] = layout == LAYOUT_F ? d : ndim - 1 - d;
    }
    for (int32_t d = ndim - 1; layout == LAYOUT_ANY && d > 0; d--) {
        const int32_t other = pick(seed, d + 1), kept = order[d];
        order[d] = order[other];
        order[other] = kept;
    }
    int64_t stride = size, low = 0;
    for (int32_t k = 0; k < ndim; k++) {
        const int32_t d = order[k];
        if (layout == LAYOUT_ANY && pick(seed, 3) == 0)
            stride += size * (1 + pick(seed, 2));
        const int is_reversed = layout == LAYOUT_ANY && pick(seed, 4) == 0;
        a->strides[d] = is_reversed ? -stride : stride;
        if (is_reversed && shape[d] > 0)
            low += stride * (shape[d] - 1);
        stride *= shape[d] > 0 ? shape[d] : 1;
    }
    const int offset = layout == LAYOUT_ANY && pick(seed, 4) == 0 ? 1 + pick(seed, 7) : 0;
    a->memory_bytes = (size_t)(stride + size) + 16;
    a->memory = calloc(1, a->memory_bytes);
    a->array = (evex_array){.data = a->memory + low + offset,
                            .dtype = dtype,
                            .ndim = ndim,
                            .shape = a->shape,
                            .strides = a->strides};
    a->array.byte_swapped = layout == LAYOUT_ANY && size > 1 && pick(seed, 5) == 0;
}

static inline void array_free(test_array *a) {
    free(a->memory);
    a->memory = NULL;
}

/* A random shape that broadcasts to the given one: lengths of 1 here and there, leading dimensions
 * missing. */
static inline int32_t pick_operand_shape(uint64_t *seed, int32_t ndim, const int64_t *shape,
                                         int64_t *operand) {
    const int32_t missing = pick(seed, 3) == 0 && ndim > 0 ? pick(seed, ndim + 1) : 0;
    for (int32_t d = missing; d < ndim; d++)
        operand[d - missing] = pick(seed, 5) == 0 ? 1 : shape[d];
    return ndim - missing;
}

/* The C-order number, in an operand's shape, of the element that broadcasting puts at `number` of
 * shape. */
static inline int64_t broadcast_number(int32_t ndim, const int64_t *shape,
                                       const test_array *operand, int64_t number) {
    int64_t result = 0, factor = 1;
    for (int32_t d = ndim - 1; d >= 0; d--) {
        const int64_t index = number % shape[d];
        number /= shape[d];
        const int32_t own = d - (ndim - operand->array.ndim);
        if (own < 0)
            break;
        result += operand->shape[own] == 1 ? 0 : index * factor;
        factor *= operand->shape[own];
    }
    return result;
}

static inline double broadcast_get(int32_t ndim, const int64_t *shape, const test_array *operand,
                                   int64_t number) {
    return array_get(operand, broadcast_number(ndim, shape, operand, number));
}

#endif
