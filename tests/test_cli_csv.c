/* SPDX-License-Identifier: MIT */
/*
 * cli/csv.c: what a text is as records, whatever the size of the blocks that it arrives in, and
 * where a malformed one is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/csv.h"
#include "cli/csv_mask.h"
#include "tests/suite.h"

/* A file with these bytes, under a name that the caller unlinks. */
static void write_file(char *path, const char *bytes, size_t n) {
    strcpy(path, "/tmp/test_cli_csv-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(source_write_all(fd, bytes, n), 0);
    close(fd);
}

/* All records of a text, decoded: cells end in '|', records in '/'. "!place what" on failure. */
static void read_all(char *out, size_t size, const char *bytes, size_t n, csv_dialect dialect) {
    char path[40];
    failure failed = {0};
    size_t used = 0;
    write_file(path, bytes, n);
    csv_reader *reader = csv_open(path, dialect, &failed);
    size_t n_columns = 0;
    if (reader != NULL) {
        const char *const *names = csv_header(reader, &n_columns);
        for (size_t i = 0; i < n_columns && dialect.has_header; i++)
            used += (size_t)snprintf(out + used, size - used, "%s|", names[i]);
        used += (size_t)snprintf(out + used, size - used, ":");
        size_t columns[64];
        for (size_t i = 0; i < n_columns; i++)
            columns[i] = i;
        csv_select(reader, columns, n_columns, &failed);
    }
    csv_batch batch = {.n_rows = 1};
    while (reader != NULL && batch.n_rows > 0 && csv_next(reader, &batch, &failed))
        for (size_t row = 0; row < batch.n_rows; row++) {
            for (size_t i = 0; i < n_columns; i++) {
                csv_cell cell = batch.cells[i * batch.capacity + row];
                ck_assert_uint_lt(used + cell.length + 2, size);
                used += csv_decode(out + used, batch.bytes + cell.start, cell.length);
                out[used++] = '|';
            }
            out[used++] = '/';
        }
    out[used] = '\0';
    if (failed.code != EXIT_DONE) {
        ck_assert_int_eq(failed.code, EXIT_INPUT);
        const char *place = strncmp(failed.place, path, strlen(path)) == 0
                                ? failed.place + strlen(path)
                                : failed.place;
        snprintf(out, size, "!%s %s", place, failed.what);
    }
    csv_close(reader);
    unlink(path);
}

static const struct {
    const char *text, *records;
} texts[] = {
    {"a,b\n1,2\n3,4\n", "a|b|:1|2|/3|4|/"},
    {"a,b\n1,2\n3,4", "a|b|:1|2|/3|4|/"},
    {"a,b\r\n1,2\r\n3,4\r\n", "a|b|:1|2|/3|4|/"},
    {"\xef\xbb\xbf"
     "a,b\n1,2\n",
     "a|b|:1|2|/"},
    {"a,b\n,\n", "a|b|:||/"},
    {"a,b\n\"x,y\",\"p\"\"q\"\n", "a|b|:x,y|p\"q|/"},
    {"\"a \"\"1\"\"\",b\n1,2\n", "a \"1\"|b|:1|2|/"},
    {"a,b\n\"1\n2\",3\n", "a|b|:1\n2|3|/"},
    {"a,b\n\"\",\"\"\"\"\n", "a|b|:|\"|/"},
    {"a,b\n1,2\n\n\n3,4\n\n", "a|b|:1|2|/3|4|/"},
    {"a\n1\n\n2\n", "a|:1|/|/2|/"},
    {"a,b\n1,\"2\"", "a|b|:1|2|/"},
    {"a,b\n1,", "a|b|:1||/"},
    {"a,b", "a|b|:"},
    {"\n\na,b\n1,2\n", "a|b|:1|2|/"},
    {"a,b\n\"\r\",2\n", "a|b|:\r|2|/"},
    {"", "! is empty: no header line"},
    {"\n\n", "! is empty: no header line"},
    {"a,b\n1,2\n3\n", "!:3 1 field where the header has 2"},
    {"a,b\n1,2,3\n", "!:2 3 fields where the header has 2"},
    {"a,b\n1,\"2\n3,4\n", "!:4 quote opened at 2:2 is never closed"},
    {"a,b\n1,\"2\"x\n", "!:2:2 text after the closing quote"},
    {"a,b\n1,x\"2\"\n", "!:2:2 a quote inside an unquoted field"},
    {"a,b\n1, \"2\"\n", "!:2:2 a quote inside an unquoted field"},
    {"a,b\n1,2\r3,4\n", "!:2:2 a carriage return without a newline"},
    {"a,b\n1,2\r", "!:2:2 a carriage return without a newline"},
    {"a,b\n\"1\n\n2\",3\n4\n", "!:5 1 field where the header has 2"},
    {"\xff\xfe"
     "a\0",
     "! is UTF-16 text"},
};

START_TEST(texts_are_records) {
    char out[1000];
    read_all(out, sizeof out, texts[_i].text, strlen(texts[_i].text), (csv_dialect){',', true});
    const char *wanted = texts[_i].records, *space = strchr(out, ' ');
    /* Failures of the whole file have its name for a place. */
    if (strncmp(wanted, "! ", 2) == 0 && space != NULL)
        ck_assert_str_eq(space + 1, wanted + 2);
    else
        ck_assert_str_eq(out, wanted);
}
END_TEST

START_TEST(blanks_delimit_in_runs) {
    static const char text[] = "  a   b\n 1 2  \n\"3 4\"  5\n\n   \n6 7";
    char out[200];
    read_all(out, sizeof out, text, strlen(text), (csv_dialect){' ', true});
    ck_assert_str_eq(out, "a|b|:1|2|/3 4|5|/6|7|/");
}
END_TEST

START_TEST(without_a_header_the_first_record_is_data) {
    char out[200];
    read_all(out, sizeof out, "1\t2\n3\t4\n", 8, (csv_dialect){'\t', false});
    ck_assert_str_eq(out, ":1|2|/3|4|/");
    read_all(out, sizeof out, "1\t2\n3\n", 6, (csv_dialect){'\t', false});
    ck_assert_str_eq(out, "!:2 1 field where the first record has 2");
    read_all(out, sizeof out, "", 0, (csv_dialect){'\t', false});
    ck_assert_str_eq(out, ":");
}
END_TEST

START_TEST(nul_bytes_are_refused) {
    char out[400];
    read_all(out, sizeof out, "a,b\n1,\"\n\0\"\n", 11, (csv_dialect){',', true});
    ck_assert_str_eq(out, "!:3 a NUL byte: this is no text");
    read_all(out, sizeof out, "a,b\n1,2\n\0", 9, (csv_dialect){',', true});
    ck_assert_str_eq(out, "!:3 a NUL byte: this is no text");
    read_all(out, sizeof out, "a\0,b\n1,2\n", 9, (csv_dialect){',', true});
    ck_assert_str_eq(out, "!:1 a NUL byte: this is no text");
}
END_TEST

/* Fields of every length around the 64 bytes of a mask, quoted and not. */
START_TEST(fields_of_every_length) {
    for (size_t n = 0; n < 200; n++) {
        char text[1000], field[300], out[2000], wanted[2000];
        memset(field, 'x', n);
        field[n] = '\0';
        snprintf(text, sizeof text, "a,b,c\n%s,\"%s,\n\"\"\",%s\r\n1,2,3\n", field, field, field);
        snprintf(wanted, sizeof wanted, "a|b|c|:%s|%s,\n\"|%s|/1|2|3|/", field, field, field);
        read_all(out, sizeof out, text, strlen(text), (csv_dialect){',', true});
        ck_assert_str_eq(out, wanted);
    }
}
END_TEST

/* A text of many blocks: every record arrives once, whole, with its line. */
START_TEST(records_cross_blocks) {
    enum { N_RECORDS = 60000 };
    char *text = malloc(N_RECORDS * 64), path[40];
    size_t n = (size_t)sprintf(text, "a,b\n");
    for (int i = 0; i < N_RECORDS; i++)
        n += (size_t)sprintf(text + n, i % 7 == 0 ? "%d,\"x,\n\"\"%d\"\r\n" : "%d,yyyyyyyyyy%d\n",
                             i, i);
    write_file(path, text, n);
    failure failed = {0};
    csv_reader *reader = csv_open(path, (csv_dialect){',', true}, &failed);
    ck_assert_ptr_nonnull(reader);
    const size_t columns[] = {1, 0};
    ck_assert(csv_keep(reader, &failed));
    ck_assert(csv_select(reader, columns, 2, &failed));
    for (int pass = 0; pass < 2; pass++) {
        csv_batch batch;
        int i = 0;
        uint64_t line = 2;
        while (csv_next(reader, &batch, &failed) && batch.n_rows > 0)
            for (size_t row = 0; row < batch.n_rows; row++, i++) {
                char wanted[64], found[64];
                csv_cell cell = batch.cells[row];
                snprintf(wanted, sizeof wanted, i % 7 == 0 ? "x,\n\"%d" : "yyyyyyyyyy%d", i);
                found[csv_decode(found, batch.bytes + cell.start, cell.length)] = '\0';
                ck_assert_str_eq(found, wanted);
                cell = batch.cells[batch.capacity + row];
                snprintf(found, sizeof found, "%.*s", (int)cell.length, batch.bytes + cell.start);
                ck_assert_int_eq(atoi(found), i);
                ck_assert_uint_eq(batch.rows[row].line, line);
                line += 1 + (i % 7 == 0);
            }
        ck_assert_int_eq(i, N_RECORDS);
        ck_assert(csv_rewind(reader, &failed));
    }
    csv_close(reader);
    unlink(path);
    free(text);
}
END_TEST

START_TEST(a_huge_field_is_one_field) {
    size_t n = 3 << 20;
    char *text = malloc(n + 32), path[40];
    strcpy(text, "a,b\n1,\"");
    size_t head = strlen(text);
    memset(text + head, ',', n);
    strcpy(text + head + n, "\"\n2,3\n");
    write_file(path, text, head + n + 6);
    failure failed = {0};
    csv_batch batch;
    csv_reader *reader = csv_open(path, (csv_dialect){',', true}, &failed);
    const size_t columns[] = {1};
    ck_assert(csv_select(reader, columns, 1, &failed));
    ck_assert(csv_next(reader, &batch, &failed));
    ck_assert_uint_ge(batch.n_rows, 1);
    ck_assert_uint_eq(batch.cells[0].length, n + 2);
    csv_close(reader);
    unlink(path);
    free(text);
}
END_TEST

/* A text cut at any byte is records or a failure, nothing else, and never more than the whole. */
START_TEST(a_text_may_end_anywhere) {
    static const char text[] = "a,\"b\"\r\n1,\"x\"\"y\"\r\n\"p\nq\",4\n";
    char out[300];
    for (size_t n = 0; n <= strlen(text); n++) {
        read_all(out, sizeof out, text, n, (csv_dialect){',', true});
        ck_assert(out[0] == '!' || strchr(out, ':') != NULL);
    }
}
END_TEST

START_TEST(the_mask_finds_each_character) {
    char bytes[CSV_MASK_BYTES];
    for (int c = 0; c < 256; c++)
        for (size_t at = 0; at < sizeof bytes; at++) {
            memset(bytes, 'x', sizeof bytes);
            bytes[at] = (char)c;
            bool is_found = c == ';' || c == '"' || c == '\n' || c == '\r';
            ck_assert_uint_eq(csv_mask(bytes, ';'), is_found ? (uint64_t)1 << at : 0);
        }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, texts_are_records, 0, (int)(sizeof texts / sizeof *texts));
    tcase_add_test(tests, blanks_delimit_in_runs);
    tcase_add_test(tests, without_a_header_the_first_record_is_data);
    tcase_add_test(tests, nul_bytes_are_refused);
    tcase_add_test(tests, fields_of_every_length);
    tcase_add_test(tests, records_cross_blocks);
    tcase_add_test(tests, a_huge_field_is_one_field);
    tcase_add_test(tests, a_text_may_end_anywhere);
    tcase_add_test(tests, the_mask_finds_each_character);
}

int main(void) {
    return run_suite("cli csv", add);
}
