"""Predictions against gold: every value with its interval, counts, confusions, warnings, and a signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np

from annotate.errors import ScoreError
from annotate.printing import format_count
from annotate.records import LAYERS, GoldRecord, Layer, Prediction
from annotate.schema import load_schema
from annotate.score.alignment import Alignment, Alignments
from annotate.score.claims import claim_formulas, count_claims
from annotate.score.entities import SCHEMES, align, count_confusions, count_outcomes, pair_entities
from annotate.score.formulas import Formula, Mean, Once, Outcomes, Ratio, prf
from annotate.score.measures import Measure
from annotate.score.options import ScoreKeywords, ScoreOptions, merge_options
from annotate.score.overlaps import EntitySides, join_sides
from annotate.score.problems import Problems
from annotate.score.quotes import count_quotes, quote_formulas
from annotate.score.resampling import MIN_ARTICLES, MIN_LABEL_SPANS, Resamples, expanded_interval, rule_of_three
from annotate.score.sample import Sample, weigh
from annotate.score.signature import sign
from annotate.score.tables import GoldTable, Numbers, SystemTable, read_gold, read_system, without_garbage_collection

NO_WIDTH = 1e-12  # rounding errors of weighted sums


@dataclass(frozen=True)
class Score:
    """One value: null where undefined; `low` and `high` are its 95 % interval, null where none can be given.

    `n_gold` and `n_pred` are the sizes of what is compared: items, tokens, sentences, or for an accuracy the pairs.
    `three` marks a rule-of-three bound, because not one error (or not one success) was seen.
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

    `measures` has every value by name; `counts` the five outcomes by layer and match; `label_counts` by layer, label
    and match; `confusions` how often gold's label (None = no entity there) met the predicted one (None = missed).
    `layers` are those that were scored, with the number of articles; `gold` is what gold is called, `model` what the
    predictions call their model, `source_format` the foreign format that they were read from. `ceiling` is what
    annotators reach against each other, by the same measures. `remarks` are about how to read the values, `warnings`
    about what the predictions look like. `signature` holds what the values depend on; `alignments` which items were
    paired, article by article. `sample` is null where articles are not weighted; else it has the effective size of each
    layer, and the pools that gold speaks for.
    """

    measures: dict[str, Score]
    counts: dict[str, dict[str, dict[str, int]]]
    label_counts: dict[str, dict[str, dict[str, dict[str, int]]]]
    confusions: Confusions
    articles: int
    layers: dict[Layer, int]
    signature: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ceiling: dict[str, float] = field(default_factory=dict)
    gold: str = ""
    model: str | None = None
    source_format: str | None = None
    alignments: Alignments = field(default_factory=Alignments, repr=False, compare=False)
    sample: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        source = {} if self.source_format is None else {"from": self.source_format}
        sample = {} if self.sample is None else {"sample": self.sample}
        return {
            "signature": {**self.signature, **source},
            "documents": self.articles,
            "measures": {name: score.to_dict() for name, score in self.measures.items()},
            "counts": self.counts,
            "label_counts": self.label_counts,
            "confusions": [
                {"gold": gold, "predicted": predicted, "n": n} for (gold, predicted), n in self.confusions.items()
            ],
            "ceiling": self.ceiling,
            "warnings": self.warnings,
            "remarks": self.remarks,
            **sample,
        }

    def value(self, name: str) -> float | None:
        """One value; None where it is undefined, or its label or layer was not scored.

        Raises:
            AnnotateError: there is no such measure.
        """
        score = self.measures.get(str(Measure.parse(name)))
        return score.value if score else None


def evaluate(
    gold: Iterable[GoldRecord],
    predictions: Iterable[Prediction],
    options: ScoreOptions | None = None,
    **keywords: Unpack[ScoreKeywords],
) -> Report:
    """Scores predictions against gold, paired by id; the order of articles and of spans changes nothing.

    A layer that is absent in a gold record was not annotated there, and is not scored there. A layer that no
    prediction has is not scored either, with a warning, unless `layers` asks for it; a layer that only some
    predictions have is missing in the others.

    Args:
        gold: read once; a generator will do.
        predictions: read once, after gold.
        options: see `ScoreOptions`.
        keywords: single options, such as `trials=0`; they win over `options`.

    >>> from annotate.records import Entity
    >>> text = "Angela Merkel met Joe Biden."
    >>> gold = GoldRecord(id="a", text=text, entities=[Entity(0, 13, "PERSON"), Entity(18, 27, "PERSON")])
    >>> report = evaluate([gold], [Prediction(id="a", entities=[Entity(0, 13, "PERSON"), Entity(22, 27, "PERSON")])])
    >>> report.value("f1:strict:entities"), report.value("f1:partial:entities")
    (0.5, 0.75)

    Raises:
        ScoreError: any problem of either side; all are listed, each with side, article and place.
    """
    chosen = merge_options(options or ScoreOptions(), keywords)
    problems = Problems()
    with without_garbage_collection():
        table = read_gold(gold, chosen.schema or load_schema(), problems)
        system = read_system(predictions, table, problems, extra=chosen.extra)
    return score_tables(table, system, problems, chosen)


def score_tables(gold: GoldTable, system: SystemTable, problems: Problems, options: ScoreOptions) -> Report:
    """The report on tables that were read before; see `evaluate`.

    Raises:
        ScoreError: any problem found on the way, those in `problems` included.
    """
    scored = choose_layers(gold, system, problems, options)
    sample = choose_sample(gold, options)
    counted = weigh_layers(count_layers(gold, system, scored), sample)
    intervals = _find_intervals(gold, counted, options, sample)
    point = Once(gold.size)
    measures = {}
    for found in counted.values():
        for measure, formula in found.formulas.items():
            value = float(formula.values(point)[0])
            interval = intervals.get(measure)
            three = None if interval is None else rule_of_three(value, _cases(measure, formula))
            if interval is not None and interval[1] - interval[0] < NO_WIDTH:
                interval = None  # every resample agrees: nothing is known about other articles
            low, high = three or interval or (None, None)
            measures[str(measure)] = Score(
                None if np.isnan(value) else value, low, high, formula.n_gold, formula.n_pred, three is not None
            )
    confusions, alignments = _align(gold, counted)
    warnings = [*system.warnings, *(warning for found in counted.values() for warning in found.warnings)]
    if system.extra:
        warnings.append(f"ignored {format_count(system.extra, 'prediction')} without a gold article (--extra ignore)")
    return Report(
        measures=measures,
        counts={
            layer: {match: outcomes.totals() for (match, label), outcomes in found.outcomes.items() if label is None}
            for layer, found in counted.items()
        },
        label_counts=_count_labels(counted),
        confusions=confusions,
        articles=gold.size,
        layers={layer: len(found.articles) for layer, found in counted.items()},
        signature=sign(gold, scored, options),
        warnings=warnings,
        remarks=[*_remark(gold, measures, scored, options), *remark_on_weights(gold, sample)],
        sample=None if sample is None else _describe_sample(sample, counted),
        ceiling=dict(options.ceiling),
        gold=options.gold_name,
        model=system.model,
        alignments=alignments,
    )


def _align(gold: GoldTable, counted: Mapping[Layer, LayerCounts]) -> tuple[Confusions, Alignments]:
    """The confusions of labels, and the pairs that they and the other counts were taken from."""
    confusions: Confusions = {}
    entities = None
    sides = counted["entities"].sides if "entities" in counted else None
    if sides is not None:
        rows = align(sides)
        confusions, entities = count_confusions(sides, *rows), pair_entities(sides, *rows)
    return confusions, Alignments(
        position=gold.position,
        has={layer: gold.has[layer] for layer in counted},
        items={layer: found.alignments for layer, found in counted.items()},
        entities=entities,
    )


def _cases(measure: Measure, formula: Formula) -> int:
    """How many cases a rule-of-three bound rests on; 0 for values that are no share of cases."""
    if measure.metric not in ("precision", "recall", "f1", "accuracy"):
        return 0
    if measure.metric == "precision":
        return formula.n_pred
    return min(formula.n_gold, formula.n_pred) if measure.metric == "f1" else formula.n_gold


@dataclass
class LayerCounts:
    """One layer of one system: formulas by measure, outcomes by match and label, alignments by article.

    `sides` are the entities of both sides; their alignment is found when it is asked for.
    """

    formulas: dict[Measure, Formula]
    outcomes: dict[tuple[str, str | None], Outcomes]
    articles: Numbers
    warnings: list[str]
    alignments: dict[int, Alignment] = field(default_factory=dict)
    sides: EntitySides | None = None


def choose_layers(
    gold: GoldTable,
    system: SystemTable,
    problems: Problems,
    options: ScoreOptions,
    *,
    side: str = "prediction",
) -> list[Layer]:
    """The layers that can be scored.

    Raises:
        ScoreError: any problem so far, missing predictions and layers included.
    """
    if not gold.size and not problems.sentences:
        raise ScoreError(["gold has no articles; there is nothing to score"])
    annotated = [layer for layer in LAYERS if gold.has[layer].any()]
    for layer in options.layers or ():
        if layer not in annotated:
            problems.sentences.append(f"gold has no layer {layer}; it has {', '.join(annotated) or 'none'}")
    scored: list[Layer] = []
    absent = ~system.given
    if absent.any():
        if options.missing == "empty":
            system.warnings.append(
                f"{int(absent.sum())} gold articles have no prediction and count as empty (--missing empty)"
            )
        elif not problems.unreadable:
            for article in np.nonzero(absent)[0].tolist():
                problems.add(
                    side, gold.ids[article], ["missing; predict on every gold article, or score with --missing empty"]
                )
    for layer in annotated if options.layers is None else [layer for layer in annotated if layer in options.layers]:
        lacking = gold.has[layer] & system.given & ~system.has[layer]
        if options.layers is None and system.given.any() and not system.has[layer].any():
            system.warnings.append(f"no prediction has the layer {layer} (absent = not annotated); it is not scored")
            continue
        if lacking.any():
            if options.missing == "empty":
                system.warnings.append(
                    f"{format_count(int(lacking.sum()), 'prediction')} without layer {layer}; it counts as empty"
                )
            else:
                for article in np.nonzero(lacking)[0].tolist():
                    problems.add(
                        side,
                        gold.ids[article],
                        [f"no layer {layer} (absent = not annotated); write [] for none, or use --missing empty"],
                    )
        if (system.has[layer] & ~gold.has[layer]).any():
            n = int((system.has[layer] & ~gold.has[layer]).sum())
            system.warnings.append(
                f"{layer} of {format_count(n, 'prediction')} not scored: gold does not have that layer there"
            )
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
    """Figures and outcomes of each layer, by article.

    Args:
        further_labels: labels to count beside those of this gold and this system, so that the formulas of several
            systems have the same columns.
        further_kinds: the same for kinds of claims.
    """
    counted: dict[Layer, LayerCounts] = {}
    for layer in layers:
        articles = np.nonzero(gold.has[layer])[0]
        if layer == "entities":
            sides = join_sides(gold, system, further_labels)
            outcomes = count_outcomes(sides, gold.size)
            formulas = _entity_formulas(outcomes, sides.names)
            counted[layer] = LayerCounts(formulas, outcomes, articles, _entity_warnings(gold, sides), sides=sides)
            continue
        if layer == "quotes":
            quotes, alignments = count_quotes(gold, system)
            formulas, found = quote_formulas(quotes)
            warnings = []
        else:
            claims = count_claims(gold, system, further_kinds)
            formulas, found = claim_formulas(claims)
            alignments = claims.alignments
            kinds = {claim.kind for predicted in system.claims.values() for claim in predicted}
            warnings = _claim_warnings(gold, kinds, claims.outside, claims.unscored)
        whole: dict[tuple[str, str | None], Outcomes] = {(match, None): outcome for match, outcome in found.items()}
        counted[layer] = LayerCounts(formulas, whole, articles, warnings, alignments)
    return counted


def _entity_formulas(outcomes: dict[tuple[str, str | None], Outcomes], names: list[str]) -> dict[Measure, Formula]:
    formulas: dict[Measure, Formula] = {}
    ratios: dict[Outcomes, dict[str, Ratio]] = {}  # strict and exact of one label are one: computed once
    for scheme in SCHEMES:
        for label in (None, *names):
            found = outcomes[scheme, label]
            if found not in ratios:
                ratios[found] = prf(found.credit(), found.gold(), found.predicted())
            for metric, formula in ratios[found].items():
                formulas[Measure(metric, scheme, "entities", label)] = formula
        labels = [ratios[outcomes[scheme, name]]["f1"] for name in names]
        formulas[Measure("macro-f1", scheme, "entities")] = Mean(labels)
    return formulas


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
        warnings.append(f"{int(same.sum())} predicted entities are copies of another; each counts as spurious")
    return warnings


def _claim_warnings(gold: GoldTable, kinds: set[str], outside: int, unscored: int) -> list[str]:
    warnings = []
    unknown = sorted(kinds - set(gold.schema.claim_kinds))
    if unknown:
        warnings.append(f"kinds of claims that schema {gold.schema.ref} does not declare: {', '.join(unknown)}")
    if outside:
        warnings.append(f"{format_count(outside, 'claim')} in no sentence, left out of the measures over sentences")
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


def choose_sample(gold: GoldTable, options: ScoreOptions) -> Sample | None:
    """How gold's articles weigh; None where all are alike.

    Raises:
        ScoreError: weights are asked for, and some article has none.
    """
    if options.weights == "gold" and gold.sample is None:
        lacking = f"{len(gold.unweighted)} of {format_count(gold.size, 'article')}"
        few = ", ".join(gold.unweighted[:3])
        raise ScoreError([f"gold: {lacking} without a weight, such as {few}; use --weights none"])
    return None if options.weights == "none" else gold.sample


def weigh_layers(counted: dict[Layer, LayerCounts], sample: Sample | None) -> dict[Layer, LayerCounts]:
    """The counts with formulas in which articles weigh what they speak for."""
    if sample is None:
        return counted
    for found in counted.values():
        known = {id(formula): weigh(formula, sample.weights) for formula in found.formulas.values()}
        found.formulas = {measure: known[id(formula)] for measure, formula in found.formulas.items()}
    return counted


def remark_on_weights(gold: GoldTable, sample: Sample | None) -> list[str]:
    """What gold speaks for, or why its weights are not used."""
    if sample is None:
        some = 0 < len(gold.unweighted) < gold.size
        return [f"{len(gold.unweighted)} of {gold.size} articles have no weight, so all count alike"] if some else []
    pools = [
        f"{format_count(pool['articles'], 'article')} (sha256 {pool['sha256'][:12]}, drawn {pool['drawn'] or '-'})"
        for pool in sample.pools
    ]
    size = f"{format_count(gold.size, 'article')}, as precise as {sample.effective:.1f} of equal weight"
    return [f"weighted by gold: {size}" + (f", for a pool of {' and one of '.join(pools)}" if pools else "")]


def _describe_sample(sample: Sample, counted: Mapping[Layer, LayerCounts]) -> dict[str, Any]:
    effective = {layer: round(sample.take(found.articles).effective, 2) for layer, found in counted.items()}
    return {"effective": effective, "pools": sample.pools}


def _find_intervals(
    gold: GoldTable, counted: Mapping[Layer, LayerCounts], options: ScoreOptions, sample: Sample | None
) -> dict[Measure, tuple[float, float]]:
    """The interval of each measure that may have one: enough articles, and for a label enough gold."""
    intervals: dict[Measure, tuple[float, float]] = {}
    for found in counted.values():
        n = len(found.articles)
        if not options.trials or n < MIN_ARTICLES:
            continue
        formulas = {
            measure: formula
            for measure, formula in found.formulas.items()
            if _may_have_interval(measure, formula, found)
        }
        if not formulas:
            continue
        part = None if sample is None else sample.take(found.articles)
        resamples = Resamples(formulas, found.articles, gold.size, options.trials, options.seed, part)
        for measure in formulas:
            interval = expanded_interval(resamples.values(measure), resamples.size)
            if interval is not None:
                intervals[measure] = interval
    return intervals


def _may_have_interval(measure: Measure, formula: Formula, found: LayerCounts) -> bool:
    if measure.label is None:
        return True
    outcomes = found.outcomes.get((measure.match, measure.label))
    if outcomes is None:  # types of quotes
        return formula.n_gold >= MIN_LABEL_SPANS
    return formula.n_gold >= MIN_LABEL_SPANS and int((outcomes.gold() > 0).sum()) >= MIN_ARTICLES


def _remark(
    gold: GoldTable, measures: Mapping[str, Score], scored: Sequence[Layer], options: ScoreOptions
) -> list[str]:
    remarks = []
    few = Counter({layer: int(gold.has[layer].sum()) for layer in scored})
    for layer, n in few.items():
        if options.trials and n < MIN_ARTICLES:
            remarks.append(f"{layer}: {format_count(n, 'article')}; below {MIN_ARTICLES} no interval can be given")
    perfect = [name for name, score in measures.items() if score.three and "/" not in name]
    if perfect:
        remarks.append(
            "no error, or no success, was seen: the interval is a rule-of-three bound, 3/n, for cases taken as "
            f"independent, in {', '.join(perfect[:4])}{' and others' if len(perfect) > 4 else ''}"
        )
    return remarks
