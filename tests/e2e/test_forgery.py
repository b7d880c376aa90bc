"""Edits of tasks on the server are found by comparing with what was pushed, and are in the certificate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from annotate.artifacts.label_config import to_label_config
from annotate.files import sha256_file, sha256_text
from annotate.jsonl import read_records, write_records
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.pull.certificate import Certificate
from annotate.labelstudio.pull.pull import fetch_annotations, pull_annotations
from annotate.labelstudio.push.ledger import ledger_path
from annotate.labelstudio.push.push import push_predictions
from annotate.printing import to_text
from annotate.records import Annotation, Entity, Prediction
from annotate.schema import load_schema
from tests.support.commands import run

TEXT = "Ada Lovelace said on Monday that taxes rose."
FORGED = "Bob Lovelace lied on Monday that taxes fell."
PUSHED = [
    Prediction(
        id=f"article-{n}",
        text=f"{TEXT} Number {n}.",
        title="A title",
        date="2021-07-26",
        meta={"section": "news"},
        model="made-1",
        entities=[Entity(0, 12, "PERSON")],
    )
    for n in range(3)
]

Edit = Callable[[Connection, dict[str, Any]], None]


def submit_all(server: Connection, project: int) -> None:
    for task in list(server.iter_tasks(project)):
        [stored] = task["predictions"]
        server.create_annotation(task["id"], result=stored["result"], parent_prediction=stored["id"])


def push_and_submit(server: Connection, title: str) -> int:
    """Push three articles and have all annotated; the number of the project."""
    push_predictions(PUSHED, title)
    [project] = server.find_projects(title)
    submit_all(server, project["id"])
    number: int = project["id"]
    return number


def edit_text(server: Connection, task: dict[str, Any]) -> None:
    server.update_task(task["id"], data={**task["data"], "text": FORGED})


def edit_text_and_hash(server: Connection, task: dict[str, Any]) -> None:
    server.update_task(task["id"], data={**task["data"], "text": FORGED, "text_sha256": sha256_text(FORGED)})


def edit_text_and_remove_hash(server: Connection, task: dict[str, Any]) -> None:
    data = {name: value for name, value in task["data"].items() if name != "text_sha256"}
    server.update_task(task["id"], data={**data, "text": FORGED})


def remove_hash(server: Connection, task: dict[str, Any]) -> None:
    server.update_task(task["id"], data={name: value for name, value in task["data"].items() if name != "text_sha256"})


def edit_hash(server: Connection, task: dict[str, Any]) -> None:
    server.update_task(task["id"], data={**task["data"], "text_sha256": sha256_text(FORGED)})


def edit_id(server: Connection, task: dict[str, Any]) -> None:
    server.update_task(task["id"], data={**task["data"], "doc_id": "another"})


def delete(server: Connection, task: dict[str, Any]) -> None:
    server.sdk.tasks.delete(id=task["id"])


def submit_and_edit(server: Connection, title: str, edit: Edit) -> tuple[list[Annotation], Certificate]:
    """Push three articles, have all annotated, edit the first task, and pull."""
    project = push_and_submit(server, title)
    [task] = [task for task in server.iter_tasks(project) if task["data"]["doc_id"] == "article-0"]
    edit(server, task)
    return fetch_annotations(title)


def test_untouched_tasks_are_verified_against_the_ledger(server: Connection, title: str) -> None:
    found, certificate = submit_and_edit(server, title, lambda server, task: None)
    assert len(found) == 3
    assert certificate.is_clean
    assert certificate.verified_against == "ledger"
    assert (certificate.spans_verified, certificate.spans, certificate.missing) == (3, 3, 0)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (edit_text, "text is not the one that was pushed"),
        (edit_text_and_hash, "text is not the one that was pushed"),
        (edit_text_and_remove_hash, "text is not the one that was pushed"),
        (remove_hash, "text_sha256, which was pushed with the text, was removed"),
        (edit_hash, "is not the hash that was pushed"),
    ],
)
def test_an_edited_text_or_hash_is_quarantined(server: Connection, title: str, edit: Edit, reason: str) -> None:
    found, certificate = submit_and_edit(server, title, edit)
    assert {record.id for record in found} == {"article-1", "article-2"}
    assert (certificate.altered, certificate.spans_verified, certificate.spans) == (1, 2, 2)
    [remark] = certificate.quarantined
    assert reason in remark.reason
    assert remark.article_id == "article-0"
    assert not certificate.is_clean


def test_a_changed_id_is_an_article_that_was_never_pushed(server: Connection, title: str) -> None:
    found, certificate = submit_and_edit(server, title, edit_id)
    assert {record.id for record in found} == {"article-1", "article-2"}
    assert (certificate.unknown, certificate.missing) == (1, 1)
    assert [remark.article_id for remark in certificate.quarantined] == ["another", "article-0"]
    assert not certificate.is_clean


def test_a_deleted_task_is_missed(server: Connection, title: str) -> None:
    found, certificate = submit_and_edit(server, title, delete)
    assert len(found) == 2
    assert certificate.missing == 1
    [remark] = certificate.quarantined
    assert (remark.article_id, "no task for it" in remark.reason) == ("article-0", True)
    assert not certificate.is_clean


def test_tasks_whose_articles_were_swapped_are_quarantined(server: Connection, title: str) -> None:
    def swap(server: Connection, task: dict[str, Any]) -> None:
        other = next(one for one in server.iter_tasks(task["project"]) if one["data"]["doc_id"] == "article-1")
        for one, data in ((task, other["data"]), (other, task["data"])):
            server.update_task(one["id"], data=data)

    found, certificate = submit_and_edit(server, title, swap)
    assert {record.id for record in found} == {"article-2"}
    assert (certificate.altered, certificate.spans_verified, certificate.spans) == (2, 1, 1)
    assert {remark.reason for remark in certificate.quarantined} == {
        "the task has the prediction of 'article-0': tasks were given each other's articles",
        "the task has the prediction of 'article-1': tasks were given each other's articles",
    }
    assert not certificate.is_clean


def test_a_duplicated_task_is_named(server: Connection, title: str) -> None:
    def duplicate(server: Connection, task: dict[str, Any]) -> None:
        [copy] = server.import_tasks(
            task["project"], [{"data": task["data"], "meta": task["meta"], "predictions": task["predictions"]}]
        )
        server.create_annotation(copy, result=[])

    found, certificate = submit_and_edit(server, title, duplicate)
    assert len(found) == 3
    assert certificate.duplicated == 1
    assert any("second task for this article" in remark.reason for remark in certificate.quarantined)
    assert not certificate.is_clean


def test_edited_titles_and_meta_come_back_as_they_were_pushed(server: Connection, title: str) -> None:
    def edit(server: Connection, task: dict[str, Any]) -> None:
        noted = {**task["meta"]["annotate"], "blind": True, "layers": [], "article_meta": {"section": "forged"}}
        server.update_task(task["id"], meta={"annotate": noted})
        server.update_task(task["id"], data={**task["data"], "title": "Forged", "date": None, "publisher": "Forged"})

    found, certificate = submit_and_edit(server, title, edit)
    [record] = [record for record in found if record.id == "article-0"]
    assert (record.title, record.date, record.publisher, record.meta, record.blind) == (
        *("A title", "2021-07-26", None, {"section": "news"}),
        False,
    )
    assert record.predicted is not None
    told = " ".join(remark.reason for remark in certificate.repaired)
    for name in ("title", "date", "publisher", "meta"):
        assert f"the {name} was changed" in told or f"the task's {name} was changed" in told
    assert not certificate.is_clean


@pytest.mark.parametrize("model", ["made-1", "another-model"])
def test_a_replaced_prediction_is_not_what_was_pushed(server: Connection, title: str, model: str) -> None:
    push_predictions(PUSHED, title)
    [project] = server.find_projects(title)
    task = next(task for task in server.iter_tasks(project["id"]) if task["data"]["doc_id"] == "article-0")
    [stored] = task["predictions"]
    forged = [{**item, "value": {**item["value"], "end": 3, "text": "Ada"}} for item in stored["result"]]
    server.update_prediction(stored["id"], result=forged, model_version=model, task=task["id"])
    submit_all(server, project["id"])
    found, certificate = fetch_annotations(title)
    [record] = [record for record in found if record.id == "article-0"]
    assert record.predicted is None
    assert certificate.altered_predictions == 1
    assert certificate.changes["entities"]["pushed"] == 2
    assert any("began from was not pushed" in remark.reason for remark in certificate.quarantined)
    assert not certificate.is_clean


def test_annotations_with_words_of_another_text_are_named(server: Connection, title: str) -> None:
    def copy(server: Connection, task: dict[str, Any]) -> None:
        result = [
            {**item, "value": {**item["value"], "text": FORGED[:12]}} for item in task["predictions"][0]["result"]
        ]
        server.create_annotation(task["id"], result=result)

    _, certificate = submit_and_edit(server, title, copy)
    assert certificate.regions_with_other_words == 1
    assert any("carries other words" in remark.reason for remark in certificate.repaired)
    assert not certificate.is_clean


def test_an_annotation_deleted_since_the_last_pull_is_named(server: Connection, title: str, tmp_path: Path) -> None:
    push_and_submit(server, title)
    output = tmp_path / "a.jsonl"
    assert pull_annotations(title, output).is_clean
    assert pull_annotations(title, output).is_clean
    gone = read_records(output, Annotation)[1]
    server.sdk.annotations.delete(id=gone.annotation_id)
    certificate = pull_annotations(title, output)
    assert (certificate.deleted, certificate.submitted) == (1, 2)
    [remark] = certificate.quarantined
    assert (remark.article_id, remark.annotator, remark.item) == (gone.id, gone.annotator, gone.annotation_id)
    assert "deleted on the server" in remark.reason
    assert not certificate.is_clean
    assert pull_annotations(title, output).is_clean


def test_an_interface_that_shows_something_else_is_named(server: Connection, title: str) -> None:
    project = push_and_submit(server, title)
    config = server.get_project(project)["label_config"]
    server.update_project(project, label_config=config.replace('"$text"', '"$title"'))
    _, certificate = fetch_annotations(title)
    [remark] = certificate.quarantined
    assert "the interface was changed to show '$title' instead of the text" in remark.reason
    assert (remark.project, certificate.is_clean) == (title, False)


def test_labels_that_were_changed_in_the_interface_are_named(server: Connection, title: str) -> None:
    project = push_and_submit(server, title)
    config = server.get_project(project)["label_config"]
    assert 'value="FAC"' in config
    server.update_project(project, label_config=config.replace('value="FAC"', 'value="CASTLE"'))
    found, certificate = fetch_annotations(title)
    assert len(found) == 3
    [remark] = certificate.quarantined
    assert "lacks FAC" in remark.reason
    assert "has beside the schema CASTLE" in remark.reason
    assert (remark.project, certificate.is_clean) == (title, False)


@pytest.mark.parametrize("predictions", [None, PUSHED])
def test_a_layer_that_was_removed_from_the_interface_is_named(
    server: Connection, title: str, predictions: list[Prediction] | None
) -> None:
    push_predictions(PUSHED, title)
    [project] = server.find_projects(title)
    config = to_label_config(load_schema("news").restrict(("quotes", "claims")))
    server.update_project(project["id"], label_config=config)
    _, certificate = fetch_annotations(title, predictions=predictions)
    assert any("the interface lacks entities" in remark.reason for remark in certificate.quarantined)
    assert not certificate.is_clean


def test_nothing_known_outside_of_the_server_is_nothing_verified(
    server: Connection, title: str, tmp_path: Path
) -> None:
    project = push_and_submit(server, title)
    ledger_path(server.get_project(project)).unlink()  # as on another machine
    found, certificate = fetch_annotations(title)
    assert len(found) == 3
    assert certificate.verified_against is None
    assert (certificate.spans_verified, certificate.spans) == (0, 3)
    assert not certificate.is_clean
    assert "give the pushed file with --predictions" in to_text(certificate.summary())
    found, certificate = fetch_annotations(title, predictions=PUSHED)
    assert certificate.is_clean
    assert (certificate.verified_against, certificate.spans_verified) == ("predictions", 3)
    other = [msgspec.structs.replace(PUSHED[0], text=f"{FORGED} Number 0."), *PUSHED[1:]]
    found, certificate = fetch_annotations(title, predictions=other)
    assert (len(found), certificate.altered) == (2, 1)
    # a further push of the same file notes it again
    assert push_predictions(PUSHED, title).projects[0].is_noop
    assert fetch_annotations(title)[1].is_clean


def test_the_command_fails_with_strict_and_writes_the_hash_of_its_file(
    server: Connection, title: str, tmp_path: Path
) -> None:
    submit_and_edit(server, title, edit_text_and_hash)
    write_records(tmp_path / "p.jsonl", PUSHED)
    output = tmp_path / "a.jsonl"
    done = run("pull", "--project", title, "-o", output, "--strict", "--predictions", tmp_path / "p.jsonl", code=1)
    assert "not clean" in done.stderr
    assert "2 of 2 spans verified" in done.stderr
    certificate = json.loads((tmp_path / "a.certificate.json").read_text())
    assert certificate["clean"] is False
    assert certificate["records_sha256"] == sha256_file(output)
    assert [json.loads(line)["status"] for line in output.read_text().splitlines()] == ["submitted"] * 2
    assert len(read_records(output, Annotation)) == 2


def test_no_edit_gives_a_project_another_ledger(server: Connection, studio: Studio, title: str) -> None:
    push_predictions(PUSHED, title)
    [project] = server.find_projects(title)
    before = ledger_path(server.get_project(project["id"]))
    edit = {"title": f"{title[:30]} renamed", "description": "edited", "created_at": "2020-01-01T00:00:00Z", "id": 7}
    headers = {"Authorization": f"Token {studio.api_key}"}
    httpx.patch(f"{studio.url}/api/projects/{project['id']}", json=edit, headers=headers).raise_for_status()
    assert server.get_project(project["id"])["description"] == "edited"
    assert ledger_path(server.get_project(project["id"])) == before
