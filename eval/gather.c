/* SPDX-License-Identifier: MIT */
/*
 * Movers for every element size and byte order, written once as macros of a size; see gather.h. A
 * run whose elements are adjacent and native is one memcpy; others go element by element through
 * memcpy of a constant size, which compiles to plain unaligned loads and stores. Strings become
 * views of what stands in memory, or, of UCS-4, of UTF-8 that is made of it.
 */
#include "eval/gather.h"

#include <string.h>

#include "eval/quick_strings.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- Numbers -------------------------------------------------------------------------------- */

typedef struct {
    uint64_t low, high;
} word16;

static inline uint16_t swap2(uint16_t x) {
    return __builtin_bswap16(x);
}
static inline uint32_t swap4(uint32_t x) {
    return __builtin_bswap32(x);
}
static inline uint64_t swap8(uint64_t x) {
    return __builtin_bswap64(x);
}
/* Complex numbers: each half for itself. */
static inline uint64_t swap4x2(uint64_t x) {
    x = __builtin_bswap64(x);
    return x << 32 | x >> 32;
}
static inline word16 swap8x2(word16 x) {
    return (word16){__builtin_bswap64(x.low), __builtin_bswap64(x.high)};
}

/* gather_<name> and scatter_<name> for elements of a type, each passed through change(). */
#define MOVERS(name, type, change)                                                                 \
    static void gather_##name(evex_gather *to, const char *from, int64_t stride, size_t n) {       \
        char *block = to->block;                                                                   \
        for (size_t i = 0; i < n; i++, from += stride, block += sizeof(type)) {                    \
            type x;                                                                                \
            memcpy(&x, from, sizeof x);                                                            \
            x = change(x);                                                                         \
            memcpy(block, &x, sizeof x);                                                           \
        }                                                                                          \
        to->block = block;                                                                         \
    }                                                                                              \
    static void scatter_##name(char *to, int64_t stride, const char *from, size_t n) {             \
        for (size_t i = 0; i < n; i++, to += stride, from += sizeof(type)) {                       \
            type x;                                                                                \
            memcpy(&x, from, sizeof x);                                                            \
            x = change(x);                                                                         \
            memcpy(to, &x, sizeof x);                                                              \
        }                                                                                          \
    }

#define KEEP(x) (x)
MOVERS(strided1, uint8_t, KEEP)
MOVERS(strided2, uint16_t, KEEP)
MOVERS(strided4, uint32_t, KEEP)
MOVERS(strided8, uint64_t, KEEP)
MOVERS(strided16, word16, KEEP)
MOVERS(swapped2, uint16_t, swap2)
MOVERS(swapped4, uint32_t, swap4)
MOVERS(swapped8, uint64_t, swap8)
MOVERS(swapped4x2, uint64_t, swap4x2)
MOVERS(swapped8x2, word16, swap8x2)

/* The native movers, with the adjacent case taken out. */
#define NATIVE_MOVERS(size)                                                                        \
    static void gather##size(evex_gather *to, const char *from, int64_t stride, size_t n) {        \
        if (stride == (size)) {                                                                    \
            memcpy(to->block, from, n *(size));                                                    \
            to->block += n * (size);                                                               \
        } else {                                                                                   \
            gather_strided##size(to, from, stride, n);                                             \
        }                                                                                          \
    }                                                                                              \
    static void scatter##size(char *to, int64_t stride, const char *from, size_t n) {              \
        if (stride == (size))                                                                      \
            memcpy(to, from, n *(size));                                                           \
        else                                                                                       \
            scatter_strided##size(to, stride, from, n);                                            \
    }

NATIVE_MOVERS(1)
NATIVE_MOVERS(2)
NATIVE_MOVERS(4)
NATIVE_MOVERS(8)
NATIVE_MOVERS(16)

/* ---- Rows ----------------------------------------------------------------------------------- */

enum {
    BAND = 8 /* columns that are moved side by side: so many streams of lines stay in L1 even where
                their distance is a power of two */
};

static inline uint64_t magnitude(int64_t step) {
    return step < 0 ? 0 - (uint64_t)step : (uint64_t)step;
}

/* Whether a side has neighbours of a column closer together than those of a row: moved row by row,
 * each line would be fetched for one element. */
static inline int is_crossed(evex_steps steps) {
    return steps.row != 0 && magnitude(steps.row) < magnitude(steps.element);
}

/* All rows, one after the other. */
#define MOVE_ROW(type, change, to_step, from_step)                                                 \
    for (size_t r = 0; r < n_rows; r++, to += to_steps.row, from += from_steps.row)                \
        for (size_t i = 0; i < n; i++) {                                                           \
            type x;                                                                                \
            memcpy(&x, from + (int64_t)i * (int64_t)(from_step), sizeof x);                        \
            x = (type)change(x);                                                                   \
            memcpy(to + (int64_t)i * (int64_t)(to_step), &x, sizeof x);                            \
        }

#define COPY_ROWS(type, change)                                                                    \
    for (size_t r = 0; r < n_rows; r++, to += to_steps.row, from += from_steps.row)                \
        memcpy(to, from, n * sizeof(type));

#define SWAP_ROWS(type, change) MOVE_ROW(type, change, sizeof(type), sizeof(type))

/* n columns, a constant or few, down all rows. */
#define MOVE_BAND(type, change, n, to_step, from_step)                                             \
    for (size_t r = 0; r < n_rows; r++) {                                                          \
        const char *p = from + (int64_t)r * from_steps.row;                                        \
        char *q = to + (int64_t)r * to_steps.row;                                                  \
        for (int64_t i = 0; i < (n); i++) {                                                        \
            type x;                                                                                \
            memcpy(&x, p + i * (from_step), sizeof x);                                             \
            x = (type)change(x);                                                                   \
            memcpy(q + i * (to_step), &x, sizeof x);                                               \
        }                                                                                          \
    }

#define ROWS(name, type, change, adjacent)                                                         \
    static void rows_##name(char *restrict to, evex_steps to_steps, const char *restrict from,     \
                            evex_steps from_steps, size_t n, size_t n_rows) {                      \
        enum { SIZE = sizeof(type) };                                                              \
        if (n >= BAND && !is_crossed(to_steps) && !is_crossed(from_steps)) {                       \
            if (to_steps.element == SIZE && from_steps.element == SIZE) {                          \
                adjacent(type, change)                                                             \
            } else if (to_steps.element == SIZE && from_steps.element == 0) {                      \
                MOVE_ROW(type, change, SIZE, 0)                                                    \
            } else {                                                                               \
                MOVE_ROW(type, change, to_steps.element, from_steps.element)                       \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (; n >= BAND; n -= BAND) {                                                             \
            if (to_steps.element == SIZE) {                                                        \
                MOVE_BAND(type, change, BAND, SIZE, from_steps.element)                            \
            } else {                                                                               \
                MOVE_BAND(type, change, BAND, to_steps.element, from_steps.element)                \
            }                                                                                      \
            to += BAND * to_steps.element;                                                         \
            from += BAND * from_steps.element;                                                     \
        }                                                                                          \
        for (; n > 0; n--, to += to_steps.element, from += from_steps.element) {                   \
            MOVE_BAND(type, change, 1, 0, 0)                                                       \
        }                                                                                          \
    }

ROWS(1, uint8_t, KEEP, COPY_ROWS)
ROWS(2, uint16_t, KEEP, COPY_ROWS)
ROWS(4, uint32_t, KEEP, COPY_ROWS)
ROWS(8, uint64_t, KEEP, COPY_ROWS)
ROWS(swapped2, uint16_t, swap2, SWAP_ROWS)
ROWS(swapped4, uint32_t, swap4, SWAP_ROWS)
ROWS(swapped8, uint64_t, swap8, SWAP_ROWS)

/* ---- Strings of fixed width ----------------------------------------------------------------- */

/* The bytes of a text without the NULs behind it. */
static inline size_t length_by_bytes(const char *p, size_t width) {
    while (width > 0 && p[width - 1] == '\0')
        width--;
    return width;
}

/* The last eight bytes seen that are no NULs, and where they end; none: NULs. */
typedef struct {
    uint64_t word;
    size_t end;
} text_tail;

/* Takes in the eight bytes before `end`, without a branch. */
static inline text_tail take_word(text_tail before, uint64_t x, size_t end) {
    const size_t is_here = 0 - (size_t)(x != 0);
    return (text_tail){x | (before.word & ~is_here), (end & is_here) | (before.end & ~is_here)};
}

enum { LEAST_WORDS = 8, MOST_WORDS = 64 };

/* The same of a width within the two. All of it is looked at, in words of which the last two
 * overlap: how long texts are is hard to foresee, how wide they may be is always the same. */
static inline size_t length_by_words(const char *p, size_t width) {
    text_tail tail = {text_load8(p), 8};
    for (size_t i = 8; i + 8 < width; i += 8)
        tail = take_word(tail, text_load8(p + i), i + 8);
    tail = take_word(tail, text_load8(p + width - 8), width);
    return tail.word == 0 ? 0 : tail.end - (size_t)__builtin_clzll(tail.word) / 8;
}

#ifdef __SSE2__

enum { LEAST_MASKS = 8, MOST_MASKS = 32 };

/* The place of the highest bit that is set, from 1 on, or 0. As the exponent of a number, for the
 * plainest instruction that counts zeros from the high end takes several cycles. */
static inline size_t highest_bit(uint32_t x) {
    const double number = (double)(2 * (int64_t)x + 1);
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return (size_t)(bits >> 52) - 1023;
}

/* A bit for each byte that is no NUL. */
static inline uint32_t text_bytes(__m128i x) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())) ^ 0xffff;
}

/* The same of a width within the two, in halves that overlap. */
static inline size_t length_by_masks(const char *p, size_t width) {
    if (width < 16) {
        const __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)p);
        const __m128i last = _mm_loadl_epi64((const __m128i *)(const void *)(p + width - 8));
        const uint32_t bytes = text_bytes(_mm_unpacklo_epi64(first, last));
        return highest_bit((bytes & 0xff) | bytes >> 8 << (width - 8));
    }
    const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i last = _mm_loadu_si128((const __m128i *)(const void *)(p + width - 16));
    return highest_bit(text_bytes(first) | text_bytes(last) << (width - 16));
}

#else

enum { LEAST_MASKS = 1, MOST_MASKS = 0 };
#define length_by_masks length_by_words

#endif

static inline size_t length_of(const char *p, size_t width) {
    if (width >= LEAST_MASKS && width <= MOST_MASKS)
        return length_by_masks(p, width);
    if (width >= LEAST_WORDS && width <= MOST_WORDS)
        return length_by_words(p, width);
    return length_by_bytes(p, width);
}

static void gather_bytes(evex_gather *to, const char *from, int64_t stride, size_t n) {
    const size_t width = to->item_bytes;
    char *block = to->block;
    for (size_t i = 0; i < n; i++, from += stride, block += sizeof(evex_str)) {
        const evex_str view = {from, length_of(from, width)};
        memcpy(block, &view, sizeof view);
    }
    to->block = block;
}

/* Appends a code point as UTF-8. Lone surrogates keep their place in the order, as three bytes;
 * what is beyond Unicode becomes U+FFFD. */
static char *put_utf8(char *p, uint32_t c) {
    if (c > 0x10ffff)
        c = 0xfffd;
    if (c < 0x80) {
        *p++ = (char)c;
        return p;
    }
    const int n_more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    *p++ = (char)(first[n_more] | c >> (6 * n_more));
    for (int k = n_more - 1; k >= 0; k--)
        *p++ = (char)(0x80 | (c >> (6 * k) & 0x3f));
    return p;
}

static inline uint32_t load_code_point(const char *from, int is_swapped) {
    uint32_t c;
    memcpy(&c, from, sizeof c);
    return is_swapped ? swap4(c) : c;
}

/* ASCII, as most texts are: a byte a code point. What stands behind the end is NUL. Returns whether
 * it is; *length is its length in any case. */
static inline int put_ascii(char *to, const char *from, size_t width, int is_swapped,
                            size_t *length) {
    uint32_t all = 0;
    *length = 0;
    for (size_t k = 0; k < width; k++) {
        const uint32_t c = load_code_point(from + 4 * k, is_swapped);
        all |= c;
        to[k] = (char)c;
        *length = c != 0 ? k + 1 : *length;
    }
    return all < 0x80;
}

static inline void gather_ucs4_order(evex_gather *to, const char *from, int64_t stride, size_t n,
                                     int is_swapped) {
    for (size_t i = 0; i < n; i++, from += stride, to->block += sizeof(evex_str)) {
        size_t length;
        char *end = to->text;
        if (put_ascii(to->text, from, to->item_bytes / 4, is_swapped, &length))
            end += length;
        else
            for (size_t k = 0; k < length; k++)
                end = put_utf8(end, load_code_point(from + 4 * k, is_swapped));
        const evex_str view = {to->text, (size_t)(end - to->text)};
        memcpy(to->block, &view, sizeof view);
        to->text = end;
    }
}

static void gather_ucs4(evex_gather *to, const char *from, int64_t stride, size_t n) {
    gather_ucs4_order(to, from, stride, n, 0);
}

static void gather_ucs4_swapped(evex_gather *to, const char *from, int64_t stride, size_t n) {
    gather_ucs4_order(to, from, stride, n, 1);
}

/* ---- Strings by offsets --------------------------------------------------------------------- */

static inline int64_t within(int64_t x, const evex_texts *texts) {
    const int64_t y = x < texts->low ? texts->low : x;
    return y > texts->high ? texts->high : y;
}

/* An offset outside the texts counts as their end on its side, and a string whose end lies before
 * its begin is empty: odd offsets give odd strings, but nothing else is read. */
#define GATHER_OFFSETS(name, type)                                                                 \
    static void name(evex_gather *to, const char *from, int64_t stride, size_t n) {                \
        const evex_texts texts = to->texts;                                                        \
        char *block = to->block;                                                                   \
        for (size_t i = 0; i < n; i++, from += stride, block += sizeof(evex_str)) {                \
            type range[2];                                                                         \
            memcpy(range, from, sizeof range);                                                     \
            const int64_t begin = within(range[0], &texts), end = within(range[1], &texts);        \
            const evex_str view = {texts.base + begin, end > begin ? (size_t)(end - begin) : 0};   \
            memcpy(block, &view, sizeof view);                                                     \
        }                                                                                          \
        to->block = block;                                                                         \
    }

GATHER_OFFSETS(gather_offsets32, int32_t)
GATHER_OFFSETS(gather_offsets64, int64_t)

/* ---- Wider elements ------------------------------------------------------------------------- */

static inline void gather_i32_order(evex_gather *to, const char *from, int64_t stride, size_t n,
                                    int is_swapped) {
    for (size_t i = 0; i < n; i++, from += stride, to->block += sizeof(int64_t)) {
        uint32_t bits;
        memcpy(&bits, from, sizeof bits);
        const int64_t wide = (int32_t)(is_swapped ? swap4(bits) : bits);
        memcpy(to->block, &wide, sizeof wide);
    }
}

static void gather_i32_as_i64(evex_gather *to, const char *from, int64_t stride, size_t n) {
    gather_i32_order(to, from, stride, n, 0);
}

static void gather_i32_swapped_as_i64(evex_gather *to, const char *from, int64_t stride, size_t n) {
    gather_i32_order(to, from, stride, n, 1);
}

/* ---- Choice --------------------------------------------------------------------------------- */

static evex_gather_fn find_strings(const evex_view *view) {
    switch ((evex_str_form)view->str_form) {
    case EVEX_STR_BYTES:
        return gather_bytes;
    case EVEX_STR_UCS4:
        return view->is_swapped ? gather_ucs4_swapped : gather_ucs4;
    case EVEX_STR_OFFSETS32:
        return gather_offsets32;
    case EVEX_STR_OFFSETS64:
        return gather_offsets64;
    case EVEX_STR_VIEWS:
        break;
    }
    return gather16;
}

evex_gather_fn evex_gather_find(const evex_view *view) {
    if (view->dtype == EVEX_STR)
        return find_strings(view);
    if (view->validity_form != EVEX_VALIDITY_BYTES)
        return view->validity_form == EVEX_VALIDITY_MASK ? evex_gather_mask : evex_gather_bits;
    if (view->is_swapped && view->dtype == EVEX_C64)
        return gather_swapped4x2;
    switch (view->item_bytes) {
    case 1:
        return gather1;
    case 2:
        return view->is_swapped ? gather_swapped2 : gather2;
    case 4:
        return view->is_swapped ? gather_swapped4 : gather4;
    case 8:
        return view->is_swapped ? gather_swapped8 : gather8;
    default:
        return view->is_swapped ? gather_swapped8x2 : gather16;
    }
}

evex_gather_fn evex_gather_find_as(const evex_view *view, evex_dtype dtype) {
    if (view->dtype == EVEX_I32 && dtype == EVEX_I64)
        return view->is_swapped ? gather_i32_swapped_as_i64 : gather_i32_as_i64;
    return evex_gather_find(view);
}

evex_mover evex_gather_find_mover(const evex_view *view, const evex_mover_table *table) {
    if (view->dtype == EVEX_STR || view->dtype == EVEX_C64)
        return NULL;
    if (view->item_bytes == 4)
        return view->is_swapped ? table->gather_swapped4 : table->gather4;
    if (view->item_bytes == 8)
        return view->is_swapped ? table->gather_swapped8 : table->gather8;
    return NULL;
}

evex_rows_mover evex_gather_find_rows(const evex_view *view) {
    static const evex_rows_mover native[] = {rows_1, rows_2, rows_4, rows_8},
                                 swapped[] = {NULL, rows_swapped2, rows_swapped4, rows_swapped8};
    const size_t size = view->item_bytes;
    if (view->dtype == EVEX_STR || size > 8 || (view->is_swapped && view->dtype == EVEX_C64) ||
        view->validity_form != EVEX_VALIDITY_BYTES)
        return NULL;
    return (view->is_swapped ? swapped : native)[size == 8 ? 3 : size / 2];
}

evex_scatter_fn evex_scatter_find(const evex_view *view) {
    if (view->dtype == EVEX_STR && view->str_form != EVEX_STR_VIEWS)
        return NULL;
    if (view->is_swapped && view->dtype == EVEX_C64)
        return scatter_swapped4x2;
    if (view->validity_form == EVEX_VALIDITY_MASK)
        return evex_scatter_mask;
    switch (view->item_bytes) {
    case 1:
        return scatter1;
    case 2:
        return view->is_swapped ? scatter_swapped2 : scatter2;
    case 4:
        return view->is_swapped ? scatter_swapped4 : scatter4;
    case 8:
        return view->is_swapped ? scatter_swapped8 : scatter8;
    default:
        return view->is_swapped ? scatter_swapped8x2 : scatter16;
    }
}
