"""Identical spans found by sorting, whatever the size of the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.score.overlaps import Spans, match_identical

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(0, 2)), max_size=6)


def make(rows: list[tuple[int, int, int]], far: int) -> Spans:
    """Spans by start, size and label, the starts so many times as far apart."""
    start, size, label = (np.array(column, np.int64) for column in zip(*sorted(rows), strict=True))
    nothing = np.zeros(len(rows), np.int64)
    return Spans(start * far, start * far + size, label, nothing, nothing, np.zeros(len(rows), bool))


@pytest.mark.parametrize("far", [1, 1 << 58])
@given(gold=ROWS, predicted=ROWS, with_label=st.booleans())
def test_as_many_identical_spans_as_there_are_on_both_sides(
    far: int, gold: Any, predicted: Any, with_label: bool
) -> None:
    if not gold or not predicted:
        return
    sides = make(gold, far), make(predicted, far)
    rows = match_identical(*sides, with_label)
    keys = []
    for side, found in zip(sides, rows, strict=True):
        assert len(set(found.tolist())) == len(found)
        columns = (side.start, side.end, side.label)[: 3 if with_label else 2]
        keys.append(list(zip(*(column[found].tolist() for column in columns), strict=True)))
    assert keys[0] == keys[1]
    of = [[row if with_label else row[:2] for row in side] for side in (gold, predicted)]
    assert len(keys[0]) == sum(min(of[0].count(key), of[1].count(key)) for key in set(of[0]))
