/* SPDX-License-Identifier: MIT */
/*
 * Values of number and string literals. Numbers are read in integer arithmetic (core/decimal.h),
 * so neither a locale nor the host's floating-point environment shows. Strings decode into the
 * arena, or stay where they are when they have no escape.
 */
#include <string.h>

#include "core/decimal.h"
#include "parser/literal.h"

/* ---- UTF-8 (Unicode 15, table 3-7) ------------------------------------------------------- */

static int is_trail(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* The length that a leading byte announces; 0 for one that cannot lead. */
static size_t announced_length(unsigned char lead) {
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

size_t evex_utf8_length(const unsigned char *bytes, size_t n) {
    size_t length = announced_length(bytes[0]);
    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!is_trail(bytes[i]))
            return 0;
    /* Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
    int is_wrong = (bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
                   (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f);
    return is_wrong ? 0 : length;
}

/* Writes a code point other than a surrogate; returns the number of bytes, 1 to 4. */
static size_t write_utf8(char *to, uint32_t code) {
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(lead[n] | code);
    return n;
}

void evex_write_code_point(const unsigned char *bytes, size_t n_bytes, char code[11]) {
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value = bytes[0] & lead_bits[n_bytes];
    for (size_t i = 1; i < n_bytes; i++)
        value = value << 6 | (bytes[i] & 0x3f);
    int n_digits = value > 0xfffff ? 6 : value > 0xffff ? 5 : 4;
    memcpy(code, "U+", 2);
    for (int i = 0; i < n_digits; i++)
        code[2 + i] = "0123456789ABCDEF"[value >> 4 * (n_digits - 1 - i) & 15];
    code[2 + n_digits] = '\0';
}

/* ---- Numbers ----------------------------------------------------------------------------- */

static evex_status check_length(evex_error *error, evex_place place, const evex_limits *limits) {
    if (place.length <= limits->number_bytes)
        return EVEX_OK;
    return evex_fail(error, EVEX_LIMIT_TOKEN, place,
                     "a number of %zu bytes, more than the limit of %zu", place.length,
                     limits->number_bytes);
}

evex_status evex_fail_number(evex_error *error, const char *text, evex_place place,
                             const evex_limits *limits) {
    evex_status status = check_length(error, place, limits);
    if (status != EVEX_OK)
        return status;
    status =
        evex_fail(error, EVEX_SYNTAX, place, "malformed number '%.*s'", (int)place.length, text);
    if (text[0] != '.' && memchr(text, '.', place.length))
        evex_hint(error, "a number has one '.' and ends before a name");
    else
        evex_hint(error, "write '*' between a number and a name, and '_' between digits only");
    return status;
}

static unsigned digit_value(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

/*
 * The digits of an integer in a base of 2^n_bits. Beyond 64 bits it keeps the leading ones; whether
 * the rest is zero is all that rounding needs to know of it.
 */
static void read_binary(evex_token *token, const char *digits, size_t n, unsigned n_bits) {
    uint64_t value = 0;
    int exponent = 0, is_inexact = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] == '_')
            continue;
        unsigned digit = digit_value(digits[i]);
        for (unsigned bit = n_bits; bit-- > 0;) {
            unsigned next = digit >> bit & 1;
            if (value >> 63) {
                is_inexact |= (int)next;
                exponent += exponent < 2048; /* infinite in any case from there on */
            } else {
                value = value << 1 | next;
            }
        }
    }
    token->is_huge = exponent > 0;
    token->value.integer = value;
    if (token->is_huge)
        token->value.number = evex_round_to_double(value, exponent, is_inexact);
}

/* Copies a number without its underscores; returns it, and its length in *n. NULL: no memory. */
static const char *drop_underscores(evex_arena *arena, const char *text, size_t *n) {
    if (!memchr(text, '_', *n))
        return text;
    char *copy = evex_arena_push(arena, *n);
    size_t length = 0;
    for (size_t i = 0; copy && i < *n; i++)
        if (text[i] != '_')
            copy[length++] = text[i];
    *n = length;
    return copy;
}

/* The value of up to n decimal digits in *value; 0 when it exceeds uint64. */
static int read_decimal_integer(const char *digits, size_t n, uint64_t *value) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = digit_value(digits[i]);
        if (sum > (UINT64_MAX - digit) / 10)
            return 0;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return 1;
}

static int has_leading_zero(const char *digits, size_t n, uint64_t value) {
    return n > 1 && digits[0] == '0' && value != 0;
}

static evex_status read_decimal(evex_lexer *lexer, evex_token *token, const char *text) {
    size_t n = token->place.length - (token->kind == EVEX_TOKEN_IMAGINARY);
    const char *digits = drop_underscores(lexer->arena, text, &n);
    if (!digits)
        return evex_fail_memory(lexer->error);
    int is_int = token->kind == EVEX_TOKEN_INT;
    if (is_int && read_decimal_integer(digits, n, &token->value.integer)) {
        if (!has_leading_zero(digits, n, token->value.integer))
            return EVEX_OK;
    } else {
        token->is_huge = (uint8_t)is_int;
        evex_decimal_read(digits, n, &token->value.number);
        if (!is_int || digits[0] != '0')
            return EVEX_OK;
    }
    evex_status status =
        evex_fail(lexer->error, EVEX_SYNTAX, token->place, "an integer does not begin with '0'");
    evex_hint(lexer->error, "an octal number begins with '0o'");
    return status;
}

evex_status evex_read_number(evex_lexer *lexer, evex_token *token) {
    const char *text = lexer->source + token->place.offset;
    size_t n = token->place.length;
    evex_status status = check_length(lexer->error, token->place, lexer->limits);
    if (status != EVEX_OK)
        return status;
    switch (n > 2 && token->kind == EVEX_TOKEN_INT ? text[1] | 0x20 : 0) {
    case 'x':
        read_binary(token, text + 2, n - 2, 4);
        return EVEX_OK;
    case 'o':
        read_binary(token, text + 2, n - 2, 3);
        return EVEX_OK;
    case 'b':
        read_binary(token, text + 2, n - 2, 1);
        return EVEX_OK;
    default:
        return read_decimal(lexer, token, text);
    }
}

/* ---- Strings ----------------------------------------------------------------------------- */

/* The text between the quotes, and how far it has been decoded. */
typedef struct {
    const char *text;
    size_t n, at;
    size_t offset; /* of text in the source */
    char *to;
    evex_error *error;
} decoder;

static evex_status fail_escape(const decoder *d, size_t begin, const char *message,
                               const char *hint) {
    size_t length = d->at > begin ? d->at - begin : 1;
    evex_status status =
        evex_fail(d->error, EVEX_SYNTAX, (evex_place){d->offset + begin, length}, "%s", message);
    evex_hint(d->error, "%s", hint);
    return status;
}

/* The value of a digit in this base, or -1. */
static int digit_in_base(char c, unsigned base) {
    int is_alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    return is_alnum && digit_value(c) < base ? (int)digit_value(c) : -1;
}

/* Reads at most n_max digits; returns how many there were. */
static int read_digits(decoder *d, int n_max, unsigned base, uint32_t *value) {
    int n = 0;
    for (*value = 0; n < n_max && d->at < d->n; n++, d->at++) {
        int digit = digit_in_base(d->text[d->at], base);
        if (digit < 0)
            break;
        *value = *value * base + (uint32_t)digit;
    }
    return n;
}

/* \xhh, \uhhhh and \Uhhhhhhhh: exactly n digits, a character that UTF-8 can hold. */
static evex_status read_hex(decoder *d, size_t begin, int n) {
    uint32_t code;
    if (read_digits(d, n, 16, &code) < n)
        return fail_escape(d, begin, "an escape with too few hexadecimal digits",
                           "\\x takes 2 digits, \\u 4 and \\U 8");
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return fail_escape(d, begin, "an escape that names no character",
                           "characters go to \\U0010FFFF, without \\uD800 to \\uDFFF");
    d->to += write_utf8(d->to, code);
    return EVEX_OK;
}

/* One to three octal digits, of which the backslash was the sign. */
static evex_status read_octal(decoder *d) {
    uint32_t code;
    read_digits(d, 3, 8, &code);
    d->to += write_utf8(d->to, code);
    return EVEX_OK;
}

/* A backslash and the end of a line, together nothing. */
static evex_status skip_line_end(decoder *d) {
    if (d->text[d->at - 1] == '\r' && d->at < d->n && d->text[d->at] == '\n')
        d->at++;
    return EVEX_OK;
}

/* d->at is behind the backslash that stands at begin. */
static evex_status read_escape(decoder *d, size_t begin) {
    static const char letters[] = "abfnrtv\\'\"", meanings[] = "\a\b\f\n\r\t\v\\'\"";
    char c = d->text[d->at];
    if (c >= '0' && c <= '7')
        return read_octal(d);
    d->at++;
    const char *found = strchr(letters, c);
    if (found) {
        *d->to++ = meanings[found - letters];
        return EVEX_OK;
    }
    switch (c) {
    case '\r':
    case '\n':
        return skip_line_end(d);
    case 'x':
        return read_hex(d, begin, 2);
    case 'u':
        return read_hex(d, begin, 4);
    case 'U':
        return read_hex(d, begin, 8);
    case 'N':
        return fail_escape(d, begin, "characters cannot be given by name here",
                           "write \\u and the code in 4 hexadecimal digits, or \\\\N for a "
                           "backslash");
    default: /* as in Python, an unknown escape stands for itself: '\d' keeps its backslash */
        *d->to++ = '\\';
        *d->to++ = c;
        return EVEX_OK;
    }
}

/* A byte, or an escape. */
static evex_status decode_one(decoder *d) {
    size_t begin = d->at++;
    if (d->text[begin] == '\\')
        return read_escape(d, begin);
    *d->to++ = d->text[begin];
    return EVEX_OK;
}

static evex_status decode(decoder *d) {
    evex_status status = EVEX_OK;
    while (d->at < d->n && status == EVEX_OK)
        status = decode_one(d);
    return status;
}

evex_place evex_string_place(const char *source, evex_place literal, size_t index) {
    char room[8];
    decoder d = {
        source + literal.offset + 1, literal.length - 2, 0, literal.offset + 1, room, NULL};
    size_t n_bytes = 0;
    while (d.at < d.n) {
        const size_t begin = d.at;
        d.to = room;
        if (decode_one(&d) != EVEX_OK)
            break;
        n_bytes += (size_t)(d.to - room);
        if (n_bytes <= index)
            continue;
        const size_t length = evex_utf8_length((const unsigned char *)d.text + begin, d.n - begin);
        return (evex_place){d.offset + begin, length > 1 ? length : d.at - begin};
    }
    return (evex_place){d.offset + d.n, 1};
}

/* No escape is shorter than what it stands for, so the text's own length is room enough. */
evex_status evex_read_string(evex_lexer *lexer, evex_token *token) {
    size_t offset = token->place.offset + 1, n = token->place.length - 2;
    const char *text = lexer->source + offset;
    if (n > lexer->limits->string_bytes)
        return evex_fail(lexer->error, EVEX_LIMIT_TOKEN, token->place,
                         "a string of %zu bytes, more than the limit of %zu", n,
                         lexer->limits->string_bytes);
    token->value.text.bytes = text;
    token->value.text.n_bytes = n;
    if (!memchr(text, '\\', n))
        return EVEX_OK;
    char *copy = evex_arena_push(lexer->arena, n);
    if (!copy)
        return evex_fail_memory(lexer->error);
    decoder d = {text, n, 0, offset, copy, lexer->error};
    evex_status status = decode(&d);
    token->value.text.bytes = copy;
    token->value.text.n_bytes = (size_t)(d.to - copy);
    return status;
}
