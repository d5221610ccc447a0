/* SPDX-License-Identifier: MIT */
/*
 * Arrays of strings in every form that the library reads, made from a list of UTF-8 texts that do
 * not end in NUL.
 */
#ifndef EVEX_TESTS_STRINGS_FIXTURE_H
#define EVEX_TESTS_STRINGS_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "include/evex.h"
#include "tests/suite.h"

typedef enum {
    FORM_VIEWS,
    FORM_BYTES,
    FORM_BYTES_STRIDED,
    FORM_UCS4,
    FORM_UCS4_SWAPPED,
    FORM_UCS4_REVERSED,
    FORM_OFFSETS32,
    FORM_OFFSETS64,
    N_FORMS
} string_form;

/* The array's strides and all that it points to are the fixture's. */
typedef struct {
    evex_array array;
    int64_t shape[1], strides[1];
    void *data;
    char *text;
} string_array;

static inline void *string_memory(size_t n_bytes) {
    void *memory = calloc(1, n_bytes + 1);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static inline uint32_t next_code_point(const char **p) {
    const unsigned char *b = (const unsigned char *)*p;
    const int n = b[0] < 0x80 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? b[0] : b[0] & (0x7fu >> n);
    for (int k = 1; k < n; k++)
        c = c << 6 | (b[k] & 0x3fu);
    *p += n;
    return c;
}

static inline size_t longest_of(const evex_str *texts, size_t n) {
    size_t longest = 0;
    for (size_t i = 0; i < n; i++)
        longest = texts[i].n_bytes > longest ? texts[i].n_bytes : longest;
    return longest;
}

static inline void fill_views(string_array *made, const evex_str *texts, size_t n) {
    made->data = string_memory(n * sizeof *texts);
    memcpy(made->data, texts, n * sizeof *texts);
    made->array.data = made->data;
    made->strides[0] = sizeof *texts;
}

static inline void fill_bytes(string_array *made, const evex_str *texts, size_t n, size_t gap) {
    const size_t width = longest_of(texts, n) + 1;
    char *data = made->data = string_memory(n * (width + gap));
    memset(data, 'x', n * (width + gap));
    for (size_t i = 0; i < n; i++) {
        memset(data + i * (width + gap), 0, width);
        memcpy(data + i * (width + gap), texts[i].text, texts[i].n_bytes);
    }
    made->array.data = data;
    made->array.str_form = EVEX_STR_BYTES;
    made->array.item_bytes = width;
    made->strides[0] = (int64_t)(width + gap);
}

static inline void fill_ucs4(string_array *made, const evex_str *texts, size_t n, int is_swapped,
                             int is_reversed) {
    const size_t width = longest_of(texts, n) + 1;
    uint32_t *data = made->data = string_memory(4 * n * width);
    for (size_t i = 0; i < n; i++) {
        uint32_t *to = data + (is_reversed ? n - 1 - i : i) * width;
        for (const char *p = texts[i].text; p < texts[i].text + texts[i].n_bytes; to++) {
            *to = next_code_point(&p);
            *to = is_swapped ? __builtin_bswap32(*to) : *to;
        }
    }
    made->array.data = data + (is_reversed && n > 0 ? (n - 1) * width : 0);
    made->array.str_form = EVEX_STR_UCS4;
    made->array.item_bytes = 4 * width;
    made->array.byte_swapped = (uint8_t)is_swapped;
    made->strides[0] = (is_reversed ? -4 : 4) * (int64_t)width;
}

/* The first offset is not 0, as in a slice of a longer column. */
static inline void fill_offsets(string_array *made, const evex_str *texts, size_t n, int is_wide) {
    size_t n_bytes = 3;
    for (size_t i = 0; i < n; i++)
        n_bytes += texts[i].n_bytes;
    made->text = string_memory(n_bytes);
    made->data = string_memory((n + 1) * (is_wide ? 8 : 4));
    int64_t end = 3;
    for (size_t i = 0; i <= n; i++) {
        if (is_wide)
            ((int64_t *)made->data)[i] = end;
        else
            ((int32_t *)made->data)[i] = (int32_t)end;
        if (i == n)
            break;
        if (texts[i].n_bytes > 0)
            memcpy(made->text + end, texts[i].text, texts[i].n_bytes);
        end += (int64_t)texts[i].n_bytes;
    }
    made->array.data = made->data;
    made->array.text = made->text;
    made->array.str_form = is_wide ? EVEX_STR_OFFSETS64 : EVEX_STR_OFFSETS32;
    made->strides[0] = is_wide ? 8 : 4;
}

/* Must stay where it is, and be freed with free_strings(). */
static inline void make_strings(string_array *made, string_form form, const evex_str *texts,
                                size_t n) {
    *made = (string_array){.array = EVEX_ARRAY_INIT};
    made->array.dtype = EVEX_STR;
    made->array.ndim = 1;
    made->array.shape = made->shape;
    made->array.strides = made->strides;
    made->shape[0] = (int64_t)n;
    if (form == FORM_VIEWS)
        fill_views(made, texts, n);
    else if (form == FORM_BYTES || form == FORM_BYTES_STRIDED)
        fill_bytes(made, texts, n, form == FORM_BYTES ? 0 : 5);
    else if (form == FORM_OFFSETS32 || form == FORM_OFFSETS64)
        fill_offsets(made, texts, n, form == FORM_OFFSETS64);
    else
        fill_ucs4(made, texts, n, form == FORM_UCS4_SWAPPED, form == FORM_UCS4_REVERSED);
}

static inline void free_strings(string_array *made) {
    free(made->data);
    free(made->text);
}

#endif
