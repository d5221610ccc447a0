/* SPDX-License-Identifier: MIT */
/*
 * Small things about text: what may be shown on a terminal, and which name somebody meant.
 */
#ifndef EVEX_CLI_TEXT_H
#define EVEX_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the UTF-8 character at text takes, 0 if it is none or a control character. */
size_t text_character(const char *text, size_t n);

/* Copies bytes that may be anything into quoted[size] in a form fit for a terminal: control
 * characters and invalid UTF-8 as \xHH, cut with "..." where it does not fit. Returns quoted. */
char *text_quote(char *quoted, size_t size, const char *bytes, size_t n);

/* The search for the known name that is nearest to a given one: offer each known name, then ask. */
typedef struct {
    const char *name;
    size_t n_bytes;
    const char *best; /* NULL: none is near enough to be meant */
    size_t best_bytes, best_distance;
} text_search;

text_search text_search_for(const char *name, size_t n_bytes);
void text_search_offer(text_search *search, const char *known, size_t n_bytes);

/* How many characters the UTF-8 text has, its width on a terminal for most scripts. */
size_t text_width(const char *text, size_t n);
/* The name of the file at a path, without its directory and, if so asked, its last extension. */
const char *text_file_name(const char *path, bool without_extension, size_t *n_bytes);

#endif
