"""What is left out of a pool: the articles of releases, of files of records, and of Label Studio projects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotate.errors import RecordError
from annotate.gold.manifest import MANIFEST
from annotate.gold.names import LATEST, is_version
from annotate.jsonl import iter_objects
from annotate.selection.pool import Excluded


def read_excluded(sources: Sequence[str], *, url: str | None = None, api_key: str | None = None) -> Excluded:
    """The articles of each source, which is a JSON Lines file, a release, or else the title or `#NUMBER` of a project.

    Raises:
        RecordError: a file has lines that are no records.
        GoldError: a release that is named does not exist, or is damaged.
        LabelStudioError: the server cannot be reached, or there is no such project.
        MissingExtraError: a project is named, and the extra `labelstudio` is not installed.
    """
    excluded = Excluded()
    problems: list[str] = []
    for source in sources:
        if Path(source).is_file():
            _add_file(Path(source), excluded, problems)
        elif _is_release(source):
            _add_release(source, excluded)
        else:
            _add_project(source, excluded, url, api_key)
    if problems:
        raise RecordError(problems)
    return excluded


def _is_release(source: str) -> bool:
    path, parts = Path(source), source.split("/")
    found = any((folder / MANIFEST).is_file() for folder in (path, path.parent))
    return found or LATEST in parts[-2:] or (len(parts) in (2, 3) and is_version(parts[1]))


def _add_release(source: str, excluded: Excluded) -> None:
    from annotate.gold.load import find_release, stream_release  # loads pyarrow: 32 MiB

    folder, split = find_release(source)
    for record in stream_release(folder, split):
        excluded.add(record.id, text=record.text, text_sha256=record.text_sha256, date=record.date)


def _add_file(path: Path, excluded: Excluded, problems: list[str]) -> None:
    for place, row in iter_objects(path, problems=problems):
        words = {name: row.get(name) for name in ("id", "text", "text_sha256", "date")}
        if not words["id"] or not all(value is None or isinstance(value, str) for value in words.values()):
            problems.append(f"{place}: expected a record with id, and text or text_sha256 as text")
            continue
        excluded.add(str(words.pop("id")), **words)


def _add_project(name: str, excluded: Excluded, url: str | None, api_key: str | None) -> None:
    from annotate.errors import LabelStudioError
    from annotate.labelstudio.connection import connect
    from annotate.labelstudio.project import find_project

    server = connect(url, api_key)
    project = find_project(server, name)
    if project is None:
        raise LabelStudioError(f"--exclude {name}: no such file or release, and no project at {server.url}")
    for task in server.iter_tasks(project["id"], include="id,data"):
        data = task.get("data")
        found = {key: value for key, value in (data or {}).items() if isinstance(value, str)}
        if "doc_id" in found:
            excluded.add(
                found["doc_id"],
                text=found.get("text"),
                text_sha256=found.get("text_sha256"),
                date=found.get("date"),
            )
