"""Which of a few texts a text is a copy of, against a count by brute force."""

from __future__ import annotations

import random

from annotate.release.grouping.duplicates import shingles
from annotate.release.grouping.run_index import CONTAINED, STOCK, RunIndex, Shared


def make_texts(count: int, seed: int) -> list[str]:
    """Texts of few words, pieces of which return in later ones."""
    chance = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        words = [f"w{chance.randrange(60)}" for _ in range(chance.randrange(40))]
        if texts and chance.random() < 0.6:
            piece = chance.choice(texts).split()
            words[:0] = piece[chance.randrange(10) :]
        texts.append(" ".join(words))
    return texts


def test_counts_are_those_of_brute_force() -> None:
    few, many = make_texts(25, 1), make_texts(60, 2) + make_texts(25, 1)
    index = RunIndex(few)
    found = 0
    for text in many:
        mine = set(shingles(text).tolist())
        expected = []
        for number, other in enumerate(few):
            theirs = set(shingles(other).tolist())
            shared = len(mine & theirs)
            if shared and shared >= CONTAINED * min(len(mine), len(theirs)):
                expected.append(Shared(number, shared))
        assert index.find(text) == sorted(expected, key=lambda one: (-one.runs, one.number))
        found += len(expected)
    assert found > 25


def test_a_copy_that_was_cut_and_one_that_grew_are_found() -> None:
    wire = " ".join(f"word{n}" for n in range(300))
    index = RunIndex([wire])
    assert index.find(" ".join(wire.split()[:30])) == [Shared(0, 26)]
    assert index.find(f"{wire} {' '.join(f'more{n}' for n in range(2000))}") == [Shared(0, 296)]


def test_what_many_texts_have_in_common_makes_no_copy() -> None:
    stock = "follow us on every channel that you can think of today"
    index = RunIndex(f"{stock} story{n} of its own" for n in range(STOCK + 1))
    assert index.find(stock) == []


def test_texts_without_words_and_no_texts_at_all() -> None:
    assert RunIndex([]).find("some words of a text that is alone") == []
    assert RunIndex(["", "..."]).find("...") == []
