/* SPDX-License-Identifier: MIT */
/*
 * Decimal text to binary floating point, correctly rounded (to nearest, ties to even). Works in
 * integers only: neither the locale nor the rounding mode, flush-to-zero or exception masks of the
 * host's floating-point environment have any influence. Allocates nothing.
 */
#ifndef EVEX_CORE_DECIMAL_H
#define EVEX_CORE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads all n bytes of text as a number: [+-] digits [. digits] [e [+-] digits], where the digits
 * on one side of the point may be missing. Returns 1 and the nearest double (infinite when too
 * large, with the text's sign), or 0, leaving *value alone, when the text is anything else.
 */
int evex_decimal_read(const char *text, size_t n, double *value);

/* The double nearest to (leading + f) * 2^exponent, where f is 0, or somewhere between 0 and 1
 * when is_inexact is set, in which case leading must be at least 2^63. */
double evex_round_to_double(uint64_t leading, int exponent, int is_inexact);

#endif
