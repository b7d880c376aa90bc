"""The practice task of a project: how it is told apart from the tasks of articles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The key in the data of a practice task; its value is what to do there. An article cannot bring it: the data of its
#: task have the keys that the toolkit writes, and no others.
PRACTICE = "annotate_practice"


def is_practice(task: Mapping[str, Any]) -> bool:
    """Whether this is a task to practise on, which is no article and counts nowhere.

    The key alone is not enough: with it, somebody could hide the annotations of an article.

    >>> is_practice({"data": {PRACTICE: "Mark"}}), is_practice({"data": {PRACTICE: "Mark", "doc_id": "a-1"}})
    (True, False)
    """
    data = task.get("data")
    return isinstance(data, Mapping) and PRACTICE in data and "doc_id" not in data


def filter_practice() -> dict[str, Any]:
    """What the server's list of tasks is to be filtered by for them; whoever asks checks with `is_practice`."""
    return {"filter": f"filter:tasks:data.{PRACTICE}", "operator": "contains", "type": "String", "value": "."}
