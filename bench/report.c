/* SPDX-License-Identifier: MIT */
/*
 * Tables for readers and as JSON: see report.h.
 */
#include "bench/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure.h"
#include "include/evex.h"

enum { FIRST_WIDTH = 40, WIDTH = 12 };

const char *bench_option(int argc, char **argv, const char *name) {
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return NULL;
}

static void write_text(FILE *json, const char *text) {
    fputc('"', json);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', json);
        fputc(*text, json);
    }
    fputc('"', json);
}

bench_report bench_report_open(const char *program, int argc, char **argv) {
    bench_report report = {.clock_ghz = bench_clock_ghz()};
    const char *path = bench_option(argc, argv, "--json");
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    double load = NAN;
    getloadavg(&load, 1);
    printf("%s: %s, %ld processors, clock %.2f GHz, load %.1f\n", program, evex_isa(), processors,
           report.clock_ghz, load);
    if (path == NULL)
        return report;
    report.json = fopen(path, "w");
    if (report.json == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fprintf(report.json,
            "{\"program\": \"%s\",\n \"facts\": {\"isa\": \"%s\", \"processors\": %ld, ", program,
            evex_isa(), processors);
    fprintf(report.json, "\"clock_ghz\": %.3f},\n \"tables\": [", report.clock_ghz);
    return report;
}

static void end_table(bench_report *report) {
    if (report->json != NULL && report->n_tables > 0)
        fputs("]}", report->json);
}

int bench_report_close(bench_report *report) {
    end_table(report);
    if (report->json == NULL)
        return EXIT_SUCCESS;
    fputs("]}\n", report->json);
    const int failed = ferror(report->json);
    return fclose(report->json) != 0 || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void json_header(bench_report *report, const char *title, const char *const *columns) {
    fputs(report->n_tables > 0 ? ",\n  {\"title\": " : "\n  {\"title\": ", report->json);
    write_text(report->json, title);
    fputs(", \"columns\": [", report->json);
    for (size_t i = 0; i < report->n_columns; i++) {
        fputs(i > 0 ? ", " : "", report->json);
        write_text(report->json, columns[i]);
    }
    fputs("], \"rows\": [", report->json);
}

void bench_table(bench_report *report, const char *title, const char *const *columns,
                 size_t n_columns) {
    end_table(report);
    report->n_columns = n_columns;
    if (report->json != NULL)
        json_header(report, title, columns);
    report->n_tables++;
    report->n_rows = report->column = 0;
    printf("\n%s\n%-*s", title, FIRST_WIDTH, columns[0]);
    for (size_t i = 1; i < n_columns; i++)
        printf(" %*s", WIDTH, columns[i]);
    printf("\n");
}

static void begin_cell(bench_report *report) {
    if (report->json == NULL)
        return;
    if (report->column > 0)
        fputs(", ", report->json);
    else
        fputs(report->n_rows > 0 ? ",\n   [" : "\n   [", report->json);
}

static void end_cell(bench_report *report) {
    report->column = (report->column + 1) % report->n_columns;
    if (report->column > 0)
        return;
    report->n_rows++;
    printf("\n");
    fflush(stdout);
    if (report->json != NULL)
        fputs("]", report->json);
}

void bench_text(bench_report *report, const char *text) {
    begin_cell(report);
    if (report->column == 0)
        printf("%-*s", FIRST_WIDTH, text);
    else
        printf(" %*s", WIDTH, text);
    if (report->json != NULL)
        write_text(report->json, text);
    end_cell(report);
}

void bench_number(bench_report *report, double value, int decimals) {
    begin_cell(report);
    if (isnan(value))
        printf(" %*s", WIDTH, "-");
    else
        printf(" %*.*f", WIDTH, decimals, value);
    if (report->json != NULL && isnan(value))
        fputs("null", report->json);
    else if (report->json != NULL)
        fprintf(report->json, "%.6g", value);
    end_cell(report);
}
