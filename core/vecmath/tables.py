#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tables.h, the look-up tables of core/vecmath/ (usage: tables.py OUTPUT).

Everything is computed here with integers and fractions: fixed-point numbers of PRECISION fractional
bits, by series and recurrences that any textbook of numerical methods has. A table entry that needs
more than 53 bits is a pair _HI + _LO of doubles.
"""
import struct
import sys
from fractions import Fraction
from math import comb, isqrt

PRECISION = 320
ONE = 1 << PRECISION


def fixed(x):
    x = Fraction(x)
    return (x.numerator << PRECISION) // x.denominator


def mul(a, b):
    return a * b >> PRECISION


def div(a, b):
    return (a << PRECISION) // b


def to_double(x, bits=53):
    """The Fraction x rounded to `bits` significant bits, ties to even, as a float."""
    if x == 0:
        return 0.0
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length() - bits
    scaled = x / Fraction(2) ** exponent
    while abs(scaled) >= 1 << bits:
        scaled /= 2
        exponent += 1
    while abs(scaled) < 1 << (bits - 1):
        scaled *= 2
        exponent -= 1
    return float(round(scaled) * Fraction(2) ** exponent)


def pair(x, bits=53):
    """x as a double of `bits` bits and a double for the rest."""
    high = to_double(x, bits)
    return high, to_double(x - Fraction(high))


def grid_pair(x, step):
    """x as a multiple of step and a double for the rest."""
    high = round(x / step) * step
    return float(high), to_double(x - high)


# ---- Elementary functions of fixed-point numbers ------------------------------------------------

def exp_fixed(x):
    """e^x: x halved 32 times, Taylor series, squared back."""
    x >>= 32
    total = term = ONE
    n = 1
    while term:
        term = mul(term, x) // n
        total += term
        n += 1
    for _ in range(32):
        total = mul(total, total)
    return total


def atanh_fixed(x):
    total = power = x
    square = mul(x, x)
    n = 3
    while power:
        power = mul(power, square)
        total += power // n
        n += 2
    return total


def log_fixed(x):
    """log x of x > 0: 2 atanh((m - 1) / (m + 1)) of the mantissa m, and the exponent."""
    e = x.bit_length() - PRECISION - 1
    m = x >> e if e >= 0 else x << -e
    return 2 * atanh_fixed(div(m - ONE, m + ONE)) + e * LN2


def atan_fixed(x):
    """atan x of |x| < 1.1: the argument halved twice, Taylor series."""
    halvings = 0
    while abs(x) > ONE >> 3:
        x = div(x, ONE + sqrt_fixed(ONE + mul(x, x)))
        halvings += 1
    total = power = x
    square = mul(x, x)
    n = 3
    while abs(power) > 1:
        power = -mul(power, square)
        total += power // n
        n += 2
    return total << halvings


def sqrt_fixed(x):
    return isqrt(x << PRECISION)


def fraction(x):
    return Fraction(x, ONE)


LN2 = 2 * atanh_fixed(ONE // 3)
PI = 4 * (4 * atan_fixed(ONE // 5) - atan_fixed(ONE // 239))
SQRT_PI = sqrt_fixed(PI)


# ---- Functions that are tabulated as polynomials ------------------------------------------------

def erfcx(x):
    """e^(x^2) erfc(x) of a Fraction x >= 0, good to 100 bits.

    Below 4: 1 minus the series 2 x / sqrt(pi) sum (2 x^2)^k / (2k + 1)!!, for erf(x) e^(x^2).
    Above: Laplace's continued fraction, from 400 levels down.
    """
    f = fixed(x)
    if x < 4:
        total = term = f
        k = 1
        while term:
            term = 2 * mul(mul(term, f), f) // (2 * k + 1)
            total += term
            k += 1
        return exp_fixed(mul(f, f)) - div(2 * total, SQRT_PI)
    level = f
    for k in range(400, 0, -1):
        level = f + div(k * ONE // 2, level)
    return div(ONE, mul(SQRT_PI, level))


def bernoulli(count):
    """B_0, B_2, ... B_(2 count - 2)."""
    numbers = [Fraction(1)]
    for n in range(1, 2 * count - 1):
        numbers.append(-sum(comb(n + 1, k) * numbers[k] for k in range(n)) / (n + 1))
    return numbers[::2]


BERNOULLI = bernoulli(30)


def log_gamma(x):
    """log gamma(x) of a Fraction x > 0: Stirling's series above 40, the recurrence below."""
    product = Fraction(1)
    while x < 40:
        product *= x
        x += 1
    z = fixed(x)
    total = mul(z - ONE // 2, log_fixed(z)) - z + log_fixed(2 * PI) // 2
    power = div(ONE, z)
    for n in range(1, len(BERNOULLI)):
        total += mul(fixed(BERNOULLI[n] / (2 * n * (2 * n - 1))), power)
        power = div(div(power, z), z)
    return total - log_fixed(fixed(product))


def log_gamma_quotient(x):
    """log gamma(x) / ((x - 1) (x - 2)) of a Fraction x other than 1 and 2."""
    return div(log_gamma(x), fixed((x - 1) * (x - 2)))


def interpolate(f, centre, radius, degree):
    """Monomial coefficients, about the centre, of f's polynomial through the Chebyshev nodes.

    Such a polynomial's error is within a factor 3 of the best one's at these degrees.
    """
    nodes = []
    for k in range(degree + 1):
        nodes.append(centre + radius * cosine_of_pi_times(Fraction(2 * k + 1, 2 * degree + 2)))
    values = [fraction(f(x)) for x in nodes]
    for order in range(1, degree + 1):
        for i in range(degree, order - 1, -1):
            values[i] = (values[i] - values[i - 1]) / (nodes[i] - nodes[i - order])
    coefficients = [Fraction(0)]
    for value, node in zip(reversed(values), reversed(nodes)):
        shifted = [Fraction(0)] + coefficients
        for i, c in enumerate(coefficients):
            shifted[i] -= c * (node - centre)
        shifted[0] += value
        coefficients = [round_fraction(c) for c in shifted]
    return coefficients[:degree + 1]


def round_fraction(x):
    return Fraction(round(x * ONE), ONE)


def cosine_of_pi_times(t):
    """cos(pi t) to 60 bits, which is enough for the place of a node."""
    x = fraction(PI) * t
    total = term = Fraction(1)
    for n in range(1, 60):
        term = round_fraction(-term * x * x / ((2 * n - 1) * (2 * n)))
        total += term
    return Fraction(round(total * (1 << 60)), 1 << 60)


# ---- The tables ---------------------------------------------------------------------------------

def exp_table():
    """2^(i/16) as HI + LO."""
    return [pair(fraction(exp_fixed(LN2 * i // 16))) for i in range(16)]


# Mantissas are taken from [m, 2 m) with m = LOG_OFFSET, cut in 16 parts by the bits below the
# exponent; this offset makes |r| = |z * inverse - 1| < 0.02996, with the part around 1 balanced.
LOG_OFFSET = 0x3FE6780000000000
LN2_HI, LN2_LO = grid_pair(fraction(LN2), Fraction(1, 1 << 42))


def double_of_bits(bits):
    return struct.unpack('<d', struct.pack('<Q', bits))[0]


def log_table():
    """For each part of the mantissas: a reciprocal of 10 bits, and -log of it as HI + LO.

    HI is a multiple of 2^-42, so that e * LN2_HI + HI is exact. The entry of the part that holds 1
    is 1, 0, 0. Indexed by the four bits below the exponent of bits(x) - LOG_OFFSET.
    """
    rows = []
    for i in range(16):
        first = Fraction(double_of_bits(LOG_OFFSET + (i << 48)))
        last = Fraction(double_of_bits(LOG_OFFSET + ((i + 1) << 48) - 1))
        inverse = Fraction(round(2 / (first + last) * 1024), 1024)
        if first <= 1 <= last:
            inverse = Fraction(1)
        high, low = grid_pair(-fraction(log_fixed(fixed(inverse))), Fraction(1, 1 << 42))
        rows.append((float(inverse), high, low))
    return rows


def atan_table():
    """atan(i/8) as HI + LO."""
    return [pair(fraction(atan_fixed(fixed(Fraction(min(i, 8), 8))))) for i in range(16)]


def two_over_pi():
    """Bits of 2/pi, 32 an entry, after two entries of zeros; 2^1023 needs the first 39 entries."""
    bits = 1400
    pi = 4 * (4 * atan_inverse(5, bits) - atan_inverse(239, bits))
    quotient = (2 << 2 * bits) // pi
    return [0, 0] + [quotient >> (bits - 32 * (k + 1)) & 0xFFFFFFFF for k in range(40)]


def atan_inverse(n, bits):
    """atan(1/n) in fixed point of so many bits: Gregory's series."""
    total = term = (1 << bits) // n
    k = 3
    while term:
        term //= n * n
        total += -(term // k) if k & 2 else term // k
        k += 2
    return total


ERFCX_DEGREE = 10
LGAMMA_DEGREE = 11


def erfcx_table():
    """erfcx(4 / y - 4) about y = (i + 1/2) / 16, i from 2 (x = 28) to 14 (x = 0.27)."""
    rows = []
    for i in range(16):
        centre = Fraction(2 * min(max(i, 2), 14) + 1, 32)
        c = interpolate(lambda y: erfcx(4 / y - 4), centre, Fraction(1, 32), ERFCX_DEGREE)
        rows.append([*pair(c[0]), *map(to_double, c[1:])])
    return rows


def lgamma_table():
    """log gamma(x) / ((x - 1)(x - 2)) about x = 3/4 + (i + 1/2) / 8, i up to 13 (x = 2.5)."""
    rows = []
    for i in range(16):
        centre = Fraction(3, 4) + Fraction(2 * min(i, 13) + 1, 16)
        c = interpolate(log_gamma_quotient, centre, Fraction(1, 16), LGAMMA_DEGREE)
        rows.append([*pair(c[0]), *map(to_double, c[1:])])
    return rows


def array(name, values):
    lines = ',\n    '.join(v.hex() if isinstance(v, float) else f'0x{v:08x}' for v in values)
    type_name = 'double' if isinstance(values[0], float) else 'int64_t'
    return f'static const _Alignas(64) {type_name} {name}[{len(values)}] = {{\n    {lines}}};\n'


HEAD = """/* SPDX-License-Identifier: MIT */
/* Made by core/vecmath/tables.py, which says what is what. */
#ifndef EVEX_VECMATH_TABLES_H
#define EVEX_VECMATH_TABLES_H

#include <stdint.h>

"""


def polynomial_columns(degree):
    return ['hi', 'lo'] + [str(k) for k in range(1, degree + 1)]


TABLES = {
    'exp_table': (exp_table, ['hi', 'lo']),
    'log_table': (log_table, ['inverse', 'hi', 'lo']),
    'atan_table': (atan_table, ['hi', 'lo']),
    'erfcx_table': (erfcx_table, polynomial_columns(ERFCX_DEGREE)),
    'lgamma_table': (lgamma_table, polynomial_columns(LGAMMA_DEGREE)),
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit('usage: tables.py OUTPUT')
    parts = [HEAD, f'#define LOG_OFFSET INT64_C({LOG_OFFSET:#x})\n',
             f'#define LOG_LN2_HI {LN2_HI.hex()}\n#define LOG_LN2_LO {LN2_LO.hex()}\n\n']
    for name, (make, columns) in TABLES.items():
        rows = make()
        for k, column in enumerate(columns):
            parts.append(array(f'{name}_{column}', [row[k] for row in rows]))
    parts.append(array('two_over_pi', two_over_pi()))
    parts.append('\n#endif\n')
    with open(sys.argv[1], 'w', encoding='ascii') as out:
        out.write(''.join(parts))


main()
