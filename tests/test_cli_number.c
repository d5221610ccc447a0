/* SPDX-License-Identifier: MIT */
/*
 * cli/number_read.c and cli/number_write.c against libc, which rounds correctly: random bit
 * patterns, random decimals, exact midpoints of neighbours and what lies beside them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "tests/suite.h"

/* xorshift64: Marsaglia, Journal of Statistical Software 8(14), 2003. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static double random_double(uint64_t *state) {
    uint64_t bits = next_random(state);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const struct {
    const char *text;
    number_status status;
    double value;
} readings[] = {
    {"0", NUMBER_OK, 0},
    {"-0", NUMBER_OK, -0.0},
    {"+5", NUMBER_OK, 5},
    {".5", NUMBER_OK, 0.5},
    {"5.", NUMBER_OK, 5},
    {"1e-999", NUMBER_OK, 0},
    {"1e999", NUMBER_OUT_OF_RANGE, INFINITY},
    {"-1e99999999999999999999", NUMBER_OUT_OF_RANGE, -INFINITY},
    {"0e99999999999999999999", NUMBER_OK, 0},
    {"inf", NUMBER_OK, INFINITY},
    {"-Infinity", NUMBER_OK, -INFINITY},
    {"9007199254740992", NUMBER_OK, 9007199254740992.0},
    {"9007199254740993", NUMBER_INEXACT, 9007199254740992.0},
    {"9007199254740993.0", NUMBER_OK, 9007199254740992.0},
    {"9007199254740993.00000000000000000000001", NUMBER_OK, 9007199254740994.0},
    {"100000000000000000000", NUMBER_OK, 1e20},
    {"100000000000000000001", NUMBER_INEXACT, 1e20},
    {"2.2250738585072011e-308", NUMBER_OK, 2.2250738585072011e-308},
    {"2.4703282292062327208e-324", NUMBER_OK, 0},
    {"2.4703282292062327209e-324", NUMBER_OK, 5e-324},
    {"1.7976931348623158079e308", NUMBER_OK, 1.7976931348623157e308},
    {"1.7976931348623158080e308", NUMBER_OUT_OF_RANGE, INFINITY},
};

START_TEST(numbers_are_read) {
    double value = -1;
    ck_assert_int_eq(number_read_f64(readings[_i].text, strlen(readings[_i].text), &value),
                     readings[_i].status);
    ck_assert_msg(memcmp(&value, &readings[_i].value, sizeof value) == 0, "%s read as %a",
                  readings[_i].text, value);
}
END_TEST

static const char *const malformed[] = {
    "",    "-",   "+",    ".",  "e5",    "1e",    "1e+", "0x10", "1 ",   " 1",  "1_0",
    "1,5", "--1", "nanx", "in", "1.2.3", "1e5.0", "NA",  "1d5",  "1e 5", "+-1", "infinit"};

START_TEST(malformed_numbers_are_refused) {
    double f64;
    int64_t i64;
    uint64_t u64;
    const char *text = malformed[_i];
    ck_assert_int_eq(number_read_f64(text, strlen(text), &f64), NUMBER_MALFORMED);
    ck_assert_int_eq(number_read_i64(text, strlen(text), &i64), NUMBER_MALFORMED);
    ck_assert_int_eq(number_read_u64(text, strlen(text), &u64), NUMBER_MALFORMED);
}
END_TEST

START_TEST(nan_is_read_in_any_case) {
    double value = 0;
    ck_assert_int_eq(number_read_f64("NaN", 3, &value), NUMBER_OK);
    ck_assert(isnan(value));
    ck_assert_int_eq(number_read_f64("-nan", 4, &value), NUMBER_OK);
    ck_assert(isnan(value));
}
END_TEST

/* Only the bytes given count: no NUL ends the text. */
START_TEST(text_ends_where_it_is_said_to) {
    double value;
    ck_assert_int_eq(number_read_f64("12345", 3, &value), NUMBER_OK);
    ck_assert(value == 123);
    ck_assert_int_eq(number_read_f64("12\0", 3, &value), NUMBER_MALFORMED);
}
END_TEST

static const struct {
    const char *text;
    number_status of_i64, of_u64;
} integers[] = {
    {"9223372036854775807", NUMBER_OK, NUMBER_OK},
    {"9223372036854775808", NUMBER_OUT_OF_RANGE, NUMBER_OK},
    {"-9223372036854775808", NUMBER_OK, NUMBER_OUT_OF_RANGE},
    {"-9223372036854775809", NUMBER_OUT_OF_RANGE, NUMBER_OUT_OF_RANGE},
    {"18446744073709551615", NUMBER_OUT_OF_RANGE, NUMBER_OK},
    {"18446744073709551616", NUMBER_OUT_OF_RANGE, NUMBER_OUT_OF_RANGE},
    {"99999999999999999999999999", NUMBER_OUT_OF_RANGE, NUMBER_OUT_OF_RANGE},
    {"-0", NUMBER_OK, NUMBER_OK},
    {"+7", NUMBER_OK, NUMBER_OK},
    {"-1", NUMBER_OK, NUMBER_OUT_OF_RANGE},
    {"007", NUMBER_OK, NUMBER_OK},
};

START_TEST(integers_keep_every_digit) {
    const char *text = integers[_i].text;
    int64_t i64 = 0;
    uint64_t u64 = 0;
    ck_assert_int_eq(number_read_i64(text, strlen(text), &i64), integers[_i].of_i64);
    if (integers[_i].of_i64 == NUMBER_OK)
        ck_assert_int_eq(i64, strtoll(text, NULL, 10));
    ck_assert_int_eq(number_read_u64(text, strlen(text), &u64), integers[_i].of_u64);
    if (integers[_i].of_u64 == NUMBER_OK)
        ck_assert_uint_eq(u64, strtoull(text, NULL, 10));
}
END_TEST

static void check_reading(const char *text) {
    double value = 0, wanted = strtod(text, NULL);
    number_read_f64(text, strlen(text), &value);
    ck_assert_msg(memcmp(&value, &wanted, sizeof value) == 0, "%s: %a, not %a", text, value,
                  wanted);
}

START_TEST(random_decimals_are_rounded_correctly) {
    uint64_t state = 20;
    for (int i = 0; i < 200000; i++) {
        char text[100];
        int n = 0, n_digits = 1 + (int)(next_random(&state) % (i % 3 != 0 ? 20 : 45));
        int point = (int)(next_random(&state) % (uint64_t)(n_digits + 1));
        for (int k = 0; k < n_digits; k++) {
            if (k == point)
                text[n++] = '.';
            text[n++] = (char)('0' + next_random(&state) % 10);
        }
        text[n] = '\0';
        if (i % 2 != 0)
            snprintf(text + n, sizeof text - (size_t)n, "e%d",
                     (int)(next_random(&state) % 700) - 350);
        check_reading(text);
    }
}
END_TEST

/* Between two neighbours lies a decimal of up to 767 digits that goes to the even one; a digit more
 * or less in the last place decides otherwise. x86's long double holds the midpoint exactly. */
START_TEST(midpoints_are_rounded_correctly) {
    uint64_t state = 21;
    for (int i = 0; i < 10000; i++) {
        double value = fabs(random_double(&state));
        if (i % 3 == 0)
            value = ldexp(1 + (double)(next_random(&state) >> 12) * 0x1p-52,
                          (int)(next_random(&state) % 120) - 60);
        double above = nextafter(value, INFINITY);
        if (!isfinite(above) || value < 1e-300)
            continue;
        char text[1300], beside[1400];
        snprintf(text, sizeof text, "%.1100Le",
                 (long double)value + ((long double)above - value) / 2);
        check_reading(text);
        char *exponent = strchr(text, 'e');
        snprintf(beside, sizeof beside, "%.*s1%s", (int)(exponent - text), text, exponent);
        check_reading(beside);
    }
}
END_TEST

START_TEST(written_doubles_read_back) {
    uint64_t state = 22;
    for (int i = 0; i < 200000; i++) {
        double value = random_double(&state), back = 0;
        char text[NUMBER_BYTES + 1];
        if (!isfinite(value))
            continue;
        size_t n = number_write_f64(text, value);
        text[n] = '\0';
        ck_assert_msg(strtod(text, NULL) == value, "%a as %s", value, text);
        ck_assert_int_eq(number_read_f64(text, n, &back), NUMBER_OK);
        ck_assert_msg(back == value, "%a read as %a", value, back);
    }
}
END_TEST

/* The significant digits of a text of a number that is no integer. */
static int count_digits(const char *text) {
    int n = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        n += *text >= (n == 0 ? '1' : '0') && *text <= '9';
    return n;
}

/* No shorter decimal reads back, and none of the same length is nearer. */
START_TEST(written_doubles_are_shortest_and_nearest) {
    uint64_t state = 23;
    for (int i = 0; i < 200000; i++) {
        double value = random_double(&state);
        if (i % 2 != 0)
            value = (double)(next_random(&state) >> 11) * 0x1p-53;
        if (!isfinite(value) || value == floor(value))
            continue;
        char text[NUMBER_BYTES + 1], other[64];
        text[number_write_f64(text, value)] = '\0';
        int n_digits = count_digits(text);
        if (n_digits > 1) {
            snprintf(other, sizeof other, "%.*e", n_digits - 2, value);
            ck_assert_msg(strtod(other, NULL) != value, "%s is not shorter than %s", text, other);
        }
        snprintf(other, sizeof other, "%.*e", n_digits - 1, value);
        if (strtod(other, NULL) == value) {
            text[number_write_digits(text, value, n_digits)] = '\0';
            char shortest[NUMBER_BYTES + 1];
            shortest[number_write_f64(shortest, value)] = '\0';
            ck_assert_str_eq(shortest, text);
        }
    }
}
END_TEST

START_TEST(written_floats_read_back_and_are_shortest) {
    uint64_t state = 24;
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)(next_random(&state) >> 32);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[NUMBER_BYTES + 1], other[64];
        text[number_write_f32(text, value)] = '\0';
        ck_assert_msg(strtof(text, NULL) == value, "%a as %s", (double)value, text);
        int n_digits = count_digits(text);
        if (value == floorf(value) || n_digits < 2)
            continue;
        snprintf(other, sizeof other, "%.*e", n_digits - 2, (double)value);
        ck_assert_msg(strtof(other, NULL) != value, "%s is not shorter than %s", text, other);
    }
}
END_TEST

static const struct {
    double value;
    const char *text;
} writings[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-100, "-100"},
    {0.1, "0.1"},
    {0.30000000000000004, "0.30000000000000004"},
    {1e15, "1000000000000000"},
    {9999999999999998, "9999999999999998"},
    {1e16, "1e16"},
    {1.2345678901234568e17, "1.2345678901234568e17"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {0.00001, "0.00001"},
    {0.000012345, "0.000012345"},
    {9.999e-6, "9.999e-6"},
    {5e-324, "5e-324"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {INFINITY, "inf"},
    {-INFINITY, "-inf"},
    {NAN, "nan"},
    {-NAN, "nan"},
};

START_TEST(numbers_are_laid_out) {
    char text[NUMBER_BYTES + 1];
    text[number_write_f64(text, writings[_i].value)] = '\0';
    ck_assert_str_eq(text, writings[_i].text);
}
END_TEST

static const struct {
    double value;
    int n_digits;
    const char *text;
} roundings[] = {
    {3.14159265358979, 3, "3.14"},
    {1234567, 3, "1230000"},
    {0.000123456, 2, "0.00012"},
    {99.99, 3, "100"},
    {-2.5, 1, "-2"},
    {1e20 / 3, 4, "3.333e19"},
    {0.1, 17, "0.10000000000000001"},
    {INFINITY, 3, "inf"},
    {0, 5, "0"},
};

START_TEST(digits_are_rounded) {
    char text[NUMBER_BYTES + 1];
    text[number_write_digits(text, roundings[_i].value, roundings[_i].n_digits)] = '\0';
    ck_assert_str_eq(text, roundings[_i].text);
}
END_TEST

START_TEST(integers_are_written) {
    static const int64_t values[] = {0, 9, 10, 99, 100, 12345, -1, -100, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[NUMBER_BYTES + 1], wanted[NUMBER_BYTES + 1];
        text[number_write_i64(text, values[i])] = '\0';
        snprintf(wanted, sizeof wanted, "%lld", (long long)values[i]);
        ck_assert_str_eq(text, wanted);
    }
    char text[NUMBER_BYTES + 1];
    text[number_write_u64(text, UINT64_MAX)] = '\0';
    ck_assert_str_eq(text, "18446744073709551615");
}
END_TEST

#define ROWS(table) (int)(sizeof table / sizeof *table)

static void add(TCase *tests) {
    tcase_add_loop_test(tests, numbers_are_read, 0, ROWS(readings));
    tcase_add_loop_test(tests, malformed_numbers_are_refused, 0, ROWS(malformed));
    tcase_add_test(tests, nan_is_read_in_any_case);
    tcase_add_test(tests, text_ends_where_it_is_said_to);
    tcase_add_loop_test(tests, integers_keep_every_digit, 0, ROWS(integers));
    tcase_add_test(tests, random_decimals_are_rounded_correctly);
    tcase_add_test(tests, midpoints_are_rounded_correctly);
    tcase_add_test(tests, written_doubles_read_back);
    tcase_add_test(tests, written_doubles_are_shortest_and_nearest);
    tcase_add_test(tests, written_floats_read_back_and_are_shortest);
    tcase_add_loop_test(tests, numbers_are_laid_out, 0, ROWS(writings));
    tcase_add_loop_test(tests, digits_are_rounded, 0, ROWS(roundings));
    tcase_add_test(tests, integers_are_written);
}

int main(void) {
    return run_suite("cli number", add);
}
