"""A second annotator on a Label Studio: signed up by the invite link, with a session of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from annotate.label_studio_server import Studio

PASSWORD = "difference-engine-1"


class Annotator:
    """A person with a browser, who signs up at the link; `joined` is whether the server let them."""

    def __init__(self, studio: Studio, link: str, email: str) -> None:
        self.browser = httpx.Client(base_url=studio.url, trust_env=False, follow_redirects=True, timeout=60)
        parts = urlsplit(link)
        place = f"{parts.path}?{parts.query}"
        self.browser.get(place)
        self.post(place, data={"email": email, "password": PASSWORD})
        self.joined = self.browser.get("/api/current-user/whoami").json().get("email") == email

    def post(self, path: str, **content: Any) -> httpx.Response:
        """A form or JSON, sent as the page would send it."""
        token = self.browser.cookies.get("csrftoken", "")
        headers = {"X-CSRFToken": token, "Referer": str(self.browser.base_url)}
        return self.browser.post(path, headers=headers, **content)

    def submit(self, task: int, result: list[dict[str, Any]], *, skip: bool = False) -> None:
        """Submit an annotation of the task, or skip it."""
        content = {"result": result, "lead_time": 12.5, "was_cancelled": skip}
        answer = self.post(f"/api/tasks/{task}/annotations/", json=content)
        assert answer.status_code == 201, answer.text
