/* SPDX-License-Identifier: MIT */
/*
 * Running a program: over tables (run_table.c), which stream through in batches, or over arrays
 * (run_array.c); what both need to write their results is in run.c.
 */
#ifndef EVEX_CLI_RUN_H
#define EVEX_CLI_RUN_H

#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/rows.h"

/* Over tables with these readers' formats; over arrays, or nothing at all. */
bool run_table(const options *given, failure *failed);
bool run_array(const options *given, failure *failed);

/* The format of an input, by its option or its name; FORMAT_AUTO is a failure. */
data_format run_input_format(const options *given, const input_argument *input, failure *failed);

/* How the output is to look. */
typedef struct {
    data_format format;
    char delimiter;
    bool is_asked_for; /* by an option, rather than by default */
} run_form;

/* input: the format of the inputs; delimiter: theirs, if they are text. */
run_form run_output_form(const options *given, data_format input, char delimiter);
/* Opens the output; refuses one that is an input, and binary data on a terminal. */
bool run_open_output(output *to, const options *given, run_form form, bool must_seek,
                     failure *failed);
/* The layout of rows for this form on this output. */
rows_layout run_rows_layout(const options *given, run_form form, const output *to,
                            const data_column *columns, size_t n_columns);

/* The engine's options of an evaluation, and the pool that -j asks for (NULL: the default). */
evex_eval_options run_eval_options(const options *given);
bool run_create_pool(const options *given, evex_pool **pool, failure *failed);

/* Writes one value an output: a bare value when there is one without a name, else a record.
 * values[i] is of results[i]. */
bool run_write_record(const options *given, const plan *made, const void *const *values,
                      run_form form, failure *failed);

/* For --explain and --check: does what they ask; *is_done when nothing is left to do. */
bool run_explain(const options *given, const plan *made, bool *is_done, failure *failed);

#endif
