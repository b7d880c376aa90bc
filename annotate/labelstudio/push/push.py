"""Push: predictions to Label Studio as a plan that is then carried out, every article exactly once."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from annotate.artifacts.page import ORDINARY_PAGE, Page
from annotate.errors import DataProblems, LabelStudioError, RecordError
from annotate.jsonl import STDIO, read_records, stream_records
from annotate.labelstudio.answers import LostAnswer
from annotate.labelstudio.connection import Connection, connect, require_client
from annotate.labelstudio.project import MANY_REGIONS, find_project, layer_title
from annotate.labelstudio.push.ledger import Ledger, Receipt, ledger_path, state_dir, write_receipt
from annotate.labelstudio.push.plan import (
    BuiltTasks,
    Known,
    PushOptions,
    PushPlan,
    Target,
    plan_project,
    survey_predictions,
)
from annotate.labelstudio.welcome import (
    FIRST_VIEW,
    add_practice,
    describe_project,
    renew_description,
    renew_practice,
)
from annotate.locks import take_turn
from annotate.printing import format_count
from annotate.records import Layer, Prediction
from annotate.schema import Schema, load_schema
from annotate.task_json.tasks import Task, digest_prediction, read_info, withhold

BATCH_TASKS = 100
BATCH_CHARS = 4_000_000
TRIES = 4

Progress = Callable[[str, int, int], object]


def push_predictions(
    predictions: str | Path | Iterable[Prediction],
    project: str,
    options: PushOptions | None = None,
    *,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
    page: Page = ORDINARY_PAGE,
    dry_run: bool = False,
    progress: Progress | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> PushPlan:
    """Make the project show these predictions to annotators; returns the plan, carried out unless `dry_run`.

    Everything is checked before anything is sent. A second push of the same changes nothing; one that was killed
    is finished by the next. Annotations are never touched. Two pushes to one project take turns on one machine; from
    two machines they end in one project.

    What is pushed is noted on this machine (`Ledger`) before it is sent; `pull` compares with that.

    Args:
        predictions: a JSON Lines file (`-` = standard input), or the records; read several times, one record in memory.
            An iterator is kept as a list.
        project: title, or `#NUMBER`. With layers in the options, the projects are called `TITLE (LAYER)`.
        options: see `PushOptions`; None = its defaults.
        page: what the project shows to annotators, where it is not the ordinary page of the schema.
        progress: called with project title, tasks done and tasks to do.
        report: called with one line when another process is pushing to the project and this one waits, and when
            articles have so many spans that one project per layer is better.

    Raises:
        DataProblems: all problems of the predictions together, or all conflicts; nothing was sent.
        LabelStudioError: the server cannot be reached, or refuses.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require_client()
    options = options or PushOptions()
    schema = load_schema(schema)
    if isinstance(predictions, (str, Path)):
        predictions = PredictionFile(Path(predictions))
    elif isinstance(predictions, Iterator):
        predictions = list(predictions)
    parts = [(title, schema.restrict(layers)) for title, layers in list_parts(project, options)]
    surveys = [survey_predictions(predictions, part, options) for _, part in parts]
    crowded = max(survey.crowded for survey in surveys)
    if crowded and options.layers is None and len(schema.layers) > 1:
        report(
            f"{format_count(crowded, 'article')} with more than {MANY_REGIONS} spans; one pass per layer is quicker "
            f"and easier to read: --layers {','.join(schema.layers)}"
        )
    server = connect(url, api_key)
    with contextlib.ExitStack() as stack:
        if not dry_run:
            for title in sorted({_find_title(server, title) for title, _ in parts}):
                stack.enter_context(_take_turn(server, title, report))
        pushes = [
            _Push(
                server,
                Target(title, part, predictions, survey, stack.enter_context(BuiltTasks(part, page)), options, page),
                progress,
            )
            for (title, part), survey in zip(parts, surveys, strict=True)
        ]
        plan = PushPlan(url=server.url, projects=[push.plan for push in pushes])
        if dry_run:
            return plan
        if plan.conflicts:
            raise DataProblems([*plan.conflicts, "nothing was sent"])
        for push in pushes:
            push.apply()
        plan.projects = [push.plan for push in pushes]
        plan.applied = True
        return plan


def list_parts(project: str, options: PushOptions) -> list[tuple[str, tuple[Layer, ...] | None]]:
    """The title of each project that a push makes, with its layers; None = all of the schema.

    >>> list_parts("Pilot", PushOptions(layers=["claims"]))
    [('Pilot (claims)', ('claims',))]
    """
    if options.layers is None:
        return [(project, None)]
    return [(layer_title(project, layer), (layer,)) for layer in options.layers]


def _find_title(server: Connection, name: str) -> str:
    return str(server.get_project(int(name[1:]))["title"]) if re.fullmatch(r"#\d+", name) else name


def _take_turn(
    server: Connection, title: str, report: Callable[[str], None]
) -> contextlib.AbstractContextManager[None]:
    name = hashlib.sha256(f"{server.url}\0{title}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = state_dir() / "locks" / f"push-{name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LabelStudioError(
            f"{path.parent}: cannot be created ({error.strerror}); set ANNOTATE_STATE_DIR to a folder for such notes"
        ) from error
    return take_turn(path, f"the push to {title!r} at {server.url}", report)


class PredictionFile:
    """The predictions of a JSON Lines file (`-` = standard input), read again by each loop over it.

    Raises:
        RecordError: all problems of the file together, at the end of a loop.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept = read_records(path, Prediction) if path == STDIO else None

    def __iter__(self) -> Iterator[Prediction]:
        if self.kept is not None:
            yield from self.kept
            return
        problems: list[str] = []
        yield from stream_records(self.path, Prediction, problems=problems)
        if problems:
            raise RecordError(problems)


class _Push:
    """One project's part of a push."""

    def __init__(self, server: Connection, target: Target, progress: Progress | None) -> None:
        self.server = server
        self.target = target
        self.progress = progress
        self.done = 0
        self.ledger: Ledger
        self.plan, self.work = plan_project(server, target)

    def apply(self) -> None:
        if self.plan.is_noop and self.plan.project is not None:
            with self._open_ledger(self.plan.project) as self.ledger:
                self._note_unsent(set())
            if not self.work.has_receipt:
                self._finish(self.plan.project)
            return
        project = self._settle_project()
        sent = {*self.plan.new, *self.work.replace, *self.work.update}
        self._furnish(project)
        with self._open_ledger(project) as self.ledger:
            self._import_new(project)
            self._update(project)
            self._note_unsent(sent)
        stale = [*self.work.surplus, *(task for tasks in self.work.replace.values() for task in tasks)]
        if stale:
            self.server.delete_tasks(project, stale)
        self._remove_surplus(project)
        self._finish(project)

    def _open_ledger(self, project: int) -> Ledger:
        return Ledger(ledger_path(self.server.get_project(project)))

    def _note_unsent(self, sent: set[str]) -> None:
        """Note the predictions that the server had already; from then on this machine has a note of the whole push."""
        if self.ledger.has_push(self.target.survey.fingerprint):
            return
        unsent = (prediction for prediction in self.target.predictions if prediction.id not in sent)
        for batch in _batches(map(self.target.tasks.get, unsent)):
            self.ledger.record(batch, sent=False)
        self.ledger.finish_push(self.target.survey.fingerprint)

    # ------------------------------------------------------------------------------------------------ project

    def _settle_project(self) -> int:
        """The project with the right settings; without the receipt, which only a complete push gives."""
        settings = {**self.target.list_settings(), "show_instruction": True}
        if self.plan.project is None:
            created = self._create_project(
                {
                    "title": self.target.title,
                    "description": describe_project(self.target.schema),
                    "maximum_annotations": 1,
                    **settings,
                }
            )
            if created == min((found["id"] for found in self.server.find_projects(self.target.title)), default=created):
                return created
            # a push from another machine was faster: its project counts, ours is empty
            self.server.delete_project(created)
            self.plan, self.work = plan_project(self.server, self.target)
            if self.plan.conflicts:
                raise DataProblems([*self.plan.conflicts, "nothing was sent"])
            return self._settle_project()
        current = self.server.get_project(self.plan.project)
        changed = {name: settings[name] for name in self.plan.settings if name in settings}
        description = renew_description(write_receipt(current.get("description") or "", None), self.target.schema)
        self.server.update_project(self.plan.project, description=description, **changed)
        return self.plan.project

    def _furnish(self, project: int) -> None:
        """What comes before the articles: the first tab of an empty project, and the practice task, new or renewed."""
        schema, model = self.target.schema, self.plan.model
        for attempt in range(TRIES):
            try:
                if self.work.is_empty:
                    self.server.add_first_view(project, FIRST_VIEW)
                if self.plan.practice:
                    add_practice(self.server, project, schema, model)
                elif self.plan.settings:
                    renew_practice(self.server, project, schema, model)
                return
            except LostAnswer:
                if attempt == TRIES - 1:
                    raise
                _wait(attempt)

    def _create_project(self, settings: dict[str, object]) -> int:
        for attempt in range(TRIES):
            try:
                return int(self.server.create_project(**settings)["id"])
            except LostAnswer:
                _wait(attempt)
                found = find_project(self.server, self.target.title)
                if found is not None:
                    return int(found["id"])
        return int(self.server.create_project(**settings)["id"])

    def _finish(self, project: int) -> None:
        current = self.server.get_project(project)
        settings = {}
        if self.plan.model != current["model_version"] and current["total_predictions_number"]:
            settings["model_version"] = self.plan.model
        receipt = Receipt(
            current["task_number"],
            current["total_predictions_number"],
            self.target.survey.fingerprint,
            self.server.last_change(project),
        )
        self.server.update_project(
            project, description=write_receipt(current.get("description") or "", receipt), **settings
        )
        self.plan.project = project

    # -------------------------------------------------------------------------------------------------- tasks

    def _import_new(self, project: int) -> None:
        wanted = {*self.plan.new, *self.work.replace}
        with ThreadPoolExecutor(1) as sender:  # the next batch is made while the server stores this one
            under_way: Future[int] | None = None
            for batch in _batches(self._make_tasks(wanted)):
                self.ledger.record(batch)
                if under_way is not None:
                    self._report(under_way.result())
                under_way = sender.submit(self._import_batch, project, batch)
            if under_way is not None:
                self._report(under_way.result())

    def _make_tasks(self, wanted: set[str]) -> Iterator[Task]:
        for prediction in self.target.predictions if wanted else ():
            if prediction.id in wanted:
                task = self.target.tasks.get(prediction)
                options = self.target.options
                hidden = prediction.id in self.work.blind
                yield withhold(task, seed=options.seed, share=options.blind) if hidden else task

    def _import_batch(self, project: int, batch: list[Task]) -> int:
        """Add the tasks; after a lost answer look which of them are there before sending the others again."""
        count = len(batch)
        for attempt in range(TRIES):
            try:
                self.server.import_tasks(project, batch)
                break
            except LostAnswer:
                if attempt == TRIES - 1:
                    raise
                _wait(attempt)
                there = self._find_keys(project, [task["data"]["doc_id"] for task in batch])
                batch = [task for task in batch if _key(task) not in there]
                if not batch:
                    break
        return count

    def _find_keys(self, project: int, articles: list[str]) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for task in self.server.find_tasks(project, articles, include="id,data"):
            found.setdefault(_key(task), []).append(task["id"])
        return found

    def _update(self, project: int) -> None:
        """New predictions for tasks that annotators have worked on, each added before the old ones go."""
        batch: list[tuple[Known, Task]] = []
        for prediction in self.target.predictions if self.work.update else ():
            known = self.work.update.get(prediction.id)
            if known is None:
                continue
            batch.append((known, self.target.tasks.get(prediction)))
            if len(batch) == BATCH_TASKS:
                self._update_batch(project, batch)
                batch = []
        if batch:
            self._update_batch(project, batch)

    def _update_batch(self, project: int, batch: list[tuple[Known, Task]]) -> None:
        self.ledger.record([task for _, task in batch])
        for attempt in range(TRIES):
            try:
                stored = {known.id: self.server.list_predictions(task=known.id) for known, _ in batch}
                missing = [
                    {**entry, "task": known.id}
                    for known, task in batch
                    for entry in task["predictions"]
                    if read_info(task).digest not in {digest_prediction(found) for found in stored[known.id]}
                ]
                if missing:
                    self.server.import_predictions(project, missing)
                break
            except LostAnswer:
                if attempt == TRIES - 1:
                    raise
                _wait(attempt)
        for known, task in batch:
            self._retire_predictions(task, stored[known.id])
            self.server.update_task(known.id, meta=task["meta"], **self._changed_data(task))
        self._report(len(batch))

    def _changed_data(self, task: Task) -> dict[str, object]:
        """The task's data, where it says something about the prediction."""
        return {"data": task["data"]} if self.target.page.data(task["data"]["doc_id"]) else {}

    def _retire_predictions(self, task: Task, stored: list[dict[str, object]]) -> None:
        """Delete the predictions that the new one replaces; those of other models are what annotators began from."""
        kept = read_info(task).digest
        for prediction in stored:
            if prediction["model_version"] == self.plan.model and digest_prediction(prediction) != kept:
                self.server.delete_prediction(int(str(prediction["id"])))

    def _remove_surplus(self, project: int) -> None:
        """An import whose answer got lost may have been stored after we looked: then articles have two tasks."""
        if self.server.get_project(project)["task_number"] == self.work.expected_tasks:
            return
        plan, work = plan_project(self.server, self.target)
        if work.surplus:
            self.server.delete_tasks(project, work.surplus)
        self.plan.surplus += plan.surplus

    def _report(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            total = len(self.plan.new) + len(self.plan.replaced) + len(self.plan.updated)
            self.progress(self.target.title, self.done, total)


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += len(task["data"]["text"])
        if len(batch) >= BATCH_TASKS or size >= BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _key(task: Task) -> tuple[str, str]:
    return task["data"].get("doc_id", ""), task["data"].get("text_sha256", "")


def _wait(attempt: int) -> None:
    time.sleep(0.5 * 2**attempt)
