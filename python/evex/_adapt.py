# SPDX-License-Identifier: MIT
"""Operands that are neither plain ndarrays nor numbers, as ndarrays: without a copy where the object
offers its memory, never by a computation that the caller does not see. What may have nulls becomes a
pair: the elements, and an array of bools that says which are null."""

import datetime

import numpy as np

_REMEDY = "pass numpy.asarray({}) if that is what you mean"


def adapt(obj, name):
    """What the module reads: an ndarray, a pair, a number, or an object that exports Arrow's arrays."""
    for convert in _CONVERSIONS:
        try:
            found = convert(obj)
        except TypeError as error:
            raise TypeError(f"operand '{name}' is {error}") from error
        if found is not None:
            return found
    what = f"operand '{name}' is a {type(obj).__module__}.{type(obj).__qualname__}"
    if hasattr(obj, "__array__"):
        raise TypeError(f"{what}, which may have to compute its elements; {_REMEDY.format(name)}")
    raise TypeError(f"{what}, which is no array and no number")


def _from_ndarray(obj):
    if isinstance(obj, np.ma.MaskedArray):
        data = _in_one_unit(obj.data.view(np.ndarray))
        return data if obj.mask is np.ma.nomask else (data, np.asarray(obj.mask))
    return _in_one_unit(obj.view(np.ndarray)) if isinstance(obj, np.ndarray) else None


def _in_one_unit(array):
    """Multiples of a unit of time, as datetime64[25s], in that unit."""
    if array.dtype.kind not in "mM":
        return array
    unit, n = np.datetime_data(array.dtype)
    return array if n == 1 else array.astype(f"{array.dtype.kind}8[{unit}]")


def _from_python(obj):
    if isinstance(obj, (list, tuple)):
        return np.asarray(obj)
    if isinstance(obj, (float, complex)):
        return float(obj) if isinstance(obj, float) else complex(obj)
    return None


def _from_time(obj):
    """Scalars of the datetime module and of pandas; times with a zone are taken as UTC."""
    if not isinstance(obj, (np.datetime64, np.timedelta64, datetime.date, datetime.timedelta)):
        return None
    for method in ("to_datetime64", "to_timedelta64"):
        if hasattr(obj, method):
            return _in_one_unit(np.asarray(getattr(obj, method)()))
    if isinstance(obj, datetime.datetime) and obj.tzinfo is not None:
        obj = obj.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(obj, (datetime.timedelta, np.timedelta64)):
        return _in_one_unit(np.asarray(np.timedelta64(obj)))
    return _in_one_unit(np.asarray(np.datetime64(obj)))


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
    return obj if hasattr(type(obj), "__arrow_c_array__") else None


def _from_series(obj):
    """Columns of pandas and polars, whose to_numpy gives their memory where it can."""
    if not hasattr(type(obj), "to_numpy") or not hasattr(type(obj), "__len__"):
        return None
    array = getattr(obj, "array", obj)  # of a pandas Series or Index
    if hasattr(array, "_mask") and hasattr(array, "_data"):  # pandas' nullable columns
        mask = np.asarray(array._mask)
        return (np.asarray(array._data), mask) if mask.any() else np.asarray(array._data)
    if callable(count := getattr(obj, "null_count", None)) and count() > 0:
        return _from_stream(obj)
    if hasattr(array, "_pa_array") and str(getattr(obj, "dtype", "")) != "object":
        return _from_stream(obj)  # pandas' columns of Arrow, strings among them
    converted = np.asarray(obj.to_numpy())
    return _in_one_unit(converted) if converted.dtype.kind != "O" else _from_stream(obj)


def _from_stream(obj):
    if not hasattr(type(obj), "__arrow_c_stream__"):
        raise TypeError(f"a column of {getattr(obj, 'dtype', 'objects')} with nulls, or of objects")
    return obj


def _from_dlpack(obj):
    return np.from_dlpack(obj) if hasattr(type(obj), "__dlpack__") else None


def _from_other_stream(obj):
    return obj if hasattr(type(obj), "__arrow_c_stream__") else None


_CONVERSIONS = (
    _from_ndarray,
    _from_python,
    _from_time,
    _from_buffer,
    _from_interface,
    _from_arrow,
    _from_series,
    _from_dlpack,
    _from_other_stream,
)
