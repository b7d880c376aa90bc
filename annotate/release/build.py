"""Building a release: from what people decided to an immutable folder, in one step or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotate.artifacts.features import to_features, to_token_features
from annotate.errors import DataProblems, GoldError
from annotate.extras import require
from annotate.files import write_text
from annotate.gold.contents import CARD, CHANGES, CROISSANT, SCHEMA, find_file_problems
from annotate.gold.diff.diff import Diff
from annotate.gold.load import find_release, read_places
from annotate.gold.manifest import (
    MANIFEST,
    Manifest,
    ParentEntry,
    Placed,
    SchemaEntry,
    SplitEntry,
    encode_manifest,
    hash_files,
    manifest_digest,
    read_manifest,
)
from annotate.gold.names import Version, check_name, find_versions
from annotate.gold.parquet import ROWS_PER_FILE, table_names, write_rows
from annotate.gold.rows import encode_record, hash_row, normalize_record, to_row
from annotate.jsonl import find_record_problems
from annotate.problems import SECOND_RECORD, appears_twice, find_surrogate
from annotate.records import LAYERS, Annotation, GoldRecord, Prediction
from annotate.release.card import to_card
from annotate.release.changes import check_version, render_changes
from annotate.release.counts import Counts
from annotate.release.folder import new_release_folder
from annotate.release.grouping.kinship import METHOD, Kinship
from annotate.release.grouping.splits import DEFAULT_SHARES, Assignment, assign_splits, check_shares, find_bridged
from annotate.release.grouping.stories import parse_day
from annotate.release.papers import render_croissant
from annotate.release.provenance import Submitted
from annotate.release.pseudonyms import Pseudonyms, assign_pseudonyms, find_pseudonyms, read_map
from annotate.release.schema_file import to_toml
from annotate.release.signing import sign_manifest
from annotate.release.spool import Spool
from annotate.release.tokens import RULE, TokenTable
from annotate.schema import Schema, find_label_problems, load_schema


def build_release(
    decided: Iterable[GoldRecord],
    name: str,
    version: str,
    *,
    to: str | Path = "gold",
    annotations: Iterable[Annotation] | None = None,
    predictions: Iterable[Prediction] | None = None,
    schema: Schema | str | Path | None = None,
    parent: str | Path | None = None,
    licence: str | None = None,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    about: str | None = None,
    names: bool = False,
    annotator_map: str | Path | None = None,
    sign: str | Path | None = None,
) -> Path:
    """Build the release `<to>/<name>/<version>` and return its folder.

    The same records in any order give the same bytes. Records are read one by one; memory holds an index of them.
    An existing version is never touched, and an interrupted build leaves no release behind.

    Args:
        decided: what people decided; each record needs its text and at least one annotator.
        annotations: what people submitted before the decision: agreement is measured on them, and every
            annotator whom a decided record names must have submitted that article.
        predictions: what was pushed for people to correct, to be scored against the release for its card; needed
            where part of it was held back, since annotations name only what people saw.
        schema: the label schema; None = `news`.
        parent: the release that this one follows, its folder or `name/version`; None = the newest under
            `<to>/<name>`, if any.
        licence: the licence of the annotations, such as `CC-BY-4.0`.
        shares: the wanted share of each split.
        about: who annotated and how, as Markdown for the card.
        names: annotators appear under their names; else as `annotator-1` and so on (`annotate.release.pseudonyms`).
        annotator_map: the private file that keeps the names behind the pseudonyms, outside the release; it is read,
            extended and written. None = they are kept nowhere, and no later version can go on with them.
        sign: an SSH private key to sign the release with (`annotate.release.signing`).

    Raises:
        GoldError: the version exists, or does not fit what changed; records have no annotators, no text, labels
            that the schema does not know, or spans that do not fit; all problems are reported together; or the
            parent has pseudonyms that the map does not explain.
        AnnotateError: the map or the release cannot be written, or the key does not sign.
        MissingExtraError: the extra `release` is not installed.
    """
    require("release", "annotate release")
    check_name(name)
    number = Version.parse(version)
    wanted = check_shares(shares)
    if not isinstance(schema, Schema):
        schema = load_schema(schema)
    home = Path(to) / name
    map_path = None if annotator_map is None else Path(annotator_map)
    with new_release_folder(home, version) as folder:
        previous = _find_parent(home, name, number, parent)
        submitted = Submitted(annotations, predictions)
        with Spool() as spool:
            kinship = _collect(decided, spool, schema, submitted)
            placed = _placed(previous, spool)
            links = [*kinship.links(spool.__getitem__), *_cluster_links(spool.ids, placed)]
            for bridged in find_bridged(spool.ids, links, placed):
                # who stays out takes its links along, so the others need all of theirs
                links += kinship.duplicates_among(bridged, spool.__getitem__)
            assignment = assign_splits(spool.ids, links, shares=wanted, placed=placed)
            pseudonyms = Pseudonyms({}) if names else _assign(spool, submitted, name, map_path, previous)
            submitted.rename(pseudonyms)
            manifest, rows = _write_tables(folder, spool, pseudonyms, assignment, wanted, schema, name, version)
            if previous is not None:
                manifest.withdrawn = _withdrawn(placed, assignment, spool.ids)
            submitted.describe(manifest, schema, _finder(spool, assignment))
        manifest.licence = licence
        manifest.about = about
        _write_papers(folder, manifest, schema, previous, rows)
        if sign is not None:
            sign_manifest(folder, Path(sign))
        if map_path is not None and not names:
            # before the release appears: a pseudonym without its name would be lost for good
            pseudonyms.write(map_path, name)
    return home / version


def _collect(decided: Iterable[GoldRecord], spool: Spool, schema: Schema, submitted: Submitted) -> Kinship:
    """Check every record, keep it in the spool, and note what its kin can be known by; all problems at the end."""
    problems: list[str] = []
    kinship = Kinship()
    try:
        for record in decided:
            found = list(_find_problems(record, schema)) + list(submitted.find_problems(record))
            if not found:
                record = msgspec.structs.replace(submitted.sign(record), licence=_licence_of(record))
                record = normalize_record(record)
                found = [] if spool.add(record) else [SECOND_RECORD]
            if found:
                problems += [f"{record.id}: {sentence}" for sentence in found]
            else:
                kinship.add(record)
    except DataProblems as error:
        problems += error.problems
    if problems:
        raise GoldError(problems)
    if not len(spool):
        raise GoldError(["nothing to release: no decided record"])
    kinship.sort(spool.sort())
    return kinship


def _licence_of(record: GoldRecord) -> str:
    """The licence of the article's text: its own, or what its source says; `unknown` where nobody says."""
    said = record.licence or record.meta.get("licence") or record.meta.get("license")
    return said if isinstance(said, str) else "unknown"


def _find_problems(record: GoldRecord, schema: Schema) -> Iterator[str]:
    if not record.text:
        yield "no text; a release needs each article's text to prove the spans by"
        return
    if not record.annotators:
        yield (
            "no annotators: nobody is on record as having looked at it, and machine predictions do not enter gold; "
            "release what annotate adjudicate wrote"
        )
    try:
        encode_record(record)
    except UnicodeEncodeError as error:
        yield find_surrogate(error.object) or str(error)
        return
    try:
        parse_day(record.date)
    except ValueError:
        yield f"date {record.date!r}; expected YYYY-MM-DD"
    yield from find_record_problems(record)
    yield from find_label_problems(record, schema)
    for layer in LAYERS:
        items = getattr(record, layer)
        if items == [] and layer not in schema.layers:
            yield f"layer {layer} is not in schema {schema.ref}, which has {', '.join(schema.layers)}"
    seen = set()
    for i, entity in enumerate(record.entities or ()):
        key = (entity.start, entity.end, entity.label)
        if key in seen:
            yield appears_twice(f"entities[{i}]: [{entity.start}, {entity.end}) {entity.label}")
        seen.add(key)


def _find_parent(home: Path, name: str, number: Version, parent: str | Path | None) -> Path | None:
    """The folder of the release to follow.

    Raises:
        GoldError: it is of another name, damaged, or not older than the new one.
    """
    versions = find_versions(home)
    if parent is None and not versions:
        return None
    folder = find_release(parent)[0] if parent is not None else home / str(versions[-1])
    manifest = read_manifest(folder)
    if manifest.name != name:
        raise GoldError([f"{folder} is a release of {manifest.name}; the parent of {name} must have its name"])
    damage = [f"{folder}: {problem}" for problem in find_file_problems(folder, manifest)]
    if damage:
        raise GoldError(damage)
    newest = max([Version.parse(manifest.version), *versions])
    if number <= newest:
        raise GoldError([f"version {number} is not newer than {newest}; versions of a release only grow"])
    return folder


def _assign(spool: Spool, submitted: Submitted, name: str, map_path: Path | None, previous: Path | None) -> Pseudonyms:
    known = {} if map_path is None else read_map(map_path, name)
    taken = () if previous is None else find_pseudonyms(read_manifest(previous))
    return assign_pseudonyms(spool.read(range(len(spool))), submitted.annotations, known, taken=taken)


def _placed(previous: Path | None, spool: Spool) -> dict[str, Placed]:
    """The places that are fixed: by the parent and what it remembers, or by the records themselves."""
    placed: dict[str, Placed] = {}
    if previous is not None:
        manifest = read_manifest(previous)
        placed = {**manifest.withdrawn, **read_places(previous, manifest)}
    problems = []
    for record in spool.read(range(len(spool))):
        before = placed.get(record.id)
        if record.split and before and record.split != before.split:
            problems.append(
                f"{record.id}: split {record.split}, but it stood in {before.split} before; an article keeps its split"
            )
        elif before is None and (record.split or record.cluster):
            placed[record.id] = Placed(record.split or "", record.cluster or "")
    if problems:
        raise GoldError(problems)
    return placed


def _cluster_links(ids: list[str], placed: Mapping[str, Placed]) -> Iterator[tuple[int, int]]:
    """Ties together what has one cluster by the parent or the records, whatever the texts say."""
    last: dict[str, int] = {}
    for number, id in enumerate(ids):
        if (place := placed.get(id)) and place.cluster:
            if place.cluster in last:
                yield last[place.cluster], number
            last[place.cluster] = number


def _withdrawn(placed: Mapping[str, Placed], assignment: Assignment, ids: list[str]) -> dict[str, Placed]:
    here = {id for id, place in zip(ids, assignment.placed, strict=True) if place is not None}
    return {id: place for id, place in sorted(placed.items()) if place.split and id not in here}


def _finder(spool: Spool, assignment: Assignment) -> Callable[[str], GoldRecord | None]:
    def get_gold(id: str) -> GoldRecord | None:
        number = spool.find(id)
        return None if number is None or assignment.placed[number] is None else spool[number]

    return get_gold


def _write_tables(
    folder: Path,
    spool: Spool,
    pseudonyms: Pseudonyms,
    assignment: Assignment,
    wanted: Mapping[str, float],
    schema: Schema,
    name: str,
    version: str,
) -> tuple[Manifest, dict[str, int]]:
    """Write `data/` and `tokens/`; returns what is known of the release, and the rows of each file."""
    from annotate.version import __version__

    numbers: dict[str, list[int]] = {}
    for number, place in enumerate(assignment.placed):
        if place is not None:
            numbers.setdefault(place.split, []).append(number)
    order = [*(split for split in wanted if split in numbers), *sorted(set(numbers) - set(wanted))]
    total = sum(map(len, numbers.values()))
    counts, table = Counts(), TokenTable(schema)
    features, token_features = to_features(schema), to_token_features(schema)
    splits: dict[str, SplitEntry] = {}
    rows: dict[str, int] = {}

    def records(part: list[int]) -> Iterator[GoldRecord]:
        for number in part:
            place = assignment.placed[number]
            assert place is not None  # noqa: S101 - by construction of `numbers`
            # names are among what items that are alike otherwise are sorted by
            record = normalize_record(pseudonyms.rename_record(spool[number]))
            yield msgspec.structs.replace(
                record, split=place.split, cluster=place.cluster, schema=record.schema or schema.ref
            )

    for split in order:
        members, hashes = numbers[split], list[str]()
        files = zip(table_names("data", split, len(members)), table_names("tokens", split, len(members)), strict=True)
        for number, (data, tokens) in enumerate(files):
            part = members[number * ROWS_PER_FILE : (number + 1) * ROWS_PER_FILE]
            write_rows(folder / data, _data_rows(records(part), counts, hashes), features)
            write_rows(folder / tokens, map(table.to_row, records(part)), token_features)
            rows[data] = rows[tokens] = len(part)
        splits[split] = SplitEntry(len(members), round(len(members) / total, 6), round(wanted.get(split, 0), 6), hashes)
    manifest = Manifest(
        name=name,
        version=version,
        toolkit=f"annotate-gold {__version__}",
        schema=SchemaEntry(schema.name, schema.version, schema.digest),
        counts=counts.to_dict(),
        splits=splits,
        grouping=METHOD,
        left_out=assignment.left_out,
        provenance=counts.provenance(),
        tokens={"rule": RULE, "layers": {layer: msgspec.to_builtins(table.reports[layer]) for layer in schema.layers}},
        files={},
    )
    return manifest, rows


def _data_rows(records: Iterable[GoldRecord], counts: Counts, hashes: list[str]) -> Iterator[dict[str, Any]]:
    for record in records:
        counts.add(record)
        hashes.append(hash_row(record))
        yield to_row(record)


def _write_papers(
    folder: Path, manifest: Manifest, schema: Schema, previous: Path | None, rows: dict[str, int]
) -> None:
    """Write everything but the tables, the manifest last."""
    write_text(folder / SCHEMA, to_toml(schema))
    manifest.files = hash_files(folder, rows)
    diff = None
    if previous is not None:
        parent = read_manifest(previous)
        manifest.parent = ParentEntry(parent.version, manifest_digest(parent))
        diff = Diff(previous, folder, parent, manifest)
    write_text(folder / CHANGES, render_changes(diff, ref=manifest.ref, left_out=manifest.left_out))
    if diff is not None:
        check_version(manifest.version, diff)
    write_text(folder / CARD, to_card(manifest, schema))
    write_text(folder / CROISSANT, render_croissant(manifest, schema))
    manifest.files = hash_files(folder, rows)
    write_text(folder / MANIFEST, encode_manifest(manifest))
