"""Runs a pipeline over the development corpora and measures what the model card says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotate.preannotate.news.claims import WORTHY
from annotate.preannotate.news.layout import ENTITY_LABELS
from annotate.preannotate.news.pipeline import Findings, NewsPipeline
from annotate.preannotate.news.worth import WorthModel
from annotate.records import Entity, GoldRecord, Prediction
from annotate.score.evaluate import Report, Score, evaluate
from annotate.training.calibrate import fit, judge_names, judge_quotes
from annotate.training.corpora import PLACES, read_corpus
from annotate.training.report_quotes import TRIALS, match_quotes, score_matched

#: The development corpora with names of people, organisations and places.
NAME_CORPORA = (
    "gum_news_entities", "uner_pud_entities", "re3d_entities_named", "uner_ewt_entities", "wikigold_entities",
    "gum_names", "crossner_politics_entities",
)  # fmt: skip
#: The labels that every one of them knows, places as one.
COMMON_LABELS = ("PERSON", "ORG", "LOC")
QUOTE_TYPES = ("direct", "indirect", "mixed")


@dataclass(frozen=True)
class Figures:
    """What was measured; articles and words by corpus, quotes by kind and type, names by corpus."""

    articles: dict[str, int]
    words: dict[str, int]
    quotes: dict[str, dict[str, Score]]
    quotes_by_type: dict[str, dict[str, Score]]
    official: Report
    names: dict[str, Report]
    labels: Report
    claims: list[dict[str, Any]]
    confidence: dict[str, dict[str, Any]]


class Reader(NewsPipeline):
    """A pipeline that reads no text twice."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._found: dict[str, Findings] = {}

    def find(self, text: str) -> Findings:
        if text not in self._found:
            self._found[text] = super().find(text)
        return self._found[text]


def measure(data: Path, pipeline: NewsPipeline) -> Figures:
    """All figures of the pipeline on the development corpora in `data`.

    Raises:
        AnnotateError: a corpus is missing.
    """
    quotes, quotes_by_type, official = _measure_quotes(data, pipeline)
    names = {corpus: _score_names(data, corpus, pipeline, COMMON_LABELS) for corpus in NAME_CORPORA}
    corpora = {"polnear_quotes", "gum_news_quotes", *NAME_CORPORA}
    texts = {corpus: [record["text"] for record in _read(data, corpus)] for corpus in corpora}
    return Figures(
        articles={corpus: len(articles) for corpus, articles in texts.items()},
        words={corpus: sum(len(text.split()) for text in articles) for corpus, articles in texts.items()},
        quotes=quotes,
        quotes_by_type=quotes_by_type,
        official=official,
        names=names,
        labels=_score_names(data, "gum_names", pipeline, ENTITY_LABELS),
        claims=list(_measure_claims(data, WorthModel(pipeline.folder / "worth.npz"))),
        confidence={
            "names": fit(list(judge_names(data, pipeline.find)))[1],
            "quotes": fit(list(judge_quotes(data, pipeline.find)))[1],
        },
    )


def _read(data: Path, corpus: str) -> list[dict[str, Any]]:
    return list(read_corpus(data / f"{corpus}.dev.jsonl.gz"))


def _measure_quotes(
    data: Path, pipeline: NewsPipeline
) -> tuple[dict[str, dict[str, Score]], dict[str, dict[str, Score]], Report]:
    records = {corpus: _read(data, corpus) for corpus in ("polnear_quotes", "gum_news_quotes")}
    gold = {corpus: [msgspec.convert(record, GoldRecord) for record in found] for corpus, found in records.items()}
    predicted = {
        article.id: pipeline(article.text or "").quotes or [] for articles in gold.values() for article in articles
    }
    matched = {
        corpus: [
            match_quotes(article.text or "", article.quotes or [], predicted[article.id], article.excluded or [])
            for article in articles
        ]
        for corpus, articles in gold.items()
    }
    polnear = records["polnear_quotes"]
    reported = [[quote["cue_class"] != "other" for quote in record["quotes"]] for record in polnear]
    by_type = {
        name: score_matched(
            matched["polnear_quotes"], [[quote["type"] == name for quote in record["quotes"]] for record in polnear]
        )
        for name in QUOTE_TYPES
    }
    quotes = {
        "all": score_matched(matched["polnear_quotes"]),
        "reported": score_matched(matched["polnear_quotes"], reported),
        "gum": score_matched(matched["gum_news_quotes"]),
    }
    predictions = [Prediction(id=article.id, quotes=predicted[article.id]) for article in gold["polnear_quotes"]]
    return quotes, by_type, evaluate(gold["polnear_quotes"], predictions, trials=TRIALS)


def _score_names(data: Path, corpus: str, pipeline: NewsPipeline, labels: Sequence[str]) -> Report:
    """Entities of `labels` by `annotate score`; places are one label unless `labels` tells them apart."""
    gold, predictions = [], []
    for record in _read(data, corpus):
        article = msgspec.convert(record, GoldRecord)
        article.entities = _select(article.entities or [], labels)
        gold.append(article)
        predictions.append(
            Prediction(id=article.id, entities=_select(pipeline(article.text or "").entities or [], labels))
        )
    return evaluate(gold, predictions, layers=["entities"], trials=TRIALS)


def _select(entities: Sequence[Entity], labels: Sequence[str]) -> list[Entity]:
    """The entities whose label is one of `labels`, under that label.

    >>> [entity.label for entity in _select([Entity(0, 4, "GPE"), Entity(5, 9, "DATE")], COMMON_LABELS)]
    ['LOC']
    """

    def name(label: str) -> str:
        return "LOC" if label in PLACES and not PLACES.issubset(labels) else label

    return [
        msgspec.structs.replace(
            entity,
            label=name(entity.label),
            alt_labels=[name(label) for label in entity.alt_labels or () if name(label) in labels] or None,
        )
        for entity in entities
        if name(entity.label) in labels
    ]


def _measure_claims(data: Path, ranker: WorthModel) -> Iterator[dict[str, Any]]:
    """The ranker on sentences that people judged: ClaimBuster's dev part, and the debates of CLEF 2019."""
    from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

    for corpus in ("claims_claimbuster.dev", "claims_clef2019.train"):
        articles = []
        for record in read_corpus(data / f"{corpus}.jsonl.gz"):
            sentences = record["sentences"]
            worth = ranker([record["text"][sentence["start"] : sentence["end"]] for sentence in sentences])[:, 1]
            articles.append((np.array([sentence["label"] in ("Yes", 1) for sentence in sentences]), worth))
        right, said = (np.concatenate(column) for column in zip(*articles, strict=True))
        bins = [
            np.histogram(said, bins=10, range=(0, 1), weights=weights)[0] for weights in (said, right.astype(float))
        ]
        yield (
            {
                "articles": len(articles),
                "sentences": len(right),
                "worthy": int(right.sum()),
                "auc": float(roc_auc_score(right, said)),
                "f1": float(f1_score(right, said >= WORTHY)),
                "ece": float(np.abs(bins[0] - bins[1]).sum() / len(right)),
                "map": float(np.mean([average_precision_score(*article) for article in articles if article[0].any()])),
            }
        )
