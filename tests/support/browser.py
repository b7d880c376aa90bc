"""What tests and benchmarks do with a browser and the embedded server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotate.label_studio_server import Studio


def log_in(page: Any, url: str, username: str, password: str) -> None:
    """Log a page in to the server at `url`, and wait until it has left the form."""
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_function("!location.pathname.startsWith('/user/login')")


@contextlib.contextmanager
def watched_page(chromium: Any, **settings: Any) -> Iterator[Any]:
    """A new page: `page.errors` is what goes wrong in it, `page.requests` every address that it asks for."""
    page = chromium.new_page(**settings)
    page.errors, page.requests = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: page.requests.append(request.url))
    yield page
    page.close()


@contextlib.contextmanager
def logged_in(chromium: Any, studio: Studio) -> Iterator[Any]:
    """A watched page in which the owner of the server is logged in."""
    with watched_page(chromium, viewport={"width": 1500, "height": 1000}) as page:
        page.set_default_timeout(60_000)
        log_in(page, studio.url, studio.username, studio.password)
        yield page
