"""Formulas on counts: ratios of sums over articles, so that every resample needs the counts only.

A formula has its columns (one number per article) and how their sums become a value. 0/0 is undefined: NaN here,
null in a report.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[Any]
Values: TypeAlias = npt.NDArray[np.float64]


class Weights(Protocol):
    """Which articles a resample holds, how often."""

    def sum(self, column: Column) -> Values:
        """The weighted sum of a column in each resample, shape (resamples,)."""
        ...

    def rows(self) -> Iterator[Values]:
        """How often a resample holds each article, shape (articles,), one resample at a time."""
        ...


@dataclass(frozen=True, eq=False)
class Groups:
    """Articles that count together: the group of each, and how much it counts there, shape (articles,) both.

    Where stories count and not articles, the articles of a story count as one: each has a weight of 1 / their number.
    Where articles have weights, each is a group of its own.

    >>> Groups(np.array([0, 0, 1]), np.array([0.5, 0.5, 1.0]), 2).sum(np.array([2, 4, 5])).tolist()
    [3.0, 5.0]
    """

    of: npt.NDArray[np.int64]
    weight: Values
    n: int

    def sum(self, column: Column) -> Values:
        """The weighted sum of a column by group, shape (groups,)."""
        return np.bincount(self.of, column * self.weight, minlength=self.n).astype(float)


class Formula(Protocol):
    """How one measure follows from counts; `n_gold` and `n_pred` are the sizes of what it compares."""

    @property
    def n_gold(self) -> int: ...
    @property
    def n_pred(self) -> int: ...

    def values(self, weights: Weights) -> Values:
        """The value in each resample, NaN where undefined."""
        ...

    def grouped(self, groups: Groups) -> Formula:
        """The same formula on counts by group; the sizes stay those of all articles."""
        ...


class SumFormula(ABC):
    """A formula on sums of columns, for callers that have the sums already."""

    @abstractmethod
    def columns(self) -> Sequence[Column]:
        """The columns whose sums the value needs, always in the same order."""

    @abstractmethod
    def from_sums(self, sums: Sequence[Values]) -> Values:
        """The value in each resample from the sums of the columns, NaN where undefined."""

    def values(self, weights: Weights) -> Values:
        """The value in each resample, NaN where undefined."""
        return self.from_sums([weights.sum(column) for column in self.columns()])

    @abstractmethod
    def grouped(self, groups: Groups) -> SumFormula:
        """The same formula on counts by group; the sizes stay those of all articles."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The five outcomes by article: integers, shape (articles,) each."""

    correct: Column
    incorrect: Column
    partial: Column
    missing: Column
    spurious: Column

    def gold(self) -> Column:
        """The gold items by article."""
        return self.correct + self.incorrect + self.partial + self.missing

    def predicted(self) -> Column:
        """The predicted items by article."""
        return self.correct + self.incorrect + self.partial + self.spurious

    def credit(self) -> Column:
        """The correct items by article, partial ones as half."""
        return self.correct + self.partial / 2 if self.partial.any() else self.correct

    def totals(self) -> dict[str, int]:
        """The sums over articles, by outcome."""
        return {name: int(getattr(self, name).sum()) for name in OUTCOMES}


OutcomesByMatch: TypeAlias = dict[tuple[str, str | None], Outcomes]
"""The outcomes of a layer by match and label; label None = all of the layer."""

OUTCOMES = ("correct", "incorrect", "partial", "missing", "spurious")


def divide(numerator: Values, denominator: Values) -> Values:
    """The ratio, NaN where the denominator is 0.

    >>> divide(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    defined = denominator != 0
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)


@dataclass(frozen=True, eq=False)
class Ratio(SumFormula):
    """Sum of one column over sum of another; or, for F1, twice one sum over the sum of two."""

    numerator: Column
    denominator: Column
    n_gold: int
    n_pred: int
    other_denominator: Column | None = None

    def columns(self) -> Sequence[Column]:
        further = [] if self.other_denominator is None else [self.other_denominator]
        return [self.numerator, self.denominator, *further]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        numerator, denominator, *other = sums
        return divide(2 * numerator, denominator + other[0]) if other else divide(numerator, denominator)

    def at(self, rows: npt.NDArray[np.int64]) -> Ratio:
        """The formula on some rows of the columns; the sizes stay those of all."""
        other = None if self.other_denominator is None else self.other_denominator[rows]
        return replace(
            self, numerator=self.numerator[rows], denominator=self.denominator[rows], other_denominator=other
        )

    def grouped(self, groups: Groups) -> Ratio:
        other = None if self.other_denominator is None else groups.sum(self.other_denominator)
        return replace(
            self,
            numerator=groups.sum(self.numerator),
            denominator=groups.sum(self.denominator),
            other_denominator=other,
        )


@dataclass(frozen=True, eq=False)
class Harmonic(SumFormula):
    """The harmonic mean of precision and recall that do not share a numerator; 0 where one is 0 or undefined."""

    precision: Ratio
    recall: Ratio

    @property
    def n_gold(self) -> int:
        return self.recall.n_gold

    @property
    def n_pred(self) -> int:
        return self.precision.n_pred

    def columns(self) -> Sequence[Column]:
        return [*self.precision.columns(), *self.recall.columns()]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        split = len(self.precision.columns())
        precision, recall = self.precision.from_sums(sums[:split]), self.recall.from_sums(sums[split:])
        nothing = np.isnan(precision) & np.isnan(recall)
        precision, recall = np.nan_to_num(precision), np.nan_to_num(recall)
        return np.where(nothing, np.nan, np.nan_to_num(divide(2 * precision * recall, precision + recall)))

    def grouped(self, groups: Groups) -> Harmonic:
        return Harmonic(self.precision.grouped(groups), self.recall.grouped(groups))


@dataclass(frozen=True, eq=False)
class Mean(SumFormula):
    """The mean of several ratios, over those that are defined."""

    parts: Sequence[Ratio]

    @property
    def n_gold(self) -> int:
        return sum(part.n_gold for part in self.parts)

    @property
    def n_pred(self) -> int:
        return sum(part.n_pred for part in self.parts)

    def columns(self) -> Sequence[Column]:
        return [column for part in self.parts for column in part.columns()]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        total: Any = 0.0
        defined: Any = 0.0
        first = 0
        for part in self.parts:
            last = first + len(part.columns())
            value = part.from_sums(sums[first:last])
            total = total + np.nan_to_num(value)
            defined = defined + ~np.isnan(value)
            first = last
        return divide(np.atleast_1d(np.asarray(total, float)), np.atleast_1d(np.asarray(defined, float)))

    def grouped(self, groups: Groups) -> Mean:
        return Mean([part.grouped(groups) for part in self.parts])


@dataclass(frozen=True, eq=False)
class Kappa(SumFormula):
    """Cohen's kappa: (observed - expected agreement) / (1 - expected); undefined where all answers are the same.

    `agreed` of the `total` pairs have one answer on both sides; `answers` has, for each answer, how many pairs have it
    in gold and how many in the prediction.
    """

    agreed: Column
    total: Column
    answers: Sequence[tuple[Column, Column]]
    n_pairs: int | None = None
    """How many pairs there are, where `total` is weighted."""

    @property
    def n_gold(self) -> int:
        return int(self.total.sum()) if self.n_pairs is None else self.n_pairs

    n_pred = n_gold

    def columns(self) -> Sequence[Column]:
        return [self.agreed, self.total, *(column for answer in self.answers for column in answer)]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        agreed, total, *answers = sums
        expected: Any = 0.0
        for gold, predicted in zip(answers[::2], answers[1::2], strict=True):
            expected = expected + divide(gold, total) * divide(predicted, total)
        return divide(divide(agreed, total) - expected, 1 - expected)

    def grouped(self, groups: Groups) -> Kappa:
        answers = [(groups.sum(gold), groups.sum(predicted)) for gold, predicted in self.answers]
        return Kappa(groups.sum(self.agreed), groups.sum(self.total), answers, self.n_gold)


@dataclass(frozen=True, eq=False)
class CalibrationError(SumFormula):
    """The expected calibration error: how far the mean score of a bin is from its share right, over all predictions.

    `bins` have three columns each: the predictions, their summed scores, how many of them are right.

    >>> bin = np.array([4.0]), np.array([3.2]), np.array([2.0])
    >>> round(float(CalibrationError([bin]).values(Once(1))[0]), 6)
    0.3
    """

    bins: Sequence[tuple[Column, Column, Column]]
    n_scored: int | None = None
    """How many predictions have a score, where the columns are weighted."""

    @property
    def n_gold(self) -> int:
        return int(sum(n.sum() for n, _, _ in self.bins)) if self.n_scored is None else self.n_scored

    n_pred = n_gold

    def columns(self) -> Sequence[Column]:
        return [column for found in self.bins for column in found]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        total: Any = 0.0
        far: Any = 0.0
        for n, score, right in zip(sums[::3], sums[1::3], sums[2::3], strict=True):
            total = total + n
            far = far + np.abs(score - right)
        return divide(far, total)

    def grouped(self, groups: Groups) -> CalibrationError:
        bins = [(groups.sum(n), groups.sum(score), groups.sum(right)) for n, score, right in self.bins]
        return CalibrationError(bins, self.n_gold)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """AP = sum of (R_k - R_(k-1)) P_k over distinct thresholds, units of all articles pooled.

    Args:
        article: the article of each unit, shape (units,).
        score: the rank value of each unit.
        positive: whether the unit is a positive one in gold.
        weight: how much each unit counts; None = all alike.
        gold: the positives by article, where not all of them are units (a gold item that was missed is none);
            None = the units are all there are.
        n_items: the number of gold items, where `gold` is weighted.

    >>> import numpy as np
    >>> ap = AveragePrecision(np.zeros(4, int), np.array([0.9, 0, 0.7, 0.8]), np.array([1, 0, 1, 0]) > 0)
    >>> round(float(ap.values(Once(1))[0]), 3)
    0.833
    """

    article: Column
    score: Column
    positive: Column
    weight: Column | None = None
    gold: Column | None = None
    n_items: int | None = None

    @property
    def n_gold(self) -> int:
        return int((self.positive if self.gold is None else self.gold).sum()) if self.n_items is None else self.n_items

    @property
    def n_pred(self) -> int:
        return int((self.score > 0).sum()) if self.gold is None else len(self.score)

    def values(self, weights: Weights) -> Values:
        order = np.argsort(-self.score, kind="stable")
        score, positive, article = self.score[order], self.positive[order], self.article[order]
        weight = 1.0 if self.weight is None else self.weight[order]
        last = np.append(score[1:] != score[:-1], True) if len(score) else np.zeros(0, bool)
        results = []
        for row in weights.rows():
            units = row[article] * weight
            found = np.cumsum(units * positive)[last]
            seen = np.cumsum(units)[last]
            total = row @ self.gold if self.gold is not None else found[-1] if len(found) else 0
            if total == 0:
                results.append(np.nan)
                continue
            precision = np.nan_to_num(divide(found, seen))
            results.append(float(np.sum(np.diff(found, prepend=0) * precision) / total))
        return np.array(results)

    def grouped(self, groups: Groups) -> AveragePrecision:
        weight = groups.weight[self.article] if self.weight is None else self.weight * groups.weight[self.article]
        gold = None if self.gold is None else groups.sum(self.gold)
        return AveragePrecision(groups.of[self.article], self.score, self.positive, weight, gold, self.n_gold)

    def swapped(self, other: AveragePrecision, swaps: npt.NDArray[np.bool_]) -> AveragePrecision:
        """With the units of the other formula in the articles that are swapped, all as those of one article.

        Args:
            swaps: whether each article is swapped, shape (articles,).
        """
        kept, taken = ~swaps[self.article], swaps[other.article]

        def join(name: str) -> Column:
            mine, theirs = getattr(self, name), getattr(other, name)
            return np.concatenate([mine[kept], theirs[taken]])

        score = join("score")
        return AveragePrecision(
            np.zeros(len(score), np.int64),
            score,
            join("positive"),
            None if self.weight is None else join("weight"),
            None if self.gold is None else np.array([self.gold.sum()]),
        )


@dataclass(frozen=True)
class Once:
    """Every article once: the weights that give the point value."""

    articles: int

    def sum(self, column: Column) -> Values:
        return np.array([column.sum()], float)

    def rows(self) -> Iterator[Values]:
        yield np.ones(self.articles)


def prf(credit: Column, gold: Column, predicted: Column) -> dict[str, Ratio]:
    """Precision, recall and F1 of one numerator."""
    sizes = int(gold.sum()), int(predicted.sum())
    return {
        "precision": Ratio(credit, predicted, *sizes),
        "recall": Ratio(credit, gold, *sizes),
        "f1": Ratio(credit, gold, *sizes, predicted),
    }
