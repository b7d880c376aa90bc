"""Push: predictions to Label Studio as a plan that is then carried out, every article exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from annotate.artifacts.guidelines import to_instruction
from annotate.artifacts.label_config import to_label_config
from annotate.errors import DataProblems, RecordError
from annotate.jsonl import STDIO, read_records, stream_records
from annotate.labelstudio.connection import LostAnswer, Server, connect, require_client
from annotate.labelstudio.push.plan import (
    SAMPLING,
    Blind,
    Known,
    Order,
    ProjectPlan,
    PushPlan,
    Survey,
    Work,
    find_project,
    make_entry,
    plan_project,
    survey_predictions,
)
from annotate.labelstudio.push.receipt import Receipt, write_receipt
from annotate.records import Layer, Prediction
from annotate.schema import Schema, load_schema
from annotate.task_json.tasks import Task, digest_prediction, read_info

BATCH_TASKS = 100
BATCH_CHARS = 4_000_000
TRIES = 4

Progress = Callable[[str, int, int], None]


def push_predictions(
    predictions: str | Path | Iterable[Prediction],
    project: str,
    *,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
    overlap: int | None = None,
    order: Order | None = None,
    blind: float = 0.0,
    seed: int = 0,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PushPlan:
    """Make the project show these predictions to annotators; returns the plan, carried out unless `dry_run`.

    Everything is checked before anything is sent. A second push of the same changes nothing; one that was killed
    is finished by the next. People's annotations are never touched.

    Args:
        predictions: a JSON Lines file (`-` = standard input), or the records; read several times, one record in memory.
            An iterator is kept as a list.
        project: title, or `#NUMBER`. With `layers`, the projects are called `TITLE (LAYER)`.
        layers: one project a layer, for one pass a layer; default: one project with all layers of the schema.
        overlap: how many people annotate each article; default 1 for a new project, else as it is.
        order: `uncertain` gives annotators the articles with the lowest prediction score first (blind ones, which
            show no prediction, come last), `sequence` as they were pushed; default: as the project has it.
        blind: share in [0, 1] of the articles that are shown without their prediction, to measure how much the
            prediction leads people; chosen by `seed` and article id, and noted in the tasks.
        progress: called with project title, tasks done and tasks to do.

    Raises:
        DataProblems: all problems of the predictions together, or all conflicts; nothing was sent.
        LabelStudioError: the server cannot be reached, or refuses.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require_client()
    schema = schema or load_schema()
    if not 0 <= blind <= 1:
        raise DataProblems([f"blind is {blind}; expected a share from 0 to 1"])
    if overlap is not None and overlap < 1:
        raise DataProblems([f"overlap is {overlap}; expected 1 or more"])
    if isinstance(predictions, (str, Path)):
        predictions = PredictionFile(Path(predictions))
    elif isinstance(predictions, Iterator):
        predictions = list(predictions)
    choice = Blind(blind, seed)
    targets = (
        [(project, schema)]
        if layers is None
        else [(layer_title(project, layer), schema.restrict((layer,))) for layer in layers]
    )
    surveys = [survey_predictions(predictions, part, choice) for _, part in targets]
    server = connect(url, api_key)
    pushes = [
        _Push(server, title, part, predictions, survey, overlap, order, choice, progress)
        for (title, part), survey in zip(targets, surveys, strict=True)
    ]
    plan = PushPlan(url=server.url, projects=[push.plan for push in pushes])
    if dry_run:
        return plan
    if plan.conflicts:
        raise DataProblems([*plan.conflicts, "nothing was sent"])
    for push in pushes:
        push.apply()
    plan.applied = True
    return plan


class PredictionFile:
    """The predictions of a JSON Lines file (`-` = standard input), read anew by each loop over it.

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


def layer_title(project: str, layer: Layer) -> str:
    """The title of the project for one layer.

    >>> layer_title("Pilot", "claims")
    'Pilot (claims)'
    """
    return f"{project} ({layer})"


class _Push:
    """One project's part of a push."""

    def __init__(
        self,
        server: Server,
        title: str,
        schema: Schema,
        predictions: Iterable[Prediction],
        survey: Survey,
        overlap: int | None,
        order: Order | None,
        blind: Blind,
        progress: Progress | None,
    ) -> None:
        self.server = server
        self.title = title
        self.schema = schema
        self.predictions = predictions
        self.survey = survey
        self.overlap = overlap
        self.order = order
        self.blind = blind
        self.progress = progress
        self.done = 0
        self.plan, self.work = self._make_plan()

    def _make_plan(self) -> tuple[ProjectPlan, Work]:
        return plan_project(
            self.server,
            self.title,
            self.schema,
            self.predictions,
            self.survey,
            overlap=self.overlap,
            order=self.order,
            blind=self.blind,
            instruction=to_instruction(self.schema),
        )

    def apply(self) -> None:
        if self.plan.is_noop and self.plan.project is not None:
            if not self.work.has_receipt:
                self._finish(self.plan.project)
            return
        project = self._settle_project()
        self._import_new(project)
        self._update(project)
        stale = [*self.work.surplus, *(task for tasks in self.work.replace.values() for task in tasks)]
        if stale:
            self.server.delete_tasks(project, stale)
        self._remove_surplus(project)
        self._finish(project)

    # ------------------------------------------------------------------------------------------------ project

    def _settle_project(self) -> int:
        """The project with the right settings; without the receipt, which only a complete push gives."""
        settings: dict[str, object] = {
            "label_config": to_label_config(self.schema),
            "show_collab_predictions": True,
            "expert_instruction": to_instruction(self.schema),
            "show_instruction": True,
        }
        if self.overlap is not None:
            settings["maximum_annotations"] = self.overlap
        if self.order is not None:
            settings["sampling"] = SAMPLING[self.order]
        if self.plan.project is None:
            return self._create_project({"title": self.title, "maximum_annotations": 1, **settings})
        current = self.server.get_project(self.plan.project)
        changed = {name: settings[name] for name in self.plan.settings if name in settings}
        self.server.update_project(
            self.plan.project, description=write_receipt(current.get("description") or "", None), **changed
        )
        return self.plan.project

    def _create_project(self, settings: dict[str, object]) -> int:
        for attempt in range(TRIES):
            try:
                return int(self.server.create_project(**settings)["id"])
            except LostAnswer:
                _wait(attempt)
                found = find_project(self.server, self.title)
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
            self.survey.fingerprint,
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
                if under_way is not None:
                    self._report(under_way.result())
                under_way = sender.submit(self._import_batch, project, batch)
            if under_way is not None:
                self._report(under_way.result())

    def _make_tasks(self, wanted: set[str]) -> Iterator[Task]:
        for prediction in self.predictions if wanted else ():
            if prediction.id in wanted:
                yield make_entry(prediction, self.schema, self.blind, withheld=prediction.id in self.work.blind)

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
        """New predictions for tasks that people have worked on, each added before the old ones go."""
        batch: list[tuple[Known, Task]] = []
        for prediction in self.predictions if self.work.update else ():
            known = self.work.update.get(prediction.id)
            if known is None:
                continue
            batch.append((known, make_entry(prediction, self.schema, self.blind, withheld=False)))
            if len(batch) == BATCH_TASKS:
                self._update_batch(project, batch)
                batch = []
        if batch:
            self._update_batch(project, batch)

    def _update_batch(self, project: int, batch: list[tuple[Known, Task]]) -> None:
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
            self.server.update_task(known.id, meta=task["meta"])
        self._report(len(batch))

    def _retire_predictions(self, task: Task, stored: list[dict[str, object]]) -> None:
        """Delete the predictions that the new one stands for; those of other models are what people began from."""
        kept = read_info(task).digest
        for prediction in stored:
            if prediction["model_version"] == self.plan.model and digest_prediction(prediction) != kept:
                self.server.delete_prediction(int(str(prediction["id"])))

    def _remove_surplus(self, project: int) -> None:
        """An import whose answer got lost may have been stored after we looked: then articles appear twice."""
        if self.server.get_project(project)["task_number"] == self.work.expected_tasks:
            return
        plan, work = self._make_plan()
        if work.surplus:
            self.server.delete_tasks(project, work.surplus)
        self.plan.surplus += plan.surplus

    def _report(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            total = len(self.plan.new) + len(self.plan.replaced) + len(self.plan.updated)
            self.progress(self.title, self.done, total)


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
