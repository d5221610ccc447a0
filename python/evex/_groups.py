# SPDX-License-Identifier: MIT
"""Groups of rows for by=: keys of any type become codes, the numbers of the keys in sorted order."""

import numpy as np


class Groups:
    """Which group each row is in.

    group() makes them of keys. One that is used for several expressions saves sorting the keys each
    time, and knows to which key each element of a result belongs.

    Parameters
    ----------
    codes : array of int32 or int64
        For each row the number of its group, from 0; negative: the row is in no group.
    n_groups : int, optional
        How many groups there are. Default: as many as the largest code needs.
    keys : array or tuple of arrays, optional
        What each group stands for.

    Attributes
    ----------
    codes, n_groups, keys
        As above; keys is None where none were given.

    Examples
    --------
    >>> g = evex.Groups(np.array([0, 1, 0, -1]), 3)
    >>> evex.evaluate('sum(x)', x=np.array([1.0, 2.0, 3.0, 4.0]), by=g)
    masked_array(data=[4.0, 2.0, --],
                 mask=[False, False,  True],
           fill_value=1e+20)
    """

    __slots__ = ("codes", "n_groups", "keys")

    def __init__(self, codes, n_groups=None, keys=None):
        codes = np.asarray(codes)
        if codes.ndim != 1 or codes.dtype.kind not in "iu":
            raise TypeError(
                f"codes must be a row of integers, not {codes.ndim}-d of {codes.dtype}"
            )
        most = int(codes.max()) + 1 if codes.size else 0
        if n_groups is None:
            n_groups = most
        if n_groups < most:
            raise ValueError(f"codes go to {most - 1}, but there are {n_groups} groups")
        is_read_in_place = codes.dtype in (np.int32, np.int64)
        self.codes = codes if is_read_in_place else codes.astype(np.int64)
        self.n_groups, self.keys = int(n_groups), keys

    def __len__(self):
        return self.n_groups

    def __repr__(self):
        return f"<evex.Groups: {self.codes.size} rows in {self.n_groups} groups>"


def group(*keys):
    """Group rows by their keys.

    Parameters
    ----------
    *keys : array
        A row of keys of any type that NumPy sorts, or several, whose combinations are then the
        groups. Rows with a masked key are in no group; NaNs are one key, the last. Categorical
        columns of pandas have the order of their categories.

    Returns
    -------
    Groups
        Its `keys` are the distinct keys in sorted order, in which results have their elements; of
        several, a tuple of arrays.

    Examples
    --------
    >>> g = evex.group(np.array(['b', 'a', 'b']))
    >>> g.keys, evex.evaluate('sum(x)', x=np.array([1, 2, 3]), by=g)
    (array(['a', 'b'], dtype='<U1'), array([2, 4]))
    """
    if not keys:
        raise TypeError("group() takes at least one array of keys")
    parts = [_factorised(key) for key in keys]
    if len(parts) == 1:
        codes, distinct = parts[0]
        return Groups(codes, len(distinct), distinct)
    return _combined(parts)


def as_groups(by):
    """The Groups that by= means."""
    if isinstance(by, Groups):
        return by
    return group(*by) if isinstance(by, tuple) else group(by)


def _combined(parts):
    """The combinations that occur, in lexicographic order."""
    lengths = {len(codes) for codes, _ in parts}
    if len(lengths) > 1:
        raise ValueError(f"keys of different lengths: {sorted(lengths)}")
    codes, is_absent = np.int64(0), False
    for part, distinct in parts:
        # What has been combined is numbered anew, so that products stay below rows times keys.
        codes = np.unique(codes, return_inverse=True)[1] if np.ndim(codes) else codes
        codes = codes * max(len(distinct), 1) + part
        is_absent = is_absent | (part < 0)
    codes = np.where(is_absent, -1, codes)
    codes, first = _numbered(codes)
    rows = first
    return Groups(codes, len(rows), tuple(distinct[part[rows]] for part, distinct in parts))


def _numbered(codes):
    """Codes as consecutive numbers, and for each the first row that has it; negative ones stay."""
    distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    n_absent = int(distinct.size > 0 and distinct[0] < 0)
    return inverse - n_absent, first[n_absent:]


def _factorised(key):
    """The codes and the distinct keys of an array."""
    if hasattr(key, "cat") and hasattr(key, "array"):  # a categorical Series
        key = key.array
    if hasattr(key, "categories") and hasattr(key, "codes"):
        return np.asarray(key.codes, np.int64), np.asarray(key.categories)
    if isinstance(key, np.ma.MaskedArray):
        return _of_masked(key)
    key = np.asarray(key)
    if key.ndim != 1:
        raise ValueError(f"keys must be a row, not an array of {key.ndim} dimensions")
    if key.dtype.kind in "iu" and key.size:
        if (near := _of_near_integers(key)) is not None:
            return near
    distinct, inverse = np.unique(key, return_inverse=True)
    return inverse.astype(np.int64, copy=False), distinct


def _of_masked(key):
    mask = np.ma.getmaskarray(key)
    codes = np.full(key.shape, -1, np.int64)
    codes[~mask], distinct = _factorised(key.data[~mask])
    return codes, distinct


def _of_near_integers(key):
    """By a table instead of a sort, where the keys lie close together."""
    least, most = int(key.min()), int(key.max())
    if most - least > 2 * key.size + 1024 or most > np.iinfo(np.int64).max:
        return None
    place = key.astype(np.int64) - least
    is_there = np.zeros(most - least + 1, bool)
    is_there[place] = True
    number = np.cumsum(is_there) - 1
    return number[place], (np.flatnonzero(is_there) + least).astype(key.dtype)
