"""What the scores of predictions are worth: precision and recall over the score, and how well they are calibrated.

A prediction is right when the alignment pairs it with a gold item: for entities with the same boundaries and label, for
quotes and claims as in the measures of overlap. Its score is the extractor's confidence: `score` of an entity or a
quote, `confidence` of a claim. The `score` of a claim is its check-worthiness, which is asked of the aligned pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from annotate.items import confidence_of
from annotate.records import Claim, Layer, Quote
from annotate.score.alignment import Alignment
from annotate.score.entities import has_right_label, has_same_extent
from annotate.score.formulas import AveragePrecision, CalibrationError, Column, Formula, Groups, Values
from annotate.score.measures import Measure
from annotate.score.overlaps import EntitySides
from annotate.score.tables import Flags, GoldTable, Numbers, SystemTable, equal_the_next

N_BINS = 10
"""Bins of equal width, the upper edge included, as in Guo et al. 2017."""
MOST_POINTS = 200
"""A curve is thinned to about this many points."""
_UNSCORED = -np.inf


@dataclass(frozen=True)
class CurvePoint:
    """Precision, recall and F1 of the `n` predictions with this score or a higher one."""

    score: float
    n: int
    precision: float
    recall: float | None
    f1: float


@dataclass(frozen=True)
class ScoreBin:
    """The predictions whose scores are above `low` and at most `high`: mean score, and the share that is right."""

    low: float
    high: float
    n: int
    score: float
    right: float


@dataclass(frozen=True, eq=False)
class Ranked:
    """The predictions of one layer that count, with score (NaN = none) and whether they are right.

    `size` is the number of articles, `gold` the gold items of each; None where only what is in a pair is asked about,
    and ranks mean nothing.
    """

    layer: Layer
    match: str
    article: Numbers
    score: Values
    right: Flags
    size: int
    gold: Column | None

    @property
    def scored(self) -> Flags:
        """Which predictions have a score."""
        result: Flags = ~np.isnan(self.score)
        return result

    @property
    def is_share(self) -> bool:
        """Whether all scores can be probabilities."""
        score = self.score[self.scored]
        return bool(((score >= 0) & (score <= 1)).all())

    def formulas(self) -> dict[Measure, Formula]:
        """Average precision, and where the scores can be probabilities the calibration error."""
        found: dict[Measure, Formula] = {}
        if self.gold is not None:
            ranks = np.where(self.scored, self.score, _UNSCORED)
            ranked = AveragePrecision(self.article, ranks, self.right, gold=self.gold)
            found[Measure("ap", self.match, self.layer)] = ranked
        if self.is_share:
            found[Measure("ece", self.match, self.layer)] = self.calibration()
        return found

    def calibration(self) -> CalibrationError:
        """The expected calibration error of the predictions that have a score."""
        number = find_bins(self.score[self.scored])
        article, score, right = (column[self.scored] for column in (self.article, self.score, self.right))
        bins = []
        for i in range(N_BINS):
            inside = number == i
            columns = [None, score[inside], right[inside].astype(float)]
            bins.append(tuple(np.bincount(article[inside], column, minlength=self.size) for column in columns))
        return CalibrationError([(n, score, right) for n, score, right in bins])

    def warnings(self) -> list[str]:
        """What is odd about the scores."""
        without = int((~self.scored).sum())
        found = []
        if without:
            found.append(
                f"{without:,} predicted {self.layer} have no score, others have; they rank last and are not calibrated"
            )
        if not self.is_share:
            found.append(
                f"scores of {self.layer} outside [0, 1] are no probabilities; their calibration is not measured"
            )
        return found

    def curve(self, groups: Groups | None = None) -> list[CurvePoint]:
        """Precision and recall at each score, highest first, thinned to about `MOST_POINTS`; ties are one point.

        Args:
            groups: where stories are counted and not articles, which story each article belongs to.
        """
        if self.gold is None:
            return []
        weight = self._weigh(groups)
        total = float((self.gold if groups is None else self.gold * groups.weight).sum())
        order = np.argsort(-self.score[self.scored], kind="stable")
        score, right, weight = (
            self.score[self.scored][order],
            self.right[self.scored][order],
            weight[self.scored][order],
        )
        last = np.nonzero(np.append(score[1:] != score[:-1], True))[0] if len(score) else np.zeros(0, np.int64)
        found, seen = np.cumsum(weight * right)[last], np.cumsum(weight)[last]
        kept = np.arange(len(last))
        if len(kept) > MOST_POINTS:
            best = int(np.argmax(2 * found / (seen + total)))
            kept = np.unique([*np.linspace(0, len(last) - 1, MOST_POINTS).astype(int), best])
        return [
            CurvePoint(
                score=float(score[last[i]]),
                n=int(last[i]) + 1,
                precision=float(found[i] / seen[i]),
                recall=float(found[i] / total) if total else None,
                f1=float(2 * found[i] / (seen[i] + total)),
            )
            for i in kept.tolist()
        ]

    def bins(self, groups: Groups | None = None) -> list[ScoreBin]:
        """The reliability of the scores by bin; empty bins are left out, and all where scores are no probabilities."""
        if not self.is_share:
            return []
        weight = self._weigh(groups)[self.scored]
        score, right = self.score[self.scored], self.right[self.scored]
        number = find_bins(score)
        return [
            ScoreBin(
                low=i / N_BINS,
                high=(i + 1) / N_BINS,
                n=int(inside.sum()),
                score=float(np.average(score[inside], weights=weight[inside])),
                right=float(np.average(right[inside], weights=weight[inside])),
            )
            for i in range(N_BINS)
            if (inside := number == i).any()
        ]

    def _weigh(self, groups: Groups | None) -> Values:
        """How much each prediction counts."""
        return np.ones(len(self.article)) if groups is None else groups.weight[self.article]

    def to_dict(self, groups: Groups | None = None) -> dict[str, Any]:
        """Curve and bins as JSON holds them."""
        points = [asdict(point) for point in self.curve(groups)]
        return {"curve": points, "reliability": [asdict(found) for found in self.bins(groups)]}


def find_bins(score: Values) -> Numbers:
    """The bin of each score in [0, 1].

    >>> find_bins(np.array([0, 0.1, 0.11, 1.0])).tolist()
    [0, 0, 1, 9]
    """
    edges = np.linspace(0, 1, N_BINS + 1)[1:-1]
    return np.searchsorted(edges, score).astype(np.int64)


def rank_entities(sides: EntitySides, rows: tuple[Numbers, Numbers], score: Values, size: int) -> Ranked:
    """The predicted entities with their scores.

    Args:
        rows: the shared alignment, as `entities.align` has it.
        score: of each row of the predictions, NaN where there is none.
        size: the number of articles.
    """
    gold, predicted = sides.gold, sides.predicted
    _, predicted_rows = rows
    right, counts = np.zeros(len(predicted), bool), ~predicted.ignorable
    right[predicted_rows] = has_same_extent(sides, *rows) & has_right_label(sides, *rows)
    counts[predicted_rows] = True
    score = _give_best_to_right(predicted.start, predicted.end, predicted.label, score, right)
    return Ranked(
        "entities",
        "strict",
        predicted.article[counts],
        score[counts],
        right[counts],
        size,
        np.bincount(gold.article, minlength=size),
    )


def _give_best_to_right(start: Numbers, end: Numbers, label: Numbers, score: Values, right: Flags) -> Values:
    """The scores, so exchanged between copies that the right one of several has the best score."""
    same = equal_the_next(start, end, label)
    if not same.any():
        return score
    score = score.copy()
    number = np.cumsum(np.append(False, ~same)) if len(start) else np.zeros(0, np.int64)
    sizes = np.bincount(number)
    for group in np.nonzero(sizes > 1)[0].tolist():
        rows = np.nonzero(number == group)[0]
        best = np.sort(np.nan_to_num(score[rows], nan=_UNSCORED))[::-1]
        score[rows[np.argsort(~right[rows], kind="stable")]] = np.where(best == _UNSCORED, np.nan, best)
    return score


def rank_items(
    layer: Layer, gold: GoldTable, system: SystemTable, alignments: Mapping[int, Alignment]
) -> Iterator[Ranked]:
    """Quotes or claims with their scores; then claims in a pair with their check-worthiness. Without scores nothing."""
    golds_of: Mapping[int, Sequence[Quote | Claim]] = gold.quotes if layer == "quotes" else gold.claims
    predicted_of: Mapping[int, Sequence[Quote | Claim]] = system.quotes if layer == "quotes" else system.claims
    found: list[tuple[int, float, bool]] = []
    worth: list[tuple[int, float, bool]] = []
    n_gold = np.zeros(gold.size)
    for article, alignment in alignments.items():
        partner = {pair.predicted: pair.gold for pair in alignment.pairs}
        golds = golds_of.get(article, ())
        n_gold[article] = len(golds)
        for place, item in enumerate(predicted_of.get(article, ())):
            if place in alignment.left_out:
                continue
            score = confidence_of(item)
            found.append((article, np.nan if score is None else score, place in partner))
            other = golds[partner[place]] if place in partner else None
            if isinstance(item, Claim) and isinstance(other, Claim) and item.score is not None:
                worth.append((article, item.score, other.check_worthy))
    for match, rows, total in (("overlap", found, n_gold), ("check-worthy", worth, None)):
        if any(not np.isnan(score) for _, score, _ in rows):
            article_of, scores, right = (np.array(column) for column in zip(*rows, strict=True))
            yield Ranked(layer, match, article_of.astype(np.int64), scores.astype(float), right, gold.size, total)
