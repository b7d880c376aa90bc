"""Stand-off releases: everything but the articles' words, for texts that may not be passed on.

Ids, titles, URLs, hashes, spans, labels and people's decisions stay; `text` is null in every article and span, the
config `tokens` is left out, and `anchors/` holds hashes by which `annotate rehydrate` finds the spans again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from annotate.artifacts.features import make_list, make_value, to_arrow
from annotate.errors import PublishError
from annotate.files import read_text, write_text
from annotate.gold.contents import CARD, CHANGES, ORIGIN, Origin
from annotate.gold.load import stream_release
from annotate.gold.manifest import Manifest, manifest_digest, read_manifest
from annotate.gold.parquet import ROWS_PER_FILE, table_names, write_rows
from annotate.gold.rows import encode_record
from annotate.items import map_items, map_spans
from annotate.publish.anchors import Anchor, make_anchors
from annotate.publish.repack import repack
from annotate.records import Claim, Entity, GoldRecord, Region, Span, iter_spans
from annotate.text.tokens import WORD

# as many words in a row as nobody writes twice by chance
RUN = 8

_FREE_FIELDS = {"id", "title", "url", "publisher", "date", "text_sha256"}


def write_stand_off(release: Path, to: Path) -> Path:
    """Write the release without its texts as `<to>/<name>/<version>` and return that folder.

    Raises:
        PublishError: words of an article stand where they may not be left out (a note, `meta`, the card).
    """
    manifest = read_manifest(release)
    if manifest.stand_off:
        raise PublishError(f"{release} is a stand-off release already; publish it without --stand-off")
    _check_words(release, manifest)
    out = to / manifest.name / manifest.version
    out.mkdir(parents=True)

    def add(folder: Path) -> dict[str, int]:
        origin = Origin(
            manifest_digest(manifest),
            {name: entry.sha256 for name, entry in manifest.files.items()},
            {split: entry.row_hashes for split, entry in manifest.splits.items()},
        )
        write_text(folder / ORIGIN, json.dumps(msgspec.to_builtins(origin), indent=1) + "\n")
        return _write_anchors(release, manifest, folder)

    repack(release, out, remove_text, stand_off=True, made_from=manifest_digest(manifest), add=add)
    return out


def remove_text(record: GoldRecord) -> GoldRecord:
    """The record with `text` null, in its spans too.

    >>> remove_text(GoldRecord(id="a", text="Ann", entities=[Entity(0, 3, "PERSON", text="Ann")])).entities[0].text
    """

    def bare(span: Any) -> Any:
        return msgspec.structs.replace(span, text=None)

    def all_bare(regions: list[Any] | None) -> list[Any] | None:
        return None if regions is None else [bare(region) for region in regions]

    return msgspec.structs.replace(
        map_items(record, lambda item: map_spans(item, bare)),
        text=None,
        ignore=all_bare(record.ignore),
        sentences=all_bare(record.sentences),
    )


def iter_places(record: GoldRecord) -> Iterator[tuple[str, Span | Entity | Claim | Region]]:
    """Every span of the record with its place in it, ignored regions and sentences included."""
    yield from iter_spans(record)
    for name in ("ignore", "sentences"):
        for i, region in enumerate(getattr(record, name) or ()):
            yield f"{name}[{i}]", region


def _write_anchors(release: Path, manifest: Manifest, folder: Path) -> dict[str, int]:
    rows: dict[str, int] = {}
    for split, entry in manifest.splits.items():
        records = stream_release(release, split)
        for n, name in enumerate(table_names("anchors", split, entry.articles)):
            count = min(ROWS_PER_FILE, entry.articles - n * ROWS_PER_FILE)
            write_rows(folder / name, (_anchor_row(next(records)) for _ in range(count)), anchor_features())
            rows[name] = count
    return rows


def _anchor_row(record: GoldRecord) -> dict[str, Any]:
    spans = [span for _, span in iter_places(record)]
    anchors = make_anchors(record.text or "", [(span.start, span.end) for span in spans])
    return {"id": record.id, "anchors": [anchor._asdict() for anchor in anchors]}


def anchor_features() -> pa.Schema:
    """The columns of `anchors/`: for each article its anchors, in the order of `iter_places`."""
    number, hashed = make_value("int32"), make_value("string")
    kinds = {name: hashed if name in ("inside", "before", "after") else number for name in Anchor._fields}
    return to_arrow({"id": hashed, "anchors": make_list(kinds)})


def _check_words(release: Path, manifest: Manifest) -> None:
    """Refuse where leaving the texts out would not leave their words out."""
    papers = {name: set(_runs(read_text(release / name))) for name in (CARD, CHANGES)}
    problems: list[str] = []
    for record in stream_release(release):
        words = set(_runs(record.text or ""))
        problems += [f"{name} quotes {record.id}" for name, runs in papers.items() if runs & words]
        bare = json.loads(encode_record(remove_text(record)))
        for place, string in _strings({key: value for key, value in bare.items() if key not in _FREE_FIELDS}, ""):
            if words & set(_runs(string)):
                problems.append(f"{record.id}: {place} quotes the article")
    if problems:
        shown = "\n".join(problems[:20])
        raise PublishError(
            f"{manifest.ref} cannot be published without its texts, because {RUN} words or more of them stand "
            f"elsewhere too; take them out in a new version:\n{shown}"
        )


def _runs(text: str) -> Iterator[str]:
    words = WORD.findall(text.casefold())
    return (" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def _strings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _strings(inner, f"{place}[{i}]")
