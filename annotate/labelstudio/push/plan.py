"""What a push would do, worked out before anything is sent: new, updated, replaced, unchanged, conflicts."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from annotate.artifacts.page import ORDINARY_PAGE, Page
from annotate.errors import DataProblems
from annotate.files import sha256_text
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.project import (
    MANY_REGIONS,
    canonical_config,
    check_title,
    find_config_conflicts,
    find_project,
)
from annotate.labelstudio.push.ledger import read_receipt
from annotate.labelstudio.shapes import make_all_safe
from annotate.labelstudio.welcome import is_edited, renew_description, sign_instruction
from annotate.printing import format_count
from annotate.problems import SECOND_RECORD
from annotate.records import Layer, Prediction, iter_spans, pick_layers
from annotate.schema import Schema
from annotate.task_json.tasks import Key, Task, TaskInfo, build_task, find_task_problems, read_info

TASK_FIELDS = "id,data,meta,total_annotations,cancelled_annotations"

#: In which order annotators get the articles: as pushed, or those with the least sure prediction first.
Order: TypeAlias = Literal["sequence", "uncertain"]

SAMPLING: dict[Order, str] = {"sequence": "Sequential sampling", "uncertain": "Uncertainty sampling"}


class ProjectPlan(msgspec.Struct, kw_only=True):
    """What a push does to one project; the lists hold article ids.

    `settings` names the project settings that will change. `replaced` are articles whose text changed and on
    which nobody has worked: their task is created again. `surplus` counts duplicate tasks of an article that nobody
    touched; they go. `behind` counts tasks that keep the prediction of another model than the one pushed now.
    `practice` is whether a practice task comes first, which no other count has. `remarks` are for people to read.
    """

    title: str
    project: int | None = None
    schema: str = ""
    model: str = ""
    settings: dict[str, str] = {}
    new: list[str] = []
    updated: list[str] = []
    replaced: list[str] = []
    unchanged: int = 0
    blind: int = 0
    surplus: int = 0
    behind: int = 0
    practice: bool = False
    conflicts: list[str] = []
    remarks: list[str] = []

    @property
    def is_noop(self) -> bool:
        """Whether the server has all of it already."""
        return self.project is not None and not (
            self.settings or self.new or self.updated or self.replaced or self.surplus
        )


class PushPlan(msgspec.Struct, kw_only=True):
    """The plans of a push, one per project; `applied` once they are carried out."""

    url: str
    projects: list[ProjectPlan]
    applied: bool = False

    @property
    def conflicts(self) -> list[str]:
        """All conflicts, each with the project's title."""
        return [f"project {plan.title!r}: {conflict}" for plan in self.projects for conflict in plan.conflicts]

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def describe_plan(plan: PushPlan) -> list[str]:
    """The plan in lines for reading."""
    lines = []
    for part in plan.projects:
        counts = {
            "new": len(part.new),
            "updated": len(part.updated),
            "replaced (text changed, not yet annotated)": len(part.replaced),
            "unchanged": part.unchanged,
        }
        changes = [f"{count:,} {name}" for name, count in counts.items() if count or not name.startswith("repl")]
        changes.append(format_count(len(part.conflicts), "conflict"))
        number = f" (#{part.project})" if part.project is not None else ""
        lines.append(f"project {part.title!r}{number} at {plan.url}: {', '.join(changes)}")
        if part.practice:
            lines.append("  first: a practice task, which counts nowhere")
        if part.blind:
            lines.append(f"  shown without pre-annotation: {format_count(part.blind, 'article')}")
        if part.surplus:
            lines.append(f"  removed: {format_count(part.surplus, 'duplicate task')} without annotations")
        if part.behind:
            tasks = format_count(part.behind, "task")
            lines.append(f"  opened without predictions: {tasks}, whose predictions are not of {part.model}")
        lines.extend(f"  {name}: {change}" for name, change in part.settings.items() if name != "project")
        lines.extend(f"  {remark}" for remark in part.remarks)
    if not plan.applied:
        lines.append("this is the plan; nothing was sent")
    return lines


@dataclass(frozen=True)
class PushOptions:
    """How a push shows predictions to annotators.

    Args:
        layers: one project per layer, called `TITLE (LAYER)`, for one pass a layer; None = one project with all layers
            of the schema.
        overlap: how many annotators annotate each article; None = 1 in a new project, else as the project has it.
        order: `uncertain` gives annotators the articles with the lowest prediction score first (blind ones, which
            show no prediction, come last), `sequence` as they were pushed; None = as the project has it.
        blind: share in [0, 1] of the articles that are shown without their prediction, to measure how much the
            prediction leads annotators; chosen by `seed` and article id, and noted in the tasks.
        seed: of the choice of blind articles.
        practice: whether a new project begins with a practice task. One that has articles stays as it is.

    Raises:
        DataProblems: `overlap` or `blind` is out of range.
    """

    layers: Sequence[Layer] | None = None
    overlap: int | None = None
    order: Order | None = None
    blind: float = 0.0
    seed: int = 0
    practice: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.blind <= 1:
            raise DataProblems([f"blind is {self.blind}; expected a share from 0 to 1"])
        if self.overlap is not None and self.overlap < 1:
            raise DataProblems([f"overlap is {self.overlap}; expected 1 or more"])

    def withholds(self, article_id: str) -> bool:
        """Whether this article is annotated without its prediction.

        The choice depends on nothing else, so that a push that is repeated, resumed or extended chooses the same ones.

        >>> options = PushOptions(blind=0.5, seed=7)
        >>> options.withholds("a-1"), PushOptions().withholds("a-1"), PushOptions(blind=1.0).withholds("a-1")
        (False, False, True)
        """
        digest = hashlib.sha256(f"{self.seed}\0{article_id}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") < self.blind * 2**64


class Known(msgspec.Struct, kw_only=True):
    """A task on the server, as far as a push has to know it."""

    id: int
    key: Key
    touched: bool
    intact: bool
    info: TaskInfo


class Work(msgspec.Struct, kw_only=True):
    """What the plan's lists mean in tasks of the server, for carrying it out."""

    update: dict[str, Known] = {}
    replace: dict[str, list[int]] = {}
    surplus: list[int] = []
    blind: set[str] = set()
    expected_tasks: int = 0
    is_empty: bool = False
    has_receipt: bool = False


class Survey(msgspec.Struct, kw_only=True):
    """What the first reading of the predictions yields: problems, a fingerprint of all, ids and texts' hashes.

    `crowded` counts articles with more than `MANY_REGIONS` spans, whose pages are slow and hard to read.
    """

    keys: dict[str, str] = {}
    models: dict[str, None] = {}
    problems: list[str] = []
    fingerprint: str = ""
    crowded: int = 0


def survey_predictions(predictions: Iterable[Prediction], schema: Schema, options: PushOptions) -> Survey:
    """Read all predictions once and check everything that the server would not.

    Raises:
        DataProblems: all problems of all records together.
    """
    survey = Survey()
    encoder = msgspec.json.Encoder(order="deterministic")
    digest = hashlib.sha256(f"{schema.digest} {options.blind} {options.seed}".encode())
    for prediction in predictions:
        survey.problems.extend(f"{prediction.id}: {problem}" for problem in find_task_problems(prediction, schema))
        if prediction.id in survey.keys:
            survey.problems.append(f"{prediction.id}: {SECOND_RECORD}")
        survey.keys[prediction.id] = prediction.text_sha256 or sha256_text(prediction.text or "")
        survey.models[prediction.model or "unnamed"] = None
        survey.crowded += sum(1 for _ in iter_spans(pick_layers(prediction, schema.layers))) > MANY_REGIONS
        digest.update(encoder.encode(prediction))
    if len(survey.models) > 1:
        survey.problems.append(
            f"predictions of {len(survey.models)} models ({', '.join(survey.models)}); Label Studio shows those of one "
            "model to annotators: push them one after the other, or into two projects"
        )
    if not survey.keys:
        survey.problems.append("no predictions; nothing to push")
    if survey.problems:
        raise DataProblems(survey.problems)
    survey.fingerprint = digest.hexdigest()[:16]
    return survey


class BuiltTasks:
    """The tasks of a push, each built once; what planning builds is kept in a temporary file. A context manager."""

    def __init__(self, schema: Schema, page: Page = ORDINARY_PAGE) -> None:
        self._schema = schema
        self._page = page
        self._places: dict[str, tuple[int, int]] = {}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed on exit

    def __enter__(self) -> BuiltTasks:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def get(self, prediction: Prediction, *, keep: bool = False) -> Task:
        """The task of the prediction.

        Args:
            keep: it is asked for again later.
        """
        if place := self._places.get(prediction.id):
            self._file.seek(place[0])
            kept: Task = msgspec.json.decode(self._file.read(place[1]))
            return kept
        task = build_task(prediction, self._schema, self._page)
        if keep:
            encoded = msgspec.json.encode(task)
            self._places[prediction.id] = self._file.seek(0, os.SEEK_END), len(encoded)
            self._file.write(encoded)
        return task


class Target(NamedTuple):
    """One project of a push, and what goes there."""

    title: str
    schema: Schema
    predictions: Iterable[Prediction]
    survey: Survey
    tasks: BuiltTasks
    options: PushOptions
    page: Page = ORDINARY_PAGE

    def list_settings(self) -> dict[str, object]:
        """The settings that the project is to have, and that a plan compares."""
        settings: dict[str, object] = {"label_config": self.page.label_config(self.schema)}
        if self.options.overlap is not None:
            settings["maximum_annotations"] = self.options.overlap
        if self.options.order is not None:
            settings["sampling"] = SAMPLING[self.options.order]
        settings["show_collab_predictions"] = True
        settings["expert_instruction"] = sign_instruction(self.page.instruction(self.schema))
        return settings


def plan_project(server: Connection, target: Target) -> tuple[ProjectPlan, Work]:
    """What has to be done in one project. Sends nothing."""
    title, survey, options = target.title, target.survey, target.options
    project = find_project(server, title)
    plan = ProjectPlan(title=title, schema=target.schema.ref, model=next(iter(survey.models)))
    work = Work()
    if project is None:
        check_title(title)
        plan.settings = {"project": "created"}
        plan.new = list(survey.keys)
        work.blind = {article for article in survey.keys if options.withholds(article)}
    else:
        plan.project = project["id"]
        plan.settings = _plan_settings(project, target)
        if is_edited(project["expert_instruction"] or ""):
            plan.settings.pop("expert_instruction", None)
            plan.remarks.append(
                "expert_instruction: somebody has edited it, so it stays; empty it (project settings, Instructions) "
                "and push again for the guidelines"
            )
        plan.conflicts = list(find_config_conflicts(server, project, target.schema))
        if plan.settings or not _is_complete(server, project, survey):
            known = list(_read_known(server, plan.project)) if project["task_number"] else []
            work.surplus = server.find_practice(plan.project)[1:]
            _plan_tasks(plan, work, known, target)
        else:
            work.has_receipt = True
            plan.unchanged = len(survey.keys)
        if plan.model != project["model_version"] and not plan.settings:
            plan.settings = _plan_model(plan, work, project)
    plan.blind = len(work.blind)
    work.is_empty = not (project or {}).get("task_number")
    plan.practice = work.is_empty and options.practice and target.page.has_practice
    gone = len(work.surplus) + sum(len(tasks) for tasks in work.replace.values())
    work.expected_tasks = (project or {}).get("task_number", 0) + len(plan.new) + len(work.replace) - gone
    work.expected_tasks += plan.practice
    return plan, work


def _is_complete(server: Connection, project: dict[str, Any], survey: Survey) -> bool:
    """Whether the last push was of these predictions, and nothing that matters has changed since.

    Of the tasks that were changed since, which annotations do too, those with another text matter.
    """
    receipt = read_receipt(project)
    if receipt is None or (receipt.tasks, receipt.predictions, receipt.fingerprint) != (
        project["task_number"],
        project["total_predictions_number"],
        survey.fingerprint,
    ):
        return False
    for task in make_all_safe(server.iter_changed(project["id"], receipt.last_change, include="id,data")):
        data = task["data"]
        if survey.keys.get(str(data.get("doc_id"))) != sha256_text(str(data.get("text"))):
            return False
    return True


def _plan_model(plan: ProjectPlan, work: Work, project: dict[str, Any]) -> dict[str, str]:
    shown = len(plan.new) + len(plan.updated) + len(plan.replaced) + plan.unchanged > len(work.blind)
    return {"model_version": f"{project['model_version'] or 'none'} -> {plan.model}"} if shown else {}


def _plan_settings(project: dict[str, Any], target: Target) -> dict[str, str]:
    ref = target.schema.ref
    described = {"label_config": f"as schema {ref} has it", "expert_instruction": f"the guidelines of schema {ref}"}
    changes = {}
    for name, wanted in target.list_settings().items():
        found = project[name]
        if name == "label_config":
            found, wanted = canonical_config(found), canonical_config(str(wanted))
        if found != wanted:
            changes[name] = described.get(name, f"{found} -> {wanted}")
    description = project["description"] or ""
    if renew_description(description, target.schema) != description:
        changes["description"] = "what to mark, and where to begin"
    return changes


def _plan_tasks(plan: ProjectPlan, work: Work, known: Sequence[Known], target: Target) -> None:
    by_article: dict[str, list[Known]] = {}
    for task in known:
        by_article.setdefault(task.key.article_id, []).append(task)
    for prediction in target.predictions:
        article = prediction.id
        tasks = by_article.pop(article, [])
        same = [task for task in tasks if task.key.text_sha256 == target.survey.keys[article] and task.intact]
        others = [task for task in tasks if task not in same]
        touched = [task for task in others if task.touched]
        if touched:
            plan.conflicts.append(
                f"{article}: its text differs from the text that was annotated in task {touched[0].id}; "
                "give the new version another id, or leave it out"
            )
            continue
        if not same:
            (plan.replaced if others else plan.new).append(article)
            if others:
                work.replace[article] = [task.id for task in others]
            if target.options.withholds(article):
                work.blind.add(article)
            continue
        digest = read_info(target.tasks.get(prediction, keep=True)).digest
        kept = max(same, key=lambda task: (task.touched, task.info.digest == digest, -task.id))
        work.surplus.extend(task.id for task in same if task is not kept and not task.touched)
        work.surplus.extend(task.id for task in others)
        if kept.info.blind:
            work.blind.add(article)
            plan.unchanged += 1
            continue
        if digest == kept.info.digest:
            plan.unchanged += 1
            continue
        plan.updated.append(article)
        if kept.touched:
            work.update[article] = kept
        else:
            # creating an untouched task again takes a hundredth of the requests that changing it takes
            work.replace[article] = [kept.id]
    plan.surplus = len(work.surplus)
    plan.behind = sum(
        task.info.model not in (None, plan.model) and not task.info.blind
        for tasks in by_article.values()
        for task in tasks
        if not task.touched
    )


def _read_known(server: Connection, project: int) -> Iterator[Known]:
    drafts: set[int] | None = None
    for task in make_all_safe(server.iter_tasks(project, include=TASK_FIELDS)):
        data = task["data"]
        text = data.get("text")
        digest = sha256_text(text) if isinstance(text, str) else ""
        touched = bool(task.get("total_annotations") or task.get("cancelled_annotations"))
        if not touched:
            if drafts is None:
                drafts = {found["id"] for found in server.iter_tasks(project, include="id", filters=[HAS_DRAFT])}
            touched = task["id"] in drafts
        yield Known(
            id=task["id"],
            key=Key(str(data.get("doc_id") or f"task-{task['id']}"), data.get("text_sha256") or digest),
            touched=touched,
            intact=digest == (data.get("text_sha256") or digest),
            info=read_info(task),
        )


HAS_DRAFT = {"filter": "filter:tasks:draft_exists", "operator": "equal", "type": "Boolean", "value": True}
