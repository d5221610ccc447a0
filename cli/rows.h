/* SPDX-License-Identifier: MIT */
/*
 * Records on their way out, cell by cell: as delimited text, as an aligned table for a terminal, or
 * as the elements of a .npy file.
 */
#ifndef EVEX_CLI_ROWS_H
#define EVEX_CLI_ROWS_H

#include "cli/output.h"
#include "cli/value.h"

typedef enum { ROWS_TEXT, ROWS_TABLE, ROWS_NPY } rows_form;

typedef struct {
    rows_form form;
    char delimiter;       /* of the output */
    char input_delimiter; /* of cells given to rows_add_cell */
    bool has_header;
    int precision;  /* significant digits, 0: as many as needed */
    uint64_t limit; /* rows of a table that are shown; 0: all */
    const data_column *columns;
    size_t n_columns;
} rows_layout;

typedef struct rows rows;

/* The layout's columns must outlive the rows. Writes the header. */
rows *rows_open(output *to, const rows_layout *layout, failure *failed);
/* Add a cell to the record: the element at `value`, or text as it stands in the input. */
bool rows_add_value(rows *to, const data_column *type, const void *value, failure *failed);
bool rows_add_cell(rows *to, const char *cell, size_t n, failure *failed);
/* Add n_cells cells as they stand in the input, with its delimiters: form TEXT, same delimiter. */
bool rows_add_cells(rows *to, const char *cells, size_t n, size_t n_cells, failure *failed);
bool rows_end_record(rows *to, failure *failed);
/* To be asked for each record before it is added: whether it will be shown. If not, the table ends
 * by saying so, and rows_is_cut is true from then on. */
bool rows_wants(rows *to);
bool rows_is_cut(const rows *to);
bool rows_finish(rows *to, failure *failed);
void rows_close(rows *to);

#endif
