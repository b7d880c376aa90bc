"""PolNeAR's articles with several annotators: agreement near the values published for the corpus, and adjudication.

The corpus's values, over 18 articles and every pair of annotators: exact 0.66, overlap (at least half of the union)
0.80; direct 0.85 / 0.97, mixed 0.75 / 0.90, indirect 0.59 / 0.72; speakers of matched pairs overlap in 95 %, cues in
97 %. Ours differ where the definitions do: a fragment border at a space is no difference for us (0.68 exact), and one
shared word is an overlap (0.86); the first test computes the corpus's own definitions from our records as well.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from annotate.adjudication import adjudicate_annotations
from annotate.agreement import Agreement, agree
from annotate.records import Annotation, GoldRecord, Prediction
from annotate.score.evaluate import evaluate
from tests.support.corpora import read_corpus


@pytest.fixture(scope="module")
def annotations(shared_data: Path) -> list[Annotation]:
    parts = (read_corpus(shared_data, f"polnear_quotes_iaa.{part}", Annotation) for part in ("train", "dev"))
    return list(itertools.chain(*parts))


@pytest.fixture(scope="module")
def agreement(annotations: list[Annotation]) -> Agreement:
    return agree(annotations, trials=200)


def test_the_corpus_own_exact_figure_follows_from_the_records(annotations: list[Annotation]) -> None:
    articles: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in annotations:
        articles[annotation.id].append(annotation)
    equal = total = 0
    for versions in articles.values():
        for pair in itertools.combinations(versions, 2):
            a, b = (Counter(tuple((s.start, s.end) for s in q.content) for q in v.quotes or ()) for v in pair)
            equal += 2 * sum((a & b).values())
            total += sum(a.values()) + sum(b.values())
    assert round(equal / total, 2) == 0.66


def test_agreement_is_near_the_published_figures(agreement: Agreement) -> None:
    values = agreement.ceiling
    assert agreement.articles == 18
    assert 0.66 <= values["f1:exact:quotes"] <= 0.70
    assert 0.80 <= values["f1:overlap:quotes"] <= 0.88
    assert values["f1:type:quotes/direct"] == pytest.approx(0.97, abs=0.01)
    assert values["f1:type:quotes/mixed"] == pytest.approx(0.90, abs=0.02)
    assert 0.72 <= values["f1:type:quotes/indirect"] <= 0.82
    assert values["accuracy:speaker-overlap:quotes"] == pytest.approx(0.95, abs=0.02)
    cues = agreement.outcomes["quotes"]["fields"]["cue"]
    assert 0.93 <= cues["overlap"] / cues["given"] <= 0.98  # of pairs that share a word, not half of their union
    alpha_u = agreement.measures["alpha_u:extent:quotes"]
    assert alpha_u.low is not None
    assert alpha_u.value is not None
    assert 0 < alpha_u.low < alpha_u.value < 1


def test_every_pair_of_the_six_annotators_is_measured(agreement: Agreement) -> None:
    assert len(agreement.annotators) == 6
    assert len(agreement.pairs) == 15
    assert all(0.6 < (pair.measures["f1:exact:quotes"] or 0) < 0.75 for pair in agreement.pairs)


def test_strategies_order_by_recall_and_account_for_every_item(annotations: list[Annotation]) -> None:
    said = sum(len(annotation.quotes or ()) for annotation in annotations)
    accepted = []
    for strategy in ("unanimous", "intersection", "majority", "union"):
        result = adjudicate_annotations(annotations, strategy=strategy)
        assert len(result.decided) + len(result.disputed) == 18
        assert sum(candidate.item is not None for found in result.log for candidate in found.candidates) == said
        accepted.append(sum(decision.outcome == "accepted" for decision in result.log))
    assert accepted == sorted(accepted)
    assert len(set(accepted)) == 4


def test_the_majority_agrees_with_each_annotator_more_than_they_with_each_other(
    annotations: list[Annotation], agreement: Agreement
) -> None:
    result = adjudicate_annotations(annotations)
    records = {record.id: record for record in [*result.decided, *(article.agreed for article in result.disputed)]}
    scores = []
    for name in agreement.annotators:
        versions = {version.id: version for version in annotations if version.annotator == name}
        gold = [GoldRecord(id=id_, text=v.text, quotes=records[id_].quotes) for id_, v in versions.items()]
        predictions = [Prediction(id=id_, quotes=v.quotes) for id_, v in versions.items()]
        scores.append(evaluate(gold, predictions, trials=0).value("f1:exact:quotes") or 0)
    assert min(scores) > agreement.ceiling["f1:exact:quotes"]
