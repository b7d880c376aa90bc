"""Disjoint sets that grow together (union-find), of anything hashable. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSets(Generic[T]):
    """Sets of members, each identified by its leader; a member that was never joined is a set of one.

    Memory grows with the members that were joined only. Paths are compressed: a long run of calls takes
    amortised O(log n) a call (Tarjan & van Leeuwen 1984).

    >>> sets = DisjointSets()
    >>> sets.join("a", "b"), sets.join("c", "b"), sets.find("a"), sets.find("z")
    ('a', 'c', 'c', 'z')
    """

    def __init__(self) -> None:
        self._above: dict[T, T] = {}  # of every member that leads no set, one that is nearer to its leader

    def find(self, member: T) -> T:
        """The leader of the member's set."""
        above = self._above
        if member not in above:
            return member
        leader = above[member]
        if leader not in above:
            return leader
        while leader in above:
            leader = above[leader]
        while member != leader:
            above[member], member = leader, above[member]
        return leader

    def join(self, first: T, second: T) -> T:
        """Make the sets of both one; the leader of the first one leads it and is returned."""
        leader, other = self.find(first), self.find(second)
        if leader != other:
            self._above[other] = leader
        return leader
