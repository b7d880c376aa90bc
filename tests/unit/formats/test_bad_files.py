"""Files of other tools that are wrong in one place: one problem, with line and cause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import AnnotateError, RecordError
from annotate.formats import read_predictions, write_format
from annotate.records import Article, GoldRecord

TEXT = "Ann met Bo."


def find_problem(path: Path, format: str) -> str:
    with pytest.raises(AnnotateError) as caught:
        read_predictions(path, format, texts=[Article(id="a", text=TEXT)], layers=("entities",))
    return str(caught.value)


@pytest.mark.parametrize("start", [0.0, 0.5, True, "0", None, [0]])
def test_prodigy_offsets_are_whole_numbers(tmp_path: Path, start: Any) -> None:
    span = {"start": start, "end": 3, "label": "PERSON"}
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"text": TEXT, "meta": {"id": "a"}, "spans": [span]}))
    assert f"{path}:1: a: spans or relations not in Prodigy's form" in find_problem(path, "prodigy")


@pytest.mark.parametrize("format", ["prodigy", "strings", "jsonl"])
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"id": "a", "id": "b"}', "the key 'id' appears twice"),
        (b'{"id": "a", "v": NaN}', "NaN is not a JSON number"),
        (b'{"id": "a", "v": ' + b"[" * 300 + b"]" * 300 + b"}", "nested more than 100"),
        (b'{"id": "\xff"}', "not UTF-8 at byte 8"),
        (b"[1]", "expected an object"),
    ],
)
def test_json_lines_read_the_same_in_every_format(tmp_path: Path, format: str, line: bytes, words: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n" + line)
    assert find_problem(path, format).startswith(f"{path}:2: ")
    assert words in find_problem(path, format)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("null", "expected a list of tasks"),
        ('{"data": 1}', "expected a list of tasks"),
        ("[null]", "task 0: expected an object with data, found None"),
        ('[{"data": ["text"]}]', "no data.text"),
        (
            '[{"data": {"text": "Rain.", "doc_id": "r"}, "predictions": [{"result": 5}]}]',
            "result is 5; expected a list",
        ),
        ('[{"data": {"text": "Rain."}, "annotations": [{"result": [], "score": "high"}]}]', "score"),
    ],
)
def test_label_studio_exports_of_another_form(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert words in find_problem(path, "labelstudio")


def test_a_byte_order_mark_at_the_start_of_a_file_is_skipped(tmp_path: Path) -> None:
    gold = [GoldRecord(id="a", text=TEXT, annotators=["x"], entities=[])]
    for format in ("jsonl", "prodigy", "labelstudio", "conll", "strings"):
        path = tmp_path / format
        write_format(gold, path, format)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        (prediction,), _ = read_predictions(path, format, texts=gold)
        assert prediction.id == "a"
    write_format(gold, tmp_path / "brat", "brat")
    (tmp_path / "brat" / "a.ann").write_text("\ufeffT1\tPERSON 0 3\tAnn\n", "utf-8")
    (prediction,), _ = read_predictions(tmp_path / "brat", "brat")
    assert prediction.entities is not None
    assert prediction.entities[0].label == "PERSON"


def test_brat_offsets_of_many_digits(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_text(f"T1\tPERSON 0 {'9' * 5000}\tAnn\n")
    assert "a.ann:1: not a line of brat's format" in find_problem(tmp_path, "brat")


@pytest.mark.parametrize("user_data", [{"annotate": None}, {"annotate": {"record": 5}}, {"annotate": {"items": [1]}}])
def test_spacy_documents_of_another_form(tmp_path: Path, user_data: dict[str, Any]) -> None:
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("en")(TEXT)
    doc.user_data = {"id": "a", **user_data}
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
    assert "doc 0: user_data: Expected `object`" in find_problem(tmp_path / "x.spacy", "spacy")


def test_a_file_that_is_no_dataset_is_not_looked_for_on_the_hub(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{}")
    assert "a file that is no Parquet" in find_problem(path, "hf")


def test_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="nothing to write"):
        write_format([], tmp_path / "x", "jsonl")
