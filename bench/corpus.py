# SPDX-License-Identifier: MIT
"""The corpus of expressions for Python: bench/corpus/expressions.txt says how its lines read.

bench/corpus.c makes the same arrays of it for the programs in C.
"""

import dataclasses
import functools
import re

import numpy as np

MAX_COLUMNS = 1000
OPERAND = re.compile(
    r"(\w+):(\w+)(?:\[([nrc1,]+)\])?(?:\{([^,]+),([^}]+)\})?(?:!(step2|transposed))?"
)


@dataclasses.dataclass
class Operand:
    name: str
    dtype: np.dtype
    shape: list  # of letters
    low: float
    high: float
    layout: str  # "", "step2" or "transposed"

    def array(self, n):
        """The operand's array for a line of n elements."""
        columns = min(n, MAX_COLUMNS)
        extents = {"n": n, "c": columns, "r": n // columns, "1": 1}
        shape = [extents[letter] for letter in self.shape]
        if self.layout == "step2":
            shape[-1] *= 2
        array = spread(int(np.prod(shape))) * (self.high - self.low)
        array += self.low
        array = array.astype(self.dtype, copy=False)
        if self.layout == "transposed":
            return array.reshape(shape[::-1]).T
        return array.reshape(shape)[..., :: 2 if self.layout == "step2" else 1]


@dataclasses.dataclass
class Line:
    group: str  # the class of the corpus
    name: str
    operands: list
    text: str

    def arrays(self, n):
        """{name: array} for n elements."""
        return {operand.name: operand.array(n) for operand in self.operands}

    def is_single(self):
        """Whether every operand is float32."""
        return all(operand.dtype == np.float32 for operand in self.operands)

    def is_vector(self):
        """Whether every operand has one dimension."""
        return all(o.shape == ["n"] for o in self.operands)

    def is_plain(self):
        """Whether every operand is a contiguous vector."""
        return self.is_vector() and not any(o.layout for o in self.operands)


@functools.lru_cache(maxsize=2)
def spread(n):
    """n numbers evenly over [0, 1), in no order that a branch predictor could learn."""
    multiples = np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (multiples >> np.uint64(11)).astype(np.float64) * 2.0**-53


def read_operand(text):
    name, dtype, shape, low, high, layout = OPERAND.fullmatch(text).groups()
    dtype = np.dtype(dtype)
    default = (-1, 1) if dtype.kind == "f" else (0, 100)
    low, high = (float(low), float(high)) if low else default
    return Operand(name, dtype, (shape or "n").split(","), low, high, layout or "")


def read(path):
    """The lines of the file."""
    lines = []
    for row in path.read_text().splitlines():
        if row.strip() and not row.startswith("#"):
            fields = [f.replace("\\|", "|").strip() for f in re.split(r"(?<!\\)\|", row)]
            group, name, operands, text, _ = fields
            lines.append(Line(group, name, [read_operand(o) for o in operands.split()], text))
    return lines
