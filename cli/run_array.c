/* SPDX-License-Identifier: MIT */
/*
 * Runs a program over .npy arrays, or over nothing at all. Arrays that are alike stream through
 * (arrays_stream.c); others are held in memory and evaluated at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arrays.h"

static bool fail_memory(const arrays *a) {
    return failure_set(a->failed, EXIT_INPUT, "", "out of memory");
}

static const evex_array *array_of(const arrays *a, size_t out) {
    return &a->outputs[a->made.outputs[out].index];
}

/* ---- Evaluating -------------------------------------------------------------------------- */

static bool allocate_outputs(arrays *a) {
    if (evex_recycler_create(&a->memory, 0, NULL, NULL) != EVEX_OK)
        return fail_memory(a);
    for (size_t i = 0; i < a->made.n_results; i++) {
        const evex_result *shape = &a->shapes[i];
        void *data = evex_recycler_output(a->memory, i, shape->dtype, shape->ndim, shape->shape, 0);
        if (data == NULL)
            return fail_memory(a);
        a->outputs[i] = evex_array_nd(shape->dtype, data, shape->ndim, shape->shape);
    }
    return true;
}

static bool evaluate(arrays *a) {
    evex_error error = EVEX_ERROR_INIT;
    evex_eval_options eval = run_eval_options(a->given);
    if (!allocate_outputs(a) || !arrays_set_inputs(a, true))
        return false;
    return evex_eval(a->made.expr, a->pool, a->inputs, a->made.n_inputs, a->outputs,
                     a->made.n_results, &eval, &error) == EVEX_OK ||
           arrays_fail(a, &error);
}

/* ---- Writing ----------------------------------------------------------------------------- */

/* Values and arrays of one dimension as the columns of a table; a single value is in each row. */
static bool write_columns(arrays *a, rows *to, int64_t n) {
    for (int64_t k = 0; k < n && rows_wants(to); k++) {
        for (size_t i = 0; i < a->made.n_outputs; i++) {
            size_t size = evex_dtype_size(a->columns[i].dtype);
            size_t at = arrays_shape(a, i)->ndim == 0 ? 0 : (size_t)k * size;
            if (!rows_add_value(to, &a->columns[i], (char *)array_of(a, i)->data + at, a->failed))
                return false;
        }
        if (!rows_end_record(to, a->failed))
            return false;
    }
    return true;
}

/* The one array with two or more dimensions: a line for each row of its last one. */
static bool write_lines(arrays *a, rows *to, int64_t width) {
    const char *element = array_of(a, 0)->data;
    int64_t n = width > 0 ? arrays_count(arrays_shape(a, 0)) / width : 0;
    for (int64_t k = 0; k < n && rows_wants(to); k++) {
        for (int64_t i = 0; i < width; i++, element += evex_dtype_size(a->columns[0].dtype))
            if (!rows_add_value(to, &a->columns[0], element, a->failed))
                return false;
        if (!rows_end_record(to, a->failed))
            return false;
    }
    return true;
}

static bool write_matrix(arrays *a) {
    const evex_result *shape = arrays_shape(a, 0);
    int64_t width = shape->shape[shape->ndim - 1];
    data_column *columns = calloc((size_t)width + 1, sizeof *columns);
    if (columns == NULL)
        return fail_memory(a);
    for (int64_t i = 0; i < width; i++)
        columns[i] = (data_column){"", a->columns[0].dtype, a->columns[0].unit};
    rows_layout layout =
        run_rows_layout(a->given, a->form, &a->to, columns, (size_t)(width > 0 ? width : 1));
    layout.has_header = false;
    rows *to = rows_open(&a->to, &layout, a->failed);
    bool ok = to != NULL && write_lines(a, to, width) && rows_finish(to, a->failed);
    rows_close(to);
    free(columns);
    return ok;
}

static bool write_table(arrays *a) {
    int64_t n = -1;
    for (size_t i = 0; i < a->made.n_outputs; i++) {
        const evex_result *shape = arrays_shape(a, i);
        int64_t length = shape->ndim > 0 ? shape->shape[0] : -1;
        if (shape->ndim > 1 || (length >= 0 && n >= 0 && length != n)) {
            failure_set(a->failed, EXIT_PROGRAM, "program",
                        "the results are no columns of one table");
            return failure_hint(a->failed, "ask for one of them, or write .npy with -o");
        }
        n = length >= 0 ? length : n;
    }
    rows_layout layout = run_rows_layout(a->given, a->form, &a->to, a->columns, a->made.n_outputs);
    rows *to = rows_open(&a->to, &layout, a->failed);
    bool ok = to != NULL && write_columns(a, to, n) && rows_finish(to, a->failed);
    rows_close(to);
    return ok;
}

static bool has_only_values(const arrays *a) {
    for (size_t i = 0; i < a->made.n_outputs; i++)
        if (arrays_shape(a, i)->ndim != 0)
            return false;
    return true;
}

static bool write_values(arrays *a) {
    const void **values = calloc(a->made.n_results + 1, sizeof *values);
    if (values == NULL)
        return fail_memory(a);
    for (size_t i = 0; i < a->made.n_results; i++)
        values[i] = a->outputs[i].data;
    bool ok = run_write_record(a->given, &a->made, values, a->form, a->failed);
    free(values);
    return ok;
}

static bool write_npy(arrays *a) {
    void **data = calloc(a->made.n_results + 1, sizeof *data);
    if (data == NULL)
        return fail_memory(a);
    for (size_t i = 0; i < a->made.n_results; i++)
        data[i] = a->outputs[i].data;
    bool ok = arrays_write_npy(a, data, arrays_count(arrays_shape(a, 0)));
    free(data);
    return ok;
}

static bool write_results(arrays *a) {
    if (has_only_values(a))
        return write_values(a);
    if (!arrays_open_output(a))
        return false;
    bool is_matrix = a->made.n_outputs == 1 && arrays_shape(a, 0)->ndim > 1;
    bool ok = a->form.format == FORMAT_NPY ? write_npy(a)
              : is_matrix                  ? write_matrix(a)
                                           : write_table(a);
    return ok && output_finish(&a->to, a->failed);
}

/* ---- The whole --------------------------------------------------------------------------- */

static bool run(arrays *a) {
    bool is_done;
    bool any_names = a->given->explain && a->given->n_inputs == 0;
    a->form = run_output_form(a->given, FORMAT_NPY, '\0');
    if (a->given->append)
        return failure_set(a->failed, EXIT_PROGRAM, "", "-a wants a table with columns to keep");
    if (!arrays_open(a) || !plan_make(&a->made, a->given, any_names, a->failed) ||
        !run_explain(a->given, &a->made, &is_done, a->failed))
        return false;
    if (is_done)
        return true;
    return arrays_find_shapes(a) && run_create_pool(a->given, &a->pool, a->failed) &&
           arrays_stream(a) && (a->is_evaluated || evaluate(a)) &&
           (a->is_written || write_results(a));
}

bool run_array(const options *given, failure *failed) {
    arrays a = {.given = given, .failed = failed, .to = {.fd = -1, .target_fd = -1}};
    bool ok = run(&a);
    arrays_close(&a);
    return ok;
}
