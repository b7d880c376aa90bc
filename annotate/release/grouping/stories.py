"""Articles about one event: many rare names in common, and dates close together.

Two articles belong to one story when their names have a Jaccard similarity of at least 0.2, five or more in common,
and their dates are at most two days apart. Where a date is missing, the words have to confirm it: eight runs of five
words in common as well. Names are the capitalised words inside sentences, and numbers; words that are in any
news (weekdays, titles, institutions) are not names. The thresholds were set on 924 political articles of seven
publishers over one year, read pair by pair around the border, a hard case because all of them share their cast.

Neither similarity nor date depends on other articles, and a pair has to share three names that are rare in its
days to be looked at at all; so an article that is added never ties two older ones together. The work grows with the
articles, not with their pairs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotate.release.grouping.duplicates import Shingles
from annotate.release.grouping.rows import Places, find_holders, find_shared, spread
from annotate.text.english import load_words

SIMILARITY = 0.2
SHARED_NAMES = 5
DAYS = 2
SHARED_RUNS = 8
RARE = 40  # a name that more articles of some days contain is not rare in them
SHARED_RARE = 3

Names: TypeAlias = npt.NDArray[np.uint32]

_PIECE = re.compile(r"[^\W\d_][\w’'-]*|\d[\d.,]*\d|[.!?:;\n“”\"]")
_POSSESSIVE = re.compile(r"[’']s$")

_ABBREVIATED = frozenset(load_words("abbreviations", "titles", "rarer_titles", "places"))
_COMMON = frozenset(
    zlib.crc32(word.lower().encode())
    for word in (*load_words("capitals"), *load_words("calendar", "months", "short_months", "weekdays"))
)


def find_names(text: str) -> Names:
    """The hashes (32 bits, sorted, each once) of the names in a text.

    A word with a capital counts inside a sentence only, where it is not there for its place; numbers count from
    three characters on.

    >>> len(find_names("Yesterday Mr. Biden met Kadhimi in the Oval Office over 2,500 troops."))
    4
    """
    found: set[int] = set()
    fresh, before = True, ""
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece[0].isdigit():
            if len(piece) >= 3:
                found.add(zlib.crc32(piece.encode()))
        elif not piece[0].isalpha():
            fresh = fresh or piece != "." or not (len(before) == 1 or before in _ABBREVIATED)
            continue
        elif piece[0].isupper() and not fresh:
            found.add(zlib.crc32(_POSSESSIVE.sub("", piece).casefold().encode("utf-8", "surrogatepass")))
        fresh, before = False, piece
    return np.array(sorted(found - _COMMON), dtype=np.uint32)


def parse_day(text: str | None) -> int | None:
    """The day as a number that grows by one per day; None for no date.

    >>> parse_day("2021-07-27") - parse_day("2021-07-26"), parse_day(None)
    (1, None)

    Raises:
        ValueError: the text is not YYYY-MM-DD.
    """
    return date.fromisoformat(text).toordinal() if text else None


def find_stories(
    names: Sequence[Names], days: Sequence[int | None], get_shingles: Callable[[int], Shingles]
) -> Iterator[tuple[int, int]]:
    """Pairs of articles that belong to one story.

    Args:
        names: of each article.
        days: of each article, as `parse_day` has them; 0 is no date too.
        get_shingles: the word runs of the article with a number; asked only for likely pairs without a date.

    Yields:
        (i, j) with i < j.
    """
    known = np.fromiter((day or 0 for day in days), np.int32, len(days))
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    for day in np.unique(ordered[ordered > 0]).tolist():
        start, end, last = np.searchsorted(ordered, (day, day + 1, day + DAYS + 1)).tolist()
        yield from _alike(names, order[start:end], order[end:last])
    split = int(np.searchsorted(ordered, 1))
    if split == 0:
        return
    for a, b in _alike(names, order[:split], order[split:]):
        if len(np.intersect1d(get_shingles(a), get_shingles(b), assume_unique=True)) >= SHARED_RUNS:
            yield a, b


def _alike(names: Sequence[Names], first: Places, others: Places) -> Iterator[tuple[int, int]]:
    """Pairs with similar names: both of `first`, or one of `first` and one of `others`.

    Memory holds four bytes for each of their rare names.
    """
    numbers = np.concatenate([first, others])
    rare = _RareNames(names, numbers)
    for number in map(int, first):
        mine = names[number]
        for sharing in rare.find_sharing(mine):
            other = int(numbers[sharing])
            if other == number or (sharing < len(first) and other < number):
                continue
            theirs = names[other]
            both = len(np.intersect1d(mine, theirs, assume_unique=True))
            if both >= SHARED_NAMES and both >= SIMILARITY * (len(mine) + len(theirs) - both):
                yield min(number, other), max(number, other)


class _RareNames:
    """The names that two to `RARE` of some articles have, and who has them; articles by their place among these."""

    def __init__(self, names: Sequence[Names], numbers: Places) -> None:
        known, counts, holders = [np.zeros(0, np.uint32)], [np.zeros(1, np.int64)], [np.zeros(0, np.int32)]
        for found in find_holders(names, numbers):
            rare = (found.counts > 1) & (found.counts <= RARE)
            known.append(found.numbers[rare])
            counts.append(found.counts[rare])
            holders.append(found.places[np.repeat(rare, found.counts)])
        self._known, self._holders = np.concatenate(known), np.concatenate(holders)
        self._ends = np.cumsum(np.concatenate(counts))

    def find_sharing(self, mine: Names) -> list[int]:
        """The articles that have at least `SHARED_RARE` of these names that are rare, in ascending order."""
        at, _ = find_shared(self._known, mine)
        if len(at) < SHARED_RARE:
            return []
        found, shared = np.unique(self._holders[spread(self._ends[at], self._ends[at + 1])], return_counts=True)
        result: list[int] = found[shared >= SHARED_RARE].tolist()
        return result
