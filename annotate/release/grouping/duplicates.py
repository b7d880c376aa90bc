"""Near-duplicate articles: syndicated copies and light rewrites, found by MinHash and verified exactly.

Two articles are near-duplicates when their sets of five-word shingles have a Jaccard similarity of at least 0.5
(Broder 1997). Candidates come from locality-sensitive hashing of MinHash signatures (Leskovec, Rajaraman & Ullman,
Mining of Massive Datasets, section 3.4): 32 bands of 3 rows find a pair of similarity 0.5 with probability 0.986,
one of 0.7 with 0.999997. The work grows linearly with the articles.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from annotate.disjoint import DisjointNumbers
from annotate.release.grouping.rows import Order, TemporarySpace
from annotate.text.tokens import WORD

THRESHOLD = 0.5
WORDS = 5
BANDS, ROWS = 32, 3
COMPARED = 200  # comparisons of one article within one bucket, a bound for corpora that repeat their phrases

_BLOCK = 4_096  # shingles that are hashed at once: 1.6 MB

_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd constant that spreads bits: 2**64 over the golden ratio


Shingles: TypeAlias = npt.NDArray[np.uint32]
Keys: TypeAlias = npt.NDArray[np.uint64]


def shingles(text: str) -> Shingles:
    """The hashes (32 bits, sorted, each once) of all runs of five words, case folded; of a shorter text, one of all.

    >>> len(shingles("One two three four five six.")), len(shingles("Hi!")), len(shingles("..."))
    (2, 1, 0)
    """
    words = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in WORD.findall(text.casefold())]
    hashes: npt.NDArray[np.uint64] = np.array(words, dtype=np.uint64)
    size = min(WORDS, len(words))
    runs: npt.NDArray[np.uint64] = np.zeros(len(words) - size + 1 if words else 0, dtype=np.uint64)
    for shift in range(size):
        runs = (runs * _MIX) ^ (runs >> np.uint64(29)) ^ hashes[shift : shift + len(runs)]
    return np.unique((runs * _MIX >> np.uint64(32)).astype(np.uint32))


def jaccard(a: Shingles, b: Shingles) -> float:
    """The number of common members over the number of all members; 0 for two empty sets.

    >>> jaccard(shingles("a b c d e f"), shingles("a b c d e g"))
    0.3333333333333333
    """
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / (len(a) + len(b) - both) if len(a) + len(b) else 0.0


class BandHasher:
    """Turns shingles into the keys under which near-duplicates meet: one number of 64 bits per band."""

    def __init__(self) -> None:
        random = np.random.RandomState(1)
        count = BANDS * ROWS
        # h -> factor * h + offset mod 2**32 with an odd factor is a permutation
        self._factors = random.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        self._offsets = random.randint(0, 1 << 32, count, dtype=np.uint32)

    def sign(self, found: Shingles) -> Shingles:
        """The MinHash signature, one number for each of the 96 permutations: the least that any shingle gets.

        Two signatures agree at a place with a probability that is the Jaccard similarity of the sets.
        """
        least: Shingles = np.full(BANDS * ROWS, np.iinfo(np.uint32).max, dtype=np.uint32)
        mixed = _mix(found)
        for block in np.array_split(mixed, -(-len(mixed) // _BLOCK)) if len(mixed) else ():
            least = np.minimum(least, (block[:, None] * self._factors + self._offsets).min(axis=0))
        return least

    def keys(self, found: Shingles) -> Keys:
        """The keys, one per band; articles without words share theirs and are verified to have nothing in common."""
        rows: Keys = self.sign(found).astype(np.uint64).reshape(BANDS, ROWS)
        mixed = rows[:, 0]
        for column in range(1, ROWS):
            mixed = (mixed * _MIX) ^ (mixed >> np.uint64(29)) ^ rows[:, column]
        return mixed


class KeyStore:
    """The keys of many articles in a temporary file, from which they are read band by band.

    >>> store = KeyStore()
    >>> for first in (7, 9):
    ...     store.append(np.arange(first, first + BANDS, dtype=np.uint64))
    >>> [band.tolist() for band in store.bands(np.array([1, 0]))][:2]
    [[9, 7], [10, 8]]
    """

    _ROWS = 1024  # articles of a block, in which the keys of one band are together

    def __init__(self) -> None:
        self._space = TemporarySpace()
        self._blocks = 0
        self._last = np.empty((self._ROWS, BANDS), np.uint64)
        self._filled = 0

    def __len__(self) -> int:
        return self._blocks * self._ROWS + self._filled

    def append(self, keys: Keys) -> None:
        """Keep the keys of one article."""
        self._last[self._filled] = keys
        self._filled += 1
        if self._filled == self._ROWS:
            self._space.write(self._last.T.tobytes())
            self._blocks, self._filled = self._blocks + 1, 0

    def bands(self, order: Order) -> Iterator[Keys]:
        """The keys of each band, of the articles in this order; memory holds one band."""
        row = self._ROWS * self._last.itemsize
        for band in range(BANDS):
            column = np.empty(len(self), np.uint64)
            for block in range(self._blocks):
                data = self._space.read((block * BANDS + band) * row, row)
                column[block * self._ROWS : (block + 1) * self._ROWS] = np.frombuffer(data, np.uint64)
            column[self._blocks * self._ROWS :] = self._last[: self._filled, band]
            column = column[order]  # the other one is freed before anybody looks at this one
            yield column


def _mix(hashes: Shingles) -> Shingles:
    """The hashes with all bits mixed: the finaliser of MurmurHash3 for 32 bits, a permutation too."""
    mixed: Shingles = hashes ^ (hashes >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def find_duplicates(bands: Iterable[Keys], get_shingles: Callable[[int], Shingles]) -> Iterator[tuple[int, int]]:
    """Pairs of near-duplicates that tie all of them together: of n copies of one text, n - 1 pairs or more.

    Args:
        bands: of each band, the keys of all articles.
        get_shingles: the shingles of the article with a number; asked only for candidates.

    Yields:
        (i, j) with i < j.
    """
    groups: DisjointNumbers | None = None
    for band in bands:
        groups = groups or DisjointNumbers(len(band))
        for bucket in _buckets(band):
            yield from _compare(bucket, groups, get_shingles)


def _compare(
    bucket: list[int], groups: DisjointNumbers, get_shingles: Callable[[int], Shingles]
) -> Iterator[tuple[int, int]]:
    """The near-duplicates in one bucket; members of a known group are not compared with each other."""
    members: dict[int, list[int]] = {}
    for i in bucket:
        root, compared = groups.find(i), 0
        for other in list(members):
            if other == root or other not in members:
                continue
            for j in members[other][: COMPARED - compared]:
                compared += 1
                if jaccard(get_shingles(i), get_shingles(j)) >= THRESHOLD:
                    yield (min(i, j), max(i, j))
                    members[other] += members.pop(root, [])
                    root = groups.join(other, root)
                    break
        members.setdefault(root, []).append(i)


def _buckets(column: npt.NDArray[np.uint64]) -> Iterator[list[int]]:
    """The numbers of the articles that share a key, for each key that several have."""
    order = np.argsort(column, kind="stable")
    ordered = column[order]
    same = np.concatenate(([False], ordered[1:] == ordered[:-1], [False]))  # as the one before
    starts, ends = np.flatnonzero(~same[:-1] & same[1:]), np.flatnonzero(same[:-1] & ~same[1:]) + 1
    for left, right in zip(starts.tolist(), ends.tolist(), strict=True):
        yield order[left:right].tolist()
