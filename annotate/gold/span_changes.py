"""What became of the spans of one article between two versions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from annotate.records import LAYERS, Claim, Entity, GoldRecord, Item, Layer, Quote, Span, get_layer
from annotate.spans import overlap

Change: TypeAlias = Literal["added", "removed", "moved", "relabelled", "re-attributed", "revised"]
CHANGES: tuple[Change, ...] = ("added", "removed", "moved", "relabelled", "re-attributed", "revised")


class SpanChange(NamedTuple):
    """One item that differs: `before` is None for an added one, `after` for a removed one.

    `changes` has all that happened to it: other bounds (moved), other label, type, kind or worth (relabelled),
    other speaker, cue or claimer (re-attributed), or only other provenance, notes and scores (revised).
    """

    layer: Layer
    changes: tuple[Change, ...]
    before: Any
    after: Any


def compare_spans(before: GoldRecord, after: GoldRecord) -> Iterator[SpanChange]:
    """Every item that differs between two versions of an article, layer by layer, in the order of the text.

    Items are paired one to one: equal ones first, then those with equal bounds, then those with equal label that
    overlap, then any that overlap, most shared code points first. A layer that one side lacks counts as empty.

    >>> old = GoldRecord(id="a", text="Ann Lee", entities=[Entity(0, 3, "PERSON")])
    >>> new = GoldRecord(id="a", text="Ann Lee", entities=[Entity(0, 7, "PERSON")])
    >>> [change.changes for change in compare_spans(old, new)]
    [('moved',)]
    """
    for layer in LAYERS:
        found = [
            SpanChange(layer, changes, old, new)
            for old, new in _pair(get_layer(before, layer) or [], get_layer(after, layer) or [])
            if (changes := find_changes(old, new))
        ]
        yield from sorted(found, key=lambda change: _extents(change.after or change.before))


def find_changes(before: Item | None, after: Item | None) -> tuple[Change, ...]:
    """All that differs between two versions of an item; nothing for equal ones."""
    if before is None:
        return ("added",)
    if after is None:
        return ("removed",)
    if before == after:
        return ()
    found: list[Change] = []
    if _extents(before) != _extents(after):
        found.append("moved")
    if _labels(before) != _labels(after):
        found.append("relabelled")
    if _links(before) != _links(after):
        found.append("re-attributed")
    return tuple(found) or ("revised",)


def _pair(before: list[Any], after: list[Any]) -> Iterator[tuple[Any, Any]]:
    left, right = dict(enumerate(before)), dict(enumerate(after))
    keys: list[Callable[[Any], Hashable]] = [
        lambda item: (_extents(item), _labels(item), _links(item)),
        lambda item: (_extents(item), _labels(item)),
        lambda item: _extents(item),
    ]
    for key in keys:
        places: dict[Hashable, list[int]] = {}
        for j, item in right.items():
            places.setdefault(key(item), []).append(j)
        for i, item in list(left.items()):
            if partners := places.get(key(item)):
                yield left.pop(i), right.pop(partners.pop(0))
    candidates = [
        (_labels(a) != _labels(b), -shared, i, j)
        for i, a in left.items()
        for j, b in right.items()
        if (shared := _shared(a, b))
    ]
    for _, _, i, j in sorted(candidates):
        if i in left and j in right:
            yield left.pop(i), right.pop(j)
    for item in left.values():
        yield item, None
    for item in right.values():
        yield None, item


def identity(item: Item) -> Hashable:
    """What makes two people's items the same: bounds, label, type, kind, worth, speaker, cue and claimer."""
    label = item.label if isinstance(item, Entity) else _labels(item)
    return _extents(item), label, _links(item)


def spans_of(item: Item) -> list[Any]:
    """The spans that are the item's extent: the fragments of a quote, or the item itself."""
    return list(item.content) if isinstance(item, Quote) else [item]


def _extents(item: Item) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((span.start, span.end) for span in spans_of(item)))


def _shared(a: Item, b: Item) -> int:
    return sum(overlap(x, y) for x in spans_of(a) for y in spans_of(b))


def _labels(item: Item) -> tuple[object, ...]:
    if isinstance(item, Entity):
        return (item.label, *(item.alt_labels or ()))
    return (item.type,) if isinstance(item, Quote) else (item.kind, item.check_worthy)


def _links(item: Item) -> tuple[object, ...]:
    if isinstance(item, Quote):
        return (_range(item.speaker), _range(item.cue), item.speaker_name)
    return (_range(item.claimer),) if isinstance(item, Claim) else ()


def _range(span: Span | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.end)
