/* SPDX-License-Identifier: MIT */
/*
 * The command line: options.def lists the options, options.c reads them, help.c explains them.
 */
#ifndef EVEX_CLI_OPTIONS_H
#define EVEX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/failure.h"
#include <evex.h>

typedef enum { FORMAT_AUTO = 0, FORMAT_CSV, FORMAT_TSV, FORMAT_NPY } data_format;

/* NAME=FILE or FILE; the texts are those of argv. */
typedef struct {
    const char *name; /* not NUL-terminated; NULL: none was given */
    size_t name_bytes;
    const char *path; /* "-" for stdin */
} input_argument;

typedef struct {
    char *program; /* owned, NUL-terminated; NULL when there is none */
    size_t program_bytes;
    input_argument *inputs; /* owned */
    size_t n_inputs;
    data_format input_format, output_format;
    char delimiter, output_delimiter; /* 0: as the format says */
    bool append, no_header, explain, check, no_optimise, all_rows, help, version;
    const char *help_topic; /* NULL: the overview */
    const char *output;     /* NULL or "-": stdout */
    const char *columns, *missing, *types;
    size_t n_threads, block_length; /* 0: chosen by the engine */
    int precision;                  /* 0: as many digits as the value needs */
    evex_isa_cap isa;
    evex_overflow overflow;
} options;

/* Reads the command line into *read, which is to be freed in any case. */
bool options_read(options *read, int n_arguments, char **arguments, failure *failed);
void options_free(options *read);

typedef struct {
    char short_name;
    const char *long_name, *argument, *help;
    bool is_later;
} option_row;

/* All options, in the order of options.def. */
extern const option_row option_rows[];
extern const size_t n_option_rows;

/* Prints the overview or the help on a topic on stdout; an unknown topic is a failure. */
bool help_print(const char *topic, failure *failed);

#endif
