/* SPDX-License-Identifier: MIT */
/*
 * IEEE 754 binary16, as the bits of a uint16_t: what float16 arrays hold. evex computes with it
 * nowhere; it widens what it reads to float32 and narrows what it writes, rounding once to nearest
 * even. Total, and without branches, so that loops over these functions vectorise. The casts of
 * core/elements.h are made from them.
 */
#ifndef EVEX_CORE_HALF_H
#define EVEX_CORE_HALF_H

#include <stdint.h>
#include <string.h>

#include "core/dtype.h"

#define EVEX_HALF static inline __attribute__((unused))

EVEX_HALF uint32_t evex_half_bits(float a) {
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

/* Exact; a signalling nan becomes quiet. */
EVEX_HALF float evex_half_to_f32(uint16_t half) {
    enum { INFINITE = 0x7c00, LEAST_NORMAL = 0x0400, BIAS = 112 };
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, size = half & 0x7fffu;
    const uint32_t normal = (size << 13) + ((uint32_t)BIAS << 23);
    const uint32_t subnormal = evex_half_bits((float)(int32_t)size * 0x1p-24f);
    const uint32_t special = size << 13 | 0x7f800000u | (uint32_t)(size > INFINITE) << 22;
    const uint32_t finite = size < LEAST_NORMAL ? subnormal : normal;
    const uint32_t bits = sign | (size < INFINITE ? finite : special);
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/*
 * Below 2^-14 halves are the multiples of 2^-24, to which the sum with 0.5 rounds; above, the 13
 * bits that are too many are rounded away, with a carry into the exponent and, from 65520 on, into
 * infinity.
 */
EVEX_HALF uint16_t evex_half_of_f32(float a) {
    enum { INFINITE = 0x7f800000, BEYOND = 0x47800000, LEAST_NORMAL = 0x38800000 };
    const uint32_t bits = evex_half_bits(a), sign = bits >> 16 & 0x8000u;
    const uint32_t size = bits & 0x7fffffffu;
    float magnitude;
    memcpy(&magnitude, &size, sizeof magnitude);
    const uint32_t subnormal = evex_half_bits(magnitude + 0.5f) - 0x3f000000u;
    const uint32_t normal = (size - 0x38000000u + 0xfffu + (size >> 13 & 1u)) >> 13;
    const uint32_t finite = size < LEAST_NORMAL ? subnormal : normal;
    const uint32_t nan = 0x7e00u | (size >> 13 & 0x3ffu);
    const uint32_t beyond = size > INFINITE ? nan : 0x7c00u;
    return (uint16_t)(sign | (size < BEYOND ? finite : beyond));
}

/*
 * Rounds to odd at float32's precision, which keeps apart what lies on the two sides of a half's
 * tie, so that rounding again to the half's 11 bits is right (Boldo and Melquiond, "Emulation of a
 * FMA and correctly rounded sums", 2008). What float32 cannot hold lies below all halves or above.
 */
EVEX_HALF float evex_half_odd_f32(double a) {
    const uint64_t dropped = 0x1fffffff;
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    const uint64_t odd = ((bits & dropped) + dropped) & (dropped + 1);
    bits = (bits & ~dropped) | odd;
    memcpy(&a, &bits, sizeof a);
    return (float)a;
}

EVEX_HALF uint16_t evex_half_of_f64(double a) {
    return evex_half_of_f32(evex_half_odd_f32(a));
}

EVEX_HALF uint16_t evex_half_of_bool(uint8_t a) {
    return a != 0 ? 0x3c00 : 0;
}

/* Integers that float32 rounds are beyond the largest half. */
#define EVEX_DEFINE_HALF_OF(s, ID, C, ...)                                                         \
    EVEX_HALF uint16_t evex_half_of_##s(C a) {                                                     \
        return evex_half_of_f32((float)a);                                                         \
    }
EVEX_FOR_INTS(EVEX_DEFINE_HALF_OF, )

#endif
