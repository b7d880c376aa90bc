"""Anchors: hashes by which a span is found again in a text that is not published.

An anchor holds hashes of the span's own text and of up to 24 characters before and behind it, each after folding
typography (`annotate.text.grounding.fold`), so that other quotation marks or spaces do not matter. In a text that
was edited since, a span is where its own hash and its surroundings are found; where it was edited inside, between its
two surroundings. A hash confirms a right guess: short spans such as names can be guessed.
"""

from __future__ import annotations

import bisect
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from annotate.text.grounding import fold
from annotate.text.tokens import TOKEN

How: TypeAlias = Literal["moved", "edited"]

CONTEXT = 24
# how much longer or shorter a span may have become where only its surroundings still match
_GROWTH = 0.25
_SLACK = 12
# without any surroundings left, a span is believed only this close to where its neighbours put it
_NEAR = 40


class Anchor(NamedTuple):
    """What is known about one span: its old range, and the lengths and hashes of its text and surroundings."""

    start: int
    end: int
    inside: str
    before: str
    after: str
    n_inside: int
    n_before: int
    n_after: int


class Found(NamedTuple):
    """Where a span is now, in code points, and whether its own words are unchanged (`moved`) or not."""

    start: int
    end: int
    how: How


class Folded:
    """A text after folding, with the way back to its code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded, self.origin = fold(text)

    def index(self, at: int) -> int:
        """The place in the folded text that the code point has there."""
        return bisect.bisect_left(self.origin, at)

    def range(self, first: int, last: int) -> tuple[int, int]:
        """The code points of folded characters [first, last)."""
        end = self.origin[last] if last < len(self.origin) else len(self.text)
        # what folding left out between (spaces in a row, joiners) belongs to neither side
        while end - 1 > self.origin[last - 1] and fold(self.text[self.origin[last - 1] + 1 : end])[0].strip() == "":
            end -= 1
        return self.origin[first], end

    @cached_property
    def edges(self) -> list[int]:
        """Where words and marks begin and end: nearly every span does so there."""
        found = {edge for match in TOKEN.finditer(self.folded) for edge in match.span()}
        return sorted(found)

    def table(self, length: int, *, everywhere: bool = False) -> dict[str, list[int]]:
        """Every piece of that many folded characters, by its hash."""
        key = (length, everywhere)
        if key not in self._tables:
            found: dict[str, list[int]] = defaultdict(list)
            for at in range(len(self.folded) - length + 1) if everywhere else self.edges:
                if at + length <= len(self.folded):
                    found[_hash(self.folded[at : at + length])].append(at)
            self._tables[key] = found
        return self._tables[key]

    @cached_property
    def _tables(self) -> dict[tuple[int, bool], dict[str, list[int]]]:
        return {}


def make_anchors(text: str, ranges: Iterable[tuple[int, int]]) -> list[Anchor]:
    """An anchor for each range of the text.

    >>> [anchor] = make_anchors("Biden met Kadhimi.", [(10, 17)])
    >>> anchor.n_inside, anchor.n_before, anchor.n_after
    (7, 10, 1)
    """
    folded = Folded(text)
    anchors = []
    for start, end in ranges:
        first, last = folded.index(start), folded.index(end)
        inside = folded.folded[first:last]
        before, after = folded.folded[max(0, first - CONTEXT) : first], folded.folded[last : last + CONTEXT]
        anchors.append(
            Anchor(start, end, _hash(inside), _hash(before), _hash(after), len(inside), len(before), len(after))
        )
    return anchors


def find_anchors(text: str, anchors: Sequence[Anchor]) -> list[Found | None]:
    """Where each span is in a later version of the text; None where it cannot be found.

    >>> old = "Biden met Kadhimi. Biden spoke for an hour."
    >>> new = "On Monday, Biden met Kadhimi. Biden spoke for an hour."
    >>> find_anchors(new, make_anchors(old, [(19, 24)]))
    [Found(start=30, end=35, how='moved')]
    """
    folded = Folded(text)
    options = [_candidates(folded, anchor) for anchor in anchors]
    # spans whose surroundings are intact on both sides, and that occur only once, show how far the text moved
    sure: list[tuple[int, int]] = []
    for anchor, places in zip(anchors, options, strict=True):
        whole = [place for place, sides in places if sides == 2]
        if len(whole) == 1:
            sure.append((anchor.start, folded.range(*whole[0])[0] - anchor.start))
    sure.sort()
    return [_choose(folded, anchor, places, sure) for anchor, places in zip(anchors, options, strict=True)]


def _candidates(folded: Folded, anchor: Anchor) -> list[tuple[tuple[int, int], int]]:
    """Folded ranges with the span's own text, and on how many sides the surroundings match."""
    places = _with_sides(folded, anchor, folded.table(anchor.n_inside).get(anchor.inside, []))
    if not any(sides == 2 for _, sides in places):  # the span may begin inside a word
        everywhere = folded.table(anchor.n_inside, everywhere=True).get(anchor.inside, [])
        places = _with_sides(folded, anchor, everywhere)
    return places


def _with_sides(folded: Folded, anchor: Anchor, starts: Sequence[int]) -> list[tuple[tuple[int, int], int]]:
    places = []
    for first in starts:
        last = first + anchor.n_inside
        before = folded.folded[max(0, first - anchor.n_before) : first]
        after = folded.folded[last : last + anchor.n_after]
        places.append(((first, last), (_hash(before) == anchor.before) + (_hash(after) == anchor.after)))
    return places


def _choose(
    folded: Folded,
    anchor: Anchor,
    places: list[tuple[tuple[int, int], int]],
    sure: list[tuple[int, int]],
) -> Found | None:
    near = min(sure, key=lambda known: abs(known[0] - anchor.start), default=None)
    expected = anchor.start + (near[1] if near else 0)

    def rank(option: tuple[tuple[int, int], int]) -> tuple[int, int]:
        return -option[1], abs(folded.range(*option[0])[0] - expected)

    if places:
        place, sides = min(places, key=rank)
        if sides or len(places) == 1 or rank((place, sides))[1] <= _NEAR:
            return Found(*folded.range(*place), "moved")
        return None
    return _between(folded, anchor, expected)


def _between(folded: Folded, anchor: Anchor, expected: int) -> Found | None:
    """The range between the two surroundings, where the span itself was edited and they were not."""
    if not anchor.n_before or not anchor.n_after:
        return None
    lefts = [at + anchor.n_before for at in folded.table(anchor.n_before, everywhere=True).get(anchor.before, [])]
    rights = folded.table(anchor.n_after, everywhere=True).get(anchor.after, [])
    allowed = anchor.n_inside * _GROWTH + _SLACK
    fits = [(a, b) for a in lefts for b in rights if a < b and abs(b - a - anchor.n_inside) <= allowed]
    if not fits:
        return None
    first, last = min(fits, key=lambda fit: (abs(fit[0] - folded.index(expected)), fit[1] - fit[0]))
    start, end = folded.range(first, last)
    return Found(start, end, "edited")


def _hash(piece: str) -> str:
    return hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
