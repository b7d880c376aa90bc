"""The proposals of several preannotators as one set of layers, each span with its origin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from annotate.items import identity_of, shared_content, sort_key
from annotate.records import LAYERS, Claim, Entity, Layers, Quote

T = TypeVar("T", Entity, Quote, Claim)


def merge_layers(proposals: Sequence[tuple[str, Layers]], *, side_by_side: bool = False) -> Layers:
    """All proposals together: an earlier one wins where spans collide, and what several propose alike names them all.

    Alike are items that are the same (`annotate.items.identity_of`), in content, label, attributes and links.

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
            twin = next((index for index, one in enumerate(kept) if identity_of(one) == identity_of(item)), None)
            if twin is not None:
                kept[twin] = msgspec.structs.replace(kept[twin], preannotator=f"{kept[twin].preannotator}+{name}")
            elif side_by_side or not any(shared_content(one, item) for one in earlier):
                kept.append(msgspec.structs.replace(item, preannotator=name))
    return sorted(kept, key=sort_key)
