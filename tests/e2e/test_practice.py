"""The practice task: newcomers meet it first and can do all of it, and it is nowhere in what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.formats import read_predictions
from annotate.label_studio_server import Studio
from annotate.label_studio_server.projects import list_projects
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.plan import PushOptions, describe_plan
from annotate.labelstudio.push.push import push_predictions
from annotate.practice import PRACTICE
from annotate.records import Entity, Prediction
from annotate.task_json.practice import TEXT, TITLE
from annotate.workflows.up import invite
from tests.support.annotation_page import AnnotationPage
from tests.support.annotator import PASSWORD, Annotator
from tests.support.browser import log_in
from tests.support.commands import run
from tests.support.spans import range_of

ARTICLES = ("first", "second", "third")
at = partial(range_of, "Rain in Rome.")


def predictions(model: str = "made-1", *ids: str) -> list[Prediction]:
    """Articles of which the last is the least certain; one has in its meta what marks a practice task."""
    return [
        Prediction(
            id=name,
            text="Rain in Rome.",
            model=model,
            score=0.9 - n / 10,
            meta={PRACTICE: "1. Hide.", "practice": True},
            entities=[Entity(*at("Rome"), "GPE")],
        )
        for n, name in enumerate(ids or ARTICLES)
    ]


@pytest.fixture
def server(studio: Studio) -> Connection:
    return connect(studio.url, studio.api_key)


def push(server: Connection, studio: Studio, title: str, **options: Any) -> int:
    plan = push_predictions(predictions(), title, PushOptions(**options), url=studio.url, api_key=studio.api_key)
    return plan.projects[0].project or 0


def all_tasks(studio: Studio, project: int) -> list[dict[str, Any]]:
    """Every task as the server has it, that for practice too."""
    headers = {"Authorization": f"Token {studio.api_key}"}
    query = {"project": project, "fields": "all", "page_size": 100}
    answer = httpx.get(f"{studio.url}/api/tasks", params=query, headers=headers, trust_env=False, timeout=60)
    tasks: list[dict[str, Any]] = answer.raise_for_status().json()["tasks"]
    return tasks


@pytest.fixture
def page(studio: Studio, chromium: Any) -> Iterator[Any]:
    tab = chromium.new_context(viewport={"width": 1500, "height": 1000}).new_page()
    tab.set_default_timeout(60_000)
    yield tab
    tab.context.close()


def begin(page: Any, studio: Studio, project: int, email: str, password: str) -> AnnotationPage:
    """A person who logs in, presses Label All Tasks and closes the instruction."""
    log_in(page, studio.url, email, password)
    page.goto(f"{studio.url}/projects/{project}/data")
    page.get_by_role("button", name="Label All Tasks").click()
    page.wait_for_selector(".lsf-modal-ls_visible")
    page.keyboard.press("Escape")
    page.wait_for_selector(".lsf-modal-ls_visible", state="detached")
    page.wait_for_selector(".htx-highlight[data-label]")
    return AnnotationPage(page, connect(studio.url, studio.api_key), project, {})


def skip(page: Any) -> None:
    with page.expect_response(re.compile(r"/api/tasks/\d+/annotations")) as answer:
        page.get_by_test_id("bottombar-skip-button").click()
    assert answer.value.ok


def test_a_newcomer_does_all_that_it_says_and_goes_on_to_the_first_article(
    studio: Studio, server: Connection, page: Any
) -> None:
    project = push(server, studio, "Practise all")
    link = invite(dir=studio.dir)
    assert Annotator(studio, link, "nia@example.org").joined
    assert Annotator(studio, link, "oto@example.org").joined
    there = begin(page, studio, project, "nia@example.org", PASSWORD)
    page.get_by_role("heading", name=TITLE).wait_for()
    steps = page.locator(".ann-practice").inner_text().splitlines()
    assert [step.partition(". ")[0] for step in steps] == [str(n) for n in range(1, 9)]

    there.select("Northport", "PERSON")
    page.keyboard.press("g")
    there.region("Northport", "GPE").wait_for()
    page.keyboard.press("Escape")
    for name in ("Ana Prado", "Eva Lund"):
        page.keyboard.press("p")
        there.drag_over(name)
        there.region(name, "PERSON").wait_for()
    there.select("bridge", "PERSON")
    page.keyboard.press("Backspace")
    there.region("bridge", "PERSON").wait_for(state="detached")
    page.keyboard.press("s")
    there.drag_over("the mayor")
    speaker = there.region("the mayor", "SPEAKER")
    speaker.wait_for()
    there.select_words("It will carry", "QUOTE")
    links = page.locator("svg.relations-overlay path")
    before = links.count()
    page.keyboard.press("Alt+r")
    speaker.click()
    links.nth(before).wait_for(state="attached")
    page.keyboard.press("Escape")
    there.select_words("The old bridge", "CLAIM")
    page.keyboard.press("4")
    page.wait_for_selector("input[name=yes]:checked")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    there.drag_over("people a day")  # one run of text on the page
    there.select_words("people a day", "CLAIM")
    page.keyboard.press("4")
    page.keyboard.press("8")
    page.wait_for_selector("input[name=commitment_or_prediction]:checked")
    skip(page)
    page.wait_for_function("() => document.querySelector('.ann-body')?.innerText.includes('Rain in Rome')")
    assert page.locator(".ann-practice").inner_text() == ""

    # the next one, in a project where one annotation for each task is enough, begins with it too
    other = page.context.browser.new_context().new_page()
    other.set_default_timeout(60_000)
    begin(other, studio, project, "oto@example.org", PASSWORD)
    other.get_by_role("heading", name=TITLE).wait_for()
    other.context.close()


def test_it_is_nowhere_in_what_comes_back(studio: Studio, server: Connection, tmp_path: Path) -> None:
    project = push(server, studio, "Practise", overlap=2)
    [practice] = [task for task in all_tasks(studio, project) if PRACTICE in task["data"]]
    assert practice["id"] == min(task["id"] for task in all_tasks(studio, project))
    assert (practice["data"]["text"], practice["overlap"]) == (TEXT, 2)
    pia = Annotator(studio, invite(dir=studio.dir), "pia@example.org")
    pia.submit(practice["id"], practice["predictions"][0]["result"])
    pia.submit(min(task["id"] for task in server.iter_tasks(project)), [])
    pia.post(f"/api/tasks/{practice['id']}/drafts", json={"result": []})

    found, certificate = fetch_annotations("Practise", url=studio.url, api_key=studio.api_key)
    assert [record.id for record in found] == ["first"]
    assert (certificate.tasks, certificate.quarantined, certificate.repaired, certificate.drafts) == (3, [], [], {})
    [status] = [one for one in list_projects(studio, lambda config: []) if one.title == "Practise"]
    assert (status.articles, status.annotated, status.finished) == (3, 1, 0)
    assert [(one.annotator, one.submitted, one.skipped, one.left) for one in status.annotators] == [
        ("pia@example.org", 1, 0, 2)
    ]
    said = run("doctor", "--project", "Practise", "--url", studio.url, "--api-key", studio.api_key, code=None).stdout
    assert re.search(r"has 3 tasks, and 1 practice task", said), said

    # the server's own export has it; read as annotations, it is left out and said to be
    export = tmp_path / "export.json"
    export.write_text(json.dumps(all_tasks(studio, project)))
    records, report = read_predictions(export, "labelstudio")
    assert {record.id for record in records} == set(ARTICLES)
    assert "practice task" in str(report)


def test_a_second_push_adds_none_and_an_old_project_stays_as_it_is(studio: Studio, server: Connection) -> None:
    project = push(server, studio, "Practise once")
    assert push(server, studio, "Practise once") == project
    push_predictions(
        predictions("made-1", *ARTICLES, "fourth"), "Practise once", url=studio.url, api_key=studio.api_key
    )
    assert len(all_tasks(studio, project)) == 5
    assert len(server.find_practice(project)) == 1

    without = push(server, studio, "Practise not", practice=False)
    assert push(server, studio, "Practise not") == without
    push_predictions(predictions("made-1", *ARTICLES, "fourth"), "Practise not", url=studio.url, api_key=studio.api_key)
    assert (len(all_tasks(studio, without)), server.find_practice(without)) == (4, [])


def test_a_push_that_ended_before_its_first_article_is_finished_with_it(studio: Studio, server: Connection) -> None:
    made = server.create_project(title="Practise late", label_config="<View/>")
    plan = push_predictions(predictions(), "Practise late", url=studio.url, api_key=studio.api_key)
    assert "  first: a practice task, which counts nowhere" in describe_plan(plan)
    tasks = all_tasks(studio, made["id"])
    assert [PRACTICE in task["data"] for task in sorted(tasks, key=lambda task: task["id"])] == [True, *[False] * 3]


def test_it_comes_first_where_the_least_certain_do(studio: Studio, server: Connection) -> None:
    project = push(server, studio, "Practise unsure", order="uncertain")
    shown = Annotator(studio, invite(dir=studio.dir), "una@example.org").browser.get(f"/api/projects/{project}/next")
    assert PRACTICE in shown.json()["data"]


def test_its_draft_is_of_the_model_that_is_shown(studio: Studio, server: Connection) -> None:
    project = push(server, studio, "Practise anew")
    push_predictions(predictions("made-2"), "Practise anew", url=studio.url, api_key=studio.api_key)
    [practice] = server.find_practice(project)
    [stored] = server.list_predictions(practice)
    assert stored["model_version"] == server.get_project(project)["model_version"] == "made-2"


def test_an_article_cannot_be_hidden_as_practice(studio: Studio, server: Connection) -> None:
    project = push(server, studio, "Practise to hide")
    task = next(task for task in server.iter_tasks(project) if task["data"]["doc_id"] == "second")
    server.create_annotation(task["id"], result=[])
    server.update_task(task["id"], data={**task["data"], PRACTICE: "1. Hide."})
    found, certificate = fetch_annotations("Practise to hide", url=studio.url, api_key=studio.api_key)
    assert ([record.id for record in found], certificate.tasks) == (["second"], 3)


def test_each_layer_has_its_own(studio: Studio, server: Connection) -> None:
    plan = push_predictions(
        predictions(), "Practise passes", PushOptions(layers=["entities"]), url=studio.url, api_key=studio.api_key
    )
    [practice] = [task for task in all_tasks(studio, plan.projects[0].project or 0) if PRACTICE in task["data"]]
    assert "SPEAKER" not in practice["data"][PRACTICE]
    assert {item["from_name"] for item in practice["predictions"][0]["result"]} == {"entity"}
