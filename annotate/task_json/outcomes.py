"""What a person made of a prediction, item by item. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from annotate.differences import Key, find_changes, pair_items
from annotate.items import identity_of, iter_items, label_of, links_of, trim_item
from annotate.records import LAYERS, Claim, Item, Layer, LayeredRecord, Layers, Origin, Quote, get_layer

Outcome: TypeAlias = Literal["unchanged", "moved", "relabelled", "relinked", "removed", "added"]
OUTCOMES: dict[Outcome, str] = {
    "unchanged": "unchanged",
    "moved": "moved",
    "relabelled": "relabelled",
    "relinked": "reattributed",
    "removed": "deleted",
    "added": "added",
}
"""What can become of an item, and the keys under which certificates and reports count it."""

#: How many items of each layer went through each change.
Changes: TypeAlias = dict[Layer, dict[Outcome, int]]

# an item that differs in several ways counts once, under the first of these
_RANKED: tuple[Outcome, ...] = ("added", "removed", "relabelled", "moved", "relinked")


class Pair(NamedTuple):
    """A predicted item and what became of it; one of the two is None for removed and added ones."""

    layer: Layer
    change: Outcome
    predicted: Any
    annotated: Any

    @property
    def label(self) -> str:
        """The label of the prediction, or of the annotation where there was none."""
        return label_of(self.predicted if self.predicted is not None else self.annotated)


def compare_layers(predicted: Layers, annotated: LayeredRecord | Layers, *, text: str | None = None) -> Iterator[Pair]:
    """Every item of both sides, paired by region id and else by being the same, for the layers that both have.

    An item that differs in several ways counts once: relabelled before moved before relinked, so that
    unchanged + moved + relabelled + relinked + removed = predicted. White space and marks at the edges of spans make
    no difference where the text is known.

    Args:
        text: what the spans are in; default: the annotated record's text, if it has one.

    >>> from annotate.records import Entity
    >>> [pair.change for pair in compare_layers(Layers(entities=[Entity(0, 4, "ORG", id="a")]),
    ...                                         Layers(entities=[Entity(0, 5, "ORG", id="a"), Entity(7, 9, "GPE")]))]
    ['moved', 'added']
    """
    words = text if text is not None else getattr(annotated, "text", None)
    for layer in LAYERS:
        before, after = get_layer(predicted, layer), get_layer(annotated, layer)
        if before is None or after is None:
            continue
        # by the ids of the objects, since an item may come without an id of its own
        trimmed = {id(item): item if words is None else trim_item(item, words) for item in (*before, *after)}
        for left, right in pair_items(before, after, [_trimmed_key(key, trimmed) for key in _KEYS]):
            changes = find_changes(trimmed.get(id(left)), trimmed.get(id(right)))
            change: Outcome = next((outcome for outcome in _RANKED if outcome in changes), "unchanged")
            yield Pair(layer, change, left, right)


def _trimmed_key(key: Key, trimmed: dict[int, Item]) -> Key:
    return lambda item: key(trimmed[id(item)])


def settle_origins(layers: Layers, predicted: Layers, text: str) -> tuple[Layers, Changes]:
    """The layers with `origin` as the comparison finds it, scores only where it is `prediction`, and all changes.

    Label Studio's "edited" flag ignores changed relations, and its API sets none.
    """
    settled: dict[Layer, list[Any]] = {}
    pairs = list(compare_layers(predicted, layers, text=text))
    for pair in pairs:
        if pair.annotated is not None:
            settled.setdefault(pair.layer, []).append(_with_origin(pair))
    result = Layers()
    for layer in LAYERS:
        items = get_layer(layers, layer)
        if items is None:
            continue
        if get_layer(predicted, layer) is None:
            setattr(result, layer, [_mark(item, "manual") for item in items])
        else:
            order = {id(item): place for place, item in enumerate(items)}
            found = sorted(settled.get(layer, []), key=lambda entry: order[entry[0]])
            setattr(result, layer, [item for _, item in found])
    return result, count_changes(pairs)


def linked_ids(layers: Layers) -> set[str]:
    """The ids of the regions that only relations give a meaning: speakers and cues."""
    spans = [span for _, item in iter_items(layers) for span in links_of(item).values()]
    return {span.id for span in spans if span is not None and span.id is not None}


def _ids(item: Item) -> list[str]:
    regions = [span.id for span in item.content] if isinstance(item, Quote) else [item.id]
    return [region for region in regions if region is not None]


# one region may hold several labels: the same label first, then any; what has no region in common may still be the same
_KEYS: tuple[Key, ...] = (
    lambda item: [(region, label_of(item)) for region in _ids(item)],
    _ids,
    lambda item: [identity_of(item)],
)


def _with_origin(pair: Pair) -> tuple[int, Any]:
    drawn = pair.predicted is None or not set(_ids(pair.predicted)) & set(_ids(pair.annotated))
    origin: Origin = "manual" if drawn else "prediction" if pair.change == "unchanged" else "prediction-changed"
    return id(pair.annotated), _mark(pair.annotated, origin)


def _mark(item: Any, origin: Origin) -> Any:
    if origin == "prediction":
        return msgspec.structs.replace(item, origin=origin)
    dropped = {"score": None, "confidence": None} if isinstance(item, Claim) else {"score": None}
    return msgspec.structs.replace(item, origin=origin, **dropped)


def count_changes(pairs: Iterable[Pair]) -> Changes:
    """How many items of each layer went through each change."""
    counts: Changes = {}
    for pair in pairs:
        row = counts.setdefault(pair.layer, {})
        row[pair.change] = row.get(pair.change, 0) + 1
    return counts
