"""A record as a pre-annotation, for another look by annotators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from annotate.records import GoldRecord, Item, Layer, Prediction, article_fields


def to_queued(
    record: GoldRecord, layers: Mapping[Layer, Sequence[Item] | None], *, model: str, score: float | None = None
) -> Prediction:
    """The record's article with these layers, as `model` proposes them; a layer that is None stays absent.

    Region ids go: they came from several annotators and could appear twice. The server makes new ones.
    """
    found: dict[str, Any] = {
        layer: None if items is None else [msgspec.structs.replace(item, id=None) for item in items]
        for layer, items in layers.items()
    }
    return Prediction(
        **article_fields(record),
        text_sha256=record.text_sha256,
        schema=record.schema,
        model=model,
        score=score,
        **found,
    )
