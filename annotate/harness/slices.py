"""Where the errors are: slices by property, what fixing each kind would gain, recurring errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotate.harness.errors import KINDS, ArticleErrors, ScoredItem
from annotate.records import Layer

LENGTHS = ((300, "up to 300 words"), (800, "301 to 800 words"), (1 << 60, "over 800 words"))


@dataclass
class Slice:
    """The items of one layer that share a property; `right` of them on both sides, see `make_slices`."""

    name: str
    value: str
    gold: int = 0
    predicted: int = 0
    right: int = 0

    @property
    def scores(self) -> tuple[float | None, float | None, float | None]:
        """Precision, recall, F1; None for 0/0."""

        def ratio(a: int, b: int) -> float | None:
            return a / b if b else None

        return (
            ratio(self.right, self.predicted),
            ratio(self.right, self.gold),
            ratio(2 * self.right, self.gold + self.predicted),
        )


def is_right(item: ScoredItem) -> bool:
    """What counts as right in slices: an entity with span and label, a quote found with its speaker, a claim found."""
    if item.gold is None or item.predicted is None:
        return False
    if item.layer == "entities":
        return not item.kinds
    return item.layer == "claims" or "speaker" not in item.kinds


def make_slices(
    articles: Iterable[ArticleErrors], layer: Layer, seen_surfaces: frozenset[str] | None = None
) -> list[Slice]:
    """The slices of one layer, property by property; a property with one value is left out.

    Args:
        seen_surfaces: the names that gold's training part has, lower-case; None = not known.
    """
    found: dict[tuple[str, str], Slice] = {}
    for article in articles:
        words = len((article.gold.text or "").split())
        fixed = {
            "publisher": article.gold.publisher or "(none)",
            "length": next(name for most, name in LENGTHS if words <= most),
        }
        for item in article.items:
            if item.layer == layer:
                _count(found, item, {**fixed, **_properties(item, seen_surfaces)})
    by_property: dict[str, list[Slice]] = {}
    for piece in found.values():
        by_property.setdefault(piece.name, []).append(piece)
    return [
        piece
        for pieces in by_property.values()
        if len(pieces) > 1
        for piece in sorted(pieces, key=lambda piece: (-piece.gold - piece.predicted, piece.value))
    ]


def _properties(item: ScoredItem, seen_surfaces: frozenset[str] | None) -> dict[str, str]:
    properties = {}
    if item.layer == "quotes":
        properties["type of quote"] = item.gold_label or item.predicted_label or ""
    else:
        properties["place"] = "in a quote" if item.in_quote else "outside quotes"
    if item.layer == "entities" and seen_surfaces is not None:
        surface = item.surface.partition(" | ")[0].lower()
        properties["surface"] = "seen in train" if surface in seen_surfaces else "unseen in train"
    return properties


def _count(found: dict[tuple[str, str], Slice], item: ScoredItem, properties: dict[str, str]) -> None:
    for name, value in properties.items():
        piece = found.setdefault((name, value), Slice(name, value))
        piece.gold += item.gold is not None
        piece.predicted += item.predicted is not None
        piece.right += is_right(item)


@dataclass(frozen=True)
class Gain:
    """One kind of error on one layer: how many items have it, and the F1 if it were fixed and nothing else."""

    layer: Layer
    kind: str
    n: int
    now: float
    then: float
    most: Sequence[tuple[str, int]]
    """The most frequent labels, or changes of label, with their numbers."""


def find_gains(articles: Sequence[ArticleErrors], layer: Layer) -> list[Gain]:
    """What fixing each kind would gain, largest first, in the F1 of items with nothing wrong at all."""
    items = [item for article in articles for item in article.items if item.layer == layer]
    right = sum(not item.kinds for item in items)
    gold = sum(item.gold is not None for item in items)
    predicted = sum(item.predicted is not None for item in items)

    def f1(right: int, gold: int, predicted: int) -> float:
        return 2 * right / (gold + predicted) if gold + predicted else 0.0

    gains = []
    for kind in KINDS:
        having = [item for item in items if kind in item.kinds]
        if not having:
            continue
        fixed = sum(item.kinds == (kind,) for item in having)
        if kind == "spurious":
            then = f1(right, gold, predicted - fixed)
        elif kind == "missed":
            then = f1(right + fixed, gold, predicted + fixed)
        else:
            then = f1(right + fixed, gold, predicted)
        most = Counter(_name_of(item, kind) for item in having).most_common(4)
        gains.append(Gain(layer, kind, len(having), f1(right, gold, predicted), then, most))
    return sorted(gains, key=lambda gain: -gain.then)


def _name_of(item: ScoredItem, kind: str) -> str:
    if kind == "label":
        return f"{item.gold_label} as {item.predicted_label}"
    return item.gold_label or item.predicted_label or ""


def find_repeated(
    articles: Iterable[ArticleErrors], layer: Layer, *, most: int = 15
) -> list[tuple[str, str, str, int, int]]:
    """(kinds, surface, labels, times, articles) of the errors that come more than once, most frequent first."""
    times: Counter[tuple[str, str, str]] = Counter()
    where: dict[tuple[str, str, str], set[str]] = {}
    for article in articles:
        for item in article.errors:
            if item.layer == layer:
                key = (", ".join(item.kinds), item.surface, _name_of(item, "label" if "label" in item.kinds else ""))
                times[key] += 1
                where.setdefault(key, set()).add(article.gold.id)
    return [(*key, n, len(where[key])) for key, n in times.most_common(most) if n > 1]
