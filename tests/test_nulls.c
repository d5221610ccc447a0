/* SPDX-License-Identifier: MIT */
/*
 * Nulls through the public API: what the language says of them, every form in which validity is
 * given, layouts, nullable results, errors and failing allocations. Expected values are written as
 * text, NA for a null. Streams are tests/test_null_stream.c's.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "include/evex.h"
#include "tests/caps.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { N = 5, MOST_RESULTS = 16 };

/* ---- Operands ------------------------------------------------------------------------------- */

static const double x[N] = {1.5, 99, -3, 99, 0};
static const uint8_t x_valid[N] = {1, 0, 7, 0, 1}; /* any non-zero byte is valid */
static const double y[N] = {10, 20, 30, 40, 50};
static const uint8_t y_valid[N] = {1, 1, 0, 0, 1};
static const double z[N] = {1, 2, 3, 4, 5};
static const int32_t i[N] = {7, -8, 9, INT32_MIN, 3};
static const uint8_t i_valid[N] = {1, 1, 1, 0, 1};
static const uint8_t p[N] = {1, 0, 1, 0, 9};
static const uint8_t p_valid[N] = {1, 1, 0, 0, 1};
static const uint8_t q[N] = {1, 1, 1, 0, 0};
static const uint8_t q_valid[N] = {1, 0, 1, 0, 1};
static const uint8_t r[N] = {0, 1, 0, 1, 1};
static const double none[N] = {1, 2, 3, 4, 5};
static const uint8_t none_valid[N] = {0};
static const double k = 2;
static const uint8_t k_valid = 1;
static const int64_t w = 1000; /* null: need not fit anything */
static const uint8_t w_valid = 0;

static const struct {
    evex_var var;
    const void *data, *validity;
} operands[] = {
    {{"x", EVEX_F64, EVEX_STRONG, 1, 0}, x, x_valid},
    {{"y", EVEX_F64, EVEX_STRONG, 1, 0}, y, y_valid},
    {{"z", EVEX_F64, EVEX_STRONG, 0, 0}, z, NULL},
    {{"i", EVEX_I32, EVEX_STRONG, 1, 0}, i, i_valid},
    {{"p", EVEX_BOOL, EVEX_STRONG, 1, 0}, p, p_valid},
    {{"q", EVEX_BOOL, EVEX_STRONG, 1, 0}, q, q_valid},
    {{"r", EVEX_BOOL, EVEX_STRONG, 0, 0}, r, NULL},
    {{"full", EVEX_F64, EVEX_STRONG, 1, 0}, z, NULL},
    {{"none", EVEX_F64, EVEX_STRONG, 1, 0}, none, none_valid},
    {{"k", EVEX_F64, EVEX_WEAK, 1, 0}, &k, &k_valid},
    {{"w", EVEX_I64, EVEX_WEAK, 1, 0}, &w, &w_valid},
};

enum { N_OPERANDS = COUNT(operands), STRIDED = EVEX_VALIDITY_BITS + 1, N_LAYOUTS, BIT_OFFSET = 5 };

/* Validity as bytes, mask, bitmap or every second byte. */
typedef struct {
    uint8_t bytes[N_OPERANDS][2 * N + 8];
    int64_t stride;
} layouts;

static void set_validity(evex_array *array, const uint8_t *validity, size_t n, int layout,
                         uint8_t *room, const int64_t *stride) {
    array->validity = room;
    array->validity_form = layout == STRIDED ? EVEX_VALIDITY_BYTES : (uint8_t)layout;
    memset(room, 0x5a, 2 * N + 8);
    for (size_t e = 0; e < n; e++) {
        const size_t bit = e + BIT_OFFSET;
        if (layout == EVEX_VALIDITY_BYTES)
            room[e] = validity[e];
        else if (layout == EVEX_VALIDITY_MASK)
            room[e] = validity[e] ? 0 : 0x80;
        else if (layout == STRIDED)
            room[2 * e] = validity[e];
        else
            room[bit / 8] =
                (uint8_t)((room[bit / 8] & ~(1 << bit % 8)) | (validity[e] != 0) << bit % 8);
    }
    if (layout == EVEX_VALIDITY_BITS)
        array->validity_offset = BIT_OFFSET;
    if (layout == STRIDED && n > 1)
        array->validity_strides = stride;
}

static evex_array input_of(const char *name, int layout, layouts *room) {
    room->stride = 2;
    for (size_t o = 0; o < N_OPERANDS; o++) {
        if (strcmp(operands[o].var.name, name) != 0)
            continue;
        const int is_weak = operands[o].var.kind == EVEX_WEAK;
        evex_array array = is_weak ? evex_array_0d(operands[o].var.dtype, operands[o].data)
                                   : evex_array_1d(operands[o].var.dtype, operands[o].data, N);
        if (operands[o].validity != NULL)
            set_validity(&array, operands[o].validity, is_weak ? 1 : N, layout, room->bytes[o],
                         &room->stride);
        return array;
    }
    ck_abort_msg("no operand %s", name);
}

static evex_expr *compile_with(const char *source, const evex_allocator *allocator,
                               evex_error *error) {
    evex_var vars[N_OPERANDS];
    for (size_t o = 0; o < N_OPERANDS; o++)
        vars[o] = operands[o].var;
    evex_compile_options options = caps_compile_options();
    options.allocator = allocator;
    evex_expr *expr;
    evex_compile(&expr, source, strlen(source), vars, N_OPERANDS, &options, error);
    return expr;
}

static evex_expr *compile(const char *source) {
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = compile_with(source, NULL, &error);
    ck_assert_msg(expr != NULL, "%s: %s", source, error.message);
    return expr;
}

/* ---- Evaluating ----------------------------------------------------------------------------- */

typedef struct {
    evex_dtype dtype;
    int is_nullable;
    int64_t n;
    int32_t ndim;
    int64_t shape[4];
    _Alignas(16) char data[16 * MOST_RESULTS];
    uint8_t validity[MOST_RESULTS];
} answer;

static void write_answer(const answer *a, char *text, size_t n_bytes) {
    size_t at = 0;
    text[0] = '\0';
    for (int64_t e = 0; e < a->n; e++) {
        double value = 0;
        const char *place = a->data + (size_t)e * evex_dtype_size(a->dtype);
        if (a->dtype == EVEX_F64)
            memcpy(&value, place, 8);
        else if (a->dtype == EVEX_F32)
            value = (double)*(const float *)(const void *)place;
        else if (a->dtype == EVEX_I32)
            value = *(const int32_t *)(const void *)place;
        else if (a->dtype == EVEX_I64)
            value = (double)*(const int64_t *)(const void *)place;
        else
            value = *(const uint8_t *)place;
        if (a->is_nullable && !a->validity[e])
            at += (size_t)snprintf(text + at, n_bytes - at, "%sNA", e > 0 ? " " : "");
        else
            at += (size_t)snprintf(text + at, n_bytes - at, "%s%g", e > 0 ? " " : "", value);
    }
}

/* The first result; the others go nowhere. Outputs' validity as bytes or as a mask. */
static evex_status evaluate(const evex_expr *expr, int layout, int as_mask, answer *a,
                            evex_error *error) {
    size_t n_inputs, n_outputs;
    const evex_var *vars = evex_expr_inputs(expr, &n_inputs);
    const evex_output *described = evex_expr_outputs(expr, &n_outputs);
    evex_array inputs[N_OPERANDS], output;
    evex_result result;
    layouts room;
    ck_assert_uint_eq(n_outputs, 1);
    for (size_t e = 0; e < n_inputs; e++)
        inputs[e] = input_of(vars[e].name, layout, &room);
    *a = (answer){.dtype = described->dtype, .is_nullable = described->nullable, .n = 1};
    const evex_status known = evex_result_shape(expr, inputs, n_inputs, &result, NULL, error);
    if (known != EVEX_OK)
        return known;
    a->ndim = result.ndim;
    memcpy(a->shape, result.shape, (size_t)result.ndim * sizeof *a->shape);
    for (int32_t d = 0; d < a->ndim; d++)
        a->n *= a->shape[d];
    output = evex_array_nd(a->dtype, a->data, a->ndim, a->shape);
    output.validity = a->is_nullable ? a->validity : NULL;
    output.validity_form = as_mask ? EVEX_VALIDITY_MASK : EVEX_VALIDITY_BYTES;
    memset(a->validity, 0x33, sizeof a->validity);
    const evex_eval_options options = caps_eval_options();
    const evex_status status = evex_eval(expr, NULL, inputs, n_inputs, &output, 1, &options, error);
    for (int64_t e = 0; e < a->n && a->is_nullable && status == EVEX_OK; e++) {
        ck_assert_uint_le(a->validity[e], 1);
        a->validity[e] ^= as_mask;
    }
    return status;
}

/* ---- The language --------------------------------------------------------------------------- */

static const struct {
    const char *source, *expected;
    int is_plain; /* the result cannot be null */
} cases[] = {
    {"x", "1.5 NA -3 NA 0", 0},
    {"-x", "-1.5 NA 3 NA -0", 0},
    {"x + y", "11.5 NA NA NA 50", 0},
    {"x*y + z", "16 NA NA NA 5", 0},
    {"x + z", "2.5 NA 0 NA 5", 0},
    {"x + full", "2.5 NA 0 NA 5", 0},
    {"full*2", "2 4 6 8 10", 0},
    {"x*k", "3 NA -6 NA 0", 0},
    {"z*k", "2 4 6 8 10", 0},
    {"i + w", "NA NA NA NA NA", 0},
    {"sqrt(y)", "3.16228 4.47214 NA NA 7.07107", 0},
    {"float32(x)", "1.5 NA -3 NA 0", 0},
    {"clip(x, 0, z)", "1 NA 0 NA 0", 0},
    {"round(x, decimals=1)", "1.5 NA -3 NA 0", 0},
    {"isclose(x, z, rtol=full)", "1 NA 1 NA 1", 0},
    {"x < y", "1 NA NA NA 1", 0},
    {"x == x", "1 NA 1 NA 1", 0},
    {"0 < x < y", "1 NA 0 NA 0", 0},
    {"i in (7, 9)", "1 0 1 NA 0", 0},
    {"i not in (7, 9)", "0 1 0 NA 1", 0},
    {"p and q", "1 0 NA NA 0", 0},
    {"p or q", "1 NA 1 NA 1", 0},
    {"p and r", "0 0 0 NA 1", 0},
    {"r or p", "1 1 NA 1 1", 0},
    {"not p", "0 1 NA NA 0", 0},
    {"p & q", "1 NA NA NA 0", 0},
    {"p | q", "1 NA NA NA 1", 0},
    {"p ^ q", "0 NA NA NA 1", 0},
    {"~p", "0 1 NA NA 0", 0},
    {"where(p, z, -z)", "1 -2 -3 -4 5", 1},
    {"where(p, x, y)", "1.5 20 NA NA 0", 0},
    {"x if r else y", "10 NA NA NA 0", 0},
    {"x if r else z", "1 NA 3 NA 0", 0},
    {"z if r else x", "1.5 2 -3 4 5", 0},
    {"where(r, NA, z)", "1 NA 3 NA NA", 0},
    {"where(r, z, NA)", "NA 2 NA 4 5", 0},
    {"where(x < 0, NA, x)", "1.5 NA NA NA 0", 0},
    {"where(NA, x, z)", "1 2 3 4 5", 0},
    {"x ?? 0", "1.5 0 -3 0 0", 1},
    {"x ?? z", "1.5 2 -3 4 0", 1},
    {"x ?? y", "1.5 20 -3 NA 0", 0},
    {"x ?? y ?? -1", "1.5 20 -3 -1 0", 1},
    {"z ?? x", "1 2 3 4 5", 1},
    {"x ?? NA", "1.5 NA -3 NA 0", 0},
    {"NA ?? x", "1.5 NA -3 NA 0", 0},
    {"k ?? 1", "2", 1},
    {"w ?? 1", "1", 1},
    {"w + 1", "NA", 0},
    {"isna(x)", "0 1 0 1 0", 1},
    {"notna(x + y)", "1 0 0 0 1", 1},
    {"isna(z)", "0 0 0 0 0", 1},
    {"isna(full)", "0 0 0 0 0", 1},
    {"isna(z != int8(NA))", "1 1 1 1 1", 1},
    {"where(where(False, r, NA), 1, NA)", "NA NA NA NA NA", 0},
    {"isna(x + z)", "0 1 0 1 0", 1},
    {"isna(w)", "1", 1},
    {"isna(NA)", "1", 1},
    {"isna(nan)", "0", 1},
    {"x + NA", "NA NA NA NA NA", 0},
    {"z > NA", "NA NA NA NA NA", 0},
    {"r and NA", "0 NA 0 NA NA", 0},
    {"r or NA", "NA 1 NA 1 1", 0},
    {"float64(NA)", "NA", 0},
    {"n = NA; z + n", "NA NA NA NA NA", 0},
    {"1 + int8(NA)", "NA", 0},
    {"sum(x)", "-1.5", 0},
    {"prod(x)", "-0", 0},
    {"min(x)", "-3", 0},
    {"max(x)", "1.5", 0},
    {"mean(x)", "-0.5", 0},
    {"argmin(x)", "2", 0},
    {"argmax(i)", "2", 0},
    {"std(x)", "1.87083", 0},
    {"var(x, ddof=1)", "5.25", 0},
    {"any(p)", "1", 0},
    {"all(p)", "0", 0},
    {"count(x)", "3", 1},
    {"count(z)", "5", 1},
    {"count_nonzero(x)", "2", 1},
    {"count(x + y)", "2", 1},
    {"sum(x*z)", "-7.5", 0},
    {"sum(x, where=r)", "0", 0},
    {"sum(z, where=p)", "6", 1},
    {"sum(z, where=x > 0)", "1", 1},
    {"sum(none)", "NA", 0},
    {"min(none)", "NA", 0},
    {"argmax(none)", "NA", 0},
    {"mean(none)", "NA", 0},
    {"all(none > 0)", "NA", 0},
    {"count(none)", "0", 1},
    {"max(x, where=y > 100)", "NA", 0},
    {"sum(x) ?? 0", "-1.5", 1},
    {"sum(none) ?? 7", "7", 1},
    {"nansum(x)", "-1.5", 0},
    {"nanmean(where(x < 0, nan, x))", "0.75", 0},
    {"x - mean(x)", "2 NA -2.5 NA 0.5", 0},
    {"z - mean(x)", "1.5 2.5 3.5 4.5 5.5", 0},
    {"z + max(none)", "NA NA NA NA NA", 0},
    {"x - mean(y)", "-25.1667 NA -29.6667 NA -26.6667", 0},
    {"sum(x, keepdims=True)", "-1.5", 0},
    {"sum(x, axis=0)", "-1.5", 0},
    {"x ** 2", "2.25 NA 9 NA 0", 0},
};

START_TEST(gives_what_the_language_says) {
    evex_expr *expr = compile(cases[_i].source);
    for (int layout = 0; layout < N_LAYOUTS; layout++)
        for (int as_mask = 0; as_mask < 2; as_mask++)
            for (int turn = 0; turn < 2; turn++) { /* the second may use the first's plan */
                answer a;
                char text[256];
                evex_error error = EVEX_ERROR_INIT;
                const evex_status status = evaluate(expr, layout, as_mask, &a, &error);
                ck_assert_msg(status == EVEX_OK, "%s: %s", cases[_i].source, error.message);
                write_answer(&a, text, sizeof text);
                ck_assert_msg(strcmp(text, cases[_i].expected) == 0,
                              "%s in layout %d gives %s, not %s", cases[_i].source, layout, text,
                              cases[_i].expected);
                if (cases[_i].is_plain)
                    ck_assert_msg(!a.is_nullable, "%s is nullable", cases[_i].source);
            }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Shapes --------------------------------------------------------------------------------- */

enum { ROWS = 3, COLUMNS = 2 };

static const double m[ROWS * COLUMNS] = {1, 2, 3, 4, 5, 6};
static const uint8_t m_valid[ROWS * COLUMNS] = {1, 0, 0, 0, 1, 1};
static const double v[COLUMNS] = {10, 20};
static const uint8_t v_valid[COLUMNS] = {1, 0};
static const int64_t m_dims[] = {ROWS, COLUMNS}, v_dims[] = {COLUMNS};

static const struct {
    const char *source;
    int32_t ndim;
    const char *values;
} shaped[] = {
    {"m + v", 2, "11 NA NA NA 15 NA"},
    {"m*2 + n", 2, "102 NA NA NA 110 212"},
    {"v + n", 1, "110 NA"},
    {"v ?? m", 2, "10 NA 10 NA 10 6"},
    {"sum(m, axis=0)", 1, "6 6"},
    {"sum(m, axis=1)", 1, "1 NA 11"},
    {"max(m, axis=1)", 1, "1 NA 6"},
    {"argmin(m, axis=-1)", 1, "0 NA 0"},
    {"count(m, axis=1)", 1, "1 0 2"},
    {"sum(m, axis=1, keepdims=True)", 2, "1 NA 11"},
    {"m - mean(m, axis=1, keepdims=True)", 2, "0 NA NA NA -0.5 0.5"},
    {"m + sum(v)", 2, "11 NA NA NA 15 16"},
    {"sum(m + v, axis=0)", 1, "26 NA"},
    {"sum(n + v, axis=0)", 0, "110"},
    {"any(isna(m), axis=0)", 1, "1 1"},
    {"isna(v + n)", 1, "0 1"},
};

static const double n_values[COLUMNS] = {100, 200};

static evex_expr *compile_shaped(const char *source) {
    const evex_var vars[] = {{"m", EVEX_F64, EVEX_STRONG, 1, 0},
                             {"v", EVEX_F64, EVEX_STRONG, 1, 0},
                             {"n", EVEX_F64, EVEX_STRONG, 0, 0}};
    const evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    evex_compile(&expr, source, strlen(source), vars, COUNT(vars), &options, &error);
    ck_assert_msg(expr != NULL, "%s: %s", source, error.message);
    return expr;
}

static size_t list_shaped(const evex_expr *expr, evex_array *inputs) {
    size_t n;
    const evex_var *vars = evex_expr_inputs(expr, &n);
    for (size_t e = 0; e < n; e++) {
        const char name = vars[e].name[0];
        inputs[e] = name == 'm'   ? evex_array_nd(EVEX_F64, m, 2, m_dims)
                    : name == 'v' ? evex_array_nd(EVEX_F64, v, 1, v_dims)
                                  : evex_array_nd(EVEX_F64, n_values, 1, v_dims);
        inputs[e].validity = (void *)(uintptr_t)(name == 'm' ? m_valid : v_valid);
        if (name == 'n')
            inputs[e].validity = NULL;
    }
    return n;
}

/* What alloc_output was asked for. */
typedef struct {
    answer *a;
    size_t outputs[4];
    size_t n;
} allocations;

static void *allocate_answer(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                             const int64_t *shape, int f_order) {
    allocations *to = user;
    (void)shape, (void)f_order;
    ck_assert_uint_lt(to->n, 4);
    to->outputs[to->n++] = output;
    to->a->ndim = ndim;
    if (output == 0)
        return to->a->data;
    ck_assert_int_eq(dtype, EVEX_BOOL);
    return to->a->validity;
}

START_TEST(shapes_broadcast) {
    evex_expr *expr = compile_shaped(shaped[_i].source);
    evex_array inputs[3], output = EVEX_ARRAY_INIT;
    evex_result result;
    evex_error error = EVEX_ERROR_INIT;
    char text[256];
    size_t n_outputs;
    const evex_output *described = evex_expr_outputs(expr, &n_outputs);
    const size_t n = list_shaped(expr, inputs);
    answer a = {.dtype = described->dtype, .is_nullable = described->nullable, .n = 1};
    allocations taken = {.a = &a};
    evex_eval_options options = caps_eval_options();
    options.alloc_output = allocate_answer;
    options.alloc_user = &taken;
    ck_assert_int_eq(evex_result_shape(expr, inputs, n, &result, NULL, &error), EVEX_OK);
    for (int32_t d = 0; d < result.ndim; d++)
        a.n *= result.shape[d];
    const evex_status status = evex_eval(expr, NULL, inputs, n, &output, 1, &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s: %s", shaped[_i].source, error.message);
    ck_assert_int_eq(a.ndim, shaped[_i].ndim);
    ck_assert_ptr_eq(output.data, a.data);
    if (a.is_nullable) {
        ck_assert_ptr_eq(output.validity, a.validity);
        ck_assert_uint_eq(taken.outputs[1], 1); /* of output 0 of 1 */
    }
    write_answer(&a, text, sizeof text);
    ck_assert_msg(strcmp(text, shaped[_i].values) == 0, "%s gives %s, not %s", shaped[_i].source,
                  text, shaped[_i].values);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Errors --------------------------------------------------------------------------------- */

START_TEST(bad_validity_is_refused) {
    evex_expr *expr = compile("x + z");
    layouts room;
    evex_error error = EVEX_ERROR_INIT;
    double data[N];
    uint8_t validity[N];
    const int64_t strides[] = {1}, zero[] = {0};
    evex_array good[] = {input_of("x", 0, &room), evex_array_1d(EVEX_F64, z, N)};
    evex_array output = evex_array_1d(EVEX_F64, data, N);
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_BAD_OUTPUT);
    ck_assert_int_eq(error.operand, 0);
    output.validity = validity;
    output.validity_form = EVEX_VALIDITY_BITS;
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_BAD_OUTPUT);
    output.validity_form = EVEX_VALIDITY_BYTES;
    output.validity_strides = zero;
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_BAD_OUTPUT);
    ck_assert_int_eq(error.operand, 0);
    output.validity_strides = NULL;
    output.validity = data;
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_BAD_OUTPUT);
    output.validity = validity;
    output.read_only = 1;
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_BAD_OUTPUT);
    output.read_only = 0;
    evex_array bad[2];
    memcpy(bad, good, sizeof bad);
    bad[0].validity_form = EVEX_VALIDITY_BITS + 1;
    ck_assert_int_eq(evex_eval(expr, NULL, bad, 2, &output, 1, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(error.operand, 0);
    bad[0].validity_form = EVEX_VALIDITY_BITS;
    bad[0].validity_strides = strides;
    ck_assert_int_eq(evex_eval(expr, NULL, bad, 2, &output, 1, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    bad[0].validity_strides = NULL;
    bad[0].validity_offset = -1;
    ck_assert_int_eq(evex_eval(expr, NULL, bad, 2, &output, 1, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, good, 1, &output, 1, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 0, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, good, 2, &output, 1, NULL, &error), EVEX_OK);
    evex_expr_free(&expr);
}
END_TEST

/* Where the answer's validity lies on that of an input, it is as if the input had been copied. */
START_TEST(validity_may_be_written_in_place) {
    evex_expr *expr = compile("where(isna(x), z, NA)");
    uint8_t validity[N + 1];
    double data[N];
    evex_error error = EVEX_ERROR_INIT;
    for (int shift = 0; shift < 2; shift++) {
        evex_array inputs[] = {evex_array_1d(EVEX_F64, x, N), evex_array_1d(EVEX_F64, z, N)};
        evex_array output = evex_array_1d(EVEX_F64, data, N);
        memcpy(validity, x_valid, N);
        inputs[0].validity = validity;
        output.validity = validity + shift;
        const evex_eval_options options = caps_eval_options();
        ck_assert_int_eq(evex_eval(expr, NULL, inputs, 2, &output, 1, &options, &error), EVEX_OK);
        for (int e = 0; e < N; e++)
            ck_assert_uint_eq(validity[shift + e], x_valid[e] == 0);
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Memory --------------------------------------------------------------------------------- */

START_TEST(no_memory_is_an_error) {
    for (long fail_at = 1;; fail_at++) {
        failing_allocator memory;
        failing_allocator_init(&memory, fail_at, 0);
        evex_error error = EVEX_ERROR_INIT;
        answer a;
        evex_expr *expr = compile_with("where(p, x, y) - mean(x)", &memory.allocator, &error);
        const evex_status status =
            expr == NULL ? error.status : evaluate(expr, EVEX_VALIDITY_BITS, 1, &a, &error);
        evex_expr_free(&expr);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
        if (atomic_load(&memory.n_calls) < fail_at) {
            ck_assert_int_eq(status, EVEX_OK);
            break;
        }
        ck_assert(status == EVEX_NO_MEMORY || status == EVEX_OK);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, gives_what_the_language_says, 0, COUNT(cases));
    tcase_add_loop_test(tests, shapes_broadcast, 0, COUNT(shaped));
    tcase_add_test(tests, bad_validity_is_refused);
    tcase_add_test(tests, validity_may_be_written_in_place);
    tcase_add_test(tests, no_memory_is_an_error);
}

int main(void) {
    return run_suite("nulls", add_tests);
}
