"""What is in an embedded server."""

from __future__ import annotations

from typing import NamedTuple

from annotate.errors import StudioError
from annotate.label_studio_server.server import Studio


class Project(NamedTuple):
    """One project: how many articles it has, how many of them somebody has annotated, and its page."""

    title: str
    tasks: int
    annotated: int
    page: str


def list_projects(studio: Studio) -> list[Project]:
    """The projects of a running server, newest first.

    Raises:
        StudioError: it does not answer, for instance because it is still starting.
    """
    import httpx

    try:
        answer = httpx.get(
            f"{studio.url}/api/projects",
            params={"page_size": 1000},
            headers={"Authorization": f"Token {studio.api_key}"},
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StudioError(f"Label Studio at {studio.url} does not answer ({error}); try again in a moment") from error
    return [
        Project(
            found["title"],
            found["task_number"] or 0,
            found["num_tasks_with_annotations"] or 0,
            f"{studio.url}/projects/{found['id']}/data",
        )
        for found in answer.json()["results"]
    ]
