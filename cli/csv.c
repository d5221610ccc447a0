/* SPDX-License-Identifier: MIT */
/*
 * See csv.h. A buffer holds whole records; what is left of the last one moves to the buffer's
 * beginning before more is read. Each 64 bytes become a mask of the characters that may end a field
 * (csv_mask.h), and the scanner goes from one such character to the next.
 */
#include "cli/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv_mask.h"
#include "cli/text.h"

enum {
    LEAST_READ_BYTES = 64 << 10,
    BUFFER_BYTES = 512 << 10,
    /* Wide tables get fewer records a batch, so that its cells take 8 MiB at most. */
    MOST_BATCH_CELLS = 1 << 20,
    /* A record this long is an error: most likely a quote that is never closed. */
    MOST_RECORD_BYTES = 64 << 20
};

struct csv_reader {
    source from;
    csv_dialect dialect;
    char *buffer; /* size bytes and CSV_MASK_BYTES more */
    size_t size, position, end;
    bool is_at_end; /* of the source: end is the end of the last record */
    size_t nul_at;  /* the first NUL of the buffer, or SIZE_MAX */
    uint64_t line;  /* of position */
    char **names;
    size_t n_columns;
    int32_t *slots;  /* slot of each column, -1: not wanted */
    size_t capacity; /* records a batch */
    csv_row *rows;
    csv_cell *cells;
};

/* The scanner's place: the structural characters of the 64 bytes from base on that are ahead. */
typedef struct {
    const char *bytes;
    size_t base, end;
    uint64_t mask;
    char delimiter;
} cursor;

static void cursor_load(cursor *at, size_t base) {
    at->base = base;
    at->mask = csv_mask(at->bytes + base, at->delimiter);
    if (at->end - base < CSV_MASK_BYTES)
        at->mask &= ((uint64_t)1 << (at->end - base)) - 1;
}

/* The place of the next structural character, which is passed, or the end. */
static inline size_t cursor_next(cursor *at) {
    while (at->mask == 0) {
        if (at->end - at->base <= CSV_MASK_BYTES)
            return at->end;
        cursor_load(at, at->base + CSV_MASK_BYTES);
    }
    size_t place = at->base + (size_t)__builtin_ctzll(at->mask);
    at->mask &= at->mask - 1;
    return place;
}

typedef enum { SCAN_RECORD, SCAN_MORE, SCAN_FAILED } scan_result;

/* ---- Failures ---------------------------------------------------------------------------- */

void csv_place(char *place, size_t size, const csv_reader *reader, uint64_t line, int64_t field) {
    char name[256];
    text_quote(name, sizeof name, reader->from.name, strlen(reader->from.name));
    if (field == CSV_NO_FIELD)
        snprintf(place, size, "%s:%" PRIu64, name, line);
    else
        snprintf(place, size, "%s:%" PRIu64 ":%" PRId64, name, line, field + 1);
}

/* The line of text around a place: from the newline before it to the one after. */
static void show_place(failure *failed, const char *bytes, size_t end, size_t at, size_t length) {
    size_t from = at, to = at;
    while (from > 0 && bytes[from - 1] != '\n' && at - from < 1000)
        from--;
    while (to < end && bytes[to] != '\n' && to - at < 1000)
        to++;
    failure_show(failed, bytes + from, to - from, at - from, length, at - from, length);
    failed->is_data = true;
}

void csv_show(failure *failed, const csv_batch *batch, const csv_row *row, uint32_t start,
              uint32_t length) {
    const char *line = batch->bytes + row->start;
    failure_show(failed, line, row->length, start - row->start, length, start - row->start, length);
    failed->is_data = true;
}

/* A record under way: where the scanner is in it, for the messages. */
typedef struct {
    size_t start, n_fields;
    uint64_t line; /* physical line of the scanner */
} record;

static scan_result fail_at(const csv_reader *reader, const record *r, size_t at, const char *what,
                           failure *failed) {
    char place[320];
    csv_place(place, sizeof place, reader, r->line, (int64_t)r->n_fields);
    failure_set(failed, EXIT_INPUT, place, "%s", what);
    show_place(failed, reader->buffer, reader->end, at, 1);
    return SCAN_FAILED;
}

static bool fail_unclosed(const csv_reader *reader, const record *r, uint64_t opened,
                          failure *failed) {
    char place[320];
    csv_place(place, sizeof place, reader, r->line, CSV_NO_FIELD);
    return failure_set(failed, EXIT_INPUT, place, "quote opened at %" PRIu64 ":%zu is never closed",
                       opened, r->n_fields + 1);
}

static scan_result fail_ragged(const csv_reader *reader, const record *r, failure *failed) {
    char place[320];
    csv_place(place, sizeof place, reader, reader->line, CSV_NO_FIELD);
    failure_set(failed, EXIT_INPUT, place, "%zu field%s where the %s has %zu", r->n_fields,
                r->n_fields == 1 ? "" : "s", reader->dialect.has_header ? "header" : "first record",
                reader->n_columns);
    show_place(failed, reader->buffer, reader->end, r->start, 1);
    return SCAN_FAILED;
}

/* Whether the record, whose bytes end at end, has a NUL: a failure if so. */
static bool check_nul(const csv_reader *reader, const record *r, size_t end, failure *failed) {
    if (reader->nul_at >= end)
        return true;
    char place[320];
    uint64_t line = reader->line;
    for (size_t i = r->start; i < reader->nul_at; i++)
        line += reader->buffer[i] == '\n';
    csv_place(place, sizeof place, reader, line, CSV_NO_FIELD);
    return failure_set(failed, EXIT_INPUT, place, "a NUL byte: this is no text");
}

/* ---- Records ----------------------------------------------------------------------------- */

/* Passes the quoted field that opens at `open`; *close receives the place of its closing quote. */
static scan_result skip_quoted(const csv_reader *reader, cursor *at, record *r, size_t open,
                               size_t *close, failure *failed) {
    uint64_t opened = r->line;
    for (;;) {
        size_t place = cursor_next(at);
        if (place == at->end) {
            if (!reader->is_at_end && at->end - open < MOST_RECORD_BYTES)
                return SCAN_MORE;
            fail_unclosed(reader, r, opened, failed);
            return SCAN_FAILED;
        }
        r->line += at->bytes[place] == '\n';
        if (at->bytes[place] != '"')
            continue;
        if (place + 1 == at->end && !reader->is_at_end)
            return SCAN_MORE;
        if (place + 1 == at->end || at->bytes[place + 1] != '"') {
            *close = place;
            return SCAN_RECORD;
        }
        cursor_next(at);
    }
}

/* Notes the field [start, end) of row number `row`. */
static inline void note_field(csv_reader *reader, record *r, size_t row, size_t start, size_t end) {
    if (r->n_fields < reader->n_columns && reader->slots[r->n_fields] >= 0)
        reader->cells[(size_t)reader->slots[r->n_fields] * reader->capacity + row] =
            (csv_cell){(uint32_t)start, (uint32_t)(end - start)};
    r->n_fields++;
}

/* The line end at place: *end_bytes receives its length, or the result is not SCAN_RECORD. */
static scan_result pass_line_end(const csv_reader *reader, cursor *at, record *r, size_t place,
                                 size_t *end_bytes, failure *failed) {
    *end_bytes = place == at->end ? 0 : 1;
    if (place == at->end || at->bytes[place] == '\n')
        return SCAN_RECORD;
    if (place + 1 == at->end && !reader->is_at_end)
        return SCAN_MORE;
    if (place + 1 == at->end || at->bytes[place + 1] != '\n') {
        r->n_fields -= r->n_fields > 0;
        return fail_at(reader, r, place, "a carriage return without a newline", failed);
    }
    cursor_next(at);
    *end_bytes = 2;
    return SCAN_RECORD;
}

/*
 * Scans the record at r->start, where the cursor is, into row number `row`; *length receives its
 * bytes without and *end_bytes those of its line end.
 */
static scan_result scan_fields(csv_reader *reader, cursor *at, record *r, size_t row,
                               size_t *length, size_t *end_bytes, failure *failed) {
    char delimiter = reader->dialect.delimiter;
    size_t field = r->start, closed = SIZE_MAX;
    for (;;) {
        size_t place = cursor_next(at);
        if (place == at->end && !reader->is_at_end)
            return SCAN_MORE;
        char c = place == at->end ? '\n' : at->bytes[place];
        if (closed != SIZE_MAX && place != closed + 1)
            return fail_at(reader, r, closed + 1, "text after the closing quote", failed);
        if (c == '"' && place != field)
            return fail_at(reader, r, place, "a quote inside an unquoted field", failed);
        if (c == '"') {
            scan_result result = skip_quoted(reader, at, r, place, &closed, failed);
            if (result != SCAN_RECORD)
                return result;
            continue;
        }
        closed = SIZE_MAX;
        bool is_between = delimiter == ' ' && place == field;
        if (c != delimiter) {
            *length = place - r->start;
            if (!is_between)
                note_field(reader, r, row, field, place);
            return pass_line_end(reader, at, r, place, end_bytes, failed);
        }
        if (!is_between)
            note_field(reader, r, row, field, place);
        field = place + 1;
    }
}

/* The same, and refuses a NUL in what was scanned. */
static scan_result scan_record(csv_reader *reader, cursor *at, record *r, size_t row,
                               size_t *length, size_t *end_bytes, failure *failed) {
    scan_result result = scan_fields(reader, at, r, row, length, end_bytes, failed);
    if (result == SCAN_FAILED)
        return result;
    size_t end = result == SCAN_RECORD ? r->start + *length : reader->end;
    return check_nul(reader, r, end, failed) ? result : SCAN_FAILED;
}

/* ---- The buffer -------------------------------------------------------------------------- */

static bool grow(csv_reader *reader, failure *failed) {
    size_t size = reader->size * 2;
    char *larger = realloc(reader->buffer, size + CSV_MASK_BYTES);
    if (larger == NULL)
        return failure_set(failed, EXIT_INPUT, reader->from.name, "out of memory");
    reader->buffer = larger;
    reader->size = size;
    return true;
}

/* Moves what has not been consumed to the beginning and reads more behind it. */
static bool refill(csv_reader *reader, failure *failed) {
    size_t kept = reader->end - reader->position;
    if (kept > MOST_RECORD_BYTES) {
        char place[320];
        csv_place(place, sizeof place, reader, reader->line, CSV_NO_FIELD);
        return failure_set(failed, EXIT_INPUT, place, "a record of more than 64 MiB");
    }
    memmove(reader->buffer, reader->buffer + reader->position, kept);
    reader->nul_at -= reader->nul_at == SIZE_MAX ? 0 : reader->position;
    reader->position = 0;
    reader->end = kept;
    if (reader->size - kept < LEAST_READ_BYTES && !grow(reader, failed))
        return false;
    size_t got;
    if (!source_read(&reader->from, reader->buffer + kept, reader->size - kept, &got, failed))
        return false;
    const char *nul = memchr(reader->buffer + kept, '\0', got);
    if (nul != NULL && reader->nul_at == SIZE_MAX)
        reader->nul_at = (size_t)(nul - reader->buffer);
    reader->end += got;
    reader->is_at_end = got == 0;
    memset(reader->buffer + reader->end, 0, CSV_MASK_BYTES);
    return true;
}

static cursor begin_scan(const csv_reader *reader) {
    cursor at = {reader->buffer, reader->position, reader->end, 0, reader->dialect.delimiter};
    if (reader->position < reader->end)
        cursor_load(&at, reader->position);
    return at;
}

/* Whether a record is to be skipped: an empty line of a table with more than one column. */
static bool is_blank(const csv_reader *reader, const record *r, size_t length) {
    return r->n_fields == 0 || (length == 0 && reader->n_columns > 1);
}

/* Scans records from the buffer into the batch until it is full or the buffer is used up. */
static scan_result scan_buffer(csv_reader *reader, size_t *n_rows, failure *failed) {
    cursor at = begin_scan(reader);
    while (*n_rows < reader->capacity && reader->position < reader->end) {
        record r = {reader->position, 0, reader->line};
        size_t length = 0, end_bytes = 0;
        scan_result result = scan_record(reader, &at, &r, *n_rows, &length, &end_bytes, failed);
        if (result != SCAN_RECORD)
            return result;
        if (!is_blank(reader, &r, length)) {
            if (r.n_fields != reader->n_columns)
                return fail_ragged(reader, &r, failed);
            reader->rows[(*n_rows)++] =
                (csv_row){(uint32_t)r.start, (uint32_t)length, reader->line};
        }
        reader->line = r.line + 1;
        reader->position = r.start + length + end_bytes;
    }
    return reader->position < reader->end ? SCAN_RECORD : SCAN_MORE;
}

bool csv_next(csv_reader *reader, csv_batch *batch, failure *failed) {
    size_t n_rows = 0;
    for (;;) {
        scan_result result = scan_buffer(reader, &n_rows, failed);
        if (result == SCAN_FAILED)
            return false;
        if (n_rows > 0 || (result == SCAN_MORE && reader->is_at_end))
            break;
        if (result == SCAN_MORE && !refill(reader, failed))
            return false;
    }
    *batch = (csv_batch){reader->buffer, n_rows, reader->capacity, reader->rows, reader->cells};
    return true;
}

/* ---- The header -------------------------------------------------------------------------- */

static bool fail_memory(const csv_reader *reader, failure *failed) {
    return failure_set(failed, EXIT_INPUT, reader->from.name, "out of memory");
}

/* Reads the beginning of the file and passes its byte order mark. */
static bool read_beginning(csv_reader *reader, failure *failed) {
    reader->position = reader->end = 0;
    reader->line = 1;
    reader->nul_at = SIZE_MAX;
    reader->is_at_end = false;
    while (reader->end < 3 && !reader->is_at_end)
        if (!refill(reader, failed))
            return false;
    const char *bytes = reader->buffer;
    if (reader->end >= 2 &&
        (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        failure_set(failed, EXIT_INPUT, reader->from.name, "is UTF-16 text");
        return failure_hint(failed, "iconv -f UTF-16 -t UTF-8 makes it readable");
    }
    if (reader->end >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        reader->position = 3;
    return true;
}

/* Goes to the first record that is not blank and scans it, noting the fields that have slots; r has
 * no field at the end of the text. */
static bool scan_first(csv_reader *reader, record *r, size_t *n_bytes, failure *failed) {
    for (;;) {
        cursor at = begin_scan(reader);
        size_t length = 0, end_bytes = 0;
        *r = (record){reader->position, 0, reader->line};
        *n_bytes = 0;
        if (reader->position == reader->end && reader->is_at_end)
            return true;
        scan_result result = scan_record(reader, &at, r, 0, &length, &end_bytes, failed);
        if (result == SCAN_FAILED || (result == SCAN_MORE && !refill(reader, failed)))
            return false;
        *n_bytes = length + end_bytes;
        if (result == SCAN_RECORD && r->n_fields > 0 && length > 0)
            return true;
        if (result == SCAN_RECORD) {
            reader->position += *n_bytes;
            reader->line = r->line + 1;
        }
    }
}

/* The same, and passes it when it is a header. */
static bool pass_first(csv_reader *reader, record *r, failure *failed) {
    size_t n_bytes;
    if (!scan_first(reader, r, &n_bytes, failed))
        return false;
    if (reader->dialect.has_header) {
        reader->position += n_bytes;
        reader->line = r->line + 1;
    }
    return true;
}

/* Gives every column of the first record a slot, so that a second scan notes all its fields. */
static bool want_all(csv_reader *reader, failure *failed) {
    reader->slots = calloc(reader->n_columns + 1, sizeof *reader->slots);
    reader->cells = calloc(reader->n_columns + 1, sizeof *reader->cells);
    reader->names = calloc(reader->n_columns + 1, sizeof *reader->names);
    reader->capacity = 1;
    for (size_t i = 0; reader->slots != NULL && i < reader->n_columns; i++)
        reader->slots[i] = (int32_t)i;
    if (reader->slots != NULL && reader->cells != NULL && reader->names != NULL)
        return true;
    return fail_memory(reader, failed);
}

static bool decode_names(csv_reader *reader, failure *failed) {
    for (size_t i = 0; i < reader->n_columns; i++) {
        csv_cell cell = reader->cells[i];
        char *name = malloc(cell.length + 1);
        if (name == NULL)
            return fail_memory(reader, failed);
        name[csv_decode(name, reader->buffer + cell.start, cell.length)] = '\0';
        reader->names[i] = name;
    }
    return true;
}

static bool read_header(csv_reader *reader, failure *failed) {
    record r;
    size_t n_bytes;
    if (!read_beginning(reader, failed) || !scan_first(reader, &r, &n_bytes, failed))
        return false;
    if (r.n_fields == 0 && reader->dialect.has_header)
        return failure_set(failed, EXIT_INPUT, reader->from.name, "is empty: no header line");
    if (r.n_fields > CSV_MOST_COLUMNS)
        return failure_set(failed, EXIT_INPUT, reader->from.name, "has more than %d columns",
                           CSV_MOST_COLUMNS);
    reader->n_columns = r.n_fields;
    return want_all(reader, failed) && scan_first(reader, &r, &n_bytes, failed) &&
           decode_names(reader, failed) && pass_first(reader, &r, failed);
}

bool csv_rewind(csv_reader *reader, failure *failed) {
    record r;
    return source_rewind(&reader->from, failed) && read_beginning(reader, failed) &&
           pass_first(reader, &r, failed);
}

bool csv_keep(csv_reader *reader, failure *failed) {
    if (reader->from.is_regular)
        return true;
    if (!source_keep(&reader->from, failed))
        return false;
    /* The first block was read to find the header; it is still in the buffer. */
    int error = source_write_all(reader->from.spool_fd, reader->buffer, reader->end);
    return error == 0 || failure_set_errno(failed, EXIT_INPUT, reader->from.name,
                                           "cannot be kept for a second pass", error);
}

csv_reader *csv_open(const char *path, csv_dialect dialect, failure *failed) {
    csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        failure_set(failed, EXIT_INPUT, path, "out of memory");
        return NULL;
    }
    reader->dialect = dialect;
    reader->size = BUFFER_BYTES;
    reader->from.fd = reader->from.spool_fd = -1;
    reader->buffer = malloc(reader->size + CSV_MASK_BYTES);
    bool ok = reader->buffer != NULL ? source_open(&reader->from, path, failed)
                                     : failure_set(failed, EXIT_INPUT, path, "out of memory");
    if (ok && read_header(reader, failed))
        return reader;
    csv_close(reader);
    return NULL;
}

void csv_close(csv_reader *reader) {
    if (reader == NULL)
        return;
    source_close(&reader->from);
    for (size_t i = 0; reader->names != NULL && i < reader->n_columns; i++)
        free(reader->names[i]);
    free(reader->names);
    free(reader->slots);
    free(reader->rows);
    free(reader->cells);
    free(reader->buffer);
    free(reader);
}

const char *const *csv_header(const csv_reader *reader, size_t *n_columns) {
    *n_columns = reader->n_columns;
    return (const char *const *)reader->names;
}

/* ---- Batches ----------------------------------------------------------------------------- */

bool csv_select(csv_reader *reader, const size_t *columns, size_t n_slots, failure *failed) {
    for (size_t i = 0; i < reader->n_columns; i++)
        reader->slots[i] = -1;
    for (size_t i = 0; i < n_slots; i++)
        reader->slots[columns[i]] = (int32_t)i;
    size_t most = MOST_BATCH_CELLS / (n_slots > 0 ? n_slots : 1);
    reader->capacity = most < CSV_MOST_BATCH_ROWS ? most : CSV_MOST_BATCH_ROWS;
    free(reader->rows);
    free(reader->cells);
    reader->rows = malloc(reader->capacity * sizeof *reader->rows);
    reader->cells = malloc((n_slots + 1) * reader->capacity * sizeof *reader->cells);
    return (reader->rows != NULL && reader->cells != NULL) || fail_memory(reader, failed);
}

size_t csv_decode(char *text, const char *cell, size_t n) {
    if (n < 2 || cell[0] != '"') {
        memcpy(text, cell, n);
        return n;
    }
    size_t length = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        text[length++] = cell[i];
        i += cell[i] == '"';
    }
    return length;
}
