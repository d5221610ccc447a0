# SPDX-License-Identifier: MIT
"""by=: reductions by group, keys of all types, and how results belong to keys."""

import evex
import numpy as np
import pytest

x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
region = np.array(["b", "a", "b", "c", "a"])


def same(result, values):
    """No nulls, and these values: comparisons of NumPy's take anything where a mask is."""
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, values)


def test_results_are_in_the_order_of_sorted_keys():
    g = evex.group(region)
    assert g.keys.tolist() == ["a", "b", "c"] and len(g) == 3
    same(evex.evaluate("sum(x)", by=g), [7, 4, 4])
    same(evex.evaluate("sum(x)", by=region), [7, 4, 4])
    results = evex.evaluate("m = mean(x); n = count(); top = max(x)", by=region)
    assert results._fields == ("m", "n", "top")
    for got, want in zip(results, ([3.5, 2, 4], [2, 2, 1], [5, 3, 4])):
        same(got, want)


def test_rows_read_their_group_s_value():
    same(evex.evaluate("x - mean(x)", by=region), [-1, -1.5, 1, 0, 1.5])
    f = evex.compile("x/sum(x)")
    np.testing.assert_array_equal(f(x, by=region) * [4, 7, 4, 4, 7], x)
    np.testing.assert_array_equal(f(x) * 15, x)


@pytest.mark.parametrize(
    "keys",
    [
        np.array([3, 1, 3, -7, 1]), np.array([3, 1, 3, -7, 1], "int8"), np.array([2.5, np.nan, 2.5, 0, np.nan]),
        np.array([True, False, True, True, False]), np.array([b"x", b"", b"x", b"yy", b""]),
        np.array(["2020-01-02", "2020-01-01", "2020-01-02", "NaT", "2020-01-01"], "M8[D]"),
        np.array([10**12, 0, 10**12, -(10**12), 0]), np.array([2**63, 1, 2**63, 7, 1], "uint64"),
        [3, 1, 3, 2, 1], np.array(["x", "y", "x", "z", "y"], object),
    ],
    ids=str,
)
def test_keys_of_all_types(keys):
    distinct, codes = np.unique(np.asarray(keys), return_inverse=True)
    g = evex.group(keys)
    np.testing.assert_array_equal(g.keys, distinct)
    np.testing.assert_array_equal(g.codes, codes)
    same(evex.evaluate("sum(x)", by=g), np.bincount(codes, x))


def test_several_keys():
    year = np.array([2020, 2021, 2020, 2020, 2020])
    g = evex.group(region, year)
    pairs = list(zip(*(k.tolist() for k in g.keys)))
    assert pairs == [("a", 2020), ("a", 2021), ("b", 2020), ("c", 2020)]
    same(evex.evaluate("sum(x)", by=g), [5, 2, 4, 4])
    same(evex.evaluate("sum(x)", by=(region, year)), [5, 2, 4, 4])
    rng = np.random.default_rng(3)
    columns = [rng.integers(0, 9, 5000) for _ in range(4)]
    g = evex.group(*columns)
    rows, codes = np.unique(np.stack(columns, 1), axis=0, return_inverse=True)
    np.testing.assert_array_equal(np.stack(g.keys, 1), rows)
    np.testing.assert_array_equal(g.codes, codes.ravel())


def test_rows_without_a_group():
    keys = np.ma.masked_array(["b", "a", "b", "c", "a"], mask=[0, 0, 1, 0, 0])
    g = evex.group(keys)
    assert g.codes.tolist() == [1, 0, -1, 2, 0]
    assert evex.evaluate("sum(x)", by=g).tolist() == [7, 1, 4]
    both = evex.group(keys, np.array([1, 1, 1, 2, 2]))
    assert both.codes.tolist() == [2, 0, -1, 3, 1]


def test_codes_of_one_s_own():
    for dtype in ("i4", "i8", "u1", "i2"):
        codes = np.array([0, 2, 0, 2, 3], dtype)
        assert evex.evaluate("sum(x)", by=evex.Groups(codes)).tolist() == [4, None, 6, 5]
    g = evex.Groups(np.array([0, 2, 0, 2, -1]), 4)
    assert "5 rows in 4 groups" in repr(g)
    assert evex.evaluate("sum(x)", by=g).tolist() == [4, None, 6, None]
    assert evex.evaluate("count()", by=g).tolist() == [2, 0, 2, 0]


def test_columns_of_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": x, "region": pd.Categorical(region, categories=["c", "b", "a", "z"])})
    g = evex.group(frame["region"])
    assert g.keys.tolist() == ["c", "b", "a", "z"]
    totals = evex.evaluate("sum(x)", x=frame["x"], by=g)
    of_pandas = frame.groupby("region", observed=False)["x"].sum()
    assert of_pandas["z"] == 0  # a sum over no row, which to evex is null
    assert totals.tolist() == of_pandas.tolist()[:3] + [None]
    by_text = evex.evaluate("mean(x)", x=frame["x"], by=frame["region"].astype(str))
    same(by_text, frame.groupby(region)["x"].mean())


def test_wrong_groups():
    for wrong in (np.ones((2, 2)), (), 3):
        with pytest.raises((TypeError, ValueError)):
            evex.evaluate("sum(x)", by=wrong)
    with pytest.raises(ValueError):
        evex.evaluate("sum(x)", by=region[:3])
    with pytest.raises(ValueError, match="different lengths"):
        evex.group(region, region[:3])
    with pytest.raises(ValueError, match="3 groups"):
        evex.Groups(np.array([0, 5]), 3)
    with pytest.raises(TypeError, match="row of integers"):
        evex.Groups(np.array([0.5]))


def test_many_rows_on_any_number_of_threads():
    rng = np.random.default_rng(1)
    values, keys = rng.random(300_000), rng.integers(0, 1000, 300_000)
    g = evex.group(keys)
    one = evex.evaluate("sum(v), mean(v), v - mean(v)", v=values, by=g, threads=1)
    two = evex.evaluate("sum(v), mean(v), v - mean(v)", v=values, by=g, threads=2)
    for a, b in zip(one, two):
        same(a, b)
    np.testing.assert_allclose(one[0], np.bincount(keys, values))
