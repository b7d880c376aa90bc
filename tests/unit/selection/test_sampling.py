"""The design: what is drawn, in which order, and that the probabilities are those with which it is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.score.sample import effective_size
from annotate.selection.sampling import (
    LEAST,
    Reals,
    award_seats,
    choose_members,
    draw,
    join_strata,
    random_numbers,
    unit_chances,
)

TRIALS = 3000


def pool(chance: np.random.Generator, count: int = 240) -> tuple[np.ndarray, np.ndarray, Reals]:
    """Stories of up to twelve articles, three strata, and sizes of which some are ten times others."""
    story = np.repeat(np.arange(count), chance.choice([1, 1, 1, 1, 2, 12], count))[:count]
    return story, join_strata(chance.integers(0, 3, count), story), 0.3 + chance.gamma(0.8, 1.0, count)


def test_random_numbers_are_uniform_and_independent_of_each_other_and_of_the_seed() -> None:
    ids = [f"article-{number}" for number in range(20_000)]
    numbers = np.concatenate([random_numbers(ids, 0), random_numbers(ids, 1)], axis=1)
    assert np.abs(np.quantile(numbers, [0.1, 0.5, 0.9], axis=0) - [[0.1], [0.5], [0.9]]).max() < 0.01
    assert np.abs(np.corrcoef(numbers.T) - np.eye(6)).max() < 0.03


@given(
    sizes=st.lists(st.integers(1, 500), min_size=1, max_size=12),
    n=st.integers(1, 60),
    more=st.integers(0, 40),
)
def test_seats_grow_and_are_shared_as_whole_numbers_allow(sizes: list[int], n: int, more: int) -> None:
    seats = award_seats(sizes, sizes, n)
    assert award_seats(sizes, sizes, n + more)[:n] == seats
    assert len(seats) == min(n, sum(sizes))
    given_ = np.bincount(seats, minlength=len(sizes))
    assert (given_ <= sizes).all()
    if n >= LEAST * len(sizes):
        assert (given_ >= np.minimum(LEAST, sizes)).all()
    large = [s for s in range(len(sizes)) if n * sizes[s] / sum(sizes) > 10 and n < sum(sizes)]
    for s in large:  # the strata that got more than their share, because each gets two, cost the others some
        assert given_[s] <= n * sizes[s] / sum(sizes) + 1


def test_with_equal_sizes_the_probability_is_n_of_the_articles_to_the_digit() -> None:
    units = choose_members(random_numbers(map(str, range(90)), 3), np.arange(90), np.ones(90), np.zeros(90, int))
    drawn = draw(units, [0] * 9, 1)
    assert drawn.probability.tolist() == [0.1] * 9


@pytest.mark.parametrize("per_story", [0, 1, 2])
def test_a_batch_has_no_more_of_a_story_and_a_larger_one_contains_it(per_story: int) -> None:
    story, stratum, size = pool(np.random.default_rng(5))
    before: list[int] = []
    for n in (6, 7, 20, 60):
        units = choose_members(random_numbers(map(str, range(240)), 1), story, size, stratum, per_story=per_story)
        room = np.bincount(units.stratum, minlength=3).tolist()
        drawn = draw(units, award_seats(np.bincount(stratum).tolist(), room, n), 3)
        taken = drawn.taken.tolist()
        assert len(set(taken)) == n
        assert taken[: len(before)] == before
        assert per_story == 0 or np.bincount(story[taken]).max() <= per_story
        assert ((drawn.probability > 0) & (drawn.probability <= 1)).all()
        before = taken


@pytest.mark.parametrize(("per_story", "equal"), [(1, True), (1, False), (2, False), (0, False)])
def test_every_article_is_drawn_as_often_as_its_probability_has_it(per_story: int, equal: bool) -> None:
    """The inverse probability of an article, where it is drawn, is 1 on average; 4 standard errors, seed fixed."""
    chance = np.random.default_rng(11)
    story, stratum, size = pool(chance)
    size = np.ones(len(size)) if equal else size
    counts = np.bincount(stratum).tolist()
    mine, square = np.zeros(len(story)), np.zeros(len(story))
    sums = []
    for _ in range(TRIALS):
        units = choose_members(chance.random((len(story), 3)), story, size, stratum, per_story=per_story)
        drawn = draw(units, award_seats(counts, np.bincount(units.stratum, minlength=3).tolist(), 40), 3)
        mine[drawn.taken] += 1 / drawn.probability
        square[drawn.taken] += 1 / drawn.probability**2
        sums.append((1 / drawn.probability).sum())
    error = np.sqrt(square) / TRIALS
    assert (square > 0).all()  # every article is drawn some time
    assert (np.abs(mine / TRIALS - 1) < 4 * error + 0.03).all()
    # the total, in which the errors of Ohlsson's approximation would add up
    assert np.mean(sums) / len(story) == pytest.approx(1, abs=3 * np.std(sums) / len(story) / TRIALS**0.5 + 0.004)


def test_totals_of_small_strata_are_nearly_unbiased() -> None:
    """Ohlsson's approximation is worst where few of few are drawn: five of forty, sizes from 1 to 10."""
    chance = np.random.default_rng(2)
    size = np.linspace(1, 10, 40)
    value = size + chance.normal(0, 1, 40)
    probability = unit_chances(size, 5)
    keys = chance.random((40_000, 40)) / size
    taken = np.argpartition(keys, 4, axis=1)[:, :5]
    totals = (value / probability)[taken].sum(axis=1)
    assert totals.mean() / value.sum() == pytest.approx(1, abs=0.005)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.integers(1, 30))
def test_chances_add_up_to_the_number_drawn(sizes: list[float], n: int) -> None:
    chances = unit_chances(np.array(sizes), n)
    assert ((chances > 0) & (chances <= 1)).all()
    assert chances.sum() == pytest.approx(min(n, len(sizes)))


def test_effective_size_of_equal_weights_is_the_size() -> None:
    assert effective_size(np.full(7, 3.5)) == pytest.approx(7)
    assert effective_size(np.zeros(0)) == 0
