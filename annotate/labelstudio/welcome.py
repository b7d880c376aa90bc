"""What people find in a project beside its articles: description, instruction, first tab, practice task."""

from __future__ import annotations

import re
from typing import Any

from annotate.files import sha256_text
from annotate.labelstudio.connection import Connection
from annotate.labelstudio.push.ledger import read_receipt, write_receipt
from annotate.practice import PRACTICE
from annotate.schema import Schema
from annotate.task_json.practice import build_practice
from annotate.task_json.tasks import digest_prediction

# columns of the server's list of tasks that say nothing to people; those that are not named are shown
_HIDDEN = [
    *(f"tasks:data.{name}" for name in ("text", "text_sha256", "url", "dispute_list", PRACTICE)),
    *(
        f"tasks:{name}"
        for name in (
            *("inner_id", "cancelled_annotations", "total_predictions", "annotations_results", "annotations_ids"),
            *("predictions_score", "predictions_model_versions", "predictions_results", "file_upload"),
            *("storage_filename", "created_at", "updated_at", "updated_by", "avg_lead_time", "draft_exists"),
        )
    ),
]
# beside an open article there is little room, and whose annotations there are should not be seen
_NOT_BESIDE = [
    f"tasks:{name}" for name in ("annotators", "completed_at", "total_annotations", "data.publisher", "data.date")
]

#: The first tab of a new project's list of tasks: what people know articles by, how far they are, who did them.
FIRST_VIEW: dict[str, Any] = {
    "title": "Articles",
    "type": "list",
    "target": "tasks",
    "hiddenColumns": {"explore": _HIDDEN, "labeling": [*_HIDDEN, *_NOT_BESIDE]},
    "columnsWidth": {"tasks:id": 80, "tasks:completed_at": 150, "tasks:annotators": 130, "tasks:data.title": 360},
}

_DESCRIPTION = "To mark: {}. Begin with Label All Tasks; Instructions, at the top, says how."
_OURS = re.escape(_DESCRIPTION).replace(re.escape("{}"), "[a-z, ]+")
# an element without content, as the server drops comments
_NOTE = '<div title="annotate '


def describe_project(schema: Schema) -> str:
    """What a new project says of itself among the projects of a server.

    >>> from annotate.schema import load_schema
    >>> describe_project(load_schema("news").restrict(("claims",)))
    'To mark: claims. Begin with Label All Tasks; Instructions, at the top, says how.'
    """
    return _DESCRIPTION.format(", ".join(schema.layers))


def renew_description(description: str, schema: Schema) -> str:
    """The description with what `describe_project` says; one that somebody has written stays as it is.

    >>> from annotate.schema import load_schema
    >>> claims = load_schema("news").restrict(("claims",))
    >>> renew_description("", claims) == describe_project(claims), renew_description("Pilot, until May.", claims)
    (True, 'Pilot, until May.')
    """
    words = write_receipt(description, None)
    receipt = read_receipt({"description": description})
    if words and not re.fullmatch(_OURS, words):
        return description
    return write_receipt(describe_project(schema), receipt)


def sign_instruction(html: str) -> str:
    """The instruction with a note by which a later push sees whether somebody has edited it."""
    return f'{html}{_NOTE}{sha256_text(html)[:16]}"></div>\n'


def is_edited(instruction: str) -> bool:
    """Whether the project's instruction is one that somebody has written or changed.

    Those of earlier versions of the toolkit have no note, but a class of its own.

    >>> is_edited(sign_instruction("<p>Mark.</p>")), is_edited("<p>Mark.</p>"), is_edited("")
    (False, True, False)
    """
    html, found, note = instruction.rstrip().rpartition(_NOTE)
    if found:
        return note != f'{sha256_text(html)[:16]}"></div>'
    return bool(instruction.strip()) and 'class="ann-guidelines"' not in instruction


def add_practice(server: Connection, project: int, schema: Schema, model: str) -> None:
    """Give the project its practice task, if it has none."""
    if not server.find_practice(project):
        server.import_tasks(project, [build_practice(schema, model)])


def renew_practice(server: Connection, project: int, schema: Schema, model: str) -> None:
    """Bring the project's practice task, if it has one, up to the schema, and its draft to the model that is shown."""
    for number in server.find_practice(project):
        task = build_practice(schema, model)
        [entry] = task["predictions"]
        stored = {found["id"]: digest_prediction(found) for found in server.list_predictions(task=number)}
        if digest_prediction(entry) not in stored.values():
            server.import_predictions(project, [{**entry, "task": number}])
        for prediction, digest in stored.items():
            if digest != digest_prediction(entry):
                server.delete_prediction(prediction)
        server.update_task(number, data=task["data"])
