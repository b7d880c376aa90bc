"""alpha_u against the examples of Krippendorff (1995, 2004) and the values of dkpro-statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.agreement.unitizing import find_gaps, join_overlapping, observe, sum_units

Units = list[tuple[int, int]]
ONCE = np.ones((1, 1))


def disagreements(length: int, a: Units, b: Units) -> tuple[float, float]:
    observed, expected = sum_units([(length, a, b)]).disagreements(ONCE)
    return float(observed[0]), float(expected[0])


def alpha_u(length: int, a: Units, b: Units) -> float:
    observed, expected = disagreements(length, a, b)
    return 1 - observed / expected


def test_the_worked_example_of_krippendorff_2004() -> None:
    # Content Analysis (2004), p. 254-256: a continuum from 150 to 450; categories c and k
    a = {"c": [(75, 145), (220, 250)], "k": [(30, 90), (150, 200)]}
    b = {"c": [(70, 150), (205, 225), (250, 270)], "k": [(30, 90), (150, 200)]}
    observed_c, expected_c = disagreements(300, a["c"], b["c"])
    observed_k, expected_k = disagreements(300, a["k"], b["k"])
    assert (observed_c, expected_c) == (pytest.approx(0.0144, abs=5e-5), pytest.approx(0.0532, abs=5e-5))
    assert (observed_k, expected_k) == (0, pytest.approx(0.0490, abs=5e-5))
    assert 1 - observed_c / expected_c == pytest.approx(0.7286, abs=5e-5)
    assert 1 - (observed_c + observed_k) / (expected_c + expected_k) == pytest.approx(0.8591, abs=5e-4)


@pytest.mark.parametrize(
    ("a", "b", "observed", "alpha", "tolerance"),
    [
        ([(2, 10), (14, 20)], [(4, 8), (15, 17)], 0.03125, 0.553, 0.0005),
        ([(0, 18)], [(0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 9), (9, 10)], 2.26736, -0.926, 0.005),
        # the paper's value for C rests on a misprinted formula, corrected in 2004 (so also dkpro-statistics)
        ([(2, 8), (10, 12), (14, 18), (20, 22)], [(0, 2), (4, 8), (10, 14), (16, 18), (20, 22)], 0.02777, 0.679, 0.02),
        (
            [(0, 2), (2, 10), (10, 14), (14, 20), (20, 24)],
            [(0, 4), (4, 8), (8, 15), (15, 17), (17, 24)],
            0.38715,
            0.066,
            0.0005,
        ),
    ],
    ids="ABCD",
)
def test_the_examples_of_krippendorff_1995(a: Units, b: Units, observed: float, alpha: float, tolerance: float) -> None:
    # Sociological Methodology 25, p. 57, continua A to D, in the limit of fine units
    fine = 50_000
    stretched = [[(start * fine, end * fine) for start, end in units] for units in (a, b)]
    assert disagreements(24, a, b)[0] == pytest.approx(observed, abs=1e-5)
    assert alpha_u(24 * fine, *stretched) == pytest.approx(alpha, abs=tolerance)


def test_a_unit_broken_into_three_is_worse_than_chance() -> None:
    # dkpro-statistics: observed 0.9100, expected 0.5351
    assert disagreements(10, [(1, 9)], [(2, 3), (4, 5), (6, 7)]) == (0.91, pytest.approx(0.5351, abs=1e-4))


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ((5, 11), (4, 6), 26),
        ((5, 11), (5, 7), 16),
        ((5, 11), (6, 8), 10),
        ((5, 11), (7, 9), 8),
        ((5, 11), (6, 10), 2),
        ((5, 11), (5, 11), 0),
        ((5, 11), (3, 5), 40),
    ],
)
def test_the_difference_function_of_krippendorff_2004(a: tuple[int, int], b: tuple[int, int], distance: int) -> None:
    assert observe([a], [b]) == observe([b], [a]) == distance


def test_nothing_marked_is_undefined_and_one_mark_against_nothing_is_chance() -> None:
    assert disagreements(20, [], []) == (0, 0)
    assert alpha_u(20, [(0, 1)], []) == pytest.approx(0, abs=0.05)
    assert alpha_u(20, [(3, 9)], [(3, 9)]) == 1


units = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=8).map(
    lambda found: join_overlapping([(start, start + size) for start, size in found])
)


@given(st.lists(st.tuples(units, units), min_size=1, max_size=4))
def test_gaps_and_units_cover_the_text_and_resampling_adds_up(articles: list[tuple[Units, Units]]) -> None:
    for side in articles:
        for found in side:
            covered = sum(end - start for start, end in [*found, *find_gaps(found, 50)])
            assert covered == 50
    sums = sum_units([(50, a, b) for a, b in articles])
    twice = sum_units([(50, a, b) for a, b in [*articles, *articles]])
    weighted = sums.disagreements(np.full((1, len(articles)), 2.0))
    repeated = twice.disagreements(np.ones((1, 2 * len(articles))))
    assert np.allclose(weighted, repeated, equal_nan=True)
    assert observe(*articles[0]) == observe(*reversed(articles[0]))
