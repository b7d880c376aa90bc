"""Versions to the explorer page: its data, with the marks on which versions differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from annotate.agreement.positions import FIELDS, align_items
from annotate.errors import AnnotateError
from annotate.explore.versions import Version, find_texts, read_versions
from annotate.files import write_text
from annotate.html import read_asset, render_page, to_marks
from annotate.items import trim_annotation
from annotate.records import LAYERS, Annotation, Item, Layer, LayeredRecord, get_layer
from annotate.schema import Schema, load_schema
from annotate.text.text_index import TextIndex

Place: TypeAlias = tuple[Layer, int, str]
"""A layer, the place of an item in it, and the part of the item: speaker, cue, claimer, or "" for the item itself."""

Kinds: TypeAlias = dict[tuple[tuple[str, Any], ...], int]
"""What marks have beside their place, each once, by number."""

PARTS = ("speaker", "cue", "claimer")
GROUPS = {"entity": "entities", "quote": "quotes", "claim": "claims"}


def explore_records(
    sources: Sequence[str | Path], output: str | Path, *, schema: Schema | str | Path | None = None
) -> list[Version]:
    """Write one HTML page to search, filter and compare what the sources hold; returns its versions.

    Args:
        sources: releases, and JSON Lines files of annotations, decided records or predictions. Each release, annotator
            and file is a version; versions appear side by side.
        output: the page.
        schema: gives labels their colours; None = `news`.

    Raises:
        AnnotateError: the sources hold no record, or the page cannot be written.
        RecordError: a file has problems, or an article has no text, or two texts.
        GoldError: there is no such release, or it is damaged.
    """
    versions = read_versions([str(source) for source in sources])
    title = " / ".join(version.name for version in versions[:3]) + (" ..." if len(versions) > 3 else "")
    write_text(Path(output), render_explorer(versions, schema=load_schema(schema), title=title))
    return versions


def render_explorer(versions: Sequence[Version], *, schema: Schema | None = None, title: str = "Explore") -> str:
    """The page as HTML: search, filters, versions side by side, with the keyboard or the mouse.

    Args:
        versions: at least one, with at least one article; `read_versions` reads them from files.
        schema: gives labels their colours; the packaged `news` if not given.

    Raises:
        AnnotateError: there is nothing to show.
        RecordError: an article without text, or with two texts.
    """
    versions = [version._replace(records=_trim(version.records)) for version in versions]
    texts = find_texts(versions)
    if not texts:
        raise AnnotateError("nothing to explore: the sources hold no record")
    kinds: Kinds = {}
    articles = [_describe(article, text, versions, kinds) for article, text in texts.items()]
    data = {
        "versions": [version.name for version in versions],
        "articles": articles,
        "kinds": [dict(kind) for kind in kinds],
        "labels": _count_labels(articles, kinds),
        "splits": sorted({article["split"] for article in articles if article["split"]}),
    }
    package = "annotate.explore"
    return render_page(
        title,
        read_asset(package, "page.html"),
        data,
        schema=schema or load_schema(),
        script=read_asset(package, "explore.js"),
        style=read_asset(package, "explore.css"),
    )


def _trim(records: Mapping[str, LayeredRecord]) -> dict[str, LayeredRecord]:
    return {
        article: trim_annotation(record) if isinstance(record, Annotation) else record
        for article, record in records.items()
    }


def _describe(article: str, text: str, versions: Sequence[Version], kinds: Kinds) -> dict[str, Any]:
    records = {version.name: version.records[article] for version in versions if article in version.records}
    first = next(iter(records.values()))
    differing = _find_differing(records, text)
    marks = {name: _mark(record, differing.get(name, set())) for name, record in records.items()}
    return {
        "id": article,
        "title": next((record.title for record in records.values() if record.title), None),
        "about": " · ".join(value for value in (first.publisher, first.date) if value),
        "split": next((split for record in records.values() if (split := getattr(record, "split", None))), None),
        "text": text,
        "marks": {name: _pack(found, kinds) for name, found in marks.items()},
        "differ": sum("state" in mark for found in marks.values() for mark in found),
    }


def _find_differing(records: Mapping[str, LayeredRecord], text: str) -> dict[str, set[Place]]:
    """For each version, what differs between the versions that have the layer."""
    if len(records) < 2:
        return {}
    index = TextIndex(text)
    differing: dict[str, set[Place]] = {name: set() for name in records}
    for layer in LAYERS:
        marked: dict[str, list[Item]] = {
            name: items for name, record in records.items() if (items := get_layer(record, layer)) is not None
        }
        places = {name: {id(item): i for i, item in enumerate(items)} for name, items in marked.items()}
        for position in align_items(layer, marked, index):
            versions = list(position.values.values())
            for field in FIELDS[layer]:
                if len(versions) == len(marked) and all(values[field] == versions[0][field] for values in versions):
                    continue
                for name, item in position.items.items():
                    differing[name].add((layer, places[name][id(item)], field if field in PARTS else ""))
    return differing


def _mark(record: LayeredRecord, differing: set[Place]) -> list[dict[str, Any]]:
    marks = to_marks(record)
    for mark in marks:
        if "item" in mark and (*mark["item"], mark["kind"] if mark["kind"] in PARTS else "") in differing:
            mark["state"] = "differs"
    return marks


def _pack(marks: Sequence[Mapping[str, Any]], kinds: Kinds) -> list[int]:
    """The marks as start, end and number of their kind, one after the other: half the size of a page of objects."""
    packed: list[int] = []
    for mark in marks:
        kind = tuple((name, value) for name, value in mark.items() if name not in ("start", "end", "item"))
        packed += (mark["start"], mark["end"], kinds.setdefault(kind, len(kinds)))
    return packed


def _count_labels(articles: Sequence[Mapping[str, Any]], kinds: Kinds) -> list[list[Any]]:
    """[kind, label, count] of what the versions hold, by layer and name."""
    numbers = Counter(number for article in articles for marks in article["marks"].values() for number in marks[2::3])
    counts: Counter[tuple[str, str]] = Counter()
    for kind, number in kinds.items():
        about = dict(kind)
        if about["kind"] in GROUPS:
            counts[about["kind"], about["label"]] += numbers[number]
    order = list(GROUPS)
    return [[*key, n] for key, n in sorted(counts.items(), key=lambda entry: (order.index(entry[0][0]), entry[0][1]))]
