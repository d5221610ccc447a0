/* SPDX-License-Identifier: MIT */
/*
 * One leaf of a reduction: linking, preparing the accumulators, bringing elements to the kernel and
 * merging the lanes into nodes. A leaf's memory is
 *
 *     | leaf_head, 64 bytes | excluded: uint64[w], to a multiple of 64 bytes | accumulators |
 *
 * so that the number of elements included is known for every kind, masks or not. What a node does
 * afterwards is in eval/reduce_node.c, the tree over leaves in eval/reduce_tree.c.
 */
#include "eval/reduce.h"

#include <string.h>

#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/moments.h"

typedef struct {
    uint64_t n_taken; /* elements of all columns, included or not */
} leaf_head;

enum { HEAD_BYTES = EVEX_CACHE_LINE };

static size_t round_up(size_t n_bytes) {
    return (n_bytes + EVEX_CACHE_LINE - 1) / EVEX_CACHE_LINE * EVEX_CACHE_LINE;
}

static uint64_t *excluded_of(void *leaf) {
    return (uint64_t *)((char *)leaf + HEAD_BYTES);
}

static void *accumulators_of(void *leaf, size_t w) {
    return (char *)leaf + HEAD_BYTES + round_up(w * sizeof(uint64_t));
}

evex_status evex_reducer_link(evex_reducer *reducer, const evex_reduction *spec,
                              const evex_kernel_table *kernels, evex_error *error) {
    const evex_place place = {spec->place.offset, spec->place.length};
    if (spec->kind >= EVEX_N_REDUCTIONS || spec->in_dtype >= EVEX_N_DTYPES)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, place, "a reduction of no known kind");
    const evex_reduction_kind kind = (evex_reduction_kind)spec->kind;
    const evex_dtype dtype = (evex_dtype)spec->in_dtype;
    *reducer = (evex_reducer){.spec = spec,
                              .kernels = kernels,
                              .kernel = kernels->reduce[kind][dtype],
                              .count_excluded = kernels->reduce[EVEX_RED_COUNT][EVEX_BOOL],
                              .lanes = evex_lanes_of(dtype),
                              .accumulator = (uint8_t)evex_accumulator_of(kind, dtype)};
    reducer->is_ordered = reducer->accumulator == EVEX_ACC_LANES ||
                          reducer->accumulator == EVEX_ACC_MOMENTS ||
                          reducer->accumulator == EVEX_ACC_PAIRS;
    if (kind == EVEX_RED_COUNT)
        reducer->kernel = NULL;
    else if (reducer->kernel == NULL)
        return evex_fail(error, EVEX_UNSUPPORTED, place, "no kernel for %s of %s",
                         evex_reduction_infos[kind].name, evex_dtype_name(dtype));
    if (spec->out_dtype != evex_reduction_dtype(kind, dtype))
        return evex_fail(error, EVEX_INVALID_ARGUMENT, place, "%s of %s does not give %s",
                         evex_reduction_infos[kind].name, evex_dtype_name(dtype),
                         evex_dtype_name((evex_dtype)spec->out_dtype));
    return EVEX_OK;
}

/* ---- Accumulators ------------------------------------------------------------------------- */

static size_t column_bytes(const evex_reducer *reducer) {
    const size_t element = evex_dtype_size((evex_dtype)reducer->spec->in_dtype);
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_NONE:
        return 0;
    case EVEX_ACC_LANES:
        return reducer->lanes * sizeof(double);
    case EVEX_ACC_MOMENTS:
        return reducer->lanes * 4 * sizeof(double);
    case EVEX_ACC_PAIRS:
        return reducer->lanes * 3 * sizeof(double);
    case EVEX_ACC_WORDS:
    case EVEX_ACC_MAGNITUDE:
        return 2 * sizeof(int64_t);
    case EVEX_ACC_PRODUCT:
    case EVEX_ACC_FIRST:
        return sizeof(uint64_t);
    case EVEX_ACC_EXTREME:
        return element;
    case EVEX_ACC_LOGIC:
        return sizeof(uint8_t);
    case EVEX_ACC_PLACED:
        return sizeof(uint64_t) + element;
    }
    return 0;
}

size_t evex_leaf_bytes(const evex_reducer *reducer, size_t w) {
    return HEAD_BYTES + round_up(w * sizeof(uint64_t)) + round_up(w * column_bytes(reducer));
}

/* The element, as bits, that every other one replaces. */
static uint64_t integer_bound(int is_min, evex_dtype dtype) {
    if (dtype == EVEX_BOOL)
        return is_min ? 1 : 0;
    if (evex_dtype_kind(dtype) == 'u')
        return is_min ? UINT64_MAX : 0;
    const uint64_t highest = (UINT64_C(1) << (8 * evex_dtype_size(dtype) - 1)) - 1;
    return is_min ? highest : ~highest;
}

static double float_bound(evex_reduction_kind kind) {
    return kind == EVEX_RED_MIN ? INFINITY : kind == EVEX_RED_MAX ? -INFINITY : NAN;
}

static uint64_t bound_of(const evex_reduction *spec) {
    const evex_reduction_kind kind = (evex_reduction_kind)spec->kind;
    if (spec->in_dtype == EVEX_F64)
        return bits_f64(float_bound(kind));
    if (spec->in_dtype == EVEX_F32)
        return bits_f32((float)float_bound(kind));
    return integer_bound(kind == EVEX_RED_MIN || kind == EVEX_RED_NANMIN,
                         (evex_dtype)spec->in_dtype);
}

#define FILL(T)                                                                                    \
    case sizeof(T):                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            ((T *)at)[i] = (T)bits;                                                                \
        break;

/* n elements of the low size_bytes of bits. */
static void fill(void *at, size_t size_bytes, uint64_t bits, size_t n) {
    switch (size_bytes) {
        FILL(uint8_t)
        FILL(uint16_t)
        FILL(uint32_t)
        FILL(uint64_t)
    }
}

static void begin_arrays(const evex_reducer *reducer, void *at, size_t w, size_t n_lanes,
                         size_t n_arrays) {
    for (size_t part = 0; part < n_arrays; part++)
        memset((double *)at + part * reducer->lanes * w, 0, n_lanes * w * sizeof(double));
}

void evex_accumulators_begin(const evex_reducer *reducer, void *at, size_t w, size_t n_rows) {
    const evex_reduction *spec = reducer->spec;
    const size_t n_lanes = n_rows < reducer->lanes ? n_rows : reducer->lanes;
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_NONE:
        break;
    case EVEX_ACC_LANES:
        fill(at, sizeof(double), bits_f64(spec->kind == EVEX_RED_PROD ? 1.0 : -0.0), n_lanes * w);
        break;
    case EVEX_ACC_MOMENTS:
        begin_arrays(reducer, at, w, n_lanes, 4);
        break;
    case EVEX_ACC_PAIRS:
        begin_arrays(reducer, at, w, n_lanes, 3);
        break;
    case EVEX_ACC_WORDS:
        memset(at, 0, w * column_bytes(reducer));
        break;
    case EVEX_ACC_PRODUCT:
        fill(at, sizeof(uint64_t), 1, w);
        break;
    case EVEX_ACC_MAGNITUDE:
        memset(at, 0, w * column_bytes(reducer));
        fill(at, sizeof(uint64_t), 1, w);
        break;
    case EVEX_ACC_EXTREME:
        fill(at, evex_dtype_size((evex_dtype)spec->in_dtype), bound_of(spec), w);
        break;
    case EVEX_ACC_LOGIC:
        memset(at, spec->kind == EVEX_RED_ALL, w);
        break;
    case EVEX_ACC_PLACED:
        memset(at, 0, w * column_bytes(reducer));
        fill(at, sizeof(uint64_t), EVEX_NO_INDEX, w);
        break;
    case EVEX_ACC_FIRST:
        fill(at, sizeof(uint64_t), EVEX_NO_INDEX, w);
        break;
    }
}

void evex_leaf_begin_rows(const evex_reducer *reducer, void *leaf, size_t w, size_t n_rows) {
    ((leaf_head *)leaf)->n_taken = 0;
    memset(excluded_of(leaf), 0, w * sizeof(uint64_t));
    evex_accumulators_begin(reducer, accumulators_of(leaf, w), w, n_rows);
}

void evex_leaf_begin(const evex_reducer *reducer, void *leaf, size_t w) {
    evex_leaf_begin_rows(reducer, leaf, w, EVEX_LEAF);
}

/* As evex_leaf_add, for operands that are vectors; mask may be NULL. */
static void add_vectors(const evex_reducer *reducer, void *leaf, size_t w, size_t first,
                        const void *value, const uint8_t *mask, size_t n, uint64_t leaf_index) {
    if (mask != NULL)
        reducer->count_excluded(excluded_of(leaf), w, first, mask, w, NULL, n, leaf_index);
    if (reducer->kernel != NULL)
        reducer->kernel(accumulators_of(leaf, w), w, first, value, w, mask, n, leaf_index);
}

/* A scalar's splat is a vector of EVEX_SPLAT_BYTES: it is taken in as often as needed. */
static void add_scalars(const evex_reducer *reducer, void *leaf, size_t w, size_t first,
                        evex_operand value, evex_operand mask, size_t n, uint64_t leaf_index) {
    const size_t size = evex_dtype_size((evex_dtype)reducer->spec->in_dtype);
    const size_t n_splat = EVEX_SPLAT_BYTES / (size > 0 ? size : 1);
    for (size_t i = 0; i < n; i += n_splat) {
        const char *x = value.data;
        const uint8_t *included = mask.data;
        add_vectors(reducer, leaf, w, first + i, x == NULL ? NULL : x + i * value.step * size,
                    included == NULL ? NULL : included + i * mask.step,
                    n - i < n_splat ? n - i : n_splat, leaf_index);
    }
}

void evex_leaf_add(const evex_reducer *reducer, void *leaf, size_t w, size_t first,
                   evex_operand value, evex_operand mask, size_t n, uint64_t leaf_index) {
    if (n == 0)
        return;
    ((leaf_head *)leaf)->n_taken += n;
    if (mask.data != NULL && mask.step == 0 && *(const uint8_t *)mask.data != 0)
        mask.data = NULL;
    const int is_scalar = (value.data != NULL && value.step == 0 && reducer->kernel != NULL) ||
                          (mask.data != NULL && mask.step == 0);
    if (is_scalar)
        add_scalars(reducer, leaf, w, first, value, mask, n, leaf_index);
    else
        add_vectors(reducer, leaf, w, first, value.data, mask.data, n, leaf_index);
}

void evex_leaf_add_fused(void *leaf, size_t w, size_t first, evex_fused_sum_kernel kernel,
                         const evex_operand *src, size_t n) {
    if (n == 0)
        return;
    ((leaf_head *)leaf)->n_taken += n;
    kernel(accumulators_of(leaf, w), excluded_of(leaf), w, first, src, n);
}

/* ---- From lanes to nodes ------------------------------------------------------------------ */

/* Lane j takes in lane j + half, for half = lanes / 2, ... 1. Lanes beyond the leaf's rows hold the
 * identity, whose merging changes nothing, and are left out. */
static void merge_lanes(double *ring, size_t lanes, size_t w, size_t n_rows, int is_product) {
    for (size_t half = lanes / 2; half > 0; half /= 2) {
        if (n_rows <= half)
            continue;
        const size_t n = (n_rows - half < half ? n_rows - half : half) * w;
        double *left = ring;
        const double *right = ring + half * w;
        if (is_product)
            for (size_t i = 0; i < n; i++)
                left[i] *= right[i];
        else
            for (size_t i = 0; i < n; i++)
                left[i] += right[i];
        n_rows = half;
    }
}

static void merge_moment_lanes(double *ring, size_t lanes, size_t w, size_t n_rows) {
    const size_t length = lanes * w;
    double *mean = ring, *s1 = ring + length, *m2 = ring + 2 * length, *count = ring + 3 * length;
    const size_t n_used = (n_rows < lanes ? n_rows : lanes) * w;
    for (size_t i = 0; i < n_used; i++) {
        const evex_moments lane = evex_moments_of_sums(mean[i], s1[i], m2[i], count[i]);
        mean[i] = lane.mean;
        m2[i] = lane.m2;
    }
    for (size_t half = lanes / 2; half > 0; half /= 2) {
        if (n_rows <= half)
            continue;
        const size_t n = (n_rows - half < half ? n_rows - half : half) * w;
        for (size_t i = 0; i < n; i++) {
            const size_t j = i + half * w;
            const evex_moments both = evex_moments_merge((evex_moments){count[i], mean[i], m2[i]},
                                                         (evex_moments){count[j], mean[j], m2[j]});
            count[i] = both.count;
            mean[i] = both.mean;
            m2[i] = both.m2;
        }
        n_rows = half;
    }
}

static uint64_t read_unsigned(const void *at, evex_dtype dtype, size_t i) {
    switch (evex_dtype_size(dtype)) {
    case 1:
        return ((const uint8_t *)at)[i];
    case 2:
        return ((const uint16_t *)at)[i];
    case 4:
        return ((const uint32_t *)at)[i];
    default:
        return ((const uint64_t *)at)[i];
    }
}

static int64_t read_signed(const void *at, evex_dtype dtype, size_t i) {
    switch (evex_dtype_size(dtype)) {
    case 1:
        return ((const int8_t *)at)[i];
    case 2:
        return ((const int16_t *)at)[i];
    case 4:
        return ((const int32_t *)at)[i];
    default:
        return ((const int64_t *)at)[i];
    }
}

static evex_best read_best(const void *at, evex_dtype dtype, size_t i, uint64_t index) {
    evex_best best = {.index = index};
    if (dtype == EVEX_F64)
        best.value.f64 = ((const double *)at)[i];
    else if (dtype == EVEX_F32)
        best.value.f64 = (double)((const float *)at)[i];
    else if (evex_dtype_kind(dtype) == 'i')
        best.value.i64 = read_signed(at, dtype, i);
    else
        best.value.u64 = read_unsigned(at, dtype, i);
    return best;
}

/* low + high * 2^32 */
static void join_words(evex_node *node, int64_t low, int64_t high) {
    const uint64_t shifted = (uint64_t)high << 32;
    node->as.wide.low = shifted + (uint64_t)low;
    node->as.wide.high = (high >> 32) + (low >> 63) + (node->as.wide.low < shifted);
}

void evex_accumulators_read(const evex_reducer *reducer, const void *at, size_t w, size_t c,
                            const double *second, evex_node *node) {
    const evex_dtype dtype = (evex_dtype)reducer->spec->in_dtype;
    const double *ring = at;
    const uint64_t *words = at;
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_NONE:
        break;
    case EVEX_ACC_LANES:
        node->as.f64 = ring[c];
        break;
    case EVEX_ACC_MOMENTS:
        node->as.moments.mean = ring[c];
        node->as.moments.m2 = *second;
        break;
    case EVEX_ACC_PAIRS:
        node->as.z = (evex_c128){ring[c], *second};
        break;
    case EVEX_ACC_WORDS:
        join_words(node, ((const int64_t *)at)[c], ((const int64_t *)at)[w + c]);
        break;
    case EVEX_ACC_PRODUCT:
        node->as.u64 = words[c];
        break;
    case EVEX_ACC_MAGNITUDE:
        node->as.product.size = words[c];
        node->as.product.facts = words[w + c];
        break;
    case EVEX_ACC_EXTREME:
        node->as.best = read_best(at, dtype, c, 0);
        break;
    case EVEX_ACC_LOGIC:
        node->as.u64 = ((const uint8_t *)at)[c];
        break;
    case EVEX_ACC_PLACED:
        node->as.best = read_best(words + w, dtype, c, words[c]);
        break;
    case EVEX_ACC_FIRST:
        node->as.u64 = words[c];
        break;
    }
}

void evex_leaf_end(const evex_reducer *reducer, void *leaf, size_t w, evex_node *nodes) {
    if (w == 0)
        return;
    void *at = accumulators_of(leaf, w);
    const uint64_t n_taken = ((const leaf_head *)leaf)->n_taken;
    const size_t n_rows = (size_t)((n_taken + w - 1) / w);
    const size_t length = reducer->lanes * w;
    const double *second =
        (const double *)at + (reducer->accumulator == EVEX_ACC_MOMENTS ? 2 * length
                              : reducer->accumulator == EVEX_ACC_PAIRS ? length
                                                                       : 0);
    if (reducer->accumulator == EVEX_ACC_LANES)
        merge_lanes(at, reducer->lanes, w, n_rows, reducer->spec->kind == EVEX_RED_PROD);
    else if (reducer->accumulator == EVEX_ACC_MOMENTS)
        merge_moment_lanes(at, reducer->lanes, w, n_rows);
    else if (reducer->accumulator == EVEX_ACC_PAIRS)
        evex_pair_lanes_merge(at, reducer->lanes, w, n_rows);
    for (size_t c = 0; c < w; c++) {
        nodes[c] = (evex_node){.count = (n_taken + w - 1 - c) / w - excluded_of(leaf)[c]};
        if (nodes[c].count == 0)
            nodes[c] = evex_node_empty(reducer);
        else
            evex_accumulators_read(reducer, at, w, c, second + c, &nodes[c]);
    }
}

int evex_leaf_is_decided(const evex_reducer *reducer, const void *leaf, size_t w) {
    const uint8_t *truths = accumulators_of((void *)(uintptr_t)leaf, w);
    const int decided = reducer->spec->kind == EVEX_RED_ANY;
    if (reducer->accumulator != EVEX_ACC_LOGIC)
        return 0;
    for (size_t c = 0; c < w; c++)
        if (truths[c] != decided)
            return 0;
    return w > 0;
}

int evex_leaf_is_valid(const evex_reducer *reducer, const void *leaf, size_t w, uint64_t n) {
    /* What 4,096 additions of 32-bit halves cannot reach: then further ones cannot overflow. */
    const int64_t bound = INT64_C(1) << 46;
    void *bytes = (void *)(uintptr_t)leaf;
    const int64_t *words = accumulators_of(bytes, w);
    if (((const leaf_head *)leaf)->n_taken != n)
        return 0;
    for (size_t c = 0; c < w; c++)
        if (excluded_of(bytes)[c] > n / w)
            return 0;
    for (size_t i = 0; reducer->accumulator == EVEX_ACC_WORDS && i < 2 * w; i++)
        if (words[i] < -bound || words[i] > bound)
            return 0;
    return 1;
}
