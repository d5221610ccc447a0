/* SPDX-License-Identifier: MIT */
/*
 * Runs a program over tables: one or more delimited files with the same columns, read one after the
 * other. Batches of records go through an evex_stream, so memory does not grow with the data and
 * the results have the bits of one evaluation over the whole. A program that needs several passes
 * reads regular files again; what comes from a pipe is kept in TMPDIR for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cell.h"
#include "cli/csv.h"
#include "cli/run.h"
#include "cli/text.h"

typedef struct {
    const options *given;
    failure *failed;
    plan made;
    csv_reader **readers; /* owned, one an input */
    char delimiter;
    run_form form;
    bool is_rowwise; /* one record a row, rather than one in all */

    cell_column *cells; /* owned, one an input of the expression that is a column */
    size_t n_cells;
    size_t *slots;                /* owned; the slot of each table column in the batches */
    evex_array *inputs, *outputs; /* owned, one an input and a result of the expression */
    void **values;                /* owned; room for a batch of each result */
    bool *is_scalar;              /* owned; the result is one value: reduced or constant */
    bool has_reduced;             /* such a value is among the outputs of a row-wise program */
    bool *is_kept;       /* owned; it is one value in an array of one dimension (keepdims) */
    uint8_t *rows_input; /* owned; the elements of PLAN_ROWS */
    evex_pool *pool;
    size_t n_passes;
    uint64_t n_rows; /* of the first pass */

    output to;
    rows *records;
    data_column *columns; /* owned, one an output */
    size_t whole_at;      /* the outputs from here on are all table columns in order, or SIZE_MAX */
} table;

static bool fail_memory(const table *t) {
    return failure_set(t->failed, EXIT_INPUT, "", "out of memory");
}

static bool fail_engine(const table *t, const evex_error *error) {
    return plan_fail(&t->made, error, EXIT_INPUT, t->failed);
}

/* ---- Opening ----------------------------------------------------------------------------- */

static bool check_same_columns(const table *t, size_t reader) {
    size_t n_first, n;
    const char *const *first = csv_header(t->readers[0], &n_first);
    const char *const *names = csv_header(t->readers[reader], &n);
    const char *path = t->given->inputs[reader].path;
    if (n != n_first)
        return failure_set(t->failed, EXIT_INPUT, path, "has %zu columns, and %s has %zu", n,
                           t->given->inputs[0].path, n_first);
    for (size_t i = 0; i < n && !t->given->no_header; i++)
        if (strcmp(names[i], first[i]) != 0) {
            char quoted[120];
            return failure_set(t->failed, EXIT_INPUT, path, "column %zu is '%s', unlike in %s",
                               i + 1, text_quote(quoted, sizeof quoted, names[i], strlen(names[i])),
                               t->given->inputs[0].path);
        }
    return true;
}

static bool open_readers(table *t) {
    data_format format = run_input_format(t->given, &t->given->inputs[0], t->failed);
    if (format == FORMAT_AUTO)
        return false;
    t->delimiter = t->given->delimiter != '\0' ? t->given->delimiter
                   : format == FORMAT_TSV      ? '\t'
                                               : ',';
    t->form = run_output_form(t->given, format, t->delimiter);
    csv_dialect dialect = {t->delimiter, !t->given->no_header};
    t->readers = calloc(t->given->n_inputs, sizeof *t->readers);
    if (t->readers == NULL)
        return fail_memory(t);
    for (size_t i = 0; i < t->given->n_inputs; i++) {
        t->readers[i] = csv_open(t->given->inputs[i].path, dialect, t->failed);
        if (t->readers[i] == NULL || !check_same_columns(t, i))
            return false;
    }
    return true;
}

/* ---- Names ------------------------------------------------------------------------------- */

static bool add_column(table *t, const char *name, size_t n) {
    const input_argument *input = &t->given->inputs[0];
    if (input->name == NULL)
        return plan_add_column(&t->made, name, n, EVEX_F64, true, t->failed);
    char *full;
    int length = asprintf(&full, "%.*s.%.*s", (int)input->name_bytes, input->name, (int)n, name);
    if (length < 0)
        return fail_memory(t);
    bool ok = plan_add_column(&t->made, full, (size_t)length, EVEX_F64, true, t->failed);
    free(full);
    return ok;
}

static bool add_given_columns(table *t, size_t n_columns) {
    const char *names = t->given->columns;
    size_t n = 0;
    for (;; n++) {
        size_t length = strcspn(names, ",");
        if (n < n_columns && !add_column(t, names, length))
            return false;
        if (names[length] == '\0')
            break;
        names += length + 1;
    }
    return n + 1 == n_columns ||
           failure_set(t->failed, EXIT_PROGRAM, "", "-c names %zu columns, and %s has %zu", n + 1,
                       t->given->inputs[0].path, n_columns);
}

static bool add_columns(table *t) {
    size_t n_columns;
    const char *const *names = csv_header(t->readers[0], &n_columns);
    if (t->given->columns != NULL && n_columns > 0) {
        if (!add_given_columns(t, n_columns))
            return false;
    } else {
        for (size_t i = 0; i < n_columns; i++) {
            char position[32];
            snprintf(position, sizeof position, "$%zu", i + 1);
            const char *name = t->given->no_header ? position : names[i];
            if (!add_column(t, name, strlen(name)))
                return false;
        }
    }
    t->made.n_table = n_columns;
    return true;
}

/* ---- Preparing --------------------------------------------------------------------------- */

/* Which columns the readers shall hold the cells of: inputs of the expression, and columns that are
 * written; what each is worth to the engine is opened here too. */
static bool select_columns(table *t) {
    plan *made = &t->made;
    t->slots = calloc(made->n_columns + 1, sizeof *t->slots);
    t->cells = calloc(made->n_inputs + 1, sizeof *t->cells);
    size_t *columns = calloc(made->n_columns + 1, sizeof *columns), n = 0;
    bool ok = t->slots != NULL && t->cells != NULL && columns != NULL ? true : fail_memory(t);
    for (size_t i = 0; ok && i < made->n_columns; i++)
        t->slots[i] = SIZE_MAX;
    for (size_t i = 0; ok && i < made->n_inputs; i++) {
        size_t column = made->input_columns[i];
        if (column >= made->n_table)
            continue;
        t->slots[column] = n;
        columns[n] = column;
        t->cells[t->n_cells] = (cell_column){.name = made->columns[column].name,
                                             .dtype = made->inputs[i].dtype,
                                             .slot = n++,
                                             .field = column};
        ok = cell_open(&t->cells[t->n_cells++], t->failed);
    }
    for (size_t i = 0; ok && i < made->n_outputs; i++) {
        size_t column = made->outputs[i].index;
        if (!made->outputs[i].is_result && t->slots[column] == SIZE_MAX) {
            t->slots[column] = n;
            columns[n++] = column;
        }
    }
    for (size_t i = 0; ok && i < t->given->n_inputs; i++)
        ok = csv_select(t->readers[i], columns, n, t->failed);
    free(columns);
    return ok;
}

/* Describes n rows of every input of the expression. */
static void set_inputs(table *t, size_t n) {
    size_t next = 0;
    for (size_t i = 0; i < t->made.n_inputs; i++) {
        bool is_column = t->made.input_columns[i] < t->made.n_table;
        const void *data = is_column ? t->cells[next++].data : t->rows_input;
        t->inputs[i] = evex_array_1d(t->made.inputs[i].dtype, data, n);
    }
}

static void set_outputs(table *t, size_t n) {
    for (size_t i = 0; i < t->made.n_results; i++) {
        evex_dtype dtype = t->made.results[i].dtype;
        bool has_no_axis = t->is_scalar[i] && !t->is_kept[i];
        t->outputs[i] = has_no_axis ? evex_array_0d(dtype, t->values[i])
                                    : evex_array_1d(dtype, t->values[i], t->is_scalar[i] ? 1 : n);
    }
}

/* Finds out which results are single values and makes room for all. */
static bool prepare_results(table *t) {
    size_t n = t->made.n_results;
    evex_result *shapes = calloc(n + 1, sizeof *shapes);
    evex_error error = EVEX_ERROR_INIT;
    bool ok = shapes != NULL ? true : fail_memory(t);
    set_inputs(t, 2);
    if (ok && t->made.expr != NULL &&
        evex_result_shape(t->made.expr, t->inputs, t->made.n_inputs, shapes, NULL, &error) !=
            EVEX_OK)
        ok = fail_engine(t, &error);
    for (size_t i = 0; ok && i < n; i++) {
        t->is_kept[i] = t->made.results[i].is_reduced && shapes[i].ndim == 1;
        t->is_scalar[i] = shapes[i].ndim == 0 || t->is_kept[i];
        if (shapes[i].ndim > 1)
            ok = failure_set(t->failed, EXIT_PROGRAM, "program",
                             "a result is neither a value nor a column");
        size_t size = evex_dtype_size(t->made.results[i].dtype);
        t->values[i] = calloc(CSV_MOST_BATCH_ROWS, size);
        ok = ok && t->values[i] != NULL ? true : fail_memory(t);
    }
    free(shapes);
    return ok;
}

/* Whether the program gives a record a row, and which of its values must be known before. */
static void find_mode(table *t) {
    t->is_rowwise = t->made.keeps_columns;
    for (size_t i = 0; i < t->made.n_results; i++)
        t->is_rowwise |= !t->is_scalar[i];
    for (size_t i = 0; i < t->made.n_outputs; i++)
        t->has_reduced |=
            t->is_rowwise && t->made.outputs[i].is_result && t->is_scalar[t->made.outputs[i].index];
}

static bool prepare(table *t) {
    plan *made = &t->made;
    t->inputs = calloc(made->n_inputs + 1, sizeof *t->inputs);
    t->outputs = calloc(made->n_results + 1, sizeof *t->outputs);
    t->values = calloc(made->n_results + 1, sizeof *t->values);
    t->is_scalar = calloc(made->n_results + 1, sizeof *t->is_scalar);
    t->is_kept = calloc(made->n_results + 1, sizeof *t->is_kept);
    t->rows_input = calloc(CSV_MOST_BATCH_ROWS, 1);
    t->columns = calloc(made->n_outputs, sizeof *t->columns);
    if (t->inputs == NULL || t->outputs == NULL || t->values == NULL || t->is_scalar == NULL ||
        t->is_kept == NULL || t->rows_input == NULL || t->columns == NULL)
        return fail_memory(t);
    if (!select_columns(t) || !prepare_results(t))
        return false;
    find_mode(t);
    return run_create_pool(t->given, &t->pool, t->failed);
}

/* ---- Writing rows ------------------------------------------------------------------------ */

/* Where the outputs hold all columns of the table in a row, which then go out as one text. */
static size_t find_whole(const table *t) {
    size_t n = t->made.n_table, run = 0;
    if (n == 0 || t->delimiter == ' ' || t->form.delimiter != t->delimiter)
        return SIZE_MAX;
    for (size_t i = 0; i < t->made.n_outputs; i++) {
        const plan_output *out = &t->made.outputs[i];
        run = !out->is_result && out->index == run ? run + 1
              : !out->is_result && out->index == 0 ? 1
                                                   : 0;
        if (run == n)
            return i + 1 - n;
    }
    return SIZE_MAX;
}

static data_column column_of(const table *t, const char *name, size_t result) {
    const evex_output *type = &t->made.results[result];
    return (data_column){name, type->dtype, type->unit};
}

static bool open_rows(table *t) {
    for (size_t i = 0; i < t->made.n_outputs; i++) {
        const plan_output *out = &t->made.outputs[i];
        t->columns[i] = out->is_result ? column_of(t, out->name, out->index)
                                       : (data_column){out->name, EVEX_STR, EVEX_UNIT_NONE};
    }
    if (!run_open_output(&t->to, t->given, t->form, t->form.format == FORMAT_NPY, t->failed))
        return false;
    rows_layout layout = run_rows_layout(t->given, t->form, &t->to, t->columns, t->made.n_outputs);
    layout.input_delimiter = t->delimiter;
    t->whole_at = layout.form == ROWS_TEXT ? find_whole(t) : SIZE_MAX;
    t->records = rows_open(&t->to, &layout, t->failed);
    return t->records != NULL;
}

static bool write_result(table *t, size_t result, size_t row) {
    data_column type = column_of(t, "", result);
    size_t step = t->is_scalar[result] ? 0 : evex_dtype_size(type.dtype);
    return rows_add_value(t->records, &type, (char *)t->values[result] + row * step, t->failed);
}

static bool write_row(table *t, const csv_batch *batch, size_t row) {
    for (size_t i = 0; i < t->made.n_outputs; i++) {
        const plan_output *out = &t->made.outputs[i];
        bool ok;
        if (i == t->whole_at) {
            ok = rows_add_cells(t->records, batch->bytes + batch->rows[row].start,
                                batch->rows[row].length, t->made.n_table, t->failed);
            i += t->made.n_table - 1;
        } else if (out->is_result) {
            ok = write_result(t, out->index, row);
        } else {
            csv_cell cell = batch->cells[t->slots[out->index] * batch->capacity + row];
            ok = rows_add_cell(t->records, batch->bytes + cell.start, cell.length, t->failed);
        }
        if (!ok)
            return false;
    }
    return rows_end_record(t->records, t->failed);
}

static bool write_batch(table *t, const csv_batch *batch) {
    for (size_t row = 0; row < batch->n_rows && rows_wants(t->records); row++)
        if (!write_row(t, batch, row))
            return false;
    return true;
}

/* ---- Passes ------------------------------------------------------------------------------ */

/* What one pass over the tables is for. */
typedef struct {
    evex_stream *stream; /* NULL: nothing is computed */
    bool is_written;
    uint64_t n_rows; /* so far */
} pass;

static bool feed_batch(table *t, pass *p, const csv_reader *reader, const csv_batch *batch) {
    cell_missing missing = {t->given->missing != NULL ? t->given->missing : CELL_MISSING_WORDS};
    for (size_t i = 0; i < t->n_cells; i++)
        if (!cell_fill(&t->cells[i], reader, batch, missing, t->failed))
            return false;
    p->n_rows += batch->n_rows;
    if (p->stream != NULL) {
        evex_error error = EVEX_ERROR_INIT;
        evex_eval_options eval = run_eval_options(t->given);
        set_inputs(t, batch->n_rows);
        set_outputs(t, batch->n_rows);
        if (evex_stream_update(p->stream, t->pool, t->inputs, t->made.n_inputs, t->outputs,
                               t->made.n_results, &eval, &error) != EVEX_OK)
            return fail_engine(t, &error);
    }
    return !p->is_written || write_batch(t, batch);
}

static bool run_pass(table *t, pass *p) {
    for (size_t i = 0; i < t->given->n_inputs; i++) {
        csv_batch batch;
        do {
            if (p->is_written && rows_is_cut(t->records))
                return true;
            if (!csv_next(t->readers[i], &batch, t->failed))
                return false;
            if (batch.n_rows > 0 && !feed_batch(t, p, t->readers[i], &batch))
                return false;
        } while (batch.n_rows > 0);
    }
    if (t->n_passes == 0)
        t->n_rows = p->n_rows;
    if (p->n_rows != t->n_rows)
        return failure_set(t->failed, EXIT_INPUT, t->given->inputs[0].path,
                           "has changed while it was read");
    t->n_passes++;
    return true;
}

static bool rewind_all(table *t) {
    for (size_t i = 0; i < t->given->n_inputs && t->n_passes > 0; i++)
        if (!csv_rewind(t->readers[i], t->failed))
            return false;
    return true;
}

static bool keep_all(table *t) {
    for (size_t i = 0; i < t->given->n_inputs; i++)
        if (!csv_keep(t->readers[i], t->failed))
            return false;
    return true;
}

/* Feeds a stream all its passes; rows go out in its last one if is_written. */
static bool run_stream(table *t, evex_stream *stream, bool is_written) {
    size_t n = evex_stream_passes(stream);
    for (size_t i = 0; i < n; i++) {
        evex_error error = EVEX_ERROR_INIT;
        if (i > 0 && evex_stream_next_pass(stream, &error) != EVEX_OK)
            return fail_engine(t, &error);
        pass p = {stream, is_written && i + 1 == n, 0};
        if (!rewind_all(t) || !run_pass(t, &p))
            return false;
    }
    return true;
}

static bool create_stream(table *t, evex_stream **stream) {
    evex_error error = EVEX_ERROR_INIT;
    return evex_stream_create(stream, t->made.expr, 0, &error) == EVEX_OK || fail_engine(t, &error);
}

/* Computes the results that are single values: by a stream, or at once when there is no input. */
static bool compute_values(table *t) {
    evex_error error = EVEX_ERROR_INIT;
    evex_eval_options eval = run_eval_options(t->given);
    set_outputs(t, 0);
    if (t->made.n_inputs == 0)
        return evex_eval(t->made.expr, t->pool, NULL, 0, t->outputs, t->made.n_results, &eval,
                         &error) == EVEX_OK ||
               fail_engine(t, &error);
    evex_stream *stream = NULL;
    if (!create_stream(t, &stream))
        return false;
    bool ok = (evex_stream_passes(stream) <= 1 && !t->is_rowwise) || keep_all(t);
    ok = ok && run_stream(t, stream, false);
    set_outputs(t, 0);
    if (ok && evex_stream_finish(stream, t->outputs, t->made.n_results, &eval, &error) != EVEX_OK)
        ok = fail_engine(t, &error);
    evex_stream_free(&stream);
    return ok;
}

/* Writes a record a row: single values first, as each row has them, then the rows. */
static bool write_rows(table *t) {
    if (t->has_reduced && !compute_values(t))
        return false;
    bool is_computed = t->made.expr != NULL && t->made.n_inputs > 0;
    evex_stream *stream = NULL;
    if (is_computed && !create_stream(t, &stream))
        return false;
    bool must_keep = is_computed && evex_stream_passes(stream) > 1 && t->n_passes == 0;
    bool ok = !must_keep || keep_all(t);
    ok = ok && open_rows(t);
    pass plain = {NULL, true, 0};
    if (ok && is_computed)
        ok = run_stream(t, stream, true);
    else
        ok = ok && rewind_all(t) && run_pass(t, &plain);
    evex_stream_free(&stream);
    return ok && rows_finish(t->records, t->failed) && output_finish(&t->to, t->failed);
}

static bool run(table *t) {
    bool is_done;
    if (!open_readers(t) || !add_columns(t) || !plan_make(&t->made, t->given, false, t->failed) ||
        !run_explain(t->given, &t->made, &is_done, t->failed))
        return false;
    if (is_done)
        return true;
    if (!prepare(t))
        return false;
    if (t->is_rowwise)
        return write_rows(t);
    return compute_values(t) &&
           run_write_record(t->given, &t->made, (const void *const *)t->values, t->form, t->failed);
}

static void close_table(table *t) {
    rows_close(t->records);
    output_close(&t->to);
    evex_pool_free(&t->pool);
    for (size_t i = 0; t->readers != NULL && i < t->given->n_inputs; i++)
        csv_close(t->readers[i]);
    for (size_t i = 0; i < t->n_cells; i++)
        cell_close(&t->cells[i]);
    for (size_t i = 0; t->values != NULL && i < t->made.n_results; i++)
        free(t->values[i]);
    free(t->readers);
    free(t->cells);
    free(t->slots);
    free(t->inputs);
    free(t->outputs);
    free(t->values);
    free(t->is_scalar);
    free(t->is_kept);
    free(t->rows_input);
    free(t->columns);
    plan_free(&t->made);
}

bool run_table(const options *given, failure *failed) {
    table t = {.given = given, .failed = failed, .to = {.fd = -1, .target_fd = -1}};
    bool ok = run(&t);
    close_table(&t);
    return ok;
}
