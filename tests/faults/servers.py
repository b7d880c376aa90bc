"""Commands that work with a server: a real embedded Label Studio, one for all rounds, or one per round for `up`."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec

from annotate.files import sha256_text
from annotate.jsonl import read_records, write_records
from annotate.records import Annotation, Article, Prediction
from tests.faults.cases import Case, State, annotate, read_files, write_old
from tests.faults.rounds import call

KINDS = {"push", "pull", "schema migrate", "up"}
PULLED = "Pulled in every round"
OLD_LABEL, NEW_LABEL = "GPE", "PLACE"


def title() -> str:
    """The project of this round, after its folder."""
    return f"Faults {Path.cwd().parent.name} {Path.cwd().name}"


def read_predictions() -> list[Prediction]:
    """One annotator's items as predictions."""
    records = read_records(Path("inputs/annotations.jsonl"), Annotation)
    return [
        Prediction(id=one.id, text=one.text, model="made-1", entities=one.entities, quotes=one.quotes)
        for one in records
        if one.annotator == "ada"
    ]


def push() -> None:
    """Push the predictions to the project of this round."""
    write_records(Path("inputs/p.jsonl"), read_predictions())
    annotate("push", "inputs/p.jsonl", "--project", title())()


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

    push_predictions(read_predictions(), PULLED)
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
    push()


def migrate() -> None:
    """Rename a label of the project of this round."""
    from annotate.files import read_text, resource_dir

    text = read_text(resource_dir("schemas") / "news.toml").replace(f'name = "{OLD_LABEL}"', f'name = "{NEW_LABEL}"')
    text = text.replace('version = "2.0.0"', 'version = "3.0.0"', 1)
    text += f'\n[[migrations]]\nfrom = "2.0.0"\nentities = {{ {OLD_LABEL} = "{NEW_LABEL}" }}\n'
    Path("inputs/new.toml").write_text(text)
    annotate("schema", "migrate", "--project", title(), "--schema", "inputs/new.toml")()


def up() -> None:
    """Start a server of this round's own and push two articles."""
    articles = [Article(id=one.id, text=one.text or "") for one in read_predictions()[:2]]
    write_records(Path("inputs/two.jsonl"), articles)
    annotate("up", "inputs/two.jsonl", "--dir", str(studio_folder()), "--preannotator", "rules", "--no-browser")()


def studio_folder() -> Path:
    """The data folder of this round's own server, beside `out/`."""
    return Path("studio").absolute()


def read_own_server() -> State:
    """How often each article is on this round's own server; it is stopped by that, so that the next run starts it."""
    from annotate.label_studio_server import start_studio, stop_studio
    from annotate.labelstudio.connection import connect

    if not (studio_folder() / "studio.json").exists():
        return {}
    studio = start_studio(studio_folder())
    server = connect(studio.url, studio.api_key)
    found: Counter[str] = Counter(
        task["data"]["doc_id"] for project in server.find_projects("News") for task in server.iter_tasks(project["id"])
    )
    stop_studio(studio_folder())
    return {name: str(count) for name, count in found.items()}


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
                Case("up", up, "", read=read_own_server, heavy=True),
            ]
            yield [case for case in cases if case.kind in kinds]
    finally:
        stop_studio(folder / "studio")
