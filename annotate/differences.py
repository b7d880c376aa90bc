"""What became of items between two versions of a record: which belong together, and how they differ. Pure.

The words are the same wherever items are compared, between releases or between a prediction and what an annotator made
of it: added, removed, moved, relabelled, relinked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from annotate.items import attributes_of, identity_of, links_of, ranges_of, shared_content
from annotate.records import LAYERS, Item, Layer, LayeredRecord, Layers, get_layer

Change: TypeAlias = Literal["added", "removed", "moved", "relabelled", "relinked", "revised"]
CHANGES: tuple[Change, ...] = ("added", "removed", "moved", "relabelled", "relinked", "revised")

Key: TypeAlias = Callable[[Item], Iterable[Hashable]]
"""The keys of an item, of which a partner has to have one."""


class ItemChange(NamedTuple):
    """One item that differs: `before` is None for an added one, `after` for a removed one.

    `changes` has all that happened to it: other content (moved), another label, type, kind or check-worthiness
    (relabelled), another speaker, cue or claimer (relinked), or only other notes, scores, names and origins (revised).
    """

    layer: Layer
    changes: tuple[Change, ...]
    before: Any
    after: Any


def compare_items(before: LayeredRecord | Layers, after: LayeredRecord | Layers) -> Iterator[ItemChange]:
    """Every item that differs between two versions of an article, layer by layer, in the order of the text.

    Items are paired one to one: the same ones first, then those with one content and label, then those with one
    content, then those with one label that overlap, then any that overlap, most shared code points first. A layer that
    one side lacks counts as empty.

    >>> from annotate.records import Entity
    >>> old, new = Layers(entities=[Entity(0, 3, "PERSON")]), Layers(entities=[Entity(0, 7, "PERSON")])
    >>> [change.changes for change in compare_items(old, new)]
    [('moved',)]
    """
    keys: list[Key] = [
        lambda item: [(identity_of(item), _labels(item))],
        lambda item: [(ranges_of(item), _labels(item))],
        lambda item: [ranges_of(item)],
    ]
    for layer in LAYERS:
        pairs = pair_items(get_layer(before, layer) or [], get_layer(after, layer) or [], keys, overlap=True)
        found = [ItemChange(layer, changes, old, new) for old, new in pairs if (changes := find_changes(old, new))]
        yield from sorted(found, key=lambda change: ranges_of(change.after or change.before))


def find_changes(before: Item | None, after: Item | None) -> tuple[Change, ...]:
    """All that differs between two versions of an item; nothing for equal ones.

    >>> from annotate.records import Claim
    >>> find_changes(Claim(0, 9, True, "event"), Claim(0, 5, False, "event"))
    ('moved', 'relabelled')
    """
    if before is None:
        return ("added",)
    if after is None:
        return ("removed",)
    if before == after:
        return ()
    found: list[Change] = []
    if ranges_of(before) != ranges_of(after):
        found.append("moved")
    if _labels(before) != _labels(after):
        found.append("relabelled")
    if _link_ranges(before) != _link_ranges(after):
        found.append("relinked")
    return tuple(found) or ("revised",)


def pair_items(
    before: Sequence[Any], after: Sequence[Any], keys: Iterable[Key], *, overlap: bool = False
) -> Iterator[tuple[Any, Any]]:
    """The items of both sides one to one, with None where one has no partner; what is left of `after` comes last.

    Args:
        keys: tried one after the other on what is left: an item takes the first that shares a key with it.
        overlap: last, pair what overlaps, equal labels first, then most shared code points.
    """
    partners: dict[int, int] = {}
    left = dict(enumerate(after))
    for key in keys:
        places: dict[Hashable, list[int]] = {}
        for j, item in left.items():
            for value in key(item):
                places.setdefault(value, []).append(j)
        for i, item in enumerate(before):
            if i in partners:
                continue
            candidates = (j for value in key(item) for j in places.get(value, ()) if j in left)
            if (partner := next(candidates, None)) is not None:
                partners[i] = partner
                del left[partner]
    if overlap:
        for i, j in _overlapping({i: item for i, item in enumerate(before) if i not in partners}, left):
            if i not in partners and j in left:
                partners[i] = j
                del left[j]
    for i, item in enumerate(before):
        yield item, after[partners[i]] if i in partners else None
    for item in left.values():
        yield None, item


def _overlapping(before: dict[int, Any], after: dict[int, Any]) -> list[tuple[int, int]]:
    candidates = [
        (_labels(a) != _labels(b), -count, i, j)
        for i, a in before.items()
        for j, b in after.items()
        if (count := shared_content(a, b))
    ]
    return [(i, j) for _, _, i, j in sorted(candidates)]


def _labels(item: Item) -> tuple[Any, ...]:
    """The attributes; gold's further right labels of an entity are part of its label here."""
    return (*attributes_of(item).values(), *sorted(getattr(item, "alt_labels", None) or ()))


def _link_ranges(item: Item) -> tuple[tuple[int, int] | None, ...]:
    return tuple(None if span is None else (span.start, span.end) for span in links_of(item).values())
