/* SPDX-License-Identifier: MIT */
/*
 * Where bytes come from: a file, read by pread, or a pipe, which is copied to an unlinked file in
 * TMPDIR when it must be read twice. The text, array and program readers all read through it.
 */
#ifndef EVEX_CLI_SOURCE_H
#define EVEX_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/failure.h"

typedef struct {
    const char *name; /* for messages; the path as given, "stdin" for "-" */
    int fd, spool_fd; /* -1: none */
    bool is_regular;
    uint64_t start, position; /* offsets in a regular file: of its beginning, of the next read */
    uint64_t size;            /* bytes of a regular file from start on, when it was opened */
} source;

/* path stays the caller's and must outlive the source; "-" is stdin. */
bool source_open(source *opened, const char *path, failure *failed);
/* Reads at most n bytes and at least one, but 0 at the end. */
bool source_read(source *from, void *bytes, size_t n, size_t *n_read, failure *failed);
/* Promises that the source will be rewound: to be called before the first read. */
bool source_keep(source *from, failure *failed);
/* Back to the beginning; a pipe must have been kept and read to its end. */
bool source_rewind(source *from, failure *failed);
void source_close(source *from);

/* A new file in TMPDIR (or /tmp) that no name refers to, for reading and writing; -1 on failure. */
int source_temporary(failure *failed);
/* Writes all n bytes to fd; gives 0 or an errno. */
int source_write_all(int fd, const void *bytes, size_t n);

#endif
