/* SPDX-License-Identifier: MIT */
/*
 * Number to text: the shortest decimal that reads back to the same value, and of those the nearest
 * one (the method of Giulietti, "The Schubfach way to render doubles", 2021), laid out
 * without an exponent as far as that is readable.
 */
#include "cli/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

static const number_power powers[] = {
#include "powers.h"
};

number_power number_power_of_ten(int k) {
    return powers[k - NUMBER_MIN_POWER];
}

/* digits * 10**exponent */
typedef struct {
    uint64_t digits;
    int exponent;
} decimal;

/* What of float32 and float64 the search for the shortest decimal needs. */
typedef struct {
    uint64_t significand; /* with the hidden bit */
    int exponent;         /* value = significand * 2**exponent */
    bool is_border;       /* the float below is only half as far as the one above */
} binary;

/* The 64 bits of power * factor that lie above its lower 128, the last of them set when anything is
 * lost: comparisons with multiples of two then come out as for the exact product. */
static uint64_t multiply_round_to_odd(number_power power, uint64_t factor) {
    u128 high = (u128)power.high * factor + (uint64_t)((u128)power.low * factor >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/*
 * The interval of decimals that round to the float is [lower, upper] in quarters of 10**k, k chosen
 * so that the interval holds at least one multiple of 10**k and at most one of 10**(k+1).
 */
static decimal find_shortest(binary b) {
    bool is_odd = b.significand & 1;
    uint64_t below = 4 * b.significand - 2 + b.is_border, at = 4 * b.significand,
             above = 4 * b.significand + 2;
    /* floor(log10(2**e)), or of 3/4 of that at a border */
    int k = (b.exponent * 1262611 - (b.is_border ? 524031 : 0)) >> 22;
    int shift = b.exponent + number_log2_power(-k) + 1;
    number_power power = number_power_of_ten(-k);
    uint64_t lower = multiply_round_to_odd(power, below << shift) + is_odd;
    uint64_t value = multiply_round_to_odd(power, at << shift);
    uint64_t upper = multiply_round_to_odd(power, above << shift) - is_odd;
    uint64_t floor = value / 4;
    if (floor >= 10) {
        uint64_t tens = floor / 10;
        bool down_fits = lower <= 40 * tens, up_fits = 40 * tens + 40 <= upper;
        if (down_fits != up_fits)
            return (decimal){tens + up_fits, k + 1};
    }
    bool down_fits = lower <= 4 * floor, up_fits = 4 * floor + 4 <= upper;
    if (down_fits != up_fits)
        return (decimal){floor + up_fits, k};
    uint64_t middle = 4 * floor + 2;
    return (decimal){floor + (value > middle || (value == middle && (floor & 1))), k};
}

/* At most 17 digits: the zeros at their end are fewer than 32, found bit by bit. */
static void strip_zeros(decimal *d) {
    static const uint64_t tens[] = {10000000000000000, 100000000, 10000, 100, 10};
    static const int counts[] = {16, 8, 4, 2, 1};
    for (int i = 0; i < 5; i++)
        if (d->digits % tens[i] == 0) {
            d->digits /= tens[i];
            d->exponent += counts[i];
        }
}

/* ---- Layout ------------------------------------------------------------------------------ */

static const char digit_pairs[201] = "00010203040506070809"
                                     "10111213141516171819"
                                     "20212223242526272829"
                                     "30313233343536373839"
                                     "40414243444546474849"
                                     "50515253545556575859"
                                     "60616263646566676869"
                                     "70717273747576777879"
                                     "80818283848586878889"
                                     "90919293949596979899";

/* Writes the digits of value so that they end before end; gives their beginning. */
static char *write_backwards(char *end, uint64_t value) {
    while (value >= 100) {
        end -= 2;
        memcpy(end, digit_pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value < 10) {
        *--end = (char)('0' + value);
        return end;
    }
    end -= 2;
    memcpy(end, digit_pairs + 2 * value, 2);
    return end;
}

size_t number_write_u64(char *text, uint64_t value) {
    char buffer[NUMBER_BYTES], *end = buffer + sizeof buffer;
    char *begin = write_backwards(end, value);
    memcpy(text, begin, (size_t)(end - begin));
    return (size_t)(end - begin);
}

size_t number_write_i64(char *text, int64_t value) {
    if (value >= 0)
        return number_write_u64(text, (uint64_t)value);
    *text = '-';
    return 1 + number_write_u64(text + 1, -(uint64_t)value);
}

static char *append_zeros(char *text, int n) {
    memset(text, '0', (size_t)n);
    return text + n;
}

static char *append(char *text, const char *bytes, int n) {
    memcpy(text, bytes, (size_t)n);
    return text + n;
}

/* d.ddde-ddd */
static char *write_scientific(char *text, const char *digits, int n, int point) {
    *text++ = digits[0];
    if (n > 1) {
        *text++ = '.';
        text = append(text, digits + 1, n - 1);
    }
    *text++ = 'e';
    return text + number_write_i64(text, point - 1);
}

/* Lays out 0.d1d2d3... * 10**point, whose n digits (at most 17) have no trailing zero. */
static char *write_layout(char *text, const char *digits, int n, int point) {
    if (point < -4 || point > 16)
        return write_scientific(text, digits, n, point);
    if (point <= 0) {
        text = append(text, "0.", 2);
        text = append_zeros(text, -point);
        return append(text, digits, n);
    }
    if (n <= point) {
        text = append(text, digits, n);
        return append_zeros(text, point - n);
    }
    text = append(text, digits, point);
    *text++ = '.';
    return append(text, digits + point, n - point);
}

static char *write_decimal(char *text, decimal d) {
    strip_zeros(&d);
    char buffer[NUMBER_BYTES], *end = buffer + sizeof buffer;
    char *begin = write_backwards(end, d.digits);
    int n = (int)(end - begin);
    return write_layout(text, begin, n, n + d.exponent);
}

/* nan, inf and 0 without their sign */
static char *write_special(char *text, bool is_zero, bool is_nan) {
    return is_zero ? append(text, "0", 1) : append(text, is_nan ? "nan" : "inf", 3);
}

/* ---- The numbers ------------------------------------------------------------------------- */

/* The sign, exponent and fraction fields of an IEEE 754 number. */
typedef struct {
    bool is_negative;
    int exponent;
    uint64_t fraction;
} fields;

static fields split_f64(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (fields){bits >> 63, (int)(bits >> 52 & 0x7ff), bits & ((UINT64_C(1) << 52) - 1)};
}

static fields split_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (fields){bits >> 31, (int)(bits >> 23 & 0xff), bits & ((UINT32_C(1) << 23) - 1)};
}

/* Writes a float whose fraction field has n_bits and whose exponent field goes up to max. */
static size_t write_fields(char *text, fields f, int n_bits, int max) {
    char *begin = text;
    bool is_nan = f.exponent == max && f.fraction != 0;
    if (f.is_negative && !is_nan)
        *text++ = '-';
    if (f.exponent == max || (f.exponent == 0 && f.fraction == 0))
        return (size_t)(write_special(text, f.exponent == 0, is_nan) - begin);
    uint64_t hidden = f.exponent != 0 ? UINT64_C(1) << n_bits : 0;
    /* The exponent field of 1 is max / 2; that of the smallest normal and of subnormals counts 1.
     */
    binary b = {f.fraction | hidden, (f.exponent != 0 ? f.exponent : 1) - max / 2 - n_bits,
                f.fraction == 0 && f.exponent > 1};
    /* Integers up to 2**(n_bits+1) are their own shortest decimal once zeros are stripped; for
     * float32 fewer digits than the integer's may do, but not below 2**24. */
    if (b.exponent <= 0 && b.exponent >= -n_bits &&
        (b.significand & ((UINT64_C(1) << -b.exponent) - 1)) == 0)
        return (size_t)(write_decimal(text, (decimal){b.significand >> -b.exponent, 0}) - begin);
    return (size_t)(write_decimal(text, find_shortest(b)) - begin);
}

size_t number_write_f64(char *text, double value) {
    return write_fields(text, split_f64(value), 52, 0x7ff);
}

size_t number_write_f32(char *text, float value) {
    return write_fields(text, split_f32(value), 23, 0xff);
}

size_t number_write_digits(char *text, double value, int n_digits) {
    fields f = split_f64(value);
    if (f.exponent == 0x7ff || value == 0)
        return number_write_f64(text, value);
    /* libc rounds exactly; the locale stays "C" in this program. */
    char buffer[NUMBER_BYTES * 2], digits[NUMBER_BYTES];
    int length = snprintf(buffer, sizeof buffer, "%.*e", n_digits - 1, value < 0 ? -value : value);
    char *exponent = memchr(buffer, 'e', (size_t)length);
    int n = 0;
    for (const char *p = buffer; p < exponent; p++)
        if (*p != '.')
            digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    char *begin = text;
    if (value < 0)
        *text++ = '-';
    text = write_layout(text, digits, n, (int)strtol(exponent + 1, NULL, 10) + 1);
    return (size_t)(text - begin);
}
