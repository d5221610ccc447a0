# SPDX-License-Identifier: MIT
"""The interface of numexpr 2.14.2, computed by evex.

Code that says ``import numexpr`` runs on this with ``from evex import numexpr``, or, without a change,
with the distribution of python/numexpr-shim, whose package is called numexpr. What differs on purpose
is in docs/NUMEXPR.md.

>>> from evex import numexpr as ne
>>> a = np.arange(3)
>>> ne.evaluate('2*a + 1')
array([1, 3, 5])
"""

from evex.numexpr import expressions, interpreter, necompiler, utils, version
from evex.numexpr.expressions import E
from evex.numexpr.interpreter import MAX_THREADS, __BLOCK_SIZE1__, use_vml
from evex.numexpr.necompiler import NumExpr, disassemble, evaluate, re_evaluate, validate
from evex.numexpr.utils import (
    _init_num_threads,
    detect_number_of_cores,
    detect_number_of_threads,
    get_num_threads,
    get_vml_num_threads,
    get_vml_version,
    set_num_threads,
    set_vml_accuracy_mode,
    set_vml_num_threads,
)

is_cpu_amd_intel = False
ncores = detect_number_of_cores()
nthreads = _init_num_threads()
__version__ = version.version
__all__ = [
    "E",
    "MAX_THREADS",
    "NumExpr",
    "detect_number_of_cores",
    "detect_number_of_threads",
    "disassemble",
    "evaluate",
    "get_num_threads",
    "get_vml_num_threads",
    "get_vml_version",
    "print_versions",
    "re_evaluate",
    "set_num_threads",
    "set_vml_accuracy_mode",
    "set_vml_num_threads",
    "test",
    "use_vml",
    "validate",
]


def print_versions():
    """Print the versions of what this runs on."""
    from evex.numexpr import tests

    tests.print_versions()


def test(verbosity=1):
    """Try the package on a few expressions; returns a unittest.TestResult."""
    from evex.numexpr import tests

    return tests.test(verbosity)
