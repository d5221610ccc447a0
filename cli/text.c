/* SPDX-License-Identifier: MIT */
/*
 * See text.h.
 */
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

size_t text_character(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    if (n == 0 || p[0] < 0x20 || p[0] == 0x7f)
        return 0;
    if (p[0] < 0x80)
        return 1;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, beyond U+10FFFF, and the control characters U+0080..U+009F. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90) ||
        (p[0] == 0xc2 && p[1] < 0xa0))
        return 0;
    return length;
}

char *text_quote(char *quoted, size_t size, const char *bytes, size_t n) {
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        char piece[8];
        size_t length = text_character(bytes + i, n - i);
        size_t step = length != 0 ? length : 1;
        if (length != 0)
            memcpy(piece, bytes + i, length);
        else
            length = (size_t)snprintf(piece, sizeof piece, "\\x%02x", (unsigned char)bytes[i]);
        if (used + length + sizeof "..." > size) {
            memcpy(quoted + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(quoted + used, piece, length);
        used += length;
        i += step;
    }
    quoted[used] = '\0';
    return quoted;
}

enum { LONGEST_NAME = 64 };

static size_t least(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b (Damerau's
 * distance, each place edited at most once). Both have at most LONGEST_NAME bytes. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1, row[j]);
        }
        size_t *spare = before;
        before = last, last = row, row = spare;
    }
    return last[n_b];
}

text_search text_search_for(const char *name, size_t n_bytes) {
    return (text_search){name, n_bytes, NULL, 0, n_bytes / 3 + 2};
}

void text_search_offer(text_search *search, const char *known, size_t n_bytes) {
    if (search->n_bytes > LONGEST_NAME || n_bytes > LONGEST_NAME)
        return;
    size_t found = distance(search->name, search->n_bytes, known, n_bytes);
    if (found >= search->best_distance || found >= n_bytes)
        return;
    search->best = known;
    search->best_bytes = n_bytes;
    search->best_distance = found;
}

size_t text_width(const char *text, size_t n) {
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

const char *text_file_name(const char *path, bool without_extension, size_t *n_bytes) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    *n_bytes =
        without_extension && dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    return name;
}
