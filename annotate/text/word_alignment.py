"""Two texts, word by word: which word of the one is which word of the other, where the other is a copy or an update.

Words are compared after folding typography (`annotate.text.grounding.fold`). Runs of words that both texts hold once
are found by hashing, the longest first, in any order, so that a paragraph that was moved is found too
(Wise 1993, greedy string tiling, with unique seeds as in MUMmer, Delcher et al. 1999). What lies between two runs is
compared closely where it is short. The work grows linearly with the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property

from annotate.text.grounding import fold
from annotate.text.tokens import find_tokens, find_touched

#: Tokens in a row that have to be in both texts, once in each, for a run to begin.
SEED = 5
#: Gaps between runs are compared token by token up to this product of their lengths.
CLOSE = 40_000

NOWHERE = -1


class Words:
    """The words and marks of a text: what each reads as after folding, and its range of code points.

    >>> words = Words("He said: “Go\\u00adod.”")
    >>> words.folded, words.ranges[3:5]
    (['He', 'said', ':', "'", "'", 'Good', '.', "'", "'"], [(9, 10), (9, 10)])
    """

    def __init__(self, text: str) -> None:
        self.text = text
        folded, origin = fold(text)
        places = find_tokens(folded)
        self.folded = [folded[start:end] for start, end in places]
        self.ranges = [(origin[start], origin[end - 1] + 1) for start, end in places]

    def __len__(self) -> int:
        return len(self.folded)

    def touched(self, start: int, end: int) -> range:
        """The numbers of the words that share a code point with [start, end)."""
        return find_touched(self.ranges, start, end)

    def raw(self, number: int) -> str:
        """The word as it is in the text."""
        return self.text[slice(*self.ranges[number])]


class WordAlignment:
    """Which word of `target` each word of `source` is; no word of the target is that of two.

    >>> aligned = WordAlignment(Words("Ann Lee left Rome."), Words("On Monday, Ann Lee left Rome."))
    >>> aligned.places
    [3, 4, 5, 6, 7]
    >>> aligned.share
    0.625
    """

    def __init__(self, source: Words, target: Words) -> None:
        self.source = source
        self.target = target
        self.places = _align(source.folded, target.folded)

    @cached_property
    def origins(self) -> list[int]:
        """Which word of the source each word of the target is; `NOWHERE` for new ones."""
        origins = [NOWHERE] * len(self.target)
        for number, place in enumerate(self.places):
            if place != NOWHERE:
                origins[place] = number
        return origins

    @property
    def share(self) -> float:
        """How many of the target's words are the source's, in [0, 1]; 0 for a text without words."""
        found = len(self.places) - self.places.count(NOWHERE)
        return found / len(self.target) if len(self.target) else 0.0

    def goes_on(self, number: int, step: int) -> bool:
        """Whether the word `step` words from one of the source is also at that distance in the target.

        Both texts may also end there.
        """
        there = self.places[number] + step
        if not 0 <= number + step < len(self.places):
            return not 0 <= there < len(self.target)
        return self.places[number] != NOWHERE and self.places[number + step] == there

    def same_around(self, words: range, reach: int) -> tuple[float, float]:
        """The share of the `reach` words before and after a run that are there in the target too, in [0, 1] each."""
        return tuple(  # type: ignore[return-value]
            sum(self.goes_on(edge, sign * step) for step in range(1, reach + 1)) / reach
            for edge, sign in ((words[0], -1), (words[-1], 1))
        )

    def find(self, start: int, end: int) -> range | None:
        """The words of the source that [start, end) touches, where they follow each other in the target; else None."""
        words = self.source.touched(start, end)
        if not words or self.places[words[0]] == NOWHERE:
            return None
        first = self.places[words[0]]
        return words if all(self.places[n] == first + i for i, n in enumerate(words)) else None

    def carry(self, start: int, end: int, words: range) -> tuple[int, int] | None:
        """The range of the target for [start, end) of the source, whose `words` were found.

        An edge inside a word is carried where the word is written alike; else None.
        """
        edges = []
        for number, at, outer in ((words[0], start, 0), (words[-1], end, 1)):
            place = self.places[number]
            inside = at - self.source.ranges[number][outer]
            if (inside > 0, inside < 0)[outer]:
                if self.source.raw(number) != self.target.raw(place):
                    return None
            else:
                inside = 0  # white space at the edge
            edges.append(self.target.ranges[place][outer] + inside)
        return edges[0], edges[1]


def _align(source: Sequence[str], target: Sequence[str]) -> list[int]:
    places = [NOWHERE] * len(source)
    shorter = min(len(source), len(target))
    first = last = 0
    while first < shorter and source[first] == target[first]:
        first += 1
    while last < shorter - first and source[-1 - last] == target[-1 - last]:
        last += 1
    if first + last < shorter:  # else the one is the other with something put in
        first, last = (length if length >= SEED else 0 for length in (first, last))
    for number in range(first):
        places[number] = number
    for number in range(1, last + 1):
        places[-number] = len(target) - number
    _place_runs(source, target, places, range(first, len(source) - last), range(first, len(target) - last))
    _fill_gaps(source, target, places)
    return places


def _place_runs(source: Sequence[str], target: Sequence[str], places: list[int], left: range, right: range) -> None:
    """Place the runs that begin with a seed, the longest first; a word that is placed already ends a run."""
    seeds = _unique_seeds(target, right)
    runs: list[tuple[int, int, int]] = []
    covered: dict[int, int] = {}  # diagonal -> up to where a run reaches
    for seed, i in _unique_seeds(source, left).items():
        j = seeds.get(seed)
        if j is None or i < covered.get(j - i, -1):
            continue
        start = i
        while start > left.start and start + j - i > right.start and source[start - 1] == target[start - 1 + j - i]:
            start -= 1
        end = i + SEED
        while end < left.stop and end + j - i < right.stop and source[end] == target[end + j - i]:
            end += 1
        covered[j - i] = end
        runs.append((start - end, start, j - i))
    taken = {place for place in places if place != NOWHERE}
    for length, start, shift in sorted(runs):
        for i in range(start, start - length):
            if places[i] == NOWHERE and i + shift not in taken:
                places[i] = i + shift
                taken.add(i + shift)


def _unique_seeds(tokens: Sequence[str], within: range) -> dict[tuple[str, ...], int]:
    """Where each run of `SEED` tokens that is there only once begins."""
    found: dict[tuple[str, ...], int] = {}
    for i in range(within.start, within.stop - SEED + 1):
        seed = tuple(tokens[i : i + SEED])
        found[seed] = NOWHERE if seed in found else i
    return {seed: i for seed, i in found.items() if i != NOWHERE}


def _fill_gaps(source: Sequence[str], target: Sequence[str], places: list[int]) -> None:
    taken = {place for place in places if place != NOWHERE}
    for left, right in list(_gaps(places, len(target))):
        if len(left) * len(right) > CLOSE or any(j in taken for j in right):
            continue
        matcher = SequenceMatcher(None, source[left.start : left.stop], target[right.start : right.stop], False)
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                places[left.start + block.a + step] = right.start + block.b + step


def _gaps(places: Sequence[int], end: int) -> Iterator[tuple[range, range]]:
    """The words without a place between two placed ones, and the words of the target between those places."""
    before = NOWHERE
    for number in [n for n, place in enumerate(places) if place != NOWHERE] + [len(places)]:
        place = places[number] if number < len(places) else end
        left = range(before + 1, number)
        right = range((places[before] if before != NOWHERE else NOWHERE) + 1, place)
        if left and right:
            yield left, right
        before = number
