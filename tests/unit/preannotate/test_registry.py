"""The registry: names, arguments, duplicates, plug-ins."""

from __future__ import annotations

import importlib.metadata
import sys
import types

import pytest

from annotate.errors import PreannotatorError
from annotate.preannotate import registry
from annotate.records import Layers
from annotate.schema import Schema, load_schema
from tests.support.preannotators import copy_registry


@pytest.fixture(autouse=True)
def _own_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    copy_registry(monkeypatch)


def _build(schema: Schema) -> registry.Preannotator:
    return registry.Preannotator("mine", "2", ("entities",), lambda articles: (Layers(entities=[]) for _ in articles))


def test_a_name_is_registered_once() -> None:
    registry.register("mine")(_build)
    registry.register("mine")(_build)  # the same function again: its module was reloaded
    with pytest.raises(PreannotatorError, match="twice"):
        registry.register("mine")(lambda schema: _build(schema))
    assert registry.build("mine", load_schema()).model == "mine-2"


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(PreannotatorError, match=r"expected one of .*llm:MODEL, news, rules, spacy:NAME_OR_PATH"):
        registry.build("nobody", load_schema())


@pytest.mark.parametrize("name", ["rules:x", "spacy", "spacy:", "rules:"])
def test_arguments_are_checked(name: str) -> None:
    with pytest.raises(PreannotatorError, match="expected"):
        registry.build(name, load_schema())


def test_plug_ins_come_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("plug_in_of_test")
    module.build = _build  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plug_in_of_test", module)
    points = [
        importlib.metadata.EntryPoint("mine", "plug_in_of_test:build", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("broken", "plug_in_of_test:gone", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points)
    assert registry.build("mine", load_schema()).model == "mine-2"
    with pytest.raises(PreannotatorError, match="cannot be loaded"):
        registry.build("broken", load_schema())
