"""Annotations to decided records by a strategy, with a log of who proposed what; what it cannot decide is disputed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import Any, NamedTuple

import msgspec

from annotate.adjudication.strategies import Outcome, Strategy, Verdict, decide, overlap_unseen, parse_strategy
from annotate.agreement.positions import Position, align_items
from annotate.agreement.versions import group_submitted, mark_layer
from annotate.errors import AnnotateError
from annotate.files import sha256_text
from annotate.items import sort_key
from annotate.jsonl import RecordSource
from annotate.records import LAYERS, Annotation, GoldRecord, Item, Layer, article_fields, to_dict
from annotate.schema import Schema
from annotate.text.text_index import TextIndex


class Candidate(msgspec.Struct, kw_only=True):
    """One annotator's version of a position; `item` null = annotated the layer and marked nothing here."""

    annotator: str
    item: dict[str, Any] | None


class Decision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of the log: what became of one position of one article.

    `start` and `end` cover all candidates, in code points; `text` is the text there. `rule` is the strategy, or
    `review`; `by` the strategy, or the reviewer; `at` an ISO 8601 time. `decided` is what went on, if anything did.
    """

    id: str
    layer: Layer
    start: int
    end: int
    text: str
    outcome: Outcome
    rule: str
    reason: str
    by: str
    at: str
    fields: dict[str, str] = {}
    candidates: list[Candidate] = []
    decided: dict[str, Any] | None = None


class Dispute(NamedTuple):
    """A position that the strategy could not decide, why, and all who annotated its layer."""

    position: Position
    reason: str
    annotators: list[str]


class DisputedArticle(NamedTuple):
    """An article that needs a reviewer: `agreed` has the layers without what is disputed."""

    agreed: GoldRecord
    disputes: list[Dispute]


class Adjudication(NamedTuple):
    """What came out: decided articles and disputed ones, both in the order of the input, and the log."""

    decided: list[GoldRecord]
    log: list[Decision]
    disputed: list[DisputedArticle]


def adjudicate_annotations(
    annotations: RecordSource[Annotation],
    *,
    strategy: str = "majority",
    at: str | None = None,
    schema: Schema | None = None,
) -> Adjudication:
    """One decided record for each article on which the strategy settles everything; the others are disputed.

    Only submitted annotations count; skipped ones and drafts are no opinion. Where one annotator annotated a layer,
    that version is taken, and `decided_by` names the annotator.

    Args:
        annotations: a JSON Lines file, or the records, with their text; all of one article on the same text.
        strategy: unanimous, majority, trusted:NAME, union or intersection (`annotate.adjudication.RULES`).
        at: the time that the log notes, ISO 8601; default: now.
        schema: the labels that items may have; None = any.

    >>> from annotate.records import Entity
    >>> def by(name, *entities):
    ...     return Annotation(id="a1", text="Rome and Oslo", annotator=name, entities=list(entities))
    >>> rome, oslo = Entity(0, 4, "GPE"), Entity(9, 13, "GPE")
    >>> result = adjudicate_annotations([by("a", rome), by("b", rome, oslo), by("c", rome)])
    >>> [entity.start for entity in result.decided[0].entities], result.decided[0].decided_by
    ([0], 'majority')

    Raises:
        RecordError: a file has problems; or an annotation without text, two texts for one article, spans that do not
            fit, labels that the schema does not declare, or one annotator twice on one article; all problems together.
        AnnotateError: there is no such strategy, or the annotator that it trusts submitted nothing.
    """
    parsed = parse_strategy(strategy)
    time = at or now()
    articles = group_submitted(annotations, schema=schema)
    known = {version.annotator for versions in articles.values() for version in versions}
    if parsed.trusted and parsed.trusted not in known:
        raise AnnotateError(f"strategy {strategy!r}: no annotator of that name; there are {', '.join(sorted(known))}")
    result = Adjudication([], [], [])
    for versions in articles.values():
        _adjudicate_article(versions, parsed, time, result)
    return result


def _adjudicate_article(versions: list[Annotation], strategy: Strategy, at: str, result: Adjudication) -> None:
    text = versions[0].text or ""
    index = TextIndex(text)
    layers: dict[Layer, list[Item] | None] = {}
    disputes: list[Dispute] = []
    for layer in LAYERS:
        marked = mark_layer(versions, layer)
        layers[layer] = None
        if not marked:
            continue
        annotators = sorted(marked)
        positions = align_items(layer, marked, index)
        verdicts = [decide(position, annotators, strategy) for position in positions]
        _dispute_overlaps(positions, verdicts)
        layers[layer] = [verdict.item for verdict in verdicts if verdict.item is not None]
        for position, verdict in zip(positions, verdicts, strict=True):
            result.log.append(_log(versions[0].id, text, position, verdict, annotators, strategy, at))
            if verdict.outcome == "disputed":
                disputes.append(Dispute(position, verdict.reason, annotators))
    names = [version.annotator for version in versions]
    record = _make_record(versions, layers, f"single:{names[0]}" if len(names) == 1 else str(strategy))
    if disputes:
        result.disputed.append(DisputedArticle(record, disputes))
    else:
        result.decided.append(record)


def _dispute_overlaps(positions: list[Position], verdicts: list[Verdict]) -> None:
    """Accepted items that overlap, but do not in any annotator's version, are disputed."""
    accepted = [i for i, verdict in enumerate(verdicts) if verdict.item is not None]
    for i, j in combinations(accepted, 2):
        left, right = verdicts[i], verdicts[j]
        if left.item is None or right.item is None:
            continue
        if overlap_unseen(positions[i], positions[j], left.item, right.item):
            reason = "it overlaps another accepted item, which it does in no annotator's version"
            verdicts[i] = Verdict("disputed", reason, fields=left.fields)
            verdicts[j] = Verdict("disputed", reason, fields=right.fields)


def _log(
    article_id: str,
    text: str,
    position: Position,
    verdict: Verdict,
    annotators: list[str],
    strategy: Strategy,
    at: str,
) -> Decision:
    return Decision(
        id=article_id,
        layer=position.layer,
        start=position.start,
        end=position.end,
        text=text[position.start : position.end],
        outcome=verdict.outcome,
        rule="single" if len(annotators) == 1 else str(strategy),
        reason=verdict.reason,
        by=annotators[0] if len(annotators) == 1 else str(strategy),
        at=at,
        fields=verdict.fields,
        candidates=list_candidates(position, annotators),
        decided=None if verdict.item is None else to_dict(verdict.item),
    )


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def list_candidates(position: Position, annotators: list[str]) -> list[Candidate]:
    """What each annotator who annotated the layer said about the position."""
    return [
        Candidate(annotator=name, item=to_dict(position.items[name]) if name in position.items else None)
        for name in annotators
    ]


def _make_record(versions: list[Annotation], layers: dict[Layer, list[Item] | None], decided_by: str) -> GoldRecord:
    first = versions[0]
    models = sorted({version.model for version in versions if version.model})
    schemas = sorted({version.schema for version in versions if version.schema})
    return GoldRecord(
        **article_fields(first),
        text_sha256=first.text_sha256 or sha256_text(first.text or ""),
        schema=", ".join(schemas) or None,
        annotators=[version.annotator for version in versions],
        decided_by=decided_by,
        model=", ".join(models) or None,
        guideline=", ".join(schemas) or None,  # the guidelines are generated from the schema
        **{layer: _unique_ids(items) for layer, items in layers.items()},  # type: ignore[arg-type]
    )


def _unique_ids(items: list[Item] | None) -> list[Item] | None:
    """The items sorted by place; of two with one id (it came from two annotators) the later loses it."""
    if items is None:
        return None
    seen: set[str] = set()
    unique: list[Item] = []
    for item in sorted(items, key=sort_key):
        if item.id is not None and item.id in seen:
            item = msgspec.structs.replace(item, id=None)
        elif item.id is not None:
            seen.add(item.id)
        unique.append(item)
    return unique
