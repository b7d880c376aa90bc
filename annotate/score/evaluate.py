"""Predictions against gold: every value with its interval, counts, confusions, warnings, and a signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

import numpy as np

from annotate.errors import ScoreError
from annotate.label_map import Relabelling, suggest_preset
from annotate.printing import format_count
from annotate.records import LAYERS, GoldRecord, Layer, Prediction
from annotate.schema import load_schema
from annotate.score.alignment import Alignment, Alignments
from annotate.score.claims import CountedClaims, claim_formulas, count_claims
from annotate.score.entities import SCHEMES, add_unplaced, align, count_confusions, count_outcomes, pair_entities
from annotate.score.formulas import AveragePrecision, Formula, Groups, Mean, Once, Outcomes, OutcomesByMatch, Ratio, prf
from annotate.score.measures import HEADLINES, Measure
from annotate.score.options import ScoreKeywords, ScoreOptions, Unit, merge_options
from annotate.score.overlaps import EntitySides, join_sides
from annotate.score.problems import Problems
from annotate.score.quotes import count_quotes, quote_formulas
from annotate.score.ranking import Ranked, rank_entities, rank_items
from annotate.score.report import Confusions, Report, Score
from annotate.score.resampling import MIN_ARTICLES, MIN_LABEL_SPANS, NO_WIDTH, Resamples, rule_of_three
from annotate.score.sample import Sample, each_alone, weigh
from annotate.score.signature import sign
from annotate.score.tables import (
    GoldTable,
    Numbers,
    SystemTable,
    equal_the_next,
    read_gold,
    read_system,
    without_garbage_collection,
)
from annotate.score.weights import choose_sample, describe_sample, remark_on_weights


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
    sides = Relabelling(chosen.label_map, "gold"), Relabelling(chosen.label_map, "predictions")
    with without_garbage_collection():
        table = read_gold(sides[0].records(gold), sides[0].schema(chosen.schema or load_schema()), problems)
        system = read_system(sides[1].records(predictions), table, problems, extra=chosen.extra)
    report = score_tables(table, system, problems, chosen)
    report.add_relabelling(sides)
    return report


def score_tables(gold: GoldTable, system: SystemTable, problems: Problems, options: ScoreOptions) -> Report:
    """The report on tables that were read before; see `evaluate`.

    Raises:
        ScoreError: any problem found on the way, those in `problems` included.
    """
    scored = choose_layers(gold, system, problems, options)
    sample = choose_sample(gold, options)
    counted = count_layers(gold, system, scored, by=options.by, ranked=True, sample=sample)
    intervals = _find_intervals(counted, options)
    measures: dict[str, Score] = {}
    of_scores: dict[str, Score] = {}
    for found in counted.values():
        point = Once(found.size)
        for measure, formula in found.formulas.items():
            value = float(formula.values(point)[0])
            if found.groups is not None and min(abs(value), abs(1 - value)) < 1e-12:
                value = float(round(value))  # shares of stories do not add up to the last digit
            interval = intervals.get(measure)
            three = None if interval is None else rule_of_three(value, _cases(measure, formula, found))
            if interval is not None and interval[1] - interval[0] < NO_WIDTH:
                interval = None  # every resample agrees: nothing is known about other articles
            low, high = three or interval or (None, None)
            (of_scores if measure in found.of_scores else measures)[str(measure)] = Score(
                None if np.isnan(value) else value, low, high, formula.n_gold, formula.n_pred, three is not None
            )
    confusions, alignments = _align(gold, counted)
    articles = {layer: found.articles for layer, found in counted.items()}
    samples = {layer: found.sample for layer, found in counted.items()}
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
        layers={layer: len(rows) for layer, rows in articles.items()},
        signature=sign(gold, scored, options, sample),
        warnings=warnings,
        remarks=[*_remark(counted, measures, of_scores, options), *remark_on_weights(gold, sample, options)],
        sample=None if sample is None else describe_sample(sample, samples),
        ceiling=options.fair_ceiling,
        of_scores=of_scores,
        ranked={
            f"{ranked.match}:{ranked.layer}": ranked.to_dict(found.shares)
            for found in counted.values()
            for ranked in found.ranked
        },
        stories={layer: found.groups.n for layer, found in counted.items() if found.groups is not None},
        gold=options.gold_name,
        model=system.model,
        alignments=alignments,
        headlines=_pick_headlines(counted),
        samples={layer: found for layer, found in samples.items() if found is not None},
    )


def _pick_headlines(counted: Mapping[Layer, LayerCounts]) -> dict[str, Ratio]:
    picked: dict[str, Ratio] = {}
    for found in counted.values():
        for name in HEADLINES:
            formula = found.formulas.get(Measure.parse(name))
            if isinstance(formula, Ratio):
                picked[name] = formula.at(found.units)
    return picked


def _align(gold: GoldTable, counted: Mapping[Layer, LayerCounts]) -> tuple[Confusions, Alignments]:
    """The confusions of labels, and the pairs that they and the other counts were taken from."""
    confusions: Confusions = {}
    entities = None
    sides = counted["entities"].sides if "entities" in counted else None
    if sides is not None:
        rows = counted["entities"].rows or align(sides)
        confusions, entities = count_confusions(sides, *rows), pair_entities(sides, *rows)
        for label, n in counted["entities"].unplaced.items():
            confusions[None, label] = confusions.get((None, label), 0) + n
    return confusions, Alignments(
        position=gold.position,
        has={layer: gold.has[layer] for layer in counted},
        items={layer: found.alignments for layer, found in counted.items()},
        entities=entities,
    )


def _cases(measure: Measure, formula: Formula, found: LayerCounts) -> int:
    """How many cases a rule-of-three bound rests on; 0 for values that are no share of cases.

    Where stories count, as many cases as they hold on average.
    """
    if measure.metric not in ("precision", "recall", "f1", "accuracy"):
        return 0
    n = {"precision": formula.n_pred, "f1": min(formula.n_gold, formula.n_pred)}.get(measure.metric, formula.n_gold)
    return n if found.groups is None else n * len(found.units) // len(found.articles)


@dataclass
class LayerCounts:
    """One layer of one system: formulas by measure, outcomes by match and label, alignments by article.

    `articles` are those that have the layer, `size` is the number of rows that the formulas' columns have and `units`
    which of them are resampled: these articles, or where stories count all of the `groups`. `sides` are the entities of
    both sides and `rows` their alignment, which is found when it is asked for; `unplaced` counts predicted entities by
    label that have no place in the text; `ranked` the predictions with scores,
    `of_scores` the measures of what scores are worth. Where articles count as they were sampled, `sample` is that of
    `units`. `shares` is how much each article counts, where not all count alike: its share of its story, or its
    weight.
    """

    formulas: dict[Measure, Formula]
    outcomes: OutcomesByMatch
    articles: Numbers
    warnings: list[str]
    size: int
    alignments: dict[int, Alignment] = field(default_factory=dict)
    sides: EntitySides | None = None
    rows: tuple[Numbers, Numbers] | None = None
    unplaced: Counter[str] = field(default_factory=Counter)
    ranked: list[Ranked] = field(default_factory=list)
    of_scores: set[Measure] = field(default_factory=set)
    groups: Groups | None = None
    sample: Sample | None = None
    shares: Groups | None = None

    @property
    def units(self) -> Numbers:
        """The rows of the formulas' columns that are resampled."""
        return self.articles if self.groups is None else np.arange(self.groups.n)

    def count_by_story(self, groups: Groups, sample: Sample | None) -> None:
        """Make the formulas count groups of articles; `sample` is that of all of gold, where it is weighted."""
        self.formulas = {measure: formula.grouped(groups) for measure, formula in self.formulas.items()}
        self.size, self.groups, self.shares = groups.n, groups, groups
        self.sample = None if sample is None else sample.group(groups)

    def weigh_articles(self, sample: Sample) -> None:
        """Make the formulas weight the articles; `sample` is that of all of gold."""
        self.formulas = {measure: weigh(formula, sample.weights) for measure, formula in self.formulas.items()}
        self.sample, self.shares = sample.take(self.articles), each_alone(sample.weights)


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
            lacks = "missing; predict on every gold article, or score with --missing empty"
            for article in np.flatnonzero(absent).tolist():
                problems.add(side, gold.ids[article], [lacks])
    for layer in annotated if options.layers is None else [layer for layer in annotated if layer in options.layers]:
        lacking = gold.has[layer] & system.given & ~system.has[layer]
        if options.layers is None and system.given.any() and not system.has[layer].any():
            system.warnings.append(f"no prediction has the layer {layer} (absent = not annotated); it is not scored")
            continue
        if options.missing != "empty":
            lacks = f"no layer {layer} (absent = not annotated); write [] for none, or use --missing empty"
            for article in np.flatnonzero(lacking).tolist():
                problems.add(side, gold.ids[article], [lacks])
        elif lacking.any():
            system.warnings.append(
                f"{format_count(int(lacking.sum()), 'prediction')} without layer {layer}; it counts as empty"
            )
        if n := int((system.has[layer] & ~gold.has[layer]).sum()):
            system.warnings.append(
                f"{layer} of {format_count(n, 'prediction')} not scored: gold does not have that layer there"
            )
        scored.append(layer)
    problems.raise_any()
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
    by: Unit = "article",
    ranked: bool = False,
    sample: Sample | None = None,
) -> dict[Layer, LayerCounts]:
    """Formulas and outcomes of each layer, by article.

    Args:
        further_labels: labels to count beside those of this gold and this system, so that the formulas of several
            systems have the same columns.
        further_kinds: the same for kinds of claims.
        by: what counts once: an article or a story.
        ranked: whether to count what the scores of predictions are worth, where they have scores.
        sample: how gold's articles weigh, see `choose_sample`; None = all alike.

    Raises:
        ScoreError: stories are to be counted, and gold has none.
    """
    if by == "story" and not any(gold.stories):
        raise ScoreError(
            ["--by story: no gold record has a story (cluster); releases have them, see `annotate release`"]
        )
    counted: dict[Layer, LayerCounts] = {}
    for layer in layers:
        articles = np.flatnonzero(gold.has[layer])
        if layer == "entities":
            found = _count_entities(gold, system, further_labels, ranked=ranked)
        elif layer == "quotes":
            quotes, alignments = count_quotes(gold, system)
            found = LayerCounts(*quote_formulas(quotes), articles, [], gold.size, alignments)
        else:
            claims = count_claims(gold, system, further_kinds)
            warnings = _claim_warnings(gold, system, claims)
            found = LayerCounts(*claim_formulas(claims), articles, warnings, gold.size, claims.alignments)
        if ranked and layer != "entities":
            found.ranked = list(rank_items(layer, gold, system, found.alignments))
        if n := sum(1 for _ in system.iter_unplaced(layer, gold)):
            have = "has words that are not in the text; it" if n == 1 else "have words that are not in the text; each"
            found.warnings.append(f"{format_count(n, 'item')} of {layer} {have} counts as wrong")
        for scores in found.ranked:
            of_scores = scores.formulas()
            found.formulas |= of_scores
            found.of_scores |= of_scores.keys()
            found.warnings += scores.warnings()
        if by == "story":
            found.count_by_story(gold.group_stories(articles, sample), sample)
        elif sample is not None:
            found.weigh_articles(sample)
        counted[layer] = found
    return counted


def _count_entities(
    gold: GoldTable, system: SystemTable, further_labels: Iterable[str], *, ranked: bool
) -> LayerCounts:
    sides = join_sides(gold, system, further_labels)
    outcomes = count_outcomes(sides, gold.size)
    unplaced = list(system.iter_unplaced("entities", gold))
    add_unplaced(outcomes, unplaced)
    formulas, warnings = _entity_formulas(outcomes, sides.names), _entity_warnings(gold, sides)
    has = gold.has["entities"]
    found = LayerCounts(formulas, outcomes, np.flatnonzero(has), warnings, gold.size, sides=sides)
    found.unplaced = Counter(item.label for _, item in unplaced if item.label is not None)
    score = system.entities.score
    if ranked and score is not None:
        found.rows = align(sides)
        found.ranked = [rank_entities(sides, found.rows, score[has[system.entities.article]], gold.size)]
    return found


def _entity_formulas(outcomes: OutcomesByMatch, names: list[str]) -> dict[Measure, Formula]:
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
        predicted = [name for name, n in zip(sides.names, sizes, strict=True) if n]
        preset = suggest_preset(gold.schema.entity_labels, predicted)
        cure = "" if preset is None else f". --map {preset} would bring both sides to the same labels"
        warnings.append(f"labels that schema {gold.schema.ref} does not declare count as wrong: {found}{cure}")
    if copies := int(equal_the_next(sides.predicted.start, sides.predicted.end, sides.predicted.label).sum()):
        warnings.append(f"{copies} predicted entities are copies of another; each counts as spurious")
    return warnings


def _claim_warnings(gold: GoldTable, system: SystemTable, counted: CountedClaims) -> list[str]:
    warnings = []
    kinds = {claim.kind for predicted in system.claims.values() for claim in predicted}
    unknown = sorted(kinds - set(gold.schema.claim_kinds))
    if unknown:
        warnings.append(f"kinds of claims that schema {gold.schema.ref} does not declare: {', '.join(unknown)}")
    if counted.outside:
        outside = format_count(counted.outside, "claim")
        warnings.append(f"{outside} in no sentence, left out of the measures over sentences")
    if counted.unscored:
        warnings.append(f"{counted.unscored} predicted claims have no score; for average precision they rank as 0")
    return warnings


def _count_labels(counted: dict[Layer, LayerCounts]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    result: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for layer, found in counted.items():
        for (match, label), outcomes in found.outcomes.items():
            if label is not None:
                result.setdefault(layer, {}).setdefault(label, {})[match] = outcomes.totals()
    return result


def _find_intervals(counted: Mapping[Layer, LayerCounts], options: ScoreOptions) -> dict[Measure, tuple[float, float]]:
    """The interval of each measure that may have one: enough articles, and for a label enough gold."""
    intervals: dict[Measure, tuple[float, float]] = {}
    for found in counted.values():
        n = len(found.units)
        if not options.trials or n < MIN_ARTICLES:
            continue
        formulas = {
            measure: formula
            for measure, formula in found.formulas.items()
            if _may_have_interval(measure, formula, found) and not _is_too_long(formula, options)
        }
        if not formulas:
            continue
        resamples = Resamples(formulas, found.units, found.size, options.trials, options.seed, found.sample)
        for measure in formulas:
            interval = resamples.interval(measure)
            if interval is not None:
                intervals[measure] = interval
    return intervals


_MOST_RANKED = 1 << 26
"""Ranked predictions times resamples: what takes about a second."""


def _is_too_long(formula: Formula, options: ScoreOptions) -> bool:
    """Whether resampling would take far longer than everything else: every resample goes through all predictions."""
    ranked = isinstance(formula, AveragePrecision) and formula.gold is not None
    return ranked and formula.n_pred * options.trials > _MOST_RANKED


def _may_have_interval(measure: Measure, formula: Formula, found: LayerCounts) -> bool:
    if measure.label is None:
        return True
    outcomes = found.outcomes.get((measure.match, measure.label))
    if outcomes is None:  # types of quotes
        return formula.n_gold >= MIN_LABEL_SPANS
    by_unit = outcomes.gold() if found.groups is None else found.groups.sum(outcomes.gold())
    return formula.n_gold >= MIN_LABEL_SPANS and int((by_unit > 0).sum()) >= MIN_ARTICLES


def _remark_stories(counted: Mapping[Layer, LayerCounts]) -> list[str]:
    """How many articles are of how many stories, where these count; layers with the same numbers together."""
    layers: dict[str, list[str]] = {}
    for layer, found in counted.items():
        if found.groups is not None:
            stories = format_count(found.groups.n, "story")
            layers.setdefault(f"{format_count(len(found.articles), 'article')} of {stories}", []).append(layer)
    return [f"{', '.join(names)}: {numbers}; each story counts once" for numbers, names in layers.items()]


def _remark(
    counted: Mapping[Layer, LayerCounts],
    measures: Mapping[str, Score],
    of_scores: Mapping[str, Score],
    options: ScoreOptions,
) -> list[str]:
    remarks = _remark_stories(counted)
    for layer, found in counted.items():
        n = len(found.units)
        what = format_count(n, "article" if found.groups is None else "story")
        if options.trials and n < MIN_ARTICLES:
            remarks.append(f"{layer}: {what}; below {MIN_ARTICLES} no interval can be given")
        long = [str(measure) for measure, formula in found.formulas.items() if _is_too_long(formula, options)]
        if long:
            remarks.append(f"{', '.join(long)}: no interval, too many predictions to resample")
    perfect = [name for name, score in measures.items() if score.three and "/" not in name]
    if perfect:
        remarks.append(
            "no error, or no success, was seen: the interval is a rule-of-three bound, 3/n, for cases taken as "
            f"independent, in {', '.join(perfect[:4])}{' and others' if len(perfect) > 4 else ''}"
        )
    above = [
        name
        for name, score in of_scores.items()
        if score.value is not None and score.low is not None and score.low > score.value + NO_WIDTH
    ]
    if above:
        remarks.append(
            "few predictions make the calibration error of a resample larger: the interval lies above the value in "
            f"{', '.join(above)}"
        )
    return remarks
