"""The one writer of release folders, for builds, stand-off releases and rehydrated ones.

Tables come first, split by split, each record once; what follows from them (counts, hashes, card, `croissant.json`,
manifest) is written from what was seen on the way.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from annotate.artifacts.features import to_features, to_token_features
from annotate.errors import GoldError
from annotate.files import sha256_file, sha256_text, write_text
from annotate.folders import new_folder
from annotate.gold.contents import CARD, CROISSANT
from annotate.gold.manifest import MANIFEST, FileEntry, Manifest, encode_manifest
from annotate.gold.parquet import ROWS_PER_FILE, TableWriter, table_names
from annotate.gold.rows import hash_row, to_row
from annotate.locks import lock_output
from annotate.records import GoldRecord
from annotate.release.card import to_card
from annotate.release.counts import Counts
from annotate.release.croissant import render_croissant
from annotate.release.tokens import RULE, TokenTable
from annotate.schema import Schema


@contextlib.contextmanager
def new_release(home: Path, version: str) -> Iterator[Path]:
    """An empty folder that becomes `home/version` when the block ends well, and is removed when it does not.

    Raises:
        GoldError: the version exists.
        AnnotateError: another command writes releases of this name, the disk is full, or the folder cannot be written.
    """
    target = home / version
    with lock_output(home):
        if target.exists() or target.is_symlink():
            raise GoldError([f"{target} exists; a release is never changed: choose a newer version"])
        with new_folder(target) as folder:
            yield folder


class ReleaseWriter:
    """Writes one release into an empty folder: `add_split` for each split, `add_file`, then `finish`.

    Memory holds one row group and the hash of every row.

    Args:
        stand_off: leave out the config `tokens`, which is text.
        further: the columns of further configs, by name; `add_split` then takes their rows by the same names.
        weighted: the records have weights.
    """

    def __init__(
        self,
        folder: Path,
        schema: Schema,
        *,
        stand_off: bool = False,
        further: Mapping[str, pa.Schema] | None = None,
        weighted: bool = False,
    ) -> None:
        self._folder = folder
        self._schema = schema
        self._counts = Counts()
        self._tokens = None if stand_off else TokenTable(schema)
        self._columns = {"data": to_features(schema, weighted=weighted)}
        if not stand_off:
            self._columns["tokens"] = to_token_features(schema)
        self._columns |= further or {}
        self._row_hashes: dict[str, list[str]] = {}
        self._files: dict[str, FileEntry] = {}

    def add_split(
        self, split: str, articles: int, records: Iterable[GoldRecord], **further: Iterable[dict[str, Any]]
    ) -> None:
        """Write all tables of a split.

        Args:
            articles: how many records there are.
            records: in their written form (`annotate.gold.rows.normalize_record`), in the order of their ids.
            further: for each further config its rows, one for each record.
        """
        hashes = self._row_hashes[split] = []
        names = {config: table_names(config, split, articles) for config in self._columns}
        rows = self._rows(records, hashes, further)
        for number in range(len(names["data"])):
            count = 0
            with contextlib.ExitStack() as stack:
                tables = {
                    config: stack.enter_context(TableWriter(self._folder / names[config][number], columns))
                    for config, columns in self._columns.items()
                }
                for row_of in islice(rows, ROWS_PER_FILE):
                    count += 1
                    for config, table in tables.items():
                        table.add(row_of[config])
            for config in self._columns:
                path = self._folder / names[config][number]
                self._files[names[config][number]] = FileEntry(sha256_file(path), path.stat().st_size, count)

    def _rows(
        self, records: Iterable[GoldRecord], hashes: list[str], further: Mapping[str, Iterable[dict[str, Any]]]
    ) -> Iterator[dict[str, dict[str, Any]]]:
        """For each record its row in every config."""
        for record, *others in zip(records, *further.values(), strict=True):
            self._counts.add(record)
            hashes.append(hash_row(record))
            row_of = {"data": to_row(record), **dict(zip(further, others, strict=True))}
            if self._tokens is not None:
                row_of["tokens"] = self._tokens.to_row(record)
            yield row_of

    def add_file(self, name: str, text: str) -> None:
        """Write a further file."""
        write_text(self._folder / name, text)
        self._files[name] = FileEntry(sha256_text(text), len(text.encode("utf-8")))

    def describe(self, manifest: Manifest) -> Manifest:
        """The manifest with counts, provenance, tokens, row hashes and files of what has been written so far."""
        tokens: dict[str, Any] = {}
        if self._tokens is not None:
            reports = self._tokens.reports
            layers = {layer: msgspec.to_builtins(reports[layer]) for layer in self._schema.layers}
            tokens = {"rule": RULE, "layers": layers}
        return msgspec.structs.replace(
            manifest,
            counts=self._counts.to_dict(),
            provenance=self._counts.provenance(),
            selection=self._counts.selection(),
            splits={
                split: msgspec.structs.replace(entry, row_hashes=self._row_hashes[split])
                for split, entry in manifest.splits.items()
            },
            tokens=tokens,
            files=dict(sorted(self._files.items())),
        )

    def finish(self, manifest: Manifest, *, card: str | None = None) -> Manifest:
        """Write `croissant.json`, the card and the manifest; returns the manifest as it was written.

        Args:
            manifest: what does not follow from the tables; the rest of it is replaced (`describe`).
            card: the text of the card; None = as it follows from the manifest.
        """
        described = self.describe(manifest)
        self.add_file(CROISSANT, render_croissant(described, self._schema))
        self.add_file(CARD, to_card(described, self._schema) if card is None else card)
        described = self.describe(described)
        write_text(self._folder / MANIFEST, encode_manifest(described))
        return described


def to_toml(schema: Schema) -> str:
    """The schema as TOML that `load_schema` reads back equal; comments of the original file are not kept.

    >>> from annotate.schema import load_schema
    >>> to_toml(load_schema("news")).splitlines()[1]
    'name = "news"'
    """
    lines = [f"# The label schema of this release, {schema.ref}.", *_table(_present(msgspec.to_builtins(schema)), [])]
    return "\n".join(lines) + "\n"


def _present(value: Any) -> Any:
    """The value without keys that are null, which TOML cannot hold."""
    if isinstance(value, dict):
        return {key: _present(inner) for key, inner in value.items() if inner is not None}
    return [_present(inner) for inner in value] if isinstance(value, list) else value


def _table(content: dict[str, Any], path: list[str]) -> Iterator[str]:
    """Plain values first, then tables: a key after a table's head would belong to that table."""
    for key, value in content.items():
        if not _is_table(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in content.items():
        inner = [*path, key]
        name = ".".join(_key(part) for part in inner)
        if isinstance(value, dict):
            yield from ("", f"[{name}]", *_table(value, inner))
        elif _is_table(value):
            for item in value:
                yield from ("", f"[[{name}]]", *_table(item, inner))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: Any) -> str:
    # JSON's strings, numbers, booleans and lists of them are TOML's, but for DEL, which TOML wants escaped
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
