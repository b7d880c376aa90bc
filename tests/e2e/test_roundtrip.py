"""Push and pull against a real Label Studio: nothing lost, nothing doubled, every difference named."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.errors import DataProblems, LabelStudioError
from annotate.label_studio_server import Studio
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.plan import PushOptions
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Annotation, Claim, Entity, Prediction, Quote
from annotate.schema import load_schema
from annotate.task_json.outcomes import compare_layers
from tests.support import strategies
from tests.support.made_articles import make_predictions
from tests.support.plain import plain as plain_layers
from tests.support.spans import span_of

TEXT = "“It is 𝒳 over,” Ada\u2028Lovelace (👩‍👩‍👧) said on\tMonday. <b>She</b> é thinks taxes rose by 5 %. שלום & end"
at = partial(span_of, TEXT)


@pytest.fixture
def one() -> Prediction:
    speaker = at("Ada\u2028Lovelace")
    return Prediction(
        id="ünïcode/1",
        text=TEXT,
        title="A <title>",
        publisher="The Paper",
        meta={"section": ["a", 1]},
        model="made-1",
        score=0.5,
        entities=[
            Entity(speaker.start, speaker.end, "PERSON", score=0.9),
            Entity(at("Monday").start, at("Monday").end, "DATE"),
        ],
        quotes=[
            Quote("direct", [at("“It is 𝒳 over,”")], speaker=speaker, cue=at("said"), speaker_name="Ada Lovelace"),
            Quote("indirect", [at("taxes"), at("5 %")], speaker=at("She"), cue=at("thinks"), score=0.4),
        ],
        claims=[
            Claim(at("taxes").start, at("5 %").end, True, "statistic", claimer=at("She"), score=0.8, confidence=0.6)
        ],
    )


def submit(
    server: Connection, project: str, change: Callable[[list[dict[str, Any]]], Any] = lambda result: None
) -> None:
    """Hand in every prediction as the editor does, after `change` has been at it."""
    [found] = server.find_projects(project)
    for task in server.iter_tasks(found["id"]):
        stored = task["predictions"][-1] if task["predictions"] else {"result": [], "id": None}
        result = [{**item, "origin": "prediction"} if "value" in item else item for item in stored["result"]]
        change(result)
        server.sdk.annotations.create(id=task["id"], result=result, parent_prediction=stored["id"], lead_time=7.5)


def changes(annotation: Annotation) -> dict[str, int]:
    assert annotation.predicted is not None
    counts: dict[str, int] = {}
    for pair in compare_layers(annotation.predicted, annotation):
        key = f"{pair.layer} {pair.change}"
        counts[key] = counts.get(key, 0) + 1
    return counts


plain = partial(plain_layers, without=("id", "origin"))


def test_an_untouched_submit_is_identical_and_a_second_push_does_nothing(
    server: Connection, title: str, one: Prediction
) -> None:
    others = list(make_predictions(12, regions=20))
    plan = push_predictions([one, *others], title)
    assert (len(plan.projects[0].new), plan.applied) == (13, True)
    again = push_predictions([one, *others], title)
    assert again.projects[0].is_noop
    assert again.projects[0].unchanged == 13
    submit(server, title)
    found, certificate = fetch_annotations(title)
    assert certificate.is_clean
    assert certificate.changes["quotes"]["unchanged"] == certificate.changes["quotes"]["pushed"] > 0
    pulled = {record.id: record for record in found}
    for prediction in [one, *others]:
        record = pulled[prediction.id]
        assert plain(record) == plain(prediction) == plain(record.predicted)
        assert (record.text, record.title, record.meta) == (prediction.text, prediction.title, prediction.meta)
    ours = pulled[one.id]
    assert (ours.model, ours.lead_time_s, ours.status, ours.publisher) == ("made-1", 7.5, "submitted", "The Paper")
    assert "@" in ours.annotator


@given(st.lists(strategies.predictions(), min_size=4, max_size=12), st.uuids())
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
def test_any_text_and_any_spans_come_back_identical(server: Connection, made: list[Prediction], name: UUID) -> None:
    predictions = {f"{n}": msgspec.structs.replace(record, id=f"{n}") for n, record in enumerate(made)}
    push_predictions(predictions.values(), f"Any text {name}")
    submit(server, f"Any text {name}")
    found, certificate = fetch_annotations(f"Any text {name}")
    assert certificate.is_clean
    assert len(found) == len(predictions)
    for record in found:
        assert record.text == predictions[record.id].text
        assert plain(record) == plain(predictions[record.id])


def test_what_people_do_comes_back_as_they_did_it(server: Connection, title: str, one: Prediction) -> None:
    push_predictions([one], title)

    def correct(result: list[dict[str, Any]]) -> None:
        by_words = {item["value"]["text"]: item for item in result if item.get("type") == "labels"}
        person, date = by_words["Ada\u2028Lovelace"], by_words["Monday"]
        entity = next(i for i in result if i["from_name"] == "entity" and i["value"]["text"] == "Ada\u2028Lovelace")
        entity["value"]["labels"] = ["ORG", "PERSON"]  # a second label on one region
        date["value"]["start"] -= 3  # moved, and the text left as it was
        del person
        arrows = [item for item in result if item["type"] == "relation"]
        for arrow in arrows:
            if arrow["labels"] == ["cue"]:
                arrow["labels"] = []  # drawn anew without choosing a label
        result.append(
            {
                "id": "mine",
                "from_name": "entity",
                "to_name": "text",
                "type": "labels",
                "origin": "manual",
                "value": {"start": 0, "end": 4, "text": "wrong on purpose", "labels": ["LAW"]},
            }
        )

    submit(server, title, correct)
    [record], certificate = fetch_annotations(title)
    assert changes(record) == {
        "entities unchanged": 1,
        "entities moved": 1,
        "entities added": 2,
        "quotes unchanged": 2,
        "claims unchanged": 1,
    }
    assert {(e.label, e.origin) for e in record.entities or ()} == {
        ("PERSON", "prediction"),
        ("ORG", "manual"),
        ("DATE", "prediction-changed"),
        ("LAW", "manual"),
    }
    assert all(e.score is None for e in record.entities or () if e.origin != "prediction")
    assert [remark.reason for remark in certificate.repaired] == [
        *["a region that carries other words than those at its offsets; the offsets count"] * 2,
        *["a relation without a label; read as 'cue'"] * 2,
    ]
    assert certificate.quarantined == []


def test_skips_drafts_and_changed_texts_are_kept_apart(studio: Studio, server: Connection, title: str) -> None:
    predictions = list(make_predictions(4, regions=10))
    push_predictions(predictions, title, PushOptions(overlap=2))
    [project] = server.find_projects(title)
    tasks = list(server.iter_tasks(project["id"]))
    skipped, drafted, edited, _ = tasks
    result = skipped["predictions"][0]["result"]
    server.sdk.annotations.create(id=skipped["id"], result=result, was_cancelled=True)
    draft = {"result": drafted["predictions"][0]["result"]}
    httpx.post(f"{studio.url}/api/tasks/{drafted['id']}/drafts", headers=token(studio), json=draft).raise_for_status()
    server.sdk.annotations.create(id=edited["id"], result=edited["predictions"][0]["result"])
    server.update_task(edited["id"], data={**edited["data"], "text": "Once " + edited["data"]["text"]})
    found, certificate = fetch_annotations(title)
    assert [(record.status, record.entities) for record in found] == [("skipped", None)]
    assert (certificate.tasks, certificate.skipped, certificate.untouched) == (4, 1, 1)
    assert sum(certificate.drafts.values()) == 1
    assert ["text is not the one that was pushed" in remark.reason for remark in certificate.quarantined] == [True]
    with pytest.raises(DataProblems, match="nothing was sent"):
        push_predictions(predictions, title)


def test_new_predictions_update_the_tasks_and_are_the_ones_shown(
    server: Connection, title: str, one: Prediction
) -> None:
    old = [one, *make_predictions(3, regions=10)]
    push_predictions(old, title)
    new = [msgspec.structs.replace(record, model="made-2", entities=[]) for record in old]
    plan = push_predictions(new, title).projects[0]
    assert (len(plan.updated), len(plan.new), plan.unchanged) == (4, 0, 0)
    assert push_predictions(new, title).projects[0].is_noop
    [found] = server.find_projects(title)
    project = server.get_project(found["id"])
    # the practice task is one of each
    assert (project["model_version"], project["task_number"], project["total_predictions_number"]) == ("made-2", 5, 5)
    same_model = [msgspec.structs.replace(record, claims=[]) for record in new]
    assert len(push_predictions(same_model, title).projects[0].updated) == 4
    assert server.get_project(found["id"])["total_predictions_number"] == 5


def test_articles_are_added_and_replaced_while_nobody_works_on_them(server: Connection, title: str) -> None:
    first, second = make_predictions(2, regions=10)
    push_predictions([first], title)
    rewritten = msgspec.structs.replace(first, text=f"{first.text} More.")
    plan = push_predictions([rewritten, second], title).projects[0]
    assert (plan.replaced, plan.new) == ([first.id], [second.id])
    [project] = server.find_projects(title)
    texts = {task["data"]["text"] for task in server.iter_tasks(project["id"])}
    assert texts == {rewritten.text, second.text}


def test_one_project_a_layer_comes_back_as_one_annotation(server: Connection, title: str, one: Prediction) -> None:
    title = "Layers of one"
    plan = push_predictions([one], title, PushOptions(layers=["entities", "quotes", "claims"]))
    assert [part.title for part in plan.projects] == [f"{title} ({name})" for name in ("entities", "quotes", "claims")]
    for part in plan.projects:
        submit(server, part.title)
    [record], certificate = fetch_annotations(title)
    assert plain(record) == plain(one)
    assert record.lead_time_s == pytest.approx(22.5)
    assert certificate.is_clean
    assert record.predicted is not None
    assert plain(record.predicted) == plain(one)


def test_the_blind_share_is_seeded_recorded_and_kept(server: Connection, title: str) -> None:
    predictions = list(make_predictions(30, regions=10))
    plan = push_predictions(predictions, title, PushOptions(blind=0.3, seed=5)).projects[0]
    assert 3 <= plan.blind <= 16
    assert push_predictions(predictions, title, PushOptions(blind=0.3, seed=5)).projects[0].is_noop
    assert push_predictions(predictions, title).projects[0].blind == plan.blind, "a blind task stays blind"
    submit(server, title)
    found, certificate = fetch_annotations(title)
    blind = [record for record in found if record.blind]
    assert len(blind) == plan.blind == certificate.blind == certificate.without_prediction
    assert all(record.predicted is None and record.model is None for record in blind)


def test_the_least_certain_come_first_where_asked(studio: Studio, server: Connection, title: str) -> None:
    predictions = [
        Prediction(id=f"{name}-{score}", text="NATO met.", entities=[Entity(0, 4, "ORG")], model="made-1", score=score)
        for name, score in (("a", 0.9), ("b", 0.2), ("c", 0.5))
    ]
    push_predictions(predictions, title, PushOptions(practice=False))
    [found] = server.find_projects(title)
    plan = push_predictions(predictions, title, PushOptions(order="uncertain"))
    assert list(plan.projects[0].settings) == ["sampling"]
    assert push_predictions(predictions, title).projects[0].is_noop  # unasked, the order stays
    assert next_article(studio, found["id"]) == "b-0.2"
    push_predictions(predictions, f"{title} 2", PushOptions(order="sequence", practice=False))
    [found] = server.find_projects(f"{title} 2")
    assert next_article(studio, found["id"]) == "a-0.9"


def token(studio: Studio) -> dict[str, str]:
    return {"authorization": f"Token {studio.api_key}"}


def next_article(studio: Studio, project: int) -> str:
    """The article that the server gives to an annotator next."""
    answer = httpx.get(f"{studio.url}/api/projects/{project}/next", headers=token(studio))
    return str(answer.raise_for_status().json()["data"]["doc_id"])


def test_a_personal_access_token_pushes_and_pulls(
    studio: Studio, server: Connection, title: str, one: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = server.sdk.tokens.create().token
    assert personal.count(".") == 2, "a JWT, which has to be exchanged"
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", personal)
    assert push_predictions([one], title).projects[0].new == [one.id]
    assert len(push_predictions([msgspec.structs.replace(one, model="made-2")], title).projects[0].updated) == 1
    submit(connect(), title)
    [record], _ = fetch_annotations(title)
    assert plain(record) == plain(one)


def test_since_brings_only_what_changed(server: Connection, title: str) -> None:
    push_predictions(list(make_predictions(3, regions=10)), title)
    submit(server, title)
    full, certificate = fetch_annotations(title)
    [project] = server.find_projects(title)
    changed = next(server.iter_tasks(project["id"]))
    newest = max(record.updated_at or "" for record in full)
    server.update_annotation(changed["annotations"][0]["id"], result=[])
    later, _ = fetch_annotations(title, since=newest)
    assert changed["data"]["doc_id"] in {record.id for record in later}
    assert next(r for r in later if r.id == changed["data"]["doc_id"]).entities == []
    assert next(r for r in later if r.id == changed["data"]["doc_id"]).predicted is not None
    assert fetch_annotations(title, since="2999-01-01")[0] == []
    assert certificate.since is None


def test_labels_in_use_cannot_be_pushed_away(server: Connection, title: str, one: Prediction) -> None:
    push_predictions([one], title)
    submit(server, title)
    schema = load_schema()
    assert schema.entities is not None
    kept = [label for label in schema.entities.labels if label.name != "DATE"]
    smaller = msgspec.structs.replace(schema, entities=msgspec.structs.replace(schema.entities, labels=kept))
    without = msgspec.structs.replace(one, entities=[])
    with pytest.raises(DataProblems, match=r"'DATE' .entity. is in use on 1 mark,"):
        push_predictions([without], title, schema=smaller)


def test_nothing_is_sent_before_everything_is_checked(server: Connection, title: str, one: Prediction) -> None:
    bad = [
        msgspec.structs.replace(one, entities=[Entity(0, 9999, "PERSON")]),
        msgspec.structs.replace(one, id="b", entities=[Entity(0, 3, "PERSONN")]),
        msgspec.structs.replace(one, id="c", text=None),
        msgspec.structs.replace(one, id="d", score=7.0),
        msgspec.structs.replace(one, id="e", model="other-2"),
    ]
    with pytest.raises(DataProblems) as caught:
        push_predictions([one, *bad], title)
    told = str(caught.value)
    for words in ("second record", "[0, 9999)", "PERSONN", "no text", "score is 7.0", "predictions of 2 models"):
        assert words in told
    assert server.find_projects(title) == []


def test_several_annotators_and_annotations_of_one(server: Connection, title: str) -> None:
    [prediction] = make_predictions(1, regions=10)
    push_predictions([prediction], title, PushOptions(overlap=2))
    [project] = server.find_projects(title)
    [task] = server.iter_tasks(project["id"])
    user = server.sdk.users.create(email="bob@example.org", username="bob", first_name="B", last_name="O")
    for who in (user.id, None, None):
        extra = {"completed_by": who} if who else {}
        server.sdk.annotations.create(id=task["id"], result=[], **extra)
    found, certificate = fetch_annotations(title)
    assert len({record.annotator for record in found}) == len(found) == 2
    assert "bob@example.org" in certificate.annotators
    [remark] = certificate.quarantined
    assert "newer annotation" in remark.reason
    assert json.dumps(certificate.to_dict())


def test_errors_say_what_to_do_and_show_no_secrets(studio: Studio, server: Connection) -> None:
    with pytest.raises(LabelStudioError, match="refuses the token") as caught:
        connect(studio.url, "f" * 40).whoami()
    assert "f" * 40 not in str(caught.value)
    assert "set-cookie" not in str(caught.value).lower()
    with pytest.raises(LabelStudioError, match="no server answers"):
        connect("http://127.0.0.1:9", "f" * 40).whoami()
    with pytest.raises(LabelStudioError, match="no project 'Nowhere'"):
        fetch_annotations("Nowhere")
