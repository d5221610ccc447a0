/* SPDX-License-Identifier: MIT */
/*
 * The names of units; see unit.h.
 */
#include "core/unit.h"

#include <string.h>

enum { N_UNITS = EVEX_UNIT_GENERIC + 1 };

#define UNIT(symbol)                                                                               \
    { symbol, "datetime64[" symbol "]", "timedelta64[" symbol "]" }

static const struct {
    const char *symbol, *point, *span;
} names[N_UNITS] = {
    [EVEX_UNIT_NONE] = {"", "no unit", "no unit"},
    [EVEX_UNIT_YEAR] = UNIT("Y"),
    [EVEX_UNIT_MONTH] = UNIT("M"),
    [EVEX_UNIT_WEEK] = UNIT("W"),
    [EVEX_UNIT_DAY] = UNIT("D"),
    [EVEX_UNIT_HOUR] = UNIT("h"),
    [EVEX_UNIT_MINUTE] = UNIT("m"),
    [EVEX_UNIT_SECOND] = UNIT("s"),
    [EVEX_UNIT_MS] = UNIT("ms"),
    [EVEX_UNIT_US] = UNIT("us"),
    [EVEX_UNIT_NS] = UNIT("ns"),
    [EVEX_UNIT_PS] = UNIT("ps"),
    [EVEX_UNIT_FS] = UNIT("fs"),
    [EVEX_UNIT_AS] = UNIT("as"),
    [EVEX_UNIT_GENERIC] = {"generic", "datetime64", "timedelta64"},
};

static uint8_t known(uint8_t unit) {
    return evex_unit_is_valid(unit) ? evex_unit_base(unit) : EVEX_UNIT_NONE;
}

const char *evex_unit_symbol(uint8_t unit) {
    return names[known(unit)].symbol;
}

const char *evex_unit_type_name(uint8_t unit) {
    return evex_unit_is_span(unit) ? names[known(unit)].span : names[known(unit)].point;
}

uint8_t evex_unit_find(const char *symbol, size_t n_bytes) {
    for (uint8_t unit = EVEX_UNIT_YEAR; unit < N_UNITS; unit++)
        if (strlen(names[unit].symbol) == n_bytes &&
            memcmp(names[unit].symbol, symbol, n_bytes) == 0)
            return unit;
    return EVEX_UNIT_NONE;
}
