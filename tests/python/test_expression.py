# SPDX-License-Identifier: MIT
"""Compiled expressions: calls, types, and that they are values."""

import concurrent.futures
import gc
import pickle
import weakref

import evex
import numpy as np
import pytest

a, b = np.arange(5.0), np.ones(5)


def test_operands_by_position_and_by_name():
    f = evex.compile("a - 2*b")
    assert f.names == ("a", "b")
    np.testing.assert_array_equal(f(a, b), a - 2)
    np.testing.assert_array_equal(f(a, b=b), a - 2)
    np.testing.assert_array_equal(f(b=b, a=a), a - 2)


def test_wrong_calls():
    f = evex.compile("a - 2*b")
    with pytest.raises(TypeError, match="2 operands, but 3"):
        f(a, b, a)
    with pytest.raises(TypeError, match="'a' is given twice"):
        f(a, a=a)
    with pytest.raises(TypeError, match="'c'"):
        f(a, b, c=a)
    with pytest.raises(evex.EvexNameError, match="b"):
        f(a)


def test_options():
    f = evex.compile("a - 2*b")
    out = np.empty(5)
    assert f(a, b, out=out, threads=1, order="C", casting="safe") is out


def test_an_operand_may_have_an_option_s_name():
    assert evex.compile("out + order")(1, order=2) == 3
    assert evex.evaluate("out*2", out=4) == 8


def test_one_expression_for_all_types():
    f = evex.compile("x*2")
    for dtype in ("f8", "f4", "i4", "u1", ">i8", "?"):
        x = np.ones(3, dtype)
        result = f(x)
        assert result.dtype == (x * 2).dtype
    assert f(2) == 4 and f(2.5) == 5.0


def test_constants_need_no_operand():
    assert evex.compile("pi*r**2")(r=1) == np.pi
    assert evex.compile("pi*r**2").names == ("pi", "r")


def test_examples_are_checked_at_once():
    evex.compile("a + b", a="f4", b=np.zeros((2, 3)))
    with pytest.raises(TypeError):
        evex.compile("a & b", a=float, b=float)


def test_explain_shows_the_bytecode():
    text = evex.explain("2*a + 1", a=float)
    assert "MUL.f64" in text and "ADD.f64" in text
    assert "not compiled" in evex.compile("a").explain()


def test_first_calls_from_many_threads_agree_on_the_type_of_results():
    for _ in range(50):
        f = evex.compile("p = a + 1; q = a + 2")
        with concurrent.futures.ThreadPoolExecutor(4) as executor:
            types = set(executor.map(lambda _: type(f(a)), range(4)))
        assert len(types) == 1


def test_expressions_are_values():
    f, g = evex.compile("a + 1"), evex.compile("a + 1")
    assert f == g and hash(f) == hash(g) and f != evex.compile("a + 2") and f != "a + 1"
    assert pickle.loads(pickle.dumps(f)) == f
    assert eval(repr(f), {"evex": evex}) == f
    assert f.text == "a + 1"


def test_overflow_is_part_of_the_value():
    f = evex.compile("a + 1", overflow="error")
    assert f.overflow == "error" and evex.compile("a + 1").overflow == "wrap"
    assert f != evex.compile("a + 1") and f == evex.compile("a + 1", overflow="error")
    assert eval(repr(f), {"evex": evex}) == f and pickle.loads(pickle.dumps(f)) == f
    for wrong in ("saturate", 1):
        with pytest.raises(ValueError, match="'wrap', 'error' or 'float'"):
            evex.compile("a", overflow=wrong)
        with pytest.raises(ValueError, match="'wrap', 'error' or 'float'"):
            evex.evaluate("1 + 1", overflow=wrong)


def test_weak_references_and_collection():
    f = evex.compile("a + 1, b")
    f(a, b)
    reference = weakref.ref(f)
    del f
    gc.collect()
    assert reference() is None


def test_the_cache_is_bounded_and_can_be_emptied():
    for i in range(1500):
        evex.evaluate(f"{i} + 1")
    assert evex.config()["cached"] <= 1024
    evex.clear_cache()
    assert evex.config()["cached"] == 0
    assert evex.evaluate("1 + 1") == 2


def test_an_expression_evaluates():
    f = evex.compile("a + 1")
    np.testing.assert_array_equal(evex.evaluate(f), a + 1)


def test_names():
    assert evex.names("b*a + pi") == ("b", "a", "pi")
    assert evex.names("t = 2*x; t + t") == ("x",)
