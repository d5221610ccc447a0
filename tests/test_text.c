/* SPDX-License-Identifier: MIT */
/* core/text.c: formats, cutting on character borders, numbers that read back, no locale. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "tests/suite.h"

START_TEST(every_format_of_the_contract) {
    char buffer[200];
    evex_text text = evex_text_in(buffer, sizeof buffer);
    evex_text_format(&text, "%s %.*s %d %zu %lld %c 100%%", "name", 3, "abcdef", -2147483647 - 1,
                     (size_t)-1, (long long)INT64_MIN, 'x');
    ck_assert_str_eq(buffer,
                     "name abc -2147483648 18446744073709551615 -9223372036854775808 x 100%");
}
END_TEST

START_TEST(text_is_cut_on_a_character_border) {
    char buffer[8];
    for (size_t capacity = 1; capacity <= sizeof buffer; capacity++) {
        evex_text text = evex_text_in(buffer, capacity);
        evex_text_format(&text, "%s", "a\xc3\xa4\xe2\x82\xac\xc3\xa4"); /* 1, 2, 3 and 2 bytes */
        const size_t n = strlen(buffer);
        ck_assert(n < capacity && (n == 0 || n == 1 || n == 3 || n == 6));
        ck_assert(text.stopped);
        evex_text_bytes(&text, "z", 1); /* nothing follows a cut */
        ck_assert_uint_eq(strlen(buffer), n);
    }
}
END_TEST

static int stop_after_three(void *user, const char *bytes, size_t n) {
    (void)bytes;
    return (*(size_t *)user += n) >= 3;
}

START_TEST(a_writer_can_stop_the_text) {
    size_t n_written = 0;
    evex_text text = evex_text_to(stop_after_three, &n_written);
    for (int i = 0; i < 10; i++)
        evex_text_bytes(&text, "x", 1);
    ck_assert_uint_eq(n_written, 3);
}
END_TEST

static const char *shown(double value, int is_f32) {
    static char buffer[64];
    evex_text text = evex_text_in(buffer, sizeof buffer);
    if (is_f32)
        evex_text_f32(&text, (float)value);
    else
        evex_text_f64(&text, value);
    return buffer;
}

START_TEST(floats_are_short_and_read_back) {
    ck_assert_str_eq(shown(0.1, 0), "0.1");
    ck_assert_str_eq(shown(0.1, 1), "0.1");
    ck_assert_str_eq(shown(-0.0, 0), "-0");
    ck_assert_str_eq(shown(INFINITY, 0), "inf");
    ck_assert_str_eq(shown(-INFINITY, 1), "-inf");
    ck_assert_str_eq(shown(NAN, 0), "nan");
    const double values[] = {DBL_MAX, DBL_MIN, 5e-324, 1.0 / 3, 1e22, 123456789.125, M_PI};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        ck_assert_double_eq(strtod(shown(values[i], 0), NULL), values[i]);
}
END_TEST

START_TEST(floats_are_spelt_plainly) {
    const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {100, "100"},
                 {1e15, "1000000000000000"},
                 {1e16, "1e16"},
                 {1e-5, "0.00001"},
                 {1e-6, "1e-6"},
                 {1.5e300, "1.5e300"},
                 {1e23, "1e23"},
                 {0.3, "0.3"},
                 {2.5, "2.5"},
                 {5e-324, "5e-324"},
                 {99.99, "99.99"},
                 {9.995, "9.995"},
                 {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(shown(cases[i].value, 0), cases[i].text);
    ck_assert_str_eq(shown(3.4028234663852886e38, 1), "3.4028235e38");
    ck_assert_str_eq(shown(1e-45, 1), "1e-45");
}
END_TEST

START_TEST(random_floats_read_back) {
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t bits = state ^ state >> 29;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            ck_assert(strtod(shown(value, 0), NULL) == value);
        if (isfinite((float)value))
            ck_assert(strtof(shown((float)value, 1), NULL) == (float)value);
    }
}
END_TEST

START_TEST(a_locale_with_decimal_comma_does_not_show) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL)
        return; /* no such locale is installed here */
    ck_assert_str_eq(shown(1.5, 0), "1.5");
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, every_format_of_the_contract);
    tcase_add_test(tests, text_is_cut_on_a_character_border);
    tcase_add_test(tests, a_writer_can_stop_the_text);
    tcase_add_test(tests, floats_are_short_and_read_back);
    tcase_add_test(tests, floats_are_spelt_plainly);
    tcase_add_test(tests, random_floats_read_back);
    tcase_add_test(tests, a_locale_with_decimal_comma_does_not_show);
}

int main(void) {
    return run_suite("text", add);
}
