"""brat's files in every spelling that brat itself takes: an item is kept, or it is in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.errors import RecordError
from annotate.formats import FormatReport, read_predictions, write_format
from annotate.records import Entity, GoldRecord, Prediction, Quote, Span

TEXT = "Maria Lopez of Acme\nleft Oslo .\n"
ANN = "T1\tPERSON 0 11\tMaria Lopez\nT2\tORG 15 19\tAcme\nT3\tGPE 25 29\tOslo\n"
SPANS = [(0, 11, "PERSON"), (15, 19, "ORG"), (25, 29, "GPE")]
LISTED = "[entities]\nPERSON\nORG\nGPE\n[relations]\n[events]\n[attributes]\n"


def read(folder: Path, ann: str = ANN, conf: str | None = None, text: str = TEXT) -> tuple[Prediction, FormatReport]:
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "a.ann").write_bytes(ann.encode())
    if conf is not None:
        (folder / "annotation.conf").write_bytes(conf.encode())
    [prediction], report = read_predictions(folder, "brat")
    return prediction, report


def spans(prediction: Prediction) -> list[tuple[int, int, str]]:
    return [(e.start, e.end, e.label) for e in prediction.entities or ()]


@pytest.mark.parametrize(
    "conf",
    [
        LISTED,
        LISTED.replace("[entities]", "[spans]"),
        LISTED.replace("[entities]", "  [entities] \t"),
        LISTED.replace("[entities]", "[Entities]"),
        LISTED.replace("\n", "\r\n"),
        "\ufeff" + LISTED,
        LISTED.replace("PERSON\n", "# people\n\n!Name\n PERSON|Person|Pers\n----\n"),
        LISTED.replace("PERSON\n", "<WHO>=PERSON\n<WHO>\n"),
        LISTED.replace("PERSON\n", "PERSON\tNationality?:GPE, <NORM>:Wikipedia\n"),
        "[options]\nTokens tokenizer:whitespace\n" + LISTED,
        "[entities]\n[events]\nMove\n",
        "[events]\nMove\n",
        "",
    ],
)
def test_configurations_in_all_spellings_lose_nothing(conf: str, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, conf=conf)
    assert spans(prediction) == SPANS
    assert report.lost == 0
    empty, _ = read(tmp_path, ann="", conf=conf)
    assert empty.entities == ([] if "PERSON" in conf else None)


def test_the_nearest_configuration_upwards_counts(tmp_path: Path) -> None:
    read(tmp_path / "in", ann="")
    (tmp_path / "annotation.conf").write_text(LISTED)
    [prediction], _ = read_predictions(tmp_path, "brat")
    assert (prediction.id, prediction.entities) == ("in/a", [])
    (tmp_path / "in" / "annotation.conf").write_text("[spans]\nQUOTE\n")
    [prediction], _ = read_predictions(tmp_path, "brat")
    assert (prediction.entities, prediction.quotes) == (None, [])


def test_items_whose_label_the_configuration_does_not_list_are_kept(tmp_path: Path) -> None:
    ann = "T1\tPERSON 0 3\tAna\nT2\tQUOTE 11 17\tGo now\nT3\tSPEAKER 0 3\tAna\nR1\tspeaker Arg1:T2 Arg2:T3\n"
    prediction, report = read(tmp_path, ann=ann, conf="[entities]\nPERSON\n", text="Ana said : Go now .\n")
    assert spans(prediction) == [(0, 3, "PERSON")]
    assert prediction.quotes == [Quote("indirect", [Span(11, 17)], Span(0, 3))]
    assert report.lost == 0


@pytest.mark.parametrize("conf", [None, LISTED.replace("[events]", "[events]\nLeave Who:PERSON")])
def test_triggers_of_events_are_no_entities(conf: str | None, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, ann=ANN + "T4\tLeave 20 24\tleft\nE1\tLeave:T4 Who:T1\n", conf=conf)
    assert spans(prediction) == SPANS
    assert {reason: loss.count for reason, loss in report.losses.items()} == {
        "triggers of events, which are no entities": 1,
        "events": 1,
    }


def test_a_type_of_events_without_its_event_is_a_trigger_too(tmp_path: Path) -> None:
    conf = LISTED.replace("[events]", "[events]\nLeave")
    prediction, report = read(tmp_path, ann=ANN + "T4\tLeave 20 24\tleft\n", conf=conf)
    assert spans(prediction) == SPANS
    assert report.lost == 1


def test_a_trigger_whose_type_is_listed_as_an_entity_is_one(tmp_path: Path) -> None:
    ann = ANN + "E1\tORG:T2\n"
    prediction, _ = read(tmp_path, ann=ann, conf=LISTED)
    assert spans(prediction) == SPANS
    prediction, _ = read(tmp_path, ann=ann, conf="[events]\nORG\n")
    assert spans(prediction) == [SPANS[0], SPANS[2]]


def test_a_file_of_nothing_but_triggers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"nothing in it can be read .* triggers of events") as caught:
        read(tmp_path, ann="T4\tLeave 20 24\tleft\nE1\tLeave:T4\n", conf=LISTED)
    assert "not held: events: 1 (a: E1)" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("line", "noted", "lost"),
    [
        ("T1\tPERSON 0 11", 1, 0),
        ("T1\tPERSON 0 11\t", 1, 0),
        ("T1\tPERSON 0 11 \tMaria Lopez", 0, 0),
        ("T1\tPERSON 0 11\tMaria Lopez ", 0, 0),
        ("T1\tPERSON 0 11\tMaria Lopez\r", 0, 0),
        ("T1\tPERSON 0 11\tMaria Lopez\tchecked", 0, 1),
    ],
)
def test_spans_with_less_or_more_than_their_words(line: str, noted: int, lost: int, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, ann=f"{line}\n")
    assert spans(prediction) == SPANS[:1]
    assert (len(report.notes), report.lost) == (noted, lost)


@pytest.mark.parametrize("words", ["Maria Lopezes", "Maria", "maria lopez"])
def test_other_words_than_the_span_covers_are_refused(words: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"a.ann:1: T1 covers 'Maria Lopez' but the file has"):
        read(tmp_path, ann=f"T1\tPERSON 0 11\t{words}\n")


@pytest.mark.parametrize("words", ["Acme left", "Acmeleft"])
def test_fragments_joined_with_and_without_a_space(words: str, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, ann=f"T1\tQUOTE 15 19;20 24\t{words}\n")
    assert prediction.quotes == [Quote("indirect", [Span(15, 24)])]
    assert report.lost == 0
    prediction, report = read(tmp_path, ann="T1\tGPE 25 29;15 19\tOslo Acme\n")
    assert spans(prediction) == [(15, 29, "GPE")]
    assert report.lost == 1


@pytest.mark.parametrize("text", [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT])
def test_offsets_that_count_without_carriage_returns_or_byte_order_mark(text: str, tmp_path: Path) -> None:
    prediction, _ = read(tmp_path, text=text)
    assert (prediction.text, spans(prediction)) == (TEXT, SPANS)


def test_offsets_that_count_carriage_returns(tmp_path: Path) -> None:
    text = TEXT.replace("\n", "\r\n")
    prediction, _ = read(tmp_path, ann=ANN.replace("25 29", "26 30"), text=text)
    assert prediction.text == text


def test_notes_are_kept_and_those_of_other_kinds_counted(tmp_path: Path) -> None:
    notes = "#1\tAnnotatorNotes T1\tfirst\n#2\tAnnotatorNotes T1\tsecond\n#3\tLemma T1\tlopez\n"
    prediction, report = read(tmp_path, ann=ANN + notes)
    assert [entity.note for entity in prediction.entities or ()] == ["first\nsecond", None, None]
    assert {reason: loss.count for reason, loss in report.losses.items()} == {"attributes and notes of other kinds": 1}
    report = write_format([GoldRecord(id="a", text=TEXT, entities=prediction.entities)], tmp_path / "out", "brat")
    assert "line breaks in notes" in report.losses


def test_attributes_are_kept_or_counted(tmp_path: Path) -> None:
    ann = (
        "T1\tQUOTE 0 11\tMaria Lopez\nT2\tORG 15 19\tAcme\nA1\tquote_type T1 mixed\nA2\tquote_type T1 direct\n"
        "A3\tquote_type T2 direct\nM1\tNegation T1\nA4\tNegation E9\n"
    )
    prediction, report = read(tmp_path, ann=ann)
    assert [quote.type for quote in prediction.quotes or ()] == ["mixed"]
    assert {reason: loss.count for reason, loss in report.losses.items()} == {
        "a second quote_type of one span": 1,
        "attributes that such a span has not: quote_type": 1,
        "attributes and notes of other kinds": 2,
    }
    assert {loss.of for loss in report.losses.values()} == {"details"}


@pytest.mark.parametrize("relation", ["speaker Arg1:T1 Arg2:T2", "speaker Said:T2 By:T1", "says Arg1:T1 Arg2:T2"])
@pytest.mark.parametrize("label", ["SPEAKER", "PERSON"])
def test_relations_in_any_direction_and_to_an_entity(relation: str, label: str, tmp_path: Path) -> None:
    ann = f"T1\tQUOTE 20 24\tleft\nT2\t{label} 0 11\tMaria Lopez\nR1\t{relation}\n"
    prediction, report = read(tmp_path, ann=ann)
    [quote] = prediction.quotes or ()
    if label == "PERSON":
        assert spans(prediction) == SPANS[:1]
    if label == "PERSON" and relation.startswith("says"):
        assert (quote.speaker, report.lost) == (None, 1)
    else:
        assert (quote.speaker, report.lost) == (Span(0, 11), 0)


def test_partial_files_are_read_together_and_texts_without_any_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.txt").write_text(TEXT)
    first, *others = ANN.splitlines(keepends=True)
    (tmp_path / "a.a1").write_text(first)
    (tmp_path / "a.a2").write_text("".join(others))
    [prediction], report = read_predictions(tmp_path, "brat")
    assert spans(prediction) == SPANS
    assert [(loss.of, loss.examples) for loss in report.losses.values()] == [("articles", ["b"])]


def test_the_layers_that_are_asked_for_are_the_ones_that_are_read(tmp_path: Path) -> None:
    read(tmp_path, ann=ANN + "T4\tQUOTE 20 24\tleft\n")
    [prediction], report = read_predictions(tmp_path, "brat", layers=("quotes",))
    assert prediction.entities is None
    assert prediction.quotes == [Quote("indirect", [Span(20, 24)])]
    assert {reason: note.count for reason, note in report.notes.items()}["entities that were not asked for"] == 3
    assert report.lost == 0


def test_labels_that_the_schema_does_not_know_are_kept(tmp_path: Path) -> None:
    prediction, report = read(tmp_path, ann="T1\tVERB 20 24\tleft\n")
    assert prediction.entities == [Entity(20, 24, "VERB")]
    assert report.lost == 0


def test_hidden_files_are_no_articles(tmp_path: Path) -> None:
    for name in ("._a.ann", ".a.ann", ".hidden.txt", ".b.a1"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07")
    prediction, report = read(tmp_path)
    assert (prediction.id, spans(prediction), report.lost) == ("a", SPANS, 0)
    assert report.notes["hidden files, which brat does not show either"].count == 2
