# SPDX-License-Identifier: MIT
"""Typed trees as programs in evex's language: a statement for each operation, so that parts which occur
twice are computed once and nothing nests. Kinds are made explicit where evex would choose for itself:
variables are cast to their kinds, lone constants to theirs.
"""

import math

from evex.numexpr import _opcodes
from evex.numexpr._typed import constant_of, typecode_to_kind

DTYPES = {
    "bool": "bool",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "complex": "complex128",
}

_BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "mod": "%",
    "floordiv": "//",
    "pow": "**",
    "lshift": "<<",
    "rshift": ">>",
    "and": "&",
    "or": "|",
    "xor": "^",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
}
_TEMPLATES = {
    "neg": "-{0}",
    "invert": "~{0}",
    "real": "{0}.real",
    "imag": "{0}.imag",
    "conjugate_ff": "copy({0})",
    "conjugate_dd": "copy({0})",
    "conjugate_cc": "conj({0})",
    "absolute_cc": "complex128(abs({0}))",
    "sign_cc": "where({0} == 0, {0}, {0} / abs({0}))",
    "round_cc": "complex(rint({0}.real), rint({0}.imag))",
    "round": "rint({0})",
    "absolute": "abs({0})",
    "log2_cc": "log({0}) / 0.6931471805599453",
    "log10_cc": "log({0}) / 2.302585092994046",
    "log1p_cc": "log(1 + {0})",
    "expm1_cc": "exp({0}) - 1",
    "isnan_bc": "isnan({0}.real) | isnan({0}.imag)",
    "isinf_bc": "isinf({0}.real) | isinf({0}.imag)",
    "isfinite_bc": "isfinite({0}.real) & isfinite({0}.imag)",
}
_REDUCTIONS = ("sum", "prod", "min", "max")


def _float_literal(value):
    value = float(value)
    if math.isinf(value):
        return "(-1e999)" if value < 0 else "1e999"
    if math.isnan(value):
        return "nan"
    return f"({value!r})" if math.copysign(1, value) < 0 else repr(value)


def _literal(node):
    """A constant as evex writes it; numbers are weak."""
    value = constant_of(node)
    if node.astKind in ("bytes", "str"):
        text = value.decode("latin-1").rstrip("\0")
        return "'" + "".join(f"\\U{ord(c):08x}" if c in "'\\" or c < " " else c for c in text) + "'"
    if node.astKind in ("int", "long"):
        return f"({value})" if value < 0 else str(value)
    if node.astKind == "complex":
        return f"complex({_float_literal(value.real)}, {_float_literal(value.imag)})"
    return str(value) if node.astKind == "bool" else _float_literal(value)


class _Program:
    """Statements, and the names that hold what has been computed."""

    def __init__(self):
        self.statements, self.names = [], {}

    def add(self, node, text):
        name = self.names.get(node)
        if name is None:
            name = self.names[node] = f"t{len(self.names)}"
            self.statements.append(f"{name} = {text}")
        return name

    def operand(self, node, is_alone):
        """is_alone: no other operand tells evex the type of a constant."""
        if node.astType != "constant":
            return self.names[node]
        literal = _literal(node)
        if not is_alone or node.astKind in ("bytes", "str", "complex"):
            return literal
        return f"{DTYPES[node.astKind]}({literal})"


def _call(name, signature, operands):
    if name in _BINARY:
        return f"{operands[0]} {_BINARY[name]} {operands[1]}"
    template = _TEMPLATES.get(f"{name}_{signature}") or _TEMPLATES.get(name)
    return template.format(*operands) if template else f"{name}({', '.join(operands)})"


def _operation(program, node):
    name, _, signature = node.value.decode().rpartition("_")
    children = node.children
    if name == "func":
        name, _, signature = _opcodes.function_of_code[children[-1].value].rpartition("_")
        children = children[:-1]
    is_alone = name not in _BINARY or all(child.astType == "constant" for child in children)
    if name in _REDUCTIONS:
        axis = children[1].value
        where = "" if axis == _opcodes.allaxes else f", axis={axis}"
        return f"{name}({program.operand(children[0], True)}{where})"
    if name == "real" and _is_cast(children[0]):  # of a real number
        return f"float64({program.operand(children[0].children[0], True)})"
    operands = [program.operand(child, is_alone) for child in children]
    if name == "cast":
        return f"{DTYPES[typecode_to_kind[signature[0]]]}({operands[0]})"
    return _call(name, signature, operands)


def _is_cast(node):
    return node.astType == "op" and node.value.startswith(b"cast_")


def _variable(node, number):
    name = f"x{number}"
    return name if node.astKind in ("bytes", "str") else f"{DTYPES[node.astKind]}({name})"


def _needed(root):
    """The nodes, children first, but for casts to complex of what is then taken the real part of."""
    skipped = {
        node.children[0]
        for node in root.allOf("op")
        if node.value == b"real_dc" and _is_cast(node.children[0])
    }
    return [node for node in root.postorderWalk() if node not in skipped]


def emit(root, input_names):
    """The program of a typed tree, which calls its inputs x0, x1 and so on."""
    program = _Program()
    for node in _needed(root):
        if node.astType == "variable":
            program.add(node, _variable(node, input_names.index(node.value)))
        elif node.astType == "op":
            program.add(node, _operation(program, node))
    return "; ".join([*program.statements, program.operand(root, True)])
