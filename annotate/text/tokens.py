"""Where the words of a text are: one pattern for each purpose, and spaCy's tokenizer.

The patterns differ in what they are for, and what was counted, hashed or learnt with one of them depends on it:
change none of them without looking at everything that uses it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

Tokenize: TypeAlias = Callable[[str], list[tuple[int, int]]]

#: Words only, to compare texts by the words they share.
WORD = re.compile(r"\w+")

#: Words and single marks: what measures count, and where nearly every span begins and ends.
TOKEN = re.compile(r"\w+|[^\w\s]")

#: Letters and digits only, so that an underscore parts words: the words of a claim.
LETTERS = re.compile(r"[^\W_]+")

#: As fine as any edge that people mark: letters and digits, or one other visible character. The encoder reads these.
FINE_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")

#: The words of OntoNotes 5 as far as rules need them: "U.S." and "2,500" whole, "US-led" and "Biden's" in parts.
ONTONOTES_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}(?!\w)"  # U.S.
    r"|\d+(?:[.,]\d+)*"
    r"|[^\W\d_]+(?:\.[^\W\d_]+\.)?(?=['’]s\b)"  # the word before a possessive 's
    r"|['’](?:s|S)\b|``|''"
    r"|[^\W_]+(?:['’](?:t|re|ve|ll|d|m)\b)?"
    r"|[^\w\s]|_"
)


def find_tokens(text: str, pattern: re.Pattern[str] = TOKEN) -> list[tuple[int, int]]:
    """The ranges of the tokens in code points, half-open, in order.

    >>> find_tokens("It's 5%.")
    [(0, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8)]
    """
    return [match.span() for match in pattern.finditer(text)]


def find_touched(tokens: Sequence[tuple[int, int]], start: int, end: int) -> range:
    """The numbers of the tokens that share a code point with [start, end); the tokens are disjoint and in order.

    >>> find_touched([(0, 3), (4, 8), (9, 12)], 2, 5), find_touched([(0, 3), (4, 8)], 3, 4)
    (range(0, 2), range(1, 1))
    """
    return range(bisect_right(tokens, start, key=itemgetter(1)), bisect_left(tokens, end, key=itemgetter(0)))


@cache
def load_blank(language: str) -> Any:
    """spaCy's pipeline of a language without a model: its tokenizer and its vocabulary."""
    import spacy

    nlp = spacy.blank(language)
    nlp.max_length = 1 << 40  # a tokenizer needs memory linear in the text: no reason to refuse a long one
    return nlp


def make_tokenizer(language: str) -> Tokenize:
    """spaCy's rule tokenizer of a language, as a function from text to the ranges of its words, white space left out.

    >>> make_tokenizer("en")("U.S. troops' \\n\\nexit")
    [(0, 4), (5, 11), (11, 12), (15, 19)]
    """
    from spacy.attrs import IDX, IS_SPACE, LENGTH

    tokenizer = load_blank(language).tokenizer

    def tokenize(text: str) -> list[tuple[int, int]]:
        # one array instead of a Python object a token: four times as fast
        found = tokenizer(text).to_array([IDX, LENGTH, IS_SPACE]).tolist()
        return [(start, start + length) for start, length, space in found if not space]

    return tokenize
