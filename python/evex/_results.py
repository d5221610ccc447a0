# SPDX-License-Identifier: MIT
"""What results are, besides arrays and numbers: named tuples, masked arrays, arrays for Arrow."""

import collections
import keyword

import numpy as np

from evex import _evex


def make_type(names):
    """A class, called with the results, that makes a named tuple of them.

    Results without a name, and names that a field of a tuple cannot have, are called by their
    number: ``_0``, ``_1``...
    """
    fields = [
        name if name.isidentifier() and not keyword.iskeyword(name) and name[0] != "_" else f"_{i}"
        for i, name in enumerate(names)
    ]
    return collections.namedtuple("Results", fields, rename=True)


def masked(data, mask, is_certain):
    """A result that may have nulls. Where they could only have come from groups without rows
    (not is_certain), and did not, it is a plain one."""
    if not is_certain and not mask.any():
        return data[()]
    return np.ma.MaskedArray(data, mask=mask)


class ArrowArray:
    """A result for Arrow: an object with ``__arrow_c_array__``, as ``pyarrow.array()``, polars and
    others take it. Its elements are not copied."""

    def __init__(self, data, mask=None):
        if data.ndim > 1:
            raise ValueError(f"Arrow has no arrays of {data.ndim} dimensions")
        self._data = np.ascontiguousarray(data)
        self._mask = None if mask is None else np.ascontiguousarray(mask)

    def __len__(self):
        return self._data.size

    def __repr__(self):
        return f"<evex result for Arrow: {len(self)} of {self._data.dtype}>"

    def __arrow_c_array__(self, requested_schema=None):
        return _evex._to_arrow(self._data, self._mask)


def exported(data, mask):
    """An ArrowArray of a result."""
    return ArrowArray(data, mask)
