/* SPDX-License-Identifier: MIT */
/*
 * The kernels of strings that eval/kernels.tmpl.h calls STRINGS, as loops over
 * eval/quick_strings.h: text_<id>(dst, src, n, context) for n > 0.
 */
#ifndef EVEX_EVAL_TEXT_KERNELS_H
#define EVEX_EVAL_TEXT_KERNELS_H

#include "core/definitions.h"
#include "eval/text_index.h"

#define TEXT_LOOP(id)                                                                              \
    EVEX_DEF void text_##id(void *const *dst, const evex_operand *src, size_t n, void *context) {  \
        const evex_str *a = src[0].data, *b = src[1].data;                                         \
        uint8_t *out = dst[0];                                                                     \
        (void)context;                                                                             \
        const size_t step = src[0].step, other_step = src[1].step;                                 \
        if (other_step == 0) {                                                                     \
            const text_other other = text_prepare_other(*b);                                       \
            for (size_t i = 0; i < n; i++, a += step)                                              \
                out[i] = (uint8_t)beside_##id(*a, &other);                                         \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < n; i++, a += step, b += other_step)                                 \
            out[i] = (uint8_t)quick_##id##_str(*a, *b);                                            \
    }

TEXT_LOOP(EQ)
TEXT_LOOP(NE)
TEXT_LOOP(LT)
TEXT_LOOP(LE)
TEXT_LOOP(GT)
TEXT_LOOP(GE)
TEXT_LOOP(STARTSWITH)
TEXT_LOOP(ENDSWITH)

EVEX_DEF void text_LEN(void *const *dst, const evex_operand *src, size_t n, void *context) {
    const evex_str *a = src[0].data;
    int64_t *out = dst[0];
    (void)context;
    for (size_t i = 0; i < n; i++, a += src[0].step)
        out[i] = quick_LEN_str(*a);
}

/* What is looked for is mostly the same for all elements. */
EVEX_DEF void text_CONTAINS(void *const *dst, const evex_operand *src, size_t n, void *context) {
    const evex_str *a = src[0].data, *b = src[1].data;
    uint8_t *out = dst[0];
    (void)context;
    text_needle needle = text_prepare(*b);
    for (size_t i = 0; i < n; i++, a += src[0].step) {
        if (src[1].step != 0)
            needle = text_prepare(b[i]);
        out[i] = (uint8_t)text_contains(&needle, *a);
    }
}

EVEX_DEF int text_is_in(const evex_text_set *set, evex_str a) {
    enum { SHORT = 2 };
    const evex_str *values = set->set.values;
    if (set->set.n > SHORT)
        return set->index != NULL ? evex_text_index_has(set, a) : in_str(a, &set->set);
    int is_in = 0;
    for (size_t k = 0; k < set->set.n; k++)
        is_in |= quick_EQ_str(a, values[k]);
    return is_in;
}

EVEX_DEF void text_IN(void *const *dst, const evex_operand *src, size_t n, void *context) {
    const evex_str *a = src[0].data;
    const evex_text_set *set = src[1].data;
    uint8_t *out = dst[0];
    (void)context;
    for (size_t i = 0; i < n; i++, a += src[0].step)
        out[i] = (uint8_t)text_is_in(set, *a);
}

/* PCRE2 does the work: the loops are the definitions'. */
#define TEXT_DEFINITION(id)                                                                        \
    EVEX_DEF void text_##id(void *const *dst, const evex_operand *src, size_t n, void *context) {  \
        evex_definition(EVEX_OP_##id, EVEX_STR, EVEX_BOOL)(dst, src, n, context);                  \
    }

TEXT_DEFINITION(MATCHES)
TEXT_DEFINITION(EXCEEDS)
TEXT_DEFINITION(SEARCH)

#endif
