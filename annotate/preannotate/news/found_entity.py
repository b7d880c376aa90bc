"""An entity that the pipeline found, before it says how sure it is, and the ranges that entities take."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

#: Log-odds of an entity that a rule is sure of.
BY_RULE = (-0.05, 0.0, -0.05)


@dataclass(frozen=True)
class FoundEntity:
    """An entity in code points; `odds` are the features of its confidence."""

    start: int
    end: int
    label: str
    odds: tuple[float, ...]


class Taken:
    """Flat names in order, to be asked which of them a range touches."""

    def __init__(self, names: list[FoundEntity]) -> None:
        self._names = names
        self._starts = [name.start for name in names]

    def overlapping(self, start: int, end: int) -> list[FoundEntity]:
        """The names that share a code point with `[start, end)`."""
        at = max(bisect_right(self._starts, start) - 1, 0)
        found = []
        while at < len(self._names) and self._names[at].start < end:
            if self._names[at].end > start:
                found.append(self._names[at])
            at += 1
        return found


def exchange(names: list[FoundEntity], dropped: set[FoundEntity], added: list[FoundEntity]) -> list[FoundEntity]:
    """The names in order, without those that are dropped and with those that are added."""
    if not dropped and not added:
        return names
    return sorted([*(name for name in names if name not in dropped), *added], key=lambda name: name.start)
