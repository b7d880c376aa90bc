"""What annotators changed in the pre-annotation, how well it scores against them, and how long they took."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from annotate.display import Displayed
from annotate.errors import DataProblems
from annotate.html import draw_blocks, wrap_output
from annotate.items import trim_annotation, write_attributes
from annotate.jsonl import RecordSource, gather_records
from annotate.printing import Table, format_count, format_value, short_repr
from annotate.records import LAYERS, Annotation, GoldRecord, Layer, LayeredRecord, Layers, Prediction, get_layer
from annotate.task_json.outcomes import OUTCOMES, compare_layers

R = TypeVar("R", GoldRecord, Prediction)

# headings of the changes, short enough for all of them to fit on a line
_HEADS = {
    "unchanged": "kept",
    "moved": "moved",
    "relabelled": "relab",
    "reattributed": "relink",
    "deleted": "del",
    "added": "added",
}
MATCH: dict[Layer, str] = {"entities": "strict", "quotes": "exact", "claims": "exact"}


class ChangeRow(msgspec.Struct, kw_only=True):
    """What became of the predicted items of one label; `added` are the annotators' own of that label."""

    layer: Layer
    label: str
    predicted: int = 0
    unchanged: int = 0
    moved: int = 0
    relabelled: int = 0
    reattributed: int = 0
    deleted: int = 0
    added: int = 0


class ScoreRow(msgspec.Struct, kw_only=True):
    """The preannotator scored against one annotator as if that annotator were the gold.

    `shown`: whether the annotator saw the prediction. Values in [0, 1], null where undefined; entities are
    matched strictly, quotes and claims by exact extent.
    """

    annotator: str
    layer: Layer
    shown: bool
    articles: int
    predicted: int
    annotated: int
    precision: float | None
    recall: float | None
    f1: float | None


class TimeRow(msgspec.Struct, kw_only=True):
    """Seconds per article, of one annotator (or all: `*`), with or without the prediction on the page."""

    annotator: str
    shown: bool
    articles: int
    median_s: float
    mean_s: float
    per_100_words_s: float


class Effort(Displayed, msgspec.Struct, kw_only=True):
    """The whole report. `relabelled` counts label changes as `FROM -> TO`."""

    articles: int
    annotators: list[str]
    changes: list[ChangeRow] = []
    relabelled: dict[str, int] = {}
    scores: list[ScoreRow] = []
    times: list[TimeRow] = []

    def __repr__(self) -> str:
        people = format_count(len(self.annotators), "annotator")
        return short_repr(self, format_count(self.articles, "article"), people)


def effort(
    annotations: RecordSource[Annotation],
    predictions: RecordSource[Prediction] | None = None,
    *,
    layers: Sequence[Layer] | None = None,
) -> Effort:
    """What annotators changed in the pre-annotation, how well it scores against them, and how long they took.

    Args:
        annotations: a JSON Lines file as `pull` writes it, several, or the records; skipped ones are left out.
        predictions: what was pushed, a file or the records. Needed for the blind share, whose predictions the server
            never had: with them the preannotator is scored there too, and the difference to the articles shown with
            predictions shows how far it leads annotators.
        layers: only these.

    Raises:
        DataProblems: no submitted annotation.
        RecordError: a file has problems.
    """
    pushed = None if predictions is None else gather_records(predictions, Prediction)
    submitted = [one for one in gather_records(annotations, Annotation) if one.status == "submitted"]
    records = [trim_annotation(record) for record in submitted]
    if not records:
        raise DataProblems(["no submitted annotation; nothing to measure"])
    wanted = tuple(layers) if layers is not None else LAYERS
    rows, relabelled = _count_changes(records, wanted)
    return Effort(
        articles=len({record.id for record in records}),
        annotators=sorted({record.annotator for record in records}),
        changes=rows,
        relabelled=relabelled,
        scores=list(_score(records, pushed, wanted)),
        times=list(_measure_times(records)),
    )


def _count_changes(records: Sequence[Annotation], layers: Sequence[Layer]) -> tuple[list[ChangeRow], dict[str, int]]:
    rows: dict[tuple[Layer, str], ChangeRow] = {}
    relabelled: Counter[str] = Counter()
    for record in records:
        for pair in compare_layers(record.predicted, record) if record.predicted is not None else ():
            if pair.layer not in layers:
                continue
            row = rows.setdefault((pair.layer, pair.label), ChangeRow(layer=pair.layer, label=pair.label))
            row.predicted += pair.predicted is not None
            key = OUTCOMES[pair.change]
            setattr(row, key, getattr(row, key) + 1)
            if pair.change == "relabelled":
                before, after = write_attributes(pair.predicted), write_attributes(pair.annotated)
                relabelled[f"{pair.layer}: {before} -> {after}"] += 1
    ordered = sorted(rows.values(), key=lambda row: (LAYERS.index(row.layer), -row.predicted, row.label))
    return ordered, dict(relabelled.most_common())


def _score(
    records: Sequence[Annotation], predictions: Sequence[Prediction] | None, layers: Sequence[Layer]
) -> Iterator[ScoreRow]:
    pushed = {(p.id, p.text_sha256): p for p in predictions or ()}
    groups: dict[tuple[str, bool], list[tuple[Annotation, Layers | Prediction]]] = {}
    for record in records:
        shown = record.predicted is not None
        source = record.predicted or pushed.get((record.id, record.text_sha256)) or pushed.get((record.id, None))
        if source is not None:
            groups.setdefault((record.annotator, shown), []).append((record, source))
    for (annotator, shown), pairs in sorted(groups.items(), key=lambda group: (group[0][0], not group[0][1])):
        for layer in layers:
            both = [
                (record, source)
                for record, source in pairs
                if get_layer(record, layer) is not None and get_layer(source, layer) is not None
            ]
            if both:
                yield _score_layer(annotator, shown, layer, both)


def _score_layer(
    annotator: str, shown: bool, layer: Layer, pairs: Sequence[tuple[Annotation, Layers | Prediction]]
) -> ScoreRow:
    from annotate.score.evaluate import evaluate

    gold = [_with_layer(GoldRecord(id=a.id, text=a.text), layer, a) for a, _ in pairs]
    predicted = [_with_layer(Prediction(id=a.id, text=a.text), layer, source) for a, source in pairs]
    measures = evaluate(gold, predicted, layers=[layer], trials=0).measures
    found = {metric: measures[f"{metric}:{MATCH[layer]}:{layer}"] for metric in ("precision", "recall", "f1")}
    return ScoreRow(
        annotator=annotator,
        layer=layer,
        shown=shown,
        articles=len(pairs),
        predicted=found["f1"].n_pred,
        annotated=found["f1"].n_gold,
        precision=found["precision"].value,
        recall=found["recall"].value,
        f1=found["f1"].value,
    )


def _with_layer(record: R, layer: Layer, source: LayeredRecord | Layers) -> R:
    setattr(record, layer, get_layer(source, layer))
    return record


def _measure_times(records: Sequence[Annotation]) -> Iterator[TimeRow]:
    timed = [record for record in records if record.lead_time_s is not None]
    names = sorted({record.annotator for record in timed})
    for annotator in ["*", *names] if len(names) > 1 else names:
        for shown in (True, False):
            group = [r for r in timed if (r.predicted is not None) == shown and annotator in ("*", r.annotator)]
            if group:
                seconds = [record.lead_time_s or 0.0 for record in group]
                words = sum(len((record.text or "").split()) for record in group)
                yield TimeRow(
                    annotator=annotator,
                    shown=shown,
                    articles=len(group),
                    median_s=round(statistics.median(seconds), 2),
                    mean_s=round(statistics.fmean(seconds), 2),
                    per_100_words_s=round(100 * sum(seconds) / max(words, 1), 2),
                )


def show_effort(effort: Effort) -> str:
    """The report as the output of a cell of a notebook."""
    return wrap_output(draw_blocks(describe_effort(effort)))


def describe_effort(effort: Effort) -> Iterator[Table]:
    """The report as tables for reading, layer by layer."""
    for layer in LAYERS:
        changes = [row for row in effort.changes if row.layer == layer]
        if changes:
            rows = [
                [row.label, *(f"{getattr(row, name):,}" for name in ("predicted", *OUTCOMES.values()))]
                for row in changes
            ]
            columns = ("label", "pred", *(_HEADS[outcome] for outcome in OUTCOMES.values()))
            yield Table(f"{layer}: what became of the pre-annotation", columns, rows)
    for layer in LAYERS:
        scores = [row for row in effort.scores if row.layer == layer]
        if scores:
            columns = ("annotator", "pre-annotation", "articles", "pred", "annot", "P", "R", "F1")
            rows = [
                [
                    row.annotator,
                    _shown(row.shown),
                    *(f"{count:,}" for count in (row.articles, row.predicted, row.annotated)),
                    *map(format_value, (row.precision, row.recall, row.f1)),
                ]
                for row in scores
            ]
            yield Table(f"{layer}: the preannotator scored against each annotator", columns, rows, words=(0, 1))
    if effort.times:
        columns = ("annotator", "pre-annotation", "articles", "median", "mean", "per 100 words")
        rows = [
            [
                row.annotator,
                _shown(row.shown),
                f"{row.articles:,}",
                *(f"{seconds:,.1f}" for seconds in (row.median_s, row.mean_s, row.per_100_words_s)),
            ]
            for row in effort.times
        ]
        yield Table("Seconds per article", columns, rows, words=(0, 1))


def _shown(shown: bool) -> str:
    return "shown" if shown else "not shown"
