# SPDX-License-Identifier: MIT
"""Types of several results."""

import collections
import keyword


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
