/* SPDX-License-Identifier: MIT */
/*
 * cli/npy.c: headers that NumPy writes and headers that nobody should believe, files cut at
 * every byte, and what is written is read back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/npy.h"
#include "tests/suite.h"

/* A file of this version whose header is the literal, padded, followed by n_data zero bytes. */
static size_t make_file(char *bytes, int version, const char *literal, size_t n_data) {
    size_t prefix = version == 1 ? 10 : 12, n = strlen(literal) + 1;
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (char)version;
    bytes[7] = 0;
    memset(bytes + 8, 0, 4);
    bytes[8] = (char)(n & 0xff);
    bytes[9] = (char)(n >> 8);
    memcpy(bytes + prefix, literal, n - 1);
    bytes[prefix + n - 1] = '\n';
    memset(bytes + prefix + n, 0, n_data);
    return prefix + n + n_data;
}

/* Reads header and data of a file with these bytes; "" or what was wrong. The caller frees the
 * header. */
static void read_bytes(const char *bytes, size_t n, npy_header *header, char *what) {
    char path[] = "/tmp/test_cli_npy-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(source_write_all(fd, bytes, n), 0);
    close(fd);
    failure failed = {0};
    source from;
    ck_assert(source_open(&from, path, &failed));
    void *data = NULL;
    if (npy_read_header(&from, header, &failed))
        data = npy_read_data(&from, header, &failed);
    ck_assert((data != NULL) == (failed.code == EXIT_DONE));
    ck_assert(failed.code == EXIT_DONE || failed.code == EXIT_INPUT);
    strcpy(what, failed.what);
    free(data);
    source_close(&from);
    unlink(path);
}

#define DICT(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"

static const struct {
    int version;
    const char *literal;
    size_t n_data;
    const char *what;
} files[] = {
    {1, DICT("'<f8'", "(3,)"), 24, ""},
    {2, DICT("'<f8'", "(3,)"), 24, ""},
    {3, DICT("'>i2'", "(2, 3)"), 12, ""},
    {1, DICT("'|b1'", "()"), 1, ""},
    {1, DICT("'|S5'", "(2,)"), 10, ""},
    {1, DICT("'<U3'", "(2,)"), 24, ""},
    {1, DICT("'<f8'", "(0, 5)"), 0, ""},
    {1, "{\"shape\": (2L,), 'fortran_order': True, 'descr': '<u4'}  ", 8, ""},
    {1, DICT("[('x', '<f8'), ('y', '<i4')]", "(2,)"), 24, ""},
    {1, DICT("[('x', '|i1'), ('', '|V7'), ('y', '<i8')]", "(2,)"), 32, ""},
    {1, DICT("'<f8'", "(3,)"), 23, "its header promises 24 bytes of data, and it has 23"},
    {1, DICT("'<f8'", "(3,)"), 25, "its header promises 24 bytes of data, and it has 25"},
    {1, DICT("'<f8'", "(1000000000000,)"), 8,
     "its header promises 8000000000000 bytes of data, and it has 8"},
    {1, DICT("'<f8'", "(4294967296, 4294967296)"), 8,
     "promises more elements than memory could hold"},
    {1, DICT("'<f8'", "(99999999999999999999,)"), 8, "a size in the .npy header is beyond 64 bits"},
    {1, DICT("'<f8'", "(-1,)"), 8, "the .npy header is not what NumPy writes"},
    {1, DICT("'<f8'", "(3)"), 24, "the .npy header is not what NumPy writes"},
    {1, DICT("'<f8'", "(3,"), 24, "the .npy header is not what NumPy writes"},
    {1, DICT("'<f8'", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), 8,
     "has more than 32 dimensions"},
    {1, DICT("'|O'", "(3,)"), 24, "dtype '|O' holds Python objects, which are never loaded"},
    {1, DICT("'<f2'", "(3,)"), 6, ""},
    {1, DICT("'<f16'", "(3,)"), 48, "dtype '<f16' is not in this version"},
    {1, DICT("'<c16'", "(3,)"), 48, ""},
    {1, DICT("'>c8'", "(3,)"), 24, ""},
    {1, DICT("'<c32'", "(3,)"), 96, "dtype '<c32' is not in this version"},
    {1, DICT("'<M8[s]'", "(3,)"), 24, ""},
    {1, DICT("'>m8[as]'", "(3,)"), 24, ""},
    {1, DICT("'<m8'", "(3,)"), 24, ""},
    {1, DICT("'<M8'", "(3,)"), 24, "dtype '<M8' is not in this version"},
    {1, DICT("'<M8[25s]'", "(3,)"), 24, "dtype '<M8[25s]' is not in this version"},
    {1, DICT("'<M8[]'", "(3,)"), 24, "dtype '<M8[]' is not in this version"},
    {1, DICT("'<m8[s'", "(3,)"), 24, "dtype '<m8[s' is not in this version"},
    {1, DICT("'<M8[s]x'", "(3,)"), 24, "dtype '<M8[s]x' is not in this version"},
    {1, DICT("'<M4[s]'", "(3,)"), 12, "dtype '<M4[s]' is unknown"},
    {1, DICT("'<i3'", "(3,)"), 9, "dtype '<i3' is unknown"},
    {1, DICT("'f'", "(3,)"), 9, "dtype 'f' is not in this version"},
    {1, DICT("'<f8x'", "(3,)"), 24, "dtype '<f8x' is unknown"},
    {1, DICT("'<S999999999'", "(3,)"), 24, "dtype '<S999999999' has no size that can be"},
    {1, DICT("'|V8'", "(3,)"), 24, "raw bytes (V) are not in this version"},
    {1, DICT("[('x', '<f8', (2,))]", "(2,)"), 32, "fields that are arrays are not in this version"},
    {1, DICT("[('x', [('y', '<f8')])]", "(2,)"), 16,
     "nested structured dtypes are not in this version"},
    {1, DICT("[]", "(2,)"), 0, "has no field"},
    {1, "{'descr': '<f8', 'fortran_order': False}", 8, "the .npy header is not what NumPy writes"},
    {1, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 8,
     "the .npy header is not what NumPy writes"},
    {1, "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", 8,
     "the .npy header is not what NumPy writes"},
    {1, DICT("'<f8'", "(1,)") " x", 8, "the .npy header is not what NumPy writes"},
    {1, "", 0, "the .npy header is not what NumPy writes"},
    {4, DICT("'<f8'", "(1,)"), 8, ".npy version 4.0 is unknown"},
};

START_TEST(files_are_read_or_refused) {
    char bytes[1000], what[512];
    npy_header header;
    size_t n = make_file(bytes, files[_i].version, files[_i].literal, files[_i].n_data);
    read_bytes(bytes, n, &header, what);
    ck_assert_str_eq(what, files[_i].what);
    npy_free_header(&header);
}
END_TEST

START_TEST(a_header_is_understood) {
    char bytes[1000], what[512];
    npy_header header;
    size_t n = make_file(bytes, 1,
                         "{'descr': [('it\\'s', '>f4'), ('', '|V4'), (\"\\x41\", '|u1')], "
                         "'fortran_order': True, 'shape': (2, 3), }",
                         54);
    read_bytes(bytes, n, &header, what);
    ck_assert_str_eq(what, "");
    ck_assert_uint_eq(header.n_fields, 2);
    ck_assert_str_eq(header.fields[0].name, "it's");
    ck_assert_int_eq(header.fields[0].dtype, EVEX_F32);
    ck_assert(header.fields[0].is_swapped);
    ck_assert_str_eq(header.fields[1].name, "A");
    ck_assert_uint_eq(header.fields[1].offset, 8);
    ck_assert(!header.fields[1].is_swapped);
    ck_assert_uint_eq(header.element_bytes, 9);
    ck_assert_int_eq(header.strides[0], 9);
    ck_assert_int_eq(header.strides[1], 18);
    ck_assert_uint_eq(header.n_bytes, 54);
    npy_free_header(&header);
}
END_TEST

START_TEST(a_file_may_end_anywhere) {
    char bytes[1000], what[512];
    npy_header header;
    for (int version = 1; version <= 3; version++) {
        size_t n = make_file(bytes, version, DICT("[('x', '<f8'), ('y', '<f8')]", "(2,)"), 32);
        for (size_t cut = 0; cut < n; cut++) {
            read_bytes(bytes, cut, &header, what);
            ck_assert_str_ne(what, "");
            npy_free_header(&header);
        }
        read_bytes(bytes, n, &header, what);
        ck_assert_str_eq(what, "");
        npy_free_header(&header);
    }
}
END_TEST

/* Every byte of the header replaced by every other value: read or refused, nothing else. */
START_TEST(a_header_may_hold_anything) {
    char bytes[1000], what[512];
    npy_header header;
    size_t n = make_file(bytes, 1, DICT("'<f8'", "(2,)"), 16);
    for (size_t at = 0; at < n - 16; at++)
        for (int value = 0; value < 256; value += 3) {
            char before = bytes[at];
            bytes[at] = (char)value;
            read_bytes(bytes, n, &header, what);
            npy_free_header(&header);
            bytes[at] = before;
        }
}
END_TEST

static const struct {
    data_column columns[3];
    size_t n_columns;
    int32_t ndim;
    int64_t shape[2];
    int version;
} written[] = {
    {{{"a", EVEX_F64, 0}}, 1, 1, {7}, 1},
    {{{"a", EVEX_BOOL, 0}}, 1, 0, {0}, 1},
    {{{"a", EVEX_I64, EVEX_UNIT_US}}, 1, 1, {2}, 1},
    {{{"a", EVEX_I64, EVEX_SPAN | EVEX_UNIT_GENERIC}}, 1, 1, {2}, 1},
    {{{"t", EVEX_I64, EVEX_UNIT_YEAR}, {"d", EVEX_I64, EVEX_SPAN | EVEX_UNIT_AS}}, 2, 1, {2}, 1},
    {{{"a", EVEX_U16, 0}}, 1, 2, {3, 4}, 1},
    {{{"a", EVEX_F32, 0}, {"it's \\", EVEX_I8, 0}, {"c", EVEX_I64, 0}}, 3, 1, {5}, 1},
    {{{"a", EVEX_F32, 0}, {"\xc3\xa4", EVEX_I8, 0}}, 2, 1, {5}, 3},
};

START_TEST(what_is_written_is_read) {
    size_t n_bytes, n_elements = 1, element = 0;
    failure failed = {0};
    char *header = npy_format_header(written[_i].columns, written[_i].n_columns, written[_i].ndim,
                                     written[_i].shape, false, 0, &n_bytes, &failed);
    ck_assert_ptr_nonnull(header);
    ck_assert_uint_eq(n_bytes % 64, 0);
    ck_assert_int_eq(header[6], written[_i].version);
    for (size_t i = 0; i < written[_i].n_columns; i++)
        element += evex_dtype_size(written[_i].columns[i].dtype);
    for (int32_t i = 0; i < written[_i].ndim; i++)
        n_elements *= (size_t)written[_i].shape[i];
    char *file = calloc(1, n_bytes + element * n_elements);
    memcpy(file, header, n_bytes);
    npy_header read;
    char what[512];
    read_bytes(file, n_bytes + element * n_elements, &read, what);
    ck_assert_str_eq(what, "");
    ck_assert_int_eq(read.ndim, written[_i].ndim);
    ck_assert_mem_eq(read.shape, written[_i].shape, (size_t)read.ndim * sizeof *read.shape);
    ck_assert_uint_eq(read.n_fields, written[_i].n_columns);
    for (size_t i = 0; i < read.n_fields; i++) {
        ck_assert_int_eq(read.fields[i].dtype, written[_i].columns[i].dtype);
        ck_assert_int_eq(read.fields[i].unit, written[_i].columns[i].unit);
        ck_assert_str_eq(read.fields[i].name,
                         read.is_structured ? written[_i].columns[i].name : "");
    }
    npy_free_header(&read);
    free(file);
    free(header);
}
END_TEST

START_TEST(what_npy_cannot_hold_is_refused) {
    static const data_column text[] = {{"a", EVEX_STR, 0}};
    static const data_column twice[] = {{"a", EVEX_F64, 0}, {"a", EVEX_F64, 0}};
    const int64_t shape[] = {1};
    size_t n_bytes;
    failure failed = {0};
    ck_assert_ptr_null(npy_format_header(text, 1, 1, shape, false, 0, &n_bytes, &failed));
    ck_assert_str_eq(failed.what, "'a' is str, which cannot be written to .npy");
    failed = (failure){0};
    ck_assert_ptr_null(npy_format_header(twice, 2, 1, shape, false, 0, &n_bytes, &failed));
    ck_assert_str_eq(failed.what, "two results are called 'a'");
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, files_are_read_or_refused, 0, (int)(sizeof files / sizeof *files));
    tcase_add_test(tests, a_header_is_understood);
    tcase_add_test(tests, a_file_may_end_anywhere);
    tcase_add_test(tests, a_header_may_hold_anything);
    tcase_add_loop_test(tests, what_is_written_is_read, 0, (int)(sizeof written / sizeof *written));
    tcase_add_test(tests, what_npy_cannot_hold_is_refused);
}

int main(void) {
    return run_suite("cli npy", add);
}
