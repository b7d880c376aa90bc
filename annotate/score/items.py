"""Counts of quotes and claims by document."""

from __future__ import annotations

import numpy as np

from annotate.score.figures import Column, Outcomes


class ItemCounts:
    """Counts by document, filled one document at a time."""

    def __init__(self, n_documents: int) -> None:
        self._columns: dict[str, Column] = {}
        self._n = n_documents

    def add(self, document: int, name: str, value: float = 1) -> None:
        """Add to one count of one document."""
        self._columns.setdefault(name, np.zeros(self._n))[document] += value

    def column(self, name: str) -> Column:
        """The count by document; zeros where nothing was counted."""
        return self._columns.setdefault(name, np.zeros(self._n))

    def outcomes(self, pairs: str, right: str) -> Outcomes:
        """Outcomes of which `right` of the `pairs` are correct, the other pairs incorrect."""
        correct, paired = self.column(right), self.column(pairs)
        none = np.zeros(self._n)
        return Outcomes(
            correct, paired - correct, none, self.column("gold") - paired, self.column("predicted") - paired
        )
