/* SPDX-License-Identifier: MIT */
/*
 * Filling an evex_error, and finding the name that a misspelt one was meant to be; see error.h.
 */
#include "core/error.h"

#include <string.h>

#include "core/text.h"

static const char *const status_texts[EVEX_N_STATUSES] = {
    [EVEX_OK] = "success",
    [EVEX_INVALID_ARGUMENT] = "invalid argument",
    [EVEX_NO_MEMORY] = "out of memory",
    [EVEX_CANCELLED] = "cancelled",
    [EVEX_SYNTAX] = "syntax error",
    [EVEX_UNKNOWN_NAME] = "unknown name",
    [EVEX_BAD_TYPE] = "operand of the wrong type",
    [EVEX_BAD_CALL] = "wrong arguments",
    [EVEX_OUT_OF_RANGE] = "value out of range",
    [EVEX_BAD_SHAPE] = "shapes do not match",
    [EVEX_BAD_OUTPUT] = "unusable output",
    [EVEX_EMPTY] = "reduction of no element",
    [EVEX_GUARD] = "a value failed a check",
    [EVEX_UNSUPPORTED] = "not supported",
    [EVEX_BAD_STATE] = "call out of order",
    [EVEX_LIMIT_SOURCE] = "source text too long",
    [EVEX_LIMIT_DEPTH] = "nesting too deep",
    [EVEX_LIMIT_NODES] = "expression too large",
    [EVEX_LIMIT_NAMES] = "too many operands",
    [EVEX_LIMIT_TOKEN] = "name or literal too long",
    [EVEX_LIMIT_DIMS] = "too many dimensions",
    [EVEX_LIMIT_MEMORY] = "memory limit exceeded",
};

const char *evex_status_text(evex_status status) {
    const unsigned number = (unsigned)status;
    return number < EVEX_N_STATUSES ? status_texts[number] : "unknown status";
}

evex_status evex_fail(evex_error *error, evex_status status, evex_place place, const char *message,
                      ...) {
    if (error == NULL || error->status != EVEX_OK)
        return status;
    *error = (evex_error){.status = status, .operand = -1, .index = -1};
    error->offset = place.offset;
    error->length = place.length;
    evex_text text = evex_text_in(error->message, sizeof error->message);
    va_list arguments;
    va_start(arguments, message);
    evex_text_vformat(&text, message, arguments);
    va_end(arguments);
    return status;
}

void evex_hint(evex_error *error, const char *hint, ...) {
    if (error == NULL || error->hint[0] != '\0')
        return;
    evex_text text = evex_text_in(error->hint, sizeof error->hint);
    va_list arguments;
    va_start(arguments, hint);
    evex_text_vformat(&text, hint, arguments);
    va_end(arguments);
}

static void copy_once(char *field, size_t capacity, const char *value) {
    if (value == NULL || field[0] != '\0')
        return;
    evex_text text = evex_text_in(field, capacity);
    evex_text_bytes(&text, value, strlen(value));
}

void evex_expected(evex_error *error, const char *expected, const char *found) {
    if (error == NULL)
        return;
    copy_once(error->expected, sizeof error->expected, expected);
    copy_once(error->found, sizeof error->found, found);
}

void evex_outer(evex_error *error, evex_place outer) {
    if (error == NULL || error->outer_length != 0)
        return;
    error->outer_offset = outer.offset;
    error->outer_length = outer.length;
}

evex_status evex_fail_memory(evex_error *error) {
    return evex_fail(error, EVEX_NO_MEMORY, (evex_place){0, 0}, "out of memory");
}

evex_status evex_report(evex_error *error, const evex_error *found, evex_status status) {
    if (status != EVEX_OK && error != NULL)
        *error = *found;
    return status;
}

/* ---- The nearest name ----------------------------------------------------------------------- */

enum { LONGEST_COMPARED = 32 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Damerau's distance restricted to adjacent transpositions ("optimal string alignment"); both words
 * have at most LONGEST_COMPARED bytes. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m) {
    size_t rows[3][LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        const size_t *before = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *evex_nearest(const char *name, size_t n_bytes, const char *const *candidates,
                         size_t n_candidates) {
    if (n_bytes < 2 || n_bytes > LONGEST_COMPARED) /* any two names of one letter are near */
        return NULL;
    const char *best = NULL;
    size_t best_distance = (n_bytes + 2) / 3 + 1;
    for (size_t i = 0; i < n_candidates; i++) {
        const size_t length = strlen(candidates[i]);
        if (length == 0 || length > LONGEST_COMPARED)
            continue;
        const size_t distance = edit_distance(name, n_bytes, candidates[i], length);
        if (distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
