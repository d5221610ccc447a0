/* SPDX-License-Identifier: MIT */
/*
 * Which of several failing guards is reported, and how: those of scalars first, then the one with
 * the smallest element index, then those of totals, in the order in which a stream knows them; of
 * equal ones the first of the program, for what is evaluated first may be why another one fails.
 * Used by runs and by streams, so that both say the same.
 */
#ifndef EVEX_EVAL_GUARDS_H
#define EVEX_EVAL_GUARDS_H

#include "core/error.h"
#include "core/program.h"

/* The failure to be reported so far. */
typedef struct {
    const evex_guard *guard; /* NULL: none */
    int64_t index;
} evex_guard_choice;

/* Takes a guard's index in, in the order of the program; a negative one is no failure. */
void evex_guard_consider(evex_guard_choice *choice, const evex_guard *guard, int64_t index);
/* Fills *error (which may be NULL) with the choice; EVEX_OK when there is none. */
evex_status evex_guard_report(const evex_program *program, const evex_guard_choice *choice,
                              evex_error *error);

#endif
