# SPDX-License-Identifier: MIT
"""Errors: their classes, their places, and how they read."""

import pickle

import evex
import numpy as np
import pytest


def test_the_text_with_a_caret_below_the_place():
    with pytest.raises(evex.EvexError) as caught:
        evex.evaluate("1 + * 2")
    error = caught.value
    assert error.text == "1 + * 2" and error.text[error.offset] == "*" and error.length == 1
    assert str(error).splitlines()[1:3] == ["    1 + * 2", "        ^"]


def test_places_count_characters_and_lines():
    with pytest.raises(evex.EvexError) as caught:
        evex.evaluate("å = 'ü'\nå + * 2")
    error = caught.value
    assert error.text[error.offset] == "*"
    assert str(error).splitlines()[1:3] == ["    å + * 2", "        ^"]


def test_an_unknown_name_is_a_key_error_and_a_name_error_too():
    with pytest.raises(evex.EvexNameError) as caught:
        evex.evaluate("sni(0.5)*quantity", qantity=2, quantitx=3) if False else evex.evaluate(
            "quantitx + 1", {"quantity": 1}, {}
        )
    assert isinstance(caught.value, (KeyError,)) and isinstance(caught.value, NameError)
    assert "quantitx" in str(caught.value)


def test_a_type_error_is_a_type_error_too():
    with pytest.raises(TypeError) as caught:
        evex.evaluate("x & 1", x=2.5)
    assert isinstance(caught.value, evex.EvexTypeError)


def test_shapes_that_do_not_broadcast():
    with pytest.raises(evex.EvexError, match=r"\(2,\) and \(3,\)"):
        evex.evaluate("x + y", x=np.ones(2), y=np.ones(3))


def test_a_mistaken_function_has_a_hint():
    with pytest.raises(evex.EvexError) as caught:
        evex.evaluate("sni(0.5)")
    assert "sin" in str(caught.value)


def test_errors_pickle():
    error = evex.validate("1 +")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    assert again.offset == error.offset


def test_validate():
    assert evex.validate("2*a") is None
    assert evex.validate("2*a", a=float) is None
    assert isinstance(evex.validate("2*a +"), evex.EvexError)
    assert isinstance(evex.validate("a & 1", a="f8"), TypeError)


def test_validate_looks_at_no_element_and_wants_no_shape():
    assert evex.validate("max(a)", a=float) is None
    assert evex.validate("sum(a, axis=3)", a=float) is None
    assert isinstance(evex.validate("sum(a, axis=3)", a=np.ones(2)), evex.EvexError)
    assert isinstance(evex.validate("a + b", a=np.ones(2), b=np.ones(3)), evex.EvexError)
    with pytest.raises(TypeError, match="'b'"):
        evex.compile("a + 1", b=float)


def test_an_error_of_out_blames_no_operand():
    with pytest.raises(ValueError) as caught:
        evex.evaluate("a + 1", a=np.ones(3), out=np.empty(4))
    assert "operand 'a'" not in str(caught.value)


def test_memory_errors_are_memory_errors():
    x = np.broadcast_to(np.zeros(1), (2**20, 2**20))
    with pytest.raises((MemoryError, ValueError)):
        evex.evaluate("x + 1")
