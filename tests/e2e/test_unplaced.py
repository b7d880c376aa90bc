"""What an extractor predicts with words that are not in the text counts as wrong, from every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.jsonl import write_records
from annotate.records import Claim, Entity, GoldRecord, Quote, Span
from tests.support.commands import run

TEXT = "Ana Reis met Acme Corp . She said it rained ."
WORDS = TEXT.split()
GOLD = GoldRecord(
    id="a",
    text=TEXT,
    entities=[Entity(0, 8, "PERSON"), Entity(13, 22, "ORG")],
    quotes=[Quote("indirect", [Span(34, 43)])],
    claims=[Claim(34, 43, True, "event")],
)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    write_records(path, [GOLD])
    return path


def score(path: Path, gold: Path, format: str | None, *more: object) -> Any:
    options = ("--gold", gold, "--trials", 0, "--format", "json", *(("--from", format) if format else ()))
    return json.loads(run("score", path, *options, *more).stdout)


def strings(path: Path) -> Path:
    entities = [["Ana Reis", "PERSON"], ["Acme Corp", "ORG"], ["Zorro the Great", "PERSON"], ["Ana Reis", "PERSON"]]
    quotes = [{"content": "it rained"}, {"content": "we will never leave", "type": "direct"}]
    claims = [{"text": "it rained", "check_worthy": True, "kind": "event"}, {"text": "2,500 troops are there"}]
    path.write_text(json.dumps({"id": "a", "entities": entities, "quotes": quotes, "claims": claims}))
    return path


def test_strings_of_which_nothing_is_in_the_text(gold: Path, tmp_path: Path) -> None:
    path = strings(tmp_path / "p.jsonl")
    found = score(path, gold, "strings")
    values = {name: measure["value"] for name, measure in found["measures"].items()}
    for scheme in ("strict", "exact", "partial", "type"):
        assert values[f"precision:{scheme}:entities"] == 2 / 4
        assert values[f"precision:{scheme}:entities/PERSON"] == 1 / 3
        assert values[f"precision:{scheme}:entities/ORG"] == 1
        assert values[f"recall:{scheme}:entities"] == 1
    assert found["counts"]["entities"]["strict"]["spurious"] == 2
    assert found["counts"]["quotes"]["exact"]["spurious"] == 1
    for match in ("exact", "overlap", "half-overlap", "core", "dice", "proportional", "end-to-end"):
        assert values[f"precision:{match}:quotes"] == 1 / 2
        assert values[f"recall:{match}:quotes"] == 1
    assert values["precision:token:quotes"] == 2 / 6
    assert values["precision:type:quotes/direct"] == 0
    assert values["precision:exact:claims"] == values["precision:half-overlap:claims"] == 1 / 2
    assert "2 items of entities have words that are not in the text; each counts as wrong" in found["warnings"]
    assert found["signature"]["from"] == "strings"


def test_they_can_be_left_out(gold: Path, tmp_path: Path) -> None:
    found = score(strings(tmp_path / "p.jsonl"), gold, "strings:found")
    assert found["measures"]["precision:strict:entities"]["value"] == 1
    assert found["signature"]["from"] == "strings:found"
    result = run("score", tmp_path / "p.jsonl", "--gold", gold, "--from", "strings:all", code=None)
    assert "expected strings or strings:found" in result.stderr


def test_labels_are_mapped(gold: Path, tmp_path: Path) -> None:
    path = strings(tmp_path / "p.jsonl")
    found = score(path, gold, "strings", "--map", "-=PERSON", "--layers", "entities")
    assert found["measures"]["precision:strict:entities"] == {
        **found["measures"]["precision:strict:entities"],
        "n_pred": 1,
    }


def test_the_same_from_columns_exports_and_our_own_records(gold: Path, tmp_path: Path) -> None:
    entities = [{"start": 0, "end": 8, "label": "PERSON"}, {"start": 13, "end": 22, "label": "ORG"}]
    ours = tmp_path / "ours.jsonl"
    items = [{"layer": "entities", "text": "Zorro", "label": "GPE"}]
    ours.write_text(json.dumps({"id": "a", "entities": entities, "unplaced": items}))
    expected = score(ours, gold, None, "--layers", "entities")
    assert expected["measures"]["precision:strict:entities"]["value"] == 2 / 3
    tags = ["B-PERSON", "I-PERSON", "O", "B-ORG", "I-ORG"] + ["O"] * (len(WORDS) - 5)
    rows = [*zip(WORDS, tags, strict=True), ("Zorro", "B-GPE")]
    (tmp_path / "p.conll").write_text("".join(f"{word} {tag}\n" for word, tag in rows))
    regions = [{"value": {"start": e["start"], "end": e["end"], "labels": [e["label"]]}} for e in entities]
    regions.append({"value": {"start": 900, "end": 905, "text": "Zorro", "labels": ["GPE"]}})
    result = [{"id": f"r{n}", "type": "labels", "from_name": "x", **region} for n, region in enumerate(regions)]
    task = {"data": {"text": TEXT, "doc_id": "a"}, "predictions": [{"result": result}]}
    (tmp_path / "p.json").write_text(json.dumps([task]))
    pairs = [["Ana Reis", "PERSON"], ["Acme Corp", "ORG"], ["Zorro", "GPE"]]
    (tmp_path / "s.jsonl").write_text(json.dumps({"id": "a", "entities": pairs}))
    for name, format in (("p.conll", "conll"), ("p.json", "labelstudio"), ("s.jsonl", "strings")):
        found = score(tmp_path / name, gold, format, "--layers", "entities")
        for part in ("measures", "counts", "label_counts", "confusions"):
            assert found[part] == expected[part], (format, part)


def test_systems_are_compared_with_them(gold: Path, tmp_path: Path) -> None:
    write_records(gold, [GoldRecord(id=f"{n}", text=TEXT, entities=GOLD.entities) for n in range(6)])
    for name, further in (("good", []), ("poor", [["Zorro", "GPE"]])):
        answer = {"entities": [["Ana Reis", "PERSON"], ["Acme Corp", "ORG"], *further]}
        lines = [json.dumps({"id": f"{n}", **answer}) for n in range(6)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    paths = [tmp_path / "good.jsonl", tmp_path / "poor.jsonl"]
    options = ("--gold", gold, "--from", "strings", "--measure", "precision:strict:entities", "--format", "json")
    found = json.loads(run("compare", *paths, *options).stdout)
    assert found["differences"][0]["better"] == "good"
