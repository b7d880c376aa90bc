"""What is in an embedded server: its projects, and how far each annotator is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from annotate.errors import StudioError
from annotate.label_studio_server.server import Studio
from annotate.practice import filter_practice, is_practice
from annotate.records import Layer

if TYPE_CHECKING:
    import httpx

PAGE = 500

_SUBMITTED, _SKIPPED = (
    {"filter": f"filter:tasks:{name}_annotations", "operator": "greater", "type": "Number", "value": 0}
    for name in ("total", "cancelled")
)


class AnnotatorStatus(msgspec.Struct, frozen=True):
    """How many articles of a project one annotator has submitted and skipped.

    `left` are those that the annotator has not had and that still need an annotation.
    """

    annotator: str
    submitted: int
    skipped: int
    left: int


class ProjectStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a project is.

    `layers` are those that its interface shows; `overlap` is how many annotators are to annotate each article.
    `annotated` articles have at least one annotation, `finished` ones as many as there should be.
    """

    title: str
    page: str
    layers: list[Layer]
    articles: int
    overlap: int
    annotated: int
    finished: int
    annotators: list[AnnotatorStatus]


def list_projects(studio: Studio, find_layers: Callable[[str], list[Layer]]) -> list[ProjectStatus]:
    """The projects of a running server, newest first.

    Args:
        find_layers: which layers an interface shows, given as XML.

    Raises:
        StudioError: it does not answer, for instance because it is still starting.
    """
    import httpx

    headers = {"Authorization": f"Token {studio.api_key}"}
    try:
        with httpx.Client(base_url=studio.url, headers=headers, timeout=60, trust_env=False) as client:
            emails = {user["id"]: user["email"] for user in _get(client, "/api/users")}
            found = _get(client, "/api/projects", page_size=1000)["results"]
            return [
                _read_project(client, studio, project, emails, find_layers(project["label_config"] or ""))
                for project in found
            ]
    except httpx.HTTPError as error:
        raise StudioError(f"Label Studio at {studio.url} does not answer ({error}); try again in a moment") from error


def _read_project(
    client: httpx.Client, studio: Studio, project: dict[str, Any], emails: dict[int, str], layers: list[Layer]
) -> ProjectStatus:
    """The project with the counts of its articles: the server's own have the practice task too."""
    practice = _find_practice(client, project["id"])
    articles = (project["task_number"] or 0) - len(practice)
    practised = sum(task["total_annotations"] > 0 for task in practice)
    return ProjectStatus(
        title=project["title"],
        page=f"{studio.url}/projects/{project['id']}/data",
        layers=layers,
        articles=articles,
        overlap=project["maximum_annotations"] or 1,
        annotated=(project["num_tasks_with_annotations"] or 0) - practised,
        finished=(project["finished_task_number"] or 0) - sum(task["is_labeled"] for task in practice),
        annotators=_count(client, project, emails, articles),
    )


def _find_practice(client: httpx.Client, project: int) -> list[dict[str, Any]]:
    found = _list_tasks(client, project, [filter_practice()], include="id,data,total_annotations,is_labeled")
    return [task for task in found if is_practice(task)]


def _count(
    client: httpx.Client, project: dict[str, Any], emails: dict[int, str], articles: int
) -> list[AnnotatorStatus]:
    """What each annotator has done, those with most first; only tasks that somebody has had are read."""
    if not (project["total_annotations_number"] or project["skipped_annotations_number"]):
        return []
    overlap = project["maximum_annotations"] or 1
    needed = articles
    done: Counter[int] = Counter()
    begun: Counter[int] = Counter()
    skipped: Counter[int] = Counter()
    for task in _iter_tasks(client, project["id"], [_SUBMITTED, _SKIPPED], include="id,data,annotators"):
        done.update(task["annotators"])
        if len(task["annotators"]) < overlap:
            begun.update(task["annotators"])
        else:
            needed -= 1
    if project["skipped_annotations_number"]:
        for task in _iter_tasks(client, project["id"], [_SKIPPED]):
            submitted = {entry["completed_by"] for entry in task["annotations"] if not entry["was_cancelled"]}
            skipped.update({entry["completed_by"] for entry in task["annotations"]} - submitted)
    return [
        AnnotatorStatus(emails.get(user, f"user-{user}"), count - skipped[user], skipped[user], needed - begun[user])
        for user, count in sorted(done.items(), key=lambda entry: (-entry[1], emails.get(entry[0], "")))
    ]


def _iter_tasks(
    client: httpx.Client, project: int, filters: list[dict[str, Any]], **params: str
) -> Iterator[dict[str, Any]]:
    """The tasks of articles that pass one of the filters."""
    return (task for task in _list_tasks(client, project, filters, **params) if not is_practice(task))


def _list_tasks(
    client: httpx.Client, project: int, filters: list[dict[str, Any]], **params: str
) -> Iterator[dict[str, Any]]:
    """The tasks that pass one of the filters, that for practice included."""
    query = json.dumps({"filters": {"conjunction": "or", "items": filters}})
    page = 1
    while True:
        answer = _get(
            client, "/api/tasks", project=project, fields="all", query=query, page=page, page_size=PAGE, **params
        )
        yield from answer["tasks"]
        if page * PAGE >= answer["total"]:
            return
        page += 1


def _get(client: httpx.Client, path: str, **params: str | int) -> Any:
    return client.get(path, params=params).raise_for_status().json()
