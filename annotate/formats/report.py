"""What happened when records were read from or written to a foreign format: counts, and what the format cannot hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from annotate.printing import format_count, shorten
from annotate.records import LAYERS, LayeredRecord, Layers

Action: TypeAlias = Literal["read", "written"]

EXAMPLES = 2


@dataclass
class Loss:
    """One kind of thing that did not come through unchanged: how many, and the first few with their place."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class FormatReport:
    """What was read or written, and what was not.

    `losses` holds what is missing or changed on the other side, by reason; `notes` what was decided on the way
    without loss (tokens that were cut at a span's edge, tags that were repaired); `grounding` counts the strings
    that were looked up in the text, by how they were found (format `strings` only).

    >>> report = FormatReport("conll", "written")
    >>> report.add_loss("notes on spans", "a-1: entities[0]")
    >>> report.lost
    1
    >>> print(report)
    conll: 0 articles written
      not held: notes on spans: 1 (a-1: entities[0])
    """

    format: str
    action: Action
    articles: int = 0
    items: Counter[str] = field(default_factory=Counter)
    losses: dict[str, Loss] = field(default_factory=dict)
    notes: dict[str, Loss] = field(default_factory=dict)
    grounding: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """How many things did not come through unchanged."""
        return sum(loss.count for loss in self.losses.values())

    def add_loss(self, reason: str, example: str, count: int = 1) -> None:
        """Count something that is missing or changed on the other side."""
        _add(self.losses, reason, example, count)

    def add_note(self, reason: str, example: str, count: int = 1) -> None:
        """Count something worth knowing that lost nothing."""
        _add(self.notes, reason, example, count)

    def count_record(self, record: LayeredRecord | Layers) -> None:
        """Add one article and its items to the counts."""
        self.articles += 1
        for layer in LAYERS:
            items = getattr(record, layer)
            if items is not None:
                self.items[layer] += len(items)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain dicts, for JSON."""
        plain: dict[str, Any] = {
            "format": self.format,
            "action": self.action,
            "articles": self.articles,
            "items": dict(self.items),
            "lost": self.lost,
        }
        for name in ("losses", "notes"):
            kinds: dict[str, Loss] = getattr(self, name)
            plain[name] = {reason: {"count": k.count, "examples": k.examples} for reason, k in kinds.items()}
        if self.grounding:
            plain["grounding"] = dict(self.grounding)
        return plain

    def __str__(self) -> str:
        head = f"{self.format}: {format_count(self.articles, 'article')} {self.action}"
        counts = ", ".join(f"{self.items[layer]} {layer}" for layer in LAYERS if layer in self.items)
        lines = [f"{head}; {counts}" if counts else head]
        if self.grounding:
            lines.append(
                "  strings found: " + ", ".join(f"{count} {how}" for how, count in sorted(self.grounding.items()))
            )
        for title, kinds in (("not held", self.losses), ("note", self.notes)):
            lines += [f"  {title}: {reason}: {k.count} ({_shown(k)})" for reason, k in kinds.items()]
        return "\n".join(lines)


def _add(kinds: dict[str, Loss], reason: str, example: str, count: int) -> None:
    kind = kinds.setdefault(reason, Loss())
    kind.count += count
    if len(kind.examples) < EXAMPLES:
        kind.examples.append(example)


def _shown(loss: Loss) -> str:
    shown = "; ".join(shorten(example) for example in loss.examples)
    return shown + ("; ..." if loss.count > len(loss.examples) else "")
