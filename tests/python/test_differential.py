# SPDX-License-Identifier: MIT
"""Generated expressions through evex.evaluate() and compiled expressions, against NumPy 2: bits for
exact operations, within a function's bound for the rest, refused where NumPy refuses."""

import check
import evex
import generate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

SEED, N_CHUNKS, CHUNK = 60614, 20, 250
ERRORS = (ValueError, TypeError, OverflowError)


def failure_of(case):
    """What is wrong with the results, or None."""
    try:
        expected = check.Expected(case)
    except NotImplementedError:
        return None
    text = check.source(case)
    try:
        results = evex.evaluate(text, case.operands, {})
        f = evex.compile(text)
        again = f(**{name: case.operands[name] for name in f.names if name in case.operands})
    except ERRORS as error:
        return None if expected.error else f"evex refuses: {error}"
    if expected.error:
        return f"evex accepts what NumPy refuses: {expected.error!r}"
    if len(expected.results) == 1:
        results, again = [results], [again]
    for result, repeated, want in zip(results, again, expected.results):
        wrong = check.compare(np.asarray(result), *want) or check.compare(
            np.asarray(repeated), np.asarray(result), None, False
        )
        if wrong:
            return wrong
    return None


@pytest.mark.parametrize("chunk", range(N_CHUNKS))
def test_generated_expressions(chunk):
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        case = generate.random_case(SEED, number)
        failure = failure_of(case)
        assert failure is None, f"case {number}: {check.source(case)}: {failure}"


dtypes = st.sampled_from(["f8", "f4", "i8", "i4", "i2", "u1", ">f8", ">i4", "?"])
shapes = numpy_strategies.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=5)


def arrays(dtype, shape):
    return numpy_strategies.arrays(dtype, shape)


@settings(max_examples=300, deadline=None)
@given(st.data(), shapes, dtypes, dtypes)
def test_any_values_shapes_and_types(data, shapes, first, second):
    x = data.draw(arrays(first, shapes.input_shapes[0]))
    y = data.draw(arrays(second, shapes.input_shapes[1]))
    if data.draw(st.booleans()):
        x = x.T.copy().T
    with np.errstate(all="ignore"):
        for text, f in [
            ("1*x - y", lambda x, y: 1 * x - y),
            ("x*y", np.multiply),
            ("x <= y", np.less_equal),
            ("x != y", np.not_equal),
        ]:
            want = f(x, y)
            wrong = check.compare(np.asarray(evex.evaluate(text)), np.asarray(want), None, False)
            assert wrong is None, f"{text}: {wrong}"
