# SPDX-License-Identifier: MIT
"""Runs every example of the Markdown pages and compares what it prints.

A fenced block marked `console` holds commands behind "$ " and, below each, its exact output (error
messages included). Commands run in a copy of examples/, with the built evex on PATH.

usage: check_docs.py EVEX EXAMPLES PAGE...
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def console_blocks(text):
    """(line number, lines) of each console block."""
    lines, block, start = text.splitlines(), None, 0
    for number, line in enumerate(lines, 1):
        if block is None and line.strip() == "```console":
            block, start = [], number
        elif block is not None and line.strip() == "```":
            yield start, block
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


def check_page(page, folder, environment):
    """How many examples ran and how many printed something else."""
    n_run = n_wrong = 0
    for start, block in console_blocks(page.read_text()):
        for command, expected in commands(block):
            done = subprocess.run(command, shell=True, cwd=folder, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            n_run += 1
            if done.stdout.rstrip("\n") != expected.rstrip("\n"):
                n_wrong += 1
                print(f"{page}:{start}: {command}\n--- expected\n{expected}\n--- printed\n{done.stdout}")
    return n_run, n_wrong


def main():
    evex, examples, *pages = sys.argv[1:]
    environment = dict(os.environ, PATH=f"{pathlib.Path(evex).parent}:{os.environ['PATH']}", LC_ALL="C")
    n_run = n_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(examples, folder, dirs_exist_ok=True)
        for page in pages:
            run, wrong = check_page(pathlib.Path(page), folder, environment)
            n_run, n_wrong = n_run + run, n_wrong + wrong
    print(f"{n_run - n_wrong} passed, {n_wrong} failed")
    return n_wrong != 0 or n_run == 0


sys.exit(main())
