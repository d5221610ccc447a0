#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of docs/BENCHMARKS.md, and its charts, from the JSON files of a run.

    page.py RESULTS PAGE

RESULTS is a folder with a file PROGRAM.json for each benchmark. In the page, what stands between
`<!-- WHAT -->` and `<!-- end -->` is replaced: WHAT is a program and the number of one of its
tables, `targets` (the table of aims and what was measured), `bound` (what memory alone would allow)
or `better` (what others do better).
"""

import json
import pathlib
import re
import sys

import chart
from report import geometric_mean, show

# What needs so many nanoseconds an element on one thread waits for arithmetic, not for memory.
COMPUTE_BOUND_NS = 1.5
SLOT = re.compile(r"(<!-- (?!end)([a-z_]+)(?: (\d+))? -->\n).*?(<!-- end -->)", re.S)


class Results:
    """The tables of all programs."""

    def __init__(self, folder):
        self.programs = {
            path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))
        }

    def table(self, program, number):
        return self.programs[program]["tables"][number]

    def rows(self, program, number):
        """Each row as a dictionary by column."""
        table = self.table(program, number)
        return [dict(zip(table["columns"], row)) for row in table["rows"]]

    def values(self, program, number, column, keep=lambda row: True):
        """[(value, the row's name)] of the rows that have one."""
        rows = self.table(program, number)
        first = rows["columns"][0]
        return [
            (row[column], row[first])
            for row in self.rows(program, number)
            if keep(row) and row.get(column) is not None
        ]


# ---- Markdown ------------------------------------------------------------------------------------


def cell_text(cell):
    """The cell with a backslash before each character that Markdown would take for its own."""
    return re.sub(r"([*|<^_])", r"\\\1", show(cell)) if isinstance(cell, str) else show(cell)


def markdown(columns, rows):
    aligned = ["---"] + [
        "---" if any(isinstance(r[i], str) for r in rows) else "---:"
        for i in range(1, len(columns))
    ]
    lines = [columns, aligned] + [[cell_text(cell) for cell in row] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


# ---- Aims ----------------------------------------------------------------------------------------


def class_is(*names):
    return lambda row: row["class"] in names


def mean(found):
    return geometric_mean([value for value, _ in found])


def aim(what, reference, sign, target, found, is_mean=False):
    """A row of the table: the mean of the values, or the worst of them with its name, held against
    the target. None where there is no value."""
    if not found:
        return None
    worst = min if sign == ">=" else max
    value, name = (mean(found), "") if is_mean else worst(found)
    is_met = value >= target if sign == ">=" else value <= target
    measured = f"{show(value)} ({name})" if name else show(value)
    return [what, reference, f"{sign} {target}", measured, "yes" if is_met else "no"]


def floor_rows(results):
    for t in (1, 2):
        found = results.values(
            "bench_expr", 0, f"of floor, {t}", class_is("memory", "filters", "integers")
        )
        reference = f"hand-fused streaming loop, {t} thr."
        yield aim("memory-bound lines, mean", reference, ">=", 0.85, found, is_mean=True)
        yield aim("memory-bound lines, least", reference, ">=", 0.7, found)
        found = results.values("bench_expr", 0, f"of floor, {t}", class_is("reductions"))
        yield aim("reductions, least", f"reading the operands, {t} thr.", ">=", 0.9, found)


def peer_rows(results):
    for peer, target in (("numexpr, 1", 8), ("numexpr, 2", 8), ("NumPy, 1", 5)):
        found = results.values("bench_peers", 0, peer)
        yield aim("corpus, mean, large", f"{peer} thr.", ">=", target, found, is_mean=True)
        found = results.values("bench_peers", 6, "all", lambda row: row["peer, threads"] == peer)
        yield aim("corpus, mean of all sizes", f"{peer} thr.", ">=", target, found)
    for row in results.rows("bench_peers", 5):
        target = 1 if row["peer"] == "NumPy" else 2
        where = f"{row['threads']} thr., from {max(row['from elements'], 10)} elements"
        yield aim(
            "corpus, least of all sizes",
            f"{row['peer']}, {where}",
            ">=",
            target,
            [(row["least"], f"{row['of']} at {row['at']}")],
        )
    found = results.values(
        "bench_peers", 0, "numexpr, 2", lambda row: row["expression"] == "sincos"
    )
    yield aim("sin(a)**2 + cos(b)**2", "numexpr, 2 thr.", ">=", 10, found)


def vecmath_rows(results):
    for row in results.rows("bench_vecmath", 2):
        target = {"avx512": 1.0, "avx2": 1.3}.get(row["evex / libmvec"].split()[1])
        if target:
            what = f"functions in L1, {row['evex / libmvec']}"
            yield aim(
                what + ", mean", "libmvec's time", "<=", target, [(row["mean"], "")], is_mean=True
            )
            yield aim(what + ", worst", "libmvec's time", "<=", 2, [(row["worst"], row["of"])])
    cycles = {row["function"]: row.get("avx512") for row in results.rows("bench_vecmath", 0)}
    for function, target in (
        ("exp", 1.0),
        ("log", 1.6),
        ("sin", 1.8),
        ("cos", 1.8),
        ("**", 4.3),
        ("tanh", 3.2),
    ):
        if cycles[function] is not None:
            yield aim(
                f"{function}, float64, avx512",
                "cycles an element",
                "<=",
                target,
                [(cycles[function], "")],
            )


def overhead_rows(results):
    compiled = results.values(
        "bench_overhead", 0, "us", lambda row: row["compiled and freed"] == "2*a + 3*b - a*b"
    )
    yield aim("compiling, us", "numexpr 84, numba 130,000", "<=", 10, compiled)
    called = results.values(
        "bench_overhead", 1, "ns", lambda row: row["elements"] == 10 and row["rows"] == 0
    )
    yield aim("a call on 10 elements, ns", "-", "<=", 100, called[:1])
    threads = results.values(
        "bench_expr", 0, "speed-up", lambda row: row["ns, 1 thr."] >= COMPUTE_BOUND_NS
    )
    yield aim("two threads on computation, mean", "one thread", ">=", 1.9, threads, is_mean=True)
    callers = results.values("bench_overhead", 2, "throughput")
    yield aim("two callers on one pool, least", "the sum of both", ">=", 0.95, callers)


def python_rows(results):
    """Calls from Python, where bench_python.py was run."""
    us = results.programs.get("bench_python", {}).get("small_us", {})
    aims = {"evex, compiled call": 0.5, "evex.evaluate, a function's variables": 1}
    for name in filter(us.__contains__, aims):
        reference = f"NumPy {show(us['NumPy'])}"
        yield aim(f"{name}, 10 elements, us", reference, "<=", aims[name], [(us[name], "")])


def layout_rows(results):
    """Strided, cast and broadcast inputs, by the bytes they move, beside contiguous ones."""
    for t in (1, 2):
        column = f"GB/s, {t}"
        speeds = {name: speed for speed, name in results.values("bench_expr", 0, column)}
        layouts = results.values("bench_expr", 0, column, class_is("layouts"))
        found = [(speeds["linear"] / speed, name) for speed, name in layouts]
        yield aim(
            "strided, cast, broadcast, worst", f"contiguous, same bytes, {t} thr.", "<=", 2, found
        )


ALL_ROWS = (floor_rows, peer_rows, vecmath_rows, overhead_rows, python_rows, layout_rows)


def targets(results):
    rows = [row for part in ALL_ROWS for row in part(results) if row]
    return markdown(["what", "reference", "aim", "measured", "met"], rows)


def bound(results):
    """What the corpus would be beside numexpr if every line took the time of its bytes alone, at
    the highest speed of bench_limits: what is above that, no engine can reach on this machine."""
    rows = []
    for t in (1, 2):
        speed, loop = max(results.values("bench_limits", 0, f"GB/s, {t}"))
        speeds = {name: gb for gb, name in results.values("bench_expr", 0, f"GB/s, {t}")}
        found = results.values("bench_peers", 0, f"numexpr, {t}")
        possible = [(ratio * speed / speeds[name], name) for ratio, name in found]
        rows.append([f"numexpr, {t}", speed, loop, mean(found), mean(possible)])
    return markdown(
        ["peer, threads", "GB/s", "of the loop", "measured", "by its bytes alone"], rows
    )


def better(results):
    """Every line at which a peer needs less time than evex."""
    rows = []
    table = results.table("bench_peers", 0)
    for column in table["columns"][4:]:
        found = [(v, name) for v, name in results.values("bench_peers", 0, column) if v < 1]
        if found:
            rows.append(
                [column, ", ".join(f"{name} {show(value)}" for value, name in sorted(found))]
            )
    for number in (1, 2, 3):
        table = results.table("bench_peers", number)
        found = [
            (value, row[0], n)
            for row in table["rows"]
            for value, n in zip(row[1:], table["columns"][1:])
            if value is not None and value < 1
        ]
        peer = (
            table["title"].removeprefix("how many times as fast as ").removesuffix(", by elements")
        )
        if found:
            rows.append(
                [
                    f"{peer}, smaller sizes",
                    ", ".join(f"{line} at {n}: {show(v)}" for v, line, n in sorted(found)),
                ]
            )
    return (
        markdown(["peer, threads", "lines and evex's speed in units of the peer's"], rows)
        if rows
        else "None.\n"
    )


# ---- The page ------------------------------------------------------------------------------------


def fill(results, match):
    head, what, number, end = match.groups()
    if number is not None:
        table = results.table(what, int(number))
        content = f"\n{table['title'].capitalize()}:\n\n" + markdown(
            table["columns"], table["rows"]
        )
    else:
        content = "\n" + {"targets": targets, "better": better, "bound": bound}[what](results)
    return f"{head}{content}\n{end}"


def main():
    folder, page = map(pathlib.Path, sys.argv[1:])
    results = Results(folder)
    page.write_text(SLOT.sub(lambda match: fill(results, match), page.read_text()))
    (page.parent / "benchmarks-peers.svg").write_text(chart.peers(results))
    (page.parent / "benchmarks-vecmath.svg").write_text(chart.vecmath(results))


if __name__ == "__main__":
    main()
