"""Records sorted by id without holding them in memory: on disk, with an index of ids and places."""

from __future__ import annotations

import bisect
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType

import msgspec

from annotate.records import GoldRecord


class Spool:
    """A nameless temporary file of records; `add` them in any order, then read any of them by number.

    Per record, memory holds its id and eight bytes. Records are numbered as they were added, by their ids after `sort`.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._places = array("Q", [0])
        self._order: list[int] | None = None
        self._known: set[str] = set()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(GoldRecord)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, record: GoldRecord) -> bool:
        """Keep the record; False, and nothing kept, if there is one with its id."""
        if record.id in self._known:
            return False
        self._known.add(record.id)
        data = self._encoder.encode(record)
        self._file.write(data)
        self.ids.append(record.id)
        self._places.append(self._places[-1] + len(data))
        return True

    def sort(self) -> list[int]:
        """Number the records by id, from 0; after this nothing can be added.

        Returns:
            For each new number, the place at which the record was added.
        """
        self._known.clear()
        self._order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        self.ids = [self.ids[place] for place in self._order]
        return self._order

    def __iter__(self) -> Iterator[GoldRecord]:
        """The records one by one, by number."""
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> GoldRecord:
        place = number if self._order is None else self._order[number]
        self._file.seek(self._places[place])
        return self._decoder.decode(self._file.read(self._places[place + 1] - self._places[place]))

    def find(self, id: str) -> int | None:
        """The number of the record with this id, once sorted; None if there is none."""
        number = bisect.bisect_left(self.ids, id)
        return number if number < len(self.ids) and self.ids[number] == id else None
