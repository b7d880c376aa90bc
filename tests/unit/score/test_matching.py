"""Optimal matching against exhaustive search and against SciPy's assignment."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from annotate.score.matching import best_pairs, count_overlap_pairs
from tests.support import oracle

PLACES = st.integers(0, 3)
WEIGHTS = st.tuples(st.integers(1, 2), st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2)]), PLACES)
SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)).map(lambda pair: (pair[0], sum(pair))), max_size=4)


@given(st.dictionaries(st.tuples(PLACES, PLACES), WEIGHTS, max_size=9))
def test_no_other_pairs_weigh_more(edges: dict[tuple[int, int], Any]) -> None:
    def weigh(pairs: list[tuple[int, int]]) -> tuple[Any, ...]:
        return tuple(sum(edges[pair][position] for pair in pairs) for position in range(3))

    found = best_pairs(edges)
    assert found == sorted(found)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    assert weigh(found) == max(map(weigh, oracle.matchings(list(edges))))


def test_large_components_are_solved_as_by_scipy() -> None:
    rng = np.random.default_rng(0)
    for rows, columns in ((12, 12), (9, 14), (14, 9)):
        weights = rng.integers(1, 50, (rows, columns))
        kept = {(i, j): (int(weights[i, j]),) for i, j in np.ndindex(rows, columns) if rng.random() < 0.7}
        sparse = np.array([[kept.get((i, j), (0,))[0] for j in range(columns)] for i in range(rows)])
        best = sparse[linear_sum_assignment(sparse, maximize=True)].sum()
        assert sum(kept[pair][0] for pair in best_pairs(kept)) == best


@given(SPANS, SPANS)
def test_as_many_overlapping_pairs_as_there_can_be(gold: Any, predicted: Any) -> None:
    edges = [(i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted) if oracle.overlaps(g, p)]
    assert count_overlap_pairs(gold, predicted) == max(map(len, oracle.matchings(edges)))
