"""All checks together, ranked, and the queue for Label Studio."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from annotate.adjudication.queue import to_queued
from annotate.audit.finding import Check, Finding
from annotate.audit.surfaces import find_bad_edges, find_label_conflicts, find_lone_labels, find_unmarked
from annotate.audit.systems import find_system_conflicts
from annotate.errors import GoldError
from annotate.items import ITEM_TYPES, extent_of
from annotate.records import LAYERS, GoldRecord, Item, Layer, Prediction, get_layer

CHECKS: dict[Check, str] = {
    "labels": "the same words have another label nearly everywhere else",
    "unmarked": "words that are marked nearly everywhere else are not marked here",
    "lone": "a label that is used only once in the gold",
    "edges": "white space at an edge, or an edge that cuts a word",
    "systems-add": "several systems mark the same thing where gold has nothing",
    "systems-change": "several systems agree on another extent or label than gold",
    "systems-drop": "no system marks what gold has",
}
QUEUE_MODEL = "audit-1"


def find_likely_errors(
    gold: Iterable[GoldRecord], systems: Mapping[str, Iterable[Prediction]] | None = None
) -> list[Finding]:
    """The places in gold that look wrong, the likeliest errors first.

    Args:
        gold: with texts.
        systems: predictions by system name; the checks on systems need two or more.

    >>> from annotate.records import Entity
    >>> text = "Rome fell. Rome rose. Rome stood. Rome slept."
    >>> records = [
    ...     GoldRecord(id="a", text=text, entities=[Entity(start, start + 4, "GPE") for start in (0, 11, 22)])
    ... ]
    >>> [(finding.check, finding.start, finding.reason) for finding in find_likely_errors(records)]
    [('unmarked', 34, 'marked as GPE in 3 of 4 places')]

    Raises:
        GoldError: records without text.
    """
    records = list(gold)
    without = [f"{record.id}: no text; `annotate rehydrate` puts it back" for record in records if record.text is None]
    if without:
        raise GoldError(without)
    by_system = {
        name: {prediction.id: prediction for prediction in predictions} for name, predictions in (systems or {}).items()
    }
    findings = [
        *find_label_conflicts(records),
        *find_unmarked(records),
        *find_lone_labels(records),
        *find_bad_edges(records),
        *find_system_conflicts(records, by_system),
    ]
    return sorted(findings, key=lambda found: (-found.score, found.id, found.start, found.end, found.check))


def to_queue(gold: Iterable[GoldRecord], findings: Sequence[Finding]) -> list[Prediction]:
    """One prediction for each article with findings, the worst first, to be pushed for review.

    It holds gold's layers, what is doubted with the reasons as its note, and the proposals beside it. What annotators
    submit is an annotation like any other; adjudicated, it makes the next patch release.
    """
    records = {record.id: record for record in gold}
    by_article: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_article[finding.id].append(finding)
    ranked = sorted(by_article, key=lambda article: (-max(found.score for found in by_article[article]), article))
    return [_to_prediction(records[article], by_article[article]) for article in ranked]


def _to_prediction(record: GoldRecord, findings: Sequence[Finding]) -> Prediction:
    layers: dict[Layer, list[Item] | None] = {}
    for layer in LAYERS:
        items = get_layer(record, layer)
        here = [finding for finding in findings if finding.layer == layer]
        layers[layer] = None if items is None else [_doubt(item, here) for item in items] + _proposals(layer, here)
    return to_queued(record, layers, model=QUEUE_MODEL, score=max(finding.score for finding in findings))


def _doubt(item: Item, findings: Sequence[Finding]) -> Item:
    """Gold's item with the reasons against it as note."""
    extent = extent_of(item)
    reasons = [finding.reason for finding in findings if finding.label and (finding.start, finding.end) == extent]
    note = "; ".join(word for word in (item.note, *(f"audit: {reason}" for reason in reasons)) if word)
    return msgspec.structs.replace(item, note=note or None)


def _proposals(layer: Layer, findings: Sequence[Finding]) -> list[Item]:
    """What the evidence proposes, each once, marked as a proposal."""
    reasons: dict[bytes, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.proposed is not None:
            reasons[msgspec.json.encode(finding.proposed)].append(finding.reason)
    proposals: list[Item] = []
    for encoded, why in reasons.items():
        item = msgspec.json.decode(encoded, type=ITEM_TYPES[layer])
        note = f"audit proposes this: {'; '.join(why)}"
        proposals.append(msgspec.structs.replace(item, origin=None, preannotator="audit", note=note))
    return proposals
