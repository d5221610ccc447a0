/* SPDX-License-Identifier: MIT */
/*
 * See cell.h. One loop a dtype over the cells of a batch.
 */
#include "cli/cell.h"

#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/text.h"

/* ---- Failures ---------------------------------------------------------------------------- */

static bool is_missing(const char *cell, size_t n, cell_missing missing) {
    if (n == 0)
        return true;
    for (const char *word = missing.words; *word != '\0';) {
        size_t length = strcspn(word, ",");
        if (length == n && memcmp(word, cell, n) == 0)
            return true;
        word += length + (word[length] == ',');
    }
    return false;
}

static const char *kind_of(evex_dtype dtype) {
    switch (dtype) {
    case EVEX_F64:
        return "a number";
    case EVEX_BOOL:
        return "true or false";
    default:
        return "an integer";
    }
}

static bool fail_missing(const cell_column *column, const char *place, const char *name,
                         failure *failed) {
    failure_set(failed, EXIT_INPUT, place, "%s: the value is missing", name);
    return failure_hint(failed,
                        "this version does not compute with missing values; put %s there, "
                        "or leave the row out",
                        kind_of(column->dtype));
}

static bool fail_cell(const cell_column *column, const csv_reader *reader, const csv_batch *batch,
                      size_t row, number_status status, cell_missing missing, failure *failed) {
    csv_cell cell = batch->cells[column->slot * batch->capacity + row];
    const char *text = batch->bytes + cell.start;
    char place[320], name[120], quoted[80];
    uint64_t line = batch->rows[row].line;
    for (size_t i = batch->rows[row].start; i < cell.start; i++)
        line += batch->bytes[i] == '\n';
    csv_place(place, sizeof place, reader, line, (int64_t)column->field);
    text_quote(name, sizeof name, column->name, strlen(column->name));
    text_quote(quoted, sizeof quoted, text, cell.length);
    if (status == NUMBER_MALFORMED && is_missing(text, cell.length, missing)) {
        fail_missing(column, place, name, failed);
    } else if (status == NUMBER_MALFORMED) {
        failure_set(failed, EXIT_INPUT, place, "%s: '%s' is not %s", name, quoted,
                    kind_of(column->dtype));
    } else if (status == NUMBER_INEXACT) {
        failure_set(failed, EXIT_INPUT, place, "%s: float64 cannot hold %s exactly", name, quoted);
        failure_hint(failed, "--type %s=i64 computes with integers", name);
    } else {
        failure_set(failed, EXIT_INPUT, place, "%s: %s is beyond the range of %s", name, quoted,
                    evex_dtype_name(column->dtype));
    }
    csv_show(failed, batch, &batch->rows[row], cell.start, cell.length);
    return false;
}

/* ---- Numbers ----------------------------------------------------------------------------- */

/* Takes off what may surround a number: its quotes, or blanks. */
static void trim(const char **text, size_t *n) {
    if (*n >= 2 && **text == '"') {
        ++*text;
        *n -= 2;
    }
    while (*n > 0 && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*n;
    }
    while (*n > 0 && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t'))
        --*n;
}

static bool equals(const char *text, size_t n, const char *word) {
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

static number_status read_bool(const char *text, size_t n, uint8_t *value) {
    static const char *const words[2][4] = {{"false", "False", "FALSE", "0"},
                                            {"true", "True", "TRUE", "1"}};
    for (uint8_t i = 0; i < 8; i++)
        if (equals(text, n, words[i % 2][i / 2])) {
            *value = i % 2;
            return NUMBER_OK;
        }
    return NUMBER_MALFORMED;
}

/* A signed integer of a size in bytes, stored at value. */
static number_status read_signed(const char *text, size_t n, size_t size, void *value) {
    int64_t number = 0;
    number_status status = number_read_i64(text, n, &number);
    int64_t limit = (int64_t)(UINT64_MAX >> (65 - 8 * size));
    if (status == NUMBER_OK && (number > limit || number < -limit - 1))
        return NUMBER_OUT_OF_RANGE;
    int32_t i32 = (int32_t)number;
    int16_t i16 = (int16_t)number;
    int8_t i8 = (int8_t)number;
    if (status == NUMBER_OK)
        memcpy(value,
               size == 8   ? (void *)&number
               : size == 4 ? &i32
               : size == 2 ? (void *)&i16
                           : &i8,
               size);
    return status;
}

static number_status read_unsigned(const char *text, size_t n, size_t size, void *value) {
    uint64_t number = 0;
    number_status status = number_read_u64(text, n, &number);
    if (status == NUMBER_OK && number > UINT64_MAX >> (64 - 8 * size))
        return NUMBER_OUT_OF_RANGE;
    uint32_t u32 = (uint32_t)number;
    uint16_t u16 = (uint16_t)number;
    uint8_t u8 = (uint8_t)number;
    if (status == NUMBER_OK)
        memcpy(value,
               size == 8   ? (void *)&number
               : size == 4 ? &u32
               : size == 2 ? (void *)&u16
                           : &u8,
               size);
    return status;
}

static number_status read_value(evex_dtype dtype, const char *text, size_t n, void *value) {
    size_t size = evex_dtype_size(dtype);
    switch (dtype) {
    case EVEX_BOOL:
        return read_bool(text, n, value);
    case EVEX_I8:
    case EVEX_I16:
    case EVEX_I32:
    case EVEX_I64:
        return read_signed(text, n, size, value);
    default:
        return read_unsigned(text, n, size, value);
    }
}

static bool fill_f64(cell_column *column, const csv_reader *reader, const csv_batch *batch,
                     cell_missing missing, failure *failed) {
    const csv_cell *cells = batch->cells + column->slot * batch->capacity;
    double *values = column->data;
    for (size_t row = 0; row < batch->n_rows; row++) {
        const char *text = batch->bytes + cells[row].start;
        size_t n = cells[row].length;
        number_status status = number_read_f64(text, n, &values[row]);
        if (status == NUMBER_MALFORMED) {
            trim(&text, &n);
            status = number_read_f64(text, n, &values[row]);
        }
        if (status != NUMBER_OK)
            return fail_cell(column, reader, batch, row, status, missing, failed);
    }
    return true;
}

static bool fill_integers(cell_column *column, const csv_reader *reader, const csv_batch *batch,
                          cell_missing missing, failure *failed) {
    const csv_cell *cells = batch->cells + column->slot * batch->capacity;
    size_t size = evex_dtype_size(column->dtype);
    for (size_t row = 0; row < batch->n_rows; row++) {
        const char *text = batch->bytes + cells[row].start;
        size_t n = cells[row].length;
        trim(&text, &n);
        number_status status =
            read_value(column->dtype, text, n, (char *)column->data + row * size);
        if (status != NUMBER_OK)
            return fail_cell(column, reader, batch, row, status, missing, failed);
    }
    return true;
}

/* ---- Strings ----------------------------------------------------------------------------- */

/* Whether a quoted cell has a quote inside, so that it must be decoded. */
static bool has_inner_quote(const char *cell, size_t n) {
    return n > 2 && cell[0] == '"' && memchr(cell + 1, '"', n - 2) != NULL;
}

/* Makes room for the texts of all cells that must be decoded. */
static bool reserve_decoded(cell_column *column, const csv_batch *batch, failure *failed) {
    const csv_cell *cells = batch->cells + column->slot * batch->capacity;
    size_t total = 0;
    for (size_t row = 0; row < batch->n_rows; row++)
        if (has_inner_quote(batch->bytes + cells[row].start, cells[row].length))
            total += cells[row].length;
    if (total <= column->decoded_bytes)
        return true;
    char *larger = realloc(column->decoded, total);
    if (larger == NULL)
        return failure_set(failed, EXIT_INPUT, "", "out of memory");
    column->decoded = larger;
    column->decoded_bytes = total;
    return true;
}

static bool fill_strings(cell_column *column, const csv_batch *batch, failure *failed) {
    const csv_cell *cells = batch->cells + column->slot * batch->capacity;
    evex_str *values = column->data;
    if (!reserve_decoded(column, batch, failed))
        return false;
    char *decoded = column->decoded;
    for (size_t row = 0; row < batch->n_rows; row++) {
        const char *text = batch->bytes + cells[row].start;
        size_t n = cells[row].length;
        if (has_inner_quote(text, n)) {
            values[row] = (evex_str){decoded, csv_decode(decoded, text, n)};
            decoded += values[row].n_bytes;
        } else {
            bool is_quoted = n >= 2 && text[0] == '"';
            values[row] = (evex_str){text + is_quoted, n - 2 * (size_t)is_quoted};
        }
    }
    return true;
}

/* ---- Columns ----------------------------------------------------------------------------- */

bool cell_open(cell_column *column, failure *failed) {
    size_t n_bytes = CSV_MOST_BATCH_ROWS * evex_dtype_size(column->dtype);
    if (posix_memalign(&column->data, 64, n_bytes) == 0) {
        memset(column->data, 0, n_bytes);
        return true;
    }
    column->data = NULL;
    return failure_set(failed, EXIT_INPUT, "", "out of memory");
}

bool cell_fill(cell_column *column, const csv_reader *reader, const csv_batch *batch,
               cell_missing missing, failure *failed) {
    if (column->dtype == EVEX_STR)
        return fill_strings(column, batch, failed);
    if (column->dtype == EVEX_F64)
        return fill_f64(column, reader, batch, missing, failed);
    return fill_integers(column, reader, batch, missing, failed);
}

void cell_close(cell_column *column) {
    free(column->data);
    free(column->decoded);
    column->data = column->decoded = NULL;
}
