"""Answers of a server, not trusted: their form and size, how long they take, errors in one sentence, no tokens."""

from __future__ import annotations

import contextlib
import json
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec

from annotate.errors import LabelStudioError

Dict = dict[str, Any]

PAGE = 500
MAX_TASK_BYTES = 256 << 20  # Label Studio takes no larger upload

# quotation marks inside of strings are escaped, so this never matches within a text
TASK_BOUNDARY = re.compile(
    rb'\}\s{0,99},\s{0,99}(?=\{\s{0,99}"id"\s{0,99}:\s{0,99}\d{1,30}\s{0,99},\s{0,99}"annotations"\s{0,99}:)'
)
LONGEST_BOUNDARY = 1024
#: The largest answer, unpacked, in bytes: far more than a page of long articles with all their annotations.
LARGEST = 1 << 29
#: How long an answer may take to arrive, in seconds.
LONGEST_S = 600.0
_PIECE = 1 << 20

# what a server may echo of a token: `Token ...`, `Bearer ...` and JSON Web Tokens, also those that the SDK fetched
ANY_TOKEN = re.compile(r"(?i:(?<=\bToken )|(?<=\bBearer ))[\w.~+/=-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+")
REDACTED = "[token]"


class LostAnswer(LabelStudioError):
    """The server did not answer, or answered that it cannot now; what was asked for may or may not have happened."""


class NotFound(LabelStudioError):
    """The server has no such thing."""


def bound_answers(*, longest_s: float = LONGEST_S) -> dict[str, Any]:
    """The options of an `httpx.Client` that reads answers within bounds; exports arrive as a stream and have none.

    Reading an answer beyond a bound raises `LabelStudioError`.
    """
    import httpx

    class Bounded(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, packed: bool) -> None:
            self.stream = stream
            self.packed = packed

        def __iter__(self) -> Iterator[bytes]:
            return _bound(_unpack(self.stream) if self.packed else self.stream, longest_s)

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


def _bound(pieces: Iterable[bytes], longest_s: float) -> Iterator[bytes]:
    """The pieces of an answer, as long as they are within the bounds."""
    started, size = time.monotonic(), 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST:
            raise LabelStudioError(
                f"the server answered more than {LARGEST >> 20} MiB; is this Label Studio? Where articles are very "
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


def iter_json_array(chunks: Iterable[bytes], *, limit: int = MAX_TASK_BYTES) -> Iterator[Dict]:
    """The tasks of an exported JSON array that arrives in pieces, one by one; holds little more than one piece.

    >>> list(iter_json_array([b'[{"id": 1, "annotations": []}, {"id"', b': 2, "annotations": ["}]"]}]']))
    [{'id': 1, 'annotations': []}, {'id': 2, 'annotations': ['}]']}]

    Args:
        chunks: the pieces, of any size.
        limit: bytes without the end of a task after which reading stops.

    Raises:
        LabelStudioError: the array ends too early, is none, or holds something else than tasks.
    """
    buffer, opened, searched = bytearray(), False, 0
    for chunk in chunks:
        buffer += chunk
        if not opened:
            del buffer[: len(buffer) - len(buffer.lstrip())]
            if not buffer:
                continue
            if not buffer.startswith(b"["):
                raise LabelStudioError("the export is not a list of tasks")
            del buffer[:1]
            opened = True
        start = 0
        for boundary in TASK_BOUNDARY.finditer(buffer, searched):
            yield from _decode_tasks(buffer[start : boundary.start() + 1])
            start = boundary.end()
        del buffer[:start]
        searched = max(0, len(buffer) - LONGEST_BOUNDARY)  # what lies before cannot begin a boundary any more
        if len(buffer) > limit:
            raise LabelStudioError(
                f"the export has {limit} bytes without the end of a task; this is no export of tasks"
            )
    rest = buffer.strip()
    if not opened or not rest.endswith(b"]"):
        raise LostAnswer("the export broke off in the middle; pull again")
    yield from _decode_tasks(rest[:-1])


def _decode_tasks(piece: bytearray) -> list[Dict]:
    """The tasks in a piece between two boundaries: one, or all where the server spells them otherwise."""
    try:
        return msgspec.json.decode(b"[%b]" % bytes(piece), type=list[Dict])
    except msgspec.ValidationError as error:
        raise LabelStudioError(f"the export holds something else than tasks ({error})") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise LostAnswer("the export is damaged; pull again") from None
    except RecursionError:
        raise LabelStudioError("the export is nested too deeply to be a list of tasks") from None


def redact(text: str, token: str) -> str:
    """The text without the token and without anything else that is marked as one.

    >>> redact("Invalid token 0123456789abcdef.", "0123456789abcdef")
    'Invalid token [token].'
    """
    if token:
        text = text.replace(token, REDACTED)
    return ANY_TOKEN.sub(REDACTED, text)


def iter_pages(pager: Any) -> Iterator[Dict]:
    """The entries of a list that comes in pages, each once.

    Raises:
        LabelStudioError: a page repeats earlier ones, or there are far more entries than the server announced.
    """
    from label_studio_sdk.core.api_error import ApiError

    seen: set[int] = set()
    announced = 0
    page = pager
    while page is not None:
        entries = [plain(entry, id=int) for entry in listed(page.items)]
        new = [entry for entry in entries if entry["id"] not in seen]
        if entries and not new:
            raise LabelStudioError(f"the list repeats entry {entries[0]['id']} on a further page and does not end")
        seen.update(entry["id"] for entry in new)
        totals = [getattr(page.response, name, None) for name in ("total", "count")]
        announced = max([announced, *(total for total in totals if isinstance(total, int))])
        if len(seen) > 2 * announced + PAGE:
            raise LabelStudioError(f"the list has {len(seen)} entries of {announced} announced and does not end")
        yield from new
        if not entries or not page.has_next:
            return
        try:
            page = page.get_next()
        except ApiError as error:  # the server's way to end a list
            if error.status_code == 404:
                return
            raise


@contextlib.contextmanager
def explained(what: str, url: str, token: str) -> Iterator[None]:
    """Turns whatever the SDK and its HTTP client raise into one sentence without headers and tokens."""
    try:
        yield
    except LabelStudioError as error:
        message = str(error)
        if what not in message:
            message = f"{what}: {message}"
        raise type(error)(redact(message, token)) from None
    except (NameError, ImportError, AssertionError):  # a bug of ours keeps its traceback
        raise
    except Exception as error:
        found = _explain(error, what, url)
        raise type(found)(redact(str(found), token)) from None


def _explain(error: Exception, what: str, url: str) -> LabelStudioError:
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    if isinstance(error, ApiError):
        return _explain_answer(error, what, url)
    if isinstance(error, httpx.TimeoutException):
        return LostAnswer(f"{what}: {url} did not answer in time")
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)):
        return LabelStudioError(f"{what}: {url!r} or its token is not well formed")
    if isinstance(error, httpx.ConnectError):
        return LostAnswer(f"{what}: no server answers at {url}; is it running? (`annotate status`, `annotate up`)")
    if isinstance(error, httpx.TransportError):
        return LostAnswer(f"{what}: the connection to {url} broke off")
    if isinstance(error, httpx.TooManyRedirects):
        return LabelStudioError(f"{what}: {url} redirects without end; correct --url")
    # the SDK fails in many ways on an answer that has not the form it expects
    return LabelStudioError(
        f"{what}: {url} answered, but not like Label Studio ({type(error).__name__}); correct --url, or see its log"
    )


def _explain_answer(error: Any, what: str, url: str) -> LabelStudioError:
    status = error.status_code
    detail = _detail(error.body)
    if status == 401:
        return LabelStudioError(f"{what}: {url} refuses the token ({detail}); see `annotate doctor`")
    if status == 404:
        return NotFound(f"{what}: not found at {url}")
    if status is None or status in (408, 409, 425, 429) or status >= 500:
        return LostAnswer(f"{what}: {url} answered {status or 'nothing'} ({detail})")
    return LabelStudioError(f"{what}: {url} answered {status}: {detail}")


def _detail(body: Any) -> str:
    if isinstance(body, dict):
        found = body.get("validation_errors") or body.get("detail") or body
        body = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    text = " ".join(str(body or "no details").split())
    if text.lower().startswith(("<!doctype", "<html")):
        text = "an HTML page"
    return text if len(text) <= 500 else f"{text[:500]}..."


def plain(model: Any, **fields: type | tuple[type, ...]) -> Dict:
    """A model of the SDK as plain JSON values.

    Args:
        fields: names that must be there, with their types.

    Raises:
        LabelStudioError: the server sent something else than such an object.
    """
    found = (
        model
        if isinstance(model, dict)
        else model.model_dump(mode="json", warnings=False)
        if hasattr(model, "model_dump")
        else None
    )
    if found is None:
        raise LabelStudioError(f"the server sent a {type(model).__name__} instead of an object; is this Label Studio?")
    for name, kind in fields.items():
        if not isinstance(found.get(name), kind) or isinstance(found.get(name), bool):
            raise LabelStudioError(
                f"the server sent an object whose {name!r} is a {type(found.get(name)).__name__}; is this Label Studio?"
            )
    return cast(Dict, found)


def listed(value: Any) -> list[Any]:
    """The value, which must be a list."""
    if not isinstance(value, list):
        raise LabelStudioError(f"the server sent a {type(value).__name__} instead of a list; is this Label Studio?")
    return value
