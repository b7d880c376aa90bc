"""Changes to a release that fit each other again, as somebody would make them who knows how it is built."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from annotate.files import sha256_file
from annotate.gold.manifest import FileEntry, encode_manifest, read_manifest
from annotate.gold.parquet import TableWriter


def hash_files(folder: Path, rows: dict[str, int]) -> dict[str, FileEntry]:
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name: FileEntry(sha256_file(path), path.stat().st_size, rows.get(name))
        for name, path in paths.items()
        if name != "manifest.json"
    }


def write_rows(path: Path, rows: Iterable[dict[str, Any]], schema: pa.Schema) -> None:
    with TableWriter(path, schema) as table:
        for row in rows:
            table.add(row)


def forge(folder: Path, **changes: Any) -> None:
    """Rewrite the manifest so that it fits the files again, as somebody would who knows how it is made."""
    manifest = read_manifest(folder)
    rows = {name: entry.rows for name, entry in manifest.files.items() if entry.rows is not None}
    for path in folder.rglob("*.parquet"):
        with contextlib.suppress(OSError, pa.ArrowException):
            rows[path.relative_to(folder).as_posix()] = pq.read_metadata(path).num_rows
    manifest = msgspec.structs.replace(manifest, **{"files": hash_files(folder, rows), **changes})
    (folder / "manifest.json").write_text(encode_manifest(manifest), encoding="utf-8")
