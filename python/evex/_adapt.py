# SPDX-License-Identifier: MIT
"""Operands that are neither plain ndarrays nor numbers, as ndarrays: without a copy where the object
offers its memory, never by a computation that the caller does not see."""

import numpy as np

_REMEDY = "pass numpy.asarray({}) if that is what you mean"


def _masked(obj, name):
    if obj.mask is not np.ma.nomask and obj.mask.any():
        raise TypeError(f"operand '{name}' has masked elements, which evex cannot compute with")
    return obj.data.view(np.ndarray)


def adapt(obj, name):
    """An ndarray with the memory of obj, or a number; TypeError names the operand."""
    if isinstance(obj, np.ma.MaskedArray):
        return _masked(obj, name)
    if isinstance(obj, np.ndarray):
        return obj.view(np.ndarray)
    if isinstance(obj, (list, tuple)):
        return np.asarray(obj)
    if isinstance(obj, (float, complex)):
        return float(obj) if isinstance(obj, float) else complex(obj)
    for convert in (_from_buffer, _from_interface, _from_arrow, _from_series, _from_dlpack):
        try:
            array = convert(obj)
        except TypeError as error:
            raise TypeError(f"operand '{name}' is {error}") from error
        if array is not None:
            return array
    what = f"operand '{name}' is a {type(obj).__module__}.{type(obj).__qualname__}"
    if hasattr(obj, "__array__"):
        raise TypeError(f"{what}, which may have to compute its elements; {_REMEDY.format(name)}")
    raise TypeError(f"{what}, which is no array and no number")


def _from_buffer(obj):
    try:
        return np.asarray(memoryview(obj))
    except TypeError:
        return None


def _from_interface(obj):
    if not hasattr(type(obj), "__array_interface__") and not hasattr(type(obj), "__array_struct__"):
        return None
    return np.asarray(obj)


def _from_arrow(obj):
    if not hasattr(type(obj), "__arrow_c_array__"):
        return None
    from evex import _evex

    return _evex._from_arrow(obj)


def _from_series(obj):
    """Columns of pandas and polars, whose to_numpy gives their memory where it can."""
    if not hasattr(type(obj), "to_numpy") or not hasattr(type(obj), "__len__"):
        return None
    if callable(count := getattr(obj, "null_count", None)) and count() > 0:
        raise TypeError("a column with nulls, which evex cannot compute with")
    return np.asarray(obj.to_numpy())


def _from_dlpack(obj):
    if not hasattr(type(obj), "__dlpack__"):
        return None
    return np.from_dlpack(obj)
