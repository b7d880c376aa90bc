"""The names of the measures are an interface: none may go, each is spelled one way, each has a definition."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from annotate.errors import AnnotateError
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Span
from annotate.score import Measure, Report, evaluate
from annotate.score.measures import measures

# the names that others rely on
FIXED = [
    "f1:strict:entities",
    "precision:exact:entities/PERSON",
    "f1:partial:entities",
    "f1:type:entities",
    "f1:exact:quotes",
    "f1:overlap:quotes",
    "f1:token:quotes",
    "f1:proportional:quotes",
    "accuracy:type:quotes",
    "accuracy:speaker-exact:quotes",
    "accuracy:speaker-overlap:quotes",
    "accuracy:speaker-head:quotes",
    "f1:end-to-end:quotes",
    "f1:exact:claims",
    "f1:overlap:claims",
    "f1:sentence:claims",
    "f1:check-worthy:claims",
    "ap:check-worthy:claims",
    "accuracy:kind:claims",
    "accuracy:claimer-overlap:claims",
]

# beside them
FURTHER = [
    "recall:strict:entities",
    "macro-f1:strict:entities",
    "f1:strict:entities/PERSON",
    "f1:type:entities/PERSON",
    "f1:dice:quotes",
    "f1:half-overlap:quotes",
    "recall:half-overlap:quotes/direct",
    "f1:core:quotes",
    "recall:core:quotes/direct",
    "accuracy:speaker-half-overlap:quotes",
    "accuracy:speaker-null:quotes",
    "f1:type:quotes/direct",
    "recall:proportional:quotes",
    "f1:end-to-end-exact-exact:quotes",
    "f1:end-to-end-exact-overlap:quotes",
    "f1:end-to-end-exact-head:quotes",
    "f1:end-to-end-overlap-exact:quotes",
    "f1:end-to-end-overlap-overlap:quotes",
    "f1:half-overlap:claims",
    "f1:core:claims",
    "accuracy:check-worthy:claims",
    "kappa:check-worthy:claims",
    "kappa:kind:claims",
    "accuracy:claimer-exact:claims",
    "accuracy:claimer-head:claims",
    "precision:check-worthy:claims",
]


# only where predictions have scores
OF_SCORES = [
    "ap:strict:entities",
    "ece:strict:entities",
    "ap:overlap:quotes",
    "ece:overlap:quotes",
    "ap:overlap:claims",
    "ece:overlap:claims",
    "ece:check-worthy:claims",
]


TEXT = "“No,” Ann said. He won."
ENTITY = Entity(6, 9, "PERSON")
QUOTE = Quote("direct", [Span(0, 5)], Span(6, 9))
CLAIM = Claim(16, 23, True, "event")
GOLD = GoldRecord(id="a", text=TEXT, entities=[ENTITY], quotes=[QUOTE], claims=[CLAIM])
RIGHT = Prediction(id="a", entities=[ENTITY], quotes=[QUOTE], claims=[CLAIM])


@pytest.fixture
def report() -> Report:
    return evaluate([GOLD], [RIGHT])


@pytest.mark.parametrize("name", FIXED + FURTHER)
def test_every_name_is_scored_and_prints_as_it_is_spelled(report: Report, name: str) -> None:
    assert name in report.measures
    assert str(Measure.parse(name)) == name
    assert Measure.parse(name).definition.meaning
    assert name in report.to_dict()["measures"]


def test_the_catalogue_is_what_is_scored(report: Report) -> None:
    scored = {name.partition("/")[0] for name in report.measures}
    assert scored == {definition.name.removesuffix("/LABEL") for definition in measures()}


def test_an_alias_has_one_name() -> None:
    assert str(Measure.parse("f1:end-to-end-overlap-head:quotes")) == "f1:end-to-end:quotes"


@pytest.mark.parametrize(
    "name",
    [
        "f1",
        "f1:strict",
        "f1:strict:names",
        "f1:tight:entities",
        "f1:strict:entities/",
        "f1:type:quotes",
        "ap:kind:claims/x",
    ],
)
def test_unknown_names_are_refused_with_a_hint(name: str) -> None:
    with pytest.raises(AnnotateError, match=r"no measure.*metric:match:layer"):
        Measure.parse(name)


def test_labels_may_hold_any_character() -> None:
    assert Measure.parse("f1:strict:entities/a/b:c").label == "a/b:c"


def test_the_measures_of_scores_are_apart(report: Report) -> None:
    """They are there only where predictions have scores; the others do not depend on them."""
    scored = Prediction(
        id="a",
        entities=[replace(ENTITY, score=0.9)],
        quotes=[replace(QUOTE, score=0.9)],
        claims=[replace(CLAIM, score=0.9, confidence=0.9)],
    )
    found = evaluate([GOLD], [scored])
    assert report.of_scores == {}
    assert "ranked" not in report.to_dict()
    assert set(found.measures) == set(report.measures)
    assert set(found.of_scores) == set(OF_SCORES)
    extra = {definition.name for definition in measures(of_scores=True)} - {
        definition.name for definition in measures()
    }
    assert extra == set(OF_SCORES)
    written = found.to_dict()["ranked"]
    assert {name for part in written.values() for name in part["measures"]} == set(OF_SCORES)
    for name in OF_SCORES:
        assert str(Measure.parse(name)) == name
        assert Measure.parse(name).definition.meaning
        assert found.value(name) is not None
