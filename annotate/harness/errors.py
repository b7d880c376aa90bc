"""What went wrong in each article: every error with its kinds, for reading and for counting by slice.

Which items belong together was decided when they were scored (`annotate.score.alignment`); nothing is paired here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from annotate.records import LAYERS, Claim, GoldRecord, Item, Layer, Prediction, Quote, get_layer
from annotate.score.alignment import Alignment, Pair

KINDS = ("missed", "spurious", "boundary", "label", "speaker")
"""`label` is the label of an entity, the type of a quote, the kind of a claim; `speaker` also the claimer."""


@dataclass(frozen=True)
class ScoredItem:
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
    items: list[ScoredItem]
    left_out: dict[Layer, list[int]] = field(default_factory=dict)

    @property
    def errors(self) -> list[ScoredItem]:
        """The items that are wrong, in the order of the text."""
        return sorted((item for item in self.items if item.kinds), key=lambda item: (item.at, item.layer))


class _Shown(NamedTuple):
    """What an item is called in a list, the part of the text that it covers, and where that is."""

    label: str
    surface: str
    start: int
    end: int


def find_errors(
    gold: GoldRecord, prediction: Prediction | None, alignments: Mapping[Layer, Alignment]
) -> ArticleErrors:
    """Every item of one article, right or wrong.

    Args:
        alignments: of the layers that were scored, as `Report.alignments` has them for this article.

    >>> from annotate.records import Entity
    >>> from annotate.score import evaluate
    >>> gold = GoldRecord(id="a", text="Joe Biden spoke.", entities=[Entity(0, 9, "PERSON")])
    >>> prediction = Prediction(id="a", entities=[Entity(4, 9, "ORG")])
    >>> alignments = evaluate([gold], [prediction]).alignments.of("a")
    >>> find_errors(gold, prediction, alignments).errors[0].kinds
    ('boundary', 'label')
    """
    prediction = prediction or Prediction(id=gold.id)
    text = gold.text or ""
    quoted = [(span.start, span.end) for quote in gold.quotes or () for span in quote.content]
    result = ArticleErrors(gold, prediction, [])
    for layer in LAYERS:
        alignment = alignments.get(layer)
        if alignment is None:
            continue
        sides = get_layer(gold, layer) or [], get_layer(prediction, layer) or []
        result.left_out[layer] = list(alignment.left_out)
        for item, start, end in _list_items(text, layer, *sides, alignment):
            inside = layer != "quotes" and any(start < e and s < end for s, e in quoted)
            result.items.append(ScoredItem(layer, *item, start, inside))
    return result


Fields: TypeAlias = tuple[tuple[str, ...], int | None, int | None, str | None, str | None, str]


def _list_items(
    text: str, layer: Layer, gold: Sequence[Item], predicted: Sequence[Item], alignment: Alignment
) -> Iterator[tuple[Fields, int, int]]:
    """The pairs, then what gold has alone, then what the prediction has alone."""
    for pair in alignment.pairs:
        g, p = (_show(text, item, paired=True) for item in (gold[pair.gold], predicted[pair.predicted]))
        kinds = _kinds(pair)
        surface = f"{g.surface} | {p.surface}" if layer == "entities" and "boundary" in kinds else g.surface
        yield (kinds, pair.gold, pair.predicted, g.label, p.label, surface), g.start, g.end
    for i in _alone(len(gold), (pair.gold for pair in alignment.pairs)):
        g = _show(text, gold[i])
        yield (("missed",), i, None, g.label, None, g.surface), g.start, g.end
    for j in _alone(len(predicted), [*(pair.predicted for pair in alignment.pairs), *alignment.left_out]):
        p = _show(text, predicted[j])
        yield (("spurious",), None, j, None, p.label, p.surface), p.start, p.end


def _kinds(pair: Pair) -> tuple[str, ...]:
    wrong = {"boundary": not pair.same_extent, "label": not pair.same_label, "speaker": not pair.same_link}
    return tuple(kind for kind in KINDS if wrong.get(kind))


def _alone(n: int, used: Iterable[int]) -> list[int]:
    taken = set(used)
    return [i for i in range(n) if i not in taken]


def _show(text: str, item: Item, *, paired: bool = False) -> _Shown:
    """A claim in a pair is also labelled by its check-worthiness, because the two sides can differ in that."""
    if isinstance(item, Quote):
        start, end = min(span.start for span in item.content), max(span.end for span in item.content)
        return _Shown(item.type, text[start:end], start, end)
    if isinstance(item, Claim):
        label = item.kind + (", not check-worthy" if paired and not item.check_worthy else "")
        return _Shown(label, text[item.start : item.end], item.start, item.end)
    return _Shown(item.label, text[item.start : item.end], item.start, item.end)
