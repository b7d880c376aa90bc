"""Runs a pipeline over the development corpora and measures the values of its model card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from annotate.preannotate.news.claims import WORTHY
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.pipeline import Findings, NewsPipeline
from annotate.preannotate.news.worth import WorthModel
from annotate.records import Entity, GoldRecord, Prediction, Region
from annotate.score.evaluate import evaluate
from annotate.score.report import Report
from annotate.training.calibrate import fit, judge_names, judge_quotes
from annotate.training.corpora import PLACES, read_corpus

#: The development corpora with names of people, organisations and places.
NAME_CORPORA = (
    "gum_news_entities", "uner_pud_entities", "re3d_entities_named", "uner_ewt_entities", "wikigold_entities",
    "gum_names", "crossner_politics_entities",
)  # fmt: skip
#: The labels that every one of them knows, places as one.
COMMON_LABELS = ("PERSON", "ORG", "LOC")
QUOTE_TYPES = ("direct", "indirect", "mixed")
#: Resamples of articles behind the intervals.
TRIALS = 1000


@dataclass(frozen=True)
class Figures:
    """What was measured, as `annotate score` reports it where it has a measure.

    `articles` and `words` are by corpus. `quotes` are on PolNeAR: `all` of them, those `reported` by a cue, those of a
    type; and `gum` on GUM news. `names` are by corpus, of `COMMON_LABELS`; `labels` are all of them on GUM names.
    `claims` are about the ranker, `confidence` is the result of `calibrate.fit` for names and quotes.
    """

    articles: dict[str, int]
    words: dict[str, int]
    quotes: dict[str, Report]
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
    """All values of the pipeline on the development corpora in `data`.

    Raises:
        AnnotateError: a corpus is missing.
    """
    names = {corpus: _score_names(data, corpus, pipeline, COMMON_LABELS) for corpus in NAME_CORPORA}
    corpora = {"polnear_quotes", "gum_news_quotes", *NAME_CORPORA}
    texts = {corpus: [record["text"] for record in _read(data, corpus)] for corpus in corpora}
    return Figures(
        articles={corpus: len(articles) for corpus, articles in texts.items()},
        words={corpus: sum(len(text.split()) for text in articles) for corpus, articles in texts.items()},
        quotes=_score_quotes(data, pipeline),
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


def _score_quotes(data: Path, pipeline: NewsPipeline) -> dict[str, Report]:
    polnear = _read(data, "polnear_quotes")
    reports = {
        "all": _score_kept(polnear, pipeline, lambda quote: True),
        "reported": _score_kept(polnear, pipeline, partial(_has, "cue_class", "speech")),
        "gum": _score_kept(_read(data, "gum_news_quotes"), pipeline, lambda quote: True),
    }
    for name in QUOTE_TYPES:
        reports[name] = _score_kept(polnear, pipeline, partial(_has, "type", name))
    return reports


def _has(key: str, value: str, quote: Mapping[str, Any]) -> bool:
    return bool(quote[key] == value)


def _score_kept(
    records: Sequence[dict[str, Any]], pipeline: NewsPipeline, keep: Callable[[Mapping[str, Any]], bool]
) -> Report:
    """Gold's quotes that are kept, by `annotate score`; the contents of the others are regions to ignore."""
    gold, predictions = [], []
    for record in records:
        article = leave_aside(record, keep)
        gold.append(article)
        predictions.append(Prediction(id=article.id, quotes=pipeline(article.text or "").quotes))
    return evaluate(gold, predictions, layers=["quotes"], trials=TRIALS)


def leave_aside(record: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], bool]) -> GoldRecord:
    """A corpus's article as gold with the quotes to keep, and the contents of its other quotes to be ignored.

    >>> quotes = [{"type": "direct", "content": [{"start": 0, "end": 4}], "cue_class": "other"}]
    >>> article = leave_aside({"id": "a", "text": "Rain.", "quotes": quotes}, lambda quote: False)
    >>> article.quotes, article.ignore
    ([], [Region(start=0, end=4, layer='quotes', text=None)])
    """
    article = msgspec.convert(record, GoldRecord)
    kept = [keep(quote) for quote in record["quotes"]]
    quotes = article.quotes or []
    others = [quote for quote, flag in zip(quotes, kept, strict=True) if not flag]
    article.quotes = [quote for quote, flag in zip(quotes, kept, strict=True) if flag]
    article.ignore = [Region(part.start, part.end, layer="quotes") for quote in others for part in quote.content]
    return article


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
    """The ranker on sentences judged by annotators: ClaimBuster's dev part, and the debates of CLEF 2019."""
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
        yield {
            "articles": len(articles),
            "sentences": len(right),
            "worthy": int(right.sum()),
            "auc": float(roc_auc_score(right, said)),
            "f1": float(f1_score(right, said >= WORTHY)),
            "ece": float(np.abs(bins[0] - bins[1]).sum() / len(right)),
            "map": float(np.mean([average_precision_score(*article) for article in articles if article[0].any()])),
        }
