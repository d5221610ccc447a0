#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Strings: evex beside numexpr, NumPy, pandas and polars: how many times as fast.

    bench_strings.py BUILD [--elements N] [--json FILE]

BUILD is the build folder with evex. A peer that is not installed, or has no such function, is left
out; cells are the peer's time over evex's with as many threads, and evex's own in ns an element.
Words are 3 to WIDTH random letters, every 20th contains what is looked for.
"""

import argparse
import importlib
import os
import pathlib
import sys

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np

from report import Report
from turns import take_turns

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "differential"))
import evex_ctypes

ROUNDS, LEAST_NS = 5, 0


def peer(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


numexpr, pandas, polars = peer("numexpr"), peer("pandas"), peer("polars")


def random_words(n, width, kind):
    """An array of dtype S or U."""
    rng = np.random.default_rng(width)
    letters = rng.integers(97, 123, size=(n, width), dtype=np.uint8)
    letters[np.arange(width)[None, :] >= rng.integers(3, width + 1, size=n)[:, None]] = 0
    words = letters.view(f"S{width}").reshape(n)
    words[::20] = b"xabcy"
    return words.astype(f"{kind}{width}")


def literals(words, n):
    return ", ".join(repr(str(w, "ascii") if isinstance(w, bytes) else str(w)) for w in words[:n])


def lines(words):
    """(text of evex, {peer: function of what convert() made of the words})"""
    few, many = words[1:11].tolist(), words[1:1001].tolist()
    as_text = [w.decode() if isinstance(w, bytes) else w for w in many]
    piece = (lambda t: t.encode()) if words.dtype.kind == "S" else (lambda t: t)
    yield "contains(s, 'abc')", {
        "numexpr": lambda s: numexpr.evaluate("contains(s, b'abc')", {"s": s}),
        "numpy": lambda s: np.strings.find(s, piece("abc")) >= 0,
        "pandas": lambda s: s.str.contains("abc", regex=False),
        "polars": lambda s: s.str.contains("abc", literal=True)}
    yield "startswith(s, 'xab')", {
        "numpy": lambda s: np.strings.startswith(s, piece("xab")),
        "pandas": lambda s: s.str.startswith("xab"),
        "polars": lambda s: s.str.starts_with("xab")}
    yield "s == 'xabcy'", {
        "numexpr": lambda s: numexpr.evaluate("s == b'xabcy'", {"s": s}),
        "numpy": lambda s: s == piece("xabcy"),
        "pandas": lambda s: s == "xabcy",
        "polars": lambda s: s == "xabcy"}
    yield "s < 'm'", {
        "numexpr": lambda s: numexpr.evaluate("s < b'm'", {"s": s}),
        "numpy": lambda s: s < piece("m"),
        "pandas": lambda s: s < "m",
        "polars": lambda s: s < "m"}
    yield "len(s)", {
        "numpy": lambda s: np.strings.str_len(s),
        "pandas": lambda s: s.str.len(),
        "polars": lambda s: s.str.len_chars()}
    for some in (few, many):
        yield f"s in ({literals(some, len(some))})", {
            "numpy": lambda s, some=some: np.isin(s, some),
            "pandas": lambda s, some=some: s.isin(as_text[:len(some)]),
            "polars": lambda s, some=some: s.is_in(as_text[:len(some)])}
    yield "matches(s, 'a[bc]+y')", {
        "pandas": lambda s: s.str.contains("a[bc]+y"),
        "polars": lambda s: s.str.contains("a[bc]+y")}


def forms_of(words):
    """The words as each peer has them."""
    text = words.astype(str).tolist() if pandas or polars else []
    forms = {"numpy": words}
    if numexpr and words.dtype.kind == "S":
        forms["numexpr"] = words
    if pandas:
        forms["pandas"] = pandas.Series(text)
    if polars:
        forms["polars"] = polars.Series(text)
    return forms


def measure_line(library, text, functions, words, forms, n_threads):
    """{contestant: ns an element}, after a look at whether numexpr and NumPy agree."""
    expression = evex_ctypes.Expression(library, text, {"s": ("str", False)})
    out = np.empty(len(words), expression.outputs[0][1])
    runs = {"evex": lambda: expression.evaluate({"s": words}, [out], threads=n_threads)}
    for name, function in functions.items():
        if name in forms and (n_threads == 1 or name == "numexpr"):
            runs[name] = lambda function=function, name=name: function(forms[name])
    runs["evex"]()
    for name in ("numexpr", "numpy"):
        if name in runs and not np.array_equal(out.astype(bool), np.asarray(runs[name]()).astype(bool)):
            raise RuntimeError(f"{text}: {name} has another answer")
    return {name: ns / len(words) for name, ns in take_turns(runs, ROUNDS, LEAST_NS, min).items()}


def measure(build, n, path):
    library = evex_ctypes.Library(str(build / "api" / "libevex.so"))
    report = Report("bench_strings", {"evex": library.version, "isa": library.isa, "elements": n,
                                      "numpy": np.__version__})
    peers = ["numexpr", "numpy", "pandas", "polars"]
    for kind, width, n_threads in (("S", 10, 1), ("S", 20, 1), ("S", 10, 2), ("S", 20, 2), ("U", 10, 1)):
        words = random_words(n, width, kind)
        forms = forms_of(words) if n_threads == 1 else {"numexpr": words}
        if n_threads > 1 and not numexpr:
            continue
        if numexpr:
            numexpr.set_num_threads(n_threads)
        report.table(f"{kind}{width}, {n_threads} threads: peer's time / evex's",
                     ["expression", "ns"] + peers)
        for text, functions in lines(words):
            times = measure_line(library, text, functions, words, forms, n_threads)
            label = text if len(text) < 24 else f"{text[:6]}... ({text.count(',') + 1})"
            report.row(label, times["evex"],
                       *(times[p] / times["evex"] if p in times else None for p in peers))
    if path:
        report.write(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--elements", type=lambda text: int(float(text)), default=10_000_000)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    measure(arguments.build, arguments.elements, arguments.json)


if __name__ == "__main__":
    main()
