"""A changed schema on a live project: stored labels renamed and merged, nothing lost, planned before it is done."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotate.adjudication.review_page import find_page
from annotate.artifacts.label_config import CLAIM_KIND, ENTITY, to_label_config
from annotate.artifacts.page import Page
from annotate.errors import DataProblems, LabelStudioError
from annotate.labelstudio.connection import Connection, connect
from annotate.labelstudio.project import find_names, find_project, find_shown_layers
from annotate.labelstudio.push.ledger import Ledger, find_ledger
from annotate.labelstudio.welcome import renew_practice
from annotate.printing import format_count
from annotate.schema import Label, Schema, load_schema
from annotate.task_json.renames import Name, check_renames, rename_items
from annotate.task_json.tasks import META, digest_prediction, read_info


class MigrationPlan(msgspec.Struct, kw_only=True):
    """What a migration does to one project. `renamed` counts stored marks by `CONTROL: OLD -> NEW`."""

    project: int
    title: str
    schema: str
    added: list[str] = []
    removed: list[str] = []
    renamed: dict[str, int] = {}
    predictions: int = 0
    annotations: int = 0
    refusals: list[str] = []
    applied: bool = False


def migrate_project(
    project: str,
    *,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
    dry_run: bool = False,
) -> MigrationPlan:
    """Bring a project to the schema as it is now, with the maps under `[[migrations]]` in the schema's file.

    Labels and kinds with a new name are renamed in every stored prediction and annotation (two old names with one
    new name are a merge), the interface gets new labels and loses unused ones. Killed in the middle, the
    next run finishes it.

    Args:
        project: title, or `#NUMBER`.

    Raises:
        SchemaError: the maps would rename a name to one that is renamed itself.
        DataProblems: some marks would lose their label; all reasons together, and nothing was changed.
        LabelStudioError: the server cannot be reached, or there is no such project.
    """
    schema = load_schema(schema)
    server = connect(url, api_key)
    found = find_project(server, project)
    if found is None:
        raise LabelStudioError(f"no project {project!r} at {server.url}")
    schema = schema.restrict(find_shown_layers(found, schema))
    names = check_renames(schema)
    old, new = find_names(found["label_config"]), find_names(to_label_config(schema))
    plan = MigrationPlan(
        project=found["id"],
        title=found["title"],
        schema=schema.ref,
        added=sorted(f"{control}: {name}" for control, name in new - old),
        removed=sorted(f"{control}: {name}" for control, name in old - new if (control, name) not in names),
    )
    _survey(server, plan, names, new)
    if dry_run:
        return plan
    if plan.refusals:
        raise DataProblems([*plan.refusals, "nothing was changed"])
    with find_ledger(found) or contextlib.nullcontext() as ledger:
        _carry_out(server, plan, names, schema, old, ledger, find_page(found["label_config"]))
    plan.applied = True
    return plan


def _carry_out(
    server: Connection,
    plan: MigrationPlan,
    names: Mapping[Name, str],
    schema: Schema,
    old: set[Name],
    ledger: Ledger | None,
    page: Page,
) -> None:
    if plan.renamed:
        # predictions with labels that the interface lacks are refused, so it has to know both for a while
        server.update_project(plan.project, label_config=page.label_config(_with_old_names(schema, names, old)))
        for task in server.iter_tasks(plan.project):
            _rename_task(server, task, names, schema, ledger)
    server.update_project(plan.project, label_config=page.label_config(schema))
    renew_practice(server, plan.project, schema, server.get_project(plan.project)["model_version"] or "unnamed")


def describe_migration(plan: MigrationPlan) -> list[str]:
    """The plan in lines for reading."""
    lines = [f"project {plan.title!r} (#{plan.project}) to schema {plan.schema}:"]
    lines += [f"  {change}: {format_count(count, 'mark')}" for change, count in plan.renamed.items()]
    if plan.renamed:
        lines.append(
            f"  in {format_count(plan.predictions, 'prediction')} and {format_count(plan.annotations, 'annotation')}"
        )
    lines += [f"  new in the interface: {name}" for name in plan.added]
    lines += [f"  gone from the interface, in use nowhere: {name}" for name in plan.removed]
    lines += [f"  refused: {reason}" for reason in plan.refusals]
    if len(lines) == 1:
        lines.append("  nothing to do")
    return lines if plan.applied else [*lines, "this is the plan; nothing was changed"]


def _survey(server: Connection, plan: MigrationPlan, names: Mapping[Name, str], new: set[Name]) -> None:
    """Count what changes, and find what would lose its label."""
    renamed: Counter[str] = Counter()
    lost: Counter[Name] = Counter()
    drafts: Counter[str] = Counter()
    shared = {control for control, _ in new}
    for task in server.iter_export(plan.project):
        for draft in task.get("drafts") or ():
            if isinstance(draft, dict) and rename_items(draft.get("result") or [], names)[1]:
                drafts[str(task.get("id"))] += 1
        for entry in task.get("annotations") or ():
            result = entry.get("result") or []
            changed = rename_items(result, names)[1]
            renamed.update(changed)
            plan.annotations += bool(changed)
            for item in result:
                value = item.get("value") or {}
                control = item.get("from_name", "")
                for name in [*(value.get("labels") or ()), *(value.get("choices") or ())]:
                    if control in shared and (control, name) not in new and (control, name) not in names:
                        lost[control, name] += 1
    for task in server.iter_tasks(plan.project):
        for entry in task.get("predictions") or ():
            changed = rename_items(entry.get("result") or [], names)[1]
            renamed.update(changed)
            plan.predictions += bool(changed)
    plan.renamed = dict(renamed.most_common())
    plan.refusals = [
        f"{name!r} ({control}) is in use on {format_count(count, 'annotated mark')}; rename it in [[migrations]]"
        for (control, name), count in sorted(lost.items())
    ]
    if drafts:
        tasks = ", ".join(sorted(drafts)[:10])
        plan.refusals.append(f"drafts that use old names are open on tasks {tasks}; have them submitted first")


def _rename_task(
    server: Connection, task: dict[str, Any], names: Mapping[Name, str], schema: Schema, ledger: Ledger | None
) -> None:
    predictions, annotations = (_rename(task.get(kind), names) for kind in ("predictions", "annotations"))
    if not predictions and not annotations:
        return
    info = read_info(task)
    article = str((task.get("data") or {}).get("doc_id"))
    pushed = ledger.get(article) if ledger is not None else None
    for entry, result in predictions:
        if ledger is not None and pushed is not None and digest_prediction(entry) in pushed.predictions:
            ledger.add_prediction(article, digest_prediction({**entry, "result": result}))
        # the server finds the project by the task; without it, it refuses instead of validating
        server.update_prediction(entry["id"], result=result, task=task["id"])
        if info.digest == digest_prediction(entry):
            info.digest = digest_prediction({**entry, "result": result})
    for entry, result in annotations:
        server.update_annotation(entry["id"], result=result)
    info.schema = schema.ref
    server.update_task(task["id"], meta={**(task.get("meta") or {}), META: msgspec.to_builtins(info)})


def _rename(entries: Any, names: Mapping[Name, str]) -> list[tuple[dict[str, Any], list[Any]]]:
    """The predictions or annotations that have an old name, each with its result under the new ones."""
    renamed = ((entry, *rename_items(entry.get("result") or [], names)) for entry in entries or ())
    return [(entry, result) for entry, result, changed in renamed if changed]


def _with_old_names(schema: Schema, names: Mapping[Name, str], old: set[Name]) -> Schema:
    """The schema with the old names beside the new ones."""

    def extend(labels: list[Label], control: str) -> list[Label]:
        extra = [name for (part, name) in names if part == control and (part, name) in old]
        blank = {"definition": "", "source": "", "example": "", "counter_example": ""}
        return [*labels, *(Label(name=name, **blank) for name in extra)]

    entities, claims = schema.entities, schema.claims
    return msgspec.structs.replace(
        schema,
        entities=msgspec.structs.replace(entities, labels=extend(entities.labels, ENTITY)) if entities else None,
        claims=msgspec.structs.replace(claims, kinds=extend(claims.kinds, CLAIM_KIND)) if claims else None,
    )
