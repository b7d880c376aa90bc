"""Weighted gold: values, intervals, tests and agreement, each against what can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import annotate
from annotate.errors import RecordError, ScoreError
from annotate.records import Annotation, Entity, GoldRecord, Prediction
from annotate.score.formulas import AveragePrecision, Groups, Once, Ratio
from annotate.score.resampling import Resamples
from annotate.score.sample import make_sample, weigh
from annotate.selected import Selected
from annotate.selection.sampling import choose_members, draw


def test_resampled_weights_have_the_variance_of_the_design() -> None:
    """Of a simple random sample without replacement within strata: sum of (N / n)^2 n (1 - n / N) s^2."""
    chance = np.random.default_rng(3)
    sizes, pools = (4, 9, 15), (8, 90, 30)
    values = [chance.normal(5 * i, 1 + i, n) for i, n in enumerate(sizes)]
    selected = [
        Selected(probability=n / pool, stratum=str(i), pool=1, pool_sha256="", seed=0)
        for i, (n, pool) in enumerate(zip(sizes, pools, strict=True))
        for _ in range(n)
    ]
    sample = make_sample([one.weight for one in selected], selected)
    assert sample is not None
    assert sample.freedom == 25
    totals = np.concatenate([(rows * sample.weights) @ np.concatenate(values) for rows in sample.draw(40_000, 1)])
    expected = sum(
        (pool / n) ** 2 * n * (1 - n / pool) * y.var(ddof=1) for n, pool, y in zip(sizes, pools, values, strict=True)
    )
    assert totals.var() == pytest.approx(expected, rel=0.03)
    assert totals.mean() == pytest.approx(sample.weights @ np.concatenate(values), rel=0.002)


def test_strata_with_one_article_are_resampled_together() -> None:
    selected = [
        Selected(probability=0.1, stratum=name, pool=1, pool_sha256="", seed=0) for name in ("a", "a", "b", "c")
    ]
    sample = make_sample([10.0] * 4, selected)
    assert sample is not None
    assert len(set(sample.stratum.tolist())) == 2
    assert sample.freedom == 2
    rows = np.concatenate(list(sample.draw(200, 0)))
    assert rows.std(axis=0).min() > 0
    assert sample.take(np.array([0, 2])).freedom == 1


def weighted_gold(weights: list[float | None], *, strata: list[str] | None = None) -> list[GoldRecord]:
    records = []
    for number, weight in enumerate(weights):
        meta: dict[str, Any] = {}
        if strata is not None and weight is not None:
            meta["selection"] = {
                "probability": 1 / weight, "stratum": strata[number], "pool": 100, "pool_sha256": "ab" * 32, "seed": 0,
            }  # fmt: skip
        text = "Rome won. Oslo lost."
        entities = [Entity(0, 4, "GPE"), Entity(10, 14, "GPE")]
        records.append(GoldRecord(id=f"g{number:02}", text=text, entities=entities, weight=weight, meta=meta))
    return records


def predict(right: list[int]) -> list[Prediction]:
    """Of the two names of each article so many are found."""
    names = [Entity(0, 4, "GPE"), Entity(10, 14, "GPE")]
    return [Prediction(id=f"g{number:02}", entities=names[:n]) for number, n in enumerate(right)]


def test_values_are_ratios_of_weighted_totals() -> None:
    gold = weighted_gold([1.0, 1.0, 6.0])
    report = annotate.evaluate(gold, predict([0, 1, 2]), trials=0)
    assert report.value("recall:strict:entities") == pytest.approx((0 + 1 + 6 * 2) / (8 * 2))
    assert report.value("precision:strict:entities") == 1
    assert report.value("f1:strict:entities") == pytest.approx(2 * 13 / (16 + 13))
    assert report.measures["recall:strict:entities"].n_gold == 6
    assert report.counts["entities"]["strict"]["missing"] == 3
    plain = annotate.evaluate(gold, predict([0, 1, 2]), trials=0, weights="none")
    assert plain.value("recall:strict:entities") == 0.5
    assert plain.sample is None
    assert (report.signature["weights"], plain.signature["weights"]) == ("gold", "none")
    assert report.sample == {"effective": {"entities": 1.68}, "pools": []}


def test_equal_weights_change_no_value() -> None:
    chance = np.random.default_rng(0)
    right = chance.integers(0, 3, 30).tolist()
    alike, plain = (annotate.evaluate(weighted_gold([weight] * 30), predict(right)) for weight in (5.0, None))
    for name, score in plain.measures.items():
        other = alike.measures[name]
        assert other.value == pytest.approx(score.value)
        if score.low is not None:  # resampled in another way
            assert other.low == pytest.approx(score.low, abs=0.05)
            assert other.high == pytest.approx(score.high, abs=0.05)
    assert "weights" not in plain.signature
    assert plain.to_dict().keys() == alike.to_dict().keys() - {"sample"}


def test_weights_are_used_only_where_every_article_has_one() -> None:
    gold = weighted_gold([1.0, None, 6.0])
    report = annotate.evaluate(gold, predict([0, 1, 2]), trials=0)
    assert report.value("recall:strict:entities") == 0.5
    assert "1 of 3 articles without a weight, so all count alike" in report.remarks
    with pytest.raises(ScoreError, match="1 of 3 articles without a weight, such as g01"):
        annotate.evaluate(gold, predict([0, 1, 2]), weights="gold")
    gold[1].weight = 0.0
    with pytest.raises(ScoreError, match=r"weight is 0.0; expected a number above 0"):
        annotate.evaluate(gold, predict([0, 1, 2]))


def test_intervals_know_strata_and_what_was_annotated_as_a_whole() -> None:
    right = [2] * 10 + [0] * 10
    strata = ["a"] * 10 + ["b"] * 10
    together = annotate.evaluate(weighted_gold([5.0] * 20, strata=["all"] * 20), predict(right))
    apart = annotate.evaluate(weighted_gold([5.0] * 20, strata=strata), predict(right))
    name = "recall:strict:entities"
    assert apart.value(name) == together.value(name) == 0.5
    assert apart.measures[name].low is None  # nothing varies within a stratum
    assert together.measures[name].low is not None
    certain = annotate.evaluate(weighted_gold([1.0] * 20, strata=["all"] * 20), predict([2, 0] * 10))
    assert certain.measures[name].low is None
    half = annotate.evaluate(weighted_gold([2.0] * 20, strata=["all"] * 20), predict([2, 0] * 10)).measures[name]
    few = annotate.evaluate(weighted_gold([1e6] * 20, strata=["all"] * 20), predict([2, 0] * 10)).measures[name]
    assert few.high - few.low > 1.3 * (half.high - half.low)  # type: ignore[operator]


def test_compare_weighs_value_interval_and_test() -> None:
    gold = weighted_gold([1.0] * 10 + [9.0] * 10)
    good, poor = [1] * 10 + [2] * 10, [2] * 10 + [1] * 10
    systems = {"good": predict(good), "poor": predict(poor)}
    comparison = annotate.compare_systems(gold, systems, measures=["recall:strict:entities"], trials=2000)
    size = (10 + 90) ** 2 / (10 + 10 * 81)
    assert f"weighted by gold: 20 articles, as precise as {size:.1f} of equal weight" in comparison.remarks
    [found] = comparison.differences
    assert (found.better, found.difference) == ("good", pytest.approx(0.4))
    assert found.p < 0.05
    [plain] = annotate.compare_systems(
        gold, systems, measures=["recall:strict:entities"], trials=2000, weights="none"
    ).differences
    assert (plain.difference, plain.p) == (0, 1)


def test_average_precision_is_weighted_by_the_unit() -> None:
    article, score = np.array([0, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.6])
    ap = AveragePrecision(article, score, np.array([True, False, True, False]))
    # a weight of 2 is the article twice
    twice = AveragePrecision(
        np.array([0, 0, 1, 1, 1, 1]), np.append(score, score[2:]), np.array([True, False, True, False, True, False])
    )
    weighted = weigh(ap, np.array([1.0, 2.0])).values(Once(2))
    assert weighted == pytest.approx(twice.values(Once(2)))


def test_agreement_weighs_articles_by_how_they_were_selected() -> None:
    def versions(number: int, probability: float | None, same: bool) -> list[Annotation]:
        noted = {"probability": probability, "stratum": "all", "pool": 99, "pool_sha256": "cd", "seed": 0}
        meta = {} if probability is None else {"selection": noted}
        found = [[Entity(0, 4, "GPE")], [Entity(0, 4, "GPE") if same else Entity(5, 8, "GPE")]]
        return [
            Annotation(id=f"a{number}", text="Rome won.", annotator=who, entities=entities, meta=meta)
            for who, entities in zip("ab", found, strict=True)
        ]

    rows = [*versions(0, 0.1, True), *versions(1, 0.9, False)]
    weighted = annotate.agree(rows, trials=0)
    plain = annotate.agree(rows, trials=0, weights="none")
    name = "f1:strict:entities"
    assert plain.measures[name].value == 0.5
    assert weighted.measures[name].value == pytest.approx(10 / (10 + 1 / 0.9))
    assert any(remark.startswith("weighted by how they were selected") for remark in weighted.remarks)
    with pytest.raises(RecordError, match=r"a2: no meta.selection"):
        annotate.agree([*rows, *versions(2, None, True)], weights="gold")
    assert annotate.agree([*rows, *versions(2, None, True)], trials=0).measures[name].value == pytest.approx(2 / 3)


def test_curve_and_calibration_weigh_articles() -> None:
    names = [Entity(0, 4, "GPE", score=0.9), Entity(10, 14, "GPE", score=0.9)]
    wrong = [Entity(0, 4, "ORG", score=0.9)]
    predictions = [Prediction(id="g00", entities=names), Prediction(id="g01", entities=wrong)]
    report = annotate.evaluate(weighted_gold([1.0, 3.0]), predictions, trials=0)
    [point] = report.ranked["strict:entities"]["curve"]
    assert (point["n"], point["precision"], point["recall"]) == (3, 2 / 5, 2 / 8)
    assert report.value("ap:strict:entities") == pytest.approx(2 / 5 * 2 / 8)
    [bin] = report.ranked["strict:entities"]["reliability"]
    assert bin["right"] == pytest.approx(2 / 5)
    assert report.value("ece:strict:entities") == pytest.approx(0.9 - 2 / 5)


def story_gold(sizes: Sequence[int], strata: Sequence[str] | None = None) -> list[GoldRecord]:
    """Three sampled articles, the first two of one story; `sizes` are those of their stories in the pool."""
    gold = weighted_gold([4.0, 4.0, 3.0])
    for record, story, size, stratum in zip(gold, ("one", "one", "two"), sizes, strata or "aaa", strict=True):
        named = {"pool": 30, "pool_sha256": "ab", "seed": 0, "story": size, "stratum": stratum}
        record.cluster, record.meta = story, {"selection": {**named, "probability": 1 / (record.weight or 1)}}
    return gold


def test_a_story_counts_as_one_of_the_pool() -> None:
    """Each article of a story of m counts its weight / m, whether the others of the story were drawn or not."""
    gold = story_gold([8, 8, 1])
    predictions = predict([0, 1, 2])
    report = annotate.evaluate(gold, predictions, trials=0, by="story")
    right, items = (0 * 4 / 8 + 1 * 4 / 8 + 2 * 3), (2 * 4 / 8 + 2 * 4 / 8 + 2 * 3)
    assert report.value("recall:strict:entities") == pytest.approx(right / items)
    assert (report.signature["by"], report.signature["weights"]) == ("story", "gold")
    assert "stories resampled within strata" in report.signature["interval"]
    assert report.sample is not None
    assert report.sample["effective"] == {"entities": pytest.approx(1.6)}
    same = annotate.evaluate(gold, predictions, trials=0, by="story", weights="gold")
    assert same.measures == report.measures
    plain = annotate.evaluate(gold, predictions, trials=0, by="story", weights="none")
    assert plain.value("recall:strict:entities") == pytest.approx((0.25 + 1) / 2)
    assert (plain.sample, plain.signature["weights"]) == (None, "none")


@pytest.mark.parametrize(
    ("gold", "words"),
    [
        (weighted_gold([1.0, 1.0, 6.0]), "does not say how many articles of the pool are of its story"),
        (story_gold([0, 2, 1]), "does not say how many articles of the pool are of its story"),
        (story_gold([2, 2, 1], "aba"), "1 story in several strata, such as one"),
    ],
)
def test_stories_without_weights(gold: list[GoldRecord], words: str) -> None:
    for record, story in zip(gold, ("one", "one", "two"), strict=True):
        record.cluster = story
    predictions = predict([0, 1, 2])
    report = annotate.evaluate(gold, predictions, trials=0, by="story")
    assert report.value("recall:strict:entities") == pytest.approx((0.25 + 1) / 2)
    assert (report.sample, report.signature["weights"]) == (None, "none")
    assert any(words in remark for remark in report.remarks)
    systems = {"a": predictions, "b": predict([2, 2, 2])}
    compared = annotate.compare_systems(gold, systems, by="story")
    assert any(words in remark for remark in compared.remarks)
    for score in (
        lambda: annotate.evaluate(gold, predictions, by="story", weights="gold"),
        lambda: annotate.compare_systems(gold, systems, by="story", weights="gold"),
    ):
        with pytest.raises(ScoreError, match=f"{words}.*score with --weights none, or with --by article"):
            score()


@pytest.mark.parametrize("per_story", [0, 1])
def test_by_story_speaks_for_the_stories_of_the_pool(per_story: int) -> None:
    """Drawn again and again, the mean over stories is that of the pool, and its interval holds it; seeds fixed."""
    chance = np.random.default_rng(4)
    story = np.repeat(np.arange(400), chance.choice([1, 1, 2, 6], 400))[:500]
    members = np.bincount(story)
    value = chance.random(500) * members[story] ** -0.5  # large stories are different
    truth = float((np.bincount(story, value) / members).mean())
    numbers = np.arange(500)
    found, held, runs = [], 0, 300
    for run in range(runs):
        units = choose_members(chance.random((500, 3)), story, np.ones(500), np.zeros(500, int), per_story=per_story)
        drawn = draw(units, [0] * 60, 1)
        order = np.argsort(drawn.taken)
        taken, probability = drawn.taken[order], drawn.probability[order]
        selected = [
            Selected(probability=p, stratum="all", pool=500, pool_sha256="", seed=0, story=int(m))
            for p, m in zip(probability.tolist(), members[story[taken]].tolist(), strict=True)
        ]
        sample = make_sample((1 / probability).tolist(), selected)
        assert sample is not None
        _, of = np.unique(story[taken], return_inverse=True)
        groups = Groups(of, sample.weights / members[story[taken]], int(of.max()) + 1)
        formula = Ratio(value[numbers[taken]], np.ones(60), 0, 0).grouped(groups)
        everything = np.arange(groups.n)
        resamples = Resamples({"mean": formula}, everything, groups.n, 500, run, sample.group(groups))
        interval = resamples.interval("mean")
        assert interval is not None
        found.append(float(formula.values(Once(groups.n))[0]))
        held += interval[0] <= truth <= interval[1]
    assert abs(np.mean(found) - truth) < 3.5 * np.std(found) / math.sqrt(runs)
    assert 0.92 <= held / runs <= 0.99
