"""Predictions to Label Studio tasks, and exported tasks back to annotations. Pure; both directions side by side.

The natural key of a task is `doc_id` and `text_sha256` in its data. The task's `meta` holds what
`pull` needs; annotators do not see it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from annotate.artifacts.page import ORDINARY_PAGE, Page
from annotate.errors import DataProblems
from annotate.files import sha256_text
from annotate.problems import EMPTY_ID, WRONG_HASH, find_surrogate
from annotate.records import LAYERS, Annotation, Layer, Layers, Prediction, annotated_layers, get_layer, pick_layers
from annotate.schema import Schema, find_label_problems
from annotate.spans import find_span_problems
from annotate.task_json.from_result import from_result
from annotate.task_json.outcomes import Changes, linked_ids, settle_origins
from annotate.task_json.remarks import Remark, quarantined, repaired
from annotate.task_json.renames import read_renames, rename_items
from annotate.task_json.to_result import to_result

Task = dict[str, Any]

ARTICLE_FIELDS = ("title", "date", "publisher", "url")
META = "annotate"


class Key(NamedTuple):
    """What makes two tasks the same article."""

    article_id: str
    text_sha256: str


class TaskInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the toolkit notes in a task's `meta`: where its prediction came from, and whether it was withheld.

    `digest` identifies the prediction that was pushed last; `layers` are those that it had.
    """

    schema: str | None = None
    model: str | None = None
    layers: list[Layer] = []
    digest: str | None = None
    blind: bool = False
    blind_seed: int | None = None
    blind_share: float | None = None
    article_meta: dict[str, Any] = {}


def to_task(prediction: Prediction, schema: Schema) -> Task:
    """The task that shows the prediction to annotators: `data`, `meta` and one entry in `predictions`.

    Args:
        schema: the schema of the project; layers that it does not have are left out.

    Raises:
        DataProblems: the prediction has no text, or spans, labels or attributes that do not fit.
    """
    problems = list(find_task_problems(prediction, schema))
    if problems:
        raise DataProblems([f"{prediction.id}: {problem}" for problem in problems])
    return build_task(prediction, schema)


def build_task(prediction: Prediction, schema: Schema, page: Page = ORDINARY_PAGE) -> Task:
    """As `to_task`, for a prediction that `find_task_problems` has passed, with what the page shows beside it."""
    text = prediction.text or ""
    data = {"text": text, "doc_id": prediction.id, "text_sha256": prediction.text_sha256 or sha256_text(text)}
    data.update(page.data(prediction.id))
    data.update({name: value for name in ARTICLE_FIELDS if (value := getattr(prediction, name)) is not None})
    layers = pick_layers(prediction, schema.layers)
    entry: dict[str, Any] = {
        "model_version": prediction.model or "unnamed",
        "result": to_result(
            layers, text, schema, article_id=prediction.id, model=prediction.model, keep_ids=page.keeps_ids
        ),
    }
    if prediction.score is not None:
        entry["score"] = prediction.score
    info = TaskInfo(
        schema=schema.ref,
        model=entry["model_version"],
        layers=list(annotated_layers(layers)),
        digest=digest_prediction(entry),
        article_meta=prediction.meta,
    )
    return {
        "data": data,
        "meta": {META: msgspec.to_builtins(info)},
        "predictions": [entry] if info.layers else [],
    }


def withhold(task: Task, *, seed: int, share: float) -> Task:
    """The task without its prediction, so that annotators work without its help, and with a note of the draw."""
    info = msgspec.structs.replace(read_info(task), blind=True, blind_seed=seed, blind_share=share)
    return {**task, "meta": {META: msgspec.to_builtins(info)}, "predictions": []}


def find_task_problems(prediction: Prediction, schema: Schema) -> Iterator[str]:
    """One sentence for each reason why Label Studio could not show this prediction rightly.

    The server accepts nonsense (facts tested against 1.23: offsets beyond the text, unknown labels, relations to
    nothing), and some of it leaves annotators with an empty page; hence everything is checked here, before.
    """
    if not prediction.id:
        yield EMPTY_ID
    if not prediction.text:
        yield "no text; Label Studio needs it (preannotate writes it)"
        return
    if problem := find_surrogate(prediction.text):
        yield f"text has {problem}"
        return
    if "\0" in prediction.text:
        yield f"the text holds a NUL character at {prediction.text.index(chr(0))}; Label Studio's databases refuse it"
    if prediction.text_sha256 not in (None, sha256_text(prediction.text)):
        yield WRONG_HASH
    layers = pick_layers(prediction, schema.layers)
    yield from find_span_problems(layers, prediction.text)
    yield from find_label_problems(layers, schema)
    yield from _find_score_problems(prediction)
    yield from _find_id_problems(layers)


def digest_prediction(entry: Mapping[str, Any]) -> str:
    """A short hash of a prediction as the server stores it: model, score and result."""
    content = [entry.get("model_version"), entry.get("score"), entry.get("result")]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def _find_score_problems(prediction: Prediction) -> Iterator[str]:
    scores = [("score", prediction.score)]
    for layer in LAYERS:
        for i, item in enumerate(get_layer(prediction, layer) or ()):
            scores.append((f"{layer}[{i}].score", item.score))
            scores.append((f"{layer}[{i}].confidence", getattr(item, "confidence", None)))
    for place, score in scores:
        if score is not None and not 0 <= score <= 1:
            yield f"{place} is {score}; expected 0 to 1"


def _find_id_problems(layers: Layers) -> Iterator[str]:
    seen: dict[str, str] = {}
    for layer in LAYERS:
        for i, item in enumerate(get_layer(layers, layer) or ()):
            if item.id is None:
                continue
            if item.id in seen:
                yield f"{layer}[{i}] has the id {item.id!r} of {seen[item.id]}; ids must be unique in an article"
            seen[item.id] = f"{layer}[{i}]"


# -------------------------------------------------------------------------------------------------- the way back


class Returned(NamedTuple):
    """An annotation, and what became of the items that it began from; no changes where it began from nothing."""

    annotation: Annotation
    changes: Changes


class TaskAnnotations(NamedTuple):
    """What one exported task holds: submitted and skipped annotations, whose drafts are open, and remarks."""

    annotations: list[Returned]
    drafts: list[str]
    remarks: list[Remark]


def from_task(
    task: Task, schema: Schema, *, emails: Mapping[int, str] | None = None, problem: str | None = None
) -> TaskAnnotations:
    """The annotations of one task as Label Studio exports or lists it (JSON, with or without full predictions).

    A task whose text is not the text that was pushed gives no annotations: its offsets cover other words.

    Args:
        schema: the schema of the project, with the layers that it annotates.
        emails: users' ids to their e-mail addresses, the annotators' names in records.
        problem: a reason known already why none of the task's annotations can be taken.
    """
    data = task.get("data") or {}
    text = data.get("text")
    info = read_info(task)
    article_id = str(data.get("doc_id") or f"task-{task.get('id')}")
    drafts = [_who(draft.get("user"), emails) for draft in task.get("drafts") or () if isinstance(draft, dict)]
    problem = problem or _find_text_problem(text, data.get("text_sha256"))
    remarks: list[Remark] = []
    annotations = []
    for entry in task.get("annotations") or ():
        place = {
            "article_id": article_id,
            "task_id": task.get("id"),
            "annotation_id": entry.get("id"),
            "annotator": _who(entry.get("completed_by"), emails),
        }
        if problem is not None:
            found = [quarantined(problem, {"regions": len(entry.get("result") or ())})]
        else:
            returned, found = _read_annotation(entry, task, schema, info, place)
            annotations.append(returned)
        if problem is None and not data.get("text_sha256"):
            found.append(repaired("no text_sha256 in the task's data; the hash is that of the text found there"))
        remarks.extend(msgspec.structs.replace(remark, **place) for remark in found)
    return TaskAnnotations(annotations, drafts, remarks)


def read_info(task: Task) -> TaskInfo:
    """What the toolkit noted in the task; empty for a task that others made."""
    meta = task.get("meta")
    noted = meta.get(META) if isinstance(meta, dict) else None
    try:
        return msgspec.convert(noted or {}, TaskInfo)
    except msgspec.ValidationError:
        return TaskInfo()


def read_predicted(entry: Mapping[str, Any], text: str, schema: Schema, info: TaskInfo) -> Layers:
    """The layers of a stored prediction, only those that the model had predicted."""
    # an annotation keeps a copy of its prediction, which may be older than a renaming of labels
    result, _ = rename_items(entry.get("result") or [], read_renames(schema))
    layers = from_result(result, text, schema).layers
    if not info.layers:
        return layers
    return pick_layers(layers, [layer for layer in info.layers if layer in schema.layers])


def _read_annotation(
    entry: Mapping[str, Any], task: Task, schema: Schema, info: TaskInfo, place: dict[str, Any]
) -> tuple[Returned, list[Remark]]:
    data = task["data"]
    text = data["text"]
    start = find_prediction(entry, task)
    predicted = read_predicted(start, text, schema, info) if start else None
    skipped = bool(entry.get("was_cancelled"))
    layers, changes = Layers(), Changes()
    remarks: list[Remark] = []
    if not skipped:
        known = linked_ids(predicted) if predicted is not None else ()
        layers, _, remarks = from_result(entry.get("result") or [], text, schema, predicted=known)
        if predicted is not None:
            layers, changes = settle_origins(layers, predicted, text)
    annotation = Annotation(
        id=place["article_id"],
        text=text,
        text_sha256=data.get("text_sha256") or sha256_text(text),
        meta=info.article_meta,
        schema=schema.ref,
        entities=layers.entities,
        quotes=layers.quotes,
        claims=layers.claims,
        annotator=place["annotator"],
        task_id=place["task_id"],
        annotation_id=place["annotation_id"],
        created_at=entry.get("created_at"),
        updated_at=entry.get("updated_at"),
        lead_time_s=entry.get("lead_time"),
        status="skipped" if skipped else "submitted",
        model=start.get("model_version") if start else None,
        predicted=predicted,
        blind=info.blind,
        **{name: data.get(name) for name in ARTICLE_FIELDS},
    )
    return Returned(annotation, changes), remarks


def find_prediction(entry: Mapping[str, Any], task: Task) -> dict[str, Any] | None:
    """The prediction that the annotation began from, according to the server.

    The server also notes its newest prediction on annotations that were begun empty; without a `parent_prediction`
    a shared region id distinguishes the two.
    """
    stored = {p["id"]: p for p in task.get("predictions") or () if isinstance(p, dict) and "id" in p}
    noted = entry.get("prediction")
    if isinstance(noted, dict) and noted:
        stored.setdefault(noted.get("id"), noted)
    parent = entry.get("parent_prediction")
    if parent in stored:
        return stored[parent]
    ids = _item_ids(entry.get("result"))
    candidates = [p for p in stored.values() if ids & _item_ids(p.get("result"))]
    return max(candidates, key=lambda p: p["id"]) if candidates else None


def _item_ids(result: Any) -> set[str]:
    items: Iterable[Any] = result if isinstance(result, list) else ()
    return {item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)}


def _find_text_problem(text: Any, digest: Any) -> str | None:
    if not isinstance(text, str) or not text:
        return "the task has no text; nothing can be read"
    if digest and sha256_text(text) != digest:
        return "the task's text was changed after it was pushed; its marks may cover other words"
    return None


def _who(user: Any, emails: Mapping[int, str] | None) -> str:
    """A user's e-mail address; the server gives a number or an object, depending on where one asks."""
    if isinstance(user, dict):
        if user.get("email"):
            return str(user["email"])
        user = user.get("id")
    return (emails or {}).get(user, f"user-{user}") if isinstance(user, int) else str(user)
