"""Disputed articles to a reviewer and back: candidates as a pre-annotation, the reviewer's annotation as decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from annotate.adjudication.adjudicate import Adjudication, Decision, DisputedArticle, list_candidates, now
from annotate.adjudication.disputes import (
    NumberedCandidate,
    NumberedDispute,
    describe_candidate,
    describe_dispute,
    number_disputes,
)
from annotate.adjudication.review_page import is_region_id, to_region_id
from annotate.agreement.positions import Position, item_values
from annotate.agreement.versions import group_submitted
from annotate.errors import RecordError
from annotate.items import extent_of, map_spans, shared_content, spans_of
from annotate.jsonl import RecordSource
from annotate.records import (
    LAYERS,
    Annotation,
    GoldRecord,
    Item,
    Layer,
    Prediction,
    Span,
    article_fields,
    get_layer,
    to_dict,
)
from annotate.schema import Schema
from annotate.spans import shared
from annotate.text.text_index import TextIndex

REVIEW_MODEL = "adjudication"
_NOTE = "dispute "


def to_review(disputed: Iterable[DisputedArticle]) -> list[Prediction]:
    """One prediction per disputed article: the agreed layers, and every candidate with a note who made it.

    Equal versions are one candidate, with all who proposed it (also in `preannotator`). The reviewer deletes the
    wrong ones and may change or add anything; what is submitted is the decision. `ReviewPage` is the page for it.
    """
    return [_to_prediction(article) for article in disputed]


def _to_prediction(article: DisputedArticle) -> Prediction:
    record = article.agreed
    layers: dict[Layer, list[Item] | None] = {
        layer: list(items) if (items := get_layer(record, layer)) is not None else None for layer in LAYERS
    }
    for found in number_disputes(article):
        target = layers[found.dispute.position.layer]
        if target is not None:
            target.extend(_to_marked(candidate, found) for candidate in found.candidates)
    return to_queued(record, layers, model=f"{REVIEW_MODEL}-{record.decided_by}")


def _to_marked(candidate: NumberedCandidate, found: NumberedDispute) -> Item:
    names = ", ".join(candidate.annotators)
    note = f"{_NOTE}{candidate.tag}: proposed by {names}"
    if found.silent:
        note += f"; not marked by {', '.join(found.silent)}"
    marked: Item = msgspec.structs.replace(
        candidate.item, id=to_region_id(candidate.tag), preannotator=names, note=note, score=None
    )
    return marked


def to_queued(
    record: GoldRecord, layers: Mapping[Layer, Sequence[Item] | None], *, model: str, score: float | None = None
) -> Prediction:
    """The record's article with these layers, as `model` proposes them; a layer that is None stays absent.

    Region ids go: they came from several annotators and could appear twice. The server makes new ones. Those of
    disputed items stay, as the page knows them by these.
    """
    found: dict[str, Any] = {
        layer: None if items is None else [_with_known_id(item) for item in items] for layer, items in layers.items()
    }
    return Prediction(
        **article_fields(record),
        text_sha256=record.text_sha256,
        schema=record.schema,
        model=model,
        score=score,
        **found,
    )


def _with_known_id(item: Item) -> Item:
    kept: Item = msgspec.structs.replace(item, id=item.id if is_region_id(item.id) else None)
    return kept


def apply_review(
    adjudication: Adjudication,
    reviews: RecordSource[Annotation],
    *,
    at: str | None = None,
    schema: Schema | None = None,
) -> Adjudication:
    """The adjudication with the reviewers' decisions: each reviewed article is decided as its reviewer left it.

    What is in the review exactly as an annotator or the agreed layer had it keeps that origin and preannotator;
    what the reviewer made is `manual`. The log gets a line for each disputed position and for each agreed item that
    the reviewer changed.

    Args:
        at: the time that the log notes, ISO 8601; default: now.
        schema: the labels that items may have; None = any.

    Raises:
        RecordError: a review of an article that is not disputed, on another text, by two reviewers, with labels that
            the schema does not declare, or one in which overlapping candidates of a dispute were left; all problems
            together.
    """
    time = at or now()
    submitted = group_submitted(reviews, schema=schema)
    waiting = {article.agreed.id: article for article in adjudication.disputed}
    problems: list[str] = []
    result = Adjudication(list(adjudication.decided), list(adjudication.log), [])
    for article_id, versions in submitted.items():
        if article_id not in waiting:
            problems.append(f"{article_id}: reviewed by {versions[0].annotator}, but nothing in it is disputed")
        elif len(versions) > 1:
            names = ", ".join(version.annotator for version in versions)
            problems.append(f"{article_id}: {len(versions)} reviews, by {names}; keep the one that decides")
        elif versions[0].text != waiting[article_id].agreed.text:
            problems.append(f"{article_id}: the review is on another text")
    for article in adjudication.disputed:
        versions = submitted.get(article.agreed.id, [])
        if len(versions) != 1:
            result.disputed.append(article)
            continue
        record, log, left = _decide_article(article, versions[0], time)
        problems.extend(left)
        result.decided.append(record)
        result.log.extend(log)
    if problems:
        raise RecordError(problems)
    return result


def _decide_article(
    article: DisputedArticle, review: Annotation, at: str
) -> tuple[GoldRecord, list[Decision], list[str]]:
    agreed = article.agreed
    index = TextIndex(agreed.text or "")
    log: list[Decision] = []
    problems: list[str] = []
    layers: dict[Layer, list[Item] | None] = {}
    numbered = number_disputes(article)
    for layer in LAYERS:
        before = get_layer(agreed, layer)
        if before is None:
            layers[layer] = None
            continue
        disputes = [found for found in numbered if found.dispute.position.layer == layer]
        kept = [_restore(item, before, disputes, index) for item in get_layer(review, layer) or []]
        layers[layer] = kept
        for found in disputes:
            position = found.dispute.position
            here = [item for item in kept if _touches(item, position.start, position.end)]
            problems.extend(_find_left_standing(review, found, here, index))
            chosen = _chosen(here, position, index)
            log.append(
                Decision(
                    id=agreed.id,
                    layer=layer,
                    start=position.start,
                    end=position.end,
                    text=index.text[position.start : position.end],
                    outcome="accepted" if here else "rejected",
                    rule="review",
                    reason=_explain(chosen, here, position, index),
                    by=review.annotator,
                    at=at,
                    candidates=list_candidates(position, found.dispute.annotators),
                    decided=None if chosen is None else to_dict(chosen),
                )
            )
        log.extend(_log_changes(agreed, layer, before, kept, review.annotator, at, index))
    record = msgspec.structs.replace(
        agreed,
        decided_by=f"{agreed.decided_by}, review:{review.annotator}",
        **layers,
    )
    return record, log, problems


def _restore(item: Item, agreed: list[Item], disputes: list[NumberedDispute], index: TextIndex) -> Item:
    """The item with the origin and preannotator that it had before the review, if it is one of those."""
    # ids of the page mean nothing elsewhere
    item = map_spans(item, _without_page_id) or item
    if is_region_id(item.id):
        item = msgspec.structs.replace(item, id=None)
    values = item_values(item, index)
    known = [*agreed, *(candidate for found in disputes for candidate in found.dispute.position.items.values())]
    for before in known:
        if item_values(before, index) == values:
            return msgspec.structs.replace(
                item, origin=before.origin, preannotator=before.preannotator, note=before.note, score=before.score
            )
    # a note of ours on a candidate that the reviewer corrected has had its day
    note = None if item.note is not None and item.note.startswith(_NOTE) else item.note
    return msgspec.structs.replace(item, origin="manual", preannotator=None, score=None, note=note)


def _without_page_id(span: Any) -> Any:
    return msgspec.structs.replace(span, id=None) if is_region_id(span.id) else span


def _touches(item: Item, start: int, end: int) -> bool:
    return bool(shared(spans_of(item), [Span(start, end)]))


def _chosen(here: list[Item], position: Position, index: TextIndex) -> Item | None:
    proposed = [item_values(candidate, index) for candidate in position.items.values()]
    matching = [item for item in here if item_values(item, index) in proposed]
    return next(iter([*matching, *here]), None)


def _explain(chosen: Item | None, here: list[Item], position: Position, index: TextIndex) -> str:
    if chosen is None:
        return "the reviewer left nothing here"
    values = item_values(chosen, index)
    names = [name for name, candidate in position.items.items() if item_values(candidate, index) == values]
    return f"the reviewer chose {', '.join(names)}" if names else "the reviewer marked it in another way"


def _find_left_standing(
    review: Annotation, found: NumberedDispute, here: list[Item], index: TextIndex
) -> Iterator[str]:
    """A sentence if two candidates of the dispute are left where one excludes the other: it was not decided."""
    left = [item_values(item, index) for item in here]
    standing = [candidate for candidate in found.candidates if item_values(candidate.item, index) in left]
    standing = [
        one for one in standing if any(one is not other and shared_content(one.item, other.item) for other in standing)
    ]
    if standing:
        listed = "\n".join(f"  {describe_candidate(candidate, found, index.text)}" for candidate in standing)
        place = f" at {review.task_url}" if review.task_url else ""
        yield (
            f"{review.id}: {review.annotator} left {len(standing)} candidates of dispute "
            f"{describe_dispute(found, index.text)}\n{listed}\n"
            f"  open the review again{place} and delete the wrong ones"
        )


def _log_changes(
    agreed: GoldRecord, layer: Layer, before: list[Item], after: list[Item], reviewer: str, at: str, index: TextIndex
) -> list[Decision]:
    """A line for each agreed item that the reviewer did not leave as it was."""
    kept = [item_values(item, index) for item in after]
    log = []
    for item in before:
        if item_values(item, index) in kept:
            continue
        start, end = extent_of(item)
        now_here = [other for other in after if _touches(other, start, end)]
        log.append(
            Decision(
                id=agreed.id,
                layer=layer,
                start=start,
                end=end,
                text=index.text[start:end],
                outcome="accepted" if now_here else "rejected",
                rule="review",
                reason="the reviewer changed what was agreed" if now_here else "the reviewer deleted what was agreed",
                by=reviewer,
                at=at,
                decided=to_dict(now_here[0]) if now_here else None,
            )
        )
    return log
