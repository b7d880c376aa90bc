"""Krippendorff's alpha for unitising, alpha_u: do two annotators cut the same pieces out of a text?

Defined in Krippendorff (1995, "On the Reliability of Unitizing Continuous Data") and corrected in Krippendorff
(2004, Content Analysis, 2nd ed., ch. 11.6). It is for two annotators here: for more the definition was found to
misbehave (Krippendorff, Mathet, Bouvry & Widlöcher 2016), so callers pool the pairs.

The articles that both annotated form one continuum, of code points; a gap ends where its article ends. Units of one
person that overlap under one label are joined, because alpha_u has no nesting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from annotate.score.formulas import Values, divide

Units: TypeAlias = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class UnitSums:
    """What alpha_u of one label needs of each article; all arrays have the articles first.

    `length` in code points; `observed` the summed squared differences; `units` the number of units; `chance` the sum
    of 2l^3 - 3l^2 + l over unit lengths l, and `within` of l(l - 1); `squares` and `room` are by distinct unit length
    l (second axis): the sum of l^2 over units of that length, and of the places where it fits into gaps.
    """

    length: Values
    observed: Values
    units: Values
    chance: Values
    within: Values
    squares: Values
    room: Values

    def disagreements(self, weights: Values) -> tuple[Values, Values]:
        """Observed and expected disagreement, D_o and D_e, of resamples; shape (resamples,) each.

        Args:
            weights: how often each resample holds each article, shape (resamples, articles).
        """
        length = weights @ self.length
        observed = divide(weights @ self.observed, length**2)
        chance = (weights @ self.units - 1) / 3 * (weights @ self.chance)
        room = ((weights @ self.squares) * (weights @ self.room)).sum(axis=1)
        pairs = 2 * length * (2 * length - 1) - weights @ self.within
        return observed, divide(2 * (chance + room), length * pairs)


def sum_units(articles: Sequence[tuple[int, Units, Units]]) -> UnitSums:
    """The sums over articles, each given as its length and the units of the two annotators.

    >>> sums = sum_units([(10, [(1, 9)], [(2, 3), (4, 5), (6, 7)])])
    >>> [round(float(value[0]), 3) for value in sums.disagreements(np.ones((1, 1)))]
    [0.91, 0.535]
    """
    joined = [(length, [join_overlapping(a), join_overlapping(b)]) for length, a, b in articles]
    lengths = sorted({end - start for _, sides in joined for units in sides for start, end in units})
    sizes = np.array(lengths, float)
    shape = (len(joined), len(lengths))
    squares, room = np.zeros(shape), np.zeros(shape)
    columns = np.zeros((5, len(joined)))
    for i, (size_of_article, sides) in enumerate(joined):
        unit_lengths = [end - start for units in sides for start, end in units]
        for size in unit_lengths:
            squares[i, lengths.index(size)] += size**2
        gaps = np.array([end - start for units in sides for start, end in find_gaps(units, size_of_article)], float)
        room[i] = np.maximum(gaps[:, None] - sizes[None, :] + 1, 0).sum(axis=0)
        columns[:, i] = (
            size_of_article,
            observe(sides[0], sides[1]),
            len(unit_lengths),
            sum(2 * size**3 - 3 * size**2 + size for size in unit_lengths),
            sum(size * (size - 1) for size in unit_lengths),
        )
    length, observed, units, chance, within = columns
    return UnitSums(length, observed, units, chance, within, squares, room)


def observe(a: Units, b: Units) -> float:
    """The summed squared differences of two annotators' units, each side's sorted and without overlap.

    Units that overlap differ by the squares of the distances of their starts and of their ends; a unit that lies in
    a gap of the other annotator, by the square of its length.

    >>> observe([(225, 295), (370, 400)], [(220, 300), (355, 375), (400, 420)])
    1300.0
    """
    total = 0.0
    for units, others, both in ((a, b, True), (b, a, False)):
        for start, end in units:
            met = [other for other in others if other[0] < end and start < other[1]]
            if not met:
                total += (end - start) ** 2
            elif both:
                total += sum((start - other[0]) ** 2 + (end - other[1]) ** 2 for other in met)
    return total


def find_gaps(units: Units, length: int) -> list[tuple[int, int]]:
    """What the sorted units leave of [0, length)."""
    edges = [0, *(edge for unit in units for edge in unit), length]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def join_overlapping(units: Units) -> list[tuple[int, int]]:
    """The units sorted, those that share a code point joined; units that only touch stay two.

    >>> join_overlapping([(4, 8), (0, 3), (2, 4)])
    [(0, 4), (4, 8)]
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(units):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
