"""What tests and benchmarks do with a browser and the embedded server."""

from __future__ import annotations

from typing import Any


def log_in(page: Any, url: str, username: str, password: str) -> None:
    """Log a page in to the server at `url`, and wait until it has left the form."""
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_function("!location.pathname.startsWith('/user/login')")
