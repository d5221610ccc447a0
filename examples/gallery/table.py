# SPDX-License-Identifier: MIT
"""A filter on a large table: what rows with a condition on three columns are worth, day by day.

    table.py PICTURE [rows]
"""

import sys

import evex
import numpy as np
from png import write_png

N_DAYS = 120


def make_table(n_rows):
    rng = np.random.default_rng(7)
    day = np.sort(rng.integers(0, N_DAYS, n_rows).astype("int32"))
    return {
        "day": day,
        "region": rng.integers(0, 5, n_rows).astype("int8"),
        "price": rng.gamma(2, 20, n_rows),
        "qty": rng.poisson(2.5 + 1.5 * np.sin(day / 12), n_rows).astype("int16"),
    }


def totals(table):
    """For each day the value of all rows, and of those that the condition leaves."""
    first = np.searchsorted(table["day"], np.arange(N_DAYS + 1))
    f = evex.compile(
        "every = sum(price*qty); chosen = sum(price*qty, where=(region == 2) & (price > 30) & (qty >= 2))"
    )
    rows = [
        f(**{name: table[name][begin:end] for name in f.names})
        for begin, end in zip(first[:-1], first[1:])
    ]
    return np.array(rows).T


def bars(every, chosen, height=200, width=4):
    """Two bars a day, the second one over the first."""
    pixels = np.full((height, N_DAYS * width, 3), 255, np.uint8)
    top = every.max()
    for day in range(N_DAYS):
        columns = slice(day * width, (day + 1) * width - 1)
        pixels[int(height * (1 - 0.95 * every[day] / top)) :, columns] = (200, 210, 225)
        pixels[int(height * (1 - 0.95 * chosen[day] / top)) :, columns] = (30, 90, 180)
    return pixels


def main(path, n_rows=2_000_000):
    write_png(path, bars(*totals(make_table(int(n_rows)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
