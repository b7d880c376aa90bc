"""A file in a foreign format whose format is not named: the message names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate import score_predictions
from annotate.errors import AnnotateError
from annotate.formats import write_format
from annotate.formats.guess import guess_format
from annotate.records import Entity, GoldRecord, Quote, Span

RECORDS = [
    GoldRecord(
        id="a",
        text="Ana Reis said we won.",
        entities=[Entity(0, 8, "PERSON")],
        quotes=[Quote("indirect", [Span(14, 20)], Span(0, 8))],
    )
]


@pytest.mark.parametrize("format", ["conll", "brat", "spacy", "prodigy", "labelstudio", "hf", "strings", "jsonl"])
def test_what_the_toolkit_writes_is_known_again(format: str, tmp_path: Path) -> None:
    write_format(RECORDS, tmp_path / "x", format)
    assert guess_format(tmp_path / "x") == (None if format == "jsonl" else format)


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("p.conll", "Ana\tPERSON\n", "conll"),
        ("p.txt", "\ufeff-DOCSTART- -X- O\n\nAna NNP B-PER\nwon VBD O\n", "conll"),
        ("p.json", '{"id": 1, "data": {"text": "Ana"}, "annotations": []}', "labelstudio"),
        ("p.jsonl", '{"id": "a", "entities": [["Ana", "PERSON"]]}', "strings"),
        ("p.jsonl", '{"id": "a", "quotes": [{"content": "we won"}]}', "strings"),
        ("p.jsonl", '{"id": "a", "entities": []}', None),
        ("p.jsonl", '{"id": "a", "quotes": [{"type": "direct", "content": [{"start": 0, "end": 2}]}]}', None),
        ("p.jsonl", '{"id": "a"}', None),
        ("p.jsonl", "{\n", None),
        ("p.jsonl", "[1, 2]\n", None),
        ("p.jsonl", "Once upon a time.\n", None),
        ("p.jsonl", "", None),
    ],
)
def test_by_suffix_and_content(name: str, content: str, format: str | None, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    assert guess_format(path) == format


@pytest.mark.parametrize("made_by_run", [False, True])
def test_score_names_the_format(made_by_run: bool, tmp_path: Path) -> None:
    gold, path = tmp_path / "gold.jsonl", tmp_path / "p.conll"
    write_format(RECORDS, gold, "jsonl")
    write_format(RECORDS, path, "conll")
    where: dict[str, Any] = {"predictions": None, "run": f"cat {path}"} if made_by_run else {"predictions": path}
    with pytest.raises(AnnotateError) as caught:
        score_predictions(gold=gold, **where)
    assert "it looks like conll: add --from conll" in str(caught.value)
    assert "\n" not in str(caught.value)
