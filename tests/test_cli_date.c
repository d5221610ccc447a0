/* SPDX-License-Identifier: MIT */
/*
 * cli/date.c: dates as NumPy writes them in every unit, and what is written is read back by the
 * language as the same tick.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <evex.h>

#include "cli/date.h"
#include "tests/suite.h"

static const struct {
    uint8_t unit;
    int64_t value;
    const char *want;
} facts[] = {
    {EVEX_UNIT_DAY, 0, "1970-01-01"},
    {EVEX_UNIT_DAY, -1, "1969-12-31"},
    {EVEX_UNIT_DAY, 19782, "2024-02-29"},
    {EVEX_UNIT_DAY, -719162, "0001-01-01"},
    {EVEX_UNIT_DAY, -719529, "-0001-12-31"},
    {EVEX_UNIT_DAY, 2932897, "+10000-01-01"},
    {EVEX_UNIT_DAY, INT64_MAX, "+25252734927768524-07-27"},
    {EVEX_UNIT_DAY, INT64_MIN + 1, "-25252734927764585-06-08"},
    {EVEX_UNIT_WEEK, -1, "1969-12-25"},
    {EVEX_UNIT_MONTH, -1, "1969-12"},
    {EVEX_UNIT_MONTH, 649, "2024-02"},
    {EVEX_UNIT_YEAR, -1971, "-0001"},
    {EVEX_UNIT_YEAR, 54, "2024"},
    {EVEX_UNIT_HOUR, -1, "1969-12-31T23"},
    {EVEX_UNIT_MINUTE, 61, "1970-01-01T01:01"},
    {EVEX_UNIT_SECOND, 1709210096, "2024-02-29T12:34:56"},
    {EVEX_UNIT_MS, -1, "1969-12-31T23:59:59.999"},
    {EVEX_UNIT_US, 1, "1970-01-01T00:00:00.000001"},
    {EVEX_UNIT_NS, INT64_MAX, "2262-04-11T23:47:16.854775807"},
    {EVEX_UNIT_PS, 1, "1970-01-01T00:00:00.000000000001"},
    {EVEX_UNIT_FS, -1, "1969-12-31T23:59:59.999999999999999"},
    {EVEX_UNIT_AS, INT64_MAX, "1970-01-01T00:00:09.223372036854775807"},
    {EVEX_UNIT_SECOND, INT64_MIN, "NaT"},
};

START_TEST(dates_are_written) {
    char text[DATE_BYTES + 1];
    text[date_write(text, facts[_i].unit, facts[_i].value)] = '\0';
    ck_assert_str_eq(text, facts[_i].want);
}
END_TEST

/* Whether the language takes the text for this tick. */
static int is_tick(const char *text, uint8_t unit, int64_t value) {
    const evex_var t = {"t", EVEX_I64, EVEX_STRONG, 0, unit};
    char source[100];
    uint8_t is_equal = 0;
    evex_expr *expr = NULL;
    const int n = snprintf(source, sizeof source, "t == '%s'", text);
    ck_assert_int_eq(evex_compile(&expr, source, (size_t)n, &t, 1, NULL, NULL), EVEX_OK);
    const evex_array in = evex_array_0d(EVEX_I64, &value);
    evex_array out = evex_array_0d(EVEX_BOOL, &is_equal);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    evex_expr_free(&expr);
    return is_equal;
}

START_TEST(what_is_written_is_read) {
    char text[DATE_BYTES + 1];
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 300; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        /* Years of up to nine digits. */
        const int shift = _i == EVEX_UNIT_YEAR  ? 36
                          : _i < EVEX_UNIT_HOUR ? 30
                          : _i < EVEX_UNIT_MS   ? 20
                                                : 0;
        const int64_t value = (int64_t)x >> (shift + i % 20);
        text[date_write(text, (uint8_t)_i, value)] = '\0';
        ck_assert_msg(is_tick(text, (uint8_t)_i, value), "%" PRId64 ": %s", value, text);
    }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, dates_are_written, 0, sizeof facts / sizeof *facts);
    tcase_add_loop_test(tests, what_is_written_is_read, EVEX_UNIT_YEAR, EVEX_UNIT_GENERIC);
}

int main(void) {
    return run_suite("cli date", add);
}
