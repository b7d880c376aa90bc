"""What scores of predictions are worth: against scikit-learn, by hand, and where an input is odd."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
import pytest

from annotate.errors import AnnotateError, ScoreError
from annotate.harness.report import make_tables, parse_threshold
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Region, Span
from annotate.score import Report, compare_systems, evaluate

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn: the curves are not compared with its own")
calibration = pytest.importorskip("sklearn.calibration")

TEXT = "Ann Lee and Bob Ray met Cid Doe in Oslo, Rome and Bonn; Eve Fox paid."


def make_articles(n: int = 40, *, ties: bool = True, seed: int = 1) -> tuple[list[GoldRecord], list[Prediction]]:
    """Entities that are right with about the probability that their scores have, some of gold missed."""
    chance = random.Random(seed)
    gold, predictions = [], []
    for i in range(n):
        golds, found = [], []
        for start in range(0, 60, 6):
            score = chance.random()
            score = round(score, 1) if ties else score
            right = chance.random() < score
            if right or chance.random() < 0.3:
                golds.append(Entity(start, start + 4, "PERSON"))
            if right or chance.random() < 0.7:
                found.append(Entity(start, start + 4 if right else start + 5, "PERSON", score=score))
        gold.append(GoldRecord(id=f"a{i}", text=TEXT, entities=golds))
        predictions.append(Prediction(id=f"a{i}", entities=found))
    return gold, predictions


def list_units(gold: list[GoldRecord], predictions: list[Prediction]) -> tuple[list[bool], list[float], int]:
    """Whether each prediction is right, its score, and the number of gold items: written anew, by sets."""
    right, scores, n_gold = [], [], 0
    for record, prediction in zip(gold, predictions, strict=True):
        answers = {(e.start, e.end, e.label) for e in record.entities or ()}
        n_gold += len(answers)
        for entity in prediction.entities or ():
            right.append((entity.start, entity.end, entity.label) in answers)
            scores.append(float(entity.score or 0))
    return right, scores, n_gold


@pytest.mark.parametrize("ties", [True, False])
def test_curve_and_average_precision_are_those_of_scikit_learn(ties: bool) -> None:
    gold, predictions = make_articles(ties=ties, n=15)
    right, scores, n_gold = list_units(gold, predictions)
    report = evaluate(gold, predictions, trials=0)
    expected = metrics.average_precision_score(right, scores) * sum(right) / n_gold
    assert report.value("ap:strict:entities") == pytest.approx(expected)
    precision, recall, thresholds = metrics.precision_recall_curve(right, scores)
    curve = report.ranked["strict:entities"]["curve"]
    assert [point["score"] for point in curve] == pytest.approx(thresholds[::-1])
    assert [point["precision"] for point in curve] == pytest.approx(precision[:-1][::-1])
    assert [point["recall"] for point in curve] == pytest.approx(recall[:-1][::-1] * sum(right) / n_gold)
    assert curve[-1]["f1"] == pytest.approx(report.value("f1:strict:entities"))
    assert [point["n"] for point in curve] == [sum(score >= x for score in scores) for x in thresholds[::-1]]


def test_a_long_curve_is_thinned_and_keeps_its_best_point_and_its_ends() -> None:
    gold, predictions = make_articles(ties=False, n=120)
    right, scores, n_gold = list_units(gold, predictions)
    assert len(set(scores)) > 500
    curve = evaluate(gold, predictions, trials=0).ranked["strict:entities"]["curve"]
    assert len(curve) in (200, 201)
    order = np.argsort(scores)[::-1]
    best = 2 * np.cumsum(np.array(right)[order]) / (np.arange(len(scores)) + 1 + n_gold)
    assert max(point["f1"] for point in curve) == pytest.approx(best.max())
    assert (curve[0]["n"], curve[-1]["n"]) == (1, len(scores))


def test_calibration_is_that_of_scikit_learn() -> None:
    gold, predictions = make_articles()
    right, scores, _ = list_units(gold, predictions)
    report = evaluate(gold, predictions)
    shares, means = calibration.calibration_curve(right, scores, n_bins=10)
    bins = report.ranked["strict:entities"]["reliability"]
    assert [found["score"] for found in bins] == pytest.approx(means)
    assert [found["right"] for found in bins] == pytest.approx(shares)
    sizes = np.bincount(np.digitize(scores, np.arange(1, 10) / 10, right=True))
    sizes = sizes[sizes > 0]
    assert [found["n"] for found in bins] == sizes.tolist()
    score = report.of_scores["ece:strict:entities"]
    assert score.value == pytest.approx(float(np.abs(shares - means) @ sizes / sizes.sum()))
    assert score.low is not None
    assert score.high is not None
    assert score.low <= score.value <= score.high  # type: ignore[operator]
    assert (score.n_gold, score.n_pred) == (len(scores), len(scores))
    assert report.of_scores["ap:strict:entities"].low is not None


@pytest.mark.parametrize(("score", "expected"), [(1.0, 0.0), (0.75, 0.25), (0.0, 1.0)])
def test_calibration_by_hand(score: float, expected: float) -> None:
    gold = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON")])]
    found = [Prediction(id="a", entities=[Entity(0, 7, "PERSON", score=score)])]
    assert evaluate(gold, found).value("ece:strict:entities") == expected


def test_quotes_and_claims_have_curves_too() -> None:
    """Two quotes and two claims, by hand; a claim's confidence is not its check-worthiness."""
    text = "“We won,” Ann said. “We lost,” Bob said. Rain fell."
    quotes = [Quote("direct", [Span(0, 9)]), Quote("direct", [Span(20, 30)])]
    claims = [Claim(41, 50, True, "event"), Claim(10, 18, False, "event")]
    gold = [GoldRecord(id="a", text=text, quotes=quotes, claims=claims)]
    found = Prediction(
        id="a",
        quotes=[Quote("direct", [Span(0, 9)], score=0.9), Quote("direct", [Span(41, 50)], score=0.6)],
        claims=[
            Claim(41, 50, True, "event", score=0.8, confidence=0.5),
            Claim(20, 30, True, "event", score=0.7, confidence=0.9),
        ],
    )
    report = evaluate(gold, [found])
    assert report.value("ap:overlap:quotes") == 0.5  # the first of two quotes at precision 1, the other never
    assert report.value("ece:overlap:quotes") == pytest.approx((0.1 + 0.6) / 2)
    assert report.value("ap:overlap:claims") == 0.25  # one of two claims, at rank two
    assert report.value("ece:overlap:claims") == pytest.approx((0.9 + 0.5) / 2)
    assert report.value("ece:check-worthy:claims") == pytest.approx(0.2)  # only the claim in a pair is asked
    assert set(report.ranked) == {"overlap:quotes", "overlap:claims", "check-worthy:claims"}
    assert report.ranked["check-worthy:claims"]["curve"] == []


def test_of_copies_the_best_scored_one_is_right() -> None:
    gold = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON"), Entity(12, 19, "PERSON")])]
    entities = [
        Entity(0, 7, "PERSON", score=0.2),
        Entity(0, 7, "PERSON", score=0.9),
        Entity(12, 19, "PERSON", score=0.5),
    ]
    for order in (entities, entities[::-1]):
        report = evaluate(gold, [Prediction(id="a", entities=order)])
        assert report.value("ap:strict:entities") == 1
        assert report.value("precision:strict:entities") == pytest.approx(2 / 3)


def test_what_is_left_out_has_no_rank() -> None:
    gold = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON")], ignore=[Region(12, 19)])]
    found = [Entity(12, 19, "PERSON", score=0.9), Entity(0, 7, "PERSON", score=0.1)]
    report = evaluate(gold, [Prediction(id="a", entities=found)])
    assert report.value("ap:strict:entities") == 1
    assert report.of_scores["ap:strict:entities"].n_pred == 1


def test_predictions_without_a_score_rank_last() -> None:
    gold = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON"), Entity(12, 19, "PERSON")])]
    found = [Entity(0, 7, "PERSON"), Entity(12, 19, "PERSON", score=0.0), Entity(24, 31, "PERSON", score=0.5)]
    report = evaluate(gold, [Prediction(id="a", entities=found)])
    assert report.value("ap:strict:entities") == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert report.value("ece:strict:entities") == pytest.approx(0.75)
    assert report.warnings == ["1 predicted entities have no score, others have; they rank last and are not calibrated"]


def test_scores_that_are_no_probabilities_rank_and_are_not_calibrated() -> None:
    gold = [GoldRecord(id="a", text=TEXT, entities=[Entity(0, 7, "PERSON")])]
    found = [Entity(0, 7, "PERSON", score=7.5), Entity(12, 19, "PERSON", score=-3)]
    report = evaluate(gold, [Prediction(id="a", entities=found)])
    assert report.value("ap:strict:entities") == 1
    assert "ece:strict:entities" not in report.measures
    assert report.warnings == [
        "scores of entities outside [0, 1] are no probabilities; their calibration is not measured"
    ]


def test_without_gold_items_average_precision_is_undefined() -> None:
    report = evaluate(
        [GoldRecord(id="a", text=TEXT, entities=[])], [Prediction(id="a", entities=[Entity(0, 7, "PERSON", score=0.5)])]
    )
    assert report.value("ap:strict:entities") is None
    assert report.value("ece:strict:entities") == 0.5


def test_the_order_of_articles_and_entities_plays_no_part() -> None:
    gold, predictions = make_articles(12)
    shuffled = [
        Prediction(id=p.id, entities=random.Random(3).sample(p.entities or [], len(p.entities or ())))
        for p in predictions
    ]
    assert evaluate(gold, predictions).to_dict() == evaluate(gold[::-1], shuffled[::-1]).to_dict()


def test_systems_are_compared_by_average_precision_and_not_by_what_is_better_lower() -> None:
    gold, predictions = make_articles(8)
    poor = [
        Prediction(
            id=p.id, entities=[Entity(e.start, e.end, e.label, score=1 - (e.score or 0)) for e in p.entities or ()]
        )
        for p in predictions
    ]
    found = compare_systems(gold, {"poor": poor, "good": predictions}, measures=["ap:strict:entities"], trials=100)
    assert found.standings[0].system == "good"
    assert found.differences[0].p < 0.05
    same = compare_systems(gold, {"a": predictions, "b": predictions}, measures=["ap:strict:entities"], trials=100)
    assert (same.differences[0].difference, same.differences[0].p) == (0, 1)
    with pytest.raises(ScoreError, match="ece:strict:entities cannot rank systems: lower is better"):
        compare_systems(gold, {"a": poor, "b": predictions}, measures=["ece:strict:entities"])
    with pytest.raises(AnnotateError, match="is better the lower it is"):
        parse_threshold("ece:strict:entities=0.1")


def test_too_many_predictions_are_not_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    gold, predictions = make_articles(8)
    monkeypatch.setattr(sys.modules["annotate.score.evaluate"], "_MOST_RANKED", 1000)
    report = evaluate(gold, predictions)
    assert report.of_scores["ap:strict:entities"].low is None
    assert report.of_scores["ece:strict:entities"].low is not None
    assert "ap:strict:entities: no interval, too many predictions to resample" in report.remarks


def tables_of(report: Report) -> dict[str, Any]:
    return {table.title: table for table in make_tables(report)}


def test_the_tables_show_what_a_threshold_would_do() -> None:
    tables = tables_of(evaluate(*make_articles(), trials=0))
    [curve] = [table for title, table in tables.items() if "this score or more" in title]
    assert curve.columns == ("score", "n", "P", "R", "F1")
    assert 10 <= len(curve.rows) <= 11
    [reliability] = [table for title, table in tables.items() if "reliability" in title]
    assert reliability.rows[0][0] == "0.0 to 0.1"


def test_an_interval_above_its_calibration_error_is_explained() -> None:
    chance = random.Random(2)
    spans = [(0, 7), (12, 19), (24, 31), (35, 39), (41, 45)]
    right = {score: set(chance.sample(range(40), round(40 * score))) for score in (0.1, 0.3, 0.5, 0.7, 0.9)}
    gold, predictions = [], []
    for i in range(40):
        marked = list(zip(spans, right, strict=True))
        found = [Entity(*at, "ORG") for at, score in marked if i in right[score]]
        gold.append(GoldRecord(id=f"a{i}", text=TEXT, entities=found))
        scored = [Entity(*at, "ORG", score=score) for at, score in marked]
        predictions.append(Prediction(id=f"a{i}", entities=scored))
    report = evaluate(gold, predictions, trials=200)
    ece = report.of_scores["ece:strict:entities"]
    assert ece.value == pytest.approx(0)
    assert ece.low is not None
    assert ece.low > 0.005
    assert any("the interval lies above the value in ece:strict:entities" in remark for remark in report.remarks)
    assert not any("lies above" in remark for remark in evaluate(*make_articles(200), trials=50).remarks)
