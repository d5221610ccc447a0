/* SPDX-License-Identifier: MIT */
/*
 * See run.h: the parts of running that tables and arrays share.
 */
#include "cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/npy.h"
#include "cli/text.h"

/* ---- Formats ----------------------------------------------------------------------------- */

static const char *extension_of(const char *path) {
    size_t n;
    const char *name = text_file_name(path, false, &n);
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? dot + 1 : "";
}

static data_format format_of_name(const char *path) {
    const char *extension = extension_of(path);
    if (strcmp(extension, "npy") == 0)
        return FORMAT_NPY;
    if (strcmp(extension, "tsv") == 0 || strcmp(extension, "tab") == 0)
        return FORMAT_TSV;
    return strcmp(extension, "csv") == 0 ? FORMAT_CSV : FORMAT_AUTO;
}

/* Formats that other versions read; text in one of them must not be taken for CSV. */
static bool is_later_format(const char *extension) {
    static const char *const later[] = {"gz",  "zst", "lz4",  "xz",    "bz2",     "jsonl",  "json",
                                        "npz", "h5",  "hdf5", "nc",    "zarr",    "tif",    "tiff",
                                        "md",  "raw", "bin",  "arrow", "feather", "parquet"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(extension, later[i]) == 0)
            return true;
    return false;
}

static bool fail_later(const char *path, failure *failed) {
    failure_set(failed, EXIT_PROGRAM, path, ".%s files are not in this version",
                extension_of(path));
    return failure_hint(failed, "-i and -t say csv, tsv or npy whatever the file is called");
}

data_format run_input_format(const options *given, const input_argument *input, failure *failed) {
    if (given->input_format != FORMAT_AUTO)
        return given->input_format;
    data_format format = format_of_name(input->path);
    if (format != FORMAT_AUTO)
        return format;
    if (!is_later_format(extension_of(input->path)))
        return FORMAT_CSV;
    fail_later(input->path, failed);
    return FORMAT_AUTO;
}

run_form run_output_form(const options *given, data_format input, char delimiter) {
    run_form form = {given->output_format, ',', true};
    if (form.format == FORMAT_AUTO && given->output != NULL)
        form.format = format_of_name(given->output);
    if (form.format == FORMAT_AUTO) {
        form.is_asked_for = given->output_delimiter != '\0';
        form.format = input == FORMAT_NPY ? FORMAT_CSV : input;
        form.delimiter = delimiter != '\0' ? delimiter : ',';
    } else if (form.format == FORMAT_TSV) {
        form.delimiter = '\t';
    }
    if (given->output_delimiter != '\0')
        form.delimiter = given->output_delimiter;
    return form;
}

/* Whether two paths lead to the same file. */
static bool is_same_file(const char *a, const char *b) {
    struct stat one, other;
    return strcmp(a, "-") != 0 && stat(a, &one) == 0 && stat(b, &other) == 0 &&
           S_ISREG(one.st_mode) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool run_open_output(output *to, const options *given, run_form form, bool must_seek,
                     failure *failed) {
    *to = (output){.fd = -1};
    for (size_t i = 0; given->output != NULL && i < given->n_inputs; i++)
        if (is_same_file(given->inputs[i].path, given->output))
            return failure_set(failed, EXIT_PROGRAM, given->output, "is an input and the output");
    if (given->output != NULL && given->output_format == FORMAT_AUTO &&
        is_later_format(extension_of(given->output)))
        return fail_later(given->output, failed);
    if (!output_open(to, given->output, must_seek, failed))
        return false;
    if (form.format != FORMAT_NPY || !to->is_terminal)
        return true;
    failure_set(failed, EXIT_PROGRAM, "", ".npy is binary data, which is not for a terminal");
    return failure_hint(failed, "-o FILE.npy writes it to a file");
}

rows_layout run_rows_layout(const options *given, run_form form, const output *to,
                            const data_column *columns, size_t n_columns) {
    enum { SHOWN_ROWS = 20 };
    bool is_table = to->is_terminal && !form.is_asked_for;
    return (rows_layout){
        .form = form.format == FORMAT_NPY ? ROWS_NPY
                : is_table                ? ROWS_TABLE
                                          : ROWS_TEXT,
        .delimiter = form.delimiter,
        .input_delimiter = form.delimiter,
        .has_header = !given->no_header,
        .precision = given->precision,
        .limit = given->all_rows ? 0 : SHOWN_ROWS,
        .columns = columns,
        .n_columns = n_columns,
    };
}

/* ---- The engine -------------------------------------------------------------------------- */

evex_eval_options run_eval_options(const options *given) {
    evex_eval_options eval = EVEX_EVAL_OPTIONS_INIT;
    eval.block_length = given->block_length;
    return eval;
}

bool run_create_pool(const options *given, evex_pool **pool, failure *failed) {
    *pool = NULL;
    evex_error error = EVEX_ERROR_INIT;
    if (given->n_threads == 0 || evex_pool_create(pool, given->n_threads, NULL, &error) == EVEX_OK)
        return true;
    return failure_set(failed, EXIT_INPUT, "", "%s", error.message);
}

static int print_text(void *user, const char *text, size_t n_bytes) {
    return fwrite(text, 1, n_bytes, user) != n_bytes;
}

bool run_explain(const options *given, const plan *made, bool *is_done, failure *failed) {
    *is_done = given->check || given->explain;
    if (!given->explain)
        return true;
    if (made->expr == NULL)
        fputs("nothing is computed\n", stdout);
    else
        (void)evex_expr_dump(made->expr, print_text, stdout);
    return (fflush(stdout) == 0 && !ferror(stdout)) ||
           failure_set(failed, EXIT_OUTPUT, "stdout", "cannot be written");
}

/* ---- Records ----------------------------------------------------------------------------- */

static bool write_bare(const options *given, const plan *made, const void *const *values,
                       output *to, failure *failed) {
    char text[VALUE_BYTES + 1];
    size_t index = made->outputs[0].index;
    size_t n = value_write_unit(text, made->results[index].dtype, made->results[index].unit,
                                values[index], given->precision);
    text[n++] = '\n';
    return output_write(to, text, n, failed);
}

static bool write_values(const options *given, const plan *made, const void *const *values,
                         run_form form, const data_column *columns, output *to, failure *failed) {
    rows_layout layout = run_rows_layout(given, form, to, columns, made->n_outputs);
    layout.has_header = true;
    rows *record = rows_open(to, &layout, failed);
    bool ok = record != NULL;
    for (size_t i = 0; i < made->n_outputs && ok; i++)
        ok = rows_add_value(record, &columns[i], values[made->outputs[i].index], failed);
    ok = ok && rows_end_record(record, failed) && rows_finish(record, failed);
    rows_close(record);
    return ok;
}

/* A record as an array of no dimension. */
static bool write_npy(const plan *made, const void *const *values, const data_column *columns,
                      output *to, failure *failed) {
    size_t n_bytes;
    char *header = npy_format_header(columns, made->n_outputs, 0, NULL, false, 0, &n_bytes, failed);
    bool ok = header != NULL && output_write(to, header, n_bytes, failed);
    for (size_t i = 0; i < made->n_outputs && ok; i++)
        ok = output_write(to, values[made->outputs[i].index], evex_dtype_size(columns[i].dtype),
                          failed);
    free(header);
    return ok;
}

bool run_write_record(const options *given, const plan *made, const void *const *values,
                      run_form form, failure *failed) {
    data_column *columns = calloc(made->n_outputs, sizeof *columns);
    if (columns == NULL)
        return failure_set(failed, EXIT_OUTPUT, "", "out of memory");
    for (size_t i = 0; i < made->n_outputs; i++)
        columns[i] =
            (data_column){made->outputs[i].name, made->results[made->outputs[i].index].dtype,
                          made->results[made->outputs[i].index].unit};
    bool is_bare = made->n_outputs == 1 && made->results[made->outputs[0].index].name[0] == '\0';
    output to;
    bool ok = run_open_output(&to, given, form, false, failed);
    if (ok && form.format == FORMAT_NPY)
        ok = write_npy(made, values, columns, &to, failed);
    else if (ok && is_bare && columns[0].dtype != EVEX_STR)
        ok = write_bare(given, made, values, &to, failed);
    else
        ok = ok && write_values(given, made, values, form, columns, &to, failed);
    ok = ok && output_finish(&to, failed);
    output_close(&to);
    free(columns);
    return ok;
}
