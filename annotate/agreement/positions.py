"""Who marked what where: the items of several annotators on one text, at most one per annotator together.

A position is what annotators meant as the same thing. Items are joined greedily, the surest pair first: equal extents
before overlapping ones, among these the largest Dice overlap, then the most equal attributes. A position holds at
most one item of each annotator, and the order of the input plays no part.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from annotate.items import ATTRIBUTES, LINKS, attributes_of, extent_of, links_of, ranges_of, sort_key
from annotate.records import LAYERS, Item, Layer, Span
from annotate.spans import shared
from annotate.text.text_index import TextIndex

FIELDS: dict[Layer, tuple[str, ...]] = {layer: ("extent", *ATTRIBUTES[layer], *LINKS[layer]) for layer in LAYERS}
"""What two versions of an item can differ in, extent first."""


class Position(NamedTuple):
    """One thing that at least one annotator marked: the items by annotator, and their comparable values by field.

    `values[annotator][field]` are equal exactly where the two annotators agree on the field; extents, speakers, cues
    and claimers are compared by the code points that are not white space.
    """

    layer: Layer
    items: dict[str, Item]
    values: dict[str, dict[str, Hashable]]

    @property
    def start(self) -> int:
        """Where the leftmost item starts, in code points."""
        return min(extent_of(item)[0] for item in self.items.values())

    @property
    def end(self) -> int:
        """Where the rightmost item ends, in code points, exclusive."""
        return max(extent_of(item)[1] for item in self.items.values())


def item_values(item: Item, index: TextIndex) -> dict[str, Hashable]:
    """The item's fields in comparable form, in the order of `FIELDS`.

    >>> from annotate.records import Entity
    >>> item_values(Entity(0, 4, "GPE"), TextIndex("Rome"))
    {'extent': ((0, 4),), 'label': 'GPE'}
    """
    links: dict[str, Hashable] = {
        name: None if span is None else index.content([(span.start, span.end)]) for name, span in links_of(item).items()
    }
    return {"extent": index.content(ranges_of(item)), **attributes_of(item), **links}


def align_items(layer: Layer, marked: Mapping[str, Sequence[Item]], index: TextIndex) -> list[Position]:
    """The positions of one layer of one article, sorted by start, end and values.

    Args:
        marked: items by annotator; those who marked nothing may be left out.

    >>> from annotate.records import Entity
    >>> index = TextIndex("President Ada Bo spoke.")
    >>> a, b = [Entity(10, 16, "PERSON")], [Entity(0, 16, "PERSON"), Entity(17, 22, "ORG")]
    >>> [sorted(position.items) for position in align_items("entities", {"a": a, "b": b}, index)]
    [['a', 'b'], ['b']]
    """
    nodes: list[tuple[str, Item, dict[str, Hashable]]] = []
    for annotator in sorted(marked):
        found = [(annotator, item, item_values(item, index)) for item in marked[annotator]]
        nodes.extend(sorted(found, key=lambda node: sort_key(node[1])))
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
    """(rank, i, j) for each pair of different annotators' items that overlap; the surest pair has the lowest rank."""
    bounds = [extent_of(item) for _, item, _ in nodes]
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
                # who marked them comes last, and decides only between items that are equal in everything
                both = sorted([(sort_key(nodes[i][1]), nodes[i][0]), (sort_key(nodes[j][1]), nodes[j][0])])
                keys, names = zip(*both, strict=True)
                edges.append(((a["extent"] != b["extent"], -dice, -equal, bounds[i], keys, names), i, j))
    return edges


def dice_overlap(a: Any, b: Any) -> float:
    """2|a ∩ b| / (|a| + |b|) of two sorted tuples of disjoint ranges, in code points.

    >>> dice_overlap(((0, 4),), ((2, 6),))
    0.5
    """
    one, other = ([Span(*range_) for range_ in ranges] for ranges in (a, b))
    size = sum(span.end - span.start for span in (*one, *other))
    return 2 * shared(one, other) / size if size else 0.0
