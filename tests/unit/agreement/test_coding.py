"""Kappa and nominal alpha against published tables and against independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask
from sklearn.metrics import cohen_kappa_score

from annotate.agreement.coding import cohen_kappa, count_coincidences, count_contingencies, nominal_alpha

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units, with
# missing values; published coincidence matrix and nominal alpha 0.743
FOUR = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
PUBLISHED_COINCIDENCES = [
    [7, 4 / 3, 1 / 3, 1 / 3, 0],
    [4 / 3, 10, 4 / 3, 1 / 3, 0],
    [1 / 3, 4 / 3, 8, 1 / 3, 0],
    [1 / 3, 1 / 3, 1 / 3, 4, 0],
    [0, 0, 0, 0, 3],
]


def units_of(observers: list[str]) -> list[list[str]]:
    columns = zip(*(observer.split() for observer in observers), strict=True)
    return [[value for value in column if value != "."] for column in columns]


def alpha(units: list[list[str]]) -> float:
    labels = sorted({value for unit in units for value in unit})
    return float(nominal_alpha(count_coincidences(units, labels)[None])[0])


def test_alpha_of_krippendorffs_four_observers() -> None:
    units = units_of(FOUR)
    table = count_coincidences(units, list("12345"))
    assert table == pytest.approx(np.array(PUBLISHED_COINCIDENCES))
    assert alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_krippendorffs_two_observers() -> None:
    # ibid., section B: nominal data of two observers, no missing values; alpha 0.692
    units = units_of(["a a b b d c c c e d d a", "b a b b b c c c e d d d"])
    assert alpha(units) == pytest.approx(0.692, abs=0.0005)


def test_kappa_and_alpha_of_krippendorff_1995_example_a() -> None:
    # digitised continuum A of Krippendorff (1995): kappa 0.385, alpha 0.329 (values of dkpro-statistics)
    bertha, bill = "001111111100001111110000", "000011110000000110000000"
    pairs = list(zip(bertha, bill, strict=True))
    assert cohen_kappa(count_contingencies(pairs, "01")[None])[0] == pytest.approx(0.385, abs=0.0005)
    assert alpha([list(pair) for pair in pairs]) == pytest.approx(0.329, abs=0.0005)


pairs_of_labels = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2, max_size=40)


@given(pairs_of_labels)
def test_kappa_agrees_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    ours = cohen_kappa(count_contingencies(pairs, "abcd")[None])[0]
    if len({label for pair in pairs for label in pair}) == 1:
        assert np.isnan(ours)
    else:
        theirs = cohen_kappa_score(*zip(*pairs, strict=True))
        assert ours == pytest.approx(theirs)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=4), min_size=2, max_size=20))
def test_alpha_agrees_with_nltk(units: list[list[str]]) -> None:
    task = AnnotationTask(
        [(f"coder{i}", f"item{j}", label) for j, unit in enumerate(units) for i, label in enumerate(unit)]
    )
    ours = alpha(units)
    if len({label for unit in units for label in unit}) == 1:
        assert np.isnan(ours)  # nltk calls this 1; nothing varied, so nothing can be said
    else:
        assert ours == pytest.approx(task.alpha())


def test_units_that_one_person_labelled_do_not_count() -> None:
    assert alpha([["a", "a"], ["b", "b"], ["c"]]) == alpha([["a", "a"], ["b", "b"]]) == 1.0
