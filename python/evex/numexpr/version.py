# SPDX-License-Identifier: MIT
"""The version of numexpr whose interface this package has."""

import platform

import numpy

version = __version__ = "2.14.2"
numpy_build_version = numpy.__version__
platform_machine = platform.machine()
