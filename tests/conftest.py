"""Fixtures that several tests share: the corpora beside the checkout, a real Label Studio, a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
REQUIRE_ALL = os.environ.get("ANNOTATE_REQUIRE_ALL") == "1"


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; on CI, where everything is to be there, fail."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party corpora; tests that need one are skipped where it is absent."""
    folder = Path(os.environ.get("ANNOTATE_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}: figures on third-party data are not checked")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium (Playwright driving the system's own browser); use `chromium.new_page()`."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    path = path or shutil.which("google-chrome")
    if path is None:
        skip_or_fail("no Chromium found: install the package chromium, or set CHROMIUM to a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()
