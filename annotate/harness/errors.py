"""What went wrong in each article: every error with its kinds, for reading and for counting by slice.

Mentions are paired by the shared alignment, quotes and claims by their own; totals can differ by a few spans from the
counts of the schemes, each of which has the alignment that is best for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from annotate.records import Claim, Entity, GoldRecord, Layer, Prediction, Quote, Region
from annotate.score.claims import align_claims, view_claims
from annotate.score.entities import shared_weights
from annotate.score.matching import best_pairs
from annotate.score.mentions import same_mention, touches
from annotate.score.overlaps import Spans
from annotate.score.quotes import align_quotes, share_tokens, view_quotes
from annotate.text.text_index import TextIndex

KINDS = ("missed", "spurious", "boundary", "label", "speaker")
"""`label` is the label of a mention, the type of a quote, the kind of a claim; `speaker` also the claimer."""


@dataclass(frozen=True)
class Item:
    """One gold item, one prediction, or a pair of them, with what is wrong (nothing: it is right).

    `gold` and `predicted` are indices into the record's layer; `at` is where it starts in the text.
    """

    layer: Layer
    kinds: tuple[str, ...]
    gold: int | None
    predicted: int | None
    gold_label: str | None
    predicted_label: str | None
    surface: str
    at: int
    in_quote: bool


@dataclass
class ArticleErrors:
    """One article with all its items; `left_out` are predictions that count neither way, by layer."""

    gold: GoldRecord
    prediction: Prediction
    items: list[Item]
    left_out: dict[Layer, list[int]] = field(default_factory=dict)

    @property
    def errors(self) -> list[Item]:
        """The items that are wrong, in the order of the text."""
        return sorted((item for item in self.items if item.kinds), key=lambda item: (item.at, item.layer))


def find_errors(gold: GoldRecord, prediction: Prediction | None, layers: Sequence[Layer]) -> ArticleErrors:
    """Every item of one article, right or wrong.

    >>> gold = GoldRecord(id="a", text="Joe Biden spoke.", entities=[Entity(0, 9, "PERSON")])
    >>> found = find_errors(gold, Prediction(id="a", entities=[Entity(4, 9, "ORG")]), ["entities"])
    >>> found.errors[0].kinds
    ('boundary', 'label')
    """
    prediction = prediction or Prediction(id=gold.id)
    index = TextIndex(gold.text or "")
    regions = [*(gold.ignore or ()), *(gold.excluded or ())]
    quoted = [(span.start, span.end) for quote in gold.quotes or () for span in quote.content]
    result = ArticleErrors(gold, prediction, [])
    for layer in layers:
        if getattr(gold, layer) is None:
            continue
        if layer == "entities":
            pairs, left_out = _pair_entities(gold.entities or [], prediction.entities or [], regions)
            found = _entity_items(index.text, gold.entities or [], prediction.entities or [], pairs, left_out)
        elif layer == "quotes":
            pairs, left_out = _pair_quotes(index, gold.quotes or [], prediction.quotes or [], regions)
            found = _quote_items(index, gold.quotes or [], prediction.quotes or [], pairs, left_out)
        else:
            pairs, left_out = _pair_claims(index, gold.claims or [], prediction.claims or [], regions)
            found = _claim_items(index, gold.claims or [], prediction.claims or [], pairs, left_out)
        result.left_out[layer] = sorted(left_out)
        for fields, start, end in found:
            inside = layer != "quotes" and any(start < e and s < end for s, e in quoted)
            result.items.append(Item(layer, *fields, start, inside))
    return result


Fields: TypeAlias = tuple[tuple[str, ...], int | None, int | None, str | None, str | None, str]
Found: TypeAlias = Iterator[tuple[Fields, int, int]]
Pairs: TypeAlias = list[tuple[int, int]]


def _alone(n: int, used: set[int]) -> list[int]:
    return [i for i in range(n) if i not in used]


def _pair_entities(
    gold: Sequence[Entity], predicted: Sequence[Entity], regions: Sequence[Region]
) -> tuple[list[tuple[int, int]], set[int]]:
    codes: dict[str, int] = {}

    def to_spans(entities: Sequence[Entity]) -> Spans:
        start = np.array([entity.start for entity in entities], np.int64)
        end = np.array([entity.end for entity in entities], np.int64)
        label = np.array([codes.setdefault(entity.label, len(codes)) for entity in entities], np.int64)
        ignorable = np.array([touches([(e.start, e.end)], regions, "entities") for e in entities], bool)
        return Spans(start, end, label, np.zeros(len(entities), np.int64), ignorable)

    sides = to_spans(gold), to_spans(predicted)
    sides[0].right = [
        frozenset(codes.setdefault(name, len(codes)) for name in (entity.label, *(entity.alt_labels or ())))
        for entity in gold
    ]
    pairs = best_pairs(shared_weights(*sides))
    used = {j for _, j in pairs}
    return pairs, {j for j in np.nonzero(sides[1].ignorable)[0].tolist() if j not in used}


def _entity_items(
    text: str, gold: Sequence[Entity], predicted: Sequence[Entity], pairs: list[tuple[int, int]], left_out: set[int]
) -> Found:
    for i, j in pairs:
        g, p = gold[i], predicted[j]
        kinds = []
        if (g.start, g.end) != (p.start, p.end):
            kinds.append("boundary")
        if p.label != g.label and p.label not in (g.alt_labels or ()):
            kinds.append("label")
        surface = text[g.start : g.end] + (f" | {text[p.start : p.end]}" if "boundary" in kinds else "")
        yield _item(kinds, i, j, g.label, p.label, surface), g.start, g.end
    yield from _singles(
        [(e.label, text[e.start : e.end], e.start, e.end) for e in gold],
        [(e.label, text[e.start : e.end], e.start, e.end) for e in predicted],
        pairs,
        left_out,
    )


def _item(
    kinds: Sequence[str],
    gold: int | None,
    predicted: int | None,
    gold_label: str | None,
    predicted_label: str | None,
    surface: str,
) -> Fields:
    return tuple(kinds), gold, predicted, gold_label, predicted_label, surface


Single: TypeAlias = tuple[str, str, int, int]


def _singles(
    gold: Sequence[Single], predicted: Sequence[Single], pairs: Sequence[tuple[int, int]], left_out: set[int]
) -> Found:
    for i in _alone(len(gold), {i for i, _ in pairs}):
        label, surface, start, end = gold[i]
        yield _item(["missed"], i, None, label, None, surface), start, end
    for j in _alone(len(predicted), {j for _, j in pairs} | left_out):
        label, surface, start, end = predicted[j]
        yield _item(["spurious"], None, j, None, label, surface), start, end


def _pair_quotes(
    index: TextIndex, gold: Sequence[Quote], predicted: Sequence[Quote], regions: Sequence[Region]
) -> tuple[list[tuple[int, int]], set[int]]:
    sides = view_quotes(index, gold), view_quotes(index, predicted, regions)
    pairs = align_quotes(*sides, share_tokens(*sides))
    used = {j for _, j in pairs}
    left_out = {view.place for j, view in enumerate(sides[1]) if view.ignorable and j not in used}
    return [(sides[0][i].place, sides[1][j].place) for i, j in pairs], left_out


def _quote_items(
    index: TextIndex,
    gold: Sequence[Quote],
    predicted: Sequence[Quote],
    pairs: list[tuple[int, int]],
    left_out: set[int],
) -> Found:
    views = [{view.place: view for view in view_quotes(index, side)} for side in (gold, predicted)]
    sides = [[_quote_single(index.text, quote) for quote in side] for side in (gold, predicted)]
    for i, j in pairs:
        g, p = views[0][i], views[1][j]
        kinds = []
        if g.content != p.content:
            kinds.append("boundary")
        if g.type != p.type:
            kinds.append("label")
        if not same_mention(g.speaker, p.speaker)[2]:
            kinds.append("speaker")
        _, surface, start, end = sides[0][i]
        yield _item(kinds, i, j, g.type, p.type, surface), start, end
    yield from _singles(sides[0], sides[1], pairs, left_out)


def _quote_single(text: str, quote: Quote) -> Single:
    start, end = min(span.start for span in quote.content), max(span.end for span in quote.content)
    return quote.type, text[start:end], start, end


def _pair_claims(
    index: TextIndex, gold: Sequence[Claim], predicted: Sequence[Claim], regions: Sequence[Region]
) -> tuple[list[tuple[int, int]], set[int]]:
    sides = view_claims(index, gold), view_claims(index, predicted, regions)
    pairs = align_claims(*sides)
    used = {j for _, j in pairs}
    left_out = {view.place for j, view in enumerate(sides[1]) if view.ignorable and j not in used}
    return [(sides[0][i].place, sides[1][j].place) for i, j in pairs], left_out


def _claim_items(
    index: TextIndex,
    gold: Sequence[Claim],
    predicted: Sequence[Claim],
    pairs: list[tuple[int, int]],
    left_out: set[int],
) -> Found:
    views = [{view.place: view for view in view_claims(index, side)} for side in (gold, predicted)]
    for i, j in pairs:
        g, p = views[0][i], views[1][j]
        kinds = []
        if g.content != p.content:
            kinds.append("boundary")
        if (g.kind, g.check_worthy) != (p.kind, p.check_worthy):
            kinds.append("label")
        if not same_mention(g.claimer, p.claimer)[1]:
            kinds.append("speaker")
        labels = [f"{view.kind}{'' if view.check_worthy else ', not check-worthy'}" for view in (g, p)]
        yield _item(kinds, i, j, labels[0], labels[1], index.text[g.start : g.end]), g.start, g.end
    singles = [[(c.kind, index.text[c.start : c.end], c.start, c.end) for c in side] for side in (gold, predicted)]
    yield from _singles(singles[0], singles[1], pairs, left_out)
