"""Rows of entities in one order, whatever the size of their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.score.tables import sort_rows

ROWS = st.lists(st.tuples(*[st.integers(-2, 3)] * 4), min_size=1, max_size=8)


@pytest.mark.parametrize("far", [1, 1 << 20, 1 << 40])
@given(rows=ROWS)
def test_rows_are_sorted_by_article_start_end_and_label(far: int, rows: Any) -> None:
    article, start, end, label = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    columns = (article + 2, start * far, end * far, label)
    order = sort_rows(*columns)
    assert order.tolist() == np.lexsort(columns[::-1]).tolist()


def test_no_rows_have_no_order() -> None:
    nothing = np.zeros(0, np.int64)
    assert sort_rows(nothing, nothing, nothing, nothing).tolist() == []
