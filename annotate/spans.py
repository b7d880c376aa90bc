"""Span algebra on half-open code-point ranges, and the checks that a record's spans fit its text. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeAlias

from annotate.printing import shorten
from annotate.records import LayeredRecord, Layers, iter_spans

Relation: TypeAlias = Literal["equal", "inside", "contains", "crossing", "touching", "apart"]


class HasRange(Protocol):
    """Anything with `start` and `end`, in code points, half-open."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def overlap(a: HasRange, b: HasRange) -> int:
    """The number of code points that both spans cover; 0 for spans that only touch.

    >>> from annotate.records import Span
    >>> overlap(Span(0, 5), Span(3, 9)), overlap(Span(0, 5), Span(5, 9))
    (2, 0)
    """
    return max(0, min(a.end, b.end) - max(a.start, b.start))


def relation(a: HasRange, b: HasRange) -> Relation:
    """How span a lies to span b.

    >>> from annotate.records import Span
    >>> [relation(Span(2, 5), b) for b in (Span(2, 5), Span(0, 9), Span(3, 4), Span(4, 9), Span(5, 9), Span(6, 9))]
    ['equal', 'inside', 'contains', 'crossing', 'touching', 'apart']
    """
    if a.start == b.start and a.end == b.end:
        return "equal"
    if a.end < b.start or b.end < a.start:
        return "apart"
    if a.end == b.start or b.end == a.start:
        return "touching"
    if b.start <= a.start and a.end <= b.end:
        return "inside"
    if a.start <= b.start and b.end <= a.end:
        return "contains"
    return "crossing"


def merge_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of the ranges as sorted disjoint ranges; touching ones are joined.

    >>> merge_ranges([(5, 9), (0, 3), (3, 4), (7, 12)])
    [(0, 4), (5, 12)]
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def trim_range(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its edges; empty (start == end) when there is nothing else.

    >>> trim_range("a  word ", 1, 8)
    (3, 7)
    """
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def find_span_problems(record: LayeredRecord | Layers, text: str) -> Iterator[str]:
    """One sentence for each span of the record that does not fit the text: range, order, stored text.

    >>> from annotate.records import Entity
    >>> list(find_span_problems(Layers(entities=[Entity(0, 4, "X", text="abce")]), "abcd"))
    ["entities[0] covers [0, 4) 'abce' but the text there is 'abcd'"]
    """
    length = len(text)
    for place, span in iter_spans(record):
        start, end = span.start, span.end
        if not 0 <= start < end <= length:
            yield f"{place} is [{start}, {end}); expected 0 <= start < end <= {length}, the length of the text"
        elif span.text is not None and span.text != text[start:end]:
            there = shorten(text[start:end])
            yield f"{place} covers [{start}, {end}) {shorten(span.text)!r} but the text there is {there!r}"
    for i, quote in enumerate(record.quotes or ()):
        if not quote.content:
            yield f"quotes[{i}] has no content; expected at least one fragment"
        ordered = sorted(quote.content, key=lambda fragment: fragment.start)
        for left, right in itertools.pairwise(ordered):
            if right.start < left.end:
                yield (
                    f"quotes[{i}] has fragments that overlap: "
                    f"[{left.start}, {left.end}) and [{right.start}, {right.end})"
                )
