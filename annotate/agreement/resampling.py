"""Resampling articles when one article stands in several comparisons, one for each pair of its annotators."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotate.score.bootstrap import MIN_DOCUMENTS, expanded_interval
from annotate.score.figures import Column, Values
from annotate.score.tables import Numbers


def draw_articles(n_articles: int, trials: int, seed: int) -> Values:
    """How often each resample holds each article, shape (1 + trials, articles); the first row has each once."""
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, max(n_articles, 1), (trials if n_articles else 0, n_articles))
    counts = [np.bincount(row, minlength=n_articles) for row in drawn]
    return np.array([np.ones(n_articles), *counts], float)


def read_interval(values: Values, n_articles: int) -> tuple[float | None, float | None, float | None]:
    """Value, low and high from a value and its resampled ones (in this order); None where undefined.

    Below five articles there is no interval, nor where no resample differs (then it would have width 0).
    """
    value = None if np.isnan(values[0]) else float(values[0])
    resampled = values[1:]
    if value is None or n_articles < MIN_DOCUMENTS or len(resampled) == 0 or np.ptp(np.nan_to_num(resampled)) == 0:
        return value, None, None
    low, high = expanded_interval(resampled, n_articles) or (None, None)
    return value, low, high


class ArticleWeights:
    """Weights for the scorer's figures: every comparison counts as often as its article was drawn.

    Args:
        rows: see `draw_articles`.
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
