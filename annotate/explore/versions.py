"""What is shown side by side: a release, one annotator of a file of annotations, or a file of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from annotate.errors import RecordError
from annotate.gold.load import load_gold
from annotate.jsonl import find_kind, read_records
from annotate.records import Annotation, LayeredRecord


class Version(NamedTuple):
    """One column of the page: its name, and its records by article id."""

    name: str
    records: dict[str, LayeredRecord]


def read_versions(sources: Sequence[str]) -> list[Version]:
    """The versions in releases and JSON Lines files, in their order; annotations give one version per annotator.

    Raises:
        RecordError: a file with problems.
        GoldError: no such release, or a damaged one.
    """
    versions: list[Version] = []
    for source in sources:
        path = Path(source)
        if path.is_file():
            versions.extend(_read_file(path))
        else:
            name = "/".join(path.parts[-2:])  # of a release's path: its name and version
            versions.append(Version(name, {record.id: record for record in load_gold(source)}))
    return _name_apart(versions)


def _read_file(path: Path) -> list[Version]:
    kind = find_kind(path)
    if kind is Annotation:
        annotations = [record for record in read_records(path, Annotation) if record.status == "submitted"]
        people = sorted({record.annotator for record in annotations})
        return [
            Version(name, {record.id: record for record in annotations if record.annotator == name}) for name in people
        ]
    return [Version(path.stem, {record.id: record for record in read_records(path, kind)})]


def _name_apart(versions: list[Version]) -> list[Version]:
    """The same versions with a number after names that were used before."""
    seen: dict[str, int] = {}
    named = []
    for version in versions:
        seen[version.name] = seen.get(version.name, 0) + 1
        times = seen[version.name]
        named.append(version if times == 1 else version._replace(name=f"{version.name} ({times})"))
    return named


def find_texts(versions: Sequence[Version]) -> dict[str, str]:
    """The text of each article, in the order in which the versions first name it.

    Raises:
        RecordError: an article without a text in any version, or with two different ones; all together.
    """
    texts: dict[str, str] = {}
    problems: list[str] = []
    for version in versions:
        for article, record in version.records.items():
            if record.text is None:
                continue
            if texts.setdefault(article, record.text) != record.text:
                problems.append(f"{article}: its text in {version.name} is not that of an earlier version")
    known = dict.fromkeys(article for version in versions for article in version.records)
    problems.extend(
        f"{article}: no version has its text (`annotate rehydrate` puts texts into a release)"
        for article in known
        if article not in texts
    )
    if problems:
        raise RecordError(problems)
    return {article: texts[article] for article in known}
