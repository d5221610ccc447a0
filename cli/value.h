/* SPDX-License-Identifier: MIT */
/*
 * Values of the engine's dtypes as the outputs see them.
 */
#ifndef EVEX_CLI_VALUE_H
#define EVEX_CLI_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include <evex.h>

/* A column of an output. */
typedef struct {
    const char *name;
    evex_dtype dtype; /* EVEX_STR for text */
    uint8_t unit;     /* evex_unit of points in time and spans */
} data_column;

/* Room for the text of any value but a string. */
enum { VALUE_BYTES = 80 };

/* Writes the element's text, without a NUL, and gives its length. Floats get `precision`
 * significant digits or, when that is 0, as many as they need. */
size_t value_write(char text[VALUE_BYTES], evex_dtype dtype, const void *value, int precision);
/* The same for an element of a column: points in time are written as dates. */
size_t value_write_unit(char text[VALUE_BYTES], evex_dtype dtype, uint8_t unit, const void *value,
                        int precision);

#endif
