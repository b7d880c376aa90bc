"""Which items are paired, and which predictions count neither way because gold leaves their region out."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from annotate.records import Claim, Entity, GoldRecord, Layer, Prediction, Quote, Region, Span
from annotate.schema import load_schema
from annotate.score import evaluate
from annotate.score.alignment import Alignment, Alignments, Pair
from annotate.score.claims import count_claims
from annotate.score.entities import align as align_entities
from annotate.score.entities import pair_entities
from annotate.score.overlaps import join_sides
from annotate.score.problems import Problems
from annotate.score.quotes import count_quotes
from annotate.score.tables import read_gold, read_system
from tests.support.spans import span_of

TEXT = "“It rained,” Ann Lee said. Bob Ray said that it had snowed in May. “Nobody cared,” he wrote. It hailed today."
span = partial(span_of, TEXT)
ANN, BOB, HE = span("Ann Lee"), span("Bob Ray"), span("he wrote")
RAINED, SNOWED, CARED, HAILED = (
    span(words) for words in ("“It rained,”", "it had snowed in May", "“Nobody cared,”", "It hailed today")
)


def make(layer: Layer, where: Span, link: Span | None = None, **changes: Any) -> Any:
    """A quote or a claim in one place, with its speaker or claimer."""
    if layer == "quotes":
        return Quote(changes.get("type", "direct"), [where], link)
    return Claim(where.start, where.end, changes.get("worthy", True), changes.get("kind", "event"), link)


def align(gold: GoldRecord, predicted: Prediction, layer: Layer) -> Alignment:
    problems = Problems()
    table = read_gold([gold], load_schema(), problems)
    system = read_system([predicted], table, problems)
    assert not problems.sentences
    return (count_quotes(table, system)[1] if layer == "quotes" else count_claims(table, system).alignments)[0]


@pytest.mark.parametrize("layer", ["quotes", "claims"])
@pytest.mark.parametrize("of", ["this", "all", "other"])
def test_predictions_in_a_region_count_only_where_they_match(layer: Layer, of: str) -> None:
    left_out = {"this": layer, "all": None, "other": "entities"}[of]
    regions = [Region(where.start, where.end, left_out) for where in (SNOWED, RAINED)]
    gold = GoldRecord(id="a", text=TEXT, ignore=regions, **{layer: [make(layer, RAINED, ANN)]})
    found = [make(layer, where) for where in (HAILED, SNOWED)] + [make(layer, RAINED, ANN)]
    predicted = Prediction(id="a", **{layer: found})
    counted = 3 if of == "other" else 2
    report = evaluate([gold], [predicted], trials=0)
    for match in ("exact", "overlap", "half-overlap", "core"):
        score = report.measures[f"precision:{match}:{layer}"]
        assert (score.value, score.n_pred, report.value(f"recall:{match}:{layer}")) == (1 / counted, counted, 1.0)
    outcomes = {"correct": 1, "incorrect": 0, "partial": 0, "missing": 0, "spurious": counted - 1}
    assert report.counts[layer]["exact"] == report.counts[layer]["overlap"] == outcomes
    if layer == "claims":
        assert report.value("precision:sentence:claims") == 1 / counted
    assert align(gold, predicted, layer) == Alignment(
        [Pair(0, 2, same_extent=True, same_label=True, same_link=True)], [] if of == "other" else [1]
    )


@pytest.mark.parametrize("layer", ["entities", "quotes", "claims"])
def test_a_region_that_only_touches_leaves_nothing_out(layer: Layer) -> None:
    sides = [Region(0, SNOWED.start), Region(SNOWED.end, len(TEXT))]
    gold = GoldRecord(id="a", text=TEXT, ignore=sides, **{layer: []})
    found = Entity(SNOWED.start, SNOWED.end, "GPE") if layer == "entities" else make(layer, SNOWED)
    predicted = Prediction(id="a", **{layer: [found]})
    counts = evaluate([gold], [predicted], trials=0).counts[layer]["exact"]
    assert counts == {"correct": 0, "incorrect": 0, "partial": 0, "missing": 0, "spurious": 1}
    inside = GoldRecord(id="a", text=TEXT, ignore=[Region(0, SNOWED.start + 1)], **{layer: []})
    assert not any(evaluate([inside], [predicted], trials=0).counts[layer]["exact"].values())


@pytest.mark.parametrize("layer", ["quotes", "claims"])
def test_what_is_found_half_and_what_is_not_found(layer: Layer) -> None:
    gold = GoldRecord(id="a", text=TEXT, **{layer: [make(layer, where) for where in (RAINED, SNOWED, CARED)]})
    found = [make(layer, RAINED), make(layer, Span(SNOWED.start, SNOWED.end - 4))]
    counts = evaluate([gold], [Prediction(id="a", **{layer: found})], trials=0).counts[layer]
    assert counts["exact"] == {"correct": 1, "incorrect": 1, "partial": 0, "missing": 1, "spurious": 0}
    assert counts["overlap"] == {"correct": 2, "incorrect": 0, "partial": 0, "missing": 1, "spurious": 0}


@pytest.mark.parametrize("layer", ["quotes", "claims"])
def test_of_equal_predictions_the_one_that_would_be_left_out_stays_alone(layer: Layer) -> None:
    whole = Span(SNOWED.start, SNOWED.end)
    left, right = Span(whole.start, whole.start + 13), Span(whole.end - 13, whole.end)
    region = Region(left.start, left.start + 1)
    gold = GoldRecord(id="a", text=TEXT, ignore=[region], **{layer: [make(layer, whole)]})
    predicted = Prediction(id="a", **{layer: [make(layer, left), make(layer, right)]})
    found = align(gold, predicted, layer)
    assert ([pair.predicted for pair in found.pairs], list(found.left_out)) == ([1], [0])
    for match in ("overlap", "half-overlap"):
        assert evaluate([gold], [predicted], trials=0).measures[f"precision:{match}:{layer}"].n_pred == 1


@pytest.mark.parametrize("layer", ["quotes", "claims"])
def test_pairs_say_what_is_right_about_them(layer: Layer) -> None:
    where = [RAINED, SNOWED, CARED, HAILED]
    gold = [make(layer, one, link) for one, link in zip(where, (ANN, BOB, HE, None), strict=True)]
    short = Span(SNOWED.start, SNOWED.end - 4)
    other = {"type": "mixed"} if layer == "quotes" else {"worthy": False}
    found = [make(layer, CARED, HE, **other), make(layer, short, BOB), make(layer, RAINED, BOB), make(layer, HAILED)]
    aligned = align(GoldRecord(id="a", text=TEXT, **{layer: gold}), Prediction(id="a", **{layer: found}), layer)
    assert [tuple(pair) for pair in aligned.pairs] == [
        (0, 2, True, True, False),
        (1, 1, False, True, True),
        (2, 0, True, False, True),
        (3, 3, True, True, True),
    ]
    assert list(aligned.left_out) == []


def test_a_claim_of_another_kind_is_not_the_same() -> None:
    gold, found = (make("claims", RAINED, kind=kind) for kind in ("event", "statistic"))
    (pair,) = align(GoldRecord(id="a", text=TEXT, claims=[gold]), Prediction(id="a", claims=[found]), "claims").pairs
    assert (pair.same_extent, pair.same_label) == (True, False)


def test_entities_are_paired_by_article_and_place() -> None:
    texts = {"a": [Entity(0, 4, "GPE"), Entity(9, 13, "GPE")], "b": [], "c": [Entity(0, 4, "GPE")]}
    ignore = [Region(14, 18)]
    gold = [GoldRecord(id=id, text="Rome and Oslo Bonn", entities=found, ignore=ignore) for id, found in texts.items()]
    found = {
        "a": [Entity(14, 18, "GPE"), Entity(9, 13, "ORG"), Entity(0, 3, "GPE"), Entity(5, 8, "ORG")],
        "b": [],
        "c": [Entity(0, 4, "GPE")],
    }
    problems = Problems()
    table = read_gold(gold, load_schema(), problems)
    predictions = [Prediction(id=id, entities=entities) for id, entities in found.items()]
    system = read_system(predictions, table, problems)
    sides = join_sides(table, system)
    pairs = pair_entities(sides, *align_entities(sides))
    assert pairs.of(0) == Alignment([Pair(0, 2, False, True), Pair(1, 1, True, False)], [0])
    assert pairs.of(1) == Alignment()
    assert pairs.of(2) == Alignment([Pair(0, 0, True, True)], [])
    report = evaluate(gold, predictions, trials=0)
    assert [report.alignments.of(id) for id in "abc"] == [{"entities": pairs.of(number)} for number in range(3)]


def test_an_article_has_alignments_for_the_layers_that_it_was_scored_on() -> None:
    flags = np.array
    found = Alignment([Pair(0, 0, same_extent=True, same_label=True)])
    scored = Alignments(
        {"a": 0, "b": 1, "c": 2},
        {"quotes": flags([True, True, False]), "claims": flags([True, False, False]), "entities": flags([True] * 3)},
        {"quotes": {0: found}},
    )
    assert scored.of("a") == {"quotes": found}
    assert scored.of("b") == {"quotes": Alignment()}
    assert scored.of("c") == {}
    with pytest.raises(KeyError):
        scored.of("d")
