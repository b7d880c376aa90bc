"""What went wrong in each article: every error with its kinds, for reading and for counting by slice.

Which items belong together was decided when they were scored (`annotate.score.alignment`); nothing is paired here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from annotate.items import extent_of, label_of, write_attributes
from annotate.records import LAYERS, Claim, GoldRecord, Item, Layer, Prediction, get_layer
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
        golds, predicted = get_layer(gold, layer) or [], get_layer(prediction, layer) or []
        result.left_out[layer] = list(alignment.left_out)
        for kinds, i, j in _pair_up(len(golds), len(predicted), alignment):
            pair = None if i is None else golds[i], None if j is None else predicted[j]
            first, *other = (item for item in pair if item is not None)
            shown = [first, *other] if layer == "entities" and "boundary" in kinds else [first]
            surface = " | ".join(text[slice(*extent_of(item))] for item in shown)
            labels = [_label(item, paired=bool(other)) for item in pair]
            start, end = extent_of(first)
            inside = layer != "quotes" and any(start < e and s < end for s, e in quoted)
            result.items.append(ScoredItem(layer, kinds, i, j, labels[0], labels[1], surface, start, inside))
    return result


def _pair_up(
    gold: int, predicted: int, alignment: Alignment
) -> Iterator[tuple[tuple[str, ...], int | None, int | None]]:
    """Kinds of error with the numbers of the items: the pairs, then what gold has alone, then the prediction."""
    known = {pair.gold for pair in alignment.pairs}
    counted = {pair.predicted for pair in alignment.pairs} | set(alignment.left_out)
    yield from ((_kinds(pair), pair.gold, pair.predicted) for pair in alignment.pairs)
    yield from ((("missed",), i, None) for i in range(gold) if i not in known)
    yield from ((("spurious",), None, j) for j in range(predicted) if j not in counted)


def _kinds(pair: Pair) -> tuple[str, ...]:
    wrong = {"boundary": not pair.same_extent, "label": not pair.same_label, "speaker": not pair.same_link}
    return tuple(kind for kind in KINDS if wrong.get(kind))


def _label(item: Item | None, *, paired: bool) -> str | None:
    """The item's label; of a claim in a pair also that it is not check-worthy, as the sides can differ."""
    if item is None:
        return None
    return write_attributes(item) if paired and isinstance(item, Claim) and not item.check_worthy else label_of(item)
