# SPDX-License-Identifier: MIT
"""libevex through ctypes, for the differential test: evex.h's structs and calls as they are.

Arrays are passed as they lie in memory (strides, byte order, alignment), so that every layout
reaches the library; nothing is copied or converted here. The structs mirror include/evex.h; the
test of the binding in run.py compares their sizes with the compiler's through struct_bytes.
"""
import ctypes
from ctypes import (POINTER, Structure, byref, c_char, c_char_p, c_int, c_int32, c_int64, c_size_t,
                    c_uint8, c_uint32, c_void_p)

import numpy as np

MAX_DIMS = 32
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64", "float16", "complex64", "complex128", "str"]
REALS = DTYPES[:11]  # that are computed with, not only read
STR_FORMS = {"S": 1, "U": 2}
ISAS = {"best": 0, "ref": 1, "base": 2, "avx2": 3, "avx512": 4}
STATUSES = ["OK", "INVALID_ARGUMENT", "NO_MEMORY", "CANCELLED", "SYNTAX", "UNKNOWN_NAME", "BAD_TYPE",
            "BAD_CALL", "OUT_OF_RANGE", "BAD_SHAPE", "BAD_OUTPUT", "EMPTY", "GUARD", "UNSUPPORTED",
            "BAD_STATE", "LIMIT_SOURCE", "LIMIT_DEPTH", "LIMIT_NODES", "LIMIT_NAMES", "LIMIT_TOKEN",
            "LIMIT_DIMS", "LIMIT_MEMORY"]


class Error(Structure):
    _fields_ = [("status", c_int), ("operand", c_int32), ("offset", c_size_t), ("length", c_size_t),
                ("outer_offset", c_size_t), ("outer_length", c_size_t), ("index", c_int64),
                ("message", c_char * 256), ("hint", c_char * 160), ("expected", c_char * 64),
                ("found", c_char * 64)]


class Array(Structure):
    _fields_ = [("data", c_void_p), ("dtype", c_int), ("ndim", c_int32), ("shape", POINTER(c_int64)),
                ("strides", POINTER(c_int64)), ("item_bytes", c_size_t), ("byte_swapped", c_uint8),
                ("read_only", c_uint8), ("str_form", c_uint8), ("unused", c_uint8),
                ("length", c_int64), ("text", c_void_p), ("validity", c_void_p),
                ("validity_strides", POINTER(c_int64)), ("validity_offset", c_int64),
                ("validity_form", c_uint8)]


class Var(Structure):
    _fields_ = [("name", c_char_p), ("dtype", c_int), ("kind", c_int), ("nullable", c_uint8),
                ("unit", c_uint8)]


class Output(Structure):
    _fields_ = [("name", c_char_p), ("dtype", c_int), ("is_reduced", c_uint8),
                ("is_spanning", c_uint8), ("is_grouped", c_uint8), ("nullable", c_uint8),
                ("unit", c_uint8)]


class Limits(Structure):
    _fields_ = [(name, c_size_t) for name in (
        "source_bytes", "depth", "nodes", "operands", "identifier_bytes", "number_bytes",
        "string_bytes", "scratch_bytes")]


class CompileOptions(Structure):
    _fields_ = [("struct_bytes", c_size_t), ("limits", Limits), ("allocator", c_void_p),
                ("functions", c_void_p), ("isa", c_int), ("no_optimise", c_uint8),
                ("grouped", c_uint8), ("overflow", c_uint8)]


class EvalOptions(Structure):
    _fields_ = [("struct_bytes", c_size_t), ("max_threads", c_size_t), ("cancel", c_void_p),
                ("poll", c_void_p), ("poll_user", c_void_p), ("poll_interval_ms", c_uint32),
                ("alloc_output", c_void_p), ("alloc_user", c_void_p), ("max_memory", c_size_t),
                ("block_length", c_size_t), ("force_threads", c_uint8), ("store", c_uint8),
                ("groups", POINTER(Array)), ("n_groups", c_int64)]


class Result(Structure):
    _fields_ = [("dtype", c_int), ("ndim", c_int32), ("shape", c_int64 * MAX_DIMS)]


UNITS = ["", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"]
SPAN = 32


def declare(name, dtype, is_weak):
    """A variable; of times ("datetime64[us]") an int64 with a unit."""
    unit = 0
    if dtype.startswith(("datetime64", "timedelta64")):
        unit = UNITS.index(dtype.partition("[")[2][:-1] or "generic")
        unit += SPAN * dtype.startswith("t")
        dtype = "int64"
    return Var(name.encode(), DTYPES.index(dtype), is_weak, 0, unit)


class EvexError(Exception):
    """A call that failed: .status is the name of evex.h's status without its prefix."""

    def __init__(self, error):
        self.status = STATUSES[error.status]
        self.message = error.message.decode("utf-8", "replace")
        self.offset, self.length, self.index = error.offset, error.length, error.index
        super().__init__(f"{self.status} at {self.offset}+{self.length}: {self.message}")


def describe(array):
    """The array, of NumPy or of what has as_array(), as evex.h's struct. It points to the array's
    memory and must not outlive it."""
    if hasattr(array, "as_array"):
        return array.as_array()
    shape = (c_int64 * max(array.ndim, 1))(*array.shape)
    strides = (c_int64 * max(array.ndim, 1))(*array.strides)
    is_str = array.dtype.kind in STR_FORMS
    return Array(data=array.ctypes.data,
                 dtype=DTYPES.index("str" if is_str else array.dtype.name), ndim=array.ndim,
                 shape=shape, strides=strides, byte_swapped=not array.dtype.isnative,
                 item_bytes=array.itemsize if is_str else 0,
                 str_form=STR_FORMS.get(array.dtype.kind, 0), read_only=not array.flags.writeable)


class Library:
    """The shared library at a path, with the functions that the test calls."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name in ("compile", "eval", "result_shape", "pool_create", "stream_create",
                     "stream_update", "stream_next_pass", "stream_finish"):
            getattr(self.lib, "evex_" + name).restype = c_int
        for name in ("inputs", "outputs"):
            function = getattr(self.lib, "evex_expr_" + name)
            function.argtypes = [c_void_p, POINTER(c_size_t)]
        self.lib.evex_expr_inputs.restype = POINTER(Var)
        self.lib.evex_expr_outputs.restype = POINTER(Output)
        for name in ("expr_free", "pool_free", "stream_free"):
            getattr(self.lib, "evex_" + name).argtypes = [c_void_p]
        self.lib.evex_stream_passes.restype = c_size_t
        for name in ("version", "isa"):
            getattr(self.lib, "evex_" + name).restype = c_char_p
        self.version = self.lib.evex_version().decode()
        self.isa = self.lib.evex_isa().decode()

    def pool(self, n_threads):
        """A pool that lives as long as the process."""
        pool, error = c_void_p(), Error()
        if self.lib.evex_pool_create(byref(pool), c_size_t(n_threads), None, byref(error)):
            raise EvexError(error)
        return pool


class Expression:
    """A compiled expression over variables {name: (dtype name, is weak)}."""

    def __init__(self, library, source, variables, isa="best", no_optimise=False, grouped=False,
                 overflow=0):
        self.library = library
        self.handle = c_void_p()
        error = Error()
        text = source.encode()
        table = (Var * max(len(variables), 1))(*(
            declare(name, dtype, is_weak) for name, (dtype, is_weak) in variables.items()))
        options = CompileOptions(
            ctypes.sizeof(CompileOptions), Limits(65536, 200, 10000, 1024, 256, 1024, 65536, 64 << 20),
            None, None, ISAS[isa], no_optimise, grouped, overflow)
        if library.lib.evex_compile(byref(self.handle), text, c_size_t(len(text)), table,
                                    c_size_t(len(variables)), byref(options), byref(error)):
            raise EvexError(error)
        n = c_size_t()
        inputs = library.lib.evex_expr_inputs(self.handle, byref(n))
        self.inputs = [inputs[i].name.decode() for i in range(n.value)]
        outputs = library.lib.evex_expr_outputs(self.handle, byref(n))
        self.outputs = [(outputs[i].name.decode(), DTYPES[outputs[i].dtype])
                        for i in range(n.value)]
        self.units = [outputs[i].unit for i in range(n.value)]
        self.is_grouped = [outputs[i].is_grouped != 0 for i in range(n.value)]
        self.is_nullable = [outputs[i].nullable != 0 for i in range(n.value)]
        self.variables = variables

    def __del__(self):
        if self.handle:
            self.library.lib.evex_expr_free(byref(self.handle))

    def describe_inputs(self, arrays):
        return (Array * max(len(self.inputs), 1))(*(
            describe(arrays[name]) for name in self.inputs))

    def result_shapes(self, arrays):
        """[(dtype name, shape)] of the results for these inputs."""
        error = Error()
        results = (Result * len(self.outputs))()
        if self.library.lib.evex_result_shape(
                self.handle, self.describe_inputs(arrays), c_size_t(len(self.inputs)), results, None,
                byref(error)):
            raise EvexError(error)
        return [(DTYPES[r.dtype], tuple(r.shape[:r.ndim])) for r in results]

    def evaluate(self, arrays, outputs, pool=None, threads=0, block=0, codes=None, n_groups=0):
        """Evaluates into the output arrays, one a result. codes: the group of each row. Returns a
        bool array for each result that may be null, true where it is not, and None for others."""
        error = Error()
        options = EvalOptions(struct_bytes=ctypes.sizeof(EvalOptions), max_threads=threads,
                              poll_interval_ms=50, block_length=block, force_threads=threads != 0)
        if codes is not None:
            groups = describe(codes)
            options.groups, options.n_groups = ctypes.pointer(groups), n_groups
        out = (Array * len(outputs))(*map(describe, outputs))
        valid = [np.empty(o.shape, "bool") if is_nullable else None
                 for o, is_nullable in zip(outputs, self.is_nullable)]
        for described, validity in zip(out, valid):
            if validity is not None:
                described.validity = validity.ctypes.data
        if self.library.lib.evex_eval(
                self.handle, pool, self.describe_inputs(arrays), c_size_t(len(self.inputs)), out,
                c_size_t(len(outputs)), byref(options), byref(error)):
            raise EvexError(error)
        return valid


class Stream:
    """A stream of an expression, from its first element on."""

    def __init__(self, expression):
        self.expression, self.lib = expression, expression.library.lib
        self.handle = c_void_p()
        self.call("create", byref(self.handle), expression.handle, ctypes.c_uint64(0))
        self.passes = self.lib.evex_stream_passes(self.handle)

    def __del__(self):
        if self.handle:
            self.lib.evex_stream_free(byref(self.handle))

    def call(self, name, *arguments):
        error = Error()
        if getattr(self.lib, "evex_stream_" + name)(*arguments, byref(error)):
            raise EvexError(error)

    def update(self, arrays, outputs):
        """One piece; outputs has an array a result, or is empty before the last pass."""
        out = (Array * max(len(outputs), 1))(*map(describe, outputs))
        self.call("update", self.handle, None, self.expression.describe_inputs(arrays),
                  c_size_t(len(self.expression.inputs)), out if outputs else None,
                  c_size_t(len(outputs)), None)

    def next_pass(self):
        self.call("next_pass", self.handle)

    def finish(self, outputs):
        out = (Array * len(outputs))(*map(describe, outputs))
        self.call("finish", self.handle, out, c_size_t(len(outputs)), None)


def new_outputs(shapes):
    """Fresh C-contiguous outputs, filled with a byte that no result should leave behind."""
    outputs = []
    for dtype, shape in shapes:
        out = np.empty(shape, dtype)
        out.reshape(-1).view(np.uint8)[:] = 0xA5
        outputs.append(out)
    return outputs
