"""Stand-off releases: everything but the articles' words, for texts that may not be passed on.

Ids, titles, URLs, hashes, spans, labels and decisions stay; `text` is null in every article and span, the
config `tokens` is left out, and `anchors/` holds hashes by which `annotate rehydrate` finds the spans again.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from annotate.artifacts.features import make_list, make_value, to_arrow
from annotate.errors import PublishError
from annotate.files import read_text
from annotate.gold.contents import CARD, CHANGES, ORIGIN, SCHEMA, Origin
from annotate.gold.load import stream_release
from annotate.gold.manifest import Manifest, manifest_digest, read_manifest
from annotate.gold.rows import encode_record
from annotate.items import map_items, map_spans
from annotate.publish.anchors import Anchor, make_anchors
from annotate.records import GoldRecord, iter_all_spans
from annotate.release.card import STAND_OFF_NOTE
from annotate.release.writer import ReleaseWriter
from annotate.schema import load_schema
from annotate.text.tokens import WORD

# this many words in a row are not the same by chance
RUN = 8

_NOTE = re.compile(r"<!-- stand-off -->.*?<!-- /stand-off -->\n\n", re.DOTALL)

_FREE_FIELDS = {"id", "title", "url", "publisher", "date", "text_sha256"}


def write_stand_off(release: Path, to: Path) -> Path:
    """Write the release without its texts as `<to>/<name>/<version>` and return that folder.

    Raises:
        PublishError: words of an article are also where they cannot be left out (a note, `meta`, the card).
    """
    manifest = read_manifest(release)
    if manifest.stand_off:
        raise PublishError(f"{release} is a stand-off release already; publish it without --stand-off")
    out = to / manifest.name / manifest.version
    out.mkdir(parents=True)
    quoted = _Quoted(release)
    writer = ReleaseWriter(
        out,
        load_schema(release / SCHEMA),
        stand_off=True,
        further={"anchors": anchor_features()},
        weighted=manifest.selection is not None,
    )
    for split, entry in manifest.splits.items():
        records, again = itertools.tee(map(quoted.look_into, stream_release(release, split)))
        writer.add_split(split, entry.articles, map(remove_text, records), anchors=map(_anchor_row, again))
    if quoted.places:
        shown = "\n".join(quoted.places[:20])
        raise PublishError(
            f"{manifest.ref} cannot be published without its texts, because {RUN} or more of their words in a row are "
            f"elsewhere too; take them out in a new version:\n{shown}"
        )
    digest = manifest_digest(manifest)
    origin = Origin(
        digest,
        {name: entry.sha256 for name, entry in manifest.files.items()},
        {split: entry.row_hashes for split, entry in manifest.splits.items()},
    )
    writer.add_file(ORIGIN, json.dumps(msgspec.to_builtins(origin), indent=1) + "\n")
    finish_copy(writer, release, msgspec.structs.replace(manifest, stand_off=True, made_from=digest))
    return out


def finish_copy(writer: ReleaseWriter, source: Path, manifest: Manifest) -> Manifest:
    """Write everything but the tables of a release made from the one in `source`; returns the new manifest.

    A signature is not copied, since the bytes are others. With the tables of the release itself and its manifest this
    gives the bytes of the release.

    Args:
        manifest: that of `source`, with what the copy changes.
    """
    for name in (SCHEMA, CHANGES):
        writer.add_file(name, read_text(source / name))
    card = None
    if manifest.format == 1:  # toolkit 0.1 kept the user's part of the card nowhere else
        card = change_card(read_text(source / CARD), stand_off=manifest.stand_off, note=STAND_OFF_NOTE)
    return writer.finish(manifest, card=card)


def change_card(card: str, *, stand_off: bool, note: str) -> str:
    """The card of a release by toolkit 0.1 for a release with other contents.

    Args:
        stand_off: without the config `tokens` in the header and with the note above the text; else the other way.

    >>> card = "---\\nconfigs:\\n- config_name: default\\n  path: data/a\\n---\\n\\n# news 1.0.0\\n\\nText.\\n"
    >>> full = change_card(card, stand_off=False, note="No texts.")
    >>> change_card(change_card(full, stand_off=True, note="No texts."), stand_off=False, note="") == full
    True
    """
    card = _NOTE.sub("", card)
    front, divider, body = card.partition("\n---\n")
    front = re.sub(r"^- config_name: tokens\n(?:  .*\n?|- (?!config_name).*\n?)*", "", front + "\n", flags=re.MULTILINE)
    if not stand_off:
        block = re.search(r"^- config_name: default\n(?:  .*\n)*", front, re.MULTILINE)
        if block:
            tokens = block[0].replace("config_name: default", "config_name: tokens").replace(" data/", " tokens/")
            front = front.replace(block[0], block[0] + re.sub(r"^  default: true\n", "", tokens, flags=re.MULTILINE))
    if stand_off:
        body = re.sub(
            r"^# .*\n\n",
            lambda heading: f"{heading[0]}<!-- stand-off -->\n{note.strip()}\n<!-- /stand-off -->\n\n",
            body,
            count=1,
            flags=re.MULTILINE,
        )
    return front.rstrip("\n") + divider + body


def remove_text(record: GoldRecord) -> GoldRecord:
    """The record with `text` null, in its spans too.

    >>> from annotate.records import Entity
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


def _anchor_row(record: GoldRecord) -> dict[str, Any]:
    spans = [span for _, span in iter_all_spans(record)]
    anchors = make_anchors(record.text or "", [(span.start, span.end) for span in spans])
    return {"id": record.id, "anchors": [anchor._asdict() for anchor in anchors]}


def anchor_features() -> pa.Schema:
    """The columns of `anchors/`: for each article its anchors, in the order of `iter_all_spans`."""
    number, hashed = make_value("int32"), make_value("string")
    kinds = {name: hashed if name in ("inside", "before", "after") else number for name in Anchor._fields}
    return to_arrow({"id": hashed, "anchors": make_list(kinds)})


class _Quoted:
    """Finds what would still quote the articles after their texts are left out."""

    def __init__(self, release: Path) -> None:
        self.places: list[str] = []
        self._papers = {name: set(_runs(read_text(release / name))) for name in (CARD, CHANGES)}

    def look_into(self, record: GoldRecord) -> GoldRecord:
        """Add the `places` that quote the article; returns the record itself."""
        words = set(_runs(record.text or ""))
        self.places += [f"{name} quotes {record.id}" for name, runs in self._papers.items() if runs & words]
        bare = json.loads(encode_record(remove_text(record)))
        for place, string in _strings({key: value for key, value in bare.items() if key not in _FREE_FIELDS}, ""):
            if words & set(_runs(string)):
                self.places.append(f"{record.id}: {place} quotes the article")
        return record


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
