/* SPDX-License-Identifier: MIT */
/*
 * core/decimal.h against the C library's strtod, which is correctly rounded in glibc: a table of
 * hard cases, then random texts of every shape, half-way points and neighbours among them.
 */
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "tests/suite.h"

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* splitmix64, for the same cases on every run. */
static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* The text need not end in a NUL where n ends. */
static void check_text(const char *text) {
    double value = 42, expected = strtod(text, NULL);
    ck_assert_msg(evex_decimal_read(text, strlen(text), &value), "refused %s", text);
    ck_assert_msg(bits_of(value) == bits_of(expected), "%s: %a, not %a", text, value, expected);
}

static const char *const hard[] = {
    "0",
    "-0",
    "0.0",
    "+0e5",
    "0e999999999999999999999",
    "1",
    "-1.5",
    ".5",
    "5.",
    "1e0",
    "1E+00",
    "1e22",
    "1e23",
    "8.5e22",
    "9007199254740992",
    "9007199254740993",
    "9007199254740994",
    "9007199254740993.0000000000000000000000000000000000000000000000000000000001",
    "9007199254740992.9999999999999999999999999999999999999999999999999999999999",
    "18446744073709551615",
    "18446744073709551616",
    "9999999999999999999",
    "99999999999999999999",
    "4503599627370496.5",
    "4503599627370497.5",
    "4503599627370497.49999999999999999999999999999",
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "1e308",
    "1e309",
    "1.797693134862315807937e308",
    "17976931348623158079372897140530341507993413271003782693617377",
    "2.2250738585072014e-308",
    "2.2250738585072011e-308",
    "2.225073858507201136057409796709e-308",
    "4.9406564584124654e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2.5e-324",
    "2e-324",
    "1e-323",
    "1e-324",
    "1e-400",
    "-1e-400",
    "1e400",
    "-1e400",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    "0.000000000000000000000000000000000000000000000000000000000000001",
    "100000000000000000000000000000000000000000000000000000000000000000000000e-80",
    "7.2057594037927933e16",
    "6.0221407600e23",
    "3.14159265358979323846264338327950288419716939937",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126",
};

START_TEST(hard_cases_are_nearest) {
    check_text(hard[_i]);
}
END_TEST

static const char *const malformed[] = {
    "",   ".",  "-",    "+.",  "e5",  "1e",  "1e+", "1.e-", "1..2", "1.2.3", "--1",   "1-",
    " 1", "1 ", "0x10", "1_0", "inf", "nan", "1f",  "1e5.", "1,5",  "-e1",   "1e1e1", ".e1",
};

START_TEST(malformed_text_is_refused) {
    double value = 42;
    ck_assert_msg(!evex_decimal_read(malformed[_i], strlen(malformed[_i]), &value), "accepted %s",
                  malformed[_i]);
    ck_assert_double_eq(value, 42);
}
END_TEST

/* Reading stops at n, whatever follows. */
START_TEST(length_decides_where_text_ends) {
    double value;
    ck_assert(evex_decimal_read("12345", 3, &value));
    ck_assert_double_eq(value, 123);
    ck_assert(!evex_decimal_read("1e5", 2, &value));
}
END_TEST

/* Up to n_max digits with a point somewhere. */
static char *append_digits(char *to, unsigned n_max) {
    unsigned n = (unsigned)(1 + next_random() % n_max), point = (unsigned)(next_random() % (2 * n));
    for (unsigned i = 0; i < n; i++) {
        if (i == point)
            *to++ = '.';
        *to++ = (char)('0' + next_random() % 10);
    }
    return to;
}

static void check_random(unsigned n_max, int exponent_range) {
    char text[1200];
    char *end = append_digits(text, n_max);
    int exponent = (int)(next_random() % (unsigned)(2 * exponent_range + 1)) - exponent_range;
    sprintf(end, "e%d", exponent);
    check_text(text);
}

START_TEST(random_digits_are_nearest) {
    random_state = 1;
    for (int i = 0; i < 300000; i++)
        check_random(19, 345);
    for (int i = 0; i < 100000; i++)
        check_random(25, 30);
    for (int i = 0; i < 20000; i++)
        check_random(400, 360);
    for (int i = 0; i < 2000; i++)
        check_random(1000, 1400);
}
END_TEST

/* Every finite double reads back from 17 digits. */
START_TEST(doubles_survive_the_round_trip) {
    random_state = 2;
    for (int i = 0; i < 200000; i++) {
        double value = double_of(next_random());
        char text[64];
        if (value - value != 0)
            continue;
        sprintf(text, "%.*e", (int)(next_random() % 18), value);
        check_text(text);
    }
}
END_TEST

/*
 * The point half-way between a random double and the next, written exactly (at most 767 significant
 * digits), then made a little smaller and a little larger in a digit far behind.
 */
START_TEST(half_way_points_go_to_even) {
    random_state = 3;
    for (int i = 0; i < 4000; i++) {
        uint64_t bits = next_random() >> 1;
        if (i % 4 == 0)
            bits >>= 11; /* subnormal */
        if (i % 4 == 1)
            bits = bits % ((uint64_t)80 << 52) + ((uint64_t)1000 << 52); /* ordinary */
        if (bits >= (uint64_t)0x7fe << 52)
            continue;
        /* long double has a bit more than is needed, and glibc prints it exactly. */
        long double half = ((long double)double_of(bits) + (long double)double_of(bits + 1)) / 2;
        char text[2600], *point;
        int n = sprintf(text, "%.1100Lf", half);
        check_text(text);
        strcpy(text + n, "0000000000000000000000000000000001");
        check_text(text);
        text[n] = '\0';
        point = text + n - 1;
        while (*point == '0' || *point == '.')
            point--;
        --*point;
        check_text(text);
    }
}
END_TEST

/* The host's rounding mode does not matter. */
START_TEST(rounding_modes_do_not_matter) {
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const char *const texts[] = {"0.1", "0.3", "1e23", "2.5e-324", "1.7976931348623159e308"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double expected = strtod(texts[i], NULL), value;
        ck_assert_int_eq(fesetround(modes[_i]), 0);
        evex_decimal_read(texts[i], strlen(texts[i]), &value);
        fesetround(FE_TONEAREST);
        ck_assert_msg(bits_of(value) == bits_of(expected), "%s", texts[i]);
    }
}
END_TEST

START_TEST(binary_values_are_rounded_once) {
    ck_assert_double_eq(evex_round_to_double(0, 5, 0), 0);
    ck_assert_double_eq(evex_round_to_double(1, 0, 0), 1);
    ck_assert_double_eq(evex_round_to_double(3, -1, 0), 1.5);
    ck_assert_double_eq(evex_round_to_double(UINT64_MAX, 0, 0), 0x1p64);
    /* a tie goes to even, and something more behind it goes up */
    ck_assert_double_eq(evex_round_to_double(0x8000000000000400, 0, 0), 0x1p63);
    ck_assert_double_eq(evex_round_to_double(0x8000000000000400, 0, 1), 0x1.0000000000001p63);
    ck_assert_double_eq(evex_round_to_double(0x8000000000000c00, 0, 0), 0x1.0000000000002p63);
    ck_assert_double_eq(evex_round_to_double(UINT64_MAX, 960, 0), double_of((uint64_t)0x7ff << 52));
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, hard_cases_are_nearest, 0, sizeof hard / sizeof *hard);
    tcase_add_loop_test(tests, malformed_text_is_refused, 0, sizeof malformed / sizeof *malformed);
    tcase_add_test(tests, length_decides_where_text_ends);
    tcase_add_test(tests, random_digits_are_nearest);
    tcase_add_test(tests, doubles_survive_the_round_trip);
    tcase_add_test(tests, half_way_points_go_to_even);
    tcase_add_loop_test(tests, rounding_modes_do_not_matter, 0, 3);
    tcase_add_test(tests, binary_values_are_rounded_once);
}

int main(void) {
    return run_suite("decimal", add);
}
