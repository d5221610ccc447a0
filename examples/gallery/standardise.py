# SPDX-License-Identifier: MIT
"""A picture before and after (x - mean(x))/std(x), row by row, which takes an uneven light away.

    standardise.py PICTURE [width]
"""

import sys

import evex
import numpy as np
from png import write_png


def make_picture(width):
    """Rings under a light that fades from row to row; (height, width) in [0, 255]."""
    height = width * 3 // 4
    x, y = np.linspace(-4, 4, width), np.linspace(-3, 3, height)[:, None]
    noise = np.random.default_rng(3).normal(0, 0.15, (height, width))
    return evex.evaluate(
        "clip(255*(0.5 + 0.5*cos(6*hypot(x, y)) + noise)*exp(-0.55*(y + 3)), 0, 255)"
    )


def standardised(picture):
    """In units of each row's standard deviation, -2 to 2 shown as 0 to 255."""
    return evex.evaluate(
        "z = (picture - mean(picture, axis=1, keepdims=True))/std(picture, axis=1, keepdims=True);"
        "clip(127.5 + 63.75*z, 0, 255)"
    )


def main(path, width=240):
    picture = make_picture(int(width))
    both = np.hstack([picture, standardised(picture)])
    write_png(path, both.astype(np.uint8))


if __name__ == "__main__":
    main(*sys.argv[1:])
