# SPDX-License-Identifier: MIT
"""Compiled expressions and the number of threads. necompiler makes the expressions."""

import os

import numpy

import evex
from evex.numexpr._opcodes import allaxes, funccodes, opcodes

__all__ = ["NumExpr"]

maxdims = 32
use_vml = False
__BLOCK_SIZE1__ = 1024


def _max_threads():
    given = os.environ.get("NUMEXPR_MAX_THREADS", "")
    return max(1, int(given)) if given.strip().isdigit() else 64


MAX_THREADS = _max_threads()
_n_threads = [1]  # of the process, as numexpr has it; at most MAX_THREADS


def _get_num_threads():
    return _n_threads[0]


def _set_num_threads(n):
    if n < 1:
        raise ValueError("nthreads must be a positive integer")
    if n > MAX_THREADS:
        raise ValueError(
            'nthreads cannot be larger than environment variable "NUMEXPR_MAX_THREADS" '
            f"({MAX_THREADS})"
        )
    old, _n_threads[0] = _n_threads[0], int(n)
    return old


_DTYPES = {
    "b": numpy.dtype("bool"),
    "i": numpy.dtype("int32"),
    "l": numpy.dtype("int64"),
    "f": numpy.dtype("float32"),
    "d": numpy.dtype("float64"),
    "c": numpy.dtype("complex128"),
    "s": numpy.dtype("S"),
}


class NumExpr:
    """An expression, compiled for operands of certain kinds; call it with them.

    Attributes
    ----------
    input_names : tuple of str
        The operands, in the order in which a call wants them.
    signature, constsig, tempsig, fullsig : bytes
        A letter for the kind of each operand, constant and intermediate result, and for all of them
        after the result's.
    constants : tuple
        Their values.
    program : str
        What evex compiles: its text, which calls the operands x0, x1 and so on.
    """

    def __init__(self, signature, tempsig, program, constants, input_names, **listing):
        self.signature, self.tempsig, self.program = signature, tempsig, program
        self.constants, self.input_names = tuple(constants), tuple(input_names)
        self.constsig = listing.get("constsig", b"")
        self.rows = listing.get("rows", [])
        self.fullsig = listing.get("result", b"d") + signature + self.constsig + tempsig
        self._dtypes = [_DTYPES[chr(code)] for code in signature]
        self._expression, self._places = None, []
        if program is not None:  # None: a copy of strings
            self._expression = evex.compile(program)
            names = [f"x{i}" for i in range(len(self.input_names))]
            self._places = [names.index(n) for n in self._expression.names if n in names]

    def __call__(self, *args, out=None, order="K", casting="safe", ex_uses_vml=False):
        """Evaluate for operands in the order of input_names; the result is an array in any case."""
        if len(args) != len(self._dtypes):
            raise ValueError("number of inputs doesn't match program")
        operands = [
            _operand(i, arg, dtype, casting)
            for i, (arg, dtype) in enumerate(zip(args, self._dtypes))
        ]
        if self._expression is None:
            return _copied(operands[0], out, order)
        if out is None:
            return numpy.asarray(self._evaluated(operands, order=order, casting=casting))
        casting = _check_out(out, _DTYPES[chr(self.fullsig[0])], casting)
        if _is_larger(out, operands):
            out[...] = self._evaluated(operands)
            return out
        return self._evaluated(operands, out=out, casting=casting)

    def _evaluated(self, operands, **options):
        arguments = [operands[i] for i in self._places]
        try:
            return self._expression(*arguments, threads=_n_threads[0], **options)
        except evex.EvexError as error:
            raise _translated(error, operands) from None

    run = __call__


def _check_out(out, dtype, casting):
    """Refuses an out to which the result does not cast; how it is then to be cast."""
    if isinstance(out, numpy.ndarray) and not numpy.can_cast(dtype, out.dtype, casting):
        raise TypeError(
            f"Iterator requested dtype could not be cast from {dtype!r} to {out.dtype!r}, the operand "
            f"0 dtype, according to the rule '{casting}'"
        )
    return "unsafe" if casting == "unsafe" else "same_kind"


def _is_larger(out, operands):
    """Whether the operands broadcast to less than out, and that to out."""
    if not isinstance(out, numpy.ndarray) or any(operand.shape == out.shape for operand in operands):
        return False
    try:
        common = numpy.broadcast_shapes(*[operand.shape for operand in operands])
        return common != out.shape and numpy.broadcast_shapes(common, out.shape) == out.shape
    except ValueError:
        return False


def _copied(operand, out, order):
    """Strings are results only as they are."""
    if out is None:
        return numpy.array(operand, order=order)
    out[...] = operand
    return out


def _translated(error, operands):
    """What numexpr would raise: its texts have no places in ours."""
    try:
        numpy.broadcast_shapes(*[operand.shape for operand in operands])
    except ValueError:
        shapes = " ".join(str(operand.shape) for operand in operands)
        return ValueError(f"operands could not be broadcast together with shapes {shapes} ")
    return type(error)(error.message, hint=error.hint, index=error.index)


def _operand(i, arg, dtype, casting):
    """arg as an array that evex reads as of dtype."""
    array = arg if type(arg) is numpy.ndarray else numpy.asarray(arg)
    given = array.dtype
    if given == dtype or given.kind == "S" == dtype.kind:
        return array
    if not numpy.can_cast(given, dtype, casting):
        raise TypeError(
            f"Iterator operand {1 + i} dtype could not be cast from {given!r} to {dtype!r} "
            f"according to the rule '{casting}'"
        )
    if given.kind == "u" and given.itemsize == 8 and dtype.kind == "i":
        _check_fits(array, dtype)
    return array.astype(dtype) if given.char in "ge" else array


def _check_fits(array, dtype):
    if evex.evaluate("any(array > most)", {"array": array, "most": numpy.iinfo(dtype).max}, {}):
        raise OverflowError(f"an operand of type {array.dtype} has values beyond {dtype}")
