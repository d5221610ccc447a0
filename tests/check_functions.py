# SPDX-License-Identifier: MIT
"""Fails where functions or files outgrow the house's measure.

    check_functions.py SOURCE_ROOT [--list]

Over all functions of the library and the program: median of at most 12 lines, 90 % of at most 40;
one over 60 lines says in the comment above why it is long, a file over 600 in its head comment.
The lines of a function are those between its outermost braces. Relies on clang-format's layout: a
function's closing brace is alone in the first column.
"""
import pathlib
import re
import sys

FOLDERS = ("include", "core", "parser", "compiler", "eval", "api", "cli")
MEDIAN, NINE_TENTHS, FUNCTION, FILE = 12, 40, 60, 600
SAYS_WHY = re.compile(r"\blong\b|\blines\b")


def is_function_head(line):
    return line.endswith("{") and not line[:1].isspace() and "(" in line or line == "{"


def head_start(lines, brace):
    """The first line of the head that ends in line `brace`."""
    start = brace
    while start > 0 and lines[start - 1].strip() and not re.search(r"[;}/]$|^#", lines[start - 1]):
        start -= 1
    return start


def comment_above(lines, start):
    end = start
    if end == 0 or not lines[end - 1].rstrip().endswith("*/"):
        return ""
    start = end - 1
    while start > 0 and "/*" not in lines[start]:
        start -= 1
    return "\n".join(lines[start:end])


def functions(lines):
    """(name, first line from 1, lines in the body, comment above) of every function."""
    opened = None
    for n, line in enumerate(lines):
        if opened is None and is_function_head(line):
            opened = n
        elif line.startswith("}"):
            if opened is not None and line == "}":
                start = head_start(lines, opened)
                head = " ".join(lines[start:opened + 1])
                name = re.search(r"(\w+)\s*\(", head)
                if name and "=" not in head:
                    yield name[1], start + 1, n - opened - 1, comment_above(lines, start)
            opened = None


def head_comment(text):
    comments = re.findall(r"/\*.*?\*/", text, re.S)
    return "\n".join(comments[:2])


def main(root, is_list):
    lengths = []
    n_bad = 0
    for folder in FOLDERS:
        for path in sorted(p for p in (root / folder).rglob("*") if p.suffix in (".c", ".h")):
            text = path.read_text()
            lines = text.splitlines()
            where = path.relative_to(root)
            if len(lines) > FILE and not SAYS_WHY.search(head_comment(text)):
                print(f"{where}: {len(lines)} lines, and its head does not say why it is long")
                n_bad += 1
            for name, line, length, comment in functions(lines):
                lengths.append(length)
                if is_list:
                    print(f"{length:5} {where}:{line}: {name}")
                if length > FUNCTION and not SAYS_WHY.search(comment):
                    print(f"{where}:{line}: {name} has {length} lines and does not say why")
                    n_bad += 1
    if not lengths:
        print("no functions found")
        return 1
    lengths.sort()
    median, nine_tenths = lengths[len(lengths) // 2], lengths[len(lengths) * 9 // 10]
    print(f"{len(lengths)} functions: median {median} lines (at most {MEDIAN}), "
          f"90 % within {nine_tenths} (at most {NINE_TENTHS}), longest {lengths[-1]}")
    return n_bad != 0 or median > MEDIAN or nine_tenths > NINE_TENTHS


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--list" in sys.argv))
