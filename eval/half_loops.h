/* SPDX-License-Identifier: MIT */
/*
 * Arrays of float16 widened and narrowed: by the instruction where the vocabulary has it, else by
 * core/half.h's functions, which have the same bits. For eval/kernels.c, which has chosen the
 * vocabulary before.
 */
#ifndef EVEX_EVAL_HALF_LOOPS_H
#define EVEX_EVAL_HALF_LOOPS_H

#include "core/half.h"

/* out[i] = p[i] for i < n */
static inline void widen_halves(float *out, const uint16_t *p, size_t n) {
    size_t i = 0;
#if V_HAS_HALVES
    for (; n - i >= LANES_f32; i += LANES_f32)
        v_store_f32(out + i, v_load_halves(p + i));
#endif
    for (; i < n; i++)
        out[i] = evex_half_to_f32(p[i]);
}

static inline void narrow_f32(uint16_t *out, const float *p, size_t n) {
    size_t i = 0;
#if V_HAS_HALVES
    for (; n - i >= LANES_f32; i += LANES_f32)
        v_store_halves(out + i, v_load_f32(p + i));
#endif
    for (; i < n; i++)
        out[i] = evex_half_of_f32(p[i]);
}

/* By way of float32, rounded to odd. */
static inline void narrow_f64(uint16_t *out, const double *p, size_t n) {
    enum { TILE = 256 };
    float odd[TILE];
    for (; n > 0; n -= n < TILE ? n : TILE, p += TILE, out += TILE) {
        const size_t length = n < TILE ? n : TILE;
        for (size_t i = 0; i < length; i++)
            odd[i] = evex_half_odd_f32(p[i]);
        narrow_f32(out, odd, length);
    }
}

#endif
