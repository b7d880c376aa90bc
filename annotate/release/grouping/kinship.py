"""Which articles belong together, and so have to share a split: near-duplicates, and articles about one event."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np

from annotate.records import Article, LayeredRecord
from annotate.release.grouping import duplicates, stories
from annotate.release.grouping.duplicates import BandHasher, KeyStore, Shingles, find_duplicates, jaccard, shingles
from annotate.release.grouping.rows import Order, Rows
from annotate.release.grouping.stories import find_names, find_stories, parse_day

AnyArticle: TypeAlias = Article | LayeredRecord

METHOD: dict[str, Any] = {
    "duplicates": {
        "rule": "Jaccard similarity of five-word runs",
        "similarity": duplicates.THRESHOLD,
        "bands": duplicates.BANDS,
        "rows": duplicates.ROWS,
    },
    "stories": {
        "rule": "Jaccard similarity of names, dates close together; shared five-word runs where a date is missing",
        "similarity": stories.SIMILARITY,
        "shared_names": stories.SHARED_NAMES,
        "days": stories.DAYS,
        "shared_runs": stories.SHARED_RUNS,
        "rare": stories.RARE,
        "shared_rare": stories.SHARED_RARE,
    },
}


class Kinship:
    """Collects names and word runs of articles, then finds the pairs that belong together.

    Only an article's text and date count, never its annotation, so that a correction moves nothing. What is found in
    each goes to temporary files; memory holds some 30 bytes an article. `names` has the hashes of the names in each.
    """

    def __init__(self) -> None:
        self._hasher = BandHasher()
        self._keys = KeyStore()
        self.names = Rows()
        self._days = array("i")  # 0 = no date
        self._order: Order | None = None

    def add(self, record: AnyArticle) -> None:
        """Note one article."""
        text = record.text or ""
        self._keys.append(self._hasher.keys(shingles(text)))
        self.names.append(find_names(text))
        self._days.append(parse_day(record.date) or 0)

    def sort(self, order: Sequence[int] | Order) -> None:
        """Number the articles anew, once: `order` has for each new number the old one; after this none is added."""
        self._order = np.asarray(order, np.int32)
        self.names = self.names.take(self._order)
        self._days = array("i", np.frombuffer(self._days, np.int32)[self._order].tobytes())

    def links(self, get_record: Callable[[int], AnyArticle]) -> Iterator[tuple[int, int]]:
        """Pairs of numbers of articles that belong together; connected pairs make a group."""

        @lru_cache(maxsize=1_000)
        def get_shingles(number: int) -> Shingles:
            return shingles(get_record(number).text or "")

        order = np.arange(len(self._keys)) if self._order is None else self._order
        yield from find_duplicates(self._keys.bands(order), get_shingles)
        yield from find_stories(self.names, self._days, get_shingles)

    def duplicates_among(
        self, numbers: Sequence[int], get_record: Callable[[int], AnyArticle]
    ) -> Iterator[tuple[int, int]]:
        """Every pair of near-duplicates among a few articles, also those that `links` finds through others."""
        found = {number: shingles(get_record(number).text or "") for number in numbers}
        for a, b in combinations(sorted(numbers), 2):
            if jaccard(found[a], found[b]) >= duplicates.THRESHOLD:
                yield a, b
