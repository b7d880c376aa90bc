"""Speakers, cues and claimers: when two of them are the same; and which items share tokens at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotate.records import Layer, Region, Span
from annotate.text.text_index import Content, TextIndex

MATCHES = ("exact", "overlap", "head")


@dataclass(frozen=True)
class Mention:
    """A speaker, cue or claimer as the comparison sees it."""

    tokens: range
    content: Content
    head: int | None


def read_mention(index: TextIndex, span: Span | None) -> Mention | None:
    """The span's tokens, content and head; None for none."""
    if span is None:
        return None
    bounds = (span.start, span.end)
    return Mention(index.token_range(*bounds), index.content([bounds]), index.head(bounds))


def same_mention(gold: Mention | None, predicted: Mention | None) -> tuple[bool, bool, bool]:
    """Whether the two are equal, share a token, have one head; none on both sides is right in every respect."""
    if gold is None or predicted is None:
        both = gold is predicted
        return both, both, both
    shared = gold.tokens.start < predicted.tokens.stop and predicted.tokens.start < gold.tokens.stop
    return (
        gold.content == predicted.content,
        shared and bool(gold.tokens) and bool(predicted.tokens),
        gold.head is not None and gold.head == predicted.head,
    )


def order_of(mention: Mention | None) -> Content:
    """A key that sorts mentions the same way whatever the order of the record."""
    return mention.content if mention else ()


def touches(ranges: Iterable[tuple[int, int]], regions: Sequence[Region], layer: Layer) -> bool:
    """Whether one of the ranges overlaps a region that gold leaves out for this layer."""
    return any(
        region.layer in (None, layer) and start < region.end and region.start < end
        for start, end in ranges
        for region in regions
    )


def shared_tokens(gold: Sequence[frozenset[int]], predicted: Sequence[frozenset[int]]) -> dict[tuple[int, int], int]:
    """(gold, prediction) -> how many tokens they share, for those that share any."""
    holders: dict[int, list[int]] = {}
    for j, tokens in enumerate(predicted):
        for token in tokens:
            holders.setdefault(token, []).append(j)
    shared: Counter[tuple[int, int]] = Counter()
    for i, tokens in enumerate(gold):
        for token in tokens:
            for j in holders.get(token, ()):
                shared[i, j] += 1
    return dict(shared)
