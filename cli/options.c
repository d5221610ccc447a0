/* SPDX-License-Identifier: MIT */
/*
 * Reads the command line. Options may stand anywhere before "--"; the first other argument is the
 * program unless -e or -f gives it, the rest are inputs. What each option does to the result is the
 * switch in apply().
 */
#include "cli/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/source.h"
#include "cli/text.h"

typedef enum {
#define OPTION(id, ...) OPTION_##id,
#define LATER(...)
#include "cli/options.def"
#undef OPTION
#undef LATER
    N_OPTIONS
} option_id;

const option_row option_rows[] = {
#define OPTION(id, short_name, long_name, argument, help)                                          \
    {short_name, long_name, argument, help, false},
#define LATER(short_name, long_name, help) {short_name, long_name, NULL, help, true},
#include "cli/options.def"
#undef OPTION
#undef LATER
};
const size_t n_option_rows = sizeof option_rows / sizeof *option_rows;

/* A failure "before'about'". */
static bool fail(failure *failed, const char *before, const char *about) {
    char quoted[160];
    return failure_set(failed, EXIT_PROGRAM, "", "%s'%s'", before,
                       text_quote(quoted, sizeof quoted, about, strlen(about)));
}

static bool fail_memory(failure *failed) {
    return failure_set(failed, EXIT_INPUT, "", "out of memory");
}

/* ---- The program ------------------------------------------------------------------------- */

/* Appends text to the program, on a line of its own. */
static bool add_program(options *read, const char *text, size_t n, failure *failed) {
    bool is_first = read->program == NULL;
    char *longer = realloc(read->program, read->program_bytes + n + 2);
    if (longer == NULL)
        return fail_memory(failed);
    read->program = longer;
    if (!is_first)
        longer[read->program_bytes++] = '\n';
    memcpy(longer + read->program_bytes, text, n);
    read->program_bytes += n;
    longer[read->program_bytes] = '\0';
    return true;
}

/* Reads a program of at most a megabyte; longer ones are beyond every limit of the language. */
static bool add_program_file(options *read, const char *path, failure *failed) {
    enum { MOST_BYTES = 1 << 20 };
    source from;
    if (!source_open(&from, path, failed)) {
        failed->code = EXIT_PROGRAM;
        return false;
    }
    char *text = malloc(MOST_BYTES);
    size_t n = 0, got = 1;
    while (text != NULL && got > 0 && n < MOST_BYTES &&
           source_read(&from, text + n, MOST_BYTES - n, &got, failed))
        n += got;
    source_close(&from);
    bool ok = failed->code == EXIT_DONE;
    if (text == NULL || n == MOST_BYTES)
        ok = fail(failed, "a program is too long: ", path);
    if (ok)
        ok = add_program(read, text, n, failed);
    free(text);
    return ok;
}

/* ---- Values ------------------------------------------------------------------------------ */

static bool read_count(const char *text, size_t least, size_t most, size_t *value) {
    uint64_t number;
    if (number_read_u64(text, strlen(text), &number) != NUMBER_OK)
        return false;
    *value = (size_t)number;
    return number >= least && number <= most;
}

static bool read_precision(const char *text, int *digits) {
    size_t value;
    if (!read_count(text, 1, 17, &value))
        return false;
    *digits = (int)value;
    return true;
}

static bool read_format(const char *text, data_format *format) {
    static const char *const names[] = {NULL, "csv", "tsv", "npy"};
    for (int i = FORMAT_CSV; i <= FORMAT_NPY; i++)
        if (strcmp(text, names[i]) == 0) {
            *format = (data_format)i;
            return true;
        }
    return false;
}

/* A delimiter is one ASCII character that can be no part of a number, a name or a quoted field. */
static bool read_delimiter(const char *text, char *delimiter) {
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strcmp(text, "space") == 0)
        text = " ";
    *delimiter = text[0];
    return strlen(text) == 1 && (*text == '\t' || (*text >= ' ' && *text < 0x7f)) &&
           !isalnum((unsigned char)*text) && strchr("\"'.+-_", *text) == NULL;
}

static bool read_isa(const char *text, evex_isa_cap *isa) {
    static const char *const names[] = {"best", "ref", "base", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *isa = (evex_isa_cap)i;
            return true;
        }
    return false;
}

static bool read_overflow(const char *text, evex_overflow *overflow) {
    static const char *const names[] = {"wrap", "error", "float"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *overflow = (evex_overflow)i;
            return true;
        }
    return false;
}

/* ---- Arguments --------------------------------------------------------------------------- */

static bool is_name_character(char c, bool is_first) {
    unsigned char byte = (unsigned char)c;
    return byte >= 0x80 || byte == '_' || isalpha(byte) || (!is_first && isdigit(byte));
}

/* Splits NAME=FILE when what precedes the first '=' can be a name of the language. */
static input_argument split_input(const char *text) {
    input_argument input = {NULL, 0, text};
    size_t n = 0;
    while (is_name_character(text[n], n == 0))
        n++;
    if (n > 0 && text[n] == '=')
        input = (input_argument){text, n, text + n + 1};
    return input;
}

static void add_input(options *read, const char *text) {
    read->inputs[read->n_inputs++] = split_input(text);
}

/* Does what the option says; value is its argument, or NULL. False: the value is no good. */
static bool apply(options *read, option_id id, const char *value, failure *failed) {
    switch (id) {
    case OPTION_EXPRESSION:
        return add_program(read, value, strlen(value), failed);
    case OPTION_FILE:
        return add_program_file(read, value, failed);
    case OPTION_APPEND:
        return read->append = true;
    case OPTION_OUTPUT:
        read->output = value;
        return *value != '\0';
    case OPTION_INPUT_FORMAT:
        return read_format(value, &read->input_format);
    case OPTION_OUTPUT_FORMAT:
        return read_format(value, &read->output_format);
    case OPTION_DELIMITER:
        return read_delimiter(value, &read->delimiter);
    case OPTION_OUTPUT_DELIMITER:
        return read_delimiter(value, &read->output_delimiter);
    case OPTION_NO_HEADER:
        return read->no_header = true;
    case OPTION_COLUMNS:
        read->columns = value;
        return true;
    case OPTION_MISSING:
        read->missing = value;
        return true;
    case OPTION_TYPE:
        read->types = value;
        return true;
    case OPTION_THREADS:
        return read_count(value, 1, 4096, &read->n_threads);
    case OPTION_PRECISION:
        return read_precision(value, &read->precision);
    case OPTION_EXPLAIN:
        return read->explain = true;
    case OPTION_CHECK:
        return read->check = true;
    case OPTION_ISA:
        return read_isa(value, &read->isa);
    case OPTION_OVERFLOW:
        return read_overflow(value, &read->overflow);
    case OPTION_BLOCK:
        return read_count(value, 1, (size_t)1 << 30, &read->block_length);
    case OPTION_NO_OPT:
        return read->no_optimise = true;
    case OPTION_ALL:
        return read->all_rows = true;
    case OPTION_HELP:
        read->help_topic = value;
        return read->help = true;
    case OPTION_VERSION:
        return read->version = true;
    case N_OPTIONS:
        break;
    }
    return false;
}

/* The arguments, and the first that is still to be read. */
typedef struct {
    int n, next;
    char **texts;
} argument_list;

static bool fail_later(failure *failed, const option_row *row) {
    char name[40];
    if (row->long_name != NULL)
        snprintf(name, sizeof name, "--%s", row->long_name);
    else
        snprintf(name, sizeof name, "-%c", row->short_name);
    return failure_set(failed, EXIT_PROGRAM, "", "%s (%s) is not in this version", name, row->help);
}

/* Applies an option, whose id is its row's number. attached is what follows it in its own argument,
 * or NULL: then its value is the next argument. An optional one may be missing. */
static bool apply_row(options *read, const option_row *row, const char *attached,
                      argument_list *arguments, failure *failed) {
    if (row->is_later)
        return fail_later(failed, row);
    const char *value = attached;
    bool is_optional = row->argument != NULL && row->argument[0] == '[';
    if (row->argument != NULL && value == NULL && arguments->next < arguments->n)
        value = arguments->texts[arguments->next++];
    if (row->argument != NULL && value == NULL && !is_optional)
        return failure_set(failed, EXIT_PROGRAM, "", "--%s wants an argument: %s", row->long_name,
                           row->argument);
    if (apply(read, (option_id)(row - option_rows), value, failed))
        return true;
    char quoted[120];
    failure_set(failed, EXIT_PROGRAM, "", "'%s' is no value for --%s",
                text_quote(quoted, sizeof quoted, value, strlen(value)), row->long_name);
    return failed->hint[0] == '\0' ? failure_hint(failed, "%s", row->help) : false;
}

static const option_row *find_short(char name) {
    for (size_t i = 0; i < n_option_rows; i++)
        if (option_rows[i].short_name == name)
            return &option_rows[i];
    return NULL;
}

static const option_row *find_long(const char *name, size_t n, text_search *search) {
    for (size_t i = 0; i < n_option_rows; i++) {
        const char *known = option_rows[i].long_name;
        if (known == NULL)
            continue;
        if (strlen(known) == n && memcmp(known, name, n) == 0)
            return &option_rows[i];
        text_search_offer(search, known, strlen(known));
    }
    return NULL;
}

static bool read_long(options *read, const char *text, argument_list *arguments, failure *failed) {
    size_t n = strcspn(text, "=");
    text_search search = text_search_for(text, n);
    const option_row *row = find_long(text, n, &search);
    if (row == NULL) {
        fail(failed, "unknown option ", text - 2);
        return search.best != NULL ? failure_hint(failed, "did you mean '--%s'?", search.best)
                                   : failure_hint(failed, "-h lists the options");
    }
    const char *attached = text[n] == '=' ? text + n + 1 : NULL;
    if (attached != NULL && row->argument == NULL && !row->is_later)
        return failure_set(failed, EXIT_PROGRAM, "", "--%s takes no argument", row->long_name);
    return apply_row(read, row, attached, arguments, failed);
}

/* Reads a cluster such as -ao FILE or -ofile. */
static bool read_short(options *read, const char *text, argument_list *arguments, failure *failed) {
    while (*text != '\0') {
        const option_row *row = find_short(*text);
        if (row == NULL) {
            char name[] = {'-', *text, '\0'};
            fail(failed, "unknown option ", name);
            return failure_hint(failed, "-h lists the options; -- goes before a program that "
                                        "begins with a minus");
        }
        const char *attached = row->argument != NULL && text[1] != '\0' ? text + 1 : NULL;
        if (!apply_row(read, row, attached, arguments, failed))
            return false;
        text = row->argument != NULL ? "" : text + 1;
    }
    return true;
}

static bool read_all(options *read, argument_list *arguments, failure *failed) {
    bool has_ended = false;
    const char *first = NULL;
    while (arguments->next < arguments->n) {
        const char *text = arguments->texts[arguments->next++];
        bool ok = true;
        if (!has_ended && strcmp(text, "--") == 0)
            has_ended = true;
        else if (!has_ended && text[0] == '-' && text[1] == '-')
            ok = read_long(read, text + 2, arguments, failed);
        else if (!has_ended && text[0] == '-' && text[1] != '\0')
            ok = read_short(read, text + 1, arguments, failed);
        else if (first == NULL)
            first = text;
        else
            add_input(read, text);
        if (!ok)
            return false;
    }
    if (first == NULL)
        return true;
    if (read->program == NULL)
        return add_program(read, first, strlen(first), failed);
    /* With -e or -f the first argument is an input, and it was the first of them. */
    memmove(read->inputs + 1, read->inputs, read->n_inputs * sizeof *read->inputs);
    read->inputs[0] = split_input(first);
    read->n_inputs++;
    return true;
}

bool options_read(options *read, int n_arguments, char **arguments, failure *failed) {
    *read = (options){.overflow = EVEX_OVERFLOW_ERROR};
    read->inputs = calloc((size_t)n_arguments + 1, sizeof *read->inputs);
    if (read->inputs == NULL)
        return fail_memory(failed);
    argument_list list = {n_arguments, 1, arguments};
    return read_all(read, &list, failed);
}

void options_free(options *read) {
    free(read->program);
    free(read->inputs);
    read->program = NULL;
    read->inputs = NULL;
}
