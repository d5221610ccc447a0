# SPDX-License-Identifier: MIT
"""Expressions as trees: their text in evex's language, and their value by the oracle.

A tree is a Variable, a Literal or a Node(name, arguments, options). Names are those of the language;
"neg", "if", "in" and chained comparisons ("chain") have a form of their own in the text.
"""
from dataclasses import dataclass, field

import numpy as np

from oracle import ELEMENTWISE, REDUCTIONS, Inexact, is_weak, logical, value_of

# Precedence of the language, loosest first.
BINARY = {"or": 1, "and": 2, "|": 6, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11,
          "/": 11, "//": 11, "%": 11, "**": 13}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
TERNARY, NOT, COMPARISON, UNARY, ATOM = 0, 3, 4, 12, 14


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Literal:
    value: object


@dataclass(frozen=True)
class Node:
    name: str
    arguments: tuple
    options: dict = field(default_factory=dict, hash=False)


def literal_text(value):
    if isinstance(value, float) and value in (float("inf"), -float("inf")):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def precedence(tree):
    if isinstance(tree, Literal):
        return UNARY if literal_text(tree.value).startswith("-") else ATOM
    if isinstance(tree, Node):
        name = tree.name
        if name in BINARY:
            return BINARY[name]
        if name in COMPARISONS or name in ("chain", "in"):
            return COMPARISON
        return {"if": TERNARY, "not": NOT, "neg": UNARY, "~": UNARY}.get(name, ATOM)
    return ATOM


def text(tree):
    """The tree in the language, with only the parentheses that it needs."""
    if isinstance(tree, Variable):
        return tree.name
    if isinstance(tree, Literal):
        return literal_text(tree.value)
    return node_text(tree)


def nested(tree, least):
    """The text of an operand that must bind at least so tightly."""
    return text(tree) if precedence(tree) >= least else f"({text(tree)})"


def node_text(node):
    name, arguments = node.name, node.arguments
    if name == "**":
        return f"{nested(arguments[0], ATOM)}**{nested(arguments[1], UNARY)}"
    if name in BINARY:
        level = BINARY[name]
        return f"{nested(arguments[0], level)} {name} {nested(arguments[1], level + 1)}"
    if name in COMPARISONS:
        return " ".join([nested(arguments[0], COMPARISON + 1), name,
                         nested(arguments[1], COMPARISON + 1)])
    if name == "chain":
        first, *rest = (nested(a, COMPARISON + 1) for a in arguments)
        return first + "".join(f" {op} {a}" for op, a in zip(node.options["ops"], rest))
    if name == "in":
        values = ", ".join(map(text, arguments[1:]))
        return f"{nested(arguments[0], COMPARISON + 1)} in ({values},)"
    if name == "if":
        return (f"{nested(arguments[0], TERNARY + 1)} if {nested(arguments[1], TERNARY + 1)}"
                f" else {nested(arguments[2], TERNARY)}")
    if name == "not":
        return f"not {nested(arguments[0], NOT)}"
    if name in ("neg", "~"):
        return f"{'-' if name == 'neg' else '~'}{nested(arguments[0], UNARY)}"
    return call_text(node)


def call_text(node):
    words = [text(a) for a in node.arguments[:1 if node.name in REDUCTIONS else None]]
    if node.name in REDUCTIONS and len(node.arguments) > 1:
        words.append(f"where={text(node.arguments[1])}")
    for option, value in node.options.items():
        words.append(f"{option}={value}")
    return f"{node.name}({', '.join(words)})"


def chain(values, ops):
    parts = [ELEMENTWISE[op](a, b) for op, a, b in zip(ops, values, values[1:])]
    result = parts[0]
    for part in parts[1:]:
        result = logical(np.logical_and)(result, part)
    return result


class Evaluation:
    """The oracle's value of a tree: an array, a Python scalar, or Inexact for an inexact root.
    is_loose: a value inside was inexact, so that the root may be anything but in dtype and shape.
    Raises what NumPy raises."""

    def __init__(self, tree, operands):
        self.is_loose = False
        self.operands = operands
        self.value = self.evaluate(tree)

    def evaluate(self, tree):
        if isinstance(tree, Variable):
            return self.operands[tree.name]
        if isinstance(tree, Literal):
            return tree.value
        values = [self.exact(a) for a in tree.arguments]
        if tree.name == "chain":
            return chain(values, tree.options["ops"])
        return value_of(tree.name, values, tree.options)

    def exact(self, tree):
        value = self.evaluate(tree)
        if isinstance(value, Inexact):
            self.is_loose = True
            value = value.value
        # NumPy's scalars compute otherwise than its arrays: (-0.)**0.5 is 0. for them.
        return value if is_weak(value) else np.asarray(value)


def names(tree):
    """The variables in the tree."""
    if isinstance(tree, Variable):
        return {tree.name}
    if isinstance(tree, Literal):
        return set()
    return set().union(*map(names, tree.arguments)) if tree.arguments else set()


def size(tree):
    return 1 + sum(map(size, tree.arguments)) if isinstance(tree, Node) else 1
