# SPDX-License-Identifier: MIT
"""out=: where results go, what they may be cast to, and overlap with operands."""

import sys
import weakref

import evex
import numpy as np
import pytest


@pytest.fixture
def x():
    return np.arange(1000.0)


def test_out_is_what_comes_back(x):
    out = np.empty_like(x)
    assert evex.evaluate("x*2", out=out) is out
    np.testing.assert_array_equal(out, x * 2)


def test_out_of_several_results(x):
    outs = np.empty_like(x), np.empty(())
    results = evex.evaluate("d = x*2; s = sum(x)", out=outs)
    assert results.d is outs[0] and results.s is outs[1]
    assert outs[1] == x.sum()
    with pytest.raises(TypeError, match="tuple"):
        evex.evaluate("x, x + 1", out=outs[0])


def test_any_layout(x):
    out = np.zeros(2000)
    evex.evaluate("x + 1", out=out[::-2])
    np.testing.assert_array_equal(out[::-2], x + 1)
    swapped = np.zeros(1000, ">f8")
    evex.evaluate("x + 1", out=swapped)
    np.testing.assert_array_equal(swapped, x + 1)


@pytest.mark.parametrize("shift", [-7, -1, 0, 1, 7])
def test_overlap_gives_what_numpy_gives(x, shift):
    ours, theirs = np.arange(1100.0), np.arange(1100.0)
    evex.evaluate("x*2 + x", x=ours[50:1050], out=ours[50 + shift : 1050 + shift])
    theirs[50 + shift : 1050 + shift] = theirs[50:1050] * 2 + theirs[50:1050]
    np.testing.assert_array_equal(ours, theirs)


def test_casting(x):
    narrow = np.empty(1000, "f4")
    evex.evaluate("x/3", out=narrow)
    np.testing.assert_array_equal(narrow, (x / 3).astype("f4"))
    with pytest.raises(TypeError, match="cast"):
        evex.evaluate("x/3", out=narrow, casting="safe")
    whole = np.empty(1000, "i4")
    with pytest.raises(TypeError, match="cast"):
        evex.evaluate("x/3", out=whole)
    assert evex.evaluate("x/3", out=whole, casting="unsafe") is whole
    np.testing.assert_array_equal(whole, (x / 3).astype("i4"))
    with pytest.raises(ValueError):
        evex.evaluate("x", out=narrow, casting="nonsense")


def test_unsafe_casting_does_not_broadcast(x):
    with pytest.raises(ValueError, match="shape"):
        evex.evaluate("x", out=np.empty((2, 1000)), casting="unsafe")


@pytest.mark.parametrize(
    "out, error",
    [
        ([0.0] * 1000, TypeError),
        (np.empty(1000, object), TypeError),
        (np.empty(999), ValueError),
        (np.empty((1000, 1)), ValueError),
        (np.broadcast_to(np.zeros(1), 1000), ValueError),
    ],
    ids=["list", "objects", "short", "shape", "read-only"],
)
def test_a_wrong_out_is_refused(x, out, error):
    with pytest.raises(error, match="out"):
        evex.evaluate("x*2", out=out)


def test_out_is_not_kept(x):
    out = np.empty_like(x)
    count = sys.getrefcount(out)
    evex.evaluate("x*2", out=out)
    assert sys.getrefcount(out) == count
    reference = weakref.ref(out)
    del out
    assert reference() is None


def test_a_failed_call_writes_nothing(x):
    out = np.full(1000, 7.0)
    with pytest.raises(ValueError):
        evex.evaluate("x + y", y=np.zeros(3), out=out)
    assert (out == 7).all()
