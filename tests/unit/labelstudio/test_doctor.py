"""What `annotate doctor` says of the tasks of a project, without a server."""

from __future__ import annotations

from typing import Any, cast

from annotate.labelstudio.connection import Connection
from annotate.labelstudio.doctor import _check_tasks
from annotate.schema import load_schema

PROJECT = {"id": 1, "show_collab_predictions": True, "model_version": ""}


class Tasks:
    """A connection to a server that has these tasks."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = tasks

    def iter_tasks(self, project: int) -> list[dict[str, Any]]:
        return [{"meta": {}, "annotations": [], "predictions": [], **task} for task in self.tasks]


def test_tasks_without_a_text_are_counted() -> None:
    server = Tasks(*({"id": number, "data": {"doc_id": f"a{number}"}} for number in (3, 4)))
    findings = list(_check_tasks(cast(Connection, server), "News", PROJECT, load_schema(), empty=False))
    assert [finding.what for finding in findings if finding.level == "problem"] == [
        "stored tasks and predictions: 2 x the task has no text (such as task 3)"
    ]
