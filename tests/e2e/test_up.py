"""Two annotators in one command: all is checked first, the second joins by a link, status says how far each is."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from annotate.jsonl import read_records, write_records
from annotate.label_studio_server import Studio, stop_studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Article, Entity, Prediction
from annotate.workflows.up import invite, status
from tests.support.annotator import PASSWORD, Annotator
from tests.support.browser import log_in
from tests.support.commands import run
from tests.support.terminal import run_on_terminal

pytestmark = pytest.mark.studio

TEXT = "Ada Lovelace met Charles Babbage in London."
IDS = [f"up-{number}" for number in range(6)]


@pytest.fixture
def articles(tmp_path: Path) -> str:
    path = tmp_path / "articles.jsonl"
    write_records(path, [Article(id=name, text=TEXT) for name in IDS])
    return str(path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--project", "T"], "expected 3 to 50 characters"),
        (["--project", "P" * 45, "--layers", "entities"], "expected 3 to 50 characters"),
        (["--layers", "words"], "expected some of entities, quotes, claims"),
        (["--preannotator", "nobody"], "nobody"),
        (["--schema", "nothing"], "no schema 'nothing'"),
        (["--port", "TAKEN"], "is taken by another program"),
        (["--database", "mysql://x"], "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        (["--public-url", "https://a.example/x"], "expected https://HOST, without a path"),
        (["--backend", "nowhere"], "expected http://HOST:PORT"),
        (["-o", "-"], "is no file"),
        (["-o", "FOLDER"], "is a folder"),
        (["-o", "ARTICLES"], "is also read"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_computed(
    wrong: list[str], message: str, articles: str, tmp_path: Path
) -> None:
    folder, output = tmp_path / "data", tmp_path / "P.jsonl"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        places = {"TAKEN": str(other.getsockname()[1]), "FOLDER": str(tmp_path), "ARTICLES": articles}
        options = [places.get(word, word) for word in wrong]
        if "-o" not in options:
            options += ["-o", str(output)]
        done = run("up", articles, "--no-browser", "--dir", folder, *options, code=1)
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert not folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["articles.jsonl"]


def test_options_for_articles_need_articles(tmp_path: Path) -> None:
    for options in (["--overlap", "2"], ["-o", str(tmp_path / "P.jsonl")]):
        assert "no SOURCES" in run("up", "--no-browser", "--dir", tmp_path / "data", *options, code=1).stderr
    assert not list(tmp_path.iterdir())


def test_two_annotators_in_one_command(studio: Studio, articles: str, tmp_path: Path) -> None:
    output = tmp_path / "P.jsonl"
    command = ["up", articles, "--project", "Pair", "--overlap", "2", "--blind", "0.4", "--order", "uncertain"]
    command += ["--min-score", "0.2", "--jobs", "2", "--preannotator", "rules", "--layers", "entities"]
    command += ["-o", str(output), "--no-browser", "--dir", str(studio.dir)]
    done = run(*command)
    hidden = [name for name in IDS if PushOptions(blind=0.4).withholds(name)]
    assert f"shown without pre-annotation: {len(hidden)} article" in done.stderr
    assert [prediction.id for prediction in read_records(output, Prediction)] == IDS
    assert f"6 articles predicted by {read_records(output, Prediction)[0].model}" in done.stderr
    assert "6 kept from an earlier run" in run(*command).stderr

    server = connect(studio.url, studio.api_key)
    [found] = server.find_projects("Pair (entities)")
    project = server.get_project(found["id"])
    assert (project["maximum_annotations"], project["sampling"]) == (2, "Uncertainty sampling")
    tasks = {task["data"]["doc_id"]: task for task in server.iter_tasks(project["id"])}
    assert [name for name in IDS if not tasks[name]["predictions"]] == hidden != []

    link = run("invite", "--dir", str(studio.dir)).stdout.strip()
    ada, cal = (Annotator(studio, link, f"{name}@example.org") for name in ("ada", "cal"))
    assert (ada.joined, cal.joined) == (True, True)
    for name in IDS[:3]:
        ada.submit(tasks[name]["id"], [])
    cal.submit(tasks[IDS[0]]["id"], [])
    cal.submit(tasks[IDS[1]]["id"], [], skip=True)

    [progress] = [entry for entry in status(studio.dir).projects if entry.title == "Pair (entities)"]
    assert (progress.layers, progress.articles, progress.overlap) == (["entities"], 6, 2)
    assert (progress.annotated, progress.page) == (3, server.project_page(project["id"]))
    assert [(entry.annotator, entry.submitted, entry.skipped, entry.left) for entry in progress.annotators] == [
        ("ada@example.org", 3, 0, 3),
        ("cal@example.org", 1, 1, 4),
    ]
    shown = run("status", "--dir", str(studio.dir)).stdout
    assert "project Pair (entities): 3 of 6 articles annotated" in shown
    ours = shown.partition("project Pair (entities)")[2].partition("\nproject ")[0]  # others have long titles
    assert max(len(line) for line in ours.splitlines() if "/" not in line) <= 80
    told = run("status", "--dir", str(studio.dir), "--format", "json").stdout
    assert studio.password not in told
    assert studio.api_key not in told
    assert json.loads(told)["running"] is True


def test_a_colleague_s_annotation_is_shown_in_the_data_manager_and_not_under_label_all_tasks(
    studio: Studio, chromium: Any, tmp_path: Path
) -> None:
    """What docs/teams.md says about independence."""
    connection = {"url": studio.url, "api_key": studio.api_key}
    prediction = Prediction(id="a", text=TEXT, model="hand-1", entities=[Entity(36, 42, "GPE")])
    plan = push_predictions([prediction], "Independent", PushOptions(overlap=2, practice=False), **connection)
    server = connect(**connection)
    project = plan.projects[0].project or 0
    [task] = server.iter_tasks(project, include="id,data")
    link = invite(dir=studio.dir)
    Annotator(studio, link, "eve@example.org").submit(task["id"], [])
    assert Annotator(studio, link, "fay@example.org").joined

    page = chromium.new_page(viewport={"width": 1500, "height": 1000})
    page.set_default_timeout(60_000)
    log_in(page, studio.url, "fay@example.org", PASSWORD)
    page.goto(f"{server.project_page(project)}?labeling=1")
    page.wait_for_selector(".htx-highlight[data-label$=':GPE']")
    assert page.get_by_text("eve@example.org").count() == 0
    page.goto(server.task_page(project, task["id"]))
    page.locator(".ann-body").wait_for()
    page.get_by_text("eve@example.org").first.wait_for()
    page.close()


def test_status_of_nothing_is_json_too(tmp_path: Path) -> None:
    assert json.loads(run("status", "--dir", str(tmp_path), "--format", "json").stdout)["running"] is False


def test_a_new_link_ends_the_old_one(studio: Studio) -> None:
    old = invite(dir=studio.dir)
    new = run("invite", "--reset", "--dir", str(studio.dir)).stdout.strip()
    assert old != new == invite(url=studio.url, api_key=studio.api_key)
    assert not Annotator(studio, old, "late@example.org").joined
    assert Annotator(studio, new, "early@example.org").joined


def test_invite_needs_a_server(tmp_path: Path) -> None:
    assert "no embedded Label Studio is running" in run("invite", "--dir", tmp_path, code=1).stderr


@pytest.mark.slow
def test_progress_is_for_terminals(articles: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    folder = tmp_path / "data"
    command = ["up", articles, "--preannotator", "rules", "--no-browser", "--dir", str(folder)]
    try:
        shown = run_on_terminal(command, COLUMNS="80")
        assert "starting Label Studio" in shown
        assert "starting" not in run(*command).stderr
    finally:
        stop_studio(folder)
