"""What the way back through Label Studio had to repair or could not hold: nothing is dropped without one of these."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that did not come back as a record can hold it.

    `repaired`: the text or the relations decide what was meant, and the record has that. `quarantined`: an annotator
    has to look; what could not be held is in `item`, as the server has it, and the record is without it.
    """

    action: Literal["repaired", "quarantined"]
    reason: str
    item: Any = None
    article_id: str | None = None
    task_id: int | None = None
    annotation_id: int | None = None
    annotator: str | None = None
    project: str | None = None


def repaired(reason: str, item: Any = None) -> Remark:
    """A remark on something repaired."""
    return Remark(action="repaired", reason=reason, item=item)


def quarantined(reason: str, item: Any = None) -> Remark:
    """A remark on something that no record can hold."""
    return Remark(action="quarantined", reason=reason, item=item)
