/* SPDX-License-Identifier: MIT */
/*
 * Products of complex numbers, EVEX_ACC_PAIRS of eval/accumulators.h: the reduction kernels, and
 * the merging of lanes. Sums need none: the compiler makes them of real ones. This file is compiled
 * once, for the plainest instruction set, so that no compiler fuses what it multiplies and adds.
 */
#include "core/definitions.h"
#include "eval/accumulators.h"
#include "eval/reduce.h"

/* Three arrays of `length` entries each. */
typedef struct {
    double *re, *im, *count;
} pairs;

static inline pairs pairs_in(double *ring, size_t length) {
    return (pairs){ring, ring + length, ring + 2 * length};
}

/* n more elements into entry i, which are z together. */
static inline void multiply(const pairs *p, size_t i, evex_c128 z, double n) {
    const evex_c128 both = p->count[i] == 0 ? z : mul_c128((evex_c128){p->re[i], p->im[i]}, z);
    p->re[i] = both.re;
    p->im[i] = both.im;
    p->count[i] += n;
}

#define PRODUCT_KERNEL(s, ID, C, ...)                                                              \
    void evex_reduce_prod_##s(void *at, size_t w, size_t first, const void *value, size_t pitch,   \
                              const uint8_t *mask, size_t n, uint64_t leaf_index) {                \
        const C *x = value;                                                                        \
        const size_t length = evex_lanes_of(EVEX_##ID) * w;                                        \
        const pairs p = pairs_in(at, length);                                                      \
        (void)pitch; /* w, as the order shows */                                                   \
        (void)leaf_index;                                                                          \
        for (size_t i = 0, ring = first % length; i < n; i++) {                                    \
            if (mask == NULL || mask[i] != 0)                                                      \
                multiply(&p, ring, (evex_c128){(double)x[i].re, (double)x[i].im}, 1);              \
            ring = ring + 1 < length ? ring + 1 : 0;                                               \
        }                                                                                          \
    }
EVEX_FOR_COMPLEX(PRODUCT_KERNEL, )

void evex_pair_lanes_merge(double *ring, size_t lanes, size_t w, size_t n_rows) {
    const pairs p = pairs_in(ring, lanes * w);
    for (size_t half = lanes / 2; half > 0; half /= 2) {
        if (n_rows <= half)
            continue;
        const size_t n = (n_rows - half < half ? n_rows - half : half) * w;
        for (size_t i = 0; i < n; i++) {
            const size_t j = i + half * w;
            if (p.count[j] != 0)
                multiply(&p, i, (evex_c128){p.re[j], p.im[j]}, p.count[j]);
        }
        n_rows = half;
    }
}
