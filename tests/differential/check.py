# SPDX-License-Identifier: MIT
"""One case against the oracle, and against evex itself under every setting.

A check returns None or a Failure. The oracle decides whether there must be an error, the dtype and
shape of every result, and its bits (NaN equals any NaN) or a bound on the distance.
"""
from dataclasses import dataclass
import itertools
from typing import NamedTuple
import warnings

import numpy as np

from complex_case import ComplexEvaluation, is_weak
from evex_ctypes import EvexError, Expression, Stream, new_outputs
from expression import Evaluation, text
from generate import lay_out
from oracle import Inexact, cast

ISAS = ("ref", "base", "avx2", "avx512")
THREADS = (1, 2, 3, 8)
BLOCKS = (1, 3, 16, 0)


class Setting(NamedTuple):
    """How to evaluate; 0 stands for the library's choice."""
    isa: str = "best"
    threads: int = 0
    block: int = 0
    no_optimise: bool = False


SETTINGS = tuple(itertools.starmap(Setting, itertools.product(ISAS, THREADS, BLOCKS)))
REFUSALS = (TypeError, ValueError, OverflowError, IndexError)


@dataclass
class Failure:
    what: str
    setting: tuple = Setting()


class Expected:
    """What the oracle says of a case: an error, or a value, bound and looseness for each tree."""

    def __init__(self, case):
        self.error = None
        self.results = []
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.results = [self.result(tree, case.operands) for tree in case.trees]
            except REFUSALS as error:
                self.error = error

    def result(self, tree, operands):
        evaluation = Evaluation(tree, operands)
        value, bound = evaluation.value, None
        if isinstance(value, Inexact):
            value, bound = value.value, value.bound
        value = np.asarray(value)
        return value.astype(value.dtype.newbyteorder("=")), bound, evaluation.is_loose


def source(case):
    if len(case.trees) == 1:
        return text(case.trees[0])
    return ", ".join(f"r{i} = {text(tree)}" for i, tree in enumerate(case.trees))


def weak_dtype(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, complex):
        return "complex128"
    return "float64" if isinstance(value, float) else "int64" if value < 2**63 else "uint64"


def arrays_of(case):
    """({name: array}, {name: (dtype name, is weak)})"""
    arrays, variables = {}, {}
    for name, a in case.operands.items():
        weak = is_weak(a)
        arrays[name] = np.array(a, weak_dtype(a)) if weak else a
        variables[name] = (arrays[name].dtype.name, weak)
    return arrays, variables


def equal_bits(a, b):
    """Elements that have the same bits, or are both NaN."""
    if a.dtype.kind == "c":
        part = f"f{a.dtype.itemsize // 2}"
        return equal_bits(a[..., None].view(part), b[..., None].view(part)).all(axis=-1)
    if a.dtype.kind != "f":
        return a == b
    whole = {4: np.uint32, 8: np.uint64}[a.dtype.itemsize]
    return (a.view(whole) == b.view(whole)) | (np.isnan(a) & np.isnan(b))


def good_elements(got, want, bound):
    same = np.atleast_1d(equal_bits(np.ascontiguousarray(got), np.ascontiguousarray(want)))
    if bound is None or same.all():
        return same
    with np.errstate(all="ignore"):
        wide = np.clongdouble if want.dtype.kind == "c" else np.longdouble
        difference = np.abs(got.astype(wide) - want.astype(wide))
    # A bound that is no number says that any answer may be right. Rounding may cross into infinity.
    near = (difference <= bound) | np.isnan(bound)
    largest = np.finfo(want.dtype).max
    with np.errstate(all="ignore"):
        is_largest = np.abs(want) > largest * (1 - 1e-6)
        overflow = np.isinf(got) & is_largest & (np.sign(got) == np.sign(want))
    return same | np.atleast_1d(near | overflow)


def compare(got, want, bound, is_loose):
    """What is wrong with the result, or None."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"is {got.dtype}{got.shape}, should be {want.dtype}{want.shape}"
    if is_loose:
        return None
    good = good_elements(got, want, bound)
    if good.all():
        return None
    index = np.unravel_index(int(np.argmin(good)), got.shape) if got.ndim else ()
    place = "".join(f"[{i}]" for i in index)
    distance = ""
    if bound is not None:
        limit = np.broadcast_to(bound, got.shape)[index]
        distance = f" (off by {got[index] - want[index]!r}, bound {float(limit)!r})"
    return (f"has {got[index]!r} at {place or 'its element'}, should be {want[index]!r}{distance}; "
            f"{int(good.size - good.sum())} of {good.size} differ")


class ExpectedComplex(Expected):
    """The same of a case of complex numbers."""

    def result(self, tree, operands):
        evaluation = ComplexEvaluation(tree, operands)
        value = np.asarray(evaluation.value)
        return value.astype(value.dtype.newbyteorder("=")), evaluation.bound, False


class Runner:
    """Compiles and evaluates cases with one library; holds a pool a size."""

    def __init__(self, library, expected=Expected):
        self.library, self.expected = library, expected
        self.pools = {n: library.pool(n) for n in THREADS}

    def evaluate(self, case, setting=Setting(), outputs=None, arrays=None):
        """The results as arrays, or an EvexError."""
        own, variables = arrays_of(case)
        arrays = arrays or own
        try:
            expression = Expression(self.library, source(case), variables, setting.isa,
                                    setting.no_optimise)
            shapes = expression.result_shapes(arrays)
            outputs = outputs or new_outputs(shapes)
            expression.evaluate(arrays, outputs, self.pools.get(setting.threads), setting.threads,
                                setting.block)
        except EvexError as error:
            return error
        return outputs

    def against_oracle(self, case, expected):
        got = self.evaluate(case)
        if isinstance(got, EvexError):
            return None if expected.error else Failure(f"evex refuses: {got}")
        if expected.error:
            return Failure(f"evex accepts what NumPy refuses: {expected.error!r}")
        for i, (result, want) in enumerate(zip(got, expected.results)):
            wrong = compare(result, *want)
            if wrong:
                return Failure(f"result {i} {wrong}")
        return None

    def against_itself(self, case, settings):
        """Every setting must give the bits, or the error, of the first."""
        first = self.evaluate(case, settings[0])
        for setting in settings[1:]:
            got = self.evaluate(case, setting)
            if isinstance(first, EvexError) or isinstance(got, EvexError):
                if not self.same_error(first, got, setting):
                    return Failure(f"{settings[0]}: {first}\n  {setting}: {got}", setting)
                continue
            for i, (a, b) in enumerate(zip(first, got)):
                wrong = compare(b, a, None, False)
                if wrong:
                    return Failure(f"result {i} differs from that under {settings[0]}: {wrong}",
                                   setting)
        return None

    @staticmethod
    def same_error(a, b, setting):
        """Optimisation may reorder operands, and so the words; nothing else may."""
        if not isinstance(a, EvexError) or not isinstance(b, EvexError):
            return False
        return a.status == b.status if setting.no_optimise else str(a) == str(b)

    def into_layouts(self, case, expected, rng):
        """Outputs in odd layouts and wider types get the same elements."""
        if expected.error:
            return None
        outputs, wanted = [], []
        for want, bound, is_loose in expected.results:
            dtype = self.wider(want.dtype, rng)
            if dtype != want.dtype:
                is_loose = is_loose or bound is not None
            outputs.append(lay_out(rng, np.zeros(want.shape, dtype), may_repeat=False))
            wanted.append((cast(want, dtype), bound, is_loose))
        got = self.evaluate(case, outputs=outputs)
        if isinstance(got, EvexError):
            return Failure(f"evex refuses outputs {[(o.dtype, o.strides) for o in outputs]}: {got}")
        for i, (out, want) in enumerate(zip(outputs, wanted)):
            wrong = compare(out.astype(out.dtype.newbyteorder("=")), *want)
            if wrong:
                return Failure(f"result {i} in an output {out.dtype.str} with strides {out.strides} "
                               f"{wrong}")
        return None

    def against_stream(self, case, expected, rng):
        """Pieces along axis 0, of any lengths, give the bits of the whole."""
        arrays, variables = arrays_of(case)
        arrays = {name: a.copy(order="C") for name, a in arrays.items()}
        lengths = {a.shape[:1] for name, a in arrays.items() if not variables[name][1]}
        n_dims = {a.ndim for name, a in arrays.items() if not variables[name][1]}
        if expected.error or len(lengths) != 1 or len(n_dims) != 1 or not all(lengths) or {(0,)} & lengths:
            return None
        whole = self.evaluate(case, arrays=arrays)
        if isinstance(whole, EvexError):
            return Failure(f"evex refuses C-contiguous copies: {whole}")
        cuts = sorted(rng.integers(0, lengths.pop()[0] + 1, int(rng.integers(0, 5))))
        try:
            pieces = self.stream(case, arrays, variables, whole, cuts)
        except EvexError as error:
            return None if error.status == "UNSUPPORTED" else Failure(f"as a stream: {error}")
        for i, (piece, want) in enumerate(zip(pieces, whole)):
            wrong = compare(piece, want, None, False)
            if wrong:
                return Failure(f"result {i} of a stream cut at {cuts} differs from the whole: {wrong}")
        return None

    @staticmethod
    def grows(expression, arrays, variables):
        """Which results are as long as the operands along axis 0."""
        def shapes(length):
            return expression.result_shapes({
                name: a if variables[name][1] else np.broadcast_to(a[:1], (length, *a.shape[1:]))
                for name, a in arrays.items()})
        return [a != b for a, b in zip(shapes(2), shapes(3))]

    def stream(self, case, arrays, variables, whole, cuts):
        """The results of a stream whose pieces end at the cuts."""
        expression = Expression(self.library, source(case), variables)
        grows = self.grows(expression, arrays, variables)
        stream = Stream(expression)
        results = new_outputs([(a.dtype, a.shape) for a in whole])
        for number in range(stream.passes):
            if number:
                stream.next_pass()
            for begin, end in itertools.pairwise([0, *cuts, None]):
                piece = {name: a if variables[name][1] else a[begin:end]
                         for name, a in arrays.items()}
                outputs = [r[begin:end] if does_grow else r for r, does_grow in zip(results, grows)]
                stream.update(piece, outputs if number + 1 == stream.passes else [])
        stream.finish(results)
        return results

    @staticmethod
    def wider(dtype, rng):
        choices = [d for d in ("int16", "int64", "uint32", "uint64", "float32", "float64", "complex128")
                   if np.can_cast(dtype, d)]
        return np.dtype(rng.choice(choices)) if choices and rng.random() < 0.3 else dtype

    def onto_inputs(self, case, expected, rng):
        """An output that shares memory with an input, at an offset or exactly: as if copied."""
        if expected.error or len(case.trees) != 1:
            return None
        want, bound, is_loose = expected.results[0]
        arrays, _ = arrays_of(case)
        for name, a in arrays.items():
            if a.dtype == want.dtype and a.shape == want.shape and a.ndim and a.size:
                host = np.zeros(a.size + 7, a.dtype)
                source_at, out_at = rng.choice([0, 1, 7], 2)
                arrays[name] = host[source_at:source_at + a.size].reshape(a.shape)
                arrays[name][...] = a
                out = host[out_at:out_at + a.size].reshape(a.shape)
                got = self.evaluate(case, outputs=[out], arrays=arrays)
                wrong = str(got) if isinstance(got, EvexError) else compare(out, want, bound, is_loose)
                return Failure(f"written over {name}, {out_at - source_at} elements away, it {wrong}"
                               ) if wrong else None
        return None

    def check(self, case, rng, n_settings):
        """Everything that is asked of a case; n_settings of all settings, chosen by rng."""
        expected = self.expected(case)
        chosen = sorted(rng.choice(len(SETTINGS), min(n_settings, len(SETTINGS)), replace=False))
        settings = [Setting(), Setting(no_optimise=True)] + [SETTINGS[i] for i in chosen]
        return (self.against_oracle(case, expected) or self.against_itself(case, settings)
                or self.into_layouts(case, expected, rng) or self.onto_inputs(case, expected, rng)
                or self.against_stream(case, expected, rng))
