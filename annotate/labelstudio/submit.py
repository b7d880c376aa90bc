"""Hand in recorded annotations, as their annotators would in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import LabelStudioError
from annotate.files import sha256_text
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.project import find_project
from annotate.labelstudio.shapes import make_all_safe
from annotate.records import Annotation, pick_layers
from annotate.schema import Schema, load_schema
from annotate.task_json.tasks import Key
from annotate.task_json.to_result import stem, to_result


def submit_annotations(
    annotations: Sequence[Annotation],
    project: str,
    *,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
) -> int:
    """Hands in each annotation for the task of its article and returns how many were new.

    Each annotator becomes a user of the server (without a password) if there is none of that name. What an annotator
    has handed in for a task already stays as it is, so that a second call changes nothing.

    Args:
        annotations: records with their text; `annotator` is the user's e-mail address.
        project: the title of the project, or its number as `#12`.
        url: see `connect`.
        api_key: see `connect`.
        schema: None = `news`.

    Raises:
        LabelStudioError: there is no such project, several have the title, or it has no task for an article.
    """
    schema = load_schema(schema)
    server = connect(url, api_key)
    found = find_project(server, project)
    if found is None:
        raise LabelStudioError(f"no project {project!r} at {server.url}; push the articles first")
    tasks = {_key_of(task): task for task in make_all_safe(server.iter_tasks(found["id"]))}
    missing = sorted({record.id for record in annotations if _key(record) not in tasks})
    if missing:
        raise LabelStudioError(f"project {project!r} has no task for {', '.join(missing)}; push these articles first")
    users = _find_users(server, [record.annotator for record in annotations])
    new = 0
    for record in annotations:
        task = tasks[_key(record)]
        user = users[record.annotator]
        if user in {_user_of(entry) for entry in task.get("annotations") or ()}:
            continue
        shown: dict[str, Any] = max(task.get("predictions") or [{}], key=lambda entry: entry.get("id", 0))
        server.create_annotation(
            task["id"],
            completed_by=user,
            lead_time=record.lead_time_s,
            result=_to_annotated_result(record, schema, shown),
            **({"parent_prediction": shown["id"]} if shown else {}),
        )
        new += 1
    return new


def _to_annotated_result(record: Annotation, schema: Schema, shown: dict[str, Any]) -> list[dict[str, Any]]:
    """The result as the editor would send it: what is as it was shown keeps its id and is marked as such."""
    items = to_result(
        pick_layers(record), record.text or "", schema, article_id=record.id, model=shown.get("model_version")
    )
    # an item keeps its id also where its type or check-worthiness, which ids begin with, is another
    known = {stem(item["id"]): item["id"] for item in shown.get("result") or () if "id" in item}
    for item in items:
        item.update({key: known.get(stem(item[key]), item[key]) for key in ("id", "from_id", "to_id") if key in item})
    before = {_identity(item) for item in shown.get("result") or ()}
    changed = {item["id"] for item in items if "id" in item and _identity(item) not in before}
    for item in items:
        if "id" in item:
            item["origin"] = "manual" if item["id"] in changed else "prediction"
            item.pop("score", None)
    return items


def _identity(item: dict[str, Any]) -> bytes:
    parts = [item.get(key) for key in ("id", "from_name", "value", "from_id", "to_id", "labels")]
    return msgspec.json.encode(parts, order="deterministic")


def _find_users(server: Connection, annotators: Sequence[str]) -> dict[str, int]:
    numbers = {email: number for number, email in server.emails().items()}
    return {who: numbers.get(who) or server.create_user(who) for who in sorted(set(annotators))}


def _user_of(entry: dict[str, Any]) -> int | None:
    user = entry.get("completed_by")
    return user.get("id") if isinstance(user, dict) else user


def _key(record: Annotation) -> Key:
    return Key(record.id, record.text_sha256 or sha256_text(record.text or ""))


def _key_of(task: dict[str, Any]) -> Key:
    data = task.get("data") or {}
    return Key(str(data.get("doc_id")), str(data.get("text_sha256")))
