"""Export -> import is identity for all that a format can hold; the rest is counted."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotate.errors import AnnotateError, RecordError
from annotate.formats import READERS, WRITERS, read_predictions, write_format
from annotate.records import Entity, GoldRecord, Quote, Span
from tests.support.plain import plain
from tests.support.records import records

several = st.lists(records(ids=st.text("ab/: é%.", min_size=1, max_size=5).filter(str.strip)), min_size=1, max_size=3)


def there_and_back(name: str, written: list[GoldRecord], **options):  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        report = write_format(written, path, name, **options)
        read, back = read_predictions(path, name, texts=written)
    assert back.lost == 0
    return read, report


@pytest.mark.parametrize("name", ["jsonl", "spacy", "prodigy"])
@given(record=records())
@settings(max_examples=25)
def test_formats_that_hold_everything(name: str, record: GoldRecord) -> None:
    [read], report = there_and_back(name, [record])
    assert report.lost == 0
    assert plain(read) == plain(record)
    assert read.text == record.text


@given(record=records())
@settings(max_examples=25)
def test_label_studio_holds_everything_and_gives_each_region_an_id(record: GoldRecord) -> None:
    [read], report = there_and_back("labelstudio", [record])
    assert report.lost == 0
    assert plain(read, without=["id"]) == plain(record, without=["id"])


@given(record=records())
@settings(max_examples=40)
def test_columns_hold_all_but_scores(record: GoldRecord) -> None:
    [read], report = there_and_back("conll", [record])
    assert set(report.losses) <= {"score of spans"}
    assert plain(read, without=["score"]) == plain(record, without=["score"])


@given(record=records())
@settings(max_examples=40)
def test_brat_holds_all_but_scores_and_fragments_at_line_breaks(record: GoldRecord) -> None:
    [read], report = there_and_back("brat", [record])
    known = {"score of spans", "fragments that only a line break parts, and line breaks at the edge of a span"}
    assert set(report.losses) <= known
    assert read.text == record.text
    assume(not set(report.losses) & (known - {"score of spans"}))
    assert plain(read, without=["score"]) == plain(record, without=["score"])


@given(record=records())
@settings(max_examples=25)
def test_strings_hold_what_the_report_does_not_name(record: GoldRecord) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        report = write_format([record], path, "strings")
        [read], _ = read_predictions(path, "strings", texts=[record])
    assert (read.entities is None, read.quotes is None, read.claims is None) == (False, False, False)
    assume(not report.lost)
    for layer, items in plain(record, without=["score"]).items():
        assert {repr(item) for item in plain(read, without=["score"])[layer]} == {repr(item) for item in items}


@pytest.mark.parametrize("name", sorted(set(WRITERS) & set(READERS) - {"strings", "hf", "labelstudio"}))
@given(written=several.filter(lambda found: len({record.id for record in found}) == len(found)))
@settings(max_examples=8)
def test_articles_keep_their_ids_whatever_characters_they_have(name: str, written: list[GoldRecord]) -> None:
    read, _ = there_and_back(name, written)
    assert sorted(record.id for record in read) == sorted(record.id for record in written)


TEXT = "The New Yorker met AlKadhimi's aides. “Go,” he said."


@pytest.mark.parametrize("name", ["conll", "spacy", "prodigy"])
@pytest.mark.parametrize(
    ("alignment", "found", "lost"),
    [("split", ["New", "Kadhimi"], 0), ("expand", ["New", "AlKadhimi"], 1), ("drop", ["New"], 1)],
)
def test_an_edge_inside_a_token_is_cut_moved_or_dropped_but_never_silently(
    name: str, alignment: str, found: list[str], lost: int
) -> None:
    start = TEXT.index("Kadhimi")
    record = GoldRecord(id="a-1", text=TEXT, entities=[Entity(4, 7, "ORG"), Entity(start, start + 7, "PERSON")])
    [read], report = there_and_back(name, [record], alignment=alignment)
    assert [TEXT[e.start : e.end] for e in read.entities or ()] == found
    assert report.lost == lost
    if alignment == "split":
        assert "tokens cut at a span's edge" in report.notes


def test_contract_shrinks_to_whole_tokens_and_drops_what_is_left_without_one(tmp_path: Path) -> None:
    record = GoldRecord(id="a-1", text=TEXT, entities=[Entity(4, 17, "ORG"), Entity(21, 28, "PERSON")])
    report = write_format([record], tmp_path / "x", "conll", alignment="contract")
    [read], _ = read_predictions(tmp_path / "x", "conll", texts=[record])
    assert [TEXT[e.start : e.end] for e in read.entities or ()] == ["New Yorker"]
    assert report.lost == 2


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"jsonl", "strings"}))
def test_what_a_format_cannot_hold_is_counted_with_an_example(name: str, tmp_path: Path) -> None:
    quote = Quote("direct", [Span(38, 43)], Span(44, 46), Span(47, 51), score=0.5, note="doubtful")
    record = GoldRecord(
        id="a-1",
        text=TEXT,
        title="T",
        quotes=[quote],
        annotators=["x"],
        entities=[Entity(0, 3, "ORG", origin="manual")],
    )
    report = write_format([record], tmp_path / "out", name)
    named = " ".join(report.losses)
    lost_by_design = {
        "conll": ["note of spans", "origin of spans", "score of spans", "title of articles", "annotators of articles"],
        "brat": ["origin of spans", "score of spans", "title of articles"],
        "prodigy": ["annotators of articles"],
        "spacy": [],
    }
    for reason in lost_by_design.get(name, []):
        assert reason in named
    assert report.items == {"entities": 1, "quotes": 1}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_record_without_text_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="rehydrate"):
        write_format([GoldRecord(id="a-1", entities=[])], tmp_path / "out", name)
    assert not list(tmp_path.iterdir())


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="brat, conll"):
        write_format([], tmp_path / "x", "xml")


def test_absent_layers_stay_absent(tmp_path: Path) -> None:
    record = GoldRecord(id="a-1", text=TEXT, entities=[], claims=[])
    for name in ("spacy", "conll", "prodigy", "jsonl"):
        write_format([record], tmp_path / name, name)
        [read], _ = read_predictions(tmp_path / name, name, texts=[record])
        assert (read.entities, read.quotes, read.claims) == ([], None, []), name
