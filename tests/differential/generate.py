# SPDX-License-Identifier: MIT
"""Random cases: operands of every dtype and layout, and trees over them.

A Case is a pure function of (seed, number), so that a failure is repeated by these two. Most trees
are well typed; a few are not, and then NumPy and the library must both refuse.
"""
from dataclasses import dataclass
import random

import numpy as np

from evex_ctypes import REALS as DTYPES
from expression import COMPARISONS, Literal, Node, Variable
from oracle import INEXACT_FUNCTIONS, MATH_FUNCTIONS, REDUCTIONS, is_weak

BINARY_FUNCTIONS = ("hypot", "arctan2", "logaddexp", "power")
INEXACT_UNARY = tuple(n for n in (*INEXACT_FUNCTIONS, *MATH_FUNCTIONS) if n not in BINARY_FUNCTIONS)
LITERALS = (0, 1, 2, 3, 5, 7, 10, -1, -2, 100, 127, 200, 1000, 70000, 2**31, 2**40, 2**63, -300,
            0.0, 0.5, 1.5, 2.0, -1.0, 1e-3, 0.1, 3.25, 1e10, float("inf"))


@dataclass
class Case:
    operands: dict  # name: array, or Python scalar for a weak variable
    trees: list
    options: random.Random  # for the choices that are made while running


# ---- Operands -------------------------------------------------------------------------------------

def special_values(dtype):
    if dtype.kind == "b":
        return [False, True]
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return [0, 1, 2, 3, info.max, info.max - 1, info.min, info.min + 1, info.max // 2 + 1]
    info = np.finfo(dtype)
    return [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, np.inf, -np.inf, np.nan, info.max, info.min,
            info.tiny, info.smallest_subnormal, info.eps, 2.0**31, -2.0**31, 2.0**32, 2.0**53 - 1,
            2.0**63, -2.0**63, 2.0**64, 1e300 if dtype.itemsize == 8 else 1e30, 255.0, 256.0, 0.1]


def ordinary_values(rng, dtype, n):
    if dtype.kind == "b":
        return rng.random(n) < 0.5
    if dtype.kind == "f":
        wide = rng.random() < 0.3
        values = rng.standard_normal(n) * (10.0 ** rng.integers(-20, 20, n) if wide else 10)
        return np.round(values) if rng.random() < 0.2 else values
    return rng.integers(0 if dtype.kind == "u" else -10, 10, n)


def random_bits(rng, dtype, n):
    if dtype.kind == "b":
        return rng.random(n) < 0.5
    values = rng.integers(0, 256, n * dtype.itemsize, dtype=np.uint8).view(dtype)
    return values


def values_of(rng, dtype, n):
    if dtype.kind == "c":
        return values_of(rng, np.dtype(f"f{dtype.itemsize // 2}"), 2 * n).view(dtype)
    values = ordinary_values(rng, dtype, n).astype(dtype)
    style = rng.random()
    if style < 0.25:
        values = random_bits(rng, dtype, n)
    if style < 0.6 and n:
        special = np.array(special_values(dtype), dtype)
        at = rng.random(n) < rng.choice([0.1, 0.5, 1.0])
        values[at] = rng.choice(special, at.sum())
    return values


def with_steps(rng, a):
    """The same values, every k-th element of a larger array along one axis, perhaps backwards."""
    axis = int(rng.integers(a.ndim))
    step = int(rng.choice([-3, -2, -1, 2, 3]))
    shape = list(a.shape)
    shape[axis] *= abs(step)
    host = values_of(rng, a.dtype.newbyteorder("="), int(np.prod(shape))).astype(a.dtype)
    view = host.reshape(shape)[(slice(None),) * axis + (slice(None, None, step),)]
    view[...] = a
    return view


def unaligned(a):
    host = np.zeros(a.nbytes + 1, np.uint8)
    view = host[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view


def lay_out(rng, a, may_repeat=True):
    """An array of equal shape and dtype (byte order apart) in some layout; equal values too unless
    the layout repeats elements."""
    shape = a.shape
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        style = rng.choice(["fortran", "steps", "unaligned", "swapped", "repeat", "transposed"])
        if style == "fortran":
            a = np.asfortranarray(a)
        elif style == "steps" and a.ndim:
            a = with_steps(rng, a)
        elif style == "unaligned" and a.dtype.itemsize > 1 and a.size:
            a = unaligned(np.ascontiguousarray(a))
        elif style == "swapped" and a.dtype.itemsize > 1:
            a = a.astype(a.dtype.newbyteorder())
        elif style == "repeat" and may_repeat and a.ndim and a.size:
            axis = int(rng.integers(a.ndim))
            a = np.broadcast_to(a.take([0], axis), a.shape)
        elif style == "transposed" and a.ndim > 1:
            order = rng.permutation(a.ndim)
            a = np.ascontiguousarray(a.transpose(order)).transpose(np.argsort(order))
    return a.reshape(shape) if a.shape != shape else a  # some give 0-d arrays a dimension


def random_shape(rng):
    style = rng.random()
    if style < 0.05:
        return ()
    if style < 0.10:
        return tuple(rng.choice([0, 1, 3], int(rng.integers(1, 4))).tolist())
    if style < 0.13:
        return (int(rng.choice([4095, 4096, 4097, 5000, 9001])),)
    if style < 0.15:
        return tuple(rng.permutation([int(rng.integers(2, 70)), int(rng.integers(60, 130))]).tolist())
    if style < 0.16:
        return (1,) * 3 + (2,) * 5
    n = int(rng.integers(1, 5))
    return tuple(rng.integers(1, {1: 40, 2: 12, 3: 7, 4: 5}[n], n).tolist())


def part_of_shape(rng, shape):
    """A shape that broadcasts to the given one."""
    if rng.random() < 0.5:
        return shape
    return tuple(1 if rng.random() < 0.4 else n for n in shape[int(rng.integers(len(shape) + 1)):])


def weak_operand(rng):
    style = rng.random()
    if style < 0.15:
        return bool(rng.random() < 0.5)
    if style < 0.65:
        return int(rng.choice([0, 1, 2, 3, -1, 100, 127, 300, 70000]))
    return float(rng.choice([0.0, -0.0, 0.5, 2.0, -1.5, 1e10, np.inf, np.nan]))


def random_operands(rng):
    shape = random_shape(rng)
    operands = {}
    for name in "abcd"[:int(rng.integers(1, 5))]:
        if rng.random() < 0.06 and operands:
            operands[name] = weak_operand(rng)
            continue
        dtype = np.dtype(rng.choice(DTYPES))
        part = part_of_shape(rng, shape) if rng.random() < 0.97 else random_shape(rng)[:2]
        values = values_of(rng, dtype, int(np.prod(part, dtype=int))).reshape(part)
        operands[name] = lay_out(rng, values)
    return operands


# ---- Trees ----------------------------------------------------------------------------------------

KINDS = {"b": "b", "i": "iub", "f": "f", "n": "iuf"}


class Trees:
    """Grows random trees over the operands. may_round: inexact functions may stand anywhere."""

    def __init__(self, options, operands, may_round):
        self.rng, self.operands, self.may_round = options, operands, may_round
        self.strong = {name: a for name, a in operands.items() if not is_weak(a)}
        self.n_dims = max((np.ndim(a) for a in operands.values()), default=0)

    def leaf(self, kind):
        choices = [name for name, a in self.strong.items()
                   if np.asarray(a).dtype.kind in KINDS[kind] or self.rng.random() < 0.01]
        if choices:
            return Variable(self.rng.choice(choices))
        variable = Variable(self.rng.choice(sorted(self.strong)))
        if kind == "b":
            return Node(self.rng.choice(COMPARISONS), (variable, Literal(self.rng.choice((0, 1, 2)))))
        dtypes = DTYPES[1:9] if kind == "i" else DTYPES[9:] if kind == "f" else DTYPES[1:]
        return Node(self.rng.choice(dtypes), (variable,))

    def literal(self):
        """A literal, or a weak variable, which is one whose value comes later."""
        weak = sorted(set(self.operands) - set(self.strong))
        if weak and self.rng.random() < 0.5:
            return Variable(self.rng.choice(weak))
        return Literal(self.rng.choice(LITERALS if self.rng.random() < 0.3 else LITERALS[:5]))

    def operand(self, kind, depth):
        """The second operand of something: a literal now and then."""
        return self.literal() if self.rng.random() < 0.25 else self.grow(kind, depth)

    def pair(self, kind, depth):
        pair = [self.grow(kind, depth), self.operand(kind, depth)]
        if self.rng.random() < 0.3:
            pair.reverse()
        return tuple(pair)

    def grow(self, kind, depth):
        if depth <= 0 or self.rng.random() < 0.1:
            return self.leaf(kind)
        return {"b": self.boolean, "i": self.integer, "f": self.number, "n": self.number}[kind](
            depth - 1)

    def number(self, depth):
        style = self.rng.random()
        if self.may_round and style < 0.25:
            return self.inexact(depth)
        if style < 0.40:
            return Node(self.rng.choice(("+", "-", "*", "/", "//", "%")), self.pair("n", depth))
        if style < 0.55:
            return Node(self.rng.choice(("neg", "abs", "sign", "square", "sqrt", "reciprocal", "floor",
                                         "ceil", "trunc", "rint", "round", "nan_to_num", "copy",
                                         "zeros_like", "ones_like")), (self.grow("n", depth),))
        if style < 0.65:
            return Node(self.rng.choice(("maximum", "minimum", "fmax", "fmin", "fmod")),
                        self.pair("n", depth))
        if style < 0.69:
            # The sign of a computed NaN is anybody's.
            magnitude, signed = self.pair("n", depth)
            if isinstance(signed, Node):
                signed = Node("nan_to_num", (signed,))
            return Node(self.rng.choice(("copysign", "nextafter")), (magnitude, signed))
        if style < 0.76:
            return self.choice("n", depth)
        if style < 0.82:
            return Node(self.rng.choice(DTYPES[1:]), (self.grow("n", depth),))
        if style < 0.86:
            return Node("**", (self.grow("n", depth),
                               Literal(self.rng.choice((0, 1, 2, 3, 4, 7, -3.0, 2.0, 0.5, -1.0)))))
        if style < 0.89:
            bounds = sorted(self.rng.choices(LITERALS, k=2))
            return Node("clip", (self.grow("n", depth), *map(Literal, bounds)))
        if style < 0.92:
            return Node("round", (self.grow("f", depth),),
                        {"decimals": self.rng.choice((0, 1, 2, -1))})
        if style < 0.96:
            return self.reduction(self.rng.choice(("min", "max", "nanmin", "nanmax")), "n", depth)
        return self.integer(depth)

    def choice(self, kind, depth):
        condition, (a, b) = self.grow("b", depth), self.pair(kind, depth)
        if self.rng.random() < 0.5:
            return Node("if", (a, condition, b))
        return Node("where", (condition, a, b))

    def integer(self, depth):
        style = self.rng.random()
        if style < 0.3:
            return Node(self.rng.choice(("&", "|", "^", "<<", ">>")), self.pair("i", depth))
        if style < 0.5:
            return Node(self.rng.choice(("+", "-", "*", "//", "%", "maximum", "minimum")),
                        self.pair("i", depth))
        if style < 0.6:
            return Node(self.rng.choice(("~", "abs", "neg", "square", "sign")),
                        (self.grow("i", depth),))
        if style < 0.7:
            exponent = Node("uint8", (self.grow("i", depth),)) if self.rng.random() < 0.5 else Literal(
                self.rng.choice((0, 1, 2, 3, 4)))
            return Node("**", (Node("int32", (self.grow("i", depth),)), exponent))
        if style < 0.85:
            return Node(self.rng.choice(DTYPES[1:9]), (self.grow("n", depth),))
        if style < 0.95:
            return self.reduction(self.rng.choice(("sum", "min", "max", "argmin", "argmax", "count",
                                                   "count_nonzero")), "i", depth)
        return self.choice("i", depth)

    def boolean(self, depth):
        style = self.rng.random()
        if style < 0.4:
            return Node(self.rng.choice(COMPARISONS), self.pair("n", depth))
        if style < 0.5:
            ops = tuple(self.rng.choices(COMPARISONS, k=self.rng.choice((2, 2, 3))))
            return Node("chain", tuple(self.grow("n", depth) if i % 2 else self.operand("n", depth)
                                       for i in range(len(ops) + 1)), {"ops": ops})
        if style < 0.65:
            return Node(self.rng.choice(("and", "or", "&", "|", "^")),
                        (self.grow("b", depth), self.grow("b", depth)))
        if style < 0.72:
            return Node(self.rng.choice(("not", "~")), (self.grow("b", depth),))
        if style < 0.82:
            name = self.rng.choice(("isnan", "isinf", "isfinite", "signbit"))
            argument = self.grow("n", depth)
            return Node(name, (Node("nan_to_num", (argument,)) if name == "signbit" else argument,))
        if style < 0.90:
            values = tuple(map(Literal, self.rng.choices(LITERALS[:-1], k=self.rng.randint(1, 6))))
            return Node("in", (self.grow("n", depth), *values))
        if style < 0.93:
            return Node("isclose", self.pair("n", depth))
        return self.reduction(self.rng.choice(("any", "all")), "b", depth)

    def inexact(self, depth):
        if self.rng.random() < 0.25:
            return Node(self.rng.choice(BINARY_FUNCTIONS), self.pair("f", depth))
        if self.may_round and self.rng.random() < 0.3:
            return self.reduction(self.rng.choice(("sum", "mean", "std", "prod", "var", "nansum")),
                                  "n", depth)
        return Node(self.rng.choice(INEXACT_UNARY), (self.grow("n", depth),))

    def axis(self, may_be_many):
        if not self.n_dims or self.rng.random() < 0.02:
            return self.rng.choice((0, -1))
        if may_be_many and self.rng.random() < 0.3 and self.n_dims > 1:
            n = self.rng.randint(1, self.n_dims)
            axes = self.rng.sample(range(self.n_dims), n)
            return tuple(a - self.n_dims if self.rng.random() < 0.3 else a for a in axes)
        return self.rng.randint(-self.n_dims, self.n_dims - 1)

    def reduction(self, name, kind, depth, is_root=False):
        options = {}
        if self.rng.random() < 0.5:
            options["axis"] = self.axis(may_be_many=not name.startswith("arg"))
            if not is_root or self.rng.random() < 0.4:
                options["keepdims"] = True
        elif self.rng.random() < 0.15:
            options["keepdims"] = self.rng.random() < 0.8
        if name in ("var", "std") and self.rng.random() < 0.4:
            options["ddof"] = self.rng.choice((0, 1, 2))
        arguments = [self.grow(kind, depth)]
        if self.rng.random() < 0.15:
            mask = Node(self.rng.choice(COMPARISONS), (arguments[0], Literal(self.rng.choice((0, 1, 5)))))
            arguments.append(mask if kind != "b" else arguments[0])
        return Node(name, tuple(arguments), options)

    def root(self):
        style = self.rng.random()
        depth = self.rng.choice((0, 1, 1, 2, 2, 3, 4))
        if style < 0.10:
            return self.inexact(depth)
        if style < 0.30:
            name = self.rng.choice(REDUCTIONS)
            return self.reduction(name, "b" if name in ("any", "all", "count_nonzero") else
                                  self.rng.choice("nnib"), depth, is_root=True)
        if style < 0.31:
            return Node("**", (self.leaf("i"), self.leaf("i")))
        return self.grow(self.rng.choice("nnnnib"), depth + 1)


def random_case(seed, number):
    options = random.Random(f"{seed}:{number}")
    operands = random_operands(np.random.default_rng([seed, number]))
    trees = Trees(options, operands, may_round=options.random() < 0.12)
    n = options.choice((1, 1, 1, 1, 2, 3))
    return Case(operands, [trees.root() for _ in range(n)], options)
