# SPDX-License-Identifier: MIT
"""Makes a failing case smaller while it keeps failing: fewer results, subtrees in place of trees,
fewer elements. Greedy, with a bound on the attempts."""
from dataclasses import replace

import numpy as np

from expression import Node, names


def smaller_trees(tree):
    """Trees with one node taken away, the largest cuts first."""
    if not isinstance(tree, Node):
        return
    for argument in tree.arguments:
        if names(argument):
            yield argument
    for i, argument in enumerate(tree.arguments):
        for smaller in smaller_trees(argument):
            arguments = tree.arguments[:i] + (smaller,) + tree.arguments[i + 1:]
            yield Node(tree.name, arguments, tree.options)
    for option in tree.options:
        if option != "ops":
            rest = {k: v for k, v in tree.options.items() if k != option}
            yield Node(tree.name, tree.arguments, rest)


def halves(operands):
    """The operands with half of the elements along one axis, counted from the last."""
    n_dims = max((np.ndim(a) for a in operands.values()), default=0)
    for axis in range(1, n_dims + 1):
        length = max((a.shape[-axis] for a in operands.values()
                      if isinstance(a, np.ndarray) and a.ndim >= axis), default=0)
        for part in (slice(0, length // 2), slice(length // 2, length), slice(0, 1)):
            if 0 < len(range(*part.indices(length))) < length:
                yield {name: cut(a, axis, part) for name, a in operands.items()}


def cut(a, axis, part):
    if not isinstance(a, np.ndarray) or a.ndim < axis or a.shape[-axis] == 1:
        return a
    index = [slice(None)] * a.ndim
    index[-axis] = part
    return a[tuple(index)]


def candidates(case):
    if len(case.trees) > 1:
        for i in range(len(case.trees)):
            yield replace(case, trees=[case.trees[i]])
    for i, tree in enumerate(case.trees):
        for smaller in smaller_trees(tree):
            yield replace(case, trees=case.trees[:i] + [smaller] + case.trees[i + 1:])
    used = set().union(*map(names, case.trees))
    if used < set(case.operands):
        yield replace(case, operands={n: a for n, a in case.operands.items() if n in used})
    for operands in halves(case.operands):
        yield replace(case, operands=operands)
    for name, a in case.operands.items():
        if isinstance(a, np.ndarray) and (not a.flags.c_contiguous or not a.dtype.isnative):
            plain = np.ascontiguousarray(a).astype(a.dtype.newbyteorder("="))
            yield replace(case, operands={**case.operands, name: plain.reshape(a.shape)})


def shrink(case, failure_of, attempts=400):
    """(smaller case, its failure); failure_of(case) is None for a case that passes."""
    failure = failure_of(case)
    while True:
        for candidate in candidates(case):
            attempts -= 1
            if attempts < 0:
                return case, failure
            found = failure_of(candidate)
            if found:
                case, failure = candidate, found
                break
        else:
            return case, failure
