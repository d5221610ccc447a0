/* SPDX-License-Identifier: MIT */
/* The public API where it is misused or asked about itself; what it computes is test_language.c's.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const evex_var ab[] = {{"b", EVEX_F64, EVEX_STRONG, 0, 0},
                              {"unused", EVEX_I32, EVEX_STRONG, 0, 0},
                              {"a", EVEX_F64, EVEX_STRONG, 0, 0}};

static evex_status compile(evex_expr **expr, const char *source,
                           const evex_compile_options *options, evex_error *error) {
    return evex_compile(expr, source, strlen(source), ab, COUNT(ab), options, error);
}

START_TEST(misuse_is_an_error_not_a_crash) {
    evex_expr *expr = (evex_expr *)&expr;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_compile(NULL, "a", 1, ab, COUNT(ab), NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_compile(&expr, NULL, 1, ab, COUNT(ab), NULL, NULL),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(expr);
    ck_assert_int_eq(evex_compile(&expr, "a", 1, NULL, 3, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(expr);
    evex_expr_free(NULL);
    evex_expr_free(&expr);
    evex_pool_free(NULL);
    evex_stream_free(NULL);
    evex_functions_free(NULL);
    ck_assert_int_eq(evex_eval(NULL, NULL, NULL, 0, NULL, 0, NULL, NULL), EVEX_INVALID_ARGUMENT);
}
END_TEST

START_TEST(bad_variables_are_refused) {
    const evex_var bad[][2] = {
        {{"a", EVEX_N_DTYPES, EVEX_STRONG, 0, 0}, {"b", EVEX_F64, EVEX_STRONG, 0, 0}},
        {{NULL, EVEX_F64, EVEX_STRONG, 0, 0}, {"b", EVEX_F64, EVEX_STRONG, 0, 0}},
        {{"b", EVEX_F64, EVEX_STRONG, 0, 0}, {"b", EVEX_F64, EVEX_STRONG, 0, 0}},
        {{"a", EVEX_F64, EVEX_STRONG, 0, EVEX_UNIT_DAY}, {"b", EVEX_F64, EVEX_STRONG, 0, 0}},
        {{"a", EVEX_F32, EVEX_WEAK, 0, 0}, {"b", EVEX_F64, EVEX_STRONG, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        evex_expr *expr;
        evex_error error = EVEX_ERROR_INIT;
        ck_assert_msg(evex_compile(&expr, "a + b", 5, bad[i], 2, NULL, &error) != EVEX_OK,
                      "case %zu", i);
        ck_assert_ptr_null(expr);
        evex_expr_free(&expr);
    }
}
END_TEST

static int append(void *user, const char *text, size_t n) {
    char *all = user;
    const size_t length = strlen(all);
    memcpy(all + length, text, n);
    all[length + n] = '\0';
    return 0;
}

static int append_name(void *user, const char *text, size_t n) {
    return append(user, text, n) || append(user, " ", 1);
}

START_TEST(an_older_error_is_overwritten) {
    evex_expr *expr;
    char names[64] = "";
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(compile(&expr, "a +", NULL, &error), EVEX_SYNTAX);
    ck_assert_int_eq(compile(&expr, "a + c", NULL, &error), EVEX_UNKNOWN_NAME);
    ck_assert_int_eq(error.status, EVEX_UNKNOWN_NAME);
    ck_assert_uint_eq(error.offset, 4);
    ck_assert_int_eq(evex_names("(", 1, NULL, append_name, names, &error), EVEX_SYNTAX);
    ck_assert_int_eq(error.status, EVEX_SYNTAX);
}
END_TEST

START_TEST(outputs_of_all_inputs_span_them) {
    evex_expr *expr;
    size_t n;
    ck_assert_int_eq(compile(&expr, "a + b, a*2, 3, where(a > 0, b, 1)", NULL, NULL), EVEX_OK);
    const evex_output *outputs = evex_expr_outputs(expr, &n);
    ck_assert(outputs[0].is_spanning && !outputs[1].is_spanning);
    ck_assert(!outputs[2].is_spanning && outputs[3].is_spanning);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(an_expression_tells_about_itself) {
    evex_expr *expr;
    ck_assert_int_eq(compile(&expr, "t = a*b; total = sum(t), t > 0 as positive, b", NULL, NULL),
                     EVEX_OK);
    size_t n;
    const evex_var *inputs = evex_expr_inputs(expr, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(inputs[0].name, "a");
    ck_assert_str_eq(inputs[1].name, "b");
    const evex_output *outputs = evex_expr_outputs(expr, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(outputs[0].name, "total");
    ck_assert(outputs[0].is_reduced && !outputs[1].is_reduced);
    ck_assert_str_eq(outputs[1].name, "positive");
    ck_assert_int_eq(outputs[1].dtype, EVEX_BOOL);
    ck_assert_str_eq(outputs[2].name, "");
    ck_assert(!outputs[1].is_spanning); /* not while anything is reduced */
    char text[4096] = "";
    ck_assert_int_eq(evex_expr_dump(expr, append, text), EVEX_OK);
    ck_assert_ptr_nonnull(strstr(text, "MUL.f64 i0, i1"));
    evex_expr_free(&expr);
    ck_assert_ptr_null(expr);
}
END_TEST

START_TEST(names_are_the_free_ones) {
    char names[200] = "";
    const char *source = "x = x + sin(y); z = x*pi; z if `odd name` else y";
    ck_assert_int_eq(evex_names(source, strlen(source), NULL, append_name, names, NULL), EVEX_OK);
    ck_assert_str_eq(names, "x y pi odd name ");
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_names("x +", 3, NULL, append_name, names, &error), EVEX_SYNTAX);
}
END_TEST

START_TEST(every_failing_allocation_is_survived) {
    for (int fail_on = 0; fail_on <= 1; fail_on++)
        for (long k = 1;; k++) {
            failing_allocator memory;
            failing_allocator_init(&memory, k, fail_on);
            evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
            options.allocator = &memory.allocator;
            evex_expr *expr;
            evex_error error = EVEX_ERROR_INIT;
            const evex_status status = compile(
                &expr, "m = mean(a); (a - m)/std(a), sum(b where) if 0 else 1", &options, &error);
            ck_assert(status == EVEX_SYNTAX || status == EVEX_NO_MEMORY);
            const evex_status second =
                compile(&expr, "m = mean(a); (a - m)/std(a), sum(b)", &options, NULL);
            ck_assert(second == EVEX_OK || second == EVEX_NO_MEMORY);
            ck_assert((expr != NULL) == (second == EVEX_OK));
            evex_expr_free(&expr);
            ck_assert_int_eq(memory.n_outstanding, 0);
            if (memory.n_calls < k)
                break;
            ck_assert_int_lt(k, 1000);
        }
}
END_TEST

/* An older caller's struct ends before cancel: what lies behind it is not an option. */
START_TEST(eval_options_of_any_version_are_read) {
    const double a[] = {1, 2, 3};
    double r[3];
    const evex_array in = evex_array_1d(EVEX_F64, a, 3);
    evex_array out = evex_array_1d(EVEX_F64, r, 3);
    const int cancel = 1;
    evex_expr *expr;
    ck_assert_int_eq(compile(&expr, "a * 2", NULL, NULL), EVEX_OK);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.cancel = &cancel;
    options.struct_bytes = offsetof(evex_eval_options, cancel);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_OK);
    ck_assert(r[2] == 6);
    options.struct_bytes = sizeof options;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_CANCELLED);
    options.struct_bytes = 0;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_INVALID_ARGUMENT);
    evex_stream *stream;
    ck_assert_int_eq(evex_stream_create(&stream, expr, 0, NULL), EVEX_OK);
    ck_assert_int_eq(evex_stream_update(stream, NULL, &in, 1, &out, 1, &options, NULL),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_stream_finish(stream, &out, 1, &options, NULL), EVEX_INVALID_ARGUMENT);
    evex_stream_free(&stream);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(the_library_tells_about_itself) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", EVEX_VERSION_MAJOR, EVEX_VERSION_MINOR,
             EVEX_VERSION_PATCH);
    ck_assert_str_eq(evex_version(), version);
    ck_assert(strcmp(evex_isa(), "base") == 0 || strcmp(evex_isa(), "avx2") == 0 ||
              strcmp(evex_isa(), "avx512") == 0);
    size_t n;
    const evex_op_doc *ops = evex_ops(&n);
    ck_assert_uint_gt(n, 90);
    for (size_t i = 0; i < n; i++)
        ck_assert(ops[i].name != NULL && ops[i].signature[0] != '\0' && ops[i].summary[0] != '\0');
}
END_TEST

START_TEST(it_can_be_shut_down_and_used_again) {
    for (int i = 0; i < 3; i++) {
        const double a[] = {1, 2, 3};
        double r[3];
        const evex_array in = evex_array_1d(EVEX_F64, a, 3);
        evex_array out = evex_array_1d(EVEX_F64, r, 3);
        evex_expr *expr;
        ck_assert_int_eq(compile(&expr, "a * 2", NULL, NULL), EVEX_OK);
        ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
        ck_assert(r[2] == 6);
        evex_expr_free(&expr);
        evex_shutdown();
    }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, misuse_is_an_error_not_a_crash);
    tcase_add_test(tests, bad_variables_are_refused);
    tcase_add_test(tests, an_older_error_is_overwritten);
    tcase_add_test(tests, outputs_of_all_inputs_span_them);
    tcase_add_test(tests, an_expression_tells_about_itself);
    tcase_add_test(tests, names_are_the_free_ones);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    tcase_add_test(tests, eval_options_of_any_version_are_read);
    tcase_add_test(tests, the_library_tells_about_itself);
    tcase_add_test(tests, it_can_be_shut_down_and_used_again);
}

int main(void) {
    return run_suite("api", add);
}
