"""The catalogue: gold by its id, from a release folder, or from a JSON Lines file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from annotate.errors import GoldError
from annotate.files import resource_dir, sha256_file
from annotate.gold.manifest import MANIFEST, Manifest, Placed, read_manifest
from annotate.gold.names import LATEST, check_name, find_versions, is_split, is_version
from annotate.gold.parquet import iter_gold, iter_rows, table_names
from annotate.jsonl import STDIO, read_records
from annotate.records import GoldRecord


def load_gold(source: str | Path) -> list[GoldRecord]:
    """The gold records of a release, of one split of it, or of a JSON Lines file, in their order.

    Args:
        source: a release folder, or one with `/split` behind it; `name/version[/split]` of a release below `gold/`
            here or of those that come with the toolkit, where `name/latest[/split]` is the newest version; or a JSON
            Lines file (`-` = standard input).

    Raises:
        GoldError: there is no such release or split, a file of it was changed since it was written, or the folder is
            named as another release.
        RecordError: the JSON Lines file has problems.
    """
    path = Path(source)
    if is_record_file(path):
        return read_records(path, GoldRecord)
    folder, split = find_release(source)
    return list(stream_release(folder, split))


def is_record_file(path: Path) -> bool:
    """Whether the path names records and no release: a file, a pipe, or `-` for standard input.

    >>> is_record_file(Path("-")), is_record_file(Path("/"))
    (True, False)
    """
    return path == STDIO or path.is_file() or path.is_fifo()


def find_release(source: str | Path) -> tuple[Path, str | None]:
    """The folder of a release and the split that was named with it; `latest` in the place of a version is the newest.

    Raises:
        GoldError: there is no such release.
    """
    path = Path(source)
    for named, split in ((path, None), (path.parent, path.name)):
        folder = _find_latest(named) if named.name == LATEST else named
        if (folder / MANIFEST).is_file() and (split is None or is_split(split)):
            return folder, split
    parts = str(source).split("/")
    homes = [Path("gold"), resource_dir("gold")]
    if len(parts) in (2, 3) and (is_version(parts[1]) or parts[1] == LATEST):
        name, version = check_name(parts[0]), parts[1]
        split = parts[2] if len(parts) == 3 else None
        if version == LATEST:
            newest = max((versions[-1] for home in homes if (versions := find_versions(home / name))), default=None)
            version = str(newest)
        for home in homes:
            if (home / name / version / MANIFEST).is_file():
                return home / name / version, split
    known = sorted({f"{folder.parent.name}/{folder.name}" for home in homes for folder in release_folders(home)})
    raise GoldError(
        [
            f"no release or file called {source}; expected a release folder, name/version[/split], name/latest[/split] "
            "or a JSON Lines file" + (f"; known releases: {', '.join(known)}" if known else "")
        ]
    )


def _find_latest(folder: Path) -> Path:
    """The newest version beside a folder `.../NAME/latest` that does not exist, where there is one."""
    versions = find_versions(folder.parent)
    return folder.parent / str(versions[-1]) if versions and not folder.exists() else folder


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a release whose folder is not named as another one.

    A folder whose name is no version, as a download may have, names no release; `annotate check` is stricter.

    Raises:
        GoldError: as `read_manifest`, or the folder is named `name/version` of another release.
    """
    manifest = read_manifest(folder)
    problem = find_place_problem(folder, manifest)
    if problem is not None and is_version(Path(os.path.abspath(folder)).name):  # noqa: PTH100 - see below
        raise GoldError([f"{folder}: {problem}"])
    return manifest


def find_place_problem(folder: Path, manifest: Manifest) -> str | None:
    """What is wrong with the names of the folder and of the one above it, by the manifest; None where they fit."""
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - a link is not followed: its name is what people cite
    if f"{place.parent.name}/{place.name}" == manifest.ref:
        return None
    return (
        f"the folder is {place.parent.name}/{place.name}, but its manifest is of {manifest.ref}: get the release "
        f"that you mean, or, if this is the one, rename the folder to .../{manifest.ref}"
    )


def stream_release(folder: str | Path, split: str | None = None) -> Iterator[GoldRecord]:
    """The records of a release one by one, split by split, each file checked against its hash before it is read.

    Raises:
        GoldError: no such split, a file was changed since it was written, or the folder is named as another release.
    """
    folder = Path(folder)
    manifest = load_manifest(folder)
    for path in split_files(folder, manifest, split):
        entry = manifest.files[path.relative_to(folder).as_posix()]
        if not path.is_file() or sha256_file(path) != entry.sha256:
            raise GoldError([f"{path}: missing or changed since it was released; see: annotate check {folder}"])
        yield from iter_gold(path)


def split_files(folder: Path, manifest: Manifest, split: str | None = None, *, config: str = "data") -> list[Path]:
    """The tables of one split, or of all of them, in order.

    Raises:
        GoldError: no such split.
    """
    if split is not None and split not in manifest.splits:
        raise GoldError([f"{folder}: no split {split!r}; it has {', '.join(sorted(manifest.splits))}"])
    wanted = sorted(manifest.splits) if split is None else [split]
    names = [name for each in wanted for name in table_names(config, each, manifest.splits[each].articles)]
    missing = [name for name in names if name not in manifest.files]
    if missing:
        raise GoldError([f"{folder}: the manifest has no file {name}" for name in missing])
    return [folder / name for name in names]


def read_places(folder: Path, manifest: Manifest) -> dict[str, Placed]:
    """The split and cluster of each article, by id."""
    return {
        row["id"]: Placed(row["split"], row["cluster"])
        for path in split_files(folder, manifest)
        for row in iter_rows(path, ["id", "split", "cluster"])
    }


def read_annotators(folder: Path, manifest: Manifest) -> dict[str, list[str]]:
    """The annotators of each article as the release names them, by the article's id."""
    return {
        row["id"]: row["annotators"]
        for path in split_files(folder, manifest)
        for row in iter_rows(path, ["id", "annotators"])
    }


def releases(to: str | Path = "gold") -> list[Manifest]:
    """The manifests of all releases below a folder, by name, then oldest version first.

    >>> releases("/nowhere")
    []

    Raises:
        GoldError: a manifest was changed since it was written.
    """
    return [read_manifest(folder) for folder in release_folders(Path(to))]


def release_folders(home: Path) -> list[Path]:
    """The folders that `releases` lists, in the same order."""
    names = sorted(home.iterdir()) if home.is_dir() else []
    return [folder / str(version) for folder in names if folder.is_dir() for version in find_versions(folder)]
