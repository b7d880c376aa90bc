"""Small HTTP servers of the tests, each in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietHandler(BaseHTTPRequestHandler):
    """A handler that writes nothing to standard error."""

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer | type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of the server, or of one with this handler, which answers within the block."""
    with server if isinstance(server, ThreadingHTTPServer) else ThreadingHTTPServer(("127.0.0.1", 0), server) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
