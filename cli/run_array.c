/* SPDX-License-Identifier: MIT */
/*
 * Runs a program over .npy arrays, or over nothing at all. Arrays are held in memory and evaluated
 * at once. An array goes by the name that NAME=FILE gives it, else by its file's name without the
 * extension; the fields of a structured array are columns of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/npy.h"
#include "cli/run.h"
#include "cli/text.h"

typedef struct {
    npy_header header;
    source from;
    void *data; /* owned; NULL until it is needed */
} array_file;

/* Which field of which file a name of the plan is. */
typedef struct {
    array_file *file;
    const npy_field *field;
} array_origin;

typedef struct {
    const options *given;
    failure *failed;
    plan made;
    array_file *files; /* owned, one an input */
    size_t n_files;
    array_origin *origins;        /* owned, one a name of the plan */
    evex_array *inputs, *outputs; /* owned */
    evex_result *shapes;          /* owned, one a result */
    evex_pool *pool;
    run_form form;
    output to;
    data_column *columns; /* owned, one an output */
} arrays;

static bool fail_memory(const arrays *a) {
    return failure_set(a->failed, EXIT_INPUT, "", "out of memory");
}

/* ---- Names ------------------------------------------------------------------------------- */

static bool add_name(arrays *a, const char *name, size_t n, array_file *file, size_t field) {
    array_origin *larger = realloc(a->origins, (a->made.n_columns + 1) * sizeof *larger);
    if (larger == NULL)
        return fail_memory(a);
    a->origins = larger;
    const npy_field *origin = &file->header.fields[field];
    larger[a->made.n_columns] = (array_origin){file, origin};
    return plan_add_column(&a->made, name, n, origin->dtype, false, a->failed);
}

/* An array is NAME, its fields NAME.field; fields of the only array need no name before them. */
static bool add_names(arrays *a, const input_argument *input, array_file *file) {
    size_t n = input->name_bytes;
    const char *name = input->name;
    if (name == NULL && strcmp(input->path, "-") == 0)
        name = "stdin", n = strlen(name);
    else if (name == NULL)
        name = text_file_name(input->path, true, &n);
    if (!file->header.is_structured)
        return add_name(a, name, n, file, 0);
    bool is_bare = input->name == NULL && a->given->n_inputs == 1;
    for (size_t i = 0; i < file->header.n_fields; i++) {
        const char *field = file->header.fields[i].name;
        char *full = NULL;
        if (!is_bare && asprintf(&full, "%.*s.%s", (int)n, name, field) < 0)
            return fail_memory(a);
        const char *used = is_bare ? field : full;
        bool ok = add_name(a, used, strlen(used), file, i);
        free(full);
        if (!ok)
            return false;
    }
    return true;
}

static bool open_files(arrays *a) {
    a->files = calloc(a->given->n_inputs + 1, sizeof *a->files);
    if (a->files == NULL)
        return fail_memory(a);
    for (; a->n_files < a->given->n_inputs; a->n_files++) {
        array_file *file = &a->files[a->n_files];
        const input_argument *input = &a->given->inputs[a->n_files];
        if (!source_open(&file->from, input->path, a->failed))
            return false;
        if (!npy_read_header(&file->from, &file->header, a->failed) || !add_names(a, input, file)) {
            a->n_files++;
            return false;
        }
    }
    return true;
}

/* ---- Evaluating -------------------------------------------------------------------------- */

/* Describes the inputs of the expression; their data is read if so asked. */
static bool set_inputs(arrays *a, bool with_data) {
    for (size_t i = 0; i < a->made.n_inputs; i++) {
        size_t column = a->made.input_columns[i];
        array_origin origin = a->origins[column];
        array_file *file = origin.file;
        if (with_data && file->data == NULL) {
            file->data = npy_read_data(&file->from, &file->header, a->failed);
            if (file->data == NULL)
                return false;
        }
        a->inputs[i] = (evex_array){
            .data = with_data ? (char *)file->data + origin.field->offset : NULL,
            .dtype = origin.field->dtype,
            .ndim = file->header.ndim,
            .shape = file->header.shape,
            .strides = file->header.strides,
            .item_bytes = origin.field->dtype == EVEX_STR ? origin.field->item_bytes : 0,
            .byte_swapped = origin.field->is_swapped,
            .str_form = (uint8_t)origin.field->str_form,
        };
    }
    return true;
}

static size_t format_shape(char *text, size_t size, const npy_header *header) {
    size_t n = (size_t)snprintf(text, size, "(");
    for (int32_t i = 0; i < header->ndim && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%lld%s", i > 0 ? "," : "",
                              (long long)header->shape[i], header->ndim == 1 ? "," : "");
    if (n < size)
        n += (size_t)snprintf(text + n, size - n, ")");
    return n;
}

/* "a.npy (3,4) and b.npy (4,3): shapes do not match", of the first two that differ in shape. */
static bool fail_shapes(const arrays *a, const evex_error *error) {
    const npy_header *first = &a->files[0].header;
    for (size_t i = 1; i < a->n_files; i++) {
        const npy_header *other = &a->files[i].header;
        if (other->ndim == first->ndim &&
            memcmp(first->shape, other->shape, (size_t)first->ndim * sizeof *first->shape) == 0)
            continue;
        char place[400], one[80], two[80];
        format_shape(one, sizeof one, first);
        format_shape(two, sizeof two, other);
        snprintf(place, sizeof place, "%.100s %s and %.100s %s", a->files[0].from.name, one,
                 a->files[i].from.name, two);
        return failure_set(a->failed, EXIT_INPUT, place, "shapes do not match");
    }
    return plan_fail(&a->made, error, EXIT_INPUT, a->failed);
}

static bool fail_engine(const arrays *a, const evex_error *error) {
    return error->status == EVEX_BAD_SHAPE ? fail_shapes(a, error)
                                           : plan_fail(&a->made, error, EXIT_INPUT, a->failed);
}

static int64_t count_elements(const evex_result *shape) {
    int64_t n = 1;
    for (int32_t i = 0; i < shape->ndim; i++)
        n *= shape->shape[i];
    return n;
}

static bool allocate_outputs(arrays *a) {
    for (size_t i = 0; i < a->made.n_results; i++) {
        const evex_result *shape = &a->shapes[i];
        size_t n_bytes = (size_t)count_elements(shape) * evex_dtype_size(shape->dtype);
        void *data = NULL;
        if (posix_memalign(&data, 64, n_bytes + 1) != 0)
            return fail_memory(a);
        a->outputs[i] = evex_array_nd(shape->dtype, data, shape->ndim, shape->shape);
    }
    return true;
}

static bool evaluate(arrays *a) {
    plan *made = &a->made;
    evex_error error = EVEX_ERROR_INIT;
    evex_eval_options eval = run_eval_options(a->given);
    a->inputs = calloc(made->n_inputs + 1, sizeof *a->inputs);
    a->outputs = calloc(made->n_results + 1, sizeof *a->outputs);
    a->shapes = calloc(made->n_results + 1, sizeof *a->shapes);
    if (a->inputs == NULL || a->outputs == NULL || a->shapes == NULL)
        return fail_memory(a);
    if (!set_inputs(a, false))
        return false;
    if (evex_result_shape(made->expr, a->inputs, made->n_inputs, a->shapes, NULL, &error) !=
        EVEX_OK)
        return fail_engine(a, &error);
    if (!allocate_outputs(a) || !set_inputs(a, true) ||
        !run_create_pool(a->given, &a->pool, a->failed))
        return false;
    return evex_eval(made->expr, a->pool, a->inputs, made->n_inputs, a->outputs, made->n_results,
                     &eval, &error) == EVEX_OK ||
           fail_engine(a, &error);
}

/* ---- Writing ----------------------------------------------------------------------------- */

static const evex_result *shape_of(const arrays *a, size_t out) {
    return &a->shapes[a->made.outputs[out].index];
}

static const evex_array *array_of(const arrays *a, size_t out) {
    return &a->outputs[a->made.outputs[out].index];
}

static bool have_same_shape(const arrays *a) {
    for (size_t i = 1; i < a->made.n_outputs; i++)
        if (shape_of(a, i)->ndim != shape_of(a, 0)->ndim ||
            memcmp(shape_of(a, i)->shape, shape_of(a, 0)->shape,
                   (size_t)shape_of(a, 0)->ndim * sizeof(int64_t)) != 0)
            return false;
    return true;
}

/* The elements of a structured array: one of each output in turn. */
static bool write_interleaved(arrays *a) {
    int64_t n = count_elements(shape_of(a, 0));
    for (int64_t k = 0; k < n; k++)
        for (size_t i = 0; i < a->made.n_outputs; i++) {
            size_t size = evex_dtype_size(a->columns[i].dtype);
            if (!output_write(&a->to, (char *)array_of(a, i)->data + (size_t)k * size, size,
                              a->failed))
                return false;
        }
    return true;
}

static bool write_npy(arrays *a) {
    const evex_result *shape = shape_of(a, 0);
    size_t n_bytes;
    if (!have_same_shape(a)) {
        failure_set(a->failed, EXIT_PROGRAM, "program", "the results differ in shape");
        return failure_hint(a->failed, "one .npy file holds results of one shape");
    }
    char *header = npy_format_header(a->columns, a->made.n_outputs, shape->ndim, shape->shape,
                                     false, 0, &n_bytes, a->failed);
    bool ok = header != NULL && output_write(&a->to, header, n_bytes, a->failed);
    free(header);
    if (!ok || a->made.n_outputs > 1)
        return ok && write_interleaved(a);
    size_t size = evex_dtype_size(shape->dtype);
    return output_write(&a->to, array_of(a, 0)->data, (size_t)count_elements(shape) * size,
                        a->failed);
}

/* Values and arrays of one dimension as the columns of a table; a single value is in each row. */
static bool write_columns(arrays *a, rows *to, int64_t n) {
    for (int64_t k = 0; k < n && rows_wants(to); k++) {
        for (size_t i = 0; i < a->made.n_outputs; i++) {
            size_t size = evex_dtype_size(a->columns[i].dtype);
            size_t at = shape_of(a, i)->ndim == 0 ? 0 : (size_t)k * size;
            if (!rows_add_value(to, a->columns[i].dtype, (char *)array_of(a, i)->data + at,
                                a->failed))
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
    int64_t n = width > 0 ? count_elements(shape_of(a, 0)) / width : 0;
    for (int64_t k = 0; k < n && rows_wants(to); k++) {
        for (int64_t i = 0; i < width; i++, element += evex_dtype_size(a->columns[0].dtype))
            if (!rows_add_value(to, a->columns[0].dtype, element, a->failed))
                return false;
        if (!rows_end_record(to, a->failed))
            return false;
    }
    return true;
}

static bool write_matrix(arrays *a) {
    const evex_result *shape = shape_of(a, 0);
    int64_t width = shape->shape[shape->ndim - 1];
    data_column *columns = calloc((size_t)width + 1, sizeof *columns);
    if (columns == NULL)
        return fail_memory(a);
    for (int64_t i = 0; i < width; i++)
        columns[i] = (data_column){"", a->columns[0].dtype};
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
        const evex_result *shape = shape_of(a, i);
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
        if (shape_of(a, i)->ndim != 0)
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

static bool write_results(arrays *a) {
    if (has_only_values(a))
        return write_values(a);
    a->columns = calloc(a->made.n_outputs, sizeof *a->columns);
    if (a->columns == NULL)
        return fail_memory(a);
    for (size_t i = 0; i < a->made.n_outputs; i++)
        a->columns[i] = (data_column){a->made.outputs[i].name, shape_of(a, i)->dtype};
    if (!run_open_output(&a->to, a->given, a->form, false, a->failed))
        return false;
    bool ok = a->form.format == FORMAT_NPY                         ? write_npy(a)
              : a->made.n_outputs == 1 && shape_of(a, 0)->ndim > 1 ? write_matrix(a)
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
    if (!open_files(a) || !plan_make(&a->made, a->given, any_names, a->failed) ||
        !run_explain(a->given, &a->made, &is_done, a->failed))
        return false;
    return is_done || (evaluate(a) && write_results(a));
}

static void close_arrays(arrays *a) {
    output_close(&a->to);
    evex_pool_free(&a->pool);
    for (size_t i = 0; i < a->n_files; i++) {
        source_close(&a->files[i].from);
        npy_free_header(&a->files[i].header);
        free(a->files[i].data);
    }
    for (size_t i = 0; a->outputs != NULL && i < a->made.n_results; i++)
        free(a->outputs[i].data);
    free(a->files);
    free(a->origins);
    free(a->inputs);
    free(a->outputs);
    free(a->shapes);
    free(a->columns);
    plan_free(&a->made);
}

bool run_array(const options *given, failure *failed) {
    arrays a = {.given = given, .failed = failed, .to = {.fd = -1, .target_fd = -1}};
    bool ok = run(&a);
    close_arrays(&a);
    return ok;
}
