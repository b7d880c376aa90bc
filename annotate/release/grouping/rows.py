"""Rows of 32-bit numbers, of different lengths, in a temporary file; and for each number, which rows have it."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

Row: TypeAlias = npt.NDArray[np.uint32]
Places: TypeAlias = npt.NDArray[np.int64]
Order: TypeAlias = npt.NDArray[np.int32] | Places

#: Bytes of a temporary file that are kept in memory; what is more goes to disk.
_IN_MEMORY = 1 << 22
#: Rows that are turned round at once, and rows whose numbers are in memory while they are sorted.
_BLOCK, _PART = 1_000, 20_000


class TemporarySpace:
    """A nameless temporary file, closed when nothing refers to it any more; what is small stays in memory.

    Args:
        in_memory: so many bytes at most stay in memory.

    >>> space = TemporarySpace()
    >>> space.write(b"abc"), space.write(b"de"), space.read(1, 3)
    (0, 3, b'bcd')
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115 - closed with this
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

    def __len__(self) -> int:
        return self._size


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
        self._numbers: Order | None = None  # which of the rows in the file these are; None = all

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

    def take(self, numbers: Sequence[int] | Order) -> Rows:
        """The rows with these numbers, in this order; they stay where they are."""
        taken = Rows.__new__(Rows)
        taken._space, taken._ends = self._space, self._ends
        chosen: Order = np.asarray(numbers if isinstance(numbers, np.ndarray) else [*numbers], np.int32)
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


def find_shared(known: Row, row: Row) -> tuple[Places, Places]:
    """The places of the numbers that two ascending rows share: in the first, and in the second.

    >>> [found.tolist() for found in find_shared(np.array([2, 5, 7]), np.array([1, 5, 7, 9]))]
    [[1, 2], [1, 2]]
    """
    at = np.searchsorted(known, row)
    at = at[at < len(known)]
    here = np.flatnonzero(known[at] == row[: len(at)])
    return at[here], here


class Holders(NamedTuple):
    """Some of the numbers in rows, ascending; how many rows have each; the places of these rows, number by number."""

    numbers: Row
    counts: Places
    places: npt.NDArray[np.int32]


def find_holders(rows: Sequence[Row], chosen: Order) -> Iterator[Holders]:
    """Which of the chosen rows have each number; all numbers, in several parts of about `_PART` rows' numbers each.

    Memory holds one part, the others are in temporary files. The numbers are taken as evenly spread, as hashes are,
    and each is once in a row.

    >>> rows = [np.array(row, np.uint32) for row in ([1, 3], [], [3])]
    >>> [[part.tolist() for part in found] for found in find_holders(rows, np.array([2, 0]))]
    [[[1, 3], [1, 2], [1, 0, 1]]]
    """
    count = 1 + len(chosen) // _PART
    parts = [TemporarySpace(_IN_MEMORY // count) for _ in range(count)]
    for first in range(0, len(chosen), _BLOCK):
        block = [rows[number] for number in chosen[first : first + _BLOCK].tolist()]
        places = np.repeat(np.arange(first, first + len(block), dtype=np.uint64), [len(row) for row in block])
        keys = np.concatenate(block).astype(np.uint64) << np.uint64(32) | places
        part_of = (keys >> np.uint64(32)) * np.uint64(len(parts)) >> np.uint64(32)
        for number, part in enumerate(parts):
            part.write(keys[part_of == number].tobytes())
    for part in parts:
        keys = np.sort(np.frombuffer(part.read(0, len(part)), np.uint64))
        numbers, counts = np.unique((keys >> np.uint64(32)).astype(np.uint32), return_counts=True)
        yield Holders(numbers, counts, keys.astype(np.uint32).astype(np.int32))
