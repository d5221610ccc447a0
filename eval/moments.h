/* SPDX-License-Identifier: MIT */
/*
 * Mean and sum of squared deviations (m2) of a set of numbers, and their merging: T. F. Chan, G. H.
 * Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
 * (1979). The order of operations here is part of the numeric contract: it fixes the bits.
 */
#ifndef EVEX_EVAL_MOMENTS_H
#define EVEX_EVAL_MOMENTS_H

typedef struct {
    double count, mean, m2;
} evex_moments;

/*
 * From the sums s1 of x - shift and s2 of its square. Where squares underflow, s2 - s1*s1/count can
 * be below 0, and its root nan: so 0 is the least.
 */
static inline evex_moments evex_moments_of_sums(double shift, double s1, double s2, double count) {
    const double offset = s1 / count, m2 = s2 - s1 * offset;
    const evex_moments moments = {count, shift + offset, m2 < 0 ? 0 : m2};
    return moments;
}

/* right's elements follow left's. A side without elements leaves the other as it is. */
static inline evex_moments evex_moments_merge(evex_moments left, evex_moments right) {
    const double count = left.count + right.count, share = right.count / count;
    const double distance = right.mean - left.mean;
    const evex_moments both = {count, left.mean + distance * share,
                               (left.m2 + right.m2) + distance * distance * (left.count * share)};
    return right.count == 0 ? left : left.count == 0 ? right : both;
}

#endif
