"""The round-trip certificate: what was pushed, what came back, what was changed, and what could not be held."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any, Literal

import msgspec

from annotate.items import map_items, map_spans, move_span, trim_annotation
from annotate.printing import Block, Table, format_count
from annotate.records import LAYERS, Annotation, Layers, Quote, iter_spans
from annotate.spans import snap_to_words
from annotate.task_json.outcomes import OUTCOMES, Changes
from annotate.task_json.remarks import Remark
from annotate.task_json.tasks import TaskAnnotations


class Certificate(msgspec.Struct, kw_only=True):
    """The ledger of one pull.

    `changes` counts predicted items per layer: pushed = unchanged + moved + relabelled + reattributed + deleted;
    `added` are the annotators' own. `spans` is the number of all spans in submitted annotations (fragments, speakers
    and cues count each), `spans_verified` those in a text known to be the one that was pushed, `snapped` those of
    which an edge inside a word was moved to its end, `trimmed` those of which white space or marks outside words were
    removed at an edge. `untouched` tasks have neither an annotation nor a
    draft.

    `verified_against` names where it is known from what was pushed: `ledger` (kept by `push` on this machine) or
    `predictions` (the file given to `pull`). Null means that nothing outside the server is known for at least one of
    the projects; spans of that project count as not verified.

    Of tasks, `altered` counts those with another text or hash than was pushed, `unknown` those whose article was
    never pushed, `duplicated` further ones of one article; `missing` are pushed articles without a task (null where
    only changed tasks were read). `deleted` counts annotations that the pull before had and the server has no longer;
    `altered_predictions` counts annotations that began from a prediction that was not pushed,
    `regions_with_other_words` regions that carry other words than those at their offsets.
    `records_sha256` is the SHA-256 of the file that the annotations were written to.
    """

    toolkit: str
    url: str
    schema: str
    pulled_at: str
    since: str | None = None
    projects: dict[str, int] = {}
    tasks: int = 0
    untouched: int = 0
    submitted: int = 0
    skipped: int = 0
    drafts: dict[str, int] = {}
    annotators: dict[str, int] = {}
    blind: int = 0
    without_prediction: int = 0
    changes: dict[str, dict[str, int]] = {}
    spans: int = 0
    spans_verified: int = 0
    snapped: int = 0
    trimmed: int = 0
    verified_against: Literal["ledger", "predictions"] | None = None
    altered: int = 0
    unknown: int = 0
    duplicated: int = 0
    missing: int | None = None
    deleted: int = 0
    altered_predictions: int = 0
    regions_with_other_words: int = 0
    records_sha256: str | None = None
    repaired: list[Remark] = []
    quarantined: list[Remark] = []

    @property
    def is_clean(self) -> bool:
        """Whether everything came back, nothing had to be repaired, and all spans are in texts that were pushed."""
        return (
            not self.repaired
            and not self.quarantined
            and self.spans == self.spans_verified
            and self.verified_against is not None
        )

    def count_task(self, found: TaskAnnotations) -> None:
        """Enter what one task held."""
        self.tasks += 1
        self.untouched += not found.annotations and not found.drafts and not found.remarks
        for person in found.drafts:
            self.drafts[person] = self.drafts.get(person, 0) + 1
        for remark in found.remarks:
            self.add_remark(remark)

    def add_remark(self, remark: Remark) -> None:
        """Add something that was repaired or quarantined."""
        (self.repaired if remark.action == "repaired" else self.quarantined).append(remark)

    def trim(self, annotation: Annotation) -> Annotation:
        """The annotation with the edges of annotators' spans at words, and counted; what is as predicted stays.

        Edges inside a word move to its nearer end (`snapped`), then white space and punctuation go (`trimmed`).
        """
        snapped = _snap(annotation)
        self.snapped += _count_moved(annotation, snapped)
        trimmed = trim_annotation(snapped, keep_predicted=True)
        self.trimmed += _count_moved(snapped, trimmed)
        return trimmed

    def count_annotation(self, annotation: Annotation, changes: Changes, *, verified: bool) -> None:
        """Enter one annotation as it is handed out, with what became of the items that it began from.

        Args:
            verified: whether its text was compared with what was pushed.
        """
        if annotation.status != "submitted":
            self.skipped += 1
            return
        self.submitted += 1
        self.blind += annotation.blind
        self.annotators[annotation.annotator] = self.annotators.get(annotation.annotator, 0) + 1
        spans = sum(1 for _ in iter_spans(annotation))
        self.spans += spans
        self.spans_verified += spans if verified else 0
        if annotation.predicted is None:
            self.without_prediction += 1
            return
        for layer, counts in changes.items():
            row = self.changes.setdefault(layer, {"pushed": 0, **dict.fromkeys(OUTCOMES.values(), 0)})
            for change, count in counts.items():
                row[OUTCOMES[change]] += count
                row["pushed"] += count if change != "added" else 0

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, with `clean` on top of its fields."""
        return {"clean": self.is_clean, **msgspec.to_builtins(self)}

    def summary(self) -> list[Block]:
        """The certificate for reading: a few lines, and a table of what became of the predicted items.

        >>> made = Certificate(toolkit="0.1", url="", schema="news/1.0.0", pulled_at="", tasks=2, untouched=2)
        >>> print(made.summary()[0])
        2 tasks: 0 submitted annotations, 0 skipped, 0 open drafts, 2 not annotated
        """
        shown: list[Block] = [
            f"{format_count(self.tasks, 'task')}: {format_count(self.submitted, 'submitted annotation')}, "
            f"{self.skipped} skipped, {format_count(sum(self.drafts.values()), 'open draft')}, "
            f"{self.untouched} not annotated",
            f"{self.spans_verified:,} of {format_count(self.spans, 'span')} verified against the pushed texts",
        ]
        if self.verified_against is None:
            shown.append("  this machine has no record of what was pushed; give the pushed file with --predictions")
        if self.snapped:
            shown.append(f"{format_count(self.snapped, 'span')} moved to whole words, of which an edge was inside one")
        if self.trimmed:
            shown.append(f"{format_count(self.trimmed, 'span')} trimmed of white space and punctuation at the edges")
        rows = [
            (layer, *(f"{self.changes[layer][column]:,}" for column in ("pushed", *OUTCOMES.values())))
            for layer in LAYERS
            if layer in self.changes
        ]
        if rows:
            shown.append(Table("What became of the pre-annotation", ("layer", "pushed", *OUTCOMES.values()), rows))
        for name, remarks in (("repaired", self.repaired), ("quarantined", self.quarantined)):
            if remarks:
                shown.append(f"{len(remarks):,} {name}:")
                reasons = Counter(remark.reason for remark in remarks)
                first = {remark.reason: remark for remark in reversed(remarks)}
                shown.extend(
                    f"  {count:,} x {reason} (such as task {first[reason].task_id}, {first[reason].article_id})"
                    for reason, count in reasons.most_common()
                )
        return shown


def _snap(annotation: Annotation) -> Annotation:
    """The annotation with whole words in every span that has not the offsets of a predicted one."""
    text = annotation.text
    if text is None:
        return annotation
    kept = {(span.start, span.end) for _, span in iter_spans(annotation.predicted or Layers())}

    def snap(span: Any) -> Any:
        start, end = snap_to_words(text, span.start, span.end)
        if (span.start, span.end) in kept or (start, end) == (span.start, span.end):
            return span
        return move_span(span, start, end, text)

    def snap_item(item: Any) -> Any:
        snapped = map_spans(item, snap)
        pieces = sorted(snapped.content, key=lambda piece: piece.start) if isinstance(snapped, Quote) else []
        # two pieces of a quote that share a word stay as they are
        return item if any(one.end > other.start for one, other in itertools.pairwise(pieces)) else snapped

    return map_items(annotation, snap_item)


def _count_moved(before: Annotation, after: Annotation) -> int:
    pairs = zip(iter_spans(before), iter_spans(after), strict=True)
    return sum((one.start, one.end) != (other.start, other.end) for (_, one), (_, other) in pairs)
