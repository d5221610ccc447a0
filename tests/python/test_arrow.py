# SPDX-License-Identifier: MIT
"""Operands through Arrow's C data interface, from an exporter made here of the interface's structs."""

import ctypes
import gc
import weakref

import evex
import numpy as np
import pytest

# The memory is NumPy's, so there is nothing to release.
released = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda structure: None)


class Schema(ctypes.Structure):
    _fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p),
                ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
                ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
                ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p),
                ("private_data", ctypes.c_void_p)]


class Array(ctypes.Structure):
    _fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64),
                ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
                ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
                ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p),
                ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p)]


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
NAMES = {"schema": ctypes.c_char_p(b"arrow_schema"), "array": ctypes.c_char_p(b"arrow_array")}


class Exporter:
    """values: the buffer, already as Arrow lays it out."""

    def __init__(self, format, values, length=None, offset=0, null_count=0, validity=None):
        self.held = values, validity
        n = len(values) if length is None else length
        self.buffers = (ctypes.c_void_p * 2)(
            None if validity is None else validity.ctypes.data, values.ctypes.data
        )
        self.schema = Schema(format=format, flags=2, release=ctypes.cast(released, ctypes.c_void_p))
        self.array = Array(length=n, null_count=null_count, offset=offset, n_buffers=2,
                           buffers=self.buffers, release=ctypes.cast(released, ctypes.c_void_p))

    def __arrow_c_array__(self, requested_schema=None):
        return (new_capsule(ctypes.addressof(self.schema), NAMES["schema"], None),
                new_capsule(ctypes.addressof(self.array), NAMES["array"], None))


@pytest.mark.parametrize(
    "format, dtype",
    [(b"c", "i1"), (b"C", "u1"), (b"s", "i2"), (b"S", "u2"), (b"i", "i4"), (b"I", "u4"),
     (b"l", "i8"), (b"L", "u8"), (b"f", "f4"), (b"g", "f8")],
)
def test_numbers(format, dtype):
    x = np.arange(20, dtype=dtype)
    result = evex.evaluate("x*2 + 1", x=Exporter(format, x))
    np.testing.assert_array_equal(result, x * 2 + 1)
    assert result.dtype == (x * 2 + 1).dtype


def test_slices_have_an_offset():
    x = np.arange(20.0)
    np.testing.assert_array_equal(evex.evaluate("x", x=Exporter(b"g", x, 5, 7)), x[7:12])


def test_booleans_are_bits():
    truth = np.arange(37) % 3 == 0
    bits = np.packbits(truth, bitorder="little")
    result = evex.evaluate("where(x, 1, 2)", x=Exporter(b"b", bits, 30, 5))
    np.testing.assert_array_equal(result, np.where(truth[5:35], 1, 2))


def test_the_memory_is_not_copied():
    x = np.arange(5.0)
    exporter = Exporter(b"g", x)
    f = evex.compile("x + 1")
    f(exporter)
    x[:] = 7
    np.testing.assert_array_equal(f(exporter), np.full(5, 8.0))
    reference = weakref.ref(exporter)
    del exporter
    gc.collect()
    assert reference() is None


def test_nulls_are_refused_but_a_mask_of_all_valid_is_not():
    x = np.arange(9.0)
    every, some = np.array([255, 255], "u1"), np.array([255, 254], "u1")
    np.testing.assert_array_equal(
        evex.evaluate("x", x=Exporter(b"g", x, null_count=-1, validity=every)), x
    )
    for count in (1, -1):
        with pytest.raises(TypeError, match="'x'.*nulls"):
            evex.evaluate("x", x=Exporter(b"g", x, null_count=count, validity=some))


def test_what_was_moved_away_is_refused():
    exporter = Exporter(b"g", np.arange(3.0))
    exporter.array.release = None
    with pytest.raises(TypeError, match="released"):
        evex.evaluate("x", x=exporter)


def test_other_formats_are_refused():
    with pytest.raises(TypeError, match="'x'.*'tdD'"):
        evex.evaluate("x", x=Exporter(b"tdD", np.arange(3, dtype="i4")))
