"""Ingest: articles from text files, JSON, CSV, Parquet and datasets, checked once and streamed.

Every source is read once. Articles that pass the checks go to a temporary file; when all sources are read, all
problems are reported together, or the articles are handed out from that file, as often as they are asked for. Memory
does not grow with the number of articles, except for a hash of each id and the place of each article in that file.
Plain text is normalised here and never again; structured sources keep their text verbatim, because offsets of others
may point into it.
"""

from __future__ import annotations

import datetime
import hashlib
import math
import re
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from annotate.errors import AnnotateError, SourceError
from annotate.files import sha256_text
from annotate.ingest.sources import find_skipped, normalize_text, read_rows
from annotate.jsonl import decode_object, find_value_problem
from annotate.printing import print_line, shorten
from annotate.problems import WRONG_HASH, find_surrogate
from annotate.records import LAYERS, Annotation, Article, GoldRecord, Prediction

#: The longest text of an article, in code points: twice the longest novel.
MAX_TEXT = 10_000_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

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


class Articles:
    """Checked articles, which one can go through any number of times, or take by number; `len()` is known.

    Attributes:
        sources, normalize: as given to `read_articles`.
    """

    def __init__(self, sources: Sequence[str], *, normalize: bool = False) -> None:
        self.sources = list(sources)
        self.normalize = normalize
        self._places = array("Q", [0])
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the object
        weakref.finalize(self, self._spool.close)
        try:
            for line in self._check():
                self._spool.write(line)
                self._places.append(self._places[-1] + len(line))
            self._spool.flush()
        except OSError as error:  # those of the sources are among the problems
            raise AnnotateError(
                f"{tempfile.gettempdir()}: the articles cannot be kept there ({error.strerror or error}); "
                "set TMPDIR to a folder with more space"
            ) from error

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

    def _check(self) -> Iterator[bytes]:
        """The articles of all sources as lines of JSON; at the end, all problems of the others are raised together."""
        encoder = msgspec.json.Encoder()
        problems: list[str] = []
        seen: set[bytes] = set()
        for source in self.sources:
            for article in self._read_source(source, seen, problems):
                yield encoder.encode(article) + b"\n"
        if problems:
            raise SourceError(problems)

    def _read_source(self, source: str, seen: set[bytes], problems: list[str]) -> Iterator[Article]:
        """The articles of one source; keys of their ids go to `seen`, what is wrong to `problems`."""
        before = len(problems)
        rows = 0
        incomplete: list[str] = []
        for place, row in read_rows(source):
            rows += 1
            if isinstance(row, str):
                problems.append(f"{place}: {row}")
                continue
            article, found = to_article(row, normalize=self.normalize)
            problems.extend(f"{place}: {problem}" for problem in found)
            if article is None:
                incomplete += found if _missing_fields(row) else []
                continue
            key = hashlib.blake2b(article.id.encode(), digest_size=8).digest()
            if key in seen:
                problems.append(f"{place}: a second article with id {article.id!r}; ids must be unique")
                continue
            seen.add(key)
            yield article
        if not rows:
            problems.append(f"{source}: no articles in it")
        elif rows == len(incomplete) > 1:  # one cause, one message
            problems[before:] = [f"{source}: all {rows} rows are alike: {incomplete[0]}"]


def read_articles(sources: Sequence[str], *, normalize: bool = False) -> Articles:
    """The articles of all sources, in order, as an iterable with a length.

    Args:
        sources: any of: a folder of `.txt` files (id = file stem; a leading ` date YYYY-MM-DD ` moves to `date`),
            a `.txt`, `.jsonl`, `.json` (a list or one object) or `.csv` file, each also with `.gz` behind it, a
            `.parquet` file, a Hugging Face dataset on disk or as `hf:name[:config]/split`, `-` for JSON Lines on
            standard input. Files may be anywhere that fsspec reads (`s3://...`). What is skipped in a folder is named
            in one line on standard error. Columns that an article does not have go to `meta`; records of predictions,
            annotations and gold serve too, their layers are left behind.
        normalize: also normalise the text of structured sources as plain text files always are: BOM dropped, line
            ends to LF, white space at the edges stripped.

    Raises:
        SourceError: all problems of all sources together, before the first article is handed out: not UTF-8, an
            empty text, a bad date, a BOM or carriage return in a structured text, two articles with one id ...
        RecordError: a line of standard input that is too long.
        AnnotateError: the temporary file cannot be written.
    """
    articles = Articles(sources, normalize=normalize)
    for source in sources:
        if skipped := find_skipped(source):
            print_line(f"{source}: {len(skipped)} skipped, no .txt files: {shorten(', '.join(skipped), 200)}", err=True)
    return articles


def to_article(row: dict[str, Any], *, normalize: bool = False) -> tuple[Article | None, list[str]]:
    """The article that a row of a structured source holds, or None with what is wrong with it.

    >>> to_article({"id": 7, "text": "Rain.", "date": "2021-07-26", "section": "weather"})[0]
    Article(id='7', text='Rain.', title=None, date='2021-07-26', publisher=None, url=None, meta={'section': 'weather'})
    >>> to_article({"id": "a", "text": ""})
    (None, ["'a': empty text; remove the article or fill it"])
    """
    if missing := _missing_fields(row):
        who = f"{row['id']!r}: " if "id" not in missing else ""
        columns = shorten(", ".join(map(str, row)), 200) or "nothing"
        return None, [f"{who}no {' and no '.join(missing)}; every article needs id and text, found: {columns}"]
    problems: list[str] = []
    identity = row["id"]
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str):
        problems.append(f"id is {shorten(repr(identity))}; expected text or a whole number")
        identity = ""
    text_problems, text = _check_text(row["text"], normalize=normalize)
    problems += text_problems
    if text and "text_sha256" in row and row["text_sha256"] not in (None, sha256_text(text)) and not normalize:
        problems.append(WRONG_HASH)
    date, date_problem = _to_date(row.get("date"))
    problems += date_problem
    for field in ("title", "publisher", "url"):
        if not isinstance(row.get(field), str | None):
            problems.append(f"{field} is {shorten(repr(row[field]))}; expected text or null")
    for field in ("id", "title", "publisher", "url"):
        if isinstance(row.get(field), str) and (problem := find_surrogate(row[field])):
            problems.append(f"{field} has {problem}")
    meta, meta_problems = _to_meta(row)
    problems += meta_problems
    if problems or text is None:
        who = f"{identity!r}: " if identity else ""
        return None, [who + problem for problem in problems]
    words = {field: row.get(field) or None for field in ("title", "publisher", "url")}
    return Article(id=identity, text=text, date=date, meta=meta, **words), []


def _missing_fields(row: dict[str, Any]) -> list[str]:
    """Which of the two fields that every article needs the row does not have."""
    return [
        field
        for field in ("id", "text")
        if row.get(field) is None or (field == "id" and isinstance(row[field], str) and not row[field].strip())
    ]


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


def _to_date(value: Any) -> tuple[str | None, list[str]]:
    if value is None or value == "":
        return None, []
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat(), []
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value, []
    return None, [f"date is {shorten(repr(value))}; expected YYYY-MM-DD, a day that exists"]


def _to_meta(row: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    meta = row.get("meta")
    if isinstance(meta, str):  # CSV has no other way; Parquet writers use it too
        try:
            meta = decode_object(meta.encode("utf-8", "surrogatepass")) if meta.strip() else None
        except ValueError as error:
            return {}, [f"meta: {error}"]
    if not isinstance(meta, dict | None):
        return {}, [f"meta is {shorten(repr(meta))}; expected an object"]
    ours = any(layer in row for layer in LAYERS) or "text_sha256" in row
    dropped = _ARTICLE_FIELDS | _RECORD_FIELDS if ours else _ARTICLE_FIELDS
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
