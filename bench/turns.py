# SPDX-License-Identifier: MIT
"""Timing for bench_peers.py as bench/measure.c does it for the programs in C: contestants take
turns, round after round. A contestant is a function; one with a method time(n) times n runs itself,
in nanoseconds."""

import math
import time


def time_runs(run, repeats):
    """Nanoseconds of one of so many runs."""
    if hasattr(run, "time"):
        return run.time(repeats) / repeats
    start = time.perf_counter_ns()
    for _ in range(repeats):
        run()
    return (time.perf_counter_ns() - start) / repeats


def repeats_for(run, least_ns):
    """Runs that take so long together; warms up as well."""
    time_runs(run, 1)
    return max(1, math.ceil(least_ns / time_runs(run, 1))) if least_ns > 0 else 1


def take_turns(runs, rounds, least_ns, choose):
    """{name: ns}, with choose() of the rounds."""
    repeats = {name: repeats_for(run, least_ns) for name, run in runs.items()}
    times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(time_runs(run, repeats[name]))
    return {name: choose(ns) for name, ns in times.items()}
