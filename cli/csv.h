/* SPDX-License-Identifier: MIT */
/*
 * The reader of delimited text (CSV, TSV and their kin), RFC 4180 read strictly: a quote stands at
 * a field's beginning and end or doubled inside it, a carriage return before a newline only, and
 * every record has as many fields as the header. Gives records in batches whose bytes stay where
 * they are until the next batch; cells are converted elsewhere (cell.h).
 */
#ifndef EVEX_CLI_CSV_H
#define EVEX_CLI_CSV_H

#include <stdint.h>

#include "cli/source.h"

typedef struct {
    char delimiter; /* ' ': runs of blanks delimit, and may begin and end a record */
    bool has_header;
} csv_dialect;

/* A field as it stands in the text, quotes included. */
typedef struct {
    uint32_t start, length;
} csv_cell;

typedef struct {
    uint32_t start, length; /* of the record without its line end */
    uint64_t line;          /* physical line of its beginning, from 1 */
} csv_row;

enum { CSV_MOST_COLUMNS = 65536, CSV_MOST_BATCH_ROWS = 4096 };

/* Some records. cells holds the wanted columns one after the other, capacity each. */
typedef struct {
    const char *bytes;
    size_t n_rows, capacity;
    csv_row *rows;
    csv_cell *cells;
} csv_batch;

typedef struct csv_reader csv_reader;

/* Begins to read; the reader takes the source over and closes it. NULL on failure. */
csv_reader *csv_open(const char *path, csv_dialect dialect, failure *failed);
void csv_close(csv_reader *reader);

/* The fields of the first record: the header's names, or just their number without a header. They
 * are decoded and NUL-terminated, and belong to the reader. */
const char *const *csv_header(const csv_reader *reader, size_t *n_columns);

/* Which columns the batches shall hold: slots[i] is the column of slot i. */
bool csv_select(csv_reader *reader, const size_t *columns, size_t n_slots, failure *failed);
/* The next records, at most CSV_MOST_BATCH_ROWS; n_rows is 0 at the end. */
bool csv_next(csv_reader *reader, csv_batch *batch, failure *failed);
/* Promises a rewind: to be called before the first csv_next. */
bool csv_keep(csv_reader *reader, failure *failed);
/* Back to the first record after the header, once all have been read. */
bool csv_rewind(csv_reader *reader, failure *failed);

/* Decodes a quoted cell (or copies an unquoted one) to text, which has room for its length; gives
 * the length of what was written. */
size_t csv_decode(char *text, const char *cell, size_t n);

/* "FILE:LINE:FIELD" of a cell (field from 0) or, with no_field, "FILE:LINE". */
enum { CSV_NO_FIELD = -1 };
void csv_place(char *place, size_t size, const csv_reader *reader, uint64_t line, int64_t field);
/* Shows the line of a row, with a caret under a cell of it. */
void csv_show(failure *failed, const csv_batch *batch, const csv_row *row, uint32_t start,
              uint32_t length);

#endif
