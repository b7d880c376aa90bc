"""Which of a few texts a text is a copy of: by the word runs that they share, looked up and counted exactly.

Where few texts (gold) meet many (a pool), no candidates have to be guessed: the runs of the few are in one sorted
list, in which those of each of the many are looked up. The work grows linearly with the many, which are never held.
Unlike the Jaccard similarity that makes near-duplicates (`duplicates`), the count also finds a copy that was cut to a
few paragraphs, and an update that grew to several times the length.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from annotate.release.grouping.duplicates import Shingles, shingles
from annotate.release.grouping.rows import spread

#: A copy shares at least this share of the runs of the shorter text. Near-duplicates share two thirds or more.
CONTAINED = 0.5
#: Runs that more texts than this have are stock phrases and count for none.
STOCK = 50


class Shared(NamedTuple):
    """A text of the index by its number, and how many runs it shares with the one that was asked about."""

    number: int
    runs: int


class RunIndex:
    """The word runs of some texts.

    Memory holds eight bytes a word.

    >>> index = RunIndex(["the old man and the sea and the boy", "it was the best of times for all of us"])
    >>> index.find("then the old man and the sea and the boy left")
    [Shared(number=0, runs=5)]
    >>> index.find("nothing of the kind is here at all")
    []
    """

    def __init__(self, texts: Iterable[str]) -> None:
        found = [shingles(text) for text in texts]
        self._sizes = np.array([len(one) for one in found], np.int64)
        owners: npt.NDArray[np.int32] = np.repeat(np.arange(len(found), dtype=np.int32), self._sizes)
        runs: Shingles = np.concatenate(found) if found else np.zeros(0, np.uint32)
        order = np.argsort(runs, kind="stable")
        self._runs, self._owners = runs[order], owners[order]

    def find(self, text: str) -> list[Shared]:
        """The texts that this one is a copy of, or they of it: most shared runs first, then by number."""
        runs = shingles(text)
        left = np.searchsorted(self._runs, runs, "left")
        right = np.searchsorted(self._runs, runs, "right")
        right[right - left > STOCK] = 0
        shared = np.bincount(self._owners[spread(left, np.maximum(left, right))], minlength=len(self._sizes))
        enough = np.flatnonzero((shared > 0) & (shared >= CONTAINED * np.minimum(self._sizes, len(runs))))
        return sorted((Shared(int(n), int(shared[n])) for n in enough), key=lambda one: (-one.runs, one.number))
