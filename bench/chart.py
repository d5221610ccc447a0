# SPDX-License-Identifier: MIT
"""The charts of docs/BENCHMARKS.md as SVG: a row for each line, marks on a logarithmic axis."""

import math
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP, ROW = 860, 120, 20, 80, 18
COLOURS = [
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#000000",
    "#999999",
    "#8c564b",
]
STYLE = "font-family: sans-serif; font-size: 12px; fill: #222"


class Chart:
    """Rows of values between two powers of ten (or halves of one)."""

    def __init__(self, title, low, high, n_rows, ticks):
        self.low, self.high = math.log(low), math.log(high)
        self.height = TOP + ROW * n_rows + 30
        self.parts = [
            f'<rect width="{WIDTH}" height="{self.height}" fill="#ffffff"/>',
            self.text(LEFT, 18, title, "start", "font-weight: bold"),
        ]
        for tick in ticks:
            x = self.place(tick)
            weight = 2 if tick == 1 else 0.5
            self.parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{self.height - 24}" '
                f'stroke="#888888" stroke-width="{weight}"/>'
            )
            self.parts.append(self.text(x, self.height - 8, f"{tick:g}", "middle"))

    def place(self, value):
        share = (math.log(value) - self.low) / (self.high - self.low)
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0), 1)

    def text(self, x, y, text, anchor, style=""):
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        return f'<text {place} style="{style}">{escape(text)}</text>'

    def legend(self, names):
        x, y = LEFT, 36
        for name, colour in zip(names, COLOURS):
            width = 26 + 7 * len(name)
            if x + width > WIDTH:
                x, y = LEFT, y + 18
            self.parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>')
            self.parts.append(self.text(x + 9, y + 4, name, "start"))
            x += width

    def row(self, number, name, values):
        """values: one a legend's name, or None."""
        y = TOP + ROW * number
        self.parts.append(self.text(LEFT - 8, y + 4, name, "end"))
        self.parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#dddddd"/>'
        )
        for value, colour in zip(values, COLOURS):
            if value is not None:
                self.parts.append(
                    f'<circle cx="{self.place(value):.1f}" cy="{y}" r="4.5" fill="{colour}" '
                    'fill-opacity="0.8"/>'
                )

    def svg(self):
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'style="{STYLE}">\n' + "\n".join(self.parts) + "\n</svg>\n"
        )


def peers(results):
    """The corpus beside everyone: right of 1, evex is faster."""
    table = results.table("bench_peers", 0)
    columns = table["columns"][4:]
    title = "elements: the peer's time in units of evex's, which is faster right of 1"
    ticks = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
    chart = Chart(f"{table['title'].split()[0]} {title}", 0.2, 64, len(table["rows"]), ticks)
    chart.legend([f"{name} thread" + "s" * name.endswith("2") for name in columns])
    for number, row in enumerate(table["rows"]):
        chart.row(number, row[0], row[4:])
    return chart.svg()


def vecmath(results):
    """Cycles of the widest instruction set beside libmvec's."""
    table = results.table("bench_vecmath", 0)
    title = f"Cycles an element, float64, {table['columns'][-3]}, in the first-level cache"
    chart = Chart(title, 0.5, 32, len(table["rows"]), (0.5, 1, 2, 4, 8, 16, 32))
    chart.legend(["evex", "libmvec"])
    for number, row in enumerate(table["rows"]):
        chart.row(number, row[0], row[-3:-1])
    return chart.svg()
