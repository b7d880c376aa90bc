"""`annotate doctor` finds what is wrong with a real project and names the fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from annotate.artifacts.label_config import to_label_config
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.doctor import Finding, doctor
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Entity, Prediction
from annotate.schema import load_schema
from tests.support.terminal import run_on_terminal

PROJECT = "A project to examine"
PREDICTION = Prediction(id="a", text="NATO met in Rome.", model="made-1", entities=[Entity(0, 4, "ORG")])


@pytest.fixture(autouse=True)
def pushed(server: Connection) -> Iterator[None]:
    """The project, for one test."""
    push_predictions([PREDICTION], PROJECT)
    yield
    for project in server.find_projects(PROJECT):
        server.sdk.projects.delete(id=project["id"])


def problems(findings: list[Finding]) -> str:
    return "\n".join(str(finding) for finding in findings if finding.level == "problem")


def test_a_sound_project_has_no_problem(server: Connection) -> None:
    findings = doctor(PROJECT)
    assert problems(findings) == ""
    assert any("annotators see the predictions of made-1 on 1 task" in finding.what for finding in findings)


def test_what_it_finds_fits_a_terminal_of_80_columns(studio: Studio, server: Connection) -> None:
    [project] = server.find_projects(PROJECT)
    server.update_project(project["id"], show_collab_predictions=False, model_version="")
    known = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key, "COLUMNS": "80", "NO_COLOR": "1"}
    for command, words in (
        (["doctor", "--project", PROJECT], "annotators begin with an empty page"),
        (["status", "--dir", str(studio.dir)], f"project {PROJECT}: 0 of 1 article annotated"),
    ):
        shown = run_on_terminal(command, **known).replace("\r\n", "\n")
        assert words in " ".join(shown.split())
        assert all(len(line) <= 80 or " " not in line.strip() for line in shown.split("\n")), shown


def test_the_token_and_the_address(studio: Studio, server: Connection, tmp_path: Path) -> None:
    assert "a legacy token is refused" in problems(doctor(url=studio.url, api_key="0" * 40))
    assert "no server answers" in problems(doctor(url="http://127.0.0.1:9", api_key="0" * 40))
    assert "not like Label Studio" in problems(doctor(url=f"{studio.url}/nowhere", api_key="0" * 40))
    assert "no embedded Label Studio is running" in problems(doctor(dir=tmp_path))
    assert "annotate push" in problems(doctor("No such project"))


def test_settings_that_hide_predictions(server: Connection) -> None:
    [project] = server.find_projects(PROJECT)
    server.update_project(project["id"], show_collab_predictions=False, model_version="")
    told = problems(doctor(PROJECT))
    assert "annotators begin with an empty page" in told
    assert "shows predictions of 'no model', but those stored are of made-1 (1 task)" in told
    push_predictions([PREDICTION], PROJECT)
    assert problems(doctor(PROJECT)) == "", "the remedy that it names has fixed it"


def test_an_interface_that_left_the_schema(server: Connection) -> None:
    schema = load_schema()
    assert schema.entities is not None
    labels = [msgspec.structs.replace(label, name=label.name.title()) for label in schema.entities.labels]
    other = msgspec.structs.replace(schema, entities=msgspec.structs.replace(schema.entities, labels=labels))
    [project] = server.find_projects(PROJECT)
    server.update_project(project["id"], label_config=to_label_config(other))
    assert "lacks CARDINAL" in problems(doctor(PROJECT))


def test_stored_predictions_that_the_editor_cannot_show(server: Connection) -> None:
    [project] = server.find_projects(PROJECT)
    [task] = server.iter_tasks(project["id"])
    bad = {"id": "x", "from_name": "entity", "to_name": "text", "type": "labels"}
    value = {"start": 3, "end": 99, "text": "beyond the text", "labels": ["ORG"]}
    server.import_predictions(
        project["id"], [{"task": task["id"], "model_version": "made-1", "result": [{**bad, "value": value}]}]
    )
    server.import_tasks(project["id"], [{"data": task["data"]}])
    server.update_task(task["id"], data={**task["data"], "text": "Nato met in Rome."})
    told = problems(doctor(PROJECT))
    assert "offsets [3, 99)" in told
    assert "text that was edited" in told
    assert "1 article in more than one task" in told
