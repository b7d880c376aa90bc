"""The embedded Label Studio after `up`: what is in it, and stopping it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from annotate.label_studio_server import Studio, explain_end, find_studio, stop_studio
from annotate.label_studio_server.projects import Project, list_projects


@dataclass(frozen=True)
class Status:
    """The running server and its projects, newest first; `studio` is None where none is running.

    `ended` is why the last one ended, where it did not end by `down`.
    """

    studio: Studio | None
    projects: list[Project] = field(default_factory=list)
    ended: str | None = None


def status(dir: Path | None = None) -> Status:
    """Whether the embedded Label Studio is running, and what is in it.

    Args:
        dir: its data folder; None = the user's own.

    Raises:
        StudioError: it is running and does not answer, for instance because it is still starting.
        MissingExtraError: the extra `studio` is not installed.
    """
    studio = find_studio(dir)
    if studio is None:
        return Status(None, ended=explain_end(dir))
    return Status(studio, list_projects(studio))


def down(dir: Path | None = None) -> bool:
    """Stop the embedded Label Studio; the annotations are kept, and `up` shows them again.

    Args:
        dir: its data folder; None = the user's own.

    Returns:
        whether one was running.

    Raises:
        StudioError: it does not end.
        MissingExtraError: the extra `studio` is not installed.
    """
    return stop_studio(dir)
