# SPDX-License-Identifier: MIT
"""Random expressions over nullable operands, against a model in Python's own numbers, None a null.

    nulls.py --library build/api/libevex.so [--count 5000] [--seed S] [--only N]

Operands are small integers, floats that are small integers and bools, so that every value is exact;
the model is the language's page on nulls, element by element. Validity comes as bytes, as a mask, as
a bitmap at any bit, with strides, or not at all. Each case runs on several instruction sets, block
lengths and threads, with and without optimisation. Ends with a line of counts and status 1 if
anything failed.
"""
import argparse
import ctypes
from ctypes import byref, c_int64, c_size_t
import sys
import time

import numpy as np

from evex_ctypes import (DTYPES, Array, Error, EvalOptions, EvexError, Expression, Library,
                         describe)

BYTES, MASK, BITS = range(3)
KINDS = {"i": ["int8", "int16", "int32", "int64"], "f": ["float32", "float64"], "b": ["bool"]}
SETTINGS = [("best", False, 0, 0), ("ref", True, 1, 0), ("base", False, 3, 0), ("avx2", False, 16, 2),
            ("best", True, 0, 3)]


# ---- The model ---------------------------------------------------------------------------------

def strict(function):
    return lambda *operands: None if None in operands else function(*operands)


def kleene_and(a, b):
    return False if a is False or b is False else None if None in (a, b) else True


def kleene_or(a, b):
    return True if a is True or b is True else None if None in (a, b) else False


ARITHMETIC = {"+": lambda a, b: a + b, "-": lambda a, b: a - b}
COMPARISONS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b,
               "!=": lambda a, b: a != b}
BITWISE = {"&": lambda a, b: a and b, "|": lambda a, b: a or b, "^": lambda a, b: a != b}
REDUCTIONS = {"sum": sum, "min": min, "max": max}


class Tree:
    """A text with the elements it stands for; one when it is a scalar."""

    def __init__(self, text, kind, values, is_scalar=False):
        self.text, self.kind, self.values, self.is_scalar = text, kind, values, is_scalar


def combine(text, kind, function, *operands):
    is_scalar = all(o.is_scalar for o in operands)
    n = 1 if is_scalar else max(len(o.values) for o in operands if not o.is_scalar)
    values = [function(*(o.values[0 if o.is_scalar else i] for o in operands)) for i in range(n)]
    return Tree(text, kind, values, is_scalar)


class Generator:
    def __init__(self, rng, operands, n):
        self.rng, self.operands, self.n = rng, operands, n

    def choose(self, options):
        return options[int(self.rng.integers(len(options)))]

    def leaf(self, kind):
        named = [o for o in self.operands.values() if o.kind == kind]
        if named and self.rng.random() < 0.85:
            tree = self.choose(named)
            return Tree(tree.text, kind, tree.values)
        if kind == "b":
            truth = bool(self.rng.integers(2))
            return Tree(str(truth), "b", [truth], True)
        x = int(self.rng.integers(0, 4))
        return Tree(str(x) if kind == "i" else f"{x}.0", kind, [x], True)

    def array(self, kind):
        """A leaf that is an array, so that the result has elements."""
        return self.choose([o for o in self.operands.values() if o.kind == kind])

    def tree(self, kind, depth):
        if depth == 0:
            return self.leaf(kind)
        common = ["where", "coalesce", "na"]
        rules = {"b": ["compare", "logic", "logic", "bits", "not", "isna", "any"] + common}
        return getattr(self, self.choose(rules.get(kind, ["binary", "binary", "negative", "reduce"]
                                                   + common)))(kind, depth - 1)

    def binary(self, kind, depth):
        op, a, b = self.choose(list(ARITHMETIC)), self.tree(kind, depth), self.tree(kind, depth)
        return combine(f"({a.text} {op} {b.text})", kind, strict(ARITHMETIC[op]), a, b)

    def negative(self, kind, depth):
        a = self.tree(kind, depth)
        return combine(f"(-{a.text})", kind, strict(lambda x: -x), a)

    def compare(self, _, depth):
        kind = self.choose("if")
        op, a, b = self.choose(list(COMPARISONS)), self.tree(kind, depth), self.tree(kind, depth)
        return combine(f"({a.text} {op} {b.text})", "b", strict(COMPARISONS[op]), a, b)

    def logic(self, _, depth):
        op, a, b = self.choose(["and", "or"]), self.tree("b", depth), self.tree("b", depth)
        return combine(f"({a.text} {op} {b.text})", "b",
                       kleene_and if op == "and" else kleene_or, a, b)

    def bits(self, _, depth):
        op, a, b = self.choose(list(BITWISE)), self.tree("b", depth), self.tree("b", depth)
        return combine(f"({a.text} {op} {b.text})", "b", strict(BITWISE[op]), a, b)

    def not_(self, depth):
        a = self.tree("b", depth)
        return combine(f"(not {a.text})", "b", strict(lambda x: not x), a)

    def isna(self, _, depth):
        name, a = self.choose(["isna", "notna"]), self.tree(self.choose("ifb"), depth)
        return combine(f"{name}({a.text})", "b", lambda x: (x is None) == (name == "isna"), a)

    def where(self, kind, depth):
        c, a, b = self.tree("b", depth), self.tree(kind, depth), self.tree(kind, depth)
        text = f"where({c.text}, {a.text}, {b.text})" if self.rng.random() < 0.5 else \
            f"({a.text} if {c.text} else {b.text})"
        return combine(text, kind, lambda p, x, y: x if p else y, c, a, b)

    def coalesce(self, kind, depth):
        a, b = self.tree(kind, depth), self.tree(kind, depth)
        return combine(f"({a.text} ?? {b.text})", kind, lambda x, y: y if x is None else x, a, b)

    def na(self, kind, depth):
        c, a = self.tree("b", depth), self.tree(kind, depth)
        return combine(f"where({c.text}, {a.text}, NA)", kind, lambda p, x: x if p else None, c, a)

    def elements(self, kind, depth):
        """Of a tree made as long as the operands, and of a mask."""
        a = self.tree(kind, depth)
        if a.is_scalar:
            a = combine(f"where({self.full}, {a.text}, {a.text})", kind, lambda _, x: x,
                        Tree("", "b", [True] * self.n), a)
        return a

    @property
    def full(self):
        return f"isna({self.array('f').text})"

    def reduce(self, kind, depth):
        name, a = self.choose([*REDUCTIONS, "count"]), self.elements(kind, depth)
        mask = self.tree("b", 0) if self.rng.random() < 0.3 else None
        chosen = [x for i, x in enumerate(a.values) if x is not None and
                  (mask is None or mask.values[0 if mask.is_scalar else i])]
        if name == "count":
            total = len(chosen)
        else:  # a plain operand has NumPy's rule: leave these out
            total = REDUCTIONS[name](chosen) if chosen else None
        where = f", where={mask.text}" if mask else ""
        # A plain operand would give 0 or an error where nothing is left.
        text = f"{name}(where(notna({a.text}), {a.text}, NA){where})"
        if kind == "f" and name == "count":
            text = f"float64({text})"
        return Tree(text, kind, [total], True)

    def any(self, _, depth):
        name, a = self.choose(["any", "all"]), self.elements("b", depth)
        chosen = [x for x in a.values if x is not None]
        total = None if not chosen else any(chosen) if name == "any" else all(chosen)
        return Tree(f"{name}(where(notna({a.text}), {a.text}, NA))", "b", [total], True)


setattr(Generator, "not", lambda self, _, depth: self.not_(depth))


# ---- Arrays ------------------------------------------------------------------------------------

class Operand:
    """An array with its validity in one of its forms."""

    def __init__(self, rng, kind, n):
        self.dtype = str(rng.choice(KINDS[kind]))
        low, high = {"i": (0, 4), "f": (-20, 20), "b": (0, 2)}[kind]
        self.data = rng.integers(low, high, n).astype(self.dtype)
        self.nullable = bool(rng.random() < 0.8)
        has_validity = self.nullable and rng.random() < 0.85
        self.valid = rng.random(n) < rng.choice([0.0, 0.5, 0.9]) if has_validity else np.ones(n, bool)
        convert = {"i": int, "f": float, "b": bool}[kind]
        self.values = [convert(x) if v else None for x, v in zip(self.data, self.valid)]
        self.room = self.strides = None
        self.form, self.offset = int(rng.integers(3)), 0
        if has_validity:
            self.encode(rng, n)

    def encode(self, rng, n):
        if self.form == BITS:
            self.offset = int(rng.integers(20))
            bits = np.concatenate([rng.integers(0, 2, self.offset, np.uint8), self.valid])
            self.room = np.packbits(bits, bitorder="little")
            return
        marks = self.valid if self.form == BYTES else ~self.valid
        step = int(rng.choice([1, 1, 2]))
        self.room = np.full(max(n, 1) * step, 0x77, np.uint8)
        self.room[:n * step:step] = np.where(marks, rng.choice([1, 255, 2]), 0)
        self.strides = (c_int64 * 1)(step) if step != 1 else None

    def described(self):
        array = describe(self.data)
        if self.room is not None:
            array.validity = self.room.ctypes.data
            array.validity_form = self.form
            array.validity_offset = self.offset
            array.validity_strides = self.strides
        return array


def compile_case(library, text, operands, isa, no_optimise):
    """An Expression whose variables may be nullable."""
    variables = {name: (o.dtype, False) for name, o in operands.items()}
    import evex_ctypes
    declare = evex_ctypes.declare

    def declare_nullable(name, dtype, is_weak):
        var = declare(name, dtype, is_weak)
        var.nullable = operands[name].nullable
        return var
    evex_ctypes.declare = declare_nullable
    try:
        return Expression(library, text, variables, isa, no_optimise)
    finally:
        evex_ctypes.declare = declare


def evaluate(expression, operands, tree, block, threads):
    """The results as Python's numbers, None for nulls."""
    error, n = Error(), c_size_t()
    library = expression.library.lib
    outputs = library.evex_expr_outputs(expression.handle, byref(n))
    shape = () if tree.is_scalar else (len(tree.values),)
    data = np.zeros(shape, DTYPES[outputs[0].dtype])
    validity = np.full(shape, 0x55, np.uint8)
    out = (Array * 1)(describe(data))
    if outputs[0].nullable:
        out[0].validity = validity.ctypes.data
    arrays = (Array * max(len(expression.inputs), 1))(*(
        operands[name].described() for name in expression.inputs))
    options = EvalOptions(struct_bytes=ctypes.sizeof(EvalOptions), max_threads=threads,
                          poll_interval_ms=50, block_length=block, force_threads=threads != 0)
    if library.evex_eval(expression.handle, None, arrays, c_size_t(len(expression.inputs)), out,
                         c_size_t(1), byref(options), byref(error)):
        raise EvexError(error)
    if not outputs[0].nullable:
        validity[...] = 1
    return [x if v else None for x, v in zip(data.reshape(-1).tolist(),
                                             validity.reshape(-1).tolist())]


def check(library, seed, number):
    """The text of the failure, or None."""
    rng = np.random.default_rng([seed, number])
    n = int(rng.choice([1, 2, 7, 64, 300]))
    operands = {f"{kind}{k}": Operand(rng, kind, n) for kind in "ifb" for k in range(2)}
    named = {name: Tree(name, name[0], o.values) for name, o in operands.items()}
    kind = str(rng.choice(list("ifb")))
    tree = Generator(rng, named, n).tree(kind, int(rng.integers(1, 4)))
    if not any(name in tree.text for name in operands):
        return None
    for isa, no_optimise, block, threads in SETTINGS:
        try:
            expression = compile_case(library, tree.text, operands, isa, no_optimise)
            found = evaluate(expression, operands, tree, block, threads)
        except EvexError as e:
            if e.status == "OUT_OF_RANGE" or "bool" in e.message:
                return None  # of types that the model does not have
            return f"case {number}: {tree.text}\n  {e}"
        if found != tree.values:
            return (f"case {number}: {tree.text}\n  setting {isa, no_optimise, block, threads}\n"
                    f"  found    {found[:12]}\n  expected {tree.values[:12]}\n" + "".join(
                        f"  {name}{'?' if o.nullable else ''} {o.dtype} form {o.form}: "
                        f"{o.values[:12]}\n" for name, o in operands.items()))
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    library = Library(options.library)
    numbers = range(options.count) if options.only is None else [options.only]
    failures, began = 0, time.time()
    for number in numbers:
        failure = check(library, options.seed, number)
        if failure:
            failures += 1
            if failures <= 10:
                print(failure)
    print(f"nulls: {len(numbers)} expressions, {failures} failed, {time.time() - began:.0f} s")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
