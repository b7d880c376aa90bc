"""Building a release: from decided records to an immutable folder, written completely or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from annotate.errors import GoldError
from annotate.extras import require
from annotate.gold.contents import CHANGES, SCHEMA, find_file_problems
from annotate.gold.diff.diff import Diff
from annotate.gold.load import find_release, load_manifest, read_annotators, read_places
from annotate.gold.manifest import (
    Manifest,
    ParentEntry,
    Placed,
    SchemaEntry,
    SplitEntry,
    manifest_digest,
)
from annotate.gold.names import Version, check_name, find_versions
from annotate.gold.rows import encode_record, normalize_record
from annotate.ingest.articles import read_articles
from annotate.items import sort_items
from annotate.jsonl import RecordSource, find_record_problems, gather_records, stream_records
from annotate.printing import format_count
from annotate.problems import SECOND_RECORD, appears_twice, find_surrogate
from annotate.records import LAYERS, Annotation, GoldRecord, Prediction
from annotate.release.changes import check_version, render_changes
from annotate.release.grouping.kinship import METHOD, Kinship
from annotate.release.grouping.splits import DEFAULT_SHARES, Assignment, assign_splits, check_shares, find_bridged
from annotate.release.grouping.stories import parse_day
from annotate.release.provenance import Submitted
from annotate.release.pseudonyms import Pseudonyms, assign_pseudonyms, find_map, find_pseudonyms, read_map, restored_map
from annotate.release.signing import sign_manifest
from annotate.release.spool import Spool
from annotate.release.writer import ReleaseWriter, new_release, to_toml
from annotate.schema import Schema, find_label_problems, load_schema
from annotate.selected import KEY, Pools, find_selected
from annotate.version import __version__


def release_records(
    decided: str | Path | Iterable[GoldRecord],
    name: str,
    version: str,
    *,
    to: str | Path = "gold",
    annotations: RecordSource[Annotation] | None = None,
    predictions: RecordSource[Prediction] | None = None,
    schema: Schema | str | Path | None = None,
    parent: str | Path | None = None,
    licence: str | None = None,
    shares: Mapping[str, float] = DEFAULT_SHARES,
    about: str | None = None,
    names: bool = False,
    annotator_map: str | Path | None = None,
    sign: str | Path | None = None,
    batch: str | Path | None = None,
    report: Callable[[str], object] = lambda text: None,
) -> Path:
    """Build the immutable release `<to>/<name>/<version>` from decided records, and return its folder.

    The same records in any order give the same bytes. Records are read one by one; memory holds an index of them.
    An existing version is never changed, and an interrupted build leaves no release.

    Args:
        decided: a JSON Lines file as `adjudicate` writes it, or the records, each with its text and an annotator.
        name: of the release, such as `news`.
        version: MAJOR.MINOR.PATCH, checked against what changed since the parent.
        to: the folder of all releases.
        annotations: what the annotators submitted, a file or the records: agreement is measured on them, and every
            annotator whom a decided record names must have submitted that article.
        predictions: what was pushed, a file or the records: scored for the card. Needed where part of it was held back,
            since annotations name only what annotators saw.
        schema: the label schema; None = `news`.
        parent: the release to follow, its folder or `name/version`; None = the newest under `<to>/<name>`.
        licence: of the annotations, such as `CC-BY-4.0`.
        shares: the wanted share of each split.
        about: who annotated, and how, as Markdown for the card.
        names: annotators appear under their names, not as `annotator-1` and so on (`annotate.release.pseudonyms`).
        annotator_map: the private file with the names behind the pseudonyms; it is read, extended and written.
            None = `NAME.annotators.json` beside the file of decided records; for records in memory, the names are kept
            nowhere, and no later version can use the same pseudonyms.
        sign: an SSH private key to sign the release with (`annotate.release.signing`).
        batch: the last batch that `select` wrote of the pool, where an article's own `meta.selection` is of an earlier,
            smaller one. A record with `meta.selection` gets the weight 1 / probability.
        report: called with a sentence if articles were annotated and are not among the decided records.

    Raises:
        RecordError: a file has problems.
        GoldError: the version exists or does not fit what changed; records have no annotators, no text, labels that the
            schema does not have, or spans that do not fit, all problems together; or the parent has pseudonyms that
            the map does not explain.
        AnnotateError: a file cannot be written, or the key cannot sign.
        MissingExtraError: the extra `release` is not installed.
    """
    require("release", "annotate release")
    check_name(name)
    number = Version.parse(version)
    wanted = check_shares(shares)
    schema = load_schema(schema)
    home = Path(to) / name
    if isinstance(decided, (str, Path)):
        decided = Path(decided)
        annotator_map = annotator_map or find_map(decided, name)
    map_path = None if annotator_map is None else Path(annotator_map)
    submitted = Submitted(
        None if annotations is None else gather_records(annotations, Annotation),
        None if predictions is None else gather_records(predictions, Prediction),
    )
    selection = {} if batch is None else {one.id: one.meta.get(KEY) for one in read_articles([str(batch)])}
    with restored_map(map_path, unless=home / version), new_release(home, version) as folder, Spool() as spool:
        previous = _find_parent(home, name, number, parent)
        earlier = {} if previous is None else _find_earlier(previous, name, map_path)
        kinship, given, weighted = _collect(decided, spool, schema, submitted, selection, earlier)
        placed = _placed(previous, given)
        links = [*kinship.links(spool.__getitem__), *_cluster_links(spool.ids, placed)]
        for bridged in find_bridged(spool.ids, links, placed):
            # leaving an article out also removes its links, so the others need all of theirs
            links += kinship.duplicates_among(bridged, spool.__getitem__)
        undecided = sorted(submitted.articles - set(spool.ids))
        assignment = assign_splits(spool.ids, links, shares=wanted, placed=placed)
        pseudonyms = None if names else _assign(spool, submitted, name, map_path, previous)
        if pseudonyms is not None:
            submitted.rename(pseudonyms)
        writer = ReleaseWriter(folder, schema, weighted=weighted)
        splits, numbers = _plan_splits(assignment, wanted)
        for split, entry in splits.items():
            records = _released(numbers[split], spool, pseudonyms, assignment, schema)
            writer.add_split(split, entry.articles, records)
        writer.add_file(SCHEMA, to_toml(schema))
        background = submitted.describe(schema, _Released(spool, assignment))
        manifest = Manifest(
            name=name,
            version=version,
            toolkit=f"annotate-gold {__version__}",
            licence=licence,
            schema=SchemaEntry(schema.name, schema.version, schema.digest),
            date=background.date,
            counts={},
            splits=splits,
            grouping=METHOD,
            withdrawn={} if previous is None else _withdrawn(placed, assignment, spool.ids),
            left_out=assignment.left_out,
            provenance={},
            agreement=background.agreement,
            ceiling=background.ceiling,
            work=background.work,
            preannotators=background.preannotators,
            about=about,
            files={},
        )
        _finish(writer, folder, manifest, previous)
        if sign is not None:
            sign_manifest(folder, Path(sign))
        if map_path is not None and pseudonyms is not None:
            # before the release appears: a pseudonym without its name would be lost for good
            pseudonyms.write(map_path, name)
    if undecided:
        report(
            f"{len(undecided):,} of {format_count(len(submitted.articles), 'annotated article')} not in the release: "
            f"no decided record, such as {undecided[0]}; see what annotate adjudicate says of disputes"
        )
    return home / version


class _Parent(NamedTuple):
    """The release that the new one follows."""

    folder: Path
    manifest: Manifest


class _Released:
    """The records of the release by id, as they were decided; annotators are under their names."""

    def __init__(self, spool: Spool, assignment: Assignment) -> None:
        self._spool = spool
        self._assignment = assignment

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._find(id) is not None

    def __getitem__(self, id: str) -> GoldRecord:
        number = self._find(id)
        if number is None:
            raise KeyError(id)
        return self._spool[number]

    def _find(self, id: str) -> int | None:
        number = self._spool.find(id)
        return None if number is None or self._assignment.placed[number] is None else number


def _finish(writer: ReleaseWriter, folder: Path, manifest: Manifest, previous: _Parent | None) -> None:
    """Compare the tables with the parent's, then write everything but them, the manifest last."""
    diff = None
    if previous is not None:
        manifest = msgspec.structs.replace(
            manifest, parent=ParentEntry(previous.manifest.version, manifest_digest(previous.manifest))
        )
        diff = Diff(previous.folder, folder, previous.manifest, writer.describe(manifest))
    writer.add_file(CHANGES, render_changes(diff, ref=manifest.ref, left_out=manifest.left_out))
    if diff is not None:
        check_version(manifest.version, diff)
    writer.finish(manifest)


def _collect(
    decided: Iterable[GoldRecord] | Path,
    spool: Spool,
    schema: Schema,
    submitted: Submitted,
    selection: Mapping[str, Any],
    earlier: Mapping[str, Collection[str]],
) -> tuple[Kinship, dict[str, Placed], bool]:
    """Check every record, keep it in the spool, and note what it shares with others; all problems at the end.

    Returns:
        What groups the articles, the split and cluster of those that have one already, and whether one has a weight.
    """
    problems: list[str] = []
    kinship = Kinship()
    given: dict[str, Placed] = {}
    pools, weighted = Pools(), False

    def check(record: GoldRecord) -> Iterator[str]:
        yield from _find_problems(record, schema)
        yield from submitted.find_problems(record, earlier.get(record.id, ()))

    for record in _read_checked(decided, check, problems):
        if record.id in selection:
            record = msgspec.structs.replace(record, meta={**record.meta, KEY: selection[record.id]})
        selected, problem = find_selected(record)
        problems += [] if problem is None else [f"{record.id}: {problem}"]
        if selected is not None:
            pools.add(selected)
            record = msgspec.structs.replace(record, weight=selected.weight)
        weighted = weighted or record.weight is not None
        signed = msgspec.structs.replace(submitted.sign(record), licence=_licence_of(record))
        if not spool.add(normalize_record(signed)):
            problems.append(f"{record.id}: {SECOND_RECORD}")
            continue
        kinship.add(record)
        if record.split or record.cluster:
            given[record.id] = Placed(record.split or "", record.cluster or "")
    problems += pools.find_problems()
    if problems:
        raise GoldError(problems)
    if not len(spool):
        raise GoldError(["nothing to release: no decided record"])
    kinship.sort(spool.sort())
    return kinship, given, weighted


def _read_checked(
    decided: Iterable[GoldRecord] | Path, check: Callable[[GoldRecord], Iterator[str]], problems: list[str]
) -> Iterator[GoldRecord]:
    """The records that have no problems; those of the others are added to `problems`, with their places."""
    if isinstance(decided, Path):
        yield from stream_records(decided, GoldRecord, problems=problems, check=check)
        return
    for record in decided:
        found = [f"{record.id}: {sentence}" for sentence in check(record)]
        if found:
            problems += found
        else:
            yield record


def _licence_of(record: GoldRecord) -> str:
    """The licence of the article's text: its own, or what its source says; `unknown` where neither has one."""
    found = record.licence or record.meta.get("licence") or record.meta.get("license")
    return found if isinstance(found, str) else "unknown"


def _find_problems(record: GoldRecord, schema: Schema) -> Iterator[str]:
    if not record.text:
        yield "no text; a release needs each article's text to prove the spans by"
        return
    if not record.annotators:
        yield (
            "no annotators: no annotator is recorded, and machine predictions do not enter gold; "
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


def _find_parent(home: Path, name: str, number: Version, parent: str | Path | None) -> _Parent | None:
    """The release to follow.

    Raises:
        GoldError: it is of another name, damaged, or not older than the new one.
    """
    versions = find_versions(home)
    if parent is None and not versions:
        return None
    folder = find_release(parent)[0] if parent is not None else home / str(versions[-1])
    manifest = load_manifest(folder)
    if manifest.name != name:
        raise GoldError([f"{folder} is a release of {manifest.name}; the parent of {name} must have its name"])
    damage = [f"{folder}: {problem}" for problem in find_file_problems(folder, manifest)]
    if damage:
        raise GoldError(damage)
    newest = max([Version.parse(manifest.version), *versions])
    if number <= newest:
        raise GoldError([f"version {number} is not newer than {newest}; versions of a release only grow"])
    return _Parent(folder, manifest)


def _find_earlier(previous: _Parent, name: str, map_path: Path | None) -> dict[str, set[str]]:
    """For each article of the parent the annotators that it names, under their pseudonyms and their own names."""
    known = {} if map_path is None else read_map(map_path, name)
    own = {pseudonym: annotator for annotator, pseudonym in known.items()}
    return {
        id: {*annotators, *(own[one] for one in annotators if one in own)}
        for id, annotators in read_annotators(previous.folder, previous.manifest).items()
    }


def _assign(
    spool: Spool, submitted: Submitted, name: str, map_path: Path | None, previous: _Parent | None
) -> Pseudonyms:
    # a pass of its own: what a pseudonym follows from is only known once all records are there, in the order of their
    # ids, and the first one that is written needs it; to note it while they are read would hold every item in memory
    known = {} if map_path is None else read_map(map_path, name)
    taken = () if previous is None else find_pseudonyms(previous.manifest)
    return assign_pseudonyms(spool, submitted.annotations, known, predictions=submitted.predictions or (), taken=taken)


def _placed(previous: _Parent | None, given: Mapping[str, Placed]) -> dict[str, Placed]:
    """The places that are fixed: by the parent and what it remembers, or by the records themselves (`given`)."""
    placed: dict[str, Placed] = {}
    if previous is not None:
        placed = {**previous.manifest.withdrawn, **read_places(previous.folder, previous.manifest)}
    problems = []
    for id, wanted in sorted(given.items()):
        before = placed.setdefault(id, wanted)
        if wanted.split and wanted.split != before.split:
            problems.append(
                f"{id}: split {wanted.split}, but it was in {before.split} before; an article keeps its split"
            )
    if problems:
        raise GoldError(problems)
    return placed


def _cluster_links(ids: list[str], placed: Mapping[str, Placed]) -> Iterator[tuple[int, int]]:
    """Pairs of articles that have one cluster by the parent or the records, whatever their texts are."""
    last: dict[str, int] = {}
    for number, id in enumerate(ids):
        if (place := placed.get(id)) and place.cluster:
            if place.cluster in last:
                yield last[place.cluster], number
            last[place.cluster] = number


def _withdrawn(placed: Mapping[str, Placed], assignment: Assignment, ids: list[str]) -> dict[str, Placed]:
    here = {id for id, place in zip(ids, assignment.placed, strict=True) if place is not None}
    return {id: place for id, place in sorted(placed.items()) if place.split and id not in here}


def _plan_splits(
    assignment: Assignment, wanted: Mapping[str, float]
) -> tuple[dict[str, SplitEntry], dict[str, list[int]]]:
    """The splits in their order, without their rows, and the numbers of the articles in each."""
    numbers: dict[str, list[int]] = {}
    for number, place in enumerate(assignment.placed):
        if place is not None:
            numbers.setdefault(place.split, []).append(number)
    order = [*(split for split in wanted if split in numbers), *sorted(set(numbers) - set(wanted))]
    total = sum(map(len, numbers.values()))
    entries = {
        split: SplitEntry(
            len(numbers[split]), round(len(numbers[split]) / total, 6), round(wanted.get(split, 0), 6), []
        )
        for split in order
    }
    return entries, numbers


def _released(
    numbers: Iterable[int], spool: Spool, pseudonyms: Pseudonyms | None, assignment: Assignment, schema: Schema
) -> Iterator[GoldRecord]:
    """The records as they are released: in their places, annotators under their pseudonyms."""
    for number in numbers:
        place = assignment.placed[number]
        assert place is not None  # noqa: S101 - by construction of `numbers`
        record = spool[number]
        if pseudonyms is not None:
            # names are among what items that are alike otherwise are sorted by
            record = sort_items(pseudonyms.rename_record(record))
        yield msgspec.structs.replace(
            record, split=place.split, cluster=place.cluster, schema=record.schema or schema.ref
        )
