# SPDX-License-Identifier: MIT
"""Tables for readers and as JSON, in the form that bench/report.h describes."""

import json
import math

FIRST_WIDTH, WIDTH = 22, 11


class Report:
    """Prints its rows as they come and holds them for the file."""

    def __init__(self, program, facts):
        self.content = {"program": program, "facts": facts, "tables": []}
        print(f"{program}: " + ", ".join(f"{key} {value}" for key, value in facts.items()))

    def table(self, title, columns):
        self.content["tables"].append({"title": title, "columns": columns, "rows": []})
        print(
            f"\n{title}\n{columns[0]:{FIRST_WIDTH}}"
            + "".join(f" {c:>{WIDTH}}" for c in columns[1:])
        )

    def row(self, *cells):
        """Texts, numbers, or None for an empty cell."""
        cells = [None if isinstance(c, float) and math.isnan(c) else c for c in cells]
        self.content["tables"][-1]["rows"].append(cells)
        texts = [show(cell) for cell in cells]
        print(
            f"{texts[0]:{FIRST_WIDTH}}" + "".join(f" {t:>{WIDTH}}" for t in texts[1:]), flush=True
        )

    def write(self, path):
        with open(path, "w") as file:
            json.dump(self.content, file, indent=1)
            file.write("\n")


def show(cell):
    """A cell as text: three significant digits."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def geometric_mean(values):
    """None for no value."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None
