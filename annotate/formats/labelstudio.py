"""Label Studio's JSON: the list of tasks that its import takes and its export gives.

Gold (records with annotators) is written as annotations marked as ground truth, everything else as predictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError, DataProblems
from annotate.files import atomic_writer, open_input
from annotate.formats.markup import report_fields
from annotate.formats.registry import Reading, Writing, reads, writes
from annotate.jsonl import decode_json
from annotate.printing import shorten
from annotate.problems import cannot_read
from annotate.records import LayeredRecord, Prediction

_HELD = ("title", "date", "publisher", "url", "meta", "model", "score")


@writes("labelstudio")
def write_labelstudio(records: Iterable[LayeredRecord], path: Path, writing: Writing) -> None:
    """One JSON file for the button Import of a project with the schema's interface (`annotate schema build`)."""
    from annotate.task_json.tasks import to_task

    tasks = []
    problems: list[str] = []
    for record in records:
        layers = writing.pick(record)
        plain: dict[str, Any] = {name: getattr(record, name, None) for name in (*_HELD, "id", "text", "text_sha256")}
        prediction = Prediction(**plain, entities=layers.entities, quotes=layers.quotes, claims=layers.claims)
        report_fields(record, writing.report, held=_HELD)
        try:
            task = to_task(prediction, writing.schema)
        except DataProblems as error:
            problems += error.problems
            continue
        if getattr(record, "annotators", None):
            results = [{"result": entry["result"], "ground_truth": True} for entry in task["predictions"]]
            task = {**task, "annotations": results, "predictions": []}
        tasks.append(task)
    if problems:
        raise DataProblems(problems)
    with atomic_writer(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(tasks), indent=1))


@reads("labelstudio")
def read_labelstudio(path: Path, reading: Reading) -> Iterator[Prediction]:
    """One record per task of an export: its newest full prediction, or else its newest submitted annotation."""
    try:
        with open_input(path) as file:
            tasks = decode_json(file.read())
    except OSError as error:
        raise AnnotateError(cannot_read(path, error)) from error
    except ValueError as error:
        raise AnnotateError(f"{path}: not Label Studio's JSON, a list of tasks: {error}") from error
    if not isinstance(tasks, list):
        raise AnnotateError(f"{path}: not Label Studio's JSON: expected a list of tasks")
    for number, task in enumerate(tasks):
        if not isinstance(task, dict):
            reading.problems.append(f"{path}: task {number}: expected an object with data, found {shorten(repr(task))}")
            continue
        prediction = _read_task(task, f"{path}: task {task.get('id', number)}", reading)
        if prediction is not None:
            yield prediction


def _entries(task: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The task's predictions or annotations as far as they are there: an export may have their numbers only."""
    found = task.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _age(entry: dict[str, Any]) -> tuple[str, int]:
    """A key that is larger for what was written later."""
    number = entry.get("id")
    return str(entry.get("updated_at") or entry.get("created_at") or ""), number if isinstance(number, int) else 0


def _read_task(task: dict[str, Any], place: str, reading: Reading) -> Prediction | None:
    from annotate.task_json.from_result import from_result
    from annotate.task_json.tasks import ARTICLE_FIELDS, read_info

    data = task.get("data")
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(text, str) or not text:
        reading.problems.append(f"{place}: no data.text")
        return None
    named = data.get("doc_id") or next((id for id, known in reading.texts.items() if known == text), None)
    article = str(named or f"task-{task.get('id')}")
    entries = [entry for entry in _entries(task, "predictions") if "result" in entry]
    source = "predictions"
    if not entries:
        entries = [entry for entry in _entries(task, "annotations") if not entry.get("was_cancelled")]
        source = "annotations"
    if not entries:
        reading.report.add_loss("tasks without prediction and without submitted annotation", article)
        return None
    if len(entries) > 1:
        reading.report.add_note(f"tasks with several {source}, the newest read", article)
    entry = max(entries, key=_age)
    result = entry.get("result") or []
    if not isinstance(result, list):
        reading.problems.append(f"{place}: result is {shorten(repr(result))}; expected a list")
        return None
    info = read_info(task)
    decoded = from_result(result, text, reading.schema)
    for remark in decoded.remarks:
        (reading.report.add_note if remark.action == "repaired" else reading.report.add_loss)(remark.reason, article)
    wanted = reading.layers or info.layers or reading.schema.layers
    fields = {name: data[name] for name in ARTICLE_FIELDS if isinstance(data.get(name), str)}
    fields |= {"id": article, "text": text, "text_sha256": data.get("text_sha256"), "meta": info.article_meta}
    fields |= {"model": entry.get("model_version"), "score": entry.get("score")}
    try:
        prediction = msgspec.convert(fields, Prediction)
    except msgspec.ValidationError as error:
        reading.problems.append(f"{place}: {error}")
        return None
    for layer in wanted:
        setattr(prediction, layer, getattr(decoded.layers, layer))
    return prediction
