"""The sentences for problems that several modules find, so that one problem reads the same everywhere. Pure.

A sentence has no place; the caller puts it in front (`file:line: id: sentence`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from annotate.errors import ALLOWED
from annotate.printing import shorten

#: Two records of one file with one id.
SECOND_RECORD = "a second record with this id; ids must be unique"
#: The text of a record is not the one that its hash was made of.
WRONG_HASH = "text_sha256 is not the hash of text; was the text edited since?"
#: A record without the name of its article.
EMPTY_ID = "empty id; every article needs one"

BOM = b"\xef\xbb\xbf"
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh91AY&SY": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def appears_twice(what: str) -> str:
    """Something that may be there once is there again.

    >>> appears_twice("entities.labels: 'PERSON'")
    "entities.labels: 'PERSON' appears twice"
    """
    return f"{what} appears twice"


def undeclared(place: str, what: str, value: str, schema: str, declared: Iterable[str]) -> str:
    """A label, type or kind that the schema does not declare.

    >>> undeclared("entities[0]", "label", "WHO", "mine/1.0.0", ["PERSON", "ORG"])
    "entities[0] has label 'WHO', which is not in schema mine/1.0.0; expected one of PERSON, ORG"
    """
    return f"{place} has {what} {shorten(value)!r}, which is not in schema {schema}{ALLOWED}{', '.join(declared)}"


def outside_text(place: str, start: int, end: int, length: int) -> str:
    """A range that is empty, reversed, or not inside a text of `length` code points.

    >>> outside_text("entities[0]", 3, 9, 5)
    'entities[0] is [3, 9); expected 0 <= start < end <= 5, the length of the text'
    """
    return f"{place} is [{start}, {end}); expected 0 <= start < end <= {length}, the length of the text"


def no_offsets(place: str, start: object, end: object) -> str:
    """A range whose ends are no integers, or absurdly large ones.

    >>> no_offsets("entities[0]", 3.5, None)
    'entities[0] is [3.5, None); offsets are integers, in code points of the text'
    """
    return f"{place} is [{start!r}, {end!r}); offsets are integers, in code points of the text"


def other_text(place: str, start: int, end: int, stored: str, there: str) -> str:
    """A span that stores other words than the text has there.

    >>> other_text("entities[0]", 0, 4, "Ross", "Rome")
    "entities[0] covers [0, 4) 'Ross' but the text there is 'Rome'"
    """
    return f"{place} covers [{start}, {end}) {shorten(stored)!r} but the text there is {shorten(there)!r}"


def find_weight_problem(weight: float | None) -> str | None:
    """The sentence about a weight that is not a number above 0; None where it is one, or where there is none.

    >>> find_weight_problem(0.0), find_weight_problem(2.5)
    ('weight is 0.0; expected a number above 0', None)
    """
    if weight is None or 0 < weight < math.inf:
        return None
    return f"weight is {weight}; expected a number above 0"


def find_surrogate(text: str) -> str | None:
    """The sentence about the first unpaired surrogate of the text, with its offset in code points; None without one.

    >>> find_surrogate("Rain"), find_surrogate("Rain" + chr(0xD800))
    (None, 'an unpaired surrogate at 4, not valid Unicode; remove it')
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"an unpaired surrogate at {error.start}, not valid Unicode; remove it"
    return None


def find_no_utf8(head: bytes) -> str | None:
    """What a file that begins so is instead of UTF-8; None where it may be.

    >>> find_no_utf8(b"\\x1f\\x8b...")
    'packed (gzip), not text; unpack it first'
    """
    if head.startswith(_UTF16):
        return "UTF-16; save the file as UTF-8"
    if packed := next((name for start, name in _PACKED.items() if head.startswith(start)), None):
        return f"packed ({packed}), not text; unpack it first"
    return None


def find_encoding_problem(data: bytes) -> str | None:
    """The sentence about bytes that are not UTF-8; None where they are.

    >>> print(find_encoding_problem(b"at the caf\\xe9 in"))
    not UTF-8 at byte 10 ('café' in Windows-1252?); if so, convert it: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW
    >>> find_encoding_problem("id,text".encode("utf-16"))
    'UTF-16; save the file as UTF-8'
    """
    if problem := find_no_utf8(data):
        return problem
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}{_explain_bytes(data, error.start)}"
    return None


def _explain_bytes(data: bytes, place: int) -> str:
    """What the bytes there may be, and what to do."""
    if not data.decode("utf-8", "ignore").isascii():
        return "; the rest is UTF-8, so something damaged the file there: remove these bytes, or get it anew"
    start = max(data.rfind(space, 0, place) for space in b" \t\r\n") + 1
    words = data[max(start, place - 20) : place + 20].split()
    try:
        found = words[0].decode("cp1252")
    except UnicodeDecodeError:
        return "; convert the file to UTF-8"
    return f" ({found!r} in Windows-1252?); if so, convert it: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"


def cannot_read(path: Path | str, error: BaseException) -> str:
    """What the system, or the library that reads the file, answers instead of its content; with the place.

    >>> cannot_read("a.jsonl", FileNotFoundError(2, "No such file or directory"))
    'a.jsonl: cannot be read (No such file or directory)'
    """
    reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
    return f"{path}: cannot be read ({reason})"
