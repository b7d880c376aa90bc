"""Two first pushes at the same time, in processes of their own, end in one project with each article once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from annotate.files import sha256_file
from annotate.jsonl import read_records, write_records
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.pull.pull import fetch_annotations, pull_annotations
from annotate.records import Annotation, Entity, Prediction

PREDICTIONS = [
    Prediction(id=f"article-{n}", text=f"NATO met {n}.", model="made-1", entities=[Entity(0, 4, "ORG")])
    for n in range(20)
]

#: A push that stops before the request which creates the project, until a line comes in.
PUSH = """
import sys, httpx
from pathlib import Path
from annotate.labelstudio.push import push
send = httpx.Client.send
def stop(client, request, **options):
    if request.method == "POST" and request.url.path.rstrip("/").endswith("/api/projects"):
        print("creates", flush=True)
        sys.stdin.readline()
    return send(client, request, **options)
httpx.Client.send = stop
def report(text):
    print(text, flush=True)
push.push_predictions(push.PredictionFile(Path(sys.argv[1])), sys.argv[2], report=report)
print("done", flush=True)
"""


def start(path: Path, title: str, studio: Studio, state: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "LABEL_STUDIO_URL": studio.url,
        "LABEL_STUDIO_API_KEY": studio.api_key,
        "ANNOTATE_STATE_DIR": str(state),
    }
    command = [sys.executable, "-c", PUSH, str(path), title]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def one_project_with_all(studio: Studio, title: str) -> None:
    server = connect(studio.url, studio.api_key)
    [project] = server.find_projects(title)
    counts = Counter(task["data"]["doc_id"] for task in server.iter_tasks(project["id"]))
    assert counts == Counter(prediction.id for prediction in PREDICTIONS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_records(tmp_path / "p.jsonl", PREDICTIONS)
    return tmp_path / "p.jsonl"


def test_on_one_machine_the_second_waits_and_names_the_first(studio: Studio, path: Path, tmp_path: Path) -> None:
    with (
        start(path, "Turns", studio, tmp_path) as first,
        start(path, "Other title", studio, tmp_path) as other,
    ):
        assert read_line(first) == read_line(other) == "creates"
        with start(path, "Turns", studio, tmp_path) as second:
            waiting = read_line(second)
            assert f"the push to 'Turns' at {studio.url}: " in waiting
            assert f"(process {first.pid} on " in waiting
            assert ", since 2" in waiting
            go_on(first)
            go_on(other)
            assert read_line(first) == read_line(second) == read_line(other) == "done"
    one_project_with_all(studio, "Turns")


def test_a_killed_holder_holds_nothing(studio: Studio, path: Path, tmp_path: Path) -> None:
    with start(path, "Killed holder", studio, tmp_path) as first:
        assert read_line(first) == "creates"
        with start(path, "Killed holder", studio, tmp_path) as second:
            assert read_line(second).startswith("waiting for")
            first.send_signal(signal.SIGKILL)
            assert read_line(second) == "creates"
            go_on(second)
            assert read_line(second) == "done"
    one_project_with_all(studio, "Killed holder")


def test_from_two_machines_the_first_project_counts(studio: Studio, path: Path, tmp_path: Path) -> None:
    with (
        start(path, "Two machines", studio, tmp_path / "a") as first,
        start(path, "Two machines", studio, tmp_path / "b") as second,
    ):
        assert read_line(first) == read_line(second) == "creates"
        go_on(first)
        assert read_line(first) == "done"
        go_on(second)
        assert read_line(second) == "done"
    one_project_with_all(studio, "Two machines")


# ------------------------------------------------------------------------------------------ a pull that is killed

#: A pull that stops before its file number N is given its name.
PULL = """
import os, sys
from pathlib import Path
from annotate.cli import app
replace = Path.replace
left = int(sys.argv[1])
def stop(path, target):
    global left
    if str(target).endswith((".jsonl", ".json")):
        left -= 1
        if left == -1:
            print("stopped", flush=True)
            sys.stdin.readline()
    return replace(path, target)
Path.replace = stop
sys.argv = ["annotate", "pull", "--project", sys.argv[2], "-o", sys.argv[3]]
app.main()
"""


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("renamed", [0, 1])
def test_a_killed_pull_leaves_old_or_new_files(
    studio: Studio, path: Path, tmp_path: Path, kill: signal.Signals, renamed: int
) -> None:
    from annotate.labelstudio.push.push import push_predictions

    title = f"Killed pull {kill.name} {renamed}"
    access = {"url": studio.url, "api_key": studio.api_key}
    push_predictions(PREDICTIONS, title, **access)
    server = connect(studio.url, studio.api_key)
    [project] = server.find_projects(title)
    task = next(server.iter_tasks(project["id"]))
    server.create_annotation(task["id"], result=[])
    output, certificate = tmp_path / "a.jsonl", tmp_path / "a.certificate.json"
    output.write_text("old\n")
    certificate.write_text("old\n")
    environment = {**os.environ, "LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}
    command = [sys.executable, "-c", PULL, str(renamed), title, str(output)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert read_line(process) == "stopped"
        process.send_signal(kill)
    assert output.read_text() == "old\n"
    if renamed and kill == signal.SIGKILL:  # the certificate appears first, and has the hash of what was to follow
        assert json.loads(certificate.read_text())["records_sha256"] != sha256_file(output)
    else:
        assert certificate.read_text() == "old\n"
    pull_annotations(title, output, certificate=certificate, **access)
    assert [record.status for record in read_records(output, Annotation)] == ["submitted"]
    assert json.loads(certificate.read_text())["records_sha256"] == sha256_file(output)
    assert fetch_annotations(title, **access)[1].is_clean
