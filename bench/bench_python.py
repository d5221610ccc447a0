#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a call costs from Python, beside NumPy and numexpr: ten elements, where it is all overhead, and
20 million, where the memory of the result is.

    bench_python.py [--json FILE]

Contestants take turns; each figure is the least of ROUNDS. numexpr is left out where it is missing.
"""

import argparse
import json
import time

import evex
import numpy as np

ROUNDS, CALLS, LARGE = 9, 20_000, 20_000_000
TEXT = "2*a + 3*b - a*b"


def numexpr_evaluate():
    try:
        import numexpr
    except ImportError:
        return None
    return numexpr.evaluate


def small_contestants():
    a, b = np.arange(10.0), np.ones(10)
    f, theirs = evex.compile(TEXT), numexpr_evaluate()

    def compiled():
        for _ in range(CALLS):
            f(a, b)

    def evaluated():
        for _ in range(CALLS):
            evex.evaluate(TEXT)

    def evaluated_here():
        x, y = a, b
        for _ in range(CALLS):
            evex.evaluate("2*x + 3*y - x*y")

    def in_numpy():
        for _ in range(CALLS):
            2 * a + 3 * b - a * b

    def in_numexpr():
        for _ in range(CALLS):
            theirs("2*a + 3*b - a*b", {"a": a, "b": b}, {})

    evaluated.__globals__.update(a=a, b=b)
    found = {
        "evex, compiled call": compiled,
        "evex.evaluate, globals": evaluated,
        "evex.evaluate, a function's variables": evaluated_here,
        "NumPy": in_numpy,
    }
    return found | ({"numexpr.evaluate": in_numexpr} if theirs else {})


def large_contestants():
    a, b = np.random.default_rng(1).random((2, LARGE))
    out = np.empty(LARGE)
    f = evex.compile("2*a + 3*b")
    return {
        "evex, out=": lambda: f(a, b, out=out),
        "evex, new result": lambda: f(a, b),
        "NumPy": lambda: 2 * a + 3 * b,
    }


def least_seconds(contestants, rounds):
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, run in contestants.items():
            begin = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - begin)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json")
    options = parser.parse_args()
    small = {
        name: seconds / CALLS * 1e6
        for name, seconds in least_seconds(small_contestants(), ROUNDS).items()
    }
    large = {name: seconds * 1e3 for name, seconds in least_seconds(large_contestants(), 5).items()}
    print(f"{TEXT}, 10 elements, microseconds a call")
    for name, value in small.items():
        print(f"  {name:<40} {value:8.3f}")
    print("2*a + 3*b, 20 million elements, milliseconds a call")
    for name, value in large.items():
        print(f"  {name:<40} {value:8.1f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"small_us": small, "large_ms": large}, file, indent=1)


if __name__ == "__main__":
    main()
