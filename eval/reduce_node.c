/* SPDX-License-Identifier: MIT */
/*
 * Nodes of the reduction tree: how two that stand side by side become one, and what a node gives as
 * a result. Sums of integers are 128-bit here, so that only the final value can be out of range.
 */
#include <string.h>

#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/moments.h"
#include "eval/reduce.h"

evex_node evex_node_empty(const evex_reducer *reducer) {
    evex_node node = {0};
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_LANES:
        node.as.f64 = reducer->spec->kind == EVEX_RED_PROD ? 1.0 : -0.0;
        break;
    case EVEX_ACC_PAIRS:
        node.as.z = (evex_c128){1, 0};
        break;
    case EVEX_ACC_PRODUCT:
        node.as.u64 = 1;
        break;
    case EVEX_ACC_MAGNITUDE:
        node.as.product.size = 1;
        break;
    case EVEX_ACC_LOGIC:
        node.as.u64 = reducer->spec->kind == EVEX_RED_ALL;
        break;
    case EVEX_ACC_FIRST:
        node.as.u64 = EVEX_NO_INDEX;
        break;
    default:
        break;
    }
    return node;
}

/* ---- Merging ------------------------------------------------------------------------------ */

static double better_float(evex_reduction_kind kind, double a, double b) {
    switch (kind) {
    case EVEX_RED_MIN:
        return minimum_f64(a, b);
    case EVEX_RED_MAX:
        return maximum_f64(a, b);
    case EVEX_RED_NANMIN:
        return fmin_f64(a, b);
    default:
        return fmax_f64(a, b);
    }
}

static void merge_extremes(const evex_reduction *spec, evex_node *left, const evex_node *right) {
    const evex_reduction_kind kind = (evex_reduction_kind)spec->kind;
    const int is_min = kind == EVEX_RED_MIN || kind == EVEX_RED_NANMIN;
    const evex_best *a = &left->as.best, *b = &right->as.best;
    int takes_right;
    switch (evex_dtype_kind((evex_dtype)spec->in_dtype)) {
    case 'f':
        left->as.best.value.f64 = better_float(kind, a->value.f64, b->value.f64);
        return;
    case 'i':
        takes_right = is_min ? b->value.i64 < a->value.i64 : b->value.i64 > a->value.i64;
        break;
    default:
        takes_right = is_min ? b->value.u64 < a->value.u64 : b->value.u64 > a->value.u64;
    }
    if (takes_right)
        left->as.best = *b;
}

/* right is strictly better, or the first nan. */
static int is_before(const evex_reduction *spec, const evex_best *right, const evex_best *left) {
    const int is_min = spec->kind == EVEX_RED_ARGMIN;
    const evex_best *low = is_min ? right : left, *high = is_min ? left : right;
    switch (evex_dtype_kind((evex_dtype)spec->in_dtype)) {
    case 'f':
        return low->value.f64 < high->value.f64 ||
               (isnan(right->value.f64) && !isnan(left->value.f64));
    case 'i':
        return low->value.i64 < high->value.i64;
    default:
        return low->value.u64 < high->value.u64;
    }
}

static void merge_moments(evex_node *left, const evex_node *right) {
    const evex_moments both = evex_moments_merge(
        (evex_moments){(double)left->count, left->as.moments.mean, left->as.moments.m2},
        (evex_moments){(double)right->count, right->as.moments.mean, right->as.moments.m2});
    left->as.moments.mean = both.mean;
    left->as.moments.m2 = both.m2;
}

static void merge_wide(evex_node *left, const evex_node *right) {
    const uint64_t low = left->as.wide.low + right->as.wide.low;
    left->as.wide.high = (int64_t)((uint64_t)left->as.wide.high + (uint64_t)right->as.wide.high +
                                   (low < right->as.wide.low));
    left->as.wide.low = low;
}

/* Both sides have elements. */
static void merge_values(const evex_reducer *reducer, evex_node *left, const evex_node *right) {
    const evex_reduction *spec = reducer->spec;
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_NONE:
        break;
    case EVEX_ACC_LANES:
        left->as.f64 = spec->kind == EVEX_RED_PROD ? left->as.f64 * right->as.f64
                                                   : left->as.f64 + right->as.f64;
        break;
    case EVEX_ACC_MOMENTS:
        merge_moments(left, right);
        break;
    case EVEX_ACC_PAIRS:
        left->as.z = mul_c128(left->as.z, right->as.z);
        break;
    case EVEX_ACC_WORDS:
        merge_wide(left, right);
        break;
    case EVEX_ACC_PRODUCT:
        left->as.u64 *= right->as.u64;
        break;
    case EVEX_ACC_MAGNITUDE:
        evex_magnitude_merge(&left->as.product.size, &left->as.product.facts,
                             right->as.product.size, right->as.product.facts);
        break;
    case EVEX_ACC_EXTREME:
        merge_extremes(spec, left, right);
        break;
    case EVEX_ACC_LOGIC:
        left->as.u64 = spec->kind == EVEX_RED_ALL ? left->as.u64 & right->as.u64
                                                  : left->as.u64 | right->as.u64;
        break;
    case EVEX_ACC_PLACED:
        if (is_before(spec, &right->as.best, &left->as.best))
            left->as.best = right->as.best;
        break;
    case EVEX_ACC_FIRST:
        if (right->as.u64 < left->as.u64)
            left->as.u64 = right->as.u64;
        break;
    }
}

void evex_node_merge(const evex_reducer *reducer, evex_node *left, const evex_node *right,
                     size_t n) {
    for (size_t c = 0; c < n; c++) {
        if (left[c].count == 0) {
            left[c] = right[c];
        } else if (right[c].count != 0) {
            merge_values(reducer, &left[c], &right[c]);
            left[c].count += right[c].count;
        }
    }
}

/* ---- Finishing ---------------------------------------------------------------------------- */

/*
 * The double nearest to magnitude (high, low), ties to even. A 64-bit integer whose last bit stands
 * for everything lost below it rounds as the whole number would, since a double has but 53 bits.
 */
static double round_magnitude(uint64_t high, uint64_t low) {
    int shift = 0;
    if (high != 0) {
        shift = 64 - __builtin_clzll(high);
        const uint64_t lost = shift == 64 ? low : low << (64 - shift);
        low = shift == 64 ? high : (high << (64 - shift)) | (low >> shift);
        low |= lost != 0;
    }
    return ldexp((double)low, shift);
}

static double wide_to_double(uint64_t low, int64_t high) {
    if (high >= 0)
        return round_magnitude((uint64_t)high, low);
    return -round_magnitude(~(uint64_t)high + (low == 0), ~low + 1);
}

/* 128 bits hold any sum of 2^63 elements, so even an unsigned one leaves the sign bit alone. */
static double mean_of(const evex_reducer *reducer, const evex_node *node) {
    const double total = reducer->accumulator == EVEX_ACC_WORDS
                             ? wide_to_double(node->as.wide.low, node->as.wide.high)
                             : node->as.f64;
    return total / (double)node->count;
}

/* As NumPy's: the divisor never goes below 0, so too few elements give 0/0 or x/0. */
static double variance_of(const evex_reduction *spec, const evex_node *node) {
    const double divisor = (double)node->count - (double)spec->ddof;
    return node->as.moments.m2 / (divisor > 0 ? divisor : 0);
}

static void write_float(evex_dtype dtype, double value, void *result) {
    if (dtype == EVEX_F32)
        *(float *)result = (float)value;
    else
        *(double *)result = value;
}

/* The low bytes of a two's complement integer. */
static void write_integer(evex_dtype dtype, uint64_t bits, void *result) {
    switch (evex_dtype_size(dtype)) {
    case 1:
        *(uint8_t *)result = (uint8_t)bits;
        break;
    case 2:
        *(uint16_t *)result = (uint16_t)bits;
        break;
    case 4:
        *(uint32_t *)result = (uint32_t)bits;
        break;
    default:
        *(uint64_t *)result = bits;
    }
}

static void write_best(const evex_reduction *spec, const evex_best *best, void *result) {
    const evex_dtype dtype = (evex_dtype)spec->out_dtype;
    if (evex_dtype_kind(dtype) == 'f')
        write_float(dtype, best->value.f64, result);
    else
        write_integer(dtype, best->value.u64, result);
}

/* The sum of no element is +0. */
static void write_sum(const evex_reducer *reducer, const evex_node *node, void *result) {
    const evex_dtype dtype = (evex_dtype)reducer->spec->out_dtype;
    if (reducer->accumulator == EVEX_ACC_WORDS)
        write_integer(dtype, node->as.wide.low, result);
    else
        write_float(dtype, node->count == 0 ? 0.0 : node->as.f64, result);
}

static void write_complex(evex_dtype dtype, evex_c128 value, void *result) {
    const size_t size = evex_dtype_size(evex_dtype_part(dtype));
    write_float(evex_dtype_part(dtype), value.re, result);
    write_float(evex_dtype_part(dtype), value.im, (char *)result + size);
}

static void write_product(const evex_reducer *reducer, const evex_node *node, void *result) {
    const evex_dtype dtype = (evex_dtype)reducer->spec->out_dtype;
    if (reducer->accumulator == EVEX_ACC_PRODUCT)
        write_integer(dtype, node->as.u64, result);
    else if (reducer->accumulator == EVEX_ACC_PAIRS)
        write_complex(dtype, node->as.z, result);
    else
        write_float(dtype, node->as.f64, result);
}

/* Whether the 128-bit sum is no int64, of unsigned operands no uint64. */
static int sum_overflows(const evex_reduction *spec, const evex_node *node) {
    const int64_t high = node->as.wide.high;
    if (evex_dtype_kind((evex_dtype)spec->in_dtype) == 'u')
        return high != 0;
    return high != ((int64_t)node->as.wide.low < 0 ? -1 : 0);
}

static int product_overflows(const evex_reduction *spec, const evex_node *node) {
    const uint64_t size = node->as.product.size, facts = node->as.product.facts;
    if ((facts & EVEX_FACT_ZERO) != 0)
        return 0;
    if ((facts & EVEX_FACT_HUGE) != 0)
        return 1;
    if (evex_dtype_kind((evex_dtype)spec->in_dtype) == 'u')
        return 0;
    return size > (uint64_t)INT64_MAX + (facts & EVEX_FACT_NEGATIVE);
}

/* What has no answer over no element: 0 where a validity says that it is none. */
static evex_status write_nothing(const evex_reduction *spec, void *result) {
    if (!spec->allows_empty)
        return EVEX_EMPTY;
    memset(result, 0, evex_dtype_size((evex_dtype)spec->out_dtype));
    return EVEX_OK;
}

evex_status evex_node_finish(const evex_reducer *reducer, const evex_node *node, void *result) {
    const evex_reduction *spec = reducer->spec;
    const evex_dtype dtype = (evex_dtype)spec->out_dtype;
    switch ((evex_reduction_kind)spec->kind) {
    case EVEX_RED_SUM:
    case EVEX_RED_COUNT_NONZERO:
        write_sum(reducer, node, result);
        return EVEX_OK;
    case EVEX_RED_PROD:
        write_product(reducer, node, result);
        return EVEX_OK;
    case EVEX_RED_MEAN:
        write_float(dtype, mean_of(reducer, node), result);
        return EVEX_OK;
    case EVEX_RED_VAR:
        write_float(dtype, variance_of(spec, node), result);
        return EVEX_OK;
    case EVEX_RED_STD:
        write_float(dtype, sqrt(variance_of(spec, node)), result);
        return EVEX_OK;
    case EVEX_RED_COUNT:
        write_integer(dtype, node->count, result);
        return EVEX_OK;
    case EVEX_RED_ANY:
    case EVEX_RED_ALL:
        write_integer(dtype, node->as.u64, result);
        return EVEX_OK;
    case EVEX_RED_FIRST_TRUE: /* EVEX_NO_INDEX reads as -1 */
        write_integer(dtype, node->as.u64, result);
        return EVEX_OK;
    case EVEX_RED_SUM_OVERFLOWS:
        *(int64_t *)result = sum_overflows(spec, node) ? 0 : -1;
        return EVEX_OK;
    case EVEX_RED_PROD_OVERFLOWS:
        *(int64_t *)result = product_overflows(spec, node) ? 0 : -1;
        return EVEX_OK;
    case EVEX_RED_MIN:
    case EVEX_RED_MAX:
    case EVEX_RED_NANMIN:
    case EVEX_RED_NANMAX:
        if (node->count == 0)
            return write_nothing(spec, result);
        write_best(spec, &node->as.best, result);
        return EVEX_OK;
    case EVEX_RED_ARGMIN:
    case EVEX_RED_ARGMAX:
        if (node->count == 0)
            return write_nothing(spec, result);
        write_integer(dtype, node->as.best.index, result);
        return EVEX_OK;
    case EVEX_N_REDUCTIONS:
        break;
    }
    return EVEX_INVALID_ARGUMENT;
}

/* ---- Columns at once ------------------------------------------------------------------------ */

static void finish_lanes(const evex_reduction *spec, const double *total, size_t w, double divisor,
                         void *results) {
    const int is_mean = spec->kind == EVEX_RED_MEAN;
    if (spec->out_dtype == EVEX_F32)
        for (size_t c = 0; c < w; c++)
            ((float *)results)[c] = (float)(is_mean ? total[c] / divisor : total[c]);
    else
        for (size_t c = 0; c < w; c++)
            ((double *)results)[c] = is_mean ? total[c] / divisor : total[c];
}

/* The low 64 bits of low + high * 2^32. */
static void finish_words(const int64_t *words, size_t w, uint64_t *results) {
    for (size_t c = 0; c < w; c++)
        results[c] = (uint64_t)words[c] + ((uint64_t)words[w + c] << 32);
}

static void finish_nodes(const evex_reducer *reducer, const void *at, size_t w, const double *m2,
                         uint64_t n_rows, void *results) {
    const size_t size = evex_dtype_size((evex_dtype)reducer->spec->out_dtype);
    for (size_t c = 0; c < w; c++) {
        evex_node node = {.count = n_rows};
        evex_accumulators_read(reducer, at, w, c, m2 + c, &node);
        evex_node_finish(reducer, &node, (char *)results + c * size);
    }
}

void evex_accumulators_finish(const evex_reducer *reducer, const void *at, size_t w,
                              const double *m2, uint64_t n_rows, void *results) {
    const evex_reduction *spec = reducer->spec;
    switch ((evex_accumulator)reducer->accumulator) {
    case EVEX_ACC_LANES:
        finish_lanes(spec, at, w, (double)n_rows, results);
        break;
    case EVEX_ACC_WORDS:
        if (spec->kind == EVEX_RED_MEAN || spec->kind == EVEX_RED_SUM_OVERFLOWS)
            finish_nodes(reducer, at, w, at, n_rows, results);
        else
            finish_words(at, w, results);
        break;
    case EVEX_ACC_EXTREME: /* the results are as they stand */
    case EVEX_ACC_PRODUCT:
    case EVEX_ACC_LOGIC:
    case EVEX_ACC_PLACED:
    case EVEX_ACC_FIRST:
        memcpy(results, at, w * evex_dtype_size((evex_dtype)spec->out_dtype));
        break;
    default:
        finish_nodes(reducer, at, w, m2, n_rows, results);
    }
}
