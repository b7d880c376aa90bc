"""One text, asked by ranges of code points for its tokens, its visible code points and the head of a noun phrase."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from annotate.text.tokens import TOKEN, find_tokens

Content: TypeAlias = tuple[tuple[int, int], ...]

_SPACE = re.compile(r"\s+")
_EDGE_MARKS = frozenset(".,;:!?…-–—\"'`“”‘’«»")
_STOP_MARKS = frozenset(",(–—:;")
_STOP_WORDS = frozenset(
    ("of", "from", "in", "at", "for", "with", "on", "to", "by", "who", "whom", "which", "that", "whose")
)


class TextIndex:
    """One text, asked for tokens and characters by code-point ranges. Everything is computed on first use.

    >>> index = TextIndex('A spokesman for the Ministry of Health said so.')
    >>> sorted(index.tokens([(2, 11)])), index.words[index.head((0, 38))]
    ([1], 'spokesman')
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int]]:
        spans = find_tokens(self.text)
        return [start for start, _ in spans], [end for _, end in spans]

    @cached_property
    def words(self) -> list[str]:
        """The tokens' texts."""
        return TOKEN.findall(self.text)

    @cached_property
    def _spaces(self) -> tuple[list[int], list[int], list[int]]:
        runs = [match.span() for match in _SPACE.finditer(self.text)]
        lengths = accumulate((end - start for start, end in runs), initial=0)
        return [start for start, _ in runs], [end for _, end in runs], list(lengths)

    def token_range(self, start: int, end: int) -> range:
        """The tokens of which [start, end) covers at least one code point."""
        starts, ends = self._bounds
        return range(bisect_right(ends, start), bisect_left(starts, end))

    def tokens(self, ranges: Iterable[tuple[int, int]]) -> frozenset[int]:
        """The tokens of several ranges together."""
        return frozenset(token for start, end in ranges for token in self.token_range(start, end))

    def core(self, tokens: Iterable[int]) -> tuple[int, ...]:
        """The tokens in order, without punctuation and quotation marks at the edges, then without a leading "that".

        What guidelines for the edges of quotes differ in: two contents with one core say the same.

        >>> index = TextIndex('He said that "it rained".')
        >>> index.core(index.tokens([(8, 25)])) == index.core(index.tokens([(14, 23)]))
        True
        """
        core = sorted(tokens)
        start, stop = 0, len(core)
        while start < stop and self.words[core[start]] in _EDGE_MARKS:
            start += 1
        while start < stop and self.words[core[stop - 1]] in _EDGE_MARKS:
            stop -= 1
        if start < stop and self.words[core[start]].lower() == "that":
            start += 1
            while start < stop and self.words[core[start]] in _EDGE_MARKS:
                start += 1
        return tuple(core[start:stop])

    def _visible_before(self, offset: int) -> int:
        starts, ends, lengths = self._spaces
        run = bisect_left(starts, offset)
        spaces = lengths[run]
        if run and ends[run - 1] > offset:
            spaces -= ends[run - 1] - offset
        return offset - spaces

    def content(self, ranges: Iterable[tuple[int, int]]) -> Content:
        """The covered code points that are not white space: equal for equal contents, however they are fragmented.

        >>> index = TextIndex("no one knew")
        >>> index.content([(0, 2), (3, 6)]) == index.content([(0, 7)])
        True
        """
        merged: list[tuple[int, int]] = []
        for start, end in sorted((self._visible_before(start), self._visible_before(end)) for start, end in ranges):
            if start == end:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return tuple(merged)

    def head(self, span: tuple[int, int]) -> int | None:
        """The head token of a speaker: its last word before a preposition, a relative pronoun, a comma or the like.

        A heuristic for English noun phrases; None where the span holds no word.
        """
        head: int | None = None
        for token in self.token_range(*span):
            word = self.words[token]
            if head is not None and (word in _STOP_MARKS or word.lower() in _STOP_WORDS):
                break
            if (word[0].isalnum() or word[0] == "_") and word.lower() != "s":
                head = token
        return head
