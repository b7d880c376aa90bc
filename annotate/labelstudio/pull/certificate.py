"""The round-trip certificate: what was pushed, what came back, what was changed, and what could not be held."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from annotate.items import trim_annotation
from annotate.records import LAYERS, Annotation, iter_spans
from annotate.task_json.outcomes import OUTCOMES, compare_layers, count_changes
from annotate.task_json.remarks import Remark
from annotate.task_json.tasks import TaskAnnotations


class Certificate(msgspec.Struct, kw_only=True):
    """The ledger of one pull.

    `changes` counts predicted items per layer: pushed = unchanged + moved + relabelled + reattributed + deleted;
    `added` are people's own. `spans` is the number of all spans in submitted annotations (fragments, speakers and
    cues count each), `spans_verified` those that lie in a text whose SHA-256 is the one that was pushed, `trimmed`
    those of which white space or marks outside words were taken off an edge. `untouched` tasks have neither an
    annotation nor a draft.
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
    trimmed: int = 0
    repaired: list[Remark] = []
    quarantined: list[Remark] = []

    @property
    def is_clean(self) -> bool:
        """Whether everything came back as it stood on the server."""
        return not self.repaired and not self.quarantined and self.spans == self.spans_verified

    def count_task(self, found: TaskAnnotations) -> None:
        """Enter what one task held."""
        self.tasks += 1
        self.untouched += not found.annotations and not found.drafts and not found.remarks
        for person in found.drafts:
            self.drafts[person] = self.drafts.get(person, 0) + 1
        for remark in found.remarks:
            self.add_remark(remark)

    def add_remark(self, remark: Remark) -> None:
        """Enter something that was mended or could not be held."""
        (self.repaired if remark.action == "repaired" else self.quarantined).append(remark)

    def trim(self, annotation: Annotation) -> Annotation:
        """The annotation with the edges of annotators' spans trimmed, and counted; what is as predicted stays."""
        trimmed = trim_annotation(annotation, keep_predicted=True)
        for (_, before), (_, after) in zip(iter_spans(annotation), iter_spans(trimmed), strict=True):
            self.trimmed += (before.start, before.end) != (after.start, after.end)
        return trimmed

    def count_annotation(self, annotation: Annotation) -> None:
        """Enter one annotation as it is handed out."""
        if annotation.status != "submitted":
            self.skipped += 1
            return
        self.submitted += 1
        self.blind += annotation.blind
        self.annotators[annotation.annotator] = self.annotators.get(annotation.annotator, 0) + 1
        # from_task hands out annotations only where the text has the pushed hash, and drops spans outside of it
        spans = sum(1 for _ in iter_spans(annotation))
        self.spans += spans
        self.spans_verified += spans
        if annotation.predicted is None:
            self.without_prediction += 1
            return
        for layer, counts in count_changes(compare_layers(annotation.predicted, annotation)).items():
            row = self.changes.setdefault(layer, {"pushed": 0, **dict.fromkeys(OUTCOMES.values(), 0)})
            for change, count in counts.items():
                row[OUTCOMES[change]] += count
                row["pushed"] += count if change != "added" else 0

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, with `clean` on top of its fields."""
        return {"clean": self.is_clean, **msgspec.to_builtins(self)}

    def summary(self) -> list[str]:
        """The certificate in a few lines for people.

        >>> made = Certificate(toolkit="0.1", url="", schema="news/1.0.0", pulled_at="", tasks=2, untouched=2)
        >>> print(made.summary()[0])
        2 tasks: 0 submitted annotations, 0 skipped, 0 drafts left open, 2 tasks untouched
        """
        lines = [
            f"{self.tasks} tasks: {self.submitted} submitted annotations, {self.skipped} skipped, "
            f"{sum(self.drafts.values())} drafts left open, {self.untouched} tasks untouched",
            f"{self.spans_verified} of {self.spans} spans verified against the text",
        ]
        if self.trimmed:
            lines.append(f"{self.trimmed} spans trimmed of white space and marks outside words")
        for layer in LAYERS:
            row = self.changes.get(layer)
            if row:
                told = ", ".join(f"{row[key]} {key}" for key in OUTCOMES.values() if key != "added")
                lines.append(f"{layer}: {row['pushed']} pushed = {told}; {row['added']} added")
        for name, remarks in (("repaired", self.repaired), ("quarantined", self.quarantined)):
            if remarks:
                lines.append(f"{len(remarks)} {name}:")
                reasons = Counter(remark.reason for remark in remarks)
                first = {remark.reason: remark for remark in reversed(remarks)}
                lines.extend(
                    f"  {count} x {reason} (such as task {first[reason].task_id}, {first[reason].article_id})"
                    for reason, count in reasons.most_common()
                )
        return lines
