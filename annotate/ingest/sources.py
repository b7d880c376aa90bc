"""The kinds of sources that articles come from, each read row by row. What a row must hold is not decided here."""

from __future__ import annotations

import functools
import gzip
import io
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from annotate.errors import AnnotateError, RecordError
from annotate.extras import require
from annotate.ingest.columns import FIELDS, ColumnMap
from annotate.ingest.encodings import as_utf8, find_no_text, read_head
from annotate.ingest.tables import Row, count_lines, read_csv, read_parquet
from annotate.jsonl import decode_json, decode_object, number_lines
from annotate.printing import shorten
from annotate.problems import BOM, cannot_read, find_encoding_problem

_Read: TypeAlias = Callable[[str, IO[bytes]], Iterator[Row]]

_OWN_NAMES = ColumnMap()
#: The largest file that is read whole (`.txt`, `.json`), in bytes.
MAX_FILE = 1 << 30
_DATE_HEADER = re.compile(r"date (\d{4}-\d{2}-\d{2})(?:\s+|$)")
_EDGE = re.compile(r"[\s\ufeff]+")
#: How a source on the Hugging Face Hub is written.
HUB_FORM = "hf:NAME[:CONFIG]/SPLIT, such as hf:cnn_dailymail:3.0.0/test"
#: What fsspec itself needs to read from where the extra `s3` reaches.
_FSSPEC_NEEDS = {"s3": ["s3fs"], "s3a": ["s3fs"], "http": ["aiohttp"], "https": ["aiohttp"]}

_HTML = "HTML, not the article's text; take it out first, for example: trafilatura --input-dir HTML --output-dir TXT"
_XML = (
    "XML; no library that is kept up reads the texts of NITF or NewsML-G2, so there is no reader; "
    "docs/articles.md has a script that makes JSON Lines of them"
)
_WARC = "a web archive; take the texts out first, for example with warcio and trafilatura, and save them as JSON Lines"
_SHEET = "a spreadsheet; save it as CSV UTF-8"
_WORDS = "a text with layout; save it as plain text (.txt, UTF-8)"
_PACKED = "packed; unpack it first (only .gz is unpacked here)"
#: What files are called that are not read, and what to do with them.
_NOT_READ = {
    **dict.fromkeys((".html", ".htm", ".xhtml", ".mhtml"), _HTML),
    **dict.fromkeys((".xml", ".nitf", ".newsml", ".rss", ".atom", ".tei"), _XML),
    **dict.fromkeys((".warc", ".wet", ".wat", ".arc"), _WARC),
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods", ".numbers"), _SHEET),
    **dict.fromkeys((".docx", ".doc", ".odt", ".rtf", ".pages", ".epub"), _WORDS),
    ".pdf": "a PDF; take the text out first, for example with pdftotext",
    **dict.fromkeys((".md", ".markdown", ".text"), "not read by this name; if it is plain text, name it .txt"),
    **dict.fromkeys((".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz", ".rar"), _PACKED),
    **dict.fromkeys((".arrow", ".feather", ".orc", ".avro", ".sqlite", ".db", ".pkl"), "save the table as Parquet"),
}


def read_rows(source: str, columns: ColumnMap = _OWN_NAMES) -> Iterator[Row]:
    """The rows of one source, whatever its kind (see `annotate.ingest.articles.read_articles`), one by one.

    Rows have the names of the source; `columns` only helps to find what is between the columns of a CSV file. What
    stops a reader becomes one more problem, so that the other sources are still checked.

    Raises:
        RecordError: a line of standard input that is too long; it may never end.

    >>> list(read_rows("nowhere.jsonl"))
    [('nowhere.jsonl', 'no such file or folder')]
    """
    expected: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error)
    try:
        read = _find_reader(source, columns)
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


def is_plain_text(source: str) -> bool:
    """Whether the articles of the source are text files, which have no columns.

    >>> is_plain_text("A.TXT"), is_plain_text("a.csv")
    (True, False)
    """
    if source in ("", "-") or source.startswith("hf:"):
        return False
    if _suffix(source) == ".txt":
        return True
    try:
        return "://" not in source and Path(source).is_dir() and _find_reader(source) is _read_text_folder
    except OSError:  # a name that no system takes
        return False


def name_source(source: str) -> str:
    """What a source is called in the ids that are made for its articles: its name without folder and ending.

    >>> name_source("exports/cms.csv.gz"), name_source("hf:user/news:2.0/test"), name_source("-")
    ('cms', 'news-test', 'stdin')
    """
    if source == "-":
        return "stdin"
    if address := (parse_hub_address(source) if source.startswith("hf:") else None):
        return f"{address.name.rpartition('/')[2]}-{address.split}"
    name = Path(source.partition("?")[0]).name
    return Path(name[:-3] if name.lower().endswith(".gz") else name).stem


def normalize_text(text: str) -> str:
    """The text without a BOM, with LF line ends, without white space at the edges; nothing else changes.

    >>> normalize_text("\\ufeff One.\\r\\n\\r\\nTwo.\\r\\n")
    'One.\\n\\nTwo.'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    edge = _EDGE.match(text)
    return text[edge.end() if edge else 0 :].rstrip()


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


def _suffix(source: str) -> str:
    """The ending of a file's name, in lower case, without `.gz` and what follows a `?`."""
    return Path(source.partition("?")[0].lower().removesuffix(".gz")).suffix


def _find_reader(source: str, columns: ColumnMap = _OWN_NAMES) -> Callable[[str], Iterator[Row]]:
    if not source:
        return lambda name: iter([("''", f"an empty name; expected {_EXPECTED}")])
    if source == "-":
        return lambda _: _unpacked("standard input", sys.stdin.buffer, _read_jsonl)
    if source.startswith("hf:"):
        return _read_hub
    path = Path(source)
    if "://" not in source and path.is_dir():
        if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
            return _read_saved_dataset
        if not any(_text_names(path)) and any(path.glob("data/*.parquet")):
            return functools.partial(_read_parquet_folder, columns=columns)
        return _read_text_folder
    if "://" not in source and not stat.S_ISREG(path.stat().st_mode):
        return lambda name: iter([(name, _NO_FILE)])
    suffix = _suffix(source)
    read = _choose(suffix, columns)
    if read is not None:
        return lambda name: _with_file(name, read, text=suffix not in (".parquet", ".pq"))
    cure = _NOT_READ.get(suffix)
    return lambda name: iter([(name, cure or f"unknown kind of source; expected {_EXPECTED}")])


def _choose(suffix: str, columns: ColumnMap) -> _Read | None:
    """The reader of files with this ending."""
    names = frozenset(name for field in FIELDS if (name := columns.column(field)))
    match suffix:
        case ".txt":
            return _read_text
        case ".jsonl" | ".ndjson" | ".ldjson":
            return _read_jsonl
        case ".json":
            return _read_json
        case ".csv":
            return functools.partial(read_csv, usual=",", names=names)
        case ".tsv" | ".tab":
            return functools.partial(read_csv, usual="\t", names=names)
        case ".parquet" | ".pq":
            return functools.partial(read_parquet, names=names)
    return None


def _with_file(source: str, read: _Read, *, text: bool) -> Iterator[Row]:
    if "://" in source:
        scheme = source.partition("://")[0]
        require("s3", f"reading {scheme}:// sources", "fsspec", *_FSSPEC_NEEDS.get(scheme, ()))
        import fsspec

        with fsspec.open(source, "rb") as file:
            yield from _unpacked(source, file, read, text=text)
    else:
        with Path(source).open("rb") as file:
            yield from _unpacked(source, file, read, text=text)


def _unpacked(source: str, file: IO[bytes], read: _Read, *, text: bool = True) -> Iterator[Row]:
    """The rows of an open file, which may be packed, and whose text may be in UTF-16 where it says so."""
    if source.partition("?")[0].lower().endswith(".gz"):
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from _decoded(source, unpacked, read, text=text)  # type: ignore[arg-type]
    else:
        yield from _decoded(source, file, read, text=text)


def _decoded(source: str, file: IO[bytes], read: _Read, *, text: bool) -> Iterator[Row]:
    head = read_head(file) if text else b""
    if problem := find_no_text(head):
        yield source, problem
    else:
        yield from read(source, as_utf8(file, head))


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
        yield (
            source,
            f"a folder without .txt files (subfolders are not searched); it has {found or 'nothing'}; "
            "name files of other kinds one by one",
        )
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
    yield source, {"id": name_source(source), "text": text[header.end() :] if header else text, "date": date}


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
    broken, first_broken = 0, ("", "")
    lines = number_lines(file, name=source)
    for count, (number, line) in enumerate(lines):
        place = f"{source}:{number}"
        try:
            yield place, decode_object(line)
        except ValueError as error:
            if find_encoding_problem(line):
                first_broken = first_broken if broken else (place, str(error))
                broken += 1
            elif not count and (line.strip() == b"{" or line.lstrip().startswith(b"[")):
                yield place, "a list or an object over several lines, not one object per line; name the file .json"
                return
            else:
                yield place, str(error)
    if broken:
        yield first_broken[0], count_lines(first_broken[1], broken)


def _read_json(source: str, file: IO[bytes]) -> Iterator[Row]:
    data = _read_whole(file)
    if _is_lines(data):
        yield from _read_jsonl(source, io.BytesIO(data))
        return
    try:
        content = decode_json(data)
    except ValueError as error:
        yield _line_of(source, data), str(error).replace("not a JSON object on one line", "not JSON")
        return
    for number, row in enumerate(content if isinstance(content, list) else [content], 1):
        wrong = f"expected an object with id and text, found {shorten(repr(row))}"
        yield f"{source}: article {number}", row if isinstance(row, dict) else wrong


def _is_lines(data: bytes) -> bool:
    """Whether the bytes are JSON Lines: no other JSON has a line `{...}` and then one that begins with `{`."""
    lines = (line.strip() for line in io.BytesIO(data.removeprefix(BOM)) if not line.isspace())
    first = next(lines, b"")
    return first.startswith(b"{") and first.endswith(b"}") and next(lines, b"").startswith(b"{")


def _read_parquet_folder(source: str, *, columns: ColumnMap) -> Iterator[Row]:
    for path in sorted(Path(source).glob("data/*.parquet")):
        yield from read_rows(str(path), columns)


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


_ENDINGS = ".txt, .jsonl (.ndjson), .json, .csv, .tsv, .parquet"
_EXPECTED = f"a folder, a file ending in {_ENDINGS} (or .jsonl.gz and the like), hf:NAME/SPLIT or -"
_NO_FILE = "a pipe or device, which may never end; give a file, or - for JSON Lines on standard input"
