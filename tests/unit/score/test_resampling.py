"""One way to draw articles, and values that do not depend on which arrays a formula happens to hand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from annotate.score.formulas import AveragePrecision, Column, Formula, Harmonic, Kappa, Mean, Ratio
from annotate.score.resampling import (
    ArticleWeights,
    Resamples,
    draw_articles,
    draw_with_point,
    expanded_interval,
    expanded_levels,
    jackknife,
    read_interval,
    rule_of_three,
    sampled_interval,
)
from annotate.score.sample import make_sample, weigh

N = 30
CHANCE = np.random.default_rng(4)
COLUMNS = [CHANCE.integers(0, 9, N) for _ in range(5)]
UNITS = np.repeat(np.arange(N), 3)


def make_formulas() -> dict[str, Formula]:
    a, b, c, d, e = COLUMNS
    ratio, other = Ratio(a, a + b, 1, 1), Ratio(2 * c, c + d, 1, 1, c + e)
    return {
        "ratio": ratio,
        "f1": other,
        "harmonic": Harmonic(ratio, other),
        "mean": Mean([ratio, other]),
        "kappa": Kappa(a, a + b + c, [(a + b, a), (c, b + c)]),
        "ap": AveragePrecision(UNITS, CHANCE.integers(0, 5, len(UNITS)) / 5, CHANCE.integers(0, 2, len(UNITS)) > 0),
    }


def test_blocks_are_one_draw() -> None:
    n = 1_500  # more than one block
    blocks = list(draw_articles(n, 2_000, 3))
    assert len(blocks) > 1
    drawn = np.random.default_rng(3).integers(0, n, (2_000, n))
    expected = np.array([np.bincount(row, minlength=n) for row in drawn])
    assert np.array_equal(np.concatenate(blocks), expected)
    assert np.array_equal(draw_with_point(n, 2_000, 3), [np.ones(n), *expected])


def test_nothing_is_drawn_from_nothing() -> None:
    assert draw_with_point(0, 5, 0).shape == (1, 0)


@pytest.mark.parametrize("chosen", [np.arange(N), np.arange(3, 20)])
def test_a_value_is_what_its_formula_gives_on_the_drawn_articles(chosen: Column) -> None:
    formulas = make_formulas()
    resamples = Resamples(formulas, chosen, N, 40, 5)
    rows = np.concatenate(list(draw_articles(len(chosen), 40, 5)))
    weights = np.zeros((40, N))
    weights[:, chosen] = rows
    for name, formula in formulas.items():
        expected = formula.values(ArticleWeights(weights, np.arange(N)))
        assert np.allclose(resamples.values(name), expected, equal_nan=True), name
        assert np.allclose(formula.values(resamples), expected, equal_nan=True), name


@dataclass(frozen=True, eq=False)
class FreshRatio(Ratio):
    """A formula that makes its columns anew each time."""

    def columns(self) -> Sequence[Column]:
        return [column.copy() for column in super().columns()]


def test_columns_need_not_be_the_same_arrays_each_time() -> None:
    a, b = COLUMNS[0], COLUMNS[0] + COLUMNS[1]
    formulas = {"kept": Ratio(a, b, 1, 1), "fresh": FreshRatio(a, b, 1, 1)}
    resamples = Resamples(formulas, np.arange(N), N, 25, 1)
    assert np.array_equal(resamples.values("fresh"), resamples.values("kept"))
    assert len(set(resamples.values("fresh").tolist())) > 10


@pytest.mark.parametrize("resampled", [[1.0] * 9, [1.0] * 8 + [np.nan], [np.nan] * 9])
def test_resamples_that_all_agree_give_no_interval(resampled: list[float]) -> None:
    """A label that only some articles have is undefined in the resamples that miss them, not different there."""
    assert read_interval(np.array([1.0, *resampled]), 6) == (1.0, None, None)


def test_an_interval_needs_more_than_half_of_the_resamples() -> None:
    some = np.array([0.2, 0.4, 0.6])
    assert expanded_interval(np.append(some, [np.nan] * 2), 6) is not None
    assert expanded_interval(np.append(some, [np.nan] * 3), 6) is None
    assert expanded_interval(some, 1) is None
    assert read_interval(np.append(0.4, some), 4) == (0.4, None, None)
    value, low, high = read_interval(np.append(0.4, some), 5)
    assert value == 0.4
    assert low is not None
    assert high is not None
    assert 0.2 <= low < 0.4 < high <= 0.6


@pytest.mark.parametrize(
    ("value", "n", "interval"),
    [
        (1.0, 60, (0.95, 1.0)),
        (0.0, 60, (0.0, 0.05)),
        (0.0, 2, (0.0, 1.0)),
        (1.0, 0, None),
        (0.999, 60, None),
    ],
)
def test_the_rule_of_three(value: float, n: int, interval: tuple[float, float] | None) -> None:
    assert rule_of_three(value, n) == (interval if interval is None else pytest.approx(interval))


def test_no_interval_where_resamples_differ_by_rounding_alone() -> None:
    same = np.array([1.0, 1.0, 1 - 2e-16, 1 + 2e-16] * 10)
    assert read_interval(same, 14) == (1.0, None, None)
    assert read_interval(np.array([1.0, 0.9, 1.0, 0.8] * 10), 14)[1] is not None


def test_a_long_tail_moves_its_limit_outwards_and_no_limit_inwards() -> None:
    low, high = expanded_levels(20)
    assert expanded_levels(20, acceleration=0.1) == (low, pytest.approx(0.998645, abs=1e-6))
    assert expanded_levels(20, acceleration=-0.1) == (pytest.approx(1 - 0.998645, abs=1e-6), high)
    assert expanded_levels(1.5, acceleration=1 / 6)[1] == 1.0  # nothing is far enough


def test_skewness_counts_in_samples_and_nowhere_else() -> None:
    values = np.random.default_rng(3).lognormal(size=20)
    sample = make_sample([5.0] * 20, [None] * 20)
    assert sample is not None
    ratio = weigh(Ratio(values, np.ones(20), 0, 0), sample.weights)
    resamples = Resamples({"mean": ratio}, np.arange(20), 20, 2000, 0, sample)
    plain = expanded_interval(resamples.values("mean"), 20)
    found = resamples.interval("mean")
    assert plain is not None
    assert found is not None
    mean = values.mean()
    assert (found[1] - mean) / (mean - found[0]) > 1.1 * (plain[1] - mean) / (mean - plain[0])
    assert resamples.interval("mean") == sampled_interval(
        resamples.values("mean"), sample, jackknife([ratio], np.arange(20), 20)[0]
    )
