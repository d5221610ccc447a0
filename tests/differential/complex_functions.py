# SPDX-License-Identifier: MIT
"""Complex functions and powers through libevex, against NumPy and against evex itself.

    complex_functions.py --library build/api/libevex.so [--count 2000] [--seed S] [--isa ISA...]

A case is a function, a type and some numbers, special ones among them. The results must be NumPy's
but for an error that is small beside their size, NaN where it has NaN and infinite where it has
infinities, and have the same bits under every instruction set. NumPy is asked in complex128. Not
compared are numbers of which its functions know less than evex's (imprecise), and powers z ** w with
|w log z| beyond 100, by which NumPy's error grows.
"""
import argparse
import sys
import time

import numpy as np

from evex_ctypes import Expression, Library

FUNCTIONS = ("sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
             "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 710.0, -746.0, 1e30, 1e-30, np.inf, -np.inf, np.nan)
EPSILON = {"complex64": 2.0**-23, "complex128": 2.0**-52}
# How many of complex128's NumPy's own result may be off; of powers, 16 times as many.
NUMPY_ERROR = 64


def draw_part(rng, n):
    """Special values, small fractions, any exponent, in equal shares."""
    choice = rng.integers(4, size=n)
    sizes = np.exp2(rng.uniform(-100, 100, n)) * rng.choice([-1.0, 1.0], n)
    return np.choose(choice, [rng.choice(SPECIAL, n), rng.integers(-32, 33, n) * 0.25,
                              rng.uniform(-4, 4, n), sizes])


def draw(rng, dtype, n):
    z = np.empty(n, dtype)
    with np.errstate(over="ignore"):
        z.real, z.imag = draw_part(rng, n), draw_part(rng, n)
    return z


def imprecise(name, z):
    """Where NumPy's formulas cancel, or reduce an angle that is no float64."""
    if name in ("expm1", "log1p"):
        return ~np.isfinite(z) | (np.abs(z) < 0.1) | (np.abs(z + 1) < 0.1) | (np.abs(z.real) > 700)
    if name == "exp2":
        return ~(np.abs(z) < 100)
    return np.zeros(z.shape, bool)


def size_of(z):
    return np.hypot(z.real, z.imag)


def is_good(got, want, epsilon):
    """For each element, whether all parts that are numbers are near and the others of a kind."""
    with np.errstate(all="ignore"):
        finite = np.isfinite(want.real) & np.isfinite(want.imag)
        bound = epsilon * np.maximum(size_of(want), np.finfo(want.dtype).tiny)
        near = size_of(got - want) <= bound
        # Beside NaN signs are open, and finite parts may be far from an infinity's precision.
        alike = [(np.abs(a) == np.abs(b)) | (np.isnan(a) & np.isnan(b)) |
                 (np.isfinite(a) & np.isfinite(b))
                 for a, b in ((got.real, want.real), (got.imag, want.imag))]
        return np.where(finite, near, alike[0] & alike[1])


def is_same(a, b):
    """The same bits, NaN being equal to NaN."""
    parts = [(x == y) & (np.signbit(x) == np.signbit(y)) | (np.isnan(x) & np.isnan(y))
             for x, y in ((a.real, b.real), (a.imag, b.imag))]
    return parts[0] & parts[1]


def is_compared_power(z, w, want):
    with np.errstate(all="ignore"):
        size = np.abs(w * np.log(z))
    return (size < 100) & np.isfinite(want) & np.isfinite(z)


def evaluate(library, source, operands, isa):
    variables = {name: (a.dtype.name, False) for name, a in operands.items()}
    expression = Expression(library, source, variables, isa)
    out = np.empty_like(operands["z"])
    expression.evaluate(operands, [out])
    return out


class Case:
    def __init__(self, seed, number):
        rng = np.random.default_rng([seed, number])
        self.dtype = str(rng.choice(list(EPSILON)))
        self.name = str(rng.choice(FUNCTIONS + ("**", "**")))
        n = int(rng.integers(1, 200))
        self.operands = {"z": draw(rng, self.dtype, n)}
        self.source = f"{self.name}(z)"
        if self.name == "**":
            w = draw(rng, self.dtype, n)
            w.imag[rng.integers(2, size=n) == 0] = 0
            self.operands["w"] = w
            self.source = "z ** w"

    def expected(self):
        """(NumPy's results, which of them count)"""
        z, *exponent = (a.astype(np.complex128) for a in self.operands.values())
        with np.errstate(all="ignore"):
            if exponent:
                want = np.power(z, exponent[0])
                return want.astype(self.dtype), is_compared_power(z, exponent[0], want)
            return getattr(np, self.name)(z).astype(self.dtype), ~imprecise(self.name, z)

    def failure(self, library, isas):
        want, counts = self.expected()
        first = None
        for isa in isas:
            got = evaluate(library, self.source, self.operands, isa)
            if first is None:
                first = got
                error = NUMPY_ERROR * (16 if self.name == "**" else 1) * EPSILON["complex128"]
                good = is_good(got, want, EPSILON[self.dtype] + error) | ~counts
            else:
                good = is_same(got, first)
            if not good.all():
                at = int(np.argmin(good))
                given = ", ".join(f"{k} = {complex(a[at])!r}" for k, a in self.operands.items())
                return (f"{self.source} of {self.dtype} ({isa}): {given}: "
                        f"{complex(got[at])!r}, not {complex((first if got is not first else want)[at])!r}")
        return None


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--isa", nargs="+", default=["ref", "base", "avx2", "avx512"])
    options = parser.parse_args(arguments)
    library, begin, n_failed = Library(options.library), time.monotonic(), 0
    for number in range(options.count):
        failure = Case(options.seed, number).failure(library, options.isa)
        if failure:
            n_failed += 1
            if n_failed <= 20:
                print(f"case {number}: {failure}", flush=True)
    print(f"complex functions, numpy {np.__version__}: {options.count} cases, "
          f"{time.monotonic() - begin:.0f} s: {n_failed} failed")
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
