"""Who marked what where: the items of several people on one text, brought together one a person.

A position is what people meant as the same thing. Items are joined greedily, the surest pair first: equal extents
before overlapping ones, among these the largest Dice overlap, then the most equal attributes. A position holds at
most one item of each person, and the order of the input plays no part.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from annotate.records import Claim, Entity, Item, Layer, Quote, Span
from annotate.text.text_index import TextIndex

Ranges: TypeAlias = tuple[tuple[int, int], ...]

FIELDS: dict[Layer, tuple[str, ...]] = {
    "entities": ("extent", "label"),
    "quotes": ("extent", "type", "speaker", "cue"),
    "claims": ("extent", "kind", "check_worthy", "claimer"),
}


class Position(NamedTuple):
    """One thing that at least one person marked: the items by annotator, and their comparable values by field.

    `values[annotator][field]` are equal exactly where the two people agree on the field; extents, speakers, cues and
    claimers are compared by the code points that are not white space.
    """

    layer: Layer
    items: dict[str, Item]
    values: dict[str, dict[str, Hashable]]

    @property
    def start(self) -> int:
        """Where the leftmost item starts, in code points."""
        return min(start for item in self.items.values() for start, _ in item_ranges(item))

    @property
    def end(self) -> int:
        """Where the rightmost item ends, in code points, exclusive."""
        return max(end for item in self.items.values() for _, end in item_ranges(item))


def item_ranges(item: Item) -> Ranges:
    """The code-point ranges that the item covers: one, or one a fragment of a quote."""
    if isinstance(item, Quote):
        return tuple((fragment.start, fragment.end) for fragment in item.content)
    return ((item.start, item.end),)


def item_values(item: Item, index: TextIndex) -> dict[str, Hashable]:
    """The item's fields in comparable form, in the order of `FIELDS`.

    >>> item_values(Entity(0, 4, "GPE"), TextIndex("Rome"))
    {'extent': ((0, 4),), 'label': 'GPE'}
    """

    def content(span: Span | None) -> Hashable:
        return None if span is None else index.content([(span.start, span.end)])

    extent = index.content(item_ranges(item))
    if isinstance(item, Entity):
        return {"extent": extent, "label": item.label}
    if isinstance(item, Quote):
        return {"extent": extent, "type": item.type, "speaker": content(item.speaker), "cue": content(item.cue)}
    return {
        "extent": extent,
        "kind": item.kind,
        "check_worthy": item.check_worthy,
        "claimer": content(item.claimer),
    }


def align_items(layer: Layer, marked: Mapping[str, Sequence[Item]], index: TextIndex) -> list[Position]:
    """The positions of one layer of one article, sorted by start, end and values.

    Args:
        marked: items by annotator; people who marked nothing may be left out.

    >>> index = TextIndex("President Ada Bo spoke.")
    >>> a, b = [Entity(10, 16, "PERSON")], [Entity(0, 16, "PERSON"), Entity(17, 22, "ORG")]
    >>> [sorted(position.items) for position in align_items("entities", {"a": a, "b": b}, index)]
    [['a', 'b'], ['b']]
    """
    nodes: list[tuple[str, Item, dict[str, Hashable]]] = []
    for annotator in sorted(marked):
        found = [(annotator, item, item_values(item, index)) for item in marked[annotator]]
        nodes.extend(sorted(found, key=lambda node: _order(node[1])))
    group = list(range(len(nodes)))
    members = {i: {node[0]: i} for i, node in enumerate(nodes)}
    for _, i, j in sorted(_edges(nodes)):
        left, right = members[group[i]], members[group[j]]
        if left is right or not left.keys().isdisjoint(right):
            continue
        target = group[i]
        for member in right.values():
            members.pop(group[member], None)
            group[member] = target
        left.update(right)
    positions = [
        Position(
            layer,
            {annotator: nodes[i][1] for annotator, i in sorted(group_.items())},
            {annotator: nodes[i][2] for annotator, i in sorted(group_.items())},
        )
        for group_ in members.values()
    ]
    return sorted(positions, key=lambda position: (position.start, position.end, repr(position.values)))


def _edges(nodes: Sequence[tuple[str, Item, dict[str, Hashable]]]) -> list[tuple[tuple[Any, ...], int, int]]:
    """(rank, i, j) for each pair of different people's items that overlap; the surest pair has the lowest rank."""
    bounds = [
        (min(start for start, _ in item_ranges(item)), max(end for _, end in item_ranges(item))) for _, item, _ in nodes
    ]
    order = sorted(range(len(nodes)), key=lambda i: bounds[i][0])
    edges = []
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            if bounds[j][0] >= bounds[i][1]:
                break
            if nodes[i][0] == nodes[j][0]:
                continue
            a, b = nodes[i][2], nodes[j][2]
            dice = dice_overlap(a["extent"], b["extent"])
            if dice:
                equal = sum(a[field] == b[field] for field in a)
                names = sorted([(nodes[i][0], _order(nodes[i][1])), (nodes[j][0], _order(nodes[j][1]))])
                edges.append(((a["extent"] != b["extent"], -dice, -equal, bounds[i], names), i, j))
    return edges


def dice_overlap(a: Any, b: Any) -> float:
    """2|a ∩ b| / (|a| + |b|) of two sorted tuples of disjoint ranges, in code points.

    >>> dice_overlap(((0, 4),), ((2, 6),))
    0.5
    """
    shared = sum(max(0, min(end, other[1]) - max(start, other[0])) for start, end in a for other in b)
    size = sum(end - start for start, end in (*a, *b))
    return 2 * shared / size if size else 0.0


def _order(item: Item) -> tuple[Any, ...]:
    """A total order of items by what they say."""
    return (item_ranges(item), msgspec.json.encode(item))


def fields_of(item: Item) -> tuple[str, ...]:
    """The names of the item's fields, extent first."""
    if isinstance(item, Entity):
        return FIELDS["entities"]
    return FIELDS["claims"] if isinstance(item, Claim) else FIELDS["quotes"]
