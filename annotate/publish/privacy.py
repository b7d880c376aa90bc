"""What publishing a release would make public that its owners may not have meant: texts, names, e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from annotate.files import read_text
from annotate.gold.contents import CARD, CHANGES, SCHEMA
from annotate.gold.load import stream_release
from annotate.gold.manifest import MANIFEST, Manifest
from annotate.items import iter_items
from annotate.printing import format_count
from annotate.records import GoldRecord
from annotate.release.pseudonyms import is_pseudonym

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def find_warnings(folder: Path, manifest: Manifest) -> list[str]:
    """A sentence for each kind of thing that should be looked at before the release becomes public.

    The articles' own words are not searched: they are published by whoever wrote them.
    """
    warnings = []
    unknown = manifest.provenance.get("licences", {}).get("unknown", 0)
    if unknown and not manifest.stand_off:
        warnings.append(f"{format_count(unknown, 'text')} of unknown licence; --stand-off leaves the texts out")
    named = [name for name in manifest.provenance.get("annotators", {}) if not is_pseudonym(name)]
    if named:
        warnings.append(f"{format_count(len(named), 'annotator')} under a name; release without --names for pseudonyms")
    places: dict[str, set[str]] = {}
    for place, text in _list_texts(folder, manifest):
        for address in _EMAIL.findall(text):
            places.setdefault(address.casefold(), set()).add(place)
    if places:
        where = ", ".join(sorted(set().union(*places.values())))
        addresses = format_count(len(places), "e-mail address")
        warnings.append(f"{addresses} outside the articles, in {where}")
    return warnings


def _list_texts(folder: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield from ((name, read_text(folder / name)) for name in (CARD, CHANGES, SCHEMA))
    yield MANIFEST, " ".join(f"{key} {' '.join(counts)}" for key, counts in manifest.provenance.items())
    yield from (("annotators", name) for name in manifest.work)
    for record in stream_release(folder):
        yield from _list_fields(record)


def _list_fields(record: GoldRecord) -> Iterator[tuple[str, str]]:
    yield "annotators", " ".join(record.annotators)
    yield "decided_by", record.decided_by or ""
    yield "meta", str(record.meta)
    for _, item in iter_items(record):
        yield "notes", item.note or ""
        yield "annotators", " ".join(item.annotators or ())
