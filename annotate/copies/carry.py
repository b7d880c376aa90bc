"""The items of one annotated text on a copy or an update of it. Pure.

An item is carried where its own words follow each other in the copy too, and where the words beside it are the same: on
both sides for claims and indirect speech, which might go on there, on one side for entities, links, and direct quotes,
whose marks are their edges. Nothing is guessed: what was edited is dropped, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.items import iter_items, links_of, map_spans, ranges_of, sort_items, spans_of
from annotate.records import (
    Claim,
    Entity,
    GoldRecord,
    Item,
    Layer,
    LayeredRecord,
    Layers,
    Quote,
    annotated_layers,
    get_layer,
)
from annotate.text.word_alignment import NOWHERE, WordAlignment, Words

#: words: some of its own are not in the copy, or not in a row; surroundings: those beside it are others; edge: it
#: begins or ends inside a word that is written in another way.
Reason: TypeAlias = Literal["words", "surroundings", "edge"]
REASONS: tuple[Reason, ...] = ("words", "surroundings", "edge")

#: So many words on each side make the confidence of a carried item.
REACH = 10


@dataclass
class Dropped:
    """An item that is not in the copy, and why."""

    layer: Layer
    item: Item
    reason: Reason


@dataclass
class Carried:
    """What became of the items of an annotated text in a copy of it.

    Attributes:
        layers: of the copy; a layer that was not annotated is absent.
        aligned: which share of the copy's words are the annotated text's, in [0, 1].
        dropped: the items that were not carried.
        lost_links: how many links of carried items were not.
    """

    layers: Layers
    aligned: float
    dropped: list[Dropped]
    lost_links: int
    _alignment: WordAlignment = field(repr=False)
    _unknown: dict[Layer, set[int]] = field(repr=False)

    def is_annotated(self, layer: Layer, ranges: Sequence[tuple[int, int]]) -> bool:
        """Whether the annotators saw these ranges of the copy, with the words beside them, for this layer.

        What touches an item that was dropped, or a region that gold ignores, does not count as seen.
        """
        if getattr(self.layers, layer) is None:
            return False
        return all(self._is_seen(layer, start, end) for start, end in ranges)

    def _is_seen(self, layer: Layer, start: int, end: int) -> bool:
        aligned = self._alignment
        places = aligned.target.touched(start, end)
        words = [aligned.origins[place] for place in places]
        if not words or words != list(range(words[0], words[0] + len(words))) or words[0] == NOWHERE:
            return False
        return (
            aligned.goes_on(words[0], -1)
            and aligned.goes_on(words[-1], 1)
            and self._unknown.get(layer, set()).isdisjoint(words)
        )


class _DropError(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def carry_items(record: LayeredRecord, text: str, *, words: Words | None = None) -> Carried:
    """The items of an annotated record on another text.

    The confidence of a carried item is the share of the ten words on each side of it, and of each fragment, that are
    the same, the least of them. Ids, notes, annotators and other right labels stay behind.

    Args:
        record: with its text.
        words: those of the record's text, where they are known already.

    >>> from annotate.records import Entity
    >>> gold = GoldRecord(id="a", text="Ann Lee left Rome.", entities=[Entity(0, 7, "PERSON"), Entity(13, 17, "GPE")])
    >>> found = carry_items(gold, "Ann Lee left Oslo.")
    >>> [(one.start, one.end, one.label) for one in found.layers.entities], [one.reason for one in found.dropped]
    ([(0, 7, 'PERSON')], ['words'])
    """
    aligned = WordAlignment(words or Words(record.text or ""), Words(text))
    layers = Layers(**{layer: [] for layer in annotated_layers(record)})
    dropped: list[Dropped] = []
    unknown: dict[Layer, set[int]] = {}
    lost = 0
    for layer, item in iter_items(record):
        try:
            carried = _carry_item(item, aligned)
        except _DropError as drop:
            dropped.append(Dropped(layer, item, drop.reason))
            for start, end in ranges_of(item):
                unknown.setdefault(layer, set()).update(aligned.source.touched(start, end))
            continue
        kept: Any = get_layer(layers, layer)
        kept.append(carried)
        lost += _count_links(item) - _count_links(carried)
    for only, start, end in _ignored(record):
        for each in annotated_layers(layers):
            if only in (None, each):
                unknown.setdefault(each, set()).update(aligned.source.touched(start, end))
    return Carried(sort_items(layers), aligned.share, dropped, lost, aligned, unknown)


def _carry_item(item: Item, aligned: WordAlignment) -> Item:
    content = {id(span) for span in spans_of(item)}
    sides = 1 if isinstance(item, Entity) or (isinstance(item, Quote) and item.type == "direct") else 2
    around: list[float] = []

    def move(span: Any) -> Any:
        is_content = id(span) in content
        try:
            place, same = _carry_range(span.start, span.end, aligned, sides=sides if is_content else 1)
        except _DropError:
            if is_content:
                raise
            return None
        if is_content:
            around.append(same)
        return msgspec.structs.replace(span, start=place[0], end=place[1], text=None, id=None)

    moved: Any = map_spans(item, move)
    confidence = round(min(around, default=0.0), 4)
    fields: dict[str, Any] = {"id": None, "origin": None, "note": None, "annotators": None}
    fields["confidence" if isinstance(item, Claim) else "score"] = confidence
    if hasattr(item, "alt_labels"):
        fields["alt_labels"] = None
    return msgspec.structs.replace(moved, **fields)  # type: ignore[no-any-return]


def _carry_range(start: int, end: int, aligned: WordAlignment, *, sides: int) -> tuple[tuple[int, int], float]:
    """The range in the copy, and how much is the same around it.

    Args:
        sides: on how many sides the next word has to be the same.
    """
    words = aligned.find(start, end)
    if words is None:
        raise _DropError("words")
    place = aligned.carry(start, end, words)
    if place is None:
        raise _DropError("edge")
    if aligned.goes_on(words[0], -1) + aligned.goes_on(words[-1], 1) < sides:
        raise _DropError("surroundings")
    return place, sum(aligned.same_around(words, REACH)) / 2


def _count_links(item: Item) -> int:
    return sum(span is not None for span in links_of(item).values())


def _ignored(record: LayeredRecord) -> Iterator[tuple[Layer | None, int, int]]:
    if isinstance(record, GoldRecord):
        for region in (*(record.ignore or ()), *(record.excluded or ())):
            yield region.layer, region.start, region.end
