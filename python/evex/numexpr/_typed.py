# SPDX-License-Identifier: MIT
"""Trees with types: each operation has a signature of _opcodes.py, with casts where operands need
them."""

import numpy

from evex.numexpr import _opcodes

typecode_to_kind = {
    "b": "bool",
    "i": "int",
    "l": "long",
    "f": "float",
    "d": "double",
    "c": "complex",
    "n": "none",
    "s": "str",
}
kind_to_typecode = {kind: code for code, kind in typecode_to_kind.items()} | {"bytes": "s"}


def constant_of(node):
    """The value of a constant node, in the type of its kind."""
    value = node.value
    if node.astKind in ("bytes", "str"):
        return value.encode("ascii") if isinstance(value, str) else value
    return _TYPES[node.astKind](value)


_TYPES = {
    "bool": bool,
    "int": numpy.int32,
    "long": numpy.int64,
    "float": numpy.float32,
    "double": numpy.float64,
    "complex": complex,
}


class ASTNode:
    """A node that compares by what it stands for; it does not change.

    astType is 'op', 'constant', 'variable' or 'raw'; astKind the kind of its value; value an operation,
    a number or a name.
    """

    def __init__(self, astType="generic", astKind="unknown", value=None, children=()):
        self.astType, self.astKind, self.value = astType, astKind, value
        self.children = tuple(children)
        self._hash = hash(self.key())

    def key(self):
        """What equal nodes have in common; NaNs are equal, 1 and True are not."""
        value = repr(constant_of(self)) if self.astType == "constant" else self.value
        return self.astType, self.astKind, value, self.children

    def __eq__(self, other):
        if not isinstance(other, ASTNode):
            return NotImplemented
        return self is other or (self._hash == other._hash and self.key() == other.key())

    def __hash__(self):
        return self._hash

    def __str__(self):
        return f"AST({self.astType}, {self.astKind}, {self.value}, {self.children})"

    def __repr__(self):
        return f"<AST object at {id(self)}>"

    def typecode(self):
        return kind_to_typecode[self.astKind]

    def postorderWalk(self):
        """The nodes, children first."""
        stack = [(self, False)]
        while stack:
            node, is_open = stack.pop()
            if is_open:
                yield node
                continue
            stack.append((node, True))
            stack += [(child, False) for child in reversed(node.children)]

    def allOf(self, *astTypes):
        """The nodes of these types, children first."""
        return (node for node in self.postorderWalk() if node.astType in astTypes)


def _rebuilt(root, make):
    """make(node, children) for each node of a tree, children first."""
    done, stack = {}, [(root, False)]
    while stack:
        node, is_open = stack.pop()
        if id(node) in done:
            continue
        if is_open:
            done[id(node)] = make(node, [done[id(child)] for child in node.children])
            continue
        stack.append((node, True))
        stack += [(child, False) for child in reversed(node.children)]
    return done[id(root)]


def expressionToAST(ex):
    """The tree of nodes that compare as nodes, not as parts of an expression."""
    return _rebuilt(
        ex, lambda node, children: ASTNode(node.astType, node.astKind, node.value, children)
    )


def _signature_of(ast, children):
    """The operation's name in _opcodes and the codes of its operands."""
    result, given = ast.typecode(), "".join(child.typecode() for child in children)
    for table in (_opcodes.opcodes, _opcodes.funccodes):
        for codes in _opcodes.upcasts(given):
            name = f"{ast.value}_{result}{codes}".encode()
            if name in table:
                return name, codes
    raise NotImplementedError(
        f"couldn't find matching opcode for '{ast.value}_{result}{given}'"
    )


def _cast(child, code):
    """child in the kind of a code; constants change themselves."""
    if child.typecode() == code:
        return child
    kind = typecode_to_kind[code]
    if child.astType == "constant":
        return ASTNode("constant", kind, child.value)
    return ASTNode("op", kind, f"cast_{code}{child.typecode()}".encode(), [child])


def _typed(ast, children):
    if ast.astType != "op" or isinstance(ast.value, bytes):
        return ASTNode(ast.astType, ast.astKind, ast.value, children)
    name, codes = _signature_of(ast, children)
    children = [_cast(child, code) for child, code in zip(children, codes)]
    if name in _opcodes.funccodes:
        children.append(ASTNode("raw", "none", _opcodes.funccodes[name]))
        name = b"func_%sn" % name.rpartition(b"_")[2]
    return ASTNode(ast.astType, ast.astKind, name, children)


def typeCompileAst(ast):
    """The tree with an operation of the tables at each node, as in ``b'add_ddd'``.

    Raises
    ------
    NotImplementedError
        There is no operation for these kinds; the text says which one was wanted.
    """
    return _rebuilt(ast, _typed)
