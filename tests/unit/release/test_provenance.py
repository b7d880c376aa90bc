"""Who submitted what before the decision: names on items, dates, work, agreement, and how good the drafts were."""

from __future__ import annotations

from typing import Any

import pytest

from annotate.records import Annotation, Claim, Entity, GoldRecord, Layers, Prediction, Quote, Span
from annotate.release.provenance import Submitted
from annotate.release.pseudonyms import Pseudonyms
from annotate.schema import load_schema

NEWS = load_schema("news")
TEXT = "Ann Lee of Acme said: “It rained.” Bob saw it."
ANN, ACME, BOB = Entity(0, 7, "PERSON"), Entity(11, 15, "ORG"), Entity(35, 38, "PERSON")
QUOTE = Quote("direct", [Span(22, 34)], Span(0, 7), Span(16, 20))
CLAIM = Claim(23, 33, True, "event", Span(0, 7))


def by(annotator: str, article: str = "a", **fields: Any) -> Annotation:
    return Annotation(**{"id": article, "text": TEXT, "annotator": annotator, **fields})


def decided(article: str = "a", **fields: Any) -> GoldRecord:
    return GoldRecord(**{"id": article, "text": TEXT, "annotators": ["ann", "bob"], **fields})


def test_without_annotations_nobody_is_missing_and_with_them_everybody_is_named() -> None:
    assert list(Submitted(None, None).find_problems(decided())) == []
    found = Submitted([by("ann"), by("zoe"), by("bob", status="skipped"), by("bob", "b")], None)
    assert list(found.find_problems(decided())) == [
        "annotator 'bob' did not submit this article; in the annotations it is submitted by ann, zoe"
    ]
    assert list(found.find_problems(decided("c", annotators=["bob"]))) == [
        "annotator 'bob' did not submit this article; in the annotations it is submitted by nobody"
    ]
    assert list(found.find_problems(decided("b", annotators=["bob"]))) == []


def test_items_are_signed_by_those_of_the_record_who_submitted_the_same() -> None:
    submitted = Submitted(
        [
            by("bob", entities=[Entity(0, 8, "PERSON"), ACME], quotes=[QUOTE], claims=[CLAIM]),
            by("ann", entities=[ANN, Entity(11, 15, "PERSON"), ANN], quotes=[], claims=[CLAIM]),
            by("eve", entities=[ANN, ACME, BOB], quotes=[QUOTE]),
            by("ann", "b", entities=[BOB]),
        ],
        None,
    )
    kept = Entity(11, 15, "GPE", annotators=["reviewer"])
    signed = submitted.sign(decided(entities=[ANN, ACME, BOB, kept], quotes=[QUOTE], claims=[CLAIM]))
    assert [item.annotators for item in signed.entities or ()] == [["bob", "ann"], ["bob"], None, ["reviewer"]]
    assert [item.annotators for item in signed.quotes or ()] == [["bob"]]
    assert [item.annotators for item in signed.claims or ()] == [["bob", "ann"]]


def test_signing_leaves_absent_and_empty_layers_as_they_are() -> None:
    signed = Submitted([by("ann", entities=[ANN])], None).sign(decided(entities=[], claims=None))
    assert (signed.entities, signed.quotes, signed.claims) == ([], None, None)


def test_dates_and_work_are_of_the_released_articles_only() -> None:
    submitted = Submitted(
        [
            by("ann", "a", updated_at="2026-03-01T23:00:00Z", created_at="2026-05-01T00:00:00Z", lead_time_s=10.06),
            by("ann", "b", created_at="2026-03-02T01:00:00Z", lead_time_s=20.0, predicted=Layers()),
            by("ann", "c", lead_time_s=90.0, predicted=Layers()),
            by("bob", "a", predicted=Layers()),
            by("bob", "d", updated_at="2027-01-01T00:00:00Z", lead_time_s=1.0),
        ],
        None,
    )
    found = submitted.describe(NEWS, {name: decided(name) for name in "abc"})
    assert found.date == "2026-03-02"
    assert found.work == {
        "ann": {"articles": 3, "without_draft": 1, "median_seconds": 20.0},
        "bob": {"articles": 1, "without_draft": 0, "median_seconds": None},
    }
    one = submitted.describe(NEWS, {"a": decided()})
    assert one.work["ann"]["median_seconds"] == 10.1


def test_agreement_needs_an_article_that_two_annotated() -> None:
    submitted = Submitted([by("ann", entities=[ANN]), by("bob", "b", entities=[ANN]), by("eve", entities=[])], None)
    apart = submitted.describe(NEWS, {"b": decided("b")})
    assert (apart.agreement, apart.ceiling) == (None, {})
    together = submitted.describe(NEWS, {"a": decided(), "b": decided("b")})
    assert together.agreement is not None
    assert (together.agreement["articles"], together.agreement["single"]) == (1, 1)
    assert together.ceiling["f1:strict:entities"] == 0.0
    assert "patterns" not in together.agreement


def test_nothing_submitted_has_no_background() -> None:
    found = Submitted([by("ann")], None).describe(NEWS, {})
    assert found == (None, {}, None, {}, {})


def draft(article: str, model: str | None, *entities: Entity) -> Prediction:
    return Prediction(id=article, model=model, entities=list(entities))


def test_drafts_are_scored_apart_where_they_were_seen_and_where_not() -> None:
    gold = {name: decided(name, entities=[ANN, ACME]) for name in "abc"}
    annotations = [
        by("ann", "a", entities=[ANN, ACME], predicted=Layers(entities=[ANN]), model="m1"),
        by("ann", "b", entities=[ANN, ACME]),
        by("bob", "d", entities=[], predicted=Layers(entities=[BOB]), model="m1"),
    ]
    offered = [draft("c", "m1"), draft("b", "m1", BOB), draft("a", "m1", ANN), draft("d", "m1", BOB), draft("a", None)]
    found = Submitted(annotations, offered).describe(NEWS, gold).preannotators
    name = "f1:strict:entities"
    assert {
        model: {part: (value["articles"], value["measures"][name]) for part, value in parts.items()}
        for model, parts in found.items()
    } == {
        "m1": {"draft shown": (1, pytest.approx(2 / 3)), "draft held back": (2, 0.0)},
        "unnamed": {"draft held back": (1, 0.0)},  # of this article the draft of another was shown
    }
    assert not any("/" in measure for measure in found["m1"]["draft shown"]["measures"])


@pytest.mark.parametrize(
    ("seen", "parts"),
    [
        ("m1", {"m1": "draft shown", "unnamed": "draft held back"}),
        ("unnamed", {"m1": "draft held back", "unnamed": "draft shown"}),  # as a task has it
        (None, {"m1": "draft shown", "unnamed": "draft shown"}),  # nobody knows whose it was
    ],
)
def test_a_draft_was_seen_where_it_was_that_models(seen: str | None, parts: dict[str, str]) -> None:
    annotation = by("ann", entities=[ANN], predicted=Layers(entities=[ANN]), model=seen)
    offered = [draft("a", "m1", ANN), draft("a", None, BOB)]
    found = Submitted([annotation], offered).describe(NEWS, {"a": decided(entities=[ANN])}).preannotators
    assert {model: list(scores) for model, scores in found.items()} == {name: [part] for name, part in parts.items()}


def test_without_predictions_the_drafts_are_what_annotators_started_from() -> None:
    gold = {name: decided(name, entities=[ANN, ACME]) for name in "ab"}
    annotations = [
        by("ann", "a", predicted=Layers(entities=[ANN, ACME]), model="m1"),
        by("bob", "a", predicted=Layers(entities=[ANN, ACME]), model="m1"),
        by("ann", "b", predicted=Layers(entities=[ANN]), model="m2"),
        by("bob", "b", predicted=Layers(entities=[ANN])),
    ]
    found = Submitted(annotations, None).describe(NEWS, gold).preannotators
    assert {model: list(parts) for model, parts in found.items()} == {"m1": ["draft shown"], "m2": ["draft shown"]}
    assert found["m1"]["draft shown"]["articles"] == 1
    assert found["m1"]["draft shown"]["measures"]["f1:strict:entities"] == 1.0
    assert found["m2"]["draft shown"]["measures"]["recall:strict:entities"] == 0.5


def test_annotators_go_by_their_pseudonyms_from_then_on() -> None:
    submitted = Submitted([by("ann", entities=[ANN]), by("bob", entities=[ANN])], None)
    submitted.rename(Pseudonyms({"ann": "annotator-1", "bob": "annotator-2"}))
    assert [annotation.annotator for annotation in submitted.annotations] == ["annotator-1", "annotator-2"]
    assert set(submitted.describe(NEWS, {"a": decided()}).work) == {"annotator-1", "annotator-2"}


def test_a_draft_made_from_an_annotation_names_nobody() -> None:
    """What `adjudicate --push` offers to a reviewer is called after the annotator whose version it is."""
    shown = by("rex", entities=[ANN], predicted=Layers(entities=[ANN]), model="review-single:ann")
    offered = [draft("a", "review-single:ann", ANN), draft("b", "m1", ANN)]
    submitted = Submitted([shown], offered)
    submitted.rename(Pseudonyms({"ann": "annotator-1", "rex": "annotator-2"}))
    found = submitted.describe(NEWS, {name: decided(name, entities=[ANN]) for name in "ab"}).preannotators
    assert {model: list(parts) for model, parts in found.items()} == {
        "m1": ["draft held back"],
        "review-single:annotator-1": ["draft shown"],
    }
