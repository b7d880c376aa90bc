"""Live pre-annotation: a real Label Studio asks our service, and shows what it answers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import IO

import httpx
import pytest

from annotate.artifacts.label_config import to_label_config
from annotate.errors import StudioError
from annotate.label_studio_server import Studio, start_studio, stop_studio
from annotate.label_studio_server.settings import server_environment
from annotate.labelstudio.connection import connect
from annotate.schema import load_schema
from annotate.task_json.tasks import read_info, read_predicted
from tests.support.servers import QuietHandler, serving

TEXT = "“It is over,” President Joe Biden said in Baghdad on Monday."


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and log of a running `annotate backend`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("backend") / "backend.log"
    with log.open("wb") as file:
        process = _start(port, file)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 90
    while not _answers(url):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
    yield url, log
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def allowing(service: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A Label Studio that may connect to the service."""
    folder = tmp_path_factory.mktemp("allowing")
    try:
        yield start_studio(folder, backend=service[0])
    finally:
        stop_studio(folder)


def _start(port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    code = "from annotate.cli.app import main; main()"
    command = [sys.executable, "-c", code, "backend", "--preannotator", "rules", "--port", str(port)]
    return subprocess.Popen(command, stdout=log, stderr=log)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=1).json() == {"status": "UP"}
    except httpx.TransportError:
        time.sleep(0.2)  # the process is loading; there is nothing to wait on but its port
        return False


def test_a_real_server_gets_live_predictions(allowing: Studio, service: tuple[str, Path]) -> None:
    url, log = service
    server = connect(allowing.url, allowing.api_key)
    schema = load_schema()
    project = server.create_project(title="Live", label_config=to_label_config(schema))
    [task] = server.import_tasks(project["id"], [{"data": {"text": TEXT, "doc_id": "live-1"}}])
    server.sdk.ml.create(url=url, project=project["id"], title="rules", timeout=30, is_interactive=False)
    server.sdk.actions.create(
        project=project["id"], id="retrieve_tasks_predictions", selected_items={"all": False, "included": [task]}
    )
    [stored] = server.list_predictions(task=task)
    layers = read_predicted(stored, TEXT, schema, read_info({}))
    assert stored["model_version"].startswith("rules-")
    assert ("Baghdad", "GPE") in {(TEXT[e.start : e.end], e.label) for e in layers.entities or ()}
    assert allowing.api_key not in log.read_text()


def test_requests_that_do_not_fit(service: tuple[str, Path]) -> None:
    url, log = service
    setup = {"project": "1.1", "schema": "<View/>", "access_token": "a-very-secret-token"}
    answer = httpx.post(f"{url}/setup", json=setup)
    assert answer.status_code == 400
    assert "none of the layers" in answer.json()["detail"]
    config = to_label_config(load_schema().restrict(("entities",)))
    tasks = [{"id": 1, "data": {"text": TEXT}}, {"id": 2, "data": {}}, {"id": 3, "data": {"text": 7}}]
    results = httpx.post(f"{url}/predict", json={"tasks": tasks, "label_config": config}).json()["results"]
    assert len(results) == 3
    assert {item["from_name"] for item in results[0]["result"]} == {"entity"}
    assert [entry["result"] for entry in results[1:]] == [[], []]
    assert "a-very-secret-token" not in log.read_text()


def test_no_other_local_address_is_let_through(allowing: Studio, service: tuple[str, Path]) -> None:
    server = connect(allowing.url, allowing.api_key)
    project = server.create_project(title="Guarded", label_config=to_label_config(load_schema()))["id"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        near = f"http://127.0.0.1:{other.getsockname()[1]}"
        for url in (near, f"{near}/?{service[0]}", service[0].replace("127.0.0.1", "127.0.0.2"), "http://[::1]:80"):
            assert _connect_model(allowing, project, url).status_code >= 400, url
        other.settimeout(0)
        with pytest.raises(BlockingIOError):  # and nothing was sent there
            other.accept()


class _Redirect(QuietHandler):
    """Answers every request with the way to another address, `target` of the server."""

    def _redirect(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(307)
        self.send_header("Location", self.server.target)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _redirect


@pytest.mark.slow
def test_a_backend_leads_to_no_other_local_address(tmp_path: Path) -> None:
    """The one address that is let through may answer with a redirect; where that leads is looked at again."""
    backend = ThreadingHTTPServer(("127.0.0.1", 0), _Redirect)
    with socket.socket() as inside, serving(backend) as url:
        inside.bind(("127.0.0.1", 0))
        inside.listen()
        backend.target = f"http://127.0.0.1:{inside.getsockname()[1]}/"  # type: ignore[attr-defined]
        backend.asked = []  # type: ignore[attr-defined]
        try:
            studio = start_studio(tmp_path, backend=url)
            server = connect(studio.url, studio.api_key)
            project = server.create_project(title="Redirected", label_config=to_label_config(load_schema()))["id"]
            answer = _connect_model(studio, project, url)
            assert backend.asked, "the backend itself is asked"  # type: ignore[attr-defined]
            assert answer.status_code >= 400, answer.text
            inside.settimeout(0)
            with pytest.raises(BlockingIOError):  # and nothing was sent to where it leads
                inside.accept()
        finally:
            stop_studio(tmp_path)


def test_without_the_option_the_service_is_refused(studio: Studio, service: tuple[str, Path]) -> None:
    server = connect(studio.url, studio.api_key)
    project = server.create_project(title="Not allowed", label_config=to_label_config(load_schema()))["id"]
    answer = _connect_model(studio, project, service[0])
    assert answer.status_code == 403
    assert "reserved network address" in answer.text


def test_a_shown_server_lets_no_local_address_through(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="without --public-url or without --backend"):
        start_studio(tmp_path / "data", public_url="https://annotate.example.org", backend="http://127.0.0.1:9090")
    environment = server_environment(tmp_path, public_url="https://annotate.example.org")
    assert environment["LABEL_STUDIO_SSRF_PROTECTION_ENABLED"] == "true"
    assert environment["LABEL_STUDIO_ML_BLOCK_LOCAL_IP"] == "true"
    assert environment["LABEL_STUDIO_ALLOWED_HOSTS"] == "127.0.0.1,localhost,annotate.example.org"
    assert "ANNOTATE_BACKEND_URL" not in environment


@pytest.mark.parametrize(
    "url", ["127.0.0.1:9090", "http://127.0.0.1", "http://h:99999", "http://h:1/path", "ftp://h:1"]
)
def test_malformed_backend_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(StudioError, match="expected http://HOST:PORT"):
        server_environment(tmp_path, backend=url)


def test_a_large_body_is_refused_before_it_is_sent(service: tuple[str, Path]) -> None:
    host, port = service[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = (
            "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def _connect_model(studio: Studio, project: int, url: str) -> httpx.Response:
    headers = {"Authorization": f"Token {studio.api_key}"}
    body = {"url": url, "project": project, "title": "model"}
    return httpx.post(f"{studio.url}/api/ml/", json=body, headers=headers, timeout=60)
