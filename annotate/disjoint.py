"""Disjoint sets that grow together (union-find), of anything hashable. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T", bound=Hashable)


class _Above(Protocol[T]):
    """Of every member one that is nearer to the leader of its set; of a leader, itself."""

    def __getitem__(self, member: T, /) -> T: ...
    def __setitem__(self, member: T, above: T, /) -> None: ...


class _Joined(dict[T, T]):
    def __missing__(self, member: T) -> T:
        return member


class DisjointSets(Generic[T]):
    """Sets of members, each identified by its leader; a member that was never joined is a set of one.

    Memory grows with the members that were joined only. Paths are compressed: a long run of calls takes
    amortised O(log n) a call (Tarjan & van Leeuwen 1984).

    >>> sets = DisjointSets()
    >>> sets.join("a", "b"), sets.join("c", "b"), sets.find("a"), sets.find("z")
    ('a', 'c', 'c', 'z')
    """

    def __init__(self) -> None:
        self._above: _Above[T] = _Joined()

    def find(self, member: T) -> T:
        """The leader of the member's set."""
        above = self._above
        leader = above[member]
        while (higher := above[leader]) != leader:
            leader = higher
        while member != leader:
            above[member], member = leader, above[member]
        return leader

    def join(self, first: T, second: T) -> T:
        """Make the sets of both one; the leader of the first one leads it and is returned."""
        leader, other = self.find(first), self.find(second)
        if leader != other:
            self._above[other] = leader
        return leader


class DisjointNumbers(DisjointSets[int]):
    """Disjoint sets of the numbers from 0 up to a count; memory holds four bytes for each of them.

    >>> sets = DisjointNumbers(3)
    >>> sets.join(2, 0), sets.find(0), sets.find(1)
    (2, 2, 1)
    """

    def __init__(self, count: int) -> None:
        self._above = array("i", range(count))
