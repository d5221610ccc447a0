# SPDX-License-Identifier: MIT
"""Texts as trees of expressions. A text is Python's grammar, walked node by node: nothing in it is
ever run by Python, sanitised or not.
"""

import ast
import operator
import re

from evex.numexpr import expressions

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

_STRINGS = re.compile(r"'[^']*'|\"[^\"]*\"")
_FORBIDDEN = re.compile(r"[;:\[]|(?<!\w)__\w+__(?!\w)")


def _forbid(text):
    raise ValueError(f"Expression {text} has forbidden control characters.")


class _Reader:
    """Makes the tree of one text; types gives the kinds of its variables."""

    def __init__(self, text, types):
        self.text, self.types, self.variables = text, types, {}

    def read(self, node):
        method = getattr(self, f"_read_{type(node).__name__}", None)
        if method is None:
            _forbid(self.text)
        return method(node)

    def _read_Constant(self, node):
        return node.value

    def _read_Name(self, node):
        if node.id in expressions.functions:
            return expressions.functions[node.id]
        if node.id not in self.variables:
            type_ = self.types.get(node.id, expressions.double)
            kind = expressions.type_to_kind[type_]
            self.variables[node.id] = expressions.VariableNode(node.id, kind)
        return self.variables[node.id]

    def _read_BinOp(self, node):
        """Left operands are walked in a loop, for sums may be long."""
        chain = []
        while isinstance(node, ast.BinOp):
            chain.append(node)
            node = node.left
        left = self.read(node)
        for link in reversed(chain):
            right = self.read(link.right)
            if isinstance(left, int) and isinstance(right, int):
                expressions._check_folding(_FOLDS.get(type(link.op)), left, right)
            left = self._apply(_BINARY.get(type(link.op)), left, right)
        return left

    def _apply(self, function, *operands):
        if function is None:
            _forbid(self.text)
        return function(*operands)

    def _read_UnaryOp(self, node):
        return self._apply(_UNARY[type(node.op)], self.read(node.operand))

    def _read_Compare(self, node):
        left, result = self.read(node.left), True
        for op, comparator in zip(node.ops, node.comparators):
            if not result:  # of a node: a TypeError, for there is no chain of those
                return result
            right = self.read(comparator)
            result = self._apply(_COMPARISONS.get(type(op)), left, right)
            left = right
        return result

    def _read_BoolOp(self, node):
        """As Python has it: nodes have no truth and say so."""
        stops_at = isinstance(node.op, ast.Or)
        for value in node.values[:-1]:
            if bool(result := self.read(value)) == stops_at:
                return result
        return self.read(node.values[-1])

    def _read_IfExp(self, node):
        return self.read(node.body if self.read(node.test) else node.orelse)

    def _read_Call(self, node):
        function = self.read(node.func)
        if not callable(function):
            raise TypeError(f"'{type(function).__name__}' object is not callable")
        arguments = [self.read(argument) for argument in node.args]
        return function(*arguments, **{k.arg: self.read(k.value) for k in node.keywords if k.arg})

    def _read_Attribute(self, node):
        if node.attr not in ("real", "imag"):
            _forbid(self.text)
        return getattr(self.read(node.value), node.attr)

    def _read_Tuple(self, node):
        return tuple(self.read(element) for element in node.elts)

    def _read_List(self, node):
        return [self.read(element) for element in node.elts]


_FOLDS = {ast.Pow: "pow", ast.LShift: "lshift"}


def stringToExpression(s, types, context, sanitize=True):
    """The tree of text s.

    types gives the types of variables, which are double otherwise; context is what getContext made.
    sanitize: refuse at once what looks like more than an expression; without it the text is refused
    as Python or the tree's nodes do.
    """
    if sanitize and _FORBIDDEN.search(_STRINGS.sub("", s)):
        _forbid(s)
    tree = ast.parse(s, "<expr>", "eval")
    outer = expressions._context.get_current_context()
    try:
        expressions._context.set_new_context(context)
        expression = _Reader(s, types).read(tree.body)
        if expressions.isConstant(expression):
            expression = expressions.ConstantNode(expression)
    finally:
        expressions._context.set_new_context(outer)
    if not isinstance(expression, expressions.ExpressionNode):
        raise TypeError(f"unsupported expression type: {type(expression)}")
    return expression
