"""What other libraries keep private may change with any of their versions: nothing here uses it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"annotate", "tests"}
NAMED_TUPLE = {"_replace", "_asdict", "_fields", "_make"}  # public, in spite of their names


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own_names(tree: ast.AST) -> Iterator[str]:
    """The names that this code gives: to functions, classes, variables and attributes of `self` or `cls`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from [node.attr] if ast.unparse(node.value) in ("self", "cls") else []


def foreign_private_names(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """Private modules and names that are imported from others, and private attributes whose names are not our own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            imported = []
            if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in own | NAMED_TUPLE:
                yield f"line {node.lineno}: {ast.unparse(node)}"
        for name in imported:
            first, *parts = name.split(".")
            if first not in OURS and any(map(is_private, [first, *parts])):
                yield f"line {node.lineno}: import {name}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import torch._dynamo", ["import torch._dynamo"]),
        ("from numpy._core import multiarray", ["import numpy._core.multiarray"]),
        ("from typing import _SpecialForm", ["import typing._SpecialForm"]),
        ("import _socket", ["import _socket"]),
        ("sdk._client_wrapper.httpx_client.get('x')", ["sdk._client_wrapper"]),
        ("class Mine(Theirs):\n    def run(self): return self._inner", ["self._inner"]),
        ("class Mine:\n    def __init__(self): self._inner = 1\n    def run(self, other): return other._inner", []),
        ("from __future__ import annotations\nfrom annotate.files import _PART\nrow._replace(a=1).__dict__", []),
    ],
)
def test_private_names_of_others_are_found(source: str, found: list[str]) -> None:
    tree = ast.parse(source)
    assert [line.partition(": ")[2] for line in foreign_private_names(tree, set(own_names(tree)))] == found


def test_no_private_names_of_others_are_used() -> None:
    files = [path for folder in ("annotate", "tests", "docs") for path in sorted((ROOT / folder).rglob("*.py"))]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in files}
    assert len(trees) > 200
    own = {name for tree in trees.values() for name in own_names(tree) if is_private(name)}
    found = [f"{path}: {use}" for path, tree in trees.items() for use in foreign_private_names(tree, own)]
    assert not found, "\n".join(found)
