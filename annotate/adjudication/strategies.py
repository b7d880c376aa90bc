"""How votes become a decision: unanimous, majority, trusted, union, intersection. Pure.

A position (what annotators meant as one thing) is decided in two steps: is something there, and which value does each
of its fields (extent, label, speaker, ...) have. A person who annotated the layer and marked nothing votes that nothing
is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from annotate.agreement.positions import FIELDS, Position
from annotate.errors import AnnotateError
from annotate.items import choose_item, links_of, ranges_of, shared_content
from annotate.records import Item, Origin, Quote

Outcome: TypeAlias = Literal["accepted", "rejected", "disputed"]
Rule: TypeAlias = Literal["unanimous", "majority", "trusted", "union", "intersection"]

RULES: dict[Rule, str] = {
    "unanimous": "all annotators marked it and agree on every field; anything else is disputed",
    "majority": "more than half marked it, and more than half of these agree on each field; ties are disputed",
    "trusted": "the named annotator decides, where that annotator annotated the article; elsewhere the majority",
    "union": "one annotator is enough; of several extents the majority's, else the longest",
    "intersection": "all annotators marked it under one label; of several extents the majority's, else the shortest",
}
_ORIGINS: tuple[Origin, ...] = ("prediction", "prediction-changed", "manual")


class Strategy(NamedTuple):
    """A rule, with the person it trusts, if it is that one."""

    rule: Rule
    trusted: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}:{self.trusted}" if self.trusted else self.rule


class Verdict(msgspec.Struct, frozen=True):
    """What a strategy decides about a position: the outcome, the item if accepted, and the reason in a few words.

    `fields` has the votes for each field that was voted on, such as `{"extent": "2 of 3", "label": "tie"}`.
    """

    outcome: Outcome
    reason: str
    item: Item | None = None
    fields: dict[str, str] = {}


def parse_strategy(text: str) -> Strategy:
    """The strategy that the text names.

    >>> str(parse_strategy("trusted:ada@example.org"))
    'trusted:ada@example.org'

    Raises:
        AnnotateError: there is no such strategy, or `trusted` comes without a name.
    """
    rule, _, name = text.partition(":")
    if rule not in RULES or bool(name) != (rule == "trusted"):
        known = ", ".join(f"{known}:NAME" if known == "trusted" else known for known in RULES)
        raise AnnotateError(f"strategy {text!r}; expected one of {known}")
    return Strategy(rule, name or None)


def decide(position: Position, annotators: Collection[str], strategy: Strategy) -> Verdict:
    """What the strategy makes of one position.

    Args:
        annotators: all who annotated this layer of the article.

    >>> from annotate.records import Entity
    >>> item = Entity(0, 4, "GPE")
    >>> values = {"extent": ((0, 4),), "label": "GPE"}
    >>> decide(Position("entities", {"a": item}, {"a": values}), ["a", "b", "c"], Strategy("majority")).outcome
    'rejected'
    """
    present, asked = len(position.items), len(annotators)
    if asked == 1:
        (annotator,) = position.items
        return Verdict("accepted", "only one annotator annotated this", position.items[annotator])
    marked = f"{present} of {asked} marked it"
    rule = strategy.rule
    if rule == "trusted" and strategy.trusted in annotators:
        if strategy.trusted in position.items:
            return Verdict("accepted", f"{strategy.trusted} marked it", position.items[strategy.trusted])
        return Verdict("rejected", f"{strategy.trusted} did not mark it")
    if rule in ("unanimous", "intersection") and present < asked:
        return Verdict("disputed" if rule == "unanimous" else "rejected", marked)
    if rule in ("majority", "trusted") and 2 * present <= asked:
        return Verdict("disputed" if 2 * present == asked else "rejected", marked)
    return _decide_fields(position, rule, marked)


def _decide_fields(position: Position, rule: Rule, marked: str) -> Verdict:
    winners: dict[str, Hashable] = {}
    votes: dict[str, str] = {}
    open_fields: list[str] = []
    for field in FIELDS[position.layer]:
        counts = Counter(values[field] for values in position.values.values())
        value, count = max(counts.items(), key=lambda entry: entry[1])
        votes[field] = f"{count} of {len(position.items)}"
        needed = count == len(position.items) if rule == "unanimous" else 2 * count > len(position.items)
        if not needed and field == "extent" and rule in ("union", "intersection"):
            choose = max if rule == "union" else min
            value = choose(counts, key=lambda extent: (_size(extent), repr(extent)))
            votes[field] = "longest" if rule == "union" else "shortest"
        elif not needed:
            open_fields.append(field)
        winners[field] = value
    if rule == "intersection" and "label" in open_fields:
        return Verdict("rejected", f"{marked}, but not under one label", fields=votes)
    if open_fields:
        return Verdict("disputed", f"{marked}, no agreement on {', '.join(open_fields)}", fields=votes)
    return Verdict("accepted", marked, _compose(position, winners), votes)


def _size(extent: Any) -> int:
    return sum(end - start for start, end in extent)


def _compose(position: Position, winners: dict[str, Hashable]) -> Item:
    """The item with the winning value in every field; the rest from an item that has most of the winning values.

    Where the winning value is a span, its offsets are those that most of its supporters gave; of equally many the
    shorter, then the earlier. The name of a quote's speaker is the one that most supporters of the speaker gave. Who
    supports what is counted; how annotators are called decides nothing.
    """
    supporters = {
        field: [position.items[name] for name, values in position.values.items() if values[field] == value]
        for field, value in winners.items()
    }
    agreeing = {
        name: sum(values[field] == value for field, value in winners.items())
        for name, values in position.values.items()
    }
    most = max(agreeing.values())
    base = choose_item(item for name, item in position.items.items() if agreeing[name] == most)
    changes: dict[str, Any] = {}
    for field, items in supporters.items():
        source = _choose_source(field, items, base)
        for attribute in _attributes(field, source):
            changes[attribute] = getattr(source, attribute)
    if isinstance(base, Quote):
        changes["speaker_name"] = _choose_name(supporters["speaker"])
    full = [name for name, values in position.values.items() if values == winners]
    changes["origin"] = _nearest_origin([position.items[name] for name in full]) if full else "prediction-changed"
    if not full and all(item.origin in (None, "manual") for item in position.items.values()):
        changes["origin"] = base.origin
    notes = sorted({item.note for item in position.items.values() if item.note})
    return msgspec.structs.replace(base, **changes, note="; ".join(notes) or None)


def _choose_source(field: str, items: list[Item], base: Item) -> Item:
    """Of the supporters of a field's value, the one whose offsets it gets: what most of them gave."""

    def raw(item: Item) -> tuple[tuple[int, int], ...]:
        if field == "extent":
            return ranges_of(item)
        span = next((span for name, span in links_of(item).items() if name == field), None)
        return () if span is None else ((span.start, span.end),)

    counts = Counter(map(raw, items))
    chosen = min(counts, key=lambda ranges: (-counts[ranges], _size(ranges), ranges))
    having = [item for item in items if raw(item) == chosen]
    return base if any(item is base for item in having) else choose_item(having)


def _choose_name(items: list[Item]) -> str | None:
    counts = Counter(name for item in items if (name := getattr(item, "speaker_name", None)))
    return min(counts, key=lambda name: (-counts[name], name)) if counts else None


def _attributes(field: str, item: Item) -> tuple[str, ...]:
    if field != "extent":
        return (field,)
    return ("content",) if isinstance(item, Quote) else ("start", "end", "text")


def _nearest_origin(items: list[Item]) -> Origin | None:
    """Of several annotators' origins of one item, the one nearest to the prediction: it is what the item equals."""
    origins = {item.origin for item in items}
    return next((origin for origin in _ORIGINS if origin in origins), None)


def overlap_unseen(a: Position, b: Position, left: Item, right: Item) -> bool:
    """Whether two accepted items overlap though no person's own items at these positions do."""
    if not shared_content(left, right):
        return False
    return not any(shared_content(a.items[name], b.items[name]) for name in a.items.keys() & b.items.keys())
