"""Proof that a release is what it was: every byte, every row, every span, and no leak between splits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.artifacts.features import TAG_COLUMNS, list_tags, to_features, to_token_features
from annotate.errors import GoldError
from annotate.gold.load import read_places, split_files
from annotate.gold.manifest import MANIFEST, Manifest, find_file_problems, manifest_digest, read_manifest
from annotate.gold.parquet import iter_gold, iter_rows, read_schema
from annotate.gold.rows import hash_row, normalize_record
from annotate.jsonl import find_record_problems
from annotate.records import GoldRecord
from annotate.release.counts import Counts
from annotate.release.grouping.kinship import Kinship
from annotate.release.spool import Spool
from annotate.release.tokens import layer_spans, to_bio
from annotate.schema import Schema, find_label_problems, load_schema


class ReleaseReport(msgspec.Struct, frozen=True):
    """What was proved: files, bytes, articles, spans of each layer, and the pairs of kin that stand together."""

    ref: str
    digest: str
    files: int
    bytes: int
    articles: int
    spans: dict[str, int]
    kin: int


def check_release(release: str | Path) -> ReleaseReport:
    """Check a release folder and return what was proved.

    Checked are: the manifest's own digest; the set of files and the hash of each; the schema; the columns; the form,
    hash, text, offsets and labels of every row; ids over all splits; that stories keep to one split; counts; the
    tokens against the text and the tags against the spans; and, where it lies beside, the parent's digest.

    Raises:
        GoldError: all problems together; with a damaged file, only the damage, since the rest would follow from it.
    """
    folder = Path(release)
    manifest = read_manifest(folder)
    problems = list(find_file_problems(folder, manifest))
    if problems:
        raise GoldError([f"{folder}: {problem}" for problem in problems])
    schema = load_schema(folder / "schema.toml")
    checker = _RowChecker(manifest, schema)
    problems = list(_find_schema_problems(manifest, schema))
    problems += _find_table_problems(folder, manifest, schema)
    problems += _find_parent_problems(folder, manifest)
    if not problems:
        problems += checker.find_problems(folder)
    if problems:
        raise GoldError([f"{folder}: {problem}" for problem in problems])
    return ReleaseReport(
        manifest.ref,
        manifest_digest(manifest),
        len(manifest.files) + 1,
        sum(entry.bytes for entry in manifest.files.values()),
        checker.counts.articles,
        {layer: value["spans"] for layer, value in checker.counts.to_dict()["layers"].items()},
        checker.kin,
    )


def _find_schema_problems(manifest: Manifest, schema: Schema) -> Iterator[str]:
    entry = manifest.schema
    if (schema.name, schema.version, schema.digest) != (entry.name, entry.version, entry.digest):
        yield f"schema.toml is {schema.ref}, digest {schema.digest[:12]}; expected {entry.name}/{entry.version}"


def _find_table_problems(folder: Path, manifest: Manifest, schema: Schema) -> Iterator[str]:
    configs = [("data", to_features(schema)), ("tokens", to_token_features(schema))]
    for config, features in configs[:1] if manifest.stand_off else configs:  # tokens are texts
        for path in split_files(folder, manifest, config=config):
            found = read_schema(path)
            described = (found.metadata or {}).get(b"huggingface")
            if not found.equals(features) or described != features.metadata[b"huggingface"]:
                yield f"{path.relative_to(folder)}: its columns are not those of schema {schema.ref}"


def _find_parent_problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    """The parent is looked for beside the release; elsewhere nothing can be said."""
    if manifest.parent is None or not (folder.parent / manifest.parent.version / MANIFEST).is_file():
        return
    try:
        parent = read_manifest(folder.parent / manifest.parent.version)
    except GoldError as error:
        yield str(error)
        return
    if parent.name != manifest.name:
        return
    if manifest_digest(parent) != manifest.parent.digest:
        yield f"its parent {manifest.parent.version} is not the release that it was built on"
        return
    before = read_places(folder.parent / parent.version, parent)
    for id, place in read_places(folder, manifest).items():
        if id in before and before[id].split != place.split:
            yield f"{id} stands in split {place.split}, but stood in {before[id].split} in {parent.version}"


class _RowChecker:
    """Reads all rows once, keeping what must hold over all of them."""

    def __init__(self, manifest: Manifest, schema: Schema) -> None:
        self.manifest = manifest
        self.schema = schema
        self.counts = Counts()
        self.kin = 0
        self._clusters: dict[str, str] = {}
        self._splits: list[str] = []

    def find_problems(self, folder: Path) -> Iterator[str]:
        """A sentence for each thing wrong with the rows."""
        kinship = Kinship()
        with Spool() as spool:
            for split, entry in self.manifest.splits.items():
                yield from self._find_split_problems(folder, split, entry.row_hashes, spool, kinship)
            if len(spool) and not self.manifest.stand_off:
                yield from self._find_leaks(spool, kinship)
        if self.counts.to_dict() != self.manifest.counts:
            yield f"{MANIFEST} counts other articles or spans than the tables hold"
        if self.counts.provenance() != self.manifest.provenance:
            yield f"{MANIFEST} tells another provenance than the tables hold"

    def _find_split_problems(
        self, folder: Path, split: str, hashes: list[str], spool: Spool, kinship: Kinship
    ) -> Iterator[str]:
        rows = (row for path in split_files(folder, self.manifest, split) for row in iter_gold(path))
        files = [] if self.manifest.stand_off else split_files(folder, self.manifest, split, config="tokens")
        tokens = (row for path in files for row in iter_rows(path))
        number = -1
        for number, record in enumerate(rows):
            place = f"split {split}, row {number}, {record.id}"
            expected = hashes[number] if number < len(hashes) else None
            self.counts.add(record)
            found = list(self._find_record_problems(record, split, expected))
            if not found and not self.manifest.stand_off:
                found = list(_find_token_problems(record, next(tokens, None), self.schema))
            yield from (f"{place}: {sentence}" for sentence in found)
            if not spool.add(record):
                yield f"{place}: a second record with this id"
                continue
            kinship.add(record)
            self._splits.append(split)
        if number + 1 != len(hashes):
            yield f"split {split} has {number + 1} rows; the manifest has {len(hashes)}"

    def _find_record_problems(self, record: GoldRecord, split: str, expected: str | None) -> Iterator[str]:
        if hash_row(record) != expected:
            yield "its hash is not the one in the manifest"
        if record.split != split:
            yield f"its split is {record.split}"
        if not record.annotators:
            yield "no annotators: machine predictions do not belong into gold"
        if not record.cluster:
            yield "no cluster"
        elif self._clusters.setdefault(record.cluster, split) != split:
            yield f"cluster {record.cluster} stands in {self._clusters[record.cluster]} too: the splits leak"
        yield from find_label_problems(record, self.schema)
        if record.text is None:
            if not self.manifest.stand_off:
                yield "no text"
            return
        found = list(find_record_problems(record))
        yield from found
        if not found and normalize_record(record) != record:
            yield "not in the written form of a release (order or texts of spans)"

    def _find_leaks(self, spool: Spool, kinship: Kinship) -> Iterator[str]:
        order = spool.sort()
        kinship.sort(order)
        splits = [self._splits[place] for place in order]
        for a, b in kinship.links(spool.__getitem__):
            self.kin += 1
            if splits[a] != splits[b]:
                yield f"{spool.ids[a]} ({splits[a]}) and {spool.ids[b]} ({splits[b]}) tell one story: the splits leak"


def _find_token_problems(record: GoldRecord, row: dict[str, Any] | None, schema: Schema) -> Iterator[str]:
    if row is None or row["id"] != record.id:
        yield f"the tokens at its place are those of {row['id'] if row else 'no article'}"
        return
    text = record.text
    if text is None:
        return
    tokens = list(zip(row["starts"], row["ends"], strict=False))
    if [text[start:end] for start, end in tokens] != row["tokens"]:
        yield "its tokens are not the words at their offsets"
        return
    for layer in schema.layers:
        spans = layer_spans(record, layer, schema)
        names = list_tags(schema, layer)
        tags = row[TAG_COLUMNS[layer]]
        expected = None if spans is None else [names.index(tag) for tag in to_bio(tokens, spans)[0]]
        if tags != expected:
            yield f"its {TAG_COLUMNS[layer]} do not follow from its {layer}"
