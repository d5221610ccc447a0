/* SPDX-License-Identifier: MIT */
/*
 * ISO 8601 literals; see instant.h. The calendar is Gregorian throughout, as NumPy's.
 */
#include "compiler/instant.h"

#include <string.h>

#include "include/evex.h"

/* ---- The calendar --------------------------------------------------------------------------- */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days from 1970-01-01 to the first of a month counted from January 1970: Howard Hinnant's
 * days_from_civil ("chrono-compatible low-level date algorithms"), with years that begin in March.
 */
static int64_t days_to_month(int64_t month) {
    const int64_t since_march_0 = month + 12 * 1969 + 10;
    const int64_t year = floor_divide(since_march_0, 12), in_year = since_march_0 - 12 * year;
    return 365 * year + floor_divide(year, 4) - floor_divide(year, 100) + floor_divide(year, 400) +
           (153 * in_year + 2) / 5 - 719468;
}

/* ---- Reading -------------------------------------------------------------------------------- */

typedef struct {
    const char *at, *end;
} reader;

static int is_digit(const reader *r) {
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static int take(reader *r, char c) {
    if (r->at == r->end || *r->at != c)
        return 0;
    r->at++;
    return 1;
}

/* Up to `most` digits; returns how many there are. */
static int read_digits(reader *r, int most, int64_t *value) {
    int n = 0;
    for (*value = 0; n < most && is_digit(r); n++)
        *value = 10 * *value + (*r->at++ - '0');
    return n;
}

/* Exactly two digits, at most `most`. */
static int read_pair(reader *r, int64_t most, int64_t *value) {
    return read_digits(r, 2, value) == 2 && *value <= most;
}

static const char *read_year(reader *r, int64_t *year) {
    enum { MOST_DIGITS = 9 };
    const int is_negative = take(r, '-'), has_sign = is_negative || take(r, '+');
    const int n = read_digits(r, has_sign ? MOST_DIGITS : 4, year);
    if (n < 4 || is_digit(r))
        return has_sign ? "a year has four to nine digits"
                        : "a year has four digits, or a sign and up to nine";
    *year = is_negative ? -*year : *year;
    return NULL;
}

static const char *read_date(reader *r, evex_instant *instant) {
    int64_t year, month = 1, day = 1;
    const char *fault = read_year(r, &year);
    if (fault != NULL)
        return fault;
    instant->unit = EVEX_UNIT_YEAR;
    if (take(r, '-')) {
        if (!read_pair(r, 12, &month) || month == 0)
            return "a month is 01 to 12";
        instant->unit = EVEX_UNIT_MONTH;
    }
    instant->month = 12 * (year - 1970) + month - 1;
    instant->day = days_to_month(instant->month);
    if (instant->unit == EVEX_UNIT_MONTH && take(r, '-')) {
        const int64_t n_days = days_to_month(instant->month + 1) - instant->day;
        if (!read_pair(r, n_days, &day) || day == 0)
            return "the month has no such day";
        instant->unit = EVEX_UNIT_DAY;
        instant->day += day - 1;
    }
    return NULL;
}

static const char *read_fraction(reader *r, evex_instant *instant) {
    int64_t value;
    const int n = read_digits(r, 18, &value);
    if (n == 0 || is_digit(r))
        return "a fraction has 1 to 18 digits";
    instant->attosecond = (uint64_t)value;
    for (int i = n; i < 18; i++)
        instant->attosecond *= 10;
    instant->unit = (uint8_t)(EVEX_UNIT_MS + (n - 1) / 3);
    return NULL;
}

static const char *read_time(reader *r, evex_instant *instant) {
    int64_t hour, minute, second;
    if (!read_pair(r, 23, &hour))
        return "an hour is 00 to 23";
    instant->second = 3600 * hour;
    instant->unit = EVEX_UNIT_HOUR;
    if (!take(r, ':'))
        return NULL;
    if (!read_pair(r, 59, &minute))
        return "a minute is 00 to 59";
    instant->second += 60 * minute;
    instant->unit = EVEX_UNIT_MINUTE;
    if (!take(r, ':'))
        return NULL;
    if (!read_pair(r, 59, &second))
        return "a second is 00 to 59";
    instant->second += second;
    instant->unit = EVEX_UNIT_SECOND;
    return take(r, '.') ? read_fraction(r, instant) : NULL;
}

static int is_zone(const reader *r) {
    return *r->at == 'Z' || *r->at == 'z' || *r->at == '+' || *r->at == '-';
}

const char *evex_instant_read(evex_instant *instant, const char *text, size_t n_bytes) {
    reader r = {text, text + n_bytes};
    *instant = (evex_instant){0};
    instant->is_nat = n_bytes == 3 && memcmp(text, "NaT", 3) == 0;
    if (instant->is_nat)
        return NULL;
    const char *fault = read_date(&r, instant);
    if (fault == NULL && instant->unit == EVEX_UNIT_DAY && (take(&r, 'T') || take(&r, ' ')))
        fault = read_time(&r, instant);
    if (fault != NULL || r.at == r.end)
        return fault;
    return instant->unit > EVEX_UNIT_DAY && is_zone(&r) ? "times have no zone here"
                                                        : "something stands behind it";
}

/* ---- Ticks ---------------------------------------------------------------------------------- */

static const int64_t giga = 1000000000;

/* Attoseconds of a tick. */
static evex_wide length_of(uint8_t unit) {
    static const int32_t seconds[] = {604800, 86400, 3600, 60, 1};
    if (unit <= EVEX_UNIT_SECOND)
        return (evex_wide)seconds[unit - EVEX_UNIT_WEEK] * giga * giga;
    evex_wide length = 1;
    for (int u = EVEX_UNIT_AS; u > unit; u--)
        length *= 1000;
    return length;
}

evex_wide evex_instant_ticks(const evex_instant *instant, uint8_t unit, int *is_exact) {
    evex_wide of_day = (evex_wide)instant->second * giga * giga + instant->attosecond;
    if (unit == EVEX_UNIT_MONTH || unit == EVEX_UNIT_YEAR) {
        const int64_t year = floor_divide(instant->month, 12);
        const int is_month = of_day == 0 && instant->day == days_to_month(instant->month);
        *is_exact = is_month && (unit == EVEX_UNIT_MONTH || instant->month == 12 * year);
        return unit == EVEX_UNIT_MONTH ? instant->month : year;
    }
    const evex_wide length = length_of(unit);
    const evex_wide total = (evex_wide)instant->day * 86400 * giga * giga + of_day;
    const evex_wide ticks = total / length - (total % length != 0 && total < 0);
    *is_exact = ticks * length == total;
    return ticks;
}
