"""Rows of 32-bit numbers of different lengths, one behind the other: four bytes a number instead of an object a row."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

Row: TypeAlias = npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.int64]


class Rows(Sequence[Row]):
    """Rows that are read and added to, each by its number.

    >>> rows = Rows()
    >>> for row in ([1, 2], [], [3]):
    ...     rows.append(np.array(row, np.uint32))
    >>> rows[0].tolist(), len(rows), rows.take([2, 0])[1].tolist()
    ([1, 2], 3, [1, 2])
    """

    def __init__(self) -> None:
        self._values = array("I")
        self._ends = array("Q", [0])

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        self._values.frombytes(row.tobytes())
        self._ends.append(len(self._values))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Row]: ...
    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return self.take(range(*number.indices(len(self))))
        if not -len(self) <= number < len(self):
            raise IndexError(f"no row {number} of {len(self)}")
        number %= len(self)
        return np.array(self._values[self._ends[number] : self._ends[number + 1]], np.uint32)

    def take(self, numbers: Iterable[int]) -> Rows:
        """The rows with these numbers, in this order."""
        taken = Rows()
        for number in numbers:
            taken.append(self[number])
        return taken


def spread(starts: Places, ends: Places) -> Places:
    """All numbers from each start up to its end, one range behind the other.

    >>> spread(np.array([5, 0]), np.array([7, 1])).tolist()
    [5, 6, 0]
    """
    counts = ends - starts
    found: Places = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return found
