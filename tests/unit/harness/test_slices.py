"""What mending one kind of error would gain, worked out by hand; and errors that come again."""

from __future__ import annotations

import pytest

from annotate.harness.errors import ArticleErrors, find_errors
from annotate.harness.slices import find_gains, find_repeated, make_slices
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import evaluate
from tests.support.spans import range_of

TEXT = "Ann met Bob and Cid in Oslo, Rome, Bonn and Kiel; Dan paid Eve."


def entity(words: str, label: str, *, shift: int = 0) -> Entity:
    start, end = range_of(TEXT, words)
    return Entity(start + shift, end, label)


GOLD = [
    *(entity(name, "PERSON") for name in ("Ann", "Bob", "Cid", "Dan")),
    *(entity(name, "GPE") for name in ("Oslo", "Rome", "Bonn", "Kiel")),
]
PREDICTED = [
    entity("Ann", "PERSON"),
    entity("Bob", "PERSON"),
    entity("Cid", "ORG"),  # label
    entity("Oslo", "GPE"),
    entity("Rome", "GPE", shift=1),  # boundary
    entity("Bonn", "LOC", shift=1),  # boundary and label; Dan and Kiel are missed
    entity("met", "ORG"),  # spurious
    entity("paid", "ORG"),  # spurious
    entity("Eve", "PERSON"),  # spurious
]


@pytest.fixture(scope="module")
def articles() -> list[ArticleErrors]:
    gold, prediction = GoldRecord(id="a", text=TEXT, entities=GOLD), Prediction(id="a", entities=PREDICTED)
    report = evaluate([gold], [prediction], trials=0)
    return [find_errors(gold, prediction, report.alignments.of("a"))]


def test_what_mending_each_kind_would_gain(articles: list[ArticleErrors]) -> None:
    """8 gold and 9 predicted entities, 3 of them right: F1 is 6 / 17. One kind is fixed and nothing else.

    missed: two more are right, and two more predicted: 10 / 19. spurious: three fewer predicted: 6 / 14. label and
    boundary: one more is right each, 8 / 17; the entity with both errors stays wrong.
    """
    gains = {gain.kind: gain for gain in find_gains(articles, "entities")}
    assert {kind: gain.then for kind, gain in gains.items()} == {
        "missed": pytest.approx(10 / 19),
        "spurious": pytest.approx(6 / 14),
        "label": pytest.approx(8 / 17),
        "boundary": pytest.approx(8 / 17),
    }
    assert {kind: gain.n for kind, gain in gains.items()} == {"missed": 2, "spurious": 3, "label": 2, "boundary": 2}
    assert {gain.now for gain in gains.values()} == {6 / 17}
    assert next(iter(gains)) == "missed"  # the largest gain comes first
    assert gains["spurious"].most == [("ORG", 2), ("PERSON", 1)]
    assert sorted(gains["label"].most) == [("GPE as LOC", 1), ("PERSON as ORG", 1)]


def test_the_forecast_is_what_the_scorer_finds_when_it_is_mended() -> None:
    gold = GoldRecord(id="a", text=TEXT, entities=GOLD)
    mended = [*PREDICTED, entity("Dan", "PERSON"), entity("Kiel", "GPE")]
    report = evaluate([gold], [Prediction(id="a", entities=mended)], trials=0)
    assert report.value("f1:strict:entities") == pytest.approx(10 / 19)


def test_nothing_on_either_side_gains_nothing(articles: list[ArticleErrors]) -> None:
    assert find_gains(articles, "quotes") == []
    assert make_slices(articles, "quotes") == []


def test_errors_that_come_again(articles: list[ArticleErrors]) -> None:
    assert find_repeated(articles, "entities") == []
    assert find_repeated([*articles, *articles], "entities", most=1)[0][3:] == (2, 1)
