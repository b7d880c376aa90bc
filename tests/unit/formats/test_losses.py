"""The report of losses: what matters comes first, it is there when scoring fails, and nothing usable is an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import annotate
from annotate.errors import AnnotateError, RecordError
from annotate.formats import FormatReport, read_predictions
from annotate.jsonl import write_records
from annotate.records import Article, Entity, GoldRecord, Quote, Span
from tests.support.commands import run

TEXT = "Ana said : Go now ."
GOLD = GoldRecord(id="a", text=TEXT, annotators=["x"], entities=[Entity(0, 3, "PERSON")])


def prodigy(path: Path, *tasks: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps({"text": TEXT, "meta": {"id": "a"}, **task}) + "\n" for task in tasks))
    return path


def span(start: int, end: int, label: object, **more: object) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label, **more}


def test_articles_come_before_items_and_items_before_details() -> None:
    report = FormatReport("brat", "read")
    report.add_loss("notes", "a: 1", 9, of="details")
    report.add_loss("few items", "a: 2", 1)
    report.add_loss("many items", "a: 3", 7)
    report.add_loss("texts", "b", of="articles")
    report.add_note("ids", "a")
    assert [line.partition(" (")[0].strip() for line in str(report).split("\n")[1:]] == [
        "articles lost: texts: 1",
        "items lost or changed: many items: 7",
        "items lost or changed: few items: 1",
        "not held: notes: 9",
        "note: ids: 1",
    ]
    assert report.summarize() == (
        "18 things in the brat file not read as predictions: texts (1), many items (7), few items (1), notes (9)"
    )
    assert report.to_dict()["losses"]["texts"] == {"count": 1, "examples": ["b"], "of": "articles"}


def test_many_reasons_are_few_lines() -> None:
    report = FormatReport("brat", "read")
    for number in range(20):
        report.add_loss(f"reason {number}", "a", 2)
    lines = str(report).split("\n")
    assert len(lines) == 10
    assert lines[-1] == "  items lost or changed: 12 more kinds: 24"


@pytest.mark.parametrize("layers", [None, ("entities",)])
def test_nothing_usable_is_an_error_and_no_empty_prediction(layers: Any, tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {"spans": [], "answer": "reject"})
    with pytest.raises(RecordError, match=r"nothing in it can be read .*: tasks that were not accepted \(1\)"):
        read_predictions(path, "prodigy", layers=layers)


def test_links_alone_are_no_error_where_the_layer_is_known(tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {"spans": [span(0, 3, "SPEAKER")]})
    with pytest.raises(RecordError, match="SPEAKER without a quote"):
        read_predictions(path, "prodigy")
    [prediction], report = read_predictions(path, "prodigy", layers=("quotes",))
    assert (prediction.quotes, report.lost) == ([], 1)


def test_an_extractor_that_finds_nothing_scores_zero(tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {"spans": []})
    [prediction], _ = read_predictions(path, "prodigy", layers=("entities",))
    assert prediction.entities == []


def test_the_report_is_shown_also_where_scoring_fails(tmp_path: Path) -> None:
    write_records(tmp_path / "gold.jsonl", [GOLD, GoldRecord(id="b", text="Rain.", entities=[])])
    path = prodigy(tmp_path / "p", {"spans": [span(0, 3, "PERSON")]}, {"answer": "ignore"})
    arguments = ["--from", "prodigy", "--gold", str(tmp_path / "gold.jsonl")]
    for command in (["score", str(path)], ["compare", str(path), str(path)]):
        if command[0] == "compare":
            (tmp_path / "q").write_bytes(path.read_bytes())
            command[2] = str(tmp_path / "q")
        result = run(*command, *arguments, code=1)
        shown, _, error = result.stderr.partition("error: ")
        assert "articles lost: tasks that were not accepted: 1 (a: answer 'ignore')" in shown
        assert "missing; predict on every gold article" in error


def test_what_each_system_lost_is_a_warning_of_the_comparison(tmp_path: Path) -> None:
    write_records(tmp_path / "gold.jsonl", [GOLD])
    paths = [
        prodigy(tmp_path / "p", {"spans": [span(0, 3, "PERSON"), span(4, 8, "CUE")]}),
        prodigy(tmp_path / "q", {"spans": [span(0, 3, "ORG")]}),
    ]
    found = annotate.compare(paths, tmp_path / "gold.jsonl", format="prodigy")
    assert [warning for warning in found.warnings if "prodigy" in warning] == [
        "p: 1 thing in the prodigy file not read as predictions: CUE without a quote or claim (1)"
    ]


# ------------------------------------------------------------------------------------------------------ Prodigy


def test_spans_of_a_layer_that_the_task_does_not_name_are_kept(tmp_path: Path) -> None:
    spans = [span(0, 3, "PERSON"), span(11, 17, "QUOTE")]
    path = prodigy(tmp_path / "x", {"meta": {"id": "a", "layers": ["entities"]}, "spans": spans})
    [prediction], report = read_predictions(path, "prodigy")
    assert prediction.quotes == [Quote("indirect", [Span(11, 17)])]
    assert prediction.claims is None
    assert "quotes in tasks whose meta.layers does not name them" in report.notes


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([span(0, 3, None)], "label None is not a string"),
        ([span(0, 3, "")], "label '' is not a string"),
        ([{"start": 0, "end": 3}], "label"),
        ([span(0, 3, "PERSON", text="Ane")], "a span is 'Ane', but its offsets cover 'Ana'"),
        ([span(0, 3, "PERSON", key="k"), span(4, 8, "CUE", key="k")], "two spans with the key 'k'"),
    ],
)
def test_spans_without_label_or_of_other_words_are_refused(spans: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="spans or relations not in Prodigy's form") as caught:
        read_predictions(prodigy(tmp_path / "x", {"spans": spans}), "prodigy")
    assert words in str(caught.value)


@pytest.mark.parametrize("given", [{"meta": {"id": 7}}, {"meta": {}, "id": 7}, {"meta": {"id": ""}}, {"meta": None}])
def test_ids_may_be_numbers(given: dict[str, Any], tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {**given, "spans": [span(0, 3, "PERSON")]})
    [prediction], _ = read_predictions(path, "prodigy", texts=[Article(id="7", text=TEXT)])
    assert prediction.id == "7"


def test_choices_about_whole_tasks_are_counted(tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {"spans": [span(0, 3, "PERSON")], "label": "SPORT", "accept": ["a"]})
    _, report = read_predictions(path, "prodigy")
    assert {reason: loss.of for reason, loss in report.losses.items()} == {
        "choices about whole tasks: label": "details",
        "choices about whole tasks: accept": "details",
    }


@pytest.mark.parametrize("layers", [None, ("entities",)])
@pytest.mark.parametrize("key", ["entities", "span", "Spans"])
def test_tasks_without_spans_are_no_annotation_of_nothing(key: str, layers: Any, tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {key: [span(0, 3, "PERSON")]})
    with pytest.raises(RecordError, match="no task has the key 'spans'") as caught:
        read_predictions(path, "prodigy", layers=layers)
    assert f"keys of tasks that are none of Prodigy's: {key}: 1" in caught.value.__notes__[0]


def test_keys_that_no_task_has_are_counted(tmp_path: Path) -> None:
    path = prodigy(tmp_path / "x", {"spans": [], "entities": [1], "_own": [1], "tokens": [{}], "versions": [{}]})
    with pytest.raises(RecordError, match=r"none of Prodigy's: entities \(1\)"):
        read_predictions(path, "prodigy")


@pytest.mark.parametrize(
    ("spans", "words"), [([{"start": 0, "end": 3}], "one has no key 'label'"), ({"start": 0}, "expected a list")]
)
def test_what_is_wrong_with_the_spans_is_said(spans: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=words):
        read_predictions(prodigy(tmp_path / "x", {"spans": spans}), "prodigy")
