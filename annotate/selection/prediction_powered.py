"""Rates of a pool from a few annotated articles and predictions on all of them (prediction-powered inference).

A rate is a ratio of totals over the pool: R = sum of y / sum of b, such as quotes by article (b = 1) or right ones by
predicted. On every article of the pool there is a cheap stand-in, Q = sum of f / sum of g, made of predictions, known
to the digit for the pool and estimated from the same annotated articles as R. Where the estimate of Q is off, that of R
is likely to be off with it, and by how much the annotated articles tell:

    R* = R^ + a (Q - Q^)     with a = cov(y - R b, f - Q g) / var(f - Q g) * mean(g) / mean(b)

That is prediction-powered inference with power tuning (PPI++: Angelopoulos, Duchi & Zrnic 2023), whose lambda is
a / (1 + n / N) where n articles are annotated and N are not; and the difference estimator of survey statistics with the
regression coefficient (Saerndal, Swensson & Wretman 1992, chapter 6), which knows weights and strata. Intervals
resample articles, and a with them. With useless predictions a is near 0 and R* is R^.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from annotate.score.formulas import Column, Groups, SumFormula, Values, divide


@dataclass(frozen=True, eq=False)
class Rectified(SumFormula):
    """A ratio of sums corrected by what predictions are known to give on the whole pool; see the module.

    Columns have one number an article; `known` is Q, the ratio of the sums of `proxy` and `proxy_base` over the pool.
    Below, the guesses for the annotated articles are 2 under those for the pool, and gold is 1 above the guesses.

    >>> from annotate.score.formulas import Once
    >>> quotes, guessed, one = np.array([2.0, 6.0, 4.0]), np.array([1.0, 5.0, 3.0]), np.ones(3)
    >>> Rectified(quotes, one, guessed, one, known=5.0).values(Once(3)).tolist()
    [6.0]
    """

    value: Column
    base: Column
    proxy: Column
    proxy_base: Column
    known: float
    n_gold: int = 0
    n_pred: int = 0

    def columns(self) -> Sequence[Column]:
        y, b, f, g = (column.astype(float) for column in (self.value, self.base, self.proxy, self.proxy_base))
        return [y, b, f, g, y * f, y * g, b * f, b * g, f * f, f * g, g * g]

    def from_sums(self, sums: Sequence[Values]) -> Values:
        y, b, f, g, yf, yg, bf, bg, ff, fg, gg = sums
        ratio, proxy = divide(y, b), divide(f, g)
        joint = yf - proxy * yg - ratio * bf + ratio * proxy * bg
        spread = ff - 2 * proxy * fg + proxy * proxy * gg
        flat = spread <= 1e-9 * ff  # the stand-in is the same everywhere: it tells nothing
        slope = divide(joint, spread) * divide(g, b)
        return np.where(flat, ratio, ratio + slope * (self.known - proxy))

    def grouped(self, groups: Groups) -> _Grouped:
        return _Grouped(self, [groups.sum(column) for column in self.columns()], self.n_gold, self.n_pred)


@dataclass(frozen=True, eq=False)
class _Grouped(SumFormula):
    """A corrected ratio on counts by group: products of columns are made before articles are added up."""

    formula: Rectified
    by_group: Sequence[Column]
    n_gold: int
    n_pred: int

    def columns(self) -> Sequence[Column]:
        return self.by_group

    def from_sums(self, sums: Sequence[Values]) -> Values:
        return self.formula.from_sums(sums)

    def grouped(self, groups: Groups) -> _Grouped:
        return replace(self, by_group=[groups.sum(column) for column in self.by_group])
