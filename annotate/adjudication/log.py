"""The decision log: one line for each position, with who proposed what, which rule decided, who and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from annotate.adjudication.strategies import Outcome
from annotate.records import Layer


class Candidate(msgspec.Struct, kw_only=True):
    """One annotator's version of a position; `item` null = annotated the layer and marked nothing here."""

    annotator: str
    item: dict[str, Any] | None


class Decision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one position of one article.

    `start` and `end` cover all candidates, in code points; `text` is the text there. `rule` is the strategy, or
    `review`; `by` the strategy, or the reviewer; `at` an ISO 8601 time. `decided` is what went on, if anything did.
    """

    id: str
    layer: Layer
    start: int
    end: int
    text: str
    outcome: Outcome
    rule: str
    reason: str
    by: str
    at: str
    fields: dict[str, str] = {}
    candidates: list[Candidate] = []
    decided: dict[str, Any] | None = None


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
