# SPDX-License-Identifier: MIT
"""Threads, and what is there of Intel's VML: nothing, so that its settings have no effect."""

import logging
import os

from evex.numexpr import interpreter
from evex.numexpr.interpreter import MAX_THREADS

log = logging.getLogger(__name__)
use_vml = False
_MOST_BY_DEFAULT = 16


def get_vml_version():
    """None: there is no VML."""
    return None


def set_vml_accuracy_mode(mode):
    """No effect, for there is no VML; returns None."""
    return None


def set_vml_num_threads(nthreads):
    """No effect, for there is no VML."""


def get_vml_num_threads():
    """None: there is no VML."""
    return None


def set_num_threads(nthreads):
    """Set the number of threads that evaluations in this process use; returns the old number.

    Examples
    --------
    >>> from evex import numexpr
    >>> old = numexpr.set_num_threads(1)
    >>> numexpr.set_num_threads(old)
    1
    """
    return interpreter._set_num_threads(nthreads)


def get_num_threads():
    """The number of threads that evaluations in this process use at most."""
    return interpreter._get_num_threads()


def detect_number_of_cores():
    """How many processors the system has."""
    return os.cpu_count() or 1


def detect_number_of_threads():
    """The number of threads that the environment asks for, else the number of cores; at most
    MAX_THREADS."""
    return min(_asked_for() or detect_number_of_cores(), MAX_THREADS)


def _asked_for():
    for name in ("NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS"):
        if value := os.environ.get(name, "").strip():
            return int(value)
    return None


def _init_num_threads():
    """NUMEXPR_NUM_THREADS or OMP_NUM_THREADS; else NUMEXPR_MAX_THREADS; else the number of cores, at most
    16."""
    n_threads = _asked_for()
    if n_threads is None:
        is_bounded = os.environ.get("NUMEXPR_MAX_THREADS", "").strip()
        n_threads = MAX_THREADS if is_bounded else min(detect_number_of_cores(), _MOST_BY_DEFAULT)
    if n_threads > MAX_THREADS:
        log.info("NUMEXPR_NUM_THREADS=%d is more than MAX_THREADS (%d)", n_threads, MAX_THREADS)
    interpreter._set_num_threads(min(n_threads, MAX_THREADS))
    return interpreter._get_num_threads()
