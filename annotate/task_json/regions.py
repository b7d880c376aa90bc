"""Single regions of a result, and values in them read without trust: what does not fit is None. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from annotate.records import Origin, Span
from annotate.task_json.to_result import META_NOTE, META_PREANNOTATOR, Item


class Region(msgspec.Struct):
    """One mark: the items of type `labels` with one id in one block of labels."""

    id: str
    control: str
    start: int
    end: int
    labels: list[str]
    item: Item
    score: float | None = None
    origin: Origin | None = None
    meta: dict[str, Any] = {}

    @property
    def span(self) -> Span:
        """Its extent as a record has it."""
        return Span(self.start, self.end, id=self.id)

    @property
    def is_as_proposed(self) -> bool:
        """Whether nobody changed it, according to the editor."""
        return self.origin in (None, "prediction")

    @property
    def kept_score(self) -> float | None:
        """The confidence, where it still speaks of the text there."""
        return self.score if self.is_as_proposed else None

    @property
    def note(self) -> str | None:
        """The person's note on it."""
        return "\n".join(read_strings(self.meta.get(META_NOTE))) or None

    @property
    def preannotator(self) -> str | None:
        """Who had proposed it."""
        return self.meta.get(META_PREANNOTATOR)


def read_strings(value: Any) -> list[str]:
    """The strings of a list; empty for anything else."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def read_offset(value: Any) -> int | None:
    """A whole number, also one written as a float or a string of digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def read_score(value: Any) -> float | None:
    """A number from 0 to 1."""
    valid = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if valid else None


def read_origin(value: Any) -> Origin | None:
    """The editor's field for where an item comes from."""
    known: dict[Any, Origin] = {name: name for name in ("prediction", "prediction-changed", "manual")}
    return known.get(value) if isinstance(value, str) else None


def joint_origin(pieces: Sequence[Region]) -> Origin | None:
    """The origin of an item made of these regions: changed where they differ."""
    origins = {piece.origin for piece in pieces}
    return origins.pop() if len(origins) == 1 else "prediction-changed"
