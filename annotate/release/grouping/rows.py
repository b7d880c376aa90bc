"""Rows of 32-bit numbers of different lengths, one behind the other in a temporary file."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Sequence
from typing import IO, Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

Row: TypeAlias = npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.int64]

#: Bytes of a temporary file that are kept in memory; what is more goes to disk.
_IN_MEMORY = 1 << 22


class TemporarySpace:
    """A nameless temporary file, closed when nothing refers to it any more; what is small stays in memory.

    >>> space = TemporarySpace()
    >>> space.write(b"abc"), space.write(b"de"), space.read(1, 3)
    (0, 3, b'bcd')
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with this
        self._size = 0
        weakref.finalize(self, self._file.close)

    def write(self, data: bytes) -> int:
        """Add bytes at the end; where they begin."""
        start = self._size
        self._file.seek(start)
        self._size += self._file.write(data)
        return start

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from a place on."""
        self._file.seek(start)
        return self._file.read(size)


class Rows(Sequence[Row]):
    """Rows that are read and added to, each by its number. Memory holds eight bytes a row.

    >>> rows = Rows()
    >>> for row in ([1, 2], [], [3]):
    ...     rows.append(np.array(row, np.uint32))
    >>> rows[0].tolist(), len(rows), rows.take([2, 0])[1].tolist()
    ([1, 2], 3, [1, 2])
    """

    def __init__(self) -> None:
        self._space = TemporarySpace()
        self._ends = array("Q", [0])  # in the file, in bytes
        self._numbers: Places | None = None  # which of the rows in the file these are; None = all

    def append(self, row: Row) -> None:
        """Add a row at the end; not to what `take` returned."""
        if self._numbers is not None:
            raise ValueError("rows that were taken from others cannot be added to")
        self._space.write(row.tobytes())
        self._ends.append(self._ends[-1] + row.nbytes)

    def __len__(self) -> int:
        return len(self._ends) - 1 if self._numbers is None else len(self._numbers)

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
        if self._numbers is not None:
            number = int(self._numbers[number])
        start, end = self._ends[number], self._ends[number + 1]
        return np.frombuffer(self._space.read(start, end - start), np.uint32)

    def take(self, numbers: Iterable[int]) -> Rows:
        """The rows with these numbers, in this order; they stay where they are."""
        taken = Rows.__new__(Rows)
        taken._space, taken._ends = self._space, self._ends
        chosen = np.fromiter(numbers, np.int64)
        taken._numbers = chosen if self._numbers is None else self._numbers[chosen]
        return taken


def spread(starts: Places, ends: Places) -> Places:
    """All numbers from each start up to its end, one range behind the other.

    >>> spread(np.array([5, 0]), np.array([7, 1])).tolist()
    [5, 6, 0]
    """
    counts = ends - starts
    found: Places = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return found
