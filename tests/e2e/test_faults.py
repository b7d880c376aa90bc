"""Whatever breaks in the middle of a push, afterwards every article is there once and no annotation is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.errors import AnnotateError, LabelStudioError
from annotate.jsonl import write_records
from annotate.label_studio_server import Studio, start_studio, stop_studio
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push import push as push_module
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Prediction
from tests.support.made_articles import make_predictions
from tests.support.servers import QuietHandler, serving

ROUNDS = int(os.environ.get("ANNOTATE_FAULT_ROUNDS", "4"))
ARTICLES = 60


@pytest.fixture
def predictions() -> list[Prediction]:
    return list(make_predictions(ARTICLES, regions=10, words=40))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_module, "BATCH_TASKS", 15)


def each_once(server: Connection, title: str) -> int:
    """The number of articles, each proved to be there exactly once with its one prediction, as is the practice task."""
    [project] = server.find_projects(title)
    tasks = list(server.iter_tasks(project["id"]))
    counts = Counter(task["data"]["doc_id"] for task in tasks)
    assert [article for article, count in counts.items() if count > 1] == []
    assert [task["id"] for task in tasks if len(task["predictions"]) != 1] == []
    assert len(server.find_practice(project["id"])) == 1
    return len(tasks)


# ------------------------------------------------------------------------------------------- the push is killed


#: A process that says each request before it goes out, so that a kill can hit a chosen one however fast the machine is.
SAYING = """
import sys, httpx
from annotate.labelstudio.push import push
push.BATCH_TASKS = 15
send = httpx.Client.send
def say(client, request, **options):
    print(request.method, flush=True)
    return send(client, request, **options)
httpx.Client.send = say
"""
PUSH = f"""{SAYING}
from pathlib import Path
push.push_predictions(push.PredictionFile(Path(sys.argv[1])), sys.argv[2])
"""


def start_push(path: Path, title: str, studio: Studio) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}
    command = [sys.executable, "-c", PUSH, str(path), title]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def spread(rounds: int, requests: int, rng: random.Random) -> list[int]:
    """For each round a random request out of its own share of them all, so that the rounds cover the whole push."""
    return [int((number + rng.random()) / rounds * requests) for number in range(rounds)]


@pytest.mark.slow
def test_a_killed_push_is_finished_by_the_next(studio: Studio, predictions: list[Prediction], tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    write_records(path, predictions)
    server = connect(studio.url, studio.api_key)
    with start_push(path, "Push left alone", studio) as process:
        assert process.stdout is not None
        requests = len(process.stdout.readlines())
    assert process.returncode == 0
    rng = random.Random(17)
    survivors = []
    for number, request in enumerate(spread(ROUNDS, requests, rng)):
        title = f"Killed push {number}"
        with start_push(path, title, studio) as process:
            assert process.stdout is not None
            for _ in range(request + 1):
                process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.0, 0.1))
            process.kill()
        found = server.find_projects(title)
        survivors.append(server.get_project(found[0]["id"])["task_number"] if found else -1)
        push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
        assert each_once(server, title) == ARTICLES, f"round {number}"
        again = push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
        assert again.projects[0].unchanged == ARTICLES
    assert ROUNDS < 4 or len(set(survivors)) > 1, f"all kills came at one point: {survivors}"


COMMAND = f"""{SAYING}
from annotate.cli import app
sys.argv = ["annotate", "push", sys.argv[1], "--project", sys.argv[2]]
app.main()
"""


@pytest.mark.slow
def test_a_push_that_is_told_to_end_ends_and_the_next_finishes(
    studio: Studio, predictions: list[Prediction], tmp_path: Path
) -> None:
    path = tmp_path / "p.jsonl"
    write_records(path, predictions)
    server = connect(studio.url, studio.api_key)
    environment = {**os.environ, "LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}
    for title, request in (("Ended early", 2), ("Ended between articles", 6)):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(path), title],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True, text=True,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            for _ in range(request + 1):
                assert process.stdout.readline()
            process.terminate()
            errors = process.stderr.read()
        assert process.returncode == 143, errors
        assert "Traceback" not in errors
        assert "interrupted" in errors
        with pytest.raises(ProcessLookupError):  # nobody of its session is left
            os.killpg(process.pid, 0)
        for found in server.find_projects(title):
            counts = Counter(task["data"]["doc_id"] for task in server.iter_tasks(found["id"]))
            assert set(counts.values()) <= {1}
        push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
        assert each_once(server, title) == ARTICLES
        again = push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
        assert again.projects[0].unchanged == ARTICLES


# ----------------------------------------------------------------------------------------- the server is killed


@contextlib.contextmanager
def watched_requests(
    monkeypatch: pytest.MonkeyPatch, at: int = -1, action: Callable[[], None] = lambda: None
) -> Iterator[list[str]]:
    """The requests made within the block, one by one; starts `action` beside the one of number `at` (from 0)."""
    send = httpx.Client.send
    seen: list[str] = []
    beside = threading.Thread(target=action)

    def watched(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if len(seen) == at:
            beside.start()
        seen.append(request.method)
        return send(client, request, **options)

    with monkeypatch.context() as patched:
        patched.setattr(httpx.Client, "send", watched)
        yield seen
    if beside.ident is not None:
        beside.join()


@pytest.mark.slow
def test_a_killed_server_loses_no_annotation(
    predictions: list[Prediction], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(23)
    studio = start_studio(tmp_path / "studio")
    try:
        push_predictions(predictions[:10], "Annotated", url=studio.url, api_key=studio.api_key)
        server = connect(studio.url, studio.api_key)
        [project] = server.find_projects("Annotated")
        for task in list(server.iter_tasks(project["id"])):
            server.sdk.annotations.create(id=task["id"], result=task["predictions"][0]["result"])
        with watched_requests(monkeypatch) as seen:
            push_predictions(predictions, "Push left alone", url=studio.url, api_key=studio.api_key)
        for number, request in enumerate(spread(max(1, ROUNDS // 3), len(seen), rng)):
            title = f"Killed server {number}"

            def kill(pid: int = studio.pid, delay: float = rng.uniform(0.0, 0.1)) -> None:
                threading.Event().wait(delay)
                os.kill(pid, signal.SIGKILL)

            with watched_requests(monkeypatch, request, kill), contextlib.suppress(LabelStudioError):
                push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
            studio = start_studio(tmp_path / "studio")
            push_predictions(predictions, title, url=studio.url, api_key=studio.api_key)
            server = connect(studio.url, studio.api_key)
            assert each_once(server, title) == ARTICLES, f"round {number}"
            found, certificate = fetch_annotations("Annotated", url=studio.url, api_key=studio.api_key)
            assert len(found) == 10
            assert certificate.is_clean
    finally:
        stop_studio(tmp_path / "studio")


# ------------------------------------------------------------------------------------ the way there is unreliable


class Proxy(ThreadingHTTPServer):
    """Passes requests on; every third POST suffers `fault` after the server has carried it out."""

    daemon_threads = True

    def __init__(self, target: str, fault: str, rng: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.fault = fault
        self.rng = rng
        self.faults = 0
        self.released = threading.Event()
        self.client = httpx.Client(timeout=60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that have gone away are what this is about."""


class Handler(QuietHandler):
    """One request on its way."""

    server: Proxy

    def do_GET(self) -> None:
        self._pass_on(None)

    do_PATCH = do_DELETE = do_GET

    def do_POST(self) -> None:
        unlucky = "/import" in self.path or self.path.endswith("/projects/")
        self._pass_on(self.server.fault if unlucky and self.server.rng.random() < 0.4 else None)

    def _pass_on(self, fault: str | None) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        if fault is not None:
            self.server.faults += 1
        answer = self.server.client.request(self.command, self.server.target + self.path, content=body, headers=headers)
        if fault == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault == "502":
            self._answer(502, b"<html>bad gateway</html>", "text/html")
        elif fault == "stall":
            self.server.released.wait(30)
        else:
            self._answer(answer.status_code, answer.content, answer.headers.get("content-type", ""))

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def unreliable(target: str, fault: str, seed: int) -> Iterator[Proxy]:
    proxy = Proxy(target, fault, random.Random(seed))
    with serving(proxy):
        try:
            yield proxy
        finally:
            proxy.released.set()


@pytest.mark.parametrize("fault", ["drop", "502", "stall"])
def test_lost_answers_make_no_duplicates(
    studio: Studio, predictions: list[Prediction], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "connect", lambda url, key: connect(url, key, timeout_s=5.0))
    title = f"Lost answers {fault}"
    with unreliable(studio.url, fault, seed=3) as proxy:
        for _ in range(5):
            try:
                push_predictions(predictions, title, url=proxy.url, api_key=studio.api_key)
                break
            except AnnotateError:
                continue
        assert proxy.faults > 0
    server = connect(studio.url, studio.api_key)
    assert each_once(server, title) == ARTICLES
    newer = [Prediction(id=p.id, text=p.text, model="made-2", entities=p.entities) for p in predictions]
    with unreliable(studio.url, fault, seed=4) as proxy:
        for _ in range(5):
            with contextlib.suppress(AnnotateError):
                push_predictions(newer, title, url=proxy.url, api_key=studio.api_key)
                break
    assert each_once(server, title) == ARTICLES
    [project] = server.find_projects(title)
    assert server.get_project(project["id"])["model_version"] == "made-2"


def test_an_import_that_is_stored_late_is_tidied_up(studio: Studio, predictions: list[Prediction]) -> None:
    """The server may store a request after we looked for it: the next look finds the articles twice."""
    push_predictions(predictions[:20], "Stored late", url=studio.url, api_key=studio.api_key)
    server = connect(studio.url, studio.api_key)
    [project] = server.find_projects("Stored late")
    tasks = list(server.iter_tasks(project["id"]))
    copies = [{key: task[key] for key in ("data", "meta")} for task in tasks[:7]]
    server.import_tasks(project["id"], copies)
    server.sdk.annotations.create(id=max(t["id"] for t in server.iter_tasks(project["id"])), result=[])
    plan = push_predictions(predictions[:20], "Stored late", url=studio.url, api_key=studio.api_key)
    assert plan.projects[0].surplus == 7
    left = list(server.iter_tasks(project["id"]))
    assert len(left) == 20
    assert sum(task["total_annotations"] for task in left) == 1, "the copy that somebody annotated stays"


def test_a_server_that_is_slow_to_start_is_no_server(predictions: list[Prediction]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(LabelStudioError, match="no server answers"):
        push_predictions(predictions, "Nowhere", url=url, api_key="0" * 40)
    assert time.monotonic() - started < 60
