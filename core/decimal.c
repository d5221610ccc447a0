/* SPDX-License-Identifier: MIT */
/*
 * Decimal to double in three steps: scan the text into its first 19 significant digits and an
 * exponent; multiply by the power of ten to 128 bits with a bound on the error, which decides all
 * but about one in 2^60 of the texts that can occur by chance (the idea of Clinger's AlgorithmR
 * as reworked by Eisel and Lemire, arXiv:2101.11408); else divide big integers, which decides all.
 */
#include "core/decimal.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide; /* pedantic C11 has no name for 128 bits */

/* ---- Scanning ---------------------------------------------------------------------------- */

enum { HEAD_DIGITS = 19 }; /* 10^19 < 2^64 */

/* head * 10^exponent, plus less than one unit of head when there is a tail that is not zero. */
typedef struct {
    uint64_t head;
    int n_head; /* digits in head */
    int is_negative, has_tail;
    int64_t exponent;
    const char *digits, *end; /* all significant digits in the text, perhaps with a point */
} decimal;

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Takes one more digit; is_fraction says that it stands behind the point. */
static void scan_digit(decimal *d, const char *at, int is_fraction) {
    unsigned digit = (unsigned)(*at - '0');
    if (d->n_head == HEAD_DIGITS) {
        d->has_tail |= digit != 0;
        d->exponent += !is_fraction;
        return;
    }
    d->exponent -= is_fraction;
    if (d->n_head == 0 && digit == 0)
        return;
    if (d->n_head++ == 0)
        d->digits = at;
    d->head = d->head * 10 + digit;
}

/* Digits with at most one point among them; returns the place behind, or NULL without a digit. */
static const char *scan_digits(decimal *d, const char *at, const char *end) {
    int n_digits = 0, is_fraction = 0;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            scan_digit(d, at, is_fraction);
            n_digits = 1;
        } else if (*at == '.' && !is_fraction) {
            is_fraction = 1;
        } else {
            break;
        }
    }
    d->end = at;
    return n_digits ? at : NULL;
}

/* What follows an 'e'. Beyond the clamp no number of digits in memory brings the value back. */
static const char *scan_exponent(decimal *d, const char *at, const char *end) {
    const int64_t clamp = INT64_MAX / 16;
    int is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end)
        return NULL;
    int64_t exponent = 0;
    for (; at < end && is_digit(*at); at++)
        exponent = exponent < clamp ? exponent * 10 + (*at - '0') : exponent;
    d->exponent += is_negative ? -exponent : exponent;
    return at;
}

static int scan(decimal *d, const char *text, size_t n) {
    const char *at = text, *end = text + n;
    *d = (decimal){0};
    d->is_negative = n > 0 && *at == '-';
    at += n > 0 && (*at == '-' || *at == '+');
    at = scan_digits(d, at, end);
    if (at && at < end && (*at | 0x20) == 'e')
        at = scan_exponent(d, at + 1, end);
    return at == end;
}

/* ---- Rounding ---------------------------------------------------------------------------- */

enum { FRACTION_BITS = 52, BIAS = 1023 };

static const uint64_t INFINITE = (uint64_t)0x7ff << FRACTION_BITS;

/* The bits of the double nearest to (leading + f) * 2^exponent; leading has its top bit set. */
static uint64_t round_bits(uint64_t leading, int exponent, int is_inexact) {
    int top = exponent + 63; /* the exponent of the leading bit */
    if (top > BIAS)
        return INFINITE;
    int n_dropped = 63 - FRACTION_BITS;
    if (top < 1 - BIAS) /* subnormal: fewer bits are left */
        n_dropped += 1 - BIAS - top;
    if (n_dropped > 64)
        return 0;
    uint64_t kept = n_dropped < 64 ? leading >> n_dropped : 0;
    uint64_t half = (uint64_t)1 << (n_dropped - 1);
    int is_above_half = is_inexact || (leading & (half - 1)) != 0;
    if ((leading & half) && (is_above_half || (kept & 1)))
        kept++;
    /* kept has its own leading bit, which counts one exponent, as does a carry into it. */
    return top < 1 - BIAS ? kept : ((uint64_t)(top + BIAS - 1) << FRACTION_BITS) + kept;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double evex_round_to_double(uint64_t leading, int exponent, int is_inexact) {
    if (leading == 0)
        return 0.0;
    int n_zeros = __builtin_clzll(leading);
    return double_of(round_bits(leading << n_zeros, exponent - n_zeros, is_inexact));
}

/* ---- 128 bits, with a bound on the error ------------------------------------------------- */

/* 5^r is exact in 64 bits up to r = 27. */
enum { SMALL_POWERS = 28, MIN_BLOCK = -13, MAX_BLOCK = 11 };

/*
 * 5^(28 k) for k = -13 ... 11 as (high * 2^64 + low) * 2^exponent, truncated to 128 bits. Made by
 *   python3 -c "
 *   from fractions import Fraction as F
 *   for k in range(-13, 12):
 *       v = F(5) ** (28 * k); x = v.numerator.bit_length() - v.denominator.bit_length() - 128
 *       x += v >= F(2) ** (x + 128); m = v // F(2) ** x
 *       print('{0x%016x, 0x%016x, %d},' % (m >> 64, m % 2**64, x))"
 */
static const struct {
    uint64_t high, low;
    int exponent;
} block_powers[MAX_BLOCK - MIN_BLOCK + 1] = {
    {0xe1afa13afbd14d6d, 0x82189c09a3a1ec21, -973}, {0xe3e27a444d8d98b7, 0xfd1b1b2308169b25, -908},
    {0xe61acf033d1a45df, 0x6fb92487298e33bd, -843}, {0xe858ad248f5c22c9, 0xd1b3400f8f9cff68, -778},
    {0xea9c227723ee8bcb, 0x465e15a979c1cadc, -713}, {0xece53cec4a314ebd, 0xa4f8bf5635246428, -648},
    {0xef340a98172aace4, 0x86fb897116c87c34, -583}, {0xf18899b1bc3f8ca1, 0xdc44e6c3cb279ac1, -518},
    {0xf3e2f893dec3f126, 0x5a89dba3c3efccfa, -453}, {0xf64335bcf065d37d, 0x4d4617b5ff4a16d5, -388},
    {0xf8a95fcf88747d94, 0x75a44c6397ce912a, -323}, {0xfb158592be068d2e, 0xeed6e2f0f0d56712, -258},
    {0xfd87b5f28300ca0d, 0x8bca9d6e188853fc, -193}, {0x8000000000000000, 0x0000000000000000, -127},
    {0x813f3978f8940984, 0x4000000000000000, -62},  {0x82818f1281ed449f, 0xbff8f10e7a8921a4, 3},
    {0x83c7088e1aab65db, 0x792667c6da79e0fa, 68},   {0x850fadc09923329e, 0x03e2cf6bc604ddb0, 133},
    {0x865b86925b9bc5c2, 0x0b8a2392ba45a9b2, 198},  {0x87aa9aff79042286, 0x90fb44d2f05d0842, 263},
    {0x88fcf317f22241e2, 0x441fece3bdf81f03, 328},  {0x8a5296ffe33cc92f, 0x82bd6b70d99aaa6f, 393},
    {0x8bab8eefb6409c1a, 0x1ad089b6c2f7548e, 458},  {0x8d07e33455637eb2, 0xdb0b487b6423e1e8, 523},
    {0x8e679c2f5e44ff8f, 0x570f09eaa7ea7648, 588},
};

static const uint64_t small_powers[SMALL_POWERS] = {
    1,
    5,
    25,
    125,
    625,
    3125,
    15625,
    78125,
    390625,
    1953125,
    9765625,
    48828125,
    244140625,
    1220703125,
    6103515625,
    30517578125,
    152587890625,
    762939453125,
    3814697265625,
    19073486328125,
    95367431640625,
    476837158203125,
    2384185791015625,
    11920928955078125,
    59604644775390625,
    298023223876953125,
    1490116119384765625,
    7450580596923828125,
};

/* The true value lies in [product, product + error) * 2^exponent; product has its top bit set. */
typedef struct {
    wide product;
    unsigned error; /* 0: exact */
    int exponent;
} estimate;

static int leading_zeros(wide value) {
    uint64_t high = (uint64_t)(value >> 64);
    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
}

/* The upper half of the 256-bit product. */
static wide multiply_high(wide a, wide b) {
    uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a, b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
    wide low = (wide)a0 * b0, middle1 = (wide)a1 * b0, middle2 = (wide)a0 * b1;
    wide carry = (low >> 64) + (uint64_t)middle1 + (uint64_t)middle2;
    return (wide)a1 * b1 + (middle1 >> 64) + (middle2 >> 64) + (carry >> 64);
}

/*
 * head * 10^power for head > 0 and power in the table's range. The table's entry is less than one
 * unit too small, as is the truncated product; normalising doubles both: less than 4 units.
 */
static estimate multiply_power(uint64_t head, int power) {
    int block = power >= 0 ? power / SMALL_POWERS : -((SMALL_POWERS - 1 - power) / SMALL_POWERS);
    wide exact = (wide)head * small_powers[power - block * SMALL_POWERS];
    int shift = leading_zeros(exact);
    estimate e = {exact << shift, 0, power - shift};
    if (block == 0)
        return e;
    const size_t row = (size_t)(block - MIN_BLOCK);
    wide factor = (wide)block_powers[row].high << 64 | block_powers[row].low;
    e.product = multiply_high(e.product, factor);
    e.exponent += 128 + block_powers[row].exponent;
    shift = leading_zeros(e.product);
    return (estimate){e.product << shift, 4, e.exponent - shift};
}

static uint64_t round_wide(wide value, int exponent, int is_inexact) {
    is_inexact |= (uint64_t)value != 0;
    return round_bits((uint64_t)(value >> 64), exponent + 64, is_inexact);
}

/* The bits for the least and for the greatest value that an estimate allows. */
static uint64_t round_down(estimate e) {
    return round_wide(e.product, e.exponent, 0);
}

static uint64_t round_up(estimate e) {
    if (e.error == 0)
        return round_down(e);
    wide greatest = e.product + (e.error - 1);
    if (greatest < e.product) /* past 2^128: the greatest is just below or above that power */
        return round_wide((wide)1 << 127, e.exponent + 1, 1);
    return round_wide(greatest, e.exponent, 1);
}

/* ---- Big integers ------------------------------------------------------------------------ */

/*
 * A half-way point between doubles has at most 767 significant digits, so that of more digits only
 * matters whether one is not zero: MAX_DIGITS and a final 1 stand for them. The largest operands
 * are then 5^1092 and a number of 769 digits brought to one length, 2,556 bits.
 */
enum { MAX_DIGITS = 768, LIMBS = 42 };

typedef struct {
    uint64_t limbs[LIMBS]; /* least significant first */
    size_t n;              /* limbs in use; the last of them is not 0 */
} big;

static void multiply_add(big *a, uint64_t factor, uint64_t term) {
    wide carry = term;
    for (size_t i = 0; i < a->n; i++) {
        carry += (wide)a->limbs[i] * factor;
        a->limbs[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry)
        a->limbs[a->n++] = (uint64_t)carry;
}

static void multiply_power_of_five(big *a, int power) {
    for (; power >= SMALL_POWERS; power -= SMALL_POWERS - 1)
        multiply_add(a, small_powers[SMALL_POWERS - 1], 0);
    multiply_add(a, small_powers[power], 0);
}

static int bit_length(const big *a) {
    return (int)a->n * 64 - __builtin_clzll(a->limbs[a->n - 1]);
}

static void shift_left(big *a, int n_bits) {
    size_t n_limbs = (size_t)n_bits / 64;
    int rest = n_bits % 64;
    memmove(a->limbs + n_limbs, a->limbs, a->n * sizeof *a->limbs);
    memset(a->limbs, 0, n_limbs * sizeof *a->limbs);
    a->n += n_limbs;
    if (rest)
        multiply_add(a, (uint64_t)1 << rest, 0);
}

static int is_less(const big *a, const big *b) {
    if (a->n != b->n)
        return a->n < b->n;
    for (size_t i = a->n; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i];
    return 0;
}

/* a -= b, where b <= a. */
static void subtract(big *a, const big *b) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < a->n; i++) {
        wide difference = (wide)a->limbs[i] - (i < b->n ? b->limbs[i] : 0) - borrow;
        a->limbs[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    while (a->n > 0 && a->limbs[a->n - 1] == 0)
        a->n--;
}

/* The significant digits of d as an integer; returns the power of ten that goes with it. */
static int read_big(big *a, const decimal *d) {
    int n_digits = 0, has_rest = 0;
    *a = (big){{0}, 0};
    for (const char *at = d->digits; at < d->end; at++) {
        if (!is_digit(*at))
            continue;
        if (n_digits == MAX_DIGITS) {
            has_rest |= *at != '0';
            continue;
        }
        multiply_add(a, 10, (uint64_t)(*at - '0'));
        n_digits++;
    }
    if (has_rest) {
        multiply_add(a, 10, 1);
        n_digits++;
    }
    return (int)d->exponent + d->n_head - n_digits;
}

/* The leading 64 bits of a, and whether others are set. */
static uint64_t leading_bits(const big *a, int *is_inexact) {
    uint64_t leading = 0;
    int n_bits = bit_length(a);
    for (int i = 0; i < 64; i++) {
        int bit = n_bits - 1 - i;
        leading = leading << 1 | (bit >= 0 ? a->limbs[bit / 64] >> bit % 64 & 1 : 0);
    }
    *is_inexact = 0;
    for (int bit = n_bits - 65; bit >= 0 && !*is_inexact; bit--)
        *is_inexact = (int)(a->limbs[bit / 64] >> bit % 64 & 1);
    return leading;
}

/* The leading 64 bits of a/b, where 1 <= a/b < 2; leaves the remainder in a. */
static uint64_t divide(big *a, const big *b) {
    uint64_t quotient = 0;
    for (int i = 0; i < 64; i++) {
        if (i > 0)
            shift_left(a, 1);
        quotient <<= 1;
        if (!is_less(a, b)) {
            subtract(a, b);
            quotient |= 1;
        }
    }
    return quotient;
}

/* Exact for every text whose value is within the doubles' range. */
static uint64_t round_exactly(const decimal *d) {
    big a;
    int is_inexact, power = read_big(&a, d);
    if (power >= 0) {
        multiply_power_of_five(&a, power);
        uint64_t leading = leading_bits(&a, &is_inexact);
        return round_bits(leading, power + bit_length(&a) - 64, is_inexact);
    }
    big b = {{1}, 1};
    multiply_power_of_five(&b, -power);
    int shift = bit_length(&b) - bit_length(&a);
    shift_left(shift > 0 ? &a : &b, shift > 0 ? shift : -shift);
    if (is_less(&a, &b)) {
        shift_left(&a, 1);
        shift++;
    }
    uint64_t leading = divide(&a, &b);
    return round_bits(leading, power - shift - 63, a.n > 0);
}

/* ---- All together ------------------------------------------------------------------------ */

/* 10^(order-1) <= value < 10^order decides what is beyond the doubles: the largest is 1.8e308,
 * half of the smallest 2.5e-324. */
enum { MAX_ORDER = 309, MIN_ORDER = -323 };

static uint64_t nearest_bits(const decimal *d) {
    int64_t order = d->exponent + d->n_head;
    if (d->head == 0 || order < MIN_ORDER)
        return 0;
    if (order > MAX_ORDER)
        return INFINITE;
    estimate e = multiply_power(d->head, (int)d->exponent);
    uint64_t low = round_down(e);
    uint64_t high = round_up(d->has_tail ? multiply_power(d->head + 1, (int)d->exponent) : e);
    return low == high ? low : round_exactly(d);
}

int evex_decimal_read(const char *text, size_t n, double *value) {
    decimal d;
    if (!scan(&d, text, n))
        return 0;
    *value = double_of(nearest_bits(&d) | (uint64_t)d.is_negative << 63);
    return 1;
}
