"""Predictions against gold: every figure with its interval, counts, confusions, warnings, and a signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotate.errors import ScoreError
from annotate.records import LAYERS, GoldRecord, Layer, Prediction
from annotate.schema import Schema, load_schema
from annotate.score.bootstrap import (
    MIN_DOCUMENTS,
    MIN_LABEL_SPANS,
    Resamples,
    expanded_interval,
    rule_of_three,
)
from annotate.score.claims import claim_figures, count_claims
from annotate.score.entities import SCHEMES, count_confusions, count_outcomes
from annotate.score.figures import Figure, Mean, Once, Outcomes, Ratio, prf
from annotate.score.measures import Measure
from annotate.score.overlaps import EntitySides, join_sides
from annotate.score.quotes import count_quotes, quote_figures
from annotate.score.signature import sign
from annotate.score.tables import (
    Extra,
    GoldTable,
    Missing,
    Numbers,
    Problems,
    SystemTable,
    collector_at_rest,
    read_gold,
    read_system,
)


@dataclass(frozen=True)
class Score:
    """One figure: null where undefined; `low` and `high` are its 95 % interval, null where none can be given.

    `n_gold` and `n_pred` are the sizes of what is compared: items, tokens, sentences, or for an accuracy the pairs.
    `three` says that the interval is a rule-of-three bound, because not one error (or not one success) was seen.
    """

    value: float | None
    low: float | None
    high: float | None
    n_gold: int
    n_pred: int
    three: bool = False

    def to_dict(self) -> dict[str, float | int | None]:
        """The five numbers of the JSON output."""
        return {key: getattr(self, key) for key in ("value", "low", "high", "n_gold", "n_pred")}


Confusions = dict[tuple[str | None, str | None], int]


@dataclass
class Report:
    """The scores of one system.

    `measures` has every figure by name; `counts` the five outcomes by layer and match; `label_counts` by layer, label
    and match; `confusions` how often gold's label (None = no mention there) met the predicted one (None = missed).
    `ceiling` is what people reach against each other, by the same measures. `remarks` are about how to read the
    figures, `warnings` about what the predictions look like.
    """

    measures: dict[str, Score]
    counts: dict[str, dict[str, dict[str, int]]]
    label_counts: dict[str, dict[str, dict[str, dict[str, int]]]]
    confusions: Confusions
    documents: int
    signature: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ceiling: dict[str, float] = field(default_factory=dict)
    model: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        return {
            "signature": self.signature,
            "documents": self.documents,
            "measures": {name: score.to_dict() for name, score in self.measures.items()},
            "counts": self.counts,
            "label_counts": self.label_counts,
            "confusions": [
                {"gold": gold, "predicted": predicted, "n": n} for (gold, predicted), n in self.confusions.items()
            ],
            "ceiling": self.ceiling,
            "warnings": self.warnings,
            "remarks": self.remarks,
        }

    def value(self, name: str) -> float | None:
        """One figure; None where it is undefined, or its label or layer was not scored.

        Raises:
            AnnotateError: there is no such measure.
        """
        score = self.measures.get(str(Measure.parse(name)))
        return score.value if score else None


def evaluate(
    gold: Iterable[GoldRecord],
    predictions: Iterable[Prediction],
    *,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
    missing: Missing = "error",
    extra: Extra = "error",
    trials: int = 1000,
    seed: int = 0,
    gold_name: str = "",
    ceiling: Mapping[str, float] | None = None,
) -> Report:
    """Scores predictions against gold, paired by id; the order of documents and of spans changes nothing.

    A layer that is absent in a gold record was not annotated there, and is not scored there. A layer that no
    prediction has is not scored either, with a warning, unless `layers` asks for it; a layer that only some
    predictions have is missing in the others.

    Args:
        gold: read once; a generator will do.
        predictions: read once, after gold.
        schema: declares gold's labels; the packaged `news` if not given.
        layers: score these only.
        missing: what a gold document without a prediction is: an error, or an empty prediction.
        extra: what a prediction without a gold document is: an error, or ignored.
        trials: resamples of documents for the intervals; 0 = no intervals.
        seed: of the resampling.
        gold_name: goes into the signature.
        ceiling: what people reach against each other, by measure name.

    >>> from annotate.records import Entity
    >>> text = "Angela Merkel met Joe Biden."
    >>> gold = GoldRecord(id="a", text=text, entities=[Entity(0, 13, "PERSON"), Entity(18, 27, "PERSON")])
    >>> report = evaluate([gold], [Prediction(id="a", entities=[Entity(0, 13, "PERSON"), Entity(22, 27, "PERSON")])])
    >>> report.value("f1:strict:entities"), report.value("f1:partial:entities")
    (0.5, 0.75)

    Raises:
        ScoreError: any fault of either side; all are listed, each with side, document and place.
    """
    problems = Problems()
    with collector_at_rest():
        table = read_gold(gold, schema or load_schema(), problems)
        system = read_system(predictions, table, problems, extra=extra)
    return score_tables(
        table,
        system,
        problems,
        layers=layers,
        missing=missing,
        extra=extra,
        trials=trials,
        seed=seed,
        gold_name=gold_name,
        ceiling=ceiling,
    )


def score_tables(
    gold: GoldTable,
    system: SystemTable,
    problems: Problems,
    *,
    layers: Sequence[Layer] | None = None,
    missing: Missing = "error",
    extra: Extra = "error",
    trials: int = 1000,
    seed: int = 0,
    gold_name: str = "",
    ceiling: Mapping[str, float] | None = None,
) -> Report:
    """The report on tables that were read before; see `evaluate`.

    Raises:
        ScoreError: any fault found on the way, those in `problems` included.
    """
    scored = choose_layers(gold, system, problems, layers=layers, missing=missing)
    counted = count_layers(gold, system, scored)
    intervals = _find_intervals(gold, counted, trials, seed)
    point = Once(gold.size)
    measures = {}
    for found in counted.values():
        for measure, figure in found.figures.items():
            value = float(figure.values(point)[0])
            interval = intervals.get(measure)
            three = None if interval is None else rule_of_three(value, _cases(measure, figure))
            if interval is not None and interval[0] == interval[1]:
                interval = None  # every resample agrees: says nothing about other documents
            low, high = three or interval or (None, None)
            measures[str(measure)] = Score(
                None if np.isnan(value) else value, low, high, figure.n_gold, figure.n_pred, three is not None
            )
    sides = counted["entities"].sides if "entities" in counted else None
    warnings = [*system.warnings, *(warning for found in counted.values() for warning in found.warnings)]
    if system.extra:
        warnings.append(f"{system.extra} predictions have no gold document and were ignored (--extra ignore)")
    options: dict[str, Any] = {"missing": missing, "extra": extra, "trials": trials, "seed": seed}
    return Report(
        measures=measures,
        counts={
            layer: {match: outcomes.totals() for (match, label), outcomes in found.outcomes.items() if label is None}
            for layer, found in counted.items()
        },
        label_counts=_count_labels(counted),
        confusions=count_confusions(sides) if sides else {},
        documents=gold.size,
        signature=sign(gold, gold_name, scored, options),
        warnings=warnings,
        remarks=_remark(gold, measures, scored, trials),
        ceiling=dict(ceiling or {}),
        model=system.model,
    )


def _cases(measure: Measure, figure: Figure) -> int:
    """How many cases a rule-of-three bound rests on; 0 for figures that are no share of cases."""
    if measure.metric not in ("precision", "recall", "f1", "accuracy"):
        return 0
    if measure.metric == "precision":
        return figure.n_pred
    return min(figure.n_gold, figure.n_pred) if measure.metric == "f1" else figure.n_gold


@dataclass
class LayerCounts:
    """One layer of one system: figures by measure, outcomes by match and label."""

    figures: dict[Measure, Figure]
    outcomes: dict[tuple[str, str | None], Outcomes]
    documents: Numbers
    warnings: list[str]
    sides: EntitySides | None = None


def choose_layers(
    gold: GoldTable,
    system: SystemTable,
    problems: Problems,
    *,
    layers: Sequence[Layer] | None = None,
    missing: Missing = "error",
    side: str = "prediction",
) -> list[Layer]:
    """The layers that can be scored.

    Raises:
        ScoreError: any fault so far, missing predictions and layers included.
    """
    if not gold.size and not problems.sentences:
        raise ScoreError(["gold has no documents; there is nothing to score"])
    annotated = [layer for layer in LAYERS if gold.has[layer].any()]
    for layer in layers or ():
        if layer not in annotated:
            problems.sentences.append(f"gold has no layer {layer}; it has {', '.join(annotated) or 'none'}")
    scored: list[Layer] = []
    absent = ~system.given
    if absent.any():
        if missing == "empty":
            system.warnings.append(
                f"{int(absent.sum())} gold documents have no prediction and count as empty (--missing empty)"
            )
        elif not problems.unreadable:
            for document in np.nonzero(absent)[0].tolist():
                problems.add(
                    side, gold.ids[document], ["missing; predict on every gold document, or score with --missing empty"]
                )
    for layer in annotated if layers is None else [layer for layer in annotated if layer in layers]:
        lacking = gold.has[layer] & system.given & ~system.has[layer]
        if layers is None and system.given.any() and not system.has[layer].any():
            system.warnings.append(f"no prediction has the layer {layer} (absent = not annotated); it is not scored")
            continue
        if lacking.any():
            if missing == "empty":
                system.warnings.append(f"{int(lacking.sum())} predictions have no layer {layer}; it counts as empty")
            else:
                for document in np.nonzero(lacking)[0].tolist():
                    problems.add(
                        side,
                        gold.ids[document],
                        [f"no layer {layer} (absent = not annotated); write [] for none, or use --missing empty"],
                    )
        if (system.has[layer] & ~gold.has[layer]).any():
            n = int((system.has[layer] & ~gold.has[layer]).sum())
            system.warnings.append(f"{layer} of {n} predictions were not scored: gold does not have that layer there")
        scored.append(layer)
    if problems.sentences:
        raise ScoreError(problems.sentences)
    if not scored:
        raise ScoreError(
            [f"nothing to score: gold has {', '.join(annotated) or 'no layer'}, and the predictions have none of them"]
        )
    return scored


def count_layers(
    gold: GoldTable,
    system: SystemTable,
    layers: Sequence[Layer],
    *,
    further_labels: Iterable[str] = (),
    further_kinds: Iterable[str] = (),
) -> dict[Layer, LayerCounts]:
    """Figures and outcomes of each layer, by document.

    Args:
        further_labels: labels to count beside those of this gold and this system, so that the figures of several
            systems have the same columns.
        further_kinds: the same for kinds of claims.
    """
    counted: dict[Layer, LayerCounts] = {}
    for layer in layers:
        documents = np.nonzero(gold.has[layer])[0]
        if layer == "entities":
            sides = join_sides(gold, system, further_labels)
            outcomes = count_outcomes(sides, gold.size)
            counted[layer] = LayerCounts(
                _entity_figures(outcomes, sides.names), outcomes, documents, _entity_warnings(gold, sides), sides
            )
            continue
        if layer == "quotes":
            figures, found = quote_figures(count_quotes(gold, system))
            warnings = []
        else:
            claims = count_claims(gold, system, further_kinds)
            figures, found = claim_figures(claims)
            kinds = {claim.kind for predicted in system.claims.values() for claim in predicted}
            warnings = _claim_warnings(gold, kinds, claims.homeless, claims.unscored)
        counted[layer] = LayerCounts(
            figures, {(match, None): outcome for match, outcome in found.items()}, documents, warnings
        )
    return counted


def _entity_figures(outcomes: dict[tuple[str, str | None], Outcomes], names: list[str]) -> dict[Measure, Figure]:
    figures: dict[Measure, Figure] = {}
    ratios: dict[Outcomes, dict[str, Ratio]] = {}  # strict and exact of one label are one: computed once
    for scheme in SCHEMES:
        for label in (None, *names):
            found = outcomes[scheme, label]
            if found not in ratios:
                ratios[found] = prf(found.credit(), found.gold(), found.predicted())
            for metric, figure in ratios[found].items():
                figures[Measure(metric, scheme, "entities", label)] = figure
        labels = [ratios[outcomes[scheme, name]]["f1"] for name in names]
        figures[Measure("macro-f1", scheme, "entities")] = Mean(labels)
    return figures


def _entity_warnings(gold: GoldTable, sides: EntitySides) -> list[str]:
    warnings = []
    declared = set(gold.schema.entity_labels)
    sizes = np.bincount(sides.predicted.label, minlength=len(sides.names)).tolist()
    unknown = {name: n for name, n in zip(sides.names, sizes, strict=True) if n and name not in declared}
    if unknown:
        found = ", ".join(f"{name} ({n})" for name, n in unknown.items())
        warnings.append(f"labels that schema {gold.schema.ref} does not declare count as wrong: {found}")
    spans = sides.predicted
    same = np.ones(max(0, len(spans) - 1), bool)
    for column in (spans.start, spans.end, spans.label):
        same &= column[1:] == column[:-1]
    if same.any():
        warnings.append(f"{int(same.sum())} predicted mentions are copies of another; each counts as spurious")
    return warnings


def _claim_warnings(gold: GoldTable, kinds: set[str], homeless: int, unscored: int) -> list[str]:
    warnings = []
    unknown = sorted(kinds - set(gold.schema.claim_kinds))
    if unknown:
        warnings.append(f"kinds of claims that schema {gold.schema.ref} does not declare: {', '.join(unknown)}")
    if homeless:
        warnings.append(f"{homeless} claims lie in no sentence and do not enter the measures over sentences")
    if unscored:
        warnings.append(f"{unscored} predicted claims have no score; for average precision they rank as 0")
    return warnings


def _count_labels(counted: dict[Layer, LayerCounts]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    result: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for layer, found in counted.items():
        for (match, label), outcomes in found.outcomes.items():
            if label is not None:
                result.setdefault(layer, {}).setdefault(label, {})[match] = outcomes.totals()
    return result


def _find_intervals(
    gold: GoldTable, counted: dict[Layer, LayerCounts], trials: int, seed: int
) -> dict[Measure, tuple[float, float]]:
    """The interval of each figure that may have one: enough documents, and for a label enough gold."""
    intervals: dict[Measure, tuple[float, float]] = {}
    for found in counted.values():
        n = len(found.documents)
        if not trials or n < MIN_DOCUMENTS:
            continue
        figures = {
            measure: figure for measure, figure in found.figures.items() if _may_have_interval(measure, figure, found)
        }
        if not figures:
            continue
        resamples = Resamples(figures.values(), found.documents, gold.size, trials, seed)
        for measure, figure in figures.items():
            interval = expanded_interval(figure.values(resamples), n)
            if interval is not None:
                intervals[measure] = interval
    return intervals


def _may_have_interval(measure: Measure, figure: Figure, found: LayerCounts) -> bool:
    if measure.label is None:
        return True
    outcomes = found.outcomes.get((measure.match, measure.label))
    if outcomes is None:  # types of quotes
        return figure.n_gold >= MIN_LABEL_SPANS
    return figure.n_gold >= MIN_LABEL_SPANS and int((outcomes.gold() > 0).sum()) >= MIN_DOCUMENTS


def _remark(gold: GoldTable, measures: Mapping[str, Score], scored: Sequence[Layer], trials: int) -> list[str]:
    remarks = []
    few = Counter({layer: int(gold.has[layer].sum()) for layer in scored})
    for layer, n in few.items():
        if trials and n < MIN_DOCUMENTS:
            remarks.append(f"{layer}: {n} documents; below {MIN_DOCUMENTS} no interval can be given")
    perfect = [name for name, score in measures.items() if score.three and "/" not in name]
    if perfect:
        remarks.append(
            "no error, or no success, was seen: the interval is a rule-of-three bound, 3/n, for cases taken as "
            f"independent, in {', '.join(perfect[:4])}{' and others' if len(perfect) > 4 else ''}"
        )
    return remarks
