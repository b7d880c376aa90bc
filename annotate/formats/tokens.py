"""Tokens of a text, and what becomes of a span whose edge lies inside one."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterable
from typing import Any

from annotate.formats.registry import Alignment
from annotate.formats.report import FormatReport


@functools.cache
def english() -> Any:
    """spaCy's English tokeniser, without a model."""
    import spacy

    return spacy.blank("en")


def tokenise(text: str) -> list[tuple[int, int]]:
    """The ranges of spaCy's English tokens, white space left out.

    >>> tokenise("U.S. troops' \\n\\nexit")
    [(0, 4), (5, 11), (11, 12), (15, 19)]
    """
    doc = english().make_doc(text)
    ranges = ((token.idx, token.idx + len(token.text)) for token in doc)
    return [(start, end) for start, end in ranges if not text[start:end].isspace()]


class Tokens:
    """The tokens of one text for a list of spans; with `split` they are cut at the spans' edges.

    Edges on white space move inwards under every alignment but `drop`; both that and what `expand`, `contract` and
    `drop` change is counted in the report.

    >>> report = FormatReport("conll", "written")
    >>> Tokens("a New-Yorker", [(2, 5)], "split", report, "a-1").ranges
    [(0, 1), (2, 5), (5, 6), (6, 12)]
    """

    def __init__(
        self,
        text: str,
        spans: Iterable[tuple[int, int]],
        alignment: Alignment,
        report: FormatReport,
        place: str,
    ) -> None:
        self.text = text
        self.alignment = alignment
        self.report = report
        self.ranges = tokenise(text)
        if alignment == "split":
            edges = sorted({edge for span in spans for edge in span})
            pieces: list[tuple[int, int]] = []
            for start, end in self.ranges:
                inner = edges[bisect.bisect_right(edges, start) : bisect.bisect_left(edges, end)]
                if inner:
                    report.add_note("tokens cut at a span's edge", f"{place}: {text[start:end]!r}")
                bounds = [start, *inner, end]
                pieces += itertools.pairwise(bounds)
            self.ranges = pieces
        self._starts = [start for start, _ in self.ranges]
        self._ends = [end for _, end in self.ranges]

    def range(self, first: int, last: int) -> tuple[int, int]:
        """The code points that tokens [first, last) cover."""
        return self._starts[first], self._ends[last - 1]

    def align(self, start: int, end: int, place: str) -> tuple[int, int] | None:
        """The half-open range of tokens for the span, or None where none is left (counted as lost)."""
        first = bisect.bisect_right(self._ends, start)  # the first token that ends behind the start
        last = bisect.bisect_left(self._starts, end)  # one behind the last token that starts before the end
        if first < last and self.range(first, last) == (start, end):
            return first, last
        if self.alignment == "drop":
            self.report.add_loss("spans that do not fit the tokens, left out", place)
            return None
        if self.alignment == "contract" and first < last:
            first += self._starts[first] < start
            last -= last > first and self._ends[last - 1] > end
        if first >= last:
            self.report.add_loss("spans in which no token lies, left out", place)
            return None
        self.report.add_loss("spans moved to the tokens' edges", place)
        return first, last
