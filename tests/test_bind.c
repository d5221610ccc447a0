/* SPDX-License-Identifier: MIT */
/*
 * What evex_eval and evex_result_shape accept and refuse: every rule of evex.h about arrays, each
 * with its status and operand, and no output touched by a call that fails. Also the arrays that
 * only look odd: 0-d, empty, 32 dimensions, strings of every form, weak integers.
 */
#include "tests/eval_fixture.h"
#include "tests/suite.h"

static const evex_var ab[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                               {"b", EVEX_F64, EVEX_STRONG, 0, 0}};
static const double numbers[64] = {1, 2, 3, 4, 5, 6, 7, 8};

/* ---- Refusals ------------------------------------------------------------------------------- */

static const int64_t shape_4[] = {4}, shape_3[] = {3}, shape_2_2[] = {2, 2},
                     shape_negative[] = {-1}, shape_huge[] = {INT64_C(1) << 40, INT64_C(1) << 40},
                     stride_0[] = {0};

/* The expression a + b over two inputs, with one thing wrong. */
static const struct {
    const char *what;
    evex_array a, b, out;
    evex_status status;
    int operand;
} refusals[] = {
    {"dtype of an input",
     {.data = (void *)numbers, .dtype = EVEX_F32, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_BAD_TYPE,
     0},
    {"no known dtype",
     {.data = (void *)numbers, .dtype = (evex_dtype)99, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_BAD_TYPE,
     0},
    {"shapes",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_3},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_BAD_SHAPE,
     -1},
    {"a negative dimension",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_negative},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_INVALID_ARGUMENT,
     1},
    {"too many dimensions",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 33, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_LIMIT_DIMS,
     0},
    {"a negative number of dimensions",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = -1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_INVALID_ARGUMENT,
     0},
    {"no shape",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 2, .shape = NULL},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_INVALID_ARGUMENT,
     0},
    {"more elements than memory",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 2, .shape = shape_huge},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_BAD_SHAPE,
     0},
    {"an input without data",
     {.data = NULL, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     EVEX_INVALID_ARGUMENT,
     0},
    {"shape of the output",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 2, .shape = shape_2_2},
     EVEX_BAD_SHAPE,
     0},
    {"dtype of the output",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_I64, .ndim = 1, .shape = shape_4},
     EVEX_BAD_TYPE,
     0},
    {"a read-only output",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4, .read_only = 1},
     EVEX_BAD_OUTPUT,
     0},
    {"an output that overlaps itself",
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.data = (void *)numbers, .dtype = EVEX_F64, .ndim = 1, .shape = shape_4},
     {.dtype = EVEX_F64, .ndim = 1, .shape = shape_4, .strides = stride_0},
     EVEX_BAD_OUTPUT,
     0},
};

START_TEST(wrong_arrays_are_refused) {
    evex_expr *expr = expr_of("a + b", ab, 2, EVEX_ISA_BEST);
    double memory[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const evex_array in[2] = {refusals[_i].a, refusals[_i].b};
    evex_array out = refusals[_i].out;
    out.data = memory;
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status = evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error);
    ck_assert_msg(status == refusals[_i].status, "%s: status %d, %s", refusals[_i].what, status,
                  error.message);
    ck_assert_int_eq(error.status, status);
    ck_assert_int_eq(error.operand, refusals[_i].operand);
    ck_assert(error.message[0] != '\0');
    for (int k = 0; k < 8; k++)
        ck_assert_double_eq(memory[k], -1);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(shape_errors_have_a_place) {
    evex_expr *expr = expr_of("1 + (a * b)", ab, 2, EVEX_ISA_BEST);
    const evex_array in[2] = {evex_array_1d(EVEX_F64, numbers, 4),
                              evex_array_1d(EVEX_F64, numbers, 3)};
    evex_result result;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_result_shape(expr, in, 2, &result, NULL, &error), EVEX_BAD_SHAPE);
    ck_assert_str_eq(error.message, "shapes (4,) and (3,) do not broadcast");
    ck_assert_uint_ge(error.offset, 4);
    ck_assert_uint_gt(error.length, 0);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(counts_are_checked) {
    evex_expr *expr = expr_of("a + b", ab, 2, EVEX_ISA_BEST);
    double memory[4];
    const evex_array in[2] = {evex_array_1d(EVEX_F64, numbers, 4),
                              evex_array_1d(EVEX_F64, numbers, 4)};
    evex_array out = evex_array_1d(EVEX_F64, memory, 4), none = out;
    none.data = NULL;
    ck_assert_int_eq(evex_eval(expr, NULL, in, 1, &out, 1, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, NULL, 2, &out, 1, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 0, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, NULL, 1, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &none, 1, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(NULL, NULL, in, 2, &out, 1, NULL, NULL), EVEX_INVALID_ARGUMENT);
    evex_expr_free(&expr);
}
END_TEST

/* An error struct that was not cleared after an earlier failure holds the latest one. */
START_TEST(errors_are_overwritten) {
    evex_expr *expr = expr_of("a + b", ab, 2, EVEX_ISA_BEST);
    const evex_array in[2] = {evex_array_1d(EVEX_F64, numbers, 4),
                              evex_array_1d(EVEX_F64, numbers, 3)};
    double memory[4];
    evex_array out = evex_array_1d(EVEX_F64, memory, 4);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, in, 1, &out, 1, NULL, &error), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error), EVEX_BAD_SHAPE);
    ck_assert_int_eq(error.status, EVEX_BAD_SHAPE);
    ck_assert_str_eq(error.message, "shapes (4,) and (3,) do not broadcast");
    evex_expr_free(&expr);
}
END_TEST

START_TEST(outputs_may_not_meet) {
    evex_expr *expr = expr_of("p = a + b, q = a - b", ab, 2, EVEX_ISA_BEST);
    double memory[8];
    const int64_t shape[1] = {4}, strides[1] = {16};
    const evex_array in[2] = {evex_array_1d(EVEX_F64, numbers, 4),
                              evex_array_1d(EVEX_F64, numbers, 4)};
    evex_array meeting[2] = {evex_array_1d(EVEX_F64, memory, 4),
                             evex_array_1d(EVEX_F64, memory + 3, 4)};
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, meeting, 2, NULL, &error), EVEX_BAD_OUTPUT);
    ck_assert_int_eq(error.operand, 1);
    evex_array columns[2] = {{.data = memory, .dtype = EVEX_F64, .ndim = 1},
                             {.data = memory + 1, .dtype = EVEX_F64, .ndim = 1}};
    for (int k = 0; k < 2; k++) {
        columns[k].shape = shape;
        columns[k].strides = strides;
    }
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, columns, 2, NULL, NULL), EVEX_OK);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(memory[2 * i], 2 * numbers[i]);
        ck_assert_double_eq(memory[2 * i + 1], 0);
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Odd but right -------------------------------------------------------------------------- */

START_TEST(zero_dimensions_and_empty_arrays) {
    evex_expr *expr = expr_of("a*2 + b", ab, 2, EVEX_ISA_BEST);
    double result = 0;
    evex_array in[2] = {evex_array_0d(EVEX_F64, numbers + 2), evex_array_0d(EVEX_F64, numbers)};
    evex_array out = evex_array_0d(EVEX_F64, &result);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, NULL), EVEX_OK);
    ck_assert_double_eq(result, 7);
    in[0] = evex_array_1d(EVEX_F64, NULL, 0);
    out = evex_array_1d(EVEX_F64, NULL, 0);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, NULL), EVEX_OK);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(reductions_of_nothing) {
    static const struct {
        const char *text;
        evex_status status;
        double value;
    } rows[] = {{"sum(a)", EVEX_OK, 0},           {"prod(a)", EVEX_OK, 1},
                {"min(a)", EVEX_EMPTY, 0},        {"argmax(a)", EVEX_EMPTY, 0},
                {"sum(a, axis=0)", EVEX_OK, 0},   {"max(a, axis=0)", EVEX_EMPTY, 0},
                {"float64(count(a))", EVEX_OK, 0}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        evex_expr *expr = expr_of(rows[k].text, ab, 1, EVEX_ISA_BEST);
        const evex_array in = evex_array_1d(EVEX_F64, NULL, 0);
        double result = -1;
        int64_t index;
        size_t n;
        const int is_index = evex_expr_outputs(expr, &n)[0].dtype == EVEX_I64;
        evex_array out =
            is_index ? evex_array_0d(EVEX_I64, &index) : evex_array_0d(EVEX_F64, &result);
        ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), rows[k].status);
        ck_assert(rows[k].status != EVEX_OK || result == rows[k].value);
        evex_expr_free(&expr);
    }
}
END_TEST

/* Results of no column, and one nothing for each of three. */
START_TEST(reductions_along_empty_axes) {
    const int64_t none_of_three[2] = {3, 0}, three_of_none[2] = {0, 3};
    double results[3] = {-1, -1, -1};
    const evex_array in = {.dtype = EVEX_F64, .ndim = 2, .shape = none_of_three};
    const evex_array of_none = {.dtype = EVEX_F64, .ndim = 2, .shape = three_of_none};
    evex_array out = evex_array_1d(EVEX_F64, results, 3), empty = evex_array_1d(EVEX_F64, NULL, 0);
    evex_expr *sum = expr_of("sum(a, axis=1)", ab, 1, EVEX_ISA_BEST);
    evex_expr *max = expr_of("max(a, axis=1)", ab, 1, EVEX_ISA_BEST);
    ck_assert_int_eq(evex_eval(sum, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    ck_assert(results[0] == 0 && results[1] == 0 && results[2] == 0);
    ck_assert_int_eq(evex_eval(sum, NULL, &of_none, 1, &empty, 1, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_eval(max, NULL, &of_none, 1, &empty, 1, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_eval(max, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_EMPTY);
    evex_expr_free(&sum);
    evex_expr_free(&max);
}
END_TEST

/* where= that lets nothing through is known only when it has been computed. */
START_TEST(reductions_of_excluded_elements) {
    evex_expr *expr = expr_of("min(a, where=a > 100)", ab, 1, EVEX_ISA_BEST);
    const evex_array in = evex_array_1d(EVEX_F64, numbers, 8);
    double result;
    evex_array out = evex_array_0d(EVEX_F64, &result);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, &error), EVEX_EMPTY);
    ck_assert_int_eq(error.status, EVEX_EMPTY);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(axes_are_checked) {
    const evex_array in = evex_array_1d(EVEX_F64, numbers, 8);
    evex_result result;
    evex_expr *beyond = expr_of("sum(a, axis=1)", ab, 1, EVEX_ISA_BEST);
    evex_expr *twice = expr_of("sum(a, axis=(0, -1))", ab, 1, EVEX_ISA_BEST);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_result_shape(beyond, &in, 1, &result, NULL, &error), EVEX_OUT_OF_RANGE);
    ck_assert_uint_gt(error.length, 0);
    ck_assert_int_eq(evex_result_shape(twice, &in, 1, &result, NULL, NULL), EVEX_OUT_OF_RANGE);
    evex_expr_free(&beyond);
    evex_expr_free(&twice);
}
END_TEST

START_TEST(thirty_two_dimensions) {
    int64_t shape[32], strides[32];
    double memory[64] = {0};
    for (int d = 0; d < 32; d++) {
        shape[d] = d % 6 == 1 ? 2 : 1;
        strides[d] = d % 6 == 1 ? 8 << (d / 6) : 8; /* the first of them lies closest */
    }
    evex_expr *expr = expr_of("a + b", ab, 2, EVEX_ISA_BEST);
    const evex_array in[2] = {{.data = (void *)numbers,
                               .dtype = EVEX_F64,
                               .ndim = 32,
                               .shape = shape,
                               .strides = strides},
                              evex_array_nd(EVEX_F64, numbers, 32, shape)};
    evex_array out = evex_array_nd(EVEX_F64, memory, 32, shape);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, NULL), EVEX_OK);
    for (int i = 0; i < 64; i++) {
        int reversed = 0;
        for (int bit = 0; bit < 6; bit++)
            reversed |= (i >> bit & 1) << (5 - bit);
        ck_assert_double_eq(memory[i], numbers[i] + numbers[reversed]);
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Outputs -------------------------------------------------------------------------------- */

START_TEST(outputs_of_another_type) {
    const float in_numbers[3] = {1.5f, -2, 1e30f};
    const evex_var var = {"a", EVEX_F32, EVEX_STRONG, 0, 0};
    evex_expr *expr = expr_of("a*2", &var, 1, EVEX_ISA_BEST);
    const evex_array in = evex_array_1d(EVEX_F32, in_numbers, 3);
    double wide[3];
    evex_array out = evex_array_1d(EVEX_F64, wide, 3);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    ck_assert(wide[0] == 3 && wide[1] == -4 && wide[2] == (double)2e30f);
    evex_expr_free(&expr);
    evex_expr *total = expr_of("sum(a)", ab, 1, EVEX_ISA_BEST);
    const evex_array doubles = evex_array_1d(EVEX_F64, numbers, 8);
    float narrow = 0;
    out = evex_array_0d(EVEX_F32, &narrow);
    ck_assert_int_eq(evex_eval(total, NULL, &doubles, 1, &out, 1, NULL, NULL), EVEX_OK);
    ck_assert(narrow == 36);
    evex_expr_free(&total);
}
END_TEST

typedef struct {
    double memory[64];
    int32_t ndim;
    int64_t shape[2];
    int f_order, n_calls, fails;
} output_hook;

static void *allocate_output(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                             const int64_t *shape, int f_order) {
    output_hook *hook = user;
    ck_assert_uint_eq(output, 0);
    ck_assert_int_eq(dtype, EVEX_F64);
    hook->n_calls++;
    hook->ndim = ndim;
    memcpy(hook->shape, shape, (size_t)ndim * sizeof *shape);
    hook->f_order = f_order;
    return hook->fails ? NULL : hook->memory;
}

START_TEST(outputs_are_allocated) {
    const int64_t shape[2] = {2, 3}, f_strides[2] = {8, 16};
    evex_expr *expr = expr_of("a + 1", ab, 1, EVEX_ISA_BEST);
    output_hook hook = {.fails = 0};
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.alloc_output = allocate_output;
    options.alloc_user = &hook;
    evex_array in = evex_array_nd(EVEX_F64, numbers, 2, shape);
    evex_array out = {.data = NULL};
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_OK);
    ck_assert(out.data == hook.memory && out.dtype == EVEX_F64 && !hook.f_order);
    ck_assert(hook.ndim == 2 && hook.shape[0] == 2 && hook.shape[1] == 3);
    ck_assert_double_eq(hook.memory[5], 7);
    in.strides = f_strides;
    out.data = NULL;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_OK);
    ck_assert(hook.f_order);
    ck_assert_double_eq(hook.memory[1], 3); /* in the order of the input's memory */
    hook.fails = 1;
    out.data = NULL;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_NO_MEMORY);
    ck_assert_ptr_null(out.data);
    ck_assert_int_eq(hook.n_calls, 3);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(kept_arrays_are_announced) {
    const int64_t shape[2] = {4, 8};
    const evex_array in = evex_array_nd(EVEX_F64, numbers, 2, shape);
    evex_expr *expr = expr_of("a - mean(a, axis=0)", ab, 1, EVEX_ISA_BEST);
    evex_result result;
    size_t n_bytes = 0;
    ck_assert_int_eq(evex_result_shape(expr, &in, 1, &result, &n_bytes, NULL), EVEX_OK);
    ck_assert(result.ndim == 2 && result.shape[0] == 4 && result.shape[1] == 8);
    ck_assert_uint_ge(n_bytes, 8 * sizeof(double));
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_memory = n_bytes - 1;
    double memory[32];
    evex_array out = evex_array_nd(EVEX_F64, memory, 2, shape);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_LIMIT_MEMORY);
    options.max_memory = n_bytes;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_OK);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Weak integers -------------------------------------------------------------------------- */

START_TEST(weak_integers_must_fit) {
    const evex_var vars[2] = {{"a", EVEX_I8, EVEX_STRONG, 0, 0}, {"k", EVEX_I64, EVEX_WEAK, 0, 0}};
    const int8_t bytes[2] = {1, -3};
    int8_t results[2] = {0, 0};
    evex_expr *expr = expr_of("a + k", vars, 2, EVEX_ISA_BEST);
    int64_t k = 100;
    const evex_array in[2] = {evex_array_1d(EVEX_I8, bytes, 2), evex_array_0d(EVEX_I64, &k)};
    evex_array out = evex_array_1d(EVEX_I8, results, 2);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error), EVEX_OK);
    ck_assert(results[0] == 101 && results[1] == 97);
    for (int i = 0; i < 2; i++) {
        k = i == 0 ? 128 : -129;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error), EVEX_OUT_OF_RANGE);
        ck_assert_int_eq(error.operand, 1);
    }
    ck_assert_int_eq(results[0], 101);
    const evex_array vector[2] = {in[0], evex_array_1d(EVEX_I64, &k, 1)};
    ck_assert_int_eq(evex_eval(expr, NULL, vector, 2, &out, 1, NULL, NULL), EVEX_BAD_SHAPE);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Strings -------------------------------------------------------------------------------- */

static const char *const words[4] = {"EU", "", "\xc3\xa4", "\xf0\x9f\x99\x82z"};
static const uint32_t code_points[4][3] = {{'E', 'U', 0}, {0}, {0xe4}, {0x1f642, 'z'}};

static void check_words(const evex_array *in) {
    const evex_var var = {"s", EVEX_STR, EVEX_STRONG, 0, 0};
    static const struct {
        const char *text;
        uint8_t wanted[4];
    } rows[] = {{"s == 'EU'", {1, 0, 0, 0}},
                {"s != ''", {1, 0, 1, 1}},
                {"s in ('\xc3\xa4', '\xf0\x9f\x99\x82z', 'US')", {0, 0, 1, 1}},
                {"s < '\xc3\xa4'", {1, 1, 0, 0}}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (size_t block = 0; block < 3; block++) {
            evex_expr *expr = expr_of(rows[k].text, &var, 1, EVEX_ISA_BEST);
            evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
            options.block_length = block;
            uint8_t results[4];
            evex_array out = evex_array_1d(EVEX_BOOL, results, 4);
            evex_error error = EVEX_ERROR_INIT;
            ck_assert_msg(evex_eval(expr, NULL, in, 1, &out, 1, &options, &error) == EVEX_OK, "%s",
                          error.message);
            ck_assert_msg(memcmp(results, rows[k].wanted, 4) == 0, "%s", rows[k].text);
            evex_expr_free(&expr);
        }
}

START_TEST(strings_of_every_form) {
    evex_str views[4];
    char bytes[4][6] = {{0}};
    uint32_t swapped[4][3];
    for (int i = 0; i < 4; i++) {
        views[i] = (evex_str){words[i], strlen(words[i])};
        memcpy(bytes[i], words[i], strlen(words[i]));
        for (int k = 0; k < 3; k++)
            swapped[i][k] = __builtin_bswap32(code_points[i][k]);
    }
    evex_array in = evex_array_1d(EVEX_STR, views, 4);
    check_words(&in);
    in = evex_array_1d(EVEX_STR, bytes, 4);
    in.str_form = EVEX_STR_BYTES;
    in.item_bytes = sizeof bytes[0];
    check_words(&in);
    in = evex_array_1d(EVEX_STR, code_points, 4);
    in.str_form = EVEX_STR_UCS4;
    in.item_bytes = sizeof code_points[0];
    check_words(&in);
    in.data = swapped;
    in.byte_swapped = 1;
    check_words(&in);
    const int64_t shape[1] = {4}, strides[1] = {-(int64_t)sizeof code_points[0]};
    uint32_t reversed[4][3];
    for (int i = 0; i < 4; i++)
        memcpy(reversed[i], code_points[3 - i], sizeof reversed[i]);
    in = (evex_array){.data = reversed[3],
                      .dtype = EVEX_STR,
                      .ndim = 1,
                      .shape = shape,
                      .strides = strides,
                      .item_bytes = sizeof code_points[0],
                      .str_form = EVEX_STR_UCS4};
    check_words(&in);
}
END_TEST

START_TEST(strings_of_odd_forms_are_refused) {
    const evex_var var = {"s", EVEX_STR, EVEX_STRONG, 0, 0};
    evex_expr *expr = expr_of("s == 'EU'", &var, 1, EVEX_ISA_BEST);
    evex_array in = evex_array_1d(EVEX_STR, code_points, 4);
    evex_result result;
    in.str_form = EVEX_STR_UCS4;
    in.item_bytes = 10;
    ck_assert_int_eq(evex_result_shape(expr, &in, 1, &result, NULL, NULL), EVEX_INVALID_ARGUMENT);
    in.str_form = 7;
    in.item_bytes = 12;
    ck_assert_int_eq(evex_result_shape(expr, &in, 1, &result, NULL, NULL), EVEX_INVALID_ARGUMENT);
    in.str_form = EVEX_STR_VIEWS;
    in.byte_swapped = 1;
    ck_assert_int_eq(evex_result_shape(expr, &in, 1, &result, NULL, NULL), EVEX_INVALID_ARGUMENT);
    evex_expr_free(&expr);
}
END_TEST

/* One that is larger than the block scratch may be. */
START_TEST(scratch_is_limited) {
    const evex_var var = {"s", EVEX_STR, EVEX_STRONG, 0, 0};
    evex_compile_options compile = caps_compile_options();
    compile.limits.scratch_bytes = 4096;
    evex_expr *expr;
    ck_assert_int_eq(evex_compile(&expr, "s == 'EU'", 9, &var, 1, &compile, NULL), EVEX_OK);
    uint32_t *text = calloc(2, 8192);
    evex_array in = evex_array_1d(EVEX_STR, text, 2);
    in.str_form = EVEX_STR_UCS4;
    in.item_bytes = 8192;
    uint8_t results[2];
    evex_array out = evex_array_1d(EVEX_BOOL, results, 2);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_LIMIT_MEMORY);
    in.item_bytes = 512;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    free(text);
    evex_expr_free(&expr);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, wrong_arrays_are_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tests, shape_errors_have_a_place);
    tcase_add_test(tests, counts_are_checked);
    tcase_add_test(tests, errors_are_overwritten);
    tcase_add_test(tests, outputs_may_not_meet);
    tcase_add_test(tests, zero_dimensions_and_empty_arrays);
    tcase_add_test(tests, reductions_of_nothing);
    tcase_add_test(tests, reductions_along_empty_axes);
    tcase_add_test(tests, reductions_of_excluded_elements);
    tcase_add_test(tests, axes_are_checked);
    tcase_add_test(tests, thirty_two_dimensions);
    tcase_add_test(tests, outputs_of_another_type);
    tcase_add_test(tests, outputs_are_allocated);
    tcase_add_test(tests, kept_arrays_are_announced);
    tcase_add_test(tests, weak_integers_must_fit);
    tcase_add_test(tests, strings_of_every_form);
    tcase_add_test(tests, strings_of_odd_forms_are_refused);
    tcase_add_test(tests, scratch_is_limited);
}

int main(void) {
    return run_suite("bind", add_tests);
}
