/* SPDX-License-Identifier: MIT */
/*
 * Movers of validity that is not a byte an element: masks, which are true where an element is null,
 * and bitmaps. A bitmap's addresses and strides count bits (bind.h), so that whoever walks through
 * an array needs to know nothing of it; here they become bytes and a place in them.
 */
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "eval/gather.h"

void evex_gather_mask(evex_gather *to, const char *from, int64_t stride, size_t n) {
    for (size_t i = 0; i < n; i++, from += stride)
        to->block[i] = *from == 0;
    to->block += n;
}

void evex_scatter_mask(char *to, int64_t stride, const char *from, size_t n) {
    for (size_t i = 0; i < n; i++, to += stride)
        *to = from[i] == 0;
}

static inline char bit_at(uintptr_t place) {
    return (char)(*(const unsigned char *)(place / 8) >> place % 8 & 1);
}

/* Eight bits as eight bytes of 0 or 1: each bit is brought to the byte that it is for, and turned
 * into that byte's lowest by a carry. */
static inline uint64_t spread(uint8_t bits) {
    const uint64_t each = bits * 0x0101010101010101u & 0x8040201008040201u;
    return (each + 0x7f7f7f7f7f7f7f7fu) >> 7 & 0x0101010101010101u;
}

#ifdef __SSE2__
/* The bits of two bytes, each of which x has eight times. */
static inline void store_bits(char *block, __m128i x) {
    const __m128i bits = _mm_set1_epi64x((long long)0x8040201008040201u);
    const __m128i is_set = _mm_cmpeq_epi8(_mm_and_si128(x, bits), bits);
    _mm_storeu_si128((__m128i *)(void *)block, _mm_and_si128(is_set, _mm_set1_epi8(1)));
}

/* Eight bytes at a time, as many as there are; how many it was. */
static size_t gather_words(char *block, const unsigned char *from, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8, block += 64) {
        const __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)(from + i));
        const __m128i twice = _mm_unpacklo_epi8(x, x);
        const __m128i low = _mm_unpacklo_epi16(twice, twice);
        const __m128i high = _mm_unpackhi_epi16(twice, twice);
        store_bits(block, _mm_unpacklo_epi32(low, low));
        store_bits(block + 16, _mm_unpackhi_epi32(low, low));
        store_bits(block + 32, _mm_unpacklo_epi32(high, high));
        store_bits(block + 48, _mm_unpackhi_epi32(high, high));
    }
    return i;
}
#else
static size_t gather_words(char *block, const unsigned char *from, size_t n) {
    (void)block, (void)from, (void)n;
    return 0;
}
#endif

/* Whole bytes of a bitmap. */
static void gather_bytes(char *block, const unsigned char *from, size_t n) {
    for (size_t i = gather_words(block, from, n); i < n; i++) {
        uint64_t eight = spread(from[i]);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        eight = __builtin_bswap64(eight);
#endif
        memcpy(block + 8 * i, &eight, sizeof eight);
    }
}

void evex_gather_bits(evex_gather *to, const char *from, int64_t stride, size_t n) {
    uintptr_t place = (uintptr_t)from;
    char *block = to->block, *end = block + n;
    if (stride == 1) {
        for (; block < end && place % 8 != 0; place++)
            *block++ = bit_at(place);
        const size_t n_bytes = (size_t)(end - block) / 8;
        gather_bytes(block, (const unsigned char *)(place / 8), n_bytes);
        block += 8 * n_bytes;
        place += 8 * n_bytes;
    }
    for (; block < end; place += (uintptr_t)stride)
        *block++ = bit_at(place);
    to->block = end;
}
