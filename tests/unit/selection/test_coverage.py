"""Batches speak for their pool: on a pool with known truth, values are unbiased and intervals hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from annotate.score.formulas import Once, Ratio
from annotate.score.resampling import Resamples, expanded_interval
from annotate.score.sample import make_sample, weigh
from annotate.selected import Selected
from annotate.selection.chances import uncertain_sizes
from annotate.selection.sampling import award_seats, choose_members, draw, join_strata

ARTICLES, RUNS, BATCH = 600, 400, 60


@pytest.mark.parametrize("design", ["alike", "strata", "uncertain", "uncertain in strata"])
def test_values_are_unbiased_and_intervals_cover(design: str) -> None:
    """An F1 of articles of very different length, with stories and three publishers of unlike quality; seeds fixed."""
    chance = np.random.default_rng(8)
    publisher = np.arange(ARTICLES) % 3
    gold = chance.poisson(3 + 12 * chance.random(ARTICLES) ** 2) + 1
    right = chance.binomial(gold, np.array([0.5, 0.7, 0.9])[publisher])
    spurious = chance.poisson(gold / 5)
    formula = Ratio(right, gold, 0, 0, right + spurious)
    truth = float(formula.values(Once(ARTICLES))[0])
    story = np.repeat(np.arange(ARTICLES), chance.choice([1, 1, 1, 2, 5], ARTICLES))[:ARTICLES]
    unsure = np.sqrt(gold * 0.2) * chance.uniform(0.5, 1.5, ARTICLES)
    size = uncertain_sizes(unsure, 0.5) if design.startswith("uncertain") else np.ones(ARTICLES)
    stratum = publisher if "strata" in design else np.zeros(ARTICLES, np.int64)
    stratum = join_strata(stratum, story)
    sizes = np.bincount(stratum).tolist()
    values, covered = [], 0
    for run in range(RUNS):
        units = choose_members(chance.random((ARTICLES, 3)), story, size, stratum)
        room = np.bincount(units.stratum, minlength=len(sizes)).tolist()
        drawn = draw(units, award_seats(sizes, room, BATCH), len(sizes))
        order = np.argsort(drawn.taken)
        taken, probability = drawn.taken[order], drawn.probability[order]
        selected = [
            Selected(probability=p, stratum=str(s), pool=ARTICLES, pool_sha256="", seed=0)
            for p, s in zip(probability.tolist(), stratum[taken].tolist(), strict=True)
        ]
        weights = np.zeros(ARTICLES)
        weights[taken] = 1 / probability
        weighted = weigh(formula, weights)
        sample = make_sample((1 / probability).tolist(), selected)
        resamples = Resamples({"f1": weighted}, taken, ARTICLES, 500, run, sample)
        interval = resamples.interval("f1")
        assert interval is not None
        values.append(float(weighted.values(Once(ARTICLES))[0]))
        covered += interval[0] <= truth <= interval[1]
    error = np.std(values) / math.sqrt(RUNS)
    assert abs(np.mean(values) - truth) < 3.5 * error
    assert 0.92 <= covered / RUNS <= 0.98  # 95 % +- 3 standard errors of the simulation


def test_a_small_stratum_that_makes_the_spread_has_few_degrees_of_freedom() -> None:
    """Five articles of a stratum vary, thirty of another hardly do: t has about four degrees of freedom, not 33."""
    chance = np.random.default_rng(5)
    pool = np.concatenate([chance.normal(10, 4, 80), chance.normal(3, 0.1, 600)])
    truth, numbers, runs = float(pool.mean()), np.arange(35), 500
    held = {"nominal": 0, "effective": 0}
    for run in range(runs):
        taken = np.concatenate([chance.choice(80, 5, replace=False), 80 + chance.choice(600, 30, replace=False)])
        selected = [
            Selected(probability=n / size, stratum=name, pool=680, pool_sha256="", seed=0)
            for name, n, size in (("a", 5, 80), ("b", 30, 600))
            for _ in range(n)
        ]
        sample = make_sample([one.weight for one in selected], selected)
        assert sample is not None
        formula = weigh(Ratio(pool[taken], np.ones(35), 0, 0), sample.weights)
        resamples = Resamples({"mean": formula}, numbers, 35, 1000, run, sample)
        nominal = expanded_interval(resamples.values("mean"), sample.freedom + 1)
        for name, interval in (("nominal", nominal), ("effective", resamples.interval("mean"))):
            assert interval is not None
            held[name] += interval[0] <= truth <= interval[1]
    assert held["nominal"] / runs < 0.9
    assert held["effective"] / runs > 0.92
