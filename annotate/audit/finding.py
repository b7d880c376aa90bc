"""One place in gold that looks wrong."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from annotate.records import Entity, Layer

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


def propose(entity: Entity) -> dict[str, Any]:
    """An entity as a proposal."""
    return {"start": entity.start, "end": entity.end, "label": entity.label}
