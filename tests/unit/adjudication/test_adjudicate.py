"""Annotations to decided records: what is kept, what is logged, what goes to a reviewer and comes back."""

from __future__ import annotations

import itertools
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.adjudication import Adjudication, adjudicate_annotations, apply_review, to_review
from annotate.errors import AnnotateError, RecordError
from annotate.records import Annotation, Claim, Entity, Quote, Span
from annotate.schema import load_schema
from annotate.spans import find_span_problems

TEXT = "President Ada Lovelace said that taxes would rise in France."
ADA, TITLED, FRANCE = Entity(10, 22, "PERSON"), Entity(0, 22, "PERSON"), Entity(53, 59, "GPE")


def by(annotator: str, *entities: Entity, **fields: Any) -> Annotation:
    return Annotation(**{"id": "a1", "text": TEXT, "annotator": annotator, "entities": list(entities), **fields})


def adjudicate(*annotations: Annotation, strategy: str = "majority") -> Adjudication:
    return adjudicate_annotations(annotations, strategy=strategy, at="2026-01-01T00:00:00Z")


def test_one_annotator_is_said_to_be_one() -> None:
    quote = Quote("indirect", [Span(28, 59)], origin="manual")
    result = adjudicate(by("ada", ADA, quotes=[quote], model="rules-1", schema="news/1.0.0"))
    (record,) = result.decided
    assert (record.decided_by, record.annotators, record.model) == ("single:ada", ["ada"], "rules-1")
    assert (record.entities, record.quotes, record.claims) == ([ADA], [quote], None)
    assert {(decision.rule, decision.by) for decision in result.log} == {("single", "ada")}


def test_skipped_and_draft_annotations_are_no_opinion() -> None:
    result = adjudicate(by("a", ADA), by("b", status="skipped"), by("c", status="draft"))
    assert result.decided[0].annotators == ["a"]
    assert adjudicate(by("a", status="skipped")) == ([], [], [])


def test_to_trust_somebody_who_submitted_nothing_is_an_error() -> None:
    assert adjudicate(by("a", ADA), by("b", TITLED), strategy="trusted:b").decided[0].entities == [TITLED]
    with pytest.raises(AnnotateError, match=r"'trusted:c': no annotator of that name; there are a, b"):
        adjudicate(by("a", ADA), by("b", TITLED), strategy="trusted:c")


def test_a_label_that_the_schema_does_not_have_is_named_before_anything_is_decided() -> None:
    nation = Entity(53, 59, "NATION")
    versions = [by("a", ADA, nation), by("b", ADA), by("c", nation, status="skipped")]
    with pytest.raises(
        RecordError, match=r"a1 by a: entities\[1\] has label 'NATION', which is not in schema news/.*\(--schema\)"
    ) as caught:
        adjudicate_annotations(versions, schema=load_schema())
    assert len(caught.value.problems) == 1
    reviewed = adjudicate(by("a", ADA), by("b", TITLED))
    with pytest.raises(RecordError, match=r"a1 by carol: entities\[0\] has label 'NATION'"):
        apply_review(reviewed, [by("carol", nation)], schema=load_schema())


def test_everything_that_was_not_taken_is_in_the_log() -> None:
    result = adjudicate(by("a", ADA, FRANCE), by("b", TITLED), by("c", ADA))
    (record,) = result.decided
    assert record.entities == [ADA]
    ada, france = result.log
    assert (ada.outcome, ada.fields, ada.text) == ("accepted", {"extent": "2 of 3", "label": "3 of 3"}, TEXT[:22])
    assert [candidate.item and candidate.item["start"] for candidate in ada.candidates] == [10, 0, 10]
    assert (france.outcome, france.reason, france.decided) == ("rejected", "1 of 3 marked it", None)
    assert [candidate.item is None for candidate in france.candidates] == [False, True, True]


def test_a_layer_that_one_person_annotated_is_not_voted_down_by_those_who_did_not() -> None:
    claim = Claim(33, 59, True, "event")
    result = adjudicate(by("a", ADA, claims=[claim]), by("b", ADA), by("c", ADA))
    assert result.decided[0].claims == [claim]


def test_accepted_items_that_overlap_unseen_are_disputed() -> None:
    result = adjudicate(by("a", TITLED), by("b", ADA, Entity(0, 9, "PERSON")), strategy="union")
    assert result.decided == []
    assert len(result.disputed[0].disputes) == 2


def test_decided_items_never_share_an_id() -> None:
    result = adjudicate(
        by("a", Entity(0, 9, "ORG", id="x"), ADA), by("b", Entity(53, 59, "GPE", id="x")), strategy="union"
    )
    assert [entity.id for entity in result.decided[0].entities or ()] == ["x", None, None]


def test_problems_are_reported_together() -> None:
    with pytest.raises(RecordError) as caught:
        adjudicate(
            by("a", ADA),
            by("a", ADA),
            by("b", ADA, text=TEXT + "!"),
            by("c", Entity(50, 99, "GPE")),
            by("d", text=None),
        )
    assert len(caught.value.problems) == 4


spans = st.tuples(st.integers(0, 58), st.integers(1, 12), st.sampled_from(["GPE", "ORG"]))


@given(st.lists(st.lists(spans, max_size=6, unique=True), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_means_nothing_and_every_item_is_accounted_for(marks: list[Any], shuffle: random.Random) -> None:
    def annotations(mixed: bool) -> list[Annotation]:
        made = []
        for name, found in zip("abcd", marks, strict=False):
            items = [Entity(start, min(start + length, len(TEXT)), label) for start, length, label in found]
            items = list(dict.fromkeys(items))
            if mixed:
                shuffle.shuffle(items)
            made.append(by(name, *items))
        if mixed:
            shuffle.shuffle(made)
        return made

    for strategy in ("unanimous", "majority", "trusted:a", "union", "intersection"):
        result = adjudicate(*annotations(False), strategy=strategy)
        assert result == adjudicate(*annotations(True), strategy=strategy)
        said = sum(len(annotation.entities or ()) for annotation in annotations(False))
        assert sum(candidate.item is not None for decision in result.log for candidate in decision.candidates) == said
        for record in [*result.decided, *(article.agreed for article in result.disputed)]:
            assert list(find_span_problems(record, TEXT)) == []


# ------------------------------------------------------------------------------------------------------- the review


def disputed() -> Adjudication:
    a = by("a", Entity(10, 22, "PERSON", origin="prediction", preannotator="rules-1"), FRANCE)
    return adjudicate(a, by("b", TITLED, FRANCE))


def test_the_review_shows_what_is_agreed_and_who_proposed_what_else() -> None:
    (prediction,) = to_review(disputed().disputed)
    notes = {(entity.start, entity.end): (entity.preannotator, entity.note) for entity in prediction.entities or ()}
    assert notes == {
        (53, 59): (None, None),
        (10, 22): ("a", "dispute 1b: proposed by a"),
        (0, 22): ("b", "dispute 1a: proposed by b"),
    }
    assert prediction.model == "adjudication-majority"


def test_candidates_that_say_the_same_are_one_and_name_the_silent() -> None:
    result = adjudicate(by("a", ADA), by("b", ADA), by("c"), by("d"))
    ((candidate,),) = [prediction.entities for prediction in to_review(result.disputed)]  # type: ignore[misc]
    assert candidate.note == "dispute 1a: proposed by a, b; not marked by c, d"


def test_the_review_decides_and_keeps_origins() -> None:
    review = by("carol", Entity(10, 22, "PERSON", origin="prediction", note="dispute 1b: proposed by a"), FRANCE)
    result = apply_review(disputed(), [review], at="2026-01-02T00:00:00Z")
    (record,) = result.decided
    assert result.disputed == []
    assert (record.annotators, record.decided_by) == (["a", "b"], "majority, review:carol")
    ada, france = record.entities or ()
    assert (ada.origin, ada.preannotator, ada.note) == ("prediction", "rules-1", None)
    assert france == FRANCE
    decision = result.log[-1]
    assert (decision.by, decision.rule, decision.outcome) == ("carol", "review", "accepted")
    assert decision.reason == "the reviewer chose a"
    assert decision.at == "2026-01-02T00:00:00Z"


def test_what_the_reviewer_made_or_removed_is_logged() -> None:
    review = by("carol", Entity(14, 22, "PERSON", origin="prediction-changed"))
    result = apply_review(disputed(), [review])
    (ada,) = result.decided[0].entities or ()
    assert (ada.start, ada.origin) == (14, "manual")
    reasons = [decision.reason for decision in result.log if decision.rule == "review"]
    assert reasons == ["the reviewer marked it in another way", "the reviewer deleted what was agreed"]


def test_an_undecided_dispute_is_told_with_its_words_its_candidates_and_where_to_go() -> None:
    review = by("carol", ADA, TITLED, FRANCE, task_url="http://127.0.0.1:8080/projects/2/data?task=31")
    with pytest.raises(RecordError) as caught:
        apply_review(disputed(), [review])
    assert str(caught.value).splitlines() == [
        f"a1: carol left 2 candidates of dispute 1. entity: [President Ada Lovelace]{TEXT[22:]}",
        "  1a: PERSON (b)",
        "  1b: PERSON [Ada Lovelace] (a)",
        "  open the review again at http://127.0.0.1:8080/projects/2/data?task=31 and delete the wrong ones",
    ]


def test_nothing_of_the_page_enters_the_decision() -> None:
    (prediction,) = to_review(disputed().disputed)
    shown = next(entity for entity in prediction.entities or () if entity.start == 10)
    assert shown.id == "dispute-1u-b"
    for start in (10, 14):  # as it was proposed, and corrected
        changed = msgspec.structs.replace(shown, start=start, origin="prediction-changed")
        (decided,) = apply_review(disputed(), [by("carol", changed, FRANCE)]).decided
        ada = next(entity for entity in decided.entities or () if entity.end == 22)
        assert (ada.id, ada.note) == (None, None)


def test_articles_that_were_not_reviewed_stay_disputed() -> None:
    assert len(apply_review(disputed(), []).disputed) == 1
    assert len(apply_review(disputed(), [by("carol", status="skipped")]).disputed) == 1


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        ([by("carol", ADA, TITLED, FRANCE)], "left 2 candidates of dispute 1"),
        ([by("carol", ADA), by("dora", ADA)], "2 reviews, by carol, dora"),
        ([by("carol", ADA, id="a2")], "nothing in it is disputed"),
        ([by("carol", text=TEXT + "!")], "another text"),
    ],
)
def test_a_review_that_does_not_decide_is_an_error(reviews: list[Annotation], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        apply_review(disputed(), reviews)


def test_the_log_is_json() -> None:
    for decision in disputed().log:
        assert msgspec.json.decode(msgspec.json.encode(decision))["candidates"]


@pytest.mark.parametrize("names", itertools.permutations(["amy", "zed", "zoe"]))
def test_a_stray_blank_never_enters_gold_whatever_the_names(names: tuple[str, ...]) -> None:
    ends = [9, 8, 8]
    annotations = [
        Annotation(id="a", text="Ana Reis met Bo.", annotator=name, entities=[Entity(0, end, "PERSON")])
        for name, end in zip(names, ends, strict=True)
    ]
    for chosen in (annotations, annotations[:2]):
        [record] = adjudicate_annotations(chosen).decided
        assert [(entity.start, entity.end) for entity in record.entities or ()] == [(0, 8)]
