"""The public interface of the package: every name is there, and type checkers see the same."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import annotate


def test_every_public_name_can_be_imported() -> None:
    for name in annotate.__all__:
        assert getattr(annotate, name) is not None, name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(annotate.__file__).read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    told = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert told == annotate._PUBLIC


@pytest.mark.parametrize("name", ["annotate.gold", "annotate.harness", "annotate.release"])
def test_faces_that_import_late_have_what_they_name(name: str) -> None:
    face = importlib.import_module(name)
    tree = ast.parse(Path(face.__file__ or "").read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    declared = {
        alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert declared == face._PUBLIC
    for public in face.__all__:
        assert getattr(face, public) is not None, public
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing
