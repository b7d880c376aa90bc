"""Fixtures that several tests share: the corpora beside the checkout, a real Label Studio, a real Chromium."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.corpora import CORPORA, SHARED

if TYPE_CHECKING:
    from annotate.label_studio_server import Studio

REQUIRE_ALL = os.environ.get("ANNOTATE_REQUIRE_ALL") == "1"

# properties are judged by what holds, not by how fast a busy machine shows it
# The same examples in every run, so that a change is what breaks a test; `make fuzz` looks for new ones.
settings.register_profile(
    "any machine",
    deadline=None,
    derandomize="ANNOTATE_FUZZ" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
    # a mutant is killed by any example that fails, and the smallest one is not looked for
    phases=[phase for phase in Phase if phase is not Phase.shrink or "MUTANT_UNDER_TEST" not in os.environ],
)
settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server or a browser by the fixture that brings it."""
    for item in items:
        for fixture, mark in (("studio", "studio"), ("chromium", "browser")):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; on CI, where everything is to be there, fail."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for what `push` notes, also in other processes, so that the user's own notes stay as they are."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNOTATE_STATE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party corpora; tests that need one are skipped where it is absent."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora at {CORPORA}: figures on third-party data are not checked")
    return CORPORA


@pytest.fixture(scope="session")
def hostile_cases() -> Path:
    """The folder of small files made to hurt; tests that read them are skipped where it is absent."""
    folder = SHARED / "cases" / "hostile"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}: files made to hurt are not tried")
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


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A real Label Studio with `url`, `api_key`, `username` and `password`; each test makes projects of its own.

    A test that stops or kills its server starts one itself, with `start_studio(tmp_path)`.
    """
    if importlib.util.find_spec("label_studio") is None:
        skip_or_fail("no Label Studio: install the extra 'studio'")
    from annotate.label_studio_server import start_studio, stop_studio

    folder = tmp_path_factory.mktemp("studio")
    try:
        yield start_studio(folder)
    finally:
        stop_studio(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty database on a PostgreSQL server of our own."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(programs[-1]) if programs else shutil.which("initdb")
    if found is None:
        skip_or_fail("no PostgreSQL: install the package postgresql to test a team's server")
    # PostgreSQL refuses to run as root; its Debian package brings the user, who cannot read pytest's own folders
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="annotate-postgresql-") as folder:
        if user:
            shutil.chown(folder, user)

        def run(program: str, *arguments: str) -> None:
            command = [str(Path(found).parent / program), *arguments]
            subprocess.run(command, check=True, cwd=folder, user=user, stdout=subprocess.DEVNULL, timeout=120)

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        data = f"{folder}/data"
        run("initdb", "--pgdata", data, "--auth=trust", "--username=studio", "--encoding=UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "--pgdata", data, "--log", f"{folder}/log", "--wait", "-o", options, "start")
        try:
            run("createdb", "--host=127.0.0.1", f"--port={port}", "--username=studio", "label_studio")
            yield f"postgresql://studio:unused@127.0.0.1:{port}/label_studio"
        finally:
            run("pg_ctl", "--pgdata", data, "--mode=immediate", "stop")
