"""Exported tasks made safe to read: what has not the type that Label Studio gives it is set aside. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from annotate.task_json.remarks import Remark, quarantined
from annotate.task_json.tasks import ARTICLE_FIELDS, Task


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_user(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, dict) and (_is_text(value.get("email")) or _is_int(value.get("id"))))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_Check = Callable[[Any], bool]

_DATA: dict[str, _Check] = dict.fromkeys(("text", "doc_id", "text_sha256", *ARTICLE_FIELDS), _is_text)
_ANNOTATION: dict[str, _Check] = {
    "id": _is_int,
    "created_at": _is_text,
    "updated_at": _is_text,
    "lead_time": _is_number,
    "completed_by": _is_user,
    "parent_prediction": _is_int,
    "prediction": _is_object,
    "result": lambda value: isinstance(value, list),
}
_ITEM: dict[str, _Check] = {
    **dict.fromkeys(("id", "from_name", "from_id", "to_id"), _is_text),
    "value": _is_object,
    "meta": _is_object,
}


def make_safe(task: Task) -> tuple[Task, list[Remark]]:
    """The task with values of the expected types only, and a remark for each that was left out.

    >>> task, [remark] = make_safe({"id": 3, "data": {"text": "Rain.", "title": {"a": 1}}, "annotations": []})
    >>> task["data"], remark.reason
    ({'text': 'Rain.'}, "the task's title is an object; expected text")
    """
    remarks: list[Remark] = []
    number = task.get("id") if _is_int(task.get("id")) else None
    if number is None:
        told = name_json_type(task.get("id"))
        remarks.append(quarantined(f"the task's id is {told}; expected a number", task.get("id")))
    data = dict(_kept(task.get("data"), _DATA, "task", remarks))
    annotations = []
    for entry in _entries(task.get("annotations"), "annotation", remarks):
        about: list[Remark] = []
        safe = dict(_kept(entry, _ANNOTATION, "annotation", about))
        safe["result"] = list(_safe_items(safe.get("result") or [], about))
        safe["prediction"] = _safe_prediction(safe.get("prediction") or {})
        remarks.extend(msgspec.structs.replace(remark, annotation_id=safe.get("id")) for remark in about)
        annotations.append(safe)
    stored = task.get("predictions")
    predictions = []
    for entry in stored if isinstance(stored, list) else []:
        if not _is_object(entry):  # exports have numbers in place of predictions
            continue
        if found := _safe_prediction(entry):
            predictions.append(found)
        else:
            remarks.append(quarantined("a stored prediction that is not well formed", entry))
    drafts = task.get("drafts")
    meta = task.get("meta")
    safe_task = {
        **task,
        "id": number,
        "data": data,
        "meta": meta if _is_object(meta) else {},
        "annotations": annotations,
        "predictions": predictions,
        "drafts": [draft for draft in drafts if _is_object(draft)] if isinstance(drafts, list) else [],
    }
    article = data.get("doc_id") or f"task-{number}"
    return safe_task, [msgspec.structs.replace(remark, task_id=number, article_id=article) for remark in remarks]


def make_all_safe(tasks: Iterable[Task]) -> Iterator[Task]:
    """The tasks with values of the expected types only, for those who need no remarks."""
    return (make_safe(task)[0] for task in tasks)


def _kept(found: Any, checks: dict[str, _Check], what: str, remarks: list[Remark]) -> Iterator[tuple[str, Any]]:
    """The entries of an object whose type is right; null counts as absent."""
    if not isinstance(found, dict):
        remarks.append(quarantined(f"the {what} has no fields, but is {name_json_type(found)}", found))
        return
    for name, value in found.items():
        if name in checks and value is None:
            continue
        if name not in checks or checks[name](value):
            yield name, value
        else:
            expected = "text" if checks[name] is _is_text else "another type"
            remarks.append(quarantined(f"the {what}'s {name} is {name_json_type(value)}; expected {expected}", value))


def _entries(found: Any, what: str, remarks: list[Remark]) -> Iterator[dict[str, Any]]:
    if found is None:
        return
    if not isinstance(found, list):
        remarks.append(quarantined(f"the task's {what}s are {name_json_type(found)}; expected a list", found))
        return
    for entry in found:
        if isinstance(entry, dict):
            yield entry
        else:
            remarks.append(quarantined(f"an {what} that is {name_json_type(entry)}; expected an object", entry))


def _safe_items(result: list[Any], remarks: list[Remark]) -> Iterator[Any]:
    for item in result:
        if not isinstance(item, dict):
            yield item
            continue
        known = {name: value for name, value in item.items() if value is not None or name not in _ITEM}
        wrong = [name for name in _ITEM.keys() & known.keys() if not _ITEM[name](known[name])]
        if wrong:
            remarks.append(quarantined(f"an item whose {min(wrong)} is {name_json_type(known[min(wrong)])}", item))
        else:
            yield known


def _safe_prediction(entry: dict[str, Any]) -> dict[str, Any]:
    """The prediction as it is, or none where it cannot be one; it is compared with what was pushed."""
    result = entry.get("result")
    version = entry.get("model_version")
    if not isinstance(result, list) or not (version is None or _is_text(version)) or not _is_int(entry.get("id")):
        return {}
    dropped: list[Remark] = []
    items = list(_safe_items(result, dropped))
    return {} if dropped else {**entry, "result": items}


def name_json_type(value: Any) -> str:
    """The JSON type of a value, in words.

    >>> name_json_type(["x"]), name_json_type(None)
    ('a list', 'null')
    """
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
