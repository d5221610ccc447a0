# SPDX-License-Identifier: MIT
"""Runs every example of the Markdown pages and compares what it prints.

A fenced block marked `console` holds commands behind "$ " and, below each, its exact output (error
messages included). Commands run in a copy of examples/, with the built evex on PATH. A block marked
`golden FILE` must be what the one case of that file in tests/golden/ expects: the golden test holds
the file against the code, this one the page against the file. A block marked `c FILE` must stand, as
it is, in that file of examples/, which is compiled and run by a test of its own.

usage: check_docs.py EVEX EXAMPLES GOLDEN PAGE...
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def fenced_blocks(text):
    """(line number, info string, lines) of each fenced block."""
    block, info, start = None, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if block is None and line.startswith("```"):
            block, info, start = [], line[3:].strip(), number
        elif block is not None and line.strip() == "```":
            yield start, info, block
            block = None
        elif block is not None:
            block.append(line)


def commands(block):
    """(command, expected output) pairs of a block."""
    pairs = []
    for line in block:
        if line.startswith("$ "):
            pairs.append((line[2:], []))
        else:
            pairs[-1][1].append(line)
    return [(command, "\n".join(output)) for command, output in pairs]


def same(place, expected, found):
    """Whether the texts agree but for final newlines; says so where they do not."""
    if expected.rstrip("\n") == found.rstrip("\n"):
        return True
    print(f"{place}\n--- expected\n{expected}\n--- found\n{found}")
    return False


def check_golden(place, golden, name, block):
    """Whether the block is what the golden file expects."""
    case = (golden / name).read_text().split("\n----\n")[1].split("\n====")[0]
    return same(place, case, "\n".join(block))


def check_quotation(place, examples, name, block):
    """Whether the block is a part of the example."""
    quoted = "\n".join(block)
    return quoted in (examples / name).read_text() or same(place, f"a part of {name}", quoted)


def check_page(page, folder, golden, environment):
    """A list with one truth value for each example of the page."""
    results = []
    for start, info, block in fenced_blocks(page.read_text()):
        if info.startswith("golden "):
            results.append(check_golden(f"{page}:{start}", golden, info.split()[1], block))
        if info.startswith("c "):
            results.append(check_quotation(f"{page}:{start}", folder, info.split()[1], block))
        for command, expected in commands(block) if info == "console" else []:
            done = subprocess.run(command, shell=True, cwd=folder, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            results.append(same(f"{page}:{start}: {command}", expected, done.stdout))
    return results


def main():
    evex, examples, golden, *pages = sys.argv[1:]
    environment = dict(os.environ, PATH=f"{pathlib.Path(evex).resolve().parent}:{os.environ['PATH']}", LC_ALL="C")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(examples, folder, dirs_exist_ok=True)
        for page in pages:
            results += check_page(pathlib.Path(page), pathlib.Path(folder), pathlib.Path(golden), environment)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return results.count(False) != 0 or not results


sys.exit(main())
