# SPDX-License-Identifier: MIT
"""C functions of the user's in expressions."""

import ctypes
import ctypes.util

import evex
import numpy as np
import pytest

libm = ctypes.CDLL(ctypes.util.find_library("m"))
x = np.linspace(0.1, 5, 10_000)


def test_scalar_functions_of_each_arity_and_type():
    evex.register("my_j0", libm.j0, "float64(float64)")
    evex.register("my_dim", libm.fdim, "float64(float64, float64)")
    evex.register("my_fma", libm.fma, "float64(float64, float64, float64)")
    evex.register("my_fdimf", libm.fdimf, "float32(float32, float32)")
    evex.register("my_labs", libm.llabs if hasattr(libm, "llabs") else ctypes.CDLL(None).llabs,
                  "int64(int64)")
    libm.j0.restype, libm.j0.argtypes = ctypes.c_double, [ctypes.c_double]
    np.testing.assert_array_equal(evex.evaluate("my_j0(x)"), [libm.j0(v) for v in x])
    np.testing.assert_array_equal(evex.evaluate("my_dim(x, 2)"), np.maximum(x - 2, 0))
    np.testing.assert_array_equal(evex.evaluate("my_fma(x, x, 1)"), evex.evaluate("fma(x, x, 1)"))
    y = x.astype("f4")
    np.testing.assert_array_equal(evex.evaluate("my_fdimf(y, y*0.5)"), y - y * np.float32(0.5))
    np.testing.assert_array_equal(evex.evaluate("my_labs(k)", k=np.arange(-3, 3)), [3, 2, 1, 0, 1, 2])


KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
                          ctypes.POINTER(ctypes.c_size_t), ctypes.c_size_t, ctypes.c_void_p)


def test_block_functions():
    """A Python callback takes the lock for itself, which shows that the caller does not hold it."""
    lengths = []

    @KERNEL
    def halve(out, inputs, steps, n, user):
        source = (ctypes.c_int16 * (n if steps[0] else 1)).from_address(inputs[0])
        target = (ctypes.c_double * n).from_address(out)
        for i in range(n):
            target[i] = source[i * steps[0]] / 2
        lengths.append(n)

    evex.register("my_halve", halve, "float64(int16)", block=True)
    k = np.arange(10_000, dtype="i2")
    np.testing.assert_array_equal(evex.evaluate("my_halve(k)"), k / 2)
    assert sum(lengths) == 10_000


def test_wrong_registrations():
    with pytest.raises(evex.EvexError, match="sin"):
        evex.register("sin", libm.sin, "float64(float64)")
    with pytest.raises(TypeError, match="one to four operands"):
        evex.register("mixed", libm.ldexp, "float64(float64, int32)")
    with pytest.raises(ValueError, match="signature"):
        evex.register("my_sin", libm.sin, "float64")
    with pytest.raises(TypeError, match="address"):
        evex.register("my_sin", np.sin, "float64(float64)")
    with pytest.raises(ValueError, match="0"):
        evex.register("my_sin", 0, "float64(float64)")
    with pytest.raises(evex.EvexError, match="my_sin"):
        evex.evaluate("my_sin(1.0)")
