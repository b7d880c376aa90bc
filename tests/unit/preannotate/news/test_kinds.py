"""Kinds of claims: what speaks for one or another, and that the bundled weights heed it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.preannotate.news.kinds import SIGNS, signs_of
from annotate.preannotate.news.network import CLAIM_KINDS
from annotate.preannotate.news.pipeline import MODEL, Confidence

UNDECIDED = np.zeros((3, len(CLAIM_KINDS)), dtype=np.float32)


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        ("the union demanded a vote on Sunday", "position"),
        ("the ministry will soon shut the school", "commitment_or_prediction"),
        ("the flood was caused by the broken dam", "causal"),
        ("ministers usually cannot be judges", "other"),
    ],
)
def test_the_words_of_the_guidelines_speak_for_their_kind(claim: str, kind: str) -> None:
    table = Confidence(MODEL / "confidence.json").kinds
    assert table is not None

    def lead(text: str) -> float:
        """How far the kind is ahead of an event where the network is undecided."""
        totals = table.totals(signs_of(text, UNDECIDED))
        return totals[kind] - totals["event"]

    assert lead(claim) > lead("the mayor visited the school on Monday")


@given(st.text(min_size=1), st.integers(1, 5))
def test_any_claim_has_as_many_signs(text: str, words: int) -> None:
    signs = signs_of(text, np.zeros((words, len(CLAIM_KINDS)), dtype=np.float32))
    assert len(signs) == SIGNS
    assert np.isfinite(signs).all()
