"""What happened when records were read from or written to a foreign format: counts, and what the format cannot hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from annotate.printing import format_count, shorten
from annotate.records import LAYERS, LayeredRecord, Layers, describe_counts

Action: TypeAlias = Literal["read", "written"]
#: What is lost: whole articles, items (entities, quotes, claims), or what items and articles have beside (links,
#: attributes, notes); in the order of the report.
Group: TypeAlias = Literal["articles", "items", "details"]

EXAMPLES = 2
#: So many reasons of one group are printed; the rest is one line.
REASONS = 8

_TITLES: dict[Group, str] = {"articles": "articles lost", "items": "items lost or changed", "details": "not held"}


@dataclass
class Loss:
    """One kind of thing that did not come through unchanged: how many, and the first few with their place."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    of: Group = "items"


@dataclass
class FormatReport:
    """What was read or written, and what was not.

    `losses` holds what is missing or changed on the other side, by reason, each of a `Group`; `notes` what was
    decided on the way without loss (tokens that were cut at a span's edge, tags that were repaired); `grounding` counts
    the strings that were looked up in the text, by how they were found (format `strings` only).

    >>> report = FormatReport("conll", "written")
    >>> report.add_loss("notes on spans", "a-1: entities[0]", of="details")
    >>> report.add_loss("spans that do not fit the tokens", "a-1: entities[1]")
    >>> report.lost
    2
    >>> print(report)
    conll: 0 articles written
      items lost or changed: spans that do not fit the tokens: 1 (a-1: entities[1])
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

    def add_loss(self, reason: str, example: str, count: int = 1, *, of: Group = "items") -> None:
        """Count something that is missing or changed on the other side."""
        _add(self.losses, reason, example, count, of)

    def add_note(self, reason: str, example: str, count: int = 1) -> None:
        """Count something worth knowing that lost nothing."""
        _add(self.notes, reason, example, count, "details")

    def has_lost(self, *groups: Group) -> bool:
        """Whether anything of these groups is missing or changed on the other side."""
        return any(loss.of in groups for loss in self.losses.values())

    def ranked_losses(self) -> list[tuple[str, Loss]]:
        """The losses with their reasons: articles first, then items, then details, the larger ones first."""
        order = list(_TITLES)
        return sorted(self.losses.items(), key=lambda pair: (order.index(pair[1].of), -pair[1].count))

    def summarize(self) -> str | None:
        """One sentence about what was lost, the worst first; None where nothing was."""
        if not self.losses:
            return None
        named = [f"{reason} ({loss.count})" for reason, loss in self.ranked_losses()]
        more = [f"and {len(named) - REASONS} more kinds"] if len(named) > REASONS else []
        found = format_count(self.lost, "thing")
        return f"{found} in the {self.format} file not read as predictions: {', '.join(named[:REASONS] + more)}"

    def count_record(self, record: LayeredRecord | Layers) -> None:
        """Add one article and its items to the counts."""
        self.articles += 1
        for layer in LAYERS:
            items = getattr(record, layer)
            if items is not None:
                self.items[layer] += len(items)

    def explain(self, error: Exception) -> None:
        """Add the report to an error as a note, where it has anything that may be the cause."""
        if self.losses or self.notes:
            error.add_note(str(self))

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
            plain[name] = {
                reason: {"count": k.count, "examples": k.examples, **({"of": k.of} if name == "losses" else {})}
                for reason, k in kinds.items()
            }
        if self.grounding:
            plain["grounding"] = dict(self.grounding)
        return plain

    def __str__(self) -> str:
        head = f"{self.format}: {format_count(self.articles, 'article')} {self.action}"
        counts = {layer: self.items[layer] for layer in LAYERS if layer in self.items}
        lines = [f"{head}; {describe_counts(counts)}" if counts else head]
        if self.grounding:
            lines.append(
                "  strings found: " + ", ".join(f"{count} {how}" for how, count in sorted(self.grounding.items()))
            )
        for group, title in _TITLES.items():
            lines += _to_lines(title, [(reason, loss) for reason, loss in self.ranked_losses() if loss.of == group])
        return "\n".join([*lines, *_to_lines("note", list(self.notes.items()))])


def _to_lines(title: str, kinds: list[tuple[str, Loss]]) -> list[str]:
    lines = [f"  {title}: {reason}: {kind.count} ({_shown(kind)})" for reason, kind in kinds[:REASONS]]
    if len(kinds) > REASONS:
        rest = sum(kind.count for _, kind in kinds[REASONS:])
        lines.append(f"  {title}: {format_count(len(kinds) - REASONS, 'more kind')}: {rest}")
    return lines


def _add(kinds: dict[str, Loss], reason: str, example: str, count: int, of: Group) -> None:
    kind = kinds.setdefault(reason, Loss(of=of))
    kind.count += count
    if len(kind.examples) < EXAMPLES:
        kind.examples.append(example)


def _shown(loss: Loss) -> str:
    shown = "; ".join(shorten(example) for example in loss.examples)
    return shown + ("; ..." if loss.count > len(loss.examples) else "")
