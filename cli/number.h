/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text, without the locale: reading is correctly rounded, and writing gives the shortest
 * text that reads back to the same value. number_read.c and number_write.c share a table of powers
 * of ten made by powers.py.
 */
#ifndef EVEX_CLI_NUMBER_H
#define EVEX_CLI_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    NUMBER_OK = 0,
    NUMBER_MALFORMED,    /* not a number, or not an integer where one is wanted */
    NUMBER_OUT_OF_RANGE, /* a number, but beyond what the type holds */
    NUMBER_INEXACT       /* an integer in digits alone that float64 cannot hold exactly */
} number_status;

/* Reads all n bytes: [+-] digits [. digits] [e [+-] digits], or [+-] inf, infinity or nan in any
 * case. Too large is NUMBER_OUT_OF_RANGE; too small rounds to a subnormal or zero. With
 * NUMBER_INEXACT *value is the nearest float64 all the same. */
number_status number_read_f64(const char *text, size_t n, double *value);
/* Read all n bytes as a decimal integer: [+-] digits. */
number_status number_read_i64(const char *text, size_t n, int64_t *value);
number_status number_read_u64(const char *text, size_t n, uint64_t *value);

/* Room that the longest text of a number needs. */
enum { NUMBER_BYTES = 32 };

/* Write the number at text, without a NUL, and give its length. Integral values up to 1e16 have no
 * point; an exponent is used below 1e-5 and from 1e16; nan, inf, -inf. */
size_t number_write_f64(char *text, double value);
size_t number_write_f32(char *text, float value);
size_t number_write_i64(char *text, int64_t value);
size_t number_write_u64(char *text, uint64_t value);
/* value rounded to 1..17 significant digits, laid out in the same way. */
size_t number_write_digits(char *text, double value, int n_digits);

/* 10**k as a 128-bit significand with its top bit set, rounded up (powers.py). */
typedef struct {
    uint64_t high, low;
} number_power;

enum { NUMBER_MIN_POWER = -342, NUMBER_MAX_POWER = 324 };
/* The significand of 10**k. */
number_power number_power_of_ten(int k);
/* floor(log2(10**k)), for |k| <= 1233. */
static inline int number_log2_power(int k) {
    return (int)(((int64_t)k * 1741647) >> 19);
}

#endif
