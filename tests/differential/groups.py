# SPDX-License-Identifier: MIT
"""Random reductions by group through libevex, against NumPy, and pandas where it is installed.

    groups.py --library build/api/libevex.so [--count 2000] [--seed S] [--only N]

Each case draws rows, codes and a program. Its reductions are held against NumPy's over the rows of
each group: exactly where the answer is exact, sums of floats within the bound of the order that
NUMERICS.md fixes. Whatever is computed from their results must have NumPy's bits, with every row
reading its group's; and all of it the same bits under other settings.
"""
import argparse
import sys

import numpy as np

import evex_ctypes
from evex_ctypes import Expression, Library

try:
    import pandas
except ImportError:
    pandas = None

ROWS = [0, 1, 2, 50, 1000, 4095, 4096, 4097, 9000, 20000]
GROUPS = [1, 1, 2, 3, 10, 100, 1000, 7000]
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64"]
EXACT = {"min": np.minimum, "max": np.maximum, "any": np.logical_or, "all": np.logical_and,
         "argmin": None, "argmax": None, "count": None, "count_nonzero": None}
# Row by row and group by group, from x and the results r and s of two reductions.
FORMULAS = ["x - r", "(x - r) / (s + 1)", "where(x > r, x, s)", "r + s", "r * 2 - s", "x * r + s * r",
            "r > s", "(r - s) * (r - s) + x"]


class Case:
    def __init__(self, seed, number):
        self.rng = rng = np.random.default_rng([seed, number])
        n, self.n_groups = int(rng.choice(ROWS)), int(rng.choice(GROUPS))
        self.x = self.layout(self.draw(rng.choice(DTYPES), n))
        self.where = self.layout(self.draw("bool", n)) if rng.random() < 0.3 else None
        codes = rng.integers(0, self.n_groups, n)
        if rng.random() < 0.3:
            codes = np.sort(codes)
        codes[rng.random(n) < rng.choice([0, 0.1, 1])] = -1 - int(rng.integers(0, 3))
        self.codes = self.layout(codes.astype(rng.choice(["int32", "int64"])))

    def draw(self, dtype, n):
        rng = self.rng
        if dtype == "bool":
            return rng.random(n) < 0.4
        if dtype[0] != "f":
            info = np.iinfo(dtype)
            low, high = (info.min, info.max) if rng.random() < 0.5 else (0, 20)
            return rng.integers(low, high, n, dtype=dtype, endpoint=True)
        values = (rng.standard_normal(n) * 10.0 ** rng.integers(-3, 6)).astype(dtype)
        if rng.random() < 0.2 and n > 0:
            values[rng.integers(0, n, n // 10 + 1)] = rng.choice([np.nan, np.inf, -0.0, 0.0])
        return values

    def layout(self, a):
        """The same elements, perhaps two apart or in the other byte order."""
        if self.rng.random() < 0.2:
            wide = np.zeros(2 * len(a), a.dtype)
            wide[::2] = a
            a = wide[::2]
        if self.rng.random() < 0.1:
            a = a.astype(a.dtype.newbyteorder())
        return a


class Runner:
    def __init__(self, library):
        self.library, self.pool = library, library.pool(4)

    def evaluate(self, case, text, operands, **settings):
        variables = {name: (a.dtype.name, False) for name, a in operands.items()}
        compiled = {k: settings.pop(k) for k in ("isa", "no_optimise") if k in settings}
        e = Expression(self.library, text, variables, grouped=True, **compiled)
        outputs = [np.empty(case.n_groups if grouped else len(case.codes), dtype)
                   for (_, dtype), grouped in zip(e.outputs, e.is_grouped)]
        valid = e.evaluate(operands, outputs, self.pool, codes=case.codes, n_groups=case.n_groups,
                           **settings)
        for output, is_valid in zip(outputs, valid):
            if is_valid is not None: # what a null holds is nobody's business
                output[~is_valid] = 0
        self.valid = valid
        return outputs

    def check(self, case):
        """What is wrong, or None."""
        operands = {"x": case.x} | ({"w": case.where} if case.where is not None else {})
        kinds = [*EXACT, "sum", "mean", "prod"]
        if case.x.dtype.kind == "f":
            kinds += ["var", "std", "nansum", "nanmin"]
        names = case.rng.choice(kinds, 2)
        texts = [f"{name}(x{', where=w' if 'w' in operands else ''})" for name in names]
        results = self.evaluate(case, ", ".join(texts), operands)
        filled = self.nonempty(case, case.codes.astype("int64"))
        for text, is_valid in zip(texts, self.valid):
            if not text.startswith("count") and not np.array_equal(is_valid, filled):
                return f"{text}: the wrong groups are null"
        with np.errstate(all="ignore"):
            for name, text, result in zip(names, texts, results):
                fault = self.check_reduction(case, name, result)
                if fault:
                    return f"{text}: {fault}"
            return self.check_formula(case, texts, results, operands)

    def check_reduction(self, case, name, result):
        x, codes = case.x.astype(case.x.dtype.newbyteorder("=")), case.codes.astype("int64")
        taken = codes >= 0
        if case.where is not None:
            taken &= case.where.astype(bool)
        order = np.argsort(codes[taken], kind="stable")
        rows = np.flatnonzero(taken)[order]
        names, starts = np.unique(codes[rows], return_index=True)
        if len(names) > 0:
            fault = compare(name, x[rows], rows, starts, result[names])
            if fault:
                return f"group {names[fault[0]]}: {fault[1]}"
        if name.startswith("count") and np.delete(result, names).any():
            return "a group of no rows has some"
        if name == "mean" and pandas is not None and case.where is None and x.dtype == "float64":
            means = pandas.Series(x[taken]).groupby(codes[taken]).mean(skipna=False)
            if not np.allclose(result[means.index], means, rtol=1e-9, atol=1e-6, equal_nan=True):
                return "pandas has other means"
        return None

    def check_formula(self, case, texts, results, operands):
        rng = case.rng
        formula = str(rng.choice(FORMULAS))
        x = case.x
        if {"bool"} & {results[0].dtype.name, results[1].dtype.name, x.dtype.name}:
            return None
        text = f"r = {texts[0]}, s = {texts[1]}; {formula}"
        codes = case.codes.astype("int64")
        inside = codes >= 0
        is_row = "x" in formula
        r, s = (a[np.where(inside, codes, 0)] if is_row else a for a in results)
        try:
            wanted = eval(formula, {"x": x, "r": r, "s": s, "where": np.where})
            got = self.evaluate(case, text, operands)[-1]
        except evex_ctypes.EvexError as error:
            return f"{text}: {error}"
        if wanted.dtype != got.dtype:
            return f"{text}: {got.dtype} instead of {wanted.dtype}"
        held = self.nonempty(case, codes)
        if is_row: # others are null
            held = inside & held[np.where(inside, codes, 0)]
        if not same(wanted[held], got[held]):
            return f"{text}: rows differ from NumPy's"
        for _ in range(2):
            settings = {"threads": int(rng.integers(1, 5)), "block": int(rng.choice([0, 1, 3, 100])),
                        "isa": str(rng.choice(["ref", "base", "avx2", "best"])),
                        "no_optimise": bool(rng.random() < 0.3)}
            if not same(got, self.evaluate(case, text, operands, **settings)[-1]):
                return f"{text}: other bits with {settings}"
        return None

    @staticmethod
    def nonempty(case, codes):
        taken = codes >= 0
        if case.where is not None:
            taken = taken & case.where.astype(bool)
        return np.bincount(codes[taken], minlength=case.n_groups) > 0


def same(a, b):
    a, b = a.astype(a.dtype.newbyteorder("=")), np.ascontiguousarray(b)
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    return bool(np.all((a.tobytes() == b.tobytes()) or
                       ((np.isnan(a) & np.isnan(b)) | ((a == b) & (np.signbit(a) == np.signbit(b))))))


def compare(name, x, places, starts, found):
    """x: group behind group, each from its start on; places: of its rows. The first group that is
    wrong and what of it, or None."""
    if x.dtype.kind == "f" and name not in EXACT:
        with np.errstate(all="ignore"):
            wanted, is_wrong = compare_floats(name, x.astype("float64"), x.dtype, starts, found)
    elif name == "mean":
        wanted, is_wrong = compare_floats(name, x.astype("float64"), np.dtype("f8"), starts, found)
    else:
        wanted = exact(name, x, places, starts)
        is_wrong = (wanted != found) & ((wanted == wanted) | (found == found))
    wrong = np.flatnonzero(is_wrong)
    return (wrong[0], f"{found[wrong[0]]} instead of {wanted[wrong[0]]}") if len(wrong) else None


def exact(name, x, places, starts):
    if name in ("argmin", "argmax"):
        lengths = np.diff(np.append(starts, len(x)))
        extreme = np.repeat(EXACT[name[3:]].reduceat(x, starts), lengths)
        is_there = (x == extreme) | (x != x)
        return np.minimum.reduceat(np.where(is_there, places, np.iinfo("int64").max), starts)
    if name == "count":
        return np.diff(np.append(starts, len(x)))
    if name == "count_nonzero":
        return np.add.reduceat((x != 0).astype("int64"), starts)
    if name in ("any", "all"):
        return EXACT[name].reduceat(x != 0, starts)
    if name in ("min", "max"):
        return EXACT[name].reduceat(x, starts)
    wide = x.astype("uint64" if x.dtype.kind == "u" else "int64")
    return (np.multiply if name == "prod" else np.add).reduceat(wide, starts)


def compare_floats(name, wide, narrow, starts, found):
    """(values, whether they are missed by more than the order of the additions explains)"""
    lengths = np.diff(np.append(starts, len(wide)))
    is_any = np.ones(len(starts), bool)
    if name.startswith("nan"):
        is_nan = np.isnan(wide)
        is_any = np.add.reduceat(~is_nan, starts) > 0
        wide = np.where(is_nan, 0 if name == "nansum" else np.inf, wide)
    scale = np.add.reduceat(np.abs(wide), starts)
    if name == "nanmin":
        wanted = np.minimum.reduceat(wide, starts)
    elif name == "prod":
        wanted = np.multiply.reduceat(wide, starts)
        scale = np.abs(wanted)
        size = np.where(wide == 0, 0, np.abs(np.log2(np.abs(wide))))
        is_any = np.add.reduceat(size, starts) < 900  # none too large or too small on the way
    else:
        wanted = np.add.reduceat(wide, starts)
        if name in ("mean", "var", "std"):
            wanted /= lengths
        if name in ("var", "std"):
            away = wide - np.repeat(wanted, lengths)
            wanted = np.add.reduceat(away * away, starts) / lengths
            squares = np.add.reduceat(wide * wide, starts)
            scale = np.maximum(squares, 1e-300) if name == "var" else np.maximum.reduceat(
                np.abs(wide), starts)
            wanted = np.sqrt(wanted) if name == "std" else wanted
    tolerance = 4 * (np.finfo(narrow).eps * np.abs(wanted) + lengths * 2.3e-16 * scale) + 1e-300
    if name == "std":
        tolerance += 1e-7 * scale
    wanted = wanted.astype(narrow).astype("float64")
    found = found.astype("float64")
    is_right = np.where(np.isfinite(wanted) & np.isfinite(scale), np.abs(found - wanted) <= tolerance,
                        np.isfinite(wanted) | (found == wanted) | ~np.isfinite(found))
    return wanted, is_any & ~is_right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    runner, n_failed = Runner(Library(options.library)), 0
    numbers = range(options.count) if options.only is None else [options.only]
    for number in numbers:
        fault = runner.check(Case(options.seed, number))
        if fault:
            n_failed += 1
            print(f"case {number} (repeat: --seed {options.seed} --only {number}): {fault}")
        if n_failed >= 20:
            break
    print(f"{len(numbers)} cases of groups, {n_failed} failed")
    return n_failed != 0


if __name__ == "__main__":
    sys.exit(main())
