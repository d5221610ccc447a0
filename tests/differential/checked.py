# SPDX-License-Identifier: MIT
"""Random integer expressions under overflow='error', against exact arithmetic in Python's ints.

    checked.py --library build/api/libevex.so [--count 5000] [--seed S] [--jobs 2] [--only N]

The oracle walks the tree with, for each subexpression, the elements in which it is used: where()
narrows them, and so does where= of a reduction; which choices spare a reduction's elements is in
LANGUAGE.md, Guards. It collects every element that fails, by stage: what needs the result of a
reduction runs after it. evex must name the smallest element of the first stage that has one, and a
place where one of the operations that fail there stands; else its results must be the oracle's.
Each case runs with and without optimisation, on several instruction sets, block lengths and
threads, and as a stream. What the text repeats is checked once, where any of its uses needs it,
which may be in another stage: there only that there is an error is compared. Values of failing
elements do not matter: whoever uses them has failed before. Ends with a line of counts and status 1
if anything failed.
"""
import argparse
from collections import Counter
import math
import multiprocessing
import sys
import time
from typing import NamedTuple

import numpy as np

from evex_ctypes import EvexError, Expression, Library, Stream, new_outputs

INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
RANGES = {name: (int(np.iinfo(name).min), int(np.iinfo(name).max)) for name in INTS}
WIDTHS = {name: 8 * np.dtype(name).itemsize for name in INTS}
SCALAR, ELEMENT, TOTAL = range(3)  # the order in which failures of a stage are reported


class Need(NamedTuple):
    """When a subexpression is used."""

    mask: list | None  # by element: is it used there; None: everywhere
    stage: int  # in which that is known
    is_scalar: bool  # the mask is one value
    gate: "Need | None"  # the choices by one value among them; None: there are none


ALWAYS = Need(None, 0, False, None)


class Value:
    """Exact elements (or one, when it is a scalar) of a type, readable from a stage on."""

    def __init__(self, dtype, elements, stage=0, is_scalar=False):
        self.dtype, self.elements, self.stage, self.is_scalar = dtype, elements, stage, is_scalar
        self.is_broken = False  # some elements are of failed operations

    def at(self, i):
        return self.elements[0] if self.is_scalar else self.elements[i]


class Oracle:
    def __init__(self, arrays, n):
        self.arrays, self.n = arrays, n
        self.failures = {}  # (stage, rank, index): the operations that fail there
        self.consequences = set()  # reductions that may fail because elements have

    def fail(self, stage, rank, index, token):
        key = (stage, rank, index)
        self.failures.setdefault(key, set()).add(token)

    def value(self, tree, need):
        return getattr(self, "node_" + tree[0])(tree, need)

    def note(self, value, need, fails, token):
        """fails: by element of value."""
        mask, stage, is_scalar, _ = need
        stage = max(stage, value.stage)
        if value.is_scalar and (mask is None or is_scalar):
            if fails[0] and (mask is None or mask[0]):
                self.fail(stage, SCALAR, 0, token)
            return
        for i in range(self.n):
            if fails[0 if value.is_scalar else i] and (mask is None or mask[0 if is_scalar else i]):
                self.fail(stage, ELEMENT, i, token)
                return

    def node_array(self, tree, need):
        a = self.arrays[tree[1]]
        convert = float if a.dtype.kind == "f" else int
        return Value(a.dtype.name, [convert(x) for x in a])

    def node_literal(self, tree, need):
        return Value(tree[2], [tree[1]], is_scalar=True)

    def combine(self, dtype, values, function):
        is_scalar = all(v.is_scalar for v in values)
        elements = [function(*(v.at(i) for v in values)) for i in range(1 if is_scalar else self.n)]
        made = Value(dtype, elements, max(v.stage for v in values), is_scalar)
        made.is_broken = any(v.is_broken for v in values)
        return made

    def node_op(self, tree, need):
        """Elementwise: (op, type, token, function, operands); the function gives None on failure."""
        _, dtype, token, function, *operands = tree
        values = [self.value(operand, need) for operand in operands]
        found = self.combine(dtype, values, function)
        self.note(found, need, [x is None for x in found.elements], token)
        found.is_broken |= None in found.elements
        found.elements = [0 if x is None else x for x in found.elements]
        return found

    def narrowed(self, need, condition, truth):
        mask, stage, of_scalar, gate = need
        is_scalar = condition.is_scalar and (mask is None or of_scalar)
        n = 1 if is_scalar else self.n
        both = [condition.at(i) == truth and (mask is None or mask[0 if of_scalar else i])
                for i in range(n)]
        if condition.is_scalar and not is_scalar:
            gate = self.narrowed(gate or ALWAYS, condition, truth)
        made = Need(both, max(stage, condition.stage), is_scalar, gate)
        return made._replace(gate=made._replace(gate=None)) if is_scalar else made

    def node_where(self, tree, need):
        _, dtype, condition, x, y = tree
        chosen = self.value(condition, need)
        branches = [self.value(x, self.narrowed(need, chosen, True)),
                    self.value(y, self.narrowed(need, chosen, False))]
        return self.combine(dtype, [chosen, *branches], lambda c, a, b: a if c else b)

    def node_reduce(self, tree, need):
        _, name, dtype, operand, mask_tree = tree
        outer = need.gate or ALWAYS  # choices by element spare nothing of a reduction
        mask = self.value(mask_tree, outer) if mask_tree else None
        inner = self.narrowed(outer, mask, True) if mask else outer
        value = self.value(operand, inner)
        total = 0 if name == "sum" else 1
        is_one = value.is_scalar and (mask is None or mask.is_scalar)
        for i in range(1 if is_one else self.n):
            if mask is None or mask.at(i):
                total = total + value.at(i) if name == "sum" else total * value.at(i)
        low, high = RANGES[dtype]
        is_out = not low <= total <= high
        made = max(value.stage, mask.stage if mask else 0)
        result = Value(dtype, [0 if is_out else total], made + 1, True)
        result.is_broken = is_out or value.is_broken
        if value.is_broken:
            self.consequences.add(name)
        if need.mask is None:
            if is_out:
                self.fail(made, TOTAL, 0, name)
        else:
            self.note(result, need, [is_out], name)
        return result


# ---- Expressions ------------------------------------------------------------------------------


def checked(dtype, function):
    low, high = RANGES[dtype]

    def apply(*operands):
        x = function(*operands)
        return x if x is not None and low <= x <= high else None
    return apply


def power(a, b):
    if b < 0:
        return None
    if abs(a) >= 2 and b > 64:
        return 1 << 70
    return a ** (b if abs(a) >= 2 else min(b, 2 + b % 2))


def shift(dtype, is_left):
    width, (low, _) = WIDTHS[dtype], RANGES[dtype]

    def apply(a, b):
        if not 0 <= b < width:
            return None
        if not is_left:
            return a >> b
        x = (a << b) & ((1 << width) - 1)
        return x - (1 << width) if low < 0 and x >> (width - 1) else x
    return apply


def truncate(x):
    return None if math.isnan(x) or math.isinf(x) else math.trunc(x)


BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b if b else None,
    "%": lambda a, b: a % b if b else None,
    "**": power,
}
COMPARISONS = {"<": lambda a, b: a < b, "==": lambda a, b: a == b, ">=": lambda a, b: a >= b}


class Generator:
    def __init__(self, rng, arrays):
        self.rng, self.arrays, self.texts = rng, arrays, []

    def choose(self, options):
        return options[int(self.rng.integers(len(options)))]

    def integer(self, depth):
        """(tree, text)"""
        kinds = ["leaf"] if depth == 0 else ["binary"] * 5 + ["unary", "cast", "cast", "where",
                                                              "where", "shift", "reduce", "float"]
        made = getattr(self, self.choose(kinds))(depth)
        if made[0][0] != "array":
            self.texts.append(made[1])
        return made

    def leaf(self, depth):
        name = self.choose([n for n, a in self.arrays.items() if a.dtype.kind in "iu"])
        return ("array", name), name, self.arrays[name].dtype.name

    def literal(self, dtype):
        low, high = RANGES[dtype]
        x = int(self.choose([0, 1, 2, 3, 7, -1, -2, 10, 100, high, low, high // 2]))
        x = min(max(x, low), high)
        text = str(x) if x >= 0 else f"({x})"
        return ("literal", x, dtype), text

    def binary(self, depth):
        token = self.choose(list(BINARY))
        left, left_text, dtype = self.integer(depth - 1)
        if self.rng.random() < 0.35:
            right, right_text = self.literal(dtype)
            if token == "**":
                right = ("literal", abs(right[1]) % 9, dtype)
                right_text = str(right[1])
            if token == "**" and right[1] == 0:
                return ("op", dtype, token, lambda a: 1, left), f"({left_text} ** 0)", dtype
        else:
            right, right_text, other = self.integer(depth - 1)
            common = np.result_type(dtype, other).name
            if common not in RANGES:
                return self.integer(depth - 1)
            left, right = widen(left, dtype, common), widen(right, other, common)
            dtype = common
        if token == "**" or token == "*" and left_text == right_text:
            self.texts.append(f"powers of {left_text}")  # one may be computed by another
        if token in "+*" and left_text > right_text:
            self.texts.append(f"({right_text} {token} {left_text})")  # is the same
        return (("op", dtype, token, checked(dtype, BINARY[token]), left, right),
                f"({left_text} {token} {right_text})", dtype)

    def unary(self, depth):
        x, text, dtype = self.integer(depth - 1)
        token, function = self.choose([("-", lambda a: -a), ("abs", abs)])
        return ("op", dtype, token, checked(dtype, function), x), f"({token}({text}))", dtype

    def cast(self, depth):
        x, text, _ = self.integer(depth - 1)
        dtype = self.choose(INTS)
        return ("op", dtype, dtype, checked(dtype, lambda a: a), x), f"{dtype}({text})", dtype

    def float(self, depth):
        dtype = self.choose(INTS)
        return (("op", dtype, dtype, checked(dtype, truncate), ("array", "f")), f"{dtype}(f)",
                dtype)

    def shift(self, depth):
        x, text, dtype = self.integer(depth - 1)
        token = self.choose(["<<", ">>"])
        count = int(self.rng.integers(-1, WIDTHS[dtype] + 2))
        count = min(max(count, 0 if RANGES[dtype][0] == 0 else -1), RANGES[dtype][1])
        return (("op", dtype, token, shift(dtype, token == "<<"), x, ("literal", count, dtype)),
                f"({text} {token} ({count}))", dtype)

    def condition(self, depth):
        if self.rng.random() < 0.4:
            return ("array", "p"), "p"
        token = self.choose(list(COMPARISONS))
        left, left_text, dtype = self.integer(depth - 1)
        right, right_text = self.literal(dtype)
        return (("op", "bool", token, COMPARISONS[token], left, right),
                f"({left_text} {token} {right_text})")

    def where(self, depth):
        c, c_text = self.condition(depth)
        x, x_text, dtype = self.integer(depth - 1)
        y, y_text, other = self.integer(depth - 1)
        common = np.result_type(dtype, other).name
        if common not in RANGES or x_text == y_text:
            return x, x_text, dtype
        x, y = widen(x, dtype, common), widen(y, other, common)
        return ("where", common, c, x, y), f"where({c_text}, {x_text}, {y_text})", common

    def reduce(self, depth):
        x, text, dtype = self.integer(depth - 1)
        name = self.choose(["sum", "sum", "prod"])
        mask, mask_text = self.condition(1) if self.rng.random() < 0.5 else (None, None)
        result = "int64" if RANGES[dtype][0] < 0 else "uint64"
        where = f", where={mask_text}" if mask else ""
        return ("reduce", name, result, x, mask), f"{name}({text}{where})", result


def widen(tree, dtype, common):
    return tree if dtype == common else ("op", common, "", lambda a: a, tree)


def random_arrays(rng):
    n = int(rng.choice([1, 2, 3, 7, 40, 300]))
    arrays = {"p": rng.random(n) < rng.choice([0.1, 0.5, 0.9])}
    for k, dtype in enumerate(rng.choice(INTS, 3)):
        low, high = RANGES[dtype]
        bits = int(rng.integers(1, WIDTHS[dtype]))
        values = [int(x) >> (WIDTHS[dtype] - bits) for x in
                  rng.integers(low, high, n, dtype, endpoint=True)]
        for _ in range(int(rng.integers(0, 3))):
            values[int(rng.integers(n))] = int(rng.choice([0, 1])) * [low, high][int(rng.integers(2))]
        arrays["abc"[k]] = np.array(values, dtype)
    f = rng.normal(0, 10.0 ** rng.integers(0, 20), n)
    f[rng.random(n) < 0.02] = np.nan
    arrays["f"] = f
    return arrays, n


# ---- Running ----------------------------------------------------------------------------------


class Case:
    def __init__(self, seed, number):
        rng = np.random.default_rng([seed, number])
        self.arrays, self.n = random_arrays(rng)
        generator = Generator(rng, self.arrays)
        self.tree, self.text, self.dtype = generator.integer(int(rng.integers(1, 5)))
        self.has_repeats = len(set(generator.texts)) < len(generator.texts)
        self.oracle = Oracle(self.arrays, self.n)
        self.result = self.oracle.value(self.tree, ALWAYS)
        self.variables = {name: (a.dtype.name, False) for name, a in self.arrays.items()}

    def expected(self):
        """(index, operations), or None."""
        if not self.oracle.failures:
            return None
        _, rank, index = first = min(self.oracle.failures)
        return index if rank == ELEMENT else -1, self.oracle.failures[first]

    def judge(self, error, outputs):
        want = self.expected()
        if error is None:
            if want is not None:
                return f"no error, want one in element {want[0]} by {want[1]}"
            got = [int(x) for x in outputs[0].reshape(-1)]
            if got != [int(x) for x in self.result.elements]:
                return f"results {got[:8]}, want {self.result.elements[:8]}"
            return None
        if want is None:
            return f"an error where none is: {error}, element {error.index}"
        token = self.text.encode()[error.offset:error.offset + error.length].decode()
        if error.status == "GUARD" and (self.has_repeats or error.index == -1 and
                                        token in self.oracle.consequences):
            return None
        if error.status != "GUARD" or error.index != want[0] or token not in want[1]:
            return f"{error}, element {error.index}, want element {want[0]} by {want[1]}"
        return None


class Checker:
    def __init__(self, options):
        self.options, self.library = options, Library(options.library)
        self.pool = self.library.pool(3)

    def whole(self, case, setting):
        isa, no_optimise, block, threads = setting
        expression = Expression(self.library, case.text, case.variables, isa, no_optimise, overflow=1)
        outputs = new_outputs(expression.result_shapes(case.arrays))
        try:
            expression.evaluate(case.arrays, outputs, self.pool, threads, block)
        except EvexError as error:
            return case.judge(error, outputs)
        return case.judge(None, outputs)

    def pieces(self, case, step):
        expression = Expression(self.library, case.text, case.variables, overflow=1)
        if not expression.inputs:
            return None
        stream = Stream(expression)
        outputs = new_outputs(expression.result_shapes(case.arrays))
        try:
            for number in range(stream.passes):
                if number:
                    stream.next_pass()
                for at in range(0, case.n, step):
                    piece = {name: a[at:at + step] for name, a in case.arrays.items()}
                    stream.update(piece, [o[at:at + step] if o.ndim else o for o in outputs])
            stream.finish(outputs)
        except EvexError as error:
            return case.judge(error, outputs)
        return case.judge(None, outputs)

    def check(self, number):
        case = Case(self.options.seed, number)
        kind = "fails" if case.expected() else "passes"
        settings = [("best", False, 0, 1), ("best", False, 3, 3), ("avx2", False, 16, 1),
                    ("ref", False, 1, 2), ("best", True, 0, 1)]
        try:
            for setting in settings:
                wrong = self.whole(case, setting)
                if wrong:
                    return "failed", self.describe(number, case, wrong, setting)
            for step in {case.n, max(case.n // 3, 1)}:
                wrong = self.pieces(case, step)
                if wrong:
                    return "failed", self.describe(number, case, wrong, f"pieces of {step}")
        except EvexError as error:
            if error.status not in ("OUT_OF_RANGE", "BAD_TYPE", "LIMIT_NODES"):
                return "failed", self.describe(number, case, error, "compiling")
            return "refused", None
        return kind, None

    def describe(self, number, case, wrong, setting):
        operands = "\n".join(f"    {name} {a.dtype}: {a[:12].tolist()}"
                             for name, a in case.arrays.items() if name in case.text)
        return (f"case {number} (repeat: --seed {self.options.seed} --only {number})\n"
                f"  {case.text}\n{operands}\n  {wrong}\n  {setting}")


checker = None


def start(options):
    global checker
    checker = Checker(options)


def run_number(number):
    return checker.check(number)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args(arguments)
    if options.only is not None:
        start(options)
        kind, failure = run_number(options.only)
        print(failure or f"{Case(options.seed, options.only).text}\n{kind}")
        return failure is not None
    begin, counts = time.monotonic(), Counter()
    with multiprocessing.Pool(options.jobs, start, (options,)) as pool:
        for kind, failure in pool.imap(run_number, range(options.count), chunksize=20):
            counts[kind] += 1
            if failure and counts["failed"] <= 20:
                print(failure, flush=True)
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    print(f"checked integers: {options.count} cases, seed {options.seed}, "
          f"{time.monotonic() - begin:.0f} s: {kinds}")
    return counts["failed"] > 0 or min(counts["fails"], counts["passes"]) < options.count // 10


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
