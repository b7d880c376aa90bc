"""Formulas on counts: ratios of sums over articles, so that every resample needs the counts only.

A formula has its columns (one number per article) and how their sums become a value. 0/0 is undefined: NaN here,
null in a report.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


class Formula(Protocol):
    """How one measure follows from counts; `n_gold` and `n_pred` are the sizes of what it compares."""

    @property
    def n_gold(self) -> int: ...
    @property
    def n_pred(self) -> int: ...

    def values(self, weights: Weights) -> Values:
        """The value in each resample, NaN where undefined."""
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


@dataclass(frozen=True, eq=False)
class Kappa(SumFormula):
    """Cohen's kappa: (observed - expected agreement) / (1 - expected); undefined where all answers are the same.

    `agreed` of the `total` pairs have one answer on both sides; `answers` has, for each answer, how many pairs have it
    in gold and how many in the prediction.
    """

    agreed: Column
    total: Column
    answers: Sequence[tuple[Column, Column]]

    @property
    def n_gold(self) -> int:
        return int(self.total.sum())

    n_pred = n_gold

    def columns(self) -> Sequence[Column]:
        return [self.agreed, self.total, *(column for answer in self.answers for column in answer)]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        agreed, total, *answers = sums
        expected: Any = 0.0
        for gold, predicted in zip(answers[::2], answers[1::2], strict=True):
            expected = expected + divide(gold, total) * divide(predicted, total)
        return divide(divide(agreed, total) - expected, 1 - expected)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """AP = sum of (R_k - R_(k-1)) P_k over distinct thresholds, units of all articles pooled.

    Args:
        article: the article of each unit, shape (units,).
        score: the rank value of each unit.
        positive: whether the unit is a positive one in gold.
        weight: of each unit; None = all alike.

    >>> import numpy as np
    >>> ap = AveragePrecision(np.zeros(4, int), np.array([0.9, 0, 0.7, 0.8]), np.array([1, 0, 1, 0]) > 0)
    >>> round(float(ap.values(Once(1))[0]), 3)
    0.833
    """

    article: Column
    score: Column
    positive: Column
    weight: Column | None = None

    @property
    def n_gold(self) -> int:
        return int(self.positive.sum())

    @property
    def n_pred(self) -> int:
        return int((self.score > 0).sum())

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
            if len(found) == 0 or found[-1] == 0:
                results.append(np.nan)
                continue
            precision = np.nan_to_num(divide(found, seen))
            results.append(float(np.sum(np.diff(found, prepend=0) * precision) / found[-1]))
        return np.array(results)


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
