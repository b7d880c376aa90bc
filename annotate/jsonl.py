"""JSON Lines in and out: one record a line, problems with file and line, all of a file together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from annotate.errors import AnnotateError, RecordError
from annotate.files import atomic_writer, sha256_text
from annotate.printing import Stdout
from annotate.records import LayeredRecord
from annotate.spans import find_span_problems

R = TypeVar("R", bound=msgspec.Struct)
L = TypeVar("L", bound=LayeredRecord)

STDIO = Path("-")


def iter_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The non-empty lines of a file (`-` = standard input) with their numbers, from 1.

    Raises:
        AnnotateError: the file cannot be read.
    """
    try:
        if path == STDIO:
            yield from _numbered(sys.stdin.buffer)
        else:
            with path.open("rb") as file:
                yield from _numbered(file)
    except OSError as error:
        raise AnnotateError(f"{path}: cannot be read ({error.strerror or error})") from error


def _numbered(file: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield number, line


def stream_records(
    path: Path, kind: type[R], *, problems: list[str], check: Callable[[R], Iterable[str]] | None = None
) -> Iterator[R]:
    """The well-formed records of a file one by one; what is wrong with the others is added to `problems`.

    Args:
        kind: the record type.
        check: further sentences about a record, without a place; they are prefixed with file, line and id.
    """
    decoder = msgspec.json.Decoder(kind)
    for number, line in iter_lines(path):
        try:
            record = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            problems.append(f"{path}:{number}: {_id_of(line)}{_explain(error, kind)}")
            continue
        found = list(check(record)) if check else []
        if found:
            problems.extend(f"{path}:{number}: {getattr(record, 'id', '')}: {sentence}" for sentence in found)
        else:
            yield record


def read_records(path: Path, kind: type[L]) -> list[L]:
    """All records of a file, checked: form, duplicate ids, spans against `text` where the record has it.

    Annotations may repeat an id (one a person); the pair of id and annotator may not.

    Raises:
        RecordError: all problems of the file together, with file and line.
    """
    problems: list[str] = []
    records: list[L] = []
    seen: set[tuple[str, str]] = set()
    for record in stream_records(path, kind, problems=problems, check=find_record_problems):
        key = (record.id, getattr(record, "annotator", ""))
        if key in seen:
            who = f" by {key[1]}" if key[1] else ""
            problems.append(f"{path}: {record.id}: a second record with this id{who}; ids must be unique")
        seen.add(key)
        records.append(record)
    if problems:
        raise RecordError(problems)
    return records


def find_record_problems(record: LayeredRecord) -> Iterator[str]:
    """What is wrong inside one record: its text's hash, and its spans where the text is there."""
    if not record.id:
        yield "empty id; every article needs one"
    if record.text is None:
        return
    if record.text_sha256 is not None and record.text_sha256 != sha256_text(record.text):
        yield "text_sha256 is not the hash of text; was the text edited after pre-annotation?"
    yield from find_span_problems(record, record.text)


def write_records(path: Path, records: Iterable[msgspec.Struct]) -> int:
    """Write one record a line, atomically (`-` = standard output); returns how many."""
    if path == STDIO:
        return _write_lines(Stdout(), records)
    with atomic_writer(path) as file:
        return _write_lines(file, records)


def _write_lines(file: IO[bytes] | Stdout, records: Iterable[msgspec.Struct]) -> int:
    encoder = msgspec.json.Encoder()
    buffer = bytearray()
    count = 0
    for record in records:
        encoder.encode_into(record, buffer)
        buffer.extend(b"\n")
        file.write(buffer)
        buffer.clear()
        count += 1
    file.flush()
    return count


def _explain(error: Exception, kind: type[msgspec.Struct]) -> str:
    message = str(error)
    if isinstance(error, msgspec.ValidationError):
        text, _, place = message.partition(" - at `$")
        where = place.rstrip("`").lstrip(".")
        return f"{where + ': ' if where else ''}{text[0].lower()}{text[1:]} (a {kind.__name__} record)"
    return f"not a JSON object on one line ({message})"


def _id_of(line: bytes) -> str:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return f"{found['id']}: " if isinstance(found, dict) and isinstance(found.get("id"), str) else ""
