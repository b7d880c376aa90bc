"""Systems against each other on one gold: paired, corrected for many tests, with what the gold's size permits.

The test is approximate randomisation (Noreen 1989; Yeh 2000): were the two systems alike, swapping their outputs on
any document would change nothing. It keeps its level where an interval of the difference does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.errors import ScoreError
from annotate.records import GoldRecord, Layer, Prediction
from annotate.schema import Schema, load_schema
from annotate.score.bootstrap import MIN_DOCUMENTS, Resamples, expanded_interval, jackknife
from annotate.score.distributions import t_quantile
from annotate.score.evaluate import LayerCounts, choose_layers, count_layers
from annotate.score.figures import AveragePrecision, Column, Figure, Once, Values
from annotate.score.measures import HEADLINES, Measure
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

LEVEL = 0.05
POWER = 0.8
EXACT_DOCUMENTS = 14
"""Up to this many documents, all 2^n swaps are enumerated."""
MIN_SEPARABLE = 6
"""With fewer documents the smallest two-sided p, 2 / 2^n, is above 0.05: nothing can be significant."""
_BLOCK = 1 << 21


@dataclass(frozen=True)
class Standing:
    """One system by one measure; `letters` are shared by systems that the test cannot tell apart."""

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
        """Whether the two can be told apart at 5 %, after correction."""
        return self.p_holm <= LEVEL


@dataclass
class Comparison:
    """Systems, ranked by the first measure; `groups` are those that cannot be told apart by it, best first."""

    measures: list[str]
    standings: list[Standing]
    differences: list[Difference]
    groups: list[list[str]]
    documents: dict[str, int]
    signature: dict[str, Any]
    ceiling: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        result = asdict(self)
        for difference, item in zip(self.differences, result["differences"], strict=True):
            item["significant"] = difference.significant
        return result


def compare(
    gold: Iterable[GoldRecord],
    systems: Mapping[str, Iterable[Prediction]],
    *,
    measures: Sequence[str] | None = None,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
    missing: Missing = "error",
    extra: Extra = "error",
    trials: int = 10_000,
    seed: int = 0,
    gold_name: str = "",
    ceiling: Mapping[str, float] | None = None,
) -> Comparison:
    """Compares systems pair by pair on the same documents.

    Args:
        gold: read once.
        systems: name -> predictions, read once each.
        measures: the first ranks; default: one headline measure of each layer that all systems have.
        trials: swaps of the test, and resamples of the intervals; up to 14 documents all swaps are tried.
        schema, layers, missing, extra, seed, gold_name, ceiling: see `evaluate`.

    >>> from annotate.records import Entity
    >>> gold = [GoldRecord(id=f"{i}", text="Oslo", entities=[Entity(0, 4, "GPE")]) for i in range(8)]
    >>> good = [Prediction(id=f"{i}", entities=[Entity(0, 4, "GPE")]) for i in range(8)]
    >>> poor = [Prediction(id=f"{i}", entities=[Entity(0, 4, "ORG")]) for i in range(8)]
    >>> found = compare(gold, {"poor": poor, "good": good}).differences[0]
    >>> found.better, found.difference, found.p
    ('good', 1.0, 0.0078125)

    Raises:
        ScoreError: any fault of any side, or a measure that cannot be computed for all systems.
        AnnotateError: no such measure.
    """
    wanted = [Measure.parse(name) for name in measures] if measures else None
    if len(systems) < 2:
        raise ScoreError([f"compare needs two systems or more; found {len(systems)}"])
    problems = Problems()
    with collector_at_rest():
        table = read_gold(gold, schema or load_schema(), problems)
        read = {
            name: read_system(predictions, table, problems, side=name, extra=extra)
            for name, predictions in systems.items()
        }
    counted, warnings = _count_systems(table, read, problems, layers, missing)
    if wanted is None:
        shared = set.intersection(*({*found} for found in counted.values()))
        wanted = [measure for measure in map(Measure.parse, HEADLINES) if measure.layer in shared]
        if not wanted:
            raise ScoreError(["the systems have no layer in common; name measures with --measure"])
    comparison = Comparison(
        measures=[str(measure) for measure in wanted],
        standings=[],
        differences=[],
        groups=[],
        documents={},
        signature=sign(
            table,
            gold_name,
            list(dict.fromkeys(measure.layer for measure in wanted)),
            {"missing": missing, "extra": extra, "trials": trials, "seed": seed},
        ),
        ceiling=dict(ceiling or {}),
        warnings=warnings,
    )
    for measure in wanted:
        _compare_by(measure, table, counted, comparison, trials, seed)
    _correct(comparison)
    comparison.remarks += _remark(comparison)
    return comparison


def _count_systems(
    gold: GoldTable,
    systems: Mapping[str, SystemTable],
    problems: Problems,
    layers: Sequence[Layer] | None,
    missing: Missing,
) -> tuple[dict[str, dict[Layer, LayerCounts]], list[str]]:
    names = {name for system in systems.values() for name in system.entities.names}
    kinds = {claim.kind for system in systems.values() for found in system.claims.values() for claim in found}
    counted = {}
    warnings = []
    for name, system in systems.items():
        scored = choose_layers(gold, system, problems, layers=layers, missing=missing, side=name)
        counted[name] = count_layers(gold, system, scored, further_labels=names, further_kinds=kinds)
        warnings += [f"{name}: {warning}" for warning in system.warnings]
        warnings += [f"{name}: {warning}" for found in counted[name].values() for warning in found.warnings]
    return counted, warnings


def _compare_by(
    measure: Measure,
    gold: GoldTable,
    counted: Mapping[str, dict[Layer, LayerCounts]],
    comparison: Comparison,
    trials: int,
    seed: int,
) -> None:
    figures: dict[str, Figure] = {}
    for name, layers in counted.items():
        if measure.layer not in layers:
            raise ScoreError([f"{measure} cannot be compared: {name} was not scored on {measure.layer}"])
        if measure not in layers[measure.layer].figures:
            raise ScoreError([f"{measure} cannot be compared: the label occurs nowhere"])
        figures[name] = layers[measure.layer].figures[measure]
    documents = next(iter(counted.values()))[measure.layer].documents
    n = len(documents)
    comparison.documents[str(measure)] = n
    point = {name: float(figure.values(Once(gold.size))[0]) for name, figure in figures.items()}
    sampled: dict[str, Values] = {}
    if n >= MIN_DOCUMENTS and trials:
        resamples = Resamples(figures.values(), documents, gold.size, trials, seed)
        sampled = {name: figure.values(resamples) for name, figure in figures.items()}
    ranked = sorted(figures, key=lambda name: (-np.nan_to_num(point[name], nan=-1.0), name))
    for name in ranked:
        interval = expanded_interval(sampled[name], n) if sampled else None
        value = None if math.isnan(point[name]) else point[name]
        comparison.standings.append(Standing(name, str(measure), value, *(interval or (None, None))))
    for better, worse in combinations(ranked, 2):
        observed = point[better] - point[worse]
        if math.isnan(observed):
            comparison.remarks.append(f"{measure}: {better} and {worse} cannot be compared, one is undefined")
            continue
        pair = (figures[better], figures[worse])
        interval = expanded_interval(sampled[better] - sampled[worse], n) if sampled else None
        spread = _spread(pair, documents, gold.size)
        comparison.differences.append(
            Difference(
                better=better,
                worse=worse,
                measure=str(measure),
                difference=observed,
                low=interval[0] if interval else None,
                high=interval[1] if interval else None,
                p=randomisation_test(*pair, documents, gold.size, trials=trials, seed=seed),
                p_holm=1.0,
                detectable=detectable_difference(spread, n) if spread is not None else None,
                more_articles=None if spread is None else _more_articles(abs(observed), spread, n),
            )
        )


def randomisation_test(
    a: Figure, b: Figure, documents: Numbers, size: int, *, trials: int = 10_000, seed: int = 0
) -> float:
    """The two-sided p of the difference of two figures when the systems are swapped document by document.

    Up to 14 documents every swap is tried and p is the share of those with a difference as large; beyond, `trials`
    random ones, and p = (as large + 1) / (trials + 1).
    """
    n = len(documents)
    once = Once(size)
    observed = abs(float(a.values(once)[0] - b.values(once)[0]))
    as_large = total = 0
    for swaps in _iter_swaps(n, trials, seed):
        difference = np.abs(_swapped(a, b, documents, swaps) - _swapped(b, a, documents, swaps))
        as_large += int((np.nan_to_num(difference) >= observed - 1e-12).sum())
        total += len(swaps)
    return as_large / total if n <= EXACT_DOCUMENTS else (as_large + 1) / (total + 1)


def _iter_swaps(n: int, trials: int, seed: int) -> Iterator[npt.NDArray[np.bool_]]:
    """Which documents are swapped, shape (some trials, documents)."""
    if n <= EXACT_DOCUMENTS:
        yield (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1
        return
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK // n)
    for first in range(0, trials, step):
        yield generator.integers(0, 2, (min(step, trials - first), n), dtype=np.int8) == 1


def _swapped(own: Figure, other: Figure, documents: Numbers, swaps: npt.NDArray[np.bool_]) -> Values:
    """The figure of one system when the other's output stands in the swapped documents."""
    if isinstance(own, AveragePrecision) and isinstance(other, AveragePrecision):
        once = Once(1)
        place = np.zeros(int(documents.max()) + 1, np.int64)
        place[documents] = np.arange(len(documents))
        units = place[own.document]
        nowhere = np.zeros_like(own.document)
        return np.array(
            [
                AveragePrecision(nowhere, np.where(row[units], other.score, own.score), own.positive).values(once)[0]
                for row in swaps
            ]
        )
    return own.values(_Swapped(own, other, documents, swaps))


class _Swapped:
    def __init__(self, own: Figure, other: Figure, documents: Numbers, swaps: npt.NDArray[np.bool_]) -> None:
        moved = swaps.astype(float)
        self._columns = own.columns()
        self._sums = {
            id(mine): mine.sum() + moved @ (theirs - mine)[documents].astype(float)
            for mine, theirs in zip(self._columns, other.columns(), strict=True)
        }

    def sum(self, column: Column) -> Values:
        found: Values = self._sums[id(column)]
        return found

    def rows(self) -> Iterator[Values]:
        raise NotImplementedError("only sums are swapped")


def _spread(pair: tuple[Figure, Figure], documents: Numbers, size: int) -> float | None:
    """The jackknife's standard deviation of the difference per document; None where it is undefined."""
    n = len(documents)
    if n < 2:
        return None
    once = Once(size)
    observed = float(pair[0].values(once)[0] - pair[1].values(once)[0])
    without = np.subtract(*jackknife(pair, documents, size))
    pseudo = n * observed - (n - 1) * without
    spread = float(np.std(pseudo, ddof=1))
    return None if math.isnan(spread) else spread


def detectable_difference(spread: float, n: int) -> float:
    """The least true difference that n documents show with 80 % power at 5 %, paired.

    >>> round(detectable_difference(0.1, 20), 4)
    0.0661
    """
    return (t_quantile((2 - LEVEL) / 2, n - 1) + t_quantile(POWER, n - 1)) * spread / math.sqrt(n)


def _more_articles(difference: float, spread: float, n: int) -> int | None:
    """How many more documents until the observed difference is a detectable one; None where that is never."""
    if difference <= 0:
        return None
    low, high = 2, 1 << 40
    while low < high:  # the detectable difference falls as documents are added
        middle = (low + high) // 2
        low, high = (low, middle) if detectable_difference(spread, middle) <= difference else (middle + 1, high)
    return max(0, max(low, MIN_SEPARABLE) - n)


def _correct(comparison: Comparison) -> None:
    """Holm's correction over all differences; then the groups and letters of each measure."""
    found = comparison.differences
    corrected: dict[int, float] = {}
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(found)), key=lambda i: found[i].p)):
        largest = max(largest, min(1.0, (len(found) - rank) * found[i].p))
        corrected[i] = largest
    comparison.differences = [
        Difference(
            **{
                **asdict(difference),
                "p_holm": corrected[i],
                "more_articles": None if corrected[i] <= LEVEL else difference.more_articles,
            }
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
            standings.append(Standing(**{**asdict(standing), "letters": letters}))
    comparison.standings = standings


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else f"({i + 1})"


def _group(ranked: Sequence[str], measure: str, differences: Sequence[Difference]) -> list[list[str]]:
    """The largest sets of systems no two of which can be told apart, in the order of the ranking."""
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
    position = {name: i for i, name in enumerate(ranked)}
    return sorted(
        (sorted(group, key=position.__getitem__) for group in groups), key=lambda group: [position[n] for n in group]
    )


def _remark(comparison: Comparison) -> list[str]:
    remarks = []
    for measure, n in comparison.documents.items():
        if n < MIN_SEPARABLE:
            remarks.append(
                f"{measure}: with {n} documents the smallest possible p is {2 / 2**n:g}; "
                f"no difference can be significant below {MIN_SEPARABLE} documents"
            )
    unsure = [difference for difference in comparison.differences if not difference.significant]
    if unsure:
        remarks.append("not told apart does not mean equal: see the detectable difference")
    return remarks
