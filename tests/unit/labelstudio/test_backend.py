"""Bodies that no Label Studio sends: each is refused with one sentence, none is an internal error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from fastapi.testclient import TestClient

from annotate.artifacts.label_config import to_label_config
from annotate.labelstudio.backend import MAX_TEXT, make_backend
from annotate.schema import load_schema

LIMIT = 200_000
CONFIG = to_label_config(load_schema().restrict(("entities",)))
POSTED = ("/predict", "/setup", "/webhook", "/versions")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    # raise_server_exceptions is on: an exception in the application fails the test
    with TestClient(make_backend("rules", max_body_bytes=LIMIT)) as found:
        yield found


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ("x", "tasks is text"),
        (5, "tasks is a number"),
        (None, "tasks is null"),
        ({"id": 1}, "tasks is an object"),
        ([5], "tasks[0] is a number"),
        ([{"data": {}}, None], "tasks[1] is null"),
        ([{"data": []}], "tasks[0].data is a list"),
        ([{"data": "text"}], "tasks[0].data is text"),
    ],
)
def test_malformed_tasks_are_refused_by_place(client: TestClient, tasks: Any, told: str) -> None:
    answer = client.post("/predict", json={"tasks": tasks, "label_config": CONFIG})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(told)
    assert "\n" not in answer.json()["detail"]


def test_a_text_too_long_to_wait_for_gets_no_prediction(caplog: pytest.LogCaptureFixture) -> None:
    word = "Oslo "
    long, short = word * (MAX_TEXT // len(word) + 1), "NATO met in Oslo."
    tasks = [{"id": 1, "data": {"text": long}}, {"id": 2, "data": {"text": short}}]
    with TestClient(make_backend("rules")) as client:
        answer = client.post("/predict", json={"tasks": tasks, "label_config": CONFIG}).json()
    assert [bool(one["result"]) for one in answer["results"]] == [False, True]
    assert f"no prediction for 'task-1': its text has {len(long)} characters; use preannotate and push" in caplog.text


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"a": "\xff"}', "not valid JSON"),
        (b'{"tasks": "\\ud800"}', "not valid JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
    ],
)
def test_bodies_that_are_no_object(client: TestClient, path: str, content: bytes, told: str) -> None:
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "", "json"])
def test_other_content_types(client: TestClient, kind: str) -> None:
    answer = client.post("/predict", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 400
    assert "expected application/json" in answer.json()["detail"]


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("announced", [True, False])
def test_large_bodies_are_refused(client: TestClient, path: str, announced: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * (LIMIT // 10)

    headers = {"content-type": "application/json", **({"content-length": str(11 * LIMIT // 10)} if announced else {})}
    answer = client.post(path, content=pieces(), headers=headers)
    assert answer.status_code == 413
    assert str(LIMIT) in answer.json()["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | st.just(CONFIG),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tasks", "data", "text", "id", "doc_id", "schema", "label_config"]), inner)
    ),
    max_leaves=12,
)
TASK = st.fixed_dictionaries({}, optional={"id": JSON, "data": JSON | st.fixed_dictionaries({"text": JSON})})
REQUEST = st.fixed_dictionaries(
    {}, optional={"tasks": JSON | st.lists(TASK, max_size=3), "label_config": JSON, "schema": JSON | st.text()}
)


@given(path=st.sampled_from(POSTED), body=JSON | REQUEST)
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_json_is_answered_or_refused(client: TestClient, path: str, body: Any) -> None:
    answer = client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["detail"]
    elif path == "/predict":
        assert len(answer.json()["results"]) == len(body.get("tasks", []))


@given(
    content=st.binary(max_size=200), kind=st.sampled_from(["application/json", "application/json; charset=x", "a/b"])
)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_refused(client: TestClient, content: bytes, kind: str) -> None:
    assert client.post("/predict", content=content, headers={"content-type": kind}).status_code == 400
