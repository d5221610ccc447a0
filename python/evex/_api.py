# SPDX-License-Identifier: MIT
"""The functions of evex that are not on a hot path."""

import contextlib

import numpy as np

from evex import _evex
from evex._errors import EvexError


def compile(ex, *, overflow="wrap", fast=None, **examples):
    """Compile an expression for many calls.

    Parameters
    ----------
    ex : str
        The text.
    overflow : {'wrap', 'error', 'float'}
        What becomes of integers that are too large for their type; calls may say otherwise.
    fast : None
        There are no inexact modes.
    **examples
        For each operand a dtype or an example; then errors show here rather than in the first call.

    Returns
    -------
    Expression
        Call it with operands by position, in the order of its `names`, or by name.

    Examples
    --------
    >>> f = evex.compile('hypot(x, y)')
    >>> f(3.0, 4.0)
    np.float64(5.0)
    """
    if fast is not None:
        raise ValueError(f"fast must be None, not {fast!r}: results are exact in every mode")
    expression = _evex.Expression(ex, overflow)
    if examples:
        _try(expression, examples)
    return expression


def _try(expression, examples):
    """Raise what is wrong with the types of examples and, if all of them have one, the shapes."""
    expression._check(
        **{
            name: np.dtype(value) if isinstance(value, (type, np.dtype, str)) else value
            for name, value in examples.items()
        }
    )


def names(ex):
    """The names that an expression needs, in order of their first use.

    Examples
    --------
    >>> evex.names('b*a + pi')
    ('b', 'a', 'pi')
    """
    return _evex.Expression(ex).names


def validate(ex, **examples):
    """The error that evaluating would raise before it looks at elements, or None.

    Examples
    --------
    >>> print(evex.validate('2*a +'))
    expected an expression after '+', found the end of the text
    >>> evex.validate('2*a', a=float)
    """
    try:
        compile(ex, **examples)
    except (EvexError, TypeError, ValueError) as error:
        return error
    return None


def explain(ex, **examples):
    """The bytecode of an expression for operands of these dtypes, as text."""
    expression = _evex.Expression(ex)
    _try(expression, examples)
    return expression.explain()


def set_num_threads(n):
    """Set how many threads evaluations in this context use; returns the old number.

    Parameters
    ----------
    n : int or None
        At least 1; None: as many as the process may use.
    """
    old = get_num_threads()
    _evex._threads.set(_checked(n))
    return old


def get_num_threads():
    """How many threads an evaluation in this context uses at most."""
    limit = _evex._threads.get()
    return _evex._n_threads() if limit is None else min(limit, _evex._n_threads())


@contextlib.contextmanager
def threads(n):
    """Use n threads within a with statement.

    Examples
    --------
    >>> with evex.threads(1):
    ...     evex.get_num_threads()
    1
    """
    token = _evex._threads.set(_checked(n))
    try:
        yield
    finally:
        _evex._threads.reset(token)


def _checked(n):
    if n is not None and n < 1:
        raise ValueError(f"threads must be at least 1, not {n}")
    return n


def _types_of(signature):
    """The numbers of the result's type and of the operands' in 'float64(float64, float64)'."""
    result, _, rest = signature.partition("(")
    operands = rest.strip().removesuffix(")").split(",") if rest.strip() != ")" else []
    if not rest.strip().endswith(")"):
        raise ValueError(f"not a signature such as 'float64(float64)': {signature!r}")
    dtypes = _evex._dtypes()
    numbers = []
    for text in (result, *operands):
        name = np.dtype(text.strip()).name
        if name not in dtypes:
            raise TypeError(f"evex does not compute with {name}")
        numbers.append(dtypes.index(name))
    return numbers[0], tuple(numbers[1:])


def register(name, function, signature, *, block=False):
    """Make a C function callable in expressions.

    The function runs without the interpreter lock, on several threads at once: it must not touch
    Python objects, and must stay where it is as long as the process lives.

    Parameters
    ----------
    name : str
        Its name in expressions; no name that is taken.
    function : int or object
        The address, or an object that has it: a numba ``@cfunc`` (its ``address``), a ctypes
        function, a cffi pointer to a function.
    signature : str
        Types, as ``'float64(float64, float64)'``.
    block : bool
        False: the function takes one element of each operand and returns one. True: it has the
        signature of ``evex_function_kernel`` in evex.h and computes a block of elements.

    Examples
    --------
    >>> import ctypes, ctypes.util
    >>> libm = ctypes.CDLL(ctypes.util.find_library('m'))
    >>> evex.register('bessel', libm.j0, 'float64(float64)')
    >>> round(evex.evaluate('bessel(1.0)'), 4)
    np.float64(0.7652)
    """
    result, operands = _types_of(signature)
    _evex._register(name, _address_of(function), result, operands, block)
    clear_cache()


def _address_of(function):
    if isinstance(function, int):
        return function
    if isinstance(address := getattr(function, "address", None), int):
        return address
    if type(function).__module__ == "_cffi_backend":
        import cffi

        return int(cffi.FFI().cast("uintptr_t", function))
    if type(type(function)).__module__ == "_ctypes":
        import ctypes

        return ctypes.cast(function, ctypes.c_void_p).value
    raise TypeError(f"no address of a C function: {function!r}")


def clear_cache():
    """Forget all texts that evaluate() has compiled, and give idle memory of results back.

    Returns
    -------
    int
        Bytes that were given back to the system.
    """
    return _evex._clear_cache()


def config():
    """What this installation is and uses, as a dict."""
    return {
        "version": _evex._version(),
        "isa": _evex._isa(),
        "threads": get_num_threads(),
        "numpy": np.__version__,
        "cached": _evex._cached(),
    }
