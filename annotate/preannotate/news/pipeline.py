"""The pipeline of the preannotator `news`: from a text to its three layers, without torch."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from annotate.errors import PreannotatorError
from annotate.files import read_text, sha256_file
from annotate.preannotate.news.claims import FoundClaim, add_claims, finish_claims
from annotate.preannotate.news.entities import find_entities, tidy_entities
from annotate.preannotate.news.found_entity import FoundEntity
from annotate.preannotate.news.furniture import find_furniture, stands_in
from annotate.preannotate.news.kinds import Kinds
from annotate.preannotate.news.linking import FoundQuote, add_quotes, find_speakers
from annotate.preannotate.news.network import NewsNetwork
from annotate.preannotate.news.passage import Range, read_passage
from annotate.preannotate.news.quotes import finish_quotes, resolve_speakers
from annotate.preannotate.news.statements import find_statements, introduces
from annotate.preannotate.registry import Preannotator, register
from annotate.records import LAYERS, Article, Claim, Entity, Layers, Quote, Span
from annotate.schema import Schema
from annotate.text.plain import PlainText, read_plain

VERSION = "0.1.0"
NEEDS = ("onnxruntime", "pycountry")

#: Spans with a lower confidence are left out. F1 should be highest near half of its own value (Lipton et al. 2014,
#: theorem 1); on the development sets it is flat from there down, and a missing span costs more work than a wrong
#: one.
LEAST_ENTITY, LEAST_QUOTE, LEAST_CLAIM = 0.20, 0.25, 0.25

#: A claim that a reader more likely than not calls worth checking is called so.
WORTHY = 0.5

#: The weights that come with the package.
MODEL = Path(__file__).with_name("model")


@dataclass(frozen=True)
class _Regression:
    weights: list[float]
    biases: dict[str, float]

    def __call__(self, kind: str, odds: tuple[float, ...]) -> float:
        total = self.biases.get(kind, self.biases["*"])
        total += sum(weight * value for weight, value in zip(self.weights, odds, strict=True))
        return round(1 / (1 + math.exp(-max(min(total, 30.0), -30.0))), 2)


class Confidence:
    """The confidence of a span, and the kind of a claim: logistic regressions on the network's log-odds.

    `file` holds the weights, and a bias for each label of entities, type of quotes and kind of claims; others get the
    bias `*`. Confidences are fitted on articles not trained on, kinds on those trained on.
    """

    def __init__(self, file: Path) -> None:
        table = json.loads(read_text(file))
        self._entities = _Regression(**table["names"])
        self._quotes = _Regression(**table["quotes"])
        self._claims = _Regression(**table["claims"])
        self._worth = _Regression(**table["worth"])
        self.kinds = Kinds(**table["kinds"]) if "kinds" in table else None

    def of_entity(self, label: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that the entity has these edges and this label."""
        return self._entities(label, odds)

    def of_quote(self, kind: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that an annotator would mark a quote of nearly this content."""
        return self._quotes(kind, odds)

    def of_claim(self, kind: str, odds: tuple[float, ...]) -> float:
        """The probability, to two digits, that a reader would mark a claim of nearly these words."""
        return self._claims(kind, odds)

    def kind_of(self, claim: FoundClaim) -> str:
        """The kind of a claim."""
        return self.kinds.best(claim.signs) if self.kinds else claim.kind

    def of_worth(self, kind: str, worth: float) -> float:
        """The probability, to two digits, that a reader would call the claim worth checking."""
        return self._worth(kind, (worth,))


@dataclass(frozen=True)
class Findings:
    """What the pipeline finds in a text, before confidences are computed."""

    entities: list[FoundEntity]
    quotes: list[FoundQuote]
    speaker_names: list[str | None]
    claims: list[FoundClaim]


class NewsPipeline:
    """The pipeline of one model folder; the same text always gives the same layers."""

    def __init__(self, folder: Path = MODEL, *, threads: int | None = None) -> None:
        self.folder = folder
        self._network = NewsNetwork(folder, threads=_choose_threads() if threads is None else threads)
        self._confidence = Confidence(folder / "confidence.json")

    def find(self, text: str) -> Findings:
        """The entities, quotes and claims of `text` in code points; it is read in windows, so none is too long."""
        plain = read_plain(text)
        found = self._find(plain.text)
        return found if plain.places is None else _restore(found, plain)

    def _find(self, text: str) -> Findings:
        passage = read_passage(text, self._network.wordpieces)
        found_entities: list[FoundEntity] = []
        found_quotes: list[FoundQuote] = []
        found_claims: list[FoundClaim] = []
        speakers: list[Range] = []
        has_statements = introduces(passage.text)
        for reading in self._network.read(passage):
            found_entities += find_entities(passage, reading)
            add_quotes(found_quotes, passage, reading)
            add_claims(found_claims, passage, reading)
            if has_statements:
                speakers += find_speakers(passage, reading)
        around = find_furniture(text)
        entities = [one for one in tidy_entities(text, found_entities) if not stands_in(around, one.start, one.end)]
        quotes = [
            quote
            for quote in finish_quotes(passage, found_quotes)
            if not any(stands_in(around, *part) for part in quote.content)
        ]
        statements = find_statements(text, speakers, quotes)
        claims = [
            replace(claim, kind=self._confidence.kind_of(claim))
            for claim in finish_claims(text, found_claims, quotes, entities, statements)
            if not stands_in(around, claim.start, claim.end)
        ]
        return Findings(entities, quotes, resolve_speakers(text, quotes, entities), claims)

    def __call__(self, text: str) -> Layers:
        """The entities, quotes and claims of `text`, offsets in code points; any text is accepted."""
        found, sure = self.find(text), self._confidence
        return Layers(
            entities=[
                Entity(one.start, one.end, one.label, score=score)
                for one in found.entities
                if (score := sure.of_entity(one.label, one.odds)) >= LEAST_ENTITY
            ],
            quotes=[
                Quote(
                    quote.type,
                    [Span(*part) for part in quote.content],
                    speaker=_to_span(quote.speaker),
                    cue=_to_span(quote.cue),
                    score=score,
                    speaker_name=name,
                )
                for quote, name in zip(found.quotes, found.speaker_names, strict=True)
                if (score := sure.of_quote(quote.type, quote.odds)) >= LEAST_QUOTE
            ],
            claims=[
                Claim(
                    claim.start,
                    claim.end,
                    check_worthy=(worth := sure.of_worth(claim.kind, claim.worth)) >= WORTHY,
                    kind=claim.kind,
                    claimer=_to_span(claim.claimer),
                    score=worth,
                    confidence=confidence,
                )
                for claim in found.claims
                if (confidence := sure.of_claim(claim.kind, claim.odds)) >= LEAST_CLAIM
            ],
        )


def _restore(found: Findings, plain: PlainText) -> Findings:
    """What was found in a plain text, with the offsets of the original."""

    def move(span: Range | None) -> Range | None:
        return plain.to_original(*span) if span else None

    def place(one: FoundEntity | FoundClaim) -> tuple[int, int]:
        return plain.to_original(one.start, one.end)

    claims = []
    for claim in found.claims:
        start, end = place(claim)
        claims.append(replace(claim, start=start, end=end, claimer=move(claim.claimer)))
    return replace(
        found,
        entities=[FoundEntity(*place(one), one.label, one.odds) for one in found.entities],
        quotes=[
            replace(
                one,
                content=[plain.to_original(*part) for part in one.content],
                cue=move(one.cue),
                speaker=move(one.speaker),
            )
            for one in found.quotes
        ],
        claims=claims,
    )


def _to_span(span: Range | None) -> Span | None:
    return Span(*span) if span else None


def _choose_threads() -> int:
    """One thread in a worker process, where the others are busy; as many as there are cores otherwise."""
    if "OMP_NUM_THREADS" in os.environ:
        return int(os.environ["OMP_NUM_THREADS"])
    return 1 if multiprocessing.parent_process() is not None else 0


@register("news", layers=LAYERS, needs=NEEDS)
def build_news(schema: Schema) -> Preannotator:
    """The bundled pipeline as a preannotator."""
    return _to_preannotator("news", VERSION, NewsPipeline(), schema)


@register("trained", layers=LAYERS, argument="DIR", needs=NEEDS)
def build_trained(schema: Schema, folder: str) -> Preannotator:
    """The pipeline with the weights that `annotate train` wrote to `folder`; its version is their hash."""
    if not (Path(folder) / "network.onnx").is_file():
        raise PreannotatorError(f"{folder}: no model folder of `annotate train` (network.onnx is missing)")
    return _to_preannotator(
        "trained", sha256_file(Path(folder) / "network.onnx")[:12], NewsPipeline(Path(folder)), schema
    )


def _to_preannotator(name: str, version: str, pipeline: NewsPipeline, schema: Schema) -> Preannotator:
    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            yield pipeline(article.text)

    return Preannotator(name, version, schema.layers, pipe)
