"""What the first bytes of a file say: the encoding of its text, or that it holds no text at all."""

from __future__ import annotations

import codecs
import io
from typing import IO, Any

_UTF = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
#: How files begin that are not text, whatever they are called.
_BINARY = (
    (b"\x1f\x8b", "gzip data; add .gz to its name"),
    (b"PK\x03\x04", "a ZIP archive, as Excel and Word write too; unpack it, or save the table as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "a file of an old Excel or Word; save the table as CSV UTF-8"),
    (b"%PDF-", "a PDF; take the text out first, for example with pdftotext"),
    (b"PAR1", "Parquet; name the file .parquet"),
    (b"BZh", "bzip2 data; unpack it first"),
    (b"\xfd7zXZ\0", "xz data; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data; unpack it first"),
)
_HEAD = 256
_CHUNK = 1 << 16


def read_head(file: IO[bytes]) -> bytes:
    """The first bytes of an open file, which stays where it is; empty where that cannot be."""
    if peek := getattr(file, "peek", None):
        return bytes(peek(_HEAD)[:_HEAD])
    if not file.seekable():
        return b""
    place = file.tell()
    head = file.read(_HEAD)
    file.seek(place)
    return head


def find_no_text(head: bytes) -> str | None:
    """What a file that begins so holds instead of text that we can read, with the cure; None where it may be text.

    >>> find_no_text(b"PAR1...")
    'Parquet; name the file .parquet'
    >>> find_no_text("id,text".encode("utf-16-le"))
    'UTF-16 without a byte order mark; convert it: iconv -f UTF-16LE -t UTF-8 OLD > NEW'
    """
    for start, words in _BINARY:
        if head.startswith(start):
            return words
    if not head.startswith(tuple(mark for mark, _ in _UTF)):
        for name, ours in (("UTF-16LE", head[1::2]), ("UTF-16BE", head[::2])):
            if len(head) > 3 and ours.count(0) * 2 > len(ours) > 2 * (head.count(0) - ours.count(0)):
                return f"UTF-16 without a byte order mark; convert it: iconv -f {name} -t UTF-8 OLD > NEW"
    return None


def as_utf8(file: IO[bytes], head: bytes) -> IO[bytes]:
    """The file; where its byte order mark declares UTF-16 or UTF-32, its text as UTF-8.

    >>> as_utf8(file := io.BytesIO("café".encode("utf-16")), read_head(file)).read().decode()
    'café'
    """
    encoding = next((name for mark, name in _UTF if head.startswith(mark)), None)
    return file if encoding is None else io.BufferedReader(_Transcoded(file, encoding), _CHUNK)


class _Transcoded(io.RawIOBase):
    """The text of a file as UTF-8.

    Raises:
        ValueError: it is not in its encoding.
    """

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            data = self._file.read(_CHUNK)
            try:
                self._ready = self._decoder.decode(data, final=not data).encode()
            except UnicodeDecodeError:
                raise ValueError(f"not {self._encoding}, as its byte order mark says; save it as UTF-8") from None
            if not data:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
