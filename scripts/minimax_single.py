#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Derives the polynomial coefficients of core/vecmath/single/: fits as minimax.py makes them,
rounded to float32.

usage: minimax_single.py [NAME...]     prints the coefficients of each fit, and its error as a power
                                       of 2

Every coefficient is rounded in turn, lowest first, and the rest fitted anew, so that its rounding is
made up for. Needs mpmath; run by hand when a polynomial changes, never by the build.
"""
import struct
import sys

from mpmath import (asin, atan, cbrt, cos, cosh, expm1, log, log1p, lu_solve, matrix, mp, mpf, pi,
                    sin, sinh, tan)

from minimax import LN2, one

mp.prec = 120
N_SAMPLES = 150


def samples(a, b):
    """Points of [a, b], dense towards its ends, as the extrema of an error curve are."""
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * (i + mpf(1) / 2) / N_SAMPLES)
            for i in range(N_SAMPLES)]


def to_single(x):
    """x rounded to float32. Coefficients are far from where a second rounding would matter."""
    return struct.unpack('<f', struct.pack('<f', float(x)))[0]


def single_hex(x):
    """C's hexadecimal notation of a float32."""
    digits, exponent = x.hex().split('p')
    return f'{digits.rstrip("0") if "." in digits else digits}p{exponent}f'.replace('.p', 'p')


def best(targets, weights, powers, points):
    """The coefficients of the least maximum of |error| / weight, nearly: least squares, where the
    worst points gain importance at every turn (Lawson 1961)."""
    n = len(powers)
    terms = [[x ** p / w for p in powers] for x, w in zip(points, weights)]
    targets = [y / w for y, w in zip(targets, weights)]
    importance = [mpf(1)] * len(points)
    least = None
    for _ in range(25):
        rows = matrix(n, n)
        right = matrix(n, 1)
        for t, y, m in zip(terms, targets, importance):
            for i in range(n):
                right[i] += m * t[i] * y
                for k in range(n):
                    rows[i, k] += m * t[i] * t[k]
        c = list(lu_solve(rows, right))
        errors = [abs(sum(k * u for k, u in zip(c, t)) - y) for t, y in zip(terms, targets)]
        worst = max(errors)
        if least is None or worst < least[0]:
            least = worst, c
        importance = [m * (e / worst + mpf('1e-6')) for m, e in zip(importance, errors)]
        total = sum(importance)
        importance = [m / total for m in importance]
    return least[1]


def fit(f, weight, powers, a, b, rounding=to_single):
    points = samples(mpf(a), mpf(b))
    weights = [weight(x) for x in points]
    rest = [f(x) for x in points]
    powers = list(powers)
    rounded = []
    while powers:
        c = best(rest, weights, powers, points)
        rounded.append(rounding(c[0]))
        rest = [y - mpf(rounded[-1]) * x ** powers[0] for y, x in zip(rest, points)]
        del powers[0]
    return rounded, max(abs(y) / w for y, w in zip(rest, weights))


R_EXP = LN2 / 16 * mpf('1.0001')
R_EXP10 = LN2 / log(mpf(10)) / 16 * mpf('1.0001')
R_TRIG = pi / 16 * mpf('1.003')
R_HALF = LN2 / 2 * mpf('1.0001')
R_LOG = mpf('0.0611')
LN10 = log(mpf(10))

# name: function, weight, powers, interval[, rounding]
FITS = {
    # e^r = 1 + r + r^2 p(r); 2^r = 1 + r p(r); 10^r = 1 + r p(r)
    'exp': (lambda r: expm1(r) - r, one, range(2, 5), -R_EXP, R_EXP),
    'exp2': (lambda r: expm1(r * LN2), one, range(1, 5), -mpf(1) / 16, mpf(1) / 16),
    'exp10': (lambda r: expm1(r * LN10), one, range(1, 5), -R_EXP10, R_EXP10),
    # sinh r = r + r^3 p(r^2); cosh r = 1 + r^2 p(r^2)
    'sinh': (lambda r: sinh(r) - r, abs, range(3, 8, 2), mpf('1e-6'), R_HALF),
    'cosh': (lambda r: cosh(r) - 1, one, range(2, 7, 2), mpf('1e-6'), R_HALF),
    # log(1 + r) = r + r^2 p(r); log2(1 + r) = r / log 2 + r^2 p(r); log10 so, too
    'log': (lambda r: log1p(r) - r, abs, range(2, 7), -R_LOG, R_LOG),
    'log2': (lambda r: (log1p(r) - r) / LN2, abs, range(2, 7), -R_LOG, R_LOG),
    # log2(1 + r) = r p(r), in float64
    'pow': (lambda r: log1p(r) / LN2, abs, range(1, 8), -R_LOG, R_LOG, float),
    'log10': (lambda r: (log1p(r) - r) / LN10, abs, range(2, 7), -R_LOG, R_LOG),
    # sin r = r + r^3 p(r^2); cos r = 1 + r^2 p(r^2); tan r = r + r^3 p(r^2)
    'sin': (lambda r: sin(r) - r, abs, range(3, 6, 2), mpf('1e-3'), R_TRIG),
    'cos': (lambda r: cos(r) - 1, one, range(2, 5, 2), mpf('1e-3'), R_TRIG),
    'tan': (lambda r: tan(r) - r, abs, range(3, 8, 2), mpf('1e-3'), R_TRIG),
    # asin t = t + t^3 p(t^2); atan t = t + t^3 p(t^2)
    'asin': (lambda t: asin(t) - t, abs, range(3, 12, 2), mpf('1e-3'), mpf('0.5')),
    'atan': (lambda t: atan(t) - t, abs, range(3, 20, 2), mpf('1e-3'), mpf(1)),
    # (1 - e)^(-1/3) = 1 + e p(e)
    'cbrt': (lambda e: 1 / cbrt(1 - e) - 1, abs, range(1, 4), -mpf('0.104'), mpf('0.105')),
}


def main():
    for name in sys.argv[1:] or FITS:
        coefficients, error = fit(*FITS[name])
        print(f'{name}: error 2^{float(log(error, 2)):.1f}')
        for power, c in zip(FITS[name][2], coefficients):
            print(f'    x^{power:<2} {single_hex(c) if to_single(c) == c else c.hex()}')


main()
