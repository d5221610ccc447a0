/* SPDX-License-Identifier: MIT */
/*
 * Text without printf; see text.h. Numbers are converted here, in integers, so that no locale and
 * no format string of a user can change what is written.
 */
#include "core/text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/decimal.h"

evex_text evex_text_in(char *buffer, size_t capacity) {
    evex_text text = {buffer, capacity, 0, NULL, NULL, 0};
    if (capacity > 0)
        buffer[0] = '\0';
    return text;
}

evex_text evex_text_to(evex_write_fn write, void *user) {
    return (evex_text){NULL, 0, 0, write, user, 0};
}

static int is_continuation(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* As many of n bytes as fit, without cutting a character of several bytes. */
static void append_cut(evex_text *text, const char *bytes, size_t n) {
    const size_t room = text->capacity > text->length ? text->capacity - text->length - 1 : 0;
    if (n > room) {
        n = room;
        while (n > 0 && is_continuation(bytes[n]))
            n--;
        text->stopped = 1;
    }
    memcpy(text->buffer + text->length, bytes, n);
    text->length += n;
    text->buffer[text->length] = '\0';
}

void evex_text_bytes(evex_text *text, const char *bytes, size_t n_bytes) {
    if (text->stopped || n_bytes == 0)
        return;
    if (text->write != NULL)
        text->stopped = text->write(text->user, bytes, n_bytes) != 0;
    else if (text->capacity > 0)
        append_cut(text, bytes, n_bytes);
}

static void append_unsigned(evex_text *text, unsigned long long value) {
    char digits[24];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    evex_text_bytes(text, digits + n, sizeof digits - n);
}

static void append_signed(evex_text *text, long long value) {
    if (value < 0)
        evex_text_bytes(text, "-", 1);
    append_unsigned(text, value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value);
}

/* One conversion, p just behind the '%'; returns what follows it. */
static const char *append_conversion(evex_text *text, const char *p, va_list *arguments) {
    if (strncmp(p, ".*s", 3) == 0) {
        const int n = va_arg(*arguments, int);
        const char *bytes = va_arg(*arguments, const char *);
        evex_text_bytes(text, bytes, n > 0 ? (size_t)n : 0);
        return p + 3;
    }
    if (strncmp(p, "zu", 2) == 0) {
        append_unsigned(text, va_arg(*arguments, size_t));
        return p + 2;
    }
    if (strncmp(p, "lld", 3) == 0) {
        append_signed(text, va_arg(*arguments, long long));
        return p + 3;
    }
    if (*p == 's') {
        const char *bytes = va_arg(*arguments, const char *);
        evex_text_bytes(text, bytes, strlen(bytes));
    } else if (*p == 'd') {
        append_signed(text, va_arg(*arguments, int));
    } else if (*p == 'c') {
        const char letter = (char)va_arg(*arguments, int);
        evex_text_bytes(text, &letter, 1);
    } else if (*p == '%') {
        evex_text_bytes(text, "%", 1);
    }
    return p + 1;
}

void evex_text_vformat(evex_text *text, const char *format, va_list arguments) {
    va_list rest; /* a va_list parameter may be an array type, whose address is not a va_list * */
    va_copy(rest, arguments);
    while (*format != '\0') {
        const size_t plain = strcspn(format, "%");
        evex_text_bytes(text, format, plain);
        format += plain;
        if (*format == '%')
            format = append_conversion(text, format + 1, &rest);
    }
    va_end(rest);
}

void evex_text_format(evex_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    evex_text_vformat(text, format, arguments);
    va_end(arguments);
}

/* ---- Floats --------------------------------------------------------------------------------- */

/*
 * All digits of a double, exactly: the value is 0.d1 d2 d3... * 10^exponent. A double is an integer
 * times a power of two, and a negative power of two is a power of five over one of ten, so one big
 * integer has the digits; the longest, 2^52 * 5^1126, has 804 of them. Dumps and messages are cold:
 * clear counts here, fast does not.
 */
enum { LIMB = 1000000000, LIMB_DIGITS = 9, MAX_LIMBS = 92, MAX_DIGITS = MAX_LIMBS * LIMB_DIGITS };

typedef struct {
    char digits[MAX_DIGITS];
    int n, exponent;
} decimal;

typedef struct {
    uint32_t limbs[MAX_LIMBS]; /* of LIMB, least significant first */
    int n;
} big;

static void multiply(big *a, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < a->n; i++) {
        carry += (uint64_t)a->limbs[i] * factor;
        a->limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    if (carry != 0)
        a->limbs[a->n++] = (uint32_t)carry;
}

static void take_digits(const big *a, decimal *d) {
    d->n = 0;
    for (int i = a->n - 1; i >= 0; i--) {
        uint32_t limb = a->limbs[i];
        for (int k = LIMB_DIGITS - 1; k >= 0; k--, limb /= 10)
            d->digits[d->n + k] = (char)(limb % 10);
        d->n += LIMB_DIGITS;
    }
    d->exponent += d->n;
    int n_zeros = 0;
    while (n_zeros < d->n - 1 && d->digits[n_zeros] == 0)
        n_zeros++;
    memmove(d->digits, d->digits + n_zeros, (size_t)(d->n - n_zeros));
    d->n -= n_zeros;
    d->exponent -= n_zeros;
}

/* magnitude: finite and not negative. */
static void expand(double magnitude, decimal *d) {
    if (magnitude == 0) {
        *d = (decimal){{0}, 1, 1};
        return;
    }
    int power;
    uint64_t mantissa = (uint64_t)ldexp(frexp(magnitude, &power), 53);
    power -= 53;
    big a = {{0}, 0};
    for (; mantissa != 0; mantissa /= LIMB)
        a.limbs[a.n++] = (uint32_t)(mantissa % LIMB);
    d->exponent = power < 0 ? power : 0;
    for (; power > 0; power--)
        multiply(&a, 2);
    for (; power < 0; power++)
        multiply(&a, 5);
    take_digits(&a, d);
}

/* d to its first n digits, to nearest; the tail of an exact tie does not matter to who reads back.
 */
static decimal rounded(const decimal *d, int n) {
    decimal r = *d;
    if (n >= d->n)
        return r;
    r.n = n;
    int carry = d->digits[n] >= 5;
    for (int i = n - 1; i >= 0 && carry; i--) {
        carry = r.digits[i] == 9;
        r.digits[i] = carry ? 0 : (char)(r.digits[i] + 1);
    }
    if (carry) {
        r.digits[0] = 1;
        r.exponent++;
    }
    return r;
}

static size_t put_digits(char *out, const decimal *d, int from, int to) {
    for (int i = from; i < to; i++)
        out[i - from] = (char)('0' + (i < d->n ? d->digits[i] : 0));
    return to > from ? (size_t)(to - from) : 0;
}

/* Plain up to 10^16 and down to 10^-5, else with an exponent. Returns the length. */
static size_t spell(char out[64], const decimal *d) {
    size_t n = 0;
    if (d->exponent > 16 || d->exponent < -4) {
        n += put_digits(out, d, 0, 1);
        if (d->n > 1)
            out[n++] = '.';
        n += put_digits(out + n, d, 1, d->n);
        evex_text exponent = evex_text_in(out + n, 64 - n);
        evex_text_format(&exponent, "e%d", d->exponent - 1);
        return n + exponent.length;
    }
    if (d->exponent <= 0)
        out[n++] = '0';
    n += put_digits(out + n, d, 0, d->exponent);
    if (d->n > d->exponent)
        out[n++] = '.';
    for (int i = d->exponent; i < 0; i++)
        out[n++] = '0';
    return n + put_digits(out + n, d, d->exponent > 0 ? d->exponent : 0, d->n);
}

static int trailing_zeros(const decimal *d) {
    int n = 0;
    while (n < d->n - 1 && d->digits[d->n - 1 - n] == 0)
        n++;
    return n;
}

typedef int (*reads_back_fn)(double read, double value);

static int same_f64(double read, double value) {
    return read == value;
}

static int same_f32(double read, double value) {
    return (float)read == (float)value;
}

/* The shortest spelling that reads back: 17 digits always do, 9 for float32. */
static void append_float(evex_text *text, double value, reads_back_fn reads_back) {
    if (value != value || isinf(value)) {
        evex_text_format(text, "%s", value != value ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    decimal all;
    expand(fabs(value), &all);
    char spelt[64];
    size_t n_bytes = 0;
    double read = -1;
    for (int n = 1; n <= 17 && !reads_back(read, fabs(value)); n++) {
        decimal d = rounded(&all, n);
        d.n -= trailing_zeros(&d);
        n_bytes = spell(spelt, &d);
        evex_decimal_read(spelt, n_bytes, &read);
    }
    evex_text_format(text, "%s%.*s", signbit(value) ? "-" : "", (int)n_bytes, spelt);
}

void evex_text_f64(evex_text *text, double value) {
    append_float(text, value, same_f64);
}

void evex_text_f32(evex_text *text, float value) {
    append_float(text, (double)value, same_f32);
}
