#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tables.h, the look-up tables of core/vecmath/ (usage: tables.py OUTPUT).

Everything is computed here with integers and fractions: fixed-point numbers of PRECISION fractional
bits, by series and recurrences that any textbook of numerical methods has. A table entry that needs
more than 53 bits is a pair _HI + _LO of doubles.

One file in spite of its length: it is a list of short functions, a table each, over one arithmetic.
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
LN10 = log_fixed(10 * ONE)
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


def erf(x):
    """erf of a Fraction."""
    value = ONE - mul(exp_fixed(-fixed(x * x)), erfcx(abs(x)))
    return value if x >= 0 else -value


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

def exp_pairs():
    """2^(i/16) rounded, with i/16 taken from its exponent field, and its relative rounding error.

    So adding n/16 for any integer n = i mod 16 to the field gives 2^(n/16), if that is normal.
    """
    rows = []
    for i in range(16):
        exact = fraction(exp_fixed(LN2 * i // 16))
        power = to_double(exact)
        excess = to_double((exact - Fraction(power)) / Fraction(power))
        rows.append((double_of_bits(bits_of_double(power) - (i << 48)), excess))
    return rows


def hyperbolic_quads():
    """2^(i/16) / 2 and 2^(-i/16) / 2 as exp_pairs has it, the latter for subtraction."""
    rows = []
    for i, (power, error) in enumerate(exp_pairs()):
        exact = 1 / fraction(exp_fixed(LN2 * i // 16))
        falling = to_double(exact)
        rows.append((power / 2, error, double_of_bits(bits_of_double(falling / 2) + (i << 48)),
                     to_double((exact - Fraction(falling)) / Fraction(falling))))
    return rows


# Mantissas are taken from [m, 2 m) with m = LOG_OFFSET, cut in 16 parts by the bits below the
# exponent. With this offset there is for each part a reciprocal of so few bits that
# r = z * reciprocal - 1 has 53 bits and |r| < 0.03313; the reciprocal of the part around 1 is 1.
LOG_OFFSET = 0x3FE6860000000000
# Logarithms are taken to this step, so that e * log(2) + log(z) is exact in its high part.
LOG_GRID = Fraction(1, 1 << 42)
# What the exponent e is stored with.
LOG_BIAS = 1024


def double_of_bits(bits):
    return struct.unpack('<d', struct.pack('<Q', bits))[0]


def bits_of_double(x):
    return struct.unpack('<Q', struct.pack('<d', x))[0]


def log_parts():
    """The first and the last mantissa of each part."""
    for i in range(16):
        yield (Fraction(double_of_bits(LOG_OFFSET + (i << 48))),
               Fraction(double_of_bits(LOG_OFFSET + ((i + 1) << 48) - 1)))


def exact_reciprocal(first, last):
    """Of the numbers near 2 / (first + last) the one with the least |r| of those for which r, a
    multiple of the reciprocal's step times an ULP of z, is below 2^53 times that."""
    ulp = Fraction(1, 1 << (53 if last < 1 else 52))
    best = None
    for bits in range(2, 11):
        near = 2 * (1 << bits) // (first + last)
        for inverse in (Fraction(near, 1 << bits), Fraction(near + 1, 1 << bits)):
            most = max(abs(first * inverse - 1), abs(last * inverse - 1))
            if most * inverse.denominator <= ulp * (1 << 53) and (not best or most < best[0]):
                best = most, inverse
    return best[1]


def log_inverses():
    """For each part of the mantissas a reciprocal."""
    return [Fraction(1) if first <= 1 <= last else exact_reciprocal(first, last)
            for first, last in log_parts()]


def log_rows(unit):
    """log 2, as a pair; rows of a reciprocal and, as a pair, -log of it less LOG_BIAS log 2, which
    is in e. Logarithms are divided by the fixed-point unit. Where the reciprocal is 1 the bias
    cancels exactly."""
    ln2 = grid_pair(fraction(div(LN2, unit)), LOG_GRID)
    rows = []
    for inverse in log_inverses():
        high, low = grid_pair(-fraction(div(log_fixed(fixed(inverse)), unit)), LOG_GRID)
        rows.append((float(inverse), high - LOG_BIAS * ln2[0],
                     to_double(Fraction(low) - Fraction(LOG_BIAS * ln2[1])), 0.0))
    return ln2, rows


def atan_quads():
    """For each half of a binade of q, atan q = c + atan((alpha q - beta) / (beta q + alpha)): beta,
    alpha, c as HI + LO. beta / alpha is near the tangent of the half's middle, 0 for q < 3/32,
    infinite from 12 on. Indexed by the low four bits of the exponent and the highest bit of the
    fraction, the first entry being that of [1/16, 3/32).
    """
    rows = {}
    for k in range(16):
        first, last = (Fraction(2 + i % 2) * Fraction(2) ** (i // 2 - 5) for i in (k, k + 1))
        middle = atan_any(first) + atan_any(last) >> 1
        beta, alpha = to_double(fraction(sqrt_fixed(tan_squared(middle)))), 1.0
        if k == 0:
            beta = 0.0
        if k == 15:
            beta, alpha = 1.0, 0.0
        c = fraction(atan_any(Fraction(beta)) if k < 15 else PI // 2)
        rows[(2 * (1023 - 4) + k) & 15] = (beta, alpha, *pair(c))
    return [rows[i] for i in range(16)]


def atan_any(x):
    """atan of a Fraction x >= 0."""
    return atan_fixed(fixed(x)) if x <= 1 else PI // 2 - atan_fixed(fixed(1 / x))


def tan_squared(angle):
    """tan^2 of an angle in [0, pi/2): (1 - c) / (1 + c), c = cos of twice the angle."""
    c = fixed(cosine_of_pi_times(fraction(div(2 * angle, PI))))
    return div(ONE - c, ONE + c)


def tan_quads():
    """N and D, N / D = tan(i pi/16), the larger one 1; and what they lack."""
    eighth = sqrt_fixed(2 * ONE) - ONE
    sixteenth = div(sqrt_fixed(ONE + mul(eighth, eighth)) - ONE, eighth)
    small = [0, sixteenth, eighth, div(ONE - sixteenth, ONE + sixteenth), ONE]
    rows = []
    for i in range(16):
        high, low = pair(fraction(small[4 - abs(i % 8 - 4)]) * (1 if i <= 8 else -1))
        rows.append((high, 1.0, low, 0.0) if i <= 4 or i >= 12 else (1.0, high, 0.0, low))
    return rows


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


ERFCX_DEGREE = 11
LGAMMA_DEGREE = 11


def erfcx_quads():
    """erfcx(4 / y - 4) about y = i/16, i from 2 (x = 27.5) to 16 (x = 0), in powers of h, 16 times
    the distance, up to 0.55. Columns LO, c1, c2 ..., and HI behind them. Indexed by i & 15."""
    rows = [None] * 16
    for i in range(1, 17):
        centre, radius = Fraction(max(i, 2), 16), Fraction(55, 1600)
        first, last = max(centre - radius, Fraction(127, 1000)), min(centre + radius, Fraction(1))
        middle = (first + last) / 2
        c = interpolate(lambda y: erfcx(4 / y - 4), middle, (last - first) / 2, ERFCX_DEGREE)
        c = shift_polynomial(c, centre - middle)
        high, low = pair(c[0])
        scaled = (to_double(x / 16 ** k) for k, x in enumerate(c) if k > 0)
        rows[i & 15] = (low, *scaled, high, 0.0, 0.0, 0.0)
    return rows


ERF_STEP = Fraction(11, 32)
ERF_DEGREE = 13
ERF_MOST = 6


def erf_quads():
    """erf about i ERF_STEP, the last to ERF_MOST: HI + LO + c1 t + ...; less the argument for i < 2,
    all in LO then. Columns LO, c1, c2 ..., zeros, and HI behind them."""
    rows = []
    for i in range(16):
        centre = i * ERF_STEP
        first, last = centre - ERF_STEP / 2, centre + ERF_STEP / 2 if i < 15 else ERF_MOST
        middle = (first + last) / 2
        c = interpolate(lambda x: erf(x) - (fixed(x) if i < 2 else 0), middle, (last - first) / 2,
                        ERF_DEGREE)
        c = shift_polynomial(c, centre - middle)
        if i == 0:
            c = [x if k % 2 else Fraction(0) for k, x in enumerate(c)]
        high, low = pair(c[0]) if i >= 2 else (0.0, to_double(c[0]))
        rows.append((low, *map(to_double, c[1:]), 0.0, 0.0, high, 0.0, 0.0, 0.0))
    return rows


def shift_polynomial(c, by):
    """The coefficients of c(x + by), by Horner's rule."""
    shifted = [Fraction(0)] * len(c)
    for coefficient in reversed(c):
        for k in range(len(c) - 1, 0, -1):
            shifted[k] = shifted[k] * by + shifted[k - 1]
        shifted[0] = shifted[0] * by + coefficient
    return shifted


def lgamma_table():
    """log gamma(x) / ((x - 1)(x - 2)) about x = 3/4 + (i + 1/2) / 8, i up to 13 (x = 2.5)."""
    rows = []
    for i in range(16):
        centre = Fraction(3, 4) + Fraction(2 * min(i, 13) + 1, 16)
        c = interpolate(log_gamma_quotient, centre, Fraction(1, 16), LGAMMA_DEGREE)
        rows.append([*pair(c[0]), *map(to_double, c[1:])])
    return rows


# ---- Tables of float32 --------------------------------------------------------------------------

class Single(float):
    """A float that is a float32."""


def to_single(x):
    """x rounded to float32; 0 if it is subnormal."""
    x = Fraction(x)
    return Single(to_double(x, 24) if abs(x) >= Fraction(1, 1 << 126) else 0.0)


def bits_of_single(x):
    return struct.unpack('<I', struct.pack('<f', x))[0]


def single_of_bits(bits):
    return Single(struct.unpack('<f', struct.pack('<I', bits))[0])


def twice(rows):
    """A table of 8 for a look-up that may read 16."""
    return rows + rows


def single_exp_table():
    """2^(i/8) as H (1 + LO), of H the BASE: its bits less i 2^20, so that adding 8 n 2^20 makes
    2^n, where i = 8 n mod 8."""
    rows = []
    for i in range(8):
        power = fraction(exp_fixed(LN2 * i // 8))
        high = to_single(power)
        low = to_single(power / Fraction(high) - 1)
        rows.append((single_of_bits(bits_of_single(high) - (i << 20)), low))
    return twice(rows)


# As LOG_OFFSET, for 8 parts of float32's mantissas; |r| < 0.0612.
SINGLE_LOG_OFFSET = 0x3F24C000
LOG_STEP = Fraction(1, 1 << 16)
LOG_BASES = {'': Fraction(1), '2': 1 / fraction(LN2), '10': 1 / fraction(log_fixed(10 * ONE))}


def single_log_inverse(i):
    """A reciprocal of few bits for part i, so that z * inverse - 1 is exact."""
    first = Fraction(single_of_bits(SINGLE_LOG_OFFSET + (i << 20)))
    last = Fraction(single_of_bits(SINGLE_LOG_OFFSET + ((i + 1) << 20) - 1))
    if first <= 1 <= last:
        return Fraction(1)
    steps = 16 if last < 1 else 32
    near = int(2 * steps / (first + last))
    candidates = [Fraction(k, steps) for k in range(near - 1, near + 3)]
    return min(candidates, key=lambda c: max(abs(first * c - 1), abs(last * c - 1)))


def single_log_table():
    """A reciprocal for each part of the mantissas, and -log of it to the bases e, 2 and 10, as HI,
    a multiple of 2^-16, and LO."""
    rows = []
    for i in range(8):
        inverse = single_log_inverse(i)
        row = [Single(inverse)]
        for scale in LOG_BASES.values():
            high, low = grid_pair(-fraction(log_fixed(fixed(inverse))) * scale, LOG_STEP)
            row += [Single(high), to_single(Fraction(low))]
        rows.append(row)
    return twice(rows)


def root(x):
    return isqrt(x << PRECISION)


ROOT2 = root(2 * ONE)
# sin(i pi/8), i = 0..4.
SINES = [fraction(x) for x in
         (0, root(2 * ONE - ROOT2) // 2, ROOT2 // 2, root(2 * ONE + ROOT2) // 2, ONE)]


def single_sine_table():
    """sin(i pi/8) as HI + LO, and the COSINE. Where the sine is smallest, at i = 1 and 7, LO makes up
    for the COSINE's rounding error too, as if its factor r were -1/8 and 1/8."""
    rows = []
    for i in range(8):
        sine, cosine = SINES[4 - abs(4 - i)], SINES[abs(4 - i)] * (1 if i < 4 else -1)
        high, factor = to_single(sine), to_single(cosine)
        r = Fraction({1: -1, 7: 1}.get(i, 0), 8)
        low = sine - Fraction(high) + (cosine - Fraction(factor)) * r
        rows.append((high, to_single(low), factor))
    return twice(rows)


def single_tangent_table():
    """Two numbers whose quotient is tan(i pi/8), OVER and UNDER, each with a LO; one of them is 1 or
    -1, or 0."""
    tangent = SINES[1] / SINES[3]
    ones = [Fraction(0), tangent, Fraction(1), Fraction(1), Fraction(1)]
    rows = []
    for i in range(8):
        over, under = ones[4 - abs(4 - i)], ones[abs(4 - i)] * (1 if i < 4 else -1)
        row = []
        for x in (over, under):
            high = to_single(x)
            row += [high, to_single(x - Fraction(high))]
        rows.append(row)
    return twice(rows)


SINGLE_TANH_DEGREE = 7


SINGLE_ERF_STEP = Fraction(17, 32)
SINGLE_ERF_DEGREE = 7
SINGLE_ERFCX_DEGREE = 8


def single_pair(x):
    """x as a float32 and a float32 for the rest."""
    high = to_single(x)
    return high, to_single(x - Fraction(high))


def single_erf_table():
    """erf about 17/32 i, i up to 7 (x = 3.98); the first two coefficients as pairs. About 0 the even
    ones are 0, as the nodes lie symmetrically."""
    rows = []
    for i in range(8):
        c = interpolate(erf, i * SINGLE_ERF_STEP, SINGLE_ERF_STEP / 2, SINGLE_ERF_DEGREE)
        rows.append([*single_pair(c[0]), *single_pair(c[1]), *map(to_single, c[2:])])
    return twice(rows)


def single_erfcx_table():
    """erfcx of each half of a binade of x + 1, about the CENTRE of its interval: [0, 1/2), [1/2, 1),
    [1, 2), ... [7, 11). Indexed by the low two bits of the exponent of x + 1 and the highest one of
    its fraction; the entry that is left over stands for nothing."""
    rows = {}
    for k in range(8):
        first, last = (Fraction(2 + i % 2) * Fraction(2) ** (i // 2 - 1) - 1 for i in (k, k + 1))
        centre = (min(first, 7) + min(last, 11)) / 2
        c = interpolate(erfcx, centre, min(last, 11) - centre, SINGLE_ERFCX_DEGREE)
        rows[(k + 254) & 7] = [to_single(centre), *single_pair(c[0]), *map(to_single, c[1:])]
    return twice([rows[i] for i in range(8)])


def tanh_fixed(x):
    """tanh of a Fraction x."""
    falling = exp_fixed(-2 * fixed(x))
    return div(ONE - falling, ONE + falling)


def tanh_centre(near):
    """A float32 near the Fraction `near` whose tanh is a float32, to 2^-31 of it."""
    bits = bits_of_single(float(fraction(tanh_fixed(near))))
    for k in range(bits, bits + 1000):
        value = Fraction(single_of_bits(k))
        centre = Fraction(to_single(fraction(log_fixed(fixed((1 + value) / (1 - value)))) / 2))
        if abs(fraction(tanh_fixed(centre)) / value - 1) < Fraction(1, 1 << 31):
            return centre
    raise ValueError('no centre')


def single_tanh_row(first, last):
    centre = tanh_centre((first + last) / 2)
    value = fraction(tanh_fixed(centre))
    middle = (first + last) / 2
    c = interpolate(lambda x: fixed((fraction(tanh_fixed(x)) - value) / (x - centre)), middle,
                    (last - first) / 2, SINGLE_TANH_DEGREE - 1)
    return [centre, value, *shift_polynomial(c, centre - middle)]


def single_tanh_table():
    """tanh of each half of a binade, about CENTRE: VALUE + t (c1 + c2 t + ...); of the first, which
    is [0, 1/16), t + t (c1 + ...). Indexed by the low three bits of the exponent and the highest bit
    of the fraction, the first half being that of [3/64, 1/16)."""
    rows = {245 & 15: map(Fraction, (0, 0, 0, 0, '-1/3', 0, '2/15', 0, '-17/315'))}
    for k in range(246, 261):
        first, last = (Fraction(2 + i % 2) * Fraction(2) ** (i // 2 - 128) for i in (k, k + 1))
        rows[k & 15] = single_tanh_row(first, min(last, Fraction(9.02)))
    return [list(map(to_single, rows[i])) for i in range(16)]


def literal(value):
    if isinstance(value, Single):
        return f'{value.hex()}f'
    return value.hex() if isinstance(value, float) else f'0x{value:08x}'


def array(name, values):
    lines = ',\n    '.join(map(literal, values))
    type_name = {Single: 'float', float: 'double', int: 'int64_t'}[type(values[0])]
    return f'static const _Alignas(64) {type_name} {name}[{len(values)}] = {{\n    {lines}}};\n'


def row_table(name, rows, kind, width):
    """The rows, of a multiple of width columns, as an array of v_pairs or v_quads (quads.h)."""
    parts = []
    for first in range(0, len(rows[0]), width):
        lines = [row[first:first + width] for row in rows]
        columns = ',\n    '.join('{' + ', '.join(map(literal, c)) + '}' for c in zip(*lines))
        by_row = ',\n    '.join('{' + ', '.join(map(literal, line)) + '}' for line in lines)
        parts.append(f'    {{{{{columns}}},\n    {{{by_row}}}}}')
    body = ',\n'.join(parts)
    return f'static const _Alignas(64) {kind} {name}[{len(parts)}] = {{\n{body}}};\n'


HEAD = """/* SPDX-License-Identifier: MIT */
/* Made by core/vecmath/tables.py, which says what is what. */
#ifndef EVEX_VECMATH_TABLES_H
#define EVEX_VECMATH_TABLES_H

#include <stdint.h>

#include "core/vecmath/quads.h"

"""


def polynomial_columns(degree):
    return ['hi', 'lo'] + [str(k) for k in range(1, degree + 1)]


TABLES = {
    'lgamma_table': (lgamma_table, polynomial_columns(LGAMMA_DEGREE)),
    'single_exp_table': (single_exp_table, ['base', 'lo']),
    'single_tanh_table': (single_tanh_table,
                          ['centre', 'value'] + [f'c{k + 1}' for k in range(SINGLE_TANH_DEGREE)]),
    'single_log_table': (single_log_table,
                         ['inverse'] + [part + base for base in LOG_BASES for part in ('hi', 'lo')]),
    'single_sine_table': (single_sine_table, ['hi', 'lo', 'cosine']),
    'single_erf_table': (single_erf_table, ['hi', 'lo', 'slope', 'slope_lo']
                         + [str(k) for k in range(2, SINGLE_ERF_DEGREE + 1)]),
    'single_erfcx_table': (single_erfcx_table, ['centre', 'hi', 'lo']
                           + [str(k) for k in range(1, SINGLE_ERFCX_DEGREE + 1)]),
    'single_tangent_table': (single_tangent_table, ['over', 'over_lo', 'under', 'under_lo']),
}

PAIRS = {
    'exp_pairs': exp_pairs,
}

QUADS = {
    'hyperbolic_quads': hyperbolic_quads,
    'log_quads': lambda: log_rows(ONE)[1],
    'log2_quads': lambda: log_rows(LN2)[1],
    'log10_quads': lambda: log_rows(LN10)[1],
    'atan_quads': atan_quads,
    'tan_quads': tan_quads,
    'erf_quads': erf_quads,
    'erfcx_quads': erfcx_quads,
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit('usage: tables.py OUTPUT')
    parts = [HEAD, f'#define LOG_OFFSET INT64_C({LOG_OFFSET:#x})\n',
             f'#define LOG_BIAS INT64_C({LOG_BIAS})\n']
    for name, unit in (('LOG_LN2', ONE), ('LOG_LG2', LN10)):
        (high, low), _ = log_rows(unit)
        parts.append(f'#define {name}_HI {high.hex()}\n#define {name}_LO {low.hex()}\n\n')
    parts.append(f'#define SINGLE_LOG_OFFSET {SINGLE_LOG_OFFSET:#x}\n\n')
    for name, (make, columns) in TABLES.items():
        rows = make()
        for k, column in enumerate(columns):
            parts.append(array(f'{name}_{column}', [row[k] for row in rows]))
    for name, make in PAIRS.items():
        parts.append(row_table(name, make(), 'v_pairs', 2))
    for name, make in QUADS.items():
        parts.append(row_table(name, make(), 'v_quads', 4))
    parts.append(array('two_over_pi', two_over_pi()))
    parts.append('\n#endif\n')
    with open(sys.argv[1], 'w', encoding='ascii') as out:
        out.write(''.join(parts))


main()
