"""Several annotators' versions of one article, checked that they are about one text."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from annotate.errors import RecordError
from annotate.items import identity_of, map_items, trim_annotation
from annotate.jsonl import RecordSource, read_records
from annotate.records import Annotation, Item, Layer, get_layer
from annotate.schema import Schema, find_label_problems
from annotate.spans import find_span_problems


def group_submitted(
    annotations: RecordSource[Annotation], *, schema: Schema | None = None
) -> dict[str, list[Annotation]]:
    """The submitted annotations by article, annotators in alphabetical order; skipped ones and drafts are left out.

    Spans are trimmed of white space and marks at their edges (`annotate.items.trim_annotation`). Of items of one
    annotator that are the same (`annotate.items.identity_of`), the first is kept.

    Args:
        annotations: as for `annotate.jsonl.gather_records`; the spans of a file are checked as it is read, those of
            records here.
        schema: the labels that items may have; None = any.

    Raises:
        RecordError: a file has problems; or an annotation without text, two texts for one article, spans that do not
            fit, labels that the schema does not declare, or one annotator twice on one article; all problems together.
    """
    articles: dict[str, list[Annotation]] = {}
    problems: list[str] = []
    for annotation, is_checked in _read(annotations):
        if annotation.status != "submitted":
            continue
        versions = articles.setdefault(annotation.id, [])
        where = f"{annotation.id} by {annotation.annotator}"
        if annotation.text is None:
            problems.append(f"{where}: no text; pull the annotations again, `annotate pull` writes it")
        elif versions and annotation.text != versions[0].text:
            problems.append(f"{where}: its text is not that of {versions[0].annotator}; one of them was edited")
        elif not is_checked:
            problems.extend(f"{where}: {problem}" for problem in find_span_problems(annotation, annotation.text))
        if schema is not None:
            problems.extend(
                f"{where}: {problem}; correct it, or give the schema that has it (--schema)"
                for problem in find_label_problems(annotation, schema)
            )
        if any(version.annotator == annotation.annotator for version in versions):
            problems.append(f"{where}: a second annotation by this annotator; keep the one that counts")
        versions.append(annotation)
    if problems:
        raise RecordError(problems)
    return {
        article: [_drop_copies(trim_annotation(version)) for version in sorted(versions, key=attrgetter("annotator"))]
        for article, versions in articles.items()
    }


def mark_layer(versions: Sequence[Annotation], layer: Layer) -> dict[str, list[Item]]:
    """The items by annotator, for those who annotated the layer."""
    return {version.annotator: items for version in versions if (items := get_layer(version, layer)) is not None}


def _read(source: RecordSource[Annotation]) -> Iterator[tuple[Annotation, bool]]:
    """The annotations, each with whether its spans are known to fit its text."""
    for each in [source] if isinstance(source, (str, Path)) else source:
        if isinstance(each, (str, Path)):
            for annotation in read_records(Path(each), Annotation):
                yield annotation, True
        else:
            yield each, False


def _drop_copies(version: Annotation) -> Annotation:
    """The annotation without items that are the same as an earlier one: one annotator meant one thing."""
    seen: set[Hashable] = set()

    def first(item: Any) -> Any:
        key = identity_of(item, version.text)
        if key in seen:
            return None
        seen.add(key)
        return item

    return map_items(version, first)
