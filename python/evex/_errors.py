# SPDX-License-Identifier: MIT
"""The exceptions of evex, and how errors of the library become them."""


class EvexError(ValueError):
    """An expression that cannot be compiled or evaluated.

    Attributes
    ----------
    message : str
        What is wrong.
    text : str
        The expression.
    offset, length : int
        The place in `text`, in characters; `length` is 0 where there is none.
    hint : str
        What to do about it, or "".
    index : int
        The first element at fault (in C order) for checks on values, else -1.
    """

    def __init__(self, message, text="", offset=0, length=0, hint="", index=-1):
        super().__init__(message, text, offset, length, hint, index)
        self.message, self.text = message, text
        self.offset, self.length = offset, length
        self.hint, self.index = hint, index

    def __str__(self):
        lines = [self.message]
        if self.length > 0:
            lines += _underlined(self.text, self.offset, self.length)
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)


class EvexNameError(EvexError, KeyError, NameError):
    """A name of the expression that has no operand."""

    __str__ = EvexError.__str__


class EvexTypeError(EvexError, TypeError):
    """An operation that has no meaning for the types of its operands."""

    __str__ = EvexError.__str__


def _underlined(text, offset, length):
    """The line of the place, and a line of carets below it."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[start:] if end < 0 else text[start:end]
    column = offset - start
    carets = max(1, min(length, len(line) - column))
    return ["    " + line, "    " + " " * column + "^" * carets]


for _class in (EvexError, EvexNameError, EvexTypeError):
    _class.__module__ = "evex"  # where users find them

_CLASSES = {"name": EvexNameError, "type": EvexTypeError}


def raise_error(kind, message, text, offset, length, hint, index, operand):
    """Raise the exception for an error of the library, whose places are in bytes of UTF-8."""
    if kind == "memory":
        raise MemoryError(message)
    source = text.encode()
    begin = len(source[:offset].decode(errors="ignore"))
    end = len(source[: offset + length].decode(errors="ignore"))
    if operand is not None and f"'{operand}'" not in message:
        message = f"operand '{operand}': {message}"
    raise _CLASSES.get(kind, EvexError)(message, text, begin, end - begin, hint, index)
