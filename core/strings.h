/* SPDX-License-Identifier: MIT */
/*
 * What op.def's definitions mean for str. A str is bytes: comparisons and searches are those of
 * bytes, which for UTF-8 are those of code points, for it keeps their order and no character's
 * bytes occur within another's. Bytes that are no UTF-8 are compared as what they are.
 */
#ifndef EVEX_CORE_STRINGS_H
#define EVEX_CORE_STRINGS_H

#include <stdint.h>
#include <string.h>

#include "core/regex.h"

/* Not every includer uses every function. */
#define EVEX_DEF static inline __attribute__((unused))

EVEX_DEF int compare_str(evex_str a, evex_str b) {
    const size_t shorter = a.n_bytes < b.n_bytes ? a.n_bytes : b.n_bytes;
    const int order = shorter == 0 ? 0 : memcmp(a.text, b.text, shorter);
    return order != 0 ? order : (a.n_bytes > b.n_bytes) - (a.n_bytes < b.n_bytes);
}
EVEX_DEF int eq_str(evex_str a, evex_str b) {
    return a.n_bytes == b.n_bytes && (a.n_bytes == 0 || memcmp(a.text, b.text, a.n_bytes) == 0);
}
EVEX_DEF int lt_str(evex_str a, evex_str b) {
    return compare_str(a, b) < 0;
}
EVEX_DEF int le_str(evex_str a, evex_str b) {
    return compare_str(a, b) <= 0;
}

/* Every byte but those that continue a character begins one. */
EVEX_DEF int64_t len_str(evex_str a) {
    int64_t n = 0;
    for (size_t i = 0; i < a.n_bytes; i++)
        n += ((unsigned char)a.text[i] & 0xc0) != 0x80;
    return n;
}

EVEX_DEF int startswith_str(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes && (b.n_bytes == 0 || memcmp(a.text, b.text, b.n_bytes) == 0);
}
EVEX_DEF int endswith_str(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes &&
           (b.n_bytes == 0 || memcmp(a.text + (a.n_bytes - b.n_bytes), b.text, b.n_bytes) == 0);
}
/* memmem takes time linear in both lengths. */
EVEX_DEF int contains_str(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes &&
           (b.n_bytes == 0 || memmem(a.text, a.n_bytes, b.text, b.n_bytes) != NULL);
}

EVEX_DEF unsigned search_str(evex_str a, const evex_regex *regex, void *context) {
    return evex_regex_search(regex, context, a);
}
EVEX_DEF uint8_t search_both_str(evex_str a, const evex_regex *regex, void *context,
                                 uint8_t *exceeds) {
    const unsigned found = search_str(a, regex, context);
    *exceeds = (uint8_t)(found / EVEX_REGEX_EXCEEDS);
    return found & EVEX_REGEX_MATCHES;
}

#endif
