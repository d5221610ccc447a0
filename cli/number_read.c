/* SPDX-License-Identifier: MIT */
/*
 * Text to number. Up to 19 significant digits go through one 64 x 128 bit product whose error is
 * known (after Eisel and Lemire, "Number parsing at a gigabyte per second", 2021); where that error
 * leaves the rounding open, and where there are more digits, big integers decide exactly
 * (after Clinger, "How to read floating point numbers accurately", 1990).
 */
#include "cli/number.h"

#include <string.h>

__extension__ typedef unsigned __int128 u128;

/* ---- Big integers ------------------------------------------------------------------------ */

/*
 * The largest that arise are digits shifted left by 1,075 bits (801 digits are 2,661 bits) and a
 * significand of 54 bits times 10**1143 (3,797 bits): 64 limbs would do.
 */
enum { BIG_LIMBS = 80 };

typedef struct {
    int n;
    uint64_t limb[BIG_LIMBS]; /* least significant first; limb[n - 1] is not 0 */
} big;

static void big_set(big *a, uint64_t value) {
    a->n = value != 0;
    a->limb[0] = value;
}

/* a = a * factor + addend */
static void big_multiply_add(big *a, uint64_t factor, uint64_t addend) {
    uint64_t carry = addend;
    for (int i = 0; i < a->n; i++) {
        u128 product = (u128)a->limb[i] * factor + carry;
        a->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry != 0 && a->n < BIG_LIMBS)
        a->limb[a->n++] = carry;
}

static void big_shift_left(big *a, int n_bits) {
    int limbs = n_bits / 64, bits = n_bits % 64;
    big_multiply_add(a, (uint64_t)1 << bits, 0);
    if (a->n == 0 || a->n + limbs > BIG_LIMBS)
        return;
    memmove(a->limb + limbs, a->limb, (size_t)a->n * sizeof *a->limb);
    memset(a->limb, 0, (size_t)limbs * sizeof *a->limb);
    a->n += limbs;
}

static void big_multiply_power_of_ten(big *a, int exponent) {
    for (; exponent >= 19; exponent -= 19)
        big_multiply_add(a, UINT64_C(10000000000000000000), 0);
    for (; exponent > 0; exponent--)
        big_multiply_add(a, 10, 0);
}

static int big_compare(const big *a, const big *b) {
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (int i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* ---- Scanning ---------------------------------------------------------------------------- */

/* A decimal number taken apart: digits * 10**exponent, and more than that when is_cut. */
typedef struct {
    bool is_negative, is_integer, is_cut;
    uint64_t digits;      /* the first 19 significant digits */
    int64_t exponent;     /* of those digits */
    const char *mantissa; /* the text of the digits, with its point */
    const char *mantissa_end;
} decimal;

enum { MAX_DIGITS = 19 };

static bool is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

/* Reads digits at text into d; gives the place after them. */
static const char *scan_digits(const char *text, const char *end, decimal *d, int *n_significant,
                               bool is_fraction) {
    for (; text < end && is_digit(*text); text++) {
        if (*n_significant < MAX_DIGITS) {
            d->digits = d->digits * 10 + (uint64_t)(*text - '0');
            *n_significant += d->digits != 0;
            d->exponent -= is_fraction;
        } else {
            d->is_cut |= *text != '0';
            d->exponent += !is_fraction;
        }
    }
    return text;
}

/* Reads [+-] digits after an e and adds them to *exponent. They stop counting at 2**50, which no
 * cell has enough digits to bring back into range. */
static const char *scan_exponent(const char *text, const char *end, int64_t *exponent) {
    bool is_negative = text < end && *text == '-';
    text += text < end && (*text == '-' || *text == '+');
    if (text == end || !is_digit(*text))
        return NULL;
    int64_t value = 0;
    for (; text < end && is_digit(*text); text++)
        if (value < INT64_C(1) << 50)
            value = value * 10 + (*text - '0');
    *exponent += is_negative ? -value : value;
    return text;
}

static bool scan(const char *text, size_t n, decimal *d) {
    const char *end = text + n;
    *d = (decimal){.is_integer = true};
    if (text < end && (*text == '-' || *text == '+'))
        d->is_negative = *text++ == '-';
    int n_significant = 0;
    d->mantissa = text;
    text = scan_digits(text, end, d, &n_significant, false);
    ptrdiff_t n_digits = text - d->mantissa;
    if (text < end && *text == '.') {
        const char *point = text++;
        text = scan_digits(text, end, d, &n_significant, true);
        n_digits += text - point - 1;
        d->is_integer = false;
    }
    d->mantissa_end = text;
    if (n_digits == 0)
        return false;
    if (text < end && (*text | 0x20) == 'e') {
        text = scan_exponent(text + 1, end, &d->exponent);
        d->is_integer = false;
    }
    return text == end;
}

/* The same for the most common form, [-] digits [. digits] of at most 19 characters after the sign,
 * which no digit can overflow; false when it is another. */
static inline bool scan_short(const char *text, size_t n, decimal *d) {
    bool is_negative = n > 0 && *text == '-';
    text += is_negative, n -= is_negative;
    if (n == 0 || n > MAX_DIGITS)
        return false;
    uint64_t digits = 0;
    size_t point = n;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned char)(text[i] - '0');
        if (digit < 10) {
            digits = digits * 10 + digit;
        } else {
            if (text[i] != '.' || point != n)
                return false;
            point = i;
        }
    }
    if (point != n && n == 1)
        return false;
    *d = (decimal){.is_negative = is_negative, .is_integer = point == n, .digits = digits};
    d->exponent = point == n ? 0 : -(int64_t)(n - point - 1);
    d->mantissa = text;
    d->mantissa_end = text + n;
    return true;
}

/* ---- Rounding ---------------------------------------------------------------------------- */

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static const uint64_t INFINITY_BITS = UINT64_C(0x7ff) << 52;

/*
 * The bits of the float64 nearest to digits * 10**exponent; *is_open when the product's error
 * leaves open which of two neighbours that is: the one given or the next above. digits is not 0.
 */
static uint64_t round_product(uint64_t digits, int exponent, bool *is_open) {
    int zeros = __builtin_clzll(digits);
    number_power power = number_power_of_ten(exponent);
    u128 low = (u128)(digits << zeros) * power.low;
    u128 upper = (u128)(digits << zeros) * power.high + (low >> 64);
    /* The true product lies in (upper.low - 1, upper.low], as the power was rounded up by less
     * than one; between 10**0 and 10**55 it is upper.low itself. */
    bool is_exact = exponent >= 0 && exponent <= 55;
    int top = 126 + (int)(upper >> 127);
    int log2 = top + 64 - zeros + number_log2_power(exponent) - 127;
    int n_bits = log2 >= -1022 ? 53 : 53 - (-1022 - log2);
    *is_open = false;
    if (log2 >= 1024)
        return INFINITY_BITS;
    if (n_bits < 1) {
        *is_open = n_bits == 0;
        return 0;
    }
    int drop = top + 1 - n_bits;
    u128 half = (u128)1 << (drop - 1), fraction = upper & (2 * half - 1);
    uint64_t significand = (uint64_t)(upper >> drop);
    bool round_up = fraction > half;
    if (fraction == half) {
        round_up = is_exact && ((uint64_t)low != 0 || (significand & 1));
        *is_open = !is_exact;
    }
    significand += round_up;
    return log2 >= -1022 ? ((uint64_t)(log2 + 1022) << 52) + significand : significand;
}

/* All digits of the decimal (800 and a sticky one, which no midpoint of two float64 needs) as a
 * big integer; *exponent receives its power of ten. */
static void collect_digits(const decimal *d, big *digits, int *exponent) {
    enum { KEPT_DIGITS = 800 };
    int n = 0;
    bool is_sticky = false;
    int n_first = 0;
    big_set(digits, 0);
    for (const char *p = d->mantissa; p < d->mantissa_end; p++) {
        if (*p == '.' || (n == 0 && *p == '0'))
            continue;
        if (n < KEPT_DIGITS) {
            big_multiply_add(digits, 10, (uint64_t)(*p - '0'));
            n++;
            n_first += n_first < MAX_DIGITS;
        } else {
            is_sticky |= *p != '0';
        }
    }
    if (is_sticky) {
        big_multiply_add(digits, 10, 1);
        n++;
    }
    *exponent = (int)(d->exponent - (n - n_first));
}

/* Compares digits * 10**exponent with significand * 2**binary. */
static int compare_exactly(const big *digits, int exponent, uint64_t significand, int binary) {
    big left = *digits, right;
    big_set(&right, significand);
    big_multiply_power_of_ten(exponent > 0 ? &left : &right, exponent > 0 ? exponent : -exponent);
    big_shift_left(binary > 0 ? &right : &left, binary > 0 ? binary : -binary);
    return big_compare(&left, &right);
}

/* The decimal against the midpoint of the positive float64 of these bits and the next above, or
 * (at_value) against the float64 itself. */
static int compare_with(const big *digits, int exponent, uint64_t bits, bool at_value) {
    int biased = (int)(bits >> 52);
    uint64_t significand = bits & ((UINT64_C(1) << 52) - 1);
    if (biased != 0)
        significand |= UINT64_C(1) << 52;
    int binary = (biased != 0 ? biased : 1) - 1075;
    return compare_exactly(digits, exponent, 2 * significand + !at_value, binary - 1);
}

/* The nearest float64, starting from bits that may be a neighbour of it. */
static uint64_t round_exactly(const decimal *d, uint64_t bits) {
    big digits;
    int exponent;
    collect_digits(d, &digits, &exponent);
    if (bits >= INFINITY_BITS)
        bits = INFINITY_BITS - 1;
    while (bits > 0) {
        int order = compare_with(&digits, exponent, bits - 1, false);
        if (order > 0 || (order == 0 && (bits & 1) == 0))
            break;
        bits--;
    }
    while (bits < INFINITY_BITS) {
        int order = compare_with(&digits, exponent, bits, false);
        if (order < 0 || (order == 0 && (bits & 1) == 0))
            break;
        bits++;
    }
    return bits;
}

static uint64_t round_decimal(const decimal *d) {
    /* 20 digits at most, so beyond these bounds it is 0 or too large whatever the digits. */
    if (d->digits == 0 || d->exponent < -363)
        return 0;
    if (d->exponent > 309)
        return INFINITY_BITS;
    bool is_open = d->exponent < NUMBER_MIN_POWER, is_open_above = false;
    uint64_t bits = 0;
    if (!is_open)
        bits = round_product(d->digits, (int)d->exponent, &is_open);
    if (d->is_cut && !is_open)
        is_open = round_product(d->digits + 1, (int)d->exponent, &is_open_above) != bits;
    return is_open || is_open_above ? round_exactly(d, bits) : bits;
}

/* Powers of ten that float64 holds exactly. */
static const double exact_power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Whether both factors are exact, so that one operation rounds once (Clinger's fast path). */
static bool has_exact_factors(const decimal *d) {
    return !d->is_cut && d->digits <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22;
}

static double magnitude(const decimal *d) {
    if (!has_exact_factors(d))
        return from_bits(round_decimal(d));
    double digits = (double)d->digits;
    return d->exponent < 0 ? digits / exact_power[-d->exponent] : digits * exact_power[d->exponent];
}

/* Whether an integer written in digits alone is a float64. */
static bool is_exact_integer(const decimal *d, double value) {
    if (d->digits <= UINT64_C(1) << 53 && d->exponent == 0)
        return true;
    big digits;
    int exponent;
    collect_digits(d, &digits, &exponent);
    return compare_with(&digits, exponent, to_bits(value), true) == 0;
}

static bool equals_word(const char *text, size_t n, const char *word) {
    if (n != strlen(word))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((text[i] | 0x20) != word[i])
            return false;
    return true;
}

static number_status read_word(const char *text, size_t n, double *value) {
    bool is_negative = n > 0 && text[0] == '-';
    size_t sign = n > 0 && (text[0] == '-' || text[0] == '+');
    text += sign, n -= sign;
    if (equals_word(text, n, "nan"))
        *value = from_bits(INFINITY_BITS | UINT64_C(1) << 51);
    else if (equals_word(text, n, "inf") || equals_word(text, n, "infinity"))
        *value = from_bits(INFINITY_BITS);
    else
        return NUMBER_MALFORMED;
    if (is_negative)
        *value = -*value;
    return NUMBER_OK;
}

number_status number_read_f64(const char *text, size_t n, double *value) {
    decimal d;
    if (!scan_short(text, n, &d) && !scan(text, n, &d))
        return read_word(text, n, value);
    double size = magnitude(&d);
    *value = d.is_negative ? -size : size;
    if (to_bits(size) >= INFINITY_BITS)
        return NUMBER_OUT_OF_RANGE;
    return d.is_integer && !is_exact_integer(&d, size) ? NUMBER_INEXACT : NUMBER_OK;
}

/* Reads [+-] digits whose magnitude may be as large as limit. */
static number_status read_integer(const char *text, size_t n, uint64_t limit, uint64_t *magnitude) {
    if (n == 0)
        return NUMBER_MALFORMED;
    bool is_over = false;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i]))
            return NUMBER_MALFORMED;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (limit - digit) / 10)
            is_over = true;
        else
            value = value * 10 + digit;
    }
    *magnitude = value;
    return is_over ? NUMBER_OUT_OF_RANGE : NUMBER_OK;
}

number_status number_read_i64(const char *text, size_t n, int64_t *value) {
    bool is_negative = n > 0 && text[0] == '-';
    size_t sign = n > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t size = 0;
    number_status status =
        read_integer(text + sign, n - sign, (uint64_t)INT64_MAX + is_negative, &size);
    if (status == NUMBER_OK)
        *value = is_negative ? -(int64_t)(size - (size > 0)) - (size > 0) : (int64_t)size;
    return status;
}

number_status number_read_u64(const char *text, size_t n, uint64_t *value) {
    bool is_negative = n > 0 && text[0] == '-';
    size_t sign = n > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t size = 0;
    number_status status = read_integer(text + sign, n - sign, UINT64_MAX, &size);
    if (status == NUMBER_OK && is_negative && size != 0)
        return NUMBER_OUT_OF_RANGE;
    if (status == NUMBER_OK)
        *value = size;
    return status;
}
