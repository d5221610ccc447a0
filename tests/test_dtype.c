/* SPDX-License-Identifier: MIT */
/* core/dtype.c against tables printed by NumPy 2.4.6 (promote_types, can_cast). */
#include <string.h>

#include "core/dtype.h"
#include "tests/suite.h"

static const struct {
    const char *code;
    evex_dtype dtype;
} codes[] = {{"b ", EVEX_BOOL}, {"i1", EVEX_I8},  {"i2", EVEX_I16}, {"i4", EVEX_I32},
             {"i8", EVEX_I64},  {"u1", EVEX_U8},  {"u2", EVEX_U16}, {"u4", EVEX_U32},
             {"u8", EVEX_U64},  {"f4", EVEX_F32}, {"f8", EVEX_F64}, {"f2", EVEX_F16},
             {"c8", EVEX_C64},  {"cx", EVEX_C128}};
enum { N = sizeof codes / sizeof *codes };

/* Row a, column b: numpy.promote_types(a, b), in the order of `codes`. */
static const char *const promoted[N] = {
    "b  i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 f2 c8 cx", "i1 i1 i2 i4 i8 i2 i4 i8 f8 f4 f8 f2 c8 cx",
    "i2 i2 i2 i4 i8 i2 i4 i8 f8 f4 f8 f4 c8 cx", "i4 i4 i4 i4 i8 i4 i4 i8 f8 f8 f8 f8 cx cx",
    "i8 i8 i8 i8 i8 i8 i8 i8 f8 f8 f8 f8 cx cx", "u1 i2 i2 i4 i8 u1 u2 u4 u8 f4 f8 f2 c8 cx",
    "u2 i4 i4 i4 i8 u2 u2 u4 u8 f4 f8 f4 c8 cx", "u4 i8 i8 i8 i8 u4 u4 u4 u8 f8 f8 f8 cx cx",
    "u8 f8 f8 f8 f8 u8 u8 u8 u8 f8 f8 f8 cx cx", "f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f8 f4 c8 cx",
    "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 cx cx", "f2 f2 f4 f8 f8 f2 f4 f8 f8 f4 f8 f2 c8 cx",
    "c8 c8 c8 cx cx c8 c8 cx cx c8 cx c8 c8 cx", "cx cx cx cx cx cx cx cx cx cx cx cx cx cx",
};

/* Row from, column to: numpy.can_cast(from, to, 'safe') and 'same_kind'. */
static const struct {
    const char *safe, *same_kind;
} castable[N] = {
    {"11111111111111", "11111111111111"}, {"01111000011111", "01111000011111"},
    {"00111000011011", "01111000011111"}, {"00011000001001", "01111000011111"},
    {"00001000001001", "01111000011111"}, {"00111111111111", "01111111111111"},
    {"00011011111011", "01111111111111"}, {"00001001101001", "01111111111111"},
    {"00000000101001", "01111111111111"}, {"00000000011011", "00000000011111"},
    {"00000000001001", "00000000011111"}, {"00000000011111", "00000000011111"},
    {"00000000000011", "00000000000011"}, {"00000000000001", "00000000000011"},
};

START_TEST(promotion_is_numpys) {
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++) {
            const evex_dtype got = evex_promote(codes[a].dtype, codes[b].dtype);
            int k = 0;
            while (memcmp(codes[k].code, promoted[a] + 3 * b, 2) != 0)
                k++;
            ck_assert_msg(got == codes[k].dtype, "%s with %s: %s, want %s",
                          evex_dtype_name(codes[a].dtype), evex_dtype_name(codes[b].dtype),
                          evex_dtype_name(got), evex_dtype_name(codes[k].dtype));
        }
}
END_TEST

START_TEST(casting_rules_are_numpys) {
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++) {
            const evex_dtype from = codes[a].dtype, to = codes[b].dtype;
            ck_assert_msg(evex_casts_safely(from, to) == castable[a].safe[b] - '0', "safe %s to %s",
                          evex_dtype_name(from), evex_dtype_name(to));
            ck_assert_msg(evex_casts_within_kind(from, to) == castable[a].same_kind[b] - '0',
                          "same kind %s to %s", evex_dtype_name(from), evex_dtype_name(to));
        }
}
END_TEST

START_TEST(str_mixes_with_nothing) {
    for (int a = 0; a < N; a++) {
        ck_assert_int_eq(evex_promote(EVEX_STR, codes[a].dtype), EVEX_N_DTYPES);
        ck_assert_int_eq(evex_promote(codes[a].dtype, EVEX_STR), EVEX_N_DTYPES);
        ck_assert(!evex_casts_safely(codes[a].dtype, EVEX_STR));
        ck_assert(!evex_casts_within_kind(EVEX_STR, codes[a].dtype));
    }
    ck_assert_int_eq(evex_promote(EVEX_STR, EVEX_STR), EVEX_STR);
}
END_TEST

#define BIT(s, ID, ...) | 1u << EVEX_##ID

START_TEST(operands_go_to_the_smallest_type_of_a_set) {
    const evex_dtype_set floats = 0 EVEX_FOR_FLOATS(BIT, ), numbers = 0 EVEX_FOR_NUMBERS(BIT, ),
                         bits = 0 EVEX_FOR_BITS(BIT, );
    const struct {
        evex_dtype_set set;
        evex_promotion promotion;
        evex_dtype from, to;
    } cases[] = {
        {floats, EVEX_TO_SMALLEST, EVEX_BOOL, EVEX_F32},
        {floats, EVEX_TO_SMALLEST, EVEX_I8, EVEX_F32},
        {floats, EVEX_TO_SMALLEST, EVEX_U16, EVEX_F32},
        {floats, EVEX_TO_SMALLEST, EVEX_I32, EVEX_F64},
        {floats, EVEX_TO_SMALLEST, EVEX_U64, EVEX_F64},
        {floats, EVEX_TO_F64, EVEX_I8, EVEX_F64},
        {floats, EVEX_TO_F64, EVEX_BOOL, EVEX_F64},
        {floats, EVEX_TO_F64, EVEX_F32, EVEX_F32},
        {numbers, EVEX_TO_SMALLEST, EVEX_BOOL, EVEX_I8},
        {bits, EVEX_TO_SMALLEST, EVEX_F32, EVEX_N_DTYPES},
        {floats, EVEX_TO_SMALLEST, EVEX_STR, EVEX_N_DTYPES},
        {bits, EVEX_TO_SMALLEST, EVEX_U8, EVEX_U8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(evex_promote_into(cases[i].set, cases[i].promotion, cases[i].from),
                         cases[i].to);
}
END_TEST

START_TEST(facts_of_values_that_are_no_dtype) {
    ck_assert_uint_eq(evex_dtype_size((evex_dtype)99), 0);
    ck_assert_str_eq(evex_dtype_name((evex_dtype)-1), "unknown type");
    ck_assert_int_eq(evex_dtype_kind(EVEX_N_DTYPES), '?');
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, promotion_is_numpys);
    tcase_add_test(tests, casting_rules_are_numpys);
    tcase_add_test(tests, str_mixes_with_nothing);
    tcase_add_test(tests, operands_go_to_the_smallest_type_of_a_set);
    tcase_add_test(tests, facts_of_values_that_are_no_dtype);
}

int main(void) {
    return run_suite("dtype", add);
}
