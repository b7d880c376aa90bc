"""The proposals of several preannotators as one set of layers, each span with its origin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from annotate.records import LAYERS, Claim, Entity, Layers, Quote, Span
from annotate.spans import overlap

T = TypeVar("T", Entity, Quote, Claim)


def merge_layers(proposals: Sequence[tuple[str, Layers]], *, side_by_side: bool = False) -> Layers:
    """All proposals together: an earlier one wins where spans collide, and what several propose names them all.

    Args:
        proposals: the preannotator's name and what it proposed, the most trusted first.
        side_by_side: keep what collides too, for a person to choose from.

    Returns:
        Layers sorted by position; `preannotator` of each item is the name, or names joined by `+`.

    >>> a, b = Layers(entities=[Entity(0, 5, "GPE")]), Layers(entities=[Entity(0, 5, "GPE"), Entity(3, 9, "ORG")])
    >>> [(one.start, one.end, one.preannotator) for one in merge_layers([("a", a), ("b", b)]).entities]
    [(0, 5, 'a+b')]
    >>> [one.preannotator for one in merge_layers([("a", a), ("b", b)], side_by_side=True).entities]
    ['a+b', 'b']
    """
    merged = Layers()
    for layer in LAYERS:
        lists = [(name, getattr(layers, layer)) for name, layers in proposals]
        if any(items is not None for _, items in lists):
            setattr(merged, layer, _merge([(name, items or []) for name, items in lists], side_by_side))
    return merged


def _merge(lists: Sequence[tuple[str, list[T]]], side_by_side: bool) -> list[T]:
    kept: list[T] = []
    for name, items in lists:
        earlier = list(kept)
        for item in items:
            twin = next((index for index, one in enumerate(kept) if _same(one, item)), None)
            if twin is not None:
                kept[twin] = msgspec.structs.replace(kept[twin], preannotator=f"{kept[twin].preannotator}+{name}")
            elif side_by_side or not any(_collide(one, item) for one in earlier):
                kept.append(msgspec.structs.replace(item, preannotator=name))
    return sorted(kept, key=_position)


def _position(item: Entity | Quote | Claim) -> tuple[int, int]:
    """Outer before inner, as everywhere in records."""
    start, end = _ranges(item)[0]
    return start, -end


def _ranges(item: Entity | Quote | Claim) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in item.content] if isinstance(item, Quote) else [(item.start, item.end)]


def _same(a: Entity | Quote | Claim, b: Entity | Quote | Claim) -> bool:
    labels = [(one.label if isinstance(one, Entity) else None) for one in (a, b)]
    return _ranges(a) == _ranges(b) and labels[0] == labels[1]


def _collide(a: Entity | Quote | Claim, b: Entity | Quote | Claim) -> bool:
    return any(overlap(Span(*one), Span(*two)) for one in _ranges(a) for two in _ranges(b))
