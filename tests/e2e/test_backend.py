"""Live pre-annotation: a real Label Studio asks our service, and shows what it answers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest

from annotate.artifacts.label_config import to_label_config
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import Server, connect
from annotate.schema import load_schema
from annotate.task_json.tasks import read_info, read_predicted

TEXT = "“It is over,” President Joe Biden said in Baghdad on Monday."


@pytest.fixture
def server(studio: Studio) -> Server:
    return connect(studio.url, studio.api_key)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and log of a running `annotate backend`."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "backend.log"
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


def test_a_real_server_gets_live_predictions(server: Server, studio: Studio, service: tuple[str, Path]) -> None:
    url, log = service
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
    assert studio.api_key not in log.read_text()


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
