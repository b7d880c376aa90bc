"""Whether two systems differ: a randomisation test, and what the size of gold permits to see.

The test is approximate randomisation (Noreen 1989; Yeh 2000): were the two systems alike, swapping their outputs on
any article would change nothing. It keeps its level where an interval of the difference does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from annotate.score.distributions import t_quantile
from annotate.score.formulas import AveragePrecision, Formula, Once, SumFormula, Values
from annotate.score.resampling import jackknife
from annotate.score.tables import Numbers

LEVEL = 0.05
POWER = 0.8
EXACT_ARTICLES = 14
"""Up to this many articles, all 2^n swaps are enumerated."""
MIN_SEPARABLE = 6
"""With fewer articles the smallest two-sided p, 2 / 2^n, is above 0.05: nothing can be significant."""
_BLOCK = 1 << 21


def randomisation_test(
    a: Formula, b: Formula, articles: Numbers, size: int, *, trials: int = 10_000, seed: int = 0
) -> float:
    """The two-sided p of the difference of two formulas when the systems are swapped article by article.

    Up to 14 articles every swap is tried and p is the share of those with a difference as large; beyond, `trials`
    random ones, and p = (as large + 1) / (trials + 1).
    """
    n = len(articles)
    once = Once(size)
    observed = abs(float(a.values(once)[0] - b.values(once)[0]))
    as_large = total = 0
    for swaps in _iter_swaps(n, trials, seed):
        difference = np.abs(_swapped(a, b, articles, swaps) - _swapped(b, a, articles, swaps))
        as_large += int((np.nan_to_num(difference) >= observed - 1e-12).sum())
        total += len(swaps)
    return as_large / total if n <= EXACT_ARTICLES else (as_large + 1) / (total + 1)


def _iter_swaps(n: int, trials: int, seed: int) -> Iterator[npt.NDArray[np.bool_]]:
    """Which articles are swapped, shape (some trials, articles)."""
    if n <= EXACT_ARTICLES:
        yield (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1
        return
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK // n)
    for first in range(0, trials, step):
        yield generator.integers(0, 2, (min(step, trials - first), n), dtype=np.int8) == 1


def _swapped(own: Formula, other: Formula, articles: Numbers, swaps: npt.NDArray[np.bool_]) -> Values:
    """The value of one system when the swapped articles have the output of the other."""
    if isinstance(own, AveragePrecision) and isinstance(other, AveragePrecision):
        once = Once(1)
        place = np.zeros(int(articles.max()) + 1, np.int64)
        place[articles] = np.arange(len(articles))
        units = place[own.article]
        nowhere = np.zeros_like(own.article)
        scores = (np.where(row[units], other.score, own.score) for row in swaps)
        return np.array(
            [AveragePrecision(nowhere, score, own.positive, own.weight).values(once)[0] for score in scores]
        )
    assert isinstance(own, SumFormula)  # noqa: S101 - what is no average precision is a formula on sums
    assert isinstance(other, SumFormula)  # noqa: S101
    moved = swaps.astype(float)
    return own.from_sums(
        [
            mine.sum() + moved @ (theirs - mine)[articles].astype(float)
            for mine, theirs in zip(own.columns(), other.columns(), strict=True)
        ]
    )


def find_spread(pair: tuple[Formula, Formula], articles: Numbers, size: int) -> float | None:
    """The jackknife's standard deviation of the difference per article; None where it is undefined."""
    n = len(articles)
    if n < 2:
        return None
    once = Once(size)
    observed = float(pair[0].values(once)[0] - pair[1].values(once)[0])
    without = np.subtract(*jackknife(pair, articles, size))
    pseudo = n * observed - (n - 1) * without
    spread = float(np.std(pseudo, ddof=1))
    return None if math.isnan(spread) else spread


def detectable_difference(spread: float, n: int) -> float:
    """The least true difference that n articles show with 80 % power at 5 %, paired.

    >>> round(detectable_difference(0.1, 20), 4)
    0.0661
    """
    return (t_quantile((2 - LEVEL) / 2, n - 1) + t_quantile(POWER, n - 1)) * spread / math.sqrt(n)


def count_more_articles(difference: float, spread: float, n: int) -> int | None:
    """How many more articles until the observed difference is a detectable one; None where that is never."""
    if difference <= 0:
        return None
    low, high = 2, 1 << 40
    while low < high:  # the detectable difference falls as articles are added
        middle = (low + high) // 2
        low, high = (low, middle) if detectable_difference(spread, middle) <= difference else (middle + 1, high)
    return max(0, max(low, MIN_SEPARABLE) - n)
