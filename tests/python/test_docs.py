# SPDX-License-Identifier: MIT
"""Every example of docs/PYTHON.md, of README.md's section on Python and of the docstrings gives what
stands there."""

import doctest
import pathlib
import re

import evex
import evex.numexpr
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
FLAGS = doctest.ELLIPSIS
PAGES = ["docs/PYTHON.md", "docs/NUMEXPR.md", "README.md"]


def run(test):
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report = []
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.mark.parametrize("page", PAGES)
def test_pages(page):
    text = (ROOT / page).read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks, page
    names = {"__name__": "__main__"}
    run(doctest.DocTestParser().get_doctest("\n".join(blocks), names, page, page, 0))


MODULES = [evex, evex.numexpr, evex.numexpr.necompiler]


def documented(module):
    names = [name for name in getattr(module, "__all__", dir(module)) if not name.startswith("_")]
    return [name for name in names if ">>>" in (getattr(module, name).__doc__ or "")]


@pytest.mark.parametrize("module, name", [(m, name) for m in MODULES for name in documented(m)])
def test_docstrings(module, name):
    names = {"evex": evex, "np": np, "__name__": "__main__"}
    text = getattr(module, name).__doc__
    run(doctest.DocTestParser().get_doctest(text, names, name, name, 0))


def test_every_public_thing_is_documented():
    for module in (evex, evex.numexpr):
        for name in module.__all__:
            assert (getattr(module, name).__doc__ or "").strip(), name
    assert len(documented(evex)) >= 6
