"""Uncertainty from counts: articles are drawn with replacement, values follow from the sums; nothing is scored again.

The unit is the article because spans of one article are not independent. Intervals are expanded percentile
intervals (Hesterberg 2015): plain percentile intervals are too narrow below about 50 articles.

Where articles were sampled, in strata and with weights, that is still too narrow for a few of them: often one small
stratum makes most of the spread, and resamples of a few articles vary less than samples do. There the t quantile has
the degrees of freedom of the strata that make the spread (Satterthwaite 1946), and the interval is expanded further
where the jackknife, which errs to the safe side (Efron & Stein 1981), finds more spread than the resamples have. Most
misses lie on the side of a long tail that the sample saw little of: there, BCa's level (Efron 1987) is used if it is
farther out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Generic, TypeVar

import numpy as np

from annotate.score.distributions import t_quantile
from annotate.score.formulas import Column, Formula, SumFormula, Values
from annotate.score.sample import Sample, count_drawn, iter_blocks
from annotate.score.tables import Numbers

CONFIDENCE = 0.95
MIN_ARTICLES = 5
MIN_LABEL_SPANS = 10
NO_WIDTH = 1e-12  # rounding errors of weighted sums
#: With more articles than this, strata and the jackknife change nothing that is visible.
MOST_LEFT_OUT = 2000

K = TypeVar("K", bound=Hashable)


def draw_articles(n_articles: int, trials: int, seed: int) -> Iterator[Values]:
    """How often each resample holds each article, in blocks of shape (some of the trials, articles)."""
    generator = np.random.default_rng(seed)
    for rows in iter_blocks(trials, n_articles):
        yield count_drawn(generator, rows, n_articles, n_articles).astype(float)


@dataclass(frozen=True)
class Reweighted:
    """What each article weighs in the sample itself, in each resample and without each article, in rows of `weights`.

    `trials` is the number of resamples; `sample` is None where all articles are alike: then none is left out.
    """

    weights: Values
    trials: int
    sample: Sample | None

    def interval(self, values: Values, articles: Numbers) -> tuple[float | None, float | None, float | None]:
        """Value, low and high (`read_interval`) from the value by each row.

        Args:
            articles: those that count for the value.
        """
        resampled, without = values[: 1 + self.trials], values[1 + self.trials :]
        sample = None if self.sample is None else self.sample.take(articles)
        return read_interval(resampled, len(articles), sample, without[articles] if len(without) else None)


def reweigh(n_articles: int, trials: int, seed: int, sample: Sample | None = None) -> Reweighted:
    """The rows of weights of so many articles, drawn as they were sampled; None = all alike."""
    if sample is None:
        return Reweighted(draw_with_point(n_articles, trials, seed), trials, None)
    weights = sample.draw_with_point(trials, seed)
    if trials and n_articles <= MOST_LEFT_OUT:
        left_out = np.stack([*_LeaveOneOut(np.arange(n_articles), n_articles, sample.stratum).rows()])
        weights = np.concatenate([weights, left_out * weights[0]])
    return Reweighted(weights, trials, sample)


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
        self._size = size
        self._trials = trials
        self._seed = seed
        self._sample = sample
        self._places: dict[K, list[int]] = {}
        self._found: dict[K, Values] = {}
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

    def interval(self, name: K, minus: K | None = None) -> tuple[float, float] | None:
        """The 95 % interval of one formula, or of its difference from another; None where it is mostly undefined."""
        values = self.values(name) if minus is None else self.values(name) - self.values(minus)
        if self._sample is None:
            return expanded_interval(values, len(self._articles))
        if len(self._articles) > MOST_LEFT_OUT:
            return sampled_interval(values, self._sample)
        formulas = [self._formulas[each] for each in (name, minus) if each is not None]
        without, *other = jackknife(formulas, self._articles, self._size, self._sample.stratum)
        return sampled_interval(values, self._sample, without - other[0] if other else without)

    def values(self, name: K) -> Values:
        """The value of one formula in each resample, shape (trials,), NaN where undefined."""
        if name not in self._found:
            formula = self._formulas[name]
            if isinstance(formula, SumFormula):
                self._found[name] = formula.from_sums([self._sums[:, place] for place in self._places[name]])
            else:
                self._found[name] = formula.values(self)
        return self._found[name]

    def sum(self, column: Column) -> Values:
        """The sums of any column, shape (trials,)."""
        values = column[self._articles].astype(float)
        return np.concatenate([block @ values for block in self._draw()])

    def rows(self) -> Iterator[Values]:
        """The weights of all articles, one resample at a time."""
        for block in self._draw():
            for row in block:
                weights = np.zeros(self._size)
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


def read_interval(
    values: Values, n_articles: int, sample: Sample | None = None, without: Values | None = None
) -> tuple[float | None, float | None, float | None]:
    """Value, low and high from a value and its resampled ones (in this order); None where undefined.

    Of a sample, by `sampled_interval`. Below five articles there is no interval, nor where no resample differs (then it
    would have width 0).
    """
    value = None if np.isnan(values[0]) else float(values[0])
    resampled = values[1:]
    defined = resampled[~np.isnan(resampled)]
    if value is None or n_articles < MIN_ARTICLES or len(defined) == 0 or np.ptp(defined) < NO_WIDTH:
        return value, None, None
    if sample is None:
        low, high = expanded_interval(resampled, n_articles) or (None, None)
    else:
        low, high = sampled_interval(resampled, sample, without) or (None, None)
    return value, low, high


def sampled_interval(values: Values, sample: Sample, without: Values | None = None) -> tuple[float, float] | None:
    """The interval of a value of a sample: expanded, further by what the jackknife finds beyond the resamples, and on
    the side of a long tail.

    Args:
        values: by each resample.
        without: the value without each article of the sample (`jackknife`); None = articles less strata are the degrees
            of freedom, and the resamples are believed.
    """
    size, further, acceleration = sample.freedom + 1.0, 1.0, 0.0
    if without is not None:
        error, freedom = sample.find_spread(without)
        acceleration = sample.find_acceleration(without)
        defined = values[~np.isnan(values)]
        spread = float(defined.std(ddof=1)) if len(defined) > 1 else 0.0
        if error > 0 and spread > 0:
            size, further = round(freedom, 1) + 1, max(1.0, error / spread)  # rounded: quantiles are cached
    return expanded_interval(values, size, further, acceleration)


def expanded_interval(
    values: Values, n_articles: float, further: float = 1.0, acceleration: float = 0.0
) -> tuple[float, float] | None:
    """The expanded percentile interval of resampled values; None where most of them are undefined.

    The percentiles are those of `expanded_levels`, interpolated linearly.
    """
    defined = values[~np.isnan(values)]
    if len(defined) * 2 <= len(values) or n_articles < 2:
        return None
    low, high = np.quantile(defined, expanded_levels(n_articles, further=further, acceleration=acceleration))
    return float(low), float(high)


def expanded_levels(n: float, *, further: float = 1.0, acceleration: float = 0.0) -> tuple[float, float]:
    """The two levels in [0, 1] at which the expanded percentile interval for n articles is read off.

    They are Phi(+-sqrt(n/(n-1)) t(0.975, n-1)); `further` is a factor within the parentheses. With an acceleration,
    each is the outer one of this and of the level that BCa (Efron 1987) has for it, with the acceleration as its bias
    too, as for a mean.

    >>> [round(level, 4) for level in expanded_levels(5)]
    [0.001, 0.999]
    """
    reach = math.sqrt(n / (n - 1)) * t_quantile((1 + CONFIDENCE) / 2, n - 1) * further
    low, high = _accelerate(-reach, acceleration), _accelerate(reach, acceleration)
    return min(NormalDist().cdf(-reach), low), max(NormalDist().cdf(reach), high)


def _accelerate(z: float, acceleration: float) -> float:
    moved = acceleration + z
    left = 1 - acceleration * moved
    return NormalDist().cdf(acceleration + moved / left) if left > 0 else float(moved > 0)


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


def jackknife(
    formulas: Sequence[Formula], articles: Numbers, size: int, stratum: Numbers | None = None
) -> list[Values]:
    """The value of each formula with one article left out, shape (articles,) each.

    Args:
        stratum: of each of these articles; the others of a stratum then stand in for the one that is left out.
    """
    weights = _LeaveOneOut(articles, size, stratum)
    return [formula.values(weights) for formula in formulas]


class _LeaveOneOut:
    def __init__(self, articles: Numbers, size: int, stratum: Numbers | None) -> None:
        self._articles = articles
        self._size = size
        self._group: Numbers | None = None
        self._factor = np.ones(len(articles))  # of the others in the stratum
        if stratum is not None:
            _, self._group, counts = np.unique(stratum, return_inverse=True, return_counts=True)
            self._factor = (counts / np.maximum(counts - 1, 1))[self._group]

    def sum(self, column: Column) -> Values:
        values = column[self._articles].astype(float)
        others: Values = values.sum() - values
        if self._group is not None:
            here = np.bincount(self._group, values)[self._group]
            others += (here - values) * (self._factor - 1)
        return others

    def rows(self) -> Iterator[Values]:
        for place, left_out in enumerate(self._articles.tolist()):
            weights = np.zeros(self._size)
            same = self._group is not None and self._group == self._group[place]
            weights[self._articles] = np.where(same, self._factor[place], 1)
            weights[left_out] = 0
            yield weights
