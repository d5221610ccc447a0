/* SPDX-License-Identifier: MIT */
/*
 * Failures and their printed form:
 *
 *     evex: PLACE: what (hint)
 *       source line
 *              ^~~~
 */
#include "cli/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"

bool failure_set(failure *failed, exit_code code, const char *place, const char *format, ...) {
    if (failed->code != EXIT_DONE)
        return false;
    failed->code = code;
    snprintf(failed->place, sizeof failed->place, "%s", place);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failed->what, sizeof failed->what, format, arguments);
    va_end(arguments);
    failed->hint[0] = failed->line[0] = '\0';
    failed->is_data = false;
    return false;
}

bool failure_set_errno(failure *failed, exit_code code, const char *place, const char *what,
                       int error) {
    return failure_set(failed, code, place, "%s: %s", what, strerror(error));
}

bool failure_hint(failure *failed, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failed->hint, sizeof failed->hint, format, arguments);
    va_end(arguments);
    return false;
}

/* Makes every byte of text one that a terminal shows: what is none becomes '?', a tab a blank. */
static void make_printable(char *text) {
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        size_t length = text_character(text + i, n - i);
        if (length == 0)
            text[i] = text[i] == '\t' ? ' ' : '?';
        i += length != 0 ? length : 1;
    }
}

static size_t clamp(size_t value, size_t low, size_t high) {
    return value < low ? low : value > high ? high : value;
}

bool failure_show(failure *failed, const char *line, size_t n, size_t caret, size_t caret_length,
                  size_t outer, size_t outer_length) {
    enum { SHOWN_BYTES = 200, BEFORE_CARET = 100 };
    if (failed->line[0] != '\0')
        return false;
    caret = clamp(caret, 0, n);
    size_t from = n > SHOWN_BYTES && caret > BEFORE_CARET ? caret - BEFORE_CARET : 0;
    while (from > 0 && ((unsigned char)line[from] & 0xc0) == 0x80)
        from--;
    size_t shown = clamp(n - from, 0, SHOWN_BYTES);
    memcpy(failed->line, line + from, shown);
    failed->line[shown] = '\0';
    size_t to = from + shown;
    size_t outer_end = clamp(outer + outer_length, from, to);
    failed->caret = caret - from;
    failed->caret_length = clamp(caret_length, 1, to - caret + 1);
    failed->outer = clamp(outer, from, to) - from;
    failed->outer_length = clamp(outer_end - from, failed->outer, shown) - failed->outer;
    make_printable(failed->line);
    return false;
}

/* Prints the mark under each character of the line, one a character rather than one a byte. */
static void print_marks(const failure *failed) {
    size_t n = strlen(failed->line), caret_end = failed->caret + failed->caret_length;
    size_t outer_end = failed->outer + failed->outer_length;
    size_t end = caret_end > outer_end ? caret_end : outer_end;
    bool has_outer = failed->outer_length > failed->caret_length;
    fputs("  ", stderr);
    for (size_t i = 0; i < end;) {
        bool in_caret = i >= failed->caret && i < caret_end;
        bool in_outer = i >= failed->outer && i < outer_end;
        /* Alone, the place is a caret and tildes; inside a larger construct it is all carets, set
         * off by the blanks around it. */
        char mark = in_caret ? (i == failed->caret || has_outer ? '^' : '~') : in_outer ? '~' : ' ';
        if (mark == '~' && (i + 1 == failed->caret || i == caret_end) && failed->line[i] == ' ')
            mark = ' ';
        fputc(mark, stderr);
        size_t length = i < n ? text_character(failed->line + i, n - i) : 1;
        i += length != 0 ? length : 1;
    }
    fputc('\n', stderr);
}

void failure_print(const failure *failed, bool is_terminal) {
    fputs("evex: ", stderr);
    if (failed->place[0] != '\0')
        fprintf(stderr, "%s: ", failed->place);
    fputs(failed->what, stderr);
    if (failed->hint[0] != '\0')
        fprintf(stderr, " (%s)", failed->hint);
    fputc('\n', stderr);
    if (failed->line[0] == '\0' || (failed->is_data && !is_terminal))
        return;
    fprintf(stderr, "  %s\n", failed->line);
    print_marks(failed);
}
