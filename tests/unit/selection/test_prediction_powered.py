"""Gold and predictions together: the paper's estimate to the digit, unbiased, covered, and no wider than gold alone."""

from __future__ import annotations

import numpy as np
import pytest

from annotate.score.formulas import Once, Ratio
from annotate.score.resampling import Resamples
from annotate.score.sample import make_sample, weigh
from annotate.selected import Selected
from annotate.selection.prediction_powered import Rectified


def test_the_estimate_is_that_of_the_paper() -> None:
    """PPI++ for a mean, written out from the paper: labelled (y, f), unlabelled f, and its lambda with their sizes."""
    chance = np.random.default_rng(1)
    n, rest = 40, 160
    truth = chance.poisson(5, n + rest).astype(float)
    guess = truth + chance.normal(1, 2, n + rest)
    y, f, unlabelled = truth[:n], guess[:n], guess[n:]
    tuned = np.cov(y, f)[0, 1] / ((1 + n / rest) * f.var(ddof=1))
    paper = y.mean() + tuned * (unlabelled.mean() - f.mean())
    ours = Rectified(y, np.ones(n), f, np.ones(n), known=float(guess.mean()))
    assert float(ours.values(Once(n))[0]) == pytest.approx(paper, abs=1e-12)
    assert paper != pytest.approx(y.mean(), abs=0.01)


def test_the_estimate_is_that_of_ppi_python() -> None:
    """What `ppi_mean_pointestimate` of ppi-python 0.2.3 gives for these numbers, with our lambda and with its own.

    The package is no dependency of the tests: it brings numba, pandas, statsmodels and scikit-learn. Its lambda takes
    the variance of the guesses over both parts, as its code does; ours that of the annotated part.
    """
    n, rest = 40, 160
    i = np.arange(n + rest)
    truth = ((i * 37) % 11 + (i * i) % 7).astype(float)
    guess = truth * 0.75 + ((i * 53) % 13) / 3
    y, f = truth[:n], guess[:n]
    found = float(Rectified(y, np.ones(n), f, np.ones(n), known=float(guess.mean())).values(Once(n))[0])
    assert found == pytest.approx(6.95799872, abs=1e-8)
    assert found == pytest.approx(6.97708333, abs=0.02)
    assert y.mean() == pytest.approx(6.825)


def test_a_ratio_is_corrected_by_the_slope_of_its_residuals() -> None:
    right, predicted = np.array([3.0, 4.0, 1.0, 6.0]), np.array([4.0, 6.0, 3.0, 7.0])
    trusted = np.array([3.2, 4.5, 2.0, 6.1])
    known = 0.8
    ratio, proxy = right.sum() / predicted.sum(), trusted.sum() / predicted.sum()
    e, d = right - ratio * predicted, trusted - proxy * predicted
    expected = ratio + (e @ d) / (d @ d) * (known - proxy)
    found = Rectified(right, predicted, trusted, predicted, known).values(Once(4))
    assert found == pytest.approx([expected])


def test_predictions_that_are_all_alike_change_nothing() -> None:
    y, one = np.array([1.0, 2.0, 6.0]), np.ones(3)
    assert Rectified(y, one, one * 4, one, known=4.0).values(Once(3)).tolist() == [3.0]
    assert Rectified(y, one, one * 0, one, known=0.0).values(Once(3)).tolist() == [3.0]


@pytest.mark.parametrize("noise", [0.5, 3.0, 100.0])
def test_intervals_cover_and_are_as_narrow_as_predictions_are_good(noise: float) -> None:
    """Weights and two strata, 300 batches of 60 from 600; seeds fixed. With useless predictions nothing is lost."""
    chance = np.random.default_rng(5)
    size = 600
    stratum = (np.arange(size) < 400).astype(int)
    truth = chance.poisson(4 + 6 * stratum).astype(float)
    guess = truth * 0.8 + chance.normal(0, noise, size)
    one = np.ones(size)
    widths, values, covered = {"gold": 0.0, "both": 0.0}, [], 0
    for run in range(300):
        taken = np.sort(
            np.concatenate(
                [chance.choice(np.flatnonzero(stratum == s), n, replace=False) for s, n in ((0, 20), (1, 40))]
            )
        )
        probability = np.where(stratum[taken] == 0, 20 / 200, 40 / 400)
        selected = [
            Selected(probability=float(p), stratum=str(s), pool=size, pool_sha256="", seed=0)
            for p, s in zip(probability, stratum[taken], strict=True)
        ]
        weights = np.zeros(size)
        weights[taken] = 1 / probability
        formulas = {
            "gold": weigh(Ratio(truth, one, 0, 0), weights),
            "both": weigh(Rectified(truth, one, guess, one, float(guess.mean())), weights),
        }
        sample = make_sample((1 / probability).tolist(), selected)
        resamples = Resamples(formulas, taken, size, 500, run, sample)
        for key in formulas:
            low, high = resamples.interval(key) or (0.0, 0.0)
            widths[key] += (high - low) / 300
        covered += low <= truth.mean() <= high
        values.append(float(formulas["both"].values(Once(size))[0]))
    assert abs(np.mean(values) - truth.mean()) < 4 * np.std(values) / 300**0.5
    assert 0.91 <= covered / 300 <= 0.985
    share = widths["both"] / widths["gold"]
    # gold alone has the spread within strata, both together only that of truth - a * guess
    explained = np.corrcoef(truth, guess)[0, 1] ** 2
    within = sum((stratum == s).mean() * truth[stratum == s].var() for s in (0, 1))
    assert share == pytest.approx(min(1.0, ((1 - explained) * truth.var() / within) ** 0.5), abs=0.12)
