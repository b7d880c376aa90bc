"""Several people's versions of one article, checked that they are about one text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from annotate.agreement.positions import item_ranges
from annotate.errors import RecordError
from annotate.records import LAYERS, Annotation, Entity, Item, Quote, Span, get_layer
from annotate.spans import find_span_problems


def group_submitted(annotations: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    """The submitted annotations by article, people in alphabetical order; skipped ones and drafts are left out.

    Of items by which one person says exactly the same twice, the first is kept.

    Raises:
        RecordError: an annotation without text, two texts for one article, spans that do not fit, or one person
            twice on one article; all problems together.
    """
    articles: dict[str, list[Annotation]] = {}
    problems: list[str] = []
    for annotation in annotations:
        if annotation.status != "submitted":
            continue
        versions = articles.setdefault(annotation.id, [])
        where = f"{annotation.id} by {annotation.annotator}"
        if annotation.text is None:
            problems.append(f"{where}: no text; pull the annotations again, `annotate pull` writes it")
        elif versions and annotation.text != versions[0].text:
            problems.append(f"{where}: its text is not that of {versions[0].annotator}; one of them was edited")
        else:
            problems.extend(f"{where}: {problem}" for problem in find_span_problems(annotation, annotation.text))
        if any(version.annotator == annotation.annotator for version in versions):
            problems.append(f"{where}: a second annotation by this person; keep the one that counts")
        versions.append(annotation)
    if problems:
        raise RecordError(problems)
    return {
        article: [_drop_copies(version) for version in sorted(versions, key=lambda version: version.annotator)]
        for article, versions in articles.items()
    }


def _drop_copies(version: Annotation) -> Annotation:
    """The annotation without items that say exactly what another one says: one person meant one thing."""
    layers: dict[str, Any] = {}
    for layer in LAYERS:
        items = get_layer(version, layer)
        if items is not None:
            first: dict[tuple[Any, ...], Item] = {}
            for item in items:
                first.setdefault(_say(item), item)
            layers[layer] = list(first.values())
    return msgspec.structs.replace(version, **layers)


def _say(item: Item) -> tuple[Any, ...]:
    ranges = item_ranges(item)
    if isinstance(item, Entity):
        return ranges, item.label
    if isinstance(item, Quote):
        return tuple(sorted(ranges)), item.type, _range(item.speaker), _range(item.cue)
    return ranges, item.kind, item.check_worthy, _range(item.claimer)


def _range(span: Span | None) -> tuple[int, int] | None:
    return None if span is None else (span.start, span.end)
