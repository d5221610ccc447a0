/* SPDX-License-Identifier: MIT */
/*
 * The list of user functions: what can be added, what is refused, look-up, and failing allocations.
 */
#include <string.h>

#include "core/functions.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

static const evex_dtype operands[] = {EVEX_F64, EVEX_I32};

static void no_kernel(void *out, const void *const *in, const size_t *step, size_t n, void *user) {
    (void)out, (void)in, (void)step, (void)n, (void)user;
}

static evex_status add_named(evex_functions *functions, const char *name) {
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status =
        evex_functions_add(functions, name, EVEX_F32, operands, 2, no_kernel, NULL, &error);
    ck_assert_int_eq(error.status, status);
    return status;
}

START_TEST(added_functions_are_found) {
    evex_functions *functions;
    char name[] = "blend";
    evex_dtype list[] = {EVEX_F64, EVEX_I32};
    int user;
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_functions_add(functions, name, EVEX_F32, list, 2, no_kernel, &user, NULL),
                     EVEX_OK);
    ck_assert_int_eq(evex_functions_add(functions, "now", EVEX_F64, NULL, 0, no_kernel, NULL, NULL),
                     EVEX_OK);
    /* The caller's memory is its own again. */
    memset(name, 0, sizeof name);
    memset(list, 0, sizeof list);
    const evex_user_function *found = evex_functions_find(functions, "blend", 5);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->name, "blend");
    ck_assert_int_eq(found->result, EVEX_F32);
    ck_assert_uint_eq(found->n_operands, 2);
    ck_assert(found->operands[0] == EVEX_F64 && found->operands[1] == EVEX_I32);
    ck_assert(found->kernel == no_kernel && found->user == &user);
    ck_assert_ptr_null(evex_functions_find(functions, "blen", 4));
    ck_assert_ptr_null(evex_functions_find(NULL, "blend", 5));
    ck_assert_str_eq(evex_functions_at(functions, 1)->name, "now");
    ck_assert_ptr_null(evex_functions_at(functions, 2));
    evex_functions_free(&functions);
    evex_functions_free(&functions);
    evex_functions_free(NULL);
}
END_TEST

START_TEST(bad_functions_are_refused) {
    const evex_dtype text[] = {EVEX_STR};
    evex_functions *functions;
    static char long_name[300];
    memset(long_name, 'a', sizeof long_name - 1);
    ck_assert_int_eq(evex_functions_create(NULL, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    const char *const names[] = {"",    "2x",   "a b",     "a-b",  "sqrt",
                                 "sum", "clip", "float32", "asin", long_name};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(add_named(functions, names[i]), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(add_named(functions, "\xc3\xa9tat_2"), EVEX_OK);
    ck_assert_int_eq(add_named(functions, "\xc3\xa9tat_2"), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(
        evex_functions_add(functions, "f", EVEX_STR, operands, 2, no_kernel, NULL, NULL),
        EVEX_UNSUPPORTED);
    ck_assert_int_eq(evex_functions_add(functions, "f", EVEX_F64, text, 1, no_kernel, NULL, NULL),
                     EVEX_UNSUPPORTED);
    ck_assert_int_eq(evex_functions_add(functions, "f", EVEX_F64, NULL, 1, no_kernel, NULL, NULL),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(
        evex_functions_add(functions, "f", EVEX_F64, operands, 65, no_kernel, NULL, NULL),
        EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_functions_add(functions, "f", EVEX_F64, operands, 2, NULL, NULL, NULL),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_functions_add(NULL, "f", EVEX_F64, operands, 2, no_kernel, NULL, NULL),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(evex_functions_at(functions, 1));
    evex_functions_free(&functions);
}
END_TEST

START_TEST(an_earlier_error_is_overwritten) {
    evex_functions *functions;
    evex_error error = {.status = EVEX_SYNTAX, .message = "an earlier error"};
    ck_assert_int_eq(evex_functions_create(NULL, NULL, &error), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(error.status, EVEX_INVALID_ARGUMENT);
    error = (evex_error){.status = EVEX_SYNTAX, .message = "an earlier error"};
    ck_assert_int_eq(evex_functions_create(&functions, NULL, &error), EVEX_OK);
    ck_assert_str_eq(error.message, "an earlier error");
    ck_assert_int_eq(
        evex_functions_add(functions, "sqrt", EVEX_F64, operands, 1, no_kernel, NULL, &error),
        EVEX_INVALID_ARGUMENT);
    ck_assert_str_eq(error.message, "'sqrt' is a function of evex");
    evex_functions_free(&functions);
}
END_TEST

/* A list of some length, with the k-th allocation failing: the list stays as it was. */
START_TEST(allocations_may_fail) {
    long k = 0;
    evex_status status = EVEX_NO_MEMORY;
    while (status == EVEX_NO_MEMORY) {
        failing_allocator memory;
        evex_functions *functions;
        char name[] = "f00";
        size_t n = 0;
        failing_allocator_init(&memory, ++k, 1);
        status = evex_functions_create(&functions, &memory.allocator, NULL);
        for (; n < 99 && status == EVEX_OK; n++) {
            name[1] = (char)('0' + n / 10);
            name[2] = (char)('0' + n % 10);
            status = add_named(functions, name);
        }
        ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
        if (status == EVEX_NO_MEMORY && functions != NULL)
            ck_assert_ptr_null(evex_functions_at(functions, n - 1));
        evex_functions_free(&functions);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
    }
    ck_assert_int_eq(status, EVEX_OK);
    ck_assert_int_gt(k, 2);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, added_functions_are_found);
    tcase_add_test(tests, bad_functions_are_refused);
    tcase_add_test(tests, an_earlier_error_is_overwritten);
    tcase_add_test(tests, allocations_may_fail);
}

int main(void) {
    return run_suite("functions", add);
}
