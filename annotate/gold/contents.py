"""The files of a release folder: which there must be, and whether they are there, with nothing else beside them.

Everything is looked at with `lstat` before a byte is read, so that a pipe or a device in the place of a file is a
problem and not a wait without end.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from annotate.errors import GoldError
from annotate.files import name_kind, read_text, sha256_file
from annotate.gold.manifest import MANIFEST, MANIFEST_LIMIT, Manifest
from annotate.gold.parquet import ROWS_PER_FILE, table_names

CARD = "README.md"
CHANGES = "CHANGES.md"
CROISSANT = "croissant.json"
SCHEMA = "schema.toml"
#: of a stand-off release only: what the release with the texts was
ORIGIN = "origin.json"
#: the signature of the manifest; it is in no manifest, since it is made from it
SIGNATURE = f"{MANIFEST}.sig"

_SSH_SIGNATURE = re.compile(rb"-----BEGIN SSH SIGNATURE-----\s[A-Za-z0-9+/=\s]+-----END SSH SIGNATURE-----\s*")
_FOLDERS = ("data", "tokens", "anchors")
_MIB = 1 << 20
# bytes; tables may be of any size, since they are read in pieces
_LIMITS = {
    MANIFEST: MANIFEST_LIMIT,
    SIGNATURE: 64 << 10,
    CARD: 16 * _MIB,
    CHANGES: 16 * _MIB,
    CROISSANT: 16 * _MIB,
    SCHEMA: _MIB,
    ORIGIN: MANIFEST_LIMIT,
}


class Origin(msgspec.Struct, frozen=True):
    """What `origin.json` holds of the release with the texts: the manifest's digest, hashes of files, rows by split."""

    digest: str
    files: dict[str, str]
    rows: dict[str, list[str]]


def read_origin(folder: Path) -> Origin:
    """What the release with the texts was.

    Raises:
        GoldError: the file does not have that form.
        AnnotateError: it cannot be read.
    """
    try:
        return msgspec.json.decode(read_text(folder / ORIGIN), type=Origin)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise GoldError([f"{folder / ORIGIN}: not the origin of a stand-off release ({error})"]) from error


def find_entry_problems(folder: Path) -> list[str]:
    """A sentence for each entry that no release can have, whatever is in its manifest; nothing is opened.

    Raises:
        GoldError: the folder cannot be listed.
    """
    problems = []
    for name, status in _list_entries(folder):
        kind = name_kind(status.st_mode)
        if kind == "a folder" and name in _FOLDERS:
            continue
        if kind is not None:
            problems.append(f"{name} is {kind}; a release has plain files only")
        elif status.st_size > _LIMITS.get(name, status.st_size):
            problems.append(f"{name} has {status.st_size:,} bytes; expected at most {_LIMITS[name]:,}")
    return problems


def expected_rows(manifest: Manifest) -> dict[str, int | None]:
    """All files that a release of these splits has, the manifest left out, and the rows of those that are tables.

    A stand-off release has `anchors/` and `origin.json` instead of `tokens/`; with some of its texts put back, neither.
    """
    names: dict[str, int | None] = dict.fromkeys((CARD, CHANGES, CROISSANT, SCHEMA))
    if not manifest.stand_off:
        configs = ["data", "tokens"]
    elif ORIGIN in manifest.files:
        configs = ["data", "anchors"]
        names[ORIGIN] = None
    else:
        configs = ["data"]
    for config in configs:
        for split, entry in manifest.splits.items():
            for number, name in enumerate(table_names(config, split, entry.articles)):
                names[name] = min(ROWS_PER_FILE, entry.articles - number * ROWS_PER_FILE)
    return names


def find_file_problems(folder: str | Path, manifest: Manifest) -> Iterator[str]:
    """A sentence for each file or folder that is missing, added, not a plain file, or not as the manifest has it."""
    folder = Path(folder)
    odd = find_entry_problems(folder)
    if odd:
        yield from odd
        return
    expected = expected_rows(manifest)
    for name in sorted(expected.keys() - manifest.files.keys()):
        yield f"{MANIFEST} has no file {name}"
    for name in sorted(manifest.files.keys() - expected.keys()):
        yield f"{MANIFEST} has a file {name}, which is no part of a release"
    present = {name: status for name, status in _list_entries(folder) if stat.S_ISREG(status.st_mode)}
    for name in sorted(present.keys() - manifest.files.keys() - {MANIFEST, SIGNATURE}):
        yield f"{name} is not in the manifest; was it added later?"
    if SIGNATURE in present and not _SSH_SIGNATURE.fullmatch((folder / SIGNATURE).read_bytes()):
        yield f"{SIGNATURE} is no SSH signature; was it added later?"
    for name, status in _list_entries(folder):
        if stat.S_ISDIR(status.st_mode) and not any(file.startswith(f"{name}/") for file in manifest.files):
            yield f"folder {name}/ is not in the manifest; was it added later?"
    for name, entry in manifest.files.items():
        if name not in present:
            yield f"{name} is missing"
        elif sha256_file(folder / name) != entry.sha256:
            yield f"{name} was changed since the release: its SHA-256 is not the one in the manifest"
        elif present[name].st_size != entry.bytes:
            yield f"{name} has {present[name].st_size:,} bytes; {MANIFEST} has {entry.bytes:,}"
        elif name in expected and entry.rows != expected[name]:
            yield f"{name}: expected rows by its split {expected[name]:,}; {MANIFEST} has {entry.rows}"


def _list_entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Each entry of the folder and of the folders that a release has, by its path with `/`, links not followed."""
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            yield path.name, status
            if path.name in _FOLDERS and stat.S_ISDIR(status.st_mode):
                for inner in sorted(path.iterdir()):
                    yield f"{path.name}/{inner.name}", inner.lstat()
    except OSError as error:
        raise GoldError([f"{folder}: cannot be read ({error.strerror or error})"]) from error
