# SPDX-License-Identifier: MIT
"""The Mandelbrot set: one compiled step, iterated in place on a whole plane.

    mandelbrot.py PICTURE [width]
"""

import sys

import evex
import numpy as np
from png import write_png

# z becomes z*z + c where it has not escaped, and n counts the steps until it does.
STEP = evex.compile(
    "inside = x*x + y*y < 4;"
    "r = where(inside, x*x - y*y + a, x);"
    "i = where(inside, 2*x*y + b, y);"
    "steps = n + inside"
)
# From dark blue far outside to yellow at the border; black inside.
COLOURS = evex.compile(
    "glow = shade if shade < 1 else 0;"
    "red = uint8(255*glow**1.5), green = uint8(255*glow**1.2*0.9), "
    "blue = uint8(255*4*glow*(1 - glow)*0.8)"
)


def escape_times(width, n_steps):
    """How many steps each point of the plane stays within 2 of the origin; (height, width)."""
    height = width * 3 // 4
    a = np.linspace(-2.2, 0.8, width)
    b = np.linspace(-1.125, 1.125, height)[:, None]
    x, y = np.zeros((height, width)), np.zeros((height, width))
    n = np.zeros((height, width), np.int64)
    for _ in range(n_steps):
        STEP(x=x, y=y, a=a, b=b, n=n, out=(x, y, n))
    return n


def main(path, width=480):
    n_steps = 60
    shade = np.sqrt(escape_times(int(width), n_steps) / n_steps)
    write_png(path, np.stack(COLOURS(shade=shade), axis=-1))


if __name__ == "__main__":
    main(*sys.argv[1:])
