"""`annotate.show`: records, files and releases with their marks."""

from __future__ import annotations

from pathlib import Path

import pytest

import annotate
from annotate.explore import show
from annotate.jsonl import write_records
from annotate.records import Annotation, Article, Entity, GoldRecord


def records(count: int) -> list[GoldRecord]:
    return [GoldRecord(id=f"a{i}", text=f"Rome fell {i}.", entities=[Entity(0, 4, "GPE")]) for i in range(count)]


def test_one_record_several_or_none() -> None:
    assert show(Article(id="a", text="Rome"))._repr_html_().count('class="text"') == 1
    assert show(iter(records(3)))._repr_html_().count('class="text"') == 3
    assert repr(show([])) == "<0 records, shown in notebooks>"


def test_of_many_the_first_are_shown_and_the_others_counted() -> None:
    shown = show(records(25), limit=4)
    assert shown._repr_html_().count('class="text"') == 4
    assert "21 more" in shown._repr_html_()
    assert repr(shown) == "<25 records, shown in notebooks>"


def test_a_release_and_a_file_whose_versions_are_named(tmp_path: Path) -> None:
    assert annotate.show("news/0.1.0")._repr_html_().count('class="text"') == 5
    path = tmp_path / "A.jsonl"
    write_records(path, [Annotation(id="a", text="Rome", annotator=name, entities=[]) for name in ("ann", "ben")])
    shown = annotate.show(path)._repr_html_()
    assert "<b>ann · a</b>" in shown
    assert "<b>ben · a</b>" in shown


def test_a_file_that_is_absent_is_an_error() -> None:
    with pytest.raises(annotate.AnnotateError, match="nowhere"):
        show("nowhere.jsonl")
