/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as delimited text: every cell lies in its record, numbers and strings come out of cells
 * or a failure does, and a second pass sees the same rows. The first byte chooses the dialect.
 */
#include "cli/cell.h"
#include "cli/csv.h"
#include "tests/cli/memory_file.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_COLUMNS = 4 };

static void check_cells(const csv_batch *batch, size_t n_columns) {
    for (size_t row = 0; row < batch->n_rows; row++)
        for (size_t i = 0; i < n_columns; i++) {
            csv_cell cell = batch->cells[i * batch->capacity + row];
            const csv_row *r = &batch->rows[row];
            FUZZ_REQUIRE(cell.start >= r->start);
            FUZZ_REQUIRE(cell.start + cell.length <= r->start + r->length);
            char *text = malloc(cell.length + 1);
            FUZZ_REQUIRE(text != NULL);
            FUZZ_REQUIRE(csv_decode(text, batch->bytes + cell.start, cell.length) <= cell.length);
            free(text);
        }
}

/* All rows of a pass; every cell is also converted, as a number and as text. */
static uint64_t read_pass(csv_reader *reader, cell_column *columns, size_t n_columns,
                          failure *failed) {
    uint64_t n_rows = 0;
    csv_batch batch = {.n_rows = 1};
    while (batch.n_rows > 0 && csv_next(reader, &batch, failed)) {
        check_cells(&batch, n_columns);
        n_rows += batch.n_rows;
        for (size_t i = 0; i < 2 * n_columns; i++) {
            failure of_cell = {0};
            cell_missing missing = {CELL_MISSING_WORDS};
            if (!cell_fill(&columns[i], reader, &batch, missing, &of_cell))
                FUZZ_REQUIRE(of_cell.code == EXIT_INPUT);
        }
    }
    return n_rows;
}

static void read_twice(csv_reader *reader, failure *failed) {
    cell_column columns[2 * MAX_COLUMNS];
    size_t n_columns, selected[MAX_COLUMNS];
    csv_header(reader, &n_columns);
    n_columns = n_columns < MAX_COLUMNS ? n_columns : MAX_COLUMNS;
    for (size_t i = 0; i < 2 * n_columns; i++) {
        selected[i / 2] = i / 2;
        columns[i] =
            (cell_column){"name", i % 2 ? EVEX_F64 : EVEX_STR, i / 2, i / 2, NULL, NULL, 0};
        FUZZ_REQUIRE(cell_open(&columns[i], failed));
    }
    FUZZ_REQUIRE(csv_select(reader, selected, n_columns, failed));
    uint64_t n_rows = read_pass(reader, columns, n_columns, failed);
    if (failed->code == EXIT_DONE && csv_rewind(reader, failed))
        FUZZ_REQUIRE(read_pass(reader, columns, n_columns, failed) == n_rows);
    for (size_t i = 0; i < 2 * n_columns; i++)
        cell_close(&columns[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    static const char delimiters[] = {',', '\t', ' ', ';'};
    if (n_bytes == 0)
        return 0;
    csv_dialect dialect = {delimiters[*data & 3], (*data & 4) == 0};
    char path[32];
    int fd = memory_file(path, data + 1, n_bytes - 1);
    FUZZ_REQUIRE(fd >= 0);
    failure failed = {0};
    csv_reader *reader = csv_open(path, dialect, &failed);
    FUZZ_REQUIRE((reader == NULL) == (failed.code != EXIT_DONE));
    if (reader != NULL)
        read_twice(reader, &failed);
    FUZZ_REQUIRE(failed.code == EXIT_DONE || (failed.code == EXIT_INPUT && failed.what[0] != '\0'));
    csv_close(reader);
    close(fd);
    return 0;
}
