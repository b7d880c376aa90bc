"""What a push would do, worked out before anything is sent: new, updated, replaced, unchanged, conflicts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from annotate.artifacts.label_config import to_label_config
from annotate.errors import DataProblems, LabelStudioError
from annotate.files import sha256_text
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.project import canonical_config, find_config_conflicts
from annotate.labelstudio.push.receipt import read_receipt
from annotate.labelstudio.shapes import make_all_safe
from annotate.printing import format_count
from annotate.problems import SECOND_RECORD
from annotate.records import Prediction
from annotate.schema import Schema
from annotate.task_json.tasks import Key, Task, TaskInfo, build_task, find_task_problems, read_info

TASK_FIELDS = "id,data,meta,total_annotations,cancelled_annotations"
TITLE_LENGTH = (3, 50)

#: In which order annotators get the articles: as pushed, or those with the least sure prediction first.
Order: TypeAlias = Literal["sequence", "uncertain"]

SAMPLING: dict[Order, str] = {"sequence": "Sequential sampling", "uncertain": "Uncertainty sampling"}


class ProjectPlan(msgspec.Struct, kw_only=True):
    """What a push does to one project; the lists hold article ids.

    `settings` names the project settings that will change. `replaced` are articles whose text changed and on
    which nobody has worked: their task is created again. `surplus` counts duplicate tasks of an article that nobody
    touched; they go. `behind` counts tasks that keep the prediction of another model than the one pushed now.
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
    conflicts: list[str] = []

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
            "conflicts": len(part.conflicts),
        }
        changes = ", ".join(f"{count} {name}" for name, count in counts.items() if count or not name.startswith("repl"))
        number = f" (#{part.project})" if part.project is not None else ""
        lines.append(f"project {part.title!r}{number} at {plan.url}: {changes}")
        if part.blind:
            lines.append(f"  shown without pre-annotation: {format_count(part.blind, 'article')}")
        if part.surplus:
            lines.append(f"  removed: {format_count(part.surplus, 'duplicate task')} without annotations")
        if part.behind:
            tasks = format_count(part.behind, "task")
            lines.append(f"  opened without predictions: {tasks}, whose predictions are not of {part.model}")
        lines.extend(f"  {name}: {change}" for name, change in part.settings.items() if name != "project")
    if not plan.applied:
        lines.append("this is the plan; nothing was sent")
    return lines


class Blind(msgspec.Struct, frozen=True):
    """Which articles are annotated without the prediction: a share in [0, 1], chosen by seed and article id.

    The choice depends on nothing else, so that a push that is repeated, resumed or extended chooses the same ones.

    >>> Blind(0.5, 7).picks("a-1"), Blind(0.0, 7).picks("a-1"), Blind(1.0, 7).picks("a-1")
    (False, False, True)
    """

    share: float = 0.0
    seed: int = 0

    def picks(self, article_id: str) -> bool:
        """Whether this article is one of the share."""
        digest = hashlib.sha256(f"{self.seed}\0{article_id}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64


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
    has_receipt: bool = False


class Survey(msgspec.Struct, kw_only=True):
    """What the first reading of the predictions yields: problems, a fingerprint of all, ids and texts' hashes."""

    keys: dict[str, str] = {}
    models: dict[str, None] = {}
    problems: list[str] = []
    fingerprint: str = ""


def survey_predictions(predictions: Iterable[Prediction], schema: Schema, blind: Blind) -> Survey:
    """Read all predictions once and check everything that the server would not.

    Raises:
        DataProblems: all problems of all records together.
    """
    survey = Survey()
    encoder = msgspec.json.Encoder(order="deterministic")
    digest = hashlib.sha256(f"{schema.digest} {blind.share} {blind.seed}".encode())
    for prediction in predictions:
        survey.problems.extend(f"{prediction.id}: {problem}" for problem in find_task_problems(prediction, schema))
        if prediction.id in survey.keys:
            survey.problems.append(f"{prediction.id}: {SECOND_RECORD}")
        survey.keys[prediction.id] = prediction.text_sha256 or sha256_text(prediction.text or "")
        survey.models[prediction.model or "unnamed"] = None
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


def find_project(server: Connection, name: str) -> dict[str, Any] | None:
    """The project of this title (or of this number, written `#12`), with all settings; None if there is none.

    Raises:
        LabelStudioError: several projects have the title.
    """
    if re.fullmatch(r"#\d+", name):
        return server.get_project(int(name[1:]))
    found = server.find_projects(name)
    if len(found) > 1:
        numbers = ", ".join(f"#{project['id']}" for project in found)
        raise LabelStudioError(f"{len(found)} projects are called {name!r}: name one by its number ({numbers})")
    return server.get_project(found[0]["id"]) if found else None


def plan_project(
    server: Connection,
    title: str,
    schema: Schema,
    predictions: Iterable[Prediction],
    survey: Survey,
    *,
    overlap: int | None,
    order: Order | None,
    blind: Blind,
    instruction: str,
) -> tuple[ProjectPlan, Work]:
    """What has to be done in one project. Sends nothing."""
    project = find_project(server, title)
    plan = ProjectPlan(title=title, schema=schema.ref, model=next(iter(survey.models)))
    work = Work()
    if project is None:
        if not TITLE_LENGTH[0] <= len(title) <= TITLE_LENGTH[1]:
            raise LabelStudioError(
                f"project title {title!r}: expected {TITLE_LENGTH[0]} to {TITLE_LENGTH[1]} characters"
            )
        plan.settings = {"project": "created"}
        plan.new = list(survey.keys)
        work.blind = {article for article in survey.keys if blind.picks(article)}
    else:
        plan.project = project["id"]
        plan.settings = _plan_settings(project, schema, overlap, order, instruction)
        plan.conflicts = list(find_config_conflicts(server, project, schema))
        if plan.settings or not _is_complete(server, project, survey):
            known = list(_read_known(server, plan.project)) if project["task_number"] else []
            _plan_tasks(plan, work, known, schema, predictions, survey, blind)
        else:
            work.has_receipt = True
            plan.unchanged = len(survey.keys)
        if plan.model != project["model_version"] and not plan.settings:
            plan.settings = _plan_model(plan, work, project)
    plan.blind = len(work.blind)
    gone = len(work.surplus) + sum(len(tasks) for tasks in work.replace.values())
    work.expected_tasks = (project or {}).get("task_number", 0) + len(plan.new) + len(work.replace) - gone
    return plan, work


def make_entry(prediction: Prediction, schema: Schema, blind: Blind, *, withheld: bool) -> Task:
    """The task of a prediction as this push makes it."""
    return build_task(prediction, schema, blind=withheld, blind_seed=blind.seed, blind_share=blind.share)


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


def _plan_settings(
    project: dict[str, Any], schema: Schema, overlap: int | None, order: Order | None, instruction: str
) -> dict[str, str]:
    settings = {}
    if canonical_config(project["label_config"]) != canonical_config(to_label_config(schema)):
        settings["label_config"] = f"as schema {schema.ref} has it"
    if overlap is not None and overlap != project["maximum_annotations"]:
        settings["maximum_annotations"] = f"{project['maximum_annotations']} -> {overlap}"
    if order is not None and SAMPLING[order] != project["sampling"]:
        settings["sampling"] = f"{project['sampling']} -> {SAMPLING[order]}"
    if not project["show_collab_predictions"]:
        settings["show_collab_predictions"] = "False -> True"
    if instruction and instruction != project["expert_instruction"]:
        settings["expert_instruction"] = f"the guidelines of schema {schema.ref}"
    return settings


def _plan_tasks(
    plan: ProjectPlan,
    work: Work,
    known: Sequence[Known],
    schema: Schema,
    predictions: Iterable[Prediction],
    survey: Survey,
    blind: Blind,
) -> None:
    by_article: dict[str, list[Known]] = {}
    for task in known:
        by_article.setdefault(task.key.article_id, []).append(task)
    for prediction in predictions:
        article = prediction.id
        tasks = by_article.pop(article, [])
        same = [task for task in tasks if task.key.text_sha256 == survey.keys[article] and task.intact]
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
            if blind.picks(article):
                work.blind.add(article)
            continue
        digest = read_info(make_entry(prediction, schema, blind, withheld=False)).digest
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
