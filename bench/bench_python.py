#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a call costs from Python, beside NumPy and numexpr: ten elements, where it is all overhead, and
20 million, where the memory of the result is; and two Python threads beside one.

    bench_python.py [--json FILE]

Contestants take turns; each figure is the least of ROUNDS. numexpr is left out where it is missing.
"""

import argparse
import json
import threading
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


def thread_contestants():
    """One thread, and two at once, each of which evaluates on its own."""
    x = np.linspace(0.5, 20, 1_000_000)
    f = evex.compile("sum(sin(x)*exp(-x))")

    def work():
        for _ in range(10):
            f(x, threads=1)

    def in_threads(n):
        threads = [threading.Thread(target=work) for _ in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return {"one thread": lambda: in_threads(1), "two at once, twice the work": lambda: in_threads(2)}


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
    both = least_seconds(thread_contestants(), ROUNDS)
    two_threads = {name: seconds * 1e3 for name, seconds in both.items()}
    print(f"{TEXT}, 10 elements, microseconds a call")
    for name, value in small.items():
        print(f"  {name:<40} {value:8.3f}")
    print("2*a + 3*b, 20 million elements, milliseconds a call")
    for name, value in large.items():
        print(f"  {name:<40} {value:8.1f}")
    print("sum(sin(x)*exp(-x)), ten times a million elements a thread, milliseconds")
    for name, value in two_threads.items():
        print(f"  {name:<40} {value:8.1f}")
    if options.json:
        figures = {"small_us": small, "large_ms": large, "threads_ms": two_threads}
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
