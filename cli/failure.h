/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, as a value: readers and planners fill in a failure and return false, main prints
 * it. The first failure is kept. failure.c shows the printed form.
 */
#ifndef EVEX_CLI_FAILURE_H
#define EVEX_CLI_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

/* The exit codes of the program. */
typedef enum {
    EXIT_DONE = 0,
    EXIT_PROGRAM = 2, /* usage, syntax, name or type: nothing was read or written */
    EXIT_INPUT = 3,
    EXIT_OUTPUT = 4
} exit_code;

typedef struct {
    exit_code code; /* EXIT_DONE: no failure yet */
    char place[320];
    char what[512];
    char hint[320];
    /* The source line, a range of bytes of it to underline and the place in that range to point
     * at; line is "" when there is nothing to show. */
    char line[240];
    size_t caret, caret_length, outer, outer_length;
    bool is_data; /* the line is a line of data: shown on a terminal only */
} failure;

/* Record a failure, printf style; the texts must be harmless (text_quote makes them so). Return
 * false. */
bool failure_set(failure *failed, exit_code code, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, with strerror(error) after the text. */
bool failure_set_errno(failure *failed, exit_code code, const char *place, const char *what,
                       int error);
/* Adds what to do about it; returns false. */
bool failure_hint(failure *failed, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shows line[0..n) with a caret under caret_length bytes at caret and tildes under the rest of the
 * outer range; long lines are cut around the caret. Returns false. */
bool failure_show(failure *failed, const char *line, size_t n, size_t caret, size_t caret_length,
                  size_t outer, size_t outer_length);

/* Prints a failure on stderr. */
void failure_print(const failure *failed, bool is_terminal);

#endif
