# SPDX-License-Identifier: MIT
"""Nothing leaks, nothing is held longer than a call, and importing does next to nothing."""

import gc
import subprocess
import sys
import tracemalloc

import evex
import numpy as np
import pytest

a = np.arange(10.0)


def churn(n):
    f = evex.compile("a*2 + b, sum(a)")
    for i in range(n):
        f(a, i)
        evex.evaluate("a*2 + i")
        try:
            evex.evaluate("a + missing_name")
        except KeyError:
            pass


def test_a_hundred_thousand_calls_leak_nothing():
    churn(1000)
    gc.collect()
    tracemalloc.start()
    churn(100)
    before = tracemalloc.take_snapshot()
    churn(33_000)
    gc.collect()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    growth = sum(s.size_diff for s in after.compare_to(before, "filename"))
    assert growth < 20_000


def test_operands_are_held_no_longer_than_the_call():
    x = np.arange(5.0)
    buffer = bytearray(8)
    counts = sys.getrefcount(x), sys.getrefcount(buffer)
    for _ in range(10):
        evex.evaluate("x + 1")
        evex.evaluate("buffer + 1")
        with pytest.raises(ValueError):
            evex.evaluate("x + y", y=np.ones(3))
    buffer.append(1)  # a buffer that is exported cannot grow
    assert (sys.getrefcount(x), sys.getrefcount(buffer)) == counts


def test_results_are_the_caller_s_alone():
    result = evex.evaluate("a*2")
    assert sys.getrefcount(result) == 2 and result.flags.owndata and result.flags.writeable


def test_large_results_again_and_again():
    x = np.ones(2_000_000)
    for i in range(20):
        result = evex.evaluate("x + i")
        assert result[0] == result[-1] == 1 + i and result.flags.owndata
    kept = [evex.evaluate("x*k", x=x, k=float(k)) for k in range(5)]
    assert [r[7] for r in kept] == [0, 1, 2, 3, 4]


def test_importing_is_silent_and_starts_no_thread():
    code = (
        "import sys, threading, os, numpy\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "import evex\n"
        "assert len(os.listdir('/proc/self/task')) == before\n"
        "heavy = {'asyncio', 'ctypes', 'multiprocessing', 'pandas', 'numexpr'}\n"
        "assert not heavy & (set(sys.modules) - known)\n"
    ).replace("import evex\n", "known = set(sys.modules)\nimport evex\n", 1)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
