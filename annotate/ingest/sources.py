"""The kinds of sources that articles come from, each read row by row. What a row must hold is not decided here."""

from __future__ import annotations

import csv
import gzip
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

from annotate.errors import AnnotateError, RecordError
from annotate.extras import require
from annotate.jsonl import MAX_LINE, decode_json, decode_object, number_lines
from annotate.printing import shorten
from annotate.problems import BOM, cannot_read, find_encoding_problem

if TYPE_CHECKING:
    import pyarrow

#: A raw article and its place (`file:line`), or a place and what is wrong there.
Row: TypeAlias = tuple[str, "dict[str, Any] | str"]

#: The largest file that is read whole (`.txt`, `.json`), in bytes.
MAX_FILE = 1 << 30
#: The fields of an article that a column must hold as they are; what else a table has goes to `meta`.
_FIELDS = ("id", "text", "title", "date", "publisher", "url", "meta")
_DATE_HEADER = re.compile(r"date (\d{4}-\d{2}-\d{2})(?:\s+|$)")
#: How a source on the Hugging Face Hub is written.
HUB_FORM = "hf:NAME[:CONFIG]/SPLIT, such as hf:cnn_dailymail:3.0.0/test"
_BATCH_ROWS = 64
#: What fsspec itself needs to read from where the extra `s3` reaches.
_FSSPEC_NEEDS = {"s3": ["s3fs"], "s3a": ["s3fs"], "http": ["aiohttp"], "https": ["aiohttp"]}


def read_rows(source: str) -> Iterator[Row]:
    """The rows of one source, whatever its kind (see `annotate.ingest.articles.read_articles`), one by one.

    What stops a reader becomes one more problem, so that the other sources are still checked.

    Raises:
        RecordError: a line of standard input that is too long; it may never end.

    >>> list(read_rows("nowhere.jsonl"))
    [('nowhere.jsonl', 'no such file or folder')]
    """
    expected: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error)
    try:
        read = _find_reader(source)
        if "://" in source or read in (_read_hub, _read_saved_dataset):
            expected = (Exception,)  # fsspec and datasets have a family of errors for each of their back ends
        yield from read(source)
    except RecordError as error:  # a line that is too long
        if source == "-":
            raise
        place, _, sentence = error.problems[0].removeprefix(source).partition(": ")
        yield source + place, sentence
    except AnnotateError:
        raise
    except expected as error:
        if isinstance(error, FileNotFoundError) and "://" not in source:
            yield source, "no such file or folder"
        else:  # fsspec reports every failed connection as a missing file; the cause is the real error
            yield source, cannot_read("", error.__cause__ or error).removeprefix(": ")


def find_skipped(source: str) -> list[str]:
    """The names in a folder of text files that are no articles, sorted; hidden ones are not counted.

    >>> find_skipped("nowhere.jsonl")
    []
    """
    path = Path(source)
    if not source or not path.is_dir() or _find_reader(source) is not _read_text_folder:
        return []
    names = set(_text_names(path))
    return sorted(one.name for one in path.iterdir() if one.name not in names and not one.name.startswith("."))


def normalize_text(text: str) -> str:
    """The text without a BOM, with LF line ends, without white space at the edges; nothing else changes.

    >>> normalize_text("\\ufeff One.\\r\\n\\r\\nTwo.\\r\\n")
    'One.\\n\\nTwo.'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    while text.startswith("\ufeff"):
        text = text.lstrip("\ufeff").strip()
    return text


class HubAddress(NamedTuple):
    """A split of a dataset on the Hugging Face Hub; without a config it is the dataset's default one."""

    name: str
    config: str | None
    split: str


def parse_hub_address(source: str) -> HubAddress | None:
    """What `hf:NAME[:CONFIG]/SPLIT` names; None where a part is missing.

    >>> parse_hub_address("hf:user/news:2.0/test")
    HubAddress(name='user/news', config='2.0', split='test')
    >>> parse_hub_address("hf:news") is None
    True
    """
    location, _, split = source.removeprefix("hf:").rpartition("/")
    name, _, config = location.partition(":")
    return HubAddress(name, config or None, split) if name and split else None


def _find_reader(source: str) -> Callable[[str], Iterator[Row]]:
    if not source:
        return lambda name: iter([("''", f"an empty name; expected {_EXPECTED}")])
    if source == "-":
        return lambda _: _read_jsonl("standard input", sys.stdin.buffer)
    if source.startswith("hf:"):
        return _read_hub
    path = Path(source)
    if "://" not in source and path.is_dir():
        if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
            return _read_saved_dataset
        if not any(_text_names(path)) and any(path.glob("data/*.parquet")):
            return _read_parquet_folder
        return _read_text_folder
    read = _READERS.get(Path(source.partition("?")[0].removesuffix(".gz")).suffix.lower())
    if read is not None:
        return lambda name: _with_file(name, read)
    if "://" not in source:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return lambda name: iter([(name, _NO_FILE)])
    return lambda name: iter([(name, f"unknown kind of source; expected {_EXPECTED}")])


def _with_file(source: str, read: Callable[[str, IO[bytes]], Iterator[Row]]) -> Iterator[Row]:
    if "://" in source:
        scheme = source.partition("://")[0]
        require("s3", f"reading {scheme}:// sources", "fsspec", *_FSSPEC_NEEDS.get(scheme, ()))
        import fsspec

        with fsspec.open(source, "rb") as file:
            yield from _unpacked(source, file, read)
    elif not stat.S_ISREG(Path(source).stat().st_mode):
        yield source, _NO_FILE
    else:
        with Path(source).open("rb") as file:
            yield from _unpacked(source, file, read)


def _unpacked(source: str, file: IO[bytes], read: Callable[[str, IO[bytes]], Iterator[Row]]) -> Iterator[Row]:
    if not source.partition("?")[0].endswith(".gz"):
        yield from read(source, file)
        return
    with gzip.GzipFile(fileobj=file) as unpacked:
        yield from read(source, unpacked)  # type: ignore[arg-type]


def _read_whole(file: IO[bytes]) -> bytes:
    """The file's bytes.

    Raises:
        ValueError: it is larger than `MAX_FILE`.
    """
    data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise ValueError(f"larger than {MAX_FILE >> 30} GiB; use JSON Lines, one article per line")
    return data


def _text_names(path: Path) -> Iterator[str]:
    return (one.name for one in path.iterdir() if one.name.lower().endswith(".txt") and not one.name.startswith("."))


def _read_text_folder(source: str) -> Iterator[Row]:
    names = sorted(_text_names(Path(source)))
    if not names:
        found = ", ".join(find_skipped(source)[:5])
        yield source, f"a folder without .txt files (subfolders are not searched); it has {found or 'nothing'}"
    for name in names:
        yield from read_rows(str(Path(source) / name))


def _read_text(source: str, file: IO[bytes]) -> Iterator[Row]:
    data = _read_whole(file)
    if problem := find_encoding_problem(data):
        yield _line_of(source, data), problem
        return
    text = normalize_text(data.decode("utf-8"))
    header = _DATE_HEADER.match(text)
    date = header.group(1) if header else None
    yield source, {"id": Path(source).stem, "text": text[header.end() :] if header else text, "date": date}


def _line_of(source: str, data: bytes) -> str:
    """The place of the first byte that is not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        return f"{source}:{before.count(10) + 1}"
    return source


def _read_jsonl(source: str, file: IO[bytes]) -> Iterator[Row]:
    """The objects of an open JSON Lines file."""
    for number, line in number_lines(file, name=source):
        place = f"{source}:{number}"
        try:
            yield place, decode_object(line)
        except ValueError as error:
            yield place, str(error)


def _read_json(source: str, file: IO[bytes]) -> Iterator[Row]:
    data = _read_whole(file)
    try:
        content = decode_json(data)
    except ValueError as error:
        yield _line_of(source, data), _explain_json_file(data, str(error))
        return
    for number, row in enumerate(content if isinstance(content, list) else [content], 1):
        wrong = f"expected an object with id and text, found {shorten(repr(row))}"
        yield f"{source}: article {number}", row if isinstance(row, dict) else wrong


def _explain_json_file(data: bytes, problem: str) -> str:
    try:
        decode_object(data.lstrip().partition(b"\n")[0])
    except ValueError:
        return problem.replace("not a JSON object on one line", "not JSON")
    return "JSON Lines, one object a line; name the file .jsonl"


def _read_csv(source: str, file: IO[bytes]) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)  # an article may be longer than the 128 KiB that the module allows a cell
    head = file.readline(MAX_LINE)
    if problem := _find_header_problem(head):
        yield source, problem
        return
    broken: list[int] = []

    def lines() -> Iterator[str]:
        yield head.decode("utf-8-sig")
        for number, line in enumerate(file, 2):
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                broken.append(number)
                yield line.decode("utf-8", "replace")

    reader = csv.DictReader(lines(), strict=True)
    start = 1
    try:
        if problem := _find_column_problem(reader.fieldnames or ()):
            yield source, problem
            return
        for row in reader:
            start, place = reader.line_num + 1, f"{source}:{start + (start == 1)}"
            if broken:
                yield place, f"not UTF-8 in line {broken[0]}; convert the file to UTF-8"
                broken.clear()
            elif None in row:
                yield place, f"{len(row[None])} more cells than the header has columns"
            else:
                yield place, {key: value for key, value in row.items() if value is not None}
    except csv.Error as error:
        yield f"{source}:{start}", f"not CSV ({error})"


def _find_header_problem(head: bytes) -> str | None:
    """Why the first line of a file cannot be the header of a CSV file that we read."""
    if problem := find_encoding_problem(head):
        return problem
    line = head.removeprefix(BOM).rstrip(b"\r\n")
    if b"\r" in line and b'"' not in line.partition(b"\r")[0]:
        return "lines end with a carriage return alone; save the file with LF or CRLF line ends"
    if b"," not in line:
        for mark, name in ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars")):
            if mark in line:
                return f"columns are separated by {name}; save the file with commas"
    return None


def _find_column_problem(names: Iterable[str]) -> str | None:
    """Why articles cannot be read from a table with these columns."""
    known = list(names)
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        return f"the column {', '.join(map(repr, twice))} appears twice; rename one"
    return None


def _read_parquet(source: str, file: IO[bytes]) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        table = pyarrow.parquet.ParquetFile(file)
        names = table.schema_arrow.names
        if problem := _find_column_problem(names):
            yield source, problem
            return
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            columns = [_to_values(name, column, number) for name, column in zip(names, batch.columns, strict=True)]
            for index in range(batch.num_rows):
                number += 1
                row = {name: column[index] for name, column in zip(names, columns, strict=True)}
                wrong = next((value for value in row.values() if isinstance(value, _Unreadable)), None)
                yield f"{source}: row {number}", str(wrong) if wrong else row
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        yield source, f"not Parquet ({error})"


class _Unreadable(str):
    """What is wrong with a cell that Python has no value for."""


def _to_values(name: str, column: pyarrow.Array, number: int) -> list[Any]:
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
        return [_to_value(name, cell) for cell in column]
    return values


def _to_value(name: str, cell: Any) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _Unreadable(f"column {name}: text that is not UTF-8")
    except Exception as error:
        stored = getattr(cell, "value", None)
        if isinstance(stored, int) and name not in _FIELDS:
            return stored
        return _Unreadable(f"column {name}: a value that cannot be read ({error})")


def _read_parquet_folder(source: str) -> Iterator[Row]:
    for path in sorted(Path(source).glob("data/*.parquet")):
        yield from read_rows(str(path))


def _read_saved_dataset(source: str) -> Iterator[Row]:
    require("formats", "reading a dataset on disk", "datasets")
    import datasets

    try:
        saved = datasets.load_from_disk(source)
    except Exception as error:  # of datasets, pyarrow and json, by what is broken
        yield source, f"not a saved dataset ({error})"
        return
    splits = saved.items() if isinstance(saved, dict) else [("", saved)]
    for split, rows in splits:
        for number, row in enumerate(rows, 1):
            yield f"{source}: {split + ' ' if split else ''}row {number}", row


def _read_hub(source: str) -> Iterator[Row]:
    address = parse_hub_address(source)
    if address is None:
        yield source, f"expected {HUB_FORM}"
        return
    require("formats", "reading hf: sources", "datasets")
    import datasets

    try:
        rows = datasets.load_dataset(address.name, address.config, split=address.split, streaming=True)
    except Exception as error:  # of datasets, the Hub's client and fsspec, by what is broken
        yield source, f"cannot be loaded: {str(error).partition(chr(10))[0]}"
        return
    for number, row in enumerate(rows, 1):
        yield f"{source}: row {number}", row


_READERS: dict[str, Callable[[str, IO[bytes]], Iterator[Row]]] = {
    ".txt": _read_text,
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
_EXPECTED = f"a folder, a file ending in {', '.join(_READERS)} (or .jsonl.gz and the like), hf:NAME/SPLIT or -"
_NO_FILE = "a pipe or device, which may never end; give a file, or - for JSON Lines on standard input"
