"""Ingest: articles from text files, JSON, CSV, Parquet and datasets, checked once and streamed.

Every source is read once. Articles that pass the checks go to a temporary file; when all sources are read, all
problems are reported together, or the articles are handed out from that file, as often as they are asked for. Memory
does not grow with the number of articles, except for a hash of each id and the place of each article in that file.
Plain text is normalised here and never again; structured sources keep their text verbatim, because offsets of others
may point into it.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from annotate.errors import AnnotateError, SourceError
from annotate.files import sha256_text
from annotate.ingest.columns import REQUIRED, ColumnMap
from annotate.ingest.dates import to_day
from annotate.ingest.sources import find_skipped, is_plain_text, name_source, normalize_text, read_rows
from annotate.ingest.text_damage import DamageCount
from annotate.jsonl import decode_object, find_value_problem
from annotate.printing import format_count, note, shorten
from annotate.problems import WRONG_HASH, find_surrogate
from annotate.records import LAYERS, Annotation, Article, GoldRecord, Prediction

#: The longest text of an article, in code points: twice the longest novel.
MAX_TEXT = 10_000_000

# tabs, line ends and the like: a line of a report or a column of a foreign format would break at them
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_ARTICLE_FIELDS = frozenset(Article.__struct_fields__)
#: What our own records say beside the article; it is no business of the article's.
_RECORD_FIELDS = (
    frozenset(field for kind in (Prediction, Annotation, GoldRecord) for field in kind.__struct_fields__)
    - _ARTICLE_FIELDS
    - {"licence"}
)


#: Bytes of articles that are kept in memory; what is more goes to a temporary file.
_IN_MEMORY = 1 << 24
#: Bytes of articles that are read from there at a time.
_BLOCK = 1 << 18
#: Problems of one source that are kept word by word; the others are counted.
_MOST_PROBLEMS = 1000


class Articles:
    """Checked articles, which one can go through any number of times, or take by number; `len()` is known.

    Attributes:
        sources, normalize, columns: as given to `read_articles`.
        warnings: one line for each kind of damage that texts show.
    """

    def __init__(self, sources: Sequence[str], *, normalize: bool = False, columns: ColumnMap | None = None) -> None:
        self.sources = list(sources)
        self.normalize = normalize
        self.columns = columns or ColumnMap()
        self._places = array("Q", [0])
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the object
        weakref.finalize(self, self._spool.close)
        damage = DamageCount()
        try:
            for line in self._check(damage):
                self._spool.write(line)
                self._places.append(self._places[-1] + len(line))
            self._spool.flush()
        except OSError as error:  # those of the sources are among the problems
            raise AnnotateError(
                f"{tempfile.gettempdir()}: the articles cannot be kept there ({error.strerror or error}); "
                "set TMPDIR to a folder with more space"
            ) from error
        self.warnings = damage.warnings()

    def __len__(self) -> int:
        return len(self._places) - 1

    def __getitem__(self, number: int) -> Article:
        self._spool.seek(self._places[number])
        line = self._spool.read(self._places[number + 1] - self._places[number])
        return msgspec.json.decode(line, type=Article)

    def __iter__(self) -> Iterator[Article]:
        decoder = msgspec.json.Decoder(Article)
        place = 0
        while True:
            self._spool.seek(place)  # another iteration may have moved on meanwhile
            lines = self._spool.readlines(_BLOCK)
            place = self._spool.tell()
            if not lines:
                return
            yield from map(decoder.decode, lines)

    def _check(self, damage: DamageCount) -> Iterator[bytes]:
        """The articles of all sources as lines of JSON; at the end, all problems of the others are raised together."""
        encoder = msgspec.json.Encoder()
        problems: list[str] = []
        seen: set[bytes] = set()
        for source in self.sources:
            for article in self._read_source(source, seen, problems):
                damage.add(article.id, article.text)
                yield encoder.encode(article) + b"\n"
        if problems:
            raise SourceError(problems)

    def _read_source(self, source: str, seen: set[bytes], problems: list[str]) -> Iterator[Article]:
        """The articles of one source; keys of their ids go to `seen`, what is wrong to `problems`."""
        found = _SourceProblems(source)
        columns = choose_columns(source, self.columns)
        for row in check_rows(source, normalize=self.normalize, columns=columns):
            found.rows += 1
            if row.columns is not None and not row.columns.keys() <= found.columns.keys():
                found.columns.update(dict.fromkeys(row.columns))
            if row.missing:
                found.add_missing(row)
                continue
            if row.article is None:
                found.add(row.place, row.problem)
                continue
            key = hashlib.blake2b(row.article.id.encode(), digest_size=8).digest()
            if key in seen:
                found.add(row.place, f"a second article with id {row.article.id!r}; ids must be unique")
                continue
            seen.add(key)
            yield row.article
        problems += found.list_all(columns)


def read_articles(sources: Sequence[str], *, normalize: bool = False, columns: ColumnMap | None = None) -> Articles:
    """The articles of all sources, in order, as an iterable with a length.

    Args:
        sources: any of: a folder of `.txt` files (id = file stem; a leading ` date YYYY-MM-DD ` moves to `date`),
            a `.txt`, `.jsonl`, `.ndjson`, `.json` (a list, one object, or JSON Lines), `.csv` or `.tsv` file, each
            also with `.gz` behind it, a `.parquet` file, a Hugging Face dataset on disk or as
            `hf:name[:config]/split`, `-` for JSON Lines on standard input. Files may be anywhere that fsspec reads
            (`s3://...`). Text is UTF-8, or UTF-16 with a byte order mark. What is between the columns of a CSV file
            (comma, semicolon, tab, bar) is found by its header. What is skipped in a folder is named in one line on
            standard error. Columns that an article does not have go to `meta`; records of predictions, annotations
            and gold serve too, their layers are left behind.
        normalize: also normalise the text of structured sources as plain text files always are: BOM dropped, line
            ends to LF, white space at the edges stripped.
        columns: which columns hold the fields of an article, where they have other names. Text files have none.

    Returns:
        The articles. Signs of damage in their texts (wrong decoding, HTML, escapes, invisible characters) are counted
        in one line per kind on standard error, and in its `warnings`.

    Raises:
        SourceError: all problems of all sources together, before the first article is handed out: not UTF-8, an
            empty text, a bad date, no column for the text, a BOM or carriage return in a structured text, two articles
            with one id ...
        RecordError: a line of standard input that is too long.
        AnnotateError: the temporary file cannot be written.
    """
    articles = Articles(sources, normalize=normalize, columns=columns)
    for source in sources:
        if skipped := find_skipped(source):
            note(
                f"{source}: {len(skipped)} skipped, only .txt files are read in a folder: "
                f"{shorten(', '.join(skipped), 200)}; name other files and folders one by one"
            )
    for warning in articles.warnings:
        note(warning)
    return articles


# --------------------------------------------------------------------------------------------------------------- rows


class CheckedRow(NamedTuple):
    """A row of a source and what became of it: an article, or what is wrong.

    Attributes:
        place: the file and the line, or the number of the row.
        article: None where something is wrong.
        problem: all that is wrong with the row, in one line.
        missing: the fields that an article needs and the row does not have.
        columns: the row as it was read; None where there is none.
    """

    place: str
    article: Article | None = None
    problem: str = ""
    missing: tuple[str, ...] = ()
    columns: Mapping[str, Any] | None = None


def choose_columns(source: str, columns: ColumnMap) -> ColumnMap:
    """The columns of this source: text files have the fields' own names, whatever others are called."""
    return ColumnMap() if is_plain_text(source) else columns


def check_rows(source: str, *, normalize: bool = False, columns: ColumnMap | None = None) -> Iterator[CheckedRow]:
    """The rows of a source, one by one, each as an article or with what is wrong.

    Raises:
        RecordError: a line of standard input that is too long.
    """
    columns = columns or ColumnMap()
    name = name_source(source) if columns.id == "" else ""
    for number, (place, row) in enumerate(read_rows(source, columns), 1):
        if isinstance(row, str):
            yield CheckedRow(place, problem=row)
            continue
        fields, rest = columns.take(row)
        if name:
            fields["id"] = f"{name}-{number}"
        if missing := _missing_fields(fields):
            yield CheckedRow(place, missing=missing, columns=row)
            continue
        article, problems = _make_article(fields, rest, normalize=normalize)
        yield CheckedRow(place, article, "; ".join(problems), columns=row)


def to_article(row: Mapping[str, Any], *, normalize: bool = False) -> tuple[Article | None, list[str]]:
    """The article that a row of a structured source holds, or None with what is wrong with it.

    >>> article, problem = to_article({"id": 7, "text": "Rain.", "date": "2021-07-26", "section": "weather"})
    >>> article.id, article.date, article.meta, problem
    ('7', '2021-07-26', {'section': 'weather'}, [])
    >>> to_article({"id": "a", "text": ""})
    (None, ["'a': empty text; remove the article or fill it"])
    """
    fields, rest = ColumnMap().take(row)
    if missing := _missing_fields(fields):
        return None, [_explain_missing(missing, row)]
    return _make_article(fields, rest, normalize=normalize)


def _make_article(fields: dict[str, Any], rest: dict[str, Any], *, normalize: bool) -> tuple[Article | None, list[str]]:
    """The article with these fields, the other columns in its `meta`, or None with what is wrong."""
    problems: list[str] = []
    identity = fields["id"]
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str):
        problems.append(f"id is {shorten(repr(identity))}; expected text or a whole number")
        identity = ""
    text_problems, text = _check_text(fields["text"], normalize=normalize)
    problems += text_problems
    if text and "text_sha256" in rest and rest["text_sha256"] not in (None, sha256_text(text)) and not normalize:
        problems.append(WRONG_HASH)
    date, date_problem = to_day(None if _is_empty(fields.get("date")) else fields["date"])
    if date_problem:
        problems.append(date_problem)
    words: dict[str, str | None] = {"title": None, "publisher": None, "url": None}
    for field in words:
        value = fields.get(field)
        if isinstance(value, str):
            words[field] = value or None
        elif not _is_empty(value):
            problems.append(f"{field} is {shorten(repr(value))}; expected text or null")
    for field, word in (("id", identity), *words.items()):
        if word and (problem := find_surrogate(word)):
            problems.append(f"{field} has {problem}")
    if control := _CONTROL.search(identity):
        problems.append(f"id has the control character {control[0]!a} at {control.start()}; remove it")
    meta, meta_problems = _to_meta(rest)
    problems += meta_problems
    if problems or text is None:
        who = f"{shorten(identity)!r}: " if identity else ""
        return None, [who + problem for problem in problems[:1]] + problems[1:]
    return Article(id=identity, text=text, date=date, meta=meta, **words), []


def _missing_fields(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Which of the two fields that every article needs are not there; an empty text is another problem."""
    return tuple(
        field
        for field in REQUIRED
        if fields.get(field) is None
        or (field == "id" and isinstance(fields[field], str) and not fields[field].strip())
        or (isinstance(fields[field], float) and math.isnan(fields[field]))
    )


def _explain_missing(missing: Sequence[str], row: Mapping[str, Any]) -> str:
    found = shorten(", ".join(map(str, row)), 200) or "nothing"
    return f"no {' and no '.join(missing)}; every article needs id and text, found: {found}"


class _SourceProblems:
    """What is wrong with one source: one cause, one message.

    Attributes:
        rows: how many were read.
        columns: all names of columns, in order.
    """

    def __init__(self, source: str) -> None:
        self.rows = 0
        self.columns: dict[str, None] = {}
        self._source = source
        self._kept: list[str] = []
        self._more = 0
        # by the fields that are missing: the first such row, where its message goes, how many there are
        self._missing: dict[tuple[str, ...], tuple[CheckedRow, int, int]] = {}

    def add(self, place: str, problem: str) -> None:
        """Note what is wrong with a row."""
        if len(self._kept) < _MOST_PROBLEMS:
            self._kept.append(f"{place}: {problem}")
        else:
            self._more += 1

    def add_missing(self, row: CheckedRow) -> None:
        """Note a row that does not have the fields of an article."""
        first, position, count = self._missing.get(row.missing, (row, len(self._kept), 0))
        if not count:
            self._kept.append("")  # its message, which depends on the rows to come
        self._missing[row.missing] = (first, position, count + 1)

    def list_all(self, columns: ColumnMap) -> list[str]:
        """All problems of the source, in the order of its rows."""
        if not self.rows:
            return [f"{self._source}: no articles in it"]
        absent = columns.find_absent(self.columns) if self.columns else {}
        explained = not absent
        for missing, (row, position, count) in self._missing.items():
            if not explained and not absent.keys().isdisjoint(missing):
                self._kept[position] = self._explain_absent(columns, row if count == 1 else None, row)
                explained = True
            elif fields := [field for field in missing if field not in absent]:
                self._kept[position] = self._count_missing(fields, columns, row, count)
        if not explained:  # a column that was named for a field that an article need not have
            self._kept.append(self._explain_absent(columns, None, None))
        if self._more:
            self._kept.append(f"{self._source}: {format_count(self._more, 'more row')} with problems")
        return [problem for problem in self._kept if problem]

    def _explain_absent(self, columns: ColumnMap, only: CheckedRow | None, example: CheckedRow | None) -> str:
        place = only.place if only else self._source
        return f"{place}: {columns.explain_absent(self.columns, (example and example.columns) or {})}"

    def _count_missing(self, fields: Sequence[str], columns: ColumnMap, first: CheckedRow, count: int) -> str:
        row = first.columns or {}
        if count == 1:
            who = f"{shorten(str(row.get(columns.column('id'))))!r}: " if "id" not in fields else ""
            return f"{first.place}: {who}{_explain_missing(fields, row)}"
        what = " and no ".join(fields)
        return (
            f"{self._source}: {count:,} of {self.rows:,} rows have no {what}, the first is {first.place}; "
            "every article needs id and text"
        )


def _check_text(text: Any, *, normalize: bool) -> tuple[list[str], str | None]:
    if not isinstance(text, str):
        return [f"text is {shorten(repr(text))}; expected text"], None
    if problem := find_surrogate(text):
        return [f"text has {problem}"], None
    if len(text) > MAX_TEXT:
        return [f"text has {len(text):,} characters; more than {MAX_TEXT:,} are no article, split it"], None
    if normalize:
        text = normalize_text(text)
    if not text.strip():
        return ["empty text; remove the article or fill it"], None
    if text.startswith("\ufeff") or "\r" in text:
        what = "starts with a BOM" if text.startswith("\ufeff") else f"has a carriage return at {text.index(chr(13))}"
        return [f"text {what}; --normalize drops it (offsets that others made into this text then shift)"], None
    return [], text


def _to_meta(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    meta = row.get("meta")
    if isinstance(meta, str):  # CSV has no other way; Parquet writers use it too
        try:
            meta = decode_object(meta.encode("utf-8", "surrogatepass")) if meta.strip() else None
        except ValueError as error:
            return {}, [f"meta: {error}"]
    if not isinstance(meta, dict | None):
        return {}, [f"meta is {shorten(repr(meta))}; expected an object"]
    ours = any(layer in row for layer in LAYERS) or "text_sha256" in row
    dropped = _RECORD_FIELDS | {"meta"} if ours else {"meta"}
    extra = {key: value for key, value in row.items() if key not in dropped and not _is_empty(value)}
    try:
        result: dict[str, Any] = msgspec.to_builtins({**extra, **(meta or {})}, str_keys=True)
        if problem := find_value_problem(result):
            return {}, [f"meta: {problem}"]
        result = msgspec.json.decode(msgspec.json.encode(result))
    except (TypeError, ValueError, RecursionError) as error:
        return {}, [f"a column that cannot go to meta: {error}"]
    return result, []


def _is_empty(value: Any) -> bool:
    """Whether a cell holds nothing; NaN is how tables of numbers spell it."""
    return value is None or (isinstance(value, str) and not value) or (isinstance(value, float) and math.isnan(value))
