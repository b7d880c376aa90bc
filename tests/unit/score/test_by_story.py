"""Values by story: the articles of one story count as one, and stories are resampled."""

from __future__ import annotations

import random

import numpy as np
import pytest

from annotate.errors import ScoreError
from annotate.harness.report import make_tables
from annotate.label_map import LabelMap
from annotate.records import Claim, Entity, GoldRecord, Prediction, Quote, Span
from annotate.score import compare_systems, evaluate
from annotate.score.signature import write_signature

TEXT = "“We won,” Ann Lee said in Oslo. Rain fell in Rome."
QUOTE = Quote("direct", [Span(0, 9)], Span(10, 17), Span(18, 22))
GOLD = {
    "entities": [Entity(10, 17, "PERSON"), Entity(26, 30, "GPE"), Entity(45, 49, "GPE")],
    "quotes": [QUOTE],
    "claims": [Claim(32, 49, True, "event")],
}


def predict(chance: random.Random) -> dict[str, list[object]]:
    """Some of gold's items with scores, and now and then a wrong one."""
    found: dict[str, list[object]] = {"entities": [], "quotes": [], "claims": []}
    for entity in GOLD["entities"]:
        assert isinstance(entity, Entity)
        if chance.random() < 0.7:
            label = "ORG" if chance.random() < 0.2 else entity.label
            found["entities"].append(Entity(entity.start, entity.end, label, score=round(chance.random(), 2)))
    if chance.random() < 0.8:
        found["quotes"].append(Quote("direct", [Span(0, 9)], score=0.5))
    if chance.random() < 0.8:
        found["claims"].append(Claim(32, 49, chance.random() < 0.5, "event", score=0.5, confidence=0.4))
    return found


def make_stories(sizes: list[int], *, alike: bool) -> tuple[list[GoldRecord], list[Prediction]]:
    """So many articles of each story; `alike`: with the same predictions in all of a story's articles."""
    chance = random.Random(5)
    gold, predictions = [], []
    for story, size in enumerate(sizes):
        shared = predict(chance)
        for copy in range(size):
            name = f"s{story:02}-{copy}"
            gold.append(GoldRecord(id=name, text=TEXT, cluster=f"story-{story}", **GOLD))
            predictions.append(Prediction(id=name, **(shared if alike else predict(chance))))
    return gold, predictions


SIZES = [5, 1, 2, 1, 3, 1, 1, 4, 1, 1]


def test_a_wire_story_that_five_papers_print_counts_once() -> None:
    """Values and intervals are those of one article a story, where the articles of each story are alike."""
    many = evaluate(*make_stories(SIZES, alike=True), by="story")
    once = evaluate(*make_stories([1] * len(SIZES), alike=True))
    plain = evaluate(*make_stories(SIZES, alike=True))
    assert many.value("f1:strict:entities") != plain.value("f1:strict:entities")
    for name, score in (*once.measures.items(), *once.of_scores.items()):
        found = many.find(name)
        assert found is not None
        assert found.value == pytest.approx(score.value), name
        if not score.three and "/" not in name:
            assert (found.low, found.high) == pytest.approx((score.low, score.high)), name
    assert many.stories == {"entities": 10, "quotes": 10, "claims": 10}
    assert many.ranked["strict:entities"]["reliability"][0]["right"] == pytest.approx(
        once.ranked["strict:entities"]["reliability"][0]["right"]
    )
    assert [p["precision"] for p in many.ranked["strict:entities"]["curve"]] == pytest.approx(
        [p["precision"] for p in once.ranked["strict:entities"]["curve"]]
    )


def test_articles_of_one_story_share_its_weight() -> None:
    """Against scikit-learn with weights of one over the size of the story."""
    metrics = pytest.importorskip(
        "sklearn.metrics", reason="scikit-learn: weighted values are not compared with its own"
    )
    gold, predictions = make_stories(SIZES, alike=False)
    report = evaluate(gold, predictions, by="story")
    sizes = {f"story-{story}": size for story, size in enumerate(SIZES)}
    truth, answers, scores, weights = [], [], [], []
    for record, prediction in zip(gold, predictions, strict=True):
        right = {(e.start, e.end, e.label) for e in record.entities or ()}
        found = {(e.start, e.end, e.label): e.score or 0.0 for e in prediction.entities or ()}
        for key in right | set(found):
            truth.append(key in right)
            answers.append(key in found)
            scores.append(found.get(key, -1.0))
            weights.append(1 / sizes[record.cluster or ""])
    for name, function in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        expected = function(truth, answers, sample_weight=weights)
        assert report.value(f"{name}:strict:entities") == pytest.approx(expected)
    kept = np.array(answers)
    columns = [np.array(column)[kept] for column in (truth, scores)]
    inside = np.array(weights)[kept]
    expected = metrics.average_precision_score(*columns, sample_weight=inside)
    expected *= (columns[0] @ inside) / (np.array(truth) @ np.array(weights))
    assert report.value("ap:strict:entities") == pytest.approx(expected)


def test_articles_without_a_story_are_stories_of_their_own() -> None:
    gold, predictions = make_stories([1] * 8, alike=True)
    some = [GoldRecord(id=r.id, text=TEXT, cluster=None if i else "s", **GOLD) for i, r in enumerate(gold)]
    by_story, by_article = evaluate(some, predictions, by="story"), evaluate(some, predictions)
    assert by_story.measures == by_article.measures
    assert by_story.remarks[:1] == ["entities, quotes, claims: 8 articles of 8 stories; each story counts once"]


def test_where_all_is_right_the_interval_is_the_rule_of_three_by_story() -> None:
    """Sixty entities in twenty articles of ten stories: as many as ten articles have on average."""
    gold = make_stories(SIZES, alike=True)[0]
    report = evaluate(gold, [Prediction(id=record.id, **GOLD) for record in gold], by="story")
    score = report.measures["f1:strict:entities"]
    assert (score.value, score.low, score.high) == (1.0, 1 - 3 / 30, 1.0)


def test_few_stories_give_no_interval() -> None:
    report = evaluate(*make_stories([5, 5, 2], alike=False), by="story")
    assert all(score.low is None for score in report.measures.values())
    assert "entities: 3 stories; below 5 no interval can be given" in report.remarks


def test_gold_without_stories_cannot_be_scored_by_them() -> None:
    gold = [GoldRecord(id="a", text=TEXT, **GOLD)]
    with pytest.raises(ScoreError, match=r"--by story: no gold record has a story \(cluster\)"):
        evaluate(gold, [Prediction(id="a", entities=[])], by="story")


def test_the_signature_and_the_tables_name_the_stories() -> None:
    report = evaluate(*make_stories(SIZES, alike=False), by="story", trials=0)
    assert "|by:story|" in write_signature(report.signature)
    assert report.signature["interval"].endswith("stories resampled")
    assert report.to_dict()["stories"]["entities"] == 10
    assert make_tables(report)[0].title == "entities: 10 stories in 20 articles"
    plain = evaluate(*make_stories(SIZES, alike=False), trials=0)
    assert "by" not in plain.signature
    assert "stories" not in plain.to_dict()


def test_agreement_that_was_measured_otherwise_is_no_ceiling() -> None:
    gold, predictions = make_stories(SIZES, alike=False)
    ceiling = {"f1:strict:entities": 0.9, "f1:overlap:quotes": 0.8}
    assert evaluate(gold, predictions, ceiling=ceiling, trials=0).ceiling == ceiling
    assert evaluate(gold, predictions, ceiling=ceiling, trials=0, by="story").ceiling == {}
    mapped = evaluate(gold, predictions, ceiling=ceiling, trials=0, label_map=LabelMap.parse("conll"))
    assert mapped.ceiling == {"f1:overlap:quotes": 0.8}


def test_systems_are_compared_story_by_story() -> None:
    """Twenty articles of three stories show no more than three articles do."""
    gold, predictions = make_stories([8, 8, 4], alike=True)
    empty = [Prediction(id=record.id, entities=[]) for record in gold]
    by_story = compare_systems(gold, {"some": predictions, "none": empty}, by="story", trials=200)
    assert by_story.articles == {"f1:strict:entities": 3}
    assert by_story.differences[0].p == 0.25
    assert compare_systems(gold, {"some": predictions, "none": empty}, trials=200).differences[0].p < 0.05
