# SPDX-License-Identifier: MIT
"""Trees of expressions: nodes with Python's operators, and the functions that may be called on them.

Each node has a kind: 'bool', 'int' (32 bits), 'long' (64), 'float' (32), 'double' (64), 'complex' and
'bytes'. Kinds follow from the operands' by the rules of numexpr, not by NumPy's promotion; necompiler
gives the operations their exact types.
"""

import math
import operator
import threading

import numpy

from evex.numexpr import interpreter

__all__ = ["E"]

double = numpy.double
int_ = numpy.int32
long_ = numpy.int64
default_kind = "double"

kind_to_type = {
    "bool": bool,
    "int": int_,
    "long": long_,
    "float": float,
    "double": double,
    "complex": complex,
    "bytes": bytes,
    "str": str,
}
type_to_kind = {type_: kind for kind, type_ in kind_to_type.items()}
kind_rank = ("bool", "int", "long", "float", "double", "complex", "none")
scalar_constant_types = (bool, int_, int, float, double, complex, bytes, str)

max_int32 = 2**31 - 1
min_int32 = -(2**31)
_MOST_BITS = 4096  # of an integer that folding may make


class Expression:
    """Makes variables of its attributes: ``2*E.a + E.b``."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return VariableNode(name, default_kind)


E = Expression()


class Context(threading.local):
    """What the expression that is being read was asked to be, one a thread."""

    def get(self, value, default):
        return self.__dict__.get(value, default)

    def get_current_context(self):
        return dict(self.__dict__)

    def set_new_context(self, dict_):
        self.__dict__.clear()
        self.__dict__.update(dict_)


_context = Context()


def get_optimization():
    """'none', 'moderate' or 'aggressive'."""
    return _context.get("optimization", "none")


# ---- Kinds --------------------------------------------------------------------------------------


def isConstant(ex):
    """Whether ex is a number or a string that may stand in an expression."""
    return isinstance(ex, scalar_constant_types)


def bestConstantType(x):
    """The type that a constant has in an expression; None: it cannot be one."""
    if isinstance(x, (bytes, str)):
        return bytes
    if isinstance(x, (bool, numpy.bool_)):
        return bool
    if isinstance(x, numpy.int64):  # kept, so that it can force 64 bits
        return long_
    if isinstance(x, (int, numpy.integer)):
        return int_ if min_int32 <= x <= max_int32 else long_
    if isinstance(x, double):
        return double
    if isinstance(x, (float, numpy.floating)):
        return float
    if isinstance(x, (complex, numpy.complexfloating)):
        return complex
    return None


def getKind(x):
    """The kind of a constant."""
    return type_to_kind[bestConstantType(x)]


def commonKind(nodes):
    """The kind in which operands meet."""
    kinds = [node.astKind for node in nodes]
    n_strings = sum(kind in ("bytes", "str") for kind in kinds)
    if n_strings == len(kinds):
        return "bytes"
    if n_strings > 0:
        raise TypeError("strings can only be operated with strings")
    return kind_rank[max(kind_rank.index(kind) for kind in kinds)]


def allConstantNodes(args):
    """Whether all of args are constants."""
    return all(isinstance(x, ConstantNode) for x in args)


# ---- Nodes --------------------------------------------------------------------------------------


def _node(x):
    if isinstance(x, ExpressionNode):
        return x
    if isConstant(x):
        return ConstantNode(x)
    raise TypeError(f"unsupported object type: {type(x)}")


def ophelper(f):
    """f, called with nodes for what its arguments are."""

    def operation(*args):
        return f(*map(_node, args))

    operation.__name__, operation.__doc__ = f.__name__, f.__doc__
    return operation


def _check_folding(opname, a, b):
    """Integers of Python grow without bound; those of expressions do not get so far."""
    if not isinstance(a, int) or not isinstance(b, int):
        return
    n_bits = b * a.bit_length() if opname == "pow" else b if opname == "lshift" else 0
    if n_bits > _MOST_BITS:
        raise OverflowError(f"a constant of {n_bits} bits")


def fold(opname, a, b):
    """The value of an operation on constants, as Python has it."""
    _check_folding(opname, a, b)
    return getattr(operator, f"__{opname}__")(a, b)


def binop(opname, reversed=False, kind=None):
    """The method for an operator."""

    @ophelper
    def operation(self, other):
        a, b = (other, self) if reversed else (self, other)
        if allConstantNodes((a, b)):
            return ConstantNode(fold(opname, a.value, b.value))
        return OpNode(opname, (a, b), kind=kind)

    return operation


@ophelper
def truediv_op(a, b):
    """a / b, of integers in double."""
    if allConstantNodes((a, b)):
        return ConstantNode(fold("truediv", a.value, b.value))
    kind = commonKind((a, b))
    return OpNode("div", (a, b), kind="double" if kind in ("bool", "int", "long") else kind)


@ophelper
def rtruediv_op(a, b):
    return truediv_op(b, a)


def _is_short_power(x):
    """Exponents, multiples of a half up to 50, with which a power keeps the kind of its base."""
    return not isinstance(x, complex) and abs(x) <= 50 and 2 * x == math.floor(2 * x)


def _power_of_constant(a, b):
    """The rewriting of a ** b for a constant b, or None. Floats keep their kind where the power could
    be had by multiplying; the products themselves are left to the library."""
    x, optimization = b.value, get_optimization()
    if a.astKind in ("int", "long") and b.astKind in ("int", "long") and x < 0:
        raise ValueError("Integers to negative integer powers are not allowed.")
    if optimization == "none" or not _is_short_power(x):
        return None
    is_whole = a.astKind in ("int", "long") and b.astKind in ("int", "long")
    if not is_whole and a.astKind not in ("float", "double", "complex"):
        return None
    if x == 2:
        return OpNode("mul", (a, a))
    if x == 1:
        return a
    if x == 0:
        return OpNode("ones_like", (a,))
    if x == 0.5:
        return FuncNode("sqrt", (a,), kind=a.astKind)
    if optimization != "aggressive":
        return None
    exponent = ConstantNode(numpy.float32(x)) if a.astKind == "float" else b
    return OpNode("pow", (a, exponent), kind=a.astKind)


@ophelper
def pow_op(a, b):
    """a ** b"""
    if allConstantNodes((a, b)):
        return ConstantNode(fold("pow", a.value, b.value))
    rewritten = _power_of_constant(a, b) if isinstance(b, ConstantNode) else None
    return OpNode("pow", (a, b)) if rewritten is None else rewritten


class ExpressionNode:
    """A part of an expression, with the operators of a number."""

    astType = "generic"

    def __init__(self, value=None, kind=None, children=None):
        self.value = value
        self.astKind = "none" if kind is None else kind
        self.children = () if children is None else tuple(children)

    @property
    def real(self):
        if self.astType == "constant":
            return ConstantNode(complex(self.value).real)
        return OpNode("real", (self,), "double")

    @property
    def imag(self):
        if self.astType == "constant":
            return ConstantNode(complex(self.value).imag)
        return OpNode("imag", (self,), "double")

    def __str__(self):
        return f"{type(self).__name__}({self.value}, {self.astKind}, {self.children})"

    __repr__ = __str__

    def __bool__(self):
        raise TypeError(
            "You can't use Python's standard boolean operators in NumExpr expressions. You should "
            "use their bitwise counterparts instead: '&' instead of 'and', '|' instead of 'or', and "
            "'~' instead of 'not'."
        )

    def __neg__(self):
        return OpNode("neg", (self,))

    def __invert__(self):
        return OpNode("invert", (self,))

    def __pos__(self):
        return self

    __add__ = __radd__ = binop("add")
    __sub__ = binop("sub")
    __rsub__ = binop("sub", reversed=True)
    __mul__ = __rmul__ = binop("mul")
    __truediv__ = truediv_op
    __rtruediv__ = rtruediv_op
    __floordiv__ = binop("floordiv")
    __rfloordiv__ = binop("floordiv", reversed=True)
    __mod__ = binop("mod")
    __rmod__ = binop("mod", reversed=True)
    __pow__ = pow_op
    __rpow__ = binop("pow", reversed=True)
    __lshift__ = binop("lshift")
    __rlshift__ = binop("lshift", reversed=True)
    __rshift__ = binop("rshift")
    __rrshift__ = binop("rshift", reversed=True)
    __and__ = binop("and")
    __rand__ = binop("and", reversed=True)
    __or__ = binop("or")
    __ror__ = binop("or", reversed=True)
    __xor__ = binop("xor")
    __rxor__ = binop("xor", reversed=True)
    __gt__ = binop("gt", kind="bool")
    __ge__ = binop("ge", kind="bool")
    __lt__ = binop("gt", reversed=True, kind="bool")
    __le__ = binop("ge", reversed=True, kind="bool")
    __eq__ = binop("eq", kind="bool")
    __ne__ = binop("ne", kind="bool")
    __hash__ = None


class LeafNode(ExpressionNode):
    leafNode = True


class VariableNode(LeafNode):
    astType = "variable"

    def __init__(self, value=None, kind=None, children=None):
        super().__init__(value, kind)


class ConstantNode(LeafNode):
    astType = "constant"

    def __init__(self, value=None, children=None):
        kind = getKind(value)
        if kind == "float" and isinstance(value, float):
            kind = "double"
        super().__init__(value, kind)

    def __neg__(self):
        return ConstantNode(-self.value)

    def __invert__(self):
        if isinstance(self.value, (bool, numpy.bool_)):
            return ConstantNode(not self.value)
        return ConstantNode(~self.value)


class RawNode:
    """A number that is no operand, such as an axis."""

    astType, astKind, children = "raw", "none", ()

    def __init__(self, value):
        self.value = value

    def __str__(self):
        return f"RawNode({self.value})"

    __repr__ = __str__


class OpNode(ExpressionNode):
    astType = "op"

    def __init__(self, opcode=None, args=None, kind=None):
        if kind is None and args is not None:
            kind = commonKind(args)
        if kind == "bool":  # products and sums of bools are bools
            opcode = {"mul": "and", "add": "or"}.get(opcode, opcode)
        super().__init__(opcode, kind, args)


class FuncNode(OpNode):
    def __init__(self, opcode=None, args=None, kind=None):
        if opcode in ("isnan", "isfinite", "isinf", "signbit"):
            kind = "bool"
        super().__init__(opcode, args, kind)


# ---- Functions ----------------------------------------------------------------------------------

_KEEPS_INTEGERS = ("copy", "ones_like", "round", "sign")


def func(function, minkind=None, maxkind=None):
    """The function on nodes that is named as NumPy's function, computing in a kind from minkind to
    maxkind."""
    name = function.__name__

    def kind_of(args):
        kind = commonKind(args)
        if kind in ("int", "long"):
            return kind if name in _KEEPS_INTEGERS else "double"
        if minkind and kind_rank.index(minkind) > kind_rank.index(kind):
            kind = minkind
        if maxkind and kind_rank.index(maxkind) < kind_rank.index(kind):
            kind = maxkind
        return kind

    @ophelper
    def call(*args):
        if allConstantNodes(args):
            return ConstantNode(function(*[x.value for x in args])[()])
        return FuncNode(name, args, kind_of(args))

    return call


@ophelper
def where_func(a, b, c):
    """Elements of b where a is true, else of c."""
    if isinstance(a, ConstantNode):
        return b if a.value else c
    return FuncNode("where", (a, b, c), commonKind((b, c)))


def encode_axis(axis):
    """The node of an axis; None stands for all of them."""
    if isinstance(axis, ConstantNode):
        axis = axis.value
    if axis is None:
        return RawNode(interpreter.allaxes)
    if axis < 0:
        raise ValueError("negative axis are not supported")
    if axis >= interpreter.allaxes:
        raise ValueError("cannot encode axis")
    return RawNode(axis)


def gen_reduce_axis_func(name):
    """A reduction over one axis or all."""

    def reduce(a, axis=None):
        axis, a = encode_axis(axis), _node(a)
        return a if isinstance(a, ConstantNode) else FuncNode(name, (a, axis), kind=a.astKind)

    return reduce


@ophelper
def contains_func(a, b):
    """Whether strings a contain b."""
    return FuncNode("contains", (a, b), kind="bool")


@ophelper
def complex_func(a, b):
    """The complex number a + 1j*b"""
    if allConstantNodes((a, b)):
        return ConstantNode(complex(a.value, b.value))
    return FuncNode("complex", (a, b), "complex")


def _functions():
    named = {}
    for name in (
        "sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh fmod arctan2 "
        "log log1p log10 log2 exp expm1"
    ).split():
        named[name] = func(getattr(numpy, name), "float")
    for name in "hypot nextafter copysign maximum minimum round trunc sign".split():
        named[name] = func(getattr(numpy, name), "double")
    for name in "isnan isfinite isinf signbit".split():
        named[name] = func(getattr(numpy, name), "double")
    for name in ("sum", "prod", "min", "max"):
        named[name] = gen_reduce_axis_func(name)
    return named | {
        "copy": func(numpy.copy),
        "ones_like": func(numpy.ones_like),
        "abs": func(numpy.absolute, "float"),
        "ceil": func(numpy.ceil, "float", "double"),
        "floor": func(numpy.floor, "float", "double"),
        "real": func(numpy.real, "double", "double"),
        "imag": func(numpy.imag, "double", "double"),
        "complex": complex_func,
        "conj": func(numpy.conj, "complex"),
        "where": where_func,
        "contains": contains_func,
    }


functions = _functions()
