"""Agreement on labels given to the same things: Cohen's kappa and Krippendorff's nominal alpha.

Both are computed from tables of counts that add up over articles, so that resampling articles needs the tables only.
Every function takes stacked tables and returns one value each; 0/0 (everybody always gave one and the same label, or
nothing was labelled) is NaN.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from annotate.score.formulas import Values, divide


def cohen_kappa(tables: Values) -> Values:
    """Cohen's kappa (Cohen 1960) of contingency tables.

    Args:
        tables: how often one annotator's label (row) met the other's (column), shape (n, labels, labels).

    >>> cohen_kappa(np.array([[[20, 5], [10, 15]]])).round(3).tolist()
    [0.4]
    """
    total = tables.sum(axis=(1, 2))
    observed = divide(np.trace(tables, axis1=1, axis2=2), total)
    expected = divide((tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1), total**2)
    return divide(observed - expected, 1 - expected)


def nominal_alpha(tables: Values) -> Values:
    """Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    Args:
        tables: coincidence matrices, shape (n, labels, labels); see `count_coincidences`.
    """
    marginals = tables.sum(axis=2)
    total = marginals.sum(axis=1)
    observed = total - np.trace(tables, axis1=1, axis2=2)
    expected = divide(total**2 - (marginals**2).sum(axis=1), total - 1)
    return 1 - divide(observed, expected)


def count_contingencies(pairs: Iterable[tuple[Hashable, Hashable]], labels: Sequence[Hashable]) -> Values:
    """How often the first label met the second, shape (labels, labels)."""
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for first, second in pairs:
        table[place[first], place[second]] += 1
    return table


def count_coincidences(units: Iterable[Sequence[Hashable]], labels: Sequence[Hashable]) -> Values:
    """The coincidence matrix of units, each with the labels that annotators gave it; shape (labels, labels).

    A unit with one label pairs with nothing and does not count.

    >>> count_coincidences([["a", "a", "b"], ["b"]], ["a", "b"]).tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for unit in units:
        if len(unit) < 2:
            continue
        counts = np.bincount([place[label] for label in unit], minlength=len(labels)).astype(float)
        table += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    return table
