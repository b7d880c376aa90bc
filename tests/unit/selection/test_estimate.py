"""`estimate`: which rates, of which pool, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from annotate.errors import ScoreError
from annotate.jsonl import write_records
from annotate.records import Entity, GoldRecord, Prediction
from annotate.selection.estimate import Estimates, Rate, estimate
from tests.support.commands import run

TEXT = "Rome and Oslo and Bonn and Kyiv met."
PLACES = [(0, 4), (9, 13), (18, 22), (27, 31)]


def make_pool(count: int = 120) -> tuple[list[GoldRecord], list[Prediction]]:
    """The truth on every article, and predictions that mostly find the names, now and then with a wrong label."""
    chance = random.Random(2)
    truth, predictions = [], []
    for number in range(count):
        here = PLACES[: chance.randint(0, 4)]
        truth.append(GoldRecord(id=f"a{number:03}", text=TEXT, entities=[Entity(*span, "GPE") for span in here]))
        found = []
        for span in here:
            if chance.random() < 0.25:
                continue
            sure = chance.choice([0.55, 0.95])
            found.append(Entity(*span, "GPE" if chance.random() < sure else "ORG", score=sure))
        predictions.append(Prediction(id=f"a{number:03}", entities=found))
    return truth, predictions


def rates(estimates: Estimates) -> dict[str, Rate]:
    return {rate.name: rate for rate in estimates.rates}


def test_rates_of_the_pool_are_found_and_predictions_make_them_narrow() -> None:
    truth, predictions = make_pool()
    gold = random.Random(3).sample(truth, 60)
    found = rates(estimate(gold, predictions))
    assert set(found) == {
        "entities in an article",
        "articles with entities",
        "entities/GPE in an article",
        "articles with entities/GPE",
        "precision:strict:entities",
    }
    mean = sum(len(one.entities or ()) for one in truth) / 120
    items = found["entities in an article"]
    assert items.gain > 1.5
    assert items.low is not None
    assert items.high is not None
    assert items.low <= mean <= items.high
    right = sum(a.label == "GPE" for prediction in predictions for a in prediction.entities or ()) / sum(
        len(prediction.entities or ()) for prediction in predictions
    )
    precision = found["precision:strict:entities"]
    assert precision.low is not None
    assert precision.high is not None
    assert precision.low <= right <= precision.high
    for rate in found.values():
        assert rate.gain >= 1
        if rate.low is not None and rate.gold_low is not None:
            assert rate.high - rate.low <= rate.gold_high - rate.gold_low + 1e-12  # type: ignore[operator]


def test_predictions_that_nobody_saw_fail_are_not_relied_on() -> None:
    truth, _ = make_pool()
    perfect = [Prediction(id=one.id, entities=one.entities) for one in truth]
    for rate in estimate(truth[:40], perfect).rates:
        assert (rate.value, rate.low, rate.high, rate.gain) == (rate.gold, rate.gold_low, rate.gold_high, 1)


def test_useless_predictions_leave_gold_as_it_is() -> None:
    truth, predictions = make_pool()
    chance = random.Random(9)
    entities = [one.entities for one in predictions]
    chance.shuffle(entities)
    shuffled = [Prediction(id=one.id, entities=found) for one, found in zip(predictions, entities, strict=True)]
    for rate in estimate(truth[:30], shuffled).rates:
        assert rate.gain < 1.5
        if rate.gain == 1:
            assert (rate.value, rate.low, rate.high) == (rate.gold, rate.gold_low, rate.gold_high)


def test_the_wider_interval_is_not_put_aside() -> None:
    """Of two intervals that differ by chance the narrower one would hold the truth too seldom."""
    truth, predictions = make_pool()
    chance = random.Random(0)
    entities = [one.entities for one in predictions]
    gains = []
    for seed in range(12):
        chance.shuffle(entities)
        shuffled = [Prediction(id=one.id, entities=found) for one, found in zip(predictions, entities, strict=True)]
        found = rates(estimate(random.Random(seed).sample(truth, 30), shuffled, trials=200))["entities in an article"]
        gains.append(found.gain)
    assert min(gains) < 1 < max(gains)


def test_a_share_without_exceptions_has_a_bound_and_few_articles_a_note() -> None:
    names = [Entity(*span, "GPE") for span in PLACES]
    truth = [GoldRecord(id=f"{i}", text=TEXT, entities=names[: 1 + i % 3]) for i in range(40)]
    predictions = [Prediction(id=f"{i}", entities=names[: 1 + i % 2]) for i in range(40)]
    found = estimate(truth[:20], predictions)
    share = rates(found)["articles with entities"]
    assert (share.gold, share.gold_low, share.gold_high) == (1, pytest.approx(1 - 3 / 20), 1)
    assert any("20 articles: below 30, intervals of counts may be too narrow" in one for one in found.remarks)
    assert not any("below 30" in one for one in estimate(truth[:30], predictions).remarks)


def test_a_threshold_leaves_out_what_is_unsure() -> None:
    truth, predictions = make_pool()
    low = rates(estimate(truth[:60], predictions))["precision:strict:entities"]
    high = rates(estimate(truth[:60], predictions, min_score=0.9))["precision:strict:entities"]
    assert low.value is not None
    assert high.value is not None
    assert high.value > low.value + 0.1


def test_weights_are_used_and_the_pool_must_be_the_one_that_gold_speaks_for() -> None:
    truth, predictions = make_pool()
    many, few = (
        [one for one in truth if len(one.entities or ()) > 2],
        [one for one in truth if len(one.entities or ()) < 3],
    )
    gold = []
    for group, n in ((many, 30), (few, 20)):
        noted = {
            "probability": n / len(group), "stratum": str(n), "pool": 120, "pool_sha256": "ab", "seed": 0, "n": 40
        }  # fmt: skip
        gold += [
            msgspec.structs.replace(one, weight=len(group) / n, meta={"selection": noted})
            for one in random.Random(1).sample(group, n)
        ]
    total = sum((one.weight or 0) * len(one.entities or ()) for one in gold)
    found = rates(estimate(gold, predictions))["entities in an article"]
    plain = rates(estimate(gold, predictions, weights="none"))["entities in an article"]
    assert found.gold == pytest.approx(total / 120)
    assert plain.gold == pytest.approx(sum(len(one.entities or ()) for one in gold) / 50)
    other = next(one.id for one in truth if one.id not in {record.id for record in gold})
    with pytest.raises(ScoreError, match="gold speaks for a pool of 120 articles, predictions are of 119"):
        estimate(gold, [one for one in predictions if one.id != other])
    with pytest.raises(ScoreError, match="gold article without a prediction, such as"):
        estimate(gold, [one for one in predictions if one.id != gold[0].id])
    with pytest.raises(ScoreError, match="a second prediction for this article"):
        estimate(gold, [*predictions, predictions[0]])
    with pytest.raises(ScoreError, match="nothing to estimate"):
        estimate(gold, [Prediction(id=one.id, quotes=[]) for one in predictions])
    with pytest.raises(ScoreError, match="gold has no articles"):
        estimate([], predictions)


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    truth, predictions = make_pool()
    write_records(tmp_path / "g.jsonl", truth[:40])
    write_records(tmp_path / "p.jsonl", predictions)
    command = ["estimate", tmp_path / "g.jsonl", "--predictions", tmp_path / "p.jsonl", "--trials", 200]
    table = run(*command)
    assert "A pool of 120 articles" in table.stdout
    titles = ("Items in an article", "Share of articles with", "Precision")
    assert [line for line in table.stdout.splitlines() if line in titles] == list(titles)
    assert "taken as a simple random sample" in " ".join(table.stdout.split())
    assert max(map(len, table.stdout.partition("gain:")[0].splitlines())) <= 80
    found = json.loads(run(*command, "--format", "json").stdout)
    assert found["pool"] == 120
    assert {"name", "gold", "value", "low", "high", "gain"} <= found["rates"][0].keys()
