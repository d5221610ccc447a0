/* SPDX-License-Identifier: MIT */
/*
 * Filling an evex_error. The first error is kept: a second report into the same struct changes
 * nothing. Messages are built by evex_text, never by printf, so user text cannot be a format and no
 * locale shows through.
 */
#ifndef EVEX_CORE_ERROR_H
#define EVEX_CORE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#include "include/evex.h"

/* A byte range of the source text. length 0: no place. */
typedef struct {
    size_t offset, length;
} evex_place;

/*
 * Records an error and returns its status, so that `return evex_fail(...)` is the one way out.
 * error may be NULL. In message, "%s" takes a const char *, "%.*s" an int and a const char *, "%d"
 * an int, "%zu" a size_t, "%lld" a long long, "%c" a char, "%%" a percent sign; nothing else.
 */
evex_status evex_fail(evex_error *error, evex_status status, evex_place place, const char *message,
                      ...) __attribute__((format(printf, 4, 5)));
/* The same, returned for a chain: adds a hint to the error just recorded. error may be NULL. */
void evex_hint(evex_error *error, const char *hint, ...) __attribute__((format(printf, 2, 3)));
/* Adds what was expected and what was found; either may be NULL. */
void evex_expected(evex_error *error, const char *expected, const char *found);
/* Widens the underlined construct around the place. */
void evex_outer(evex_error *error, evex_place outer);

/* EVEX_NO_MEMORY with its standard message. */
evex_status evex_fail_memory(evex_error *error);

/*
 * How a public call gives its caller the error: the caller's struct may still hold an earlier one,
 * which evex_fail would keep, so the call fills one of its own, found, and ends with this. Copies
 * it if status is a failure; returns status. error may be NULL.
 */
evex_status evex_report(evex_error *error, const evex_error *found, evex_status status);

/* The candidate nearest to name by edit distance, or NULL if none is near: at most a third of the
 * letters, rounded up, may differ, and nothing is near a single one. candidates are NUL-terminated;
 * name has n_bytes. */
const char *evex_nearest(const char *name, size_t n_bytes, const char *const *candidates,
                         size_t n_candidates);

#endif
