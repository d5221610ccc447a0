/* SPDX-License-Identifier: MIT */
/*
 * Text without printf; see text.h. Numbers are converted here, by hand or through strtod-free
 * search, so that no locale and no format string of a user can change what is written.
 */
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
 * The least number of digits that reads back: at most 17 (9 for float32). Dumps and messages are
 * cold, so trying each length through libc is good enough; only its locale must not show, and the
 * radix character is the one byte that depends on it.
 */
typedef struct {
    int max_digits;
    int (*reads_back)(const char *text, double value);
} float_format;

static int reads_back_f64(const char *text, double value) {
    double read;
    return sscanf(text, "%lf", &read) == 1 && read == value;
}

static int reads_back_f32(const char *text, double value) {
    float read;
    return sscanf(text, "%f", &read) == 1 && (double)read == value;
}

static void append_float(evex_text *text, double value, float_format format) {
    if (value != value || isinf(value)) {
        evex_text_format(text, "%s", value != value ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    char digits[48];
    for (int n = 1; n <= format.max_digits; n++) {
        snprintf(digits, sizeof digits, "%.*g", n, value);
        if (format.reads_back(digits, value))
            break;
    }
    for (char *p = digits; *p != '\0'; p++)
        if (strchr("0123456789+-e", *p) == NULL)
            *p = '.';
    evex_text_bytes(text, digits, strlen(digits));
}

void evex_text_f64(evex_text *text, double value) {
    append_float(text, value, (float_format){17, reads_back_f64});
}

void evex_text_f32(evex_text *text, float value) {
    append_float(text, (double)value, (float_format){9, reads_back_f32});
}
