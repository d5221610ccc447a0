/* SPDX-License-Identifier: MIT */
/*
 * Units of time as include/evex.h numbers them: points in time and spans are int64 to all of core/
 * and eval/, and only the compiler (compiler/times.h) gives their units a meaning.
 */
#ifndef EVEX_CORE_UNIT_H
#define EVEX_CORE_UNIT_H

#include <stdint.h>

#include "include/evex.h"

/* Whether it is one of evex_unit's, of a point or of a span; EVEX_UNIT_NONE is not. */
static inline int evex_unit_is_valid(uint8_t unit) {
    const int base = unit & ~EVEX_SPAN;
    return base != EVEX_UNIT_NONE && base <= EVEX_UNIT_GENERIC &&
           (base != EVEX_UNIT_GENERIC || unit > EVEX_SPAN);
}

static inline int evex_unit_is_span(uint8_t unit) {
    return (unit & EVEX_SPAN) != 0;
}

/* The unit without the mark of a span. */
static inline uint8_t evex_unit_base(uint8_t unit) {
    return (uint8_t)(unit & ~EVEX_SPAN);
}

/* "us", as NumPy writes it, for points and spans. */
const char *evex_unit_symbol(uint8_t unit);
/* "datetime64[us]" or "timedelta64[us]". */
const char *evex_unit_type_name(uint8_t unit);
/* The unit of a symbol, as a point's; EVEX_UNIT_NONE when there is none. */
uint8_t evex_unit_find(const char *symbol, size_t n_bytes);

#endif
