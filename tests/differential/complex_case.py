# SPDX-License-Identifier: MIT
"""Random expressions of complex numbers, and what they should give.

NumPy decides types, shapes and errors. It does not decide products and quotients, which it may
contract to fused multiply-adds: those are docs/NUMERICS.md's formulas, a rounding at a time, on the
parts. Products of all elements are taken in the tree that NUMERICS.md describes.
"""
import random

import numpy as np

from expression import Literal, Node, Variable, names
from generate import Case, lay_out, part_of_shape, random_shape, values_of
from oracle import cast

DTYPES = ("complex64", "complex128", "complex64", "complex128", "complex128", "float32", "float64",
          "int8", "int32", "uint16", "bool")
LITERALS = (2j, 1j, 0.5, 2, -1, 1.5, 0.25j, 3 + 2j, 1 - 1j, 0, 0j, 100)
EPSILON = {"complex64": 2.0**-23, "complex128": 2.0**-52, "float32": 2.0**-23, "float64": 2.0**-52}


# ---- The oracle -----------------------------------------------------------------------------------

def is_weak(value):
    return type(value) in (bool, int, float, complex)


def parts_of(value, dtype):
    a = np.asarray(value).astype(dtype)
    return a.real, a.imag


def joined(re, im, dtype):
    result = np.empty(np.broadcast_shapes(re.shape, im.shape), dtype)
    result.real, result.imag = re, im
    return result


def kind(value):
    return np.asarray(value).dtype.kind


def multiply(a, b):
    dtype = np.multiply(a, b).dtype
    if dtype.kind != "c":
        return np.multiply(a, b)
    (ar, ai), (br, bi) = parts_of(a, dtype), parts_of(b, dtype)
    return joined(ar*br - ai*bi, ar*bi + ai*br, dtype)


def divide(a, b):
    dtype = np.true_divide(a, b).dtype
    if dtype.kind != "c":
        return np.true_divide(a, b)
    (ar, ai), (br, bi) = parts_of(a, dtype), parts_of(b, dtype)
    is_large = np.abs(br) >= np.abs(bi)
    is_zero = (br == 0) & (bi == 0)
    ratio = np.where(is_large, bi / br, br / bi)
    scale = np.where(is_large, 1 / (br + bi*ratio), 1 / (bi + br*ratio))
    re = np.where(is_large, (ar + ai*ratio)*scale, (ar*ratio + ai)*scale)
    im = np.where(is_large, (ai - ar*ratio)*scale, (ai*ratio - ar)*scale)
    return joined(np.where(is_zero, ar / np.abs(br), re), np.where(is_zero, ai / np.abs(br), im), dtype)


def reciprocal(a):
    if kind(a) != "c":
        raise NotImplementedError("left to the other generator")
    dtype = np.asarray(a).dtype
    re, im = parts_of(a, dtype)
    is_large = np.abs(im) <= np.abs(re)
    ratio = np.where(is_large, im / re, re / im)
    divisor = np.where(is_large, re + im*ratio, re*ratio + im)
    return joined(np.where(is_large, 1 / divisor, ratio / divisor),
                  np.where(is_large, -ratio / divisor, -1 / divisor), dtype)


def power(a, n):
    """Small powers of complex numbers, by squaring from the exponent's highest bit."""
    if kind(a) != "c":
        raise NotImplementedError("left to the other generator")
    if n == 0:
        return np.ones_like(a)
    result = a
    for bit in bin(abs(n))[3:]:
        result = multiply(result, result)
        if bit == "1":
            result = multiply(result, a)
    return reciprocal(result) if n < 0 else result


def no_order(value):
    if kind(value) == "c":
        raise TypeError("complex numbers have no order")


def ordered(function):
    def apply(a, b):
        no_order(a)
        no_order(b)
        return function(a, b)
    return apply


def where(condition, a, b):
    if kind(condition) != "b":
        raise TypeError("not bool")
    if any(type(x) is int and x < 0 for x in (a, b)):
        raise NotImplementedError("left to the other generator")
    return np.where(condition, a, b)


def make_complex(re, im):
    no_order(re)
    no_order(im)
    if is_weak(re) and is_weak(im):
        return complex(re, im)
    dtype = np.arctan2(re, im).dtype
    if dtype == np.float16:
        dtype = np.dtype(np.float32)
    return joined(*(np.asarray(x).astype(dtype) for x in (re, im)),
                  np.complex64 if dtype == np.float32 else np.complex128)


def isclose(a, b):
    if kind(a) != "c" or kind(b) != "c" or np.asarray(a).dtype != np.asarray(b).dtype:
        raise NotImplementedError("left to the other generator")
    return np.isclose(a, b)


def rounded(a):
    if kind(a) not in "cf":
        raise NotImplementedError("left to the other generator")
    return np.round(a)


def of_type(dtype):
    def apply(a):
        if np.dtype(dtype).kind not in "cb" and kind(a) == "c":
            a = np.asarray(a).real
        return cast(np.asarray(a), dtype)
    return apply


ELEMENTWISE = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": multiply, "/": divide,
    "neg": lambda a: -a, "square": lambda a: multiply(a, a) if kind(a) == "c" else np.square(a), "reciprocal": reciprocal, "**": power,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": ordered(lambda a, b: a < b),
    "maximum": ordered(np.maximum), "real": lambda a: a.real if is_weak(a) else np.real(a),
    "imag": lambda a: a.imag if is_weak(a) else np.imag(a),
    "conj": lambda a: np.asarray(a) if kind(a) == "b" else np.conj(a), "isnan": np.isnan,
    "isinf": np.isinf, "isclose": isclose, "round": rounded, "nan_to_num": np.nan_to_num,
    "isfinite": np.isfinite, "where": where, "complex": make_complex,
    "zeros_like": np.zeros_like, "ones_like": np.ones_like,
    "complex64": of_type(np.complex64), "complex128": of_type(np.complex128),
    "float32": of_type(np.float32), "float64": of_type(np.float64), "int32": of_type(np.int32),
    "bool": of_type(np.bool_), "in": lambda a, *values: np.isin(a, np.array(values)),
}


# ---- Reductions -----------------------------------------------------------------------------------

LANES, LEAF = 32, 4096


def merge(a, b):
    return b if a is None else a if b is None else multiply(a, b)


def leaf_product(values):
    """One leaf: lanes, then the lanes merged in halves. None stands for no element."""
    lanes = [None] * LANES
    for i, value in enumerate(values):
        lanes[i % LANES] = merge(lanes[i % LANES], value)
    half = LANES // 2
    while half:
        lanes = [merge(lanes[i], lanes[i + half]) for i in range(half)]
        half //= 2
    return lanes[0]


def product(values, mask):
    """Of one dimension: leaves merge in a binary counter."""
    dtype, levels = values.dtype, []
    wide = [v if m else None for v, m in zip(values.astype(np.complex128), mask)]
    for first in range(0, len(wide), LEAF):
        node, level = leaf_product(wide[first:first + LEAF]), 0
        while levels and levels[-1][0] == level:
            node, level = merge(levels.pop()[1], node), level + 1
        levels.append((level, node))
    total = None
    while levels:
        total = merge(levels.pop()[1], total)
    return np.asarray(1 if total is None else total).astype(dtype)


def reduce(name, a, mask, options):
    """The value and, where NumPy's own rounding differs, a bound."""
    axis, keepdims = options.get("axis"), options.get("keepdims", False)
    a = np.asarray(a)
    if a.ndim == 0 and axis is not None:
        raise NotImplementedError("NumPy's axis of a scalar")
    mask = np.asarray(True if mask is None else mask)
    if np.broadcast_shapes(mask.shape, a.shape) != a.shape:
        raise NotImplementedError("a mask that makes the operand longer")
    mask = np.broadcast_to(mask, a.shape)
    if name in ("any", "all"):
        return getattr(np, name)(a, axis=axis, keepdims=keepdims, where=mask), None
    if name == "count_nonzero":
        return np.sum((a != 0) & mask, axis=axis, keepdims=keepdims), None
    if a.dtype.kind != "c":
        raise NotImplementedError("left to the other generator")
    if name in ("min", "max"):
        raise TypeError("complex numbers have no order")
    if name == "prod":
        if a.ndim != 1 or axis is not None or keepdims:
            raise NotImplementedError("checked along one dimension")
        return product(a, mask), None
    part = a.real.dtype
    if name.startswith("nan"):
        mask, name = mask & ~np.isnan(a), name[3:]
    wide = a.astype(np.clongdouble)
    value = getattr(np, name)(wide, axis=axis, keepdims=keepdims, where=mask)
    dtype = part if name in ("var", "std") else a.dtype
    size = np.where(mask, np.abs(a.astype(np.complex128)), 0)
    total = size.sum(axis=axis, keepdims=keepdims)
    count = mask.sum(axis=axis, keepdims=keepdims)
    epsilon = EPSILON[part.name]
    if name in ("sum", "mean"):
        bound = (total + np.abs(value)) * 12 * epsilon / (np.maximum(count, 1) if name == "mean" else 1)
    else:
        largest = np.where(mask, size, 0).max(axis=axis, keepdims=keepdims, initial=0)
        bound = np.where(np.isfinite(value), largest**(2 if name == "var" else 1) * 2e-3, np.nan)
        if part == np.float64:
            bound = bound * 1e-6
    if name in ("var", "std") and np.any((size > 0) & (size < np.sqrt(np.finfo(part).tiny) * 1e10)):
        raise NotImplementedError("squares too small for the type")
    largest = np.finfo(part).max
    bound = np.where(np.isfinite(total) & (total < largest / 4) & (total**2 < largest / 4), bound, np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(value).astype(dtype), bound


REDUCTIONS = ("sum", "mean", "var", "std", "prod", "any", "all", "count_nonzero", "nansum", "nanmean",
              "max")
ROOTS = ("abs", "angle")
OPERATORS = ("+", "-", "*", "/", "neg", "**")


class ComplexEvaluation:
    """The value of a tree, and a bound where the root is inexact."""

    def __init__(self, tree, operands):
        self.operands, self.bound = operands, None
        if not any(isinstance(operands[name], np.ndarray) for name in names(tree)):
            raise NotImplementedError("no array")
        self.value = self.root(tree)

    def root(self, tree):
        if isinstance(tree, Node) and tree.name in ROOTS:
            a = np.asarray(self.evaluate(tree.arguments[0]))
            if a.dtype.kind != "c":
                raise NotImplementedError("left to the other generator")
            part = a.real.dtype
            wide = np.asarray(getattr(np, tree.name)(a.astype(np.clongdouble)))
            with np.errstate(all="ignore"):
                value = wide.astype(part)
                self.bound = np.where(np.isfinite(value), 2 * np.spacing(np.abs(value)), 0)
                # Within the bound of the largest number it may be that or infinite.
                limit = np.longdouble(np.finfo(part).max) * (1 + 4 * EPSILON[part.name])
                self.bound[(wide <= limit) & ~np.isfinite(value)] = np.nan
            return value
        if isinstance(tree, Node) and tree.name in REDUCTIONS:
            values = [self.evaluate(a) for a in tree.arguments]
            if len(values) > 1 and kind(values[1]) != "b":
                raise TypeError("not bool")
            value, self.bound = reduce(tree.name, values[0], values[1] if len(values) > 1 else None,
                                       tree.options)
            return value
        return self.evaluate(tree)

    def evaluate(self, tree):
        if isinstance(tree, Variable):
            return self.operands[tree.name]
        if isinstance(tree, Literal):
            return tree.value
        values = [self.evaluate(a) for a in tree.arguments]
        value = ELEMENTWISE[tree.name](*values)
        if tree.name in ("+", "-", "neg") and kind(value) == "b":
            raise TypeError("of bool")
        if tree.name in OPERATORS and all(map(is_weak, values)):
            return value if is_weak(value) else value.item()
        return value if is_weak(value) else np.asarray(value)


# ---- Cases ----------------------------------------------------------------------------------------

def weak_operand(rng):
    return rng.choice([2j, 1 + 1j, 0.5, -3, complex("inf"), complex(0, -0.0)])


def random_operands(rng, chance):
    shape, operands = random_shape(rng), {}
    for name in "zwxy"[:int(rng.integers(1, 5))]:
        if rng.random() < 0.08 and operands:
            operands[name] = weak_operand(chance)
            continue
        dtype = np.dtype(rng.choice(DTYPES[:5] if name == "z" else DTYPES))
        part = part_of_shape(rng, shape)
        values = values_of(rng, dtype, int(np.prod(part, dtype=int))).reshape(part)
        operands[name] = lay_out(rng, values)
    return operands


UNARY = ("neg", "square", "reciprocal", "real", "imag", "conj", "conj", "complex64", "complex128",
         "float32", "float64", "int32", "zeros_like", "ones_like", "round", "nan_to_num")
BINARY = ("+", "-", "*", "/", "*", "/", "+", "-", "*", "complex")
TESTS = ("==", "!=", "<", "isnan", "isinf", "isfinite", "in", "bool")


class ComplexTrees:
    def __init__(self, rng, operands):
        self.rng, self.names = rng, list(operands)

    def leaf(self):
        if self.rng.random() < 0.2:
            return Literal(self.rng.choice(LITERALS))
        return Variable(self.rng.choice(self.names))

    def test(self, depth):
        name = self.rng.choice(TESTS)
        if name == "<" and self.rng.random() < 0.8:
            name = "=="
        if name == "in":
            values = tuple(Literal(self.rng.choice((0, 1, 2j, 0.5, -1, 0j, 1.5j))) for _ in range(
                self.rng.randint(1, 5)))
            return Node("in", (Variable(self.rng.choice(self.names)), *values))
        n = 2 if name in ("==", "!=", "<") else 1
        return Node(name, tuple(self.number(depth - 1) for _ in range(n)))

    def number(self, depth):
        if depth <= 0 or self.rng.random() < 0.15:
            return self.leaf()
        style = self.rng.random()
        if style < 0.55:
            name = self.rng.choice(BINARY)
            return Node(name, (self.number(depth - 1), self.number(depth - 1)))
        if style < 0.62:
            return Node("**", (self.number(depth - 1), Literal(self.rng.randint(-4, 12))))
        if style < 0.72:
            return Node("where", (self.test(depth - 1), self.number(depth - 1), self.number(depth - 1)))
        return Node(self.rng.choice(UNARY), (self.number(depth - 1),))

    def reduction(self, depth):
        options = {}
        if self.rng.random() < 0.4:
            options["axis"] = self.rng.choice((0, -1, None))
        if self.rng.random() < 0.2:
            options["keepdims"] = True
        arguments = (self.number(depth),)
        if self.rng.random() < 0.3:
            arguments += (self.test(1),)
        return Node(self.rng.choice(REDUCTIONS), arguments, options)

    def root(self):
        depth, style = self.rng.randint(1, 4), self.rng.random()
        if style < 0.25:
            return self.reduction(depth - 1)
        if style < 0.33:
            return Node(self.rng.choice(ROOTS), (self.number(depth - 1),))
        return self.test(depth) if style < 0.45 else self.number(depth)


def complex_case(seed, number):
    options = random.Random(f"complex:{seed}:{number}")
    operands = random_operands(np.random.default_rng([seed, number, 3]), options)
    trees = ComplexTrees(options, operands)
    return Case(operands, [trees.root() for _ in range(options.choice((1, 1, 1, 2)))], options)
