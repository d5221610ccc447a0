/* SPDX-License-Identifier: MIT */
/*
 * Exact tests for shared memory; see overlap.h. Two arrays meet when
 *
 *     a + sum(s[k] * i[k]) + e = b + sum(t[k] * j[k]) + f
 *
 * has a solution in the index ranges, e and f being bytes within an element: a bounded linear
 * Diophantine equation (as in NumPy's mem_overlap, after Ramachandran's bounded knapsack). Ranges
 * that do not meet settle most cases; others are searched from the largest coefficient down, with
 * the divisor of the rest as a sieve, and given up as "yes" after a fixed number of steps.
 */
#include "eval/overlap.h"

enum { MAX_TERMS = 2 * EVEX_MAX_DIMS, MAX_STEPS = 20000 };

/* The bytes that belong to an element: a string by offsets takes its own and the next one. */
static int64_t width_of(const evex_view *view) {
    return (int64_t)view->item_bytes << evex_has_offsets(view->dtype, view->str_form);
}

/* The first and last byte of a view that has elements. */
static void extent(const evex_view *view, int64_t *low, int64_t *high) {
    *low = 0;
    *high = width_of(view) - 1;
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        const int64_t reach = view->strides[d] * (view->shape.dims[d] - 1);
        *(reach < 0 ? low : high) += reach;
    }
}

/* ---- The equation --------------------------------------------------------------------------- */

/* sum(c[k] * x[k]) + e = target, 0 <= x[k] <= u[k], 0 <= e <= slack; c descending and positive. */
typedef struct {
    int n;
    int64_t c[MAX_TERMS], u[MAX_TERMS];
    int64_t slack, target;
    int64_t reach[MAX_TERMS + 1];   /* the most that terms k... and e can give */
    int64_t divisor[MAX_TERMS + 1]; /* of the coefficients k...; 0 behind the last */
    int steps;
} equation;

static int64_t gcd(int64_t a, int64_t b) {
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Adds a term in its place; equal coefficients become one. */
static void add_term(equation *eq, int64_t c, int64_t u) {
    if (u == 0)
        return;
    int k = eq->n;
    while (k > 0 && eq->c[k - 1] < c)
        k--;
    if (k > 0 && eq->c[k - 1] == c) {
        eq->u[k - 1] += u;
        return;
    }
    for (int m = eq->n; m > k; m--) {
        eq->c[m] = eq->c[m - 1];
        eq->u[m] = eq->u[m - 1];
    }
    eq->c[k] = c;
    eq->u[k] = u;
    eq->n++;
}

static void prepare(equation *eq) {
    eq->steps = 0;
    eq->reach[eq->n] = eq->slack;
    eq->divisor[eq->n] = 0;
    for (int k = eq->n - 1; k >= 0; k--) {
        eq->reach[k] = eq->reach[k + 1] + eq->c[k] * eq->u[k];
        eq->divisor[k] = gcd(eq->c[k], eq->divisor[k + 1]);
    }
}

/* Whether terms k... can give target. Depth: at most MAX_TERMS. */
static int search(equation *eq, int k, int64_t target) {
    if (target < 0 || target > eq->reach[k])
        return 0;
    if (k == eq->n)
        return 1;
    if (target % eq->divisor[k] > eq->slack)
        return 0;
    const int64_t least = target - eq->reach[k + 1];
    int64_t x = least <= 0 ? 0 : (least + eq->c[k] - 1) / eq->c[k];
    for (; x <= eq->u[k] && eq->c[k] * x <= target; x++)
        if (++eq->steps > MAX_STEPS || search(eq, k + 1, target - eq->c[k] * x))
            return 1;
    return 0;
}

static int has_solution(equation *eq) {
    prepare(eq);
    return search(eq, 0, eq->target);
}

/* ---- The questions -------------------------------------------------------------------------- */

/* Adds sign * sum(stride * index); a term with a negative factor is counted from its other end. */
static void add_view(equation *eq, const evex_view *view, int sign) {
    for (int32_t d = 0; d < view->shape.ndim; d++) {
        const int64_t c = sign * view->strides[d], u = view->shape.dims[d] - 1;
        if (c < 0)
            eq->target -= c * u;
        if (c != 0)
            add_term(eq, c < 0 ? -c : c, u);
    }
}

/* The bytes of a bitmap, which is contiguous; other views as they are. */
typedef struct {
    evex_view view;
    int64_t length, stride;
} byte_view;

static const evex_view *in_bytes(const evex_view *view, byte_view *bytes) {
    if (view->validity_form != EVEX_VALIDITY_BITS)
        return view;
    const uintptr_t first = (uintptr_t)view->data;
    const uintptr_t end = first + (uintptr_t)evex_shape_size(view->shape);
    bytes->view = *view;
    bytes->length = (int64_t)((end + 7) / 8 - first / 8);
    bytes->stride = 1;
    bytes->view.data = (char *)(first / 8);
    bytes->view.shape = (evex_shape){1, &bytes->length};
    bytes->view.strides = &bytes->stride;
    return &bytes->view;
}

int evex_views_overlap(const evex_view *a, const evex_view *b) {
    byte_view a_bytes, b_bytes;
    a = in_bytes(a, &a_bytes);
    b = in_bytes(b, &b_bytes);
    if (evex_shape_size(a->shape) == 0 || evex_shape_size(b->shape) == 0 || a->item_bytes == 0 ||
        b->item_bytes == 0)
        return 0;
    int64_t a_low, a_high, b_low, b_high;
    extent(a, &a_low, &a_high);
    extent(b, &b_low, &b_high);
    const int64_t apart = (int64_t)((uintptr_t)b->data - (uintptr_t)a->data);
    if (a_high < apart + b_low || apart + b_high < a_low)
        return 0;
    equation eq = {.slack = width_of(a) + width_of(b) - 2, .target = apart + width_of(b) - 1};
    add_view(&eq, a, 1);
    add_view(&eq, b, -1);
    return has_solution(&eq);
}

/* Whether each stride leaves room for all that the smaller ones span: no overlap. */
static int is_nested(const evex_view *view) {
    int64_t span = (int64_t)view->item_bytes;
    uint32_t done = 0;
    for (int32_t n = 0; n < view->shape.ndim; n++) {
        int32_t least = -1;
        for (int32_t d = 0; d < view->shape.ndim; d++) {
            if (done >> d & 1)
                continue;
            const int64_t size = view->strides[d] < 0 ? -view->strides[d] : view->strides[d];
            if (least < 0 ||
                size < (view->strides[least] < 0 ? -view->strides[least] : view->strides[least]))
                least = d;
        }
        done |= 1u << least;
        if (view->shape.dims[least] == 1)
            continue;
        const int64_t stride =
            view->strides[least] < 0 ? -view->strides[least] : view->strides[least];
        if (stride < span)
            return 0;
        span += stride * (view->shape.dims[least] - 1);
    }
    return 1;
}

/* Whether two indexes that first differ in dimension k meet: there the difference is at least 1, in
 * the dimensions behind it anything. By symmetry the strides' signs do not matter. */
static int meets_itself_from(const evex_view *view, int32_t k) {
    const int64_t slack = (int64_t)view->item_bytes - 1;
    equation eq = {.slack = 2 * slack, .target = slack};
    for (int32_t d = k; d < view->shape.ndim; d++) {
        const int64_t c = view->strides[d] < 0 ? -view->strides[d] : view->strides[d];
        const int64_t u = view->shape.dims[d] - 1;
        if (c == 0 && u > 0)
            return 1;
        eq.target += d == k ? -c : c * u;
        if (c != 0)
            add_term(&eq, c, d == k ? u - 1 : 2 * u);
    }
    return has_solution(&eq);
}

int evex_view_overlaps_itself(const evex_view *view) {
    if (evex_shape_size(view->shape) <= 1 || is_nested(view))
        return 0;
    for (int32_t k = 0; k < view->shape.ndim; k++)
        if (view->shape.dims[k] > 1 && meets_itself_from(view, k))
            return 1;
    return 0;
}

int evex_views_are_same(const evex_view *a, const evex_view *b) {
    if (a->data != b->data || a->validity_form != b->validity_form || width_of(a) != width_of(b) ||
        !evex_shape_equal(a->shape, b->shape))
        return 0;
    for (int32_t d = 0; d < a->shape.ndim; d++)
        if (a->shape.dims[d] > 1 && a->strides[d] != b->strides[d])
            return 0;
    return 1;
}
