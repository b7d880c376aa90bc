"""Uncertainty from counts: articles are drawn with replacement, values follow from the sums; nothing is scored again.

The unit is the article because spans of one article are not independent. Intervals are expanded percentile
intervals (Hesterberg 2015): plain percentile intervals are too narrow below about 50 articles.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np

from annotate.score.distributions import t_quantile
from annotate.score.formulas import Column, Formula, SumFormula, Values
from annotate.score.sample import Sample
from annotate.score.tables import Numbers

CONFIDENCE = 0.95
MIN_ARTICLES = 5
MIN_LABEL_SPANS = 10
NO_WIDTH = 1e-12  # rounding errors of weighted sums
_BLOCK = 1 << 20  # weights held at a time


K = TypeVar("K", bound=Hashable)


def draw_articles(n_articles: int, trials: int, seed: int) -> Iterator[Values]:
    """How often each resample holds each article, in blocks of shape (some of the trials, articles)."""
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK // max(1, n_articles))
    for first in range(0, trials if n_articles else 0, step):
        rows = min(step, trials - first)
        drawn = generator.integers(0, n_articles, (rows, n_articles)) + np.arange(rows)[:, None] * n_articles
        yield np.bincount(drawn.ravel(), minlength=rows * n_articles).reshape(rows, n_articles).astype(float)


def draw_with_point(n_articles: int, trials: int, seed: int) -> Values:
    """How often each resample holds each article, shape (1 + trials, articles); the first row has each once."""
    return np.concatenate([np.ones((1, n_articles)), *draw_articles(n_articles, trials, seed)])


class Resamples(Generic[K]):
    """Values of formulas over resampled articles; every formula sees the same resamples.

    The columns of all formulas are added up together, in one product of matrices; equal columns once.

    Args:
        formulas: by any name.
        articles: those to draw from.
        size: how many articles the columns have.
        sample: of these articles, where they were sampled: they are drawn as it was; None = all alike.
    """

    def __init__(
        self,
        formulas: Mapping[K, Formula],
        articles: Numbers,
        size: int,
        trials: int,
        seed: int,
        sample: Sample | None = None,
    ) -> None:
        self._formulas = formulas
        self._articles = articles
        self._columns_size = size
        self._trials = trials
        self._seed = seed
        self._sample = sample
        self._places: dict[K, list[int]] = {}
        place_of: dict[bytes, int] = {}
        kept: list[Values] = []
        for name, formula in formulas.items():
            if not isinstance(formula, SumFormula):
                continue
            places = self._places[name] = []
            for column in formula.columns():
                values = column[articles].astype(float)
                place = place_of.setdefault(values.tobytes(), len(kept))
                if place == len(kept):
                    kept.append(values)
                places.append(place)
        table = np.stack(kept, axis=1) if kept else np.zeros((len(articles), 0))
        self._sums = np.concatenate([block @ table for block in self._draw()])

    def _draw(self) -> Iterator[Values]:
        if self._sample is not None:
            return self._sample.draw(self._trials, self._seed)
        return draw_articles(len(self._articles), self._trials, self._seed)

    @property
    def size(self) -> int:
        """The number of articles that an interval rests on: one more than its degrees of freedom."""
        return len(self._articles) if self._sample is None else self._sample.freedom + 1

    def values(self, name: K) -> Values:
        """The value of one formula in each resample, shape (trials,), NaN where undefined."""
        formula = self._formulas[name]
        if isinstance(formula, SumFormula):
            return formula.from_sums([self._sums[:, place] for place in self._places[name]])
        return formula.values(self)

    def sum(self, column: Column) -> Values:
        """The sums of any column, shape (trials,)."""
        values = column[self._articles].astype(float)
        return np.concatenate([block @ values for block in self._draw()])

    def rows(self) -> Iterator[Values]:
        """The weights of all articles, one resample at a time."""
        for block in self._draw():
            for row in block:
                weights = np.zeros(self._columns_size)
                weights[self._articles] = row
                yield weights


class ArticleWeights:
    """Weights where one article is in several comparisons, one for each pair of its annotators.

    Every comparison counts as often as its article was drawn.

    Args:
        rows: how often each resample holds each article, see `draw_with_point`.
        article: the article of each comparison, shape (comparisons,).
        chosen: which comparisons count at all; default: all.
    """

    def __init__(self, rows: Values, article: Numbers, chosen: Column | None = None) -> None:
        self._rows = rows
        self._article = article
        self._chosen = np.ones(len(article)) if chosen is None else chosen.astype(float)

    def sum(self, column: Column) -> Values:
        """The weighted sum of a column in each resample."""
        by_article = np.bincount(self._article, column * self._chosen, minlength=self._rows.shape[1])
        result: Values = self._rows @ by_article
        return result

    def rows(self) -> Iterator[Values]:
        """The weight of each comparison, one resample at a time."""
        for row in self._rows:
            yield row[self._article] * self._chosen


def read_interval(values: Values, n_articles: int) -> tuple[float | None, float | None, float | None]:
    """Value, low and high from a value and its resampled ones (in this order); None where undefined.

    Below five articles there is no interval, nor where no resample differs (then it would have width 0).
    """
    value = None if np.isnan(values[0]) else float(values[0])
    resampled = values[1:]
    defined = resampled[~np.isnan(resampled)]
    if value is None or n_articles < MIN_ARTICLES or len(defined) == 0 or np.ptp(defined) < NO_WIDTH:
        return value, None, None
    low, high = expanded_interval(resampled, n_articles) or (None, None)
    return value, low, high


def expanded_interval(values: Values, n_articles: int) -> tuple[float, float] | None:
    """The expanded percentile interval of resampled values; None where most of them are undefined.

    The percentiles are at Phi(+-sqrt(n/(n-1)) t(0.975, n-1)) for n articles, interpolated linearly.
    """
    defined = values[~np.isnan(values)]
    if len(defined) * 2 <= len(values) or n_articles < 2:
        return None
    low, high = np.quantile(defined, expanded_levels(n_articles))
    return float(low), float(high)


def expanded_levels(n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two levels in (0, 1) at which the expanded percentile interval for n articles is read off.

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


def jackknife(formulas: Sequence[Formula], articles: Numbers, size: int) -> list[Values]:
    """The value of each formula with one article left out, shape (articles,) each."""
    weights = _LeaveOneOut(articles, size)
    return [formula.values(weights) for formula in formulas]


class _LeaveOneOut:
    def __init__(self, articles: Numbers, size: int) -> None:
        self._articles = articles
        self._size = size

    def sum(self, column: Column) -> Values:
        values = column[self._articles].astype(float)
        result: Values = values.sum() - values
        return result

    def rows(self) -> Iterator[Values]:
        for left_out in self._articles.tolist():
            weights = np.zeros(self._size)
            weights[self._articles] = 1
            weights[left_out] = 0
            yield weights
