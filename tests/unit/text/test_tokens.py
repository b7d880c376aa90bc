"""Tokens: which of them a range touches, and spaCy's as ranges."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotate.text.tokens import find_touched, load_blank, make_tokenizer


@given(st.sets(st.integers(0, 40), min_size=2, max_size=12), st.integers(0, 40), st.integers(0, 9), st.data())
def test_a_token_is_touched_when_it_shares_a_code_point(
    edges: set[int], start: int, size: int, data: st.DataObject
) -> None:
    tokens = [pair for pair in pairwise(sorted(edges)) if data.draw(st.booleans())]
    shared = [i for i, (left, right) in enumerate(tokens) if min(right, start + size) > max(left, start)]
    if size:
        assert list(find_touched(tokens, start, start + size)) == shared


@given(st.text("aé.’'\" \n\u00a0\u3000—1,$", max_size=40))
def test_ranges_of_spacy_are_those_of_its_own_tokens(text: str) -> None:
    tokens = [(token.idx, token.idx + len(token.text)) for token in load_blank("en").make_doc(text)]
    assert make_tokenizer("en")(text) == [(a, b) for a, b in tokens if not text[a:b].isspace()]


def test_a_text_of_more_than_a_million_characters_has_tokens() -> None:
    text = "word " * 200_001
    assert len(make_tokenizer("en")(text)) == len(load_blank("en").make_doc(text)) == 200_001
