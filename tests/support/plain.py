"""The layers of a record in a form that can be compared: without order, and without the fields that do not count."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from annotate.records import LAYERS, Layer, LayeredRecord, Layers


def plain(record: LayeredRecord | Layers, *, without: Collection[str] = ()) -> dict[Layer, list[Any]]:
    """Each layer that is there as JSON objects, these and the fragments of a quote in a fixed order.

    The fields in `without` are left out of items and of their spans.

    >>> from annotate.records import Entity
    >>> plain(Layers(entities=[Entity(4, 7, "ORG", id="1"), Entity(0, 3, "ORG")]), without=["id"])
    {'entities': [{'start': 0, 'end': 3, 'label': 'ORG'}, {'start': 4, 'end': 7, 'label': 'ORG'}]}
    """

    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [strip(entry) for entry in value]
        if isinstance(value, dict):
            kept = {key: strip(entry) for key, entry in value.items() if key not in without}
            return {key: sorted(entry, key=_place) if key == "content" else entry for key, entry in kept.items()}
        return value

    return {
        layer: sorted(map(strip, msgspec.to_builtins(items)), key=repr)
        for layer in LAYERS
        if (items := getattr(record, layer)) is not None
    }


def _place(fragment: dict[str, Any]) -> tuple[int, int]:
    return fragment["start"], fragment["end"]
