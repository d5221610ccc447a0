/* SPDX-License-Identifier: MIT */
/*
 * Where the results go: stdout, or a file that appears under its name only when it is complete, so
 * that an old one survives any failure. Writes are gathered in a buffer.
 */
#ifndef EVEX_CLI_OUTPUT_H
#define EVEX_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/failure.h"

enum { OUTPUT_BUFFER_BYTES = 256 << 10 };

typedef struct {
    const char *name; /* for messages */
    int fd;           /* -1: closed */
    char *path;       /* owned; the file's final name, NULL when fd is written to directly */
    char *temporary;  /* owned; its name until then */
    bool is_spool;    /* fd is an unnamed file whose bytes go to target_fd at the end */
    int target_fd;
    bool is_terminal;
    char *buffer; /* owned */
    size_t used;
} output;

/* Once a process, before any file is opened: makes descriptors 0 to 2 exist, so that no file takes
 * their place, and lets SIGINT, SIGTERM and SIGHUP remove the temporary file. */
void output_prepare_process(void);

/* path NULL or "-": stdout. must_seek: output_rewrite will be called. */
bool output_open(output *opened, const char *path, bool must_seek, failure *failed);
bool output_write(output *to, const void *bytes, size_t n, failure *failed);
/* Overwrites bytes at the beginning. */
bool output_rewrite(output *to, const void *bytes, size_t n, failure *failed);
/* Writes what is left and gives the file its name. */
bool output_finish(output *to, failure *failed);
/* Closes; an unfinished file is removed. */
void output_close(output *to);

#endif
