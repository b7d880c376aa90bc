"""Exports of any Label Studio project: control names, kinds of regions, several annotators, predictions beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import AnnotateError, RecordError
from annotate.formats import FormatReport, read_predictions, write_format
from annotate.formats.rendered import Rendered
from annotate.records import Article, Entity, GoldRecord, Layers, Prediction, Quote, Span
from annotate.schema import load_schema

TEXT = "Maria Lopez of Acme left Oslo ."
GOLD = GoldRecord(id="a", text=TEXT, entities=[])
SPANS = [(0, 11, "PERSON"), (15, 19, "ORG"), (25, 29, "GPE")]


def region(start: Any, end: Any, label: str, *, control: str = "label", kind: str = "labels", **more: Any) -> Any:
    value = {"start": start, "end": end, kind: [label], **more}
    return {"id": f"r{start}{label}", "from_name": control, "to_name": "text", "type": kind, "value": value}


RESULT = [region(*span) for span in SPANS]


def task(result: list[Any] = RESULT, **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"text": TEXT, "doc_id": "a"}, "annotations": [{"id": 5, "result": result}], **more}


def read(
    path: Path, *tasks: Any, part: str = "", texts: Any = (GOLD,), layers: Any = None
) -> tuple[Prediction, FormatReport]:
    path = path / "export.json"
    path.write_text(json.dumps(list(tasks)), "utf-8")
    [prediction], report = read_predictions(path, f"labelstudio{part}", texts=texts, layers=layers)
    return prediction, report


def spans(prediction: Prediction) -> list[tuple[int, int, str]]:
    return [(e.start, e.end, e.label) for e in prediction.entities or ()]


@pytest.mark.parametrize("control", ["label", "entity", "span", "ner", "Entities of the text"])
def test_labels_of_any_control_are_read(control: str, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, task([region(*span, control=control) for span in SPANS]))
    assert spans(prediction) == SPANS
    assert (prediction.quotes, report.lost) == (None, 0)


def test_parts_are_known_by_their_names_in_any_control(tmp_path: Path) -> None:
    result = [region(20, 24, "QUOTE"), region(0, 11, "SPEAKER"), *RESULT]
    result.append({"type": "relation", "from_id": "r20QUOTE", "to_id": "r0SPEAKER", "direction": "right"})
    prediction, report = read(tmp_path, task(result))
    assert spans(prediction) == SPANS
    [quote] = prediction.quotes or ()
    assert (quote.content[0].start, quote.speaker is not None and quote.speaker.end) == (20, 11)
    assert report.lost == 0


def test_labels_that_the_schema_does_not_know_are_kept(tmp_path: Path) -> None:
    prediction, report = read(tmp_path, task([region(0, 11, "PER"), region(15, 19, "ORG")]))
    assert spans(prediction) == [(0, 11, "PER"), (15, 19, "ORG")]
    assert report.lost == 0


HTML = "<div><p>Maria <b>Lopez</b> of Acme</p>\n<p>left<br/>Oslo .</p></div>"


@pytest.mark.parametrize("kind", ["hypertextlabels", "labels"])
@pytest.mark.parametrize("told", ["global", "xpath", "short xpath"])
def test_regions_of_html_are_found_in_the_articles_text(kind: str, told: str, tmp_path: Path) -> None:
    page = Rendered(HTML).text
    ends = {
        "Maria Lopez": (("/div[1]/p[1]/text()[1]", 0), ("/div[1]/p[1]/b[1]/text()[1]", 5)),
        "Acme": (("/div[1]/p[1]/text()[2]", 4), ("/div[1]/p[1]/text()[2]", 8)),
        "Oslo": (("/div[1]/p[2]/text()[2]", 0), ("/div[1]/p[2]/text()[2]", 4)),
    }
    result = []
    for (start, end, label), (words, ((first, at), (last, to))) in zip(SPANS, ends.items(), strict=True):
        offsets = {"start": page.index(words), "end": page.index(words) + len(words)}
        more = {"globalOffsets": offsets} if told == "global" else {}
        if told == "short xpath":
            first, last = first.replace("[1]", ""), last.replace("[1]", "")
        result.append(region(first, last, label, kind=kind, startOffset=at, endOffset=to, text=words, **more))
        assert TEXT[start:end] == words
    data = {"html": HTML}
    prediction, report = read(tmp_path, {**task(result), "data": data}, texts=[Article(id="n-1", text=TEXT)])
    assert (prediction.id, prediction.text, spans(prediction)) == ("n-1", TEXT, SPANS)
    assert report.lost == 0
    prediction, _ = read(tmp_path, {**task(result), "data": data}, texts=())
    assert [page[start:end] for start, end, _ in spans(prediction)] == list(ends)


@pytest.mark.parametrize(
    "gold", [TEXT, TEXT.replace("of Acme ", "of Acme\n\n"), "A: Maria Lopez of Acme\nB: left Oslo ."]
)
def test_paragraphs_have_their_own_offsets(gold: str, tmp_path: Path) -> None:
    dialogue = [{"author": "A", "text": "Maria Lopez of Acme"}, {"author": "B", "text": "left Oslo ."}]
    result = [
        region("0", "0", "PERSON", kind="paragraphlabels", startOffset=0, endOffset=11),
        region("0", "0", "ORG", kind="paragraphlabels", startOffset=15, endOffset=19),
        region("1", "1", "GPE", kind="paragraphlabels", startOffset=5, endOffset=9),
        region("1", "9", "GPE", kind="paragraphlabels", startOffset=5, endOffset=9),
    ]
    data = {"dialogue": dialogue, "doc_id": "a"}
    prediction, report = read(tmp_path, {**task(result), "data": data}, texts=[Article(id="a", text=gold)])
    assert prediction.text == gold
    assert [gold[start:end] for start, end, _ in spans(prediction)] == ["Maria Lopez", "Acme", "Oslo"]
    assert {reason: loss.count for reason, loss in report.losses.items()} == {
        "regions whose offsets are not in the text": 1
    }


def test_offsets_in_utf_16_are_known_by_their_words(tmp_path: Path) -> None:
    text = "😀 Maria Lopez left"
    right, wrong = region(2, 13, "PERSON", text="Maria Lopez"), region(3, 14, "ORG", text="Maria Lopez")
    prediction, _ = read(tmp_path, {**task([right, wrong]), "data": {"text": text}}, texts=[Article(id="a", text=text)])
    assert sorted(spans(prediction)) == [(2, 13, "ORG"), (2, 13, "PERSON")]


@pytest.mark.parametrize(
    "data",
    [
        {"article": TEXT, "doc_id": "a"},
        {"article": TEXT},
        {"body": TEXT, "headline": "Lopez leaves", "url": "https://example.com/a"},
        {"text": "https://example.com/a.txt", "doc_id": "a"},
    ],
)
def test_the_text_may_have_any_name(data: dict[str, str], tmp_path: Path) -> None:
    prediction, _ = read(tmp_path, {**task(), "data": data})
    assert (prediction.id, prediction.text, spans(prediction)) == ("a", TEXT, SPANS)


def test_a_text_that_cannot_be_told_from_others_is_a_problem_with_the_keys(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"task 1: no data.text; its keys are 'one', 'two'"):
        read(tmp_path, {**task(), "data": {"one": TEXT, "two": TEXT + " "}}, texts=())


@pytest.mark.parametrize(
    ("min_task", "found"),
    [
        ({"doc_id": "a", "entity": [{"start": 0, "end": 11, "labels": ["PERSON"], "text": "Maria Lopez"}]}, SPANS[:1]),
        ({"label": [{"start": 0, "end": 11, "labels": ["PERSON"]}], "sentiment": "Positive"}, SPANS[:1]),
    ],
)
def test_json_min_is_read(min_task: dict[str, Any], found: Any, tmp_path: Path) -> None:
    entry = {"id": 1, "text": TEXT, "annotator": 1, "annotation_id": 3, **min_task}
    prediction, _ = read(tmp_path, entry)
    assert (prediction.id, spans(prediction)) == ("a", found)
    older = {**entry, "annotation_id": 2, "annotator": 2, "label": [{"start": 15, "end": 19, "labels": ["ORG"]}]}
    older.pop("entity", None)
    prediction, report = read(tmp_path, older, entry)
    assert spans(prediction) == found
    assert report.lost == 1
    prediction, _ = read(tmp_path, older, entry, part=":annotations=2")
    assert spans(prediction) == SPANS[1:2]


@pytest.mark.parametrize("ids", [[1], [1, 2]])
def test_one_task_and_a_task_a_line(ids: list[int], tmp_path: Path) -> None:
    lines = [json.dumps({**task(), "id": number, "data": {"text": TEXT}}) for number in ids]
    (tmp_path / "x").write_text("\n".join(lines))
    found, _ = read_predictions(tmp_path / "x", "labelstudio")
    assert [spans(prediction) for prediction in found] == [SPANS] * len(ids)
    assert [prediction.id for prediction in found] == [f"task-{number}" for number in ids]


# ---------------------------------------------------------------------------------------- what is read of a task

ANA = {"id": 8, "completed_by": {"id": 1, "email": "ana@example.com"}, "result": RESULT, "updated_at": "2024-01-01"}
BO = {"id": 9, "completed_by": {"id": 2, "email": "bo@example.com"}, "result": RESULT[:1], "updated_at": "2024-02-01"}
OLD = {"id": 3, "model_version": "old", "result": RESULT[1:2]}
NEW = {"id": 4, "model_version": "new", "result": RESULT[2:], "score": 0.5}


@pytest.mark.parametrize(
    ("part", "found", "lost", "passed"),
    [
        ("", SPANS[2:], 3, 0),
        (":predictions", SPANS[2:], 0, 3),
        (":predictions=old", SPANS[1:2], 0, 3),
        (":annotations", SPANS[:1], 0, 3),
        (":annotations=ana@example.com", SPANS, 0, 3),
        (":annotations=2", SPANS[:1], 0, 3),
    ],
)
def test_what_is_read_is_said_and_can_be_chosen(part: str, found: Any, lost: int, passed: int, tmp_path: Path) -> None:
    prediction, report = read(tmp_path, task(annotations=[ANA, BO], predictions=[OLD, NEW]), part=part)
    assert spans(prediction) == found
    source = "annotations" if "annotations" in part else "predictions"
    assert f"tasks of which the newest of the {source} was read" in report.notes
    assert report.lost == lost
    assert sum(note.count for reason, note in report.notes.items() if "not asked for" in reason) == passed
    assert report.format == f"labelstudio{part}"


def test_an_empty_prediction_beside_an_annotation_is_no_score_of_zero(tmp_path: Path) -> None:
    both = task(predictions=[{"id": 9, "result": [], "score": 0.1}])
    with pytest.raises(RecordError, match="--from labelstudio:annotations reads them"):
        read(tmp_path, both)
    prediction, _ = read(tmp_path, both, part=":predictions", layers=("entities",))
    assert prediction.entities == []
    prediction, _ = read(tmp_path, both, part=":annotations")
    assert spans(prediction) == SPANS


def test_an_annotation_of_nothing_has_every_layer(tmp_path: Path) -> None:
    prediction, _ = read(tmp_path, task([]))
    assert (prediction.entities, prediction.quotes, prediction.claims) == ([], [], [])


@pytest.mark.parametrize("part", [":drafts", ":annotations=eve", ":", ":predictions=none"])
def test_parts_that_are_not_there(part: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError) as caught:
        read(tmp_path, task(annotations=[ANA]), part=part)
    assert ("expected labelstudio:predictions or" in str(caught.value)) == ("=" not in part)
    if "=" in part:
        assert "ana@example.com" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "more",
    [
        {"annotations": []},
        {"annotations": [{**ANA, "was_cancelled": True}]},
        {"annotations": [], "drafts": [{"result": RESULT}]},
        {"annotations": [], "predictions": [77, 78]},
    ],
)
def test_tasks_that_nobody_submitted_are_an_error_where_there_are_no_others(more: Any, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="tasks without any submitted prediction or annotation"):
        read(tmp_path, task(**more))


def test_completions_of_old_exports_are_annotations(tmp_path: Path) -> None:
    old = task()
    old["completions"] = old.pop("annotations")
    prediction, _ = read(tmp_path, old)
    assert spans(prediction) == SPANS


def test_a_file_without_one_usable_region_is_an_error(tmp_path: Path) -> None:
    choice = {"from_name": "sentiment", "type": "choices", "value": {"choices": ["Positive"]}, "id": "x"}
    box = {"from_name": "box", "type": "rectanglelabels", "value": {"rectanglelabels": ["Car"], "x": 1}, "id": "y"}
    for lost, group in ((choice, "details"), (box, "items"), (region(5, 99, "ORG"), "items")):
        with pytest.raises(RecordError, match="nothing in it can be read"):
            read(tmp_path, task([lost]))
        _, report = read(tmp_path, task([*RESULT, lost]))
        assert [loss.of for loss in report.losses.values()] == [group]


def test_layers_that_an_annotator_added_are_kept(tmp_path: Path) -> None:
    write_format([Prediction(id="a", text=TEXT, entities=[])], tmp_path / "pushed.json", "labelstudio")
    [pushed] = json.loads((tmp_path / "pushed.json").read_text())
    pushed["annotations"] = [{"id": 1, "result": [region(20, 24, "QUOTE")]}]
    prediction, _ = read(tmp_path, pushed, part=":annotations")
    assert (prediction.entities, prediction.claims) == ([], None)
    assert [[(f.start, f.end) for f in quote.content] for quote in prediction.quotes or ()] == [[(20, 24)]]


def test_claims_that_nobody_judged_are_kept_for_scoring(tmp_path: Path) -> None:
    result = [region(15, 24, "CLAIM"), region(0, 11, "CLAIM")]
    result += [{"id": "r0CLAIM", "from_name": "claim_kind", "type": "choices", "value": {"choices": ["rumour"]}}]
    prediction, report = read(tmp_path, task(result))
    assert [(c.start, c.check_worthy, c.kind) for c in prediction.claims or ()] == [
        (0, False, "rumour"),
        (15, False, load_schema().claim_kinds[-1]),
    ]
    assert report.lost == 0


def test_brat_and_label_studio_read_the_same_marks_alike(tmp_path: Path) -> None:
    result = [region(20, 24, "QUOTE"), region(0, 11, "PERSON"), region(12, 14, "CUE")]
    result += [
        {"type": "relation", "from_id": "r20QUOTE", "to_id": "r0PERSON", "labels": ["speaker"]},
        {"type": "relation", "from_id": "r12CUE", "to_id": "r20QUOTE", "labels": ["says"]},
    ]
    prediction, _ = read(tmp_path, task(result))
    (tmp_path / "a.txt").write_text(TEXT)
    ann = "T1\tQUOTE 20 24\tleft\nT2\tPERSON 0 11\tMaria Lopez\nT3\tCUE 12 14\tof\n"
    (tmp_path / "a.ann").write_text(ann + "R1\tspeaker Arg1:T1 Arg2:T2\nR2\tsays Arg1:T3 Arg2:T1\n")
    [other], _ = read_predictions(tmp_path, "brat")
    expected = Layers([Entity(0, 11, "PERSON")], [Quote("indirect", [Span(20, 24)], Span(0, 11), Span(12, 14))])
    assert (other.entities, other.quotes) == (expected.entities, expected.quotes)
    [quote] = prediction.quotes or ()
    assert quote.speaker is not None
    assert quote.cue is not None
    assert (quote.speaker.start, quote.speaker.end, quote.cue.start) == (0, 11, 12)


def test_what_pull_mends_is_not_mended_for_scoring(tmp_path: Path) -> None:
    prediction, report = read(tmp_path, task([region(20, 24, "QUOTE"), region(0, 11, "SPEAKER")]))
    [quote] = prediction.quotes or ()
    assert quote.speaker is None
    assert any("SPEAKER that no quote or claim points to" in reason for reason in report.losses)
    tied = {"type": "relation", "from_id": "r20QUOTE", "to_id": "r15QUOTE", "labels": ["continues"]}
    with pytest.raises(RecordError, match=r"quotes\[0\] has fragments that overlap: \[15, 24\) and \[20, 24\)"):
        read(tmp_path, task([region(20, 24, "QUOTE"), region(15, 24, "QUOTE"), tied]))


def test_other_words_than_those_at_the_offsets_are_counted(tmp_path: Path) -> None:
    result = [region(0, 11, "PERSON", text="Maria  Lopez"), region(15, 19, "ORG", text="Oslo"), region(25, 29, "GPE")]
    prediction, report = read(tmp_path, task(result))
    assert spans(prediction) == SPANS
    assert {reason: (loss.count, loss.of) for reason, loss in report.losses.items()} == {
        "regions whose own words are not those at their offsets, which count": (1, "details")
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"start": 0, "end": 11, "labels": "PERSON"}, "regions whose labels are not a list"),
        ({"start": 0, "end": 11, "labels": None}, "regions without a label"),
        ({"start": 0, "end": 11}, "regions without a label"),
        ([1], "regions without a label"),
    ],
)
def test_regions_without_a_list_of_labels_are_counted_as_such(value: Any, reason: str, tmp_path: Path) -> None:
    odd = {"id": "odd", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    prediction, report = read(tmp_path, task([*RESULT, odd]))
    assert spans(prediction) == SPANS
    assert {reason: loss.count for reason, loss in report.losses.items()} == {reason: 1}


def test_numbers_in_the_place_of_annotations_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"annotations of which the file has only the numbers \(2\)"):
        read(tmp_path, {**task(), "annotations": [5, 6]})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", r"a list of tasks: the file is empty$"),
        ("{}", r"expected a list of tasks, found \{\}$"),
        ("null", r"expected a list of tasks, found None$"),
        (json.dumps({"tasks": [task()]}), r"expected a list of tasks, found an object with the keys 'tasks'$"),
        (json.dumps(task()) + "\n{bad\n", r"x.json:2: not a JSON object on one line"),
    ],
)
def test_what_is_no_list_of_tasks_is_named(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(AnnotateError, match=problem):
        read_predictions(path, "labelstudio", texts=[GOLD])
