/* SPDX-License-Identifier: MIT */
/* core/op.c: what the rows of the .def files become, and the look-up of function names. */
#include <string.h>

#include "core/op.h"
#include "tests/suite.h"

START_TEST(every_row_is_whole) {
    for (int op = 0; op < EVEX_N_OPS; op++) {
        const evex_op_info *info = &evex_op_infos[op];
        ck_assert_ptr_nonnull(info->id);
        ck_assert(strlen(info->name) > 0 && strlen(info->summary) > 0);
        ck_assert(info->types != 0 || op == EVEX_OP_CAST || op == EVEX_OP_CALL ||
                  op == EVEX_OP_TAKE);
    }
    for (int kind = 0; kind < EVEX_N_REDUCTIONS; kind++)
        ck_assert(evex_reduction_infos[kind].types != 0);
}
END_TEST

START_TEST(signatures_give_arity_and_bools) {
    ck_assert_uint_eq(evex_op_infos[EVEX_OP_SQRT].arity, 1);
    ck_assert_uint_eq(evex_op_infos[EVEX_OP_FMA].arity, 3);
    ck_assert(evex_op_infos[EVEX_OP_LT].result == EVEX_GIVES_BOOL &&
              !evex_op_infos[EVEX_OP_LT].takes_bool);
    ck_assert(evex_op_infos[EVEX_OP_SELECT].takes_bool &&
              evex_op_infos[EVEX_OP_SELECT].result == EVEX_GIVES_T);
    ck_assert_uint_eq(evex_op_infos[EVEX_OP_DIV].promotion, EVEX_TO_F64);
    ck_assert_uint_eq(evex_op_infos[EVEX_OP_SIN].promotion, EVEX_TO_SMALLEST);
}
END_TEST

START_TEST(names_find_their_functions) {
    const struct {
        const char *name;
        evex_function_class class;
        int id;
    } cases[] = {
        {"sqrt", EVEX_FUNCTION_OP, EVEX_OP_SQRT},
        {"where", EVEX_FUNCTION_OP, EVEX_OP_SELECT},
        {"atan2", EVEX_FUNCTION_OP, EVEX_OP_ARCTAN2},
        {"pow", EVEX_FUNCTION_OP, EVEX_OP_POW},
        {"remainder", EVEX_FUNCTION_OP, EVEX_OP_MOD},
        {"clip", EVEX_FUNCTION_FORM, EVEX_FORM_CLIP},
        {"sum", EVEX_FUNCTION_REDUCTION, EVEX_RED_SUM},
        {"float32", EVEX_FUNCTION_CAST, EVEX_F32},
        {"bool", EVEX_FUNCTION_CAST, EVEX_BOOL},
        {"cast", EVEX_NO_FUNCTION, 0},
        {"neg", EVEX_NO_FUNCTION, 0},
        {"call", EVEX_NO_FUNCTION, 0},
        {"in", EVEX_NO_FUNCTION, 0},
        {"+", EVEX_NO_FUNCTION, 0},
        {"", EVEX_NO_FUNCTION, 0},
        {"sqr", EVEX_NO_FUNCTION, 0},
        {"sqrtt", EVEX_NO_FUNCTION, 0},
        {"str", EVEX_NO_FUNCTION, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const evex_function found = evex_find_function(cases[i].name, strlen(cases[i].name));
        ck_assert_msg(found.class == cases[i].class && found.id == cases[i].id, "%s",
                      cases[i].name);
    }
}
END_TEST

START_TEST(no_name_stands_twice) {
    size_t n;
    const char *const *names = evex_function_names(&n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(names[i], names[j]);
}
END_TEST

START_TEST(every_name_is_a_function) {
    size_t n;
    const char *const *names = evex_function_names(&n);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(evex_find_function(names[i], strlen(names[i])).class != EVEX_NO_FUNCTION,
                      "%s", names[i]);
}
END_TEST

START_TEST(reductions_give_numpys_types) {
    const struct {
        evex_reduction_kind kind;
        evex_dtype operand, result;
    } cases[] = {{EVEX_RED_SUM, EVEX_I32, EVEX_I64},   {EVEX_RED_SUM, EVEX_BOOL, EVEX_I64},
                 {EVEX_RED_SUM, EVEX_U8, EVEX_U64},    {EVEX_RED_SUM, EVEX_F32, EVEX_F32},
                 {EVEX_RED_MEAN, EVEX_I8, EVEX_F64},   {EVEX_RED_MEAN, EVEX_F32, EVEX_F32},
                 {EVEX_RED_MIN, EVEX_U16, EVEX_U16},   {EVEX_RED_ANY, EVEX_BOOL, EVEX_BOOL},
                 {EVEX_RED_ARGMAX, EVEX_F64, EVEX_I64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(evex_reduction_dtype(cases[i].kind, cases[i].operand), cases[i].result);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, every_row_is_whole);
    tcase_add_test(tests, signatures_give_arity_and_bools);
    tcase_add_test(tests, names_find_their_functions);
    tcase_add_test(tests, no_name_stands_twice);
    tcase_add_test(tests, every_name_is_a_function);
    tcase_add_test(tests, reductions_give_numpys_types);
}

int main(void) {
    return run_suite("op", add);
}
