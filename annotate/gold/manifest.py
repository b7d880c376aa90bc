"""The manifest of a release: what it consists of, where it comes from, and the hash of every file and row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import GoldError
from annotate.files import sha256_file, sha256_text
from annotate.gold.names import check_name, is_split, is_version

MANIFEST = "manifest.json"
FORMAT = 1

_FILE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}", re.ASCII)


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the release: its SHA-256, its size in bytes and, for tables, its rows."""

    sha256: str
    bytes: int
    rows: int | None = None


class SchemaEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The label schema: `digest` is that of its content (`Schema.digest`)."""

    name: str
    version: str
    digest: str


class ParentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The release that this one follows, by the digest of its manifest."""

    version: str
    digest: str


class SplitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One split: how many articles, its share of all, and the share that was asked for.

    `row_hashes` has the hash of each row (`rows.hash_row`), in the order of the tables.
    """

    articles: int
    share: float
    wanted: float
    row_hashes: list[str]


class Placed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an article stood."""

    split: str
    cluster: str


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article that no split can take, because it is kin to articles in several."""

    id: str
    kin: list[str]


class Manifest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What `manifest.json` holds.

    `counts` has articles, clusters and the spans of each layer and label; `provenance` counts articles by
    annotator, pre-annotation, guideline and rule of decision, and spans by origin and preannotator. `agreement`
    and `ceiling` are those of `annotate.agreement`; `work` has articles and time by annotator, `preannotators` the
    scores of what people started from against the release. `withdrawn` remembers the place of articles that an earlier
    version had, so that they come back to it.
    """

    format: int = FORMAT
    name: str
    version: str
    toolkit: str
    licence: str | None = None
    schema: SchemaEntry
    parent: ParentEntry | None = None
    date: str | None = None
    stand_off: bool = False
    counts: dict[str, Any]
    splits: dict[str, SplitEntry]
    grouping: dict[str, Any]
    withdrawn: dict[str, Placed] = {}
    left_out: list[LeftOut] = []
    provenance: dict[str, dict[str, int]]
    agreement: dict[str, Any] | None = None
    ceiling: dict[str, float | None] = {}
    work: dict[str, Any] = {}
    preannotators: dict[str, Any] = {}
    tokens: dict[str, Any] = {}
    files: dict[str, FileEntry]

    @property
    def ref(self) -> str:
        """The release as it is cited, `name/version`."""
        return f"{self.name}/{self.version}"


def hash_files(folder: Path, rows: dict[str, int]) -> dict[str, FileEntry]:
    """The entry of each file below the folder, by its path with `/`, the manifest itself left out.

    Args:
        rows: the number of rows of the files that are tables.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: FileEntry(sha256_file(folder / name), (folder / name).stat().st_size, rows.get(name))
        for name in names
        if name != MANIFEST
    }


def encode_manifest(manifest: Manifest) -> str:
    """The text of `manifest.json`; its last line is the digest of everything else in it."""
    content = msgspec.to_builtins(manifest)
    body = json.dumps(content, ensure_ascii=False, indent=1)
    return f'{body[:-2]},\n "digest": "{sha256_text(body)}"\n}}\n'


def manifest_digest(manifest: Manifest) -> str:
    """The digest that stands at the end of the manifest: it names the content of the whole release."""
    return sha256_text(json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=1))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the release in the folder, its own bytes proved by its digest.

    Raises:
        GoldError: there is none, a byte of it was changed, or it names something that no release can have.
    """
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GoldError([f"{folder}: not a release: {MANIFEST} cannot be read ({error.strerror or error})"]) from error
    try:
        content = json.loads(data.decode("utf-8"))
        content.pop("digest")
        manifest = msgspec.convert(content, Manifest)
    except (ValueError, KeyError, AttributeError, RecursionError, msgspec.ValidationError) as error:
        raise GoldError([f"{path}: not the manifest of a release ({error})"]) from error
    if encode_manifest(manifest).encode("utf-8") != data:
        raise GoldError([f"{path}: changed since it was written: its digest does not fit; get the release again"])
    problems = list(_find_name_problems(manifest))
    if problems:
        raise GoldError([f"{path}: {problem}" for problem in problems])
    return manifest


def find_file_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """A sentence for each file that is missing, added, a link, or has other bytes than the manifest says."""
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    links = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink()}
    for name in sorted(links):
        yield f"{name} is a link; a release has plain files only"
    for name in sorted(present.keys() - manifest.files.keys() - {MANIFEST}):
        yield f"{name} is not in the manifest; was it added later?"
    for name, entry in manifest.files.items():
        if name not in present:
            yield f"{name} is missing"
        elif name not in links and sha256_file(present[name]) != entry.sha256:
            yield f"{name} was changed since the release: its SHA-256 is not the one in the manifest"


def _find_name_problems(manifest: Manifest) -> list[str]:
    problems = []
    try:
        check_name(manifest.name)
    except GoldError as error:
        problems.append(str(error))
    if not is_version(manifest.version):
        problems.append(f"version {manifest.version!r}; expected MAJOR.MINOR.PATCH")
    problems += [f"split {split!r}; expected a lower-case word" for split in manifest.splits if not is_split(split)]
    problems += [
        f"file {name!r}; expected a plain name, at most one folder deep"
        for name in manifest.files
        if _FILE.fullmatch(name) is None
    ]
    return problems
