/* SPDX-License-Identifier: MIT */
/*
 * Arrays in pieces along the first axis: memory stays at a few pieces, however large the files are.
 * Possible when all inputs are regular files of one shape in C order and every result is either a
 * single value or has that shape too; the engine's streams give the bits of one evaluation.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/arrays.h"

enum {
    PIECE_BYTES = 256 << 10,    /* of the widest input: it stays in the second-level cache */
    MOST_STEP_BYTES = 16 << 20, /* of one step along the first axis; else all at once is as good */
    SMALLEST_BYTES = 4 << 20    /* below this there is nothing to gain */
};

typedef struct {
    arrays *a;
    evex_stream *stream;
    int64_t n_steps, piece; /* along the first axis: in all, and at a time */
    int64_t step_elements;  /* of one step */
    char **buffers;         /* a piece of each file that is used */
    void **results;         /* of each result: a piece, or its one value */
    evex_array *inputs, *outputs;
    int64_t shape[EVEX_MAX_DIMS];
    bool is_written; /* results are written piece by piece */
} piecewise;

/* ---- When -------------------------------------------------------------------------------- */

static const npy_header *header_of_input(const arrays *a, size_t input) {
    return &a->origins[a->made.input_columns[input]].file->header;
}

static bool has_shape(const evex_result *result, const npy_header *header) {
    return result->ndim == header->ndim &&
           memcmp(result->shape, header->shape, (size_t)header->ndim * sizeof *header->shape) == 0;
}

static bool inputs_are_alike(const arrays *a) {
    const npy_header *first = header_of_input(a, 0);
    size_t n_bytes = 0;
    for (size_t i = 0; i < a->made.n_inputs; i++) {
        const array_file *file = a->origins[a->made.input_columns[i]].file;
        const npy_header *header = &file->header;
        if (!file->from.is_regular || header->ndim != first->ndim ||
            memcmp(header->shape, first->shape, (size_t)first->ndim * sizeof *first->shape) != 0 ||
            (header->is_fortran && header->ndim > 1))
            return false;
        n_bytes += header->n_bytes;
    }
    return n_bytes >= SMALLEST_BYTES;
}

/* Whether all outputs are single values, or (is_written) all are elements for a .npy file. */
static bool outputs_are_alike(const arrays *a, bool *is_written) {
    const npy_header *first = header_of_input(a, 0);
    size_t n_values = 0;
    for (size_t i = 0; i < a->made.n_results; i++) {
        bool is_reduced = a->made.results[i].is_reduced && a->shapes[i].ndim == 0;
        bool is_whole = !a->made.results[i].is_reduced && has_shape(&a->shapes[i], first);
        if (!is_reduced && !is_whole)
            return false;
    }
    for (size_t i = 0; i < a->made.n_outputs; i++)
        n_values += arrays_shape(a, i)->ndim == 0;
    *is_written = n_values == 0;
    return n_values == a->made.n_outputs || (*is_written && a->form.format == FORMAT_NPY);
}

static bool can_stream(const arrays *a, bool *is_written) {
    return a->made.n_inputs > 0 && header_of_input(a, 0)->ndim > 0 && inputs_are_alike(a) &&
           outputs_are_alike(a, is_written);
}

/* ---- Pieces ------------------------------------------------------------------------------ */

static bool fail_memory(const arrays *a) {
    return failure_set(a->failed, EXIT_INPUT, "", "out of memory");
}

static size_t step_bytes(const piecewise *p, const array_file *file) {
    return (size_t)p->step_elements * file->header.element_bytes;
}

static void *allocate(size_t n_bytes) {
    void *memory = NULL;
    return posix_memalign(&memory, 64, n_bytes + 1) == 0 ? memory : NULL;
}

static bool allocate_all(piecewise *p) {
    const arrays *a = p->a;
    p->buffers = calloc(a->n_files + 1, sizeof *p->buffers);
    p->results = calloc(a->made.n_results + 1, sizeof *p->results);
    p->inputs = calloc(a->made.n_inputs + 1, sizeof *p->inputs);
    p->outputs = calloc(a->made.n_results + 1, sizeof *p->outputs);
    if (p->buffers == NULL || p->results == NULL || p->inputs == NULL || p->outputs == NULL)
        return fail_memory(a);
    for (size_t i = 0; i < a->made.n_inputs; i++) {
        const array_file *file = a->origins[a->made.input_columns[i]].file;
        char **buffer = &p->buffers[file - a->files];
        if (*buffer == NULL)
            *buffer = allocate((size_t)p->piece * step_bytes(p, file));
        if (*buffer == NULL)
            return fail_memory(a);
    }
    for (size_t i = 0; i < a->made.n_results; i++) {
        int64_t n = a->made.results[i].is_reduced ? 1 : p->piece * p->step_elements;
        p->results[i] = allocate((size_t)n * evex_dtype_size(a->shapes[i].dtype));
        if (p->results[i] == NULL)
            return fail_memory(a);
    }
    return true;
}

/* Describes n steps of every input and result. */
static void set_arrays(piecewise *p, int64_t n) {
    const arrays *a = p->a;
    const npy_header *first = header_of_input(a, 0);
    memcpy(p->shape, first->shape, sizeof p->shape);
    p->shape[0] = n;
    for (size_t i = 0; i < a->made.n_inputs; i++) {
        array_origin origin = a->origins[a->made.input_columns[i]];
        p->inputs[i] = a->inputs[i];
        p->inputs[i].data = p->buffers[origin.file - a->files] + origin.field->offset;
        p->inputs[i].shape = p->shape;
    }
    for (size_t i = 0; i < a->made.n_results; i++) {
        bool is_reduced = a->made.results[i].is_reduced;
        p->outputs[i] = evex_array_nd(a->shapes[i].dtype, p->results[i],
                                      is_reduced ? 0 : first->ndim, p->shape);
    }
}

static bool read_piece(piecewise *p, int64_t n) {
    for (size_t i = 0; i < p->a->n_files; i++) {
        array_file *file = &p->a->files[i];
        if (p->buffers[i] != NULL && !npy_read_piece(&file->from, p->buffers[i],
                                                     (size_t)n * step_bytes(p, file), p->a->failed))
            return false;
    }
    return true;
}

static bool feed(piecewise *p, bool is_last) {
    arrays *a = p->a;
    evex_eval_options eval = run_eval_options(a->given);
    for (size_t i = 0; i < a->n_files; i++)
        a->files[i].from.position = a->files[i].data_at;
    for (int64_t done = 0, n; done < p->n_steps; done += n) {
        evex_error error = EVEX_ERROR_INIT;
        n = p->n_steps - done < p->piece ? p->n_steps - done : p->piece;
        if (!read_piece(p, n))
            return false;
        set_arrays(p, n);
        if (evex_stream_update(p->stream, a->pool, p->inputs, a->made.n_inputs, p->outputs,
                               a->made.n_results, &eval, &error) != EVEX_OK)
            return arrays_fail(a, &error);
        if (is_last && p->is_written && !arrays_write_npy(a, p->results, n * p->step_elements))
            return false;
    }
    return true;
}

static bool finish(piecewise *p) {
    arrays *a = p->a;
    evex_error error = EVEX_ERROR_INIT;
    evex_eval_options eval = run_eval_options(a->given);
    if (p->is_written)
        return output_finish(&a->to, a->failed);
    set_arrays(p, 0);
    if (evex_stream_finish(p->stream, p->outputs, a->made.n_results, &eval, &error) != EVEX_OK)
        return arrays_fail(a, &error);
    for (size_t i = 0; i < a->made.n_results; i++) {
        a->outputs[i] = p->outputs[i];
        p->results[i] = NULL;
    }
    return true;
}

static bool run_passes(piecewise *p) {
    arrays *a = p->a;
    evex_error error = EVEX_ERROR_INIT;
    size_t n_passes = evex_stream_passes(p->stream);
    for (size_t i = 0; i < a->n_files; i++)
        if (p->buffers[i] != NULL &&
            !npy_check_size(&a->files[i].from, &a->files[i].header, a->failed))
            return false;
    if (p->is_written && !arrays_open_output(a))
        return false;
    for (size_t i = 0; i < n_passes; i++) {
        if (i > 0 && evex_stream_next_pass(p->stream, &error) != EVEX_OK)
            return arrays_fail(a, &error);
        if (!feed(p, i + 1 == n_passes))
            return false;
    }
    return finish(p);
}

static void close_all(piecewise *p) {
    evex_stream_free(&p->stream);
    for (size_t i = 0; p->buffers != NULL && i < p->a->n_files; i++)
        free(p->buffers[i]);
    for (size_t i = 0; p->results != NULL && i < p->a->made.n_results; i++)
        free(p->results[i]);
    free(p->buffers);
    free(p->results);
    free(p->inputs);
    free(p->outputs);
}

/* Steps a piece, from the widest element among the files. */
static int64_t piece_steps(const piecewise *p) {
    size_t widest = 1;
    for (size_t i = 0; i < p->a->made.n_inputs; i++) {
        size_t n = step_bytes(p, p->a->origins[p->a->made.input_columns[i]].file);
        widest = n > widest ? n : widest;
    }
    return widest > MOST_STEP_BYTES ? 0
           : widest > PIECE_BYTES   ? 1
                                    : (int64_t)(PIECE_BYTES / widest);
}

bool arrays_stream(arrays *a) {
    piecewise p = {.a = a, .step_elements = 1};
    if (!can_stream(a, &p.is_written))
        return true;
    const npy_header *first = header_of_input(a, 0);
    for (int32_t i = 1; i < first->ndim; i++)
        p.step_elements *= first->shape[i];
    p.n_steps = first->shape[0];
    p.piece = piece_steps(&p);
    if (p.piece == 0)
        return true;
    evex_error error = EVEX_ERROR_INIT;
    bool ok = evex_stream_create(&p.stream, a->made.expr, 0, &error) == EVEX_OK
                  ? allocate_all(&p) && run_passes(&p)
                  : arrays_fail(a, &error);
    a->is_evaluated = ok;
    a->is_written = ok && p.is_written;
    close_all(&p);
    return ok;
}
