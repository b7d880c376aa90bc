"""Fixtures of the tests that talk to a real Label Studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from annotate.label_studio_server import Studio
    from annotate.labelstudio.connection import Connection


@pytest.fixture
def server(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection to the server that commands and functions find too, by its address and token in the environment."""
    from annotate.labelstudio.connection import connect

    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    return connect()


@pytest.fixture
def title(request: pytest.FixtureRequest) -> str:
    """The title of a project that is the test's own."""
    return str(request.node.name)[-50:]
