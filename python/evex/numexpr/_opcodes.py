# SPDX-License-Identifier: MIT
"""Which operations there are for which kinds, under the names that numexpr gives them: an operation, an
underscore, and a letter each for the result's and the operands' kinds, as in ``add_ddd``. The letters
are those of `necompiler.typecode_to_kind`; ``n`` is a number that is no operand, such as an axis.
"""

allaxes = 255  # as an axis: all of them
_ORDER = "bilfdc"  # a kind casts to those on its right


def _uniform(names, codes, arity):
    """Operations whose operands have the kind of the result."""
    return [f"{name}_{c * (1 + arity)}" for name in names.split() for c in codes]


def _tests(names, codes, arity=2):
    """Operations whose result is a bool."""
    return [f"{name}_b{c * arity}" for name in names.split() for c in codes]


_OPERATORS = [
    *_uniform("copy", "bilfdcs", 1),
    *_uniform("invert", "bil", 1),
    *_uniform("and or xor", "bil", 2),
    *_uniform("lshift rshift", "il", 2),
    *_uniform("neg ones_like", "ilfdc", 1),
    *_uniform("add sub mul pow", "ilfdc", 2),
    *_uniform("mod floordiv", "ilfd", 2),
    *_uniform("div", "fdc", 2),
    *_uniform("sqrt", "fd", 1),
    *_tests("gt ge", "ilfds"),
    *_tests("eq ne", "bilfdcs"),
    *_tests("contains", "s"),
    *[f"cast_{to}{c}" for i, to in enumerate(_ORDER) for c in _ORDER[:i]],
    *[f"where_{c}b{c}{c}" for c in _ORDER],
    "real_dc",
    "imag_dc",
    "complex_cdd",
    *[f"{name}_{c}{c}n" for name in ("sum", "prod") for c in "ilfdc"],
    *[f"{name}_{c}{c}n" for name in ("min", "max") for c in "ilfd"],
]

_FUNCTIONS = [
    *_uniform("sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh", "fdc", 1),
    *_uniform("log log1p log10 log2 exp expm1 conjugate", "fdc", 1),
    *_uniform("ceil floor trunc", "fd", 1),
    *_uniform("absolute round sign", "ilfdc", 1),
    "sqrt_cc",
    *_uniform("fmod arctan2 hypot nextafter copysign maximum minimum", "fd", 2),
    *_tests("isnan isfinite isinf", "fdc", 1),
    *_tests("signbit", "fd", 1),
]

# The operation that a number of funccodes stands for is called through these.
_CALLS = sorted({f"func_{name.rpartition('_')[2]}n" for name in _FUNCTIONS})

opcodes = {name.encode(): i for i, name in enumerate(["noop", *_OPERATORS, *_CALLS])}
funccodes = {name.encode(): i for i, name in enumerate(_FUNCTIONS)}
function_of_code = dict(enumerate(_FUNCTIONS))


def upcasts(signature):
    """The kinds that operands of these kinds may be cast to, the nearest first."""
    if not signature:
        yield ""
        return
    first = signature[0]
    wider = _ORDER[_ORDER.index(first) :] if first in _ORDER else first
    for code in wider:
        for rest in upcasts(signature[1:]):
            yield code + rest
