#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""evex beside numexpr, NumPy and others over the corpus: how many times as fast, and where not.

    bench_peers.py --setup FOLDER             makes a virtual environment with the peers from PyPI
    FOLDER/bin/python bench_peers.py BUILD [expression...] [--elements N] [--json FILE]

BUILD is the build folder with evex and bench/bench_calls.so. A peer that is not installed is left
out; PyTorch takes part where it is, but is too large to be fetched here. See bench/comparison.py.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import warnings

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus" / "expressions.txt"
PACKAGES = ["numpy", "numexpr", "numba", "polars", "duckdb", "blosc2", "jax"]
# For libraries that read them when they are loaded: two threads, no graphics processor.
ENVIRONMENT = {"POLARS_MAX_THREADS": "2", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}


def setup(folder):
    """The environment, with each package that can be had."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "--prefer-binary"]
    for package in PACKAGES:
        if subprocess.run(install + [package]).returncode != 0:
            print(f"{package}: could not be installed, and will be left out", file=sys.stderr)


def measure(arguments):
    os.environ.update(ENVIRONMENT)
    warnings.simplefilter("ignore")
    import comparison

    n = arguments.elements // 1000 * 1000
    comparison.measure(arguments.build, CORPUS, arguments.expressions, n, arguments.json)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?", type=pathlib.Path)
    parser.add_argument("expressions", nargs="*")
    parser.add_argument("--setup")
    parser.add_argument("--elements", type=lambda text: int(float(text)), default=20_000_000)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if arguments.setup:
        setup(arguments.setup)
    elif arguments.build:
        measure(arguments)
    else:
        parser.error("no build folder")


if __name__ == "__main__":
    main()
