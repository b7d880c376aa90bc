"""Commands that work with a server: a real embedded Label Studio, one for all rounds, or one per round for `up`."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec

from annotate.files import sha256_text
from annotate.jsonl import read_records
from annotate.label_studio_server.database import DATABASE
from annotate.records import Annotation, Prediction
from tests.faults.cases import Case, State, annotate, read_files, write_old
from tests.faults.rounds import call

KINDS = {"push", "pull", "schema migrate", "up"}
PULLED = "Pulled in every round"


def title() -> str:
    """The project of this round, after its folder."""
    return f"Faults {Path.cwd().parent.name} {Path.cwd().name}"


def push() -> None:
    """Push the predictions to the project of this round, in several requests."""
    from annotate.labelstudio.push import push as module

    module.BATCH_TASKS = 15
    annotate("push", "inputs/predictions.jsonl", "--project", title())()


def read_project() -> State:
    """How often each article is in the project of this round, and its labels."""
    from annotate.labelstudio.connection import connect

    server = connect(None, None)
    tasks = [task for project in server.find_projects(title()) for task in server.iter_tasks(project["id"])]
    counts = Counter(task["data"]["doc_id"] for task in tasks)
    labels = {
        task["data"]["doc_id"]: sorted(
            label
            for made in (*task["predictions"], *task["annotations"])
            for region in made["result"]
            for labels in region.get("value", {}).values()
            if isinstance(labels, list)
            for label in labels
            if isinstance(label, str)
        )
        for task in tasks
    }
    return {name: f"{count} {labels[name]}" for name, count in counts.items()}


def make_pulled_project() -> None:
    """A project with an annotation for each article."""
    from annotate.labelstudio.push.push import push_predictions
    from annotate.labelstudio.submit import submit_annotations

    push_predictions(read_records(Path("inputs/predictions.jsonl"), Prediction), PULLED)
    found = [one for one in read_records(Path("inputs/annotations.jsonl"), Annotation) if one.annotator == "ada"]
    submit_annotations([msgspec.structs.replace(one, annotator="ada@example.org") for one in found], PULLED)


def read_pulled() -> State:
    """The files, the certificate without the time of the pull."""
    state = dict(read_files())
    name = "a.certificate.json"
    if name in state:
        with contextlib.suppress(ValueError):
            content = json.loads(Path("out", name).read_text("utf-8"))
            content.pop("pulled_at", None)
            state[name] = sha256_text(json.dumps(content, sort_keys=True))
    return state


def push_old_labels() -> None:
    """A project in the packaged schema, before the label is renamed."""
    annotate("push", "inputs/few.jsonl", "--project", title())()


def migrate() -> None:
    """Rename a label of the project of this round."""
    annotate("schema", "migrate", "--project", title(), "--schema", "inputs/new.toml")()


def up() -> None:
    """Start a server of this round's own and push two articles."""
    annotate("up", "inputs/two.jsonl", "--dir", "studio", "--preannotator", "rules", "--no-browser")()


def read_own_server() -> State:
    """How often each article is in the database of this round's own server, which may run or not."""
    path = Path("studio", DATABASE).absolute()
    if not path.exists():
        return {}
    query = "SELECT task.data FROM task JOIN project ON project.id = task.project_id WHERE project.title = 'News'"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as base:
        found = Counter(json.loads(data)["doc_id"] for (data,) in base.execute(query))
    return {name: str(count) for name, count in found.items()}


def stop_own_server() -> None:
    """Stop this round's own server."""
    from annotate.label_studio_server import stop_studio

    stop_studio(Path("studio"))


@contextlib.contextmanager
def server_cases(folder: Path, wanted: list[str] | None) -> Iterator[list[Case]]:
    """The cases that are wanted, while their server runs."""
    kinds = KINDS if wanted is None else KINDS & set(wanted)
    if not kinds:
        yield []
        return
    from annotate.label_studio_server import start_studio, stop_studio

    studio = start_studio(folder / "studio")
    try:
        with patch.dict(os.environ, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.api_key):
            if "pull" in kinds:
                call(make_pulled_project, folder / "made")
            cases = [
                Case("push", push, "", read=read_project),
                Case(
                    "pull",
                    annotate("pull", "--project", PULLED, "-o", "out/a.jsonl"),
                    "a.jsonl",
                    old=write_old("out/a.jsonl", "out/a.certificate.json"),
                    read=read_pulled,
                ),
                Case("schema migrate", migrate, "", old=push_old_labels, always_old=True, read=read_project),
                Case("up", up, "", read=read_own_server, end=stop_own_server, fills=False),
            ]
            yield [case for case in cases if case.kind in kinds]
    finally:
        stop_studio(folder / "studio")
