# SPDX-License-Identifier: MIT
"""Array expressions as text, evaluated by SIMD kernels on several threads, outside the
interpreter lock.

>>> import numpy as np, evex
>>> a, b = np.arange(3.0), np.ones(3)
>>> evex.evaluate('2*a + 3*b')
array([3., 5., 7.])
"""

from evex._errors import EvexError, EvexNameError, EvexTypeError
from evex._evex import Expression, Pool, evaluate
from evex import _evex
from evex._groups import Groups, group
from evex._api import (
    clear_cache,
    compile,
    config,
    explain,
    get_num_threads,
    names,
    register,
    set_num_threads,
    threads,
    validate,
)

__version__ = _evex._version()
__all__ = [
    "EvexError",
    "EvexNameError",
    "EvexTypeError",
    "Expression",
    "Groups",
    "Pool",
    "clear_cache",
    "compile",
    "config",
    "evaluate",
    "explain",
    "get_num_threads",
    "group",
    "names",
    "register",
    "set_num_threads",
    "threads",
    "validate",
]
