"""A live project follows its schema: labels renamed and merged in what is stored, nothing lost."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from annotate.errors import DataProblems
from annotate.files import resource_dir
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.migrate import migrate_project
from annotate.labelstudio.pull.pull import fetch_annotations
from annotate.labelstudio.push.push import push_predictions
from annotate.records import Claim, Entity, Prediction
from annotate.schema import Schema, load_schema

PREDICTION = Prediction(
    id="a",
    text="NATO met in Rome, Italy.",
    model="made-1",
    entities=[Entity(0, 4, "ORG"), Entity(12, 16, "GPE"), Entity(18, 23, "LOC")],
    claims=[Claim(0, 23, True, "event")],
)


def annotated(server: Connection, title: str) -> None:
    push_predictions([PREDICTION], title)
    [project] = server.find_projects(title)
    [task] = server.iter_tasks(project["id"])
    stored = task["predictions"][0]
    server.sdk.annotations.create(id=task["id"], result=stored["result"], parent_prediction=stored["id"])


def renamed(tmp_path: Path, migrations: str) -> Schema:
    """The packaged schema with PLACE instead of GPE and LOC, and `happening` instead of the kind `event`."""
    text = (resource_dir("schemas") / "news.toml").read_text(encoding="utf-8")
    head, place, tail = text.partition('[[entities.labels]]\nname = "LOC"')
    tail = tail[tail.index("[[entities.labels]]") :]
    text = head.replace('name = "GPE"', 'name = "PLACE"') + tail.replace('name = "event"', 'name = "happening"')
    assert place
    path = tmp_path / "news.toml"
    path.write_text(text.replace('version = "2.0.0"', 'version = "3.0.0"', 1) + migrations, encoding="utf-8")
    return load_schema(path)


MAPS = """
[[migrations]]
from = "2.0.0"
entities = { GPE = "PLACE", LOC = "PLACE" }
kinds = { event = "happening" }
"""


def test_rename_and_merge_reach_predictions_and_annotations(server: Connection, tmp_path: Path) -> None:
    annotated(server, "To be renamed")
    schema = renamed(tmp_path, MAPS)
    plan = migrate_project("To be renamed", schema=schema, dry_run=True)
    assert plan.renamed == {"entity: GPE -> PLACE": 2, "entity: LOC -> PLACE": 2, "claim_kind: event -> happening": 2}
    assert (plan.predictions, plan.annotations, plan.refusals, plan.applied) == (1, 1, [], False)
    assert migrate_project("To be renamed", schema=schema).applied
    [record], certificate = fetch_annotations("To be renamed", schema=schema)
    assert [entity.label for entity in record.entities or ()] == ["ORG", "PLACE", "PLACE"]
    assert [claim.kind for claim in record.claims or ()] == ["happening"]
    assert certificate.is_clean
    assert certificate.changes["entities"]["unchanged"] == 3
    assert migrate_project("To be renamed", schema=schema).renamed == {}, "a second run has nothing to do"


def test_what_would_lose_its_label_is_refused(server: Connection, tmp_path: Path) -> None:
    annotated(server, "Not to be lost")
    schema = renamed(tmp_path, MAPS.replace(', LOC = "PLACE"', ""))
    with pytest.raises(DataProblems, match=r"'LOC' \(entity\) is in use on 1 annotated mark;"):
        migrate_project("Not to be lost", schema=schema)
    [record], _ = fetch_annotations("Not to be lost")
    assert [entity.label for entity in record.entities or ()] == ["ORG", "GPE", "LOC"], "nothing was changed"


def test_a_push_of_the_new_schema_names_the_way(server: Connection, tmp_path: Path) -> None:
    annotated(server, "Pushed with another schema")
    new = msgspec.structs.replace(PREDICTION, entities=[], claims=[])
    with pytest.raises(DataProblems, match="annotate schema migrate"):
        push_predictions([new], "Pushed with another schema", schema=renamed(tmp_path, MAPS))
