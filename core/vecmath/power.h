/* SPDX-License-Identifier: MIT */
/*
 * Powers in the vector vocabulary (width1.h): x^y = e^(y log x) with the logarithm and the product
 * in double-word; and x^n for small integers n by chains of multiplications.
 */
#ifndef EVEX_VECMATH_POWER_H
#define EVEX_VECMATH_POWER_H

#include "core/vecmath/double_word.h"
#include "core/vecmath/exp.h"
#include "core/vecmath/log.h"

/* The exponent y brought to at most 2^65: from 2^64 on x^y is 0, 1 or infinite, since |log x| is 0
 * or at least 2^-53. */
static inline v_f64 pow_limit(v_f64 y) {
    return v_copysign(v_min(v_set(0x1p65), v_abs(y)), y);
}

/* C99 F.9.4.4, for all but powers of positive numbers; r is |x|^y where x and y are numbers. */
static inline v_f64 pow_fix(v_f64 r, v_f64 x, v_f64 y) {
    v_f64 size = v_abs(x), half = v_mul(y, v_set(0.5));
    v_mask integral = v_eq(v_rint(y), y), odd = v_and(integral, v_ne(v_rint(half), half));
    v_mask falling = v_lt(y, v_set(0.0)), infinite = v_eq(size, v_set(V_INFINITY));
    v_mask signed_x = v_lt_i64(v_bits(x), v_set_i64(0));
    r = v_select(v_eq(size, v_set(0.0)), v_select(falling, v_set(V_INFINITY), v_set(0.0)), r);
    r = v_select(infinite, v_select(falling, v_set(0.0), v_set(V_INFINITY)), r);
    r = v_select(v_and(signed_x, odd), v_neg(r), r);
    v_mask no_number = v_and(v_lt(x, v_set(0.0)), v_not(v_or(integral, infinite)));
    r = v_select(no_number, v_set(V_NAN), r);
    r = v_select(v_or(v_ne(x, x), v_ne(y, y)), v_add(x, y), r);
    return v_select(v_or(v_eq(x, v_set(1.0)), v_eq(y, v_set(0.0))), v_set(1.0), r);
}

/* e^(y (l.hi + l.lo)). */
static inline v_f64 pow_of(v_dw l, v_f64 y) {
    v_f64 hi = v_mul(y, l.hi);
    return exp_of(dw(hi, v_fma(y, l.lo, v_fms(y, l.hi, hi))));
}

static inline v_f64 pow_any(v_f64 x, v_f64 y) {
    v_f64 e_shift, size = v_abs(x);
    v_mask number = v_and(v_lt(v_set(0.0), size), v_lt(size, v_set(V_INFINITY)));
    v_f64 base = log_prepare(v_select(number, size, v_set(1.0)), &e_shift);
    v_dw l = log_dw(log_reduce_shifted(base, e_shift));
    return pow_fix(pow_of(l, pow_limit(y)), x, y);
}

static inline v_f64 math_pow(v_f64 x, v_f64 y) {
    v_mask ordinary = v_and(log_is_ordinary(x), v_lt(v_abs(y), v_set(0x1p64)));
    if (v_unlikely(!v_all(ordinary)))
        return pow_any(x, y);
    return pow_of(log_dw(log_reduce(x)), y);
}

/* ---- Small integral exponents --------------------------------------------------------------- */

/*
 * A chain squares from n's highest bit down to its lowest and multiplies by the base where a bit is
 * set. It carries each power as h + l, so that only the last step rounds: within 1 ULP. l need not
 * be renormalised: it stays below 64 ULP of h, so that the neglected l*l is below 2^-94 of the
 * result.
 */
enum { POWN_MOST = 64 };

/* The exponent of a chain: 0 stands for what is beyond POWN_MOST, or NaN. */
static inline int pown_exponent(double n) {
    return n >= -POWN_MOST && n <= POWN_MOST ? (int)n : 0;
}

/* The greatest power of two that is at most |n|; n is not 0. */
static inline int pown_highest_bit(int n) {
    const int size = n < 0 ? -n : n;
    int bit = 1;
    while (bit <= size / 2)
        bit *= 2;
    return bit;
}

static inline v_dw pown_square(v_dw a) {
    v_dw p = two_product(a.hi, a.hi);
    return dw(p.hi, v_fma(v_add(a.hi, a.hi), a.lo, p.lo));
}

/*
 * The last step adds the small terms in one FMA, so it rounds once, also among subnormals, where
 * the sum of the small terms is off by at most half a unit more. They are infinite or NaN where an
 * intermediate power overflowed, they did so themselves (with whatever sign), or x is infinite or
 * NaN: there the plain product is right.
 */
static inline v_f64 pown_last(v_f64 a, v_f64 b, v_f64 small) {
    v_f64 result = v_fma(a, b, small);
    v_mask finite = v_lt(v_abs(small), v_set(V_INFINITY));
    if (v_unlikely(!v_all(finite)))
        result = v_select(finite, result, v_mul(a, b));
    return result;
}

static inline v_f64 pown_last_square(v_dw a) {
    return pown_last(a.hi, a.hi, v_mul(v_add(a.hi, a.hi), a.lo));
}

/* n >= 3. */
static inline v_f64 pown_rising(v_f64 x, int n) {
    v_dw a = two_product(x, x);
    for (int bit = pown_highest_bit(n) / 2; bit > 1; bit /= 2) {
        if (n & bit) {
            v_dw p = two_product(a.hi, x);
            a = dw(p.hi, v_fma(a.lo, x, p.lo));
        }
        if (bit == 2 && n % 2 == 0)
            return pown_last_square(a);
        a = pown_square(a);
    }
    return pown_last(a.hi, x, v_mul(a.lo, x));
}

/* n <= -2: powers of 1/x as q + q rest, where the remainder 1 - q x of the rounded quotient q is
 * exact. */
static inline v_f64 pown_falling(v_f64 x, int n) {
    v_f64 q = v_div(v_set(1.0), x), rest = v_fnma(q, x, v_set(1.0)), q_lo = v_mul(q, rest);
    v_dw a = dw(q, q_lo);
    for (int bit = pown_highest_bit(n) / 2; bit > 1; bit /= 2) {
        a = pown_square(a);
        if (-n & bit) {
            v_dw p = two_product(a.hi, q);
            a = dw(p.hi, v_fma(a.hi, q_lo, v_fma(a.lo, q, p.lo)));
        }
    }
    if (n % 2 == 0)
        return pown_last_square(a);
    a = pown_square(a);
    return pown_last(a.hi, q, v_mul(v_fma(a.hi, rest, a.lo), q));
}

/* |n| <= POWN_MOST; 0, 1, 2 and -1 as IEEE's single operations; 3 and 4, the commonest, are chains
 * that the compiler unrolls. An underflow to zero may have lost the sign; not so for n = 3, whose
 * one small term is a multiple of x by something that is not negative where x*x is zero. */
static inline v_f64 math_pown(v_f64 x, int n) {
    if (n == 3)
        return pown_rising(x, 3);
    if (n == 4)
        return pown_rising(x, 4);
    if (n == -1)
        return v_div(v_set(1.0), x);
    if (n >= 0 && n <= 2)
        return n == 0 ? v_set(1.0) : n == 1 ? x : v_mul(x, x);
    v_f64 y = n > 0 ? pown_rising(x, n) : pown_falling(x, n);
    return n % 2 != 0 ? v_copysign(y, x) : y;
}

/* A plain chain, good enough for x of float32: 64 roundings of 2^-53 against one of 2^-24. */
static inline v_f64 pown_plain(v_f64 x, int n) {
    const int size = n < 0 ? -n : n;
    v_f64 a = x;
    if (n == 0)
        return v_set(1.0);
    for (int bit = pown_highest_bit(n) / 2; bit > 0; bit /= 2) {
        a = v_mul(a, a);
        if (size & bit)
            a = v_mul(a, x);
    }
    return n < 0 ? v_div(v_set(1.0), a) : a;
}

#endif
