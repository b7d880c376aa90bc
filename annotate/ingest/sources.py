"""The kinds of sources that articles come from, each read row by row. What a row must hold is not decided here."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import msgspec

from annotate.extras import require

#: A raw article and where it stands (`file:line`), or a place and what is wrong there.
Row: TypeAlias = tuple[str, "dict[str, Any] | str"]

_DATE_HEADER = re.compile(r"date (\d{4}-\d{2}-\d{2})(?:\s+|$)")
_BATCH_ROWS = 64
#: What fsspec itself needs to read from where the extra `s3` reaches.
_FSSPEC_NEEDS = {"s3": ["s3fs"], "s3a": ["s3fs"], "http": ["aiohttp"], "https": ["aiohttp"]}


def read_rows(source: str) -> Iterator[Row]:
    """The rows of one source, whatever its kind (see `annotate.ingest.articles.read_articles`), one by one.

    >>> list(read_rows("nowhere.jsonl"))
    [('nowhere.jsonl', 'no such file or folder')]
    """
    return _guard(source, _find_reader(source))


def normalize_text(text: str) -> str:
    """The text without a BOM, with LF line ends, without white space at the edges; nothing else changes.

    >>> normalize_text("\\ufeff One.\\r\\n\\r\\nTwo.\\r\\n")
    'One.\\n\\nTwo.'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    while text.startswith("\ufeff"):
        text = text.lstrip("\ufeff").strip()
    return text


def _find_reader(source: str) -> Callable[[str], Iterator[Row]]:
    if source == "-":
        return lambda _: _read_jsonl("standard input", sys.stdin.buffer)
    if source.startswith("hf:"):
        return _read_hub
    path = Path(source)
    if "://" not in source and path.is_dir():
        if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
            return _read_saved_dataset
        if not any(path.glob("*.txt")) and any(path.glob("data/*.parquet")):
            return _read_parquet_folder
        return _read_text_folder
    readers: dict[str, Callable[[str], Iterator[Row]]] = {
        ".txt": lambda name: _with_file(name, _read_text),
        ".jsonl": lambda name: _with_file(name, _read_jsonl),
        ".json": lambda name: _with_file(name, _read_json),
        ".csv": lambda name: _with_file(name, _read_csv),
        ".parquet": lambda name: _with_file(name, _read_parquet),
    }
    suffix = Path(source.partition("?")[0]).suffix.lower()
    if suffix not in readers:
        return lambda name: iter(
            [(name, f"unknown kind of source; expected a folder, {', '.join(readers)}, hf:NAME/SPLIT or -")]
            if "://" in name or Path(name).exists()
            else [(name, "no such file or folder")]
        )
    return readers[suffix]


def _guard(source: str, reader: Callable[[str], Iterator[Row]]) -> Iterator[Row]:
    """The reader's rows; what stops it becomes one more problem, so that the other sources are still checked."""
    try:
        yield from reader(source)
    except FileNotFoundError:
        yield source, "no such file or folder"
    except OSError as error:
        yield source, f"cannot be read ({error.strerror or error})"


def _with_file(source: str, read: Callable[[str, IO[bytes]], Iterator[Row]]) -> Iterator[Row]:
    if "://" in source:
        scheme = source.partition("://")[0]
        require("s3", f"reading {scheme}:// sources", "fsspec", *_FSSPEC_NEEDS.get(scheme, ()))
        import fsspec

        try:
            opener = fsspec.open(source, "rb")
        except (ImportError, ValueError) as error:  # the file system's own package is missing; no such scheme
            yield source, f"cannot be read ({error})"
            return
        with opener as file:
            yield from read(source, file)
    else:
        with Path(source).open("rb") as file:
            yield from read(source, file)


def _read_text_folder(source: str) -> Iterator[Row]:
    names = sorted(path.name for path in Path(source).glob("*.txt") if not path.name.startswith("."))
    if not names:
        yield source, "a folder without .txt files (subfolders are not searched)"
    for name in names:
        path = str(Path(source) / name)
        yield from _guard(path, lambda path: _with_file(path, _read_text))


def _read_text(source: str, file: IO[bytes]) -> Iterator[Row]:
    data = file.read()
    try:
        text = normalize_text(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield f"{source}:{line}", f"not UTF-8 at byte {error.start}; convert the file first"
        return
    header = _DATE_HEADER.match(text)
    date = header.group(1) if header else None
    yield source, {"id": Path(source).stem, "text": text[header.end() :] if header else text, "date": date}


def _read_jsonl(source: str, file: Iterable[bytes]) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield f"{source}:{number}", _decode_object(line)


def _decode_object(data: bytes) -> dict[str, Any] | str:
    try:
        data.decode("utf-8")
        row = msgspec.json.decode(data)
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start} of the line; convert the file first"
    except (msgspec.MsgspecError, RecursionError) as error:
        return f"not a JSON object on one line ({error})"
    return row if isinstance(row, dict) else f"a JSON {type(row).__name__}; expected an object with id and text"


def _read_json(source: str, file: IO[bytes]) -> Iterator[Row]:
    data = file.read().removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
        content = msgspec.json.decode(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield f"{source}:{line}", f"not UTF-8 at byte {error.start}; convert the file first"
        return
    except (msgspec.MsgspecError, RecursionError) as error:
        yield source, f"not JSON ({error})"
        return
    for number, row in enumerate(content if isinstance(content, list) else [content], 1):
        wrong = f"a JSON {type(row).__name__}; expected an object with id and text"
        yield f"{source}: article {number}", row if isinstance(row, dict) else wrong


def _read_csv(source: str, file: IO[bytes]) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)  # an article may be longer than the 128 KiB that the module allows a cell
    broken: list[int] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                broken.append(number)
                yield line.decode("utf-8", "replace")

    reader = csv.DictReader(lines(), strict=True)
    start = 1
    try:
        for row in reader:
            start, place = reader.line_num + 1, f"{source}:{start + (start == 1)}"
            if broken:
                yield place, f"not UTF-8 in line {broken[0]}; convert the file first"
                broken.clear()
            elif None in row:
                yield place, f"{len(row[None])} more cells than the header has columns"
            else:
                yield place, {key: value for key, value in row.items() if value is not None}
    except csv.Error as error:
        yield f"{source}:{start}", f"not CSV ({error})"


def _read_parquet(source: str, file: IO[bytes]) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=_BATCH_ROWS):
            for index in range(batch.num_rows):
                number += 1
                try:
                    yield f"{source}: row {number}", batch.slice(index, 1).to_pylist()[0]
                except UnicodeDecodeError:
                    yield f"{source}: row {number}", "a column of text that is not UTF-8"
    except pyarrow.ArrowException as error:
        yield source, f"not Parquet ({error})"


def _read_parquet_folder(source: str) -> Iterator[Row]:
    for path in sorted(Path(source).glob("data/*.parquet")):
        yield from _with_file(str(path), _read_parquet)


def _read_saved_dataset(source: str) -> Iterator[Row]:
    require("formats", "reading a dataset on disk", "datasets")
    import datasets

    try:
        saved = datasets.load_from_disk(source)
    except (ValueError, KeyError, TypeError) as error:
        yield source, f"not a saved dataset ({error})"
        return
    splits = saved.items() if isinstance(saved, dict) else [("", saved)]
    for split, rows in splits:
        for number, row in enumerate(rows, 1):
            yield f"{source}: {split + ' ' if split else ''}row {number}", row


def _read_hub(source: str) -> Iterator[Row]:
    location, _, split = source.removeprefix("hf:").rpartition("/")
    name, _, config = location.partition(":")
    if not name or not split:
        yield source, "expected hf:NAME[:CONFIG]/SPLIT, such as hf:cnn_dailymail:3.0.0/test"
        return
    require("formats", "reading hf: sources", "datasets")
    import datasets

    try:
        rows = datasets.load_dataset(name, config or None, split=split, streaming=True)
    except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
        yield source, f"cannot be loaded: {str(error).splitlines()[0]}"
        return
    for number, row in enumerate(rows, 1):
        yield f"{source}: row {number}", row
