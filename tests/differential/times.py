# SPDX-License-Identifier: MIT
"""Random expressions over points in time and spans, through libevex and through NumPy.

    times.py --library build/api/libevex.so [--count 3000] [--seed S] [--only N]

Each case is a tree over arrays of datetime64, timedelta64, integers, floats and bool, in all units,
with NaT; its text goes to evex while NumPy computes it. Type, unit, shape and bits must agree, what
NumPy refuses must be refused, and a second setting (instruction set, threads, block length, no
optimisation) must give the same bits. Dates in the text, which NumPy does not compare, are held
against integers of attoseconds in Python.

Left out is what NumPy computes by accident: results that depend on wrapping on the way from one
unit to another.
"""
import argparse
import datetime
import random
import sys
import time
import warnings

import numpy as np

from check import ISAS, THREADS
from evex_ctypes import SPAN, UNITS, EvexError, Expression, Library, new_outputs

NAT = -2**63
CALENDAR = ("Y", "M")
LINEAR = ("W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
# Attoseconds of a tick.
LENGTHS = dict(zip(LINEAR, [604800 * 10**18, 86400 * 10**18, 3600 * 10**18, 60 * 10**18] +
                   [10**n for n in (18, 15, 12, 9, 6, 3, 0)]))
REFUSALS = (TypeError, ValueError, OverflowError)


# ---- Operands ------------------------------------------------------------------------------------

def most_ticks(unit):
    """About 200 years, so that no conversion wraps."""
    if unit in CALENDAR or unit == "generic":
        return 2400
    return min(200 * 366 * 86400 * 10**18 // LENGTHS[unit], 2**62)


def integers(rng, shape, most):
    values = rng.integers(-most, most, shape, endpoint=True)
    small = rng.integers(-5, 5, shape, endpoint=True)
    return np.where(rng.random(shape) < 0.4, small, values).astype(np.int64)


def lay_out(rng, values):
    """The same elements, now and then with other strides."""
    array = np.asarray(values)
    style = rng.integers(0, 4)
    if array.ndim and style == 1:
        wide = np.repeat(array, 2, axis=-1)
        return wide[..., ::2]
    if array.ndim and style == 2:
        return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    return array


def operand(rng, kind, unit, shape):
    if kind == "B":
        return lay_out(rng, rng.random(shape) < 0.5)
    if kind == "F":
        values = rng.choice([0.0, 0.5, -2.5, 3.7, 1e6, np.nan, np.inf, -1.0, 1e-3], shape)
        return lay_out(rng, np.asarray(values).astype(rng.choice(["float64", "float32"])))
    if kind == "I":
        dtype = rng.choice(["int64", "int32", "int8", "uint8", "uint16"])
        values = integers(rng, shape, 100).astype(dtype)
        if dtype == "int64":
            values = np.where(rng.random(shape) < 0.05, NAT, values)
        return lay_out(rng, values)
    values = np.where(rng.random(shape) < 0.15, NAT, integers(rng, shape, most_ticks(unit)))
    return lay_out(rng, values.astype(np.int64)).view(
        f"{'M' if kind == 'D' else 'm'}8[{unit}]")


# ---- Trees ---------------------------------------------------------------------------------------

class Refused(Exception):
    """NumPy refuses the text that is the argument, and evex must."""


class SetAside(Exception):
    """Nothing is asked of this tree."""


FUNCTIONS = {"maximum": np.maximum, "minimum": np.minimum, "fmax": np.fmax, "fmin": np.fmin}
ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
              "//": np.floor_divide, "%": np.remainder}
COMPARISONS = {"<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal,
               ">": np.greater, ">=": np.greater_equal}


class Trees:
    """Grows (text, value) pairs; variables collects the operands."""

    def __init__(self, seed, number):
        self.pick = random.Random(f"times:{seed}:{number}")
        self.rng = np.random.default_rng([seed, number])
        self.variables = {}
        self.shapes = self.pick.choice([[(7,)], [(40,)], [()], [(3, 5), (5,), (3, 1)], [(4, 1), (1, 6)],
                                        [(2, 3, 4), (3, 1)], [(0,)], [(300,)]])
        self.units = self.pick.sample(CALENDAR + LINEAR, self.pick.choice([1, 2, 2, 3]))
        if self.pick.random() < 0.7:
            self.units = [u for u in self.units if u not in CALENDAR] or ["s", "D"]

    def leaf(self, kind):
        unit = self.pick.choice(self.units)
        if kind == "S" and self.pick.random() < 0.05:
            unit = "generic"
        if kind in "IF" and self.pick.random() < 0.4:
            value = self.pick.choice([0, 1, -3, 7] if kind == "I" else [0.5, -1.5, 2.0])
            return f"({value})", value
        name = f"{kind.lower()}{len(self.variables)}"
        shape = () if self.pick.random() < 0.1 else self.pick.choice(self.shapes)
        value = self.variables[name] = operand(self.rng, kind, unit, shape)
        return name, value

    def binary(self, kinds, depth, table):
        symbol = self.pick.choice(list(table))
        (a, x), (b, y) = self.grow(kinds[0], depth), self.grow(kinds[1], depth)
        text = f"{symbol}({a}, {b})" if symbol.isalpha() else f"({a} {symbol} {b})"
        return text, self.apply(text, table[symbol], x, y)

    @staticmethod
    def apply(text, function, *values, **options):
        try:
            return function(*values, **options)
        except REFUSALS as error:
            raise Refused(text) from error

    def convert(self, kind, depth):
        text, value = self.grow(kind, depth)
        unit = self.pick.choice(self.units + ["D"])
        name, letter = ("datetime64", "M") if kind == "D" else ("timedelta64", "m")
        own = np.datetime_data(value.dtype)[0]
        if own == "generic" or (kind == "S" and (own in CALENDAR) != (unit in CALENDAR)):
            return text, value
        text = f"{name}({text}, '{unit}')"
        # NumPy converts however far apart the units are; evex as far as it would compute with both.
        self.apply(text, np.promote_types, value.dtype, np.dtype(f"{letter}8[{unit}]"))
        return text, value.astype(f"{letter}8[{unit}]")

    def point(self, depth):
        style = self.pick.randrange(8)
        if style < 3:
            return self.binary(self.pick.choice(["DS", "SD", "DI", "ID"]), depth, {"+": np.add})
        if style < 5:
            return self.binary(self.pick.choice(["DS", "DI"]), depth, {"-": np.subtract})
        if style == 5:
            return self.convert("D", depth)
        return self.binary("DD", depth, FUNCTIONS) if style == 6 else self.where("D", depth)

    def span(self, depth):
        style = self.pick.randrange(14)
        if style < 3:
            return self.binary("DD", depth, {"-": np.subtract})
        if style < 6:
            return self.binary(self.pick.choice(["SS", "SI", "IS"]), depth,
                               {"+": np.add, "-": np.subtract})
        if style < 8:
            return self.binary(self.pick.choice(["SI", "IS", "SF", "FS"]), depth,
                               {"*": np.multiply})
        if style == 8:
            return self.binary(self.pick.choice(["SI", "SF"]), depth,
                               {"/": np.divide, "//": np.floor_divide})
        if style == 9:
            return self.binary("SS", depth, {"%": np.remainder})
        if style == 10:
            return self.binary(self.pick.choice(["SS", "SS", "SI", "IS"]), depth, FUNCTIONS)
        if style == 11:
            return self.where("S", depth)
        if style == 12:
            return self.convert("S", depth)
        name, function = self.pick.choice([("-", np.negative), ("abs", np.abs), ("sign", np.sign)])
        text, value = self.grow("S", depth)
        text = f"{name}({text})"
        return text, self.apply(text, function, value)

    def truth(self, depth):
        style = self.pick.randrange(5)
        if style < 3:
            return self.binary(self.pick.choice(["DD", "DD", "SS", "SI", "IS"]), depth, COMPARISONS)
        name, function = self.pick.choice([("isnat", np.isnat), ("isnan", np.isnan),
                                           ("isfinite", np.isfinite), ("isinf", np.isinf)])
        text, value = self.grow(self.pick.choice("DS"), depth)
        return f"{name}({text})", function(value)

    def where(self, kind, depth):
        (c, condition), (a, x), (b, y) = (self.grow(k, depth) for k in ("B", kind, kind))
        text = f"where({c}, {a}, {b})" if self.pick.random() < 0.5 else f"({a} if {c} else {b})"
        return text, self.apply(text, np.where, condition, x, y)

    def grow(self, kind, depth):
        if depth == 0 or self.pick.random() < 0.15:
            return self.leaf(kind)
        if kind == "D":
            return self.point(depth - 1)
        if kind == "S":
            return self.span(depth - 1)
        if kind == "B":
            return self.truth(depth - 1)
        if kind == "F" and self.pick.random() < 0.5:
            return self.binary("SS", depth - 1, {"/": np.divide})
        if kind == "I" and self.pick.random() < 0.5:
            return self.binary("SS", depth - 1, {"//": np.floor_divide})
        return self.leaf(kind)

    def reduction(self, depth):
        kind = self.pick.choice("DSS")
        text, value = self.grow(kind, depth)
        value = np.asarray(value)
        name = self.pick.choice(["min", "max", "argmin", "argmax", "count"] +
                                ["sum", "mean"] * 2 * (kind == "S"))
        options, words = {}, ""
        if value.ndim and self.pick.random() < 0.5:
            options["axis"] = self.pick.randrange(-value.ndim, value.ndim)
            words += f", axis={options['axis']}"
            if self.pick.random() < 0.5:
                options["keepdims"] = True
                words += ", keepdims=True"
        if name == "count":
            n = np.ones(value.shape, np.int64).sum(**options)
            return f"count({text}{words})", n
        if name in ("sum", "mean") and self.pick.random() < 0.4:
            options["where"] = ~np.isnat(value)
            words += f", where=not isnat({text})"
        if value.size == 0 and name not in ("sum", "mean"):
            raise SetAside
        text = f"{name}({text}{words})"
        return text, self.apply(text, getattr(np, name), value, **options)

    def ill_typed(self, depth):
        kinds = self.pick.choice(["DD", "SS", "DS", "SD", "DI", "ID", "SI", "IS", "DF", "FD", "SF",
                                  "FS"])
        return self.binary(kinds, depth, ARITHMETIC)

    def root(self):
        style, depth = self.pick.random(), self.pick.choice((1, 1, 2, 2, 3))
        if style < 0.15:
            return self.ill_typed(depth - 1)
        if style < 0.35:
            return self.reduction(depth - 1)
        return self.grow(self.pick.choice("DSSBBFI"), depth)


# ---- Dates in the text ---------------------------------------------------------------------------

def days_of(year, month, day=1):
    return datetime.date(year, month, day).toordinal() - datetime.date(1970, 1, 1).toordinal()


def attoseconds(value, unit):
    if unit == "Y":
        return days_of(1970 + value, 1) * LENGTHS["D"]
    if unit == "M":
        return days_of(1970 + value // 12, value % 12 + 1) * LENGTHS["D"]
    return value * LENGTHS[unit]


def random_date(pick):
    """(text, attoseconds since 1970)"""
    year, month, day = pick.randint(1, 9999), pick.randint(1, 12), pick.randint(1, 28)
    if pick.random() < 0.7:
        year = pick.randint(1965, 1975)
    hour, minute, second = pick.randrange(24), pick.randrange(60), pick.randrange(60)
    n_digits = pick.randint(1, 18)
    fraction = pick.choice([0, pick.randrange(10**n_digits)])
    parts = [f"{year:04}", f"-{month:02}", f"-{day:02}", f"{pick.choice('T ')}{hour:02}",
             f":{minute:02}", f":{second:02}", f".{fraction:0{n_digits}}"]
    n = pick.randint(1, len(parts))
    days = days_of(year, month if n > 1 else 1, day if n > 2 else 1)
    seconds = hour * 3600 * (n > 3) + minute * 60 * (n > 4) + second * (n > 5)
    return "".join(parts[:n]), (days * 86400 + seconds) * 10**18 + (
        fraction * 10**(18 - n_digits) if n > 6 else 0)


def text_case(trees):
    """A comparison of a column with dates, and what it gives."""
    pick, rng = trees.pick, trees.rng
    unit = pick.choice(CALENDAR + LINEAR)
    dates = [random_date(pick) for _ in range(pick.choice([1, 1, 3]))]
    column = operand(rng, "D", unit, (30,)).copy()
    if unit == "Y":
        column = (column.view("i8") % 4000 - 1900).view(column.dtype)
    near = [at // LENGTHS[unit] for _, at in dates if unit in LINEAR]
    near = [v + pick.choice((-1, 0, 1)) for v in near if abs(v) < 2**62]
    column.view("i8")[:len(near)] = near
    trees.variables["t"] = column
    ticks = [None if v == NAT else attoseconds(v, unit) for v in column.view("i8").tolist()]
    if len(dates) > 1:
        wanted = {at for _, at in dates}
        return (f"t in ({', '.join(repr(text) for text, _ in dates)})",
                np.array([at is not None and at in wanted for at in ticks]))
    (text, date), symbol = dates[0], pick.choice(list(COMPARISONS))
    holds = [symbol == "!=" if at is None else bool(COMPARISONS[symbol](at, date)) for at in ticks]
    if pick.random() < 0.5:
        return f"t {symbol} '{text}'", np.array(holds)
    mirrored = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(symbol, symbol)
    return f"'{text}' {mirrored} t", np.array(holds)


# ---- Comparison ----------------------------------------------------------------------------------

def type_of(dtype, unit):
    if unit == 0:
        return np.dtype(dtype)
    letter, symbol = ("m", UNITS[unit - SPAN]) if unit >= SPAN else ("M", UNITS[unit])
    return np.dtype(f"{letter}8[{symbol}]")


class Runner:
    def __init__(self, path):
        self.library = Library(path)
        self.pools = {n: self.library.pool(n) for n in THREADS}

    def evaluate(self, text, variables, isa="best", threads=0, block=0, no_optimise=False):
        """The result, of its type and unit, or an EvexError."""
        declared = {name: (a.dtype.name if a.dtype.kind != "b" else "bool", False)
                    for name, a in variables.items()}
        arrays = {name: a.view("i8") if a.dtype.kind in "mM" else a
                  for name, a in variables.items()}
        try:
            expression = Expression(self.library, text, declared, isa, no_optimise)
            outputs = new_outputs(expression.result_shapes(arrays))
            expression.evaluate(arrays, outputs, self.pools.get(threads), threads, block)
        except EvexError as error:
            return error
        return outputs[0].view(type_of(outputs[0].dtype, expression.units[0]))

    def check(self, seed, number):
        """(text, kind of the case, what is wrong or None)"""
        trees = Trees(seed, number)
        text = "?"
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                text, want = text_case(trees) if number % 5 == 4 else trees.root()
            except Refused as refusal:
                text, want = str(refusal), None
            except SetAside:
                return text, {}, "set aside", None
        return (text, trees.variables, *self.compare(trees, text, want))

    def compare(self, trees, text, want):
        got = self.evaluate(text, trees.variables)
        if want is None:
            return "refused", None if isinstance(got, EvexError) else "evex accepts it"
        if isinstance(got, EvexError):
            return "accepted", f"evex refuses: {got}"
        setting = {"isa": trees.pick.choice(ISAS), "threads": trees.pick.choice(THREADS),
                   "block": trees.pick.choice((1, 3, 16, 0)),
                   "no_optimise": trees.pick.random() < 0.3}
        other = self.evaluate(text, trees.variables, **setting)
        if isinstance(other, EvexError) or different(other, got):
            return "accepted", f"{setting}: {other!r}\n  best: {got!r}"
        return "accepted", different(got, np.asarray(want))


def different(got, want):
    """What is wrong, or None; nan is equal to nan, and bits count."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"is {got.dtype}{got.shape}, should be {want.dtype}{want.shape}"
    a, b = np.atleast_1d(np.ascontiguousarray(got)), np.atleast_1d(np.ascontiguousarray(want))
    if a.dtype.kind in "mM":
        a, b = a.view("i8"), b.view("i8")
    good = (a == b) | ((a != a) & (b != b))
    if good.all():
        return None
    index = np.unravel_index(int(np.argmin(good)), good.shape)
    return f"has {a[index]!r} at {index}, should be {b[index]!r}"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--only", type=int)
    options = parser.parse_args(arguments)
    runner, begin, counts, n_failed = Runner(options.library), time.monotonic(), {}, 0
    numbers = range(options.count) if options.only is None else [options.only]
    for number in numbers:
        text, variables, kind, failure = runner.check(options.seed, number)
        counts[kind] = counts.get(kind, 0) + 1
        if failure or options.only is not None:
            n_failed += failure is not None
            print(f"case {number} (repeat: --seed {options.seed} --only {number})\n  {text}\n" +
                  "".join(f"    {name}: {a!r}\n" for name, a in variables.items()) +
                  f"  {failure}", flush=True)
        if n_failed > 10:
            break
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    print(f"numpy {np.__version__}: times: {len(numbers)} cases, {time.monotonic() - begin:.0f} s: "
          f"{kinds}, {n_failed} failed")
    return n_failed > 0 or counts.get("accepted", 0) < len(numbers) // 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
