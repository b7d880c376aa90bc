"""Gold that was sampled: how much each article weighs, and how it is resampled. Pure.

A weighted value is a ratio of weighted sums (Hajek 1971). Intervals come from the rescaled bootstrap within strata (Rao
& Wu 1988): of the n articles of a stratum n - 1 are drawn with replacement, m times each, and an article's weight w
becomes w (1 + f (n / (n - 1) m - 1)) with f the root of 1 - probability: what was taken for certain does not vary, and
a pool that was annotated as a whole has no interval left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotate.score.formulas import Column, Formula, Groups, Values
from annotate.selected import Pools, Selected

ALONE = -1
"""The stratum of all articles that are alone in theirs."""


@dataclass(frozen=True)
class Sample:
    """The weight of each article, its stratum, the root of the share of its weight that is not itself, and its design.

    Arrays have one entry an article; `selected` is None where an article carries a weight, but no `meta.selection`.
    """

    weights: Values
    stratum: Column
    spread: Values
    selected: Sequence[Selected | None]

    def take(self, articles: Column) -> Sample:
        """The sample of some articles only; strata that are left with one article are put together."""
        _, stratum, counts = np.unique(self.stratum[articles], return_inverse=True, return_counts=True)
        return Sample(
            self.weights[articles],
            np.where(counts[stratum] > 1, stratum, ALONE),
            self.spread[articles],
            [self.selected[article] for article in articles.tolist()],
        )

    def group(self, groups: Groups) -> Sample:
        """The sample of groups of articles, such as stories, that are each within one stratum.

        A group's weight is the sum of its articles' shares in it, and its chance at least that of any of them.
        """
        members = np.flatnonzero(groups.weight > 0)
        _, first = np.unique(groups.of[members], return_index=True)
        spread = np.ones(groups.n)
        np.minimum.at(spread, groups.of[members], self.spread[members])
        one = members[first]
        selected = [self.selected[article] for article in one.tolist()]
        found = Sample(groups.sum(np.ones(len(groups.of))), self.stratum[one], spread, selected)
        return found.take(np.arange(groups.n))

    @property
    def pools(self) -> list[dict[str, Any]]:
        """The pools that the articles were selected from (`annotate.selected.Pools`)."""
        found = Pools()
        for one in self.selected:
            if one is not None:
                found.add(one)
        return found.describe()

    @property
    def effective(self) -> float:
        """The size of an equally weighted sample that is as precise."""
        return effective_size(self.weights)

    @property
    def freedom(self) -> int:
        """Articles less strata: the degrees of freedom of an interval."""
        return len(self.weights) - len(np.unique(self.stratum))

    def find_spread(self, without: Values) -> tuple[float, float]:
        """The standard error of a value and its degrees of freedom, from its values without each article.

        The jackknife within strata (Wolter 2007), with the correction for finite pools. The degrees of freedom are
        those of Satterthwaite (1946): few where one small stratum makes most of the spread, at most articles less
        strata. 0 and `freedom` where nothing varies.

        >>> sample = make_sample([2.0] * 4, [None] * 4)
        >>> error, freedom = sample.find_spread(np.array([1.0, 2.0, 3.0, 4.0]))
        >>> round(error, 3), freedom
        (1.936, 3.0)
        """
        variance, uncertain = 0.0, 0.0
        for one in np.unique(self.stratum):
            group = np.flatnonzero(self.stratum == one)
            known = group[~np.isnan(without[group])]
            if len(known) < 2:
                continue
            away = (without[known] - without[known].mean()) * self.spread[known]
            part = float((away**2).sum()) * (len(group) - 1) / len(group)
            variance += part
            uncertain += part**2 / (len(group) - 1)
        return (variance**0.5, variance**2 / uncertain) if uncertain > 0 else (0.0, float(self.freedom))

    def find_acceleration(self, without: Values) -> float:
        """How skewed a value is, from its values without each article: the acceleration of Efron (1987), within +-1/6.

        >>> sample = make_sample([2.0] * 4, [None] * 4)
        >>> round(sample.find_acceleration(np.array([3.0, 3.0, 3.0, 1.0])), 4)
        0.0962
        """
        away = np.zeros(len(without))
        for one in np.unique(self.stratum):
            known = np.flatnonzero((self.stratum == one) & ~np.isnan(without))
            if len(known) > 1:
                away[known] = (without[known].mean() - without[known]) * self.spread[known]
        squares = float((away**2).sum())
        return float((away**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0

    def draw(self, trials: int, seed: int) -> Iterator[Values]:
        """The factor of each article's weight in each resample, in blocks of shape (some of the trials, articles)."""
        generator = np.random.default_rng(seed)
        groups = [np.flatnonzero(self.stratum == one) for one in np.unique(self.stratum)]
        for rows in iter_blocks(trials, len(self.weights)):
            factors = np.ones((rows, len(self.weights)))
            for group in groups:
                n = len(group)
                if n > 1:
                    times = count_drawn(generator, rows, n, n - 1)
                    factors[:, group] += self.spread[group] * (n / (n - 1) * times - 1)
            yield factors

    def draw_with_point(self, trials: int, seed: int) -> Values:
        """The weights themselves and as resampled, shape (1 + trials, articles), on average 1 in the first row."""
        scaled = self.weights / self.weights.mean() if len(self.weights) else self.weights
        return np.concatenate([np.ones((1, len(scaled))), *self.draw(trials, seed)]) * scaled


_BLOCK = 1 << 20  # weights held at a time


def iter_blocks(trials: int, n: int) -> Iterator[int]:
    """How many of the trials are drawn at a time, where each draws the weights of n articles."""
    step = max(1, _BLOCK // max(1, n))
    for first in range(0, trials if n else 0, step):
        yield min(step, trials - first)


def count_drawn(generator: np.random.Generator, rows: int, n: int, draws: int) -> Column:
    """How often each of n is among so many draws with replacement, anew in each row; shape (rows, n)."""
    drawn = generator.integers(0, n, (rows, draws)) + np.arange(rows)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)


def effective_size(weights: Values) -> float:
    """The size of an equally weighted sample that is as precise, by Kish (1965): (sum of w)^2 / sum of w^2.

    >>> effective_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def make_sample(weights: Sequence[float | None], selected: Sequence[Selected | None]) -> Sample | None:
    """The sample of articles with these weights and designs; None where one of them has no weight.

    >>> make_sample([2.0, None], [None, None]) is None
    True
    >>> make_sample([2.0, 2.0, 4.0], [None] * 3).effective
    2.6666666666666665
    """
    known = [weight for weight in weights if weight is not None]
    if not weights or len(known) < len(weights):
        return None
    names = [(*one.design, one.stratum) if one is not None else ("", 0, 0, "") for one in selected]
    number = {name: place for place, name in enumerate(sorted(set(names)))}
    spread = [(1 - one.probability) ** 0.5 if one is not None else 1.0 for one in selected]
    return Sample(
        np.array(known, float), np.array([number[name] for name in names], np.int64), np.array(spread), list(selected)
    ).take(np.arange(len(known)))


def each_alone(weights: Values) -> Groups:
    """Every article as a group of its own that counts as much as the article weighs."""
    return Groups(np.arange(len(weights)), weights, len(weights))


def weigh(formula: Formula, weights: Values) -> Formula:
    """The formula with weighted articles; sizes (`n_gold`, `n_pred`) stay what was counted.

    >>> from annotate.score.formulas import Once, Ratio
    >>> ratio = Ratio(np.array([1, 0]), np.array([1, 1]), 2, 2)
    >>> weigh(ratio, np.array([3.0, 1.0])).values(Once(2)).tolist()
    [0.75]
    """
    return formula.grouped(each_alone(weights))
