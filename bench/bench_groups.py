#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reductions by group beside pandas and Polars: how many times as fast evex is.

    bench_groups.py BUILD [--rows N] [--groups N...] [--threads N...] [--json FILE]

BUILD is the build folder with evex. Every library is given what it would have at hand: evex codes
and their number, pandas and Polars a column of int64 keys (codes), with sort=False, the fastest way
they have. pandas uses one thread whatever it is allowed. A peer that is not installed is left out.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "differential"))
import evex_ctypes
import turns

# What is computed: a name, evex's text, and the same for pandas and Polars.
SUBJECTS = {
    "sum": "sum(x)",
    "mean": "mean(x)",
    "four": "sum(x), mean(x), count(), min(x)",
    "var": "var(x, ddof=1)",
    "centre": "x - mean(x)",
}


class Evex:
    name = "evex"

    def __init__(self, build, n_threads):
        self.library = evex_ctypes.Library(str(build / "api" / "libevex.so"))
        self.n_threads, self.pool = n_threads, self.library.pool(n_threads)

    def prepare(self, subject, x, codes, n_groups):
        expression = evex_ctypes.Expression(self.library, SUBJECTS[subject],
                                            {"x": (x.dtype.name, False)}, grouped=True)
        outputs = [np.empty(n_groups if grouped else len(x), dtype)
                   for (_, dtype), grouped in zip(expression.outputs, expression.is_grouped)]
        return lambda: expression.evaluate({"x": x}, outputs, self.pool, codes=codes,
                                           n_groups=n_groups)


class Pandas:
    name = "pandas"

    def __init__(self, build, n_threads):
        import pandas
        self.pandas = pandas

    def prepare(self, subject, x, codes, n_groups):
        frame = self.pandas.DataFrame({"x": x, "key": codes})
        by = lambda: frame.groupby("key", sort=False)["x"]
        return {"sum": lambda: by().sum(), "mean": lambda: by().mean(), "var": lambda: by().var(),
                "four": lambda: by().agg(["sum", "mean", "size", "min"]),
                "centre": lambda: frame["x"] - by().transform("mean")}[subject]


class Polars:
    name = "polars"

    def __init__(self, build, n_threads):
        import polars
        self.polars = polars

    def prepare(self, subject, x, codes, n_groups):
        pl, frame = self.polars, self.polars.DataFrame({"x": x, "key": codes})
        c = pl.col("x")
        aggregates = {"sum": [c.sum()], "mean": [c.mean()], "var": [c.var()],
                      "four": [c.sum().alias("s"), c.mean().alias("m"), pl.len(), c.min().alias("l")]}
        if subject == "centre":
            return lambda: frame.select(c - c.mean().over("key"))
        return lambda: frame.group_by("key").agg(aggregates[subject])


def contestants(build, n_threads):
    found = []
    for kind in (Evex, Pandas, Polars):
        try:
            found.append(kind(build, n_threads))
        except ImportError:
            print(f"{kind.name} is not installed", file=sys.stderr)
    return found


def measure(arguments, n_threads):
    """[{subject, groups, threads, name: ns a row}] for this number of threads."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal(arguments.rows)
    rows = []
    for n_groups in arguments.groups:
        codes = rng.integers(0, n_groups, arguments.rows)
        for subject in arguments.subjects:
            runs = {c.name: c.prepare(subject, x, codes, n_groups)
                    for c in contestants(arguments.build, n_threads)}
            times = turns.take_turns(runs, arguments.rounds, 0, min)
            rows.append({"subject": subject, "groups": n_groups, "threads": n_threads,
                         **{name: ns / arguments.rows for name, ns in times.items()}})
    return rows


def write(rows):
    print(f"{'':8} {'groups':>9} {'threads':>7}  ns a row          times as fast")
    for row in rows:
        peers = [name for name in row if name in ("pandas", "polars")]
        ratios = "  ".join(f"{name} {row[name] / row['evex']:.2f}" for name in peers)
        print(f"{row['subject']:8} {row['groups']:9} {row['threads']:7}  {row['evex']:8.3f} {ratios:>32}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=20_000_000)
    parser.add_argument("--groups", type=int, nargs="*", default=[10, 1000, 100_000, 1_000_000])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--subjects", nargs="*", default=list(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if len(arguments.threads) == 1:
        rows = measure(arguments, arguments.threads[0])
        if arguments.json == "-":
            print(json.dumps(rows))
        else:
            write(rows)
        return
    rows = []
    for n_threads in arguments.threads: # Polars reads its own when it is loaded
        command = [sys.executable, __file__, str(arguments.build), "--rows", str(arguments.rows),
                   "--rounds", str(arguments.rounds), "--threads", str(n_threads), "--json", "-",
                   "--groups", *map(str, arguments.groups), "--subjects", *arguments.subjects]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE,
                              env={**os.environ, "POLARS_MAX_THREADS": str(n_threads)})
        rows += json.loads(done.stdout)
    write(rows)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"rows": arguments.rows, "times": rows},
                                                           indent=1))


if __name__ == "__main__":
    main()
