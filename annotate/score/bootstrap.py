"""Uncertainty from counts: documents are drawn with replacement, figures follow from the sums; nothing is rescored.

The unit is the document because spans of one article are not independent. Intervals are expanded percentile
intervals (Hesterberg 2015): plain percentile intervals are too narrow below about 50 documents.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import NormalDist

import numpy as np

from annotate.score.distributions import t_quantile
from annotate.score.figures import Column, Figure, Values
from annotate.score.tables import Numbers

CONFIDENCE = 0.95
MIN_DOCUMENTS = 5
MIN_LABEL_SPANS = 10
_BLOCK = 1 << 20  # weights held at a time


class Resamples:
    """Weighted sums of columns over resampled documents; every figure sees the same resamples.

    Args:
        documents: the documents to draw from.
        size: how many documents the columns have.
    """

    def __init__(self, figures: Iterable[Figure], documents: Numbers, size: int, trials: int, seed: int) -> None:
        self._documents = documents
        self._size = size
        self._trials = trials
        self._seed = seed
        # kept, so that no id is used again while it is a key
        self._columns = {id(column): column for figure in figures for column in figure.columns()}
        places: dict[bytes, int] = {}  # many columns are equal, such as gold's size under every scheme
        self._place: dict[int, int] = {}
        kept: list[Values] = []
        for key, column in self._columns.items():
            values = column[documents].astype(float)
            place = places.setdefault(values.tobytes(), len(kept))
            if place == len(kept):
                kept.append(values)
            self._place[key] = place
        table = np.stack(kept, axis=1) if kept else np.zeros((len(documents), 0))
        self._sums = np.concatenate([block @ table for block in self._blocks()])

    def _blocks(self) -> Iterator[Values]:
        """How often each resample holds each document, shape (some resamples, documents)."""
        generator = np.random.default_rng(self._seed)
        n = len(self._documents)
        step = max(1, _BLOCK // n)
        for first in range(0, self._trials, step):
            rows = min(step, self._trials - first)
            drawn = generator.integers(0, n, (rows, n)) + np.arange(rows)[:, None] * n
            yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(float)

    def sum(self, column: Column) -> Values:
        """The sums of one column of the figures, shape (trials,)."""
        result: Values = self._sums[:, self._place[id(column)]]
        return result

    def rows(self) -> Iterator[Values]:
        """The weights of all documents, one resample at a time."""
        for block in self._blocks():
            for row in block:
                weights = np.zeros(self._size)
                weights[self._documents] = row
                yield weights


def expanded_interval(values: Values, n_documents: int) -> tuple[float, float] | None:
    """The expanded percentile interval of resampled values; None where most of them are undefined.

    The percentiles are at Phi(+-sqrt(n/(n-1)) t(0.975, n-1)) for n documents, interpolated linearly.
    """
    defined = values[~np.isnan(values)]
    if len(defined) * 2 <= len(values):
        return None
    low, high = np.quantile(defined, expanded_levels(n_documents))
    return float(low), float(high)


def expanded_levels(n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two levels in (0, 1) at which the expanded percentile interval for n documents is read off.

    >>> [round(level, 4) for level in expanded_levels(5)]
    [0.001, 0.999]
    """
    reach = math.sqrt(n / (n - 1)) * t_quantile((1 + confidence) / 2, n - 1)
    return NormalDist().cdf(-reach), NormalDist().cdf(reach)


def rule_of_three(value: float, n: int) -> tuple[float, float] | None:
    """The 95 % bound where no error (value 1) or no success (value 0) was seen in n cases: 3 / n away.

    A resampled interval has width 0 there. The cases are taken as independent.

    >>> rule_of_three(1.0, 60)
    (0.95, 1.0)
    """
    if n == 0 or value not in (0.0, 1.0):
        return None
    far = min(1.0, 3 / n)
    return (1 - far, 1.0) if value == 1.0 else (0.0, far)


def jackknife(figures: Sequence[Figure], documents: Numbers, size: int) -> list[Values]:
    """The value of each figure with one document left out, shape (documents,) each."""
    weights = _LeaveOneOut(documents, size)
    return [figure.values(weights) for figure in figures]


class _LeaveOneOut:
    def __init__(self, documents: Numbers, size: int) -> None:
        self._documents = documents
        self._size = size

    def sum(self, column: Column) -> Values:
        values = column[self._documents].astype(float)
        result: Values = values.sum() - values
        return result

    def rows(self) -> Iterator[Values]:
        for left_out in self._documents.tolist():
            weights = np.zeros(self._size)
            weights[self._documents] = 1
            weights[left_out] = 0
            yield weights
