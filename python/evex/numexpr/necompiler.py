# SPDX-License-Identifier: MIT
"""Texts to compiled expressions, and evaluate(). A text becomes a tree (_read), the tree gets types
(_typed) and is written as a program in evex's language (_emit), which evex compiles."""

import contextvars
import os
import sys
import threading
import weakref

import numpy

from evex import _evex
from evex.numexpr import expressions, interpreter
from evex.numexpr._emit import emit
from evex.numexpr._listing import Listing
from evex.numexpr._read import stringToExpression
from evex.numexpr._typed import (
    ASTNode,
    expressionToAST,
    kind_to_typecode,
    typecode_to_kind,
    typeCompileAst,
)

double = numpy.double
int_ = numpy.int32
long_ = numpy.int64
use_vml = False
is_cpu_amd_intel = False
vml_functions = []

type_to_kind = expressions.type_to_kind
kind_to_type = expressions.kind_to_type
default_type = kind_to_type[expressions.default_kind]
type_to_typecode = {type_: kind_to_typecode[kind] for type_, kind in type_to_kind.items()}
scalar_constant_kinds = list(kind_to_typecode)

# ---- Compiling ----------------------------------------------------------------------------------

context_info = [
    ("optimization", ("none", "moderate", "aggressive"), "aggressive"),
    ("truediv", (False, True, "auto"), "auto"),
]


def getContext(kwargs, _frame_depth=1):
    """The options of an expression among keyword arguments.

    optimization decides how a power by a constant is rewritten, which shows in the kind of its
    result; ``/`` is true division whatever truediv says, as everywhere in Python 3.
    """
    rest, context = dict(kwargs), {}
    for name, allowed, default in context_info:
        context[name] = rest.pop(name, default)
        if context[name] not in allowed:
            raise ValueError(f"'{name}' must be one of {allowed}")
    if rest:
        raise ValueError(f"Unknown keyword argument '{next(iter(rest))}'")
    context["truediv"] = True if context["truediv"] == "auto" else context["truediv"]
    return context


def getInputOrder(ast, input_order=None):
    """The variables of a tree, in the order given, else sorted by name."""
    variables = {node.value: node for node in ast.allOf("variable")}
    if input_order and set(variables) != set(input_order):
        raise ValueError(
            f"input names ({input_order}) don't match those found in expression ({set(variables)})"
        )
    return [variables[name] for name in input_order or sorted(variables)]


def _compiled(ast, types, input_names):
    result = ast.typecode().encode()
    signature = "".join(type_to_typecode[types.get(name, default_type)] for name in input_names)
    listing = Listing(ast, input_names)
    text = None if ast.value == b"copy_ss" else emit(ast, input_names)
    return interpreter.NumExpr(
        signature.encode(), listing.temporary_codes.encode(), text, listing.constants, input_names,
        constsig=listing.constant_codes.encode(), rows=listing.rows, result=result,
    )


def NumExpr(ex, signature=(), sanitize=True, **kwargs):
    """Compile an expression.

    Parameters
    ----------
    ex : str or expressions.ExpressionNode
        A text, or what was made of ``E.a`` and the like.
    signature : sequence of (str, type)
        The operands in order, with their types: bool, int_, long_, float, double, complex, bytes.
        Those of a text or tree that has no signature are double, ordered by name.

    Returns
    -------
    interpreter.NumExpr

    Examples
    --------
    >>> from evex import numexpr
    >>> f = numexpr.NumExpr('2*a + b', [('a', numexpr.necompiler.double), ('b', bool)])
    >>> f(1.5, True)
    array(4.)
    """
    context = getContext(kwargs)
    types = dict(signature)
    if isinstance(ex, str):
        ex = stringToExpression(ex, types, context, sanitize)
    ast = expressionToAST(ex)
    if ast.astType != "op":
        ast = ASTNode("op", ast.astKind, "copy", (ast,))
    ast = typeCompileAst(ast)
    input_names = [node.value for node in getInputOrder(ast, [name for name, _ in signature])]
    return _compiled(ast, types, tuple(input_names))


def disassemble(nex):
    """The instructions of a compiled expression, as numexpr's machine would have them: a list of
    operation, result, operands.

    Examples
    --------
    >>> from evex import numexpr
    >>> numexpr.disassemble(numexpr.NumExpr('2*a + b'))
    [[b'mul_ddd', b'r0', b'r1[a]', b'c3[2.0]'], [b'add_ddd', b'r0', b'r0', b'r2[b]']]
    """
    return list(nex.rows)


# ---- Names and types ----------------------------------------------------------------------------

_TYPE_OF_KIND = {"b": bool, "c": complex, "S": bytes}


def getType(a):
    """The type, of those that NumExpr takes, that an array is computed in.

    Examples
    --------
    >>> from evex import numexpr
    >>> numexpr.necompiler.getType(np.zeros(3, 'uint32'))
    <class 'numpy.int64'>
    """
    dtype = a.dtype
    kind, n_bytes = dtype.kind, dtype.itemsize
    if kind in "iu":
        return long_ if n_bytes > 4 or (kind == "u" and n_bytes == 4) else int_
    if kind == "f":
        return double if n_bytes > 4 else float
    if kind == "U":
        raise ValueError("NumExpr 2 does not support Unicode as a dtype.")
    if kind not in _TYPE_OF_KIND:
        raise ValueError(f"unknown type {dtype.name}")
    return _TYPE_OF_KIND[kind]


def getExprNames(text, context, sanitize=True):
    """The names of a text's operands in order, and whether it uses VML, which it does not."""
    if sanitize is None:
        sanitize = _is_sanitising()
    ast = expressionToAST(stringToExpression(text, {}, context, sanitize))
    return [node.value for node in getInputOrder(ast)], False


def getArguments(names, local_dict=None, global_dict=None, _frame_depth=2):
    """The operands of these names, as arrays, from the dicts or else from the variables of the function
    that many frames out. KeyError: one has no value."""
    found = _evex._look_up(tuple(names), local_dict, global_dict, _frame_depth)
    return [numpy.asarray(value) for value in found]


def _is_sanitising():
    return bool(int(os.environ.get("NUMEXPR_SANITIZE", "1")))


# ---- Evaluating ---------------------------------------------------------------------------------

_MOST_CACHED = 256
_caches = threading.Lock()  # held to change them, not to look
_names_of_text, _compiled_of_types = {}, {}
_last = contextvars.ContextVar("evex.numexpr.last", default=None)


def _keep(cache, key, value):
    """Caches are bounded; what is lost is made again."""
    with _caches:
        while len(cache) >= _MOST_CACHED:
            del cache[next(iter(cache))]
        cache[key] = value
    return value


def _prepared(ex, local_dict, global_dict, kwargs, sanitize, _frame_depth, is_cached=True):
    """The compiled expression, the names of its operands, and these."""
    if not isinstance(ex, str):
        raise ValueError("must specify expression as a string")
    if sanitize is None:
        sanitize = _is_sanitising()
    context = getContext(kwargs)
    key = ex, context["optimization"], context["truediv"], sanitize
    names = _names_of_text.get(key)
    if names is None:
        names = tuple(map(sys.intern, getExprNames(ex, context, sanitize)[0]))
        if is_cached:
            _keep(_names_of_text, key, names)
    arguments = getArguments(names, local_dict, global_dict, _frame_depth)
    types = tuple([getType(argument) for argument in arguments])
    compiled = _compiled_of_types.get((key, types))
    if compiled is None:
        compiled = NumExpr(ex, tuple(zip(names, types)), sanitize, **context)
        if is_cached:
            _keep(_compiled_of_types, (key, types), compiled)
    return compiled, names, arguments


def _remember(compiled, names, out, order, casting):
    """For re_evaluate; out is not kept alive."""
    _last.set((compiled, names, None if out is None else weakref.ref(out), order, casting))


def validate(ex, local_dict=None, global_dict=None, out=None, order="K", casting="safe",
             _frame_depth=2, sanitize=None, **kwargs):
    """The exception that evaluate() would raise before it computes, or None; re_evaluate() then
    computes.

    Examples
    --------
    >>> from evex import numexpr
    >>> numexpr.validate('2*a', {'a': 1}), numexpr.validate('2*nothing', {})
    (None, KeyError('nothing'))
    """
    try:
        compiled, names, _ = _prepared(
            ex, local_dict, global_dict, kwargs, sanitize, _frame_depth + 1
        )
        _remember(compiled, names, out, order, casting)
    except Exception as error:
        return error
    return None


def evaluate(ex, local_dict=None, global_dict=None, out=None, order="K", casting="same_kind",
             sanitize=None, _frame_depth=3, disable_cache=False, **kwargs):
    """Evaluate an expression with operands from dicts or the caller's variables.

    Parameters
    ----------
    ex : str
        The text.
    local_dict, global_dict : mapping, optional
        Where names are looked up. Default: the caller's variables.
    out : ndarray, optional
        Where the result goes.
    order : {'C', 'F', 'A', 'K'}
        Memory order of a new result.
    casting : {'no', 'equiv', 'safe', 'same_kind', 'unsafe'}
        What may happen to operands on their way to their kind, and to the result on its way to `out`.
    sanitize : bool, optional
        Refuse texts with ``;``, ``:``, ``[`` and double underscores at once. Default: yes, unless the
        environment has NUMEXPR_SANITIZE=0. Nothing is run by Python in either case.
    disable_cache : bool
        Keep nothing of this text.
    optimization, truediv
        See `getContext`.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> from evex import numexpr
    >>> a = np.arange(3, dtype='int8')
    >>> numexpr.evaluate('where(a > 0, 100*a, -1)')
    array([ -1, 100, 200], dtype=int32)
    """
    compiled, names, arguments = _prepared(
        ex, local_dict, global_dict, kwargs, sanitize, _frame_depth, not disable_cache
    )
    if not disable_cache:
        _remember(compiled, names, out, order, casting)
    return compiled(*arguments, out=out, order=order, casting=casting)


def re_evaluate(local_dict=None, global_dict=None, _frame_depth=2):
    """Evaluate the expression of the last evaluate() or validate() in this context with the operands of
    now, whose types must be those of then.

    Examples
    --------
    >>> from evex import numexpr
    >>> numexpr.evaluate('2*a', {'a': 1}), numexpr.re_evaluate({'a': 4})
    (array(2), array(8))
    """
    if _last.get() is None:
        raise RuntimeError(
            "A previous evaluate() execution was not found, please call `validate` or `evaluate` once "
            "before `re_evaluate`"
        )
    compiled, names, out, order, casting = _last.get()
    arguments = getArguments(names, local_dict, global_dict, _frame_depth)
    return compiled(*arguments, out=None if out is None else out(), order=order, casting=casting)
