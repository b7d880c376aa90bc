"""HTTP answers within bounds: no answer fills the memory or lasts for ever, however small it arrives."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from annotate.errors import LabelStudioError
from annotate.labelstudio.answers import LostAnswer

#: The largest answer, unpacked, in bytes: far more than a page of long articles with all their annotations.
LARGEST = 1 << 29
#: How long an answer may take to arrive, in seconds.
LONGEST_S = 600.0
_PIECE = 1 << 20


def bound_answers(*, largest: int = LARGEST, longest_s: float = LONGEST_S) -> dict[str, Any]:
    """The options of an `httpx.Client` that reads answers within bounds; exports arrive as a stream and have none.

    Reading an answer beyond a bound raises `LabelStudioError`.
    """
    import httpx

    class Bounded(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, packed: bool) -> None:
            self.stream = stream
            self.packed = packed

        def __iter__(self) -> Iterator[bytes]:
            return _bound(_unpack(self.stream) if self.packed else self.stream, largest, longest_s)

        def close(self) -> None:
            self.stream.close()

    def bound(answer: httpx.Response) -> None:
        if answer.request.url.path.rstrip("/").endswith("/export"):
            return
        packed = answer.headers.pop("content-encoding", "identity").lower()
        if packed not in ("gzip", "identity"):
            raise LabelStudioError(f"the server answered in {packed!r}, an encoding that nobody asked for")
        answer.headers.pop("content-length", None)
        answer.stream = Bounded(answer.stream, packed == "gzip")

    return {"headers": {"accept-encoding": "gzip"}, "event_hooks": {"response": [bound]}}


def _bound(pieces: Iterable[bytes], largest: int, longest_s: float) -> Iterator[bytes]:
    """The pieces of an answer, as long as they are within the bounds."""
    started, size = time.monotonic(), 0
    for piece in pieces:
        size += len(piece)
        if size > largest:
            raise LabelStudioError(
                f"the server answered more than {largest >> 20} MiB; is this Label Studio? Where articles are very "
                "long, use smaller projects"
            )
        if time.monotonic() - started > longest_s:
            raise LabelStudioError(f"the server's answer did not end within {longest_s:.0f} seconds")
        yield piece


def _unpack(stream: Iterable[bytes]) -> Iterator[bytes]:
    """What an answer packed by gzip holds, in pieces of at most `_PIECE`."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for packed in stream:
        try:
            while packed:
                yield unpacker.decompress(packed, _PIECE)
                packed = unpacker.unconsumed_tail
        except zlib.error as error:
            raise LostAnswer(f"the server's answer is damaged ({error})") from None
    if not unpacker.eof:
        raise LostAnswer("the server's answer is damaged (it ends too early)")
