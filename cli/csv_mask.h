/* SPDX-License-Identifier: MIT */
/*
 * 64 bytes of text to a mask of the characters that can end or open a field: the delimiter, the
 * quote, the newline and the carriage return. With SSE2, which every x86-64 has, or eight bytes
 * at a time in a register.
 */
#ifndef EVEX_CLI_CSV_MASK_H
#define EVEX_CLI_CSV_MASK_H

#include <stdint.h>
#include <string.h>

enum { CSV_MASK_BYTES = 64 };

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t csv_mask_16(const char *bytes, char delimiter) {
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    __m128i found = _mm_cmpeq_epi8(text, _mm_set1_epi8(delimiter));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8('\n')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_set1_epi8('\r')));
    return (uint64_t)(unsigned)_mm_movemask_epi8(found);
}

/* Bit i is set when bytes[i] is one of the four characters; reads 64 bytes. */
static inline uint64_t csv_mask(const char *bytes, char delimiter) {
    return csv_mask_16(bytes, delimiter) | csv_mask_16(bytes + 16, delimiter) << 16 |
           csv_mask_16(bytes + 32, delimiter) << 32 | csv_mask_16(bytes + 48, delimiter) << 48;
}

#else

/* The top bit of each byte of word that equals c, and no other bit. */
static inline uint64_t csv_equal_bytes(uint64_t word, char c) {
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t x = word ^ (UINT64_C(0x0101010101010101) * (unsigned char)c);
    return ~(((x & low) + low) | x | low);
}

/* Bit i is set when bytes[i] is one of the four characters; reads 64 bytes. */
static inline uint64_t csv_mask(const char *bytes, char delimiter) {
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t word = 0;
        for (int k = 0; k < 8; k++)
            word |= (uint64_t)(unsigned char)bytes[8 * i + k] << 8 * k;
        uint64_t found = csv_equal_bytes(word, delimiter) | csv_equal_bytes(word, '\n') |
                         csv_equal_bytes(word, '"') | csv_equal_bytes(word, '\r');
        /* Gathers the top bits of the eight bytes: the product moves bit 8k to bit 56 + k. */
        mask |= ((found >> 7) * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
    }
    return mask;
}

#endif

#endif
