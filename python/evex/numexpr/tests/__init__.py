# SPDX-License-Identifier: MIT
"""A short test of an installed package; the long ones are in the repository."""

import platform
import sys
import unittest

import numpy

import evex
from evex import numexpr

__all__ = ["print_versions", "test"]


class _Installation(unittest.TestCase):
    def test_against_numpy(self):
        a, b = numpy.arange(1000.0), numpy.arange(1000, dtype="int32")
        for text, expected in [
            ("2*a + 3*b", 2 * a + 3 * b),
            ("where(a > b, sqrt(a), -a)", -a),
            ("sum(a*a)", (a * a).sum()),
            ("(a > 10) & (b < 20)", (a > 10) & (b < 20)),
        ]:
            with self.subTest(text):
                numpy.testing.assert_array_equal(numexpr.evaluate(text), expected)


def print_versions():
    """Print the versions of what this runs on."""
    print("-=" * 38)
    print(f"Numexpr version:   {numexpr.__version__} (evex {evex.__version__})")
    print(f"NumPy version:     {numpy.__version__}")
    print(f"Python version:    {sys.version}")
    print(f"Platform:          {sys.platform}-{platform.machine()}, {evex.config()['isa']}")
    print(f"Number of threads: {numexpr.nthreads} of {numexpr.ncores}")
    print("-=" * 38)


def test(verbosity=1):
    """Try the package on a few expressions; returns a unittest.TestResult."""
    suite = unittest.TestLoader().loadTestsFromTestCase(_Installation)
    return unittest.TextTestRunner(verbosity=verbosity).run(suite)
