/* SPDX-License-Identifier: MIT */
/*
 * The arrays that a program runs over, and what running it makes of them. arrays.c opens them,
 * arrays_stream.c runs programs piece by piece, run_array.c all at once.
 */
#ifndef EVEX_CLI_ARRAYS_H
#define EVEX_CLI_ARRAYS_H

#include "cli/npy.h"
#include "cli/run.h"

typedef struct {
    npy_header header;
    source from;
    uint64_t data_at; /* where its elements begin, in a regular file */
    void *data;       /* owned; NULL until it is needed */
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
    evex_recycler *memory;        /* of the outputs' data; NULL: malloc's */
    evex_result *shapes;          /* owned, one a result */
    evex_pool *pool;
    run_form form;
    output to;
    data_column *columns; /* owned, one an output */
    bool is_evaluated, is_written;
} arrays;

/* Opens the inputs, reads their headers and gives the plan their names. */
bool arrays_open(arrays *a);
/* Finds the shapes of the results, from those of the inputs. */
bool arrays_find_shapes(arrays *a);
/* Describes the inputs of the expression as whole arrays, whose data is read if so asked. */
bool arrays_set_inputs(arrays *a, bool with_data);
/* An error of the engine as a failure; of shapes, one that names the files. */
bool arrays_fail(const arrays *a, const evex_error *error);
void arrays_close(arrays *a);

int64_t arrays_count(const evex_result *shape);
/* The shape and dtype of an output of the plan. */
const evex_result *arrays_shape(const arrays *a, size_t out);

/* Opens the output for arrays and, for .npy, writes its header. */
bool arrays_open_output(arrays *a);
/* Writes n elements of every output in turn, as .npy has them; data[i] is of result i. */
bool arrays_write_npy(arrays *a, void *const *data, int64_t n);

/* Evaluates piece by piece along the first axis when the program and the inputs allow it, so that
 * memory need not hold them. Sets is_evaluated if so, and is_written unless the results are single
 * values, which are then in outputs. */
bool arrays_stream(arrays *a);

#endif
