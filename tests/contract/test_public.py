"""The public interface of the package: every name is there, and type checkers see the same."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import annotate
from annotate.formats import write_format


@pytest.mark.parametrize("name", ["annotate", "annotate.gold", "annotate.harness", "annotate.release"])
def test_every_public_name_can_be_imported_and_type_checkers_see_the_same_names(name: str) -> None:
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


_FACES = [annotate, *map(importlib.import_module, ("annotate.formats", "annotate.gold", "annotate.release"))]


@pytest.mark.parametrize("face", _FACES, ids=lambda face: str(face.__name__))
def test_every_path_may_be_a_string(face: ModuleType) -> None:
    functions = [found for name in face.__all__ if inspect.isfunction(found := getattr(face, name))]
    paths = [
        (function.__name__, parameter.name, parameter.annotation)
        for function in functions
        for parameter in inspect.signature(function).parameters.values()
        if "Path" in parameter.annotation
    ]
    assert paths
    assert [found for found in paths if "str" not in found[2]] == []


def test_records_are_read_and_written_by_the_name_of_the_file(tmp_path: Path) -> None:
    record = annotate.Prediction(id="a", text="Rain fell.", entities=[annotate.Entity(0, 4, "EVENT")])
    ours, theirs = str(tmp_path / "P.jsonl"), str(tmp_path / "P.conll")
    assert annotate.write_records(ours, [record]) == 1
    assert annotate.read_records(ours, annotate.Prediction) == [record]
    write_format([record], theirs, "conll")
    [back], _ = annotate.read_predictions(theirs, "conll", texts=[record])
    assert back.entities == record.entities
    with pytest.raises(annotate.AnnotateError, match=r"absent.jsonl: cannot be read \(No such file"):
        annotate.read_records(str(tmp_path / "absent.jsonl"), annotate.Prediction)
