"""Systems against each other on one gold: paired, corrected for many tests, with what the gold's size permits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any, Unpack

import numpy as np

from annotate.display import Displayed
from annotate.errors import ScoreError
from annotate.label_map import Relabelling, find_unused
from annotate.printing import format_count, short_repr
from annotate.records import GoldRecord, Layer, Prediction
from annotate.schema import load_schema
from annotate.score.evaluate import LayerCounts, choose_layers, count_layers
from annotate.score.formulas import Formula, Once
from annotate.score.measures import HEADLINES, Measure
from annotate.score.options import COMPARE_OPTIONS, ScoreKeywords, ScoreOptions, merge_options
from annotate.score.problems import Problems
from annotate.score.resampling import MIN_ARTICLES, Resamples
from annotate.score.sample import Sample
from annotate.score.signature import sign
from annotate.score.significance import (
    LEVEL,
    MIN_SEPARABLE,
    count_more_articles,
    detectable_difference,
    find_spread,
    randomisation_test,
)
from annotate.score.tables import GoldTable, Numbers, SystemTable, read_gold, read_system, without_garbage_collection
from annotate.score.weights import choose_sample, remark_on_weights


@dataclass(frozen=True)
class Standing:
    """One system by one measure; `letters` are shared by systems that do not differ significantly."""

    system: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    letters: str = ""


@dataclass(frozen=True)
class Difference:
    """`better` minus `worse` by one measure, with its paired 95 % interval.

    `p` is two-sided; `p_holm` is corrected for all differences of the comparison; `detectable` is the difference
    that this gold would show in four of five cases; `more_articles` is about how many further articles would be
    needed to show the one observed (null where it is shown, or where there is none).
    """

    better: str
    worse: str
    measure: str
    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    detectable: float | None
    more_articles: int | None

    @property
    def significant(self) -> bool:
        """Whether the two differ significantly at 5 %, after correction."""
        return self.p_holm <= LEVEL


@dataclass(repr=False)
class Comparison(Displayed):
    """Systems, ranked by the first measure; `groups` are those that do not differ significantly by it, best first."""

    measures: list[str]
    standings: list[Standing]
    differences: list[Difference]
    groups: list[list[str]]
    articles: dict[str, int]
    signature: dict[str, Any]
    ceiling: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return short_repr(self, self.measures[0], " > ".join(" = ".join(group) for group in self.groups))

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        result = {"documents" if name == "articles" else name: value for name, value in asdict(self).items()}
        for difference, item in zip(self.differences, result["differences"], strict=True):
            item["significant"] = difference.significant
        return result


def compare_systems(
    gold: Iterable[GoldRecord],
    systems: Mapping[str, Iterable[Prediction]],
    options: ScoreOptions | None = None,
    *,
    measures: Sequence[str] | None = None,
    **keywords: Unpack[ScoreKeywords],
) -> Comparison:
    """Compare systems pair by pair on the same articles.

    Args:
        gold: read once.
        systems: name -> predictions, read once each.
        options: see `ScoreOptions`; default: 10,000 trials. Up to 14 articles all swaps are tried.
        measures: the first ranks; default: one headline measure of each layer that all systems have.
        keywords: single options, such as `seed=1`; they win over `options`.

    >>> from annotate.records import Entity
    >>> gold = [GoldRecord(id=f"{i}", text="Oslo", entities=[Entity(0, 4, "GPE")]) for i in range(8)]
    >>> good = [Prediction(id=f"{i}", entities=[Entity(0, 4, "GPE")]) for i in range(8)]
    >>> poor = [Prediction(id=f"{i}", entities=[Entity(0, 4, "ORG")]) for i in range(8)]
    >>> found = compare_systems(gold, {"poor": poor, "good": good}).differences[0]
    >>> found.better, found.difference, found.p
    ('good', 1.0, 0.0078125)

    Raises:
        ScoreError: any problem of any side, or a measure that cannot be computed for all systems.
        AnnotateError: no such measure.
    """
    chosen = merge_options(options or COMPARE_OPTIONS, keywords)
    wanted = [Measure.parse(name) for name in measures] if measures else None
    lower = [str(measure) for measure in wanted or () if measure.lower_is_better]
    if lower:
        raise ScoreError([f"{name} cannot rank systems: lower is better; score them one by one" for name in lower])
    if len(systems) < 2:
        raise ScoreError([f"compare needs two systems or more; found {len(systems)}"])
    problems = Problems()
    sides = [Relabelling(chosen.label_map, "gold"), *(Relabelling(chosen.label_map, name) for name in systems)]
    with without_garbage_collection():
        table = read_gold(sides[0].records(gold), sides[0].schema(chosen.schema or load_schema()), problems)
        read = {
            side.side: read_system(
                side.records(systems[side.side]), table, problems, side=side.side, extra=chosen.extra
            )
            for side in sides[1:]
        }
    scores = any(measure.metric == "ap" for measure in wanted or ())
    sample = choose_sample(table, chosen)
    counted, warnings = count_systems(table, read, problems, chosen, ranked=scores, sample=sample)
    if wanted is None:
        shared = set.intersection(*({*found} for found in counted.values()))
        wanted = [measure for measure in map(Measure.parse, HEADLINES) if measure.layer in shared]
        if not wanted:
            raise ScoreError(["the systems have no layer in common; name measures with --measure"])
    comparison = compare_counts(
        {str(measure): _pick_counts(measure, counted) for measure in wanted},
        sign(table, list(dict.fromkeys(measure.layer for measure in wanted)), chosen, sample),
        chosen,
    )
    unused = find_unused(sides)
    comparison.warnings += [*warnings, *([] if unused is None else [unused])]
    comparison.remarks[:0] = [
        *(remark for side in sides if (remark := side.describe()) is not None),
        *remark_on_weights(table, sample, chosen),
    ]
    return comparison


@dataclass(frozen=True)
class SystemCounts:
    """One measure of several systems, by name: formulas on the same units of gold, articles or stories.

    `size` is the number of rows that the formulas' columns have, `units` those that are compared. `sample` is of these
    units, where articles count as they were sampled.
    """

    formulas: dict[str, Formula]
    units: Numbers
    size: int
    sample: Sample | None = None


def compare_counts(
    counts: Mapping[str, SystemCounts], signature: Mapping[str, Any], options: ScoreOptions
) -> Comparison:
    """Compare systems from what was counted when they were scored.

    Args:
        counts: by measure; the first one ranks. A system that a measure lacks has no place in its ranking.
        signature: of all these counts.
        options: trials, seed and ceiling.
    """
    comparison = Comparison(
        measures=list(counts),
        standings=[],
        differences=[],
        groups=[],
        articles={measure: len(found.units) for measure, found in counts.items()},
        signature=dict(signature),
        ceiling=options.fair_ceiling,
    )
    for measure, found in counts.items():
        _compare_by(measure, found, comparison, options)
    _correct(comparison)
    comparison.remarks += _remark(comparison)
    return comparison


def _pick_counts(measure: Measure, counted: Mapping[str, dict[Layer, LayerCounts]]) -> SystemCounts:
    formulas: dict[str, Formula] = {}
    for name, layers in counted.items():
        if measure.layer not in layers:
            raise ScoreError([f"{measure} cannot be compared: {name} was not scored on {measure.layer}"])
        if measure not in layers[measure.layer].formulas:
            why = "the label occurs nowhere" if measure.label is not None else f"predictions of {name} have no scores"
            raise ScoreError([f"{measure} cannot be compared: {why}"])
        formulas[name] = layers[measure.layer].formulas[measure]
    first = next(iter(counted.values()))[measure.layer]
    return SystemCounts(formulas, first.units, first.size, first.sample)


def count_systems(
    gold: GoldTable,
    systems: Mapping[str, SystemTable],
    problems: Problems,
    options: ScoreOptions,
    *,
    ranked: bool = False,
    sample: Sample | None = None,
) -> tuple[dict[str, dict[Layer, LayerCounts]], list[str]]:
    """What was counted of each system, by layer, each with formulas for the labels and kinds of all; and warnings.

    Args:
        ranked, sample: see `annotate.score.evaluate.count_layers`.

    Raises:
        ScoreError: problems of gold or of a system.
    """
    names = {name for system in systems.values() for name in system.entities.names}
    kinds = {claim.kind for system in systems.values() for found in system.claims.values() for claim in found}
    counted = {}
    warnings = []
    for name, system in systems.items():
        scored = choose_layers(gold, system, problems, options, side=name)
        counted[name] = count_layers(
            gold,
            system,
            scored,
            further_labels=names,
            further_kinds=kinds,
            by=options.by,
            ranked=ranked,
            sample=sample,
        )
        warnings += [f"{name}: {warning}" for warning in system.warnings]
        warnings += [f"{name}: {warning}" for found in counted[name].values() for warning in found.warnings]
    return counted, warnings


def _compare_by(measure: str, counts: SystemCounts, comparison: Comparison, options: ScoreOptions) -> None:
    formulas, units, size = counts.formulas, counts.units, counts.size
    n = len(units)
    point = {name: float(formula.values(Once(size))[0]) for name, formula in formulas.items()}
    resamples: Resamples[str] | None = None
    if n >= MIN_ARTICLES and options.trials:
        resamples = Resamples(formulas, units, size, options.trials, options.seed, counts.sample)

    def find_interval(*names: str) -> tuple[float, float] | tuple[None, None]:
        return (None if resamples is None else resamples.interval(*names)) or (None, None)

    ranked = sorted(formulas, key=lambda name: (-np.nan_to_num(point[name], nan=-1.0), name))
    for name in ranked:
        value = None if math.isnan(point[name]) else point[name]
        comparison.standings.append(Standing(name, measure, value, *find_interval(name)))
    for better, worse in combinations(ranked, 2):
        observed = point[better] - point[worse]
        if math.isnan(observed):
            comparison.remarks.append(f"{measure}: {better} and {worse} cannot be compared, one is undefined")
            continue
        pair = (formulas[better], formulas[worse])
        low, high = find_interval(better, worse)
        spread = find_spread(pair, units, size)
        comparison.differences.append(
            Difference(
                better=better,
                worse=worse,
                measure=measure,
                difference=observed,
                low=low,
                high=high,
                p=randomisation_test(*pair, units, size, trials=options.trials, seed=options.seed),
                p_holm=1.0,
                detectable=None if spread is None else detectable_difference(spread, n),
                more_articles=None if spread is None else count_more_articles(abs(observed), spread, n),
            )
        )


def _correct(comparison: Comparison) -> None:
    """Holm's correction over all differences; then the groups and letters of each measure."""
    found = comparison.differences
    corrected: dict[int, float] = {}
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(found)), key=lambda i: found[i].p)):
        largest = max(largest, min(1.0, (len(found) - rank) * found[i].p))
        corrected[i] = largest
    comparison.differences = [
        replace(
            difference,
            p_holm=corrected[i],
            more_articles=None if corrected[i] <= LEVEL else difference.more_articles,
        )
        for i, difference in enumerate(found)
    ]
    standings = []
    for measure in comparison.measures:
        ranked = [standing for standing in comparison.standings if standing.measure == measure]
        groups = _group([standing.system for standing in ranked], measure, comparison.differences)
        if measure == comparison.measures[0]:
            comparison.groups = groups
        for standing in ranked:
            letters = "".join(_letter(i) for i, group in enumerate(groups) if standing.system in group)
            standings.append(replace(standing, letters=letters))
    comparison.standings = standings


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else f"({i + 1})"


def _group(ranked: Sequence[str], measure: str, differences: Sequence[Difference]) -> list[list[str]]:
    """The largest sets of systems no two of which differ significantly, in the order of the ranking."""
    apart = {
        frozenset((difference.better, difference.worse))
        for difference in differences
        if difference.measure == measure and difference.significant
    }
    groups: list[list[str]] = []

    def grow(chosen: list[str], candidates: list[str], passed: list[str]) -> None:
        if not candidates and not passed:
            groups.append(chosen)
        for name in list(candidates):
            near = {other for other in ranked if other != name and frozenset((name, other)) not in apart}
            grow([*chosen, name], [c for c in candidates if c in near], [p for p in passed if p in near])
            candidates = [c for c in candidates if c != name]
            passed = [*passed, name]

    grow([], list(ranked), [])
    in_order = (sorted(group, key=ranked.index) for group in groups)
    return sorted(in_order, key=lambda group: [ranked.index(name) for name in group])


def _remark(comparison: Comparison) -> list[str]:
    remarks = []
    few: dict[int, list[str]] = {}
    for measure, n in comparison.articles.items():
        if n < MIN_SEPARABLE:
            few.setdefault(n, []).append(measure)
    for n, measures in few.items():
        remarks.append(
            f"{', '.join(measures)}: with {format_count(n, 'article')} the smallest possible p is {2 / 2**n:g}; "
            f"no difference can be significant below {MIN_SEPARABLE} articles"
        )
    if not all(difference.significant for difference in comparison.differences):
        remarks.append("not significant does not mean equal: see the detectable difference")
    return remarks
