"""Sentences of a text, and the sentence that a span belongs to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from annotate.spans import HasRange
from annotate.text.english import load_words

SPLITTER = "annotate-sentences-1"
"""The name of the splitter in the signature of a score."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|"
    + "|".join(
        re.escape(word)
        for word in (
            *load_words("abbreviations", "titles", "places", "generations", "companies", "references", "latin"),
            *load_words("calendar", "short_months"),
        )
    )
    + r"))\.$"
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Sentences as (start, end), by full stops, question and exclamation marks and line ends, minding abbreviations.

    A score uses them where gold has no sentences; the name `SPLITTER` goes into the signature, so that they must not
    change under that name. The pre-annotator `rules` finds its own, which also look at the word that follows, and
    the network of `news` reads and finds beginnings of sentences as it learnt them.

    >>> text = "Mr. X left. He will not return!"
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Mr. X left.', 'He will not return!']
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = match.end() if match else len(text)
        if match and text[match.start()] != "\n" and _ABBREVIATION.search(text, max(start, end - 12), end):
            continue
        piece = text[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            sentences.append((start + lead, start + len(piece.rstrip())))
        start = end
    return sentences


def best_sentence(sentences: Sequence[tuple[int, int]], starts: Sequence[int], span: HasRange) -> int | None:
    """The sentence that shares most code points with the span, the first of equals; None where none shares any.

    Args:
        sentences: disjoint, sorted; `starts` are their starts.
    """
    best, most = None, 0
    for i in range(max(0, bisect_right(starts, span.start) - 1), len(sentences)):
        start, end = sentences[i]
        if start >= span.end:
            break
        shared = min(end, span.end) - max(start, span.start)
        if shared > most:
            best, most = i, shared
    return best
