"""One place in gold that looks wrong."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from annotate.items import extent_of, layer_of
from annotate.records import GoldRecord, Item, Layer

Check: TypeAlias = Literal["labels", "unmarked", "lone", "edges", "systems-add", "systems-change", "systems-drop"]


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A place that looks wrong, and why.

    `score` in [0, 1] ranks findings: the share of the evidence that speaks against gold (of the systems, or of the
    other occurrences). `start` and `end` are code points of the article's text; `label` is gold's (null where gold
    has nothing); `proposed` is what the evidence suggests, if it is definite.
    """

    id: str
    check: Check
    score: float
    layer: Layer
    start: int
    end: int
    text: str
    reason: str
    label: str | None = None
    proposed: dict[str, Any] | None = None


def make_finding(
    record: GoldRecord,
    check: Check,
    score: float,
    place: Item,
    reason: str,
    *,
    label: str | None,
    proposed: Item | None = None,
) -> Finding:
    """The finding on the place that an item marks."""
    start, end = extent_of(place)
    return Finding(
        id=record.id,
        check=check,
        score=score,
        layer=layer_of(place),
        start=start,
        end=end,
        text=(record.text or "")[start:end],
        reason=reason,
        label=label,
        proposed=None if proposed is None else msgspec.to_builtins(proposed),
    )
