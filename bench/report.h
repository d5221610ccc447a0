/* SPDX-License-Identifier: MIT */
/*
 * What a benchmark found, as tables: each row is printed as it is filled in, for the reader, and
 * written as JSON, for bench/page.py, which makes docs/BENCHMARKS.md of it. The JSON is
 *
 *     {"program": ..., "facts": {...}, "tables": [{"title":, "columns": [...], "rows": [[...]]}]}
 *
 * with null for an empty cell.
 */
#ifndef EVEX_BENCH_REPORT_H
#define EVEX_BENCH_REPORT_H

#include <stdio.h>

typedef struct {
    FILE *json; /* NULL: nobody wants it */
    double clock_ghz;
    size_t n_tables, n_columns, n_rows, column;
} bench_report;

/* Begins a report with the facts of the machine: instruction set, processors, measured clock, and
 * how busy it was in the last minute. Where the arguments have --json FILE, the tables go there
 * too. Ends the program if the file cannot be made.
 */
bench_report bench_report_open(const char *program, int argc, char **argv);
/* Returns the program's exit status. */
int bench_report_close(bench_report *report);

void bench_table(bench_report *report, const char *title, const char *const *columns,
                 size_t n_columns);
/* The next cell of the row; the first of a row is a text. A number that is nan is an empty cell. */
void bench_text(bench_report *report, const char *text);
void bench_number(bench_report *report, double value, int decimals);

/* The argument after the one called name, or NULL. */
const char *bench_option(int argc, char **argv, const char *name);

#endif
