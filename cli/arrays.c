/* SPDX-License-Identifier: MIT */
/*
 * See arrays.h. An array goes by the name that NAME=FILE gives it, else by its file's name without
 * the extension; the fields of a structured array are columns of their own.
 */
#include "cli/arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

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
    if (!plan_add_column(&a->made, name, n, origin->dtype, false, a->failed))
        return false;
    a->made.columns[a->made.n_columns - 1].unit = origin->unit;
    return true;
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

bool arrays_open(arrays *a) {
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
        file->data_at = file->from.position;
    }
    return true;
}

/* ---- Inputs ------------------------------------------------------------------------------ */

bool arrays_set_inputs(arrays *a, bool with_data) {
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

bool arrays_fail(const arrays *a, const evex_error *error) {
    return error->status == EVEX_BAD_SHAPE ? fail_shapes(a, error)
                                           : plan_fail(&a->made, error, EXIT_INPUT, a->failed);
}

bool arrays_find_shapes(arrays *a) {
    plan *made = &a->made;
    evex_error error = EVEX_ERROR_INIT;
    a->inputs = calloc(made->n_inputs + 1, sizeof *a->inputs);
    a->outputs = calloc(made->n_results + 1, sizeof *a->outputs);
    a->shapes = calloc(made->n_results + 1, sizeof *a->shapes);
    a->columns = calloc(made->n_outputs, sizeof *a->columns);
    if (a->inputs == NULL || a->outputs == NULL || a->shapes == NULL || a->columns == NULL)
        return fail_memory(a);
    if (!arrays_set_inputs(a, false))
        return false;
    if (evex_result_shape(made->expr, a->inputs, made->n_inputs, a->shapes, NULL, &error) !=
        EVEX_OK)
        return arrays_fail(a, &error);
    for (size_t i = 0; i < made->n_outputs; i++)
        a->columns[i] = (data_column){made->outputs[i].name, arrays_shape(a, i)->dtype,
                                      made->results[made->outputs[i].index].unit};
    return true;
}

int64_t arrays_count(const evex_result *shape) {
    int64_t n = 1;
    for (int32_t i = 0; i < shape->ndim; i++)
        n *= shape->shape[i];
    return n;
}

const evex_result *arrays_shape(const arrays *a, size_t out) {
    return &a->shapes[a->made.outputs[out].index];
}

/* ---- Output ------------------------------------------------------------------------------ */

static bool have_same_shape(const arrays *a) {
    for (size_t i = 1; i < a->made.n_outputs; i++)
        if (arrays_shape(a, i)->ndim != arrays_shape(a, 0)->ndim ||
            memcmp(arrays_shape(a, i)->shape, arrays_shape(a, 0)->shape,
                   (size_t)arrays_shape(a, 0)->ndim * sizeof(int64_t)) != 0)
            return false;
    return true;
}

static bool write_npy_header(arrays *a) {
    const evex_result *shape = arrays_shape(a, 0);
    size_t n_bytes;
    if (!have_same_shape(a)) {
        failure_set(a->failed, EXIT_PROGRAM, "program", "the results differ in shape");
        return failure_hint(a->failed, "one .npy file holds results of one shape");
    }
    char *header = npy_format_header(a->columns, a->made.n_outputs, shape->ndim, shape->shape,
                                     false, 0, &n_bytes, a->failed);
    bool ok = header != NULL && output_write(&a->to, header, n_bytes, a->failed);
    free(header);
    return ok;
}

bool arrays_open_output(arrays *a) {
    return run_open_output(&a->to, a->given, a->form, false, a->failed) &&
           (a->form.format != FORMAT_NPY || write_npy_header(a));
}

bool arrays_write_npy(arrays *a, void *const *data, int64_t n) {
    if (a->made.n_outputs == 1)
        return output_write(&a->to, data[a->made.outputs[0].index],
                            (size_t)n * evex_dtype_size(a->columns[0].dtype), a->failed);
    for (int64_t k = 0; k < n; k++)
        for (size_t i = 0; i < a->made.n_outputs; i++) {
            size_t size = evex_dtype_size(a->columns[i].dtype);
            const char *elements = data[a->made.outputs[i].index];
            if (!output_write(&a->to, elements + (size_t)k * size, size, a->failed))
                return false;
        }
    return true;
}

static void free_outputs(arrays *a) {
    for (size_t i = 0; a->outputs != NULL && i < a->made.n_results; i++) {
        if (a->memory == NULL) {
            free(a->outputs[i].data);
            continue;
        }
        evex_allocator memory = evex_recycler_allocator(a->memory);
        memory.free(memory.user, a->outputs[i].data);
    }
    evex_recycler_free(&a->memory);
    free(a->outputs);
}

void arrays_close(arrays *a) {
    output_close(&a->to);
    evex_pool_free(&a->pool);
    for (size_t i = 0; i < a->n_files; i++) {
        source_close(&a->files[i].from);
        npy_free_header(&a->files[i].header);
        free(a->files[i].data);
    }
    free_outputs(a);
    free(a->files);
    free(a->origins);
    free(a->inputs);
    free(a->shapes);
    free(a->columns);
    plan_free(&a->made);
}
