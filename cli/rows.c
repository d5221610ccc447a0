/* SPDX-License-Identifier: MIT */
/*
 * See rows.h. A record's cells are gathered in one line; a table keeps the lines of its first
 * records until the widths of its columns are known.
 */
#include "cli/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/npy.h"
#include "cli/text.h"

/* Records whose cells decide the widths of a table; later ones may be wider. */
enum { MEASURED_RECORDS = 1000 };

struct rows {
    rows_layout layout;
    output *to;
    char *line; /* the record under way, or the records of a table that wait */
    size_t used, capacity;
    size_t record;  /* where the record begins in line */
    size_t n_cells; /* of the record */
    uint64_t n_records;
    size_t *widths; /* of a table */
    bool is_measured, is_cut;
    size_t header_bytes; /* of .npy */
};

/* ---- The line ---------------------------------------------------------------------------- */

/* Makes room for n more bytes; gives the place for them, or NULL. */
static char *reserve(rows *to, size_t n, failure *failed) {
    if (n > to->capacity - to->used) {
        size_t capacity = 2 * (to->used + n);
        char *larger = realloc(to->line, capacity);
        if (larger == NULL) {
            failure_set(failed, EXIT_OUTPUT, to->to->name, "out of memory");
            return NULL;
        }
        to->line = larger;
        to->capacity = capacity;
    }
    return to->line + to->used;
}

static bool add_bytes(rows *to, const void *bytes, size_t n, failure *failed) {
    char *place = reserve(to, n, failed);
    if (place == NULL)
        return false;
    memcpy(place, bytes, n);
    to->used += n;
    return true;
}

/* What goes before a cell: a delimiter, or in a waiting table a NUL behind each cell instead. */
static bool begin_cell(rows *to, failure *failed) {
    bool is_first = to->n_cells++ == 0;
    return is_first || to->layout.form != ROWS_TEXT ||
           add_bytes(to, &to->layout.delimiter, 1, failed);
}

static bool needs_quotes(const rows *to, const char *text, size_t n) {
    char delimiter = to->layout.delimiter;
    for (size_t i = 0; i < n; i++)
        if (text[i] == delimiter || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return true;
    return n == 0 && (delimiter == ' ' || to->layout.n_columns == 1);
}

static bool add_quoted(rows *to, const char *text, size_t n, failure *failed) {
    char *place = reserve(to, 2 * n + 2, failed);
    if (place == NULL)
        return false;
    char *at = place;
    *at++ = '"';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            *at++ = '"';
        *at++ = text[i];
    }
    *at++ = '"';
    to->used += (size_t)(at - place);
    return true;
}

/* Adds the text of a cell of a table, fit for a terminal, with a NUL behind it. */
static bool add_shown(rows *to, const char *text, size_t n, failure *failed) {
    enum { WIDEST_CELL = 200 };
    char shown[WIDEST_CELL];
    text_quote(shown, sizeof shown, text, n);
    size_t shown_bytes = strlen(shown), width = text_width(shown, shown_bytes);
    size_t column = (to->n_cells - 1) % to->layout.n_columns;
    if (!to->is_measured && width > to->widths[column])
        to->widths[column] = width;
    return add_bytes(to, shown, shown_bytes + 1, failed);
}

static bool add_text(rows *to, const char *text, size_t n, failure *failed) {
    if (!begin_cell(to, failed))
        return false;
    if (to->layout.form == ROWS_TABLE)
        return add_shown(to, text, n, failed);
    return needs_quotes(to, text, n) ? add_quoted(to, text, n, failed)
                                     : add_bytes(to, text, n, failed);
}

bool rows_add_value(rows *to, const data_column *type, const void *value, failure *failed) {
    const evex_dtype dtype = type->dtype;
    const int precision = to->layout.precision;
    if (dtype == EVEX_STR) {
        evex_str text;
        memcpy(&text, value, sizeof text);
        return add_text(to, text.text, text.n_bytes, failed);
    }
    if (to->layout.form == ROWS_NPY)
        return begin_cell(to, failed) && add_bytes(to, value, evex_dtype_size(dtype), failed);
    if (to->layout.form == ROWS_TABLE) {
        char text[VALUE_BYTES];
        return add_text(to, text, value_write_unit(text, dtype, type->unit, value, precision),
                        failed);
    }
    if (!begin_cell(to, failed))
        return false;
    char *place = reserve(to, VALUE_BYTES, failed);
    if (place == NULL)
        return false;
    to->used += value_write_unit(place, dtype, type->unit, value, precision);
    return true;
}

bool rows_add_cell(rows *to, const char *cell, size_t n, failure *failed) {
    if (to->layout.form == ROWS_TEXT && to->layout.delimiter == to->layout.input_delimiter)
        return begin_cell(to, failed) && add_bytes(to, cell, n, failed);
    if (n == 0 || cell[0] != '"')
        return add_text(to, cell, n, failed);
    char *text = malloc(n);
    if (text == NULL)
        return failure_set(failed, EXIT_OUTPUT, to->to->name, "out of memory");
    bool ok = add_text(to, text, csv_decode(text, cell, n), failed);
    free(text);
    return ok;
}

bool rows_add_cells(rows *to, const char *cells, size_t n, size_t n_cells, failure *failed) {
    bool ok = begin_cell(to, failed) && add_bytes(to, cells, n, failed);
    to->n_cells += n_cells - 1;
    return ok;
}

/* ---- Tables ------------------------------------------------------------------------------ */

/* Writes a cell of a table: text to the left, numbers to the right. */
static bool print_cell(rows *to, const char *text, size_t column, failure *failed) {
    static const char blanks[] = "                                ";
    size_t n = strlen(text), width = text_width(text, n);
    size_t padding = to->widths[column] > width ? to->widths[column] - width : 0;
    bool is_left = to->layout.columns[column].dtype == EVEX_STR;
    bool is_last = column + 1 == to->layout.n_columns;
    if (column > 0 && !output_write(to->to, "  ", 2, failed))
        return false;
    if (is_left && !output_write(to->to, text, n, failed))
        return false;
    while (padding > 0 && !(is_left && is_last)) {
        size_t piece = padding < sizeof blanks - 1 ? padding : sizeof blanks - 1;
        if (!output_write(to->to, blanks, piece, failed))
            return false;
        padding -= piece;
    }
    if (!is_left && !output_write(to->to, text, n, failed))
        return false;
    return !is_last || output_write(to->to, "\n", 1, failed);
}

/* Prints the records that wait; from then on the widths are settled. */
static bool print_table(rows *to, failure *failed) {
    to->is_measured = true;
    size_t column = 0;
    for (size_t at = 0; at < to->record; at += strlen(to->line + at) + 1) {
        if (!print_cell(to, to->line + at, column, failed))
            return false;
        column = (column + 1) % to->layout.n_columns;
    }
    to->used = to->record = 0;
    return true;
}

/* ---- Records ----------------------------------------------------------------------------- */

static bool write_record(rows *to, failure *failed) {
    if (to->layout.form == ROWS_TABLE) {
        to->record = to->used;
        return (!to->is_measured && to->n_records < MEASURED_RECORDS) || print_table(to, failed);
    }
    if (to->layout.form == ROWS_TEXT && !add_bytes(to, "\n", 1, failed))
        return false;
    size_t n = to->used;
    to->used = 0;
    return output_write(to->to, to->line, n, failed);
}

bool rows_end_record(rows *to, failure *failed) {
    to->n_cells = 0;
    to->n_records++;
    return write_record(to, failed);
}

bool rows_wants(rows *to) {
    if (to->layout.form == ROWS_TABLE && to->layout.limit > 0 && to->n_records >= to->layout.limit)
        to->is_cut = true;
    return !to->is_cut;
}

bool rows_is_cut(const rows *to) {
    return to->is_cut;
}

/* The header of a .npy file says how many records there are: it is written for the largest number
 * first and overwritten at the end. */
static bool write_npy_header(rows *to, bool is_final, failure *failed) {
    const rows_layout *layout = &to->layout;
    int64_t n_records = is_final ? (int64_t)to->n_records : INT64_MAX;
    size_t n_bytes;
    char *header = npy_format_header(layout->columns, layout->n_columns, 1, &n_records, false,
                                     to->header_bytes, &n_bytes, failed);
    if (header == NULL)
        return false;
    to->header_bytes = n_bytes;
    bool ok = is_final ? output_rewrite(to->to, header, n_bytes, failed)
                       : output_write(to->to, header, n_bytes, failed);
    free(header);
    return ok;
}

static bool write_header(rows *to, failure *failed) {
    if (to->layout.form == ROWS_NPY)
        return write_npy_header(to, false, failed);
    if (!to->layout.has_header)
        return true;
    for (size_t i = 0; i < to->layout.n_columns; i++) {
        const char *name = to->layout.columns[i].name;
        if (!add_text(to, name, strlen(name), failed))
            return false;
    }
    to->n_cells = 0;
    return write_record(to, failed);
}

rows *rows_open(output *to, const rows_layout *layout, failure *failed) {
    rows *opened = calloc(1, sizeof *opened);
    if (opened != NULL)
        *opened = (rows){.layout = *layout,
                         .to = to,
                         .widths = calloc(layout->n_columns + 1, sizeof *opened->widths)};
    if (opened == NULL || opened->widths == NULL) {
        failure_set(failed, EXIT_OUTPUT, to->name, "out of memory");
        rows_close(opened);
        return NULL;
    }
    if (write_header(opened, failed))
        return opened;
    rows_close(opened);
    return NULL;
}

bool rows_finish(rows *to, failure *failed) {
    if (to->layout.form == ROWS_NPY)
        return write_npy_header(to, true, failed);
    if (to->layout.form != ROWS_TABLE)
        return true;
    static const char note[] = "... (more rows; --all shows them)\n";
    return print_table(to, failed) &&
           (!to->is_cut || output_write(to->to, note, sizeof note - 1, failed));
}

void rows_close(rows *to) {
    if (to == NULL)
        return;
    free(to->line);
    free(to->widths);
    free(to);
}
