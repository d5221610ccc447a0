# SPDX-License-Identifier: MIT
"""Random strings through libevex against Python's str methods and re: every form of array on both
sides, under several settings.

    strings.py --library build/api/libevex.so [--count 2000] [--seed S] [--only N]

Patterns come from the part of the syntax that means the same to re and PCRE2. Prints each failure
with what repeats it; ends with a line of counts and status 1 if anything failed.
"""
import argparse
import ctypes
import operator
import random
import re
import sys

import numpy as np

from evex_ctypes import Array, DTYPES, EvexError, Expression, Library

LETTERS = ["a", "b", "c", "A", "1", " ", "-", "\n", "\0", "\u00e4", "\u0394", "\u4e2d", "\U0001f642"]
COMPARISONS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
               ">": operator.gt, ">=": operator.ge}
FUNCTIONS = {"contains": lambda a, b: b in a, "startswith": str.startswith, "endswith": str.endswith}


class Offsets:
    """Strings as Arrow has them; the first offset is not 0."""

    def __init__(self, words, dtype):
        encoded = [w.encode() for w in words]
        self.text = ctypes.create_string_buffer(b"xyz" + b"".join(encoded))
        self.offsets = np.cumsum([3] + [len(b) for b in encoded]).astype(dtype)
        self.shape = (ctypes.c_int64 * 1)(len(words))

    def as_array(self):
        form = 3 if self.offsets.dtype.itemsize == 4 else 4
        return Array(data=self.offsets.ctypes.data, dtype=DTYPES.index("str"), ndim=1,
                     shape=self.shape, str_form=form, text=ctypes.addressof(self.text))


def strided(array):
    """The same elements, two items apart, backwards."""
    room = np.zeros(2 * len(array), array.dtype)
    view = room[::-2][:len(array)]
    view[:] = array
    return view


def as_bytes(words):
    return np.array([w.encode() for w in words], dtype=f"S{max(len(w.encode()) for w in words) + 1}")


FORMS = {
    "S": as_bytes,
    "S strided": lambda words: strided(as_bytes(words)),
    "U": lambda words: np.array(words),
    "U swapped": lambda words: np.array(words).astype(np.array(words).dtype.newbyteorder(">")),
    "U strided": lambda words: strided(np.array(words)),
    "offsets32": lambda words: Offsets(words, np.int32),
    "offsets64": lambda words: Offsets(words, np.int64)}


# ---- Cases -------------------------------------------------------------------------------------


def word(rng):
    length = rng.choice([0, 1, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 30])
    if rng.random() < 0.02:
        length = rng.choice([32, 33, 40, 64, 65, 70])
    return "".join(rng.choice(LETTERS) for _ in range(length)).rstrip("\0")


def words(rng):
    """Some of them parts of others."""
    made = [word(rng) for _ in range(rng.randint(1, 40))]
    for k in range(0, len(made), 3):
        other = rng.choice(made)
        begin = rng.randint(0, len(other))
        made[k] = other[begin:begin + rng.randint(0, 8)].rstrip("\0")
    return made


def quoted(text):
    return "'" + "".join(c if c.isalnum() or c in " -" else f"\\U{ord(c):08x}" for c in text) + "'"


def pattern(rng, depth=3):
    """A regular expression as re and PCRE2 both write it."""
    kind = rng.randint(0, 9) if depth > 0 else rng.randint(0, 4)
    if kind <= 1:
        return "".join(re.escape(rng.choice(LETTERS[:8])) for _ in range(rng.randint(1, 3)))
    if kind == 2:
        return rng.choice([".", r"\d", r"\w", r"\s", r"\S", r"\b", "\u00e4", "\u4e2d", "\U0001f642"])
    if kind == 3:
        return rng.choice(["[abc]", "[^a]", r"[a-c\d]", "[\u00e4-\u4e2d]", "[^\u0394 -]"])
    if kind == 4:
        return rng.choice(["^", "$", "(?=a)", "(?!b)", "(?<=a)", "(?<!b)"])
    inner = pattern(rng, depth - 1)
    if kind <= 6:
        return inner + pattern(rng, depth - 1)
    if kind == 7:
        return f"(?:{inner}|{pattern(rng, depth - 1)})"
    repeat = rng.choice(["*", "+", "?", "*?", "+?", "{2}", "{1,3}"])
    return f"(?:{inner}){repeat}" if kind == 8 else f"({inner})"


def draw(rng):
    """(text, variables, function of a row of their values)"""
    kind = rng.randint(0, 5)
    other = rng.choice(["t", None])
    if kind == 0:
        return "len(s)", ["s"], lambda s: len(s)
    if kind == 1:
        members = words(rng) * rng.choice([1, 1, 5])
        return f"s in ({', '.join(map(quoted, members))},)", ["s"], lambda s: s in members
    if kind == 2:
        text = rng.choice(["", "", "(?s)", "(?m)"]) + pattern(rng)
        if "(?m)" in text:  # PCRE2 sees no line behind a newline that ends the text, re does
            text = re.sub(r"(?<!\[)\^", r"(?=[\\s\\S])^", text)
        found = re.compile(text)
        return f"matches(s, {quoted(text)})", ["s"], lambda s: found.search(s) is not None
    literal = word(rng) if other is None else None
    right = "t" if other else quoted(literal)
    if kind == 3:
        name, holds = rng.choice(list(COMPARISONS.items()))
        text = f"s {name} {right}"
    else:
        name, holds = rng.choice(list(FUNCTIONS.items()))
        text = f"{name}(s, {right})"
    if other:
        return text, ["s", "t"], holds
    return text, ["s"], lambda s: holds(s, literal)


class Case:
    def __init__(self, seed, number):
        rng = self.rng = random.Random(f"{seed} {number}")
        self.text, self.names, self.holds = draw(rng)
        first = words(rng)
        if "matches" in self.text:  # re may try every way through a long word
            first = [w[:17].rstrip("\0") for w in first]
        second = [rng.choice(first + [word(rng)]) for _ in first]
        self.values = dict(zip(self.names, (first, second)))
        self.forms = {name: rng.choice(list(FORMS)) for name in self.names}
        self.wanted = [self.holds(*row) for row in zip(*self.values.values())]

    def failure(self, library, pool):
        """A text, or None."""
        isa = self.rng.choice(["best", "ref", "base", "avx2"])
        threads, block = self.rng.choice([0, 1, 3]), self.rng.choice([0, 1, 3, 16])
        variables = {name: ("str", False) for name in self.names}
        arrays = {name: FORMS[self.forms[name]](self.values[name]) for name in self.names}
        setting = f"{isa}, {threads} threads, block {block}, {self.forms}"
        try:
            expression = Expression(library, self.text, variables, isa, self.rng.random() < 0.2)
            out = np.empty(len(self.wanted), expression.outputs[0][1])
            expression.evaluate(arrays, [out], pool, threads, block)
        except EvexError as error:
            return f"{setting}: {error}"
        wrong = [i for i, (a, b) in enumerate(zip(out.tolist(), self.wanted)) if a != b]
        if not wrong:
            return None
        row = {name: self.values[name][wrong[0]] for name in self.names}
        return f"{setting}: {row} gives {out[wrong[0]]}, wanted {self.wanted[wrong[0]]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    library = Library(options.library)
    pool = library.pool(3)
    numbers = range(options.count) if options.only is None else [options.only]
    n_failed = 0
    for number in numbers:
        case = Case(options.seed, number)
        what = case.failure(library, pool)
        if what:
            n_failed += 1
            print(f"case {number} (repeat: --seed {options.seed} --only {number})\n"
                  f"  {case.text!r}\n  {what}")
    print(f"strings: {len(numbers)} cases, {n_failed} failed")
    return n_failed != 0


if __name__ == "__main__":
    sys.exit(main())
