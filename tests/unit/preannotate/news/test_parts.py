"""The parts of the bundled pipeline that need no weights: words, marks, windows, chains, links."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.preannotate.news.linking import Piece, Place, link_pieces
from annotate.preannotate.news.network import Chain
from annotate.preannotate.news.passage import cut_windows, read_passage, split_words
from tests.support.wordpieces import PIECES

SURE = (-0.01, -0.01, -0.01)

any_text = st.text(
    st.one_of(st.sampled_from("\"“”‘’'`«».,!?\n\r ()[]-ab1AB\u200fא😀\0\u0301"), st.characters(codec="utf-8")),
    max_size=200,
)


@given(any_text)
def test_words_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    spans = split_words(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(at in covered or text[at].isspace() for at in range(len(text)))


def test_wordpieces_are_those_of_the_reference_tokenizer() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {piece: number for number, piece in enumerate(PIECES.vocabulary)}
    reference = tokenizers.BertWordPieceTokenizer(vocabulary, lowercase=True)
    for text in ("Abcd éfg hab", "caféh (ab) ab-cd", "Ünseen z zz", "İstanbul", "a" * 120):
        ours = [piece for start, end in split_words(text) for piece in PIECES(text[start:end])]
        assert ours == reference.encode(text, add_special_tokens=False).ids


@given(any_text, st.integers(1, 30), st.integers(1, 30))
def test_windows_cover_every_word_once(text: str, longest: int, first: int) -> None:
    passage = read_passage(text, PIECES)
    windows = cut_windows(passage, longest=longest, first=first)
    assert [at for start, stop in windows for at in range(start, stop)] == list(range(len(passage)))
    for start, stop in windows:
        assert stop - start == 1 or sum(len(piece) for piece in passage.pieces[start:stop]) <= max(longest, first)


def test_windows_end_where_a_paragraph_ends() -> None:
    passage = read_passage("ab cd ef\n\ngh ab cd\n\nef gh", PIECES)
    cut = cut_windows(passage, longest=sum(len(piece) for piece in passage.pieces[:7]))
    assert cut == [(0, 6), (6, 8)]


@given(st.integers(0, 2**32 - 1))
def test_chain_agrees_with_trying_every_sequence(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    tags = ("O", "B-a", "I-a", "B-b", "I-b")
    moves, first = numbers.normal(size=(5, 5)).astype(np.float32), numbers.normal(size=5).astype(np.float32)
    chain = Chain.of(tags, moves, first)
    windows = [numbers.normal(size=(length, 5)).astype(np.float32) for length in (1, 4, 3)]
    for scores, best, odds in zip(windows, chain.best(windows), chain.probabilities(windows), strict=True):
        totals = {}
        for path in itertools.product(range(5), repeat=len(scores)):
            legal = all(
                not tags[after].startswith("I") or (before is not None and tags[before][1:] == tags[after][1:])
                for before, after in itertools.pairwise((None, *path))
            )
            if legal:
                steps = sum(moves[before, after] for before, after in itertools.pairwise(path))
                totals[path] = float(first[path[0]] + steps + sum(scores[at, tag] for at, tag in enumerate(path)))
        weights = {path: np.exp(total) for path, total in totals.items()}
        expected = np.zeros_like(odds)
        for path, weight in weights.items():
            expected[np.arange(len(path)), list(path)] += weight / sum(weights.values())
        assert tuple(best) == max(totals, key=totals.__getitem__)
        np.testing.assert_allclose(odds, expected, atol=1e-4)


def test_content_on_both_sides_of_a_cue_is_one_quote() -> None:
    # "content said X content"; the pointers favour the cue a little, and do not know the speaker.
    pieces = [
        Piece(0, 5, "content", SURE),
        Piece(6, 7, "cue", SURE),
        Piece(7, 8, "speaker", SURE),
        Piece(9, 14, "content", SURE),
    ]
    flat = np.full((20, 20), np.log(1 / 20), dtype=np.float32)
    zeros = np.zeros(20, dtype=np.int64)
    anchors = flat.copy()
    anchors[:, 6] = np.log(0.8)
    (quote,) = link_pieces(pieces, anchors, flat, Place(zeros, zeros))
    assert quote.content == [pieces[0], pieces[3]]
    assert (quote.cue, quote.speaker) == (pieces[1], pieces[2])
