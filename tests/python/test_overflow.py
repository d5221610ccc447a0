# SPDX-License-Identifier: MIT
"""overflow=: what becomes of integers that are too large, and where the first one was."""

import evex
import numpy as np
import pytest

i = np.array([1, 2, 2**62, 2**62])


def test_wrap_is_numpy_s_way():
    np.testing.assert_array_equal(evex.evaluate("i*4"), i * 4)


@pytest.mark.parametrize(
    "text, index",
    [("i*4", 2), ("i + i", 2), ("-i - i - i", 2), ("where(i > 9, 0, i*4)", None), ("sum(i)", None),
     ("int8(i)", 2), ("i // (i - 2)", 1), ("i % (2 - i)", 1), ("i << i", 2), ("i*2", 2), ("abs(i)", None)],
)
def test_errors_say_where(text, index):
    if index is None and text != "sum(i)":
        np.testing.assert_array_equal(evex.evaluate(text, overflow="error"), evex.evaluate(text))
        return
    with pytest.raises(evex.EvexError) as caught:
        evex.evaluate(text, overflow="error")
    error = caught.value
    assert error.length > 0 and error.text[error.offset : error.offset + error.length]
    if index is not None:
        assert error.index == index


def test_float():
    result = evex.evaluate("i*4", overflow="float")
    assert result.dtype == "float64"
    np.testing.assert_array_equal(result, i.astype("f8") * 4)
    assert evex.evaluate("sum(i)", overflow="float") == float(2**63 + 3)


def test_compiled():
    f = evex.compile("i + i", overflow="error")
    assert f(2) == 4
    with pytest.raises(evex.EvexError):
        f(i)
    np.testing.assert_array_equal(f(i, overflow="wrap"), i + i)
    np.testing.assert_array_equal(evex.evaluate(f, overflow="float"), i.astype("f8") * 2)


def test_each_thread_count_finds_the_same_element():
    large = np.zeros(500_000, "int64")
    large[[123_456, 400_000]] = 2**62
    for threads in (1, 2):
        with pytest.raises(evex.EvexError) as caught:
            evex.evaluate("large*2 + 1", overflow="error", threads=threads)
        assert caught.value.index == 123_456


def test_negative_powers():
    with pytest.raises(evex.EvexError, match="negative power") as caught:
        evex.evaluate("i**j", j=np.array([1, 2, 0, -1]))
    assert caught.value.index == 3
