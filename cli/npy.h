/* SPDX-License-Identifier: MIT */
/*
 * The .npy format of NumPy (versions 1 to 3): a header that is a Python dict literal, then the
 * elements. Structured dtypes are read as columns; objects, which are pickles, are refused.
 * The format is described in NumPy's numpy/lib/_format_impl.py and NEP 1.
 */
#ifndef EVEX_CLI_NPY_H
#define EVEX_CLI_NPY_H

#include "cli/source.h"
#include "cli/value.h"

typedef struct {
    char *name; /* "" in an array that is not structured */
    evex_dtype dtype;
    uint8_t unit; /* evex_unit of points in time and spans */
    bool is_swapped;
    evex_str_form str_form;
    size_t offset, item_bytes; /* in the element */
} npy_field;

typedef struct {
    npy_field *fields; /* owned */
    size_t n_fields;
    bool is_structured, is_fortran;
    size_t element_bytes;
    int32_t ndim;
    int64_t shape[EVEX_MAX_DIMS];
    int64_t strides[EVEX_MAX_DIMS]; /* in bytes */
    size_t n_bytes;                 /* of all elements */
} npy_header;

/* Reads the header and leaves the source at the first element; to be freed in any case. */
bool npy_read_header(source *from, npy_header *header, failure *failed);
/* Reads all elements into memory that the caller frees; NULL on failure. */
void *npy_read_data(source *from, const npy_header *header, failure *failed);
/* For reading a regular file in pieces: checks that the data is what the header promises, and reads
 * the next n bytes of it. */
bool npy_check_size(const source *from, const npy_header *header, failure *failed);
bool npy_read_piece(source *from, void *bytes, size_t n, failure *failed);
void npy_free_header(npy_header *header);

/*
 * Makes a header of at least least_bytes for an array of one column, or a structured one of
 * several; the caller frees it. NULL on failure: a dtype or a name that .npy cannot hold, no
 * memory.
 */
char *npy_format_header(const data_column *columns, size_t n_columns, int32_t ndim,
                        const int64_t *shape, bool is_fortran, size_t least_bytes, size_t *n_bytes,
                        failure *failed);

#endif
