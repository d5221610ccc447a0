# SPDX-License-Identifier: MIT
"""numexpr, computed by evex: this package is evex.numexpr under another name."""

import sys

import evex.numexpr
import evex.numexpr.tests
from evex.numexpr import *  # noqa: F403 what numexpr has
from evex.numexpr import (  # noqa: F401
    __BLOCK_SIZE1__,
    __version__,
    _init_num_threads,
    expressions,
    interpreter,
    is_cpu_amd_intel,
    ncores,
    necompiler,
    nthreads,
    tests,
    utils,
    version,
)

# The same modules, not copies of them: what is set in one is set in the other.
for _name in ("expressions", "interpreter", "necompiler", "tests", "utils", "version"):
    sys.modules[f"{__name__}.{_name}"] = getattr(evex.numexpr, _name)
del _name, sys
