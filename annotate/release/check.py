"""Proof that a release is what it was: every byte, every row, every span, and no leak between splits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from annotate.artifacts.features import TAG_COLUMNS, list_tags, to_features, to_token_features
from annotate.errors import GoldError
from annotate.gold.contents import ORIGIN, SCHEMA, SIGNATURE, find_entry_problems, find_file_problems
from annotate.gold.load import find_place_problem, read_places, split_files
from annotate.gold.manifest import MANIFEST, Manifest, manifest_digest, read_manifest, spell_digest
from annotate.gold.parquet import iter_gold, iter_rows, read_schema
from annotate.gold.rows import hash_row, normalize_record
from annotate.jsonl import find_record_problems
from annotate.printing import format_count
from annotate.problems import SECOND_RECORD
from annotate.records import GoldRecord, Layer, iter_all_spans
from annotate.release.check_papers import find_paper_problems
from annotate.release.counts import Counts
from annotate.release.grouping.kinship import Kinship
from annotate.release.grouping.stories import parse_day
from annotate.release.signing import verify_manifest
from annotate.release.spool import Spool
from annotate.release.tokens import RULE, TagReport, layer_spans, to_bio
from annotate.schema import Schema, find_label_problems, load_schema
from annotate.selected import find_selected

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class ReleaseReport(msgspec.Struct, frozen=True):
    """What was proved: files, bytes, articles, spans of each layer, and the pairs of related articles.

    `digest` is the manifest's, spelled `sha256:HEX`. `signed` says whether there is a signature, `signer` whose it is:
    None where no allowed signers were given.
    """

    ref: str
    digest: str
    files: int
    bytes: int
    articles: int
    spans: dict[Layer, int]
    kin: int
    signed: bool = False
    signer: str | None = None


def check_release(
    release: str | Path, *, digest: str | None = None, signers: str | Path | None = None
) -> ReleaseReport:
    """Check a release folder and return what was proved.

    Checked are: that nothing but plain files is there; the manifest's own digest; the folder's name; the set of files
    and the hash of each; the schema; the columns; the form, hash, text, offsets and labels of every row; ids over all
    splits; that stories keep to one split; the tokens against the text and the tags against the spans; counts,
    provenance, shares, card and `croissant.json` against the tables; and, where the parent is beside it, the parent's
    digest and `CHANGES.md` against it.

    What does not follow from the tables (agreement, work, dates, texts themselves) only a pinned digest or a signature
    proves.

    Args:
        digest: the digest that the release must have, `sha256:HEX`.
        signers: a file of allowed signers; the release must be signed by one of them.

    Raises:
        GoldError: all problems together; with a damaged file, only the damage, since the rest would follow from it.
        AnnotateError: the signature cannot be verified here.
    """
    folder = Path(release)
    if digest is not None and _DIGEST.fullmatch(digest) is None:
        raise GoldError([f"digest {digest!r}; expected sha256: and 64 hex digits, as annotate releases prints it"])
    _raise(folder, find_entry_problems(folder))
    manifest = read_manifest(folder)
    found = spell_digest(manifest)
    if digest not in (None, found):
        raise GoldError([f"{folder}: its digest is {found}, expected {digest}: this is not the expected release"])
    signer = None if signers is None else verify_manifest(folder, Path(signers))
    place = find_place_problem(folder, manifest)
    _raise(folder, [*filter(None, [place]), *find_file_problems(folder, manifest)])
    try:
        schema = load_schema(folder / SCHEMA)
    except RecursionError as error:
        raise GoldError([f"{folder / SCHEMA}: nested too deeply"]) from error
    checker = _RowChecker(manifest, schema)
    problems = list(_find_manifest_problems(manifest, schema))
    problems += _find_table_problems(folder, manifest, schema)
    _raise(folder, problems)
    parent = _find_parent(folder, manifest)
    problems += _find_parent_problems(folder, manifest, parent)
    problems += checker.find_problems(folder)
    if not problems:
        problems += find_paper_problems(folder, manifest, schema, parent)
    _raise(folder, problems)
    return ReleaseReport(
        manifest.ref,
        found,
        len(manifest.files) + 1,
        sum(entry.bytes for entry in manifest.files.values()),
        checker.counts.articles,
        {layer: value["spans"] for layer, value in checker.counts.to_dict()["layers"].items()},
        checker.kin,
        (folder / SIGNATURE).is_file(),
        signer,
    )


def _raise(folder: Path, problems: list[str]) -> None:
    if problems:
        raise GoldError([f"{folder}: {problem}" for problem in problems])


def _find_manifest_problems(manifest: Manifest, schema: Schema) -> Iterator[str]:
    entry = manifest.schema
    if (schema.name, schema.version, schema.digest) != (entry.name, entry.version, entry.digest):
        yield f"schema.toml is {schema.ref}, digest {schema.digest[:12]}; expected {entry.name}/{entry.version}"
    total = sum(split.articles for split in manifest.splits.values())
    for name, split in manifest.splits.items():
        if not split.articles:
            yield f"split {name} has no articles"
        elif split.share != round(split.articles / total, 6):
            yield f"{MANIFEST} has the share {split.share} for split {name}, expected {split.articles / total:.6f}"
        if not 0 <= split.wanted <= 1:
            yield f"{MANIFEST} has {split.wanted} as the wanted share of split {name}, expected 0 to 1"
    measures = {} if manifest.agreement is None else manifest.agreement["measures"]
    for name, value in manifest.ceiling.items():
        if name not in measures or measures[name]["value"] != value:
            yield f"{MANIFEST}: the ceiling of {name} is not the agreement that was measured"
    if manifest.parent is None and manifest.withdrawn:
        yield f"{MANIFEST} has withdrawn articles, but no parent that had them"
    if manifest.date is not None and not _is_day(manifest.date):
        yield f"{MANIFEST} has the date {manifest.date!r}, expected YYYY-MM-DD"
    if manifest.stand_off and ORIGIN not in manifest.files and manifest.made_from is None:
        yield f"{MANIFEST} calls it stand-off, but there is no {ORIGIN} to put the texts back by"


def _is_day(text: str | None) -> bool:
    try:
        parse_day(text)
    except ValueError:
        return False
    return True


def _find_table_problems(folder: Path, manifest: Manifest, schema: Schema) -> Iterator[str]:
    weighted = manifest.selection is not None
    configs = [("data", to_features(schema, weighted=weighted)), ("tokens", to_token_features(schema))]
    for config, features in configs[:1] if manifest.stand_off else configs:  # tokens are texts
        for path in split_files(folder, manifest, config=config):
            found = read_schema(path)
            described = (found.metadata or {}).get(b"huggingface")
            if not found.equals(features) or described != features.metadata[b"huggingface"]:
                yield f"{path.relative_to(folder)}: its columns are not those of schema {schema.ref}"


def _find_parent(folder: Path, manifest: Manifest) -> Path | None:
    """The parent, which is looked for beside the release only."""
    if manifest.parent is None:
        return None
    parent = folder.parent / manifest.parent.version
    return parent if (parent / MANIFEST).is_file() else None


def _find_parent_problems(folder: Path, manifest: Manifest, place: Path | None) -> Iterator[str]:
    if manifest.parent is None or place is None:
        return
    try:
        parent = read_manifest(place)
        # a parent without texts is known by the release that it was made from
        if (parent.made_from if parent.stand_off else manifest_digest(parent)) != manifest.parent.digest:
            yield f"its parent {manifest.parent.version} is not the release that it was built on"
            return
        damage = list(find_file_problems(place, parent))
        if damage:
            yield f"its parent {place} is damaged: {damage[0]}"
            return
        before, after = read_places(place, parent), read_places(folder, manifest)
    except GoldError as error:
        yield str(error)
        return
    for id, split in after.items():
        if id in before and before[id].split != split.split:
            yield f"{id} is in split {split.split}, but was in {before[id].split} in {parent.version}"


class _RowChecker:
    """Reads all rows once, keeping what must hold over all of them."""

    def __init__(self, manifest: Manifest, schema: Schema) -> None:
        self.manifest = manifest
        self.schema = schema
        self.counts = Counts()
        self.kin = 0
        self._clusters: dict[str, str] = {}
        self._splits: list[str] = []
        self._reports = {layer: TagReport() for layer in schema.layers}

    def find_problems(self, folder: Path) -> Iterator[str]:
        """A sentence for each thing wrong with the rows."""
        kinship = Kinship()
        with Spool() as spool:
            for split, entry in self.manifest.splits.items():
                yield from self._find_split_problems(folder, split, entry.row_hashes, spool, kinship)
            order = spool.sort()
            if ORIGIN not in self.manifest.files:  # there, no article has a text to compare
                yield from self._find_leaks(spool, kinship, order)
            elsewhere = {*self.manifest.withdrawn, *(left.id for left in self.manifest.left_out)}
            yield from (
                f"{id} is in the tables and left out or withdrawn" for id in elsewhere if spool.find(id) is not None
            )
        if self.counts.to_dict() != self.manifest.counts:
            yield f"{MANIFEST} has other counts of articles or spans than the tables"
        if self.counts.provenance() != self.manifest.provenance:
            yield f"{MANIFEST} has another provenance than the tables"
        if self.counts.selection() != self.manifest.selection:
            yield f"{MANIFEST} has another account of weights and pools than the tables"
        layers = {layer: msgspec.to_builtins(report) for layer, report in self._reports.items()}
        if self.manifest.tokens != ({} if self.manifest.stand_off else {"rule": RULE, "layers": layers}):
            yield f"{MANIFEST} has other counts of tokens than the tables"

    def _find_split_problems(
        self, folder: Path, split: str, hashes: list[str], spool: Spool, kinship: Kinship
    ) -> Iterator[str]:
        rows = (row for path in split_files(folder, self.manifest, split) for row in iter_gold(path))
        config = "tokens"
        if self.manifest.stand_off:
            config = "anchors" if ORIGIN in self.manifest.files else ""
        files = split_files(folder, self.manifest, split, config=config) if config else []
        beside = (row for path in files for row in iter_rows(path, None if config == "tokens" else ["id"]))
        number, last = -1, ""
        for number, record in enumerate(rows):
            place = f"split {split}, row {number}, {record.id}"
            expected = hashes[number] if number < len(hashes) else None
            self.counts.add(record)
            found = list(self._find_record_problems(record, split, expected))
            row = next(beside, None)
            if config and (row is None or row.get("id") != record.id):
                other = "no article" if row is None else row.get("id")
                found.append(f"the {config} at its place are those of {other}")
            elif not found and config == "tokens" and row is not None:
                found = list(self._find_token_problems(record, row))
            if record.id <= last:
                found.append(f"it comes after {last}; rows are in the order of their ids")
            last = record.id
            yield from (f"{place}: {sentence}" for sentence in found)
            if not spool.add(record):
                yield f"{place}: {SECOND_RECORD}"
                continue
            kinship.add(record if _is_day(record.date) else msgspec.structs.replace(record, date=None))
            self._splits.append(split)
        if number + 1 != len(hashes):
            yield f"split {split} has {format_count(number + 1, 'row')}; the manifest has {len(hashes)}"
        if next(beside, None) is not None:
            yield f"split {split} has more rows in {config} than articles"

    def _find_record_problems(self, record: GoldRecord, split: str, expected: str | None) -> Iterator[str]:
        if hash_row(record) != expected:
            yield "its hash is not the one in the manifest"
        if record.split != split:
            yield f"its split is {record.split}"
        if not record.annotators:
            yield "no annotators: machine predictions do not belong in gold"
        if not record.cluster:
            yield "no cluster"
        elif self._clusters.setdefault(record.cluster, split) != split:
            yield f"cluster {record.cluster} is in split {self._clusters[record.cluster]} too: the splits leak"
        if not _is_day(record.date):
            yield f"date {record.date!r}, expected YYYY-MM-DD"
        yield from find_label_problems(record, self.schema)
        found = list(find_record_problems(record))
        yield from found
        yield from _find_selection_problems(record)
        if record.text is None:
            if not self.manifest.stand_off:
                yield "no text"
            elif any(span.text is not None for _, span in iter_all_spans(record)):
                yield "no text, but spans with texts"
            return
        if self.manifest.stand_off and ORIGIN in self.manifest.files:
            yield f"it has a text, but {MANIFEST} calls the release stand-off"
        if not found and normalize_record(record) != record:
            yield "not in the written form of a release (order or texts of spans)"

    def _find_leaks(self, spool: Spool, kinship: Kinship, order: list[int]) -> Iterator[str]:
        kinship.sort(order)
        splits = [self._splits[place] for place in order]
        for a, b in kinship.links(spool.__getitem__):
            self.kin += 1
            if splits[a] != splits[b]:
                yield f"{spool.ids[a]} ({splits[a]}) and {spool.ids[b]} ({splits[b]}) are related: the splits leak"

    def _find_token_problems(self, record: GoldRecord, row: dict[str, Any]) -> Iterator[str]:
        text = record.text or ""
        starts, ends, words = (row[name] or [] for name in ("starts", "ends", "tokens"))
        tokens = list(zip(starts, ends, strict=False))
        gaps = zip([0, *ends], [*starts, len(text)], strict=False)
        if [text[start:end] for start, end in tokens] != words or any(
            start > end or text[start:end].strip() for start, end in gaps
        ):
            yield "its tokens are not the words at their offsets"
            return
        for layer in self.schema.layers:
            spans = layer_spans(record, layer, self.schema)
            names = list_tags(self.schema, layer)
            expected = None
            if spans is not None:
                tags, report = to_bio(tokens, spans)
                self._reports[layer].add(report)
                expected = [names.index(tag) for tag in tags]
            if row[TAG_COLUMNS[layer]] != expected:
                yield f"its {TAG_COLUMNS[layer]} do not follow from its {layer}"


def _find_selection_problems(record: GoldRecord) -> Iterator[str]:
    if record.weight is None:
        return
    selected, problem = find_selected(record)
    if problem is not None:
        yield problem
    if selected is not None and selected.weight != record.weight:
        yield f"its weight is {record.weight}, but by meta.selection {selected.weight}"
