"""What annotators disagree about, gathered into patterns that a guideline could settle.

A pattern is found by rule from the two versions of one item: words that one has more at the left or right edge
(grouped into articles, "that", possessives, punctuation, capitalised words, ...), two labels for one thing, another
speaker, or an item that only one of the two marked. Its cost is the number of strict errors it makes when one is
scored against the other: two for a difference in extent or label, one for an item that only one marked, one for
each other field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from annotate.agreement.matched import Compared
from annotate.agreement.positions import FIELDS, Position, item_ranges
from annotate.records import Entity, Item, Layer, Quote, Span

EXAMPLES = 3
CONTEXT = 40

_WORD = re.compile(r"\w+|[^\w\s]+")
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("article (the, a, an)", re.compile(r"(?i:the|a|an)")),
    ('"that"', re.compile(r"(?i:that)")),
    ("possessive", re.compile(r"['’]s?|s['’]")),
    ("quotation marks", re.compile(r"[\"“”„«»'‘’`]+")),
    ("punctuation", re.compile(r"[^\w\s]+")),
    ("number", re.compile(r"[\d.,]+")),
)
_TITLE = re.compile(
    r"(?i)(mr|mrs|ms|dr|prof|sir|president|vice|prime|minister|secretary|senator|sen|representative|rep|governor|gov|"
    r"general|gen|colonel|col|lt|sgt|capt|captain|judge|justice|king|queen|prince|princess|pope|chancellor|mayor|"
    r"ambassador|spokes\w+|chief|director|chairman|chairwoman|leader|commander|ayatollah|sheikh|former|professor)\b"
)


class Example(msgspec.Struct, kw_only=True):
    """Where a pattern was seen: the span of both versions in code points, its surroundings, who marked what."""

    id: str
    start: int
    end: int
    context: str
    versions: dict[str, str | None]


class Pattern(msgspec.Struct, kw_only=True):
    """One kind of disagreement: how often, what it costs in strict errors, and its first examples."""

    layer: Layer
    name: str
    count: int = 0
    cost: int = 0
    examples: list[Example] = []


def find_patterns(compared: Sequence[Compared]) -> list[Pattern]:
    """The patterns of disagreement, the costliest first."""
    patterns: dict[tuple[Layer, str], Pattern] = {}
    for found in compared:
        for position in found.positions:
            for name, cost in _name(position, found.text):
                pattern = patterns.setdefault((found.layer, name), Pattern(layer=found.layer, name=name))
                pattern.count += 1
                pattern.cost += cost
                if len(pattern.examples) < EXAMPLES:
                    pattern.examples = [*pattern.examples, _example(found, position)]
    return sorted(patterns.values(), key=lambda pattern: (-pattern.cost, pattern.layer, pattern.name))


def _name(position: Position, text: str) -> Iterator[tuple[str, int]]:
    """The patterns of one position, each with its cost."""
    items = list(position.items.values())
    if len(items) == 1:
        yield f"{_kind(items[0])}: only one of two marked it", 1
        return
    a, b = position.values.values()
    for field in FIELDS[position.layer]:
        if a[field] == b[field]:
            continue
        if field == "extent":
            for name in _edges(items, text):
                yield name, 2
        elif field in ("speaker", "cue", "claimer"):
            yield f"{field}: {_differ(getattr(items[0], field), getattr(items[1], field), text)}", 1
        else:
            one, other = sorted((str(a[field]), str(b[field])))
            yield f"{field}: {one} or {other}", 2 if field == "label" else 1


def _kind(item: Item) -> str:
    if isinstance(item, Entity):
        return item.label
    return f"{item.type} quote" if isinstance(item, Quote) else f"claim, {item.kind}"


def _edges(items: Sequence[Item], text: str) -> list[str]:
    """One name for each edge at which the two extents differ."""
    bounds = [(item_ranges(item)[0][0], item_ranges(item)[-1][1]) for item in items]
    kinds = sorted({_kind(item) for item in items})
    what = " or ".join(kinds)
    names = []
    for edge, place in ((0, "before"), (1, "after")):
        first, last = sorted(bound[edge] for bound in bounds)
        extra = text[first:last].strip()
        if extra:
            names.append(f"{what}: {_describe(extra)} {place} it")
    return names or [f"{what}: cut into other fragments"]


def _differ(one: Span | None, other: Span | None, text: str) -> str:
    if one is None or other is None:
        return "only one of two gives it"
    if one.start < other.end and other.start < one.end:
        return "a longer or a shorter mention"
    same = text[one.start : one.end].casefold() == text[other.start : other.end].casefold()
    return "another occurrence of the same words" if same else "another mention"


def _describe(extra: str) -> str:
    """The words that one version has more, in a few words."""
    for name, pattern in _KINDS:
        if pattern.fullmatch(extra):
            return name
    words = _WORD.findall(extra)
    if _TITLE.match(extra) and len(words) <= 6:
        return "title or role"
    if len(words) == 1:
        return f'"{extra.lower()}"' if extra.islower() else "a capitalised word"
    return "two or three words" if len(words) <= 3 else "four or more words"


def _example(found: Compared, position: Position) -> Example:
    start, end = position.start, position.end
    before, after = found.text[max(0, start - CONTEXT) : start], found.text[end : end + CONTEXT]
    versions: dict[str, str | None] = {
        name: _say(position.items[name], found.text) if name in position.items else None for name in found.pair
    }
    context = f"{before}[{found.text[start:end]}]{after}"
    return Example(id=found.id, start=start, end=end, context=context, versions=versions)


def _say(item: Item, text: str) -> str:
    words: list[Any] = [" ... ".join(text[start:end] for start, end in item_ranges(item)), f"({_kind(item)})"]
    for name in ("speaker", "cue", "claimer"):
        span = getattr(item, name, None)
        if span is not None:
            words.append(f"{name}: {text[span.start : span.end]}")
    if hasattr(item, "check_worthy"):
        words.append("check-worthy" if item.check_worthy else "not check-worthy")
    return " ".join(words)
