# SPDX-License-Identifier: MIT
"""evex.numexpr: the interface of numexpr, with its kinds and messages, and NumPy's values."""

import os
import pathlib
import subprocess
import sys
import threading
import warnings

import evex
import numpy as np
import pytest
from evex import numexpr as ne
from evex.numexpr import expressions, interpreter, necompiler

SHIM = pathlib.Path(__file__).parents[2] / "python/numexpr-shim"
i = np.array([7, -7, 7, -7, 5], "int32")
j = np.array([2, 2, -2, -2, 3], "int32")
l = np.array([1, 2, 3, 2**40, -5])
f = np.array([1.5, -2.5, 0.25, 3, 8], "float32")
d = np.array([1.5, -2.5, 0.25, 3, 1e300])
b = np.array([True, False, True, True, False])
c = np.array([1 + 2j, -1j, 3, 0.5 - 0.25j, -2])
s = np.array([b"abc", b"de", b"", b"x", b"abcd"])
u1, u4 = np.array([200, 100], "uint8"), np.array([2**32 - 1, 1], "uint32")


def in_numpy(text, names):
    scope = {n: getattr(np, n) for n in expressions.functions if hasattr(np, n)}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(text, scope | names)


# ---- Values and kinds ---------------------------------------------------------------------------

KINDS = [
    ("i + j", "i4"), ("i*l", "i8"), ("i*f", "f4"), ("l*f", "f4"), ("f*d", "f8"), ("i/j", "f8"),
    ("i//j", "i4"), ("i%j", "i4"), ("f%2.0", "f8"), ("f*2", "f4"), ("f*2.5", "f8"), ("u1 + u1", "i4"),
    ("u4 + 1", "i8"), ("u1*1.0", "f8"), ("~u1", "i4"), ("~b", "?"), ("b + b", "?"), ("b*b", "?"),
    ("b + 1", "i4"), ("-f", "f4"), ("i << 2", "i4"), ("i >> 1", "i4"), ("i & j | 1 ^ i", "i4"),
    ("where(b, i, 2.5)", "f8"), ("where(b, 1, 2)", "i4"), ("ones_like(f)", "f4"), ("round(f)", "f8"),
    ("sign(i)", "i4"), ("abs(i)", "f8"), ("abs(f)", "f4"), ("sqrt(l)", "f8"), ("sqrt(f)", "f4"),
    ("floor(i)", "f8"), ("ceil(f)", "f4"), ("trunc(d)", "f8"), ("isnan(f)", "?"), ("signbit(i)", "?"),
    ("maximum(f, 1)", "f8"), ("minimum(i, j)", "f8"), ("fmod(i, j)", "f8"), ("arctan2(f, f)", "f4"),
    ("hypot(i, j)", "f8"), ("copysign(d, -1)", "f8"), ("nextafter(d, 0)", "f8"), ("log1p(b + i)", "f8"),
    ("copy(i)", "i4"), ("f**2", "f4"), ("f**2.5", "f4"), ("f**-2", "f4"), ("f**2.3", "f8"),
    ("i**2", "i4"), ("i**0.5", "f8"), ("l**3", "i8"), ("f**f", "f4"), ("i > 2", "?"), ("2 < i", "?"),
    ("b == True", "?"), ("b > False", "?"), ("f != d", "?"), ("(i > 1) & ~(j < 0) | b", "?"),
    ("sum(d, axis=0)", "f8"), ("sum(f)", "f4"), ("min(i)", "i4"), ("max(l, 0)", "i8"), ("1.5", "f8"),
    ("2", "i4"), ("2**40", "i8"), ("1 + 1", "i4"), ("cos(3)", "f8"), ("True", "?"), ("f.real", "f8"),
    ("+i", "i4"), ("i - -3", "i4"), ("(-2)**(i*0 + 3)", "i4"), ("d*1e999", "f8"), ("-2.5 - d", "f8"),
    ("(i + j)*(i + j) - (i + j)", "i4"), ("3000000000 + l", "i8"), ("i*0.5 > j if 1 else i", "?"),
    ("s == b'abc'", "?"), ("s < 'b'", "?"), ("b'x' >= s", "?"), ("s != s", "?"), ("c*2 - f", "c16"), ("c/(1 + 2j)", "c16"), ("c.real + c.imag", "f8"), ("conj(c)", "c16"),
    ("abs(c)", "c16"), ("sqrt(c)", "c16"), ("c == conj(c)", "?"), ("where(b, c, 1)", "c16"),
    ("exp(c)", "c16"), ("sum(c)", "c16"), ("c**2", "c16"), ("real(d)", "f8"), ("sign(c)", "c16"),
    ("log10(c)", "c16"), ("isnan(c)", "?"), ("round(c)", "c16"), ('s == b"a\'b"', "?"),
]  # fmt: skip


@pytest.mark.parametrize("text, dtype", KINDS, ids=[text for text, _ in KINDS])
def test_values_are_numpy_s_in_numexpr_s_kinds(text, dtype):
    names = {k: v for k, v in globals().items() if isinstance(v, np.ndarray)}
    result = ne.evaluate(text, names)
    assert isinstance(result, np.ndarray) and result.dtype == np.dtype(dtype)
    wide = {k: v.astype("i8") if v.dtype.kind == "u" else v for k, v in names.items()}
    python = text.replace("'b'", "b'b'")
    expected = np.asarray(in_numpy(python, wide)).astype(dtype)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_contains():
    np.testing.assert_array_equal(ne.evaluate("contains(s, b'b')"), [True, False, False, False, True])
    np.testing.assert_array_equal(ne.evaluate("contains(b'xabc', s)"), [True, False, True, True, False])
    assert ne.evaluate("contains(b'abc', b'ab')") and not ne.evaluate("contains(b'ab', 'abc')")


def test_complex_parts():
    result = ne.evaluate("complex(d, 1)")
    np.testing.assert_array_equal(result, d + 1j)
    np.testing.assert_array_equal(ne.evaluate("(c - 1).imag*2"), (c - 1).imag * 2)


def test_shapes_are_broadcast_and_axes_reduced():
    x = np.arange(24.0).reshape(2, 3, 4)
    for text in ("sum(x, axis=1)", "prod(x*2, axis=0)", "min(x, 2)", "max(x)", "x + x[0]"):
        if "[" not in text:
            np.testing.assert_array_equal(ne.evaluate(text), in_numpy(text, {"x": x}))
    row = x[0, 0]
    np.testing.assert_array_equal(ne.evaluate("x*row"), x * row)
    assert ne.evaluate("sum(x)").shape == ()


def test_results_without_dimensions_are_arrays():
    for text in ("1", "sum(d)", "k*2"):
        result = ne.evaluate(text, {"d": d, "k": 3})
        assert type(result) is np.ndarray and result.shape == ()


def test_names_that_evex_has_other_uses_for():
    for name in ("NA", "inf", "t0", "t", "match", "pi"):
        np.testing.assert_array_equal(ne.evaluate(f"{name}*2 + 1e999*0", {name: d}), d * np.nan)
        np.testing.assert_array_equal(ne.evaluate(f"{name}*2", {name: d}), d * 2)


def test_long_sums():
    names = {f"v{k}": float(k) for k in range(50)}
    assert ne.evaluate(" + ".join([*names] * 20), names) == 20 * sum(names.values())


# ---- Arguments ----------------------------------------------------------------------------------


def test_operands_from_the_frame_dicts_and_globals():
    k = 3

    def inner():
        k = 3
        return ne.evaluate("k*i"), ne.validate("k*i"), ne.re_evaluate()

    first, none, again = inner()
    np.testing.assert_array_equal(first, 3 * i)
    np.testing.assert_array_equal(again, 3 * i)
    assert none is None
    assert ne.evaluate("x", {"x": 1}, {"x": 2}) == 1 and ne.evaluate("x", {}, {"x": 2}) == 2

    def deeper():
        return ne.evaluate("k*2", _frame_depth=4)

    assert deeper() == 6
    assert necompiler.getArguments(["k"], _frame_depth=1)[0] == 3


def test_out():
    out = np.zeros(5)
    assert ne.evaluate("i*2", out=out) is out and (out == 2 * i).all()
    assert (ne.evaluate("3", out=out) == 3).all() and (ne.evaluate("x", {"x": d[:1]}, out=out) == 1.5).all()
    assert ne.evaluate("out + 1", out=out) is out
    with pytest.raises(TypeError, match="Iterator requested dtype could not be cast.*'same_kind'"):
        ne.evaluate("d*2", out=np.empty(5, "i4"))
    with pytest.raises(TypeError, match="'safe'"):
        ne.evaluate("d*2", out=np.empty(5, "f4"), casting="safe")
    whole = np.empty(5, "i4")
    assert (ne.evaluate("f*2", out=whole, casting="unsafe") == (f * 2).astype("i4")).all()


def test_casting_of_operands():
    u8 = np.array([3], "uint64")
    assert ne.evaluate("u8 + 1") == 4
    with pytest.raises(TypeError, match="Iterator operand 1.*'safe'"):
        ne.evaluate("u8 + 1", casting="safe")
    expression = ne.NumExpr("2*a", [("a", float)])
    with pytest.raises(TypeError, match="could not be cast"):
        expression(d)
    assert expression(d, casting="same_kind").dtype == "f4"


def test_order():
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert ne.evaluate("x + 1").flags.f_contiguous
    assert ne.evaluate("x + 1", order="C").flags.c_contiguous


def test_optimization_and_truediv():
    for optimization in ("none", "moderate", "aggressive"):
        result = ne.evaluate("f**2 + f*0.5", optimization=optimization)
        np.testing.assert_array_equal(result, f**2 + f * 0.5)
    assert ne.evaluate("f**2.5", optimization="moderate").dtype == "f8"
    for truediv in (True, False, "auto"):
        np.testing.assert_array_equal(ne.evaluate("i/j", truediv=truediv), i / j)


@pytest.mark.parametrize(
    "text, options, error, message",
    [
        ("d", {"foo": 3}, ValueError, "Unknown keyword argument 'foo'"),
        ("d", {"optimization": 3}, ValueError, "'optimization' must be one of"),
        ("d", {"order": "Z"}, ValueError, "order must be one of"),
        ("d", {"casting": "Z"}, ValueError, "casting must be one of"),
        ("no_such", {}, KeyError, "no_such"),
        ("2+", {}, SyntaxError, "invalid syntax"),
        (3, {}, ValueError, "must specify expression as a string"),
        ("d.shape", {}, ValueError, "has forbidden control characters"),
        ("d[0]", {}, ValueError, "has forbidden control characters"),
        ("lambda x: x", {}, ValueError, "has forbidden control characters"),
        ("__import__('os')", {}, ValueError, "has forbidden control characters"),
        ("(3+1).ᵇit_length()", {}, ValueError, "has forbidden control characters"),
        ("d if d else d", {"sanitize": False}, TypeError, "boolean operators"),
        ("d.shape", {"sanitize": False}, ValueError, "has forbidden control characters"),
        ("(d > 1) and b", {}, TypeError, "boolean operators"),
        ("1 < d < 2", {}, TypeError, "boolean operators"),
        ("not d", {}, TypeError, "boolean operators"),
        ("d < [0, 0]", {"sanitize": False}, TypeError, "unsupported object type"),
        ("nothing(d)", {}, TypeError, "'VariableNode' object is not callable"),
        ("s + s", {}, NotImplementedError, "couldn't find matching opcode for 'add_sss'"),
        ("s > i", {}, NotImplementedError, "'gt_bsi'"),
        ("s + i", {}, TypeError, "strings can only be operated with strings"),
        ("b - b", {}, NotImplementedError, "'sub_bbb'"),
        ("d & d", {}, NotImplementedError, "'and_ddd'"),
        ("sum(b)", {}, NotImplementedError, "'sum_bbn'"),
        ("sum(d, axis=-1)", {}, ValueError, "negative axis are not supported"),
        ("sum(d, axis=2)", {}, ValueError, "axis"),
        ("i**-1", {}, ValueError, "Integers to negative integer powers are not allowed."),
        ("d + u1", {}, ValueError, r"could not be broadcast together with shapes \(5,\) \(2,\)"),
        ("x == 'a'", {"x": np.array(["a"])}, ValueError, "does not support Unicode as a dtype"),
        ("x", {"x": np.array([None])}, ValueError, "unknown type object"),
        ("9**9**9 + d", {}, OverflowError, "bits"),
        ("d*(1 << 10**9)", {}, OverflowError, "bits"),
    ],
)
def test_errors(text, options, error, message):
    names = globals() | {k: v for k, v in options.items() if k == "x"}
    options = {k: v for k, v in options.items() if k != "x"}
    with pytest.raises(error, match=message):
        ne.evaluate(text, names, **options)
    if "order" not in options and "casting" not in options and "axis=2" not in str(text):
        wrong = ne.validate(text, names, **options)
        assert wrong is None or isinstance(wrong, error)


def test_re_evaluate():
    def fresh():
        with pytest.raises(RuntimeError, match="previous evaluate"):
            ne.re_evaluate()
        ne.evaluate("x*2", {"x": 1})
        out = np.empty(5)
        ne.evaluate("x*2", {"x": d}, out=out)
        assert ne.re_evaluate({"x": d + 1}) is out
        assert (out == (d + 1) * 2).all()
        done.append(True)

    done = []
    thread = threading.Thread(target=fresh)
    thread.start()
    thread.join()
    assert done


def test_caches_are_bounded_and_may_be_passed_by():
    for n in range(300):
        ne.evaluate(f"x + {n}", {"x": 1})
    assert len(necompiler._compiled_of_types) <= 256
    before = len(necompiler._compiled_of_types), list(necompiler._names_of_text)
    assert ne.evaluate("x + 4711", {"x": 1}, disable_cache=True) == 4712
    assert (len(necompiler._compiled_of_types), list(necompiler._names_of_text)) == before


# ---- What others reach into ---------------------------------------------------------------------


def test_compiled_expressions():
    g = ne.NumExpr("2*a + where(m, b, -1)", [("m", bool), ("a", float), ("b", float)])
    assert g.input_names == ("m", "a", "b") and g.signature == b"bff"
    assert g.constants == (np.float32(-1), np.float32(2)) and g.constsig == b"ff"
    assert g.fullsig == b"f" + g.signature + g.constsig + g.tempsig
    result = g(b, f, f)
    np.testing.assert_array_equal(result, 2 * f + np.where(b, f, np.float32(-1)))
    np.testing.assert_array_equal(g.run(b, f, f), result)
    with pytest.raises(ValueError, match="number of inputs doesn't match program"):
        g(b)
    with pytest.raises(ValueError, match="don't match those found"):
        ne.NumExpr("2*a", [("b", float)])
    E = ne.E
    tree = 2.0 * E.x + 3.0 * E.y * E.x
    assert ne.NumExpr(tree)(2, 3) == 22 and ne.NumExpr(tree).input_names == ("x", "y")


def test_disassemble():
    assert ne.disassemble(ne.NumExpr("x*x + 2")) == [
        [b"mul_ddd", b"r0", b"r1[x]", b"r1[x]"],
        [b"add_ddd", b"r0", b"r0", b"c2[2.0]"],
    ]
    assert ne.disassemble(ne.NumExpr("sum(x**2 + 2, axis=1)")) == [
        [b"mul_ddd", b"t3", b"r1[x]", b"r1[x]"],
        [b"add_ddd", b"t3", b"t3", b"c2[2.0]"],
        [b"sum_ddn", b"r0", b"t3", 1],
    ]
    assert ne.disassemble(ne.NumExpr("where(m, a, -1)", [("m", bool), ("a", float)])) == [
        [b"where_fbff", b"r0", b"r1[m]", b"r2[a]", b"c3[-1.0]"],
        [b"noop", None, None, None],
    ]
    rows = ne.disassemble(ne.NumExpr("sin(x) > a", [("x", np.int32), ("a", float)]))
    assert [row[0] for row in rows] == [b"cast_di", b"func_ddn", b"cast_df", b"gt_bdd"]
    assert interpreter.funccodes[b"sin_dd"] == rows[1][3]
    assert all(row[0] in interpreter.opcodes for row in rows)


def test_what_pytables_uses():
    """tables/conditions.py, expression.py and table.py."""
    types = {"a": necompiler.double, "i": necompiler.int_, "m": bool, "s": bytes, "c": necompiler.long_}
    tree = necompiler.stringToExpression("(3 < i) & (a*2 <= 7.5) & ~m", types, {})
    assert tree.astKind == "bool" and tree.value == "and" and tree.astType == "op"
    left, right = tree.children
    assert right.value == "invert" and right.children[0].value == "m"
    compare, other = left.children
    assert compare.value == "gt" and other.value == "ge"
    variable, constant = compare.children
    assert (variable.astType, variable.value, variable.astKind) == ("variable", "i", "int")
    assert (constant.astType, constant.value) == ("constant", 3)
    assert isinstance(tree, expressions.ExpressionNode)
    typed = necompiler.typeCompileAst(necompiler.expressionToAST(compare))
    assert typed.value == b"gt_bii"
    names = ("a", "i", "m")
    function = necompiler.NumExpr(tree, [(name, types[name]) for name in names])
    got = function(d, i, b, ex_uses_vml=False)
    np.testing.assert_array_equal(got, (3 < i) & (d * 2 <= 7.5) & ~b)
    assert necompiler.getExprNames("sin(b) + a*True", {}) == (["a", "b"], False)
    assert necompiler.getContext({"optimization": "none"})["optimization"] == "none"
    assert [necompiler.typecode_to_kind[c] for c in "bilfdcs"] == [
        "bool", "int", "long", "float", "double", "complex", "str"]
    assert "sin" in expressions.functions and expressions.getKind(2**40) == "long"
    with pytest.raises(NotImplementedError) as caught:
        necompiler.NumExpr("s + s", [("s", bytes)])
    assert caught.value.args[0].split("'")[2] == "add_sss"


@pytest.mark.parametrize(
    "dtype, type_",
    [("?", bool), ("i1", np.int32), ("u2", np.int32), ("i4", np.int32), ("u4", np.int64),
     ("i8", np.int64), ("u8", np.int64), ("f2", float), ("f4", float), ("f8", np.double),
     ("g", np.double), ("c8", complex), ("S3", bytes)],
)
def test_types(dtype, type_):
    assert necompiler.getType(np.zeros(2, dtype)) is type_


def test_narrow_and_wide_floats():
    half, longer = np.array([1.5], "f2"), np.array([1.5], "g")
    assert ne.evaluate("half + 1").dtype == "f4" and ne.evaluate("half + 1") == 2.5
    assert ne.evaluate("longer + 1").dtype == "f8" and ne.evaluate("longer + 1") == 2.5


def test_strings_as_they_are():
    np.testing.assert_array_equal(ne.evaluate("s"), s)
    assert ne.evaluate("x", {"x": b"foo\0b\0"}).tobytes() == b"foo\0b\0"


def test_threads():
    old = ne.set_num_threads(1)
    try:
        assert ne.get_num_threads() == 1
        for n in (0, -1, ne.MAX_THREADS + 1):
            with pytest.raises(ValueError, match="nthreads"):
                ne.set_num_threads(n)
    finally:
        assert ne.set_num_threads(old) == 1
    assert ne.detect_number_of_cores() >= 1
    assert ne.set_vml_accuracy_mode("low") is None and ne.set_vml_num_threads(2) is None
    assert ne.get_vml_version() is None and ne.use_vml is False


@pytest.mark.parametrize(
    "setting, expected",
    [({"NUMEXPR_MAX_THREADS": "3"}, (3, 3)), ({"NUMEXPR_NUM_THREADS": "2"}, (64, 2)),
     ({"OMP_NUM_THREADS": "5"}, (64, 5)), ({"OMP_NUM_THREADS": "5", "NUMEXPR_NUM_THREADS": "3"}, (64, 3)),
     ({"OMP_NUM_THREADS": "", "NUMEXPR_MAX_THREADS": ""}, (64, min(os.cpu_count(), 16)))],
)
def test_the_environment(setting, expected):
    code = "from evex import numexpr as ne; print(ne.MAX_THREADS, ne.nthreads, ne.get_num_threads())"
    unset = {k: v for k, v in os.environ.items() if "NUM_THREADS" not in k and "NUMEXPR" not in k}
    done = subprocess.run([sys.executable, "-c", code], env=unset | setting, capture_output=True,
                          text=True, check=True)
    assert tuple(map(int, done.stdout.split())) == (*expected, expected[1])


def test_sanitising_by_the_environment(monkeypatch):
    monkeypatch.setenv("NUMEXPR_SANITIZE", "0")
    with pytest.raises(SyntaxError):
        ne.evaluate("import os;")
    monkeypatch.setenv("NUMEXPR_SANITIZE", "1")
    with pytest.raises(ValueError, match="forbidden"):
        ne.evaluate("import os;")


def test_versions_and_the_installed_test(capsys):
    assert ne.__version__ == "2.14.2" == ne.version.version
    ne.print_versions()
    assert evex.__version__ in capsys.readouterr().out
    assert ne.test(verbosity=0).wasSuccessful()


# ---- The shim -----------------------------------------------------------------------------------


def run_with_shim(code):
    package = pathlib.Path(evex.__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{SHIM}{os.pathsep}{package}"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True,
                          text=True, check=True).stdout


def test_the_shim_is_this_package_under_numexpr_s_name():
    code = (
        "import numexpr, numexpr.necompiler, numpy as np\n"
        "from numexpr.expressions import E, ConstantNode\n"
        "from numexpr.interpreter import MAX_THREADS\n"
        "import evex.numexpr\n"
        "assert numexpr.necompiler is evex.numexpr.necompiler\n"
        "assert numexpr.evaluate is evex.numexpr.evaluate and numexpr.tests.test\n"
        "a = np.arange(3); print(numexpr.__version__, numexpr.evaluate('2*a'))\n"
    )
    assert run_with_shim(code) == "2.14.2 [0 2 4]\n"


PANDAS = """
import numexpr, numpy as np, pandas as pd
texts, evaluate = [], numexpr.evaluate
def spy(text, *args, **kwargs):
    texts.append(text)
    return evaluate(text, *args, **kwargs)
numexpr.evaluate = spy
n = 1_100_000
df = pd.DataFrame({"a": np.arange(n)*0.5, "b": np.arange(n)[::-1]*0.25, "i": np.arange(n)})
limit = 9
assert len(df.query("a > b & i % 2 == 0 and i > @limit")) == ((df.a > df.b) & (df.i % 2 == 0)).sum()
assert (df.eval("sqrt(a) + b/3") == np.sqrt(df.a.array) + df.b.array/3).all()
assert (pd.eval("df.a*2 - df.i") == df.a.array*2 - df.i.array).all()
assert (df.a + df.b == df.a.array + df.b.array).all()
assert (df.a.where(df.a > df.b, df.b) == np.maximum(df.a.array, df.b.array)).all()
print(len(texts) >= 6)
"""


def test_pandas_computes_with_it():
    pytest.importorskip("pandas")
    assert run_with_shim(PANDAS) == "True\n"


# ---- Deliberate differences, as docs/NUMEXPR.md lists them --------------------------------------


def test_integer_sums_do_not_wrap():
    x = np.full(10, 2**30, "int32")
    assert ne.evaluate("sum(x)") == 10 * 2**30 and ne.evaluate("sum(x)").dtype == "i8"
    assert ne.evaluate("prod(x*0 + 10)") == 10**10


def test_unsigned_values_that_do_not_fit_are_errors():
    x = np.array([2**63], "uint64")
    with pytest.raises(OverflowError, match="uint64"):
        ne.evaluate("x + 1")


def test_negative_powers_of_integers_are_errors():
    with pytest.raises(ValueError, match="negative power"):
        ne.evaluate("i**j")


def test_float_powers_of_integers_are_floats():
    result = ne.evaluate("i**2.0")
    assert result.dtype == "f8" and (result == i**2.0).all()


def test_division_is_not_turned_into_multiplication():
    x = np.arange(1.0, 100)
    np.testing.assert_array_equal(ne.evaluate("x/49.0"), x / 49)
    np.testing.assert_array_equal(ne.evaluate("x**7"), x**7)


def test_reductions_may_stand_anywhere():
    np.testing.assert_array_equal(ne.evaluate("f - min(f)"), f - f.min())


def test_nothing_is_run_by_python():
    for sanitize in (True, False):
        with pytest.raises((ValueError, TypeError)):
            ne.evaluate("[print('x') for x in (1,)]", sanitize=sanitize)
