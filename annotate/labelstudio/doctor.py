"""Why a connection fails, or annotators do not see pre-annotations; each finding with its remedy."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from annotate.adjudication.review_page import find_page
from annotate.errors import LabelStudioError
from annotate.files import sha256_text
from annotate.labelstudio.answers import LostAnswer, NotFound
from annotate.labelstudio.connection import (
    API_KEY_VARIABLE,
    URL_VARIABLE,
    Connection,
    connect,
    require_client,
)
from annotate.labelstudio.project import (
    MANY_REGIONS,
    canonical_config,
    find_label_differences,
    find_project,
    find_shown_layers,
)
from annotate.labelstudio.shapes import make_safe
from annotate.printing import format_count
from annotate.schema import Schema, load_schema
from annotate.task_json.from_result import from_result
from annotate.task_json.tasks import read_info

OLDEST_TESTED = (1, 20)


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that was checked: fine, worth knowing, or to be fixed with `remedy`."""

    level: Literal["fine", "note", "problem"]
    what: str
    remedy: str | None = None

    def __str__(self) -> str:
        mark = {"fine": "ok      ", "note": "note    ", "problem": "PROBLEM "}[self.level]
        return mark + self.what + (f"\n         -> {self.remedy}" if self.remedy else "")


def doctor(
    project: str | None = None,
    *,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
    dir: str | Path | None = None,
) -> list[Finding]:
    """Check the connection, and a project; all findings in order. Later checks are left out after a problem.

    Args:
        project: also check this project, its tasks and stored predictions.
        dir: data folder of the embedded server, where it is not the default one.

    Raises:
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require_client()
    schema = load_schema(schema)
    if dir is not None and url is None:
        from annotate.label_studio_server import find_studio

        studio = find_studio(dir)
        if studio is None:
            return [_problem(f"no embedded Label Studio is running in {dir}", f"annotate up --dir {dir}")]
        url, api_key = studio.url, studio.api_key
    try:
        server = connect(url, api_key)
    except LabelStudioError as error:
        return [_problem(str(error), f"annotate up, or: export {URL_VARIABLE}=... {API_KEY_VARIABLE}=...")]
    token = api_key or os.environ.get(API_KEY_VARIABLE) or ""
    findings = [*_check_connection(server)]
    if findings[-1].level != "problem":
        findings += _check_token(server, token)
    if project is not None and findings[-1].level != "problem":
        try:
            findings += _check_project(server, project, schema)
        except LabelStudioError as error:
            findings.append(_problem(str(error), "correct --url: scheme, port, path; or see the server's log"))
    return [msgspec.structs.replace(found, what=server.redact(found.what)) for found in findings]


def _check_connection(server: Connection) -> Iterator[Finding]:
    try:
        version = server.version()
    except LostAnswer as error:
        yield _problem(str(error), "annotate status; annotate up; or correct --url")
        return
    except LabelStudioError as error:
        yield _problem(f"{server.url} answers, but not like Label Studio: {error}", "correct --url: scheme, port, path")
        return
    release = str(version.get("release") or "unknown")
    yield _fine(f"Label Studio {release} ({version.get('edition') or 'unknown edition'}) answers at {server.url}")
    numbers = tuple(int(part) for part in release.split(".")[:2] if part.isdigit())
    if len(numbers) == 2 and numbers < OLDEST_TESTED:
        yield _note(
            f"release {release} is older than those tested ({'.'.join(map(str, OLDEST_TESTED))} and later)",
            "pip install --upgrade label-studio",
        )


def _check_token(server: Connection, token: str) -> Iterator[Finding]:
    kind = "a personal access token" if token.count(".") == 2 else "a legacy token"
    try:
        user = server.whoami()
    except NotFound as error:
        yield _problem(f"{server.url} answers, but not like Label Studio: {error}", "correct --url: scheme, port, path")
        return
    except LabelStudioError as error:
        disabled = "legacy token authentication has been disabled" in str(error)
        yield _problem(
            f"{kind} is refused: {error}",
            "take a personal access token (Label Studio: Account & Settings), or let an owner enable legacy tokens "
            "(Organization > Access Token Settings)"
            if disabled
            else f"copy the token again (Label Studio: Account & Settings) into {API_KEY_VARIABLE}",
        )
        return
    yield _fine(f"{kind} of {user.get('email')} is accepted")
    settings = server.token_settings()
    if settings:
        names = {"api_tokens_enabled": "personal access tokens", "legacy_api_tokens_enabled": "legacy tokens"}
        listed = ", ".join(f"{name} {'on' if settings.get(key) else 'off'}" for key, name in names.items())
        yield _fine(f"the organization has {listed}")


def _check_project(server: Connection, name: str, schema: Schema) -> Iterator[Finding]:
    try:
        project = find_project(server, name)
    except LabelStudioError as error:
        yield _problem(str(error), "name it by its number: --project '#NUMBER'")
        return
    if project is None:
        yield _problem(f"no project {name!r} at {server.url}", _spell_push(name))
        return
    practice = len(server.find_practice(project["id"]))
    articles = format_count(project["task_number"] - practice, "task")
    also = f", and {format_count(practice, 'practice task')}" if practice else ""
    yield _fine(f"project {name!r} (#{project['id']}) has {articles}{also}")
    yield from _check_interface(name, project, schema)
    yield from _check_backends(server, project)
    yield from _check_tasks(server, name, project, schema, empty=project["task_number"] == practice)


def _check_interface(name: str, project: dict[str, Any], schema: Schema) -> Iterator[Finding]:
    config = project["label_config"]
    try:
        layers = find_shown_layers(project, schema)
    except LabelStudioError as error:
        yield _problem(str(error), "annotate doctor --schema FILE; or push into a new project")
        return
    ours = find_page(config).label_config(schema.restrict(layers))
    push = _spell_push(name)
    if differences := find_label_differences(config, schema.restrict(layers)):
        yield _problem(
            f"the interface differs from schema {schema.ref}: {differences}",
            f"{push} (adds labels); annotate schema migrate --project '{name}' (renames, merges)",
        )
    elif canonical_config(config) != canonical_config(ours):
        yield _note("the interface has the schema's labels but looks different", f"{push} renews it")
    else:
        yield _fine(f"the interface is that of schema {schema.ref} ({', '.join(layers)})")


def _check_backends(server: Connection, project: dict[str, Any]) -> Iterator[Finding]:
    for backend in server.list_backends(project["id"]):
        if backend.get("state") == "CO":
            yield _fine(f"the live preannotator at {backend.get('url')} is connected")
            if not project["evaluate_predictions_automatically"]:
                yield _note(
                    "it is asked only from the Data Manager, not when a task is opened",
                    "switch on 'Retrieve predictions when loading a task' (project settings, Model)",
                )
            continue
        error = str(backend.get("error_message") or "no answer")
        blocked = "reserved network address" in error
        yield _problem(
            f"the live preannotator at {backend.get('url')} is not connected: {error.splitlines()[-1][:200]}",
            f"the server connects to no address of its own machine or network but one: annotate down, then "
            f"annotate up --backend {backend.get('url')}"
            if blocked
            else "annotate backend --port PORT, then connect it again (project settings, Model)",
        )


def _check_tasks(
    server: Connection, name: str, project: dict[str, Any], schema: Schema, *, empty: bool
) -> Iterator[Finding]:
    push = _spell_push(name)
    if empty:
        yield _problem("the project is empty", push)
        return
    seen: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    bare = edited = unknown = heavy = 0
    broken: dict[str, list[int]] = {}
    for found in server.iter_tasks(project["id"]):
        task, remarks = make_safe(found)
        for remark in remarks:
            broken.setdefault(remark.reason, []).append(task["id"])
        data = task["data"]
        text = data.get("text")
        seen[str(data.get("doc_id"))] += 1
        unknown += "doc_id" not in data
        if not isinstance(text, str):
            broken.setdefault("the task has no text", []).append(task["id"])
            continue
        edited += bool(data.get("text_sha256")) and data["text_sha256"] != sha256_text(text)
        stored = task.get("predictions") or []
        versions.update({entry.get("model_version") or "" for entry in stored})
        bare += not stored and not read_info(task).blind
        for entry in stored:
            heavy += len(entry.get("result") or ()) > MANY_REGIONS
            # why it would not show as it should; the server accepts all of this without an error
            for remark in from_result(entry.get("result") or [], text, schema).remarks:
                if remark.action == "quarantined":
                    broken.setdefault(remark.reason, []).append(task["id"])
    yield from _check_visibility(name, project, versions, bare)
    yield from _report_broken(broken, push)
    if edited:
        what = "with a text that was edited after the push: spans cover other words than were marked"
        yield _problem(f"{format_count(edited, 'task')} {what}", push)
    if repeated := sum(1 for article, times in seen.items() if times > 1 and article != "None"):
        what = f"{format_count(repeated, 'article')} in more than one task"
        yield _problem(what, f"{push} (removes those without annotations)")
    if unknown:
        yield _note(f"{format_count(unknown, 'task')} without doc_id; pull names them task-NUMBER")
    if heavy:
        yield _note(
            f"{format_count(heavy, 'prediction')} with more than {MANY_REGIONS} items; such pages open slowly",
            "one project per layer: annotate push --layers entities,quotes,claims",
        )


def _report_broken(broken: dict[str, list[int]], push: str) -> Iterator[Finding]:
    for reason, tasks in sorted(broken.items()):
        consequence = "; the editor shows an empty page then" if reason.startswith("a relation from or to") else ""
        example = f"(such as task {tasks[0]})"
        yield _problem(f"stored tasks and predictions: {len(tasks)} x {reason} {example}{consequence}", push)
    if not broken:
        yield _fine("all stored predictions are well formed")


def _check_visibility(name: str, project: dict[str, Any], versions: Counter[str], bare: int) -> Iterator[Finding]:
    push = _spell_push(name)
    if not project["show_collab_predictions"]:
        yield _problem("'use predictions to prelabel tasks' is off; annotators begin with an empty page", push)
    shown = project["model_version"] or ""
    if versions and versions[shown] == 0:
        listed = ", ".join(f"{version} ({format_count(count, 'task')})" for version, count in versions.most_common())
        yield _problem(
            f"the project shows predictions of {shown or 'no model'!r}, but those stored are of {listed}", push
        )
    elif versions:
        yield _fine(f"annotators see the predictions of {shown} on {format_count(versions[shown], 'task')}")
        hidden = sum(versions.values()) - versions[shown]
        if hidden:
            others = ", ".join(version for version in versions if version != shown)
            yield _note(f"not shown: {format_count(hidden, 'prediction')} of other models ({others})")
    if bare:
        yield _note(f"{format_count(bare, 'task')} without prediction and not marked blind", push)


def _spell_push(name: str) -> str:
    return f"annotate push P.jsonl --project '{name}'"


def _fine(what: str) -> Finding:
    return Finding(level="fine", what=what)


def _note(what: str, remedy: str | None = None) -> Finding:
    return Finding(level="note", what=what, remedy=remedy)


def _problem(what: str, remedy: str) -> Finding:
    return Finding(level="problem", what=what, remedy=remedy)
