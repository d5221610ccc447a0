# SPDX-License-Identifier: MIT
"""Generated expressions over complex numbers, float16 and strings, as operands of every kind that
Python has for them, against NumPy. What the functions give to the last bit is tested elsewhere; here
types, shapes, layouts and scalars are."""

import random

import evex
import numpy as np
import pytest

N_CASES = 300


def numbers(rng, dtype, shape):
    values = rng.integers(-40, 40, shape) / 8
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.integers(-40, 40, shape) / 8
    return np.asarray(values).astype(dtype)


def in_some_layout(rng, array):
    """The same elements, elsewhere in memory."""
    kind = rng.integers(5)
    if array.ndim == 0 or kind == 0:
        return array
    if kind == 1:
        return np.asfortranarray(array)
    if kind == 2:
        return array[::-1].copy()[::-1]
    if kind == 3 and array.dtype.kind not in "SU":
        return array.astype(array.dtype.newbyteorder())
    wide = np.empty((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


SHAPES = [(), (1,), (5,), (3, 5), (3, 1), (2, 3, 5), (0, 5)]


def number_operand(rng, dtypes):
    which = rng.integers(6)
    if which == 0:
        return [2, 1.5, -3, 0.25, 2j][rng.integers(5 if "c8" in dtypes else 4)]
    dtype = dtypes[rng.integers(len(dtypes))]
    if which == 1:
        return numbers(rng, dtype, ())[()]
    return in_some_layout(rng, numbers(rng, dtype, SHAPES[rng.integers(len(SHAPES))]))


def number_text(draw, depth):
    """An expression that NumPy reads as evex does; draw is random.Random."""
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(["x", "y", "z", "x", "y", "2", "0.5"])
    a, b = number_text(draw, depth - 1), number_text(draw, depth - 1)
    return draw.choice([f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"abs({a})", f"(-{a})",
                        f"where(x != y, {a}, {b})", f"square({a})"])


def evaluated(text, operands, names):
    with np.errstate(all="ignore"):
        try:
            return np.asarray(eval(text, names, operands))
        except (TypeError, ValueError, OverflowError) as error:
            return error


def check(text, operands, names, widen):
    expected = evaluated(text, {k: widen(v) for k, v in operands.items()}, names)
    try:
        result = evex.evaluate(text, operands, {})
    except (TypeError, ValueError, OverflowError):
        assert isinstance(expected, Exception), (text, operands)
        return 0
    assert not isinstance(expected, Exception), (text, operands, expected)
    result = np.asarray(result)
    native = expected.dtype.newbyteorder("=")
    assert (result.dtype, result.shape) == (native, expected.shape), (text, operands)
    if result.dtype.kind in "fc":
        is_narrow = any(getattr(v, "dtype", None) in ("f4", "c8", ">f4", ">c8") for v in operands.values())
        eps = np.finfo("f4" if is_narrow else result.dtype).eps
        tolerance = 64 * eps * np.abs(expected).max(initial=1)
        np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance, err_msg=text)
    else:
        np.testing.assert_array_equal(result, expected, err_msg=text)
    return 1


NUMPY = {"where": np.where, "abs": np.abs, "conj": np.conj, "square": np.square, "__builtins__": {}}


def widened(value):
    """evex reads float16 as float32."""
    is_half = getattr(value, "dtype", None) in ("f2", ">f2")
    return value.astype("f4") if is_half else value


@pytest.mark.parametrize("dtypes", [["c8", "c16", "f4", "f8", "i4", "i8"], ["f2", "f4", "i2", "f2"]],
                         ids=["complex", "float16"])
def test_numbers(dtypes):
    n_compared = 0
    for number in range(N_CASES):
        rng, draw = np.random.default_rng([7, number]), random.Random(number)
        operands = {name: number_operand(rng, dtypes) for name in "xyz"}
        text = number_text(draw, 3)
        if _fits(operands):
            n_compared += check(text, operands, NUMPY, widened)
    assert n_compared > N_CASES / 4


def _fits(operands):
    try:
        np.broadcast_shapes(*map(np.shape, operands.values()))
        return True
    except ValueError:
        return False


WORDS = ["", "a", "ab", "abc", "b", "été", "z" * 30, "aé", "日本"]


def string_operand(rng):
    words = WORDS if rng.integers(2) else [w for w in WORDS if w.isascii()]
    if rng.integers(4) == 0:
        word = words[rng.integers(len(words))]
        return [word, np.str_(word), np.array(word)][rng.integers(3)]
    shape = SHAPES[rng.integers(len(SHAPES))]
    array = np.array(words)[rng.integers(len(words), size=shape)]
    return in_some_layout(rng, np.asarray(array))


def test_strings():
    n_compared = 0
    names = {"len": np.strings.str_len, "startswith": np.strings.startswith,
             "endswith": np.strings.endswith, "__builtins__": {},
             "contains": lambda a, b: np.strings.find(a, b) >= 0}
    for number in range(N_CASES):
        rng, draw = np.random.default_rng([8, number]), random.Random(number)
        operands = {name: string_operand(rng) for name in "xy"}
        if not _fits(operands):
            continue
        text = draw.choice(["x == y", "x != y", "x < y", "x >= y", "x == 'ab'", "len(x) + len(y)",
                            "contains(x, y)", "startswith(x, y)", "endswith(x, y)",
                            "(x < y) | (len(y) > 2)"])
        n_compared += check(text, operands, names, lambda value: value)
    assert n_compared > N_CASES / 4


def test_bytes_are_ascii_strings():
    for number in range(N_CASES // 3):
        rng = np.random.default_rng([9, number])
        ascii_words = np.array([w for w in WORDS if w.isascii()])
        x = ascii_words[rng.integers(len(ascii_words), size=20)]
        y = ascii_words[rng.integers(len(ascii_words), size=20)]
        for text in ("x < y", "x == y", "contains(x, y)", "len(x) > len(y)"):
            np.testing.assert_array_equal(evex.evaluate(text, x=x.astype("S"), y=y),
                                          evex.evaluate(text, x=x, y=y.astype("S")))
