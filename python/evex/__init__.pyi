# SPDX-License-Identifier: MIT
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal

import numpy as np

_Order = Literal["K", "A", "C", "F"]
_Casting = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Overflow = Literal["wrap", "error", "float"]
_Out = np.ndarray[Any, Any] | tuple[np.ndarray[Any, Any], ...] | None

__version__: str
__all__: list[str]

class EvexError(ValueError):
    message: str
    text: str
    offset: int
    length: int
    hint: str
    index: int
    def __init__(
        self,
        message: str,
        text: str = "",
        offset: int = 0,
        length: int = 0,
        hint: str = "",
        index: int = -1,
    ) -> None: ...

class EvexNameError(EvexError, KeyError, NameError): ...
class EvexTypeError(EvexError, TypeError): ...

class Pool:
    def __init__(self, n_threads: int = 0) -> None: ...
    @property
    def n_threads(self) -> int: ...

class Groups:
    codes: np.ndarray[Any, Any]
    n_groups: int
    keys: Any
    def __init__(self, codes: Any, n_groups: int | None = None, keys: Any = None) -> None: ...
    def __len__(self) -> int: ...

class Expression:
    def __new__(cls, ex: str, overflow: _Overflow = "wrap") -> Expression: ...
    @property
    def text(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def overflow(self) -> _Overflow: ...
    def explain(self) -> str: ...
    def __call__(
        self,
        *args: Any,
        out: _Out = None,
        order: _Order = "K",
        casting: _Casting = "same_kind",
        threads: int | None = None,
        pool: Pool | None = None,
        **operands: Any,
    ) -> Any: ...

def evaluate(
    ex: str | Expression,
    local_dict: Mapping[str, Any] | None = None,
    global_dict: Mapping[str, Any] | None = None,
    out: _Out = None,
    order: _Order = "K",
    casting: _Casting = "same_kind",
    *,
    threads: int | None = None,
    pool: Pool | None = None,
    by: Any = None,
    overflow: _Overflow = "wrap",
    fast: None = None,
    result: Literal["arrow"] | None = None,
    **operands: Any,
) -> Any: ...
def compile(
    ex: str, *, overflow: _Overflow = "wrap", fast: None = None, **examples: Any
) -> Expression: ...
def group(*keys: Any) -> Groups: ...
def names(ex: str) -> tuple[str, ...]: ...
def validate(ex: str, **examples: Any) -> Exception | None: ...
def explain(ex: str, **examples: Any) -> str: ...
def register(name: str, function: Any, signature: str, *, block: bool = False) -> None: ...
def set_num_threads(n: int | None) -> int: ...
def get_num_threads() -> int: ...
def threads(n: int | None) -> AbstractContextManager[None]: ...
def clear_cache() -> int: ...
def config() -> dict[str, Any]: ...
