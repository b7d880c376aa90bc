"""Tables, row by row: CSV with any usual mark between columns, and Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from annotate.jsonl import MAX_LINE, iter_raw
from annotate.printing import format_count
from annotate.problems import find_encoding_problem

if TYPE_CHECKING:
    import pyarrow

#: A raw article and where it stands (`file:line`), or a place and what is wrong there.
Row: TypeAlias = tuple[str, "dict[str, Any] | str"]

_DELIMITERS = (",", ";", "\t", "|")
_QUOTED = re.compile(r'"[^"]*"')
_BATCH_ROWS = 64


# ---------------------------------------------------------------------------------------------------------------- CSV


def read_csv(source: str, file: IO[bytes], *, usual: str, names: Collection[str]) -> Iterator[Row]:
    """The rows of an open CSV file in UTF-8, with its column names.

    Args:
        usual: what is between columns, where the header does not tell.
        names: columns that a header should have, which helps to find what is between them.
    """
    csv.field_size_limit(MAX_LINE)  # longer than the 128 KiB that the module allows, shorter than memory
    lines = _Lines(source, file)
    header = lines.read()
    while header.isspace():
        header = lines.read()
    if b"\r" in header.rstrip(b"\r\n") and b'"' not in header.partition(b"\r")[0]:
        yield source, "lines end with a carriage return alone; save the file with LF or CRLF line ends"
        return
    if problem := find_encoding_problem(header):
        yield source, problem
        return
    first = header.decode("utf-8-sig")
    if declared := re.fullmatch(r'"?sep=(.)"?\s*', first):  # Excel's own way to tell
        delimiter = declared[1]
    else:
        delimiter = _find_delimiter(first, usual=usual, names=names)
        lines.push(first)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start, broken = lines.number, 0
    try:
        columns = [name.strip() or f"column {number}" for number, name in enumerate(next(reader, ()), 1)]
        if problem := find_twice(columns):
            yield source, problem
            return
        start = lines.number + 1
        for cells in reader:
            place, start = f"{source}:{start}", lines.number + 1
            if lines.broken > broken:
                broken = lines.broken
            elif len(cells) == len(columns):
                if any(cells):
                    yield place, dict(zip(columns, cells, strict=True))
            elif cells:
                yield place, _explain_width(len(cells), len(columns), delimiter)
    except csv.Error as error:
        yield f"{source}:{start}", _explain_csv(str(error))
    if lines.broken:
        yield f"{source}:{lines.first_broken}", count_lines(lines.problem or "", lines.broken)


class _Lines:
    """The lines of a CSV file as text, for `csv.reader`.

    Attributes:
        number: of the line that was read last, from 1.
        broken: how many were not UTF-8.
        first_broken, problem: the number of the first of them, and what is wrong with it.
    """

    def __init__(self, source: str, file: IO[bytes]) -> None:
        self._lines = (line for _, line in iter_raw(file, name=source))
        self._pushed: list[str] = []
        self.number = self.broken = self.first_broken = 0
        self.problem: str | None = None

    def read(self) -> bytes:
        """The next line; empty at the end."""
        line = next(self._lines, b"")
        self.number += bool(line)
        return line

    def push(self, line: str) -> None:
        """Let the line be read again."""
        self._pushed.append(line)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._pushed:
            return self._pushed.pop()
        line = self.read()
        if not line:
            raise StopIteration
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            if not self.broken:
                self.first_broken, self.problem = self.number, find_encoding_problem(line)
            self.broken += 1
            return line.decode("utf-8", "replace")


def _find_delimiter(header: str, *, usual: str, names: Collection[str]) -> str:
    """What is between the columns: that which gives the wanted names, else that which gives the most columns.

    >>> _find_delimiter("id;a,b,c;text", usual=",", names=("id", "text"))
    ';'
    """

    def rate(delimiter: str) -> tuple[int, int, bool]:
        try:
            cells = [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), ())]
        except csv.Error:  # reading the table says why
            cells = []
        width = _QUOTED.sub("", header).count(delimiter)
        return len(set(names).intersection(cells)) if width else 0, width, delimiter == usual

    return max(_DELIMITERS, key=rate)


def _explain_width(cells: int, columns: int, delimiter: str) -> str:
    mark = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(delimiter, repr(delimiter))
    if cells > columns:
        return (
            f"{format_count(cells - columns, 'more cell')} than the header has columns ({columns}); "
            f"put a cell that holds a {mark} in quotation marks"
        )
    return (
        f"{format_count(cells, 'cell')}, the header has {columns}; put a cell that holds a line break in quotation "
        "marks, and write empty cells too"
    )


def _explain_csv(error: str) -> str:
    if "unexpected end of data" in error or "field larger" in error:
        return "not CSV: a quotation mark opens a cell here and nothing closes it; double the marks inside cells"
    if "expected after" in error:
        return f"not CSV ({error}); put the whole cell in quotation marks and double the marks inside it"
    return f"not CSV ({error})"


def count_lines(problem: str, count: int) -> str:
    """The problem of the first of so many lines that have the same one.

    >>> count_lines("not UTF-8 at byte 3", 12)
    'not UTF-8 at byte 3; the same in 11 more lines'
    """
    return problem + (f"; the same in {format_count(count - 1, 'more line')}" if count > 1 else "")


def find_twice(names: Iterable[str]) -> str | None:
    """Why articles cannot be read from a table with these columns: a name that several have."""
    known = list(names)
    twice = sorted({name for name in known if known.count(name) > 1})
    return f"the column {', '.join(map(repr, twice))} appears twice; rename one" if twice else None


# ------------------------------------------------------------------------------------------------------------ Parquet


def read_parquet(source: str, file: IO[bytes], *, names: Collection[str]) -> Iterator[Row]:
    """The rows of an open Parquet file.

    Args:
        names: the columns that an article's fields are taken from; what else cannot be read is no problem.
    """
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        table = pyarrow.parquet.ParquetFile(file)
        found = table.schema_arrow.names
        if problem := find_twice(found):
            yield source, problem
            return
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            columns = [_to_values(name, column, names) for name, column in zip(found, batch.columns, strict=True)]
            for index in range(batch.num_rows):
                number += 1
                row = {name: column[index] for name, column in zip(found, columns, strict=True)}
                wrong = next((value for value in row.values() if isinstance(value, _Unreadable)), None)
                yield f"{source}: row {number}", str(wrong) if wrong else row
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        yield source, f"not Parquet ({error})"


class _Unreadable(str):
    """What is wrong with a cell that Python has no value for."""


def _to_values(name: str, column: pyarrow.Array, names: Collection[str]) -> list[Any]:
    """The cells as Python values, times to the microsecond.

    Of times that Python cannot hold (a year beyond 9999, an unknown zone), a column for `meta` gets the number that
    the file stores; elsewhere they are a problem.
    """
    import pyarrow

    kind = column.type
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", kind.tz), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except Exception:  # of Python, pytz and pyarrow, by the type of the column
        return [_to_value(name, cell, names) for cell in column]
    return values


def _to_value(name: str, cell: Any, names: Collection[str]) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _Unreadable(f"column {name}: text that is not UTF-8")
    except Exception as error:
        stored = getattr(cell, "value", None)
        if isinstance(stored, int) and name not in names:
            return stored
        return _Unreadable(f"column {name}: a value that cannot be read ({error})")
