/* SPDX-License-Identifier: MIT */
/*
 * Points in time as text: ISO 8601, as the language reads them (docs/LANGUAGE.md).
 */
#ifndef EVEX_CLI_DATE_H
#define EVEX_CLI_DATE_H

#include <stddef.h>
#include <stdint.h>

enum { DATE_BYTES = 40 };

/* Writes a point of the unit (an evex_unit from years to attoseconds), without a NUL, to the part
 * that the unit counts; gives the length. NaT for what is no time. */
size_t date_write(char text[DATE_BYTES], uint8_t unit, int64_t value);

#endif
