/* SPDX-License-Identifier: MIT */
/*
 * The definitions of core/strings.h said for speed: short strings are compared as words of eight
 * bytes, without a call and with few branches for their lengths. Nothing is read beyond a string:
 * words at its ends overlap where it is no multiple of eight long.
 */
#ifndef EVEX_EVAL_QUICK_STRINGS_H
#define EVEX_EVAL_QUICK_STRINGS_H

#if defined(__AVX512BW__) && defined(__AVX512VL__)
#include <immintrin.h>
#endif

#include "core/strings.h"

/* Loads in memory order, the first byte lowest. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TEXT_ORDER(x, swap) swap(x)
#else
#define TEXT_ORDER(x, swap) (x)
#endif

EVEX_DEF uint64_t text_load8(const char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return TEXT_ORDER(x, __builtin_bswap64);
}
EVEX_DEF uint32_t text_load4(const char *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return TEXT_ORDER(x, __builtin_bswap32);
}

/* The first eight bytes, zeros behind the end of a shorter text. */
EVEX_DEF uint64_t text_head(const char *p, size_t n) {
    if (n >= 8)
        return text_load8(p);
    if (n >= 4)
        return text_load4(p) | (uint64_t)text_load4(p + n - 4) >> (8 * (8 - n)) << 32;
    if (n == 0)
        return 0;
    const uint64_t first = (unsigned char)p[0], middle = (unsigned char)p[n / 2],
                   last = (unsigned char)p[n - 1];
    return first | middle << (8 * (n / 2)) | last << (8 * (n - 1));
}

/* Whether n bytes are the same. */
EVEX_DEF int text_same(const char *p, const char *q, size_t n) {
    if (n > 16)
        return memcmp(p, q, n) == 0;
    if (n >= 8)
        return ((text_load8(p) ^ text_load8(q)) |
                (text_load8(p + n - 8) ^ text_load8(q + n - 8))) == 0;
    return text_head(p, n) == text_head(q, n);
}

EVEX_DEF int quick_EQ_str(evex_str a, evex_str b) {
    return a.n_bytes == b.n_bytes && text_same(a.text, b.text, a.n_bytes);
}
EVEX_DEF int quick_NE_str(evex_str a, evex_str b) {
    return !quick_EQ_str(a, b);
}

/* The heads decide most orders; equal heads may still hide a NUL that is there from one that is
 * not. */
EVEX_DEF int quick_LT_str(evex_str a, evex_str b) {
    const uint64_t x = __builtin_bswap64(text_head(a.text, a.n_bytes));
    const uint64_t y = __builtin_bswap64(text_head(b.text, b.n_bytes));
    return x != y ? x < y : compare_str(a, b) < 0;
}
EVEX_DEF int quick_LE_str(evex_str a, evex_str b) {
    return !quick_LT_str(b, a);
}
EVEX_DEF int quick_GT_str(evex_str a, evex_str b) {
    return quick_LT_str(b, a);
}
EVEX_DEF int quick_GE_str(evex_str a, evex_str b) {
    return !quick_LT_str(a, b);
}

EVEX_DEF int quick_STARTSWITH_str(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes && text_same(a.text, b.text, b.n_bytes);
}
EVEX_DEF int quick_ENDSWITH_str(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes &&
           (b.n_bytes == 0 || text_same(a.text + (a.n_bytes - b.n_bytes), b.text, b.n_bytes));
}

/* ---- Lengths -------------------------------------------------------------------------------- */

/* How many of eight bytes continue a character: their highest bits are 10. */
EVEX_DEF int64_t text_continuations(uint64_t x) {
    return __builtin_popcountll(x >> 7 & ~x >> 6 & 0x0101010101010101u);
}

EVEX_DEF int64_t quick_LEN_str(evex_str a) {
    int64_t n = (int64_t)a.n_bytes;
    size_t i = 0;
    if (n == 0)
        return 0;
    for (; a.n_bytes - i >= 8; i += 8)
        n -= text_continuations(text_load8(a.text + i));
    return n - text_continuations(text_head(a.text + i, a.n_bytes - i));
}

/* ---- Searching ------------------------------------------------------------------------------ */

/* What is looked for: its first two bytes, each in all bytes of a word. */
typedef struct {
    evex_str text;
    uint64_t first, second;
} text_needle;

#define TEXT_ONES 0x0101010101010101u
#define TEXT_HIGHS 0x8080808080808080u

EVEX_DEF text_needle text_prepare(evex_str text) {
    const size_t n = text.n_bytes;
    return (text_needle){text, n > 0 ? TEXT_ONES * (unsigned char)text.text[0] : 0,
                         n > 1 ? TEXT_ONES * (unsigned char)text.text[1] : 0};
}

/* A high bit for each byte of x that is 0, and perhaps for some behind the first such. */
EVEX_DEF uint64_t text_zeros(uint64_t x) {
    return (x - TEXT_ONES) & ~x & TEXT_HIGHS;
}

/* Not 0 if the needle's first two bytes stand side by side in the word. */
EVEX_DEF uint64_t text_pairs(const text_needle *needle, uint64_t x) {
    return text_zeros(x ^ needle->first) & text_zeros(x ^ needle->second) >> 8;
}

/* Not 0 if they do in a text of at least two bytes. Each word has the last byte of the one before.
 */
EVEX_DEF uint64_t text_has_pair_by_words(const text_needle *needle, const char *p, size_t n) {
    if (n < 8) {
        if (n < 4)
            return text_pairs(needle, (text_head(p, n)));
        return text_pairs(needle, text_load4(p)) | text_pairs(needle, text_load4(p + n - 4));
    }
    uint64_t found = text_pairs(needle, text_load8(p + n - 8));
    for (size_t i = 0; i + 8 <= n; i += 7)
        found |= text_pairs(needle, text_load8(p + i));
    return found;
}

#if defined(__AVX512BW__) && defined(__AVX512VL__)
/* The same, of a text of at most 32 bytes: a masked load touches nothing behind it. */
EVEX_DEF uint64_t text_has_pair_at_once(const text_needle *needle, const char *p, size_t n) {
    const __m256i text = _mm256_maskz_loadu_epi8((__mmask32)(((uint64_t)1 << n) - 1), p);
    const __mmask32 first =
        _mm256_cmpeq_epi8_mask(text, _mm256_set1_epi64x((int64_t)needle->first));
    const __mmask32 second =
        _mm256_cmpeq_epi8_mask(text, _mm256_set1_epi64x((int64_t)needle->second));
    return first & second >> 1;
}
#define TEXT_AT_ONCE 32
#else
#define text_has_pair_at_once text_has_pair_by_words
#define TEXT_AT_ONCE 0
#endif

EVEX_DEF uint64_t text_has_pair(const text_needle *needle, const char *p, size_t n) {
    return n <= TEXT_AT_ONCE ? text_has_pair_at_once(needle, p, n)
                             : text_has_pair_by_words(needle, p, n);
}

EVEX_DEF int text_contains(const text_needle *needle, evex_str a) {
    if (needle->text.n_bytes > a.n_bytes)
        return 0;
    if (needle->text.n_bytes < 2)
        return contains_str(a, needle->text);
    return text_has_pair(needle, a.text, a.n_bytes) != 0 && contains_str(a, needle->text);
}

EVEX_DEF int quick_CONTAINS_str(evex_str a, evex_str b) {
    const text_needle needle = text_prepare(b);
    return text_contains(&needle, a);
}

#endif
