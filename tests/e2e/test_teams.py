"""A team on PostgreSQL: Label Studio on a real database server, two annotators with log-ins of their own, one loop."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from annotate.agreement import agree
from annotate.label_studio_server import Studio, start_studio, stop_studio
from annotate.labelstudio.connection import connect
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Entity, Prediction
from annotate.workflows.up import invite
from tests.support.annotator import Annotator

pytestmark = [pytest.mark.studio, pytest.mark.slow]

TEXT = "Ada Lovelace met Charles Babbage in London."
PREDICTION = Prediction(id="a", text=TEXT, model="hand-1", entities=[Entity(0, 12, "PERSON"), Entity(36, 42, "GPE")])
PUBLIC_URL = "https://annotate.example.org"


@pytest.fixture(scope="module")
def team(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("team")
    try:
        yield start_studio(folder, database=postgresql, public_url=PUBLIC_URL)
    finally:
        stop_studio(folder)


def test_two_people_annotate_on_postgresql(team: Studio) -> None:
    connection = {"url": team.url, "api_key": team.api_key}
    plan = push_predictions([PREDICTION], "Team", PushOptions(overlap=2), **connection)
    number = plan.projects[0].project
    assert number is not None
    assert not (team.dir / "label_studio.sqlite3").exists(), "the data went to SQLite"

    headers = {"Authorization": f"Token {team.api_key}"}
    project = httpx.get(f"{team.url}/api/projects/{number}/", headers=headers, trust_env=False).json()
    assert project["show_instruction"]
    assert "Lovelace" not in project["expert_instruction"]
    assert re.search(r"PERSON.*<mark>Mustafa al-Kadhimi</mark>", project["expert_instruction"], re.DOTALL)

    [task] = connect(**connection).iter_tasks(number, include="id,data")
    shown = httpx.get(f"{team.url}/api/tasks/{task['id']}/", headers=headers, trust_env=False).json()
    result = shown["predictions"][0]["result"]
    link = invite(dir=team.dir)
    assert link.startswith(f"{PUBLIC_URL}/user/signup/?token=")
    Annotator(team, link, "ada@example.org").submit(task["id"], result)
    moved = [
        {**item, "value": {**item["value"], "start": 17, "end": 32}} if i else item for i, item in enumerate(result)
    ]
    Annotator(team, link, "bob@example.org").submit(task["id"], moved)

    records, certificate = fetch_annotations("Team", **connection)
    assert {(record.annotator, len(record.entities or ())) for record in records} == {
        ("ada@example.org", 2),
        ("bob@example.org", 2),
    }
    assert not certificate.quarantined
    assert push_predictions([PREDICTION], "Team", **connection).projects[0].is_noop
    assert agree(records, trials=10).to_dict()


@pytest.mark.parametrize(("origin", "expected"), [(PUBLIC_URL, 302), ("https://elsewhere.example.org", 403)])
def test_log_in_through_the_proxy_of_the_public_url(team: Studio, origin: str, expected: int) -> None:
    host = {"Host": PUBLIC_URL.removeprefix("https://")}
    with httpx.Client(base_url=team.url, trust_env=False, headers=host) as browser:
        token = browser.get("/user/login/").cookies["csrftoken"]
        login = {"email": team.username, "password": team.password, "csrfmiddlewaretoken": token}
        answer = browser.post("/user/login/", data=login, headers={"Origin": origin, "Cookie": f"csrftoken={token}"})
    assert answer.status_code == expected


def test_next_start_remembers_database_and_port(team: Studio) -> None:
    stop_studio(team.dir)
    again = start_studio(team.dir)
    assert again.url == team.url
    assert connect(again.url, again.api_key).find_projects("Team")
