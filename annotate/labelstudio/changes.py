"""What a person made of a prediction, item by item. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from annotate.records import LAYERS, Claim, Entity, Item, Layer, LayeredRecord, Layers, Origin, Quote, Span, get_layer

Change: TypeAlias = Literal["unchanged", "moved", "relabelled", "reattributed", "deleted", "added"]
CHANGES: tuple[Change, ...] = ("unchanged", "moved", "relabelled", "reattributed", "deleted", "added")

I = TypeVar("I", Entity, Quote, Claim)  # noqa: E741


class Pair(NamedTuple):
    """A predicted item and what became of it; one of the two is None for deleted and added ones."""

    layer: Layer
    change: Change
    predicted: Any
    annotated: Any

    @property
    def label(self) -> str:
        """The label of the prediction, or of the annotation where there was none."""
        return label_of(self.predicted if self.predicted is not None else self.annotated)


def compare_layers(predicted: Layers, annotated: LayeredRecord | Layers) -> Iterator[Pair]:
    """Every item of both sides, paired by region id and else by being the same, for the layers that both have.

    An item that differs in several ways counts once: relabelled before moved before reattributed (another speaker,
    cue or claimer), so that unchanged + moved + relabelled + reattributed + deleted = predicted.

    >>> [pair.change for pair in compare_layers(Layers(entities=[Entity(0, 4, "ORG", id="a")]),
    ...                                         Layers(entities=[Entity(0, 5, "ORG", id="a"), Entity(7, 9, "GPE")]))]
    ['moved', 'added']
    """
    for layer in LAYERS:
        before, after = get_layer(predicted, layer), get_layer(annotated, layer)
        if before is None or after is None:
            continue
        for left, right in _pair(before, after):
            yield Pair(layer, find_change(left, right), left, right)


def find_change(predicted: Item | None, annotated: Item | None) -> Change:
    """How the second item differs from the first."""
    if predicted is None:
        return "added"
    if annotated is None:
        return "deleted"
    if label_of(predicted) != label_of(annotated):
        return "relabelled"
    if _extents(predicted) != _extents(annotated):
        return "moved"
    return "unchanged" if _links(predicted) == _links(annotated) else "reattributed"


def settle_origins(layers: Layers, predicted: Layers) -> Layers:
    """The layers with `origin` as the comparison finds it, and scores only where it is `prediction`.

    The editor's own word is not enough: it marks no change of arrows, and the interface for programs sets none.
    """
    settled: dict[Layer, list[Any]] = {}
    for pair in compare_layers(predicted, layers):
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
    return result


def label_of(item: Item) -> str:
    """The label of an entity, the type of a quote, the kind and check-worthiness of a claim."""
    if isinstance(item, Entity):
        return item.label
    if isinstance(item, Quote):
        return item.type
    return f"{item.kind}/{'check-worthy' if item.check_worthy else 'not check-worthy'}"


def linked_ids(layers: Layers) -> set[str]:
    """The ids of the regions that only arrows give a meaning: speakers and cues."""
    spans = [span for quote in layers.quotes or () for span in (quote.speaker, quote.cue)]
    spans += [claim.claimer for claim in layers.claims or ()]
    return {span.id for span in spans if span is not None and span.id is not None}


def _pair(before: list[I], after: list[I]) -> Iterator[tuple[I | None, I | None]]:
    open_after: dict[int, I] = dict(enumerate(after))
    partner: dict[int, int] = {}
    places: dict[Any, list[int]] = {}
    for place, item in open_after.items():
        for key in _ids(item):
            places.setdefault(key, []).append(place)

    def take(keys: tuple[Any, ...], index: int) -> None:
        for key in keys:
            for place in places.get(key, ()):
                if place in open_after:
                    del open_after[place]
                    partner[index] = place
                    return

    # one region may hold several labels: the same label first, then any
    for index, item in enumerate(before):
        take(tuple(key for key in _ids(item) if len(key) == 2), index)
    for index, item in enumerate(before):
        if index not in partner:
            take(tuple(key for key in _ids(item) if len(key) == 1), index)
    places = {}
    for place, item in open_after.items():
        places.setdefault(_content(item), []).append(place)
    for index, item in enumerate(before):
        if index not in partner:
            take((_content(item),), index)
    for index, item in enumerate(before):
        yield item, after[partner[index]] if index in partner else None
    for place in open_after:
        yield None, after[place]


def _ids(item: Item) -> list[tuple[str, ...]]:
    regions = [span.id for span in item.content] if isinstance(item, Quote) else [item.id]
    known = [region for region in regions if region is not None]
    return [(region, label_of(item)) for region in known] + [(region,) for region in known]


def _content(item: Item) -> tuple[Any, ...]:
    return ("same", label_of(item), _extents(item), _links(item))


def _extents(item: Item) -> tuple[tuple[int, int], ...]:
    spans: list[Any] = sorted(item.content, key=lambda span: span.start) if isinstance(item, Quote) else [item]
    return tuple((span.start, span.end) for span in spans)


def _links(item: Item) -> tuple[tuple[int, int] | None, ...]:
    if isinstance(item, Quote):
        return (_range(item.speaker), _range(item.cue))
    return (_range(item.claimer),) if isinstance(item, Claim) else ()


def _range(span: Span | None) -> tuple[int, int] | None:
    return (span.start, span.end) if span is not None else None


def _with_origin(pair: Pair) -> tuple[int, Any]:
    drawn = pair.predicted is None or not set(_ids(pair.predicted)) & set(_ids(pair.annotated))
    origin: Origin = "manual" if drawn else "prediction" if pair.change == "unchanged" else "prediction-changed"
    return id(pair.annotated), _mark(pair.annotated, origin)


def _mark(item: Any, origin: Origin) -> Any:
    if origin == "prediction":
        return msgspec.structs.replace(item, origin=origin)
    dropped = {"score": None, "confidence": None} if isinstance(item, Claim) else {"score": None}
    return msgspec.structs.replace(item, origin=origin, **dropped)


def count_changes(pairs: Iterator[Pair]) -> dict[Layer, Counter[Change]]:
    """How many items of each layer went through each change."""
    counts: dict[Layer, Counter[Change]] = {}
    for pair in pairs:
        counts.setdefault(pair.layer, Counter())[pair.change] += 1
    return counts
