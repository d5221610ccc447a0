/* SPDX-License-Identifier: MIT */
/*
 * See date.h. The calendar is Howard Hinnant's civil_from_days ("chrono-compatible low-level date
 * algorithms"), with the era taken off first, so that every int64 has a date.
 */
#include "cli/date.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <evex.h>

/* A whole number of `length` before x, and what is left of x. */
static int64_t split(int64_t x, int64_t length, int64_t *rest) {
    int64_t whole = x / length - (x % length < 0);
    *rest = x % length + (x % length < 0 ? length : 0);
    return whole;
}

static size_t write_year(char text[DATE_BYTES], int64_t year) {
    bool is_plain = year >= 0 && year <= 9999;
    return (size_t)snprintf(text, DATE_BYTES, is_plain ? "%04" PRId64 : "%+05" PRId64, year);
}

static size_t write_month(char text[DATE_BYTES], int64_t month) {
    int64_t in_year;
    size_t n = write_year(text, 1970 + split(month, 12, &in_year));
    return n + (size_t)snprintf(text + n, DATE_BYTES - n, "-%02d", (int)in_year + 1);
}

static size_t write_day(char text[DATE_BYTES], int64_t day) {
    enum { DAYS_OF_ERA = 146097, TO_1970 = 719468 };
    int64_t of_era;
    int64_t era = split(day, DAYS_OF_ERA, &of_era);
    era += split(of_era + TO_1970, DAYS_OF_ERA, &of_era);
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t in_year = (5 * of_year + 2) / 153;
    /* Years begin in March here, January is month 10 of the one before. */
    int64_t month = 12 * (era * 400 + year - 1970) + in_year + 2;
    size_t n = write_month(text, month);
    n += (size_t)snprintf(text + n, DATE_BYTES - n, "-%02d",
                          (int)(of_year - (153 * in_year + 2) / 5) + 1);
    return n;
}

/* The time of the day, down to the unit or the second. */
static size_t write_time(char *text, size_t room, uint8_t unit, int64_t second) {
    int hour = (int)(second / 3600), minute = (int)(second / 60 % 60);
    int n = snprintf(text, room, "T%02d", hour);
    if (unit >= EVEX_UNIT_MINUTE)
        n += snprintf(text + n, room - (size_t)n, ":%02d", minute);
    if (unit >= EVEX_UNIT_SECOND)
        n += snprintf(text + n, room - (size_t)n, ":%02d", (int)(second % 60));
    return (size_t)n;
}

static size_t write_finer(char text[DATE_BYTES], uint8_t unit, int64_t value) {
    int n_digits = unit > EVEX_UNIT_SECOND ? 3 * (unit - EVEX_UNIT_SECOND) : 0;
    int64_t fraction = 0, second;
    int64_t per_day = unit == EVEX_UNIT_HOUR ? 24 : unit == EVEX_UNIT_MINUTE ? 1440 : 86400;
    int64_t per_second = 1;
    for (int i = 0; i < n_digits; i++)
        per_second *= 10;
    int64_t day = split(split(value, per_second, &fraction), per_day, &second);
    size_t n = write_day(text, day);
    n += write_time(text + n, DATE_BYTES - n, unit, second * (86400 / per_day));
    if (n_digits > 0)
        n += (size_t)snprintf(text + n, DATE_BYTES - n, ".%0*" PRId64, n_digits, fraction);
    return n;
}

static int64_t clamp(int64_t x, int64_t least, int64_t most) {
    return x < least ? least : x > most ? most : x;
}

/* Years and weeks at the very ends of int64, whose dates do not fit it, are taken for its last. */
size_t date_write(char text[DATE_BYTES], uint8_t unit, int64_t value) {
    if (value == INT64_MIN) {
        memcpy(text, "NaT", 3);
        return 3;
    }
    switch (unit) {
    case EVEX_UNIT_YEAR:
        return write_year(text, clamp(value, INT64_MIN, INT64_MAX - 1970) + 1970);
    case EVEX_UNIT_MONTH:
        return write_month(text, value);
    case EVEX_UNIT_WEEK:
        return write_day(text, 7 * clamp(value, INT64_MIN / 7, INT64_MAX / 7));
    case EVEX_UNIT_DAY:
        return write_day(text, value);
    default:
        return write_finer(text, unit, value);
    }
}
