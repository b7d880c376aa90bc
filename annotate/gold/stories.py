"""Which articles belong together: near-duplicates, and articles about one event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.gold import duplicates
from annotate.gold.duplicates import BandHasher, find_duplicates, shingles
from annotate.records import GoldRecord

METHOD: dict[str, Any] = {
    "duplicates": {
        "what": "Jaccard similarity of five-word shingles, candidates by MinHash",
        "threshold": duplicates.THRESHOLD,
        "bands": duplicates.BANDS,
        "rows": duplicates.ROWS,
    }
}


class Kinship:
    """Collects what articles can be known by, then finds the pairs that belong together.

    An article's text and date alone count, never its annotation, so that a correction moves nothing.
    """

    def __init__(self) -> None:
        self._hasher = BandHasher()
        self._keys: list[npt.NDArray[np.uint64]] = []

    def add(self, record: GoldRecord) -> None:
        """Note one article."""
        self._keys.append(self._hasher.keys(shingles(record.text or "")))

    def sort(self, order: Sequence[int]) -> None:
        """Number the articles anew: `order` has for each new number the old one."""
        self._keys = [self._keys[place] for place in order]

    def links(self, get_record: Callable[[int], GoldRecord]) -> Iterator[tuple[int, int]]:
        """Pairs of numbers of articles that belong together."""
        keys = np.array(self._keys, dtype=np.uint64)
        yield from find_duplicates(keys, lambda number: shingles(get_record(number).text or ""))
