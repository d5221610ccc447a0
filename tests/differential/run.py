# SPDX-License-Identifier: MIT
"""Random expressions through libevex, against NumPy 2 and against evex under other settings.

    run.py --library build/api/libevex.so [--complex] [--count 5000] [--seed S] [--jobs 2] [--only N] [--settings 6]

Prints each failure made as small as it gets, with what repeats it; ends with a line of counts and
status 1 if anything failed. The default seed is fixed, so an ordinary run is the same every time.
"""
import argparse
from collections import Counter
import multiprocessing
import sys
import time

import numpy as np

from check import Expected, ExpectedComplex, Runner, source
from complex_case import complex_case
from evex_ctypes import Library
from generate import random_case
from shrink import shrink

MAX_SHOWN = 20


def describe(case):
    lines = [f"  {source(case)}"]
    for name, a in case.operands.items():
        if isinstance(a, np.ndarray):
            values = np.array2string(a.reshape(-1)[:12], threshold=12, separator=", ",
                                     formatter={"float_kind": lambda v: repr(float(v))})
            lines.append(f"    {name}: {a.dtype.str}{a.shape} strides {a.strides} "
                         f"address %16 = {a.ctypes.data % 16}: {values}")
        else:
            lines.append(f"    {name}: weak {a!r}")
    return "\n".join(lines)


class Worker:
    """Runs cases in a process of its own."""

    def __init__(self, options):
        self.options = options
        self.expected = ExpectedComplex if options.complex else Expected
        self.random_case = complex_case if options.complex else random_case
        self.runner = Runner(Library(options.library), self.expected)

    def failure_of(self, number):
        def failure_of(case):
            rng = np.random.default_rng([self.options.seed, number, 1])
            try:
                return self.runner.check(case, rng, self.options.settings)
            except NotImplementedError:
                return None
        return failure_of

    def run(self, number):
        """(kind of the case for the statistics, text of its failure or None)"""
        case = self.random_case(self.options.seed, number)
        failure_of = self.failure_of(number)
        failure = failure_of(case)
        if not failure:
            return self.kind(case), None
        case, failure = shrink(case, failure_of)
        return "failed", (f"case {number} (repeat: --seed {self.options.seed} --only {number})\n"
                          f"{describe(case)}\n  {failure.what}\n  setting {failure.setting}")

    def kind(self, case):
        try:
            expected = self.expected(case)
        except NotImplementedError:
            return "set aside"
        if expected.error:
            return "refused"
        if any(is_loose for _, _, is_loose in expected.results):
            return "self only"
        return "exact" if all(bound is None for _, bound, _ in expected.results) else "bounded"


worker = None


def start_worker(options):
    global worker
    worker = Worker(options)


def run_number(number):
    return worker.run(number)


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--complex", action="store_true", help="expressions of complex numbers")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--settings", type=int, default=6)
    return parser.parse_args(arguments)


def main(arguments):
    options = options_of(arguments)
    if options.only is not None:
        start_worker(options)
        print(describe(worker.random_case(options.seed, options.only)))
        _, failure = run_number(options.only)
        print(failure or "passes")
        return failure is not None
    begin, counts = time.monotonic(), Counter()
    with multiprocessing.Pool(options.jobs, start_worker, (options,)) as pool:
        for kind, failure in pool.imap(run_number, range(options.count), chunksize=20):
            counts[kind] += 1
            if failure and counts["failed"] <= MAX_SHOWN:
                print(failure, flush=True)
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    print(f"numpy {np.__version__}: {options.count} cases, seed {options.seed}, "
          f"{time.monotonic() - begin:.0f} s: {kinds}")
    return counts["failed"] > 0 or counts["exact"] < options.count // 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
