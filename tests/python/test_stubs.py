# SPDX-License-Identifier: MIT
"""The type stubs say what the package has: the same names with the same parameters."""

import ast
import inspect
import pathlib

import evex
import pytest

STUBS = ast.parse((pathlib.Path(evex.__file__).parent / "__init__.pyi").read_text())
FUNCTIONS = {node.name: node for node in STUBS.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in STUBS.body if isinstance(node, ast.ClassDef)}


def parameters_of_stub(function):
    args = function.args
    positional = [a.arg for a in args.posonlyargs + args.args]
    keyword_only = [a.arg for a in args.kwonlyargs]
    rest = [[a.arg] if a else [] for a in (args.vararg, args.kwarg)]
    return [*positional, *rest[0], *keyword_only, *rest[1]]


def test_names():
    assert set(evex.__all__) == set(FUNCTIONS) | set(CLASSES)
    assert (pathlib.Path(evex.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_parameters(name):
    signature = inspect.signature(getattr(evex, name))
    assert list(signature.parameters) == parameters_of_stub(FUNCTIONS[name])
    defaults = [p.default for p in signature.parameters.values() if p.default is not p.empty]
    stub = FUNCTIONS[name].args
    written = [*stub.defaults, *[d for d in stub.kw_defaults if d is not None]]
    assert defaults == [ast.literal_eval(d) for d in written]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_members(name):
    members = {n.name for n in CLASSES[name].body if isinstance(n, ast.FunctionDef)}
    assert members <= set(dir(getattr(evex, name)))
