"""What an item is: its layer, place, label and links, when two items are the same, and their order. Pure.

An item is an `Entity`, a `Quote` or a `Claim`. They hold the same kinds of things under different names; this module
gives them one name each, so that no other module has to ask which of the three an item is.

| | entity | quote | claim |
|---|---|---|---|
| content | itself | `content` | itself |
| label | `label` | `type` | `kind` |
| attributes | label | type | kind, check_worthy |
| links | none | speaker, cue | claimer |

Two items are the same when layer, content, attributes and links are (`identity_of`). Everything else says where an item
comes from or how confident a model was: ids, scores, origin, notes, annotators, the name of a quote's speaker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec

from annotate.printing import shorten
from annotate.records import (
    LAYERS,
    Annotation,
    Claim,
    Entity,
    Item,
    Layer,
    LayeredRecord,
    Layers,
    LinkRole,
    Quote,
    Region,
    Span,
    get_layer,
)
from annotate.spans import Edges, shared, trim_edges

Ranges: TypeAlias = tuple[tuple[int, int], ...]
AnySpan: TypeAlias = Span | Entity | Claim
I = TypeVar("I", Entity, Quote, Claim, Item)  # noqa: E741
R = TypeVar("R", bound=LayeredRecord | Layers)

ITEM_TYPES: Mapping[Layer, type[Entity] | type[Quote] | type[Claim]] = {
    "entities": Entity,
    "quotes": Quote,
    "claims": Claim,
}
ATTRIBUTES: Mapping[Layer, tuple[str, ...]] = {
    "entities": ("label",),
    "quotes": ("type",),
    "claims": ("kind", "check_worthy"),
}
"""The fields with a fixed set of values by layer, the label first."""
LINKS: Mapping[Layer, tuple[LinkRole, ...]] = {"entities": (), "quotes": ("speaker", "cue"), "claims": ("claimer",)}
"""The fields that point to another span, by layer."""

_LAYER_OF: dict[type, Layer] = {kind: layer for layer, kind in ITEM_TYPES.items()}
_NOUNS: Mapping[Layer, str] = {"entities": "{}", "quotes": "{} quote", "claims": "{} claim"}
_encoder = msgspec.json.Encoder(order="deterministic")


def iter_items(record: LayeredRecord | Layers) -> Iterator[tuple[Layer, Item]]:
    """Every item of the record with the name of its layer, in the order of `LAYERS`.

    >>> [layer for layer, _ in iter_items(Layers(entities=[Entity(0, 3, "PERSON")], claims=[]))]
    ['entities']
    """
    for layer in LAYERS:
        for item in get_layer(record, layer) or ():
            yield layer, item


def layer_of(item: Item) -> Layer:
    """The layer that the item belongs to.

    >>> layer_of(Claim(0, 4, True, "event"))
    'claims'
    """
    return _LAYER_OF[type(item)]


def spans_of(item: Item) -> list[Any]:
    """The spans that hold the item's content, in the order of the text: a quote's fragments, else the item itself."""
    return sorted(item.content, key=lambda span: (span.start, span.end)) if isinstance(item, Quote) else [item]


def ranges_of(item: Item) -> Ranges:
    """The item's content as (start, end), in the order of the text.

    >>> ranges_of(Quote("mixed", [Span(9, 12), Span(0, 4)]))
    ((0, 4), (9, 12))
    """
    return tuple((span.start, span.end) for span in spans_of(item))


def extent_of(item: Item) -> tuple[int, int]:
    """From where the item's content first starts to where it last ends; (-1, -1) for a quote without content.

    >>> extent_of(Quote("mixed", [Span(9, 12), Span(0, 4)]))
    (0, 12)
    """
    ranges = ranges_of(item)
    return (ranges[0][0], max(end for _, end in ranges)) if ranges else (-1, -1)


def shared_content(one: Item, other: Item) -> int:
    """The number of code points that the contents of both items cover."""
    return shared(spans_of(one), spans_of(other))


def links_of(item: Item) -> dict[LinkRole, Span | None]:
    """What the item points to, by name, in the order of `LINKS`.

    >>> links_of(Claim(0, 9, True, "event", claimer=Span(12, 15)))
    {'claimer': Span(start=12, end=15, text=None, id=None)}
    """
    return {name: getattr(item, name) for name in LINKS[layer_of(item)]}


def label_of(item: Item) -> str:
    """The label of an entity, the type of a quote, the kind of a claim."""
    label: str = getattr(item, ATTRIBUTES[layer_of(item)][0])
    return label


def confidence_of(item: Item) -> float | None:
    """The confidence of the pre-annotator in the item, in [0, 1]; None where it gives none.

    A claim's `score` is something else, how much it is worth checking.

    >>> confidence_of(Claim(0, 4, True, "event", score=0.9, confidence=0.5)), confidence_of(Entity(0, 4, "GPE"))
    (0.5, None)
    """
    return item.confidence if isinstance(item, Claim) else item.score


def attributes_of(item: Item) -> dict[str, Any]:
    """The label under the name of its field, and a claim's check-worthiness beside it.

    >>> attributes_of(Claim(0, 9, True, "event"))
    {'kind': 'event', 'check_worthy': True}
    """
    return {name: getattr(item, name) for name in ATTRIBUTES[layer_of(item)]}


def write_attributes(item: Item) -> str:
    """The attributes as they are shown: the label, and for a claim whether it is check-worthy.

    >>> write_attributes(Claim(0, 9, False, "event"))
    'event, not check-worthy'
    """
    label = label_of(item)
    return (
        f"{label}, {'check-worthy' if item.check_worthy else 'not check-worthy'}" if isinstance(item, Claim) else label
    )


def name_of(item: Item) -> str:
    """What the item is called in a sentence, without its place.

    >>> [name_of(item) for item in (Entity(0, 3, "ORG"), Quote("direct", []), Claim(0, 3, True, "event"))]
    ['ORG', 'direct quote', 'event claim']
    """
    return _NOUNS[layer_of(item)].format(label_of(item))


def describe(item: Item) -> str:
    """The item in one line: attributes, place and words, then what it is linked to.

    >>> describe(Quote("direct", [Span(0, 5, "“Go,”")], speaker=Span(6, 8)))
    "direct [0, 5) '“Go,”', speaker [6, 8)"
    """
    also = getattr(item, "alt_labels", None)
    parts = [f"{write_attributes(item)}{' or ' + ', '.join(also) if also else ''} {_join(spans_of(item))}"]
    parts += [f"{name} {_join([span])}" for name, span in links_of(item).items() if span is not None]
    return ", ".join(parts)


def _join(spans: Iterable[AnySpan]) -> str:
    return " ... ".join(
        f"[{span.start}, {span.end})" + (f" {shorten(span.text)!r}" if span.text else "") for span in spans
    )


def place_of(item: Item, text: str | None = None) -> Hashable:
    """What the item marks and points to, whatever its label: layer, content in the order of the text, links.

    Args:
        text: where given, white space at the edges of spans and between fragments plays no part.
    """
    return (
        layer_of(item),
        _content(spans_of(item), text),
        tuple(None if span is None else _content([span], text) for span in links_of(item).values()),
    )


def identity_of(item: Item, text: str | None = None) -> Hashable:
    """What makes two items the same: `place_of`, label and check-worthiness.

    >>> said = Quote("direct", [Span(0, 4), Span(9, 12)], speaker_name="Ann Lee", score=0.5)
    >>> identity_of(said) == identity_of(Quote("direct", [Span(9, 12), Span(0, 4)], note="sure?"))
    True
    >>> identity_of(Entity(0, 4, "GPE"), "Rome fell") == identity_of(Entity(0, 5, "GPE"), "Rome fell")
    True

    Args:
        text: where given, white space at the edges of spans and between fragments plays no part.
    """
    return place_of(item, text), tuple(attributes_of(item).values())


def _content(spans: Iterable[AnySpan], text: str | None) -> Ranges:
    ranges = [(span.start, span.end) for span in spans]
    if text is None:
        return tuple(ranges)
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        piece = text[start:end]
        if not piece.strip():
            continue
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged) or tuple(ranges)


def sort_key(span: Item | Span | Region) -> tuple[int, int, bytes]:
    """The order of items and spans in a record: by start, the longer first, then by everything they hold.

    It is total: only equal items have equal keys, so that the order of the input never matters.

    >>> [item.end for item in sorted([Entity(0, 4, "X"), Entity(0, 9, "X")], key=sort_key)]
    [9, 4]
    """
    start, end = (span.start, span.end) if isinstance(span, Span | Region) else extent_of(span)
    return start, -end, _encoder.encode(span)


def sort_items(record: R) -> R:
    """A copy of the record with the items of every layer in the order of `sort_key`."""
    layers = {layer: sorted(items, key=sort_key) for layer in LAYERS if (items := get_layer(record, layer)) is not None}
    return msgspec.structs.replace(record, **layers)


def keep_layers(record: R, layers: Collection[Layer]) -> R:
    """A copy of the record without its other layers."""
    return msgspec.structs.replace(record, **dict.fromkeys(layer for layer in LAYERS if layer not in layers))


def choose_item(items: Iterable[I]) -> I:
    """The item that most of these are the same as; of equally many the first by `sort_key`.

    >>> choose_item([Entity(0, 4, "GPE"), Entity(0, 5, "GPE"), Entity(0, 5, "GPE")]).end
    5

    Raises:
        ValueError: there is none.
    """
    listed = list(items)
    counts = Counter(map(identity_of, listed))
    return min(listed, key=lambda item: (-counts[identity_of(item)], sort_key(item)))


def map_spans(item: I, change: Callable[[Any], Any]) -> I | None:
    """The item with every span of it changed: its content in the order of the record, then its links.

    Args:
        change: given a fragment, a linked span, or the entity or claim itself, returns it with other fields; None
            leaves it out. A link that is left out becomes null.

    Returns:
        None where nothing of the content is left.

    >>> map_spans(Entity(0, 4, "GPE"), lambda span: msgspec.structs.replace(span, text="Rome")).text
    'Rome'
    """
    if isinstance(item, Quote):
        content = [piece for fragment in item.content if (piece := change(fragment)) is not None]
        changed: Any = msgspec.structs.replace(item, content=content) if content or not item.content else None
    else:
        changed = change(item)
    links = {name: None if span is None else change(span) for name, span in links_of(item).items()}
    if changed is None or not links:
        return changed  # type: ignore[no-any-return]
    replaced: I = msgspec.structs.replace(changed, **links)
    return replaced


def map_items(record: R, change: Callable[[Any], Any]) -> R:
    """A copy of the record with every item changed; None leaves one out. A layer that is absent stays absent.

    >>> map_items(Layers(entities=[Entity(0, 4, "GPE")]), lambda item: shift(item, 10)).entities[0].start
    10
    """
    layers = {
        layer: [changed for item in items if (changed := change(item)) is not None]
        for layer in LAYERS
        if (items := get_layer(record, layer)) is not None
    }
    return msgspec.structs.replace(record, **layers)


def shift(item: I, by: int) -> I:
    """The item with all its offsets moved by a number of code points.

    >>> shift(Claim(0, 4, True, "event", claimer=Span(6, 9)), 10).claimer.start
    16
    """
    moved: Any = map_spans(item, lambda span: msgspec.structs.replace(span, start=span.start + by, end=span.end + by))
    return moved  # type: ignore[no-any-return]


def move_span(span: Any, start: int, end: int, text: str) -> Any:
    """The span at other offsets; the copy of its words, where it has one, is read anew from the text."""
    words = None if span.text is None else text[start:end]
    return msgspec.structs.replace(span, start=start, end=end, text=words)


def trim_item(item: I, text: str) -> I:
    """The item without white space and marks outside words at the edges of its spans; see `spans.trim_edges`.

    Quotation marks belong to the content of quotes and claims and stay there; around entities and links they do not.
    The full stop of a sentence is no part of a claim or of indirect speech; one behind a name may belong to it.

    >>> text = "“Go,” said (Ann)."
    >>> trimmed = trim_item(Quote("direct", [Span(0, 6)], speaker=Span(11, 17)), text)
    >>> [text[span.start : span.end] for span in (*trimmed.content, trimmed.speaker)]
    ['“Go,”', 'Ann']
    """
    direct = isinstance(item, Quote) and item.type == "direct"
    content: set[int] = set() if isinstance(item, Entity) else {id(span) for span in spans_of(item)}

    def trim(span: Any) -> Any:
        of: Edges = "name" if id(span) not in content else "speech" if direct else "clause"
        start, end = trim_edges(text, span.start, span.end, of)
        return span if (start, end) == (span.start, span.end) else move_span(span, start, end, text)

    trimmed: Any = map_spans(item, trim)
    return trimmed  # type: ignore[no-any-return]


def trim_annotation(annotation: Annotation, *, keep_predicted: bool = False) -> Annotation:
    """The annotation with every item trimmed; as it is where it has no text.

    Annotators drag over a blank or a comma now and then, and mean the words. Whatever reads annotations (pull,
    agreement, adjudication, releases, effort, exploring) trims them as they come in, so that all mean the same by an
    item. Predictions, and `predicted` in an annotation, keep their offsets.

    Args:
        keep_predicted: leave items that have exactly the offsets of a predicted one as they are.
    """
    text = annotation.text
    if text is None:
        return annotation
    predicted = annotation.predicted if keep_predicted and annotation.predicted is not None else Layers()
    kept = {place_of(item) for _, item in iter_items(predicted)}
    return map_items(annotation, lambda item: item if place_of(item) in kept else trim_item(item, text))
