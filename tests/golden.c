/* SPDX-License-Identifier: MIT */
/*
 * Runner of golden files; see golden.h for their format.
 */
#include "tests/golden.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char END_CASE[] = "\n====\n", END_INPUT[] = "\n----\n";

/* The whole file, NUL-terminated, on the heap; ends the process when it cannot be read. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    long n = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    char *text = n >= 0 ? calloc((size_t)n + 1, 1) : NULL;
    if (!text || fseek(file, 0, SEEK_SET) != 0 || fread(text, 1, (size_t)n, file) != (size_t)n) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    return text;
}

static void report(const char *path, const char *input, int n_input, const char *expected,
                   int n_expected, const char *actual) {
    printf("%s:\n%.*s\n---- expected\n%.*s\n---- found\n%s\n", path, n_input, input, n_expected,
           expected, actual);
}

/* One case from at; writes it anew to out. Returns the place behind it, or NULL at the end. */
static const char *run_case(const char *path, const char *at, golden_writer write, FILE *out,
                            int *n_failed) {
    const char *middle = strstr(at, END_INPUT), *end = middle ? strstr(middle, END_CASE) : NULL;
    if (!end)
        return NULL;
    const char *expected = middle + strlen(END_INPUT);
    size_t n_input = (size_t)(middle - at), n_actual, n_expected = (size_t)(end + 1 - expected);
    char *actual;
    FILE *stream = open_memstream(&actual, &n_actual);
    write(stream, at, n_input);
    fclose(stream);
    if (n_actual != n_expected || memcmp(actual, expected, n_actual) != 0) {
        report(path, at, (int)n_input, expected, (int)n_expected, actual);
        ++*n_failed;
    }
    fprintf(out, "%.*s%s%.*s%s", (int)n_input, at, END_INPUT, (int)n_actual - 1, actual, END_CASE);
    free(actual);
    return end + strlen(END_CASE);
}

/* Runs a file; returns the number of its cases. */
static int run_file(const char *path, golden_writer write, int update, int *n_failed) {
    char *text = read_file(path), *renewed = NULL;
    size_t n_renewed;
    const char *at = strstr(text, END_CASE);
    at = at ? at + strlen(END_CASE) : text;
    FILE *out = open_memstream(&renewed, &n_renewed);
    fprintf(out, "%.*s", (int)(at - text), text);
    int n_cases = 0;
    while ((at = run_case(path, at, write, out, n_failed)))
        n_cases++;
    fclose(out);
    FILE *file = update ? fopen(path, "wb") : NULL;
    if (file) {
        fwrite(renewed, 1, n_renewed, file);
        fclose(file);
    }
    free(renewed);
    free(text);
    return n_cases;
}

int golden_run(const char *directory, golden_writer write, int update) {
    DIR *listing = opendir(directory);
    int n_cases = 0, n_failed = 0;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        size_t n = strlen(entry->d_name);
        char path[4096];
        if (n < 4 || strcmp(entry->d_name + n - 4, ".txt") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        n_cases += run_file(path, write, update, &n_failed);
    }
    if (listing)
        closedir(listing);
    printf("%s: %d cases, %d differ\n", directory, n_cases, n_failed);
    return n_cases > 0 ? n_failed : -1;
}
