# SPDX-License-Identifier: MIT
"""Nulls: masked arrays, pandas' nullable columns and Arrow's bitmaps in; masked arrays and bitmaps
out."""

import gc
import sys

import evex
import numpy as np
import pytest
from test_arrow import Exporter, read

x = np.ma.masked_array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0])
y = np.ma.masked_array([10, 20, 30, 40], mask=[0, 0, 1, 0])
plain = np.arange(4.0)


def plainly(result, expected):
    """A result without nulls: comparisons of NumPy's take anything where a mask is."""
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, expected)


def same(result, expected):
    """Both masked arrays, equal where they are not masked."""
    assert isinstance(result, np.ma.MaskedArray) and result.dtype == expected.dtype
    np.testing.assert_array_equal(np.ma.getmaskarray(result), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(result.compressed(), expected.compressed())


@pytest.mark.parametrize("text", ["x + y", "x*plain - 1", "x > 2", "-y", "plain + y*y", "sqrt(x)"])
def test_masked_arrays(text):
    names = {"x": x, "y": y, "plain": plain, "sqrt": np.ma.sqrt}
    same(evex.evaluate(text), eval(text, names))


def test_the_language_of_nulls():
    plainly(evex.evaluate("x ?? -1"), x.filled(-1))
    plainly(evex.evaluate("isna(x)"), x.mask)
    plainly(evex.evaluate("notna(x) & isna(y)"), ~x.mask & y.mask)
    same(evex.evaluate("where(plain > 1, x, NA)"), np.ma.masked_where(plain <= 1, x))
    same(evex.evaluate("x > 2 and plain > 5"), np.ma.masked_array([0, 0, 0, 0], dtype=bool))
    assert evex.evaluate("count(x)") == 3


def test_reductions_skip_nulls():
    for text, expected in [("sum(x)", 8.0), ("max(y)", 40), ("mean(x)", x.mean()), ("min(x*y)", 10.0)]:
        result = evex.evaluate(text)
        assert result == expected, text
    assert evex.evaluate("sum(x) ?? 0") == 8.0


def test_over_nothing_but_nulls():
    nothing = np.ma.masked_all(3, "f8")
    for name in ("sum", "prod", "max", "mean", "std", "argmin"):
        result = evex.evaluate(f"{name}(nothing)")
        assert result is np.ma.masked or np.ma.is_masked(result), name


def test_masks_of_any_layout():
    wide = np.ma.masked_array(np.arange(24.0).reshape(4, 6), mask=np.arange(24).reshape(4, 6) % 5 == 0)
    for part in (wide, wide.T, wide[::-1, ::2], wide[:, 3], wide[1:, 2:][::2]):
        same(evex.evaluate("part + 1"), part + 1)
    row = wide[0]
    same(evex.evaluate("wide + row"), wide + row)


def test_without_a_mask_results_are_plain():
    unmasked = np.ma.masked_array(plain)
    assert type(evex.evaluate("unmasked + 1")) is np.ndarray


def test_several_results():
    results = evex.evaluate("a = x + 1; b = plain*2; c = isna(y)")
    same(results.a, x + 1)
    assert type(results.b) is np.ndarray and type(results.c) is np.ndarray


def test_out():
    out = np.ma.masked_array(np.zeros(4), mask=[1, 0, 0, 0])
    assert evex.evaluate("x + 1", out=out) is out
    same(out, x + 1)
    with pytest.raises(TypeError, match="MaskedArray"):
        evex.evaluate("x + 1", out=np.zeros(4))
    assert evex.evaluate("plain + 1", out=out) is out
    same(out, np.ma.masked_array(plain + 1))
    for order in "CF":
        same(evex.evaluate("x + 1", order=order), x + 1)


def test_arrow_s_bitmaps():
    values, valid = np.arange(20.0), np.arange(20) % 3 > 0
    bits = np.packbits(valid, bitorder="little")
    for offset, length in ((0, 20), (3, 9), (8, 12)):
        column = Exporter(b"g", values, length, offset, null_count=-1, validity=bits)
        part = slice(offset, offset + length)
        same(evex.evaluate("c*2", c=column), np.ma.masked_array(values[part] * 2, ~valid[part]))
        assert evex.evaluate("sum(c)", c=column) == values[part][valid[part]].sum()
    truth = np.packbits(np.arange(20) % 2 == 0, bitorder="little")
    column = Exporter(b"b", truth, 17, 2, null_count=-1, validity=bits)
    same(evex.evaluate("not c", c=column), np.ma.masked_array(np.arange(2, 19) % 2 == 1, ~valid[2:19]))


def test_arrow_out():
    format, values, valid = read(evex.evaluate("x*2", result="arrow"))
    assert format == b"g"
    np.testing.assert_array_equal(valid, ~x.mask)
    np.testing.assert_array_equal(values[valid], (x * 2).compressed())
    same(evex.evaluate("r + 1", r=evex.evaluate("x*2", result="arrow")), x * 2 + 1)
    format, values, valid = read(evex.evaluate("x > 2", result="arrow"))
    assert format == b"b" and (values[valid] == (x > 2).compressed()).all()


def test_random_columns():
    rng = np.random.default_rng(5)
    for n in (0, 1, 7, 64, 1000, 70_001):
        a = np.ma.masked_array(rng.integers(-9, 9, n), rng.random(n) < 0.3)
        b = np.ma.masked_array(rng.random(n), rng.random(n) < 0.3)
        same(evex.evaluate("a*b + a"), a * b + a)
        same(evex.evaluate("a < b"), a < b)
        assert evex.evaluate("count(a*b)") == (a * b).count()
        same(evex.evaluate("a ?? b"),
             np.ma.masked_array(np.where(a.mask, b.data, a.data), a.mask & b.mask))
        plainly(evex.evaluate("a ?? b ?? 7"), np.where(a.mask, b.filled(7), a.data))


def test_nothing_is_held():
    mask = np.array([False, True])
    column = np.ma.masked_array([1.0, 2.0], mask=mask)
    bits = np.array([1], "u1")
    exporter = Exporter(b"g", np.arange(2.0), null_count=1, validity=bits)
    for _ in range(3):
        counts = sys.getrefcount(column), sys.getrefcount(exporter)
        for _ in range(50):
            evex.evaluate("column + 1")
            evex.evaluate("exporter + 1")
            evex.evaluate("column + 1", result="arrow").__arrow_c_array__()
        gc.collect()
        assert (sys.getrefcount(column), sys.getrefcount(exporter)) == counts


def test_pandas():
    pd = pytest.importorskip("pandas")
    for column in (pd.Series([1, None, 3], dtype="Int64"), pd.Series([1.5, None, 3], dtype="Float64")):
        result = evex.evaluate("column*2 + 1")
        assert result.mask.tolist() == [False, True, False]
        assert result.compressed().tolist() == (column.dropna() * 2 + 1).tolist()
    truth = pd.Series([True, None, False], dtype="boolean")
    plainly(evex.evaluate("(truth or True) ?? False"), [True] * 3)
    assert evex.evaluate("truth or True").tolist() == [True] * 3
    assert evex.evaluate("count(truth)") == 2
    assert type(evex.evaluate("c + 1", c=pd.Series([1, 2], dtype="Int64"))) is np.ndarray
