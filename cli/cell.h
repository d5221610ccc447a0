/* SPDX-License-Identifier: MIT */
/*
 * The cells of a text column as elements of a dtype: the only place where text becomes a value, so
 * that every cell that is none is a failure with its place.
 */
#ifndef EVEX_CLI_CELL_H
#define EVEX_CLI_CELL_H

#include "cli/csv.h"
#include <evex.h>

typedef struct {
    const char *name; /* for messages */
    evex_dtype dtype;
    size_t slot;   /* in the batch */
    size_t field;  /* in the record */
    void *data;    /* CSV_MOST_BATCH_ROWS elements, owned */
    char *decoded; /* owned; the text of quoted strings */
    size_t decoded_bytes;
} cell_column;

/* The words that mean a missing value where they stand unquoted; "" always does. */
typedef struct {
    const char *words; /* separated by commas */
} cell_missing;

#define CELL_MISSING_WORDS "NA,N/A,null,NULL,None"

bool cell_open(cell_column *column, failure *failed);
/* Converts the column's cells of all rows of the batch. */
bool cell_fill(cell_column *column, const csv_reader *reader, const csv_batch *batch,
               cell_missing missing, failure *failed);
void cell_close(cell_column *column);

#endif
