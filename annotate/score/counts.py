"""Counts by article, under names that a type checker and the interpreter know.

A measure is a formula on such counts. Were they kept under strings, a misspelt one would be a column of zeros, and its
measure 0 for ever; a field that does not exist is an error instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self, get_type_hints

import numpy as np

from annotate.score.formulas import Column, Outcomes


@dataclass(frozen=True)
class ArticleCounts:
    """Columns of counts, shape (articles,) each, and further groups of such columns; a subclass names them.

    >>> @dataclass(frozen=True)
    ... class Seen(ArticleCounts):
    ...     gold: Column
    >>> seen = Seen.zeros(3)
    >>> seen.gold[1] += 2
    >>> seen.gold.tolist()
    [0.0, 2.0, 0.0]
    """

    @classmethod
    def zeros(cls, n_articles: int) -> Self:
        """Nothing counted yet."""
        types = get_type_hints(cls)
        empty = {}
        for field in fields(cls):
            kind = types[field.name]
            is_group = isinstance(kind, type) and issubclass(kind, ArticleCounts)
            empty[field.name] = kind.zeros(n_articles) if is_group else np.zeros(n_articles)
        return cls(**empty)


def pair_outcomes(right: Column, pairs: Column, gold: Column, predicted: Column) -> Outcomes:
    """The outcomes by article: `right` of the `pairs` are correct, the other pairs incorrect."""
    return Outcomes(
        correct=right,
        incorrect=pairs - right,
        partial=np.zeros_like(pairs),
        missing=gold - pairs,
        spurious=predicted - pairs,
    )
