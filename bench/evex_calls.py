# SPDX-License-Identifier: MIT
"""evex as a contestant of bench_peers.py: its C API through the binding of the differential test,
timed by a loop in C (bench/calls.c), for a call through ctypes costs more than a short
evaluation."""

import ctypes
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "differential"))
import evex_ctypes


class Call:
    """One expression over given arrays into out, to be called, or timed."""

    def __init__(self, time_calls, expression, arrays, out, n_threads):
        self.time_calls, self.n_threads, self.out = time_calls, ctypes.c_size_t(n_threads), out
        self.expression, self.arrays = expression, arrays  # which the structs point into
        self.inputs = expression.describe_inputs(arrays)
        self.n_inputs = ctypes.c_size_t(len(expression.inputs))
        self.output = evex_ctypes.describe(out)

    def time(self, n_calls):
        """Nanoseconds of so many calls together."""
        output, n_calls = ctypes.byref(self.output), ctypes.c_size_t(n_calls)
        handle = self.expression.handle
        ns = self.time_calls(handle, self.inputs, self.n_inputs, output, self.n_threads, n_calls)
        if ns < 0:
            raise RuntimeError("evex could not evaluate the expression")
        return ns

    def __call__(self):
        self.time(1)
        return self.out


class Evex:
    """evex of a build folder."""

    name, threads = "evex", (1, 2)

    def __init__(self, build):
        self.library = evex_ctypes.Library(str(build / "api" / "libevex.so"))
        self.time_calls = ctypes.CDLL(str(build / "bench" / "bench_calls.so")).bench_time_calls
        self.time_calls.restype = ctypes.c_double
        self.version = self.library.version

    def compile(self, line):
        variables = {o.name: (o.dtype.name, False) for o in line.operands}
        return evex_ctypes.Expression(self.library, line.text, variables)

    def outputs(self, line, arrays):
        """A function that makes arrays for the line's result."""
        dtype, shape = self.compile(line).result_shapes(arrays)[0]
        return lambda: np.empty(shape, dtype)

    def prepare(self, line, arrays, out, n_threads):
        return Call(self.time_calls, self.compile(line), arrays, out, n_threads)
