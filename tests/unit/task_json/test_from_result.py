"""What annotators and other programs leave in results, one oddity each: held, repaired or quarantined, never lost."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.records import Claim, Entity, Layers, Prediction, Quote, Span
from annotate.schema import load_schema
from annotate.task_json.from_result import from_result
from annotate.task_json.tasks import from_task, to_task
from annotate.task_json.to_result import to_result

NEWS = load_schema()
TEXT = "“Yes,” Ada said, “taxes rose.” Bob agreed."


def labels(key: str, start: Any, end: Any, *names: str, control: str = "span", **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": "not to be used", "labels": list(names)}
    return {"id": key, "from_name": control, "to_name": "text", "type": "labels", "value": value, **more}


def choice(key: str, control: str, *names: str) -> dict[str, Any]:
    return {"id": key, "from_name": control, "to_name": "text", "type": "choices", "value": {"choices": list(names)}}


def arrow(source: str, target: str, *names: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": direction, "labels": list(names)}


QUOTE = [labels("q", 0, 6, "QUOTE"), choice("q", "quote_type", "direct")]
SPEAKER = labels("s", 7, 10, "SPEAKER")
CUE = labels("c", 11, 15, "CUE")
CLAIM = [labels("k", 18, 28, "CLAIM"), choice("k", "check_worthy", "yes"), choice("k", "claim_kind", "event")]


def read(*items: dict[str, Any]) -> tuple[Layers, list[str]]:
    layers, _, remarks = from_result(items, TEXT, NEWS)
    return layers, [f"{remark.action}: {remark.reason}" for remark in remarks]


def test_nothing_is_an_annotation_of_nothing() -> None:
    assert read() == (Layers([], [], []), [])


def test_several_labels_on_one_region_are_several_entities() -> None:
    layers, remarks = read(labels("e", 7, 10, "PERSON", "ORG", control="entity"))
    assert [(e.start, e.end, e.label, e.id) for e in layers.entities or ()] == [
        (7, 10, "ORG", "e"),
        (7, 10, "PERSON", "e"),
    ]
    assert remarks == []


def test_a_label_of_each_block_on_one_region() -> None:
    layers, remarks = read(*QUOTE, SPEAKER, labels("s", 7, 10, "PERSON", control="entity"), arrow("q", "s", "speaker"))
    assert [e.label for e in layers.entities or ()] == ["PERSON"]
    assert [q.speaker for q in layers.quotes or ()] == [Span(7, 10, id="s")]
    assert remarks == []


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (arrow("q", "s"), "repaired: a relation without a label; read as 'speaker'"),
        (arrow("s", "q", "speaker"), "repaired: a relation 'speaker' drawn the wrong way round; turned"),
        (
            arrow("q", "s", "claimer"),
            "repaired: a relation labelled 'claimer', which does not fit its ends; read as 'speaker'",
        ),
        (arrow("q", "s", "speaker", "cue"), "quarantined: a second label 'cue' on a relation that it does not fit"),
        (arrow("s", "q", "speaker", direction="left"), None),
    ],
)
def test_arrows_as_people_draw_them(item: dict[str, Any], told: str | None) -> None:
    layers, remarks = read(*QUOTE, SPEAKER, item)
    assert [q.speaker for q in layers.quotes or ()] == [Span(7, 10, id="s")]
    assert remarks == ([told] if told else [])


def test_arrows_that_nothing_decides() -> None:
    _, remarks = read(*QUOTE, SPEAKER, arrow("q", "s", "speaker"), arrow("q", "gone", "cue"), arrow("s", "s"))
    assert [remark.split(";")[0] for remark in remarks] == [
        "quarantined: a relation from or to a region that is not there, or to an entity",
        "quarantined: a relation without a label",
    ]


def test_a_second_speaker_is_kept_aside() -> None:
    other = labels("s2", 31, 34, "SPEAKER")
    layers, remarks = read(*QUOTE, SPEAKER, other, arrow("q", "s", "speaker"), arrow("q", "s2", "speaker"))
    assert [q.speaker for q in layers.quotes or ()] == [Span(7, 10, id="s")]
    assert remarks == ["quarantined: a second speaker of one item; the first one counts"]


def test_an_arrow_to_a_name_makes_it_the_speaker() -> None:
    layers, remarks = read(*QUOTE, labels("e", 7, 10, "PERSON", control="entity"), arrow("q", "e", "speaker"))
    assert [q.speaker for q in layers.quotes or ()] == [Span(7, 10, id="e")]
    assert [e.label for e in layers.entities or ()] == ["PERSON"]
    assert remarks == ["repaired: a relation to an entity; its words are taken as the speaker"]


@pytest.mark.parametrize("target", ["f", "gone"])
def test_a_relation_from_a_name_to_no_part_makes_no_speaker(target: str) -> None:
    names = [labels("e", 7, 10, "PERSON", control="entity"), labels("f", 31, 34, "PERSON", control="entity")]
    layers, remarks = read(*QUOTE, *names, arrow("e", target, "speaker"))
    assert [q.speaker for q in layers.quotes or ()] == [None]
    assert remarks == ["quarantined: a relation from or to a region that is not there, or to an entity"]


def test_pieces_of_an_interrupted_quote_in_any_order() -> None:
    rest = [labels("q2", 17, 30, "QUOTE"), choice("q2", "quote_type", "direct")]
    for chain in (arrow("q", "q2", "continues"), arrow("q2", "q", "continues"), arrow("q2", "q")):
        layers, _ = read(*rest, *QUOTE, SPEAKER, chain, arrow("q2", "s", "speaker"))
        [quote] = layers.quotes or ()
        assert [(span.start, span.end) for span in quote.content] == [(0, 6), (17, 30)]
        assert quote.speaker == Span(7, 10, id="s")


def test_quotes_without_a_type_and_claims_without_a_judgement() -> None:
    layers, remarks = read(labels("q", 0, 6, "QUOTE"), CLAIM[0], CLAIM[2])
    assert [q.type for q in layers.quotes or ()] == ["direct"]
    assert layers.claims == []
    assert remarks == [
        "repaired: a quote without a type; by its quotation marks it is direct",
        "quarantined: a claim without check_worthy; open the task and choose",
    ]


def test_a_speaker_without_a_quote() -> None:
    assert read(SPEAKER)[1] == [
        "quarantined: a SPEAKER that no quote or claim points to; draw the relation or delete it"
    ]
    _, _, remarks = from_result([SPEAKER], TEXT, NEWS, predicted={"s"})
    assert [remark.action for remark in remarks] == ["repaired"]


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (6, 0), (-1, 4), (0, 999), (None, 4), (True, 4), (0.5, 4), ("a", 4), ([], {})]
)
def test_offsets_that_do_not_fit_are_quarantined(start: Any, end: Any) -> None:
    layers, remarks = read(labels("e", start, end, "ORG", control="entity"))
    assert layers.entities == []
    assert [remark.split(";")[0].partition(":")[0] for remark in remarks] == ["quarantined"]


def test_offsets_in_other_spellings_are_read() -> None:
    layers, remarks = read(labels("e", "7", 10.0, "ORG", control="entity"))
    assert [(e.start, e.end) for e in layers.entities or ()] == [(7, 10)]
    assert remarks == ["repaired: offsets ['7', 10.0) were no whole numbers"]


def test_things_that_no_record_has() -> None:
    items = [
        labels("a", 0, 2, "NOVEL", control="entity"),
        labels("b", 0, 2, "ORG", control="other"),
        labels("c", 0, 2, control="entity"),
        choice("d", "mood", "glad"),
        choice("e", "quote_type", "direct"),
        {"type": "textarea", "id": "f", "value": {"text": ["hello"]}},
        "not even an item",
    ]
    layers, remarks = read(*items)  # type: ignore[arg-type]
    assert layers == Layers([], [], [])
    assert len(remarks) == len(items)
    assert {remark.partition(":")[0] for remark in remarks} == {"quarantined"}


def test_two_regions_with_one_id_are_both_kept() -> None:
    items = [labels("e", 7, 10, "ORG", control="entity"), labels("e", 31, 34, "ORG", control="entity")]
    layers, remarks = read(*items)
    assert [(e.start, e.end) for e in layers.entities or ()] == [(7, 10), (31, 34)]
    assert remarks == ["repaired: two regions share one id; relations and choices go to the first"]


def test_scores_stay_only_where_nobody_changed_anything() -> None:
    for origin, kept in (("prediction", 0.9), ("prediction-changed", None), ("manual", None), (None, 0.9)):
        more = {"origin": origin} if origin else {}
        layers, _ = read(labels("e", 7, 10, "ORG", control="entity", score=0.9, **more))
        assert [e.score for e in layers.entities or ()] == [kept]


def test_the_name_of_a_former_speaker_goes_with_the_speaker() -> None:
    quote = Quote("direct", [Span(0, 6)], speaker=Span(7, 10), speaker_name="Ada King")
    items = to_result(Layers(quotes=[quote]), TEXT, NEWS, article_id="a")
    same, _, _ = from_result(items, TEXT, NEWS)
    assert [q.speaker_name for q in same.quotes or ()] == ["Ada King"]
    moved = [
        {**i, "value": {**i["value"], "start": 31, "end": 34}} if i.get("value", {}).get("start") == 7 else i
        for i in items
    ]
    other, _, remarks = from_result(moved, TEXT, NEWS)
    assert [q.speaker_name for q in other.quotes or ()] == [None]
    assert len(remarks) == 1


def test_one_region_serves_as_speaker_of_quotes_and_claims() -> None:
    speaker = Span(7, 10)
    layers = Layers(
        quotes=[Quote("direct", [Span(0, 6)], speaker=speaker), Quote("direct", [Span(17, 30)], speaker=speaker)],
        claims=[Claim(18, 28, True, "event", claimer=speaker)],
    )
    items = to_result(layers, TEXT, NEWS, article_id="a")
    assert sum(i["type"] == "labels" and i["value"]["labels"] == ["SPEAKER"] for i in items) == 1
    assert sum(i["type"] == "relation" for i in items) == 3


def test_foreign_tasks_and_tasks_without_a_text() -> None:
    entry = {"id": 1, "completed_by": {"id": 2, "email": "ada@example.org"}, "result": []}
    [(record, _)], _, remarks = from_task({"id": 9, "data": {"text": TEXT}, "annotations": [entry]}, NEWS)
    assert (record.id, record.annotator) == ("task-9", "ada@example.org")
    assert [remark.action for remark in remarks] == ["repaired"]
    found = from_task({"id": 9, "data": {"url": "x"}, "annotations": [{"id": 1, "completed_by": 5}]}, NEWS)
    assert found.annotations == []
    assert {remark.annotator for remark in found.remarks} == {"user-5"}


def test_the_prediction_that_a_person_began_from() -> None:
    task = to_task(Prediction(id="a", text=TEXT, model="made-1", entities=[Entity(7, 10, "PERSON")]), NEWS)
    stored = {**task["predictions"][0], "id": 3}
    begun = {"id": 1, "completed_by": 1, "result": stored["result"], "parent_prediction": 3, "prediction": stored}
    empty = {"id": 2, "completed_by": 2, "result": [], "parent_prediction": None, "prediction": stored}
    found = from_task({**task, "id": 9, "annotations": [begun, empty], "predictions": [3]}, NEWS)
    assert [record.model for record, _ in found.annotations] == ["made-1", None]
    assert [record.predicted is None for record, _ in found.annotations] == [False, True]
    assert [changes for _, changes in found.annotations] == [{"entities": {"unchanged": 1}}, {}]


def test_a_lone_speaker_and_cue_belong_to_the_only_quote_of_their_sentence() -> None:
    layers, remarks = read(*QUOTE, SPEAKER, CUE)
    [quote] = layers.quotes or ()
    assert (quote.speaker, quote.cue) == (Span(7, 10, id="s"), Span(11, 15, id="c"))
    assert remarks == [
        "repaired: a speaker without a relation; linked to the only quote of its sentence",
        "repaired: a cue without a relation; linked to the only quote of its sentence",
    ]


@pytest.mark.parametrize(
    "more",
    [
        [labels("q2", 17, 29, "QUOTE"), choice("q2", "quote_type", "direct")],  # a second quote in the sentence
        [labels("s2", 11, 15, "SPEAKER")],  # a second lone speaker
        [labels("s2", 11, 15, "SPEAKER"), arrow("q", "s2", "speaker")],  # the quote has its speaker
    ],
)
def test_a_lone_speaker_is_quarantined_where_nothing_decides(more: list[dict[str, Any]]) -> None:
    _, remarks = read(*QUOTE, SPEAKER, *more)
    assert "quarantined: a SPEAKER that no quote or claim points to; draw the relation or delete it" in remarks
    assert not any("only quote" in remark for remark in remarks)


def test_the_speaker_of_another_sentence_stays_alone() -> None:
    _, remarks = read(*QUOTE, labels("s", 31, 34, "SPEAKER"))
    assert remarks == ["quarantined: a SPEAKER that no quote or claim points to; draw the relation or delete it"]


def test_a_proposed_speaker_whose_quote_was_deleted_is_not_tied_to_another_quote() -> None:
    layers, _, _ = from_result([*QUOTE, SPEAKER], TEXT, NEWS, predicted={"s"})
    assert [quote.speaker for quote in layers.quotes or ()] == [None]
