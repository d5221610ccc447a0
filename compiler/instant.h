/* SPDX-License-Identifier: MIT */
/*
 * A date or a date with a time, written in ISO 8601 as a literal of the text: read when compiling,
 * with its exact place among the ticks of any unit. See times.h.
 */
#ifndef EVEX_COMPILER_INSTANT_H
#define EVEX_COMPILER_INSTANT_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 evex_wide;

typedef struct {
    uint8_t is_nat;
    uint8_t unit;   /* the last part that is written: a year, ..., a second, or as many digits */
    int64_t month;  /* since January 1970 */
    int64_t day;    /* since 1970-01-01 */
    int64_t second; /* of the day */
    uint64_t attosecond; /* of the second */
} evex_instant;

/*
 * Reads YYYY, YYYY-MM, YYYY-MM-DD, and the last with T or a blank and hh, hh:mm, hh:mm:ss or
 * hh:mm:ss.fraction of up to 18 digits; "NaT" is no time. A year of more than four digits, or below
 * 0, has a sign. Returns NULL, or in a few words what is wrong.
 */
const char *evex_instant_read(evex_instant *instant, const char *text, size_t n_bytes);

/* How many ticks of the unit (of a point, not generic) lie between 1970 and the instant, rounded
 * down; *is_exact: whether it is on a tick. Any instant but NaT. */
evex_wide evex_instant_ticks(const evex_instant *instant, uint8_t unit, int *is_exact);

#endif
