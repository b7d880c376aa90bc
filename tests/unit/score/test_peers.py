"""Figures of other tools as expected values: nervaluate, spaCy, SciPy, and what seqeval printed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from annotate.records import Entity, GoldRecord, Prediction
from annotate.score import evaluate
from annotate.score.distributions import t_cdf, t_quantile
from annotate.score.formulas import Ratio
from annotate.score.resampling import Resamples

LABELS = ("PERSON", "ORG", "GPE")
Spans = list[tuple[int, int, str]]


def flat_spans(chance: random.Random, words: int) -> Spans:
    """Word spans [first, last) without overlap."""
    spans: Spans = []
    word = chance.randint(0, 3)
    while word < words:
        end = min(words, word + chance.randint(1, 3))
        spans.append((word, end, chance.choice(LABELS)))
        word = end + chance.randint(0, 4)
    return spans


@pytest.fixture(scope="module")
def articles() -> list[tuple[Spans, Spans]]:
    """Flat gold, and flat predictions of which many are wrong; words of five letters and a space."""
    chance = random.Random(5)
    result = []
    for _ in range(200):
        gold = flat_spans(chance, 40)
        other = flat_spans(chance, 40)
        half = chance.randint(0, 40)
        kept = [span for span in gold if span[1] <= half]
        result.append((gold, kept + [span for span in other if span[0] >= half]))
    return result


def to_offsets(spans: Spans) -> Spans:
    return [(first * 6, last * 6 - 1, label) for first, last, label in spans]


@pytest.fixture(scope="module")
def report(articles: Any) -> Any:
    text = " ".join(["words"] * 40)
    return evaluate(
        [
            GoldRecord(id=f"{i:03}", text=text, entities=[Entity(*s) for s in to_offsets(gold)])
            for i, (gold, _) in enumerate(articles)
        ],
        [
            Prediction(id=f"{i:03}", entities=[Entity(*s) for s in to_offsets(predicted)])
            for i, (_, predicted) in enumerate(articles)
        ],
    )


def test_nervaluate_on_flat_data(articles: Any, report: Any) -> None:
    from nervaluate.evaluator import Evaluator

    sides = [
        [[{"label": n, "start": s, "end": e - 1} for s, e, n in to_offsets(article[side])] for article in articles]
        for side in (0, 1)
    ]
    found = Evaluator(*sides, tags=list(LABELS), loader="dict").evaluate()
    for theirs, ours in (("strict", "strict"), ("exact", "exact"), ("partial", "partial")):
        overall, counts = found["overall"][theirs], report.counts["entities"][ours]
        expected = (overall.correct, overall.incorrect, overall.partial, overall.missed, overall.spurious)
        assert tuple(counts.values()) == expected, ours
        assert report.value(f"f1:{ours}:entities") == pytest.approx(overall.f1, abs=1e-12)
    for label in LABELS:
        assert report.value(f"f1:strict:entities/{label}") == pytest.approx(found["entities"][label]["strict"].f1)
    # by type, nervaluate takes the nearest gold for each prediction in turn: never more than the optimum
    assert report.counts["entities"]["type"]["correct"] >= found["overall"]["ent_type"].correct


#: What seqeval 1.2.2 printed for the fixture `articles`, each an article of 40 words as tags of IOB2, with
#: `classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True)`: precision, recall, F1, gold.
#: Recorded, because it installs only from source.
SEQEVAL = {
    "": (0.5332996972754793, 0.5224913494809689, 0.5278401997503122, 2023),
    "/GPE": (0.5514705882352942, 0.5482456140350878, 0.5498533724340176, 684),
    "/ORG": (0.5351270553064275, 0.5272459499263623, 0.5311572700296736, 679),
    "/PERSON": (0.5118483412322274, 0.4909090909090909, 0.5011600928074245, 660),
}


@pytest.mark.parametrize("label", SEQEVAL)
def test_strict_entities_are_those_of_seqeval(label: str, report: Any) -> None:
    *expected, gold = SEQEVAL[label]
    values = [report.value(f"{metric}:strict:entities{label}") for metric in ("precision", "recall", "f1")]
    assert values == pytest.approx(expected, abs=1e-15)
    assert report.measures[f"recall:strict:entities{label}"].n_gold == gold


def test_entities_score_as_in_spacy(articles: Any, report: Any) -> None:
    import spacy
    from spacy.scorer import Scorer
    from spacy.tokens import Doc, Span
    from spacy.training import Example

    nlp = spacy.blank("en")
    examples = []
    for article in articles:
        docs = [Doc(nlp.vocab, ["words"] * 40) for _ in article]
        for doc, spans in zip(docs, article, strict=True):
            doc.set_ents([Span(doc, first, last, label) for first, last, label in spans])
        examples.append(Example(docs[1], docs[0]))
    scores = Scorer.score_spans(examples, "ents")
    assert report.value("f1:strict:entities") == pytest.approx(scores["ents_f"], abs=1e-12)
    for label in LABELS:
        theirs = scores["ents_per_type"][label]["f"]
        assert report.value(f"f1:strict:entities/{label}") == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("df", [1, 2, 4, 9, 19, 99, 10_000])
def test_the_t_distribution_is_that_of_scipy(df: int) -> None:
    from scipy import stats

    for p in (0.6, 0.8, 0.975, 0.999):
        assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-9)
    assert t_cdf(2.5, df) == pytest.approx(stats.t.cdf(2.5, df), rel=1e-12)


def test_resampled_values_are_those_of_scipy() -> None:
    """The same distribution: quantiles of 20,000 resamples of a ratio of sums agree within their own noise."""
    from scipy import stats

    generator = np.random.default_rng(3)
    gold = generator.integers(1, 30, 40)
    right = generator.binomial(gold, 0.7)
    ratio = Ratio(right, gold, int(gold.sum()), int(gold.sum()))
    ours = Resamples({"recall": ratio}, np.arange(40), 40, 20_000, 1).values("recall")
    theirs = stats.bootstrap(
        (right, gold),
        lambda a, b, axis=-1: a.sum(axis) / b.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).bootstrap_distribution
    for level in (0.025, 0.1, 0.5, 0.9, 0.975):
        assert np.quantile(ours, level) == pytest.approx(np.quantile(theirs, level), abs=0.002)
