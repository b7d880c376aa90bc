"""Find strings in a text: the offsets of what was written down without them.

Extractors built on language models answer with strings. A string may be in the text many times, or only almost:
other quotation marks, other spaces, a word changed. The search goes from strict to lenient and stops at the first
step that finds anything: exactly, then after folding typography, then without regard to case, then by similarity.
Of several places the ones are taken that keep the strings in the order in which they were given, each place once.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from annotate.text.tokens import find_tokens

How: TypeAlias = Literal["exact", "normalised", "fuzzy"]

# Below 0.85 the pairs found in language models' paraphrases are more often another sentence than the same one.
MIN_SIMILARITY = 0.85
# In shorter strings one changed letter makes another name ("Iran", "Iraq").
MIN_FUZZY_LENGTH = 6

_FOLDED = {
    **dict.fromkeys('“”„‟«»"＂', "''"),  # two, so that the NYT's two apostrophes are the same mark
    **dict.fromkeys("‘’‚‛`´′＇", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
}
_EDGES = " \t\n\r'\"“”‘’„«».,;:!?…()[]"


class Place(NamedTuple):
    """The place of a string: a half-open range of code points, how it was found, its similarity in (0, 1]."""

    start: int
    end: int
    how: How
    similarity: float


@dataclass(frozen=True)
class Wanted:
    """A string to find. `context` is a longer piece of the text around it, if the extractor gave one.

    `group` keeps strings apart that may share a place: two strings of one group never do.
    """

    string: str
    context: str | None = None
    group: str = ""


class Text:
    """A text in which strings are looked up; what the lenient steps need is computed once.

    >>> text = Text("“It’s over,” he said. It’s over.")
    >>> text.find_all("It's over")[1]
    Place(start=22, end=31, how='normalised', similarity=1.0)
    >>> text.find_all("nobody")
    []
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def folded(self) -> tuple[str, list[int]]:
        """The text with typography folded, and for each of its characters the index in the text."""
        return fold(self.text)

    @cached_property
    def folded_case(self) -> tuple[str, list[int]]:
        """The same in lower case."""
        folded, origin = self.folded
        pieces = [(low, at) for char, at in zip(folded, origin, strict=True) for low in char.casefold()]
        return "".join(low for low, _ in pieces), [at for _, at in pieces]

    def find_all(self, string: str, *, min_similarity: float = MIN_SIMILARITY) -> list[Place]:
        """Every place of the string at the strictest step that finds one, from left to right; [] for none."""
        if not string.strip():
            return []
        starts = (match.start() for match in re.finditer(f"(?={re.escape(string)})", self.text))
        exact = [(start, start + len(string)) for start in starts]
        bounded = [found for found in exact if self._stands_alone(*found)]
        if bounded:
            return [Place(start, end, "exact", 1.0) for start, end in bounded]
        query = fold(string)[0].strip()
        for wanted, (haystack, origin) in (
            (query, self.folded),
            (query.casefold(), self.folded_case),
            (fold(string.strip(_EDGES))[0].strip().casefold(), self.folded_case),
        ):
            found = self._find_folded(wanted, haystack, origin) if wanted else []
            if found:
                return [Place(start, end, "normalised", 1.0) for start, end in found]
        if exact:  # inside longer words only: right for scripts without spaces, and better than a similar string
            return [Place(start, end, "normalised", 1.0) for start, end in exact]
        place = self._find_similar(query.casefold(), min_similarity)
        return [place] if place else []

    def _find_folded(self, wanted: str, haystack: str, origin: list[int]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        at = haystack.find(wanted)
        while at >= 0:
            start, end = self._unfold(origin, at, at + len(wanted))
            if self._stands_alone(start, end) and (not found or found[-1] != (start, end)):
                found.append((start, end))
            at = haystack.find(wanted, at + 1)
        return found

    def _unfold(self, origin: list[int], start: int, end: int) -> tuple[int, int]:
        last = origin[end - 1] + 1
        while last < len(self.text) and unicodedata.category(self.text[last]) == "Mn":
            last += 1
        return origin[start], last

    def _stands_alone(self, start: int, end: int) -> bool:
        """Whether the range does not begin or end inside a word."""
        text = self.text
        cut_left = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
        cut_right = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
        return not (cut_left or cut_right)

    @cached_property
    def _words(self) -> list[tuple[int, int]]:
        return find_tokens(self.text)

    def _find_similar(self, query: str, min_similarity: float) -> Place | None:
        from rapidfuzz import fuzz
        from rapidfuzz.distance import Indel

        if len(query) < MIN_FUZZY_LENGTH:
            return None
        haystack, origin = self.folded_case
        rough = fuzz.partial_ratio_alignment(query, haystack, score_cutoff=min_similarity * 100 - 15)
        if rough is None or rough.dest_start == rough.dest_end or len(query) > len(haystack):
            return None
        start, end = self._unfold(origin, rough.dest_start, rough.dest_end)
        # the rough window is exactly as long as the query: try the words' edges around both of its ends
        starts = _around([word[0] for word in self._words], start)
        ends = _around([word[1] for word in self._words], end)
        best: Place | None = None
        for left in starts:
            for right in ends:
                if right <= left:
                    continue
                found = fold(self.text[left:right])[0].casefold()
                similarity = Indel.normalized_similarity(query, found)
                if best is None or similarity > best.similarity:
                    best = Place(left, right, "fuzzy", round(similarity, 4))
        if best is None or best.similarity < min_similarity:
            return None
        # another number is another statement, however alike the rest
        if re.findall(r"\d+", query) != re.findall(r"\d+", self.text[best.start : best.end]):
            return None
        return best


def ground_strings(
    text: Text | str, wanted: Sequence[Wanted], *, min_similarity: float = MIN_SIMILARITY
) -> list[Place | None]:
    """A place for each string, None where it cannot be found or occurs less often than it was asked for.

    The places are chosen together: inside the given context first, with as few steps back as possible, then as far
    left as possible; one place serves one string of a group only.

    >>> ground_strings("Biden met Kadhimi. Biden spoke.", [Wanted("Kadhimi"), Wanted("Biden"), Wanted("Biden")])[1:]
    [Place(start=19, end=24, how='exact', similarity=1.0), Place(start=0, end=5, how='exact', similarity=1.0)]
    """
    searched = Text(text) if isinstance(text, str) else text
    cache: dict[str, list[Place]] = {}
    candidates: list[list[Place]] = []
    for item in wanted:
        if item.string not in cache:
            cache[item.string] = searched.find_all(item.string, min_similarity=min_similarity)
        candidates.append(_within_context(searched, item, cache[item.string]))
    found = [i for i, places in enumerate(candidates) if places]
    chosen: list[Place | None] = [None] * len(wanted)
    path = _leftmost_path([candidates[i] for i in found])
    used: set[tuple[str, int, int]] = set()
    for i, k in zip(found, path, strict=True):
        group, places = wanted[i].group, cache[wanted[i].string]
        k = places.index(candidates[i][k])
        # the chosen place, else the next free one to the right, else the first free one
        for place in (*places[k:], *places[:k]):
            if (group, place.start, place.end) not in used:
                used.add((group, place.start, place.end))
                chosen[i] = place
                break
    return chosen


def nearest_place(
    text: Text,
    string: str,
    anchors: Sequence[tuple[int, int]],
    *,
    min_similarity: float = MIN_SIMILARITY,
) -> Place | None:
    """The place of the string that lies nearest to the anchors: outside them if possible, else inside.

    >>> text = Text("Biden left. Kadhimi met Biden and said: “Go.” Biden did.")
    >>> nearest_place(text, "Biden", [(40, 45)])
    Place(start=46, end=51, how='exact', similarity=1.0)
    """
    places = text.find_all(string, min_similarity=min_similarity)

    def distance(place: Place) -> tuple[bool, bool, int, int]:
        inside = any(place.start < end and start < place.end for start, end in anchors)
        gap, left, right = min(
            (max(start - place.end, place.start - end, 0), min(place.end, end), max(place.start, start))
            for start, end in anchors
        )
        return inside, "\n" in text.text[left:right], gap, place.start

    return min(places, key=distance, default=None)


def fold(text: str) -> tuple[str, list[int]]:
    """The text with quotation marks, dashes, spaces, ligatures and accents folded, and each character's origin.

    >>> fold("a “b”  –  é…")[0]
    "a ''b'' - e..."
    """
    folded: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        if char in _FOLDED:
            plain = _FOLDED[char]
        elif char.isspace():
            plain = " "
        elif char.isascii():
            plain = char
        else:
            plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn")
        if plain in (" ", "-") and folded and folded[-1] == plain:
            continue
        for piece in plain:
            folded.append(piece)
            origin.append(at)
    return "".join(folded), origin


def _within_context(text: Text, item: Wanted, places: list[Place]) -> list[Place]:
    if not item.context or len(places) < 2:
        return places
    regions = text.find_all(item.context)
    inside = [p for p in places if any(r.start <= p.start and p.end <= r.end for r in regions)]
    return inside or places


def _leftmost_path(candidates: list[list[Place]]) -> list[int]:
    """One candidate of each list: fewest steps back, then the smallest sum of starts (a Viterbi search)."""
    best: list[tuple[int, int]] = []
    back: list[list[int]] = []
    for i, places in enumerate(candidates):
        if i == 0:
            best = [(0, place.start) for place in places]
            continue
        previous = candidates[i - 1]
        # cheapest predecessor that starts further left (or at the same point, if it is another string)
        prefix: list[int] = []
        for k in range(len(previous)):
            prefix.append(k if not prefix or best[k] < best[prefix[-1]] else prefix[-1])
        starts = [place.start for place in previous]
        ends = {(place.start, place.end) for place in previous}
        cheapest = prefix[-1]
        costs: list[tuple[int, int]] = []
        choice: list[int] = []
        for place in places:
            same = (place.start, place.end) in ends
            upto = (bisect.bisect_left if same else bisect.bisect_right)(starts, place.start)
            options = [(best[cheapest][0] + 1, best[cheapest][1] + place.start, cheapest)]
            if upto:
                k = prefix[upto - 1]
                options.append((best[k][0], best[k][1] + place.start, k))
            steps, total, k = min(options)
            costs.append((steps, total))
            choice.append(k)
        back.append(choice)
        best = costs
    if not best:
        return []
    path = [min(range(len(best)), key=best.__getitem__)]
    for choice in reversed(back):
        path.append(choice[path[-1]])
    return path[::-1]


def _around(edges: list[int], at: int) -> list[int]:
    middle = bisect.bisect_left(edges, at)
    return edges[max(0, middle - 3) : middle + 4]
