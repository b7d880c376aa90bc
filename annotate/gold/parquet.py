"""Parquet tables of a release: written the same way every time, read in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.errors import GoldError
from annotate.gold.rows import from_row
from annotate.records import GoldRecord

ROWS_PER_GROUP = 1_000
ROWS_PER_FILE = 100_000
# as Python objects, rows take twenty times the memory that they take in Arrow
_ROWS_PER_BATCH = 100

# a damaged file may also hold strings that are not UTF-8 and numbers that are none, which Python finds
_UNREADABLE = (OSError, ValueError, OverflowError, pa.ArrowException)


def table_names(folder: str, split: str, rows: int) -> list[str]:
    """The files that hold a split, relative to the release.

    >>> table_names("data", "dev", 250_000)[0], table_names("data", "dev", 7)
    ('data/dev-00000-of-00003.parquet', ['data/dev-00000-of-00001.parquet'])
    """
    count = max(1, -(-rows // ROWS_PER_FILE))
    return [f"{folder}/{split}-{number:05d}-of-{count:05d}.parquet" for number in range(count)]


class TableWriter:
    """One Parquet file, written row by row; the same rows give the same bytes.

    Every writer setting that could change with a version's defaults is fixed here; the version of Parquet's library
    is written into the file, so equal bytes need an equal pyarrow. Memory holds one row group.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(
            path,
            schema,
            version="2.6",
            compression="zstd",
            compression_level=3,
            use_dictionary=True,
            write_statistics=True,
            data_page_version="1.0",
            data_page_size=1 << 20,
            write_page_index=False,
            store_schema=True,
        )

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._end_group()
        self._writer.close()

    def add(self, row: dict[str, Any]) -> None:
        """Write one row."""
        self._rows.append(row)
        if len(self._rows) == _ROWS_PER_BATCH:
            self._end_batch()
            if len(self._batches) == ROWS_PER_GROUP // _ROWS_PER_BATCH:
                self._end_group()

    def _end_batch(self) -> None:
        if self._rows:
            self._batches.append(pa.RecordBatch.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()

    def _end_group(self) -> None:
        self._end_batch()
        if self._batches:
            table = pa.Table.from_batches(self._batches, self._schema).combine_chunks()
            self._writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            self._batches.clear()


def iter_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of one file, or only some of its columns, a few hundred in memory at a time.

    Raises:
        GoldError: the file cannot be read as Parquet.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=256, columns=names, use_threads=False):
                yield from batch.to_pylist()
    except _UNREADABLE as error:
        raise GoldError([f"{path}: cannot be read as Parquet ({error})"]) from error


def read_schema(path: Path) -> pa.Schema:
    """The columns of one file, with the features of `datasets` in their metadata.

    Raises:
        GoldError: the file cannot be read as Parquet.
    """
    try:
        return pq.read_schema(path)
    except _UNREADABLE as error:
        raise GoldError([f"{path}: cannot be read as Parquet ({error})"]) from error


def iter_gold(path: Path) -> Iterator[GoldRecord]:
    """The records of one file of the default config.

    Raises:
        GoldError: the file cannot be read, or a row is no gold record.
    """
    for number, row in enumerate(iter_rows(path)):
        try:
            yield from_row(row)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise GoldError([f"{path}: row {number}: {row.get('id')}: {error}"]) from error
