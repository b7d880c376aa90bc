"""The tokens of a text in a file format, and what becomes of a span whose edge lies inside one."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable

from annotate.formats.registry import Alignment
from annotate.formats.report import FormatReport
from annotate.text.tokens import find_touched, make_tokenizer


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
        self.ranges = make_tokenizer("en")(text)
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

    def range(self, first: int, last: int) -> tuple[int, int]:
        """The code points that tokens [first, last) cover."""
        return self.ranges[first][0], self.ranges[last - 1][1]

    def align(self, start: int, end: int, place: str) -> tuple[int, int] | None:
        """The half-open range of tokens for the span, or None where none is left (counted as lost)."""
        touched = find_touched(self.ranges, start, end)
        first, last = touched.start, touched.stop
        if first < last and self.range(first, last) == (start, end):
            return first, last
        if self.alignment == "drop":
            self.report.add_loss("spans that do not fit the tokens, left out", place)
            return None
        if self.alignment == "contract" and first < last:
            first += self.ranges[first][0] < start
            last -= last > first and self.ranges[last - 1][1] > end
        if first >= last:
            self.report.add_loss("spans in which no token lies, left out", place)
            return None
        self.report.add_loss("spans moved to the tokens' edges", place)
        return first, last
