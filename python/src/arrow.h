/* SPDX-License-Identifier: MIT */
/*
 * The structs of Arrow's C data and stream interfaces, whose layout the interfaces lay down
 * (https://arrow.apache.org/docs/format/CDataInterface.html), and the formats that evex knows.
 */
#ifndef EVEX_PYTHON_ARROW_H
#define EVEX_PYTHON_ARROW_H

#include "python/src/binding.h"

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

enum { ARROW_IS_NULLABLE = 2 };

/* Buffers of an array without children: a bit for each valid element (may be absent), the values or
 * offsets, and of strings the text. */
enum { ARROW_VALIDITY, ARROW_VALUES, ARROW_TEXT, N_ARROW_BUFFERS };

typedef struct {
    const char *format; /* of times: what it begins with */
    evex_dtype dtype;
    uint8_t unit, str_form;
} arrow_format;

/* NULL: none of ours. */
const arrow_format *evex_arrow_find_format(const char *format);
/* The format of results; NULL: Arrow has none. */
const char *evex_arrow_format_of(evex_dtype dtype, int unit);

#endif
