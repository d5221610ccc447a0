# SPDX-License-Identifier: MIT
"""evaluate(): where operands come from, what they may be, and what comes back."""

import array

import evex
import numpy as np
import pytest

a = np.arange(6.0)
module_level = 3


def test_operands_come_from_the_callers_frame():
    b = np.ones(6)
    np.testing.assert_array_equal(evex.evaluate("2*a + b*module_level"), 2 * a + 3)


def test_a_closure_s_variables_are_found():
    k = 5

    def inner():
        return evex.evaluate("a*k"), k

    np.testing.assert_array_equal(inner()[0], a * 5)


def test_class_bodies_and_exec_have_locals_of_their_own():
    class Body:
        own = 7
        result = evex.evaluate("own + 1")

    assert Body.result == 8
    scope = {"evex": evex}
    exec("x = 2; y = evex.evaluate('x*x')", scope)
    assert scope["y"] == 4


def test_keywords_come_before_dicts_and_dicts_before_globals():
    assert evex.evaluate("a", {"a": 1}, {"a": 2}) == 1
    assert evex.evaluate("a", {}, {"a": 2}) == 2
    assert evex.evaluate("a", {"a": 1}, a=3) == 3
    assert evex.evaluate("module_level", {}) == 3


def test_mappings_other_than_dict():
    class Upper(dict):
        def __missing__(self, key):
            return 10

    assert evex.evaluate("anything + 1", Upper()) == 11


def test_a_variable_hides_a_constant():
    assert evex.evaluate("pi") == np.pi
    pi = 3
    assert evex.evaluate("pi") == pi


def test_the_frame_is_not_written():
    def f():
        x = 1
        before = dict(locals())
        evex.evaluate("x + 1")
        return before, {k: v for k, v in locals().items() if k != "before"}

    before, after = f()
    assert before == after == {"x": 1}


@pytest.mark.parametrize(
    "value, dtype",
    [
        (2, "float32"),
        (2.5, "float32"),
        (np.float32(2), "float32"),
        (np.float64(2), "float64"),
        (np.int8(2), "float32"),
        (np.int64(2), "float64"),
        (True, "float32"),
    ],
)
def test_python_numbers_are_weak_and_numpy_s_are_not(value, dtype):
    x = np.ones(3, "float32")
    result = evex.evaluate("x*value")
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, x * value)


@pytest.mark.parametrize("value", [2**63, 2**64 - 1, -(2**63)])
def test_large_integers(value):
    assert evex.evaluate("value") == value


def test_an_integer_beyond_64_bits_is_refused():
    with pytest.raises(OverflowError, match="'value'"):
        evex.evaluate("value + 1", value=2**64)


def test_layouts_are_read_in_place():
    base = np.arange(24.0).reshape(4, 6)
    for x in (base, base.T, base[::-1, ::2], base[:, 3], np.broadcast_to(base[0], (4, 6)),
              base.astype(">f8")):
        np.testing.assert_array_equal(evex.evaluate("x + 1"), x + 1)


def test_buffers_lists_and_interfaces():
    class Interface:
        __array_interface__ = a.__array_interface__

    for x in (array.array("d", a), bytearray(b"ab"), memoryview(a), [1, 2.5], ((1, 2), (3, 4)),
              Interface()):
        np.testing.assert_array_equal(evex.evaluate("x*2"), np.asarray(x) * 2)


def test_dlpack_without_a_copy():
    class Exporter:
        def __dlpack__(self, **options):
            return a.__dlpack__(**options)

        def __dlpack_device__(self):
            return a.__dlpack_device__()

    np.testing.assert_array_equal(evex.evaluate("x*2", x=Exporter()), a * 2)


def test_subclasses_of_ndarray(tmp_path):
    a.tofile(tmp_path / "a")
    mapped = np.memmap(tmp_path / "a", dtype="f8", mode="r")
    np.testing.assert_array_equal(evex.evaluate("mapped + 1"), a + 1)
    unmasked = np.ma.masked_array(a, mask=False)
    np.testing.assert_array_equal(evex.evaluate("unmasked + 1"), a + 1)


@pytest.mark.parametrize(
    "value",
    [
        np.array([1, None]),
        np.zeros(2, "f8,i4"),
        np.zeros(2, "longdouble"),
        object(),
        None,
        {"a": 1},
        np.array(["NaT"], "M8"),
    ],
    ids=["objects", "structured", "longdouble", "object", "None", "dict", "no unit"],
)
def test_what_evex_cannot_compute_with_is_a_type_error_that_names_it(value):
    with pytest.raises(TypeError, match="'value'"):
        evex.evaluate("value + 1", value=value)


def test_objects_that_would_compute_are_refused_with_the_remedy():
    class Lazy:
        def __array__(self, dtype=None, copy=None):
            raise AssertionError("nobody asked for this")

    with pytest.raises(TypeError, match=r"numpy\.asarray\(x\)"):
        evex.evaluate("x + 1", x=Lazy())


def test_strings():
    fixed, wide = np.array([b"ab", b"c", b""]), np.array(["ab", "ç", ""])
    for text, expected in [
        ("fixed == 'ab'", fixed == b"ab"), ("fixed == given", fixed == b"c"),
        ("wide != other", wide != "ç"), ("len(wide)", [2, 1, 0]), ("given < other", True),
        ("contains(wide, other)", [False, True, False]), ("fixed == scalar", fixed == b"ab"),
        ("nothing == wide", wide == ""), ("nothing == ''", True),
    ]:
        names = {"fixed": fixed, "wide": wide, "given": b"c", "other": "ç", "nothing": b""}
        found = evex.evaluate(text, names | {"scalar": np.str_("ab")})
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(TypeError):
        evex.evaluate("x + 1", x=b"ab")
    with pytest.raises(ValueError):
        evex.evaluate("x == 'a'", x="\ud800")


def test_half_floats():
    h = np.array([1.5, 2.25, 0.1], "float16")
    result = evex.evaluate("h*2")
    assert result.dtype == "float32"
    np.testing.assert_array_equal(result, h.astype("f4") * 2)
    assert evex.evaluate("h*k", k=np.float16(0.5)).dtype == "float32"
    out = np.empty(3, "float16")
    assert evex.evaluate("h/3", out=out) is out
    np.testing.assert_array_equal(out, (h.astype("f4") / 3).astype("float16"))


def test_complex_numbers():
    z = np.array([1 + 2j, -0.5j, 3], "complex64")
    result = evex.evaluate("z*z + 1")
    assert result.dtype == "complex64"
    np.testing.assert_allclose(result, z * z + 1, rtol=1e-6)
    assert evex.evaluate("z*k", k=2j).dtype == "complex64"
    assert evex.evaluate("z*k", k=np.complex128(2j)).dtype == "complex128"
    np.testing.assert_array_equal(evex.evaluate("z.real + z.imag"), z.real + z.imag)
    np.testing.assert_array_equal(evex.evaluate("z != conj(z)"), z != z.conj())
    assert isinstance(evex.evaluate("2j*2"), np.complex128)
    out = np.empty(3, "complex128")
    np.testing.assert_array_equal(evex.evaluate("z + 0.5", out=out), z + 0.5)
    with pytest.raises(TypeError, match="cast"):
        evex.evaluate("z", out=np.empty(3))
    with pytest.raises(TypeError):
        evex.evaluate("z < 1")


def test_there_are_no_fast_modes():
    assert evex.evaluate("2 + 2", fast=None) == 4
    for call in (lambda: evex.evaluate("2 + 2", fast=True), lambda: evex.compile("2", fast="math"),
                 lambda: evex.compile("2")(fast=1)):
        with pytest.raises(ValueError, match="fast must be None"):
            call()


def test_too_many_dimensions():
    x = np.zeros((1,) * 33)
    with pytest.raises(ValueError, match="'x' has 33 dimensions"):
        evex.evaluate("x + 1")


def test_results_are_arrays_scalars_or_named_tuples():
    assert type(evex.evaluate("a + 1")) is np.ndarray
    assert type(evex.evaluate("sum(a)")) is np.float64
    assert type(evex.evaluate("1 + 1")) is np.int64
    results = evex.evaluate("r = a*2; t = sum(a)")
    assert results._fields == ("r", "t") and results.t == 15.0
    np.testing.assert_array_equal(results.r, a * 2)
    first, second = evex.evaluate("a + 1, a + 2")
    np.testing.assert_array_equal(second - first, np.ones(6))


def test_many_operands_and_results():
    names = [f"v{i}" for i in range(40)]
    values = {name: a + i for i, name in enumerate(names)}
    np.testing.assert_array_equal(evex.evaluate(" + ".join(names), values), sum(values.values()))
    results = evex.evaluate(", ".join(f"{name}*2" for name in names), values)
    assert len(results) == 40
    np.testing.assert_array_equal(results[39], (a + 39) * 2)


@pytest.mark.parametrize("order, expected", [("K", "F"), ("C", "C"), ("F", "F")])
def test_order(order, expected):
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    result = evex.evaluate("x + 1", order=order)
    assert result.flags[f"{expected}_CONTIGUOUS"]
    np.testing.assert_array_equal(result, x + 1)


def test_threads():
    x = np.arange(300_000.0)
    expected = evex.evaluate("sum(sqrt(x))", threads=1)
    assert evex.evaluate("sum(sqrt(x))", threads=2) == expected
    assert evex.evaluate("sum(sqrt(x))", pool=evex.Pool(3)) == expected
    with pytest.raises(ValueError, match="threads"):
        evex.evaluate("x", threads=0)
    with pytest.raises(TypeError, match="Pool"):
        evex.evaluate("x", pool=3)


def test_the_number_of_threads_is_the_context_s():
    everything = evex.get_num_threads()
    with evex.threads(1):
        assert evex.get_num_threads() == 1
        assert evex.set_num_threads(1) == 1
    assert evex.get_num_threads() == everything
    with pytest.raises(ValueError):
        evex.set_num_threads(0)


def test_unknown_keywords_are_errors():
    with pytest.raises(TypeError, match="'sclar'"):
        evex.evaluate("a + 1", sclar=3)
    with pytest.raises(TypeError, match="expression first"):
        evex.evaluate(3)


def test_empty_arrays():
    x = np.zeros((0, 3))
    assert evex.evaluate("x + 1").shape == (0, 3)
    assert evex.evaluate("sum(x)") == 0.0
    with pytest.raises(evex.EvexError):
        evex.evaluate("max(x)")
