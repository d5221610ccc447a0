#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Derives the polynomial coefficients of core/vecmath/: weighted minimax fits by Remez's exchange.

usage: minimax.py [NAME...]     prints the coefficients of each fit, and its error as a power of 2

A fit is sum c_k x^p_k ~ f(x) on [a, b], with the least maximum of |error| / weight(x). A weight of
x^p_0 bounds the relative error of the polynomial; a weaker one is enough where the error vanishes
at 0 by itself; it should change its sign at 0 if x^p_0 does, so that the error alternates. The
lowest two coefficients are rounded to double first and the rest fitted anew, so that their rounding
is made up for. Needs mpmath; run by hand when a polynomial changes, never by the build.
"""
import sys

from mpmath import (mp, mpf, asin, atan, cbrt, cos, cosh, expm1, lu_solve, log, log1p, loggamma,
                    matrix, pi, sin, sinh, tan)

mp.prec = 240
LN2 = log(mpf(2))
N_SAMPLES = 1200


def samples(a, b):
    """Points of [a, b], dense towards its ends, as the extrema of an error curve are."""
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * (i + mpf(1) / 2) / N_SAMPLES)
            for i in range(N_SAMPLES)]


def exchange(f, weight, powers, points):
    """One minimax fit on the points: (coefficients, greatest weighted error)."""
    n = len(powers)
    targets = [f[i] for i in range(len(points))]
    terms = [[x ** p for p in powers] for x in points]
    # Off centre, or an odd power at points x and -x would make the system singular.
    chosen = [int((i + 0.3) * (len(points) - 1) / (n + 0.8)) for i in range(n + 1)]
    for _ in range(40):
        rows = matrix(n + 1, n + 1)
        right = matrix(n + 1, 1)
        for row, i in enumerate(chosen):
            for k in range(n):
                rows[row, k] = terms[i][k]
            rows[row, n] = weight[i] * (-1) ** row
            right[row] = targets[i]
        try:
            solution = lu_solve(rows, right)
        except ZeroDivisionError:  # an odd power alone has no best fit; the one so far will do
            break
        c = [solution[k] for k in range(n)]
        errors = [(sum(c[k] * t[k] for k in range(n)) - y) / w
                  for t, y, w in zip(terms, targets, weight)]
        extrema = alternating(errors, n + 1)
        worst = max(abs(e) for e in errors)
        if extrema is None or worst <= abs(solution[n]) * mpf('1.01'):
            break
        chosen = extrema
    return c, worst


def alternating(errors, count):
    """Indices of count extrema of alternating sign, greatest ones kept; None if there are fewer."""
    runs = []
    for i, e in enumerate(errors):
        if e == 0:
            continue
        if runs and (errors[runs[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[runs[-1]]):
                runs[-1] = i
        else:
            runs.append(i)
    while len(runs) > count:
        if len(runs) == count + 1:
            runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
        else:
            worst = min(range(len(runs) - 1),
                        key=lambda i: max(abs(errors[runs[i]]), abs(errors[runs[i + 1]])))
            del runs[worst:worst + 2]
    return runs if len(runs) == count else None


def fit(f, weight, powers, a, b):
    points = samples(mpf(a), mpf(b))
    weights = [weight(x) for x in points]
    rest = [f(x) for x in points]
    powers = list(powers)
    rounded = []
    while powers:
        c, _ = exchange(rest, weights, powers, points)
        n = 1 if len(rounded) < 2 else len(c)
        rounded += [float(c[k]) for k in range(n)]
        rest = [y - sum(mpf(rounded[k - n]) * x ** powers[k] for k in range(n))
                for y, x in zip(rest, points)]
        del powers[:n]
    worst = max(abs(y / w) for y, w in zip(rest, weights))
    return rounded, worst


def one(_):
    return mpf(1)


def identity(x):
    return x


def square(x):
    return x * x


R_LOG = (-mpf('0.032716'), mpf('0.033128'))
R_EXP = LN2 / 32 * mpf('1.0001')
R_TRIG = pi / 4 * mpf('1.00001')
LOG10_2 = LN2 / log(mpf(10))


# name: function, weight, powers, interval
FITS = {
    # e^r = 1 + r + r^2 p(r)
    'exp': (lambda r: expm1(r) - r, one, range(2, 7), -R_EXP, R_EXP),
    'exp_long': (lambda r: expm1(r) - r, square, range(2, 8), -R_EXP, R_EXP),
    # 2^r = 1 + r p(r) and 10^r = 1 + r p(r)
    'exp2': (lambda r: expm1(r * LN2), one, range(1, 7), -mpf(1) / 32, mpf(1) / 32),
    'exp10': (lambda r: expm1(r * log(mpf(10))), one, range(1, 7), -LOG10_2 / 32 * mpf('1.0001'),
              LOG10_2 / 32 * mpf('1.0001')),
    # log(1 + r) = r + r^2 p(r); = r - r^2/2 + r^3 p(r)
    'log': (lambda r: log1p(r) - r, abs, range(2, 11), *R_LOG),
    'log_long': (lambda r: log1p(r) - r + r * r / 2, identity, range(3, 12), *R_LOG),
    # log2(1 + r) = r / log 2 + r^2 p(r), log10 likewise
    'log2': (lambda r: (log1p(r) - r) / LN2, abs, range(2, 11), *R_LOG),
    'log10': (lambda r: (log1p(r) - r) / log(mpf(10)), abs, range(2, 11), *R_LOG),
    # cosh r = 1 + r^2 p(r^2), sinh r = r + r^3 p(r^2)
    'cosh': (lambda r: cosh(r) - 1, one, range(2, 7, 2), mpf('1e-9'), R_EXP),
    'sinh': (lambda r: sinh(r) - r, abs, range(3, 8, 2), mpf('1e-9'), R_EXP),
    # sin r = r + r^3 p(r^2), cos r = 1 - r^2/2 + r^4 p(r^2)
    'sin': (lambda r: sin(r) - r, abs, range(3, 14, 2), mpf('1e-9'), R_TRIG),
    'cos': (lambda r: cos(r) - 1 + r * r / 2, one, range(4, 15, 2), mpf('1e-9'), R_TRIG),
    # tan r = r + r^3 p(r^2)
    'tan': (lambda r: tan(r) - r, abs, range(3, 12, 2), mpf('1e-9'), pi / 32 * mpf('1.0001')),
    # atan u = u + u^3 p(u^2)
    'atan': (lambda u: atan(u) - u, abs, range(3, 14, 2), mpf('1e-9'), mpf('0.0991')),
    # asin x = x + x^3 p(x^2)
    'asin': (lambda x: asin(x) - x, abs, range(3, 26, 2), mpf('1e-9'), mpf('0.5')),
    # (1 - e)^(-1/3)
    'cbrt': (lambda e: 1 / cbrt(1 - e), one, range(0, 4), -mpf('0.1025'), mpf('0.1025')),
    # log gamma(1/w) = (1/w - 1/2) log(1/w) - 1/w + log(2 pi)/2 + w p(w^2)
    'stirling': (lambda w: loggamma(1 / w) - (1 / w - mpf(1) / 2) * log(1 / w) + 1 / w
                 - log(2 * pi) / 2, one, range(1, 16, 2), mpf('0.005'), mpf(1) / 8),
}


def main():
    for name in sys.argv[1:] or FITS:
        coefficients, error = fit(*FITS[name])
        print(f'{name}: error 2^{float(log(error, 2)):.1f}')
        for power, c in zip(FITS[name][2], coefficients):
            print(f'    x^{power:<2} {c.hex()}')


if __name__ == '__main__':
    main()
