"""JSON and JSON Lines in and out: the one reader of objects, one record per line, all problems of a file together.

What is read can be written again: a key that appears twice, numbers beyond 64 bits, unpaired surrogates and very deep
nesting are problems here, with file and line, and nowhere later. A byte order mark at the start of a file is skipped,
and at the start of a line, where joined files have them.
"""

from __future__ import annotations

import json
import math
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

import msgspec

from annotate.errors import AnnotateError, RecordError, RecordWarning
from annotate.files import Outputs, open_input, sha256_text
from annotate.printing import Stdout, shorten
from annotate.problems import (
    BOM,
    EMPTY_ID,
    SECOND_RECORD,
    WRONG_HASH,
    cannot_read,
    find_encoding_problem,
    find_no_utf8,
    find_weight_problem,
)
from annotate.records import Annotation, GoldRecord, LayeredRecord, Prediction, find_misspelt_keys
from annotate.spans import find_span_problems

R = TypeVar("R", bound=msgspec.Struct)
L = TypeVar("L", bound=LayeredRecord)
#: Records, or where they are: a JSON Lines file, or several.
RecordSource: TypeAlias = str | Path | Iterable[str | Path | L]

STDIO = Path("-")
#: The longest line that is read, in bytes: far longer than any article, short enough for every machine.
MAX_LINE = 1 << 26
#: The deepest nesting of lists and objects that is read; what goes deeper breaks other tools, if not ours.
MAX_DEPTH = 100

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; flatten it"
_TOO_LARGE = "a number that does not fit into 64 bits; write it as a string"
#: A number that may not fit into 64 bits.
_LONG_NUMBER = re.compile(rb":[ \t\r\n]*-?\d{19}")
#: How the escape of a colon begins.
_ESCAPED_COLON = b"\\u003"
_ARRAY_OF_OBJECTS = re.compile(rb"\[\s*\{")
_SPLIT_ARRAY = "jq -c '.[]' OLD > NEW"
_KINDS = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


# ------------------------------------------------------------------------------------------------------- values


def decode_json(data: bytes) -> Any:
    """The value that the bytes hold, a byte order mark in front skipped.

    >>> decode_json(b'{"id": "a", "id": "b"}')
    Traceback (most recent call last):
    ValueError: the key 'id' appears twice in one object

    Raises:
        ValueError: one sentence: not JSON, not UTF-8, a key twice in one object, a number beyond 64 bits, NaN or
            Infinity, an unpaired surrogate, nested more than `MAX_DEPTH` levels deep.
    """
    data = data.removeprefix(BOM)
    try:
        found = msgspec.json.decode(data)
        encoded = msgspec.json.encode(found)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError) as error:
        raise ValueError(_explain_json(data, error)) from error
    if problem := find_value_problem(found):
        raise ValueError(problem)
    # the value has each key once; where the bytes have more colons, or may hide some, look closely
    if data.count(b":") != encoded.count(b":") or _ESCAPED_COLON in data:
        json.loads(data, object_pairs_hook=_refuse_second_key)
    return found


def decode_object(line: bytes) -> dict[str, Any]:
    """The JSON object that the line holds.

    >>> decode_object(b'{"id": "a"}')
    {'id': 'a'}
    >>> decode_object(b"[1, 2]")
    Traceback (most recent call last):
    ValueError: a JSON array; expected an object

    Raises:
        ValueError: one sentence, as in `decode_json`, or that it is no object.
    """
    found = decode_json(line)
    if not isinstance(found, dict):
        raise ValueError(f"a JSON {_KINDS[type(found)]}; expected an object")
    return found


def find_value_problem(value: Any) -> str | None:
    """Why other tools could not hold the value, made of dicts, lists and the like; None where they can.

    >>> find_value_problem({"a": [1, {"b": None}]}), find_value_problem([2**64])
    (None, 'a number that does not fit into 64 bits; write it as a string')
    """
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for node in level:
            for child in node.values() if type(node) is dict else node:
                kind = type(child)
                if kind is dict or kind is list or kind is tuple:
                    below.append(child)
                elif kind is int and not -(2**63) <= child < 2**64:
                    return _TOO_LARGE
                elif kind is float and not math.isfinite(child):
                    return f"the number {child}, which JSON cannot hold; write null or leave the key out"
        if not below:
            return None
        level = below
    return _TOO_DEEP


def _refuse_second_key(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        second = next(name for i, name in enumerate(names) if name in names[:i])
        raise ValueError(f"the key {shorten(second)!r} appears twice in one object")
    return found


def _explain_json(data: bytes, error: Exception) -> str:
    """Why the bytes are not JSON that can be read and written, in words that help to find it."""
    if problem := find_encoding_problem(data):
        return problem
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    if isinstance(error, OverflowError) or "out of range" in str(error):
        return _TOO_LARGE
    constants: list[str] = []
    try:
        json.loads(data, parse_constant=constants.append)
    except (ValueError, RecursionError):
        if not constants:
            return f"not a JSON object on one line ({error})"
    if constants:
        return f"{constants[0]} is not a JSON number; write null or leave the key out"
    return "an unpaired surrogate, not valid Unicode; remove it"  # what Python reads and no UTF-8 can hold


# -------------------------------------------------------------------------------------------------------- lines


def iter_raw(file: IO[bytes], *, name: str | Path = "the file") -> Iterator[tuple[int, bytes]]:
    """Each line of an open file with its end, as it is, and the byte at which it starts; for copying lines.

    Raises:
        RecordError: a line of more than `MAX_LINE` bytes; the lines before have been handed out.
    """
    start = number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise RecordError(
                [f"{name}:{number}: a line of more than {MAX_LINE >> 20} MiB; expected one record per line"]
            )
        yield start, line
        start += len(line)


def number_lines(file: IO[bytes], *, name: str | Path = "the file") -> Iterator[tuple[int, bytes]]:
    """The lines of an open file that hold something, with their numbers from 1, without byte order marks.

    Raises:
        RecordError: a line of more than `MAX_LINE` bytes; the lines before have been handed out.
    """
    for number, (_, line) in enumerate(iter_raw(file, name=name), 1):
        content = line.removeprefix(BOM)
        if content.strip():
            yield number, content


def iter_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    """The same for a file that is not open yet (`-` = standard input).

    Raises:
        RecordError: a line of more than `MAX_LINE` bytes, or the first line is that of a file of another kind.
        AnnotateError: the file cannot be read.
    """
    path = Path(path)
    try:
        if path == STDIO:
            yield from _check_first(number_lines(sys.stdin.buffer, name=path), path)
        else:
            with open_input(path) as file:
                yield from _check_first(number_lines(file, name=path), path)
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        raise AnnotateError(cannot_read(path, error)) from error


def _check_first(lines: Iterator[tuple[int, bytes]], path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines, or one error where the first shows that the others cannot be read either."""
    for number, line in lines:
        if problem := find_no_utf8(line):
            raise RecordError([f"{path}: {problem}"])
        held = line.strip()
        if held == b"{" or (held.startswith(b"[") and not held.endswith(b"]")):
            convert = "jq -c . OLD > NEW" if held == b"{" else _SPLIT_ARRAY
            raise RecordError([f"{path}: JSON over several lines; expected one object per line; convert it: {convert}"])
        if _ARRAY_OF_OBJECTS.match(held):
            raise RecordError([f"{path}: one JSON array; expected one object per line; convert it: {_SPLIT_ARRAY}"])
        yield number, line
        break
    yield from lines


def iter_objects(path: str | Path, *, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file with their places (`file:line`); what is wrong with other lines goes to `problems`.

    Raises:
        AnnotateError: the file cannot be read.
    """
    try:
        for number, line in iter_lines(path):
            place = f"{path}:{number}"
            try:
                yield place, decode_object(line)
            except ValueError as error:
                problems.append(f"{place}: {error}")
    except RecordError as error:  # what follows is not known
        problems += error.problems


# ------------------------------------------------------------------------------------------------------ records


def stream_records(
    path: str | Path, kind: type[R], *, problems: list[str], check: Callable[[R], Iterable[str]] | None = None
) -> Iterator[R]:
    """The well-formed records of a file one by one; what is wrong with the others is added to `problems`.

    Keys that records do not have are passed over; those that look like misspelt ones are a `RecordWarning`.

    Args:
        kind: the record type.
        check: further sentences about a record, without a place; they are prefixed with file, line and id.

    Raises:
        AnnotateError: the file cannot be read.
    """
    decoder = msgspec.json.Decoder(kind)
    encoder = msgspec.json.Encoder()
    misspelt: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    try:
        for number, line in iter_lines(path):
            try:
                record = _decode_record(line, kind, decoder)
                if not _is_kept(record, line, encoder):
                    for pair in find_misspelt_keys(decode_object(line), kind):
                        misspelt[pair] += 1
                        first.setdefault(pair, number)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                problems.append(f"{path}:{number}: {_explain(line, error, kind)}")
                continue
            found = list(check(record)) if check else []
            if found:
                problems.extend(f"{path}:{number}: {getattr(record, 'id', '')}: {sentence}" for sentence in found)
            else:
                yield record
    except RecordError as error:
        problems += error.problems
    for (key, meant), count in misspelt.items():
        times = "once" if count == 1 else f"{count} times"
        sentence = f"the key {shorten(key)!r} is no key of such a record and was passed over, {times}"
        where = f"{path}:{first[key, meant]}"
        warnings.warn(RecordWarning(f"{where}: {sentence}; did you mean {meant!r}?"), stacklevel=2)


def _decode_record(line: bytes, kind: type[R], decoder: msgspec.json.Decoder[R]) -> R:
    """The record in the line; an id that is a whole number is read as text, as that of an article is."""
    try:
        return decoder.decode(line)
    except msgspec.ValidationError:
        found = decode_object(line)
        if type(found.get("id")) is not int:
            raise
        return msgspec.convert({**found, "id": str(found["id"])}, kind)


def _is_kept(record: msgspec.Struct, line: bytes, encoder: msgspec.json.Encoder) -> bool:
    """Whether the record holds every key of the line, each once, with values that can be written again.

    What is encoded are the record's keys whose values are not the default ones: where the line has no more colons,
    no key of it was passed over.
    """
    try:
        encoded = encoder.encode(record)
    except (UnicodeError, OverflowError, RecursionError):
        return False
    same = encoded.count(b":") == line.count(b":") and _ESCAPED_COLON not in line
    return same and not _LONG_NUMBER.search(line) and find_value_problem(getattr(record, "meta", None)) is None


def read_records(path: str | Path, kind: type[L]) -> list[L]:
    """All records of a file, checked: form, duplicate ids, spans against `text` where the record has it.

    Annotations may repeat an id (one per annotator); the pair of id and annotator may not.

    Raises:
        RecordError: all problems of the file together, with file and line.
        AnnotateError: the file cannot be read.
    """
    problems: list[str] = []
    records: list[L] = []
    seen: set[tuple[str, str]] = set()
    for record in stream_records(path, kind, problems=problems, check=find_record_problems):
        key = (record.id, getattr(record, "annotator", ""))
        if key in seen:
            who = f" by {key[1]}" if key[1] else ""
            problems.append(f"{path}: {record.id}{who}: {SECOND_RECORD}")
        seen.add(key)
        records.append(record)
    if problems:
        raise RecordError(problems)
    return records


def gather_records(source: RecordSource[L], kind: type[L]) -> list[L]:
    """The records of a file, of several files, or given as they are: what public functions take as annotations.

    Args:
        source: a JSON Lines file (`-` = standard input), or an iterable of such files, of records, or of both.

    >>> from annotate.records import Prediction
    >>> [record.id for record in gather_records([Prediction(id="a")], Prediction)]
    ['a']

    Raises:
        RecordError, AnnotateError: see `read_records`, which reads each file.
    """
    found: list[L] = []
    for each in [source] if isinstance(source, (str, Path)) else source:
        found += read_records(each, kind) if isinstance(each, (str, Path)) else [each]
    return found


def find_kind(path: str | Path) -> type[Annotation] | type[GoldRecord] | type[Prediction]:
    """What the file holds, by the keys of its first object."""
    _, keys = next(iter_objects(path, problems=[]), ("", {}))
    if "annotator" in keys:
        return Annotation
    if keys.keys() & {"model", "score"} and "decided_by" not in keys and "annotators" not in keys:
        return Prediction
    return GoldRecord


def find_record_problems(record: LayeredRecord) -> Iterator[str]:
    """What is wrong inside one record: its text's hash, and its spans where the text is there."""
    if not record.id:
        yield EMPTY_ID
    if problem := find_weight_problem(getattr(record, "weight", None)):
        yield problem
    if record.text is None:
        return
    if record.text_sha256 is not None and record.text_sha256 != sha256_text(record.text):
        yield WRONG_HASH
    yield from find_span_problems(record, record.text)


def write_records(path: str | Path, records: Iterable[msgspec.Struct]) -> int:
    """Write one record per line, atomically (`-` = standard output); returns how many."""
    with Outputs() as outputs:
        return write_lines(open_output(outputs, Path(path)), records)


def open_output(outputs: Outputs, path: Path) -> IO[bytes] | Stdout:
    """The file of `path` among others that appear together with it (`-` = standard output)."""
    return Stdout() if path == STDIO else outputs.open(path)


def write_lines(file: IO[bytes] | Stdout, records: Iterable[msgspec.Struct]) -> int:
    """Write one record per line to an open file; returns how many."""
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


def _explain(line: bytes, error: Exception, kind: type[msgspec.Struct]) -> str:
    """Why the line is no record, after its id where it has one; trouble with the JSON itself comes first."""
    try:
        found = decode_object(line)
    except ValueError as problem:
        return str(problem)
    text, _, place = str(error).partition(" - at `$")
    where = place.rstrip("`").lstrip(".")
    name = f"{found['id']}: " if isinstance(found.get("id"), str) else ""
    noun = re.sub("(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
    article = "an" if noun[0] in "aeiou" else "a"
    return f"{name}{where + ': ' if where else ''}{text[0].lower()}{text[1:]} (expected {article} {noun})"
