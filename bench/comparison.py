# SPDX-License-Identifier: MIT
"""The tables of bench_peers.py: evex beside each peer on every line of the corpus, at one large
size and at every small one, with the geometric means and the worst of the ratios. Every result is
compared with NumPy's before it is timed."""

import collections
import statistics
import sys

import numpy as np

import corpus
import peers
from evex_calls import Evex
from report import Report, geometric_mean
from turns import take_turns

ROUNDS, SMALL_ROUNDS, SMALL_NS = 3, 7, 100_000
SMALL_SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)
MEASURED = ((1, "NumPy"), (1, "numexpr"), (2, "numexpr"))  # (threads, peer) at every size
CHECKED = 10_000  # elements of the comparison with NumPy
LEAST_LARGE = 10_000  # from here on, evex is to be twice as fast as numexpr


# ---- Contestants for one line --------------------------------------------------------------------


def result_of(contestant, line, arrays, out, n_threads):
    """The contestant's result as an array; None where it cannot say the line, or fails."""
    try:
        return np.asarray(contestant.prepare(line, arrays, out, n_threads)())
    except peers.Unsupported:
        return None
    except Exception as error:
        what = f"{type(error).__name__}: {str(error)[:80]}"
        print(f"{contestant.name}: {line.name}: {what}", file=sys.stderr)
        return None


def is_right(contestant, line, n_threads):
    """Whether the contestant can say the line and gives NumPy's numbers."""
    arrays = line.arrays(CHECKED)
    expected = np.asarray(eval(line.text, dict(vars(np), **arrays)))
    out = np.empty(expected.shape, expected.dtype)
    result = result_of(contestant, line, arrays, out, n_threads)
    if result is None:
        return False
    tolerance = 1e-4 if line.is_single() else 1e-9
    if result.size == expected.size:
        if np.allclose(result.reshape(expected.shape), expected, rtol=tolerance):
            return True
    print(f"{contestant.name}: {line.name}: another result than NumPy's", file=sys.stderr)
    return False


def runs_for(contestants, line, arrays, n_threads):
    """{name: run} of those, the first of which is evex."""
    output = contestants[0].outputs(line, arrays)
    return {c.name: c.prepare(line, arrays, output(), n_threads) for c in contestants}


# ---- Tables --------------------------------------------------------------------------------------


Ratio = collections.namedtuple("Ratio", "value line group peer n_threads n")


class Ratios:
    """How many times as fast evex is as each peer."""

    def __init__(self):
        self.found = []

    def take(self, line, n_threads, n, times):
        for peer, ns in times.items():
            if peer != "evex":
                ratio = ns / times["evex"]
                self.found.append(Ratio(ratio, line.name, line.group, peer, n_threads, n))

    def select(self, peer, n_threads, keep=lambda ratio: True):
        """Those of a peer on so many threads."""
        of_peer = [r for r in self.found if (r.peer, r.n_threads) == (peer, n_threads)]
        return [ratio for ratio in of_peer if keep(ratio)]


def measure_large(report, lines, columns, usable, n, ratios):
    """One table: evex's milliseconds, and every peer's time in units of evex's."""
    titles = [f"{peer}, {t}" for t, peer in columns]
    report.table(
        f"{n} elements: ms of evex, and how many times as fast as each peer on 1 or 2 threads",
        ["expression", "class", "evex, 1", "evex, 2"] + titles,
    )
    for line in lines:
        arrays, times = line.arrays(n), {}
        for n_threads in (1, 2):
            able = [c for c in usable[line.name] if n_threads in c.threads]
            found = take_turns(
                runs_for(able, line, arrays, n_threads), ROUNDS, 0, statistics.median
            )
            ratios.take(line, n_threads, n, found)
            times.update({(n_threads, name): ns for name, ns in found.items()})
        cells = [
            times[t, peer] / times[t, "evex"] if (t, peer) in times else None for t, peer in columns
        ]
        report.row(line.name, line.group, times[1, "evex"] * 1e-6, times[2, "evex"] * 1e-6, *cells)


def measure_small(report, lines, usable, peer, n_threads, ratios):
    """One table: how many times as fast as the peer, at every size."""
    report.table(
        f"how many times as fast as {peer}, {n_threads} thread{'s' * (n_threads > 1)}, by elements",
        ["expression"] + [str(n) for n in SMALL_SIZES],
    )
    for line in lines:
        able = [c for c in usable[line.name] if c.name in ("evex", peer)]
        if len(able) < 2:
            continue
        cells = []
        for n in SMALL_SIZES:
            times = take_turns(
                runs_for(able, line, line.arrays(n), n_threads), SMALL_ROUNDS, SMALL_NS, min
            )
            ratios.take(line, n_threads, n, times)
            cells.append(times[peer] / times["evex"])
        report.row(line.name, *cells)


def mean_of(ratios):
    return geometric_mean([ratio.value for ratio in ratios])


def summarise(report, columns, n, ratios):
    """Geometric means by class at the large size, the least over all sizes, and means by size."""
    report.table(f"geometric means at {n} elements", ["class"] + [f"{p}, {t}" for t, p in columns])
    for group in dict.fromkeys(ratio.group for ratio in ratios.found):
        kept = [ratios.select(p, t, lambda r: r.n == n and r.group == group) for t, p in columns]
        report.row(group, *map(mean_of, kept))
    kept = [ratios.select(p, t, lambda r: r.n == n) for t, p in columns]
    report.row("all", *map(mean_of, kept))
    report.table("least at any size", ["peer", "threads", "from elements", "least", "of", "at"])
    for t, peer, least_n in (
        (1, "NumPy", 0),
        (1, "numexpr", LEAST_LARGE),
        (2, "numexpr", LEAST_LARGE),
    ):
        found = ratios.select(peer, t, lambda r: r.n >= least_n)
        if found:
            least = min(found)
            report.row(peer, t, least_n, least.value, least.line, least.n)
    report.table(
        "geometric means by elements",
        ["peer, threads"] + [str(size) for size in (*SMALL_SIZES, n)] + ["all"],
    )
    for t, peer in MEASURED:
        by_size = [ratios.select(peer, t, lambda r: r.n == size) for size in (*SMALL_SIZES, n)]
        if all(by_size):
            report.row(f"{peer}, {t}", *map(mean_of, by_size), mean_of(sum(by_size, [])))


def measure(build, path, names, n, json_path):
    """All tables for the named lines of the corpus at path (none: all) and n elements."""
    lines = [line for line in corpus.read(path) if not names or line.name in names]
    contestants = [Evex(build)] + peers.make()
    report = Report("bench_peers", {c.name: c.version for c in contestants})
    usable = {
        line.name: [c for c in contestants if is_right(c, line, c.threads[-1])] for line in lines
    }
    columns = [(t, c.name) for c in contestants[1:] for t in c.threads]
    ratios = Ratios()
    measure_large(report, lines, columns, usable, n, ratios)
    for n_threads, peer in MEASURED:
        measure_small(report, lines, usable, peer, n_threads, ratios)
    summarise(report, columns, n, ratios)
    if json_path:
        report.write(json_path)
