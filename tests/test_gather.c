/* SPDX-License-Identifier: MIT */
/*
 * Movers between memory and blocks: every dtype in both byte orders, at every alignment and several
 * strides, against byte loops; strings of fixed width against their UTF-8.
 */
#include "eval/gather.h"

#include <stdlib.h>
#include <string.h>

#include "core/dtype.h"
#include "eval/kernels.h"
#include "tests/suite.h"

enum { N = 37, MAX_STRIDE = 40, ROOM = N * MAX_STRIDE * 2 };

/* The place of byte k of an element in the other byte order: halves of complex numbers by
 * themselves. */
static size_t swapped_place(evex_dtype dtype, size_t k) {
    const size_t size = evex_dtype_size(dtype);
    const size_t part = dtype == EVEX_C64 || dtype == EVEX_C128 ? size / 2 : size;
    return k / part * part + (part - 1 - k % part);
}

static void fill(unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 131 + i / 256 * 17 + 5);
}

static void check_movers(const evex_view *view, int64_t stride, size_t offset) {
    static unsigned char memory[ROOM], block[N * 16], back[ROOM], wanted[ROOM];
    const size_t size = view->item_bytes;
    fill(memory, sizeof memory);
    char *const place = (char *)memory + offset + (stride < 0 ? ROOM / 2 : 0);
    evex_gather to = {.block = (char *)block, .item_bytes = size};
    evex_gather_find(view)(&to, place, stride, N);
    ck_assert_ptr_eq(to.block, block + N * size);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < size; k++) {
            const size_t from = view->is_swapped ? swapped_place(view->dtype, k) : k;
            ck_assert_uint_eq(block[i * size + k],
                              (unsigned char)place[(int64_t)i * stride + (int64_t)from]);
        }
    memset(back, 0xee, sizeof back);
    memset(wanted, 0xee, sizeof wanted);
    char *const target = (char *)back + (place - (char *)memory);
    evex_scatter_find(view)(target, stride, (const char *)block, N);
    for (size_t i = 0; i < N; i++)
        memcpy(wanted + (place - (char *)memory) + (int64_t)i * stride, place + (int64_t)i * stride,
               size);
    ck_assert(memcmp(back, wanted, sizeof back) == 0);
}

START_TEST(numbers_of_every_type) {
    const evex_dtype dtype = (evex_dtype)_i;
    const int64_t size = (int64_t)evex_dtype_size(dtype);
    for (int swapped = 0; swapped < (dtype == EVEX_STR ? 1 : 2); swapped++)
        for (size_t offset = 0; offset < 9; offset++) {
            const evex_view view = {.dtype = dtype,
                                    .item_bytes = (size_t)size,
                                    .is_swapped = (uint8_t)(swapped && size > 1)};
            const int64_t strides[] = {size, size + 1, 2 * size, -size, -size - 3};
            for (size_t k = 0; k < sizeof strides / sizeof *strides; k++)
                check_movers(&view, strides[k], offset);
        }
}
END_TEST

/* The movers of every instruction set read exactly the elements: memory ends with the last one, for
 * valgrind and sanitizers to see. */
START_TEST(movers_do_as_gathers) {
    static const struct {
        evex_dtype dtype;
        uint8_t is_swapped;
    } rows[] = {{EVEX_F32, 0}, {EVEX_F64, 0}, {EVEX_I32, 1}, {EVEX_F64, 1}};
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t t = 0; t < n_tables; t++) {
            const size_t size = evex_dtype_size(rows[r].dtype);
            const evex_view view = {
                .dtype = rows[r].dtype, .item_bytes = size, .is_swapped = rows[r].is_swapped};
            const evex_mover mover = evex_gather_find_mover(&view, tables[t]->move);
            ck_assert((mover == NULL) == (strcmp(tables[t]->isa, "ref") == 0));
            const int64_t strides[] = {(int64_t)size, 2 * (int64_t)size, -(int64_t)size, 24, -16};
            for (size_t k = 0; mover != NULL && k < sizeof strides / sizeof *strides; k++)
                for (size_t n = 1; n < 100; n++) {
                    const size_t step = (size_t)(strides[k] < 0 ? -strides[k] : strides[k]);
                    unsigned char *memory = malloc((n - 1) * step + size);
                    fill(memory, (n - 1) * step + size);
                    const char *first = (char *)memory + (strides[k] < 0 ? (n - 1) * step : 0);
                    char wanted[100 * 8], *block = malloc(n * size);
                    evex_gather_find (&view)(&(evex_gather){.block = wanted, .item_bytes = size},
                                             first, strides[k], n);
                    mover(block, first, strides[k], n);
                    ck_assert(memcmp(block, wanted, n * size) == 0);
                    free(block);
                    free(memory);
                }
        }
}
END_TEST

/* Rows of several lengths and steps, adjacent, apart, repeated and crosswise, against single rows:
 * out of memory into a block and back. */
static void check_rows(const evex_view *view, size_t n, size_t n_rows, evex_steps steps) {
    enum { SIDE = 1 << 16 };
    static char memory[SIDE], back[SIDE], wanted[SIDE], block[SIDE], row[SIDE];
    const size_t size = view->item_bytes;
    const evex_steps packed = {(int64_t)size, (int64_t)(n * size)};
    const evex_rows_mover move = evex_gather_find_rows(view);
    ck_assert(move != NULL);
    fill((unsigned char *)memory, SIDE);
    memset(block, 0x11, SIDE);
    move(block, packed, memory + SIDE / 2, steps, n, n_rows);
    memset(back, 0xee, SIDE);
    memset(wanted, 0xee, SIDE);
    move(back + SIDE / 2, steps, block, packed, n, n_rows);
    for (size_t r = 0; r < n_rows; r++) {
        const int64_t place = SIDE / 2 + (int64_t)r * steps.row;
        evex_gather_find(view)(&(evex_gather){.block = row, .item_bytes = size}, memory + place,
                               steps.element, n);
        ck_assert(memcmp(block + r * n * size, row, n * size) == 0);
        for (size_t i = 0; i < n; i++)
            memcpy(wanted + place + (int64_t)i * steps.element,
                   memory + place + (int64_t)i * steps.element, size);
    }
    ck_assert_int_eq(block[n_rows * n * size], 0x11);
    ck_assert(memcmp(back, wanted, SIDE) == 0);
}

START_TEST(rows_do_as_gathers) {
    static const evex_dtype dtypes[] = {EVEX_U8, EVEX_I16, EVEX_F32, EVEX_F64};
    static const size_t lengths[] = {1, 2, 3, 7, 8, 9, 16, 21, 63};
    const int64_t size = 1 << _i / 2;
    const evex_view view = {
        .dtype = dtypes[_i / 2], .item_bytes = (size_t)size, .is_swapped = _i % 2 && size > 1};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
        for (size_t n_rows = 1; n_rows < 20; n_rows += 6) {
            const int64_t n = (int64_t)lengths[k];
            const evex_steps steps[] = {{size, n * size + 5},
                                        {size, -n * size},
                                        {0, size},
                                        {size, 0},
                                        {20 * size, size},
                                        {-20 * size, -size},
                                        {2 * size, 2 * n * size}};
            for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
                check_rows(&view, lengths[k], n_rows, steps[s]);
        }
}
END_TEST

/* ---- Strings -------------------------------------------------------------------------------- */

START_TEST(bytes_lose_trailing_nuls) {
    static const char items[4][5] = {{'a', 'b'}, {0}, {'a', 0, 'b'}, {'f', 'i', 'v', 'e', '5'}};
    static const size_t lengths[4] = {2, 0, 3, 5};
    const evex_view view = {.dtype = EVEX_STR, .str_form = EVEX_STR_BYTES, .item_bytes = 5};
    evex_str block[4];
    evex_gather to = {.block = (char *)block, .item_bytes = 5};
    evex_gather_find (&view)(&to, items[0], 5, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_eq(block[i].text, items[i]);
        ck_assert_uint_eq(block[i].n_bytes, lengths[i]);
    }
    ck_assert(evex_scatter_find(&view) == NULL);
}
END_TEST

/* The borders of UTF-8's lengths, a lone surrogate and what is beyond Unicode. */
START_TEST(code_points_become_utf8) {
    static const struct {
        uint32_t code_point;
        const char *utf8;
    } rows[] = {{0x41, "A"},
                {0x7f, "\x7f"},
                {0x80, "\xc2\x80"},
                {0x7ff, "\xdf\xbf"},
                {0x800, "\xe0\xa0\x80"},
                {0xd800, "\xed\xa0\x80"},
                {0xffff, "\xef\xbf\xbf"},
                {0x10000, "\xf0\x90\x80\x80"},
                {0x10ffff, "\xf4\x8f\xbf\xbf"},
                {0x110000, "\xef\xbf\xbd"},
                {0xffffffff, "\xef\xbf\xbd"}};
    enum { ROWS = sizeof rows / sizeof *rows };
    for (int swapped = 0; swapped < 2; swapped++) {
        uint32_t items[ROWS][3];
        char text[ROWS * 12];
        evex_str block[ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            const uint32_t c = rows[i].code_point;
            items[i][0] = swapped ? __builtin_bswap32(c) : c;
            items[i][1] = 0; /* a NUL inside is kept */
            items[i][2] = swapped ? __builtin_bswap32('z') : 'z';
        }
        const evex_view view = {.dtype = EVEX_STR,
                                .str_form = EVEX_STR_UCS4,
                                .item_bytes = 12,
                                .is_swapped = (uint8_t)swapped};
        evex_gather to = {.block = (char *)block, .text = text, .item_bytes = 12};
        evex_gather_find (&view)(&to, (const char *)items, 12, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            const size_t n_bytes = strlen(rows[i].utf8);
            ck_assert_uint_eq(block[i].n_bytes, n_bytes + 2);
            ck_assert(memcmp(block[i].text, rows[i].utf8, n_bytes) == 0);
            ck_assert(block[i].text[n_bytes] == '\0' && block[i].text[n_bytes + 1] == 'z');
        }
    }
}
END_TEST

/* What the offsets say, and for those that stray what lies within the first and the last. */
START_TEST(offsets_stay_within_their_texts) {
    static const char text[] = "__abcdef";
    static const int32_t narrow[] = {2, 5, 5, 4, 100, -100, 8};
    static const char *const wanted[] = {"abc", "", "", "cdef", "", "abcdef"};
    enum { ITEMS = sizeof wanted / sizeof *wanted };
    int64_t wide[ITEMS + 1];
    evex_str block[ITEMS];
    for (int k = 0; k <= ITEMS; k++)
        wide[k] = narrow[k];
    for (int is_wide = 0; is_wide < 2; is_wide++) {
        const evex_view view = {.dtype = EVEX_STR,
                                .str_form = is_wide ? EVEX_STR_OFFSETS64 : EVEX_STR_OFFSETS32,
                                .item_bytes = is_wide ? 8 : 4};
        evex_gather to = {.block = (char *)block, .texts = {text, 2, 8}};
        const char *from = is_wide ? (const char *)wide : (const char *)narrow;
        evex_gather_find (&view)(&to, from, (int64_t)view.item_bytes, ITEMS);
        for (int k = 0; k < ITEMS; k++) {
            ck_assert_uint_eq(block[k].n_bytes, strlen(wanted[k]));
            ck_assert(memcmp(block[k].text, wanted[k], block[k].n_bytes) == 0);
        }
        ck_assert(evex_scatter_find(&view) == NULL);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, numbers_of_every_type, 0, EVEX_N_DTYPES);
    tcase_add_test(tests, movers_do_as_gathers);
    tcase_add_loop_test(tests, rows_do_as_gathers, 0, 8);
    tcase_add_test(tests, bytes_lose_trailing_nuls);
    tcase_add_test(tests, code_points_become_utf8);
    tcase_add_test(tests, offsets_stay_within_their_texts);
}

int main(void) {
    return run_suite("gather", add_tests);
}
