# SPDX-License-Identifier: MIT
"""The oracle, the generator of expressions and the comparison are those of tests/differential/."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "differential"))
