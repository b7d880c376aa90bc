"""Answers that Label Studio never gives: one clear error or a quarantined part, whatever a server sends."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.artifacts.label_config import to_label_config
from annotate.errors import AnnotateError, LabelStudioError
from annotate.files import sha256_text
from annotate.jsonl import read_records
from annotate.labelstudio.answers import LARGEST, bound_answers, iter_json_array, redact
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.doctor import doctor
from annotate.labelstudio.pull.pull import Pull, fetch_annotations, write_pull
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Annotation, Prediction
from annotate.schema import load_schema
from tests.support.commands import run
from tests.support.servers import QuietHandler, serving

TOKEN = "0123456789abcdef0123456789abcdef01234567"
TEXT = "NATO met in Brussels."
CONFIG = to_label_config(load_schema())
PROJECT = {
    "id": 1,
    "title": "News",
    "created_at": "2026-01-01T00:00:00Z",
    "label_config": CONFIG,
    "task_number": 1,
    "total_predictions_number": 0,
    "description": "",
}
TASK = {
    "id": 7,
    "annotations": [
        {
            "id": 3,
            "completed_by": 1,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "lead_time": 3.5,
            "result": [
                {
                    "id": "a",
                    "from_name": "entity",
                    "to_name": "text",
                    "type": "labels",
                    "value": {"start": 0, "end": 4, "text": "NATO", "labels": ["ORG"]},
                }
            ],
            "prediction": {},
        }
    ],
    "drafts": [],
    "predictions": [],
    "data": {"text": TEXT, "doc_id": "a", "text_sha256": sha256_text(TEXT)},
    "meta": {},
}

HONEST: dict[str, Any] = {
    "users": [{"id": 1, "email": "ada@example.org"}],
    "export": [TASK],
    "project": PROJECT,
    "projects": {"count": 1, "next": None, "previous": None, "results": [PROJECT]},
    "tasks": {"tasks": [TASK], "total": 1, "total_annotations": 1, "total_predictions": 0},
    "whoami": {"id": 1, "email": "ada@example.org"},
    "version": {"release": "1.23.2", "edition": "Community"},
    "predictions": [],
    "models": [],
}
#: What later pages have nothing of.
EMPTY = {"projects": "results", "tasks": "tasks"}

Answer = tuple[int, dict[str, str], bytes]


def as_json(value: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class Hostile(ThreadingHTTPServer):
    """Answers by path; `answers` replaces what an honest server with one project and one task would send."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: dict[str, Callable[[str], Answer]] = {}
        self.requests: list[str] = []

    def answer(self, path: str) -> Answer:
        self.requests.append(path)
        parts = urlsplit(path)
        name = next((name for name in NAMES if name(parts.path)), None)
        kind = NAMES[name] if name else "other"
        if kind in self.answers:
            return self.answers[kind](path)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        answer = HONEST.get(kind)
        if page > 1 and kind in EMPTY:
            answer = {**HONEST[kind], EMPTY[kind]: []}
        return as_json({"detail": "not found"}, 404) if answer is None else as_json(answer)


NAMES: dict[Callable[[str], bool], str] = {
    lambda path: path.endswith("/whoami"): "whoami",
    lambda path: "/export" in path: "export",
    lambda path: path.startswith("/api/users"): "users",
    lambda path: path.startswith("/api/projects/") and path.rstrip("/")[-1].isdigit(): "project",
    lambda path: path.startswith("/api/projects"): "projects",
    lambda path: path.startswith("/api/tasks"): "tasks",
    lambda path: path.startswith("/api/predictions"): "predictions",
    lambda path: path.startswith("/api/ml"): "models",
    lambda path: path.startswith("/api/version"): "version",
}


class Handler(QuietHandler):
    """One request."""

    server: Hostile
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, content = self.server.answer(self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    do_POST = do_PATCH = do_DELETE = do_GET


@pytest.fixture(scope="module")
def running() -> Iterator[Hostile]:
    found = Hostile()
    with serving(found):
        yield found


@pytest.fixture
def hostile(running: Hostile) -> Iterator[Hostile]:
    running.answers.clear()
    running.requests.clear()
    yield running
    running.answers.clear()


def calls(server: Connection) -> dict[str, Callable[[], Any]]:
    return {
        "users": server.emails,
        "export": lambda: list(server.iter_export(1)),
        "project": lambda: server.get_project(1),
        "projects": lambda: server.find_projects("News"),
        "tasks": lambda: [list(server.iter_tasks(1)), server.last_change(1)],
        "whoami": server.whoami,
        "version": server.version,
        "predictions": lambda: server.list_predictions(task=7),
        "models": lambda: server.list_backends(1),
    }


def test_an_honest_server_is_read(hostile: Hostile) -> None:
    server = connect(hostile.url, TOKEN)
    assert server.emails() == {1: "ada@example.org"}
    [record], certificate = fetch_annotations("News", url=hostile.url, api_key=TOKEN)
    assert (record.annotator, [entity.label for entity in record.entities or ()]) == ("ada@example.org", ["ORG"])
    assert certificate.verified_against is None


WRONG = {
    "null": as_json(None),
    "numbers": as_json([1, 2]),
    "text": as_json("x"),
    "a number": as_json(7),
    "an HTML page": (200, {"Content-Type": "text/html"}, b"<!doctype html><title>log in</title>"),
    "nothing": (200, {"Content-Type": "application/json"}, b""),
    "half": (200, {"Content-Type": "application/json"}, b'{"id": 1, "resul'),
    "deep": (200, {"Content-Type": "application/json"}, b"[" * 100_000),
    "no UTF-8": (200, {"Content-Type": "application/json"}, b'{"id": "\xff\xfe"}'),
    "an error": as_json({"detail": ["x", {"y": None}]}, 400),
    "a redirect loop": (302, {"Location": "/api/loop"}, b""),
}


@pytest.mark.parametrize("kind", HONEST)
@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_of_another_form_is_one_error(hostile: Hostile, kind: str, wrong: str) -> None:
    server = connect(hostile.url, TOKEN)
    for name in (kind, "other"):
        hostile.answers[name] = lambda path: WRONG[wrong]
    with pytest.raises(LabelStudioError) as caught:
        calls(server)[kind]()
    told = str(caught.value)
    assert told.startswith("cannot ")
    assert "\n" not in told
    assert len(told) < 900


def pack(content: bytes) -> Answer:
    return 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(content, 1)


def test_packed_answers_are_read(hostile: Hostile) -> None:
    hostile.answers["users"] = lambda path: pack(json.dumps([{"id": 1, "email": "ada@example.org"}]).encode())
    hostile.answers["export"] = lambda path: pack(json.dumps([TASK]).encode())
    server = connect(hostile.url, TOKEN)
    assert server.emails() == {1: "ada@example.org"}
    assert [task["id"] for task in server.iter_export(1)] == [7]


def test_an_answer_that_is_small_only_while_it_is_packed_is_given_up(hostile: Hostile) -> None:
    bomb = pack(b'[{"id": 1, "email": "' + b" " * LARGEST + b'"}]')
    assert len(bomb[2]) < LARGEST / 100
    hostile.answers["users"] = lambda path: bomb
    with pytest.raises(LabelStudioError, match="answered more than 512 MiB"):
        connect(hostile.url, TOKEN).emails()


@pytest.mark.parametrize(
    ("headers", "content", "problem"),
    [
        ({"Content-Encoding": "gzip"}, b"no gzip", "is damaged"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"[]")[:-9], "is damaged"),
        ({"Content-Encoding": "zstd"}, b"[]", "'zstd', an encoding that nobody asked for"),
    ],
    ids=["no gzip", "half", "zstd"],
)
def test_an_answer_that_cannot_be_unpacked_is_one_error(
    hostile: Hostile, headers: dict[str, str], content: bytes, problem: str
) -> None:
    hostile.answers["users"] = lambda path: (200, headers, content)
    with pytest.raises(LabelStudioError, match=problem):
        connect(hostile.url, TOKEN).emails()


def test_an_answer_that_drips_is_given_up(hostile: Hostile) -> None:
    import httpx

    hostile.answers["users"] = lambda path: as_json(list(range(100_000)))
    with (
        httpx.Client(**bound_answers(longest_s=0)) as client,
        pytest.raises(LabelStudioError, match="did not end within"),
    ):
        client.get(f"{hostile.url}/api/users")


@pytest.mark.parametrize("kind", ["projects", "tasks"])
def test_a_page_that_comes_for_ever_is_noticed(hostile: Hostile, kind: str) -> None:
    results = {
        "projects": {"count": 1, "next": f"{hostile.url}/api/projects?page=2", "results": [PROJECT]},
        "tasks": {"tasks": [TASK], "total": 1, "total_annotations": 0, "total_predictions": 0},
    }
    hostile.answers[kind] = lambda path: as_json(results[kind])
    with pytest.raises(LabelStudioError, match="does not end"):
        calls(connect(hostile.url, TOKEN))[kind]()
    assert len(hostile.requests) < 5


def test_more_tasks_than_announced_are_noticed(hostile: Hostile) -> None:
    def more(path: str) -> Answer:
        first = 1000 * len(hostile.requests)
        tasks = [{"id": first + number} for number in range(500)]
        return as_json({"tasks": tasks, "total": 10, "total_annotations": 0, "total_predictions": 0})

    hostile.answers["tasks"] = more
    with pytest.raises(LabelStudioError, match="10 announced and does not end"):
        list(connect(hostile.url, TOKEN).iter_tasks(1))


def test_an_entry_on_two_pages_counts_once(hostile: Hostile) -> None:
    pages = iter([[1, 2], [2, 3], []])
    hostile.answers["tasks"] = lambda path: as_json(
        {"tasks": [{"id": n} for n in next(pages)], "total": 3, "total_annotations": 0, "total_predictions": 0}
    )
    assert [task["id"] for task in connect(hostile.url, TOKEN).iter_tasks(1)] == [1, 2, 3]


# ------------------------------------------------------------------------------------------------------- exports


def test_an_export_without_the_end_of_a_task_is_given_up() -> None:
    taken = []

    def endless() -> Iterator[bytes]:
        yield b'[{"id": 1, "annotations": [], "data": "'
        while True:
            taken.append(1)
            yield b"x" * 1000

    with pytest.raises(LabelStudioError, match="without the end of a task"):
        list(iter_json_array(endless(), limit=100_000))
    assert len(taken) < 110


def test_reading_an_export_takes_time_in_proportion_to_its_length() -> None:
    def seconds(pieces: int) -> float:
        started = time.process_time()
        with pytest.raises(LabelStudioError):
            list(iter_json_array([b"[{", *[b'"a": 1,   ' * 100] * pieces]))
        return time.process_time() - started

    seconds(100)
    assert seconds(8000) < 40 * max(seconds(1000), 0.001), (
        "eight times the length, and far more than eight times the time"
    )


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=40), st.binary(max_size=60))
@settings(max_examples=200)
def test_any_cuts_of_an_export_give_its_tasks_or_an_error(cuts: list[int], noise: bytes) -> None:
    tasks = [{**TASK, "id": n, "data": {"text": '}, {"id": 4, "annotations": []'}} for n in range(4)]
    whole = json.dumps(tasks).encode()
    pieces = []
    for cut in [*cuts, len(whole)]:
        pieces.append(whole[:cut])
        whole = whole[cut:]
    assert list(iter_json_array(pieces)) == tasks
    with contextlib.suppress(LabelStudioError):
        list(iter_json_array([*pieces[:-1], noise]))


# ------------------------------------------------------------------------------------------------------ contents


ODD: dict[str, Callable[[dict[str, Any]], None]] = {
    "annotations ['x']": lambda task: task.update(annotations=["x"]),
    "annotations null": lambda task: task.update(annotations=None),
    "annotations an object": lambda task: task.update(annotations={"a": 1}),
    "updated_at an int": lambda task: task["annotations"].append({**task["annotations"][0], "id": 4, "updated_at": 5}),
    "title an object": lambda task: task["data"].update(title={"a": 1}),
    "date a number": lambda task: task["data"].update(date=20260101),
    "doc_id a list": lambda task: task["data"].update(doc_id=["a"]),
    "text a list": lambda task: task["data"].update(text=["a"]),
    "text half a surrogate": lambda task: task["data"].update(text="\ud800", text_sha256=None),
    "data a list": lambda task: task.update(data=[1]),
    "id text": lambda task: task.update(id="seven"),
    "meta a list": lambda task: task.update(meta=[1]),
    "meta of others": lambda task: task.update(meta={"annotate": {"layers": "x", "blind": 3}}),
    "result an object": lambda task: task["annotations"][0].update(result={"a": 1}),
    "items": lambda task: task["annotations"][0].update(result=[None, 1, "x", [], {}, {"type": "labels", "value": []}]),
    "ids": lambda task: task["annotations"][0]["result"][0].update(id={"a": 1}),
    "an annotation without id": lambda task: task["annotations"][0].update(id=None),
    "an annotation's id text": lambda task: task["annotations"][0].update(id="three"),
    "value null": lambda task: task["annotations"][0]["result"][0].update(value=None),
    "lead_time text": lambda task: task["annotations"][0].update(lead_time="long"),
    "completed_by a list": lambda task: task["annotations"][0].update(completed_by=[1]),
    "prediction a list": lambda task: task["annotations"][0].update(prediction=[1]),
    "predictions": lambda task: task.update(predictions=[1, "x", {"id": "y"}, {"id": [1], "result": 3}]),
    "drafts": lambda task: task.update(drafts="x"),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_contents_are_quarantined_and_the_output_can_be_read(hostile: Hostile, tmp_path: Path, odd: str) -> None:
    good = json.loads(json.dumps(TASK))
    good["id"], good["data"]["doc_id"] = 8, "good"
    task = json.loads(json.dumps(TASK))
    ODD[odd](task)
    hostile.answers["export"] = lambda path: as_json([task, good])
    output = tmp_path / "a.jsonl"
    pull = Pull("News", url=hostile.url, api_key=TOKEN)
    try:
        write_pull(pull, output, tmp_path / "c.json")
    except LabelStudioError:
        assert odd == "text half a surrogate"  # not JSON that can be read
        return
    assert "good" in {record.id for record in read_records(output, Annotation)}
    harmless = odd in (
        "annotations null",
        "an annotation without id",
        "meta a list",
        "meta of others",
        "predictions",
        "drafts",
    )
    assert harmless or pull.certificate.quarantined


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("", "is no XML"),
        ("no XML", "is no XML"),
        ("<View>", "is no XML"),
        ("<View/>", "has none of the layers"),
        ("<View><Text name='text'/></View>", "has none of the layers"),
    ],
)
def test_an_odd_interface_is_one_error(hostile: Hostile, config: str, problem: str) -> None:
    hostile.answers["project"] = lambda path: as_json({**PROJECT, "label_config": config})
    with pytest.raises(LabelStudioError, match=problem):
        fetch_annotations("News", url=hostile.url, api_key=TOKEN)
    with contextlib.suppress(LabelStudioError):
        list(doctor("News", url=hostile.url, api_key=TOKEN))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """The value with one of its parts, at any depth, replaced by something else."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(damaged(value[name]))}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(damaged(value[place])), *value[place + 1 :]]
    return draw(VALUES)


@given(data=st.data())
@settings(
    max_examples=int(os.environ.get("ANNOTATE_FUZZ", "60")),
    suppress_health_check=list(HealthCheck),
)
def test_any_damaged_answer_is_read_or_refused(running: Hostile, data: st.DataObject, tmp_path: Path) -> None:
    running.answers.clear()
    kind = data.draw(st.sampled_from(["export", "project", "projects", "tasks", "users"]))
    answer = data.draw(damaged(HONEST[kind]))
    running.answers[kind] = lambda path: as_json(answer) if "page=2" not in path else as_json({}, 404)
    output = tmp_path / "a.jsonl"
    since = "2020-01-01" if kind == "tasks" else None
    output.unlink(missing_ok=True)
    with contextlib.suppress(AnnotateError):
        write_pull(Pull("News", since=since, url=running.url, api_key=TOKEN), output)
    if output.exists():
        read_records(output, Annotation)
    with contextlib.suppress(AnnotateError):
        push_predictions([Prediction(id="a", text=TEXT)], "News", url=running.url, api_key=TOKEN, dry_run=True)
    assert doctor("News", url=running.url, api_key=TOKEN)


# -------------------------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("kind", ["version", "projects", "users", "export"])
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403])
def test_an_echoed_token_is_not_shown(hostile: Hostile, kind: str, status: int) -> None:
    headers = {"X-Token": TOKEN, "Set-Cookie": f"token={TOKEN}"}
    if status == 301:
        headers["Location"] = f"ftp://{TOKEN}/"
    body = json.dumps({"detail": f"Token {TOKEN} is bad", "id": TOKEN, "results": TOKEN, "tasks": TOKEN}).encode()
    for name in (kind, "other"):
        hostile.answers[name] = lambda path: (status, {"Content-Type": "application/json", **headers}, body)
    findings = doctor("News", url=hostile.url, api_key=TOKEN)
    assert TOKEN not in " ".join(map(str, findings))
    found = None
    try:
        calls(connect(hostile.url, TOKEN))[kind]()
    except LabelStudioError as error:
        found = error
    assert found is None or TOKEN not in str(found) + repr(found.args) + repr(found.__cause__)
    assert found is None or found.__suppress_context__
    environment = {"LABEL_STUDIO_URL": hostile.url, "LABEL_STUDIO_API_KEY": TOKEN}
    assert TOKEN not in run("pull", "--project", "News", "-o", "-", env=environment, code=None).output


def test_fetched_tokens_are_redacted_too() -> None:
    fetched = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    assert redact(f"{fetched} Bearer abcdefgh12345 Token {TOKEN}", "") == "[token] Bearer [token] Token [token]"
    assert redact("the token that was given", "") == "the token that was given"
