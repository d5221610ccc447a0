/* SPDX-License-Identifier: MIT */
/*
 * The definitions of core/strings.h said for speed: short strings are compared as words of eight
 * bytes, without a call and with few branches for their lengths. Nothing is read beyond a string:
 * words at its ends overlap where it is no multiple of eight long.
 */
#ifndef EVEX_EVAL_QUICK_STRINGS_H
#define EVEX_EVAL_QUICK_STRINGS_H

#if defined(__AVX2__)
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

#if defined(__AVX512BW__) && defined(__AVX512VL__)
/* The same without a branch: lengths are hard to foresee. */
EVEX_DEF uint64_t text_head_at_once(const char *p, size_t n) {
    const __mmask16 mask = (__mmask16)((1u << (n < 8 ? n : 8)) - 1);
    return (uint64_t)_mm_cvtsi128_si64(_mm_maskz_loadu_epi8(mask, p));
}
#else
/* The same with one branch: words at both ends of up to eight bytes overlap. */
EVEX_DEF uint64_t text_head_at_once(const char *p, size_t n) {
    if (n < 4)
        return text_head(p, n);
    const size_t rest = n < 8 ? n - 4 : 4;
    return text_load4(p) | (uint64_t)text_load4(p + rest) >> (8 * (4 - rest)) << 32;
}
#endif

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

/* ---- Beside one string ---------------------------------------------------------------------- */

/* A string that many are compared with. */
typedef struct {
    evex_str text;
    uint64_t rank;        /* its head, in the order of strings */
    uint64_t first, last; /* its head, and its last eight bytes if it is longer */
} text_other;

EVEX_DEF text_other text_prepare_other(evex_str text) {
    const uint64_t head = text_head(text.text, text.n_bytes);
    return (text_other){text, __builtin_bswap64(head), head,
                        text.n_bytes > 8 ? text_load8(text.text + text.n_bytes - 8) : 0};
}

/* All bits set if a number of 63 bits and a sign is 0, and if it is not negative: said by
 * arithmetic, of which compilers make no branch. */
EVEX_DEF uint64_t text_bits_if_zero(uint64_t x) {
    return 0 - ((x - 1) >> 63);
}
EVEX_DEF uint64_t text_bits_if_not_negative(uint64_t x) {
    return (x >> 63) - 1;
}

/* Whether the bytes at p are b's, all of it, if they may be, as all bits of `may_be` say: else b is
 * compared with itself, so that no branch depends on what is hard to foresee. */
EVEX_DEF int text_same_if(uint64_t may_be, const char *p, const text_other *b) {
    const uintptr_t mask = (uintptr_t)may_be, own = (uintptr_t)b->text.text;
    const char *chosen = (const char *)(((uintptr_t)p & mask) | (own & ~mask));
    const size_t n = b->text.n_bytes;
    if (n <= 8)
        return ((text_head(chosen, n) ^ b->first) | ~may_be) == 0;
    return ((text_load8(chosen) ^ b->first) | (text_load8(chosen + n - 8) ^ b->last) | ~may_be) ==
           0;
}

enum { TEXT_SHORT = 16 }; /* longer texts are worth a branch */

EVEX_DEF int beside_EQ(evex_str a, const text_other *b) {
    if (b->text.n_bytes > TEXT_SHORT)
        return quick_EQ_str(a, b->text);
    return text_same_if(text_bits_if_zero(a.n_bytes ^ b->text.n_bytes), a.text, b);
}
EVEX_DEF int beside_NE(evex_str a, const text_other *b) {
    return !beside_EQ(a, b);
}
EVEX_DEF int beside_STARTSWITH(evex_str a, const text_other *b) {
    if (b->text.n_bytes > TEXT_SHORT)
        return quick_STARTSWITH_str(a, b->text);
    return text_same_if(text_bits_if_not_negative(a.n_bytes - b->text.n_bytes), a.text, b);
}
EVEX_DEF int beside_ENDSWITH(evex_str a, const text_other *b) {
    const size_t n = b->text.n_bytes;
    if (n == 0 || n > TEXT_SHORT)
        return quick_ENDSWITH_str(a, b->text);
    const uint64_t may_be = text_bits_if_not_negative(a.n_bytes - n);
    return text_same_if(may_be, (const char *)((uintptr_t)a.text + (a.n_bytes - n)), b);
}

#define TEXT_BESIDE(id, op)                                                                        \
    EVEX_DEF int beside_##id(evex_str a, const text_other *b) {                                    \
        const uint64_t x = __builtin_bswap64(text_head_at_once(a.text, a.n_bytes));                \
        return x != b->rank ? x op b->rank : compare_str(a, b->text) op 0;                         \
    }
TEXT_BESIDE(LT, <)
TEXT_BESIDE(LE, <=)
TEXT_BESIDE(GT, >)
TEXT_BESIDE(GE, >=)

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
    if (n <= 8)
        return text_pairs(needle, text_head_at_once(p, n));
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
#elif defined(__AVX2__)
/* The same: whole words of four bytes by a masked load, and the last four bytes beside them. What
 * seems to stand side by side where the two meet makes the answer at worst a careless yes. */
EVEX_DEF uint64_t text_has_pair_at_once(const text_needle *needle, const char *p, size_t n) {
    static const int32_t window[] = {-1, -1, -1, -1, 0, 0, 0, 0};
    if (n < 4)
        return text_pairs(needle, text_head(p, n));
    const __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(window + 4 - n / 4));
    const __m128i words = _mm_maskload_epi32((const int *)(const void *)p, mask);
    const __m128i last = _mm_cvtsi32_si128((int)text_load4(p + n - 4));
    const __m256i text = _mm256_inserti128_si256(_mm256_castsi128_si256(words), last, 1);
    const __m256i first = _mm256_cmpeq_epi8(text, _mm256_set1_epi64x((int64_t)needle->first));
    const __m256i second = _mm256_cmpeq_epi8(text, _mm256_set1_epi64x((int64_t)needle->second));
    return (uint32_t)_mm256_movemask_epi8(first) & (uint32_t)_mm256_movemask_epi8(second) >> 1;
}
#define TEXT_AT_ONCE 16
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
