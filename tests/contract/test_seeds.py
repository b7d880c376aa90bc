"""Correcting the draft is less work than annotating: on the seed articles an annotator touches few of the spans."""

from __future__ import annotations

from tests.bench.bench_seeds import count_touched


def test_a_person_touches_at_most_one_entity_in_six_and_one_quote_in_four() -> None:
    touched = count_touched("news")
    assert touched["entities"].share <= 1 / 6
    assert touched["quotes"].share <= 1 / 4
    assert touched["claims"].gold > 100
