# SPDX-License-Identifier: MIT
"""datetime64 and timedelta64: units, NaT, scalars, results, against NumPy."""

import datetime
import itertools

import evex
import numpy as np
import pytest

UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"]
day = np.array(["2020-01-01", "NaT", "2020-03-01", "1969-12-31"], "M8[D]")
second = np.array(["2020-01-01T12", "2020-01-02", "NaT", "1969-12-31T23:59:59"], "M8[s]")
hours = np.array([1, -2, "NaT", 3], "m8[h]")


def same(result, expected):
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    "text",
    ["day - second", "day + hours", "hours + second", "day > second", "day == second", "hours*2",
     "hours/hours", "hours//hours", "-hours", "abs(hours)", "hours + hours", "day - hours",
     "where(day > second, day, second)", "hours < 2*hours", "hours*1.5"],
)
def test_against_numpy(text):
    names = {"day": day, "second": second, "hours": hours, "abs": np.abs, "where": np.where}
    with np.errstate(invalid="ignore"):  # NumPy warns of // by NaT
        same(evex.evaluate(text), eval(text, names))


@pytest.mark.parametrize("first, second", list(itertools.product(UNITS, UNITS)))
def test_units_meet_as_numpy_s_do(first, second):
    x = np.array([3, -7, "NaT", 0], f"m8[{first}]")
    y = np.array([5, 2, 1, "NaT"], f"m8[{second}]")
    try:
        expected = x + y
    except TypeError:
        with pytest.raises(TypeError):
            evex.evaluate("x + y")
        return
    same(evex.evaluate("x + y"), expected)
    same(evex.evaluate("x < y"), x < y)


def test_scalars():
    midnight = datetime.datetime(2020, 1, 1)
    same(evex.evaluate("second - midnight"), second - np.datetime64(midnight))
    same(evex.evaluate("day - x", x=datetime.date(2020, 1, 1)), day - np.datetime64("2020-01-01"))
    same(evex.evaluate("hours + x", x=datetime.timedelta(minutes=5)), hours + np.timedelta64(5, "m")
         .astype("m8[us]"))
    same(evex.evaluate("second < x", x=np.datetime64("2020-01-02")), second < np.datetime64("2020-01-02"))
    east = datetime.timezone(datetime.timedelta(hours=2))
    same(evex.evaluate("second - x", x=midnight.replace(tzinfo=east)),
         second - np.datetime64("2019-12-31T22:00:00.000000"))
    result = evex.evaluate("x - y", x=np.datetime64("2020-01-02"), y=np.datetime64("2020-01-01"))
    assert isinstance(result, np.timedelta64) and result == np.timedelta64(1, "D")


def test_reductions():
    x = second[:2]
    assert evex.evaluate("max(x)") == x.max() and evex.evaluate("max(x)").dtype == x.dtype
    assert evex.evaluate("max(x) - min(x)") == x.max() - x.min()
    spans = hours[:2]
    assert evex.evaluate("sum(spans)") == spans.sum()


def test_out():
    out = np.empty(4, "m8[s]")
    assert evex.evaluate("day - second", out=out) is out
    same(out, day - second)
    finer = np.empty(4, "m8[ms]")
    assert evex.evaluate("day - second", out=finer) is finer
    same(finer, (day - second).astype("m8[ms]"))
    with pytest.raises(TypeError, match="cast"):
        evex.evaluate("day - second", out=np.empty(4))


def test_byte_order_strides_and_multiples():
    same(evex.evaluate("x - y", x=day.astype(">M8[D]"), y=day[::-1]), day - day[::-1])
    x = np.array([1, 2, "NaT"], "m8[25s]")
    same(evex.evaluate("x + x"), np.array([50, 100, "NaT"], "m8[s]"))
    same(evex.evaluate("x", x=np.array(["1970-01-01T00:01", "NaT"], "M8[30s]")),
         np.array(["1970-01-01T00:01", "NaT"], "M8[s]"))


def test_what_has_no_meaning():
    for text in ("day + second", "day*2", "day + 1.5", "sqrt(hours)", "hours + 'a'", "day < hours"):
        with pytest.raises((TypeError, ValueError)):
            evex.evaluate(text)


def test_pandas():
    pd = pytest.importorskip("pandas")
    column = pd.Series(pd.to_datetime(["2020-01-01", None, "2020-06-01"]))
    unit = np.datetime_data(column.dtype)[0]
    same(evex.evaluate("x - y", x=column, y=pd.Timestamp("2020-01-01")).astype("m8[ns]"),
         (column - pd.Timestamp("2020-01-01")).to_numpy().astype("m8[ns]"))
    assert evex.evaluate("x", x=column).dtype == f"M8[{unit}]"
    assert evex.evaluate("x*2", x=pd.Timedelta(minutes=3)) == np.timedelta64(6, "m")
