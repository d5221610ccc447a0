# SPDX-License-Identifier: MIT
"""Operands and results through Arrow's C data interface, from and to an exporter and a reader made
here of the interface's structs."""

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

    def __init__(self, format, values, length=None, offset=0, null_count=0, validity=None, text=None):
        self.held = values, validity, text
        n = len(values) if length is None else length
        self.buffers = (ctypes.c_void_p * 3)(
            None if validity is None else validity.ctypes.data, values.ctypes.data,
            None if text is None else text.ctypes.data
        )
        self.schema = Schema(format=format, flags=2, release=ctypes.cast(released, ctypes.c_void_p))
        self.array = Array(length=n, null_count=null_count, offset=offset,
                           n_buffers=2 if text is None else 3,
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


def test_a_mask_of_all_valid_gives_plain_results():
    x, every = np.arange(9.0), np.array([255, 255], "u1")
    result = evex.evaluate("x", x=Exporter(b"g", x, null_count=-1, validity=every))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, x)


def test_what_was_moved_away_is_refused():
    exporter = Exporter(b"g", np.arange(3.0))
    exporter.array.release = None
    with pytest.raises(TypeError, match="released"):
        evex.evaluate("x", x=exporter)


def test_other_formats_are_refused():
    with pytest.raises(TypeError, match="'x'.*'vz'"):
        evex.evaluate("x", x=Exporter(b"vz", np.arange(3, dtype="i4")))
    with pytest.raises(TypeError, match="'x'.*'u'"):
        evex.evaluate("x", x=Exporter(b"u", np.arange(3, dtype="i4")))


@pytest.mark.parametrize("format, dtype", [(b"u", "i4"), (b"U", "i8")])
def test_strings(format, dtype):
    texts = ["a", "", "été", "longer than the others", "a"]
    joined = np.frombuffer("".join(texts).encode(), "u1")
    offsets = np.cumsum([0] + [len(t.encode()) for t in texts]).astype(dtype)
    column = Exporter(format, offsets, 5, text=joined)
    np.testing.assert_array_equal(evex.evaluate("x == 'a'", x=column), [t == "a" for t in texts])
    np.testing.assert_array_equal(evex.evaluate("len(x)", x=column), [len(t) for t in texts])
    part = Exporter(format, offsets, 3, 2, text=joined)
    np.testing.assert_array_equal(evex.evaluate("contains(x, 't')", x=part), [True, True, False])


def test_views_of_strings():
    texts = ["a", "", "exactly twelve"[:12], "longer than what a view holds itself", "été"]
    far = np.frombuffer("".join(texts).encode(), "u1")
    views = np.zeros((5, 16), "u1")
    for i, text in enumerate(t.encode() for t in texts):
        views[i, :4] = np.frombuffer(np.int32(len(text)).tobytes(), "u1")
        rest = text if len(text) <= 12 else text[:4] + np.array([0, far.tobytes().find(text)], "i4").tobytes()
        views[i, 4 : 4 + len(rest)] = np.frombuffer(rest, "u1")
    column = Exporter(b"vu", views, 5, text=far)
    for text in texts:
        np.testing.assert_array_equal(evex.evaluate("x == text", x=column), [t == text for t in texts])
    np.testing.assert_array_equal(evex.evaluate("len(x)", x=column), [len(t) for t in texts])
    part = Exporter(b"vu", views, 2, 3, text=far)
    np.testing.assert_array_equal(evex.evaluate("contains(x, 'what')", x=part), [True, False])


class Stream(ctypes.Structure):
    _fields_ = [("get_schema", ctypes.c_void_p), ("get_next", ctypes.c_void_p),
                ("get_last_error", ctypes.c_void_p), ("release", ctypes.c_void_p),
                ("private_data", ctypes.c_void_p)]


FILL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.c_void_p)


class StreamExporter:
    """The arrays of exporters as the chunks of a stream."""

    def __init__(self, *chunks):
        self.chunks, self.next = chunks, 0
        self.functions = FILL(self.get_schema), FILL(self.get_next)
        pointers = [ctypes.cast(f, ctypes.c_void_p) for f in (*self.functions, released, released)]
        self.stream = Stream(*pointers)

    def get_schema(self, stream, schema):
        ctypes.memmove(schema, ctypes.addressof(self.chunks[0].schema), ctypes.sizeof(Schema))
        return 0

    def get_next(self, stream, array):
        empty = Array()
        chunk = self.chunks[self.next].array if self.next < len(self.chunks) else empty
        ctypes.memmove(array, ctypes.addressof(chunk), ctypes.sizeof(Array))
        self.next += 1
        return 0

    def __arrow_c_stream__(self, requested_schema=None):
        self.next = 0
        return new_capsule(ctypes.addressof(self.stream), STREAM_NAME, None)


STREAM_NAME = ctypes.c_char_p(b"arrow_array_stream")


def test_streams_of_one_chunk():
    x = np.arange(5.0)
    stream = StreamExporter(Exporter(b"g", x))
    for _ in range(3):
        np.testing.assert_array_equal(evex.evaluate("x + 1", x=stream), x + 1)
    for chunks in ((Exporter(b"g", x), Exporter(b"g", x)),):
        with pytest.raises(TypeError, match="'x'.*several chunks"):
            evex.evaluate("x + 1", x=StreamExporter(*chunks))


get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
get_pointer.restype = ctypes.c_void_p
get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
TYPES = {b"c": "i1", b"l": "i8", b"g": "f8", b"f": "f4", b"I": "u4", b"tsn:": "i8", b"tDs": "i8"}


def read(result):
    """Format, values and validity of what __arrow_c_array__ gives."""
    schema, array = result.__arrow_c_array__()
    format = Schema.from_address(get_pointer(schema, NAMES["schema"])).format
    view = Array.from_address(get_pointer(array, NAMES["array"]))
    n_bytes = (view.length + 7) // 8

    def bits(at):
        raw = np.frombuffer(ctypes.string_at(view.buffers[at], n_bytes), "u1")
        return np.unpackbits(raw, bitorder="little")[: view.length].astype(bool)

    if format == b"b":
        values = bits(1)
    else:
        size = np.dtype(TYPES[format]).itemsize
        values = np.frombuffer(ctypes.string_at(view.buffers[1], size * view.length), TYPES[format])
    valid = bits(0) if view.buffers[0] else np.ones(view.length, bool)
    assert view.null_count == (~valid).sum()
    return format, values, valid


def test_results_for_arrow():
    x = np.arange(11.0)
    result = evex.evaluate("x*2", result="arrow")
    assert len(result) == 11 and "float64" in repr(result)
    format, values, valid = read(result)
    assert format == b"g" and valid.all()
    np.testing.assert_array_equal(values, x * 2)
    np.testing.assert_array_equal(read(evex.evaluate("x > 4", result="arrow"))[1], x > 4)
    np.testing.assert_array_equal(evex.evaluate("r + 1", r=result), x * 2 + 1)
    several = evex.evaluate("a = x + 1; b = sum(x)", result="arrow")
    assert read(several.b)[1] == 55.0 and len(several.a) == 11
    with pytest.raises(ValueError, match="2 dimensions"):
        evex.evaluate("x", x=np.ones((2, 2)), result="arrow")
    with pytest.raises(ValueError, match="result must be"):
        evex.evaluate("x", result="parquet")


def test_exported_memory_lives_as_long_as_it_is_wanted():
    x = np.arange(1000.0)
    capsules = evex.evaluate("x*2", result="arrow").__arrow_c_array__()
    gc.collect()
    view = Array.from_address(get_pointer(capsules[1], NAMES["array"]))
    values = np.frombuffer(ctypes.string_at(view.buffers[1], 8000))
    np.testing.assert_array_equal(values, x * 2)
