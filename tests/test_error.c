/* SPDX-License-Identifier: MIT */
/* core/error.c: the first error is kept, hostile text stays text, misspelt names find theirs. */
#include <string.h>

#include "core/error.h"
#include "tests/suite.h"

START_TEST(the_first_error_is_kept) {
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_fail(&error, EVEX_SYNTAX, (evex_place){3, 2}, "first %d", 1),
                     EVEX_SYNTAX);
    ck_assert_int_eq(evex_fail(&error, EVEX_EMPTY, (evex_place){9, 9}, "second"), EVEX_EMPTY);
    evex_hint(&error, "hint");
    evex_hint(&error, "later hint");
    evex_expected(&error, "a number", "a name");
    evex_outer(&error, (evex_place){1, 7});
    ck_assert_int_eq(error.status, EVEX_SYNTAX);
    ck_assert_str_eq(error.message, "first 1");
    ck_assert_str_eq(error.hint, "hint");
    ck_assert_str_eq(error.expected, "a number");
    ck_assert_str_eq(error.found, "a name");
    ck_assert_uint_eq(error.offset, 3);
    ck_assert_uint_eq(error.outer_length, 7);
    ck_assert_int_eq(error.operand, -1);
    ck_assert_int_eq(error.index, -1);
}
END_TEST

START_TEST(a_null_error_is_allowed) {
    ck_assert_int_eq(evex_fail(NULL, EVEX_SYNTAX, (evex_place){0, 0}, "x"), EVEX_SYNTAX);
    evex_hint(NULL, "x");
    evex_expected(NULL, "x", "y");
    evex_outer(NULL, (evex_place){0, 1});
}
END_TEST

START_TEST(user_text_is_never_a_format) {
    evex_error error = EVEX_ERROR_INIT;
    const char *hostile = "%s%n%d%zu%";
    evex_fail(&error, EVEX_UNKNOWN_NAME, (evex_place){0, 1}, "unknown '%s'", hostile);
    ck_assert_str_eq(error.message, "unknown '%s%n%d%zu%'");
}
END_TEST

START_TEST(long_messages_are_cut) {
    char name[1000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    evex_error error = EVEX_ERROR_INIT;
    evex_fail(&error, EVEX_UNKNOWN_NAME, (evex_place){0, 1}, "unknown %s", name);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
}
END_TEST

START_TEST(every_status_has_a_text_of_its_own) {
    for (int a = 0; a < EVEX_N_STATUSES; a++)
        for (int b = 0; b < a; b++)
            ck_assert_str_ne(evex_status_text((evex_status)a), evex_status_text((evex_status)b));
    ck_assert_str_eq(evex_status_text((evex_status)-1), "unknown status");
    ck_assert_str_eq(evex_status_text(EVEX_N_STATUSES), "unknown status");
}
END_TEST

START_TEST(the_nearest_name) {
    static const char *const names[] = {"sqrt", "square", "price", "qty", ""};
    const struct {
        const char *typed, *meant;
    } cases[] = {{"sqr", "sqrt"},    {"qtty", "qty"},     {"pirce", "price"},
                 {"priec", "price"}, {"squar", "square"}, {"zzz", NULL},
                 {"", NULL},         {"abcdefgh", NULL},  {"q", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = evex_nearest(cases[i].typed, strlen(cases[i].typed), names, 5);
        if (cases[i].meant == NULL)
            ck_assert_ptr_null(found);
        else
            ck_assert_str_eq(found, cases[i].meant);
    }
    char long_name[100];
    memset(long_name, 'a', sizeof long_name);
    ck_assert_ptr_null(evex_nearest(long_name, sizeof long_name, names, 5));
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, the_first_error_is_kept);
    tcase_add_test(tests, a_null_error_is_allowed);
    tcase_add_test(tests, user_text_is_never_a_format);
    tcase_add_test(tests, long_messages_are_cut);
    tcase_add_test(tests, every_status_has_a_text_of_its_own);
    tcase_add_test(tests, the_nearest_name);
}

int main(void) {
    return run_suite("error", add);
}
