"""Disputed articles to a reviewer and back: candidates as a pre-annotation, the reviewer's annotation as decision."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import msgspec

from annotate.adjudication.adjudicate import Adjudication, DisputedArticle, list_candidates
from annotate.adjudication.log import Decision, make_decision, now
from annotate.adjudication.queue import to_queued
from annotate.agreement.positions import Position, item_values
from annotate.agreement.versions import group_submitted
from annotate.errors import RecordError
from annotate.items import choose_item, extent_of, shared_content, spans_of
from annotate.records import LAYERS, Annotation, GoldRecord, Item, Layer, Prediction, Span, get_layer
from annotate.spans import shared
from annotate.text.text_index import TextIndex

REVIEW_MODEL = "adjudication"


def to_review(disputed: Iterable[DisputedArticle]) -> list[Prediction]:
    """One prediction a disputed article: the agreed layer, and every candidate with a note who proposed it.

    Equal candidates are one, with all who proposed it (also in `preannotator`). The reviewer deletes the
    wrong ones and may change or add anything; what is submitted is the decision.
    """
    return [_to_prediction(article) for article in disputed]


def _to_prediction(article: DisputedArticle) -> Prediction:
    record = article.agreed
    index = TextIndex(record.text or "")
    layers: dict[Layer, list[Item] | None] = {
        layer: list(items) if (items := get_layer(record, layer)) is not None else None for layer in LAYERS
    }
    for position in article.disputes:
        target = layers[position.layer]
        if target is not None:
            target.extend(_candidates(position, article.annotators[position.layer], index))
    return to_queued(record, layers, model=f"{REVIEW_MODEL}-{record.decided_by}")


def _candidates(position: Position, annotators: list[str], index: TextIndex) -> list[Item]:
    versions: dict[Any, list[str]] = {}
    for name, item in position.items.items():
        versions.setdefault(tuple(item_values(item, index).values()), []).append(name)
    silent = [name for name in annotators if name not in position.items]
    found = []
    for names in versions.values():
        note = f"disputed: proposed by {', '.join(names)}"
        if silent:
            note += f"; not marked by {', '.join(silent)}"
        item = choose_item(position.items[name] for name in names)
        found.append(msgspec.structs.replace(item, preannotator=", ".join(names), note=note, score=None))
    return found


def apply_review(adjudication: Adjudication, reviews: Iterable[Annotation], *, at: str | None = None) -> Adjudication:
    """The adjudication with the reviewers' decisions: each reviewed article is decided as its reviewer left it.

    What is in the review exactly as an annotator or the agreed layer had it keeps that origin and preannotator;
    what the reviewer made is `manual`. The log gets a line for each disputed position and for each agreed item that
    the reviewer changed.

    Raises:
        RecordError: a review of an article that is not disputed, on another text, by two reviewers, or one in which
            overlapping candidates of a dispute were left; all problems together.
    """
    time = at or now()
    submitted = group_submitted(reviews)
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
    text = agreed.text or ""
    index = TextIndex(text)
    log: list[Decision] = []
    problems: list[str] = []
    layers: dict[Layer, list[Item] | None] = {}
    for layer in LAYERS:
        before = get_layer(agreed, layer)
        if before is None:
            layers[layer] = None
            continue
        disputes = [position for position in article.disputes if position.layer == layer]
        kept = [_restore(item, before, disputes, index) for item in get_layer(review, layer) or []]
        layers[layer] = kept
        for position in disputes:
            here = [item for item in kept if _touches(item, position.start, position.end)]
            problems.extend(_find_left_standing(agreed.id, position, here, index))
            chosen = _chosen(here, position, index)
            log.append(
                make_decision(
                    agreed.id,
                    layer,
                    text,
                    start=position.start,
                    end=position.end,
                    outcome="accepted" if here else "rejected",
                    rule="review",
                    reason=_explain(chosen, here, position, index),
                    by=review.annotator,
                    at=at,
                    candidates=list_candidates(position, article.annotators[layer]),
                    decided=chosen,
                )
            )
        log.extend(_log_changes(agreed, layer, before, kept, review.annotator, at, index))
    record = msgspec.structs.replace(
        agreed,
        decided_by=f"{agreed.decided_by}, review:{review.annotator}",
        **layers,
    )
    return record, log, problems


def _restore(item: Item, agreed: list[Item], disputes: list[Position], index: TextIndex) -> Item:
    """The item with the origin and preannotator that it had before the review, if it is one of those."""
    values = item_values(item, index)
    known = [*agreed, *(candidate for position in disputes for candidate in position.items.values())]
    for before in known:
        if item_values(before, index) == values:
            return msgspec.structs.replace(
                item, origin=before.origin, preannotator=before.preannotator, note=before.note, score=before.score
            )
    return msgspec.structs.replace(item, origin="manual", preannotator=None, score=None)


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


def _find_left_standing(article_id: str, position: Position, here: list[Item], index: TextIndex) -> list[str]:
    """A sentence if two different candidates of the dispute are left: it was not decided."""
    proposed = [item_values(candidate, index) for candidate in position.items.values()]
    standing = [item for item in here if item_values(item, index) in proposed]
    for a, b in combinations(standing, 2):
        if shared_content(a, b):
            return [
                f"{article_id}: {position.layer} [{position.start}, {position.end}) has two candidates of one "
                "dispute left; open the review again and delete the wrong one"
            ]
    return []


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
            make_decision(
                agreed.id,
                layer,
                agreed.text or "",
                start=start,
                end=end,
                outcome="accepted" if now_here else "rejected",
                rule="review",
                reason="the reviewer changed what was agreed" if now_here else "the reviewer deleted what was agreed",
                by=reviewer,
                at=at,
                candidates=[],
                decided=now_here[0] if now_here else None,
            )
        )
    return log
