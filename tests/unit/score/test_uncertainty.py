"""Intervals and comparisons: seeded, paired, exact where small, silent where nothing can be said."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from annotate.errors import AnnotateError, ScoreError
from annotate.records import Claim, Entity, GoldRecord, Prediction, Span
from annotate.score import compare_systems, evaluate
from annotate.score.resampling import draw_articles, expanded_levels
from annotate.score.significance import detectable_difference

TEXT = "Alpha Beta Gamma Delta Epsilon Zeta"
SPANS = [(0, 5), (6, 10), (11, 16), (17, 22), (23, 30)]


def make_gold(n: int, label: str = "PERSON") -> list[GoldRecord]:
    return [GoldRecord(id=f"{i:03}", text=TEXT, entities=[Entity(*s, label) for s in SPANS]) for i in range(n)]


def make_system(n: int, right: Any) -> list[Prediction]:
    """Predictions of which `right(i)` of five are right in article i."""
    return [
        Prediction(
            id=f"{i:03}",
            entities=[Entity(*span, "PERSON" if k < right(i) else "ORG") for k, span in enumerate(SPANS)],
        )
        for i in range(n)
    ]


def test_no_interval_below_five_articles() -> None:
    report = evaluate(make_gold(4), make_system(4, lambda i: i))
    assert report.measures["f1:strict:entities"].low is None
    assert any("below 5" in remark for remark in report.remarks)
    assert evaluate(make_gold(5), make_system(5, lambda i: i)).measures["f1:strict:entities"].low is not None


def test_no_interval_for_labels_with_little_gold() -> None:
    gold = make_gold(8)
    gold[0].entities = [*(gold[0].entities or []), *(Entity(i, i + 1, "LAW") for i in range(12))]
    report = evaluate(gold, make_system(8, lambda i: i % 5))
    assert report.measures["recall:strict:entities/PERSON"].low is not None
    assert report.measures["recall:strict:entities/LAW"].low is None  # in one article only


def test_intervals_depend_on_the_seed_and_on_nothing_else() -> None:
    gold, predictions = make_gold(12), make_system(12, lambda i: i % 5)
    first = evaluate(gold, predictions, seed=3).to_dict()
    assert evaluate(gold[::-1], predictions[::-1], seed=3).to_dict() == first
    other = evaluate(gold, predictions, seed=4)
    assert other.measures["f1:strict:entities"].low != first["measures"]["f1:strict:entities"]["low"]


def test_no_error_at_all_gets_a_rule_of_three() -> None:
    score = evaluate(make_gold(6), make_system(6, lambda i: 5)).measures["f1:strict:entities"]
    assert (score.value, score.low, score.high) == (1.0, 1 - 3 / 30, 1.0)


def test_intervals_cover_what_they_should() -> None:
    """A nominal 95 % interval of 10 clustered articles holds the truth in about 94 of 100 runs."""
    generator = np.random.default_rng(0)
    held = 0
    runs = 120
    for _ in range(runs):
        rates = generator.beta(6, 3, 10)
        counts = generator.binomial(5, rates)
        report = evaluate(make_gold(10), make_system(10, counts.__getitem__), trials=300)
        score = report.measures["recall:strict:entities"]
        low, high = (score.low, score.high) if score.low is not None else (score.value, score.value)
        held += low <= 6 / 9 <= high  # type: ignore[operator]
    assert 0.88 <= held / runs <= 0.99


def brute_p(a: list[int], b: list[int]) -> float:
    """The exact two-sided p of the difference in pooled recall (all articles have five gold spans)."""
    observed = abs(sum(a) - sum(b))
    swaps = list(product([False, True], repeat=len(a)))
    large = sum(abs(sum((y - x) if s else (x - y) for x, y, s in zip(a, b, w, strict=True))) >= observed for w in swaps)
    return large / len(swaps)


def test_few_articles_are_permuted_in_every_way() -> None:
    a, b = [5, 4, 5, 3, 5, 2, 4], [3, 4, 1, 3, 2, 4, 1]
    found = compare_systems(make_gold(7), {"a": make_system(7, a.__getitem__), "b": make_system(7, b.__getitem__)})
    difference = found.differences[0]
    assert (difference.better, difference.worse) == ("a", "b")
    assert difference.difference == pytest.approx((sum(a) - sum(b)) / 35)
    assert difference.p == brute_p(a, b)


def test_random_swaps_come_close_to_the_exact_p() -> None:
    chance = np.random.default_rng(1)
    a, b = chance.integers(0, 6, 14).tolist(), chance.integers(0, 6, 14).tolist()
    exact = compare_systems(make_gold(14), {"a": make_system(14, a.__getitem__), "b": make_system(14, b.__getitem__)})
    # a fifteenth article on which both are the same changes nothing but the method
    more = compare_systems(
        make_gold(15),
        {"a": make_system(15, [*a, 3].__getitem__), "b": make_system(15, [*b, 3].__getitem__)},
        trials=20_000,
    )
    assert exact.differences[0].p == brute_p(a, b)
    assert more.differences[0].p == pytest.approx(exact.differences[0].p, abs=0.01)


def test_five_articles_cannot_tell_anything_apart() -> None:
    found = compare_systems(make_gold(5), {"a": make_system(5, lambda i: 5), "b": make_system(5, lambda i: 0)})
    assert found.differences[0].p == 2 / 2**5
    assert not found.differences[0].significant
    assert found.groups == [["a", "b"]]
    assert any("smallest possible p is 0.0625" in remark for remark in found.remarks)


def test_groups_and_holm() -> None:
    systems = {
        "best": make_system(30, lambda i: 5 - (i % 7 == 0)),
        "twin": make_system(30, lambda i: 5 - (i % 7 == 1)),
        "poor": make_system(30, lambda i: 1 + i % 2),
    }
    found = compare_systems(make_gold(30), systems, measures=["f1:strict:entities", "recall:strict:entities"])
    assert found.groups == [["best", "twin"], ["poor"]]
    letters = {s.system: s.letters for s in found.standings if s.measure == "f1:strict:entities"}
    assert letters == {"best": "a", "twin": "a", "poor": "b"}
    ordered = sorted(found.differences, key=lambda d: d.p)
    running = 0.0
    for rank, difference in enumerate(ordered):
        running = max(running, min(1.0, (len(ordered) - rank) * difference.p))
        assert difference.p_holm == pytest.approx(running)
    twins = next(d for d in found.differences if {d.better, d.worse} == {"best", "twin"})
    assert twins.detectable is not None
    assert 0 < twins.detectable < 0.2


def test_standings_have_the_intervals_of_scoring_and_differences_paired_ones() -> None:
    right = {"a": np.array([5, 4, 5, 3, 5, 2, 4, 5, 1, 4, 3, 5]), "b": np.array([3, 4, 1, 3, 2, 4, 1, 5, 0, 4, 2, 3])}
    systems = {name: make_system(12, counts.__getitem__) for name, counts in right.items()}
    name = "recall:strict:entities"
    found = compare_systems(make_gold(12), systems, measures=[name], trials=500, seed=3)
    for standing in found.standings:
        score = evaluate(make_gold(12), systems[standing.system], trials=500, seed=3).measures[name]
        assert score.low is not None
        assert (standing.value, standing.low, standing.high) == (score.value, score.low, score.high)
    (difference,) = found.differences
    rows = np.concatenate(list(draw_articles(12, 500, 3)))
    resampled = rows @ (right["a"] - right["b"]) / (rows.sum(axis=1) * 5)
    assert (difference.low, difference.high) == pytest.approx(tuple(np.quantile(resampled, expanded_levels(12))))
    spread = np.std((right["a"] - right["b"]) / 5, ddof=1)
    assert difference.detectable == pytest.approx(detectable_difference(spread, 12))
    few = compare_systems(make_gold(4), {name: found[:4] for name, found in systems.items()}, measures=[name])
    assert [(standing.low, standing.high) for standing in few.standings] == [(None, None)] * 2
    none = compare_systems(make_gold(12), systems, measures=[name], trials=0)
    assert {(one.low, one.high) for one in [*none.standings, *none.differences]} == {(None, None)}


def test_what_is_undefined_ranks_last_and_is_not_compared() -> None:
    silent = [Prediction(id=f"{i:03}", entities=[]) for i in range(6)]
    systems = {"silent": silent, "wrong": make_system(6, lambda i: 0), "right": make_system(6, lambda i: 5)}
    found = compare_systems(make_gold(6), systems, measures=["precision:strict:entities"])
    assert [(one.system, one.value) for one in found.standings] == [("right", 1.0), ("wrong", 0.0), ("silent", None)]
    assert [(one.better, one.worse) for one in found.differences] == [("right", "wrong")]
    for name in ("right", "wrong"):
        assert f"precision:strict:entities: {name} and silent cannot be compared, one is undefined" in found.remarks
    with pytest.raises(ScoreError, match="the label occurs nowhere"):
        compare_systems(make_gold(6), systems, measures=["f1:strict:entities/LAW"])


def test_the_number_of_articles_that_would_separate() -> None:
    a, b = (lambda i: 3 + i % 3), (lambda i: 3 + (i * 7 + 1) % 3 - (i % 6 == 0))
    found = compare_systems(make_gold(12), {"a": make_system(12, a), "b": make_system(12, b)}).differences[0]
    assert not found.significant
    assert found.more_articles is not None
    assert found.detectable is not None
    spread = found.detectable / detectable_difference(1.0, 12)
    needed = 12 + found.more_articles
    assert detectable_difference(spread, needed) <= found.difference < detectable_difference(spread, needed - 1)


def test_average_precision_is_compared_too() -> None:
    text = "One two. Three four. Five six."
    sentences = [Span(0, 8), Span(9, 20), Span(21, 30)]
    gold = [
        GoldRecord(id=f"{i}", text=text, sentences=sentences, claims=[Claim(0, 8, True, "event")]) for i in range(6)
    ]

    def rank(first: float, second: float) -> list[Prediction]:
        claims = [Claim(0, 8, True, "event", score=first), Claim(9, 20, True, "event", score=second)]
        return [Prediction(id=f"{i}", claims=claims) for i in range(6)]

    found = compare_systems(gold, {"good": rank(0.9, 0.1), "bad": rank(0.1, 0.9)}, measures=["ap:check-worthy:claims"])
    assert found.differences[0].difference == pytest.approx(0.5)
    assert found.differences[0].p == 2 / 2**6


def test_macro_f1_with_labels_that_only_one_system_has() -> None:
    gold = make_gold(8)
    systems = {"a": make_system(8, lambda i: 5), "b": make_system(8, lambda i: 3)}
    found = compare_systems(gold, systems, measures=["macro-f1:strict:entities"])
    values = {standing.system: standing.value for standing in found.standings}
    for name, predictions in systems.items():
        assert values[name] == evaluate(gold, predictions).value("macro-f1:strict:entities")


def test_wrong_use_is_named() -> None:
    with pytest.raises(ScoreError, match="two systems"):
        compare_systems(make_gold(6), {"a": make_system(6, lambda i: 5)})
    with pytest.raises(AnnotateError, match="no measure"):
        compare_systems(make_gold(6), {n: make_system(6, lambda i: 5) for n in "ab"}, measures=["f1:tight:entities"])
    with pytest.raises(ScoreError, match="not scored on quotes"):
        compare_systems(make_gold(6), {n: make_system(6, lambda i: 5) for n in "ab"}, measures=["f1:exact:quotes"])


def test_systems_are_warned_of_their_own_unknown_names_only() -> None:
    def claims(kind: str) -> list[Claim]:
        return [Claim(0, 10, True, kind)]

    gold = [GoldRecord(id="a", text=TEXT, entities=[], claims=claims("event"))]
    plain = [Prediction(id="a", entities=[Entity(0, 5, "GPE")], claims=claims("event"))]
    odd = [Prediction(id="a", entities=[], claims=claims("weather"))]
    warnings = compare_systems(gold, {"plain": plain, "odd": odd}, trials=10).warnings
    assert [warning for warning in warnings if "does not declare" in warning] == [
        "odd: kinds of claims that schema news/2.0.0 does not declare: weather"
    ]
