"""Where sentences are cut into clauses, from words with their parts of speech and without the network."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from annotate.preannotate.news.claims import CLAUSE, SENTENCE, cut_clauses
from annotate.preannotate.news.network import SYNTAX_TAGS
from annotate.preannotate.news.passage import WordPieces, read_passage

PIECES = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz"])
#: The part of speech of the words of the examples; whatever else there is, is "other".
TAGS = {
    "noun": "dam river town mayor engineers years workers people spring prices plan damage",
    "name": "Ann Roe Leeds",
    "pronoun": "it they we there",
    "past": "broke rose met left flooded were had built was fell ordered",
    "present": "is are rises say",
    "modal": "will",
    "base": "build mend end meet",
    "gerund": "rising causing flooding mending falling",
    "participle": "closed expected",
    "preposition": "in of after since given that with before",
    "determiner": "the a two no its",
    "conjunction": "and but",
    "wh": "who which",
    "adverb": "also again",
    "to": "to",
    "adjective": "old new",
}
TAG_OF = {word: tag for tag, words in TAGS.items() for word in words.split()}


def cut(text: str) -> tuple[list[str], list[str]]:
    """The text cut at the clauses, and the clauses set within others."""
    passage = read_passage(text, PIECES)
    words = [text[start:end] for start, end in passage.spans]
    syntax = np.array([SYNTAX_TAGS.index(TAG_OF.get(word, TAG_OF.get(word.lower(), "other"))) for word in words])
    cuts = np.zeros(len(words), dtype=np.int64)
    cuts[0] = SENTENCE
    found = cut_clauses(passage, syntax, cuts)
    starts = [at for at in range(len(words)) if at == 0 or cuts[at] == CLAUSE or at in found.loose]
    edges = [int(passage.spans[at, 0]) for at in starts] + [len(text)]
    inner = [text[passage.spans[first, 0] : passage.spans[last - 1, 1]] for first, last in found.inner]
    return [text[start:end].strip() for start, end in itertools.pairwise(edges)], inner


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("The dam broke and the river rose.", ["The dam broke and", "the river rose."]),
        ("The dam broke, but no people were in the town.", ["The dam broke, but", "no people were in the town."]),
        (
            "They will mend the dam, and will also build a new town.",
            ["They will mend the dam, and", "will also build a new town."],
        ),
        ("The dam was closed since engineers had left.", ["The dam was closed since", "engineers had left."]),
        ("It flooded two years after the dam broke.", ["It flooded two years after the dam broke."]),
        ("The mayor met engineers who had built the dam.", ["The mayor met engineers", "who had built the dam."]),
        (
            "The dam broke in spring, in which the river rises.",
            ["The dam broke in spring, in which", "the river rises."],
        ),
        ("The dam broke, causing two floods.", ["The dam broke,", "causing two floods."]),
        ("The town fell again, with prices rising in Leeds.", ["The town fell again, with", "prices rising in Leeds."]),
        ("The mayor and the engineers met in Leeds.", ["The mayor and the engineers met in Leeds."]),
        ("They left to build and mend the dam.", ["They left to build and mend the dam."]),
        ("People who left and Ann Roe met.", ["People who left and Ann Roe met."]),
    ],
)
def test_clauses_that_can_be_true_apart_are_cut(text: str, clauses: list[str]) -> None:
    assert cut(text) == (clauses, [])


def test_a_relative_clause_between_commas_stands_within_the_other() -> None:
    text = "The dam, which engineers built in spring, broke."
    assert cut(text) == ([text], ["which engineers built in spring"])
