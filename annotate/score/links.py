"""The linked spans of items (speaker, cue, claimer) as the comparison sees them: when two of them are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from annotate.records import Span
from annotate.score.counts import ArticleCounts
from annotate.score.formulas import Column
from annotate.text.text_index import Content, TextIndex


@dataclass(frozen=True)
class LinkedSpan:
    """A speaker, cue or claimer by its tokens, its visible code points and its head."""

    tokens: range
    content: Content
    head: int | None


class SameLink(NamedTuple):
    """Whether two linked spans are equal, share a token, have one head."""

    exact: bool
    overlap: bool
    head: bool


@dataclass(frozen=True)
class LinkCounts(ArticleCounts):
    """How many pairs have linked spans that are the same, by what "the same" means."""

    exact: Column
    overlap: Column
    head: Column

    def add(self, article: int, same: SameLink) -> None:
        """Count one pair of an article."""
        self.exact[article] += same.exact
        self.overlap[article] += same.overlap
        self.head[article] += same.head

    def by_match(self) -> dict[str, Column]:
        """The columns by the name that they have in measures."""
        return {"exact": self.exact, "overlap": self.overlap, "head": self.head}


def read_link(index: TextIndex, span: Span | None) -> LinkedSpan | None:
    """The span's tokens, content and head; None for none."""
    if span is None:
        return None
    bounds = (span.start, span.end)
    return LinkedSpan(index.token_range(*bounds), index.content([bounds]), index.head(bounds))


def compare_links(gold: LinkedSpan | None, predicted: LinkedSpan | None) -> SameLink:
    """Whether the two are the same; none on both sides is right in every respect."""
    if gold is None or predicted is None:
        both = gold is predicted
        return SameLink(both, both, both)
    shared = gold.tokens.start < predicted.tokens.stop and predicted.tokens.start < gold.tokens.stop
    return SameLink(
        gold.content == predicted.content,
        shared and bool(gold.tokens) and bool(predicted.tokens),
        gold.head is not None and gold.head == predicted.head,
    )


def order_of(link: LinkedSpan | None) -> Content:
    """A key that sorts linked spans the same way whatever the order of the record."""
    return link.content if link else ()
