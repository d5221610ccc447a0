# SPDX-License-Identifier: MIT
"""Typed trees as lists of instructions with registers, which is how disassemble() shows them: r0 is the
result, r1 and on the inputs, then come the constants, then what is computed on the way. evex's own
bytecode is what evex.explain() shows."""

from evex.numexpr._opcodes import allaxes
from evex.numexpr._typed import constant_of


class _Register:
    def __init__(self, code, label=None):
        self.code, self.label, self.n_uses = code, label, 0


def _rows_of(name, cells):
    """An instruction has place for a result and two operands; the rest goes behind it."""
    if len(cells) <= 3:
        return [[name, *cells, *[None] * (3 - len(cells))]]
    return [[name, *cells], [b"noop", None, None, None]]


def _distinct(nodes):
    return list(dict.fromkeys(nodes))


def _constants(root):
    """Sorted, as far as they can be."""
    nodes = _distinct(root.allOf("constant"))
    return sorted(nodes, key=lambda node: (node.typecode(), _sort_key(constant_of(node))))


def _sort_key(value):
    return (value.real, value.imag) if isinstance(value, complex) else (value,)


class Listing:
    """rows: the instructions; constants: their values; constant_codes, temporary_codes: kinds of the
    registers, as letters."""

    def __init__(self, root, input_names):
        self.root, self.registers = root, {}
        nodes = _constants(root)
        self.constants = tuple(constant_of(node) for node in nodes)
        self.constant_codes = "".join(node.typecode() for node in nodes)
        for i, name in enumerate(input_names):
            for node in root.allOf("variable"):
                if node.value == name:
                    self.registers[node] = _Register(None, f"r{1 + i}[{name}]")
        for i, node in enumerate(nodes):
            label = f"c{1 + len(input_names) + i}[{self.constants[i]}]"
            self.registers[node] = _Register(None, label)
        self._operations = _distinct(root.allOf("op"))
        self._first_temporary = 1 + len(input_names) + len(nodes)
        self._assign()
        self._number()
        self.rows = [row for node in self._operations for row in self._row(node)]

    def _assign(self):
        """A register is used again when what it held has been read for the last time."""
        n_readers = dict.fromkeys(self._operations, 0)
        for node in self._operations:
            for child in set(node.children) & n_readers.keys():
                n_readers[child] += 1
        free = []
        for node in self._operations:
            for child in set(node.children) & n_readers.keys():
                n_readers[child] -= 1
                if n_readers[child] == 0:
                    free.append(self.registers[child])
            self.registers[node] = self._take(free, node)

    def _take(self, free, node):
        is_reduction = any(child.astType == "raw" for child in node.children)
        is_reduction = is_reduction and not node.value.startswith(b"func_")
        for register in free if not (is_reduction and node is self.root) else ():
            if register.code == node.typecode():
                free.remove(register)
                return register
        return _Register(node.typecode())

    def _number(self):
        self.registers[self.root].label = "r0"
        self.temporary_codes = ""
        for node in self._operations:
            register = self.registers[node]
            if register.label is None:
                register.label = f"t{self._first_temporary + len(self.temporary_codes)}"
                self.temporary_codes += register.code

    def _row(self, node):
        cells = [self.registers[node].label.encode()]
        for child in node.children:
            is_raw = child.astType == "raw"
            cells.append(child.value if is_raw else self.registers[child].label.encode())
        if node.value[:4] in (b"sum_", b"min_", b"max_", b"prod") and cells[-1] == allaxes:
            cells[-1] = None
        return _rows_of(node.value, cells)
